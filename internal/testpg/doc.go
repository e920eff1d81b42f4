// Package testpg gives the tests of this project a real PostgreSQL.
//
// A package calls Main from its TestMain, and its tests call URL, Database and
// Role. The server is looked for once per test binary, in this order:
//
//  1. TENANCY_TEST_POSTGRES_URL, a superuser's URL. Nothing is started or stopped.
//  2. postgres and initdb in PATH or below /usr/lib/postgresql, the highest
//     version first: a server of our own in a temporary directory, on a free port
//     of 127.0.0.1. A cluster that the system runs is never used.
//  3. apt-get install postgresql, as root on Debian and its kin, and then 2.
//  4. docker run, where the engine answers.
//
// With none of these the test is skipped with one sentence, or fails with it
// when TENANCY_REQUIRE_SERVERS=1.
//
// What was started is stopped at the end of Main. A watchdog process holds the
// other end of a pipe and stops the server also when the test binary is killed.
//
// Bouncer puts a PgBouncer in transaction mode in front of a database. It is the
// binary that TENANCY_TEST_PGBOUNCER names, or pgbouncer of this machine, which is
// installed, missed, stopped and minded as PostgreSQL is.
//
// Starting a server for each test binary takes a second or two. The command
// internal/testserver/cmd/testservers starts one for a whole run of go test, and with
// -postgres one after the other of several major versions, whose binaries
// StartRelease fetches.
package testpg
