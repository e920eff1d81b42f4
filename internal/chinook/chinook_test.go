package chinook

import (
	"bytes"
	"database/sql"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/google/go-cmp/cmp"
	_ "github.com/lib/pq"

	"github.com/tenancygen/tenancygen/internal/testmysql"
	"github.com/tenancygen/tenancygen/internal/testpg"
	"github.com/tenancygen/tenancygen/internal/testsqlite"
)

func TestMain(m *testing.M) { testmysql.Main(m) }

// engine is a database of the comparison.
type engine struct {
	name, script string
	// spelled is how it writes the names of PostgreSQL's script, and folded how the
	// configuration does.
	spelled, folded func(string) string
	// open makes an empty database, and returns its data source and a handle on it that
	// takes whole scripts.
	open func(*testing.T) (string, *sql.DB)
	// tenant is the type of a column that is added for the tenant.
	tenant string
	// upserts is set where an upsert can have a condition. No key of Chinook's holds the
	// tenant, so one without it is refused.
	upserts bool
}

func same(name string) string { return name }

func folded(name string) string { return strings.ReplaceAll(name, "_", "") }

var engines = []engine{
	{"postgresql", "Chinook_PostgreSql.sql", same, same, func(t *testing.T) (string, *sql.DB) {
		url := testpg.Database(t)
		return url, openSQL(t, "postgres", url)
	}, "text", true},
	{"mysql", "Chinook_MySql.sql", pascal, folded, func(t *testing.T) (string, *sql.DB) {
		config, err := mysql.ParseDSN(testmysql.Database(t))
		if err != nil {
			t.Fatal(err)
		}
		config.ParseTime = true
		url := config.FormatDSN()
		config.MultiStatements = true
		return url, openSQL(t, "mysql", config.FormatDSN())
	}, "VARBINARY(36)", false},
	{"sqlite", "Chinook_Sqlite.sql", pascal, folded, func(t *testing.T) (string, *sql.DB) {
		url := "file:" + testsqlite.File(t) + "?_pragma=foreign_keys(on)&_txlock=immediate"
		return url, testsqlite.Open(t, url, 1)
	}, "TEXT", true},
}

func openSQL(t *testing.T, driver, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

const config = `version: "1"
engine: %s
schema: schema.sql
queries: [queries.sql, %[1]s.sql]
tenant: {column: %s, root: customer}
tables:
%scrud: {default: [get, list, count, create, update, delete], customer: [get, update]}
go:
  package: gen
  out: gen
  sql_package: database/sql
  rename:
%s`

// config is the configuration for an engine: a customer is a tenant, with invoices and
// their lines, and all else is the shop's catalogue. Names in Go are the same on all.
func (e *engine) config(of map[string][]string) string {
	var classes strings.Builder
	for _, table := range slices.Sorted(maps.Keys(of)) {
		switch table {
		case "customer", "invoice":
		case "invoice_line":
			fmt.Fprintf(&classes, "  %s: {parent: invoice}\n", e.folded(table))
		default:
			fmt.Fprintf(&classes, "  %s: global\n", e.folded(table))
		}
	}
	return fmt.Sprintf(config, e.name, e.folded("customer_id"), classes.String(), e.renames(of))
}

// renames are the names in Go of what a schema has.
func (e *engine) renames(of map[string][]string) string {
	var out strings.Builder
	for _, name := range names(of) {
		fmt.Fprintf(&out, "    %s: %s\n", e.folded(name), goName(name))
		fmt.Fprintf(&out, "    after_%s: After%s\n", e.folded(name), goName(name))
	}
	return out.String()
}

// TestEnginesAgree runs one Go file on all databases, with the same rows: once where a
// customer is a tenant, and once where the tables have got a column for the tenant.
func TestEnginesAgree(t *testing.T) {
	t.Parallel()
	of := tables(readScript(t, engines[0].script).schema)
	if len(of) != 11 {
		t.Fatalf("Chinook has %d tables, and not 11", len(of))
	}
	dir := t.TempDir()
	tenancygen := filepath.Join(dir, "tenancygen")
	command(t, ".", "go", "build", "-o", tenancygen, "github.com/tenancygen/tenancygen/cmd/tenancygen")
	writeProgram(t, dir)
	for i := range engines {
		e := &engines[i]
		e.write(t, filepath.Join(dir, e.name), of)
		e.writeAdded(t, filepath.Join(dir, e.name, "added"), of)
		for _, project := range []string{e.name, filepath.Join(e.name, "added")} {
			command(t, dir, tenancygen, "generate", "-f", filepath.Join(project, "tenancy.yaml"), "--diagnostics=short")
		}
	}
	command(t, dir, "go", "build", "-mod=mod", "-o", "program", ".")

	t.Run("rooted", func(t *testing.T) {
		t.Parallel()
		all := agree(t, dir, nil, func(e *engine) []string {
			s := readScript(t, e.script)
			return []string{s.schema, s.rows}
		})
		check(t, all, 700,
			"1: CountInvoice: 7\n", "1: CountInvoiceLine: 38\n", "59: CountInvoice: 6\n",
			"1: GetInvoice 1: no rows\n", "2: AddLine to another's: refused\n", "2: SetCity of another's: 0\n",
			"1: CreateInvoice: done\n", "2: UpdateInvoice: done\n", "2: UpdateInvoice: no rows\n", "2: CreateInvoiceLine: refused\n",
			"1: MoveCity: 1\n", "2: MoveCity: 0\n", "1: MoveCity tells an id: false\n", "1: PutTotal inside: 1\n", "60: nobody's invoices: 0\n", " 17: nobody's invoices: no id\n", "17, suspended: invoices: inactive\n")
	})
	t.Run("added", func(t *testing.T) {
		t.Parallel()
		all := agree(t, dir, []string{"added"}, func(e *engine) []string { return e.scriptsAdded(t, of) })
		check(t, all, 1400,
			"acme: CountInvoice: 412\n", "globex: CountInvoice: 200\n", "initech: CountInvoice: 0\n",
			"acme: upserts: true false\n", "initech: CreateArtist: done\n", "acme: CreateArtist: refused\n",
			"initech: CreateAlbum: done\n", "initech: UpdateAlbum: refused\n", "globex: UpsertTrack: done\n",
			"globex: UpdateInvoice: no rows\n", "globex: DeleteInvoice: refused\n", "globex: DeleteInvoice: done\n")
	})
}

// agree runs the program on all engines, with scripts that make its database, and fails
// where they do not print the same. It returns what PostgreSQL prints.
func agree(t *testing.T, dir string, args []string, scripts func(*engine) []string) []string {
	t.Helper()
	var all []string
	for i := range engines {
		e := &engines[i]
		url, db := e.open(t)
		for _, text := range scripts(e) {
			if _, err := db.ExecContext(t.Context(), text); err != nil {
				t.Fatalf("%s: %v", e.script, err)
			}
		}
		got := slices.Collect(strings.Lines(command(t, dir, "./program", append([]string{e.name, url}, args...)...)))
		if all == nil {
			all = got
		}
		want := slices.DeleteFunc(slices.Clone(all), func(line string) bool { return !e.upserts && strings.Contains(line, ": PutTotal") })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-%s +%s):\n%s", engines[0].name, e.name, diff)
		}
	}
	t.Logf("%d calls, on %d engines", len(all), len(engines))
	return all
}

// check holds that a transcript is worth to be compared: that it is long, and has lines.
func check(t *testing.T, transcript []string, floor int, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !slices.Contains(transcript, line) {
			t.Errorf("the transcript lacks %q", line)
		}
	}
	if len(transcript) < floor {
		t.Errorf("only %d calls", len(transcript))
	}
}

// write writes the project of an engine.
func (e *engine) write(t *testing.T, dir string, of map[string][]string) {
	t.Helper()
	list := names(of)
	write(t, filepath.Join(dir, "schema.sql"), readScript(t, e.script).schema)
	write(t, filepath.Join(dir, "tenancy.yaml"), e.config(of))
	for _, name := range []string{"queries.sql", e.name + ".sql"} {
		write(t, filepath.Join(dir, name), renamed(read(t, filepath.Join("testdata", name)), list, e.spelled))
	}
	upsert := "upsert.go"
	if !e.upserts {
		upsert = "no_upsert.go"
	}
	for _, name := range []string{"body.go", "params.go", upsert} {
		write(t, filepath.Join(dir, name), strings.ReplaceAll(read(t, filepath.Join("testdata", "program", name)), "ENGINE", e.name))
	}
}

// writeProgram writes a module with what all engines share. It uses what the module of
// this project uses.
func writeProgram(t *testing.T, dir string) {
	t.Helper()
	const own = "github.com/tenancygen/tenancygen"
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	mod := strings.Replace(read(t, filepath.Join(root, "go.mod")), "module "+own+"\n", "module example.com/chinook\n", 1)
	write(t, filepath.Join(dir, "go.mod"), mod+"\nrequire "+own+" v0.1.0\n\nreplace "+own+" => "+root+"\n")
	write(t, filepath.Join(dir, "go.sum"), read(t, filepath.Join(root, "go.sum")))
	write(t, filepath.Join(dir, "main.go"), read(t, "testdata/program/main.go"))
	for _, name := range []string{"show.go", "shared.go", "call.go", "crud.go"} {
		write(t, filepath.Join(dir, "show", name), read(t, filepath.Join("testdata", "program", name)))
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// command runs a program and returns what it prints. What it prints on standard error is
// shown where it fails, or where the test does.
func command(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), name, args...)
	c.Dir, c.Env = dir, append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, stderr.String())
	}
	if stderr.Len() > 0 {
		t.Logf("%s:\n%s", filepath.Base(name), stderr.String())
	}
	return stdout.String()
}
