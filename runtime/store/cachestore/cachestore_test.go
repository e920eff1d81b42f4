package cachestore_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	stdruntime "runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/store/cachestore"
	"github.com/tenancygen/tenancygen/runtime/store/memstore"
	"github.com/tenancygen/tenancygen/runtime/store/storetest"
)

func TestHitsAndMisses(t *testing.T) {
	t.Parallel()
	b := newBelow(tenant("a"), tenant("b"))
	s := cache(t, b, cachestore.Options{})
	for range 3 {
		get(t, s, "a")
		find(t, s, "slug-a")
		nobody(t, s, "nobody")
		if _, err := s.Get(t.Context(), "nobody"); !errors.Is(err, runtime.ErrTenantNotFound) {
			t.Fatal(err)
		}
	}
	for call, want := range map[string]int{"get a": 1, "find slug-a": 1, "find nobody": 1, "get nobody": 1} {
		if got := b.called(call); got != want {
			t.Errorf("%s: %d calls, want %d", call, got, want)
		}
	}
	// Also the misses of identifiers count (W18: a hit rate of 100 % whatever happened).
	want := cachestore.Stats{Size: 1, Absent: 2, Capacity: 1000, Hits: 4, Misses: 4, Negative: 4}
	if d := cmp.Diff(want, s.Stats()); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	if rate := s.Stats().HitRate(); rate != 8.0/12 || rate != s.CacheStats().HitRate() || (cachestore.Stats{}).HitRate() != 0 {
		t.Errorf("hit rate %v", rate)
	}
}

func TestGetMany(t *testing.T) {
	t.Parallel()
	b := newBelow(tenant("a"), tenant("b"), tenant("c"))
	s := cache(t, b, cachestore.Options{})
	get(t, s, "b")
	for range 2 {
		got, err := s.GetMany(t.Context(), []string{"c", "x", "b", "c", "", strings.Repeat("x", 300), "a"})
		var ids []string
		for _, tenant := range got {
			ids = append(ids, tenant.ID)
		}
		if d := cmp.Diff([]string{"c", "b", "c", "a"}, ids); d != "" || err != nil {
			t.Errorf("-want +got:\n%s%v", d, err)
		}
	}
	if n := b.called("many"); n != 1 {
		t.Errorf("%d calls, want 1", n)
	}
}

// Regression 22: the bounds hold, and everything that is wrong is told at once.
func TestOptions(t *testing.T) {
	t.Parallel()
	_, err := cachestore.New(newBelow(), cachestore.Options{TTL: time.Millisecond, NegativeTTL: 2 * time.Hour, Size: -1, LoadTimeout: time.Hour})
	for _, field := range []string{"TTL is 1ms", "NegativeTTL", "Size is -1;", "LoadTimeout"} {
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("no word of %s: %v", field, err)
		}
	}
	for _, o := range []cachestore.Options{{TTL: 25 * time.Hour}, {Size: 1_000_001}, {Size: -1}, {NegativeTTL: -1}, {TTL: -1}} {
		if _, err := cachestore.New(newBelow(), o); err == nil {
			t.Errorf("%+v is taken", o)
		}
	}
	for _, o := range []cachestore.Options{{}, {TTL: time.Second}, {TTL: 24 * time.Hour, NegativeTTL: time.Hour, Size: 1_000_000}, {Size: 1}} {
		if _, err := cachestore.New(newBelow(), o); err != nil {
			t.Error(err)
		}
	}
	if _, err := cachestore.New(nil, cachestore.Options{}); err == nil {
		t.Error("no store is taken")
	}
}

// A tenant is asked for again after TTL, and that there is none after NegativeTTL, both
// counted from before the store was asked.
func TestTTL(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBelow(tenant("a"))
		// Each answer takes longer than the tenth of TTL by which entries differ.
		b.before = func(context.Context, string) error { time.Sleep(4 * time.Second); return nil }
		s := cache(t, b, cachestore.Options{TTL: 30 * time.Second, NegativeTTL: 6 * time.Second})
		began := time.Now()
		until := func(seconds float64) {
			time.Sleep(time.Until(began.Add(time.Duration(seconds * float64(time.Second)))))
		}
		get(t, s, "a")         // asked at 0 s
		find(t, s, "slug-a")   // asked at 4 s: good until 31 s at least, and 34 s at most
		nobody(t, s, "nobody") // asked at 8 s: good until 14 s
		for _, step := range []struct {
			at    float64
			look  func()
			call  string
			calls int
		}{
			{13.9, func() { nobody(t, s, "nobody") }, "find nobody", 1},
			{14, func() { nobody(t, s, "nobody") }, "find nobody", 2},
			{30.9, func() { get(t, s, "a") }, "get a", 1},
			{34, func() { get(t, s, "a") }, "get a", 2},
		} {
			until(step.at)
			step.look()
			if n := b.called(step.call); n != step.calls {
				t.Errorf("at %v s: %d calls, want %d", step.at, n, step.calls)
			}
		}
	})
}

// writes are all ways to change tenant a.
var writes = map[string]func(ctx context.Context, s runtime.Store) error{
	"Update": func(ctx context.Context, s runtime.Store) error {
		a := tenant("a")
		a.Name, a.Version = "changed", 1
		_, err := s.Update(ctx, a)
		return err
	},
	"SetStatus": func(ctx context.Context, s runtime.Store) error {
		_, err := s.SetStatus(ctx, "a", runtime.StatusSuspended)
		return err
	},
	"SetStatusMany": func(ctx context.Context, s runtime.Store) error {
		_, err := s.SetStatusMany(ctx, []string{"x", "a"}, runtime.StatusSuspended)
		return err
	},
	"MergeMetadata": func(ctx context.Context, s runtime.Store) error {
		patch, _ := runtime.NewMetadata(map[string]any{"k": 1})
		_, err := s.MergeMetadata(ctx, "a", patch)
		return err
	},
	"Delete": func(ctx context.Context, s runtime.Store) error { return s.Delete(ctx, "a") },
}

// W18: whatever is written through the cache is seen at once, by id and identifier.
// The control writes past the cache, and is not seen.
func TestWritesAreSeenAtOnce(t *testing.T) {
	t.Parallel()
	for name, write := range writes {
		for _, control := range []bool{false, true} {
			t.Run(fmt.Sprint(name, control), func(t *testing.T) {
				t.Parallel()
				b := newBelow(tenant("a"))
				s := cache(t, b, cachestore.Options{})
				old := get(t, s, "a")
				find(t, s, "slug-a")
				through := runtime.Store(s)
				if control {
					through = b
				}
				if err := write(t.Context(), through); err != nil {
					t.Fatal(err)
				}
				byID, idErr := s.Get(t.Context(), "a")
				bySlug, slugErr := s.GetByIdentifier(t.Context(), old.Identifier)
				if seen := byID != old && bySlug != old; seen == control {
					t.Errorf("seen: %v; %v %v, %v %v", seen, byID, idErr, bySlug, slugErr)
				}
			})
		}
	}
}

// A write that is refused because the caller knew something old lets them read what is
// new, and a write of which nobody knows whether it happened counts as one that did.
func TestFailedWritesAreForgotten(t *testing.T) {
	t.Parallel()
	b := newBelow(tenant("a"))
	s := cache(t, b, cachestore.Options{})
	old := get(t, s, "a")
	b.set(tenant("a"))
	if _, err := s.Update(t.Context(), old); !errors.Is(err, runtime.ErrStaleTenant) {
		t.Fatal(err)
	}
	if _, err := s.Update(t.Context(), get(t, s, "a")); err != nil {
		t.Error(err)
	}

	bus := &bus{}
	here, there := cache(t, lostAnswer{b}, cachestore.Options{Bus: bus}), cache(t, b, cachestore.Options{Bus: bus})
	get(t, here, "a")
	get(t, there, "a")
	if _, err := here.SetStatus(t.Context(), "a", runtime.StatusSuspended); !errors.Is(err, errDown) {
		t.Fatal(err)
	}
	if get(t, here, "a").Check() == nil || get(t, there, "a").Check() == nil {
		t.Error("still active")
	}
}

// lostAnswer is a store that writes and does not say so.
type lostAnswer struct{ *below }

func (l lostAnswer) SetStatus(ctx context.Context, id string, to runtime.Status, from ...runtime.Status) (runtime.Tenant, error) {
	_, err := l.below.SetStatus(ctx, id, to, from...)
	return runtime.Tenant{}, errors.Join(errDown, err)
}

// Regression 8, case 54: an old identifier leads nowhere at once, and then to the tenant
// that took it over.
func TestRename(t *testing.T) {
	t.Parallel()
	b := newBelow(tenant("a"))
	s := cache(t, b, cachestore.Options{})
	a := find(t, s, "slug-a")
	nobody(t, s, "renamed")
	a.Identifier = runtime.MustIdentifier("renamed")
	if _, err := s.Update(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	nobody(t, s, "slug-a")
	if got := find(t, s, "renamed"); got.ID != "a" {
		t.Errorf("renamed is %v", got)
	}
	heir := tenant("b")
	heir.Identifier = runtime.MustIdentifier("slug-a")
	if _, err := s.Create(t.Context(), heir, 0); err != nil {
		t.Fatal(err)
	}
	if got := find(t, s, "slug-a"); got.ID != "b" {
		t.Errorf("slug-a is %v", got)
	}
	if _, err := s.SetStatus(t.Context(), "b", runtime.StatusDeleted); err != nil {
		t.Fatal(err)
	}
	get(t, s, "b")
	nobody(t, s, "slug-a")
}

// Case 56: a tenant is there at once for the process that made it, though it was known
// that there is none.
func TestCreateAfterNotFound(t *testing.T) {
	t.Parallel()
	s := cache(t, newBelow(), cachestore.Options{})
	nobody(t, s, "slug-a")
	if _, err := s.Get(t.Context(), "a"); !errors.Is(err, runtime.ErrTenantNotFound) {
		t.Fatal(err)
	}
	if _, err := s.GetMany(t.Context(), []string{"a"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Create(t.Context(), tenant("a"), 0); err != nil {
		t.Fatal(err)
	}
	get(t, s, "a")
	find(t, s, "slug-a")
}

// A load that began before a change and ended after it does not bring the old tenant
// back, whichever way it asks, and nobody who comes after the change gets its answer.
// Without a change (the control) its answer is kept.
func TestChangeDuringLoad(t *testing.T) {
	t.Parallel()
	loads := map[string]func(ctx context.Context, s *cachestore.Store) error{
		"get a": func(ctx context.Context, s *cachestore.Store) error { _, err := s.Get(ctx, "a"); return err },
		"find slug-a": func(ctx context.Context, s *cachestore.Store) error {
			_, err := s.GetByIdentifier(ctx, tenant("a").Identifier)
			return err
		},
		"many": func(ctx context.Context, s *cachestore.Store) error {
			_, err := s.GetMany(ctx, []string{"a"})
			return err
		},
		"list": func(ctx context.Context, s *cachestore.Store) error { _, err := s.Warm(ctx); return err },
	}
	for call, load := range loads {
		for _, change := range []string{"none", "own", "message", "everything"} {
			// Whoever comes late asks again, and what that brings hides an old answer.
			for _, alone := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s %s alone %v", call, change, alone), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) { changeDuringLoad(t, call, load, change, alone) })
				})
			}
		}
	}
}

func changeDuringLoad(t *testing.T, call string, load func(context.Context, *cachestore.Store) error, change string, alone bool) {
	b, bus := newBelow(tenant("a")), &bus{}
	s, other := cache(t, b, cachestore.Options{Bus: bus}), cache(t, b, cachestore.Options{Bus: bus})
	goOn := make(chan struct{})
	b.after = func(_ context.Context, c string) error {
		if c == call && b.called(c) == 1 {
			<-goOn
		}
		return nil
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := load(t.Context(), s); err != nil {
			t.Error(err)
		}
	})
	synctest.Wait() // it has its answer
	want := runtime.StatusSuspended
	var err error
	switch change {
	case "none":
		want = runtime.StatusActive
	case "own":
		_, err = s.SetStatus(t.Context(), "a", want)
	case "message":
		_, err = other.SetStatus(t.Context(), "a", want)
	case "everything":
		_, err = b.SetStatus(t.Context(), "a", want)
		err = errors.Join(err, bus.Publish(t.Context(), nil))
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, late := range []func() runtime.Tenant{
		func() runtime.Tenant { return get(t, s, "a") },
		func() runtime.Tenant { return find(t, s, "slug-a") },
	} {
		if change == "none" || alone {
			continue
		}
		wg.Go(func() {
			if got := late(); got.Status != want {
				t.Errorf("who came late got %v", got)
			}
		})
	}
	synctest.Wait() // they wait, or have their answers
	close(goOn)
	wg.Wait()
	if got := get(t, s, "a"); got.Status != want {
		t.Errorf("kept: %v", got)
	}
	if n := b.called("get a"); change == "none" && call != "get a" && n != 0 {
		t.Errorf("the control asked %d times more", n)
	}
}

// A store below that lags, such as a replica, does not bring back an older version of a
// tenant than the one that is kept.
func TestOlderVersions(t *testing.T) {
	t.Parallel()
	old := tenant("a")
	b := newBelow(old)
	s := cache(t, lagging{b, old}, cachestore.Options{})
	if _, err := b.SetStatus(t.Context(), "a", runtime.StatusSuspended); err != nil {
		t.Fatal(err)
	}
	get(t, s, "a")
	find(t, s, "slug-a")
	if got := get(t, s, "a"); got.Check() == nil {
		t.Errorf("kept: %v", got)
	}
}

// lagging is a store that finds an older version by the identifier.
type lagging struct {
	*below
	old runtime.Tenant
}

func (l lagging) GetByIdentifier(context.Context, runtime.Identifier) (runtime.Tenant, error) {
	return l.old, nil
}

// Case 55: of many who ask for one tenant at once, one asks the store, and when they go
// away the others get the answer.
func TestStampede(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBelow(tenant("a"), tenant("b"))
		goOn := make(chan struct{})
		b.before = func(ctx context.Context, _ string) error {
			select {
			case <-goOn:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		s := cache(t, b, cachestore.Options{})
		first, cancel := context.WithCancel(t.Context())
		gone := make(chan error, 1)
		go func() { _, err := s.Get(first, "a"); gone <- err }()
		synctest.Wait()
		var wg sync.WaitGroup
		for i := range 100 {
			wg.Go(func() { get(t, s, []string{"a", "b"}[i%2]) })
		}
		synctest.Wait()
		cancel()
		if err := <-gone; !errors.Is(err, context.Canceled) {
			t.Errorf("who went away got %v", err)
		}
		close(goOn)
		wg.Wait()
		if a, b := b.called("get a"), b.called("get b"); a != 1 || b != 1 {
			t.Errorf("%d and %d calls, want one each", a, b)
		}
	})
}

// A store that does not answer is given up after LoadTimeout, by everybody who waits.
func TestLoadTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBelow(tenant("a"))
		b.before = func(ctx context.Context, _ string) error { <-ctx.Done(); return ctx.Err() }
		s := cache(t, b, cachestore.Options{LoadTimeout: time.Second})
		began := time.Now()
		if _, err := s.Get(t.Context(), "a"); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// Errors and panics of the store are told and not kept.
func TestErrorsAreNotKept(t *testing.T) {
	t.Parallel()
	b := newBelow(tenant("a"))
	s := cache(t, b, cachestore.Options{})
	b.before = func(context.Context, string) error { return errDown }
	if _, err := s.Get(t.Context(), "a"); !errors.Is(err, errDown) {
		t.Error(err)
	}
	if _, err := s.GetMany(t.Context(), []string{"a"}); !errors.Is(err, errDown) {
		t.Error(err)
	}
	if _, err := s.Warm(t.Context()); !errors.Is(err, errDown) {
		t.Error(err)
	}
	b.before = func(context.Context, string) error { panic("hunter2") }
	if _, err := s.GetByIdentifier(t.Context(), tenant("a").Identifier); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Error(err)
	}
	b.before = func(context.Context, string) error { stdruntime.Goexit(); return nil }
	if _, err := s.Get(t.Context(), "a"); err == nil {
		t.Error("a store that ends its goroutine has answered")
	}
	b.before = nil
	get(t, s, "a")
	find(t, s, "slug-a")
	if n := s.Stats().Errors; n != 4 {
		t.Errorf("%d errors", n)
	}
	if n := s.UnderWay(); n != 0 {
		t.Errorf("%d loads are left", n)
	}
}

// crossing is a store that answers with another tenant.
type crossing struct{ *below }

func (c crossing) Get(ctx context.Context, _ string) (runtime.Tenant, error) {
	return c.below.Get(ctx, "b")
}

func (c crossing) GetByIdentifier(ctx context.Context, _ runtime.Identifier) (runtime.Tenant, error) {
	return c.below.Get(ctx, "b")
}

func (c crossing) GetMany(ctx context.Context, _ []string) ([]runtime.Tenant, error) {
	return c.below.GetMany(ctx, []string{"b"})
}

// Case 53: a tenant is never returned for the id or identifier of another, be it that
// the entry holds another one or that the store below says so.
func TestIdentityIsChecked(t *testing.T) {
	t.Parallel()
	b := newBelow(tenant("a"), tenant("b"))
	s := cache(t, b, cachestore.Options{})
	find(t, s, "slug-a")
	s.Plant("a", tenant("b"))
	get(t, s, "a")
	s.Plant("a", tenant("b"))
	find(t, s, "slug-a")
	if n := s.Stats().Errors; n != 2 {
		t.Errorf("%d errors", n)
	}

	s = cache(t, crossing{b}, cachestore.Options{})
	if got, err := s.Get(t.Context(), "a"); !errors.Is(err, cachestore.ErrOtherTenant) || got != (runtime.Tenant{}) {
		t.Error(got, err)
	}
	if got, err := s.GetByIdentifier(t.Context(), tenant("a").Identifier); !errors.Is(err, cachestore.ErrOtherTenant) || got != (runtime.Tenant{}) {
		t.Error(got, err)
	}
	if got, err := s.GetMany(t.Context(), []string{"a"}); !errors.Is(err, cachestore.ErrOtherTenant) || got != nil {
		t.Error(got, err)
	}
}

// Regressions 2 and 5, cases 53 and 55: whatever many goroutines do at once, with a
// store of random latency and two caches, nobody gets another tenant than they asked
// for, and at the end both caches say what is stored.
func TestNeverCrossed(t *testing.T) {
	t.Parallel()
	const tenants = 12
	b := newBelow()
	for i := range tenants {
		b.set(tenant(fmt.Sprint(i)))
	}
	pause := func(context.Context, string) error {
		for range rand.IntN(20) {
			stdruntime.Gosched()
		}
		return nil
	}
	b.before, b.after = pause, pause
	bus := &bus{}
	o := cachestore.Options{Bus: bus, Size: 10}
	caches := []*cachestore.Store{cache(t, b, o), cache(t, b, o)}
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for range 150 {
				s, id := caches[rand.IntN(2)], fmt.Sprint(rand.IntN(tenants))
				slug := runtime.MustIdentifier("slug-" + fmt.Sprint(rand.IntN(tenants)))
				switch n := rand.IntN(20); {
				case n < 8:
					if got, err := s.Get(t.Context(), id); err != nil || got.ID != id {
						t.Errorf("%s is %v, %v", id, got, err)
					}
				case n < 16:
					got, err := s.GetByIdentifier(t.Context(), slug)
					if err == nil && got.Identifier != slug || err != nil && !errors.Is(err, runtime.ErrTenantNotFound) {
						t.Errorf("%s is %v, %v", slug, got, err)
					}
				case n == 16:
					_, _ = s.GetMany(t.Context(), []string{id, "0", "1"})
				case n == 17:
					_, _ = s.SetStatus(t.Context(), id, []runtime.Status{runtime.StatusActive, runtime.StatusSuspended}[rand.IntN(2)])
				case n == 18:
					a := get(t, s, id)
					a.Identifier = slug // also one that another tenant has: this store does not mind
					_, _ = s.Update(t.Context(), a)
				default:
					_ = bus.Publish(t.Context(), nil)
				}
			}
		})
	}
	wg.Wait()
	for _, s := range caches {
		for i := range tenants {
			want, err := b.Get(t.Context(), fmt.Sprint(i))
			if got := get(t, s, want.ID); got != want || err != nil {
				t.Errorf("%v is kept and %v stored", got, want)
			}
		}
		if n := s.UnderWay(); n != 0 {
			t.Errorf("%d loads are left", n)
		}
	}
}

// Case 60: made-up ids and identifiers need no more memory the more there are, and do
// not push out the tenants at work.
func TestFloodIsBounded(t *testing.T) {
	t.Parallel()
	b := newBelow(tenant("a"))
	s := cache(t, b, cachestore.Options{Size: 100})
	get(t, s, "a")
	for i := range 4_000 {
		_, _ = s.Get(t.Context(), fmt.Sprint("made-up-", i))
		_, _ = s.GetByIdentifier(t.Context(), runtime.MustIdentifier(fmt.Sprint("made-up-", i)))
		if n := s.Stats(); n.Size > 100 || n.Absent > 100 {
			t.Fatalf("%+v", n)
		}
	}
	// What no tenant can have as an id is not kept at all.
	before := s.Stats()
	_, _ = s.Get(t.Context(), strings.Repeat("x", 1<<20))
	_, _ = s.Get(t.Context(), "")
	if d := cmp.Diff(before, s.Stats()); d != "" {
		t.Errorf("-before +after:\n%s", d)
	}
	get(t, s, "a")
	if n := b.called("get a"); n != 1 || s.UnderWay() != 0 {
		t.Errorf("the tenant at work was asked for %d times; %d loads are left", n, s.UnderWay())
	}
	for i := range 1000 {
		b.set(tenant(fmt.Sprint("t", i)))
		get(t, s, fmt.Sprint("t", i))
	}
	if n := s.Stats(); n.Size > 100 {
		t.Errorf("%+v", n)
	}
}

// W20: there is a way to warm the cache, and it is no more than full.
func TestWarm(t *testing.T) {
	t.Parallel()
	b := newBelow()
	for i := range 1500 {
		a := tenant(fmt.Sprintf("%04d", i))
		if i%2 == 1 {
			a.Status = runtime.StatusSuspended
		}
		b.set(a)
	}
	s := cache(t, b, cachestore.Options{Size: 2000})
	n, err := s.Warm(t.Context())
	if n != 750 || err != nil || s.Stats().Size != 750 {
		t.Fatalf("%d were kept, %v: %+v", n, err, s.Stats())
	}
	get(t, s, "0000")
	find(t, s, "slug-1498")
	if got := s.Stats(); got.Hits != 2 || got.Misses != 0 {
		t.Errorf("%+v", got)
	}
	small := cache(t, b, cachestore.Options{Size: 20})
	if n, err := small.Warm(t.Context()); n != 20 || err != nil || b.called("list") != 2 {
		t.Errorf("%d were kept, %v, %d calls", n, err, b.called("list"))
	}
}

// Regression 26: Close is safe at any time and any number of times, nothing is left
// running (TestMain looks), and a second Init subscribes no second time.
func TestInitAndClose(t *testing.T) {
	t.Parallel()
	b := newBelow(tenant("a"))
	s, err := cachestore.New(b, cachestore.Options{})
	if err != nil || s.Close() != nil || s.Close() != nil || b.closes != 1 {
		t.Error("Close without Init")
	}

	bus := &bus{}
	hang := make(chan struct{}, 1)
	left := false
	b.before = func(ctx context.Context, _ string) error {
		hang <- struct{}{}
		<-ctx.Done()
		for range 1000 {
			stdruntime.Gosched()
		}
		left = true
		return ctx.Err()
	}
	s = cache(t, b, cachestore.Options{Bus: bus})
	if err := s.Init(t.Context()); err != nil || bus.subscribed != 1 || b.inits != 2 {
		t.Errorf("%d subscriptions, %d inits, %v", bus.subscribed, b.inits, err)
	}
	s.Watch(func(string) {})
	waits := make(chan error, 1)
	go func() { _, err := s.Get(context.Background(), "a"); waits <- err }()
	<-hang
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if !left {
		t.Error("Close did not wait for a load")
	}
	if err := <-waits; !errors.Is(err, runtime.ErrStoreClosed) {
		t.Errorf("who waited got %v", err)
	}
	if len(bus.subscribers) != 0 {
		t.Error("still subscribed")
	}
	if _, err := s.Get(t.Context(), "a"); !errors.Is(err, runtime.ErrStoreClosed) {
		t.Error(err)
	}
	if _, err := s.GetMany(t.Context(), []string{"a"}); !errors.Is(err, runtime.ErrStoreClosed) {
		t.Error(err)
	}
	if _, err := s.Warm(t.Context()); !errors.Is(err, runtime.ErrStoreClosed) {
		t.Error(err)
	}
	if err := s.Init(t.Context()); !errors.Is(err, runtime.ErrStoreClosed) {
		t.Error(err)
	}
	s.Watch(func(string) { t.Error("told after Close") })()
}

func BenchmarkHit(b *testing.B) {
	s := cache(b, newBelow(tenant("a")), cachestore.Options{})
	identifier := tenant("a").Identifier
	for name, look := range map[string]func() (runtime.Tenant, error){
		"id":         func() (runtime.Tenant, error) { return s.Get(b.Context(), "a") },
		"identifier": func() (runtime.Tenant, error) { return s.GetByIdentifier(b.Context(), identifier) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := look(); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/parallel", func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := look(); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}

// The cache is a Store like the one below it, alone and beside another one.
func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Exercise(t, func(t *testing.T) runtime.Store {
		s, err := cachestore.New(memstore.New(memstore.Options{}), cachestore.Options{Logger: quiet, Bus: &bus{}})
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}

// A tenant that cannot be read does not hide the others, is not taken for one that is
// not there, and its suspension reaches everybody.
func TestCorruptTenants(t *testing.T) {
	t.Parallel()
	b, bus := newBelow(tenant("a"), tenant("b")), &bus{}
	spoilt := corrupt{b}
	here, there := cache(t, spoilt, cachestore.Options{Bus: bus}), cache(t, b, cachestore.Options{Bus: bus})
	get(t, there, "b")
	for range 2 {
		got, err := here.GetMany(t.Context(), []string{"b", "a"})
		if !errors.Is(err, runtime.ErrCorruptTenant) || len(got) != 1 || got[0].ID != "a" {
			t.Errorf("%v, %v", got, err)
		}
		if _, err := here.Get(t.Context(), "b"); !errors.Is(err, runtime.ErrCorruptTenant) {
			t.Error(err)
		}
		if n, err := here.Warm(t.Context()); n != 1 || !errors.Is(err, runtime.ErrCorruptTenant) {
			t.Error(n, err)
		}
	}
	if _, err := here.SetStatus(t.Context(), "b", runtime.StatusSuspended); !errors.Is(err, runtime.ErrCorruptTenant) {
		t.Error(err)
	}
	if get(t, there, "b").Check() == nil {
		t.Error("still active elsewhere")
	}
}

// corrupt is a store that cannot read tenant b.
type corrupt struct{ *below }

var errCorrupt = &runtime.CorruptError{ID: "b", Err: runtime.ErrMetadata}

func (c corrupt) Get(context.Context, string) (runtime.Tenant, error) {
	return runtime.Tenant{}, errCorrupt
}

func (c corrupt) GetMany(ctx context.Context, ids []string) ([]runtime.Tenant, error) {
	got, err := c.below.GetMany(ctx, slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == "b" }))
	return got, errors.Join(err, errCorrupt)
}

func (c corrupt) List(ctx context.Context, o runtime.ListOptions) (runtime.Page, error) {
	got, err := c.below.GetMany(ctx, []string{"a"})
	return runtime.Page{Tenants: got}, errors.Join(err, errCorrupt)
}

func (c corrupt) SetStatus(ctx context.Context, id string, to runtime.Status, from ...runtime.Status) (runtime.Tenant, error) {
	_, err := c.below.SetStatus(ctx, id, to, from...)
	return runtime.Tenant{}, errors.Join(err, errCorrupt)
}
