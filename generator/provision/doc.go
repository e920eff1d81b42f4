// Package provision turns the schema files into the DDL that makes a tenant's own
// place: the author's statements in their order, with slots where they name
// relations that belong to tenants. Nothing is rebuilt from the catalog, so nothing
// is lost. It is pure.
//
// The relations of tenants are made in the tenant's schema, and everything else,
// types, functions, global tables and what hangs on them, is shared and made once.
// A statement of which nobody can tell by its text to which of the two it belongs,
// or which ties the shared part to tenants' tables, makes the schema unmovable:
// its tables cannot be given to tenants one by one.
package provision
