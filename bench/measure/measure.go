// Package measure compares ways of doing the same thing on a machine that is busy
// with other things too. Each slice of time of a variant lies between two slices of
// the baseline, and only the ratio to these counts.
package measure

import (
	"context"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Op does one thing; i counts the calls and says on which rows it is done. It is
// called from several goroutines at once.
type Op func(ctx context.Context, i int) error

// Plan is how long is measured.
type Plan struct {
	Slice  time.Duration // of one variant, without interruption
	Rounds int           // slices of each variant
}

// Latency is what one goroutine sees, as a multiple of the baseline.
type Latency struct {
	P50, P99, Throughput Ratio
	// Typical is the median of the variant itself. It says no more than what order
	// of time this is about.
	Typical time.Duration
	Samples int
}

// Ratio is the median of the ratios of all rounds, with the quartiles.
type Ratio struct{ Median, Low, High float64 }

// newRatio returns the ratio of the rounds, which it sorts.
func newRatio(rounds []float64) Ratio {
	slices.Sort(rounds)
	at := func(q float64) float64 { return rounds[int(q*float64(len(rounds)-1)+0.5)] }
	return Ratio{Median: at(0.5), Low: at(0.25), High: at(0.75)}
}

// order returns the variants in another order each round, so that none always has
// the same neighbour.
func order(n, round int) []int {
	return rand.New(rand.NewPCG(uint64(round), 1)).Perm(n)
}

// slice is what one goroutine did in one slice, sorted by time.
type slice struct {
	times   []time.Duration
	elapsed time.Duration
}

func (s slice) quantile(q float64) float64 { return float64(s.times[int(q*float64(len(s.times)-1))]) }

func (s slice) rate() float64 { return float64(len(s.times)) / s.elapsed.Seconds() }

// Latencies compares each variant with the baseline on one goroutine.
func Latencies(ctx context.Context, plan Plan, baseline Op, variants []Op) (base Latency, all []Latency, err error) {
	type track struct {
		p50, rate []float64
		own, near []time.Duration // the variant's, and its neighbours' of the baseline
	}
	tracks := make([]track, len(variants))
	var baseTimes []time.Duration
	before, err := timed(ctx, plan.Slice, baseline)
	if err != nil {
		return base, nil, err
	}
	for round := range plan.Rounds {
		for _, v := range order(len(variants), round) {
			mine, err := timed(ctx, plan.Slice, variants[v])
			if err != nil {
				return base, nil, err
			}
			after, err := timed(ctx, plan.Slice, baseline)
			if err != nil {
				return base, nil, err
			}
			t := &tracks[v]
			t.p50 = append(t.p50, 2*mine.quantile(0.5)/(before.quantile(0.5)+after.quantile(0.5)))
			t.rate = append(t.rate, 2*mine.rate()/(before.rate()+after.rate()))
			t.own = append(t.own, mine.times...)
			t.near = append(t.near, after.times...)
			baseTimes = append(baseTimes, after.times...)
			before = after
		}
	}
	for _, t := range tracks {
		all = append(all, Latency{
			P50: newRatio(t.p50), Throughput: newRatio(t.rate), P99: tail(t.own, t.near),
			Typical: median(t.own), Samples: len(t.own),
		})
	}
	one := Ratio{1, 1, 1}
	return Latency{P50: one, P99: one, Throughput: one, Typical: median(baseTimes), Samples: len(baseTimes)}, all, nil
}

// tailSamples are the fewest from which a 99th percentile is taken.
const tailSamples = 500

// tail compares the 99th percentiles of all rounds together, since that of a single
// slice is one or two calls. It is zero where there are too few.
func tail(own, near []time.Duration) Ratio {
	if min(len(own), len(near)) < tailSamples {
		return Ratio{}
	}
	slices.Sort(own)
	slices.Sort(near)
	r := slice{times: own}.quantile(0.99) / slice{times: near}.quantile(0.99)
	return Ratio{r, r, r}
}

func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2]
}

// next numbers the calls of all slices. Each slice begins elsewhere, so that it does
// other rows: the step has nothing in common with the number of rows.
var next atomic.Int64

const step = 1_000_003

// timed runs op for the time, and for one call before it that does not count: the
// pool may have to look whether its connection still lives.
func timed(ctx context.Context, d time.Duration, op Op) (slice, error) {
	i := int(next.Add(step))
	if err := op(ctx, i); err != nil {
		return slice{}, err
	}
	s := slice{times: make([]time.Duration, 0, 4096)}
	begin := time.Now()
	for last := begin; ; {
		i++
		if err := op(ctx, i); err != nil {
			return slice{}, err
		}
		now := time.Now()
		s.times = append(s.times, now.Sub(last))
		last = now
		if s.elapsed = now.Sub(begin); s.elapsed >= d {
			slices.Sort(s.times)
			return s, nil
		}
	}
}

// Throughputs compares how many calls the goroutines do together in the same time.
func Throughputs(ctx context.Context, plan Plan, goroutines int, baseline Op, variants []Op) ([]Ratio, error) {
	rounds := make([][]float64, len(variants))
	// The first slice of each makes its connections, and does not count.
	for _, op := range variants {
		if _, err := rate(ctx, plan.Slice, goroutines, op); err != nil {
			return nil, err
		}
	}
	if _, err := rate(ctx, plan.Slice, goroutines, baseline); err != nil {
		return nil, err
	}
	before, err := rate(ctx, plan.Slice, goroutines, baseline)
	if err != nil {
		return nil, err
	}
	for round := range plan.Rounds {
		for _, v := range order(len(variants), round) {
			mine, err := rate(ctx, plan.Slice, goroutines, variants[v])
			if err != nil {
				return nil, err
			}
			after, err := rate(ctx, plan.Slice, goroutines, baseline)
			if err != nil {
				return nil, err
			}
			rounds[v] = append(rounds[v], 2*mine/(before+after))
			before = after
		}
	}
	var all []Ratio
	for _, r := range rounds {
		all = append(all, newRatio(r))
	}
	return all, nil
}

// rate runs op on the goroutines for the time, and returns the calls per second.
func rate(ctx context.Context, d time.Duration, goroutines int, op Op) (float64, error) {
	var (
		group   sync.WaitGroup
		ready   sync.WaitGroup
		begin   = make(chan struct{})
		stop    atomic.Bool
		calls   atomic.Int64
		failure atomic.Pointer[error]
	)
	ready.Add(goroutines)
	for range goroutines {
		group.Go(func() {
			i := int(next.Add(step))
			err := op(ctx, i)
			ready.Done()
			<-begin
			n := int64(0)
			for err == nil && !stop.Load() {
				i++
				err = op(ctx, i)
				n++
			}
			calls.Add(n)
			if err != nil {
				failure.CompareAndSwap(nil, &err)
			}
		})
	}
	ready.Wait()
	start := time.Now()
	close(begin)
	time.Sleep(d)
	stop.Store(true)
	group.Wait()
	elapsed := time.Since(start)
	if err := failure.Load(); err != nil {
		return 0, *err
	}
	return float64(calls.Load()) / elapsed.Seconds(), nil
}

// Allocations returns how often a call allocates, on average over many.
func Allocations(ctx context.Context, calls int, op Op) (float64, error) {
	var before, after runtime.MemStats
	i, err := settle(ctx, calls, op)
	if err != nil {
		return 0, err
	}
	runtime.ReadMemStats(&before)
	for range calls {
		i++
		if err := op(ctx, i); err != nil {
			return 0, err
		}
	}
	runtime.ReadMemStats(&after)
	return float64(after.Mallocs-before.Mallocs) / float64(calls), nil
}

// RoundTrips returns how many round trips a call takes, on average over many.
func RoundTrips(ctx context.Context, calls int, turns func() (int64, error), op Op) (float64, error) {
	i, err := settle(ctx, calls, op)
	if err != nil {
		return 0, err
	}
	before, err := turns()
	if err != nil {
		return 0, err
	}
	for range calls {
		i++
		if err := op(ctx, i); err != nil {
			return 0, err
		}
	}
	after, err := turns()
	return float64(after-before) / float64(calls), err
}

// settle calls op before calls are counted: a pool asks a connection that has not been
// used for a second whether it still lives. It returns the number of the last call.
func settle(ctx context.Context, calls int, op Op) (int, error) {
	i := int(next.Add(step))
	for range calls/5 + 1 {
		i++
		if err := op(ctx, i); err != nil {
			return i, err
		}
	}
	return i, nil
}
