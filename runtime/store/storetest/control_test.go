package storetest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/store/internal/listing"
	"github.com/tenancygen/tenancygen/runtime/store/memstore"
	"github.com/tenancygen/tenancygen/runtime/store/storetest"
)

// hands are those of a sound store in memory.
func hands(opts ...storetest.Option) []storetest.Option {
	return append(opts,
		storetest.Corrupt(spoilt),
		// The clock of the control's store stands still: see stillStore.
		storetest.SameTime(func(context.Context, runtime.Store) error { return nil }))
}

func newSpoilable(now func() time.Time) *spoilable {
	return &spoilable{Store: memstore.New(memstore.Options{Now: now}), spoil: map[string]storetest.Damage{}}
}

// stillStore is on a clock that stands still.
func stillStore() *spoilable {
	now := time.Now()
	return newSpoilable(func() time.Time { return now })
}

// TestSound holds that what the controls break was whole before.
func TestSound(t *testing.T) {
	t.Parallel()
	open := func(*testing.T) runtime.Store { return broken{Store: stillStore()} }
	for _, f := range storetest.Failures(t, open, hands()...) {
		t.Errorf("%s: %v", f.Check, f.Err)
	}
}

// control is a mistake that a check has to see.
type control struct {
	check, mistake string
	spoil          func(s runtime.Store) broken
}

// TestControls holds that each check sees a store that is broken, and that no check
// lacks one.
func TestControls(t *testing.T) {
	t.Parallel()
	controlled := map[string]bool{}
	for _, c := range slices.Concat(controls, raceControls) {
		controlled[c.check] = true
		t.Run(c.check+"/"+c.mistake, func(t *testing.T) {
			t.Parallel()
			open := func(*testing.T) runtime.Store {
				s := newSpoilable(nil)
				if c.check == "list of one time" {
					s = stillStore()
				}
				b := c.spoil(s)
				b.Store = s
				return b
			}
			failures := storetest.Failures(t, open, hands(storetest.Only(c.check))...)
			if len(failures) != 1 || failures[0].Check != c.check {
				t.Errorf("it was not seen: %v", failures)
				return
			}
			t.Log(failures[0].Err)
		})
	}
	for _, check := range storetest.Checks() {
		if !controlled[check] {
			t.Errorf("no control of check %q", check)
		}
	}
}

// controls are mistakes of stores that are used by one caller.
var controls = []control{
	{"init again", "error where the tables are there", func(s runtime.Store) broken {
		var mu sync.Mutex
		var again bool
		return broken{init: func(ctx context.Context) error {
			mu.Lock()
			defer mu.Unlock()
			if again {
				return errors.New("the table exists")
			}
			again = true
			return s.Init(ctx)
		}}
	}},
	{"init again", "begins anew", func(s runtime.Store) broken {
		return broken{init: func(ctx context.Context) error {
			page, err := s.List(ctx, runtime.ListOptions{})
			for _, t := range page.Tenants {
				_ = s.Delete(ctx, t.ID)
			}
			return err
		}}
	}},
	{"what is stored comes back", "a column is forgotten", func(s runtime.Store) broken {
		return broken{create: func(ctx context.Context, t runtime.Tenant, quota int) (runtime.Tenant, error) {
			stored := t
			stored.SchemaName = ""
			out, err := s.Create(ctx, stored, quota)
			out.SchemaName = t.SchemaName
			return out, err
		}}
	}},
	{"what is stored comes back", "local times", func(s runtime.Store) broken {
		return broken{create: func(ctx context.Context, t runtime.Tenant, quota int) (runtime.Tenant, error) {
			out, err := s.Create(ctx, t, quota)
			out.CreatedAt = out.CreatedAt.In(time.FixedZone("here", 3600))
			return out, err
		}}
	}},
	{"not found", "a tenant of zeros", func(s runtime.Store) broken {
		return broken{get: func(ctx context.Context, id string) (runtime.Tenant, error) {
			t, err := s.Get(ctx, id)
			return t, unless(err, runtime.ErrTenantNotFound)
		}}
	}},
	{"not found", "a database's error for NUL", func(s runtime.Store) broken {
		return broken{get: func(ctx context.Context, id string) (runtime.Tenant, error) {
			if strings.Contains(id, "\x00") {
				return runtime.Tenant{}, errors.New("invalid byte sequence")
			}
			return s.Get(ctx, id)
		}}
	}},
	{"invalid tenants", "is not looked at", func(s runtime.Store) broken {
		return broken{create: func(ctx context.Context, t runtime.Tenant, quota int) (runtime.Tenant, error) {
			out, err := s.Create(ctx, t, quota)
			return out, unless(err, runtime.ErrInvalidTenant)
		}}
	}},
	{"invalid tenants", "an update is not looked at", func(s runtime.Store) broken {
		return broken{update: func(ctx context.Context, t runtime.Tenant) (runtime.Tenant, error) {
			out, err := s.Update(ctx, t)
			return out, unless(err, runtime.ErrInvalidTenant)
		}}
	}},
	{"conflicts", "an update steals", func(s runtime.Store) broken {
		return broken{update: func(ctx context.Context, t runtime.Tenant) (runtime.Tenant, error) {
			if holder, err := s.GetByIdentifier(ctx, t.Identifier); err == nil && holder.ID != t.ID {
				holder.Identifier = runtime.MustIdentifier("robbed")
				if _, err := s.Update(ctx, holder); err != nil {
					return runtime.Tenant{}, err
				}
			}
			return s.Update(ctx, t)
		}}
	}},
	{"conflicts", "a plain error", func(s runtime.Store) broken {
		return broken{create: func(ctx context.Context, t runtime.Tenant, quota int) (runtime.Tenant, error) {
			out, err := s.Create(ctx, t, quota)
			if errors.Is(err, runtime.ErrTenantExists) {
				err = runtime.ErrTenantExists
			}
			return out, err
		}}
	}},
	{"freed identifiers", "never freed", func(s runtime.Store) broken {
		used := map[runtime.Identifier]bool{}
		return broken{create: func(ctx context.Context, t runtime.Tenant, quota int) (runtime.Tenant, error) {
			if used[t.Identifier] {
				return runtime.Tenant{}, &runtime.ConflictError{Field: "identifier"}
			}
			used[t.Identifier] = true
			return s.Create(ctx, t, quota)
		}}
	}},
	{"ids are never reused", "forgotten with the tenant", func(s runtime.Store) broken {
		return broken{create: func(ctx context.Context, t runtime.Tenant, quota int) (runtime.Tenant, error) {
			out, err := s.Create(ctx, t, quota)
			if there, _ := s.Exists(ctx, t.ID); err != nil && !there {
				return t, nil
			}
			return out, err
		}}
	}},
	{"ids are bytes", "their case does not count", func(s runtime.Store) broken {
		return broken{get: func(ctx context.Context, id string) (runtime.Tenant, error) { return s.Get(ctx, strings.ToLower(id)) }}
	}},
	{"ids are bytes", "spaces at the end do not count", func(s runtime.Store) broken {
		return broken{create: func(ctx context.Context, t runtime.Tenant, quota int) (runtime.Tenant, error) {
			if there, _ := s.Exists(ctx, strings.TrimRight(t.ID, " ")); there {
				return runtime.Tenant{}, &runtime.ConflictError{Field: "id"}
			}
			return s.Create(ctx, t, quota)
		}}
	}},
	{"update", "the status as well", func(s runtime.Store) broken {
		return broken{update: func(ctx context.Context, t runtime.Tenant) (runtime.Tenant, error) {
			if _, err := s.Update(ctx, t); err != nil {
				return runtime.Tenant{}, err
			}
			return s.SetStatus(ctx, t.ID, t.Status)
		}}
	}},
	{"update", "what is empty stays", func(s runtime.Store) broken {
		return broken{update: func(ctx context.Context, t runtime.Tenant) (runtime.Tenant, error) {
			if old, err := s.Get(ctx, t.ID); err == nil && t.DatabaseURL == "" {
				t.DatabaseURL = old.DatabaseURL
			}
			return s.Update(ctx, t)
		}}
	}},
	{"stale updates", "the last writer wins", func(s runtime.Store) broken {
		return broken{update: func(ctx context.Context, t runtime.Tenant) (runtime.Tenant, error) {
			now, err := s.Get(ctx, t.ID)
			if err != nil {
				return runtime.Tenant{}, err
			}
			t.Version = now.Version
			return s.Update(ctx, t)
		}}
	}},
	{"status", "every way is legal", func(s runtime.Store) broken {
		return broken{setStatus: func(ctx context.Context, id string, to runtime.Status, from []runtime.Status) (runtime.Tenant, error) {
			t, err := s.SetStatus(ctx, id, to, from...)
			if errors.Is(err, runtime.ErrTransition) {
				t, err = s.Get(ctx, id)
				t.Status = to
			}
			return t, err
		}}
	}},
	{"status", "the same is a change", func(s runtime.Store) broken {
		return broken{setStatus: func(ctx context.Context, id string, to runtime.Status, from []runtime.Status) (runtime.Tenant, error) {
			if t, err := s.Get(ctx, id); err == nil && t.Status == to {
				return s.MergeMetadata(ctx, id, runtime.Metadata{})
			}
			return s.SetStatus(ctx, id, to, from...)
		}}
	}},
	{"status from", "is not looked at", func(s runtime.Store) broken {
		return broken{setStatus: func(ctx context.Context, id string, to runtime.Status, _ []runtime.Status) (runtime.Tenant, error) {
			return s.SetStatus(ctx, id, to)
		}}
	}},
	{"status of many", "one stops all", func(s runtime.Store) broken {
		return broken{setMany: func(ctx context.Context, ids []string, to runtime.Status) (out []runtime.Tenant, err error) {
			for _, id := range ids {
				t, err := s.SetStatus(ctx, id, to)
				if err != nil {
					return out, err
				}
				out = append(out, t)
			}
			return out, nil
		}}
	}},
	{"status of many", "in the order of the table", func(s runtime.Store) broken {
		return broken{setMany: func(ctx context.Context, ids []string, to runtime.Status) ([]runtime.Tenant, error) {
			return s.SetStatusMany(ctx, slices.Sorted(slices.Values(ids)), to)
		}}
	}},
	{"get many", "in the order of the table", func(s runtime.Store) broken {
		return broken{getMany: func(ctx context.Context, ids []string) ([]runtime.Tenant, error) {
			return s.GetMany(ctx, slices.Sorted(slices.Values(ids)))
		}}
	}},
	{"get many", "each once", func(s runtime.Store) broken {
		return broken{getMany: func(ctx context.Context, ids []string) ([]runtime.Tenant, error) {
			var once []string
			for _, id := range ids {
				if !slices.Contains(once, id) {
					once = append(once, id)
				}
			}
			return s.GetMany(ctx, once)
		}}
	}},
	{"count and exists", "of any status", func(s runtime.Store) broken {
		return broken{count: func(ctx context.Context, _ []runtime.Status) (int, error) { return s.Count(ctx) }}
	}},
	{"merge", "null removes", func(s runtime.Store) broken {
		return broken{merge: func(ctx context.Context, id string, patch runtime.Metadata) (runtime.Tenant, error) {
			patch, err := patch.Map(func(_ string, value json.RawMessage) (json.RawMessage, error) {
				if string(value) == "null" {
					return nil, nil
				}
				return value, nil
			})
			if err != nil {
				return runtime.Tenant{}, err
			}
			return s.MergeMetadata(ctx, id, patch)
		}}
	}},
	{"merge", "the patch is all that stays", func(s runtime.Store) broken {
		return broken{merge: func(ctx context.Context, id string, patch runtime.Metadata) (runtime.Tenant, error) {
			t, err := s.Get(ctx, id)
			if err != nil {
				return t, err
			}
			t.Metadata = patch
			return s.Update(ctx, t)
		}}
	}},
	{"metadata is exact", "numbers are floats", func(s runtime.Store) broken {
		return broken{create: func(ctx context.Context, t runtime.Tenant, quota int) (runtime.Tenant, error) {
			var err error
			t.Metadata, err = t.Metadata.Map(func(_ string, value json.RawMessage) (json.RawMessage, error) {
				var f float64
				if json.Unmarshal(value, &f) != nil {
					return value, nil
				}
				return json.Marshal(f)
			})
			if err != nil {
				return t, err
			}
			return s.Create(ctx, t, quota)
		}}
	}},
	{"list", "the oldest first", func(s runtime.Store) broken {
		return broken{list: func(ctx context.Context, o runtime.ListOptions) (runtime.Page, error) {
			page, err := s.List(ctx, o)
			slices.Reverse(page.Tenants)
			return page, err
		}}
	}},
	{"list", "a cursor on the last page", func(s runtime.Store) broken {
		return broken{list: func(ctx context.Context, o runtime.ListOptions) (runtime.Page, error) {
			page, err := s.List(ctx, o)
			if n := len(page.Tenants); n > 0 {
				page.Next = listing.PlaceOf(page.Tenants[n-1]).Cursor()
			}
			return page, err
		}}
	}},
	{"list while tenants come and go", "pages are counted", offsets},
	{"list of one time", "the cursor is a time", func(s runtime.Store) broken {
		return broken{list: func(ctx context.Context, o runtime.ListOptions) (runtime.Page, error) {
			page, err := s.List(ctx, o)
			if page.Next != "" {
				page.Next = listing.Place{CreatedAt: page.Tenants[len(page.Tenants)-1].CreatedAt, ID: " "}.Cursor()
			}
			return page, err
		}}
	}},
	{"cursors", "any other text begins anew", func(s runtime.Store) broken {
		return broken{list: func(ctx context.Context, o runtime.ListOptions) (runtime.Page, error) {
			page, err := s.List(ctx, o)
			if errors.Is(err, runtime.ErrCursor) {
				o.After = ""
				return s.List(ctx, o)
			}
			return page, err
		}}
	}},
	{"search", "without ranks", func(s runtime.Store) broken {
		return broken{search: func(ctx context.Context, text string, limit int) ([]runtime.Tenant, error) {
			out, err := s.Search(ctx, text, limit)
			slices.SortFunc(out, func(a, b runtime.Tenant) int { return strings.Compare(a.Identifier.String(), b.Identifier.String()) })
			return out, err
		}}
	}},
	{"search", "of the first tenants alone", func(s runtime.Store) broken {
		return broken{search: func(ctx context.Context, text string, limit int) ([]runtime.Tenant, error) {
			return s.Search(ctx, text, min(limit, 5))
		}}
	}},
	{"search takes text as it is", "% is a wildcard", func(s runtime.Store) broken {
		return broken{search: func(ctx context.Context, text string, limit int) ([]runtime.Tenant, error) {
			return s.Search(ctx, strings.Trim(text, "%"), limit)
		}}
	}},
	{"search takes text as it is", "_ is a wildcard", func(s runtime.Store) broken {
		return broken{search: func(ctx context.Context, text string, limit int) ([]runtime.Tenant, error) {
			out, err := s.Search(ctx, text, limit)
			more, _ := s.Search(ctx, strings.ReplaceAll(text, "_", "x"), limit)
			return append(out, more...), err
		}}
	}},
	{"search takes text as it is", "case of all letters", func(s runtime.Store) broken {
		return broken{search: func(ctx context.Context, text string, limit int) ([]runtime.Tenant, error) {
			out, err := s.Search(ctx, text, limit)
			if lower := strings.ToLower(text); lower != listing.Fold(text) {
				more, _ := s.Search(ctx, lower, limit)
				out = append(out, more...)
			}
			return out, err
		}}
	}},
	{"quota", "the deleted count", func(s runtime.Store) broken {
		return broken{create: func(ctx context.Context, t runtime.Tenant, quota int) (runtime.Tenant, error) {
			if n, _ := s.Count(ctx); quota > 0 && n >= quota {
				return runtime.Tenant{}, errors.Join(&runtime.QuotaError{Limit: quota}, &runtime.ConflictError{Field: "id"})
			}
			return s.Create(ctx, t, 0)
		}}
	}},
	{"changes are counted", "not merges", func(s runtime.Store) broken {
		return broken{merge: func(ctx context.Context, id string, patch runtime.Metadata) (runtime.Tenant, error) {
			t, err := s.MergeMetadata(ctx, id, patch)
			t.Version--
			return t, err
		}}
	}},
	{"secrets", "an error names the URL", func(s runtime.Store) broken {
		return broken{update: func(ctx context.Context, t runtime.Tenant) (runtime.Tenant, error) {
			out, err := s.Update(ctx, t)
			if err != nil {
				err = fmt.Errorf("update of %s: %w", t.DatabaseURL, err)
			}
			return out, err
		}}
	}},
	{"secrets", "an error has the URL in a field", func(s runtime.Store) broken {
		return broken{create: func(ctx context.Context, t runtime.Tenant, quota int) (runtime.Tenant, error) {
			out, err := s.Create(ctx, t, quota)
			if err != nil {
				err = &detailed{err: err, Detail: t.DatabaseURL}
			}
			return out, err
		}}
	}},
	{"corrupt tenants", "one hides all", func(s runtime.Store) broken {
		return broken{list: func(ctx context.Context, o runtime.ListOptions) (runtime.Page, error) {
			page, err := s.List(ctx, o)
			if err != nil {
				return runtime.Page{}, err
			}
			return page, nil
		}}
	}},
	{"corrupt tenants", "taken for a sound one", func(s runtime.Store) broken {
		return broken{get: func(ctx context.Context, id string) (runtime.Tenant, error) {
			t, err := s.Get(ctx, id)
			if errors.Is(err, runtime.ErrCorruptTenant) {
				return runtime.Tenant{ID: id, Status: runtime.StatusActive}, nil
			}
			return t, err
		}}
	}},
	{"corrupt tenants", "left out without a word", func(s runtime.Store) broken {
		return broken{list: func(ctx context.Context, o runtime.ListOptions) (runtime.Page, error) {
			page, err := s.List(ctx, o)
			return page, unless(err, runtime.ErrCorruptTenant)
		}}
	}},
	{"cancelled", "goes on", func(s runtime.Store) broken {
		return broken{merge: func(ctx context.Context, id string, patch runtime.Metadata) (runtime.Tenant, error) {
			return s.MergeMetadata(context.WithoutCancel(ctx), id, patch)
		}}
	}},
	{"closed", "goes on", func(runtime.Store) broken { return broken{closing: func() error { return nil }} }},
	{"closed", "once", func(s runtime.Store) broken {
		var closed bool
		return broken{closing: func() error {
			if closed {
				return errors.New("closed already")
			}
			closed = true
			return s.Close()
		}}
	}},
}

// detailed is an error whose message leaves something out that is in it.
type detailed struct {
	err    error
	Detail string
}

func (d *detailed) Error() string { return d.err.Error() }
func (d *detailed) Unwrap() error { return d.err }

// unless returns nil in place of one error.
func unless(err, not error) error {
	if errors.Is(err, not) {
		return nil
	}
	return err
}

// offsets counts tenants in place of remembering one: weakness W21 of the original.
func offsets(s runtime.Store) broken {
	return broken{list: func(ctx context.Context, o runtime.ListOptions) (runtime.Page, error) {
		offset, _ := strconv.Atoi(string(o.After))
		all, err := s.List(ctx, runtime.ListOptions{Statuses: o.Statuses, Limit: runtime.MaxPage})
		rest := all.Tenants[min(offset, len(all.Tenants)):]
		page := runtime.Page{Tenants: rest[:min(o.Limit, len(rest))]}
		if len(rest) > o.Limit {
			page.Next = runtime.Cursor(strconv.Itoa(offset + o.Limit))
		}
		return page, err
	}}
}

// raceControls are stores that look first and act then.
var raceControls = []control{
	{"quota at the same time", "counts first", func(s runtime.Store) broken {
		together := newMeeting(20)
		return broken{create: func(ctx context.Context, t runtime.Tenant, quota int) (runtime.Tenant, error) {
			n, err := s.Count(ctx)
			together.wait(ctx)
			if err != nil || n >= quota {
				return runtime.Tenant{}, &runtime.QuotaError{Limit: quota}
			}
			return s.Create(ctx, t, 0)
		}}
	}},
	{"creates at the same time", "asks first", func(s runtime.Store) broken {
		together := newMeeting(2)
		return broken{create: func(ctx context.Context, t runtime.Tenant, quota int) (runtime.Tenant, error) {
			if _, err := s.GetByIdentifier(ctx, t.Identifier); err == nil {
				return runtime.Tenant{}, &runtime.ConflictError{Field: "identifier"}
			}
			together.wait(ctx)
			out, err := s.Create(ctx, t, quota)
			return out, unless(err, runtime.ErrTenantExists)
		}}
	}},
	{"renames at the same time", "asks first", func(s runtime.Store) broken {
		together := newMeeting(16)
		ask := func(ctx context.Context, t runtime.Tenant, act func() (runtime.Tenant, error)) (runtime.Tenant, error) {
			if t.Identifier.String() != "wanted" {
				return act()
			}
			_, taken := s.GetByIdentifier(ctx, t.Identifier)
			together.wait(ctx)
			out, err := act()
			if taken != nil {
				err = unless(err, runtime.ErrTenantExists)
			}
			return out, err
		}
		return broken{
			create: func(ctx context.Context, t runtime.Tenant, quota int) (runtime.Tenant, error) {
				return ask(ctx, t, func() (runtime.Tenant, error) { return s.Create(ctx, t, quota) })
			},
			update: func(ctx context.Context, t runtime.Tenant) (runtime.Tenant, error) {
				return ask(ctx, t, func() (runtime.Tenant, error) { return s.Update(ctx, t) })
			},
		}
	}},
	{"updates at the same time", "compares first", func(s runtime.Store) broken {
		together := newMeeting(2)
		return broken{update: func(ctx context.Context, t runtime.Tenant) (runtime.Tenant, error) {
			now, err := s.Get(ctx, t.ID)
			if err != nil || now.Version != t.Version {
				return runtime.Tenant{}, errors.Join(err, runtime.ErrStaleTenant)
			}
			together.wait(ctx)
			out, err := s.Update(ctx, t)
			return out, unless(err, runtime.ErrStaleTenant)
		}}
	}},
	{"merges at the same time", "reads first", func(s runtime.Store) broken {
		together := newMeeting(2)
		return broken{merge: func(ctx context.Context, id string, patch runtime.Metadata) (runtime.Tenant, error) {
			t, err := s.Get(ctx, id)
			if err != nil {
				return t, err
			}
			together.wait(ctx)
			merged := t.Metadata.Merge(patch)
			for {
				t.Metadata = merged
				out, err := s.Update(ctx, t)
				if !errors.Is(err, runtime.ErrStaleTenant) {
					return out, err
				}
				if t, err = s.Get(ctx, id); err != nil {
					return t, err
				}
			}
		}}
	}},
	{"status at the same time", "reads first", func(s runtime.Store) broken {
		together := newMeeting(24)
		return broken{setStatus: func(ctx context.Context, id string, to runtime.Status, _ []runtime.Status) (runtime.Tenant, error) {
			t, err := s.Get(ctx, id)
			if err != nil {
				return t, err
			}
			together.wait(ctx)
			if err := t.Status.Change(to); err != nil {
				return runtime.Tenant{}, err
			}
			if t.Status != to {
				_, _ = s.SetStatus(ctx, id, to)
				t.Status = to
				t.Version++
			}
			return t, nil
		}}
	}},
}
