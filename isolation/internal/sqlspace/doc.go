// Package sqlspace is what the providers for SQLite and MySQL have in common: they
// run on database/sql, whose rows and transactions nobody can wrap, so that a
// statement is given the tenant's names beneath it, by a driver around the driver.
package sqlspace
