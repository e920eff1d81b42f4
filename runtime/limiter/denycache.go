package limiter

import (
	"context"
	"hash/maphash"
	"strings"
	"sync"
	"time"

	"github.com/tenancygen/tenancygen/runtime"
)

// DefaultDenied is how many denials WithDenyCache remembers where its size is zero.
const DefaultDenied = 1 << 14

// WithDenyCache returns a limiter that remembers next's denials until the moment that
// RetryAfter names, and answers them by itself. Until then nobody would be allowed, so
// the answers are the same, in nanoseconds and without load on the server when a tenant
// keeps calling. What is reset on the server, by hand or by a crash, is seen when the
// denial ends. Limits that differ are remembered apart. The size bounds the memory, 100
// bytes for each; zero means DefaultDenied. Close closes next.
func WithDenyCache(next runtime.Limiter, size int) runtime.Limiter {
	if size <= 0 {
		size = DefaultDenied
	}
	c := &denyCache{next: next, start: time.Now(), seed: maphash.MakeSeed()}
	for i := range c.shards {
		c.shards[i].max = max(1, size/len(c.shards))
		c.shards[i].until = map[denial]time.Duration{}
	}
	return c
}

type denyCache struct {
	next   runtime.Limiter
	start  time.Time
	seed   maphash.Seed
	shards [64]denials
}

type denials struct {
	mu    sync.Mutex
	max   int
	until map[denial]time.Duration // since start
	_     [40]byte                 // no two shards in one cache line
}

type denial struct {
	tenantID string
	limit    runtime.Limit
}

// Allow is that of runtime.Limiter.
func (c *denyCache) Allow(ctx context.Context, tenantID string, l runtime.Limit) (runtime.Decision, error) {
	s := &c.shards[maphash.String(c.seed, tenantID)%uint64(len(c.shards))]
	// Before the question: the answer counts from a later moment, and a denial must not
	// outlast it.
	now := time.Since(c.start)
	s.mu.Lock()
	until, known := s.until[denial{tenantID, l}]
	if known && until <= now {
		delete(s.until, denial{tenantID, l})
	}
	s.mu.Unlock()
	if until > now {
		return runtime.Decision{RetryAfter: until - now}, nil
	}
	d, err := c.next.Allow(ctx, tenantID, l)
	if err == nil && !d.Allowed && d.RetryAfter > 0 {
		s.add(denial{strings.Clone(tenantID), l}, now, now+d.RetryAfter)
	}
	return d, err
}

// add remembers a denial, in the place of one that is over, or of any.
func (s *denials) add(d denial, now, until time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.until) >= s.max {
		const sample = 8
		var seen int
		var first denial
		for other, end := range s.until {
			if end <= now {
				delete(s.until, other)
			}
			if seen++; seen == 1 {
				first = other
			}
			if seen == sample {
				break
			}
		}
		if len(s.until) >= s.max {
			delete(s.until, first)
		}
	}
	s.until[d] = until
}

// Close closes what it asks.
func (c *denyCache) Close() error { return c.next.Close() }
