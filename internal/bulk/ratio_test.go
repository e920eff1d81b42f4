package bulk_test

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/internal/bulk/gen"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

var ratios = flag.Bool("bulk.ratios", false, "compare the ways of writing many rows (make bench-copy)")

// inserting is a provider whose handles say that they cannot copy.
type inserting struct{ pgxdb.Provider }

func (p inserting) For(t runtime.Tenant) pgxdb.Handle { return noCopy{p.Provider.For(t)} }

type noCopy struct{ pgxdb.Handle }

func (noCopy) RefusesCopy() bool { return true }

// TestRatios prints how long each way takes, as a multiple of COPY in the same run.
// Nothing is asserted: a machine may be busy.
func TestRatios(t *testing.T) {
	if !*ratios {
		t.Skip("run make bench-copy: it takes a minute and asserts nothing")
	}
	filter := newLab(t, setting{false, pgx.QueryExecModeCacheStatement})
	rls := newLab(t, setting{true, pgx.QueryExecModeCacheStatement})
	ways := []struct {
		name string
		lab  *lab
		q    *gen.Queries
	}{
		{"row filter, COPY", filter, filter.Queries},
		{"row filter, INSERT", filter, gen.New(inserting{filter.provider(t)})},
		{"RLS, INSERT", rls, rls.Queries},
	}
	for _, kind := range []struct {
		name string
		run  func(q *gen.TenantQueries, n int) error
	}{
		{"11 columns, unnest", func(q *gen.TenantQueries, n int) error { _, err := q.CopyItems(t.Context(), items(n)); return err }},
		{"1 column, unnest", func(q *gen.TenantQueries, n int) error { _, err := q.CopyNumbers(t.Context(), names(n)); return err }},
		{"arrays, a statement for each row", func(q *gen.TenantQueries, n int) error { _, err := q.CopyOdd(t.Context(), odds(n)); return err }},
	} {
		for _, n := range []int{100, 1_000, 100_000} {
			times := make([][]time.Duration, len(ways))
			for range max(3, min(30, 30_000/n)) {
				for i, w := range ways {
					if _, err := w.lab.super.Exec(context.Background(), "TRUNCATE items, odd CASCADE"); err != nil {
						t.Fatal(err)
					}
					start := time.Now()
					if err := kind.run(w.q.ForTenant(ann), n); err != nil {
						t.Fatal(w.name, err)
					}
					times[i] = append(times[i], time.Since(start))
				}
			}
			for i, w := range ways {
				t.Logf("%-34s %7d rows  %-20s %5.2f × COPY  (%v)", kind.name, n, w.name,
					float64(median(times[i]))/float64(median(times[0])), median(times[i]).Round(10*time.Microsecond))
			}
		}
	}
}

func median(times []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(times))
	return sorted[len(sorted)/2]
}

func names(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprint(i)
	}
	return out
}

func items(n int) []gen.CopyItemsParams {
	out := make([]gen.CopyItemsParams, n)
	for i := range out {
		out[i] = gen.CopyItemsParams{Number: fmt.Sprint(i), Qty: qty(int32(i)), Mood: gen.MoodHappy, Good: true, Data: []byte("{}"), Raw: []byte("raw")}
	}
	return out
}

func odds(n int) []gen.CopyOddParams {
	out := make([]gen.CopyOddParams, n)
	for i := range out {
		out[i] = gen.CopyOddParams{ID: int64(i), Tags: []string{"a", "b"}, Grid: []int32{1}}
	}
	return out
}
