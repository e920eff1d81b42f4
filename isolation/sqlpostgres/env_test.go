package sqlpostgres_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/lib/pq"

	"github.com/tenancygen/tenancygen/internal/testpg"
	"github.com/tenancygen/tenancygen/isolation/sqlpostgres"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

// connectors are the drivers.
var connectors = map[string]func(t *testing.T, dsn string) driver.Connector{"pq": pqConnector, "pgx": pgxConnector}

func pqConnector(t *testing.T, dsn string) driver.Connector {
	t.Helper()
	c, err := pq.NewConnector(dsn)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func pgxConnector(t *testing.T, dsn string) driver.Connector {
	t.Helper()
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	return stdlib.GetConnector(*config)
}

// inMode returns a driver with a parameter in its URL.
func inMode(connector func(*testing.T, string) driver.Connector, parameter string) func(*testing.T, string) driver.Connector {
	return func(t *testing.T, dsn string) driver.Connector {
		t.Helper()
		separator := "?"
		if strings.Contains(dsn, "?") {
			separator = "&"
		}
		return connector(t, dsn+separator+parameter)
	}
}

// modes are the drivers in the ways in which they send statements that differ much.
var modes = map[string]func(t *testing.T, dsn string) driver.Connector{
	"pq":                   pqConnector,
	"pq, binary":           inMode(pqConnector, "binary_parameters=yes"),
	"pgx":                  pgxConnector,
	"pgx, exec":            inMode(pgxConnector, "default_query_exec_mode=exec"),
	"pgx, simple protocol": inMode(pgxConnector, "default_query_exec_mode=simple_protocol"),
}

// The tenants of the suite. Bob's ids of rows are among Ann's, so that a
// statement without isolation finds them.
var (
	ann = runtime.Tenant{ID: "ann"}
	bob = runtime.Tenant{ID: "bob", Identifier: runtime.MustIdentifier("bobs"), Status: runtime.StatusActive}
)

// notes are what the tenants have when a check begins.
var notes = map[string][]string{
	ann.ID: {"1 ann", "2 ann", "3 ann"},
	bob.ID: {"1 bob", "2 bob"},
}

// The statements that several checks use.
const (
	listNotes  = "SELECT id || ' ' || body FROM notes WHERE {own} ORDER BY id"
	countNotes = "SELECT count(*) FROM notes WHERE {own}"
	insertNote = "INSERT INTO notes (tenant_id, id, body) VALUES ($1, $2, $3)"
	// insertLink breaks a deferred constraint where the note is not there.
	insertLink = "INSERT INTO links (tenant_id, id, note_id) VALUES ($1, $2, $3)"
	manyRows   = "SELECT n FROM generate_series(1, $1::int) n"
)

const tables = `
CREATE TABLE notes (tenant_id text NOT NULL, id int NOT NULL, body text NOT NULL, PRIMARY KEY (tenant_id, id));
CREATE TABLE links (
	tenant_id text NOT NULL, id int NOT NULL, note_id int NOT NULL, PRIMARY KEY (tenant_id, id),
	FOREIGN KEY (tenant_id, note_id) REFERENCES notes DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE plans (id int PRIMARY KEY, name text NOT NULL);
GRANT SELECT, INSERT, UPDATE, DELETE ON notes, links, plans TO %s;
`

const policies = `
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
ALTER TABLE links ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON notes USING (tenant_id = (SELECT nullif(current_setting('%[1]s', true), '')));
CREATE POLICY own ON links USING (tenant_id = (SELECT nullif(current_setting('%[1]s', true), '')));
`

// env is a database with the suite's tables, and a provider on a pool of one
// connection, so that what a statement leaves behind is there for the next one.
type env struct {
	rls     bool
	setting string
	admin   *sql.DB // of a superuser, who sees all rows
	// provider has one connection, wide a few.
	provider, wide sqldb.Provider
}

// maker makes a provider on connections of the application's role.
type maker func(t *testing.T, connector driver.Connector, connections int) sqldb.Provider

func newEnv(t *testing.T, connector func(*testing.T, string) driver.Connector, rls bool, make maker) *env {
	t.Helper()
	superuser := testpg.Database(t)
	role, roleURL := testpg.Role(t, superuser)
	e := &env{rls: rls, setting: sqlpostgres.DefaultSetting, admin: sql.OpenDB(connectors["pgx"](t, superuser))}
	t.Cleanup(func() { _ = e.admin.Close() })
	ddl := fmt.Sprintf(tables, role)
	if rls {
		ddl += fmt.Sprintf(policies, e.setting)
	}
	if _, err := e.admin.ExecContext(t.Context(), ddl); err != nil {
		t.Fatal(err)
	}
	e.provider = make(t, connector(t, roleURL), 1)
	e.wide = make(t, connector(t, roleURL), 3)
	return e
}

func newRLS(t *testing.T, connector driver.Connector, connections int) sqldb.Provider {
	t.Helper()
	p, err := sqlpostgres.NewRLS(connector)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	p.Pool().SetMaxOpenConns(connections)
	return p
}

func newRowFilter(t *testing.T, connector driver.Connector, connections int) sqldb.Provider {
	t.Helper()
	pool := sql.OpenDB(connector)
	t.Cleanup(func() { _ = pool.Close() })
	pool.SetMaxOpenConns(connections)
	p, err := sqlpostgres.NewRowFilter(pool)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// seed puts the tables back to what notes says.
func (e *env) seed(ctx context.Context) error {
	if _, err := e.admin.ExecContext(ctx, "TRUNCATE notes, links, plans; INSERT INTO plans VALUES (1, 'free')"); err != nil {
		return err
	}
	for tenant, rows := range notes {
		for i, body := range rows {
			if _, err := e.admin.ExecContext(ctx, insertNote, tenant, i+1, body[2:]); err != nil {
				return err
			}
		}
	}
	return nil
}

// clean looks at the one connection, as the next caller would find it: that it has
// been given back, that no transaction is open, that no setting is left, and that no
// tenant's rows can be seen.
func (e *env) clean(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	var open bool
	var tenant, session string
	var pid, visible int
	err := e.provider.Global().QueryRowContext(ctx, `
		SELECT pg_backend_pid(), coalesce(current_setting($1, true), ''),
		       coalesce((SELECT string_agg(name || '=' || setting, ' ' ORDER BY name) FROM pg_settings
		                 WHERE source = 'session'), ''),
		       (SELECT count(*) FROM notes)`, e.setting).Scan(&pid, &tenant, &session, &visible)
	if err == nil {
		err = e.admin.QueryRowContext(ctx, "SELECT state <> 'idle' FROM pg_stat_activity WHERE pid = $1", pid).Scan(&open)
	}
	switch {
	case err != nil:
		return fmt.Errorf("look at the connection: %w", err)
	case open:
		return errors.New("a transaction is left on the connection")
	case tenant != "":
		return fmt.Errorf("setting %s is left on the connection", e.setting)
	case session != "":
		return fmt.Errorf("session settings are left on the connection: %s", session)
	case e.rls && visible != 0:
		return fmt.Errorf("%d rows can be seen on the connection without a tenant", visible)
	}
	return nil
}

// scoped puts the predicate into a statement in the place of {own}. Under policies
// that is nothing.
func (e *env) scoped(t runtime.Tenant, query string, args ...any) (string, []any) {
	if e.rls {
		return strings.ReplaceAll(query, "{own}", "true"), args
	}
	if !strings.Contains(query, "{own}") {
		return query, args
	}
	return strings.ReplaceAll(query, "{own}", fmt.Sprintf("tenant_id = $%d", len(args)+1)), append(slices.Clone(args), t.ID)
}

// querier is a handle or a transaction.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func (e *env) exec(ctx context.Context, db querier, t runtime.Tenant, query string, args ...any) (int64, error) {
	query, args = e.scoped(t, query, args...)
	result, err := db.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// list reads the notes of a tenant.
func (e *env) list(ctx context.Context, db querier, t runtime.Tenant) ([]string, error) {
	query, args := e.scoped(t, listNotes)
	return collect(db.QueryContext(ctx, query, args...))
}

// collect reads rows of one text.
func collect(rows *sql.Rows, err error) ([]string, error) {
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var list []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	if err := rows.Close(); err != nil {
		return nil, err
	}
	return list, rows.Err()
}

func (e *env) wantList(ctx context.Context, db querier, t runtime.Tenant, want []string) error {
	got, err := e.list(ctx, db, t)
	if err != nil {
		return fmt.Errorf("list as %s: %w", t.ID, err)
	}
	return diff("rows that "+t.ID+" reads", want, got)
}

// stored compares what the database holds for a tenant.
func (e *env) stored(ctx context.Context, t runtime.Tenant, want []string) error {
	got, err := collect(e.admin.QueryContext(ctx, "SELECT id || ' ' || body FROM notes WHERE tenant_id = $1 ORDER BY id", t.ID))
	if err != nil {
		return err
	}
	return diff("rows of "+t.ID+" in the database", want, got)
}

func (e *env) unchanged(ctx context.Context, tenants ...runtime.Tenant) error {
	for _, t := range tenants {
		if err := e.stored(ctx, t, notes[t.ID]); err != nil {
			return err
		}
	}
	return nil
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

// wantCode returns an error unless err is PostgreSQL's error with that code.
func wantCode(code string, err error) error {
	var state interface{ SQLState() string }
	if !errors.As(err, &state) || state.SQLState() != code {
		return fmt.Errorf("error %v, want PostgreSQL's %s", err, code)
	}
	return nil
}

// recovered runs f and returns what it panicked with.
func recovered(f func()) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	f()
	return nil
}

type step struct {
	name string
	run  func() error
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
