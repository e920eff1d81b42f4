package cachestore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/store/cachestore"
)

// Case 54: a change of one process is seen in another one when the message arrives,
// whatever the change is; also an old identifier leads nowhere then.
func TestChangesOfOthers(t *testing.T) {
	t.Parallel()
	for name, write := range writes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, bus := newBelow(tenant("a")), &bus{}
			here, there := cache(t, b, cachestore.Options{Bus: bus}), cache(t, b, cachestore.Options{Bus: bus})
			old := get(t, there, "a")
			find(t, there, "slug-a")
			if err := write(t.Context(), here); err != nil {
				t.Fatal(err)
			}
			byID, _ := there.Get(t.Context(), "a")
			bySlug, _ := there.GetByIdentifier(t.Context(), old.Identifier)
			if byID == old || bySlug == old {
				t.Errorf("not seen: %v, %v", byID, bySlug)
			}
		})
	}
	b, bus := newBelow(tenant("a")), &bus{}
	here, there := cache(t, b, cachestore.Options{Bus: bus}), cache(t, b, cachestore.Options{Bus: bus})
	nobody(t, there, "renamed")
	a := find(t, there, "slug-a")
	a.Identifier = runtime.MustIdentifier("renamed")
	if _, err := here.Update(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	nobody(t, there, "slug-a")
	find(t, there, "renamed")
	// Case 56: so is a new tenant of which it was known that it is not there.
	nobody(t, there, "slug-b")
	if _, err := here.Create(t.Context(), tenant("b"), 0); err != nil {
		t.Fatal(err)
	}
	find(t, there, "slug-b")
}

// Cases 54 and 56: where messages are lost, a change is seen after TTL and a new tenant
// after NegativeTTL. Before, they are not: this test would see a cache that keeps
// nothing.
func TestLostMessages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, bus := newBelow(tenant("a")), &bus{deaf: true}
		here, there := cache(t, b, cachestore.Options{Bus: bus}), cache(t, b, cachestore.Options{Bus: bus})
		get(t, there, "a")
		find(t, there, "slug-a")
		nobody(t, there, "slug-b")
		if _, err := here.SetStatus(t.Context(), "a", runtime.StatusSuspended); err != nil {
			t.Fatal(err)
		}
		if _, err := here.Create(t.Context(), tenant("b"), 0); err != nil {
			t.Fatal(err)
		}
		if get(t, here, "a").Check() == nil || find(t, here, "slug-b").ID != "b" {
			t.Error("not seen where it was done")
		}
		if get(t, there, "a").Check() != nil {
			t.Error("seen before TTL")
		}
		nobody(t, there, "slug-b")
		time.Sleep(5 * time.Second)
		find(t, there, "slug-b")
		time.Sleep(55 * time.Second)
		if get(t, there, "a").Check() == nil || find(t, there, "slug-a").Check() == nil {
			t.Error("not seen after TTL")
		}
	})
}

// Who was cut off forgets everything, and so does who gets a message that cannot be
// read.
func TestForgetEverything(t *testing.T) {
	t.Parallel()
	for _, message := range []string{"", "{", `{"changes":[]}`, `{"changes":[{"id":""}]}`, `{"changes":[{"id":"x","identifier":"NO"}]}`, "[]", "null"} {
		b, bus := newBelow(tenant("a")), &bus{}
		s := cache(t, b, cachestore.Options{Bus: bus})
		get(t, s, "a")
		nobody(t, s, "slug-b")
		b.set(tenant("b"))
		var text []byte
		if message != "" {
			text = []byte(message)
		}
		if err := bus.Publish(t.Context(), text); err != nil {
			t.Fatal(err)
		}
		if n := s.Stats(); n.Size != 0 || n.Absent != 0 {
			t.Errorf("%q: %+v", message, n)
		}
		find(t, s, "slug-b")
	}
	// The control: a message about others drops nothing.
	b, bus := newBelow(tenant("a")), &bus{}
	s := cache(t, b, cachestore.Options{Bus: bus})
	get(t, s, "a")
	if err := bus.Publish(t.Context(), []byte(`{"changes":[{"id":"x"}]}`)); err != nil || s.Stats().Size != 1 {
		t.Error(err, s.Stats())
	}
}

// Regression 6: a Bus that is down is logged once for each write and is no error; the
// write is seen where it was made.
func TestBrokenBus(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	b, bus := newBelow(tenant("a")), &bus{broken: errors.New("connection refused")}
	s := cache(t, b, cachestore.Options{Bus: bus, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	get(t, s, "a")
	if _, err := s.SetStatus(t.Context(), "a", runtime.StatusSuspended); err != nil {
		t.Fatal(err)
	}
	if get(t, s, "a").Check() == nil {
		t.Error("still active")
	}
	if n := strings.Count(log.String(), "level=ERROR"); n != 1 {
		t.Errorf("%d lines:\n%s", n, log.String())
	}
}

// A change of many tenants is several messages, each of which everybody can carry.
func TestManyChanges(t *testing.T) {
	t.Parallel()
	b, bus := newBelow(), &bus{}
	here, there := cache(t, b, cachestore.Options{Bus: bus}), cache(t, b, cachestore.Options{Bus: bus})
	ids := make([]string, 120)
	for i := range ids {
		ids[i] = runtime.NewID()
		a := tenant(fmt.Sprint(i))
		a.ID = ids[i]
		b.set(a)
		get(t, there, ids[i])
	}
	sizes := 0
	defer bus.Subscribe(func(message []byte) {
		if message != nil {
			sizes++
		}
		if len(message) > 8000 {
			t.Errorf("a message of %d bytes", len(message))
		}
	})()
	if _, err := here.SetStatusMany(t.Context(), ids, runtime.StatusSuspended); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if get(t, there, id).Check() == nil {
			t.Fatal("still active")
		}
	}
	if sizes != 3 {
		t.Errorf("%d messages", sizes)
	}
}

// Watchers hear of changes here and elsewhere, may use the store meanwhile, and are not
// told after they stopped.
func TestWatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, bus := newBelow(tenant("a"), tenant("b")), &bus{}
		here, there := cache(t, b, cachestore.Options{Bus: bus}), cache(t, b, cachestore.Options{Bus: bus})
		var heard []string
		stop := here.Watch(func(id string) {
			if id == "a" && len(heard) == 0 {
				_, _ = here.SetStatus(t.Context(), "b", runtime.StatusActive)
			}
			heard = append(heard, id)
		})
		suspend := func(s runtime.Store, id string) {
			if _, err := s.SetStatus(t.Context(), id, runtime.StatusSuspended); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		suspend(here, "a")
		suspend(there, "b")
		_ = bus.Publish(t.Context(), nil)
		synctest.Wait()
		if _, err := here.SetStatus(t.Context(), "x", runtime.StatusActive); err == nil {
			t.Error("changed what is not there")
		}
		ids := make([]string, 2000)
		for i := range ids {
			ids[i] = fmt.Sprint(i)
		}
		_, _ = here.SetStatusMany(t.Context(), ids, runtime.StatusActive)
		synctest.Wait()
		if got := fmt.Sprintf("%q", heard); got != `["a" "b" "b" "" ""]` {
			t.Errorf("heard %s", got)
		}
		stop()
		stop()
		suspend(there, "a")
		if len(heard) != 5 {
			t.Errorf("heard %q after the end", heard[5:])
		}
	})
}

// A change of status that is stored, and waits for what is at work, is seen everywhere
// before it returns.
func TestChangeThatTakesLong(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(ctx context.Context, s runtime.Store) error{
		"SetStatus": writes["SetStatus"], "SetStatusMany": writes["SetStatusMany"], "Delete": writes["Delete"],
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b, bus := newBelow(tenant("a")), &bus{}
				here, there := cache(t, draining{b}, cachestore.Options{Bus: bus}), cache(t, b, cachestore.Options{Bus: bus})
				get(t, here, "a")
				get(t, there, "a")
				returned := make(chan error, 1)
				go func() { returned <- change(t.Context(), here) }()
				time.Sleep(900 * time.Millisecond)
				if get(t, there, "a").Check() != nil {
					t.Error("seen before it was told")
				}
				time.Sleep(200 * time.Millisecond)
				for _, s := range []runtime.Store{here, there} {
					if got, err := s.Get(t.Context(), "a"); err == nil && got.Check() == nil {
						t.Error("active while the change waits")
					}
				}
				select {
				case err := <-returned:
					t.Fatal("it did not wait", err)
				default:
				}
				if err := <-returned; err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// draining is a store that returns half a minute after it has stored a change.
type draining struct{ *below }

func (d draining) SetStatus(ctx context.Context, id string, to runtime.Status, from ...runtime.Status) (runtime.Tenant, error) {
	defer time.Sleep(30 * time.Second)
	return d.below.SetStatus(ctx, id, to, from...)
}

func (d draining) SetStatusMany(ctx context.Context, ids []string, to runtime.Status) ([]runtime.Tenant, error) {
	defer time.Sleep(30 * time.Second)
	return d.below.SetStatusMany(ctx, ids, to)
}

func (d draining) Delete(ctx context.Context, id string) error {
	defer time.Sleep(30 * time.Second)
	return d.below.Delete(ctx, id)
}
