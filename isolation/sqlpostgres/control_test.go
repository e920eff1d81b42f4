package sqlpostgres_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"strings"
	"testing"

	"github.com/tenancygen/tenancygen/isolation/sqlpostgres"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

// A suite that passes everything proves nothing. Each provider here has one mistake,
// and the suite has to name it. Most of them are made beneath a sound provider: in
// what it sends, or in what it is told.
func TestSuiteCatchesBrokenProviders(t *testing.T) {
	t.Parallel()
	sent := func(edit func(string) string) maker {
		return func(t *testing.T, connector driver.Connector, connections int) sqldb.Provider {
			t.Helper()
			return newRLS(t, editing{connector, edit, false}, connections)
		}
	}
	for name, tc := range map[string]struct {
		make maker
		want string // the check that has to fail
	}{
		"no tenant at all": {newRowFilter, "own rows only"},
		"setting of the session": {sent(func(s string) string {
			return strings.ReplaceAll(s, "'UTF8'), true)", "'UTF8'), false)")
		}), "own rows only"},
		"id as text": {sent(func(s string) string {
			before, rest, _ := strings.Cut(s, "pg_catalog.decode('")
			id, after, ok := strings.Cut(rest, "', 'hex'), 'UTF8')")
			if !ok {
				return s
			}
			return before + "pg_catalog.decode('" + id[:min(6, len(id))] + "', 'hex'), 'UTF8')" + after
		}), "ids are data"},
		"transaction never ended": {sent(func(s string) string {
			if s == "SELECT; COMMIT" || s == "ROLLBACK" {
				return "SELECT"
			}
			return s
		}), "own rows only"},
		"rolled back in place of committed": {sent(func(s string) string {
			return strings.Replace(s, "SELECT; COMMIT", "ROLLBACK", 1)
		}), "affected rows are own"},
		"commit of what has failed": {sent(func(s string) string {
			return strings.Replace(s, "SELECT; COMMIT", "COMMIT", 1)
		}), "transaction ends badly"},
		"end of the rows not waited for": {func(t *testing.T, connector driver.Connector, connections int) sqldb.Provider {
			t.Helper()
			return newRLS(t, editing{connector, func(s string) string { return s }, true}, connections)
		}, "deferred constraints"},
		"first tenant kept": {func(t *testing.T, connector driver.Connector, connections int) sqldb.Provider {
			t.Helper()
			return fixed{newRLS(t, connector, connections)}
		}, "own rows only"},
		"suspended tenants act": {func(t *testing.T, connector driver.Connector, connections int) sqldb.Provider {
			t.Helper()
			return lenient{newRLS(t, connector, connections)}
		}, "tenant that may not act"},
	} {
		for driverName, connector := range connectors {
			t.Run(name+"/"+driverName, func(t *testing.T) {
				t.Parallel()
				e := newEnv(t, connector, true, tc.make)
				for _, c := range checks(true) {
					if c.name != tc.want {
						continue
					}
					err := e.run(t.Context(), c)
					if err == nil {
						t.Errorf("check %q did not find the mistake", tc.want)
					}
					t.Log(err)
				}
			})
		}
	}
}

// fixed acts as one tenant for all.
type fixed struct{ sqldb.Provider }

func (p fixed) For(runtime.Tenant) sqldb.DB { return p.Provider.For(ann) }

// lenient does not look at the status.
type lenient struct{ sqldb.Provider }

func (p lenient) For(t runtime.Tenant) sqldb.DB {
	return p.Provider.For(runtime.Tenant{ID: t.ID})
}

// editing is a driver that sends other statements than it is given. With deaf set, it
// hides errors of statements without arguments, as a provider would that does not look
// at the error of a commit.
type editing struct {
	driver.Connector
	edit func(string) string
	deaf bool
}

func (c editing) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return editingConn{conn.(able), c}, nil
}

type able interface {
	driver.Conn
	driver.ExecerContext
	driver.QueryerContext
	driver.ConnPrepareContext
	driver.NamedValueChecker
}

type editingConn struct {
	able
	connector editing
}

func (c editingConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	result, err := c.able.ExecContext(ctx, c.connector.edit(query), args)
	if c.connector.deaf && strings.Contains(query, "COMMIT") {
		err = nil
	}
	return result, err
}

// lossy is a driver whose connection is lost behind a commit, before the answer.
type lossy struct{ driver.Connector }

func (c lossy) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return lossyConn{conn.(able)}, nil
}

type lossyConn struct{ able }

func (c lossyConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	result, err := c.able.ExecContext(ctx, query, args)
	if strings.Contains(query, "COMMIT") {
		return nil, driver.ErrBadConn
	}
	return result, err
}

// database/sql runs a statement again for ErrBadConn. One that may have been
// committed must not be.
func TestCommitIsNotRepeated(t *testing.T) {
	t.Parallel()
	for name, connector := range connectors {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t, connector, true, func(t *testing.T, connector driver.Connector, connections int) sqldb.Provider {
				t.Helper()
				return newRLS(t, lossy{connector}, connections)
			})
			ctx, db := t.Context(), e.provider.For(ann)
			_, err := db.ExecContext(ctx, insertNote, ann.ID, 1, "once")
			if err == nil || wantCode("23505", err) == nil {
				t.Errorf("Exec: error %v, want that of the lost connection", err)
			}
			_, err = collect(db.QueryContext(ctx, insertNote+" RETURNING body", ann.ID, 2, "once"))
			if err == nil || wantCode("23505", err) == nil {
				t.Errorf("Query: error %v, want that of the lost connection", err)
			}
			if err := e.stored(ctx, ann, []string{"1 once", "2 once"}); err != nil {
				t.Error(err)
			}
		})
	}
}

// A connection whose transaction could not be ended is not used again.
func TestStuckConnectionIsGivenUp(t *testing.T) {
	t.Parallel()
	for name, connector := range connectors {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t, connector, true, func(t *testing.T, connector driver.Connector, connections int) sqldb.Provider {
				t.Helper()
				return newRLS(t, editing{connector, func(s string) string { return strings.Replace(s, "ROLLBACK", "nonsense", 1) }, false}, connections)
			})
			ctx := t.Context()
			before, err := e.backend(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := e.provider.For(ann).ExecContext(ctx, "SELECT 1 / $1::int", 0); wantCode("22012", err) != nil {
				t.Errorf("Exec: error %v", err)
			}
			after, err := e.backend(ctx)
			if err != nil || before == after {
				t.Errorf("process %d, then %d, error %v", before, after, err)
			}
		})
	}
}

// What is not called through a handle is refused, whatever it is.
func TestPoolRefuses(t *testing.T) {
	t.Parallel()
	for name, connector := range connectors {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := sqlpostgres.NewRLS(connector(t, roleURL(t)))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = p.Close() })
			ctx, pool := t.Context(), p.Pool()
			if err := pool.PingContext(ctx); err != nil {
				t.Errorf("Ping: %v", err)
			}
			conn, err := pool.Conn(ctx)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = conn.Close() })
			for on, db := range map[string]sqldb.DB{"pool": pool, "connection": conn} {
				var n int
				errs := map[string]error{"QueryRow": db.QueryRowContext(ctx, "SELECT 1").Scan(&n)}
				_, errs["Exec"] = db.ExecContext(ctx, "SELECT 1")
				_, errs["Query"] = db.QueryContext(ctx, "SELECT 1")
				_, errs["BeginTx"] = db.BeginTx(ctx, nil)
				for call, err := range errs {
					if !errors.Is(err, sqlpostgres.ErrNoHandle) {
						t.Errorf("%s of the %s: error %v, want ErrNoHandle", call, on, err)
					}
				}
				if _, err := db.PrepareContext(ctx, "SELECT 1"); err == nil {
					t.Errorf("Prepare of the %s: no error", on)
				}
			}
		})
	}
}
