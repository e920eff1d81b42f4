// Package testserver starts the servers that the tests of this project need. What a
// server is and how it is configured is known by testpg, testredis and testmysql; here
// is what they have in common: to look for a server, to run a program in a directory of
// its own until the test binary ends, however it ends, to install a Debian package, and
// to run a container.
//
// The command in cmd/testservers starts the servers for a whole run of go test.
package testserver
