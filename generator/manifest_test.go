package generator

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenancygen/tenancygen/generator/certify"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/emit/manifest"
)

// manifestQuery is what this test reads of a manifest, as a tool of somebody
// else's would.
type manifestQuery struct {
	Name        string
	Handle      string
	SHA256      string
	TenantParam int `json:"tenant_param"`
	References  []manifestReference
}

type manifestReference struct{ Table, Alias, Class, Access, Anchor string }

// TestManifestOfExample checks the committed manifest against the committed Go:
// each statement's hash is that of one query's constant, and certify finds in the
// constant what the manifest says.
func TestManifestOfExample(t *testing.T) {
	t.Parallel()
	dir := filepath.Join("..", "examples", "gen")
	text, err := os.ReadFile(filepath.Join(dir, manifest.ManifestFile))
	if err != nil {
		t.Fatal(err)
	}
	var read struct{ Queries []manifestQuery }
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	var report diag.Report
	cat := loadCatalog(readExample(t), &report)
	failOnErrors(t, &report)
	constants := sqlConstants(t, dir)
	if len(constants) != len(read.Queries) || len(constants) < 40 {
		t.Errorf("%d queries in the Go files, %d in the manifest", len(constants), len(read.Queries))
	}
	for _, q := range read.Queries {
		sql, ok := constants[q.SHA256]
		if !ok || !strings.HasPrefix(sql, "-- name: "+q.Name+" ") {
			t.Errorf("%s: no constant has this hash", q.Name)
			continue
		}
		check := certify.Check(sql, q.TenantParam, cat)
		if len(check.Findings) > 0 && q.Handle != "unscoped" {
			t.Errorf("%s is not certified: %v", q.Name, check.Findings)
		}
		var found []manifestReference
		for _, r := range check.References {
			access := "read"
			if r.Written {
				access = "write"
			}
			found = append(found, manifestReference{r.Table.QualifiedName(), r.Alias, string(r.Table.Tenancy.Class), access, r.Anchor})
		}
		if diff := cmp.Diff(q.References, found); diff != "" {
			t.Errorf("%s: references in the manifest, and as certify finds them, -manifest +certify:\n%s", q.Name, diff)
		}
	}
}

// readExample reads the project of examples/.
func readExample(t *testing.T) *Input {
	t.Helper()
	var report diag.Report
	in := read(filepath.Join("..", "examples", "tenancy.yaml"), &report)
	failOnErrors(t, &report)
	return in
}

// sqlConstants are the values of the constants in a directory's Go files that
// hold statements, by their SHA-256.
func sqlConstants(t *testing.T, dir string) map[string]string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.sql.go"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			value, err := types.Eval(token.NewFileSet(), nil, token.NoPos, types.ExprString(spec.Values[0]))
			if err != nil || value.Value == nil || value.Value.Kind() != constant.String {
				return true
			}
			text := constant.StringVal(value.Value)
			sum := sha256.Sum256([]byte(text))
			out[hex.EncodeToString(sum[:])] = text
			return true
		})
	}
	return out
}
