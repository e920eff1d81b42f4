package sqlcproc

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The names are those that format_type of PostgreSQL writes.
func TestTypeName(t *testing.T) {
	t.Parallel()
	for formatted, want := range map[string]identifier{
		"bigint":                         {Name: "bigint"},
		"double precision":               {Name: "double precision"},
		"numeric(10,2)":                  {Name: "numeric"},
		"character varying(20)":          {Schema: "pg_catalog", Name: "varchar"},
		"character(3)":                   {Schema: "pg_catalog", Name: "bpchar"},
		"bit varying(5)":                 {Schema: "pg_catalog", Name: "varbit"},
		"timestamp(3) without time zone": {Schema: "pg_catalog", Name: "timestamp"},
		"timestamp with time zone":       {Schema: "pg_catalog", Name: "timestamptz"},
		"time(0) with time zone":         {Schema: "pg_catalog", Name: "timetz"},
		"interval day to second(3)":      {Name: "interval"},
		"mood":                           {Name: "mood"},
		"audit.mood":                     {Schema: "audit", Name: "mood"},
		`"Audit"."My ""Mood"""`:          {Schema: "Audit", Name: `My "Mood"`},
		"geometry(Point,4326)":           {Name: "geometry"},
		"pg_catalog.bpchar":              {Schema: "pg_catalog", Name: "bpchar"},
	} {
		if diff := cmp.Diff(want, typeName(formatted)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", formatted, diff)
		}
	}
}

func TestMayBeNull(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]bool{
		"SELECT a FROM b JOIN c USING (d)":                          false,
		"SELECT a FROM b LEFT /* outer */ JOIN c USING (d)":         true,
		"SELECT a FROM b GROUP BY ROLLUP (a)":                       true,
		"UPDATE b SET a = 1 RETURNING old.a, new.a":                 false,
		"INSERT INTO b (a) VALUES (1) RETURNING new.a":              false,
		"INSERT INTO b (a) VALUES (1)\nRETURNING with (OLD AS o) a": true,
		"DELETE FROM b RETURNING new.a":                             true,
		"DELETE FROM b RETURNING old.a":                             false,
	} {
		if got := mayBeNull.MatchString(sql); got != want {
			t.Errorf("%s: %v", sql, got)
		}
	}
}

func TestDatabaseEnvironment(t *testing.T) {
	t.Setenv("PGPASSWORD", "secret")
	t.Setenv("SQLC_AUTH_TOKEN", "sqlc_token")
	if env := (database{}).environment(); env != nil {
		t.Errorf("without a database: %v", env)
	}
	env := database{uri: "postgres://u"}.environment()
	got := map[string]bool{}
	for _, v := range env {
		got[v] = true
	}
	if !got["PGPASSWORD=secret"] || !got[databaseVariable+"=postgres://u"] || got["SQLC_AUTH_TOKEN=sqlc_token"] {
		t.Errorf("with a database: %d variables", len(env))
	}
}
