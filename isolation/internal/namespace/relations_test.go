package namespace_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
)

// Relations finds in a schema whatever pg_class has there, also what came from another
// schema, and nothing of another one.
func TestRelations(t *testing.T) {
	t.Parallel()
	conn := connect(t)
	err := run(t.Context(), conn,
		"CREATE SCHEMA one", "CREATE SCHEMA other", "CREATE FOREIGN DATA WRAPPER nothing", "CREATE SERVER nowhere FOREIGN DATA WRAPPER nothing",
		"CREATE TABLE one.a (id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, n serial, body text UNIQUE)",
		"CREATE INDEX ON one.a (lower(body))",
		"CREATE TABLE one.parts (id int PRIMARY KEY) PARTITION BY RANGE (id)",
		"CREATE TABLE one.part PARTITION OF one.parts FOR VALUES FROM (1) TO (9)",
		"CREATE TABLE other.part PARTITION OF one.parts FOR VALUES FROM (9) TO (19)",
		"CREATE VIEW one.v AS SELECT * FROM one.a",
		"CREATE MATERIALIZED VIEW one.m AS SELECT * FROM one.a",
		"CREATE UNIQUE INDEX ON one.m (id)",
		"CREATE TYPE one.pair AS (a int, b text)",
		"CREATE SEQUENCE one.s",
		"CREATE FOREIGN TABLE one.f (id int) SERVER nowhere",
		"CREATE TABLE other.b (id serial PRIMARY KEY, a bigint REFERENCES one.a, p one.pair)",
		"CREATE TABLE other.came (id serial PRIMARY KEY)",
		"ALTER TABLE other.came SET SCHEMA one",
	)
	if err != nil {
		t.Fatal(err)
	}
	for _, schema := range []string{"one", "other", "none"} {
		want := column(t, conn, "SELECT relname::text FROM pg_class WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1) ORDER BY 1", schema)
		got := column(t, conn, namespace.Relations+" SELECT c.relname::text FROM relations JOIN pg_class c ON c.oid = relations.objid ORDER BY 1", schema)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-pg_class +found):\n%s", schema, diff)
		}
		if schema == "one" && len(got) < 19 {
			t.Errorf("only %d relations: %q", len(got), got)
		}
	}
}
