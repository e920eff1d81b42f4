package slot_test

import (
	"testing"

	"github.com/tenancygen/tenancygen/generator/dialect"
	"github.com/tenancygen/tenancygen/generator/slot"
)

const sqliteSchema = `
CREATE TABLE tenants (id TEXT NOT NULL PRIMARY KEY);
CREATE TABLE plans (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE Orders (id INTEGER PRIMARY KEY, tenant_id TEXT NOT NULL, name TEXT, total INT);
CREATE TABLE lines (id INTEGER PRIMARY KEY, order_id INT NOT NULL REFERENCES orders);
CREATE TABLE "Odd ""one" (id INT, tenant_id TEXT NOT NULL);
CREATE INDEX lines_order ON lines (order_id);
CREATE VIEW newest AS SELECT id FROM orders;
`

const sqliteProject = `
version: "1"
engine: postgresql
schema: schema.sql
queries: queries.sql
tenant: {column: tenant_id, root: tenants}
tables: {plans: global, lines: {parent: orders}}
functions: [size_of]
go: {package: gen, out: gen}
`

func sqliteTables(t *testing.T) *slot.Tables {
	return tablesOf(t, dialect.SQLite, sqliteProject, sqliteSchema)
}

// sqliteFound are statements of SQLite with their slots.
var sqliteFound = []string{
	"SELECT 1",
	"SELECT * FROM plans",
	"SELECT * FROM «orders^»",
	"SELECT * FROM «ORDERS^» WHERE ORDERS.id = $1",
	"SELECT * FROM «`orders`» AS o, «[lines]» l, plans, «\"Odd \"\"one\"^»",
	`SELECT o.id FROM «orders»"o"`,
	"SELECT orders.*, rowid FROM «orders^» WHERE orders.id IN ($1, $2)",
	"SELECT * FROM «lines^» INDEXED BY «lines_order» WHERE order_id = 1",
	`SELECT * FROM «lines» AS l INDEXED BY «"lines_order"» WHERE order_id = 1`,
	"SELECT * FROM «lines^» NOT INDEXED",
	"SELECT * FROM «orders^» LEFT JOIN «lines^» ON order_id = orders.id CROSS JOIN (plans JOIN «tenants^» ON true)",
	"SELECT (SELECT max(id) FROM «lines^»), EXISTS (SELECT id FROM «orders^») FROM plans ORDER BY (SELECT id FROM «orders^» LIMIT 1)",
	"SELECT * FROM (SELECT * FROM «orders^») AS orders",
	"SELECT id FROM «orders^» UNION ALL SELECT id FROM «lines^» EXCEPT VALUES ((SELECT id FROM «orders^» LIMIT 1))",
	"SELECT * FROM «newest^», json_each($1) AS j WHERE j.value = newest.id",
	"WITH orders AS (SELECT id FROM «lines^») SELECT id FROM orders",
	"WITH RECURSIVE n AS (SELECT 1 AS id UNION SELECT id + 1 FROM n WHERE id < 5) SELECT id FROM n JOIN «orders» AS o USING (id)",
	"WITH a AS (SELECT id FROM lines), lines AS (SELECT id FROM «newest^») SELECT id FROM a",
	"WITH orders AS (SELECT 1 AS id) INSERT INTO «orders^» (id) SELECT id FROM orders",
	"WITH orders AS (SELECT 1 AS id) DELETE FROM «orders^» WHERE id IN (SELECT orders.id FROM orders)",
	"INSERT INTO «orders^» (name, tenant_id) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET name = excluded.name WHERE orders.total = 1 RETURNING id",
	"INSERT INTO «orders^» (name) VALUES ($1) RETURNING «orders».id, «ORDERS».name AS orders",
	"INSERT INTO «orders» AS o (name) SELECT name FROM «orders^» WHERE orders.id = 1 RETURNING «orders».id",
	"INSERT OR REPLACE INTO «orders^» DEFAULT VALUES",
	"REPLACE INTO «orders^» (name) VALUES ('orders')",
	"INSERT INTO plans (name) SELECT name FROM «orders^» RETURNING plans.id",
	"UPDATE «orders^» SET total = l.id FROM «lines» AS l WHERE l.order_id = orders.id RETURNING «orders».id",
	"UPDATE OR IGNORE «orders» AS o SET (name, total) = (SELECT name, 1 FROM «orders^» LIMIT 1)",
	"UPDATE «lines^» INDEXED BY «lines_order» SET id = lines.id + 1 WHERE order_id = 2",
	"DELETE FROM «orders^» WHERE EXISTS (SELECT 1 FROM «lines^» WHERE lines.order_id = orders.id)",
	"DELETE FROM «orders^» WHERE id = 1 RETURNING (SELECT max(lines.id) FROM «lines^» WHERE lines.order_id = «orders».id), (SELECT orders.id FROM «orders^»)",
	"DELETE FROM «lines» AS orders WHERE orders.id = 1 RETURNING (SELECT orders.id FROM «orders^»)",
	"SELECT 'orders', lower('orders'), orders.name AS orders, CAST($1 AS orders) FROM «orders^» -- orders",
	"SELECT lines.id FROM «lines^» /* orders */",
	"SELECT size_of('plans')",
}

func TestFindSQLite(t *testing.T) {
	t.Parallel()
	known := sqliteTables(t)
	finds(t, known, sqliteFound)
	if spoilt := seesMistakes(t, known, false, sqliteFound); spoilt < 500 {
		t.Errorf("only %d mistakes were made", spoilt)
	}
}

func TestUnmovableSQLite(t *testing.T) {
	t.Parallel()
	isUnmovable(t, sqliteTables(t), []unmovable{
		{"SELECT size_of('orders')", `gives the name of a tenants' table to the function "size_of"`},
		{"SELECT size_of('ORDERS')", `gives the name of a tenants' table to the function "size_of"`},
		{"SELECT 1 FROM orders, Orders", `calls two tables "orders" at one place`},
	})
}
