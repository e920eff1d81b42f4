// Package redislimiter limits how often tenants call, counted in Redis for all processes
// together.
//
// New is exact: in no window of time are more calls allowed than the limit, and none is
// denied below it. It keeps the time of each call in the window, some ten bytes. NewGCRA
// needs less than a hundred bytes for a tenant whatever the limit is, and is not exact:
// the whole limit can be used at once, and then comes back call by call, so that up to
// twice the limit fits into one window.
//
// Time is the Redis server's, in microseconds, so it does not matter what the clocks of
// the processes say. Checking and counting is one Lua script. The calls of a process
// that come while others are on their way go to Redis together, in one command.
//
// A key is the prefix, the tenant's id in braces, so that Redis Cluster keeps to one
// slot what belongs to one tenant, and the window. Keys vanish by themselves.
package redislimiter
