package redislimiter

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tenancygen/tenancygen/runtime"
)

// The defaults of Options.
const (
	DefaultPrefix  = "tenancy:limit:"
	DefaultTimeout = 250 * time.Millisecond
)

// apart is how many calls are under way on their own where there are several servers, so
// that one that does not answer keeps nobody waiting but its own.
const apart = 256

// keysTogether is how many keys one command has at most: a script keeps everybody else
// from the server.
const keysTogether = 64

// ErrTimeout is returned for a call that Redis has not answered in time. Whether it was
// counted is not known.
var ErrTimeout = errors.New("tenancy: redis did not answer the rate limiter in time")

// ErrOverloaded is returned for a call that finds too many others waiting for Redis. It
// was not counted.
var ErrOverloaded = errors.New("tenancy: too many calls wait for the rate limiter")

// Options are the options of New and NewGCRA. The zero value has the defaults.
type Options struct {
	// Prefix is what all keys begin with; empty means DefaultPrefix. Braces are an error,
	// since they would decide on the slot in Redis Cluster.
	Prefix string
	// Timeout is how long a call waits for Redis, whatever the client's timeouts are;
	// zero means DefaultTimeout. Where the client does not have ContextTimeoutEnabled,
	// the command lives on until the client itself gives up, which its ReadTimeout and
	// MaxRetries decide, and calls until then time out; and a lone call costs a change of
	// goroutines more.
	Timeout time.Duration
}

// Limiter counts in Redis. It is safe for concurrent use.
type Limiter struct {
	client  redis.UniversalClient
	script  *script
	prefix  string
	timeout time.Duration
	inline  bool // the client heeds the deadline of a context
	keys    int  // how many keys a command may have
	queue   queue
	calls   sync.Pool
}

var _ runtime.Limiter = (*Limiter)(nil)

// New returns a limiter that is exact. The client stays the caller's, who closes it
// after the limiter. Any server from Redis 5 on will do.
func New(client redis.UniversalClient, o Options) (*Limiter, error) { return open(client, exact, o) }

// NewGCRA returns a limiter that needs the same memory for every limit, and is not
// exact; see the package documentation. The client stays the caller's, who closes it
// after the limiter.
func NewGCRA(client redis.UniversalClient, o Options) (*Limiter, error) { return open(client, gcra, o) }

func open(client redis.UniversalClient, s *script, o Options) (*Limiter, error) {
	if o.Prefix == "" {
		o.Prefix = DefaultPrefix
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	if strings.ContainsAny(o.Prefix, "{}") {
		return nil, fmt.Errorf("tenancy: the limiter's prefix %q has braces, which belong to the tenant's id", o.Prefix)
	}
	l := &Limiter{client: client, script: s, prefix: o.Prefix, timeout: o.Timeout}
	l.queue.run, l.queue.runners, l.keys = l.run, 1, keysTogether
	switch c := client.(type) {
	case *redis.Client:
		l.inline = c.Options().ContextTimeoutEnabled
	case *redis.ClusterClient:
		l.inline = c.Options().ContextTimeoutEnabled
		l.queue.runners, l.keys = apart, 1
	default:
		l.queue.runners, l.keys = apart, 1
	}
	l.calls.New = func() any {
		// A timer that is never waited for while it is stopped.
		timer := time.NewTimer(time.Hour)
		timer.Stop()
		return &call{timer: timer, done: make(chan struct{}, 1)}
	}
	return l, nil
}

// Allow is that of runtime.Limiter. It waits for Redis as long as Options.Timeout and
// ctx allow.
func (l *Limiter) Allow(ctx context.Context, tenantID string, limit runtime.Limit) (runtime.Decision, error) {
	if limit.IsZero() {
		return runtime.Decision{Allowed: true}, nil
	}
	if tenantID == "" {
		return runtime.Decision{}, runtime.ErrNoTenant
	}
	if err := limit.Validate(); err != nil {
		return runtime.Decision{}, err
	}
	if err := ctx.Err(); err != nil {
		return runtime.Decision{}, err
	}
	if l.inline && l.queue.begin() {
		defer l.queue.end()
		return l.ask(ctx, account{tenantID, limit})
	}
	c := l.calls.Get().(*call)
	c.account = account{tenantID, limit}
	if !l.queue.add(c) {
		l.calls.Put(c)
		return runtime.Decision{}, ErrOverloaded
	}
	c.timer.Reset(l.timeout)
	select {
	case <-c.done:
		c.timer.Stop()
		d, err := c.decision, c.err
		c.decision, c.err = runtime.Decision{}, nil
		l.calls.Put(c)
		return d, err
	// A call that is left is not used again: its answer may still come.
	case <-ctx.Done():
		c.left.Store(true)
		return runtime.Decision{}, ctx.Err()
	case <-c.timer.C:
		c.left.Store(true)
		return runtime.Decision{}, ErrTimeout
	}
}

// ask asks about one call, in the caller's goroutine.
func (l *Limiter) ask(ctx context.Context, a account) (runtime.Decision, error) {
	within, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	reply := l.send(within, []asked{{account: a, n: 1}})[0]
	switch err := reply.err; {
	case err == nil:
		return reply.decision(0), nil
	case ctx.Err() != nil:
		return runtime.Decision{}, ctx.Err()
	case within.Err() != nil:
		return runtime.Decision{}, fmt.Errorf("%w: %w", ErrTimeout, err)
	default:
		return runtime.Decision{}, err
	}
}

// Close waits for what is under way, as long as a call would. The client is left open.
func (l *Limiter) Close() error {
	if !l.queue.close(l.timeout) {
		return ErrTimeout
	}
	return nil
}

// key returns the key of a tenant's calls. Two tenants never share one: what could end
// the braces is written in another way, and so is what that looks like.
func (l *Limiter) key(a account) string {
	return l.prefix + "{" + url.PathEscape(a.tenantID) + "}" + l.script.suffix + ":" + strconv.FormatInt(inMicroseconds(a.limit.Window), 10)
}

// inMicroseconds rounds up: a window is at least one.
func inMicroseconds(d time.Duration) int64 { return int64((d-1)/time.Microsecond) + 1 }

func microseconds(n int64) time.Duration { return time.Duration(n) * time.Microsecond }

// run asks Redis about calls, of which there is at least one.
func (l *Limiter) run(calls []*call) {
	ctx, cancel := context.WithTimeout(context.Background(), l.timeout)
	defer cancel()
	groups := group(calls)
	answers := l.send(ctx, groups)
	for i, g := range groups {
		for j, c := range g.calls {
			if c.err = answers[i].err; c.err == nil {
				c.decision = answers[i].decision(j)
			}
			c.done <- struct{}{}
		}
	}
}

// send runs the script for each group, as many as may be together, and returns the
// answers.
func (l *Limiter) send(ctx context.Context, groups []asked) []answer {
	if len(groups) <= l.keys {
		keys, arguments := l.arguments(groups)
		command := l.client.EvalSha(ctx, l.script.hash, keys, arguments...)
		if unknown(command) {
			command = l.client.Eval(ctx, l.script.source, keys, arguments...)
		}
		reply, err := command.Result()
		return parse(reply, err, len(groups))
	}
	answers := make([]answer, 0, len(groups))
	for some := range slices.Chunk(groups, l.keys) {
		answers = append(answers, l.send(ctx, some)...)
	}
	return answers
}

// arguments returns the keys and the arguments of the script.
func (l *Limiter) arguments(groups []asked) (keys []string, arguments []any) {
	keys, arguments = make([]string, 0, len(groups)), make([]any, 0, 4*len(groups))
	for _, g := range groups {
		window := inMicroseconds(g.limit.Window)
		keys = append(keys, l.key(g.account))
		arguments = append(arguments, g.limit.Requests, window, g.n, window/500+1)
	}
	return keys, arguments
}

// unknown reports whether the server does not know the script: it is new, was restarted
// or had its scripts flushed. Then it has counted nothing.
func unknown(c *redis.Cmd) bool {
	// What the client has not made its own error of is still the server's.
	return errors.Is(c.Err(), redis.ErrNoScript) || redis.HasErrorPrefix(c.Err(), "NOSCRIPT")
}
