package slot_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/config"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/dialect"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/slot"
	"github.com/tenancygen/tenancygen/generator/source"
)

const schema = `
CREATE TABLE tenants (id uuid PRIMARY KEY);
CREATE TABLE plans (id serial PRIMARY KEY, name text);
CREATE TABLE orders (id serial PRIMARY KEY, tenant_id uuid NOT NULL, name text, total int);
CREATE TABLE lines (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, order_id int NOT NULL REFERENCES orders);
CREATE TABLE "Odd ""one" (id int, tenant_id uuid NOT NULL);
CREATE SCHEMA shop;
CREATE TABLE shop.stock (id int, tenant_id uuid NOT NULL);
CREATE TABLE shop.orders (id int);
CREATE VIEW newest AS SELECT id FROM orders;
CREATE TYPE pair AS (a int, b int);
`

const project = `
version: "1"
engine: postgresql
schema: schema.sql
queries: queries.sql
tenant: {column: tenant_id, root: tenants}
tables: {plans: global, shop.orders: global, lines: {parent: public.orders}}
functions: [pg_relation_size]
go: {package: gen, out: gen}
`

func tables(t *testing.T) *slot.Tables { return tablesOf(t, dialect.PostgreSQL, project, schema) }

func tablesOf(t *testing.T, d dialect.Dialect, project, schema string) *slot.Tables {
	t.Helper()
	report := &diag.Report{}
	cfg := config.Parse(source.NewFile("tenancy.yaml", project), nil, report)
	cat := catalog.Load(d, []*source.File{source.NewFile("schema.sql", schema)}, report)
	if cfg == nil {
		t.Fatal(report.Sorted()[0].Message)
	}
	cat.Classify(cfg, report)
	for _, d := range report.Sorted() {
		if d.IsError() {
			t.Fatal(d.Message)
		}
	}
	return slot.Of(cat, ir.LayoutDDL{Creates: []string{"numbers"}}, ir.LayoutDDL{Shared: true, Creates: []string{"shared"}})
}

// marked shows the slots in a text: «name» is a slot, and «name^» one that needs an
// alias.
func marked(sql string, slots []ir.Slot) string {
	for _, s := range slices.Backward(slots) {
		alias := ""
		if s.Alias {
			alias = "^"
		}
		sql = sql[:s.Start] + "«" + sql[s.Start:s.End] + alias + "»" + sql[s.End:]
	}
	return sql
}

var unmarked = strings.NewReplacer("^»", "", "«", "", "»", "")

// found are statements with their slots, which the check takes.
var found = []string{
	"SELECT 1",
	"SELECT * FROM plans",
	"SELECT * FROM «orders^»",
	"SELECT * FROM «orders» AS o",
	"SELECT * FROM «orders» o (x, y)",
	`SELECT o.id FROM «orders»"o"`,
	"SELECT orders.id, orders FROM «public.orders^» WHERE orders.id = $1",
	`SELECT * FROM «"public" . "orders"^», plans, «"Odd ""one"^»`,
	"SELECT * FROM ONLY «orders^»",
	"SELECT * FROM ONLY «(orders)^»",
	"SELECT * FROM ONLY/*c*/«( public.orders )^» WHERE true",
	"SELECT * FROM «orders *^» WHERE total > 2 * 3",
	"SELECT * FROM «orders *» AS o",
	"SELECT * FROM «orders^» TABLESAMPLE SYSTEM (10) WHERE true",
	"SELECT * FROM «orders» o TABLESAMPLE BERNOULLI (1) REPEATABLE (2)",
	"SELECT * FROM «orders^» FOR UPDATE OF orders",
	"SELECT * FROM «orders» AS o JOIN «lines» AS l ON l.order_id = o.id FOR SHARE OF o SKIP LOCKED",
	"SELECT * FROM «orders^» LEFT JOIN «lines^» ON order_id = orders.id CROSS JOIN (plans JOIN «tenants^» ON true)",
	"SELECT (SELECT max(id) FROM «lines^»), ARRAY(SELECT id FROM «orders^») FROM plans ORDER BY (SELECT id FROM «orders^» LIMIT 1)",
	"SELECT * FROM (SELECT * FROM «orders^») AS orders, LATERAL (SELECT orders.id FROM «lines^») AS l",
	"SELECT id FROM «orders^» UNION ALL (SELECT id FROM «lines^» EXCEPT VALUES ((SELECT id FROM «orders^» LIMIT 1)))",
	"SELECT * FROM «newest^»",
	"SELECT * FROM «shop.stock^», shop.orders, «orders» AS o",
	// A common table expression may have the name of a table.
	"WITH orders AS (SELECT id FROM «orders^») SELECT id FROM orders",
	"WITH RECURSIVE orders AS (SELECT 1 AS id UNION SELECT id + 1 FROM orders) SELECT id FROM orders JOIN «public.orders» AS o USING (id)",
	"WITH lines AS (SELECT id FROM orders_of), orders_of AS (SELECT 1) SELECT id FROM lines",
	"WITH a AS (SELECT id FROM «lines^»), lines AS (SELECT id FROM a) SELECT id FROM lines, (WITH orders AS (SELECT 1 AS id) SELECT id FROM orders) AS x, «orders^»",
	"WITH orders AS (SELECT 1 AS id) INSERT INTO «orders^» (id) SELECT id FROM orders",
	"WITH orders AS (DELETE FROM «orders^» RETURNING *) SELECT * FROM orders",
	"INSERT INTO «orders^» (name, tenant_id) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET name = excluded.name WHERE orders.total = 1 RETURNING orders.id",
	"INSERT INTO «orders» AS o (name) SELECT name FROM «orders^» RETURNING o.*",
	"INSERT INTO «orders^» DEFAULT VALUES",
	"INSERT INTO «orders» AS o (name) VALUES ($1) ON CONFLICT ON CONSTRAINT «orders_pkey» DO NOTHING",
	`INSERT INTO «orders^» (name) VALUES ($1) ON CONFLICT ON CONSTRAINT«"Odd"»DO UPDATE SET name = (SELECT 'x' FROM «lines^» LIMIT 1)`,
	"INSERT INTO plans (name) VALUES ($1) ON CONFLICT ON CONSTRAINT orders_pkey DO NOTHING",
	"INSERT INTO plans (name) SELECT name FROM «orders^»",
	"UPDATE «orders^» SET total = l.id FROM «lines» AS l WHERE l.order_id = orders.id RETURNING orders.id",
	"UPDATE ONLY «orders» AS o SET (name, total) = (SELECT name, 1 FROM «orders^» LIMIT 1)",
	"UPDATE «orders *^» SET name = ''",
	"DELETE FROM «orders^» USING «lines^» WHERE lines.order_id = orders.id",
	"DELETE FROM «lines» l WHERE EXISTS (SELECT FROM «orders^» WHERE orders.id = l.order_id)",
	"MERGE INTO «orders^» USING (SELECT * FROM «lines^») AS l ON l.order_id = orders.id WHEN MATCHED AND orders.total = 1 THEN UPDATE SET name = (SELECT 'orders' FROM «lines^» LIMIT 1) WHEN NOT MATCHED THEN INSERT (name) VALUES ('x')",
	"MERGE INTO «orders» o USING «lines^» ON order_id = o.id WHEN MATCHED THEN DELETE",
	// Strings, types, columns and functions of such names are none.
	"SELECT 'orders', orders.name AS orders, lower('orders'), NULL::pair, $1::text FROM «orders^» -- orders",
	"SELECT nextval('plans_id_seq')",
	"SELECT nextval(«'orders_id_seq'»), pg_catalog.nextval(«'public.orders_id_seq'»::regclass)",
	`INSERT INTO «lines^» (order_id) VALUES (nextval(«'"lines_id_seq"'»))`,
	"SELECT nextval(«'lines_id_seq'» )",
	"SELECT nextval(«'numbers'»), nextval('shared')",
	"SELECT pg_relation_size('plans')",
}

func TestFind(t *testing.T) {
	t.Parallel()
	finds(t, tables(t), found)
}

// finds looks for the slots of statements, and has the check look at them.
func finds(t *testing.T, known *slot.Tables, found []string) {
	t.Helper()
	for _, want := range found {
		sql := unmarked.Replace(want)
		slots, err := known.Find(sql)
		if err != nil {
			t.Errorf("%s: %v", sql, err)
			continue
		}
		if diff := cmp.Diff(want, marked(sql, slots)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if err := known.Check(sql, slots); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

// TestCheckFindsMistakes spoils the slots of every statement: one is left out, moved,
// given another name or another alias, or there is one too many. The check has to see
// each of them.
func TestCheckFindsMistakes(t *testing.T) {
	t.Parallel()
	known := tables(t)
	if spoilt := seesMistakes(t, known, true, found); spoilt < 500 {
		t.Errorf("only %d mistakes were made", spoilt)
	}
	for _, tt := range []struct{ before, at, after string }{
		{"SELECT * FROM ", "plans", ""},
		{"WITH orders AS (SELECT 1 AS id) SELECT id FROM ", "orders", ""},
		{"SELECT ", "'orders'", " FROM plans"},
		{"SELECT name AS ", "orders", " FROM plans"},
		{"SELECT ", "orders", " FROM plans AS orders"},
	} {
		s := ir.Slot{Start: len(tt.before), End: len(tt.before + tt.at), Name: strings.Trim(tt.at, "'"), Kind: ir.SlotTable}
		if strings.HasPrefix(tt.at, "'") {
			s.Kind = ir.SlotLiteral
		}
		for _, s.Alias = range []bool{false, true} {
			if known.Check(tt.before+tt.at+tt.after, []ir.Slot{s}) == nil {
				t.Errorf("%s«%s»%s is not seen", tt.before, tt.at, tt.after)
			}
		}
	}
}

// seesMistakes spoils the slots of statements, and returns in how many ways. Where
// tables cannot be qualified, a name and a table without an alias are filled alike.
func seesMistakes(t *testing.T, known *slot.Tables, qualified bool, found []string) (spoilt int) {
	t.Helper()
	for _, want := range found {
		sql := unmarked.Replace(want)
		slots, err := known.Find(sql)
		if err != nil {
			t.Fatal(err)
		}
		for i := range slots {
			for name, spoil := range map[string]func(s []ir.Slot) []ir.Slot{
				"left out":     func(s []ir.Slot) []ir.Slot { return slices.Delete(s, i, i+1) },
				"too early":    func(s []ir.Slot) []ir.Slot { s[i].Start--; return s },
				"too late":     func(s []ir.Slot) []ir.Slot { s[i].End++; return s },
				"too short":    func(s []ir.Slot) []ir.Slot { s[i].End--; return s },
				"begins later": func(s []ir.Slot) []ir.Slot { s[i].Start++; return s },
				"twice":        func(s []ir.Slot) []ir.Slot { return slices.Insert(s, i, s[i]) },
				"empty":        func(s []ir.Slot) []ir.Slot { s[i].End = s[i].Start; return s },
				"behind":       func(s []ir.Slot) []ir.Slot { s[i].End = len(sql) + 1; return s },
				"renamed":      func(s []ir.Slot) []ir.Slot { s[i].Name = "plans"; return s },
				"alias":        func(s []ir.Slot) []ir.Slot { s[i].Alias = !s[i].Alias; return s },
				"literal":      func(s []ir.Slot) []ir.Slot { s[i].Kind = ir.SlotLiteral; return s },
				"table":        func(s []ir.Slot) []ir.Slot { s[i].Kind = ir.SlotTable; return s },
				"name":         func(s []ir.Slot) []ir.Slot { s[i].Kind = ir.SlotName; return s },
				"swapped": func(s []ir.Slot) []ir.Slot {
					for j := range s {
						if s[j].Name != s[i].Name {
							s[i].Name, s[j].Name = s[j].Name, s[i].Name
							return s
						}
					}
					return nil
				},
			} {
				if !qualified && !slots[i].Alias && (name == "name" || name == "table") {
					continue
				}
				wrong := spoil(slices.Clone(slots))
				if slices.Equal(wrong, slots) || name == "alias" && slots[i].Kind != ir.SlotTable || wrong == nil || same(sql, slots[i], wrong, i) {
					continue
				}
				spoilt++
				if known.Check(sql, wrong) == nil {
					t.Errorf("%s: slot %d %s is not seen", marked(sql, slots), i, name)
				}
			}
		}
	}
	return spoilt
}

// same reports whether a slot that was made longer or shorter means the same: it takes
// a blank more or less, or the star that means nothing.
func same(sql string, was ir.Slot, wrong []ir.Slot, i int) bool {
	if i >= len(wrong) {
		return false
	}
	w := wrong[i]
	if w.Name != was.Name || w.Alias != was.Alias || w.Kind != was.Kind || w.Start >= w.End || w.End > len(sql) {
		return false
	}
	nothing := func(a, b int) bool { return strings.Trim(sql[min(a, b):max(a, b)], " *") == "" }
	return nothing(w.Start, was.Start) && nothing(w.End, was.End) && w != was
}

func TestUnmovable(t *testing.T) {
	t.Parallel()
	isUnmovable(t, tables(t), []unmovable{
		{"SELECT public.orders.id FROM orders", `names a column of "orders" with the table's schema`},
		{"SELECT public.orders.* FROM public.orders", `names a column of "orders" with the table's schema`},
		{"SELECT NULL::orders", `uses the row type of table "orders", which is another one for each tenant`},
		{"SELECT CAST(NULL AS public.orders[])", `uses the row type of table "orders", which is another one for each tenant`},
		{"SELECT * FROM json_to_recordset($1) AS x (a orders)", `uses the row type of table "orders", which is another one for each tenant`},
		{"SELECT tableoid::regclass FROM orders", "casts to regclass, by which a table is known by its place"},
		{"SELECT id FROM orders WHERE tableoid = 'orders'::regclass", "casts to regclass, by which a table is known by its place"},
		{"SELECT pg_relation_size('orders')", `gives the name of a tenants' table to the function "pg_relation_size"`},
		{"SELECT nextval('other_seq')", "asks nextval for a sequence that the schema does not show"},
		{"SELECT nextval($1::text)", "asks nextval for a sequence that the schema does not show"},
		{"SELECT nextval(E'orders_id_seq')", "writes the name of a sequence in an unusual way"},
		{"SELECT 1 FROM public.orders, shop.orders", `calls two tables "orders" at one place`},
		{"UPDATE orders SET name = '' FROM shop.orders", `calls two tables "orders" at one place`},
	})
}

type unmovable struct{ sql, why string }

func isUnmovable(t *testing.T, known *slot.Tables, list []unmovable) {
	t.Helper()
	for _, tt := range list {
		_, err := known.Find(tt.sql)
		var u *slot.Unmovable
		if !errors.As(err, &u) {
			t.Errorf("%s: %v", tt.sql, err)
			continue
		}
		if diff := cmp.Diff(tt.why, u.Why); diff != "" || u.Help == "" {
			t.Errorf("%s (-want +got):\n%s", tt.sql, diff)
		}
	}
}
