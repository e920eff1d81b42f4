package sqltest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

// The tenants of the suite. Bob's ids of rows are among Ann's, so that a statement
// without isolation finds them.
var (
	ann = runtime.Tenant{ID: "ann"}
	bob = runtime.Tenant{ID: "bob", Identifier: runtime.MustIdentifier("bobs"), Status: runtime.StatusActive}
)

// notes are what the tenants have when a check begins.
var notes = map[string][]string{
	ann.ID: {"1 ann", "2 ann", "3 ann"},
	bob.ID: {"1 bob", "2 bob"},
}

const (
	// checkTimeout bounds one check, so that a leaked connection is a failure and not a
	// test that hangs.
	checkTimeout = 30 * time.Second
	// leakTimeout is how long a statement may wait for the one connection.
	leakTimeout = 5 * time.Second
)

// env is a database with the suite's tables, a provider with one connection, and one
// with a few.
type env struct {
	*suite
	in             Instance
	provider, wide sqldb.Isolation
}

func newEnv(t *testing.T, s *suite, newProvider NewProvider) *env {
	t.Helper()
	for _, sql := range statements {
		if s.generated != nil && find(s.generated, nameOf(sql)) < 0 {
			t.Fatalf("the generated package has no statement %s", nameOf(sql))
		}
	}
	e := &env{suite: s, in: Instance{Database: s.engine.New(t), Conns: 1, Layout: s.layout()}}
	for _, ddl := range e.in.Layout.DDL {
		if s.place != nil && !ddl.Shared {
			continue
		}
		if _, err := e.in.Admin.ExecContext(t.Context(), ddl.SQL); err != nil {
			t.Fatalf("tables of the suite: %v", err)
		}
	}
	e.provider = newProvider(t, e.in)
	wide := e.in
	wide.Conns = 3
	e.wide = newProvider(t, wide)
	t.Cleanup(func() {
		for _, p := range []sqldb.Isolation{e.provider, e.wide} {
			closeProvider(t, p)
		}
	})
	return e
}

// closeProvider closes a provider, in the background where one that is broken on
// purpose waits for what it lost.
func closeProvider(t *testing.T, p sqldb.Isolation) {
	closed := make(chan error, 1)
	go func() { closed <- p.Close() }()
	select {
	case err := <-closed:
		if err != nil {
			t.Errorf("close the provider: %v", err)
		}
	case <-time.After(leakTimeout):
		t.Log("the provider does not close: something is in use")
	}
}

// where runs fn where the tables of a tenant are.
func (e *env) where(t runtime.Tenant, fn func(db *sql.DB, table func(string) string) error) error {
	if e.place == nil {
		return fn(e.in.Admin, func(name string) string { return name })
	}
	place, err := e.place(e.in, e.provider, t)
	if err != nil {
		return err
	}
	return place.With(func(db *sql.DB) error { return fn(db, place.Table) })
}

// seed puts the tables back to what notes says.
func (e *env) seed(ctx context.Context) error {
	if err := e.fill(ctx, e.in.Admin, "DELETE FROM plans", "INSERT INTO plans (id, name) VALUES (1, 'free')"); err != nil {
		return err
	}
	if e.place == nil {
		if err := e.fill(ctx, e.in.Admin, "DELETE FROM links", "DELETE FROM notes"); err != nil {
			return err
		}
	}
	for _, t := range []runtime.Tenant{ann, bob} {
		if err := e.provider.Initialize(ctx, t); err != nil {
			return err
		}
		err := e.where(t, func(db *sql.DB, table func(string) string) error {
			var script []string
			if e.place != nil {
				script = []string{"DELETE FROM " + table("links"), "DELETE FROM " + table("notes")}
			}
			for i, body := range notes[t.ID] {
				script = append(script, fmt.Sprintf("INSERT INTO %s (tenant_id, id, body) VALUES ('%s', %d, '%s')", table("notes"), t.ID, i+1, body[2:]))
			}
			return e.fill(ctx, db, script...)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (e *env) fill(ctx context.Context, db *sql.DB, script ...string) error {
	for _, statement := range script {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// stored returns what the database holds for a tenant.
func (e *env) stored(ctx context.Context, t runtime.Tenant) (found []string, err error) {
	err = e.where(t, func(db *sql.DB, table func(string) string) error {
		rows, err := db.QueryContext(ctx, "SELECT "+e.engine.Line+" FROM "+table("notes")+" WHERE tenant_id = ? ORDER BY id", t.ID)
		if err != nil {
			return err
		}
		found, err = collect(rows)
		return err
	})
	return found, err
}

func (e *env) wantStored(ctx context.Context, t runtime.Tenant, want []string) error {
	got, err := e.stored(ctx, t)
	if err != nil {
		return err
	}
	return diff("rows of "+t.ID+" in the database", want, got)
}

// unchanged compares what the database holds with what was seeded.
func (e *env) unchanged(ctx context.Context, tenants ...runtime.Tenant) error {
	for _, t := range tenants {
		if err := e.wantStored(ctx, t, notes[t.ID]); err != nil {
			return err
		}
	}
	return nil
}

// list reads the notes of a tenant.
func (e *env) list(ctx context.Context, db sqldb.DB, t runtime.Tenant) ([]string, error) {
	text, args := e.scoped(t, listNotes)
	rows, err := db.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	return collect(rows)
}

func collect(rows *sql.Rows) (found []string, err error) {
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return nil, err
		}
		found = append(found, line)
	}
	return found, rows.Err()
}

// wantList compares what a tenant reads.
func (e *env) wantList(ctx context.Context, db sqldb.DB, t runtime.Tenant, want []string) error {
	got, err := e.list(ctx, db, t)
	if err != nil {
		return fmt.Errorf("list as %s: %w", t.ID, err)
	}
	return diff("rows that "+t.ID+" reads", want, got)
}

// exec runs a scoped statement.
func (e *env) exec(ctx context.Context, db sqldb.DB, t runtime.Tenant, statement string, args ...any) (int64, error) {
	text, args := e.scoped(t, statement, args...)
	result, err := db.ExecContext(ctx, text, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// clean looks that the one connection has been given back, and serves each tenant its
// own rows.
func (e *env) clean(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, leakTimeout)
	defer cancel()
	for _, t := range []runtime.Tenant{ann, bob} {
		lines, err := e.list(ctx, e.provider.For(t), t)
		if err != nil {
			return fmt.Errorf("the connection afterwards, as %s: %w", t.ID, err)
		}
		for _, line := range lines {
			if slices.Contains(notes[other(t).ID], line) {
				return fmt.Errorf("%s reads %q, which is another's", t.ID, line)
			}
		}
	}
	var name string
	if err := e.provider.Global().QueryRowContext(ctx, e.text(onePlan), 1).Scan(&name); err != nil {
		return fmt.Errorf("the connection afterwards, without a tenant: %w", err)
	}
	return nil
}

func other(t runtime.Tenant) runtime.Tenant {
	if t.ID == ann.ID {
		return bob
	}
	return ann
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

// wantIs returns an error unless err is the target.
func wantIs(what string, err, target error) error {
	if !errors.Is(err, target) {
		return fmt.Errorf("%s: error %v, want %v", what, err, target)
	}
	return nil
}
