// Package sqltest is the conformance suite for the isolation providers that run on
// database/sql, as isolationtest is for those on pgx; the checks that both can have
// have the same names.
//
// Exercise runs it on a real database, mostly with one connection, so that whatever a
// statement leaves behind is there for the next one to find. Failures runs the same
// suite and returns what it finds in place of failing the test, for negative controls:
// Controls are ways to break a provider, each of which the suite has to see.
//
// Its statements carry no predicate where each tenant has tables of its own, so that
// nothing but the provider keeps tenants apart. With Generated they are those of a
// generated package, of which generated/ has one for each database, and so is the layout.
package sqltest
