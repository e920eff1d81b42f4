package dialect

import "strings"

func (postgreSQL) Positional() bool    { return false }
func (postgreSQL) LastInsertID() bool  { return false }
func (postgreSQL) KeepsLastID() bool   { return false }
func (postgreSQL) LoadsWith() string   { return "" }
func (postgreSQL) Returns() bool       { return true }
func (postgreSQL) CountsChanged() bool { return false }

func (postgreSQL) Upsert(key, columns []string) (clause string, anyKey bool) {
	return onConflict(key, columns), false
}

func (mySQL) Positional() bool   { return true }
func (mySQL) LastInsertID() bool { return true }
func (mySQL) KeepsLastID() bool  { return false }
func (mySQL) LoadsWith() string  { return "github.com/go-sql-driver/mysql" }

// Returns is false: MariaDB has RETURNING for some statements, and MySQL for none.
func (mySQL) Returns() bool { return false }

// CountsChanged is so of a connection without the flag CLIENT_FOUND_ROWS.
func (mySQL) CountsChanged() bool { return true }

// Upsert takes the values from VALUES: an alias for the new row is MySQL's alone.
func (mySQL) Upsert(_, columns []string) (clause string, anyKey bool) {
	var sets []string
	for _, c := range columns {
		sets = append(sets, c+" = VALUES("+c+")")
	}
	return "ON DUPLICATE KEY UPDATE " + strings.Join(sets, ", "), true
}

func (sqlite) Positional() bool    { return true }
func (sqlite) LastInsertID() bool  { return true }
func (sqlite) KeepsLastID() bool   { return true }
func (sqlite) LoadsWith() string   { return "" }
func (sqlite) Returns() bool       { return true }
func (sqlite) CountsChanged() bool { return false }

func (sqlite) Upsert(key, columns []string) (clause string, anyKey bool) {
	return onConflict(key, columns), false
}

// onConflict is the clause of PostgreSQL and SQLite.
func onConflict(key, columns []string) string {
	var sets []string
	for _, c := range columns {
		sets = append(sets, c+" = excluded."+c)
	}
	return "ON CONFLICT (" + strings.Join(key, ", ") + ") DO UPDATE\nSET " + strings.Join(sets, ", ")
}
