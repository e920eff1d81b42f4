package dynamic

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/certify"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/parse"
	"github.com/tenancygen/tenancygen/generator/project"
	"github.com/tenancygen/tenancygen/generator/source"
	"github.com/tenancygen/tenancygen/internal/equivalence"
	"github.com/tenancygen/tenancygen/internal/testpg"
	"github.com/tenancygen/tenancygen/runtime"
)

func TestMain(m *testing.M) { testpg.Main(m) }

// The projects of the repository whose statements are filtered, as their authors
// wrote them but for the names of parameters.
var (
	examples = filepath.Join("..", "..", "examples")
	oracle   = filepath.Join("..", "..", "internal", "equivalence", "testdata")
)

// stricter are the statements that generated methods refuse at run time, too, where
// the author's runs: see docs/scoping.md, "Foreign keys between tenants' tables".
var stricter = []equivalence.Known{
	{Statement: "ChildOfNewParent", Kind: equivalence.Failure, Reason: "a look-up does not see what the same statement inserts"},
	{Statement: "TagInsert", Kind: equivalence.Failure, Reason: "a key that is NULL makes a row nobody's"},
	{Statement: "CopyTags", Kind: equivalence.Failure, Reason: "a key that is NULL makes a row nobody's"},
	{Statement: "TagMove", Kind: equivalence.Failure, Reason: "a key that is NULL makes a row nobody's"},
}

// authored returns a filter for a project, its schema, and its statements for one
// tenant.
func authored(t *testing.T, dir string) (f *Filter, schema string, texts []*parse.QueryText) {
	t.Helper()
	f, err := New(os.DirFS(dir), "tenancy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var report diag.Report
	_, files := project.Within(os.DirFS(dir), "tenancy.yaml", &report)
	for _, file := range files {
		schema += file.Text + ";\n"
	}
	paths, err := filepath.Glob(filepath.Join(dir, "queries", "*.sql"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range parse.QueryFile(parse.PostgreSQL, source.NewFile(path, string(text)), &report) {
			if !q.Unscoped {
				texts = append(texts, q)
			}
		}
	}
	if report.HasErrors() || len(texts) == 0 {
		t.Fatal(len(texts), report.Sorted())
	}
	return f, schema, texts
}

// filtered are the statements that the filter accepts for a tenant, for the oracle.
func filtered(t *testing.T, f *Filter, texts []*parse.QueryText, tenant runtime.Tenant) []*equivalence.Statement {
	t.Helper()
	var list []*equivalence.Statement
	for _, q := range texts {
		text, args, err := f.Filter(runtime.Query{SQL: q.Text, Args: make([]any, q.Count)}, tenant)
		if err != nil {
			t.Logf("%s: %v", q.Name, err)
			continue
		}
		st := &equivalence.Statement{Name: q.Name, Original: q.Text, Scoped: text.SQL, Params: make([]equivalence.Param, q.Count)}
		if len(args) > q.Count {
			st.Tenant = len(args)
		}
		for _, use := range q.Params {
			st.Params[use.Number-1].Name = use.Name
		}
		seen := map[*catalog.Table]bool{}
		for _, r := range certify.Check(text.SQL, st.Tenant, f.compiler.catalog).References {
			if !seen[r.Table] {
				seen[r.Table] = true
				st.Tables = append(st.Tables, r.Table)
			}
		}
		list = append(list, st)
	}
	return list
}

// compared runs statements on a server, and returns how many comparisons there were,
// and what differs from the definition of correct.
func compared(t *testing.T, lab *equivalence.Lab, list []*equivalence.Statement, tenants []string) (n int, found []*equivalence.Difference) {
	t.Helper()
	var mu sync.Mutex
	t.Run("tenants", func(t *testing.T) {
		for _, tenant := range tenants {
			t.Run(tenant, func(t *testing.T) {
				t.Parallel()
				pair := lab.Pair(t, tenant)
				for _, st := range list {
					lists, err := pair.Arguments(t.Context(), st, 15)
					if err != nil {
						t.Error(err)
						continue
					}
					for _, args := range lists {
						outcome, err := pair.Compare(t.Context(), st, args)
						if err != nil {
							t.Fatal(err)
						}
						mu.Lock()
						n++
						if outcome.Difference != nil {
							found = append(found, outcome.Difference)
						}
						mu.Unlock()
					}
				}
			})
		}
	})
	return n, found
}

// TestEquivalence holds filtered statements against the definition of
// correct: as a tenant on the shared database they do what the author's do where there
// are only that tenant's rows.
func TestEquivalence(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, dir, data string
		tenants         []string
		known           []equivalence.Known
	}{
		{"example", examples, filepath.Join(oracle, "invoicing.sql"), []string{"00000000-0000-4000-8000-000000000002", "00000000-0000-4000-8000-000000000004"}, nil},
		{"nasty", filepath.Join(oracle, "nasty"), filepath.Join(oracle, "nasty", "data.sql"), []string{"2"}, stricter},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f, schema, texts := authored(t, tt.dir)
			list := filtered(t, f, texts, runtime.Tenant{ID: tt.tenants[0]})
			data, err := os.ReadFile(tt.data)
			if err != nil {
				t.Fatal(err)
			}
			lab := equivalence.New(t, equivalence.Project{Catalog: f.compiler.catalog, Schema: schema, Data: string(data)})
			n, found := compared(t, lab, list, tt.tenants)
			t.Logf("%d of %d statements, %d comparisons", len(list), len(texts), n)
			if len(list) < len(texts)*9/10 {
				t.Errorf("only %d of %d statements are accepted", len(list), len(texts))
			}
			unexpected, unseen := equivalence.Sort(found, tt.known)
			for _, d := range unexpected {
				t.Errorf("%s", d)
			}
			for _, k := range unseen {
				t.Errorf("%s no longer differs: %s", k.Statement, k.Reason)
			}
		})
	}
}

// TestUnfiltered is the control: as their authors wrote them, statements are seen to
// read and write other tenants' rows.
func TestUnfiltered(t *testing.T) {
	t.Parallel()
	f, schema, texts := authored(t, examples)
	list := filtered(t, f, texts, ann)
	tenants := 0
	for _, st := range list {
		if st.Tenant > 0 {
			tenants++
		}
		st.Scoped, st.Tenant = st.Original, 0
	}
	data, err := os.ReadFile(filepath.Join(oracle, "invoicing.sql"))
	if err != nil {
		t.Fatal(err)
	}
	lab := equivalence.New(t, equivalence.Project{Catalog: f.compiler.catalog, Schema: schema, Data: string(data)})
	_, found := compared(t, lab, list, []string{"00000000-0000-4000-8000-000000000002"})
	differ := map[string]bool{}
	for _, d := range found {
		differ[d.Statement.Name] = true
	}
	if len(differ) < tenants*3/4 {
		t.Errorf("%d of %d statements differ: %s", len(differ), tenants, strings.Join(names(differ), ", "))
	}
}

func names(set map[string]bool) []string {
	var list []string
	for name := range set {
		list = append(list, name)
	}
	return list
}
