// Package mysql isolates the tenants of an application on MySQL and MariaDB, with
// database/sql and github.com/go-sql-driver/mysql. Generated code uses its strategies
// all in the same way:
//
//   - RowFilter trusts the SQL text: tenants share tables, and the predicate that
//     generated code carries is what keeps them apart.
//   - Prefix gives each tenant tables of its own in one database, and Database a database
//     of its own. Both write the tenant's names into what a generated package sends.
//
// Hybrid has one of these for each tier of tenants. A schema is a database here, so
// NewSchema is NewDatabase under that name. There is no row-level security; NewRLS says
// so, and what to use.
//
// # Names
//
// Names come from the tenant's id, which never changes: tenant_acme, t_acme__notes. They
// are made of lower-case letters, digits and underscores alone and have at most 63
// characters, of the 64 that MySQL has; a longer one is cut and gets a hash of the whole.
// So no two tenants' names differ by case alone, and lower_case_table_names does not
// matter. The registry (tenancy_namespaces, in the shared database) holds ids as bytes,
// since collations take different ids for the same.
//
// # Making and removing
//
// DDL cannot be rolled back. A place is recorded before it is made, and is the tenant's
// when all of it is there; who comes after an interrupted call begins anew. A lock of the
// server's (GET_LOCK) lets one at a time work on a place.
package mysql
