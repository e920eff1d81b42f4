package isolationtest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// layout is how the tables keep tenants apart, and thereby what statements look
// like.
type layout struct {
	policies bool
	setting  string
	place    PlaceFunc // nil where tenants share tables
	only     []string  // checks; all when empty
}

func newLayout(opts []Option) layout {
	l := layout{setting: "app.current_tenant"}
	for _, o := range opts {
		o.apply(&l)
	}
	return l
}

// The tables of the suite, each made by a statement.
var tables = []struct{ name, ddl string }{
	{"plans", "CREATE TABLE plans (id int PRIMARY KEY, name text NOT NULL)"},
	{"notes", `CREATE TABLE notes (
	tenant_id text NOT NULL,
	id int NOT NULL,
	body text NOT NULL,
	PRIMARY KEY (tenant_id, id)
)`},
	{"links", `CREATE TABLE links (
	tenant_id text NOT NULL,
	id int NOT NULL,
	note_id int NOT NULL,
	PRIMARY KEY (tenant_id, id),
	FOREIGN KEY (tenant_id, note_id) REFERENCES notes DEFERRABLE INITIALLY DEFERRED
)`},
}

// ddl returns the suite's tables as tenants share them. The superuser owns them.
func (l layout) ddl(role string) string {
	var s strings.Builder
	for _, t := range l.runtime(role).Tables {
		fmt.Fprintf(&s, "GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO %s;\n", t.Name, role)
		if len(t.Policies) == 0 {
			continue
		}
		fmt.Fprintf(&s, "ALTER TABLE %[1]s ENABLE ROW LEVEL SECURITY;\nALTER TABLE %[1]s FORCE ROW LEVEL SECURITY;\n", t.Name)
		for _, p := range t.Policies {
			kind := "PERMISSIVE"
			if p.Restrictive {
				kind = "RESTRICTIVE"
			}
			fmt.Fprintf(&s, "CREATE POLICY %s ON %s AS %s FOR %s USING (%s) WITH CHECK (%s);\n", p.Name, t.Name, kind, p.Command, p.Using, p.Check)
		}
	}
	var create strings.Builder
	for _, t := range tables {
		create.WriteString(t.ddl + ";\n")
	}
	return create.String() + s.String()
}

// runtime returns what the generator would say about the suite's tables.
func (l layout) runtime(role string) runtime.Layout {
	out := runtime.Layout{Engine: "postgresql", Fingerprint: "suite", Schema: "public", Role: role, Setting: l.setting}
	column := func(name, typ string) runtime.Column { return runtime.Column{Name: name, Type: typ, NotNull: true} }
	columns := map[string][]runtime.Column{
		"plans": {column("id", "integer"), column("name", "text")},
		"notes": {column("tenant_id", "text"), column("id", "integer"), column("body", "text")},
		"links": {column("tenant_id", "text"), column("id", "integer"), column("note_id", "integer")},
	}
	for _, t := range tables {
		table := runtime.Table{Name: t.name, Class: runtime.ClassGlobal, Columns: columns[t.name]}
		if t.name != "plans" {
			table.Class, table.Column, table.Owned = runtime.ClassTenant, "tenant_id", t.name+".tenant_id = $1"
		}
		if table.Column != "" && l.policies {
			own := fmt.Sprintf("tenant_id = (SELECT nullif(current_setting('%s', true), ''))", l.setting)
			table.Policies = []runtime.Policy{
				{Name: "tenant_isolation", Command: "ALL", Restrictive: true, Using: own, Check: own},
				{Name: "tenant_base", Command: "ALL", Using: "true", Check: "true"},
			}
		}
		out.Tables = append(out.Tables, table)
		out.DDL = append(out.DDL, runtime.DDL{Text: withSlots(t.ddl, false), Shared: table.Column == "", Creates: []string{t.name}})
	}
	for _, sql := range statements {
		sql, _ = l.scoped(ann, sql, make([]any, strings.Count(sql, "$"))...)
		out.Statements = append(out.Statements, withSlots(sql, true))
	}
	return out
}

// scoped puts the predicate into a statement in the place of {own}. Under
// policies, and in places of their own, that is nothing.
func (l layout) scoped(t runtime.Tenant, sql string, args ...any) (string, []any) {
	if l.policies || l.place != nil {
		return strings.ReplaceAll(sql, "{own}", "true"), args
	}
	if !strings.Contains(sql, "{own}") {
		return sql, args
	}
	return strings.ReplaceAll(sql, "{own}", fmt.Sprintf("tenant_id = $%d", len(args)+1)), append(args[:len(args):len(args)], t.ID)
}

// The statements that several checks use.
const (
	listNotes  = "SELECT id || ' ' || body FROM notes WHERE {own} ORDER BY id"
	countNotes = "SELECT count(*) FROM notes WHERE {own}"
	insertNote = "INSERT INTO notes (tenant_id, id, body) VALUES ($1, $2, $3)"
	// insertLink breaks a deferred constraint where the note is not there.
	insertLink  = "INSERT INTO links (tenant_id, id, note_id) VALUES ($1, $2, $3)"
	oneNote     = "SELECT id || ' ' || body FROM notes WHERE id = $1 AND {own}"
	oneBody     = "SELECT body FROM notes WHERE id = $1 AND {own}"
	upperNotes  = "UPDATE notes SET body = upper(body) WHERE {own}"
	emptyNotes  = "UPDATE notes SET body = '' WHERE {own}"
	deleteNote  = "DELETE FROM notes WHERE id = $1 AND {own} RETURNING body"
	deleteNotes = "DELETE FROM notes WHERE {own}"
)

// statements are all that the suite sends on tenants' handles. A provider with a
// place for each tenant knows them as those of a generated package.
var statements = []string{
	listNotes, countNotes, insertNote, insertLink, insertLink + " RETURNING id",
	oneNote, oneBody, upperNotes, emptyNotes, deleteNote, deleteNotes,
	"SELECT n FROM generate_series(1, $1::int) n",
	"SELECT pg_backend_pid()", "SELECT pg_sleep($1)::text", "SELECT 1",
	"SELECT 1 / $1::int", "SELECT 1 / (2 - n) FROM generate_series(1, $1::int) n",
	"SELECT $1::int", "SELECT $1::int + $2::int",
	"SELECT name FROM plans WHERE id = $1",
}

// list reads the notes of a tenant.
func (e *env) list(ctx context.Context, db pgxdb.DB, t runtime.Tenant) ([]string, error) {
	sql, args := e.layout.scoped(t, listNotes)
	rows, err := db.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// wantList compares what a tenant reads.
func (e *env) wantList(ctx context.Context, db pgxdb.DB, t runtime.Tenant, want []string) error {
	got, err := e.list(ctx, db, t)
	if err != nil {
		return fmt.Errorf("list as %s: %w", t.ID, err)
	}
	return diff("rows that "+t.ID+" reads", want, got)
}

// exec runs a scoped statement.
func (e *env) exec(ctx context.Context, db pgxdb.DB, t runtime.Tenant, sql string, args ...any) (int64, error) {
	sql, args = e.layout.scoped(t, sql, args...)
	tag, err := db.Exec(ctx, sql, args...)
	return tag.RowsAffected(), err
}

func diff(what string, want, got any) error {
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		return fmt.Errorf("%s (-want +got):\n%s", what, d)
	}
	return nil
}

// wantErr returns an error unless err is there.
func wantErr(what string, err error) error {
	if err == nil {
		return errors.New(what + ": no error")
	}
	return nil
}

// steps runs functions until one returns an error, and says which.
func steps(list ...step) error {
	for _, s := range list {
		if err := s.run(); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

type step struct {
	name string
	run  func() error
}
