package provision_test

import (
	"database/sql"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/config"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/dialect"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/provision"
	"github.com/tenancygen/tenancygen/generator/source"
	"github.com/tenancygen/tenancygen/internal/testsqlite"
)

const sqliteTables = `
CREATE TABLE tenants (id TEXT NOT NULL PRIMARY KEY);
CREATE TABLE kinds (code TEXT PRIMARY KEY);
CREATE TABLE log (id INT);
CREATE TABLE Orders (id INTEGER PRIMARY KEY AUTOINCREMENT, tenant_id TEXT NOT NULL REFERENCES tenants, kind TEXT REFERENCES kinds (code), total INT);
CREATE INDEX By_Kind ON orders (kind);
`

func schemaOf(t *testing.T, d dialect.Dialect, text string) (*provision.Result, *diag.Report) {
	t.Helper()
	var report diag.Report
	cfg := config.Parse(source.NewFile("tenancy.yaml", project), nil, &report)
	if cfg == nil {
		t.Fatal(report.Sorted()[0].Message)
	}
	files := []*source.File{source.NewFile("schema.sql", text)}
	cat := catalog.Load(d, files, &report)
	cat.Classify(cfg, &report)
	return provision.Schema(files, cat, &report), &report
}

// shown is a statement with its slots in brackets, with what is special about them.
func shown(d ir.LayoutDDL) string {
	out, end := "tenant: ", 0
	if d.Shared {
		out = "shared: "
	}
	for _, s := range d.Slots {
		name := s.Name
		switch s.Kind {
		case ir.SlotName:
			name = "." + name
		case ir.SlotShared:
			name = "/" + name
		}
		if s.Alias {
			name += "^"
		}
		out += d.SQL[end:s.Start] + "«" + name + "|" + d.SQL[s.Start:s.End] + "»"
		end = s.End
	}
	return out + d.SQL[end:]
}

// lastOf is the last statement that a text adds to the tables; empty where it adds none.
func lastOf(t *testing.T, d dialect.Dialect, tables, text string) string {
	t.Helper()
	before, _ := schemaOf(t, d, tables)
	made, report := schemaOf(t, d, tables+text)
	if made.Unmovable != nil {
		t.Errorf("%s: %s", text, made.Unmovable.Message)
	}
	for _, d := range report.Sorted() {
		if d.IsError() {
			t.Errorf("%s: %s", text, d.Message)
		}
	}
	if len(made.DDL) == len(before.DDL) {
		return ""
	}
	return shown(made.DDL[len(made.DDL)-1])
}

var sqliteSlots = map[string]string{
	`-- of orders
	ALTER TABLE main . "orders" /* orders */ ADD orders TEXT;`: `tenant: ALTER TABLE «orders|main . "orders"» /* orders */ ADD orders TEXT`,
	"ALTER TABLE log ADD order_id INT REFERENCES [ORDERS] (id)":                      "tenant: ALTER TABLE «log|log» ADD order_id INT REFERENCES «orders|[ORDERS]» (id)",
	"ALTER TABLE orders RENAME kind TO sort":                                         "tenant: ALTER TABLE «orders|orders» RENAME kind TO sort",
	"ALTER TABLE kinds ADD label TEXT":                                               "shared: ALTER TABLE kinds ADD label TEXT",
	"DROP INDEX IF EXISTS by_kind":                                                   "tenant: DROP INDEX IF EXISTS «by_kind|by_kind»",
	"CREATE UNIQUE INDEX IF NOT EXISTS main.u ON orders (id) WHERE orders.total > 0": "tenant: CREATE UNIQUE INDEX IF NOT EXISTS «.u|main.u» ON «orders|orders» (id) WHERE «.orders|orders».total > 0",
	"CREATE INDEX k ON kinds (lower(code))":                                          "shared: CREATE INDEX k ON kinds (lower(code))",
	"CREATE TABLE lines (tenant_id TEXT NOT NULL CHECK (lines.tenant_id <> ''), CHECK (tenant_id <> 'lines'), FOREIGN KEY (tenant_id) REFERENCES tenants ON DELETE CASCADE)": "tenant: CREATE TABLE «lines|lines» (tenant_id TEXT NOT NULL CHECK («.lines|lines».tenant_id <> ''), CHECK (tenant_id <> 'lines'), FOREIGN KEY (tenant_id) REFERENCES «tenants|tenants» ON DELETE CASCADE)",
	"CREATE VIEW V AS SELECT orders.id FROM orders, kinds JOIN orders AS o ON o.id = orders.id":                                                                              "tenant: CREATE VIEW «v|V» AS SELECT orders.id FROM «orders^|orders», kinds JOIN «orders|orders» AS o ON o.id = orders.id",
	"CREATE VIEW v (a) AS WITH orders AS (SELECT 1) SELECT * FROM orders UNION SELECT id FROM tenants":                                                                       "tenant: CREATE VIEW «v|v» (a) AS WITH orders AS (SELECT 1) SELECT * FROM orders UNION SELECT id FROM «tenants^|tenants»",
	"CREATE VIEW v AS SELECT id FROM orders INDEXED BY by_kind WHERE kind = 'a'":                                                                                             "tenant: CREATE VIEW «v|v» AS SELECT id FROM «orders^|orders» INDEXED BY «by_kind|by_kind» WHERE kind = 'a'",
	"CREATE VIEW v AS SELECT code FROM kinds": "shared: CREATE VIEW v AS SELECT code FROM kinds",
	`CREATE TRIGGER "T g" AFTER UPDATE OF total ON orders WHEN NEW.total > (SELECT count(*) FROM orders) BEGIN
		UPDATE orders SET total = orders.total + (SELECT count(orders.id) FROM orders) WHERE orders.id = NEW.id;
		DELETE FROM orders WHERE id IN (SELECT o.id FROM orders o WHERE o.total = orders.total);
		INSERT INTO orders (id, tenant_id) SELECT orders.id + 1, OLD.tenant_id FROM orders WHERE true ON CONFLICT (id) DO UPDATE SET total = orders.total;
		SELECT RAISE(ABORT, 'orders') WHERE NEW.total = 4;
	END`: `tenant: CREATE TRIGGER «.T g|"T g"» AFTER UPDATE OF total ON «orders|orders» WHEN NEW.total > (SELECT count(*) FROM «orders^|orders») BEGIN
		UPDATE «orders|orders» SET total = «.orders|orders».total + (SELECT count(orders.id) FROM «orders^|orders») WHERE «.orders|orders».id = NEW.id;
		DELETE FROM «orders|orders» WHERE id IN (SELECT o.id FROM «orders|orders» o WHERE o.total = «.orders|orders».total);
		INSERT INTO «orders|orders» (id, tenant_id) SELECT orders.id + 1, OLD.tenant_id FROM «orders^|orders» WHERE true ON CONFLICT (id) DO UPDATE SET total = «.orders|orders».total;
		SELECT RAISE(ABORT, 'orders') WHERE NEW.total = 4;
	END`,
	"DELETE FROM orders WHERE orders.id > 1":                                            "tenant: DELETE FROM «orders^|orders» WHERE orders.id > 1",
	"UPDATE orders SET total = 1 RETURNING orders.id":                                   "tenant: UPDATE «orders^|orders» SET total = 1 RETURNING «.orders|orders».id",
	"INSERT INTO kinds VALUES ('orders')":                                               "shared: INSERT INTO kinds VALUES ('orders')",
	`CREATE TABLE "é" (/* é */ tenant_id TEXT NOT NULL); ALTER TABLE /* é */ "é" ADD x`: `tenant: ALTER TABLE /* é */ «é|"é"» ADD x`,
	// What makes nothing is left out.
	"PRAGMA foreign_keys = off": "", "BEGIN": "", "COMMIT": "", "ANALYZE orders": "", "REINDEX": "",
	"DROP TABLE IF EXISTS gone": "", "DROP VIEW IF EXISTS gone": "", "DROP INDEX IF EXISTS gone": "",
}

func TestSlotsSQLite(t *testing.T) {
	t.Parallel()
	for text, want := range sqliteSlots {
		if diff := cmp.Diff(want, lastOf(t, dialect.SQLite, sqliteTables, text)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestUnmovableSQLite(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"ALTER TABLE orders RENAME TO bills":                                               "gives orders another name",
		"CREATE VIRTUAL TABLE notes USING fts5(body)":                                      "nobody can tell what it makes",
		"DROP TRIGGER IF EXISTS t":                                                         "nobody can tell what it makes",
		"PRAGMA user_version = 4":                                                          "it sets user_version",
		"PRAGMA recursive_triggers = on":                                                   "it sets recursive_triggers",
		"INSERT INTO orders (tenant_id) VALUES ('a')":                                      "it writes rows of tenants",
		"INSERT INTO sqlite_sequence VALUES ('orders', 7)":                                 "it names sqlite_sequence",
		"CREATE TRIGGER t AFTER INSERT ON kinds BEGIN DELETE FROM orders; END":             "refers to orders, whose rows are a tenant's",
		"CREATE TRIGGER t AFTER INSERT ON orders BEGIN DELETE FROM gone; END":              "it names gone, which no statement before makes",
		"CREATE TRIGGER t AFTER INSERT ON orders BEGIN SELECT RAISE(ABORT, NEW.id); END":   "RAISE",
		"CREATE VIEW v AS SELECT load_extension('x') FROM orders":                          "it calls load_extension",
		"CREATE VIEW v AS SELECT * FROM orders WHERE id IN gone":                           "IN with the name of a table",
		"CREATE TABLE main.x (tenant_id TEXT NOT NULL, a INT CHECK (known('orders') > 0))": "given the name of orders as text",
	} {
		made, report := schemaOf(t, dialect.SQLite, sqliteTables+text)
		got := ""
		if made.Unmovable != nil {
			got = made.Unmovable.Message
		} else if report.HasErrors() {
			got = report.Sorted()[0].Message
		}
		if !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// filled is a statement for a tenant whose tables have a prefix.
func filled(sql string, slots []ir.Slot, prefix string, quote func(string) string) string {
	out, end := "", 0
	for _, s := range slots {
		out += sql[end:s.Start] + quote(prefix+s.Name)
		if s.Alias {
			out += " AS " + quote(s.Name)
		}
		if end = s.End; strings.HasPrefix(sql[end:], `"`) {
			out += " "
		}
	}
	return out + sql[end:]
}

// TestPrefixSQLite makes the tables of two tenants with prefixes beside those without,
// in one file. What the database then says of a tenant's is what it says of those
// without, but for the prefix.
func TestPrefixSQLite(t *testing.T) {
	t.Parallel()
	double := func(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
	made := 0
	for text, want := range sqliteSlots {
		if want == "" || strings.HasPrefix(want, "shared") {
			continue
		}
		made++
		result, _ := schemaOf(t, dialect.SQLite, sqliteTables+text)
		db := testsqlite.Open(t, "file::memory:", 1)
		for _, d := range result.DDL {
			if _, err := db.Exec(d.SQL); err != nil {
				t.Fatalf("%s: %v", d.SQL, err)
			}
		}
		for _, prefix := range []string{`T"1__`, "t_acme__"} {
			for _, d := range result.DDL {
				if d.Shared {
					continue
				}
				if _, err := db.Exec(filled(d.SQL, d.Slots, prefix, double)); err != nil {
					t.Errorf("%s: %v", filled(d.SQL, d.Slots, prefix, double), err)
				}
			}
			if diff := cmp.Diff(relations(t, db, "", result), relations(t, db, prefix, result)); diff != "" {
				t.Errorf("%s (-plain +%s):\n%s", text, prefix, diff)
			}
		}
	}
	if made < 13 {
		t.Errorf("only %d schemas were made", made)
	}
}

// relations is what the database says of a tenant's relations, without the prefix.
func relations(t *testing.T, db *sql.DB, prefix string, result *provision.Result) []string {
	t.Helper()
	var names []string
	for _, d := range result.DDL {
		if !d.Shared {
			names = append(names, d.Creates...)
		}
	}
	var out []string
	for _, name := range names {
		for _, query := range []string{
			"SELECT type || ' ' || replace(name, ?1, '') || ' on ' || replace(tbl_name, ?1, '') FROM sqlite_schema WHERE lower(tbl_name) = lower(?1 || ?2) OR lower(name) = lower(?1 || ?2)",
			"SELECT name || ' ' || type || ' ' || \"notnull\" || ' ' || pk || ' ' || hidden || ' ' || coalesce(dflt_value, '') FROM pragma_table_xinfo(?1 || ?2)",
			"SELECT 'fk ' || replace(\"table\", ?1, '') || ' ' || \"from\" || ' ' || coalesce(\"to\", '') || ' ' || on_delete FROM pragma_foreign_key_list(?1 || ?2)",
			"SELECT 'index ' || replace(name, ?1, '') || ' ' || \"unique\" || ' ' || origin || ' ' || partial FROM pragma_index_list(?1 || ?2)",
			"SELECT 'key ' || coalesce(name, '') FROM pragma_index_info(?1 || ?2)",
		} {
			rows, err := db.Query(query, prefix, name)
			if err != nil {
				t.Fatal(err)
			}
			for rows.Next() {
				var line string
				if err := rows.Scan(&line); err != nil {
					t.Fatal(err)
				}
				out = append(out, strings.ToLower(name+": "+line))
			}
			if err := rows.Err(); err != nil {
				t.Fatal(err)
			}
		}
	}
	slices.Sort(out)
	return out
}
