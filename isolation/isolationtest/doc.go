// Package isolationtest is the conformance suite that every isolation provider
// for pgx has to pass, those of this module and those of others.
//
// Exercise runs it on a real PostgreSQL (see internal/testpg for where that
// comes from), as a role that is neither superuser nor owner, in every
// pgx.QueryExecMode, mostly on a pool of one connection, so that whatever a
// statement leaves behind is there for the next one to find. After every step
// it looks at the connection itself.
//
// Failures runs the same suite and returns what it finds in place of failing the
// test. A provider's author uses it for negative controls: a provider that is
// broken on purpose has to be caught.
//
// The suite cannot prove that two tenants are apart in ways that it does not
// look for. Timing, sequences and the tables' own constraints are not in it.
package isolationtest
