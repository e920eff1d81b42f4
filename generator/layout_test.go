package generator

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/dialect"
	"github.com/tenancygen/tenancygen/generator/source"
	"github.com/tenancygen/tenancygen/internal/testpg"
)

// TestPrintedTypes makes a table with a column of every common type, and compares what
// a layout calls the types with what the database does.
func TestPrintedTypes(t *testing.T) {
	t.Parallel()
	schema := `
		CREATE TYPE state AS ENUM ('a');
		CREATE TYPE "odd one" AS ENUM ('a');
		CREATE DOMAIN code AS text;
		CREATE SCHEMA shop;
		CREATE TYPE shop."odd one" AS ENUM ('a');
		CREATE TYPE shop.size AS ENUM ('a');
		CREATE TABLE things (`
	for i, typ := range strings.Split(`smallint|int2|int|int4|integer|bigint|int8|serial|serial4|bigserial|serial8|smallserial|serial2|
		real|float4|float|float(3)|double precision|float8|numeric|numeric(5,2)|decimal|dec(3)|money|
		boolean|bool|text|varchar|varchar(3)|character varying(3)|char|char(3)|character(3)|bpchar|"char"|name|national character varying(3)|nchar(2)|
		bytea|bit|bit(3)|bit varying|varbit(3)|uuid|json|jsonb|xml|
		date|time|time(3)|time with time zone|timetz|timetz(3)|timestamp|timestamp(3)|timestamp without time zone|timestamptz|timestamp with time zone|timestamptz(3)|
		interval|interval year to month|interval second(3)|inet|cidr|macaddr|point|tsvector|oid|int4range|
		int[]|int[3]|int[][]|varchar(3)[]|timestamptz[]|text array|pg_catalog.int4|pg_catalog.timestamptz|
		state|public.state|state[]|public.state[]|"odd one"|"odd one"[]|shop."odd one"|code|shop.size|shop.size[]`, "|") {
		if i > 0 {
			schema += ", "
		}
		schema += "c" + string(rune('a'+i/26)) + string(rune('a'+i%26)) + " " + strings.TrimSpace(typ)
	}
	schema += ")"

	conn, err := pgx.Connect(t.Context(), testpg.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	if _, err := conn.Exec(t.Context(), schema); err != nil {
		t.Fatal(err)
	}
	rows, err := conn.Query(t.Context(), "SELECT attname || ' ' || format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = 'things'::regclass AND attnum > 0 ORDER BY attnum")
	if err != nil {
		t.Fatal(err)
	}
	want, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	var report diag.Report
	cat := catalog.Load(dialect.PostgreSQL, []*source.File{source.NewFile("schema.sql", schema)}, &report)
	var got []string
	for _, c := range cat.Lookup("", "things").Columns {
		got = append(got, c.Name+" "+dialect.PostgreSQL.PrintedType(c.Type))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-database +layout:\n%s", diff)
	}
}
