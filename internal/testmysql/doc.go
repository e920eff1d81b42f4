// Package testmysql gives the tests of this project a real MariaDB, or a MySQL.
//
// A package calls Main from its TestMain, and its tests call Database, which makes a
// database for a test, and User. The server is looked for once per test binary, in
// this order:
//
//  1. TENANCY_TEST_MYSQL_URL, the DSN of a user with all privileges, in the form of
//     github.com/go-sql-driver/mysql: "root:secret@tcp(127.0.0.1:3306)/". The server
//     may be a MySQL. Nothing is started or stopped.
//  2. mariadbd in PATH or /usr/sbin: a server of our own in a temporary directory, on
//     a unix socket alone. A server that the system runs is never used.
//  3. apt-get install mariadb-server-core, as root on Debian and its kin, and then 2.
//     That package has the server and starts none, as mariadb-server would.
//  4. docker run, where the engine answers.
//
// With none of these the test is skipped with one sentence, or fails with it
// when TENANCY_REQUIRE_SERVERS=1.
//
// New starts a server for one test, with settings such as lower_case_table_names that
// belong to a whole server. It needs the binary, so it knows only 2 and 3.
//
// What was started is stopped at the end of Main, or of its test. A watchdog process
// holds the other end of a pipe and stops the server also when the test binary is
// killed.
package testmysql
