package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/tenancygen/tenancygen/bench/lab"
	"github.com/tenancygen/tenancygen/bench/measure"
	"github.com/tenancygen/tenancygen/bench/workload"
)

// goroutines are the numbers at which throughput is measured beside one.
var goroutines = []int{8, 32}

// results is everything that was measured.
type results struct {
	settings       settings
	began          time.Time
	took           time.Duration
	load           string
	direct, server string
	rows           []*figures
	places         []places
}

// places are tenants' schemas, databases or tables that were made.
type places struct {
	strategy string
	tenants  int
	took     time.Duration
}

// figures are those of one strategy at one kind of work, as multiples of a
// baseline's.
type figures struct {
	kind, baseline, name string
	tenants              int
	latency              map[lab.Link]measure.Latency
	throughput           map[int]measure.Ratio // by goroutines, on the direct link
	roundTrips           float64
	allocations          float64
}

// find returns the figures, and makes them where there are none.
func (r *results) find(kind, baseline, name string, tenants int) *figures {
	if f := r.look(kind, baseline, name, tenants); f != nil {
		return f
	}
	f := &figures{kind: kind, baseline: baseline, name: name, tenants: tenants,
		latency: map[lab.Link]measure.Latency{}, throughput: map[int]measure.Ratio{}}
	r.rows = append(r.rows, f)
	return f
}

// look returns the figures, or nil.
func (r *results) look(kind, baseline, name string, tenants int) *figures {
	for _, f := range r.rows {
		if f.kind == kind && f.baseline == baseline && f.name == name && f.tenants == tenants {
			return f
		}
	}
	return nil
}

// measure runs the comparisons, on the direct link first.
func (r *results) measure(ctx context.Context, l *lab.Lab) error {
	made := map[string]int{}
	for _, c := range comparisons(r.settings.lab.Tenants) {
		chosen, err := r.choose(c)
		if err != nil {
			return err
		}
		if len(chosen) < 2 {
			continue
		}
		for _, s := range chosen {
			if s.prepare == nil {
				continue
			}
			begin := time.Now()
			took, err := s.prepare(ctx, l, c.tenants)
			if err != nil {
				return fmt.Errorf("%s, %d tenants: %w", s.name, c.tenants, err)
			}
			// The first ones were there already.
			r.places = append(r.places, places{s.name, c.tenants - made[s.name], took})
			made[s.name] = c.tenants
			progress("%s: the places of %d tenants, and their rows: %.1f s", s.name, c.tenants, time.Since(begin).Seconds())
		}
		for _, link := range []lab.Link{lab.Direct, lab.Delayed} {
			if err := r.compare(ctx, l, c, chosen, link); err != nil {
				return err
			}
		}
	}
	return nil
}

// choose returns the baseline of a comparison and those of the others that the flags
// leave.
func (r *results) choose(c comparison) ([]strategy, error) {
	var chosen []strategy
	for _, name := range append([]string{c.baseline}, c.others...) {
		if name != c.baseline && len(r.settings.only) > 0 && !r.settings.only[name] {
			continue
		}
		i := slices.IndexFunc(strategies(), func(s strategy) bool { return s.name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no strategy %q", name)
		}
		chosen = append(chosen, strategies()[i])
	}
	return chosen, nil
}

// compare measures the strategies on a link; the first one is the baseline.
func (r *results) compare(ctx context.Context, l *lab.Lab, c comparison, chosen []strategy, link lab.Link) error {
	var clients []workload.Reader
	for _, s := range chosen {
		client, end, err := s.open(ctx, l, link)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		defer end()
		clients = append(clients, client)
	}
	keys := workload.Keys(4096, c.tenants)
	for _, k := range kinds() {
		if len(r.settings.kinds) > 0 && !r.settings.kinds[k.name] || len(c.kinds) > 0 && !slices.Contains(c.kinds, k.name) {
			continue
		}
		var ops []measure.Op
		var names []string
		var calls []int
		for i, client := range clients {
			if o := op(k, client, keys); o != nil {
				ops, names = append(ops, o), append(names, chosen[i].name)
				if chosen[i].prepare != nil {
					// Each tenant has statements of its own to become warm.
					calls = append(calls, 2*c.tenants)
				} else {
					calls = append(calls, 0)
				}
			}
		}
		begin := time.Now()
		if err := r.compareKind(ctx, l, c, k, link, names, calls, ops); err != nil {
			return err
		}
		progress("%s, %s, %d tenants, %s: %.1f s", k.name, c.baseline, c.tenants, r.linkName(link), time.Since(begin).Seconds())
	}
	return nil
}

// compareKind measures one kind of work; the first name and op are the baseline's.
func (r *results) compareKind(ctx context.Context, l *lab.Lab, c comparison, k kind, link lab.Link, names []string, calls []int, ops []measure.Op) error {
	into := make([]*figures, len(names))
	for i, name := range names {
		into[i] = r.find(k.name, c.baseline, name, c.tenants)
		if err := warm(ctx, 2*r.settings.plan.Slice, calls[i], ops[i]); err != nil {
			return fmt.Errorf("%s, %s: %w", name, k.name, err)
		}
	}
	base, all, err := measure.Latencies(ctx, r.settings.plan, ops[0], ops[1:])
	if err != nil {
		return err
	}
	for i, latency := range append([]measure.Latency{base}, all...) {
		into[i].latency[link] = latency
	}
	if link == lab.Delayed {
		for i, o := range ops {
			if into[i].roundTrips, err = measure.RoundTrips(ctx, k.calls, l.Turns, o); err != nil {
				return err
			}
		}
		return nil
	}
	for i, o := range ops {
		if into[i].allocations, err = measure.Allocations(ctx, k.calls, o); err != nil {
			return err
		}
	}
	if !k.throughput {
		return nil
	}
	plan := r.settings.plan
	plan.Rounds = max(1, plan.Rounds/2)
	for _, n := range goroutines {
		ratios, err := measure.Throughputs(ctx, plan, n, ops[0], ops[1:])
		if err != nil {
			return err
		}
		for i, ratio := range append([]measure.Ratio{{Median: 1, Low: 1, High: 1}}, ratios...) {
			into[i].throughput[n] = ratio
		}
	}
	return nil
}

// warmest is how long it may take until all tenants' statements are warm.
const warmest = 3 * time.Second

// warm runs op for the time, and as often as calls says unless that takes too long.
func warm(ctx context.Context, d time.Duration, calls int, op measure.Op) error {
	begin := time.Now()
	for i := 0; i < calls && time.Since(begin) < warmest || time.Since(begin) < d; i++ {
		if err := op(ctx, i); err != nil {
			return err
		}
	}
	return nil
}

func (r *results) linkName(link lab.Link) string {
	if link == lab.Delayed {
		return r.settings.lab.Delay.String()
	}
	return r.direct
}

// progress says on the terminal what has been done.
func progress(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
