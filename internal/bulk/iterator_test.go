package bulk_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/internal/bulk/gen"
	"github.com/tenancygen/tenancygen/runtime"
)

// numbers are the items' numbers, and the code of the error at their end.
func numbers(items iter.Seq2[gen.Item, error]) (list []string, end string) {
	for item, err := range items {
		if err != nil {
			end += code(err)
			continue
		}
		list = append(list, item.Number)
	}
	return list, end
}

// TestIterator reads rows one by one, twice, and leaves loops in every way. The
// pool has one connection: one that is not given back stops the next query.
func TestIterator(t *testing.T) {
	everywhere(t, func(t *testing.T, l *lab) {
		q := l.ForTenant(ann)
		if _, err := q.CopyNumbers(t.Context(), []string{"two", "three"}); err != nil {
			t.Fatal(err)
		}
		all := q.ListItemsIter(t.Context())
		for range 2 {
			got, end := numbers(all)
			if diff := cmp.Diff([]string{"one", "three", "two"}, got); diff != "" || end != "" {
				t.Error(diff, end)
			}
		}
		for range all {
			break
		}
		func() {
			defer func() {
				if recover() != "oops" {
					t.Error("the panic is lost")
				}
			}()
			for range all {
				panic("oops")
			}
		}()
		next, stop := iter.Pull2(all)
		if item, err, ok := next(); item.Number != "one" || err != nil || !ok {
			t.Error(item, err, ok)
		}
		stop()
		if got, end := numbers(l.ForTenant(bob).ListItemsIter(t.Context())); len(got) != 1 || end != "" {
			t.Error(got, end)
		}
		if n := l.pool.Stat().AcquiredConns(); n != 0 {
			t.Errorf("%d connections are out", n)
		}
	})
}

// TestIteratorFails gives an error once, at the end.
func TestIteratorFails(t *testing.T) {
	everywhere(t, func(t *testing.T, l *lab) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if got, end := numbers(l.ForTenant(ann).ListItemsIter(ctx)); len(got) != 0 || end != context.Canceled.Error() {
			t.Errorf("cancelled: %v, %s", got, end)
		}
		for tenant, want := range map[runtime.Tenant]error{
			{}: runtime.ErrNoTenant, {ID: ann.ID, Status: runtime.StatusSuspended}: runtime.ErrTenantInactive,
		} {
			if got, end := numbers(l.ForTenant(tenant).ListItemsIter(t.Context())); len(got) != 0 || end != want.Error() {
				t.Errorf("%v: %v, %s", tenant, got, end)
			}
		}
		// An error behind the first rows.
		got, end := 0, ""
		for row, err := range l.ForTenant(ann).DivideIter(t.Context()) {
			if err != nil {
				end += code(err)
			} else if got++; row <= 0 {
				t.Errorf("row %d", row)
			}
		}
		if end != "22012" {
			t.Errorf("behind %d rows: %q", got, end)
		}
	})
}

// TestIteratorConflict keeps the guard of an upsert: no row is another tenant's key.
func TestIteratorConflict(t *testing.T) {
	everywhere(t, func(t *testing.T, l *lab) {
		for key, want := range map[string]string{"b": runtime.ErrTenantConflict.Error(), "c": "c 4"} {
			var got []string
			for row, err := range l.ForTenant(ann).SetCodesOfQtyIter(t.Context(), gen.SetCodesOfQtyParams{Code: key, N: 4}) {
				if err != nil {
					got = append(got, err.Error())
					continue
				}
				got = append(got, fmt.Sprint(row.Code, " ", row.N))
			}
			if diff := cmp.Diff([]string{want}, got); diff != "" {
				t.Error(diff)
			}
		}
		l.wants(t, allCodes, `{"t":"b","code":"b","n":1}`, `{"t":"a","code":"c","n":4}`)
	})
}

// TestIteratorInTx loops in a transaction, and goes on in it afterwards.
func TestIteratorInTx(t *testing.T) {
	everywhere(t, func(t *testing.T, l *lab) {
		oops := errors.New("oops")
		err := l.ForTenant(ann).InTx(t.Context(), func(q *gen.TenantQueries) error {
			if _, err := q.CopyNumbers(t.Context(), []string{"two"}); err != nil {
				return err
			}
			for range q.ListItemsIter(t.Context()) {
				break
			}
			if got, end := numbers(q.ListItemsIter(t.Context())); len(got) != 2 || end != "" {
				t.Error(got, end)
			}
			return oops
		})
		if !errors.Is(err, oops) {
			t.Error(err)
		}
		l.wants(t, allItems, seedItems...)
	})
}

// TestLoopThatHolds shows what TestIterator would see: rows that are not closed keep
// the pool's one connection.
func TestLoopThatHolds(t *testing.T) {
	t.Parallel()
	l := newLab(t, setting{false, pgx.QueryExecModeCacheStatement})
	rows, err := l.pool.Query(t.Context(), "SELECT generate_series(1, 100000)")
	if err != nil || !rows.Next() {
		t.Fatal(err)
	}
	if n := l.pool.Stat().AcquiredConns(); n != 1 {
		t.Errorf("%d connections are out", n)
	}
	rows.Close()
}
