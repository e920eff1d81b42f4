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
	only     []string // checks; all when empty
}

func newLayout(opts []Option) layout {
	l := layout{setting: "app.current_tenant"}
	for _, o := range opts {
		o.apply(&l)
	}
	return l
}

// ddl returns the suite's tables. The superuser owns them.
func (l layout) ddl(role string) string {
	s := `
CREATE TABLE notes (
	tenant_id text NOT NULL,
	id int NOT NULL,
	body text NOT NULL,
	PRIMARY KEY (tenant_id, id)
);
CREATE TABLE links (
	tenant_id text NOT NULL,
	id int NOT NULL,
	note_id int NOT NULL,
	PRIMARY KEY (tenant_id, id),
	FOREIGN KEY (tenant_id, note_id) REFERENCES notes DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE plans (id int PRIMARY KEY, name text NOT NULL);
GRANT SELECT, INSERT, UPDATE, DELETE ON notes, links, plans TO ` + role + `;
`
	if l.policies {
		for _, table := range []string{"notes", "links"} {
			s += fmt.Sprintf(`
ALTER TABLE %[1]s ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON %[1]s USING (tenant_id = (SELECT nullif(current_setting('%[2]s', true), '')));
`, table, l.setting)
		}
	}
	return s
}

// scoped puts the predicate into a statement in the place of {own}. Under
// policies that is nothing.
func (l layout) scoped(t runtime.Tenant, sql string, args ...any) (string, []any) {
	if l.policies {
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
	insertLink = "INSERT INTO links (tenant_id, id, note_id) VALUES ($1, $2, $3)"
)

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
