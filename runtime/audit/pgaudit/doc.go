// Package pgaudit keeps audit entries in a table of PostgreSQL that only grows, and in a
// chain of hashes for each tenant, so that Verify sees what was changed afterwards.
//
// Each entry has a number, without gaps from 1, and a hash over itself, its tenant and
// the hash of the entry before. With Options.Keys the hash is an HMAC, so that it cannot
// be made without a key that the database does not have; without keys it is a plain
// SHA-256, and whoever may write the table, such as its owner, can change an entry and
// make all later hashes anew.
//
// A chain cannot say that its own end is missing. The table of heads does, as long as
// nobody changes it too. Who wants to be sure keeps a Head outside of the database from
// time to time, and gives it to Verify.
//
// # Rights
//
// The application's role has no right on the tables. It calls three functions, which run
// as their owner: one appends, two read the entries of the one tenant that is named. So
// SQL that was written by hand, or smuggled in, reads no table with all tenants'
// entries, and changes none. A trigger refuses UPDATE, DELETE and TRUNCATE of everybody,
// the owner included; an owner can drop the trigger, and then Verify remains.
//
// # Cost
//
// An entry takes one round trip and one commit, and another round trip where an other
// process has written for the same tenant since. Writers of one tenant wait for each
// other, in the process without a connection. The text has to be UTF-8 in the database.
package pgaudit
