// Package equivalence is the oracle of the tests: it decides on a real database
// whether a scoped statement does for one tenant what the author's statement does on
// a database that holds nothing but that tenant's rows. Project.System says on which:
// a server of PostgreSQL, or of MySQL or MariaDB, or SQLite in the test's process.
//
// A Lab is one shared database with the rows of several tenants. A Pair is a
// copy of it, and a slice: a second copy from which all rows of other tenants'
// are gone, and whose tenant columns default to the tenant. Pair.Compare runs
// the scoped statement on the shared database and the author's on the slice,
// and compares rows, command tags, classes of errors and what the tables hold
// afterwards. Rows of other tenants must not change at all. Both databases are
// then as they were.
//
// What would differ between any two runs is frozen: now() and its kin, generated
// uuids, random(), sequences, and the plans, so that also a LIMIT without an
// ORDER BY can be compared. Timestamps from the keyword CURRENT_TIMESTAMP are
// replaced in what is compared.
//
// Pair.Arguments chooses arguments by the names and types of a statement's
// parameters: values of the tenant, values of other tenants, values that nobody
// has, and NULL. A new statement needs no code.
//
// Files named after a system are about that one; plain.go has what SQLite and MySQL
// share: they load schema and rows for every copy, take ? for parameters, and read
// the tables one by one. Statements have $n on every system.
package equivalence
