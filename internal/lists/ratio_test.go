package lists_test

import (
	"context"
	"flag"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

var ratios = flag.Bool("lists.ratios", false, "compare lists with those that sqlc generates (make bench-lists)")

// most is how many allocations a list of 100 orders may have.
const most = 120

// TestRatios compares lists of generated methods with those that sqlc generates, in
// turns in one run. Allocations are asserted; times are printed, since a machine may
// be busy.
func TestRatios(t *testing.T) {
	turns := 3
	if *ratios {
		turns = 101
	}
	ours, pool := pgxQueries(t, pgx.QueryExecModeCacheStatement)
	theirs := &sqlcQueries{pool}
	const orders = `INSERT INTO orders (tenant_id, number, qty, cents, paid, created_at)
		SELECT $1, 'R-' || n, n % 7, n * 100, n % 2 = 0, now() FROM generate_series(1, 2000) AS n`
	if _, err := pool.Exec(t.Context(), orders, ann.ID); err != nil {
		t.Fatal(err)
	}
	for _, rows := range []int32{1, 10, 100, 1000} {
		for _, list := range []struct {
			name         string
			theirs, ours func(context.Context) (int, error)
		}{
			{"7 columns", count(theirs.ListOrders, rows), count(ours.ListOrders, rows)},
			{"1 column", count(theirs.ListOrderIDs, rows), count(ours.ListOrderIDs, rows)},
		} {
			their := allocations(t, list.theirs, rows)
			our := allocations(t, list.ours, rows)
			ratio, theirTime := times(t, turns, max(10, 5000/int(rows+49)), list.theirs, list.ours)
			t.Logf("%4d rows of %-9s %.2f × the time of sqlc's (%v), %d allocations to its %d",
				rows, list.name, ratio, theirTime.Round(time.Microsecond), our, their)
			if rows == 100 && list.name == "7 columns" && (our > most || their <= most) {
				t.Errorf("a list of 100 rows has %d allocations, sqlc's %d; the limit is %d", our, their, most)
			}
		}
	}
}

func count[T any](list func(context.Context, int32) ([]T, error), rows int32) func(context.Context) (int, error) {
	return func(ctx context.Context) (int, error) {
		items, err := list(ctx, rows)
		return len(items), err
	}
}

// allocations returns how many allocations a call of the list takes.
func allocations(t *testing.T, list func(context.Context) (int, error), rows int32) int {
	t.Helper()
	return int(testing.AllocsPerRun(50, func() {
		if got, err := list(t.Context()); err != nil || got != int(rows) {
			t.Fatal(got, err)
		}
	}))
}

// times returns how long b takes as a multiple of a, and how long a takes. A slice of
// calls of b stands between two of a; calls enough for the collector to take its part.
func times(t *testing.T, n, calls int, a, b func(context.Context) (int, error)) (float64, time.Duration) {
	t.Helper()
	slice := func(list func(context.Context) (int, error)) time.Duration {
		start := time.Now()
		for range calls {
			if _, err := list(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		return time.Since(start)
	}
	var ratios []float64
	var base []time.Duration
	before := slice(a)
	for range n {
		between := slice(b)
		after := slice(a)
		ratios = append(ratios, 2*float64(between)/float64(before+after))
		base = append(base, after/time.Duration(calls))
		before = after
	}
	slices.Sort(ratios)
	slices.Sort(base)
	return ratios[n/2], base[n/2]
}
