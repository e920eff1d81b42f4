// Package limiter has what every application needs to limit how often a tenant calls:
// an exact limiter for one process, and what is put around any limiter.
//
//	shared, err := redislimiter.New(client, redislimiter.Options{})
//	…
//	l := limiter.WithFallback(limiter.WithDenyCache(shared, 0), limiter.FallbackOptions{Mode: limiter.FailLocal})
//
// Local counts in the process, for applications that have only one. Package
// redislimiter counts in Redis, for all processes together. WithDenyCache spares the
// question where the answer is known to be no, and WithFallback decides what follows
// when Redis cannot be asked.
package limiter
