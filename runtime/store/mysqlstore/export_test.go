package mysqlstore

// OneAttempt takes away that a transaction is made again after a deadlock.
func OneAttempt(s *Store) { s.attempts = 1 }
