package bulk_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/tenancygen/tenancygen/internal/bulk/gen"
	"github.com/tenancygen/tenancygen/runtime"
)

func qty(n int32) pgtype.Int4 { return pgtype.Int4{Int32: n, Valid: true} }

// readAll reads a batch and returns the code of each statement's error.
func readAll(exec func(func(int, error))) []string {
	var codes []string
	exec(func(_ int, err error) { codes = append(codes, code(err)) })
	return codes
}

// TestBatchExec changes rows by a number that both tenants have.
func TestBatchExec(t *testing.T) {
	everywhere(t, func(t *testing.T, l *lab) {
		b := l.ForTenant(ann).ChangeItems(t.Context(), []gen.ChangeItemsParams{{Number: "one", Qty: qty(11)}, {Number: "other", Qty: qty(12)}})
		if diff := cmp.Diff([]string{"", ""}, readAll(b.Exec)); diff != "" {
			t.Error(diff)
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
		l.wants(t, allItems, `{"t":"a","number":"one","qty":11}`, seedItems[1])
	})
}

// TestBatchOne asks for own and foreign rows: a foreign one is like none.
func TestBatchOne(t *testing.T) {
	everywhere(t, func(t *testing.T, l *lab) {
		var got []string
		l.ForTenant(ann).TakeItems(t.Context(), []int64{1, 2, 99}).QueryRow(func(i int, item gen.Item, err error) {
			got = append(got, item.Number+"/"+code(err))
		})
		none := pgx.ErrNoRows.Error()
		if diff := cmp.Diff([]string{"one/", "/" + none, "/" + none}, got); diff != "" {
			t.Error(diff)
		}
		l.wants(t, allItems, `{"t":"a","number":"one","qty":9}`, seedItems[1])
	})
}

// TestBatchMany lists rows of own, with several statements.
func TestBatchMany(t *testing.T) {
	everywhere(t, func(t *testing.T, l *lab) {
		var got [][]gen.ListItemsByMoodRow
		b := l.ForTenant(bob).ListItemsByMood(t.Context(), []gen.Mood{gen.MoodHappy, gen.MoodSoSo, gen.MoodHappy})
		b.Query(func(_ int, rows []gen.ListItemsByMoodRow, err error) {
			if err != nil {
				t.Error(err)
			}
			got = append(got, rows)
		})
		own := []gen.ListItemsByMoodRow{{ID: 2, Number: "one", Qty: qty(20)}}
		if diff := cmp.Diff([][]gen.ListItemsByMoodRow{own, nil, own}, got); diff != "" {
			t.Error(diff)
		}
	})
}

// TestBatchConflict meets a key of another tenant: its statement says so, and the
// others are as they would be.
func TestBatchConflict(t *testing.T) {
	everywhere(t, func(t *testing.T, l *lab) {
		codes := readAll(l.ForTenant(ann).SetCodes(t.Context(), []gen.SetCodesParams{{Code: "a", N: 5}, {Code: "b", N: 6}, {Code: "a", N: 7}}).Exec)
		if diff := cmp.Diff([]string{"", runtime.ErrTenantConflict.Error(), ""}, codes); diff != "" {
			t.Error(diff)
		}
		l.ForTenant(ann).SetCodesReturning(t.Context(), []gen.SetCodesReturningParams{{Code: "b", N: 8}, {Code: "c", N: 9}}).QueryRow(func(i int, n int32, err error) {
			if i == 0 && !errors.Is(err, runtime.ErrTenantConflict) || i == 1 && (err != nil || n != 9) {
				t.Errorf("%d: %d, %v", i, n, err)
			}
		})
		l.wants(t, allCodes, `{"t":"a","code":"a","n":7}`, `{"t":"b","code":"b","n":1}`, `{"t":"a","code":"c","n":9}`)
	})
}

// TestBatchFails: one statement that fails takes the others with it, as they are
// one transaction.
func TestBatchFails(t *testing.T) {
	everywhere(t, func(t *testing.T, l *lab) {
		b := l.ForTenant(ann).AddLines(t.Context(), []gen.AddLinesParams{{ItemID: 1, LineNo: 2}, {ItemID: 2, LineNo: 2}, {ItemID: 1, LineNo: 3}})
		codes := readAll(b.Exec)
		if len(codes) != 3 || codes[1] == "" || b.Close() == nil {
			t.Errorf("errors %q", codes)
		}
		l.wants(t, allLines, seedLines...)
	})
}

// TestBatchClosed closes batches in every way; the pool has one connection, which
// has to come back.
func TestBatchClosed(t *testing.T) {
	everywhere(t, func(t *testing.T, l *lab) {
		q := l.ForTenant(ann)
		b := q.ChangeItems(t.Context(), []gen.ChangeItemsParams{{Number: "one", Qty: qty(11)}, {Number: "one", Qty: qty(12)}})
		if err := b.Close(); err != nil {
			t.Error(err)
		}
		closed := gen.ErrBatchAlreadyClosed.Error()
		if diff := cmp.Diff([]string{closed, closed}, readAll(b.Exec)); diff != "" {
			t.Error(diff)
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
		q.ChangeItems(t.Context(), []gen.ChangeItemsParams{{Number: "one", Qty: qty(13)}}).Exec(nil)
		q.ChangeItems(t.Context(), nil).Exec(func(int, error) { t.Error("there was nothing to do") })
		func() {
			defer func() { _ = recover() }()
			q.TakeItems(t.Context(), []int64{1, 1}).QueryRow(func(int, gen.Item, error) { panic("of the caller") })
		}()
		l.wants(t, allItems, `{"t":"a","number":"one","qty":11}`, seedItems[1])
		if items, err := q.ListItems(t.Context()); err != nil || len(items) != 1 {
			t.Errorf("%d items, %v", len(items), err)
		}
		if _, err := l.pool.Exec(t.Context(), "SELECT 1"); err != nil {
			t.Error(err)
		}
	})
}

// TestBatchOfNoTenant sends nothing for who may not act.
func TestBatchOfNoTenant(t *testing.T) {
	everywhere(t, func(t *testing.T, l *lab) {
		off := runtime.Tenant{ID: ann.ID, Status: runtime.StatusSuspended}
		codes := readAll(l.ForTenant(off).ChangeItems(t.Context(), []gen.ChangeItemsParams{{Number: "one", Qty: qty(11)}}).Exec)
		if diff := cmp.Diff([]string{runtime.ErrTenantInactive.Error()}, codes); diff != "" {
			t.Error(diff)
		}
		l.wants(t, allItems, seedItems...)
	})
}

// TestBatchInTx keeps to its transaction.
func TestBatchInTx(t *testing.T) {
	everywhere(t, func(t *testing.T, l *lab) {
		oops := errors.New("oops")
		err := l.ForTenant(ann).InTx(t.Context(), func(q *gen.TenantQueries) error {
			q.ChangeItems(t.Context(), []gen.ChangeItemsParams{{Number: "one", Qty: qty(11)}}).Exec(nil)
			if items, err := q.ListItems(t.Context()); err != nil || len(items) != 1 || items[0].Qty != qty(11) {
				t.Errorf("%v, %v", items, err)
			}
			return oops
		})
		if !errors.Is(err, oops) {
			t.Error(err)
		}
		l.wants(t, allItems, seedItems...)
	})
}

// TestPoliciesHoldBatches is the second line, as TestPoliciesHoldCopies is: with
// bob's id in ann's statements the policies hold; without them bob's rows change,
// so the tests above can fail.
func TestPoliciesHoldBatches(t *testing.T) {
	t.Parallel()
	for _, rls := range []bool{true, false} {
		l := newLab(t, setting{rls, pgx.QueryExecModeCacheStatement})
		gen.New(crossing{l.provider(t)}).ForTenant(ann).ChangeItems(t.Context(), []gen.ChangeItemsParams{{Number: "one", Qty: qty(11)}}).Exec(nil)
		if rls {
			l.wants(t, allItems, seedItems...)
		} else {
			l.wants(t, allItems, seedItems[0], `{"t":"b","number":"one","qty":11}`)
		}
	}
}

// TestBatchNeedsTheSetting is why the provider's setting comes first in a batch: on
// the bare pool policies show nothing.
func TestBatchNeedsTheSetting(t *testing.T) {
	t.Parallel()
	l := newLab(t, setting{true, pgx.QueryExecModeCacheStatement})
	for want, set := range map[string]bool{"": true, pgx.ErrNoRows.Error(): false} {
		b := &pgx.Batch{}
		if set {
			b.Queue("SELECT set_config('app.current_tenant', $1, true)", ann.ID)
		}
		b.Queue("SELECT id FROM items")
		results := l.pool.SendBatch(t.Context(), b)
		if set {
			_, _ = results.Exec()
		}
		var id int64
		wantCode(t, "read", results.QueryRow().Scan(&id), want)
		_ = results.Close()
	}
}
