package bulk_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tenancygen/tenancygen/internal/bulk/gen"
	"github.com/tenancygen/tenancygen/runtime"
)

// TestOtherSpellings: what the database takes for ann's id is no id, whatever is called
// with it.
func TestOtherSpellings(t *testing.T) {
	everywhere(t, func(t *testing.T, l *lab) {
		for _, id := range []string{strings.ToUpper(ann.ID), "{" + ann.ID + "}", strings.ReplaceAll(ann.ID, "-", "")} {
			other := runtime.Tenant{ID: id}
			// The control: on the handle alone it is ann.
			var seen int
			err := l.provider(t).For(other).QueryRow(t.Context(), "SELECT count(*) FROM items WHERE tenant_id = $1::text::uuid", id).Scan(&seen)
			if err != nil || seen != 1 {
				t.Errorf("%s: %d rows, %v: there is nothing to guard", id, seen, err)
			}
			for what, err := range calls(t, l.ForTenant(other)) {
				if !errors.Is(err, runtime.ErrTenantID) {
					t.Errorf("%s of %s: %v; want ErrTenantID", what, id, err)
				}
			}
		}
		l.wants(t, allItems, seedItems...)
	})
}

// calls calls a method of each kind, and returns their errors.
func calls(t *testing.T, q *gen.TenantQueries) map[string]error {
	t.Helper()
	ctx, errs := t.Context(), map[string]error{}
	_, errs[":many"] = q.ListItems(ctx)
	_, errs[":copyfrom"] = q.CopyNumbers(ctx, []string{"two"})
	_, errs[":copyfrom that looks up"] = q.CopyLines(ctx, []gen.CopyLinesParams{{ItemID: 1, LineNo: 2}})
	q.ChangeItems(ctx, []gen.ChangeItemsParams{{Number: "one", Qty: qty(11)}}).Exec(func(_ int, err error) { errs[":batchexec"] = err })
	q.TakeItems(ctx, []int64{1}).QueryRow(func(_ int, _ gen.Item, err error) { errs[":batchone"] = err })
	q.ListItemsByMood(ctx, []gen.Mood{gen.MoodHappy}).Query(func(_ int, _ []gen.ListItemsByMoodRow, err error) { errs[":batchmany"] = err })
	for _, err := range q.ListItemsIter(ctx) {
		errs["iterator"] = err
	}
	errs["InTx"] = q.InTx(ctx, func(*gen.TenantQueries) error { return nil })
	return errs
}
