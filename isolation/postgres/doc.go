// Package postgres isolates the tenants of an application on PostgreSQL, on a
// *pgxpool.Pool. Its strategies are used by generated code and hand-written pgx in the
// same way.
//
// In two of them tenants share tables:
//
//   - RowFilter trusts the SQL text: the predicate that generated code carries is
//     what keeps tenants apart. It adds nothing to a statement and refuses a
//     tenant that may not act.
//   - RLS tells PostgreSQL who the tenant is, and row-level security policies
//     keep tenants apart, whatever the SQL says. A statement costs one network
//     round trip, as it does without isolation: the setting that the policies
//     read, and the statement, travel together as one implicit transaction.
//
// In the others each tenant has tables of its own, which the provider makes and removes:
//
//   - Schema and Prefix write another name in the place of each of the tenant's tables.
//   - Database sends a statement as it is, to the tenant's own database.
//
// Hybrid has one of these for each tier of tenants.
//
// # What holds under RLS
//
// The setting is only ever made local to the transaction of the statement that
// it is for. It is gone when that ends, be it by success, an error, a panic, a
// cancelled context or a lost connection, so nothing has to be reset when a
// connection goes back to its pool. No session state is ever set. Without the
// setting the policies that tenancygen generates show no rows and accept none.
//
// Behind a pooler in transaction mode, such as PgBouncer, it is the mode of the pool
// that decides: pgx.QueryExecModeCacheDescribe works with every version, and
// docs/isolation.md lists the others.
//
// It works in each pgx.QueryExecMode. In pgx.QueryExecModeDescribeExec every
// statement takes two round trips, as it does with pgx alone; in the cached
// modes the first use of a statement on a connection takes one more.
//
// In the cached modes, which pgx.QueryExecModeCacheStatement, its default, is one
// of, the provider keeps the statements of each connection itself, as many as the
// mode's capacity says (pgx.ConnConfig.StatementCacheCapacity). A statement that the
// server has lost, as after DISCARD ALL, or whose table has another shape now, is
// described again and sent once more within the call; pgx would return the error.
// An argument that cannot be encoded is an error that costs no connection. The other
// modes, SendBatch, and a statement that the application has prepared and calls by
// its name, go through pgx.Batch.
//
// # Transactions under RLS
//
// Begin and BeginTx send nothing and take no connection. BEGIN, the tenant's setting
// and the first statement travel together, so that a transaction of n statements
// takes n+1 round trips, one fewer than with pgx. A transaction without a statement
// costs nothing. What follows from that:
//
//   - That there is no connection to be had, or that the server refuses the options,
//     is the error of the first statement and not of Begin; a transaction that the
//     server did not begin is closed. Begin looks at its context and no more.
//   - The snapshot, and now(), are those of the first statement.
//   - An error of the server's in the first statement fails the transaction, as
//     anywhere else in it. An argument that cannot be encoded, and a context that
//     has ended, leave it as it was.
//   - pgx.Tx.Conn and LargeObjects have no context: they begin the transaction with
//     that of Begin. Conn returns nil where that fails, and after the end.
//   - SendBatch, Prepare and pgx's query options as the first thing begin the
//     transaction in a round trip of its own, as pgx does.
//   - A tracer on the pool does not see BEGIN.
//
// # Statements of tenants with tables of their own
//
// Under Schema and Prefix the same query is another text for each tenant. In the
// cached modes a connection asks the server once for its types, for whichever tenant
// comes first, and from then on a call takes one round trip for every tenant: the text
// is parsed with the call. At its third use a tenant's statement is held by the
// server; the capacity of the mode bounds how many are. Results are read as the server
// describes them for the very statement, so that a tenant whose table is not like the
// others' has its own rows or an error. SQL that is written by hand travels with its
// search_path in the same way, and transactions begin with their first statement as
// under RLS. SendBatch goes through pgx.Batch and its own cache.
//
// # What RLS asks of the application
//
// The role of the pool must be subject to the policies: not a superuser, without
// BYPASSRLS, not the owner of the tables. [RLS.VerifyRole] checks this.
//
// The handle trusts the SQL not to work against it. A statement that calls
// set_config or SET on the tenant's setting changes the tenant for the rest of
// its transaction; the generator refuses such statements. COMMIT or ROLLBACK in
// the SQL ends the setting, after which no tenant's rows are visible. Large
// objects and what a function with SECURITY DEFINER does are outside policies.
//
// As statements run in a batch, three things differ from a plain pool. SQL that
// holds several statements is refused but in simple protocol mode, also without
// arguments. The options pgx.QueryExecMode, pgx.QueryResultFormats and
// pgx.QueryResultFormatsByOID are refused with [ErrQueryOption] on the handle,
// though not in a transaction; pgx.NamedArgs and other rewriters work. Where a
// statement goes through pgx.Batch, a tracer on the pool sees a batch of two; in the
// cached modes it sees the statement.
//
// # Tables of the tenant's own
//
// [Schema] and [Prefix] give each tenant tables of its own in one database, and take
// the Layout of a generated package. They know its texts, and send them with the
// tenant's names of tables in them, in one round trip as without isolation; the
// search_path has no part in that. Other SQL is written by hand: Schema runs it in a
// transaction whose search_path is the tenant's schema and nothing else, and Prefix
// refuses it. A pgx.QueryRewriter may replace the arguments of generated SQL and not
// the SQL, and nothing is prepared under a name of the caller's.
//
// Who owns what is in the table tenancy.namespaces, which is written in the
// transactions that make and remove namespaces.
package postgres
