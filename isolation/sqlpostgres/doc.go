// Package sqlpostgres isolates the tenants of an application that share the tables
// of one PostgreSQL database, on database/sql. It imports no driver; lib/pq and the
// stdlib package of pgx work with it.
//
// It has two strategies, which generated code and hand-written SQL use in the same
// way:
//
//   - RowFilter trusts the SQL text: the predicate that generated code carries is
//     what keeps tenants apart. It adds nothing to a statement and refuses a
//     tenant that may not act.
//   - RLS tells PostgreSQL who the tenant is, and row-level security policies
//     keep tenants apart, whatever the SQL says.
//
// # What holds under RLS
//
// Each statement has a transaction of its own, in which the setting is made that
// the policies read. The setting is gone when that ends, be it by success, an
// error, a panic, a cancelled context or a lost connection, so nothing has to be
// reset when a connection goes back to its pool, and a pooler in transaction mode,
// such as PgBouncer, is safe. No session state is ever set. Without the setting the
// policies that tenancygen generates show no rows and accept none.
//
// The rows of a query keep their transaction open until they are read to the end or
// closed. Its commit is reported by the Err of the rows, by their Close where they
// were not read to the end, or by the Scan of a row: a deferred constraint fails
// there.
//
// A *sql.Rows and a *sql.Row are types of database/sql that nobody can wrap, so this
// is done beneath it, by a driver around the driver. It takes the tenant from the
// context in which a handle calls it, and refuses what has none.
//
// A statement costs two network round trips more than it does without isolation, one
// for BEGIN and the setting and one for COMMIT. In a transaction there is nothing to
// add, and Begin takes one round trip as always. Package isolation/postgres, for
// pgx, needs one for all of it.
//
// # What RLS asks of the application
//
// The role must be subject to the policies: not a superuser, without BYPASSRLS, not
// the owner of the tables. [RLS.VerifyRole] checks this.
//
// The handle trusts the SQL not to work against it. A statement that calls
// set_config or SET on the tenant's setting changes the tenant for the rest of
// its transaction; the generator refuses such statements. COMMIT or ROLLBACK in
// the SQL ends the setting, after which no tenant's rows are visible. Large
// objects and what a function with SECURITY DEFINER does are outside policies.
//
// PrepareContext is refused with [ErrPrepareUnderRLS] but in a transaction, since a
// *sql.Stmt runs in contexts that the handle does not see.
package sqlpostgres
