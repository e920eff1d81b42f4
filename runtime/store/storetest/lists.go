package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/runtime"
)

// checkGetMany reads many tenants in an order of the caller's.
func checkGetMany(ctx context.Context, e *env) error {
	made, err := e.createNamed(ctx, "acme", "bravo", "charlie")
	if err != nil {
		return err
	}
	if made[1], err = e.store.SetStatus(ctx, made[1].ID, runtime.StatusDeleted); err != nil {
		return err
	}
	asked := []string{made[2].ID, "nobody", made[1].ID, "", "a\x00", "\xff", made[2].ID, made[0].ID}
	got, err := e.store.GetMany(ctx, asked)
	if err != nil {
		return err
	}
	if err := sameTenants("GetMany", []runtime.Tenant{made[2], made[1], made[2], made[0]}, got); err != nil {
		return err
	}
	got, err = e.store.GetMany(ctx, nil)
	if err != nil || len(got) != 0 {
		return fmt.Errorf("GetMany of none: %v, %w", got, err)
	}
	return nil
}

// checkCount counts tenants by status.
func checkCount(ctx context.Context, e *env) error {
	for i, status := range runtime.Statuses() {
		for j := range i + 1 {
			t := tenant(letters(10*i + j))
			t.Status = status
			if _, err := e.create(ctx, t); err != nil {
				return err
			}
			if found, err := e.store.Exists(ctx, t.ID); !found || err != nil {
				return fmt.Errorf("in Exists of a tenant that is %s: %v, %w", status, found, err)
			}
		}
	}
	for _, c := range []struct {
		statuses []runtime.Status
		want     int
	}{
		{nil, 15}, {[]runtime.Status{runtime.StatusProvisioning}, 1}, {[]runtime.Status{runtime.StatusDeleted}, 5},
		{[]runtime.Status{runtime.StatusActive, runtime.StatusSuspended}, 5}, {[]runtime.Status{"nice"}, 0}, {runtime.Statuses(), 15},
		{[]runtime.Status{runtime.StatusActive, runtime.StatusActive}, 2},
	} {
		n, err := e.store.Count(ctx, c.statuses...)
		if err != nil {
			return err
		}
		if err := same(fmt.Sprintf("Count of %v", c.statuses), c.want, n); err != nil {
			return err
		}
	}
	return nil
}

// pages reads a list page by page and calls between after each page.
func (e *env) pages(ctx context.Context, o runtime.ListOptions, between func() error) ([]runtime.Tenant, error) {
	var all []runtime.Tenant
	for range 1000 {
		page, err := e.store.List(ctx, o)
		if err != nil {
			return nil, fmt.Errorf("in List: %w", err)
		}
		if len(page.Tenants) > o.Limit {
			return nil, fmt.Errorf("a page of %d tenants where %d were asked for", len(page.Tenants), o.Limit)
		}
		all = append(all, page.Tenants...)
		if page.Next == "" {
			return all, nil
		}
		o.After = page.Next
		if err := between(); err != nil {
			return nil, err
		}
	}
	return nil, errors.New("the list has no end")
}

func nothing() error { return nil }

// newest returns tenants in the order of lists.
func newest(tenants []runtime.Tenant) []runtime.Tenant {
	return slices.SortedFunc(slices.Values(tenants), func(a, b runtime.Tenant) int {
		if c := b.CreatedAt.Compare(a.CreatedAt); c != 0 {
			return c
		}
		return strings.Compare(b.ID, a.ID)
	})
}

// checkList lists tenants in pages of every size, of all statuses and of some.
func checkList(ctx context.Context, e *env) error {
	if got, err := e.pages(ctx, runtime.ListOptions{Limit: 10}, nothing); err != nil || len(got) > 0 {
		return fmt.Errorf("an empty list: %v, %w", got, err)
	}
	var all []runtime.Tenant
	for i := range 12 {
		t := tenant(letters(i * 7 % 12)) // ids in another order than times
		t.Status = runtime.Statuses()[i%5]
		made, err := e.create(ctx, t)
		if err != nil {
			return err
		}
		all = append(all, made[0])
	}
	for _, statuses := range [][]runtime.Status{
		nil, {runtime.StatusActive}, {runtime.StatusDeleted}, {runtime.StatusActive, runtime.StatusSuspended, runtime.StatusActive}, {"nice"},
	} {
		want := slices.DeleteFunc(newest(all), func(t runtime.Tenant) bool {
			return statuses != nil && !slices.Contains(statuses, t.Status)
		})
		for _, limit := range []int{1, 2, 3, 5, 11, 12, 13} {
			got, err := e.pages(ctx, runtime.ListOptions{Statuses: statuses, Limit: limit}, nothing)
			if err != nil {
				return err
			}
			if err := sameTenants(fmt.Sprintf("pages of %d of status %v", limit, statuses), want, got); err != nil {
				return err
			}
		}
	}
	return e.limits(ctx, len(all))
}

// limits lists more tenants than a page has when nobody says how many.
func (e *env) limits(ctx context.Context, have int) error {
	for i := have; i < 105; i++ {
		if _, err := e.createNamed(ctx, letters(100+i)); err != nil {
			return err
		}
	}
	for limit, want := range map[int]int{0: 100, -5: 100, 104: 104, runtime.MaxPage + 1: 105} {
		page, err := e.store.List(ctx, runtime.ListOptions{Limit: limit})
		if err != nil {
			return err
		}
		if err := same(fmt.Sprintf("tenants on a page of limit %d", limit), want, len(page.Tenants)); err != nil {
			return err
		}
		if (page.Next == "") != (want == 105) {
			return fmt.Errorf("a page of limit %d has the cursor %q", limit, page.Next)
		}
	}
	return nil
}

// checkListMoving changes tenants between the pages of a list. What was there all the
// time has to come, and once.
func checkListMoving(ctx context.Context, e *env) error {
	var stay, leave []runtime.Tenant
	for i := range 20 {
		made, err := e.createNamed(ctx, letters(i))
		if err != nil {
			return err
		}
		if i%2 == 0 {
			stay = append(stay, made[0])
		} else {
			leave = append(leave, made[0])
		}
	}
	round := 0
	got, err := e.pages(ctx, runtime.ListOptions{Limit: 3}, func() error {
		round++
		// The first to leave is the one on which the first page may have ended.
		var leaveErr error
		if last := len(leave) - 1; round%3 == 1 && last >= 0 {
			leaveErr = e.store.Delete(ctx, leave[last].ID)
			leave = leave[:last]
		}
		// More come than leave, or every place would be kept.
		_, comeErr := e.createNamed(ctx, letters(100+2*round), letters(101+2*round))
		// A change moves nobody.
		_, changeErr := e.store.MergeMetadata(ctx, stay[0].ID, metadata(fmt.Sprintf(`{"round":%d}`, round)))
		return errors.Join(leaveErr, comeErr, changeErr)
	})
	if err != nil {
		return err
	}
	times := map[string]int{}
	for _, id := range ids(got) {
		times[id]++
	}
	for _, t := range stay {
		if times[t.ID] != 1 {
			return fmt.Errorf("a tenant that was there all the time came %d times", times[t.ID])
		}
	}
	return nil
}

// checkListSameTime lists tenants that were created at one time.
func checkListSameTime(ctx context.Context, e *env) error {
	for i := range 15 {
		if _, err := e.createNamed(ctx, letters(i*7%15)); err != nil {
			return err
		}
	}
	if err := e.sameTime(ctx, e.store); err != nil {
		return err
	}
	got, err := e.pages(ctx, runtime.ListOptions{Limit: 2}, nothing)
	if err != nil {
		return err
	}
	for _, t := range got {
		if !t.CreatedAt.Equal(got[0].CreatedAt) {
			return errors.New("the times are not the same: the test would prove nothing")
		}
	}
	var want []string
	for i := range 15 {
		want = append(want, "id-"+letters(i))
	}
	slices.Sort(want)
	slices.Reverse(want)
	return same("tenants of one time", want, ids(got))
}

// checkCursors lists behind what is no cursor.
func checkCursors(ctx context.Context, e *env) error {
	if _, err := e.createNamed(ctx, "acme", "bravo"); err != nil {
		return err
	}
	page, err := e.store.List(ctx, runtime.ListOptions{Limit: 1})
	if err != nil || page.Next == "" {
		return fmt.Errorf("no cursor after the first of two: %w", err)
	}
	for _, after := range []runtime.Cursor{"x", "AAAA", "\x00", "' OR 1=1 --", page.Next + "!", page.Next[:len(page.Next)/3], runtime.Cursor(strings.Repeat("A", 10_000))} {
		_, err := e.store.List(ctx, runtime.ListOptions{After: after})
		if err := wantError(fmt.Sprintf("List after %q", after), runtime.ErrCursor, err); err != nil {
			return err
		}
	}
	if strings.Contains(string(page.Next), "bravo") {
		return errors.New("a cursor shows what it means")
	}
	return nil
}

// checkSearch looks at ranks, limits, and who is not found.
func checkSearch(ctx context.Context, e *env) error {
	for identifier, name := range map[string]string{
		"acme": "Last in the alphabet", "acme-corp": "x", "acme-air": "x", "the-acme": "x", "bravo": "The ACME Company", "able": "aCmE", "zulu": "other",
		"ac-me": "no",
	} {
		t := tenant(identifier)
		t.Name = name
		if _, err := e.create(ctx, t); err != nil {
			return err
		}
	}
	for _, status := range []runtime.Status{runtime.StatusSuspended, runtime.StatusDeleted, runtime.StatusProvisioning, runtime.StatusDeleting} {
		t := tenant("s-acme-" + string(status))
		t.Status = status
		if _, err := e.create(ctx, t); err != nil {
			return err
		}
	}
	want := []string{"acme", "acme-air", "acme-corp", "able", "bravo", "s-acme-deleting", "s-acme-provisioning", "s-acme-suspended", "the-acme"}
	for _, text := range []string{"acme", "ACME", "AcMe"} {
		for _, limit := range []int{0, 100, 9, 4, 1, runtime.MaxPage + 1, -1} {
			got, err := e.store.Search(ctx, text, limit)
			if err != nil {
				return fmt.Errorf("in Search: %w", err)
			}
			first := want
			if 0 < limit && limit < len(want) {
				first = want[:limit]
			}
			if err := same(fmt.Sprintf("Search of %q, %d", text, limit), first, slugs(got)); err != nil {
				return err
			}
		}
	}
	for i := range 11 {
		if _, err := e.createNamed(ctx, "many-"+letters(i)); err != nil {
			return err
		}
	}
	got, err := e.store.Search(ctx, "many-", 0)
	if err != nil {
		return err
	}
	if err := same("how many are found when nobody says", 10, len(got)); err != nil {
		return err
	}
	whole, err := e.store.Get(ctx, got[0].ID)
	if err != nil {
		return err
	}
	return sameTenant("a tenant that is found", whole, got[0])
}

func slugs(tenants []runtime.Tenant) []string {
	var out []string
	for _, t := range tenants {
		out = append(out, t.Identifier.String())
	}
	return out
}

// checkSearchLiteral searches for characters that mean something to databases
// (regression 30 of the original).
func checkSearchLiteral(ctx context.Context, e *env) error {
	for identifier, name := range map[string]string{
		"percent": "100% sure", "under": "a_b", "back": `a\b`, "quote": "O'Brien", "plain": "100 axb ab", "umlaut": "ÄÖ straße", "small": "äö", "kelvin": "\u212a",
		"brackets": "[a-z]", "star": "a*b?",
	} {
		t := tenant(identifier)
		t.Name = name
		if _, err := e.create(ctx, t); err != nil {
			return err
		}
	}
	for text, want := range map[string][]string{
		"%": {"percent"}, "0%": {"percent"}, "%%": nil, "_": {"under"}, "a_b": {"under"}, "__": nil, `\`: {"back"}, `a\b`: {"back"}, `\\`: nil, `\%`: nil,
		"'": {"quote"}, "[": {"brackets"}, "[a-z]": {"brackets"}, "*": {"star"}, "?": {"star"}, "Ä": {"umlaut"}, "ä": {"small"}, "STRAßE": {"umlaut"},
		"STRASSE": nil, "\u212a": {"kelvin"}, "": nil, "\x00": nil, "\xff": nil, "a\x00b": nil, strings.Repeat("a", 10_000): nil, "' OR 1=1 --": nil,
		"0 A": {"plain"},
	} {
		got, err := e.store.Search(ctx, text, 0)
		if err != nil {
			return fmt.Errorf("in Search of %.20q: %w", text, err)
		}
		if err := same(fmt.Sprintf("Search of %.20q", text), want, slugs(got)); err != nil {
			return err
		}
	}
	return nil
}
