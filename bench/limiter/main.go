// Command limiter compares the rate limiters with PING and with redis_rate, and writes
// LIMITER.md. See README.md of the directory above.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"testing"
	"time"

	"github.com/go-redis/redis_rate/v10"
	"github.com/redis/go-redis/v9"

	"github.com/tenancygen/tenancygen/bench/measure"
	"github.com/tenancygen/tenancygen/internal/testredis"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/limiter"
	"github.com/tenancygen/tenancygen/runtime/limiter/redislimiter"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench/limiter:", err)
		os.Exit(1)
	}
}

// limit is what every tenant has. With so many tenants nobody reaches it, and all the
// time calls leave the window.
var limit = runtime.Limit{Requests: 1000, Window: time.Second}

const tenants = 200

var goroutines = []int{1, 8, 64}

func run(ctx context.Context) error {
	plan := measure.Plan{}
	flag.DurationVar(&plan.Slice, "slice", 100*time.Millisecond, "how long a variant is measured at a time")
	flag.IntVar(&plan.Rounds, "rounds", 15, "how many slices of each variant are measured")
	out := flag.String("out", "LIMITER.md", "the file for the results; - for the terminal")
	flag.Parse()
	r := report{plan: plan, load: load(), command: strings.Join(append([]string{"go run -C bench ./limiter"}, os.Args[1:]...), " ")}

	server, err := testredis.Start(ctx)
	if err != nil {
		return err
	}
	defer server.Close()
	options, err := redis.ParseURL(server.URL)
	if err != nil {
		return errors.New("the URL of the server is none")
	}
	r.link = "loopback"
	if server.Socket != "" {
		options.Network, options.Addr, r.link = "unix", server.Socket, "unix socket"
	}
	options.PoolSize, options.ContextTimeoutEnabled = 64, true
	client := redis.NewClient(options)
	defer func() { _ = client.Close() }()
	info, err := client.InfoMap(ctx, "server").Result()
	if err != nil {
		return err
	}
	r.server = info["Server"]["redis_version"]

	variants, err := open(client)
	if err != nil {
		return err
	}
	ping := func(ctx context.Context, _ int) error { return client.Ping(ctx).Err() }
	var ops []measure.Op
	for _, v := range variants {
		ops = append(ops, v.op)
		r.names = append(r.names, v.name)
	}
	for _, n := range goroutines {
		ratios, err := measure.Throughputs(ctx, plan, n, ping, ops)
		if err != nil {
			return err
		}
		r.ratios = append(r.ratios, ratios)
	}
	for _, v := range variants {
		n, err := memory(ctx, client, v)
		if err != nil {
			return err
		}
		r.bytes = append(r.bytes, n)
	}
	r.local = inProcess()
	return r.write(*out)
}

// variant is a limiter, or what it is compared with.
type variant struct {
	name string
	op   measure.Op
	// key begins the name of a tenant's key.
	key string
	// fill makes a call of one tenant under a limit of so many an hour; nil for what has
	// no limit.
	fill func(ctx context.Context, limit int) error
}

// floors are scripts that decide nothing, and show what of a limiter's cost is Redis's
// own. An exact limiter that forgets a call for each that it counts makes at least the
// calls of the last one: it reads the time, looks at the oldest call, takes it away, and
// adds the new one. So the list of these scripts keeps its length.
var floors = []struct{ name, source string }{
	{"script that does nothing", "return {1, 0, 0}"},
	{"script with TIME", "return {1, 0, redis.call('TIME')[2] + 0}"},
	{"script with TIME, LPUSH, RPOP", `
local time = redis.call('TIME')
local count = redis.call('LPUSH', KEYS[1], time[1] * 1000000 + time[2])
if count > 100 then redis.call('RPOP', KEYS[1]) end
return {1, count, 0}`},
	{"script with TIME, LINDEX, LPUSH, RPOP", `
local time = redis.call('TIME')
local oldest = redis.call('LINDEX', KEYS[1], '-1')
local count = redis.call('LPUSH', KEYS[1], time[1] * 1000000 + time[2])
if count > 100 then redis.call('RPOP', KEYS[1]) end
return {1, count, 0}`},
}

func open(client *redis.Client) ([]variant, error) {
	names := make([]string, tenants)
	for i := range names {
		names[i] = fmt.Sprintf("tenant-%08d", i)
	}
	var variants []variant
	for _, floor := range floors {
		script := redis.NewScript(floor.source)
		variants = append(variants, variant{name: floor.name, op: func(ctx context.Context, i int) error {
			return script.Run(ctx, client, []string{floor.name + names[i%tenants]}, limit.Requests, limit.Window.Microseconds(), 1).Err()
		}})
	}
	for _, kind := range []struct {
		name string
		open func(redis.UniversalClient, redislimiter.Options) (*redislimiter.Limiter, error)
	}{{"exact", redislimiter.New}, {"GCRA", redislimiter.NewGCRA}} {
		prefix := kind.name + ":"
		l, err := kind.open(client, redislimiter.Options{Prefix: prefix, Timeout: 10 * time.Second})
		if err != nil {
			return nil, err
		}
		allow := func(ctx context.Context, tenant string, limit runtime.Limit) error {
			d, err := l.Allow(ctx, tenant, limit)
			if err == nil {
				err = d.Err(limit)
			}
			return err
		}
		variants = append(variants, variant{
			name: kind.name, key: prefix,
			op: func(ctx context.Context, i int) error { return allow(ctx, names[i%tenants], limit) },
			fill: func(ctx context.Context, n int) error {
				return allow(ctx, "full", runtime.Limit{Requests: n, Window: time.Hour})
			},
		})
	}
	other := redis_rate.NewLimiter(client)
	allow := func(ctx context.Context, tenant string, limit redis_rate.Limit) error {
		d, err := other.Allow(ctx, tenant, limit)
		if err == nil && d.Allowed == 0 {
			err = errors.New("redis_rate denied a call")
		}
		return err
	}
	return append(variants, variant{
		name: "redis_rate", key: "rate:",
		op: func(ctx context.Context, i int) error {
			return allow(ctx, names[i%tenants], redis_rate.PerSecond(limit.Requests))
		},
		fill: func(ctx context.Context, n int) error { return allow(ctx, "full", redis_rate.PerHour(n)) },
	}), nil
}

// memory returns the bytes of a tenant that has used up the limit.
func memory(ctx context.Context, client *redis.Client, v variant) (int64, error) {
	if v.fill == nil {
		return 0, nil
	}
	for range limit.Requests {
		if err := v.fill(ctx, limit.Requests); err != nil {
			return 0, err
		}
	}
	keys, err := client.Keys(ctx, v.key+"*full*").Result()
	if err != nil || len(keys) != 1 {
		return 0, fmt.Errorf("the key of %s: %q, %w", v.name, keys, err)
	}
	return client.MemoryUsage(ctx, keys[0], 0).Result()
}

// local is what a limiter costs that asks nobody.
type local struct {
	name        string
	nanoseconds float64
	allocations int64
}

// inProcess measures the limiters that ask nobody, the best of some runs: others on the
// machine only make them slower.
func inProcess() []local {
	// Short runs, of which some have the machine for themselves.
	testing.Init()
	_ = flag.Set("test.benchtime", "50ms")
	denied := runtime.Limit{Requests: 1, Window: time.Hour}
	all := []struct {
		name    string
		limiter runtime.Limiter
		limit   runtime.Limit
		tenants int
	}{
		{"exact, one tenant", limiter.NewLocal(limiter.LocalOptions{}), runtime.Limit{Requests: 1 << 40, Window: time.Millisecond}, 1},
		{"exact, 1,024 tenants", limiter.NewLocal(limiter.LocalOptions{}), limit, 1024},
		{"exact, 1,024 tenants above the limit", limiter.NewLocal(limiter.LocalOptions{}), denied, 1024},
		{"deny cache, 1,024 tenants", limiter.WithDenyCache(limiter.NewLocal(limiter.LocalOptions{}), 0), denied, 1024},
	}
	var out []local
	for _, one := range all {
		names := make([]string, one.tenants)
		for i := range names {
			names[i] = fmt.Sprintf("tenant-%08d", i)
			for range 2 {
				_, _ = one.limiter.Allow(context.Background(), names[i], one.limit)
			}
		}
		best := local{name: one.name}
		for range 40 {
			b := testing.Benchmark(func(b *testing.B) {
				b.ReportAllocs()
				i := 0
				for b.Loop() {
					_, _ = one.limiter.Allow(context.Background(), names[i&(len(names)-1)], one.limit)
					i++
				}
			})
			if ns := float64(b.T.Nanoseconds()) / float64(b.N); best.nanoseconds == 0 || ns < best.nanoseconds {
				best.nanoseconds, best.allocations = ns, b.AllocsPerOp()
			}
		}
		out = append(out, best)
	}
	return out
}
