package main

import (
	"fmt"

	"github.com/tenancygen/tenancygen/bench/lab"
	"github.com/tenancygen/tenancygen/bench/measure"
)

// target is what a figure should be.
type target struct {
	what string
	// least is set where the figure should be at least the limit, and not at most.
	least bool
	limit float64
	// figure returns what was measured; false where it was not.
	figure func(r *results) (measure.Ratio, bool)
}

// met says whether the figure reaches the limit as it is printed.
func (t target) met(got float64) bool {
	got = float64(int(got*100+0.5)) / 100
	if t.least {
		return got >= t.limit
	}
	return got <= t.limit
}

func targets(tenants int) []target {
	p50 := func(kind, baseline, name string, tenants int, link lab.Link) func(*results) (measure.Ratio, bool) {
		return func(r *results) (measure.Ratio, bool) {
			f := r.look(kind, baseline, name, tenants)
			if f == nil {
				return measure.Ratio{}, false
			}
			latency, ok := f.latency[link]
			return latency.P50, ok
		}
	}
	exact := func(get func(f *figures) float64, kind, name, minus string) func(*results) (measure.Ratio, bool) {
		return func(r *results) (measure.Ratio, bool) {
			f := r.look(kind, raw, name, tenants)
			if f == nil {
				return measure.Ratio{}, false
			}
			n := get(f)
			if minus != "" {
				n -= get(r.look(kind, raw, minus, tenants))
			}
			return measure.Ratio{Median: n, Low: n, High: n}, true
		}
	}
	trips := func(f *figures) float64 { return f.roundTrips }
	allocations := func(f *figures) float64 { return f.allocations }
	return []target{
		{what: "point read under RLS, round trips", limit: 1, figure: exact(trips, "point", rls, "")},
		{what: "point read under RLS, p50 with the delay, × raw", limit: 1.03, figure: p50("point", raw, rls, tenants, lab.Delayed)},
		{what: "point read under RLS, p50 directly, × raw", limit: 1.65, figure: p50("point", raw, rls, tenants, lab.Direct)},
		{what: "point read under RLS, throughput of eight goroutines, × raw", least: true, limit: 0.76, figure: func(r *results) (measure.Ratio, bool) {
			f := r.look("point", raw, rls, tenants)
			if f == nil {
				return measure.Ratio{}, false
			}
			ratio, ok := f.throughput[8]
			return ratio, ok
		}},
		{what: "transaction of five queries under RLS, p50 directly, × raw", limit: 1.10, figure: p50("tx5", raw, rls, tenants, lab.Direct)},
		{what: "transaction of five queries under RLS, round trips more than raw", limit: 0, figure: exact(trips, "tx5", rls, raw)},
		{what: "point read with the row filter, p50 directly, × raw", limit: 1.05, figure: p50("point", raw, row, tenants, lab.Direct)},
		{what: "point read with the row filter, allocations more than raw", limit: 2, figure: exact(allocations, "point", row, raw)},
		{what: fmt.Sprintf("point read in a schema of %d, p50 with the delay, × raw", tenants), limit: 1.15, figure: p50("point", raw, schema, tenants, lab.Delayed)},
		{what: "list of 100 with the row filter, p50 directly, × sqlc", limit: 0.86, figure: p50("list", sqlc, row, tenants, lab.Direct)},
		{what: "list of 100 with the row filter, allocations", limit: 120, figure: exact(allocations, "list", row, "")},
		{what: "list of 100 under RLS, p50 directly, × sqlc", limit: 1.05, figure: p50("list", sqlc, rls, tenants, lab.Direct)},
	}
}

// row returns the line of the table of targets.
func (t target) row(r *results) string {
	sign := "≤"
	if t.least {
		sign = "≥"
	}
	got, ok := t.figure(r)
	if !ok {
		return fmt.Sprintf("| %s | %s %.2f | not measured | |", t.what, sign, t.limit)
	}
	verdict := "met"
	if !t.met(got.Median) {
		verdict = "**missed**"
	}
	return fmt.Sprintf("| %s | %s %.2f | %s | %s |", t.what, sign, t.limit, withQuartiles(got), verdict)
}

// withQuartiles prints a ratio with the range that half of the rounds were in.
func withQuartiles(r measure.Ratio) string {
	if r.Low == r.High {
		return fmt.Sprintf("%.2f", r.Median)
	}
	return fmt.Sprintf("%.2f (%.2f–%.2f)", r.Median, r.Low, r.High)
}
