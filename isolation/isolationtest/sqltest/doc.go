// Package sqltest is the conformance suite for the isolation providers that run on
// database/sql, as isolationtest is for those on pgx; the checks that both can have
// have the same names.
//
// Exercise runs it on a real database, mostly with one connection, so that whatever a
// statement leaves behind is there for the next one to find. Failures runs the same
// suite and returns what it finds in place of failing the test, for negative controls:
// Controls are ways to break a provider, each of which the suite has to see.
package sqltest
