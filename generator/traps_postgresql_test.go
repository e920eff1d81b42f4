package generator

import (
	"database/sql"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/tenancygen/tenancygen/generator/dialect"
	"github.com/tenancygen/tenancygen/internal/testpg"
)

// What PostgreSQL takes for one id must not be the ids of two tenants: the type is
// refused, or all ways but one of writing an id.
func TestPostgreSQLTraps(t *testing.T) {
	t.Parallel()
	const one = "INSERT INTO things VALUES ('1')"
	const uuid = "INSERT INTO things VALUES ('3f0c5a52-8b44-4d3e-9d0e-0a4f7f0c2a01')"
	const integer = "SELECT count(*) FROM things WHERE tenant_id = $1::bigint"
	const isUUID = "SELECT count(*) FROM things WHERE tenant_id = $1::uuid"
	const unknown = "it is not known to keep any two ids apart"
	for _, c := range []trap{
		{"integer after a blank", "CREATE TABLE things (tenant_id bigint NOT NULL)", "", one, integer, " 1"},
		{"integer before a line's end", "CREATE TABLE things (tenant_id integer NOT NULL)", "", one, integer, "1\n"},
		{"integer with a sign", "CREATE TABLE things (tenant_id smallint NOT NULL)", "", one, integer, "+1"},
		{"integer with a zero", "CREATE TABLE things (tenant_id bigserial)", "", one, integer, "01"},
		{"domain of integers", "CREATE DOMAIN id AS bigint; CREATE TABLE things (tenant_id id NOT NULL)", "", one, integer, " 1"},
		{"domain of a domain", "CREATE DOMAIN inner_id AS bigint; CREATE DOMAIN id AS inner_id; CREATE TABLE things (tenant_id public.id NOT NULL)", "", one, integer, "01"},
		{"uuid in upper case", "CREATE TABLE things (tenant_id uuid NOT NULL)", "", uuid, isUUID, "3F0C5A52-8B44-4D3E-9D0E-0A4F7F0C2A01"},
		{"uuid in braces", "CREATE TABLE things (tenant_id uuid NOT NULL)", "", uuid, isUUID, "{3f0c5a52-8b44-4d3e-9d0e-0a4f7f0c2a01}"},
		{"uuid without hyphens", "CREATE TABLE things (tenant_id uuid NOT NULL)", "", uuid, isUUID, "3f0c5a528b444d3e9d0e0a4f7f0c2a01"},
		{"uuid with other hyphens", "CREATE TABLE things (tenant_id uuid NOT NULL)", "", uuid, isUUID, "3f0c-5a52-8b44-4d3e-9d0e-0a4f-7f0c-2a01"},
		{"domain of uuids", "CREATE DOMAIN id AS uuid; CREATE TABLE things (tenant_id id NOT NULL)", "", uuid, isUUID, "{3f0c5a52-8b44-4d3e-9d0e-0a4f7f0c2a01}"},
		{"varchar that is cut", "CREATE TABLE things (tenant_id varchar(3) NOT NULL)", "", "INSERT INTO things VALUES ('abc '::varchar)",
			"SELECT count(*) FROM things WHERE tenant_id = rtrim($1)", "abc "},
		{"numeric", "CREATE TABLE things (tenant_id numeric NOT NULL)", "1 and 1.0 are one id", one, "SELECT count(*) FROM things WHERE tenant_id = $1::numeric", "1.0"},
		{"domain of numerics", "CREATE DOMAIN id AS numeric; CREATE TABLE things (tenant_id id NOT NULL)", unknown, one, "SELECT count(*) FROM things WHERE tenant_id = $1::id", "1.0"},
		{"bytes", "CREATE TABLE things (tenant_id bytea NOT NULL)", `a and \x61 are one id`, "INSERT INTO things VALUES ('a')", "SELECT count(*) FROM things WHERE tenant_id = $1::text::bytea", `\x61`},
		{"char", "CREATE TABLE things (tenant_id char(3) NOT NULL)", "trailing blanks", one, "SELECT count(*) FROM things WHERE tenant_id = $1::bpchar", "1 "},
		{"domain of limited texts", "CREATE DOMAIN id AS varchar(1); CREATE TABLE things (tenant_id id NOT NULL)", unknown, one, "SELECT count(*) FROM things WHERE tenant_id = $1::id", "1 "},
		{"collation", "CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false); CREATE TABLE things (tenant_id text COLLATE nocase NOT NULL)",
			`has the collation "nocase"`, "INSERT INTO things VALUES ('acme')", "SELECT count(*) FROM things WHERE tenant_id = $1", "ACME"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			db, err := sql.Open("pgx", testpg.Database(t))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = db.Close() }()
			c.run(t, dialect.PostgreSQL, db)
			c.refuses(t, dialect.PostgreSQL, db)
		})
	}
}
