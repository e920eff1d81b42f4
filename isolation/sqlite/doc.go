// Package sqlite isolates the tenants of an application on SQLite, with database/sql
// and github.com/ncruces/go-sqlite3, which needs no cgo. Generated code uses its
// strategies all in the same way:
//
//   - RowFilter trusts the SQL text: tenants share tables, and the predicate that
//     generated code carries is what keeps them apart.
//   - Prefix gives each tenant tables of its own in one file, and writes their names into
//     what a generated package sends.
//   - File gives each tenant a file of its own. Statements are sent as they are, also
//     those that are written by hand.
//
// Hybrid has one of these for each tier of tenants. SQLite has no row-level security and no schemas; NewRLS and NewSchema say so, and
// what to use.
//
// # Files
//
// The name of a tenant's file is made from its id as the name of a database is on other
// engines: "acme" is tenant_acme.db, and an id with any other character than lower-case
// letters, digits and single underscores gets a hash. Nothing else has a part in the
// path. A file says in a table of its own whose it is, and a connection to one that is
// another's, or nobody's, is runtime.ErrForeignNamespace; so is a link.
//
// No statement on a tenant's connection can attach another file (SQLITE_LIMIT_ATTACHED
// is 0, which no SQL changes). VACUUM is built on that and is an error, too: compact a
// file with a tool of your own.
//
// The provider keeps the files open that were used last (WithMaxFiles), with so many
// connections in all (WithMaxConns). A statement for which there is none waits; one for
// which its own transaction holds the last connection waits for ever, so give contexts
// an end.
//
// Files are in mode WAL. Initialize makes one beside its place and renames it; Destroy
// folds the log into the file and removes all of it, and refuses while somebody else
// has the file open. Which files are whose is in the table tenancy_namespaces of the
// shared database, and who makes or removes a tenant is its only writer meanwhile.
package sqlite
