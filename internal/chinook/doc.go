// Package chinook compares the databases: the same queries on the same rows, as the same
// tenants, have to give the same on each. Its test generates a package for each engine
// from the schema of the Chinook database, compiles the same Go file with each of them,
// and compares what they print.
//
// Chinook is not a part of this project. Where its scripts are not there, the test is
// skipped.
package chinook
