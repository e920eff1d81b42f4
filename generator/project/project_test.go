package project_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
	"pgregory.net/rapid"

	"github.com/tenancygen/tenancygen/generator/config"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/project"
	"github.com/tenancygen/tenancygen/generator/source"
)

// setup writes the files of a txtar text to a new directory.
func setup(t *testing.T, files string) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range txtar.Parse([]byte(files)).Files {
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// names returns the paths of files below dir.
func names(t *testing.T, dir string, files []*source.File) []string {
	t.Helper()
	var out []string
	for _, f := range files {
		rel, err := filepath.Rel(dir, filepath.FromSlash(f.Path))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, filepath.ToSlash(rel))
	}
	return out
}

const tree = `
-- b.sql --
CREATE TABLE b ();
-- a.sql --
CREATE TABLE a ();
-- m/10_x.up.sql --
CREATE TABLE x ();
-- m/10_x.down.sql --
DROP TABLE x;
-- m/09_w.sql --
CREATE TABLE w ();
-- m/.hidden.sql --
broken
-- m/README.md --
text
-- m/sub.sql/z.sql --
CREATE TABLE z ();
-- none/README.md --
text
-- blank.sql --
 
-- down.sql --
-- +goose Down
DROP TABLE a;
`

func TestSchemaOrder(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		paths, want []string
	}{
		"a file":             {[]string{"a.sql"}, []string{"a.sql"}},
		"as listed":          {[]string{"b.sql", "a.sql"}, []string{"b.sql", "a.sql"}},
		"migrations by name": {[]string{"m"}, []string{"m/09_w.sql", "m/10_x.up.sql"}},
		"directory and file": {[]string{"m/", "a.sql"}, []string{"m/09_w.sql", "m/10_x.up.sql", "a.sql"}},
		"pattern":            {[]string{"[ab].sql"}, []string{"a.sql", "b.sql"}},
		"once":               {[]string{"b.sql", "*b.sql", "./b.sql"}, []string{"b.sql"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := setup(t, tree)
			r := &diag.Report{}
			c := &config.Config{Dir: dir, Schema: tt.paths, Queries: tt.paths}
			if diff := cmp.Diff(tt.want, names(t, dir, project.Schema(c, r))); diff != "" {
				t.Errorf("schema (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.want, names(t, dir, project.Queries(c, r))); diff != "" {
				t.Errorf("queries (-want +got):\n%s", diff)
			}
			if r.HasErrors() {
				t.Errorf("errors: %v", r.Sorted()[0].Message)
			}
		})
	}
}

func TestAbsolutePath(t *testing.T) {
	t.Parallel()
	dir := setup(t, tree)
	c := &config.Config{Dir: "elsewhere", Schema: []string{filepath.Join(dir, "a.sql")}}
	r := &diag.Report{}
	if got := project.Schema(c, r); len(got) != 1 || r.HasErrors() {
		t.Errorf("%d files, errors: %v", len(got), r.HasErrors())
	}
}

func TestMissing(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ path, want string }{
		"file":            {"missing.sql", "schema: missing.sql does not exist"},
		"no SQL":          {"none", "schema: none holds no SQL files"},
		"pattern":         {"x*.sql", "schema: x*.sql holds no SQL files"},
		"down only":       {"m/10_x.down.sql", "schema: m/10_x.down.sql holds no SQL files"},
		"pattern invalid": {"a[.sql", `schema: "a[.sql" is not a valid pattern`},
		"below a file":    {"a.sql/x.sql", "schema: a.sql/x.sql cannot be read: not a directory"},
		"blank":           {"blank.sql", "the schema is empty"},
		"all down":        {"down.sql", "the schema is empty"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := setup(t, tree)
			conf := source.NewFile("tenancy.yaml", "schema: x")
			c := &config.Config{Dir: dir, Schema: []string{tt.path}, SchemaSpans: []source.Span{conf.Span(8, 9)}}
			r := &diag.Report{}
			project.Schema(c, r)
			all := r.Sorted()
			if len(all) != 1 {
				t.Fatalf("%d diagnostics", len(all))
			}
			got := strings.ReplaceAll(all[0].Message, filepath.ToSlash(dir)+"/", "")
			if got != tt.want || all[0].Help == "" || all[0].Span.Start != 8 {
				t.Errorf("%+v, want %q", all[0], tt.want)
			}
		})
	}
}

func TestBlankDown(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ in, want string }{
		"goose": {
			"-- +goose Up\nCREATE TABLE é ();\n-- +goose Down\nDROP TABLE é;\n",
			"-- +goose Up\nCREATE TABLE é ();\n              \n              \n",
		},
		"goose, statements and a second up": {
			"--+goose down\r\n-- +goose StatementBegin\r\nx\r\n-- +goose Up\r\ny",
			"             \r\n                        \r\n \r\n-- +goose Up\r\ny",
		},
		"sql-migrate": {
			"-- +migrate Up notransaction\na\n-- +migrate Down notransaction\nb",
			"-- +migrate Up notransaction\na\n                              \n ",
		},
		"dbmate": {
			"-- migrate:up\na\n\n-- migrate:down transaction:false\nb\n",
			"-- migrate:up\na\n\n                                 \n \n",
		},
		"tern": {
			"a\n---- create above / drop below ----\nb\n",
			"a\n                                   \n \n",
		},
		"psql": {
			"\\restrict abc\na \\x\n\\unrestrict abc\n",
			"             \na \\x\n               \n",
		},
		"words in a comment": {
			"-- goose down is not a mark\n-- +goose Downwards\na",
			"-- goose down is not a mark\n-- +goose Downwards\na",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, project.BlankDown(tt.in)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Whatever is blanked, every byte that stays is where it was.
func TestBlankDownKeepsPlaces(t *testing.T) {
	t.Parallel()
	lines := rapid.SampledFrom([]string{
		"-- +goose Up", "-- +goose Down", "-- migrate:down", "-- migrate:up", "\\restrict x", "SELECT 'é'", "", "\r", "漢",
	})
	rapid.Check(t, func(t *rapid.T) {
		in := strings.Join(rapid.SliceOf(lines).Draw(t, "lines"), "\n")
		out := project.BlankDown(in)
		if len(out) != len(in) {
			t.Fatalf("%d bytes became %d", len(in), len(out))
		}
		for i := range len(in) {
			if out[i] != in[i] && (out[i] != ' ' || in[i] == '\n') {
				t.Fatalf("byte %d was %q and is %q", i, in[i], out[i])
			}
		}
	})
}

// TestMinder reads a real project with 117 golang-migrate migrations.
func TestMinder(t *testing.T) {
	t.Parallel()
	dir, err := filepath.Abs(filepath.Join("..", "..", "..", "shared", "corpora", "minder"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "sqlc.yaml")); err != nil {
		t.Skip("the minder corpus is not beside the repository")
	}
	text := "version: '1'\nsqlc: " + filepath.Join(dir, "sqlc.yaml") +
		"\ntenant: {column: project_id, root: projects}\ngo: {out: gen, sql_package: pgx/v5}\n"
	path := filepath.Join(t.TempDir(), "tenancy.yaml")
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	r := &diag.Report{}
	c := config.Read(path, r)
	if c == nil {
		t.Fatalf("not read: %v", r.Sorted()[0].Message)
	}
	schema, queries := project.Schema(c, r), project.Queries(c, r)
	if r.HasErrors() {
		t.Fatal(r.Sorted()[0].Message)
	}
	if len(schema) != 117 || !strings.HasSuffix(schema[0].Path, "000001_init.up.sql") {
		t.Errorf("%d migrations, the first is %s", len(schema), schema[0].Path)
	}
	named := 0
	for _, q := range queries {
		named += strings.Count(q.Text, "-- name:")
	}
	if named != 158 {
		t.Errorf("%d queries in %d files", named, len(queries))
	}
	if !c.Go.EmitEmptySlices || len(c.Go.Overrides) != 2 || c.Go.Package != "db" {
		t.Errorf("go options %+v", c.Go)
	}
}
