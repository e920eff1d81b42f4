// Package cachestore keeps tenants in the memory of a process, in front of any
// runtime.Store. Almost every request needs its tenant, and tenants hardly ever change.
//
// # How old an answer can be
//
// In the process that made a change through the cache, the change is seen by every
// look-up that begins after the call returned, whatever it was: a suspend, a rename, a
// merge of metadata, a change of many.
//
// In other processes it is seen when the message of the Bus arrives, which is about as
// long as a message takes. Messages can be lost, and there may be no Bus. Then a change
// is seen after Options.TTL at the latest, and a new tenant, of which it was known that
// it is not there, after Options.NegativeTTL. Both are counted from before the store
// below was asked, so that a slow answer does not prolong them. What the store below
// says may be old itself, if it is a cache: its bound comes on top (see
// runtime/store/redisstore).
//
// A subscriber of the Bus that was cut off forgets everything when it is back. A change
// of status for which the store below takes long, since it waits for what is at work, is
// told each second until it has returned.
//
// # What it never does
//
// It never returns a tenant for the id or identifier of another: what is found is
// compared with what was asked for. The index of identifiers is a hint that leads to an
// id; the tenant that is found there has to have the identifier now. So a tenant that
// was renamed or deleted is not found by its old name, although nobody cleans the index.
//
// It never keeps an error. It never keeps what a look-up brings that began before a
// change of that tenant and ended after it, and nobody who comes after the change waits
// for such a look-up.
//
// An answer is not refreshed in advance, since the old one would be given meanwhile and
// the bounds would not hold.
package cachestore
