// Package bulk is a project whose queries are batches, copies and iterators, with
// columns of every kind. Its tests run the generated package in gen on a server,
// for two tenants; make verify holds gen to the generator.
package bulk
