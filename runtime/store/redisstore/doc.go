// Package redisstore keeps tenants in Redis, in front of any runtime.Store, so that the
// processes of an application share what one of them has read. It also has the Bus over
// which their caches in memory (package cachestore) tell each other of changes.
//
// What it is given is stored as it is, secrets with the rest. Put cryptstore above it,
// and Redis holds ciphertext:
//
//	cachestore (in memory) → cryptstore → redisstore → pgstore
//
// Redis is a cache and nothing else: where it is down, hangs, was flushed or lost what
// it had, the store below is asked, and no call fails.
//
// # How old an answer can be
//
// While Redis takes the commands of whoever makes a change, every look-up that begins
// after the change returned sees it, in every process: before the change, the entry is
// replaced by a mark, which keeps others from filling it, and after it by what is
// stored now. A reader that found nothing takes a lease before it asks the store below,
// and fills the entry only if the lease is still there; so what it read before a change
// is never stored after it, also when Redis was flushed in between.
//
// A process never sees anything older than its own changes, whatever Redis does.
//
// When Redis did not take a command, or a replica that lacks it was promoted, an entry
// can be wrong. It is returned for Options.Fresh at most, counted from before the store
// below was asked; then the store below is asked whether it is still so. Only where that
// fails, too, is the entry returned longer, up to Options.TTL, so that an application
// outlives a pause of the database that its tenants are kept in. A suspend whose every
// command to Redis failed is so effective in other processes after Fresh, and behind a
// cache in memory after Fresh and that one's TTL.
//
// # Keys
//
//	<prefix>:t:<id>      a tenant, a mark or a lease
//	<prefix>:n:<slug>    the id of the tenant that had an identifier when it was looked up
//
// A prefix has no colon in it, so two keys are the same only where all of their parts
// are. No command is about two keys, so that they can be in different slots of a
// cluster. The tenant says itself which id it has and which identifier, and is compared
// with what was asked for. What cannot be read is removed, and the store below asked.
package redisstore
