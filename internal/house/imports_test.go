// Package house holds the rules of the house as tests: which package may import
// which. CONTRIBUTING.md draws the same map.
package house

import (
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/tools/go/packages"
)

const module = "github.com/tenancygen/tenancygen"

// imports maps each package of the module, by its path in it, to what its
// non-test files import.
var imports = sync.OnceValues(func() (map[string][]string, error) {
	cfg := &packages.Config{Mode: packages.NeedName | packages.NeedImports, Dir: "../.."}
	list, err := packages.Load(cfg, "./...")
	if err != nil {
		return nil, err
	}
	out := map[string][]string{}
	for _, p := range list {
		name := strings.TrimPrefix(strings.TrimPrefix(p.PkgPath, module), "/")
		for imported := range p.Imports {
			out[name] = append(out[name], imported)
		}
		slices.Sort(out[name])
	}
	return out, nil
})

func load(t *testing.T) map[string][]string {
	t.Helper()
	all, err := imports()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 20 {
		t.Fatalf("only %d packages were found", len(all))
	}
	return all
}

// TestStages holds the order of the compiler's stages: arrows never point back.
// A package below generator/ may import the listed ones of the module, and no
// others.
func TestStages(t *testing.T) {
	t.Parallel()
	allowed := map[string][]string{
		"generator/source":                {},
		"generator/diag":                  {"generator/source"},
		"generator/ir":                    {},
		"generator/config":                {"generator/source", "generator/diag", "generator/ir"},
		"generator/project":               {"generator/source", "generator/diag", "generator/config"},
		"generator/parse":                 {"generator/source", "generator/diag"},
		"generator/dialect":               {"generator/parse"},
		"generator/catalog":               {"generator/source", "generator/diag", "generator/dialect", "generator/ir", "generator/config", "generator/parse"},
		"generator/provision":             {"generator/source", "generator/diag", "generator/dialect", "generator/ir", "generator/parse", "generator/catalog"},
		"generator/goname":                {"generator/ir"},
		"generator/derive":                {"generator/source", "generator/diag", "generator/dialect", "generator/ir", "generator/config", "generator/parse", "generator/catalog", "generator/goname"},
		"generator/scope":                 {"generator/source", "generator/diag", "generator/dialect", "generator/ir", "generator/parse", "generator/catalog"},
		"generator/rewrite":               {"generator/source", "generator/ir", "generator/parse", "generator/catalog", "generator/scope"},
		"generator/certify":               {"generator/dialect", "generator/ir", "generator/parse", "generator/catalog", "generator/certify/level"},
		"generator/certify/level":         {"generator/dialect", "generator/parse", "generator/catalog"},
		"generator/slot":                  {"generator/dialect", "generator/ir", "generator/parse", "generator/catalog", "generator/certify/level"},
		"generator/audit":                 {"generator/source", "generator/diag", "generator/dialect", "generator/ir", "generator/parse", "generator/catalog", "generator/scope", "generator/rewrite", "generator/certify", "generator/audit/tie", "generator/parallel"},
		"generator/audit/tie":             {"generator/ir", "generator/parse", "generator/catalog", "generator/certify/level"},
		"generator/analyze":               {"generator/source", "generator/diag", "generator/ir"},
		"generator/analyze/protoconflict": {},
		"generator/analyze/sqlcproc":      {"generator/source", "generator/diag", "generator/ir", "generator/analyze", "generator/analyze/protoconflict"},
		"generator/emit/gosrc":            {"generator/ir", "generator/goname", "generator/parallel"},
		"generator/emit/ddl":              {"generator/ir", "templates"},
		"generator/emit/manifest":         {"generator/ir", "templates"},
		"generator/output":                {},
		"generator/parallel":              {},
	}
	for name, list := range load(t) {
		rules, known := allowed[name]
		if strings.HasPrefix(name, "generator/") && !known {
			t.Errorf("package %s has no rule: add it to this test and to the map in CONTRIBUTING.md", name)
			continue
		}
		if !known {
			continue
		}
		for _, imported := range list {
			if ours, ok := own(imported); ok && !slices.Contains(rules, ours) {
				t.Errorf("package %s must not import %s", name, ours)
			}
		}
	}
}

// own returns the path of an import in the module; false for imports of others.
func own(imported string) (string, bool) { return strings.CutPrefix(imported, module+"/") }

// TestOnlyImporters holds which package alone may know a library.
func TestOnlyImporters(t *testing.T) {
	t.Parallel()
	only := map[string][]string{
		"github.com/sqlc-dev/oliphant": {"generator/parse"},
		"github.com/sqlc-dev/meyer":    {"generator/parse"},
		"github.com/sqlc-dev/marino":   {"generator/parse"},
		"github.com/dave/jennifer":     {"generator/emit/gosrc"},
		"github.com/sqlc-dev/sqlc":     {"generator/analyze/sqlcproc"},
		"github.com/jackc/pgx":         {"runtime/pgxdb", "isolation/", "examples/", "internal/", "generator/analyze/sqlcproc", "cmd/tenancygen/provision", "runtime/store/pgstore", "runtime/audit/pgaudit", "runtime/pgtenancy"},
		"github.com/redis/go-redis":    {"runtime/store/redisstore", "runtime/limiter/redislimiter", "runtime/pgtenancy", "internal/", "examples/"},
		"github.com/ncruces":           {"isolation/sqlite", "examples/", "internal/", "runtime/store/sqlitestore"},
		"github.com/tetratelabs":       {"internal/testsqlite"},
		"github.com/go-sql-driver":     {"isolation/", "examples/", "internal/", "runtime/store/mysqlstore"},
		"github.com/maypok86/otter":    {"runtime/store/cachestore"},
		"github.com/golang-jwt/jwt":    {"runtime/resolver/jwtresolver", "examples/"},
		"github.com/caarlos0/env":      {"runtime/config"},
		"google.golang.org/grpc":       {"runtime/middleware/grpcmiddleware"},
		"go.opentelemetry.io/otel":     {"runtime/otelrecorder"},
		"github.com/prometheus":        {"runtime/promrecorder", "examples/"},
		"go.yaml.in/yaml":              {"generator/config", "cmd/tenancygen/proposal"},
		"github.com/spf13/cobra":       {"cmd/"},
	}
	for name, list := range load(t) {
		for _, imported := range list {
			for library, users := range only {
				if !strings.HasPrefix(imported, library) {
					continue
				}
				if !slices.ContainsFunc(users, func(u string) bool { return name == u || strings.HasSuffix(u, "/") && strings.HasPrefix(name, u) }) {
					t.Errorf("package %s must not import %s: only %s may", name, imported, strings.Join(users, ", "))
				}
			}
		}
	}
}

// dynamicStages are the stages that isolation/dynamic runs in an application. All are
// pure, but for project, which reads the files that it is given.
var dynamicStages = []string{
	"generator/source", "generator/diag", "generator/ir", "generator/project", "generator/parse", "generator/dialect", "generator/catalog",
	"generator/scope", "generator/rewrite", "generator/certify", "generator/slot",
}

// TestRunTime holds that what an application links knows nothing of the compiler,
// and the compiler nothing of it. The one command that makes tenants' places stands
// between the two.
func TestRunTime(t *testing.T) {
	t.Parallel()
	for name, list := range load(t) {
		for _, imported := range list {
			ours, ok := own(imported)
			switch {
			case ok && below(name, "runtime", "isolation") && !below(ours, "runtime", "isolation", "internal/testpg") &&
				!(name == "isolation/dynamic" && slices.Contains(dynamicStages, ours)):
				t.Errorf("package %s must not import %s", name, ours)
			case ok && below(name, "generator", "cmd") && name != "cmd/tenancygen/provision" && below(ours, "runtime", "isolation"):
				t.Errorf("package %s must not import %s", name, ours)
			case name == "runtime" && strings.Contains(imported, "."):
				t.Errorf("package runtime must not import %s: an application links just what it uses", imported)
			case ok && name == "examples/gen" && !below(ours, "runtime"):
				t.Errorf("generated code must not import %s", ours)
			case !ok && name == "examples/gen" && strings.Contains(imported, ".") && !strings.HasPrefix(imported, "github.com/jackc/pgx/v5"):
				t.Errorf("generated code must not import %s", imported)
			}
		}
	}
}

// TestLinked holds that only those who use isolation/dynamic link the compiler, and
// with it the SQL parser.
func TestLinked(t *testing.T) {
	t.Parallel()
	all := load(t)
	for name := range all {
		if !below(name, "runtime", "isolation", "examples/gen", "examples/stdlib") || below(name, "isolation/dynamic") {
			continue
		}
		for _, linked := range closure(all, name) {
			if below(linked, "generator") || strings.HasPrefix(linked, "github.com/sqlc-dev/oliphant") {
				t.Errorf("an application with package %s links %s", name, linked)
			}
		}
	}
	if linked := closure(all, "isolation/dynamic"); !slices.Contains(linked, "generator/parse") ||
		!slices.ContainsFunc(linked, func(name string) bool { return strings.HasPrefix(name, "github.com/sqlc-dev/oliphant") }) {
		t.Errorf("isolation/dynamic links only %v: this test would not see the parser", linked)
	}
}

// closure returns what a package of the module imports, and what the packages of the
// module among that import.
func closure(all map[string][]string, name string) []string {
	var out []string
	seen := map[string]bool{}
	var visit func(string)
	visit = func(name string) {
		for _, imported := range all[name] {
			imported = strings.TrimPrefix(imported, module+"/")
			if !seen[imported] {
				seen[imported] = true
				out = append(out, imported)
				visit(imported)
			}
		}
	}
	visit(name)
	return out
}

// below reports whether a package is one of the trees or inside one.
func below(name string, trees ...string) bool {
	for _, tree := range trees {
		if name == tree || strings.HasPrefix(name, tree+"/") {
			return true
		}
	}
	return false
}

// TestNames refuses packages that are named after nothing.
func TestNames(t *testing.T) {
	t.Parallel()
	for name := range load(t) {
		if slices.Contains([]string{"util", "utils", "common", "helper", "helpers", "misc", "types"}, path.Base(name)) {
			t.Errorf("package %s: name it after what it holds", name)
		}
	}
}
