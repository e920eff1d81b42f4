package dynamic

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/tenancygen/tenancygen/runtime"
)

var notes = fstest.MapFS{
	"tenancy.yaml": {Data: []byte("version: \"1\"\nengine: postgresql\nschema: schema.sql\ntenant: {column: tenant_id}\ngo: {package: gen, out: gen}\n")},
	"schema.sql":   {Data: []byte("CREATE TABLE notes (id int PRIMARY KEY, tenant_id uuid NOT NULL, body text NOT NULL);")},
}

func notesFilter(t testing.TB) *Filter {
	t.Helper()
	f, err := New(notes, "tenancy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

var ann = runtime.Tenant{ID: "aaaaaaaa-0000-4000-8000-000000000001"}

// held is how many texts a cache holds.
func (c *cache) held() int { return len(c.young) + len(c.old) }

func TestCacheIsBounded(t *testing.T) {
	t.Parallel()
	c := cache{limit: 100 * (perEntry + 10)}
	often := strings.Repeat("a", 10)
	c.put(often, &statement{})
	for i := range 10_000 {
		c.put(fmt.Sprintf("%010d", i), &statement{})
		if n := c.held(); n > 201 {
			t.Fatalf("after %d it holds %d", i, n)
		}
		if i%50 == 0 && c.get(often) == nil {
			t.Fatalf("after %d it has forgotten what is used often", i)
		}
	}
	if c.get(fmt.Sprintf("%010d", 0)) != nil {
		t.Error("it has not forgotten what is not used")
	}
	if c.get(fmt.Sprintf("%010d", 9_999)) == nil {
		t.Error("it has forgotten the last one")
	}
}

// TestCachesOfFilter holds that tenants and arguments are no part of the key, that
// the text is all of it, and that refused texts do not drive out accepted ones.
func TestCachesOfFilter(t *testing.T) {
	t.Parallel()
	f := notesFilter(t)
	f.refused.limit = 50 * (perEntry + 30)
	for _, id := range []string{ann.ID, "bbbbbbbb-0000-4000-8000-000000000001"} {
		for arg := range 10 {
			if _, args, err := f.Filter(runtime.Query{SQL: "SELECT body FROM notes WHERE id = $1", Args: []any{arg}}, runtime.Tenant{ID: id}); err != nil || args[1] != id {
				t.Fatal(args, err)
			}
		}
	}
	if n := f.accepted.held(); n != 1 {
		t.Errorf("%d texts for one", n)
	}
	first := f.accepted.get("SELECT body FROM notes WHERE id = $1")
	for i := range 1_000 {
		if _, _, err := f.Filter(runtime.Query{SQL: fmt.Sprintf("SELECT %d FROM nothing", i)}, ann); err == nil {
			t.Fatal("accepted")
		}
	}
	if n := f.refused.held(); n == 0 || n > 101 {
		t.Errorf("%d refused texts are held", n)
	}
	if f.accepted.get("SELECT body FROM notes WHERE id = $1") != first {
		t.Error("refused texts have driven it out")
	}
	if _, _, err := f.Filter(runtime.Query{SQL: strings.Repeat(" ", maxText) + "SELECT 1"}, ann); err == nil || f.refused.get(strings.Repeat(" ", maxText)+"SELECT 1") != nil {
		t.Error("a text that is too long is held", err)
	}
}

// TestFilterConcurrently has many goroutines with few texts and small caches.
func TestFilterConcurrently(t *testing.T) {
	t.Parallel()
	f := notesFilter(t)
	f.accepted.limit, f.refused.limit = 5*perEntry, 5*perEntry
	var wait sync.WaitGroup
	for g := range 8 {
		wait.Go(func() {
			tenant := runtime.Tenant{ID: fmt.Sprintf("aaaaaaaa-0000-4000-8000-%012d", g)}
			for i := range 300 {
				n := i % 17
				want := fmt.Sprintf("SELECT %d FROM notes WHERE notes.tenant_id = $1::uuid", n)
				text, args, err := f.Filter(runtime.Query{SQL: fmt.Sprintf("SELECT %d FROM notes", n)}, tenant)
				if err != nil || text.SQL != want || len(args) != 1 || args[0] != tenant.ID {
					t.Error(text, args, err)
				}
				if _, _, err := f.Filter(runtime.Query{SQL: fmt.Sprintf("SELECT %d FROM nothing", n)}, tenant); err == nil {
					t.Error("accepted")
				}
			}
		})
	}
	wait.Wait()
}

// A hit in the cache allocates the arguments, and the tenant's id in them.
func TestAllocationsOfHit(t *testing.T) {
	f := notesFilter(t)
	q := runtime.Query{SQL: "SELECT body FROM notes WHERE id = $1", Args: []any{1}}
	if n := testing.AllocsPerRun(100, func() { _, _, _ = f.Filter(q, ann) }); n > 2 {
		t.Errorf("%v allocations", n)
	}
}

const longQuery = `SELECT n.id, n.body, count(*) OVER () AS all_of_them
FROM notes AS n
LEFT JOIN notes AS before ON before.id = n.id - 1
WHERE n.body ILIKE '%' || $1 || '%' AND n.id > $2
ORDER BY n.body, n.id DESC
LIMIT $3 OFFSET $4`

func BenchmarkHit(b *testing.B) {
	f := notesFilter(b)
	q := runtime.Query{SQL: longQuery, Args: []any{"a", 1, 10, 0}}
	b.Run("one", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, _, err := f.Filter(q, ann); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, _, err := f.Filter(q, ann); err != nil {
					b.Error(err)
				}
			}
		})
	})
}

func BenchmarkMiss(b *testing.B) {
	f := notesFilter(b)
	b.ReportAllocs()
	for b.Loop() {
		if s := f.compiler.compile(longQuery); s.refused != nil {
			b.Fatal(s.refused)
		}
	}
}
