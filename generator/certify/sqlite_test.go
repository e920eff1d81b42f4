package certify_test

import (
	"testing"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/certify"
	"github.com/tenancygen/tenancygen/generator/config"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/dialect"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/source"
)

// dialectCatalog is a catalog of a schema with tenant column t and children of par, by the
// names ch and chn.
func dialectCatalog(t testing.TB, d dialect.Dialect, schema string) *catalog.Catalog {
	t.Helper()
	report := &diag.Report{}
	c := catalog.Load(d, []*source.File{source.NewFile("schema.sql", schema)}, report)
	tables := []config.Table{{Pattern: "g", Class: ir.ClassGlobal}, {Pattern: "ch", Class: ir.ClassChild, Parent: "par"}, {Pattern: "chn", Class: ir.ClassChild, Parent: "par"}}
	c.Classify(&config.Config{Tenant: config.Tenant{Column: "t"}, Tables: tables}, report)
	for _, d := range report.Sorted() {
		if d.Severity == diag.Error {
			t.Fatalf("the schema of the test is wrong: %s", d.Message)
		}
	}
	return c
}

// statements are certified, or refused, with $1 as the tenant.
type statements struct{ accepted, refused []string }

func (s statements) run(t *testing.T, c *catalog.Catalog) {
	t.Helper()
	for _, sql := range s.accepted {
		for _, f := range certify.Check(sql, 1, c).Findings {
			t.Errorf("%s\n\trefused: %s", sql, f.Message)
		}
	}
	for _, sql := range s.refused {
		if len(certify.Check(sql, 1, c).Findings) == 0 {
			t.Errorf("%s\n\taccepted", sql)
		}
	}
}

const sqliteSchema = `
CREATE TABLE g (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE par (id INTEGER PRIMARY KEY, t TEXT NOT NULL, name TEXT);
CREATE TABLE o (id INTEGER PRIMARY KEY, t TEXT NOT NULL, k TEXT UNIQUE, q INTEGER);
CREATE TABLE own (t TEXT NOT NULL, k TEXT NOT NULL, q INTEGER, PRIMARY KEY (t, k));
CREATE TABLE ch (id INTEGER PRIMARY KEY, pid INTEGER NOT NULL REFERENCES par (id), v TEXT);
CREATE TABLE chn (pid INTEGER NOT NULL REFERENCES par (id), v TEXT, UNIQUE (pid, v));
CREATE TABLE opt (t TEXT NOT NULL, pid INTEGER REFERENCES par (id), v TEXT);
CREATE TABLE num (pid INTEGER PRIMARY KEY REFERENCES par (id), t TEXT NOT NULL, v TEXT);
CREATE TABLE eager (t TEXT NOT NULL, k TEXT, UNIQUE (k) ON CONFLICT REPLACE);
`

// The look-up that fails is the one that the rewriter writes; see dialect.SQLite.
const sqliteLookup = `(SELECT p.id FROM (SELECT 1 AS one) AS given LEFT JOIN par AS p ON p.id = $2 AND p.t = $1 WHERE json_extract('{}', CASE WHEN p.id IS NULL THEN 'the tenant has no row with this key' END) IS NULL)`

var sqliteAccepted = []string{
	`SELECT * FROM o WHERE o.t = $1`,
	`SELECT * FROM o INDEXED BY i WHERE o.t = $1`,
	`SELECT * FROM o WHERE (t = $1 AND k = $2) AND o.t = $1`,
	`SELECT o.rowid FROM o WHERE o.t = $1 AND o.rowid = $2`,
	`SELECT * FROM par AS p LEFT JOIN ch ON ch.pid = p.id AND EXISTS (SELECT 1 FROM par WHERE par.id = ch.pid AND par.t = $1) WHERE p.t = $1`,
	`WITH a AS (SELECT * FROM o WHERE o.t = $1) SELECT * FROM a`,
	`INSERT INTO o (t, k) VALUES ($1, 'a')`,
	`INSERT INTO ch (pid) VALUES ((SELECT p.id FROM par AS p WHERE p.id = $2 AND p.t = $1))`,
	`INSERT INTO ch (pid) VALUES (` + sqliteLookup + `)`,
	`INSERT INTO o (t, k) VALUES ($1, 'a') ON CONFLICT (k) DO UPDATE SET q = 1 WHERE o.t = $1`,
	`INSERT OR IGNORE INTO o (t, k) VALUES ($1, 'a')`,
	`REPLACE INTO own (t, k) VALUES ($1, 'a')`,
	`INSERT OR REPLACE INTO own (t, k) VALUES ($1, 'a')`,
	`UPDATE OR REPLACE own SET k = 'b' WHERE own.t = $1`,
	`INSERT OR REPLACE INTO chn (pid, v) VALUES (` + sqliteLookup + `, 'a')`,
	`UPDATE o SET q = par.id FROM par WHERE o.t = $1 AND par.t = $1`,
	`DELETE FROM o WHERE o.t = $1 RETURNING *`,
	`INSERT INTO num (t, pid) SELECT $1, par.id FROM par WHERE par.t = $1`,
	`INSERT INTO num (t, pid) VALUES ($1, ` + sqliteLookup + `)`,
	`SELECT count(*) FILTER (WHERE o.q > 1) FROM o WHERE o.t = $1`,
	`SELECT "id", "k" FROM o WHERE o.t = $1 AND EXISTS (SELECT 1 FROM g WHERE "q" = g.id) ORDER BY "K"`,
	`INSERT INTO o (t, "k") VALUES ($1, 'a') ON CONFLICT ("k") DO UPDATE SET "q" = "q" + 1 WHERE o.t = $1 RETURNING "k"`,
}

func TestSQLite(t *testing.T) {
	t.Parallel()
	statements{
		accepted: sqliteAccepted,
		refused: []string{
			`SELECT * FROM o`,
			`SELECT * FROM o WHERE o.t IS $1`,
			`SELECT * FROM o WHERE o.t LIKE $1`,
			`SELECT * FROM o WHERE o.t = $1 COLLATE NOCASE`,
			`SELECT * FROM o WHERE o.t COLLATE NOCASE = $1`,
			`SELECT * FROM o WHERE CAST(o.t AS INTEGER) = $1`,
			`SELECT * FROM o WHERE "o"."x" = $1`,
			`SELECT * FROM o WHERE "t" = $1`,
			// These are strings, or may be.
			`SELECT "tenant" FROM o WHERE o.t = $1`,
			`INSERT INTO o (t, k) VALUES ($1, "a")`,
			`INSERT INTO o (t, k) VALUES ($1, "k")`,
			`SELECT "x" FROM (SELECT g.name AS x FROM g) AS s`,
			`SELECT o.k FROM o WHERE o.t = $1 UNION SELECT g.name FROM g ORDER BY "k"`,
			// A name of the clause means the expression, wherever it stands.
			`WITH a AS (SELECT * FROM o), o AS (SELECT * FROM par WHERE par.t = $1) SELECT * FROM a JOIN main_o ON 1`,
			`SELECT * FROM o, o AS p WHERE o.t = $1`,
			`SELECT * FROM g FULL JOIN o ON o.t = $1`,
			`SELECT * FROM sqlite_master`,
			`SELECT load_extension('x') FROM o WHERE o.t = $1`,
			`SELECT last_insert_rowid() FROM o WHERE o.t = $1`,
			`INSERT INTO o (t, k) VALUES ('x', 'a')`,
			`INSERT INTO o (t, k) VALUES ($1, 'a') ON CONFLICT (k) DO UPDATE SET q = 1`,
			// The unique key on k, and the number of the row, are those of all tenants.
			`INSERT OR REPLACE INTO o (t, k) VALUES ($1, 'a')`,
			`REPLACE INTO o (t, k) VALUES ($1, 'a')`,
			`UPDATE OR REPLACE o SET k = 'b' WHERE o.t = $1`,
			// So it is of every statement, where the schema says so.
			`INSERT INTO eager (t, k) VALUES ($1, 'a')`,
			`UPDATE eager SET k = 'a' WHERE eager.t = $1`,
			// In the place of NULL, REPLACE stores the default.
			`INSERT OR REPLACE INTO chn (pid, v) VALUES ((SELECT p.id FROM par AS p WHERE p.id = $2 AND p.t = $1), 'a')`,
			`INSERT OR REPLACE INTO own (t, k) VALUES (CASE WHEN $2 = $1 THEN $1 END, 'a')`,
			// OR IGNORE would leave the row out without a word.
			`INSERT OR IGNORE INTO chn (pid, v) VALUES ((SELECT p.id FROM par AS p WHERE p.id = $2 AND p.t = $1), 'a')`,
			// These do not fail, or not then.
			`INSERT OR REPLACE INTO chn (pid, v) VALUES ((SELECT p.id FROM (SELECT 1 AS one) AS given LEFT JOIN par AS p ON p.id = $2 AND p.t = $1 WHERE json_extract('{}', CASE WHEN p.id IS NULL THEN '1' END) IS NULL), 'a')`,
			`INSERT OR REPLACE INTO chn (pid, v) VALUES ((SELECT p.id FROM (SELECT 1 AS one) AS given LEFT JOIN par AS p ON p.id = $2 AND p.t = $1 WHERE json_extract('{}', CASE WHEN p.name IS NULL THEN 'the tenant has no row with this key' END) IS NULL), 'a')`,
			`INSERT OR REPLACE INTO chn (pid, v) VALUES ((SELECT p.id FROM (SELECT 1 AS one) AS given LEFT JOIN par AS p ON p.id = $2 AND p.t = $1 WHERE jsonb_extract('{}', CASE WHEN p.id IS NULL THEN 'the tenant has no row with this key' END) IS NULL), 'a')`,
			`INSERT OR REPLACE INTO chn (pid, v) VALUES ((SELECT p.id FROM (SELECT 1 AS one) AS given LEFT JOIN par AS p ON p.id = $2 AND p.t = $1 WHERE json_extract(NULL, CASE WHEN p.id IS NULL THEN 'the tenant has no row with this key' END) IS NULL), 'a')`,
			`INSERT OR REPLACE INTO chn (pid, v) VALUES ((SELECT p.id FROM (SELECT 1 AS one) AS given LEFT JOIN par AS p ON p.id = $2 AND p.t = $1 WHERE json_extract('{}', '$', CASE WHEN p.id IS NULL THEN 'the tenant has no row with this key' END) IS NULL), 'a')`,
			`INSERT OR REPLACE INTO chn (pid, v) VALUES ((SELECT p.id FROM (SELECT 1 AS one) AS given LEFT JOIN par AS p ON p.id = $2 AND p.t = $1 WHERE json_extract('{}', CASE WHEN p.id IS NULL THEN 'the tenant has no row with this key' END) IS NOT NULL), 'a')`,
			// The number that a row gets in the place of NULL may be the key of any tenant's.
			`INSERT INTO num (t, pid) VALUES ($1, NULL)`,
			`INSERT INTO num (t, pid) VALUES ($1, (SELECT p.id FROM par AS p WHERE p.id = $2 AND p.t = $1))`,
			`INSERT INTO num (t, pid) SELECT $1, par.id FROM g LEFT JOIN par ON par.t = $1`,
			`INSERT INTO num (t, pid, v) SELECT $1, par.id, max(par.name) FROM par WHERE par.t = $1`,
			`INSERT INTO num (t, pid) SELECT $1, par.id FROM par WHERE par.t = $1 ORDER BY count(*)`,
			`INSERT INTO num (t, pid) SELECT $1, x.id FROM (SELECT par.id, (SELECT max(par.name)) FROM par WHERE par.t = $1) AS x`,
			// Of two columns with one name, SQLite takes the first one.
			`INSERT INTO ch (pid) SELECT x.id FROM (SELECT g.id COLLATE NOCASE, par.id AS id FROM g JOIN par WHERE par.t = $1) AS x`,
			`INSERT INTO ch (pid) SELECT x.column1 FROM (SELECT true, par.id AS column1 FROM par WHERE par.t = $1) AS x`,
			`UPDATE ch SET pid = $2 WHERE EXISTS (SELECT 1 FROM par WHERE par.id = ch.pid AND par.t = $1)`,
			`INSERT INTO opt (t, pid) VALUES ($1, $2)`,
			`DELETE FROM o WHERE o.t = $1 OR o.q = 1`,
			`UPDATE o SET t = $2 WHERE o.t = $1`,
			`UPDATE o SET q = par.id FROM par WHERE o.t = $1`,
		},
	}.run(t, dialectCatalog(t, dialect.SQLite, sqliteSchema))
}
