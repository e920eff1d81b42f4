// Package storetest is the conformance suite that every runtime.Store has to pass, those
// of this module and those of others: what the interface's comments promise, one check
// for each promise.
//
// Exercise runs it. Failures runs it and returns what it finds in place of failing the
// test: a store's author uses it for negative controls, and so does this package, where
// a store that is broken on purpose is caught by each check.
//
// Two promises need a hand that reaches behind the store: SameTime and Corrupt. The
// checks for them are left out where it is not given.
package storetest
