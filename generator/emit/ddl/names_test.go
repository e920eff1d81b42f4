package ddl

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/internal/testpg"
)

// TestQuotingOnServer gives every kind of name that PostgreSQL could take for
// something else to the server, quoted, and reads it back.
func TestQuotingOnServer(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), testpg.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())

	rows, err := conn.Query(t.Context(), "SELECT word FROM pg_get_keywords() WHERE catcode <> 'U'")
	if err != nil {
		t.Fatal(err)
	}
	words, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range words {
		if !keywords[word] {
			t.Errorf("%s is a keyword of the server, and none here", word)
		}
	}

	names := append(words, "plain", "Mixed", "a b", `a"b`, `"`, `a\b`, `a'b`, "a$$b", "a\nb", "ä", "; DROP TABLE x; --", "/*", "%s", "{{.}}")
	for _, name := range names {
		var got string
		if err := conn.QueryRow(t.Context(), "SELECT * FROM (SELECT "+literal(name)+" AS "+identifier(name)+") AS "+identifier(name)).Scan(&got); err != nil {
			t.Errorf("%q: %v", name, err)
		} else if diff := cmp.Diff(name, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", name, diff)
		}
	}
	// Also where the server takes a backslash in a plain string for an escape.
	if _, err := conn.Exec(t.Context(), "SET standard_conforming_strings = off"); err != nil {
		t.Fatal(err)
	}
	var got string
	if err := conn.QueryRow(t.Context(), `SELECT `+literal(`\'; x`), pgx.QueryExecModeExec).Scan(&got); err != nil || got != `\'; x` {
		t.Errorf("with escapes: %q, %v", got, err)
	}
}

// TestHostileNames runs both scripts over names that try to leave every place
// where a script has them.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	superURL := testpg.Database(t)
	conn, err := pgx.Connect(t.Context(), superURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	role, _ := testpg.Role(t, superURL)

	for _, hostile := range []string{
		`x"; DROP TABLE witness; --`, "x'; DROP TABLE witness; --", "x\nDROP TABLE witness;\n--",
		"$$; DROP TABLE witness; $$", "$tenancy0$; DROP TABLE witness; $$", "*/ DROP TABLE witness; /*", "order", "parent",
	} {
		schema, table, column := identifier(hostile), identifier(hostile), identifier(hostile)
		setup := `CREATE TABLE IF NOT EXISTS witness ();
			DROP SCHEMA IF EXISTS ` + schema + ` CASCADE;
			CREATE SCHEMA ` + schema + `;
			CREATE TABLE ` + schema + `.` + table + ` (` + column + ` text PRIMARY KEY);
			CREATE TABLE ` + schema + `.child (` + column + ` text);
			CREATE VIEW ` + schema + `.view AS SELECT * FROM ` + schema + `.` + table
		if _, err := conn.Exec(t.Context(), setup); err != nil {
			t.Fatalf("%q: %v", hostile, err)
		}
		owner := ir.Name{Schema: hostile, Name: hostile}
		files, err := Emit(&ir.Package{
			Version: hostile, Engine: "postgresql", DefaultSchema: "public",
			RLS: ir.RLS{Role: role, Setting: "app.t"},
			Tables: []ir.Table{
				{Schema: hostile, Name: hostile, Kind: ir.KindTable, Tenancy: ir.Tenancy{Class: ir.ClassTenant, Column: hostile, SQLType: "text"}},
				{Schema: hostile, Name: "child", Kind: ir.KindTable, Tenancy: ir.Tenancy{Class: ir.ClassChild, Path: []ir.Step{
					{Columns: []string{hostile}, Parent: owner, ParentColumns: []string{hostile}},
				}}},
				{Schema: hostile, Name: "view", Kind: ir.KindView, Tenancy: ir.Tenancy{Class: ir.ClassTenant, Column: hostile}},
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{UpFile, UpFile, DownFile} {
			if _, err := conn.Exec(t.Context(), string(files[name])); err != nil {
				t.Errorf("%q: %s: %v", hostile, name, err)
			}
		}
		if _, err := conn.Exec(t.Context(), "TABLE witness"); err != nil {
			t.Errorf("%q: %v", hostile, err)
		}
	}

	// Roles and settings have names too.
	hostileRole := role + `" SUPERUSER; DROP TABLE witness;--'$$`
	files, err := Emit(&ir.Package{
		Engine: "postgresql", DefaultSchema: "public",
		RLS:    ir.RLS{Role: hostileRole, Setting: `app.t', true); DROP TABLE witness; --`},
		Tables: []ir.Table{{Name: "witness_of_role", Kind: ir.KindTable, Tenancy: ir.Tenancy{Class: ir.ClassTenant, Column: "t", SQLType: "text"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	script := "CREATE TABLE witness_of_role (t text);" + string(files[UpFile]) + string(files[DownFile]) +
		"TABLE witness; DROP ROLE " + identifier(hostileRole)
	if _, err := conn.Exec(t.Context(), script); err != nil {
		t.Error(err)
	}
}
