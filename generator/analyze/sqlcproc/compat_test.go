package sqlcproc_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/tenancygen/tenancygen/generator/analyze"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/emit/gosrc"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/source"
)

// A compatCase is a project that sqlc and the emitter both generate. The files
// of testdata/compat are archives of it: options.json (gen.go options as sqlc
// reads them), schema.sql, query files, and Go files that belong to the package; and
// engine where that is not postgresql.
type compatCase struct {
	engine  string
	options string
	schema  []*source.File
	queries []*source.File
	goFiles map[string][]byte
}

// TestCompatible compares the exported API that sqlc generates with the one of
// the emitter, with every query on the global handle.
func TestCompatible(t *testing.T) {
	t.Parallel()
	archives, err := filepath.Glob("testdata/compat/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, path := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			compareWithSqlc(t, readCase(t, path))
		})
	}
}

// readCase reads an archive.
func readCase(t *testing.T, path string) compatCase {
	t.Helper()
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	c := compatCase{engine: "postgresql", goFiles: map[string][]byte{}}
	for _, file := range archive.Files {
		text := string(file.Data)
		switch {
		case file.Name == "options.json":
			c.options = text
		case file.Name == "engine":
			c.engine = strings.TrimSpace(text)
		case file.Name == "schema.sql":
			c.schema = append(c.schema, source.NewFile(file.Name, text))
		case strings.HasSuffix(file.Name, ".go"):
			c.goFiles[file.Name] = file.Data
		default:
			c.queries = append(c.queries, source.NewFile(file.Name, text))
		}
	}
	return c
}

// compareWithSqlc generates a case both ways and compares the results.
func compareWithSqlc(t *testing.T, c compatCase) {
	t.Helper()
	theirs := checkPackage(t, "sqlc", c.goFiles, runSqlc(t, c))
	ours := checkPackage(t, "tenancygen", c.goFiles, generate(t, c))
	handle, iface := "GlobalQueries", "GlobalQuerier"
	if c.engine != "postgresql" {
		handle, iface = "Queries", "Querier"
	}
	want, got := surface(theirs, "Queries", "Querier"), surface(ours, handle, iface)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("API (-sqlc +tenancygen):\n%s", diff)
	}
	same := 0
	for name, text := range want {
		if got[name] == text {
			same++
		}
	}
	t.Logf("%d of %d declarations are identical", same, len(want))
}

// runSqlc generates the case with sqlc's own Go code generator.
func runSqlc(t *testing.T, c compatCase) map[string][]byte {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("sqlc.json", `{"version": "2", "sql": [{"engine": "`+c.engine+`", "schema": "schema", "queries": "queries",
		"gen": {"go": `+c.options+`}}]}`)
	for _, file := range c.schema {
		write("schema/"+filepath.Base(file.Path), file.Text)
	}
	for _, file := range c.queries {
		write("queries/"+file.Path, file.Text)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, childArgument, "generate")
	cmd.Dir = dir
	cmd.Env = []string{"HOME=" + dir}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("sqlc: %v\n%s", err, out)
	}
	return readGo(t, filepath.Join(dir, "out"))
}

// readGo reads the Go files of a directory.
func readGo(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(path)] = data
	}
	return files
}

// generate takes the case through the analysis and the emitter, twice.
func generate(t *testing.T, c compatCase) map[string][]byte {
	t.Helper()
	in := analyze.Input{Engine: c.engine, Schema: c.schema}
	for _, file := range c.queries {
		in.Queries = append(in.Queries, splitQueries(file)...)
	}
	if c.engine != "postgresql" {
		for i := range in.Queries {
			in.Queries[i].Text = markParams(in.Queries[i].Text)
		}
	}
	var report diag.Report
	out, err := newEngine(t).Analyze(t.Context(), in, &report)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range report.Sorted() {
		t.Fatalf("%v: %s", d.Span.Position(), d.Message)
	}
	pkg := &ir.Package{
		Engine: c.engine, Plain: c.engine != "postgresql", DefaultSchema: out.DefaultSchema,
		Enums: out.Enums, Tables: out.Tables, Queries: out.Queries,
	}
	if err := json.Unmarshal([]byte(c.options), &pkg.Go); err != nil {
		t.Fatal(err)
	}
	for i := range pkg.Queries {
		q := &pkg.Queries[i]
		q.File, q.Handle = in.Queries[i].File, ir.HandleGlobal
		if c.engine != "postgresql" {
			q.Placeholders = placeholders(q.SQL)
		}
	}
	files, err := gosrc.Emit(pkg)
	if err != nil {
		t.Fatal(err)
	}
	again, err := gosrc.Emit(pkg)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(files, again); diff != "" {
		t.Errorf("not deterministic:\n%s", diff)
	}
	return files
}

// splitQueries splits a query file at its "-- name:" lines. It is no parser:
// the lines of comments after one of these count as part of the statement.
func splitQueries(file *source.File) []analyze.Query {
	var queries []analyze.Query
	start := 0
	for line := range strings.Lines(file.Text) {
		end := start + len(line)
		fields := strings.Fields(strings.NewReplacer("/*", "--", "*/", "").Replace(line))
		if len(fields) == 4 && fields[0] == "--" && fields[1] == "name:" {
			queries = append(queries, analyze.Query{Name: fields[2], Cmd: fields[3], File: filepath.Base(file.Path)})
		} else if len(queries) > 0 && (queries[len(queries)-1].Text != "" || strings.TrimSpace(line) != "") {
			q := &queries[len(queries)-1]
			if q.Text == "" {
				at := start
				q.Origin = func(offset int) source.Span { return file.Span(at+offset, at+offset) }
			}
			q.Text += line
		}
		start = end
	}
	for i := range queries {
		// What follows the last semicolon is the comment of the next query.
		if end := strings.LastIndexByte(queries[i].Text, ';'); end >= 0 {
			queries[i].Text = queries[i].Text[:end]
		}
	}
	return slices.Clip(queries)
}
