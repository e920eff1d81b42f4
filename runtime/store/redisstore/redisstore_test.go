package redisstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/tenancygen/tenancygen/internal/testredis"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/store/memstore"
	"github.com/tenancygen/tenancygen/runtime/store/redisstore"
	"github.com/tenancygen/tenancygen/runtime/store/storetest"
)

// The cache is a Store like the one below it.
func TestStore(t *testing.T) {
	t.Parallel()
	c := client(t, testredis.URL(t))
	storetest.Exercise(t, func(t *testing.T) runtime.Store {
		prefix := strings.TrimSuffix(testredis.Prefix(t), ":")
		s, err := redisstore.New(memstore.New(memstore.Options{}), c, redisstore.Options{Prefix: prefix, Logger: quiet, Timeout: 5 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}

func TestOptions(t *testing.T) {
	t.Parallel()
	c := redis.NewClient(&redis.Options{ContextTimeoutEnabled: true})
	defer c.Close()
	_, err := redisstore.New(newBelow(t), c, redisstore.Options{Prefix: "a:b", TTL: 30 * 24 * time.Hour, Fresh: time.Millisecond, Timeout: time.Hour})
	for _, field := range []string{"Prefix", "TTL is", "Fresh is", "Timeout is"} {
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("no word of %s: %v", field, err)
		}
	}
	if _, err := redisstore.New(newBelow(t), c, redisstore.Options{TTL: time.Minute, Fresh: time.Hour}); err == nil {
		t.Error("Fresh is longer than TTL")
	}
	if _, err := redisstore.New(newBelow(t), c, redisstore.Options{TTL: time.Second}); err != nil {
		t.Error(err)
	}
	if _, err := redisstore.New(nil, c, redisstore.Options{}); err == nil {
		t.Error("no store is taken")
	}
	if _, err := redisstore.NewBus(c, redisstore.BusOptions{Prefix: "a b"}); err == nil {
		t.Error("a prefix with a blank is taken")
	}
	// A client that goes on after its context has ended would hang every request.
	hanging := []redis.UniversalClient{redis.NewClient(&redis.Options{}), redis.NewClusterClient(&redis.ClusterOptions{}), redis.NewRing(&redis.RingOptions{})}
	for _, c := range hanging {
		defer c.Close()
		if _, err := redisstore.New(newBelow(t), c, redisstore.Options{}); err == nil || !strings.Contains(err.Error(), "ContextTimeoutEnabled") {
			t.Errorf("%T: %v", c, err)
		}
		if _, err := redisstore.NewBus(c, redisstore.BusOptions{}); err == nil {
			t.Errorf("%T: no error of NewBus", c)
		}
	}
}

// Regression 25: Redis answers while an entry is fresh, the store below is asked when it
// is older, and after TTL there is none. Time passes by telling Redis that an entry has
// less to live.
func TestFreshAndTTL(t *testing.T) {
	t.Parallel()
	prefix, c := shared(t)
	b := newBelow(t, "a")
	o := redisstore.Options{Prefix: prefix, TTL: time.Hour, Fresh: 10 * time.Minute}
	one, other := process(t, b, c, o), process(t, b, c, o)
	get(t, one, "a")
	left, err := c.PTTL(t.Context(), one.Key("a")).Result()
	if err != nil || left > time.Hour || left < 59*time.Minute {
		t.Errorf("the entry lives for %v, %v", left, err)
	}
	age := func(d time.Duration) {
		t.Helper()
		if ok, err := c.PExpire(t.Context(), one.Key("a"), time.Hour-d).Result(); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	for _, step := range []struct {
		age   time.Duration
		reads int
	}{{0, 1}, {9 * time.Minute, 1}, {11 * time.Minute, 2}, {0, 2}, {59 * time.Minute, 3}} {
		if step.age != 0 {
			age(step.age)
		}
		get(t, other, "a")
		if n := b.count(); n != step.reads {
			t.Errorf("at the age of %v: %d reads, want %d", step.age, n, step.reads)
		}
	}
	// The store below said that it is so still: the entry is fresh again.
	left, _ = c.PTTL(t.Context(), one.Key("a")).Result()
	if left < 59*time.Minute {
		t.Errorf("the entry lives for %v after it was confirmed", left)
	}
	if err := c.Persist(t.Context(), one.Key("a")).Err(); err != nil {
		t.Fatal(err)
	}
	get(t, other, "a")
	if n := b.count(); n != 4 {
		t.Errorf("an entry that lives for ever was believed: %d reads", n)
	}
}

// Where the store below fails, an entry is returned up to its TTL; not where the store
// says something about the tenant, and nothing older than what the process has written.
func TestStoreBelowFails(t *testing.T) {
	t.Parallel()
	prefix, c := shared(t)
	b := newBelow(t, "a", "b")
	o := redisstore.Options{Prefix: prefix}
	one, other := process(t, b, c, o), process(t, b, c, o)
	cached(t, one, "a")
	cached(t, one, "b")
	expire := func(id string) {
		if err := c.PExpire(t.Context(), one.Key(id), 30*time.Minute).Err(); err != nil {
			t.Fatal(err)
		}
	}
	old, err := c.Get(t.Context(), one.Key("b")).Result()
	if err != nil {
		t.Fatal(err)
	}
	suspend(t, one, "b")
	if err := c.Set(t.Context(), one.Key("b"), old, time.Hour).Err(); err != nil {
		t.Fatal(err)
	}
	expire("a")
	expire("b")
	b.hold(func(context.Context) error { return errDown })
	get(t, one, "a")
	find(t, one, "a")
	if n := one.Stats().Stale; n != 2 {
		t.Errorf("%d old entries", n)
	}
	if got, err := one.Get(t.Context(), "b"); !errors.Is(err, errDown) {
		t.Errorf("older than what was written here: %v, %v", got, err)
	}
	get(t, other, "b") // the bound of another process is TTL then, and documented
	for _, err := range []error{runtime.ErrMetadata, runtime.ErrInvalidTenant, context.Canceled} {
		b.hold(func(context.Context) error { return err })
		ctx, cancel := context.WithCancel(t.Context())
		if errors.Is(err, context.Canceled) {
			b.hold(func(context.Context) error { cancel(); return err })
		}
		if got, failed := one.Get(ctx, "a"); !errors.Is(failed, err) {
			t.Errorf("%v: %v, %v", err, got, failed)
		}
		cancel()
	}
	b.hold(nil)
	if err := b.Delete(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := one.Get(t.Context(), "a"); !errors.Is(err, runtime.ErrTenantNotFound) {
			t.Error(err)
		}
	}
}

// Regression 8, case 54 and W18: every change of one process is seen by another one at
// once. The control changes the store past Redis, and is not seen.
func TestChangesAreSeenAtOnce(t *testing.T) {
	t.Parallel()
	prefix, c := shared(t)
	changes := map[string]func(ctx context.Context, s runtime.Store, id string) error{
		"Update": func(ctx context.Context, s runtime.Store, id string) error {
			renamed := tenant(id)
			renamed.Identifier, renamed.Version = runtime.MustIdentifier("renamed-"+id), 1
			_, err := s.Update(ctx, renamed)
			return err
		},
		"SetStatus": func(ctx context.Context, s runtime.Store, id string) error {
			_, err := s.SetStatus(ctx, id, runtime.StatusDeleted)
			return err
		},
		"SetStatusMany": func(ctx context.Context, s runtime.Store, id string) error {
			_, err := s.SetStatusMany(ctx, []string{"nobody", id}, runtime.StatusSuspended)
			return err
		},
		"MergeMetadata": func(ctx context.Context, s runtime.Store, id string) error {
			patch, _ := runtime.NewMetadata(map[string]any{"k": 1})
			_, err := s.MergeMetadata(ctx, id, patch)
			return err
		},
		"Delete": func(ctx context.Context, s runtime.Store, id string) error { return s.Delete(ctx, id) },
	}
	for name, change := range changes {
		for _, control := range []bool{false, true} {
			id := strings.ToLower(name) + map[bool]string{true: "-control"}[control]
			b := newBelow(t, id)
			one, other := process(t, b, c, redisstore.Options{Prefix: prefix}), process(t, b, c, redisstore.Options{Prefix: prefix})
			cached(t, other, id)
			old := get(t, other, id)
			through := runtime.Store(one)
			if control {
				through = b
			}
			if err := change(t.Context(), through, id); err != nil {
				t.Fatal(name, err)
			}
			byID, _ := other.Get(t.Context(), id)
			bySlug, _ := other.GetByIdentifier(t.Context(), slug(id))
			many, _ := other.GetMany(t.Context(), []string{id})
			seen := byID != old && bySlug != old && (len(many) == 0 || many[0] != old)
			if seen == control {
				t.Errorf("%s, control %v: seen %v: %v, %v, %v", name, control, seen, byID, bySlug, many)
			}
		}
	}
}

// An identifier that another tenant took over leads to that one at once.
func TestIdentifierIsTakenOver(t *testing.T) {
	t.Parallel()
	prefix, c := shared(t)
	b := newBelow(t, "a")
	one, other := process(t, b, c, redisstore.Options{Prefix: prefix}), process(t, b, c, redisstore.Options{Prefix: prefix})
	cached(t, one, "a")
	cached(t, other, "a")
	if _, err := one.SetStatus(t.Context(), "a", runtime.StatusDeleted); err != nil {
		t.Fatal(err)
	}
	heir := tenant("b")
	heir.Identifier = slug("a")
	if _, err := one.Create(t.Context(), heir, 0); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		for _, s := range []*redisstore.Store{one, other} {
			if got := find(t, s, "a"); got.ID != "b" {
				t.Errorf("the identifier leads to %v", got)
			}
			if got := get(t, s, "a"); got.Status != runtime.StatusDeleted {
				t.Errorf("%v", got)
			}
		}
	}
}

// Case 53 and W18: whatever is under a key, nobody gets another tenant or an error; it is
// counted, and gone at the next look-up but one.
func TestCorruptEntries(t *testing.T) {
	t.Parallel()
	prefix, c := shared(t)
	ctx := t.Context()
	b := newBelow(t, "a", "b")
	s := process(t, b, c, redisstore.Options{Prefix: prefix})
	cached(t, s, "a")
	cached(t, s, "b")
	good, err := c.Get(ctx, s.Key("a")).Result()
	if err != nil {
		t.Fatal(err)
	}
	others, err := c.Get(ctx, s.Key("b")).Result()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"another tenant":     others,
		"another version":    strings.Replace(good, "E1|1|", "E1|7|", 1),
		"another form":       strings.Replace(good, "E1|", "E2|", 1),
		"cut off":            good[:len(good)-4],
		"no JSON":            "E1|1|3600000|",
		"no head":            good[len("E1|1|"):],
		"no number":          strings.Replace(good, "E1|1|", "E1|x|", 1),
		"no time":            strings.Replace(good, "|3600000|", "|x|", 1),
		"no status":          strings.Replace(good, `"active"`, `"ACTIVE"`, 1),
		"no identifier":      strings.Replace(good, `"slug-a"`, `""`, 1),
		"a bad identifier":   strings.Replace(good, `"slug-a"`, `"SLUG"`, 1),
		"metadata is null":   strings.Replace(good, `"Metadata":{}`, `"Metadata":null`, 1),
		"metadata is a list": strings.Replace(good, `"Metadata":{}`, `"Metadata":[1]`, 1),
		"nothing":            "",
		"a list":             "",
	} {
		if text == good {
			t.Fatalf("%s: the entry was not spoilt: %s", name, good)
		}
		before := s.Stats().Errors
		if err := c.Set(ctx, s.Key("a"), text, time.Hour).Err(); err != nil {
			t.Fatal(err)
		}
		if name == "a list" {
			c.Del(ctx, s.Key("a"), s.NameKey(slug("a")))
			if err := errors.Join(c.LPush(ctx, s.Key("a"), others).Err(), c.LPush(ctx, s.NameKey(slug("a")), "b").Err()); err != nil {
				t.Fatal(err)
			}
		}
		if many, err := s.GetMany(ctx, []string{"a", "b"}); err != nil || len(many) != 2 || many[0].ID != "a" || many[1].ID != "b" {
			t.Errorf("%s: %v, %v", name, many, err)
		}
		for range 3 {
			if got := get(t, s, "a"); got.Check() != nil {
				t.Errorf("%s: %v", name, got)
			}
			find(t, s, "a")
		}
		if s.Stats().Errors == before {
			t.Errorf("%s: not counted", name)
		}
		if again, err := c.Get(ctx, s.Key("a")).Result(); again != good || err != nil {
			t.Errorf("%s: the entry is %q now, %v", name, again, err)
		}
	}
	// A name that leads to another tenant is followed to nobody.
	if err := c.Set(ctx, s.NameKey(slug("a")), "b", time.Hour).Err(); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"a", "b"} {
		if got := find(t, s, id); got.ID != id {
			t.Errorf("%v", got)
		}
	}
}

// Case 53: two keys are the same only where all of their parts are.
func TestKeysAreInjective(t *testing.T) {
	t.Parallel()
	c := redis.NewClient(&redis.Options{ContextTimeoutEnabled: true})
	defer c.Close()
	keys := map[string]string{}
	for _, prefix := range []string{"a", "a-t", "a_t", "t", "n", "a-t-a"} {
		s := process(t, newBelow(t), c, redisstore.Options{Prefix: prefix})
		for _, id := range []string{"x", "t:x", "a:t:x", "t", ":x", "1:2", "12", "{x}", "x}", "n:slug-x", "t:1", "\x00", "x "} {
			for key, of := range map[string]string{s.Key(id): "tenant", s.NameKey(slug("x")): "name of slug-x"} {
				of = fmt.Sprintf("%s %q of %s", of, map[bool]string{true: id}[of == "tenant"], prefix)
				if keys[key] != "" && keys[key] != of {
					t.Errorf("%q is the key of %s and of %s", key, of, keys[key])
				}
				keys[key] = of
			}
		}
	}
}

// What JSON cannot hold is not stored in another form.
func TestInexactTenants(t *testing.T) {
	t.Parallel()
	prefix, c := shared(t)
	s := process(t, odd{newBelow(t, "a")}, c, redisstore.Options{Prefix: prefix})
	for range 3 {
		if got := get(t, s, "a"); got.DatabaseURL != oddURL {
			t.Errorf("%q came back", got.DatabaseURL)
		}
	}
}

const oddURL = "postgres://\xff@h/d"

// odd is a store whose tenants hold bytes that are no text.
type odd struct{ *below }

func (o odd) Get(ctx context.Context, id string) (runtime.Tenant, error) {
	t, err := o.below.Get(ctx, id)
	t.DatabaseURL = oddURL
	return t, err
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

func TestOtherTenantFromBelow(t *testing.T) {
	t.Parallel()
	prefix, c := shared(t)
	s := process(t, crossing{newBelow(t, "a", "b")}, c, redisstore.Options{Prefix: prefix})
	_, err1 := s.Get(t.Context(), "a")
	_, err2 := s.GetByIdentifier(t.Context(), slug("a"))
	_, err3 := s.GetMany(t.Context(), []string{"a"})
	for _, err := range []error{err1, err2, err3} {
		if !errors.Is(err, redisstore.ErrOtherTenant) {
			t.Error(err)
		}
	}
}

// Regression 6: a failure of Redis is logged once, and look-ups leave it alone for a
// while.
func TestFailureIsLoggedOnce(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	c := client(t, "redis://127.0.0.1:1/0")
	b := newBelow(t, "a")
	s := process(t, b, c, redisstore.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	for range 50 {
		get(t, s, "a")
		find(t, s, "a")
	}
	if n := strings.Count(log.String(), "level=ERROR"); n != 1 || s.Stats().Errors != 1 {
		t.Errorf("%d lines, %+v:\n%s", n, s.Stats(), log.String())
	}
}

// Every process sees what was written before it asked, whoever wrote it, while several
// read and write the same tenants.
func TestLinearizable(t *testing.T) {
	t.Parallel()
	prefix, c := shared(t)
	const tenants = 3
	b := newBelow(t)
	var latest [tenants]atomic.Int64 // the newest version of which a write has returned
	for i := range tenants {
		create(t, b, fmt.Sprint(i))
		latest[i].Store(1)
	}
	var wg sync.WaitGroup
	var stats [2]*redisstore.Store
	for p := range stats {
		s := process(t, b, c, redisstore.Options{Prefix: prefix})
		stats[p] = s
		// The second writes nothing, and so believes what Redis says.
		kinds := []int{20, 18}[p]
		for range 6 {
			wg.Go(func() {
				for range 150 {
					i := rand.IntN(tenants)
					id := fmt.Sprint(i)
					atLeast := latest[i].Load()
					var got runtime.Tenant
					var err error
					switch n := rand.IntN(kinds); {
					case n < 9:
						got, err = s.Get(t.Context(), id)
					case n < 18:
						got, err = s.GetByIdentifier(t.Context(), slug(id))
					default:
						patch, _ := runtime.NewMetadata(map[string]any{"k": rand.Int()})
						got, err = s.MergeMetadata(t.Context(), id, patch)
						if err == nil {
							for old := latest[i].Load(); old < got.Version && !latest[i].CompareAndSwap(old, got.Version); old = latest[i].Load() {
							}
						}
					}
					if err != nil || got.ID != id || got.Version < atLeast {
						t.Errorf("%v of version %d, and %d was written before: %v", got, got.Version, atLeast, err)
						return
					}
				}
			})
		}
	}
	wg.Wait()
	if stats[0].Stats().Hits == 0 || stats[0].Stats().Errors != 0 {
		t.Errorf("%+v", stats[0].Stats())
	}
}

// A read that began before a change and ends after it does not bring the old tenant
// back, for whoever reads next. Without a change, the control, it is stored.
func TestChangeDuringRead(t *testing.T) {
	t.Parallel()
	prefix, c := shared(t)
	for _, by := range []string{"id", "identifier", "confirm"} {
		for _, during := range []string{"nothing", "change", "failed change", "loss and change"} {
			id := strings.ReplaceAll(by+"-"+during, " ", "-")
			b := newBelow(t, id)
			reader, writer := process(t, b, c, redisstore.Options{Prefix: prefix}), process(t, b, c, redisstore.Options{Prefix: prefix})
			ctx := t.Context()
			switch by {
			case "identifier":
				find(t, reader, id) // so that its id is known
			case "confirm":
				get(t, reader, id)
				if err := c.PExpire(ctx, reader.Key(id), time.Minute).Err(); err != nil {
					t.Fatal(err)
				}
			}
			b.hold(func(context.Context) error {
				b.hold(nil)
				switch during {
				case "change":
					suspend(t, writer, id)
				case "failed change":
					if _, err := writer.SetStatus(ctx, id, runtime.StatusProvisioning); !errors.Is(err, runtime.ErrTransition) {
						t.Error(err)
					}
				case "loss and change":
					// Redis loses everything, others read, and the change comes.
					c.Del(ctx, reader.Key(id))
					suspend(t, writer, id)
					c.Del(ctx, reader.Key(id))
				}
				return nil
			})
			if by == "identifier" {
				find(t, reader, id)
			} else {
				get(t, reader, id)
			}
			reads := b.count()
			// A process that has written nothing believes what Redis says.
			got := get(t, process(t, b, c, redisstore.Options{Prefix: prefix}), id)
			if want := during == "change" || during == "loss and change"; (got.Status == runtime.StatusSuspended) != want {
				t.Errorf("%s, %s: %v", by, during, got)
			}
			if during == "nothing" && b.count() != reads {
				t.Errorf("%s: what was read was not stored", by)
			}
		}
	}
}

// Two writes at once, in every order of their ends, leave no old entry.
func TestWritesAtOnce(t *testing.T) {
	t.Parallel()
	prefix, c := shared(t)
	for _, lost := range []bool{false, true} {
		for _, firstEndsFirst := range []bool{false, true} {
			id := fmt.Sprintf("%v-%v", lost, firstEndsFirst)
			b := newBelow(t, id)
			o := redisstore.Options{Prefix: prefix}
			committed := [2]chan struct{}{make(chan struct{}), make(chan struct{})}
			goOn := [2]chan struct{}{make(chan struct{}), make(chan struct{})}
			var wg [2]sync.WaitGroup
			// Both mark, the second commits before the first, and they end in any order.
			var marked sync.WaitGroup
			marked.Add(2)
			for i := range 2 {
				s := process(t, &slowWrites{below: b, before: func() {
					marked.Done()
					marked.Wait()
					if i == 0 {
						<-committed[1]
					}
				}, after: func() { close(committed[i]); <-goOn[i] }}, c, o)
				wg[i].Go(func() {
					patch, _ := runtime.NewMetadata(map[string]any{"writer": i})
					if _, err := s.MergeMetadata(t.Context(), id, patch); err != nil {
						t.Error(err)
					}
				})
			}
			<-committed[0]
			reader := process(t, b, c, o)
			if lost {
				c.Del(t.Context(), reader.Key(id))
			}
			first, second := 0, 1
			if !firstEndsFirst {
				first, second = 1, 0
			}
			close(goOn[first])
			wg[first].Wait()
			if lost {
				c.Del(t.Context(), reader.Key(id))
			}
			close(goOn[second])
			wg[second].Wait()
			for range 3 {
				if got := get(t, reader, id); got.Version != 3 || !strings.Contains(got.Metadata.JSON(), "0") {
					t.Errorf("lost %v, first ends first %v: %v of version %d, %s", lost, firstEndsFirst, got, got.Version, got.Metadata)
				}
			}
		}
	}
}

// slowWrites holds up merges.
type slowWrites struct {
	*below
	before, after func()
}

func (s *slowWrites) MergeMetadata(ctx context.Context, id string, patch runtime.Metadata) (runtime.Tenant, error) {
	s.before()
	t, err := s.below.MergeMetadata(ctx, id, patch)
	s.after()
	return t, err
}

// Case 60: what a process remembers of its writes is bounded, and Redis keeps nothing
// for made-up ids for long.
func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	prefix, c := shared(t)
	s := process(t, newBelow(t, "a"), c, redisstore.Options{Prefix: prefix})
	ids := make([]string, 10_500)
	for i := range ids {
		ids[i] = fmt.Sprint("made-up-", i)
	}
	down := process(t, &failing{newBelow(t)}, client(t, "redis://127.0.0.1:1/0"), redisstore.Options{})
	if _, err := down.SetStatusMany(t.Context(), ids, runtime.StatusSuspended); !errors.Is(err, errDown) {
		t.Fatal(err)
	}
	if n := down.Floors(); n > 10_000 || n == 0 {
		t.Errorf("%d floors", n)
	}
	if _, err := s.Get(t.Context(), "made-up"); !errors.Is(err, runtime.ErrTenantNotFound) {
		t.Fatal(err)
	}
	if left, err := c.PTTL(t.Context(), s.Key("made-up")).Result(); left > 10*time.Second || err != nil {
		t.Errorf("a made-up id is kept for %v, %v", left, err)
	}
	long := strings.Repeat("x", 1<<20)
	_, _ = s.Get(t.Context(), long)
	_, _ = s.GetMany(t.Context(), []string{long, ""})
	if n, err := c.Exists(t.Context(), s.Key(long), s.Key("")).Result(); n != 0 || err != nil {
		t.Errorf("%d keys of ids that no tenant can have, %v", n, err)
	}
}

// failing is a store of which nobody knows whether it has written.
type failing struct{ *below }

func (f *failing) SetStatusMany(context.Context, []string, runtime.Status) ([]runtime.Tenant, error) {
	return nil, errDown
}

func TestHitRate(t *testing.T) {
	t.Parallel()
	prefix, c := shared(t)
	s := process(t, newBelow(t, "a"), c, redisstore.Options{Prefix: prefix})
	get(t, s, "a")
	get(t, s, "a")
	if d := cmp.Diff(redisstore.Stats{Hits: 1, Misses: 1}, s.Stats()); d != "" || s.Stats().HitRate() != 0.5 || (redisstore.Stats{}).HitRate() != 0 {
		t.Errorf("-want +got:\n%s", d)
	}
}

// A cluster has every key in the slot of its own.
func TestCluster(t *testing.T) {
	t.Parallel()
	var addresses []string
	for _, node := range testredis.Cluster(t) {
		addresses = append(addresses, node.Address())
	}
	c := redis.NewClusterClient(&redis.ClusterOptions{Addrs: addresses, ContextTimeoutEnabled: true})
	t.Cleanup(func() { _ = c.Close() })
	b := newBelow(t)
	one, other := process(t, b, c, redisstore.Options{}), process(t, b, c, redisstore.Options{})
	var ids []string
	for i := range 20 {
		id := fmt.Sprintf("{%d}x", i)
		a := tenant(fmt.Sprint(i))
		a.ID = id
		if _, err := one.Create(t.Context(), a, 0); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if got, err := other.GetMany(t.Context(), ids); err != nil || len(got) != 20 {
		t.Errorf("%v, %v", got, err)
	}
	if n := b.count(); n != 0 {
		t.Errorf("%d reads after the entries were made", n)
	}
	if _, err := one.SetStatusMany(t.Context(), ids, runtime.StatusSuspended); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if get(t, other, id).Check() == nil {
			t.Error("still active")
		}
	}
	if one.Stats().Errors != 0 || other.Stats().Errors != 0 || other.Stats().Hits != 40 {
		t.Errorf("%+v, %+v", one.Stats(), other.Stats())
	}
}

func BenchmarkHit(b *testing.B) {
	prefix := strings.TrimSuffix(testredis.Prefix(b), ":")
	c := client(b, testredis.URL(b))
	s := process(b, newBelow(b, "a"), c, redisstore.Options{Prefix: prefix})
	get(b, s, "a")
	b.Run("ping", func(b *testing.B) {
		for b.Loop() {
			if err := c.Ping(b.Context()).Err(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("id", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			get(b, s, "a")
		}
	})
}
