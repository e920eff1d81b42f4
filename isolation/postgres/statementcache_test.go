package postgres

import (
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"
	"pgregory.net/rapid"

	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
)

// The cache does what a slice does that is searched from the front.
func TestStatementCache(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		capacity := rapid.IntRange(1, 5).Draw(t, "capacity")
		cache := newStatementCache(capacity)
		var model []*statement // the last used first
		var dropped []string
		forget := func(i int) {
			if name := model[i].description.Name; name != "" {
				dropped = append(dropped, name)
			}
			model = slices.Delete(model, i, i+1)
		}
		keys := rapid.Custom(func(t *rapid.T) statementKey {
			return statementKey{
				space: namespace.Space{Schema: rapid.SampledFrom([]string{"", "a"}).Draw(t, "schema")},
				sql:   strconv.Itoa(rapid.IntRange(0, 4).Draw(t, "sql")),
			}
		})
		find := func(key statementKey) int {
			return slices.IndexFunc(model, func(s *statement) bool { return s.key == key })
		}
		made := 0
		t.Repeat(map[string]func(*rapid.T){
			"get": func(t *rapid.T) {
				key := keys.Draw(t, "key")
				var want *statement
				if i := find(key); i >= 0 {
					want = model[i]
					model = slices.Insert(slices.Delete(model, i, i+1), 0, want)
				}
				if got := cache.get(key); got != want {
					t.Fatalf("get(%v) = %v, want %v", key, got, want)
				}
			},
			"put": func(t *rapid.T) {
				s := &statement{key: keys.Draw(t, "key"), description: &pgconn.StatementDescription{}}
				if rapid.Bool().Draw(t, "named") {
					made++
					s.description.Name = strconv.Itoa(made)
				}
				if i := find(s.key); i >= 0 {
					forget(i)
				} else if len(model) == capacity {
					forget(capacity - 1)
				}
				model = slices.Insert(model, 0, s)
				cache.put(s)
			},
			"remove": func(t *rapid.T) {
				key := keys.Draw(t, "key")
				if i := find(key); i >= 0 {
					forget(i)
				}
				cache.remove(key)
			},
			"clear": func(*rapid.T) {
				for len(model) > 0 {
					forget(0)
				}
				cache.clear()
			},
			"take": func(t *rapid.T) {
				if d := cmp.Diff(dropped, cache.takeDropped()); d != "" {
					t.Fatalf("dropped (-want +got):\n%s", d)
				}
				dropped = nil
			},
			"": func(t *rapid.T) {
				if len(cache.held.entries) != len(model) || cache.held.len() != len(model) {
					t.Fatalf("%d and %d statements, want %d", len(cache.held.entries), cache.held.len(), len(model))
				}
			},
		})
	})
}

// Names are told apart by the text and nothing else, and fit an identifier.
func TestStatementName(t *testing.T) {
	t.Parallel()
	a, b := statementName("SELECT 1"), statementName("SELECT 2")
	if a == b || a != statementName("SELECT 1") || len(a) > 63 {
		t.Error(a, b)
	}
}

// An error of values leaves a statement known; others do not, so that what changed
// in the database is looked up again.
func TestAboutData(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]bool{
		"22012": true, "22P02": true, "23505": true, "40001": true, "P0001": true, "42501": true,
		"22P03": false, "0A000": false, "26000": false, "42883": false, "42P01": false, "08P01": false, "57014": false, "": false, "2": false,
	} {
		if got := aboutData(code); got != want {
			t.Errorf("aboutData(%q) = %v", code, got)
		}
	}
}

// A statement is wanted at its third use, unless too many others come between.
func TestWanted(t *testing.T) {
	t.Parallel()
	cache := newStatementCache(2)
	key := func(i int) statementKey {
		return statementKey{space: namespace.Space{Schema: strconv.Itoa(i)}, sql: "SELECT"}
	}
	var got []bool
	for range usesToHold {
		got = append(got, cache.wanted(key(0)))
	}
	cache.put(&statement{key: key(0), description: &pgconn.StatementDescription{}})
	got = append(got, cache.wanted(key(0))) // counted anew once it was held
	for range usesToHold + 1 {
		for i := range 2*seenPerHeld + 1 {
			if cache.wanted(key(i)) {
				t.Fatalf("%d is wanted among too many", i)
			}
		}
	}
	if d := cmp.Diff([]bool{false, false, true, false}, got); d != "" {
		t.Errorf("wanted (-want +got):\n%s", d)
	}
}
