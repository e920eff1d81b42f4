package cachestore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/tenancygen/tenancygen/runtime"
)

// Options say how a Store caches. The zero Options are good.
type Options struct {
	// TTL is how long a tenant is returned without asking for it again: from one second
	// to a day; 60 seconds when it is zero.
	TTL time.Duration
	// NegativeTTL is how long it is known that there is no such tenant: from a
	// millisecond to an hour; when it is zero, 5 seconds or TTL, whichever is shorter.
	NegativeTTL time.Duration
	// Size is how many tenants are kept: from 1 to 1,000,000; 1,000 when it is zero. So
	// many ids and identifiers that no tenant has are kept beside them, and so many
	// identifiers. What is rarely asked for goes first, so that a flood of made-up names
	// does not push out the tenants at work.
	Size int
	// LoadTimeout is how long the store below may take for one tenant, of which several
	// callers may wait: from a millisecond to five minutes; 10 seconds when it is zero.
	LoadTimeout time.Duration
	// Bus carries changes to other processes and back; nil for none. The Store does
	// not close it.
	Bus Bus
	// Logger is told when a message cannot be sent or read; nil means slog.Default().
	Logger *slog.Logger
	// Recorder is told of look-ups and invalidations; nil drops them.
	Recorder runtime.Recorder
}

// withDefaults fills in what is zero and returns all that is out of bounds at once.
func (o Options) withDefaults() (Options, error) {
	if o.TTL == 0 {
		o.TTL = time.Minute
	}
	if o.NegativeTTL == 0 {
		o.NegativeTTL = min(5*time.Second, o.TTL)
	}
	if o.Size == 0 {
		o.Size = 1000
	}
	if o.LoadTimeout == 0 {
		o.LoadTimeout = 10 * time.Second
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Recorder == nil {
		o.Recorder = runtime.NoRecorder{}
	}
	var errs []error
	if o.TTL < time.Second || o.TTL > 24*time.Hour {
		errs = append(errs, fmt.Errorf("cachestore: TTL is %v; it has to be from 1s to 24h", o.TTL))
	}
	if o.NegativeTTL < time.Millisecond || o.NegativeTTL > time.Hour {
		errs = append(errs, fmt.Errorf("cachestore: NegativeTTL is %v; it has to be from 1ms to 1h", o.NegativeTTL))
	}
	if o.Size < 1 || o.Size > 1_000_000 {
		errs = append(errs, fmt.Errorf("cachestore: Size is %d; it has to be from 1 to 1,000,000", o.Size))
	}
	if o.LoadTimeout < time.Millisecond || o.LoadTimeout > 5*time.Minute {
		errs = append(errs, fmt.Errorf("cachestore: LoadTimeout is %v; it has to be from 1ms to 5m", o.LoadTimeout))
	}
	return o, errors.Join(errs...)
}

// ErrOtherTenant is returned when the store below answers with another tenant than the
// one that was asked for.
var ErrOtherTenant = errors.New("tenancy: the store returned another tenant than the one that was asked for")

// Store is a cache in front of another store. It is safe for concurrent use. It is a
// runtime.Watcher, a runtime.Warmer and runtime.Cached.
type Store struct {
	below runtime.Store
	o     Options
	self  string // what tells this cache's messages from those of others

	// What is kept. Look-ups read it without a lock; only put and forget write, and
	// they hold mu. Values never change.
	tenants *otter.Cache[string, *entry]
	names   *otter.Cache[runtime.Identifier, string]
	absent  *otter.Cache[key, time.Time]

	mu      sync.Mutex
	changes uint64 // how many changes there were
	loads   map[*load]struct{}
	flights map[key]*load // loads that others can wait for
	watches map[*watch]struct{}
	closed  bool

	life   context.Context // ends with Close
	end    context.CancelFunc
	work   sync.WaitGroup // loads and watches
	close  func() error
	initMu sync.Mutex
	leave  func() // ends the subscription; nil before Init

	hits, misses, negatives, failures atomic.Uint64
}

var (
	_ runtime.Store   = (*Store)(nil)
	_ runtime.Watcher = (*Store)(nil)
	_ runtime.Warmer  = (*Store)(nil)
	_ runtime.Cached  = (*Store)(nil)
)

// entry is a tenant that is kept.
type entry struct {
	tenant  runtime.Tenant
	expires time.Time
}

// key is what a tenant is asked for by: one of the two.
type key struct {
	id         string
	identifier runtime.Identifier
}

// New returns a cache in front of below, which belongs to the cache from then on: Close
// closes it. It starts nothing; Init does.
func New(below runtime.Store, o Options) (*Store, error) {
	if below == nil {
		return nil, errors.New("cachestore: there is no store below")
	}
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Store{
		below: below, o: o, self: runtime.NewID(),
		loads: map[*load]struct{}{}, flights: map[key]*load{}, watches: map[*watch]struct{}{},
	}
	if s.tenants, err = bounded[string, *entry](o.Size); err != nil {
		return nil, err
	}
	if s.names, err = bounded[runtime.Identifier, string](o.Size); err != nil {
		return nil, err
	}
	if s.absent, err = bounded[key, time.Time](o.Size); err != nil {
		return nil, err
	}
	s.life, s.end = context.WithCancel(context.Background())
	s.close = sync.OnceValue(s.shut)
	return s, nil
}

// bounded returns a cache of so many entries. It knows nothing of time: entries say
// themselves how long they are good, so that there is no goroutine that removes them
// and has to be stopped. What is left to do after a write is done by the writer.
func bounded[K comparable, V any](size int) (*otter.Cache[K, V], error) {
	return otter.New(&otter.Options[K, V]{MaximumSize: size, Executor: func(fn func()) { fn() }})
}

// Init initializes the store below and subscribes to the Bus. It can be called again,
// also after it failed; there is one subscription.
func (s *Store) Init(ctx context.Context) error {
	s.initMu.Lock()
	defer s.initMu.Unlock()
	if s.life.Err() != nil {
		return runtime.ErrStoreClosed
	}
	if err := s.below.Init(ctx); err != nil {
		return err
	}
	if s.o.Bus != nil && s.leave == nil {
		s.leave = s.o.Bus.Subscribe(s.receive)
	}
	return nil
}

// Close ends the subscription, the watches and the loads that are under way, forgets
// everything and closes the store below. It can be called twice, and without Init.
func (s *Store) Close() error { return s.close() }

func (s *Store) shut() error {
	s.end()
	s.initMu.Lock()
	if s.leave != nil {
		s.leave()
	}
	s.initMu.Unlock()
	s.mu.Lock()
	s.closed = true
	s.forgetAll()
	s.mu.Unlock()
	s.work.Wait()
	return s.below.Close()
}

// Stats is what a cache did since it was made.
type Stats struct {
	// Size is how many tenants it keeps, and Absent of how many ids and identifiers it
	// knows that no tenant has them. What is too old is among them until it is
	// replaced. Capacity is how many each can be.
	Size, Absent, Capacity int
	// Hits are look-ups that found a tenant, Negative those that found that there is
	// none, and Misses those for which the store below was asked.
	Hits, Negative, Misses uint64
	// Errors are loads that failed, and entries that held another tenant.
	Errors uint64
}

// HitRate is the share of look-ups for which the store below was not asked, from 0 to 1.
func (s Stats) HitRate() float64 {
	all := s.Hits + s.Negative + s.Misses
	if all == 0 {
		return 0
	}
	return float64(s.Hits+s.Negative) / float64(all)
}

// Stats returns the numbers up to now.
func (s *Store) Stats() Stats {
	return Stats{
		Size: s.tenants.EstimatedSize(), Absent: s.absent.EstimatedSize(), Capacity: s.o.Size,
		Hits: s.hits.Load(), Negative: s.negatives.Load(), Misses: s.misses.Load(), Errors: s.failures.Load(),
	}
}

// CacheStats returns the part of Stats that every cache has.
func (s *Store) CacheStats() runtime.CacheStats {
	n := s.Stats()
	return runtime.CacheStats{Entries: n.Size, Capacity: n.Capacity, Hits: n.Hits + n.Negative, Misses: n.Misses}
}
