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
		c.shards[i].known = map[uint64]denial{}
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
	mu  sync.Mutex
	max int
	// known has denials by hash, which takes half the time of a map by tenant and limit.
	// Of two with the same hash only the later is remembered.
	known map[uint64]denial
	_     [40]byte // no two shards in one cache line
}

type denial struct {
	tenantID string
	limit    runtime.Limit
	// until is when it is over at the earliest, and told what callers are told: the answer
	// that it comes from was given between the question and its return. Both since start.
	until, told time.Duration
}

// Allow is that of runtime.Limiter.
func (c *denyCache) Allow(ctx context.Context, tenantID string, l runtime.Limit) (runtime.Decision, error) {
	// The factors are odd and have bits in all places, so that limits differ in all of them.
	hash := maphash.String(c.seed, tenantID) + uint64(l.Window)*0x9e3779b97f4a7c15 + uint64(l.Requests)*0xc2b2ae3d27d4eb4f
	s := &c.shards[hash%uint64(len(c.shards))]
	s.mu.Lock()
	// Before the question, so that a denial does not outlast the answer that it is. And
	// inside the lock: it is later than that of a denial that is found.
	now := time.Since(c.start)
	d, ok := s.known[hash]
	if ok && d.until <= now {
		delete(s.known, hash)
	}
	s.mu.Unlock()
	if d.until > now && d.limit == l && d.tenantID == tenantID {
		return runtime.Decision{RetryAfter: d.told - now}, nil
	}
	decision, err := c.next.Allow(ctx, tenantID, l)
	if err == nil && !decision.Allowed && decision.RetryAfter > 0 {
		told := time.Since(c.start) + decision.RetryAfter
		s.add(hash, denial{strings.Clone(tenantID), l, now + decision.RetryAfter, told}, now)
	}
	return decision, err
}

// add remembers a denial, in the place of one that is over, or of any.
func (s *denials) add(hash uint64, d denial, now time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.known) >= s.max {
		const sample = 8
		var seen int
		var first uint64
		for other, is := range s.known {
			if is.until <= now {
				delete(s.known, other)
			}
			if seen++; seen == 1 {
				first = other
			}
			if seen == sample {
				break
			}
		}
		if len(s.known) >= s.max {
			delete(s.known, first)
		}
	}
	s.known[hash] = d
}

// Close closes what it asks.
func (c *denyCache) Close() error { return c.next.Close() }
