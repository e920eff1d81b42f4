package provision_test

import (
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
)

const project = `
version: "1"
engine: postgresql
schema: schema.sql
queries: queries.sql
tenant: {column: tenant_id, root: tenants}
tables: {kinds: global, log: excluded}
functions: [known]
go: {package: gen, out: gen, sql_package: pgx/v5}
`

// tables are there before the statements of a test.
const tables = `
CREATE TYPE mood AS ENUM ('low', 'high');
CREATE TABLE tenants (id uuid PRIMARY KEY);
CREATE TABLE kinds (code text PRIMARY KEY);
CREATE TABLE log (id int);
CREATE TABLE orders (id serial PRIMARY KEY, tenant_id uuid NOT NULL REFERENCES tenants, kind text REFERENCES kinds, mood mood);
CREATE INDEX by_kind ON orders (kind);
CREATE FUNCTION known() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'SELECT 1'; RETURN NEW; END $$;
`

func schema(t *testing.T, text string) (*provision.Result, *diag.Report) {
	t.Helper()
	var report diag.Report
	cfg := config.Parse(source.NewFile("tenancy.yaml", project), nil, &report)
	if cfg == nil {
		t.Fatal(report.Sorted()[0].Message)
	}
	files := []*source.File{source.NewFile("schema.sql", tables+text)}
	cat := catalog.Load(dialect.PostgreSQL, files, &report)
	cat.Classify(cfg, &report)
	return provision.Schema(files, cat, &report), &report
}

// marked is a statement with its slots in brackets, behind the side that it is on.
func marked(d ir.LayoutDDL) string {
	out, end := "tenant: ", 0
	if d.Shared {
		out = "shared: "
	}
	for _, s := range d.Slots {
		mark := "«"
		if s.Kind == ir.SlotLiteral {
			mark = "«'"
		}
		out += d.SQL[end:s.Start] + mark + s.Name + "|" + d.SQL[s.Start:s.End] + "»"
		end = s.End
	}
	return out + d.SQL[end:]
}

const composite = "CREATE TYPE p3 AS (x int); "

func TestSlots(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		// Where a name is, however it is written.
		`-- of orders
		ALTER TABLE ONLY public . "orders" /* orders */ ADD orders text;`: `tenant: ALTER TABLE ONLY «orders|public . "orders"» /* orders */ ADD orders text`,
		"COMMENT ON TABLE OrDerS IS 'orders'":                                 "tenant: COMMENT ON TABLE «orders|OrDerS» IS 'orders'",
		"COMMENT ON COLUMN orders.kind IS ''":                                 "tenant: COMMENT ON COLUMN «orders|orders».kind IS ''",
		"COMMENT ON COLUMN public.orders.kind IS ''":                          "tenant: COMMENT ON COLUMN «orders|public.orders».kind IS ''",
		"COMMENT ON COLUMN kinds.code IS 'orders'":                            "shared: COMMENT ON COLUMN kinds.code IS 'orders'",
		"DROP INDEX IF EXISTS by_kind CASCADE":                                "tenant: DROP INDEX IF EXISTS «by_kind|by_kind» CASCADE",
		"DROP INDEX CONCURRENTLY public.by_kind":                              "tenant: DROP INDEX  «by_kind|public.by_kind»",
		"ALTER INDEX orders_pkey RENAME TO orders":                            "tenant: ALTER INDEX «orders_pkey|orders_pkey» RENAME TO orders",
		"ALTER SEQUENCE orders_id_seq OWNED BY public.orders.id":              "tenant: ALTER SEQUENCE «orders_id_seq|orders_id_seq» OWNED BY «orders|public.orders».id",
		"ALTER SEQUENCE orders_id_seq OWNED BY NONE":                          "tenant: ALTER SEQUENCE «orders_id_seq|orders_id_seq» OWNED BY NONE",
		"ALTER TABLE orders ALTER id SET DEFAULT nextval('orders_id_seq')":    "tenant: ALTER TABLE «orders|orders» ALTER id SET DEFAULT nextval(«'orders_id_seq|'orders_id_seq'»)",
		"ALTER TABLE orders ADD f oid DEFAULT 'public.orders'::regclass":      "tenant: ALTER TABLE «orders|orders» ADD f oid DEFAULT «'orders|'public.orders'»::regclass",
		"CREATE INDEX CONCURRENTLY orders_i ON orders (kind) WHERE kind > ''": "tenant: CREATE INDEX  orders_i ON «orders|orders» (kind) WHERE kind > ''",
		"ALTER TABLE kinds ADD label text":                                    "shared: ALTER TABLE kinds ADD label text",
		"ALTER TABLE orders ADD n int DEFAULT known()":                        "tenant: ALTER TABLE «orders|orders» ADD n int DEFAULT known()",
		"CREATE INDEX ON kinds (lower(code))":                                 "shared: CREATE INDEX ON kinds (lower(code))",
		"ALTER TABLE orders ADD u public.orders[]":                            "tenant: ALTER TABLE «orders|orders» ADD u «orders|public.orders»[]",
		// What has neither class goes with what it refers to.
		"ALTER TABLE log ADD order_id int REFERENCES orders": "tenant: ALTER TABLE «log|log» ADD order_id int REFERENCES «orders|orders»",
		"ALTER TABLE log ADD kind text REFERENCES kinds":     "shared: ALTER TABLE log ADD kind text REFERENCES kinds",
		"CREATE SEQUENCE s":                       "shared: CREATE SEQUENCE s",
		"CREATE SEQUENCE s OWNED BY orders.id":    "tenant: CREATE SEQUENCE «s|s» OWNED BY «orders|orders».id",
		"GRANT SELECT ON orders TO x":             "tenant: GRANT SELECT ON «orders|orders» TO x",
		"REVOKE ALL ON SCHEMA public FROM PUBLIC": "shared: REVOKE ALL ON SCHEMA public FROM PUBLIC",
		// What a composite type has in common with tables.
		"CREATE TYPE p AS (x int)":                          "shared: CREATE TYPE p AS (x int)",
		composite + "ALTER TYPE p3 ADD ATTRIBUTE y int":     "shared: ALTER TYPE p3 ADD ATTRIBUTE y int",
		composite + "ALTER TYPE p3 RENAME ATTRIBUTE x TO z": "shared: ALTER TYPE p3 RENAME ATTRIBUTE x TO z",
		composite + "COMMENT ON COLUMN p3.x IS 'orders'":    "shared: COMMENT ON COLUMN p3.x IS 'orders'",
		composite + "ALTER TABLE orders ADD at p3":          "tenant: ALTER TABLE «orders|orders» ADD at p3",
		// Bytes, not characters.
		`CREATE TABLE "é" (/* é */ tenant_id uuid NOT NULL); COMMENT /* é */ ON TABLE "é" IS 'é'`: `tenant: COMMENT /* é */ ON TABLE «é|"é"» IS 'é'`,
		// Names of common table expressions.
		"CREATE VIEW v AS WITH orders AS (SELECT * FROM orders) SELECT * FROM orders":                                                                   "tenant: CREATE VIEW «v|v» AS WITH orders AS (SELECT * FROM «orders|orders») SELECT * FROM orders",
		"CREATE VIEW v AS WITH RECURSIVE kinds AS (SELECT id FROM orders UNION ALL SELECT * FROM kinds) SELECT * FROM kinds, public.kinds AS k, orders": "tenant: CREATE VIEW «v|v» AS WITH RECURSIVE kinds AS (SELECT id FROM «orders|orders» UNION ALL SELECT * FROM kinds) SELECT * FROM kinds, public.kinds AS k, «orders|orders»",
		"DELETE FROM orders USING kinds WHERE code = kind AND orders.id > 1":                                                                            "tenant: DELETE FROM «orders|orders» USING kinds WHERE code = kind AND orders.id > 1",
		"WITH orders AS (SELECT code FROM kinds) UPDATE orders SET kind = o.code FROM orders AS o":                                                      "tenant: WITH orders AS (SELECT code FROM kinds) UPDATE «orders|orders» SET kind = o.code FROM orders AS o",
		"CREATE TRIGGER orders BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION known('a')":                                                        "tenant: CREATE TRIGGER orders BEFORE INSERT ON «orders|orders» FOR EACH ROW EXECUTE FUNCTION known('a')",
		"CREATE FUNCTION f(x text) RETURNS text LANGUAGE sql AS 'SELECT code FROM kinds WHERE code = $1'":                                               "shared: CREATE FUNCTION f(x text) RETURNS text LANGUAGE sql AS 'SELECT code FROM kinds WHERE code = $1'",
		// What makes nothing is left out.
		"SET search_path = public": "", "BEGIN": "", "START TRANSACTION": "", "COMMIT": "", "SELECT * FROM orders": "", "VACUUM orders": "",
		"DROP TABLE IF EXISTS gone, also_gone CASCADE": "", "ALTER TABLE IF EXISTS gone ADD x int": "",
		"SET statement_timeout = 0": "", "RESET ALL": "",
	} {
		made, report := schema(t, text)
		if made.Unmovable != nil {
			t.Errorf("%s: %s", text, made.Unmovable.Message)
		}
		for _, d := range report.Sorted() {
			if d.IsError() {
				t.Errorf("%s: %s", text, d.Message)
			}
		}
		got := ""
		if n := strings.Count(tables, ";"); len(made.DDL) > n-2 { // two semicolons are in a function
			got = marked(made.DDL[len(made.DDL)-1])
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

// opaque is a function of which nobody sees what it reads.
const opaque = "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'SELECT 1'; RETURN 1; END $$; "

func TestUnmovable(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"DO $$ BEGIN NULL; END $$":            "nobody can tell what it does",
		"CALL p()":                            "nobody can tell what it does",
		"CREATE PUBLICATION p FOR ALL TABLES": "nobody can tell what it does",
		"CREATE RULE r AS ON INSERT TO log DO INSTEAD NOTHING":                                   "nobody can tell what it does",
		"MERGE INTO kinds USING log ON true WHEN MATCHED THEN DELETE":                            "nobody can tell what it does",
		"SELECT setval('orders_id_seq', 1)":                                                      "nobody can tell what it makes",
		"SELECT * INTO copies FROM orders":                                                       "nobody can tell what it makes",
		"WITH x AS (DELETE FROM orders RETURNING id) SELECT id FROM x":                           "nobody can tell what it makes",
		"SET search_path = shop":                                                                 "it sets search_path to shop",
		"SET ROLE x":                                                                             "it sets role, on which the rest may depend",
		"SELECT set_config('search_path', 'shop, public', true)":                                 "it sets search_path to shop, public",
		"CREATE SCHEMA shop CREATE TABLE t (id int)":                                             "it makes what is in the schema, too",
		"CREATE SCHEMA shop; CREATE TABLE shop.t (tenant_id uuid NOT NULL)":                      "t is a tenant's and in schema shop",
		"ALTER TABLE orders SET SCHEMA shop":                                                     "it moves orders to another schema",
		"CREATE TABLE db.public.t (tenant_id uuid NOT NULL)":                                     "it names the database of t",
		"CREATE TEMPORARY TABLE t (tenant_id uuid NOT NULL)":                                     "it makes a temporary relation",
		"GRANT SELECT ON ALL TABLES IN SCHEMA public TO x":                                       "it is about all tables of a schema",
		"ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO x":                                   "it is about all tables that are made later",
		"GRANT SELECT ON orders, kinds TO x":                                                     "it is about kinds, which all tenants share, and about tables of tenants",
		"DROP TABLE log, orders":                                                                 "it is about orders, which belongs to tenants, and about tables that all tenants share",
		"DROP TABLE IF EXISTS orders, gone":                                                      "it names gone, which no statement before makes",
		"COMMENT ON TABLE gone IS ''":                                                            "it names gone, which no statement before makes",
		"ALTER TABLE kinds ADD newest int REFERENCES orders":                                     "what all tenants share refers to orders, whose rows are a tenant's",
		"ALTER TABLE kinds ADD newest orders":                                                    "a type in it may be the row of orders",
		"ALTER TABLE orders ADD before orders":                                                   "a type in it may be the row of orders",
		"CREATE TYPE of_order AS (o public.orders)":                                              "what all tenants share refers to orders, whose rows are a tenant's",
		"ALTER TABLE kinds ADD n int DEFAULT nextval('orders_id_seq')":                           "what all tenants share refers to orders_id_seq, whose rows are a tenant's",
		"ALTER TABLE orders ADD n int DEFAULT nextval('orders_id_seq'::text)":                    "a function in it is given the name of orders_id_seq as text",
		"ALTER TABLE orders ADD n int DEFAULT nextval(('\"orders_id_seq\"'::text)::regclass)":    "a function in it is given the name of orders_id_seq as text",
		"ALTER TABLE orders ADD n int DEFAULT nextval(E'orders_id_seq')":                         `the name in "orders_id_seq" is written in a form that is not understood`,
		"ALTER TABLE orders ADD n int DEFAULT nextval('unknown')":                                "it names unknown, which no statement before makes",
		"ALTER TABLE orders ADD n text DEFAULT query_to_text('orders')":                          "a function in it is given the name of orders as text",
		`COMMENT ON TABLE U&"orders" IS ''`:                                                      `the name "" could not be found in it`,
		"CREATE TRIGGER t BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION f()":             "it calls f, which the schema does not show",
		"CREATE TRIGGER t BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION known('orders')": "a function in it is given the name of orders as text",
		"CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'SELECT 1'; RETURN NEW; END $$; CREATE TRIGGER t BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION f()": "it calls f, which runs SQL that its text does not show",
		"CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT count(*)::int FROM kinds, Orders'":                                                                                           "the function's text names orders, and would look for it where all tenants' functions are",
		"CREATE FUNCTION f(o orders) RETURNS int LANGUAGE sql AS 'SELECT 1'":                                                                                                                  "a type in it may be the row of orders",
		"CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT id FROM orders; END":                                                                                                             "what all tenants share refers to orders, whose rows are a tenant's",
		"INSERT INTO orders (tenant_id) SELECT id FROM tenants":                                                                                                                               "it writes rows of tenants, which each tenant would get",
		"WITH x AS (SELECT 1) INSERT INTO orders (id) SELECT 1 FROM x":                                                                                                                        "it writes rows of tenants, which each tenant would get",
		"UPDATE orders SET id = 1; WITH x AS (INSERT INTO orders (id) VALUES (1)) DELETE FROM orders":                                                                                         "it writes rows of tenants, which each tenant would get",
		"INSERT INTO kinds SELECT kind FROM orders":                                                                                                                                           "what all tenants share refers to orders, whose rows are a tenant's",
		"DELETE FROM kinds WHERE code IN (SELECT kind FROM orders)":                                                                                                                           "what all tenants share refers to orders, whose rows are a tenant's",
		"DROP TYPE mood CASCADE":                                                                                                                    "it changes or removes mood, which a statement about tenants' tables names before",
		"ALTER TYPE mood RENAME VALUE 'low' TO 'none'":                                                                                              "it changes or removes mood, which a statement about tenants' tables names before",
		"ALTER TABLE kinds RENAME TO sorts":                                                                                                         "it changes or removes kinds, which a statement about tenants' tables names before",
		"ALTER TABLE kinds RENAME COLUMN code TO id":                                                                                                "it changes or removes kinds, which a statement about tenants' tables names before",
		"ALTER TABLE kinds DROP CONSTRAINT kinds_pkey CASCADE":                                                                                      "it changes or removes kinds, which a statement about tenants' tables names before",
		"WITH x AS (INSERT INTO kinds VALUES ('a')) DELETE FROM orders":                                                                             "it is about orders, which belongs to tenants, and about tables that all tenants share",
		"WITH x AS (DELETE FROM orders RETURNING kind) INSERT INTO kinds SELECT kind FROM x":                                                        "it is about kinds, which all tenants share, and about tables of tenants",
		opaque + "ALTER TABLE orders ADD n int DEFAULT f()":                                                                                         "it calls f, which runs SQL that its text does not show",
		opaque + "CREATE VIEW v AS SELECT id FROM orders WHERE id > public.f()":                                                                     "it calls f, which runs SQL that its text does not show",
		opaque + "CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT F() + 1'; ALTER TABLE orders ADD n int DEFAULT g()":                       "it calls g, which calls f, which runs SQL that its text does not show",
		opaque + "CREATE DOMAIN d AS int CHECK (VALUE > f())":                                                                                       "it calls f, which runs SQL that its text does not show",
		opaque + "CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = f)":                                                                "it calls f, which runs SQL that its text does not show",
		opaque + "CREATE CAST (mood AS int) WITH FUNCTION f()":                                                                                      "it calls f, which runs SQL that its text does not show",
		"ALTER TABLE orders ADD n text DEFAULT query_to_xml('SELECT * FROM ' || 'orders', true, true, '')::text":                                    "it calls query_to_xml, which may use any table",
		"CREATE VIEW v AS SELECT kinds.* FROM kinds, orders; ALTER TABLE kinds ADD label text":                                                      "it adds to kinds, whose columns a statement about tenants' tables may have copied before",
		"CREATE TABLE copied (LIKE kinds, tenant_id uuid NOT NULL); ALTER TABLE kinds ADD label text":                                               "it adds to kinds, whose columns a statement about tenants' tables may have copied before",
		`CREATE TABLE "My Orders" (tenant_id uuid NOT NULL); CREATE FUNCTION h() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM "My Orders"'`: "the function's text names my orders, and would look for it where all tenants' functions are",
		composite + "ALTER TABLE orders ADD at p3; ALTER TYPE p3 RENAME ATTRIBUTE x TO z":                                                           "it changes or removes p3, which a statement about tenants' tables names before",
		composite + "ALTER TABLE orders ADD at p3; ALTER TYPE p3 DROP ATTRIBUTE x":                                                                  "it changes or removes p3, which a statement about tenants' tables names before",
		composite + "ALTER TABLE orders ADD at p3; ALTER TYPE p3 RENAME TO p4":                                                                      "it changes or removes p3, which a statement about tenants' tables names before",
		"TRUNCATE kinds, orders": "it is about orders, which belongs to tenants, and about tables that all tenants share",
	} {
		made, _ := schema(t, text)
		if made.Unmovable == nil {
			t.Errorf("%s: it can be moved, want %q", text, want)
			continue
		}
		_, got, _ := strings.Cut(made.Unmovable.Message, "each tenant: ")
		if _, why, _ := strings.Cut(got, ": "); why != want {
			t.Errorf("%s: %q, want %q", text, why, want)
		}
		if made.Unmovable.Help == "" || made.Unmovable.Span.IsZero() {
			t.Errorf("%s: no help or no place", text)
		}
	}
}

// TestAborts refuses what cannot be made in one transaction at all.
func TestAborts(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"ROLLBACK", "SAVEPOINT a", "PREPARE TRANSACTION 'x'"} {
		_, report := schema(t, text)
		if !report.HasErrors() {
			t.Errorf("%s: no error", text)
		}
	}
}

// TestFingerprint changes with what is made, and not with what is around it.
func TestFingerprint(t *testing.T) {
	t.Parallel()
	of := func(text string) string {
		made, _ := schema(t, text)
		return made.Fingerprint
	}
	if of("") != of("-- a comment\nBEGIN; COMMIT;") || len(of("")) != 32 {
		t.Errorf("%s, with a comment %s", of(""), of("-- a comment\nBEGIN; COMMIT;"))
	}
	seen := map[string]string{}
	for _, text := range []string{"", "CREATE INDEX ON orders (id)", "CREATE INDEX ON orders (id);  CREATE TABLE b (tenant_id uuid NOT NULL)", "COMMENT ON TABLE log IS 'x'"} {
		f := of(text)
		if other, ok := seen[f]; ok {
			t.Errorf("%q and %q have one fingerprint", text, other)
		}
		seen[f] = text
	}
}

// TestCreates lists what a statement makes, under the names that PostgreSQL gives.
func TestCreates(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("l", 40)
	for text, want := range map[string][]string{
		"CREATE TABLE t (a serial, b int PRIMARY KEY, tenant_id uuid NOT NULL UNIQUE)":                                                              {"t_a_seq", "t_pkey", "t_tenant_id_key", "t"},
		"CREATE TABLE t (tenant_id uuid NOT NULL, n int GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME public.numbers), CONSTRAINT k PRIMARY KEY (n))": {"t_n_seq", "k", "t", "numbers"},
		"CREATE TABLE " + long + " (tenant_id uuid NOT NULL, " + long + "2 int UNIQUE)":                                                             {long[:29] + "_" + long[:29] + "_key", long},
		"ALTER TABLE orders ADD UNIQUE (kind, mood), ADD c bigserial":                                                                               {"orders_kind_mood_key", "orders_c_seq"},
		"ALTER TABLE orders ADD EXCLUDE USING gist (kind WITH =, lower(kind) WITH =)":                                                               {"orders_kind_expr_excl"},
		"CREATE INDEX ON orders (kind, lower(kind)) INCLUDE (id)":                                                                                   {"orders_kind_expr_id_idx"},
		"CREATE MATERIALIZED VIEW v AS SELECT code FROM kinds":                                                                                      {"v"},
		"ALTER SEQUENCE orders_id_seq RENAME TO numbers":                                                                                            {"numbers"},
		"ALTER TABLE orders ADD FOREIGN KEY (kind) REFERENCES kinds":                                                                                nil,
		"CREATE STATISTICS s ON kind, mood FROM orders":                                                                                             {"s"},
	} {
		made, _ := schema(t, text)
		if diff := cmp.Diff(want, made.DDL[len(made.DDL)-1].Creates); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}
