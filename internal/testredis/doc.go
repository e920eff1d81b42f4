// Package testredis gives the tests of this project a real Redis.
//
// A package calls Main from its TestMain, and its tests call Client, or URL, and
// Prefix: all tests share one server, and each keeps to the keys below its prefix.
// The server is looked for once per test binary, in this order:
//
//  1. TENANCY_TEST_REDIS_URL. Nothing is started or stopped.
//  2. redis-server or valkey-server in PATH or /usr/bin: a server of our own in a
//     temporary directory, on a free port of 127.0.0.1 and a unix socket, which
//     writes nothing to disk. A server that the system runs is never used.
//  3. apt-get install redis-server, as root on Debian and its kin, and then 2.
//  4. docker run, where the engine answers.
//
// With none of these the test is skipped with one sentence, or fails with it
// when TENANCY_REQUIRE_SERVERS=1.
//
// New starts a server for one test, which the test may kill, suspend, restart and
// promote; Cluster starts three that share the slots. Both need the binary, so they
// know only 2 and 3. FLUSHALL, SCRIPT FLUSH and CLIENT PAUSE belong on such a server,
// too: on the shared one they would hit other tests.
//
// What was started is stopped at the end of Main, or of its test. A watchdog process
// holds the other end of a pipe and stops the server also when the test binary is
// killed.
package testredis
