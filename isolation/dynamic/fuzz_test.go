package dynamic

import (
	"errors"
	"strings"
	"testing"

	"github.com/tenancygen/tenancygen/generator/parse"
	"github.com/tenancygen/tenancygen/runtime"
)

// FuzzFilter takes any text. Nothing panics, a second look says the same, and what is
// accepted is one statement with the tenant's parameter behind the author's.
func FuzzFilter(f *testing.F) {
	for _, sql := range []string{
		"SELECT body FROM notes WHERE id = $1", "SELECT 1; SELECT 2", "", "SELECT (1", "SELECT 1)", "SELECT 'a", "/* /*+ */ DELETE FROM notes -- */ SELECT 1",
		"-- name: X :one\nSELECT $2, $1 FROM notes n, notes", "WITH n AS (DELETE FROM notes RETURNING *) SELECT * FROM n FOR UPDATE",
		"INSERT INTO notes VALUES (1, $1, 'a') ON CONFLICT DO NOTHING", "SELECT $$a$$, $tag$ $1 $tag$, E'\\'', U&'a' FROM notes",
		"UPDATE notes SET tenant_id = $1", "SELECT @a, sqlc.arg(b) FROM notes", "SELECT 1 /* -- */ ;;", "SELECT 'a\x00'", "\xff",
		strings.Repeat("(", 100) + "SELECT 1" + strings.Repeat(")", 100), "SELECT " + strings.Repeat("- ", 100) + "1 FROM notes",
	} {
		f.Add(sql)
	}
	filter := notesFilter(f)
	f.Fuzz(func(t *testing.T, sql string) {
		s, err := filter.statement(sql)
		again, err2 := filter.statement(sql)
		if s != again || (err == nil) != (err2 == nil) {
			t.Fatalf("%q: %v, then %v", sql, err, err2)
		}
		if e := (*Error)(nil); errors.As(err, &e) {
			for _, d := range e.Diagnostics {
				if d.Code == "" || d.Message == "" || d.Help == "" {
					t.Fatalf("%q: %+v", sql, d)
				}
			}
			return
		}
		text, args, err := filter.Filter(runtime.Query{SQL: sql, Args: make([]any, s.params)}, ann)
		if err != nil {
			t.Fatalf("%q: %v", sql, err)
		}
		if _, err := parse.PostgreSQL.Statement(text.SQL); err != nil {
			t.Fatalf("%q became %q: %v", sql, text.SQL, err)
		}
		if s.tenant != (len(args) == s.params+1) || s.tenant && args[s.params] != ann.ID {
			t.Fatalf("%q: %v", sql, args)
		}
		if !s.tenant && text.SQL != sql[:min(len(sql), len(text.SQL))] {
			t.Fatalf("%q became %q without a tenant", sql, text.SQL)
		}
	})
}
