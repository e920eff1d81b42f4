package generator

import (
	"flag"
	"fmt"
	"go/types"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/tenancygen/tenancygen/generator/analyze/sqlcproc"
	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/config"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/source"
	"github.com/tenancygen/tenancygen/internal/goapi"
)

var tenantEvery = flag.Int("sqlctenant.every", 6, "give every n-th case of sqlc's own a tenant")

// tenantCounts are what became of the statements of the cases.
type tenantCounts struct {
	mutex              sync.Mutex
	cases              map[string]int // by sql_package or engine, and what became of them
	onTenant, onGlobal int            // methods
	refused            map[diag.Code]int
}

// TestSQLCTenant gives one table of each of sqlc's own test projects a tenant
// column, and the other tables to everybody. What is generated has to compile, and
// what uses that table has to be on the tenant's handle alone.
func TestSQLCTenant(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..", "shared", "corpora", "sqlc")
	if _, err := os.Stat(root); err != nil {
		t.Skip("the projects of sqlc are not beside the repository")
	}
	counts := &tenantCounts{cases: map[string]int{}, refused: map[diag.Code]int{}}
	copies := t.TempDir()
	t.Cleanup(func() {
		t.Logf("cases: %v; methods of the tenant's table: %d, others: %d; statements refused by code: %v",
			counts.cases, counts.onTenant, counts.onGlobal, counts.refused)
		for _, kind := range []string{"pgx/v5", "database/sql", "mysql", "sqlite"} {
			if counts.cases[kind+" generated"] == 0 {
				t.Errorf("no case for %s is generated", kind)
			}
		}
		if counts.onTenant == 0 {
			t.Error("no method is on the tenant's handle")
		}
	})
	for i, c := range apiCases(t, root) {
		if c.skip != "" || i%*tenantEvery != 0 {
			continue
		}
		t.Run(c.label, func(t *testing.T) {
			t.Parallel()
			c.copyTo(t, filepath.Join(copies, strconv.Itoa(i)))
			what := counts.generate(t, c)
			counts.mutex.Lock()
			defer counts.mutex.Unlock()
			counts.cases[c.kind+" "+what]++
		})
	}
}

// generate compiles a case with a tenant, and says what became of it.
func (counts *tenantCounts) generate(t *testing.T, c *apiCase) string {
	t.Helper()
	var report diag.Report
	in := read(c.tenancy(t), &report)
	if in == nil || report.HasErrors() {
		return "not read"
	}
	table := mostUsed(in)
	if table == nil {
		return "without a table in a statement"
	}
	in.Schema = append(in.Schema, withTenantColumn(loadCatalog(in, &report).Dialect, table))
	in.Config.Tables = classes(in, table)
	// What is refused is left out, until the rest generates: first by scoping, then by
	// the analysis.
	for range 4 {
		var report diag.Report
		result, err := Compile(t.Context(), in, Options{Engine: sqlcproc.New([]string{os.Args[0], sqlcChild})}, &report)
		switch {
		case err != nil && strings.HasSuffix(err.Error(), ": use rename"):
			return "two names are one in Go"
		case err != nil && strings.HasSuffix(err.Error(), ": cast it to one"):
			return "a parameter has two types in Go"
		case err != nil:
			t.Fatal(err)
		case !report.HasErrors():
			counts.check(t, c, table, result)
			return "generated"
		}
		left := counts.refuse(t, in, &report)
		if left == nil {
			t.Logf("the schema is refused: %s", firstError(&report))
			return "the schema is refused"
		}
		in.Queries = left
		if len(left) == 0 {
			return "every statement is refused"
		}
	}
	t.Error("statements are refused again and again")
	return "not generated"
}

// firstError is what is wrong with the schema.
func firstError(report *diag.Report) string {
	for _, d := range report.Sorted() {
		if d.IsError() && d.Query == "" {
			return string(d.Code) + " " + d.Message
		}
	}
	return ""
}

// mostUsed returns the table that most statements use.
func mostUsed(in *Input) *catalog.Table {
	var ignored diag.Report
	cat := loadCatalog(in, &ignored)
	uses := map[*catalog.Table]int{}
	for _, s := range scopeAll(statements(in, cat, &ignored), cat, in.Config, &ignored, nil) {
		for _, r := range s.references {
			uses[r.Table]++
		}
	}
	var most *catalog.Table
	for _, table := range cat.Tables {
		if table.View == nil && table.Parent == nil && uses[table] > 0 && (most == nil || uses[table] > uses[most]) {
			most = table
		}
	}
	return most
}

// classes gives one table to tenants, and the others to everybody. Views are what
// the tables in them make them.
func classes(in *Input, tenant *catalog.Table) []config.Table {
	var ignored diag.Report
	var out []config.Table
	for _, table := range loadCatalog(in, &ignored).Tables {
		entry := config.Table{Pattern: table.Schema + "." + table.Name, Class: ir.ClassGlobal}
		switch {
		case table.View != nil || table.Parent != nil:
			continue
		case table.Schema == tenant.Schema && table.Name == tenant.Name:
			entry.Class, entry.Column = ir.ClassTenant, tenantAdded
		}
		out = append(out, entry)
	}
	return out
}

// refuse counts the statements that are refused, and returns the query files
// without them; nil when no statement is to blame.
func (counts *tenantCounts) refuse(t *testing.T, in *Input, report *diag.Report) []*source.File {
	t.Helper()
	refused := map[string]bool{}
	counts.mutex.Lock()
	for _, d := range report.Sorted() {
		if d.IsError() && d.Query != "" && !refused[d.Query] {
			refused[d.Query] = true
			counts.refused[d.Code]++
			t.Logf("%s is refused: %s %s", d.Query, d.Code, d.Message)
		}
	}
	counts.mutex.Unlock()
	if len(refused) == 0 {
		return nil
	}
	var ignored diag.Report
	files := []*source.File{}
	for _, file := range in.Queries {
		var text strings.Builder
		for _, q := range statements(&Input{Config: in.Config, Schema: in.Schema, Queries: []*source.File{file}}, loadCatalog(in, &ignored), &ignored) {
			if !refused[q.Name] {
				fmt.Fprintf(&text, "-- name: %s %s\n%s;\n", q.Name, q.Cmd, file.Text[q.Start:q.End])
			}
		}
		if text.Len() > 0 {
			files = append(files, source.NewFile(file.Path, text.String()))
		}
	}
	return files
}

// check holds the generated package against what was asked for.
func (counts *tenantCounts) check(t *testing.T, c *apiCase, table *catalog.Table, result *Result) {
	t.Helper()
	files := maps.Clone(c.own)
	for name, text := range result.Files {
		if strings.HasSuffix(name, ".go") {
			files[name] = text
		}
	}
	pkg, err := goapi.Check(files)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range pkg.Errors {
		t.Errorf("it does not compile: %v", err)
	}
	tenant, global := methodsOf(t, pkg.Types, "TenantQueries"), methodsOf(t, pkg.Types, "GlobalQueries")
	named := regexp.MustCompile(`(?i)\b` + regexp.QuoteMeta(table.Name) + `\b`)
	for _, q := range result.Queries {
		if q.Cmd == ":execlastid" && c.kind == "pgx/v5" {
			continue // sqlc declares no method for it, and neither do we
		}
		uses := slices.ContainsFunc(q.Tables, func(r ExplainedTable) bool { return r.Table == table.QualifiedName() })
		if !uses && q.Status == StatusGlobal && named.MatchString(q.SQL) {
			t.Logf("%s is global and has the name of the tenant's table in it:\n%s", q.Name, q.SQL)
		}
		if tenant[q.Name] != uses || global[q.Name] == uses {
			t.Errorf("%s: it uses the tenant's table: %v; on the tenant's handle: %v; on the global one: %v", q.Name, uses, tenant[q.Name], global[q.Name])
		}
		counts.mutex.Lock()
		if uses {
			counts.onTenant++
		} else {
			counts.onGlobal++
		}
		counts.mutex.Unlock()
	}
}

// methodsOf are the names of the exported methods of a handle.
func methodsOf(t *testing.T, pkg *types.Package, handle string) map[string]bool {
	t.Helper()
	object := pkg.Scope().Lookup(handle)
	if object == nil {
		t.Fatalf("the package has no %s", handle)
	}
	out := map[string]bool{}
	set := types.NewMethodSet(types.NewPointer(object.Type()))
	for m := range set.Methods() {
		out[m.Obj().Name()] = true
	}
	return out
}
