package generator

import (
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/tenancygen/tenancygen/generator/diag"
)

// goldenLeftOut are cases and statements that cannot be compared, with the reason.
var goldenLeftOut = map[string]string{
	"view/tenant_parameter": "a view casts made-up text to uuid",
	"cte/search InDML":      "counts until the server stops it",
	"mysql/target AddDoc":   "a row may refer to itself, and " + sameStatement,
}

// TestEquivalenceOfGolden compares the accepted statements of all golden cases on
// rows that are made up from their schemas. Cases of one schema share a database.
func TestEquivalenceOfGolden(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob(filepath.Join("..", "golden", "*", "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	c, left := newCorpus(), map[string]int{}
	alike := map[string][]*corpusProject{}
	for _, path := range paths {
		p, why := goldenProject(t, path)
		if why != "" {
			left[why]++
			continue
		}
		alike[p.text] = append(alike[p.text], p)
	}
	t.Run("cases", func(t *testing.T) {
		for _, projects := range alike {
			t.Run(projects[0].name, func(t *testing.T) {
				t.Parallel()
				own := newCorpus()
				why := own.compareAlike(t, corpusTenants[projects[0].catalog.TenantType], projects...)
				if why != "" {
					t.Error(why)
				}
				mu.Lock()
				defer mu.Unlock()
				left[why] += len(projects)
				c.add(own)
			})
		}
	})
	compared := left[""]
	delete(left, "")
	t.Logf("%d of %d cases compared, on %d schemas; left out: %v", compared, len(paths), len(alike), left)
	c.log(t)
}

// goldenProject compiles a case, or says why there is nothing to compare.
func goldenProject(t *testing.T, path string) (*corpusProject, string) {
	t.Helper()
	name := filepath.Base(filepath.Dir(path)) + "/" + strings.TrimSuffix(filepath.Base(path), ".txtar")
	if why := goldenLeftOut[name]; why != "" {
		return nil, why
	}
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dir, settings := t.TempDir(), ""
	for _, f := range archive.Files {
		if !isGoldenInput(f.Name) {
			continue
		}
		write(t, filepath.Join(dir, f.Name), f.Data)
		if strings.HasSuffix(f.Name, ".yaml") {
			settings += string(f.Data)
		}
	}
	var report diag.Report
	in := read(filepath.Join(dir, "tenancy.yaml"), &report)
	if in == nil || report.HasErrors() {
		return nil, "its configuration is wrong on purpose"
	}
	p := &corpusProject{system: systemOf[in.Config.Engine], oracleProject: &oracleProject{config: in.Config, catalog: loadCatalog(in, &report)}, name: name}
	texts := statements(in, p.catalog, &report)
	if report.HasErrors() {
		return nil, "its schema or its annotations are wrong on purpose"
	}
	for _, file := range in.Schema {
		p.schema += file.Text + ";\n"
	}
	p.text = settings + p.schema // the settings name the database
	p.statements = slices.DeleteFunc(scopeAll(texts, p.catalog, in.Config, &report, nil), func(s *statement) bool {
		return goldenLeftOut[name+" "+s.text.Name] != ""
	})
	switch {
	case !slices.ContainsFunc(p.statements, func(s *statement) bool { return s.status() == StatusAccepted }):
		return nil, "no statement is accepted"
	case corpusTenants[p.catalog.TenantType] == nil:
		return nil, "its tenants are of type " + p.catalog.TenantType
	}
	return p, ""
}
