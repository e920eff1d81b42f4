package slot_test

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/config"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/dialect"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/provision"
	"github.com/tenancygen/tenancygen/generator/slot"
	"github.com/tenancygen/tenancygen/generator/source"
	"github.com/tenancygen/tenancygen/internal/testmysql"
	"github.com/tenancygen/tenancygen/internal/testsqlite"
)

func TestMain(m *testing.M) { testmysql.Main(m) }

// place is where a tenant's tables are, as a provider fills the slots for it.
type place struct{ mark, schema, prefix string }

func (p place) quoted(name string) string {
	return p.mark + strings.ReplaceAll(name, p.mark, p.mark+p.mark) + p.mark
}

func (p place) filled(sql string, slots []ir.Slot) string {
	out, end := "", 0
	for _, s := range slots {
		out += sql[end:s.Start]
		if s.Kind == ir.SlotTable && p.schema != "" {
			out += p.quoted(p.schema) + "."
		}
		out += p.quoted(p.prefix + s.Name)
		if s.Alias && p.prefix != "" {
			out += " AS " + p.quoted(s.Name)
		}
		if end = s.End; strings.HasPrefix(sql[end:], p.mark) {
			out += " "
		}
	}
	return out + sql[end:]
}

var placeholder = regexp.MustCompile(`\$\d+`)

// ran is what came of a statement: its rows or its error, and what the tables have then.
func ran(t *testing.T, db *sql.DB, p place, statement string, dumped []string) string {
	t.Helper()
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	args := []any{}
	for range placeholder.FindAllString(statement, -1) {
		args = append(args, "1")
	}
	out := shownRows(t.Context(), tx, placeholder.ReplaceAllString(statement, "?"), args...)
	for _, table := range dumped {
		name := p.quoted(p.prefix + table)
		if p.schema != "" {
			name = p.quoted(p.schema) + "." + name
		}
		out += "\n" + table + ": " + shownRows(t.Context(), tx, "SELECT * FROM "+name+" ORDER BY 1, 2")
	}
	return out
}

func shownRows(ctx context.Context, tx *sql.Tx, query string, args ...any) string {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return "error " + err.Error()
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		return "error " + err.Error()
	}
	out := fmt.Sprint(len(columns), " columns:") // one without a name is called as it is written
	for rows.Next() {
		values := make([]any, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return "error " + err.Error()
		}
		for _, v := range values {
			if b, ok := v.([]byte); ok {
				v = string(b)
			}
			out += fmt.Sprintf(" %v", v)
		}
		out += ";"
	}
	if err := rows.Err(); err != nil {
		return "error " + err.Error()
	}
	return out
}

// schemaDDL is the DDL of a schema with its slots.
func schemaDDL(t *testing.T, d dialect.Dialect, project, schema string) []ir.LayoutDDL {
	t.Helper()
	report := &diag.Report{}
	files := []*source.File{source.NewFile("schema.sql", schema)}
	cat := catalog.Load(d, files, report)
	cat.Classify(config.Parse(source.NewFile("tenancy.yaml", project), nil, report), report)
	made := provision.Schema(files, cat, report)
	if made.Unmovable != nil {
		t.Fatal(made.Unmovable.Message)
	}
	return made.DDL
}

// samePlaces runs statements on tables that are called as in the schema, and on the same
// tables in other places, and compares what comes of it.
func samePlaces(t *testing.T, db *sql.DB, known *slot.Tables, ddl []ir.LayoutDDL, found, dumped, rows []string, plain place, others ...place) {
	t.Helper()
	for i, p := range append([]place{plain}, others...) {
		for _, d := range ddl {
			if d.Shared && i > 0 {
				continue
			}
			if _, err := db.Exec(p.filled(d.SQL, d.Slots)); err != nil {
				t.Fatalf("%s: %v", p.filled(d.SQL, d.Slots), err)
			}
		}
		for _, row := range rows {
			slots, err := known.Find(row)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := db.Exec(p.filled(row, slots)); err != nil {
				t.Fatalf("%s: %v", p.filled(row, slots), err)
			}
		}
	}
	failed := 0
	for _, marked := range found {
		statement := unmarked.Replace(marked)
		slots, err := known.Find(statement)
		if err != nil {
			t.Fatal(err)
		}
		want := ran(t, db, plain, statement, dumped)
		if strings.HasPrefix(want, "error") {
			failed++
			t.Logf("%s: %s", statement, want)
		}
		for _, p := range others {
			filled := p.filled(statement, slots)
			got := ran(t, db, p, filled, dumped)
			if strings.HasPrefix(want, "error") {
				if !strings.HasPrefix(got, "error") {
					t.Errorf("%s: %s, and without other names %s", filled, got, want)
				}
				continue
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-plain +filled):\n%s", filled, diff)
			}
		}
	}
	if failed*3 > len(found) {
		t.Errorf("%d of %d statements fail", failed, len(found))
	}
}

func TestPlacesMySQL(t *testing.T) {
	t.Parallel()
	dsn := testmysql.Database(t)
	db := testmysql.Open(t, dsn)
	db.SetMaxOpenConns(1)
	var own string
	if err := db.QueryRow("SELECT DATABASE()").Scan(&own); err != nil {
		t.Fatal(err)
	}
	other := own + "_b"
	if _, err := db.Exec("CREATE DATABASE " + other); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // the pool is closed later
		if _, err := db.Exec("DROP DATABASE " + other); err != nil {
			t.Error(err)
		}
	})
	rows := []string{
		"INSERT INTO tenants (id) VALUES ('1'), ('2')",
		"INSERT INTO Orders (tenant_id, name, total) VALUES ('1', 'a', 1), ('1', 'b', 2), ('2', 'c', 3)",
		"INSERT INTO `lines` (id, order_id) VALUES (1, 1), (2, 1), (3, 3)",
	}
	samePlaces(t, db, mySQLKnown(t), schemaDDL(t, dialect.MySQL, sqliteProject, mySQLSchema), mySQLFound, []string{"Orders", "lines"}, rows,
		place{mark: "`"}, place{"`", "", "T\"1__"}, place{"`", own, "t_acme__"}, place{"`", other, ""})
}

func TestPlacesSQLite(t *testing.T) {
	t.Parallel()
	db := testsqlite.Open(t, "file::memory:", 1)
	rows := []string{
		"INSERT INTO tenants (id) VALUES ('1'), ('2')",
		"INSERT INTO orders (tenant_id, name, total) VALUES ('1', 'a', 1), ('1', 'b', 2), ('2', 'c', 3)",
		"INSERT INTO lines (id, order_id) VALUES (1, 1), (2, 1), (3, 3)",
	}
	samePlaces(t, db, sqliteTables(t), schemaDDL(t, dialect.SQLite, sqliteProject, sqliteSchema), sqliteFound, []string{"orders", "lines"}, rows,
		place{mark: `"`}, place{`"`, "", "T\"1__"}, place{`"`, "", "t_acme__"})
}
