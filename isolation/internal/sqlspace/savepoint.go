package sqlspace

import "regexp"

// savepoints are what sqldb.InTx sends by itself for a transaction in another.
var savepoints = regexp.MustCompile(`\A(SAVEPOINT|RELEASE SAVEPOINT|ROLLBACK TO SAVEPOINT) tenancy_[0-9]+\z`)

func savepoint(sql string) bool { return savepoints.MatchString(sql) }
