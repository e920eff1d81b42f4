package proposal_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/tenancygen/tenancygen/cmd/tenancygen/proposal"
	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/config"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/dialect"
	"github.com/tenancygen/tenancygen/generator/source"
)

var update = flag.Bool("update", false, "rewrite the golden files; the run still fails")

// TestPropose compares the tenancy.yaml for each testdata/*.txtar, which holds
// a schema.sql and the expected tenancy.yaml.
func TestPropose(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob(filepath.Join("testdata", "*.txtar"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			in := proposal.Inputs{Engine: "postgresql", Schema: []string{"schema.sql"}, Package: "gen", Out: "gen"}
			if strings.Contains(string(archive.Comment), "sqlc.yaml") {
				in = proposal.Inputs{Engine: "postgresql", SQLC: "sqlc.yaml", Package: "tenantdb", Out: "internal/tenantdb"}
			}
			got := propose(t, string(archive.Files[0].Data)).YAML(in)
			if in.SQLC == "" && !strings.Contains(got, "# tenant:") {
				checkReadable(t, got)
			}
			var want string
			if len(archive.Files) > 1 {
				want = string(archive.Files[1].Data)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
				if *update {
					archive.Files = append(archive.Files[:1], txtar.File{Name: "tenancy.yaml", Data: []byte(got)})
					if err := os.WriteFile(path, txtar.Format(archive), 0o666); err != nil {
						t.Fatal(err)
					}
				}
			}
		})
	}
}

func propose(t *testing.T, schema string) *proposal.Proposal {
	t.Helper()
	r := &diag.Report{}
	c := catalog.Load(dialect.PostgreSQL, []*source.File{source.NewFile("schema.sql", schema)}, r)
	if r.HasErrors() {
		t.Fatal(r.Sorted()[0].Message)
	}
	return proposal.Propose(c)
}

// checkReadable reads a proposal back as a configuration.
func checkReadable(t *testing.T, text string) {
	t.Helper()
	r := &diag.Report{}
	if config.Parse(source.NewFile("tenancy.yaml", text), nil, r) == nil {
		t.Errorf("the proposal cannot be read: %s", r.Sorted()[0].Message)
	}
}
