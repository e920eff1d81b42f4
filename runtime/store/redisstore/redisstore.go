package redisstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tenancygen/tenancygen/runtime"
)

// Options say how a Store uses Redis. The zero Options are good.
type Options struct {
	// Prefix begins every key: 1 to 64 letters, digits, "-" and "_"; "tenancy" when it is
	// empty. Applications, and stages of one, that share a Redis need different ones.
	Prefix string
	// Fresh is how long an entry is returned without asking the store below whether it
	// is still so: from a second to TTL; when it is zero, a minute or TTL, whichever is
	// shorter.
	Fresh time.Duration
	// TTL is how long Redis keeps an entry: from a second to a week; an hour when it is
	// zero. Older than Fresh, an entry is returned only while the store below fails.
	TTL time.Duration
	// Timeout is how long one command may take: from a millisecond to ten seconds; 200
	// milliseconds when it is zero. After a failure, look-ups leave Redis alone for a
	// second.
	Timeout time.Duration
	// Logger is told when Redis fails; nil means slog.Default().
	Logger *slog.Logger
	// Recorder is told of look-ups; nil drops them.
	Recorder runtime.Recorder
}

var prefixRule = regexp.MustCompile(`\A[A-Za-z0-9_-]{1,64}\z`)

// withDefaults fills in what is zero and returns all that is out of bounds at once.
func (o Options) withDefaults() (Options, error) {
	if o.Prefix == "" {
		o.Prefix = "tenancy"
	}
	if o.TTL == 0 {
		o.TTL = time.Hour
	}
	if o.Fresh == 0 {
		o.Fresh = min(time.Minute, o.TTL)
	}
	if o.Timeout == 0 {
		o.Timeout = 200 * time.Millisecond
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Recorder == nil {
		o.Recorder = runtime.NoRecorder{}
	}
	var errs []error
	if !prefixRule.MatchString(o.Prefix) {
		errs = append(errs, errPrefix)
	}
	if o.TTL < time.Second || o.TTL > 7*24*time.Hour {
		errs = append(errs, fmt.Errorf("redisstore: TTL is %v; it has to be from 1s to 168h", o.TTL))
	}
	if o.Fresh < time.Second || o.Fresh > o.TTL {
		errs = append(errs, fmt.Errorf("redisstore: Fresh is %v; it has to be from 1s to TTL", o.Fresh))
	}
	if o.Timeout < time.Millisecond || o.Timeout > 10*time.Second {
		errs = append(errs, fmt.Errorf("redisstore: Timeout is %v; it has to be from 1ms to 10s", o.Timeout))
	}
	return o, errors.Join(errs...)
}

var errPrefix = errors.New("redisstore: Prefix has to be 1 to 64 letters, digits, - and _")

// Store is a cache in Redis in front of another store. It is safe for concurrent use.
type Store struct {
	below  runtime.Store
	client redis.UniversalClient
	o      Options

	// pausedUntil is when look-ups ask Redis again after a failure, as time since start.
	pausedUntil atomic.Int64
	start       time.Time
	floors      floors
	closed      atomic.Bool

	hits, misses, failures, stale atomic.Uint64
}

var _ runtime.Store = (*Store)(nil)

// New returns a cache in front of below, which belongs to the cache from then on: Close
// closes it. The client does not.
//
// The client needs ContextTimeoutEnabled, without which a Redis that hangs would hang
// every look-up.
func New(below runtime.Store, client redis.UniversalClient, o Options) (*Store, error) {
	if below == nil || client == nil {
		return nil, errors.New("redisstore: it needs a store below and a client")
	}
	o, err := o.withDefaults()
	if err == nil {
		err = heedsContext(client)
	}
	if err != nil {
		return nil, err
	}
	return &Store{below: below, client: client, o: o, start: time.Now(), floors: floors{keep: o.Fresh}}, nil
}

// heedsContext returns an error for a client that goes on after its context has ended.
func heedsContext(client redis.UniversalClient) error {
	heeds := true
	switch c := client.(type) {
	case *redis.Client:
		heeds = c.Options().ContextTimeoutEnabled
	case *redis.ClusterClient:
		heeds = c.Options().ContextTimeoutEnabled
	case *redis.Ring:
		heeds = c.Options().ContextTimeoutEnabled
	}
	if !heeds {
		return errors.New("redisstore: set ContextTimeoutEnabled in the options of the Redis client: a Redis that hangs must not hang every request")
	}
	return nil
}

// Init initializes the store below. Redis need not be there.
func (s *Store) Init(ctx context.Context) error { return s.below.Init(ctx) }

// Close closes the store below. It can be called twice.
func (s *Store) Close() error {
	s.closed.Store(true)
	return s.below.Close()
}

// Stats is what a cache did since it was made.
type Stats struct {
	// Hits are look-ups that Redis answered, and Misses those for which the store below
	// was asked.
	Hits, Misses uint64
	// Stale are those among the hits that were older than Fresh, since the store below
	// failed.
	Stale uint64
	// Errors are commands that failed, and entries that could not be read or held
	// another tenant.
	Errors uint64
}

// HitRate is the share of look-ups that Redis answered, from 0 to 1.
func (s Stats) HitRate() float64 {
	if s.Hits+s.Misses == 0 {
		return 0
	}
	return float64(s.Hits) / float64(s.Hits+s.Misses)
}

// Stats returns the numbers up to now.
func (s *Store) Stats() Stats {
	return Stats{Hits: s.hits.Load(), Misses: s.misses.Load(), Stale: s.stale.Load(), Errors: s.failures.Load()}
}
