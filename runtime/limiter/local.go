package limiter

import (
	"context"
	"hash/maphash"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/tenancygen/tenancygen/runtime"
)

// DefaultMaxTenants is how many tenants a Local remembers where its options do not say.
const DefaultMaxTenants = 1 << 16

// LocalOptions are the options of NewLocal. The zero value has the defaults.
type LocalOptions struct {
	// MaxTenants is how many tenants are remembered, so that made-up ids do not fill
	// the memory; zero means DefaultMaxTenants. Above it those go first that have made
	// no call in their window, and then those with few: a tenant at its limit is not
	// forgotten because of others that call once. Each needs some 200 bytes, and 8 for
	// each call in its window.
	MaxTenants int
}

// Local is an exact limiter for the calls of one process: in no window of time are more
// calls allowed than the limit, and none is denied below it. It keeps the times of the
// calls that it has allowed. Limits with other windows are counted apart. It is safe for
// concurrent use and has nothing to close.
type Local struct {
	start  time.Time // all times count from here, by the monotonic clock
	seed   maphash.Seed
	shards [64]shard
}

// shard has a part of the tenants, so that few callers wait for each other.
type shard struct {
	mu    sync.Mutex
	max   int
	count int
	rings map[uint64]*ring // by hash, which takes half the time of a map by account
	_     [32]byte         // no two shards in one cache line
}

// account is what is counted on its own.
type account struct {
	tenantID string
	window   time.Duration
}

// NewLocal returns a limiter that remembers nothing yet.
func NewLocal(o LocalOptions) *Local {
	if o.MaxTenants <= 0 {
		o.MaxTenants = DefaultMaxTenants
	}
	l := &Local{start: time.Now(), seed: maphash.MakeSeed()}
	for i := range l.shards {
		l.shards[i].max = max(1, o.MaxTenants/len(l.shards))
		l.shards[i].rings = map[uint64]*ring{}
	}
	return l
}

// Allow is that of runtime.Limiter. It does not wait and knows no errors but
// runtime.ErrNoTenant and runtime.ErrLimit.
func (l *Local) Allow(_ context.Context, tenantID string, limit runtime.Limit) (runtime.Decision, error) {
	if limit.IsZero() {
		return runtime.Decision{Allowed: true}, nil
	}
	if tenantID == "" {
		return runtime.Decision{}, runtime.ErrNoTenant
	}
	if err := limit.Validate(); err != nil {
		return runtime.Decision{}, err
	}
	// The factor is odd and has bits in all places, so that windows differ in all of them.
	hash := maphash.String(l.seed, tenantID) + uint64(limit.Window)*0x9e3779b97f4a7c15
	s := &l.shards[hash%uint64(len(l.shards))]
	s.mu.Lock()
	// Inside the lock, so that the times of a tenant are in order.
	now := time.Since(l.start)
	r := s.rings[hash]
	for r != nil && (r.tenantID != tenantID || r.window != limit.Window) {
		r = r.next
	}
	if r == nil {
		r = s.add(hash, account{strings.Clone(tenantID), limit.Window}, now)
	}
	d := r.allow(now, limit)
	s.mu.Unlock()
	return d, nil
}

// Close does nothing.
func (l *Local) Close() error { return nil }

// add makes room for an account and returns its ring, which is empty.
func (s *shard) add(hash uint64, a account, now time.Duration) *ring {
	// Go begins at another place of a map each time, so a few of them are a sample.
	const sample = 8
	var seen int
	var spare, fewest *ring
	var fewestHash uint64
	for h, r := range s.rings {
		r.drop(now - r.window)
		if r.n == 0 {
			s.remove(h)
			spare = r
		} else if fewest == nil || r.n < fewest.n {
			fewest, fewestHash = r, h
		}
		if seen++; seen == sample {
			break
		}
	}
	if s.count >= s.max {
		s.remove(fewestHash)
		spare = fewest
	}
	const small = 64
	if spare == nil || len(spare.times) > small {
		spare = &ring{times: make([]time.Duration, 4)}
	}
	*spare = ring{account: a, times: spare.times, next: s.rings[hash]}
	s.rings[hash] = spare
	s.count++
	return spare
}

// remove forgets the first account with a hash.
func (s *shard) remove(hash uint64) {
	if next := s.rings[hash].next; next != nil {
		s.rings[hash] = next
	} else {
		delete(s.rings, hash)
	}
	s.count--
}

// ring has the times of the calls of an account that were allowed, the oldest at first.
type ring struct {
	account
	times    []time.Duration
	first, n int
	// oldest is times[first], if there is a call. It stands here because it is all that a
	// tenant at its limit needs, and times is memory that is in no cache.
	oldest time.Duration
	next   *ring // of another account with the same hash
}

// at returns the time of the i-th call, of which the oldest is 0.
func (r *ring) at(i int) time.Duration {
	if i == 0 {
		return r.oldest
	}
	if i += r.first; i >= len(r.times) {
		i -= len(r.times)
	}
	return r.times[i]
}

// drop forgets the calls up to the time edge, where the window began.
func (r *ring) drop(edge time.Duration) {
	if r.n == 0 || r.at(0) > edge {
		return
	}
	out := 1
	if r.n > 1 && r.at(1) <= edge {
		out = sort.Search(r.n, func(i int) bool { return r.at(i) > edge })
	}
	if r.n -= out; r.n == 0 {
		r.first = 0
		return
	}
	if r.first += out; r.first >= len(r.times) {
		r.first -= len(r.times)
	}
	r.oldest = r.times[r.first]
}

// allow counts a call if there is room for it.
func (r *ring) allow(now time.Duration, limit runtime.Limit) runtime.Decision {
	r.drop(now - limit.Window)
	if r.n >= limit.Requests {
		// More than the limit are there when it has been lowered.
		return runtime.Decision{RetryAfter: r.at(r.n-limit.Requests) + limit.Window - now}
	}
	if r.n == len(r.times) {
		r.grow(limit.Requests)
	}
	if r.n == 0 {
		r.oldest = now
	}
	r.n++
	i := r.first + r.n - 1
	if i >= len(r.times) {
		i -= len(r.times)
	}
	r.times[i] = now
	return runtime.Decision{Allowed: true, Remaining: limit.Requests - r.n}
}

// grow doubles the room, up to the limit.
func (r *ring) grow(limit int) {
	times := make([]time.Duration, min(2*len(r.times), max(limit, r.n+1)))
	for i := range r.n {
		times[i] = r.at(i)
	}
	r.times, r.first = times, 0
}
