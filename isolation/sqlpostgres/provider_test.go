package sqlpostgres_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/tenancygen/tenancygen/internal/testpg"
	"github.com/tenancygen/tenancygen/isolation/isolationtest"
	"github.com/tenancygen/tenancygen/isolation/sqlpostgres"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

// roleURL returns the URL of an application's role in a database of its own.
func roleURL(t *testing.T) string {
	t.Helper()
	_, dsn := testpg.Role(t, testpg.Database(t))
	return dsn
}

func open(t *testing.T, connector driver.Connector, opts ...sqlpostgres.Option) *sqlpostgres.RLS {
	t.Helper()
	p, err := sqlpostgres.NewRLS(connector, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

func TestConstructors(t *testing.T) {
	t.Parallel()
	connector := connectors["pq"](t, "postgres://app:sesame@127.0.0.1:1/tenants?sslmode=disable")
	pool := sql.OpenDB(connector)
	t.Cleanup(func() { _ = pool.Close() })
	for name, tc := range map[string]struct {
		none bool
		opts []sqlpostgres.Option
		want error
	}{
		"defaults":        {},
		"setting":         {opts: []sqlpostgres.Option{sqlpostgres.WithSetting("my_app.tenant")}},
		"no pool":         {none: true, want: sqlpostgres.ErrNoPool},
		"built-in":        {opts: []sqlpostgres.Option{sqlpostgres.WithSetting("search_path")}, want: sqlpostgres.ErrSettingName},
		"quote":           {opts: []sqlpostgres.Option{sqlpostgres.WithSetting("app.x', 'y', false) --")}, want: sqlpostgres.ErrSettingName},
		"last one counts": {opts: []sqlpostgres.Option{sqlpostgres.WithSetting("app.x"), sqlpostgres.WithSetting("x")}, want: sqlpostgres.ErrSettingName},
	} {
		c, db := connector, pool
		if tc.none {
			c, db = nil, nil
		}
		rls, err := sqlpostgres.NewRLS(c, tc.opts...)
		if !errors.Is(err, tc.want) || (rls == nil) != (tc.want != nil) {
			t.Errorf("%s: NewRLS = %v, %v, want %v", name, rls != nil, err, tc.want)
		}
		if rls != nil {
			_ = rls.Close()
		}
		filter, err := sqlpostgres.NewRowFilter(db, tc.opts...)
		if !errors.Is(err, tc.want) || (filter == nil) != (tc.want != nil) {
			t.Errorf("%s: NewRowFilter = %v, %v, want %v", name, filter != nil, err, tc.want)
		}
	}
}

// simple is a driver without contexts.
type simple struct{ driver.Conn }

func (simple) Close() error                                 { return nil }
func (simple) Connect(context.Context) (driver.Conn, error) { return simple{}, nil }
func (simple) Driver() driver.Driver                        { return nil }

func TestDriverWithoutContexts(t *testing.T) {
	t.Parallel()
	p := open(t, simple{})
	if _, err := p.Global().ExecContext(t.Context(), "SELECT 1"); !errors.Is(err, sqlpostgres.ErrDriver) {
		t.Errorf("error %v, want ErrDriver", err)
	}
}

// The documentation says what a statement costs.
func TestRoundTrips(t *testing.T) {
	t.Parallel()
	config, err := pgx.ParseConfig(roleURL(t))
	if err != nil {
		t.Fatal(err)
	}
	wire := isolationtest.NewWire(config)
	p := open(t, stdlib.GetConnector(*config))
	p.Pool().SetMaxOpenConns(1)
	ctx, db := t.Context(), p.For(ann)
	var n int
	one := func(db sqldb.DB) func() error {
		return func() error { return db.QueryRowContext(ctx, "SELECT $1::int", 1).Scan(&n) }
	}
	for _, tc := range []struct {
		name string
		want int
		run  func() error
	}{
		{"Global", 1, one(p.Global())},
		{"Tenant", 3, one(db)},
		{"InTx", 3, func() error { return sqldb.InTx(ctx, db, func(tx sqldb.DB) error { return one(tx)() }) }},
	} {
		for range 2 { // prepares the statement, and looks whether the connection lives
			if err := tc.run(); err != nil {
				t.Fatal(err)
			}
		}
		counts, err := wire.Count(tc.run)
		if err != nil || counts.Turns != tc.want {
			t.Errorf("%s: %d round trips, error %v, want %d", tc.name, counts.Turns, err, tc.want)
		}
	}
}

// Errors are logged, so they must not say who the tenant is or how to connect.
func TestErrorsKeepSecrets(t *testing.T) {
	t.Parallel()
	const password, tenant = "sesame-b1c9", "tenant-77e0"
	u, err := url.Parse(testpg.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(u.User.Username(), password)
	for name, connector := range connectors {
		for on, dsn := range map[string]string{
			"no server": "postgres://app:" + password + "@127.0.0.1:1/tenants?sslmode=disable",
			"a server":  u.String(),
		} {
			p := open(t, connector(t, dsn))
			for status, db := range map[string]sqldb.DB{
				"active":    p.For(runtime.Tenant{ID: tenant, Identifier: runtime.MustIdentifier(tenant)}),
				"suspended": p.For(runtime.Tenant{ID: tenant, Status: runtime.StatusSuspended}),
				"odd id":    p.For(runtime.Tenant{ID: tenant + "\x00"}),
			} {
				errs := []error{
					db.QueryRowContext(t.Context(), "SELECT 1 / $1::int", 0).Err(), p.VerifyRole(t.Context()),
					sqldb.InTx(t.Context(), db, func(tx sqldb.DB) error { return tx.QueryRowContext(t.Context(), "SELECT 1 / $1::int", 0).Err() }),
				}
				_, err := db.ExecContext(t.Context(), "SELECT 1 / $1::int", 0)
				for _, err := range append(errs, err) {
					if err == nil {
						continue
					}
					for _, secret := range []string{password, tenant} {
						if strings.Contains(err.Error(), secret) {
							t.Errorf("%s, %s, %s: the error has %q in it: %v", name, on, status, secret, err)
						}
					}
				}
			}
		}
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	superuser := testpg.Database(t)
	admin := sql.OpenDB(connectors["pgx"](t, superuser))
	t.Cleanup(func() { _ = admin.Close() })
	exec := func(t *testing.T, query string) {
		t.Helper()
		if _, err := admin.ExecContext(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	for name, tc := range map[string]struct {
		setup func(role string) string
		want  string
	}{
		"plain role": {func(role string) string { return "CREATE TABLE p (id int)" }, ""},
		"BYPASSRLS":  {func(role string) string { return "ALTER ROLE " + role + " BYPASSRLS" }, "BYPASSRLS"},
		"superuser":  {func(role string) string { return "ALTER ROLE " + role + " SUPERUSER" }, "superuser"},
		"owner": {func(role string) string {
			return "CREATE TABLE n2 (id int); ALTER TABLE n2 ENABLE ROW LEVEL SECURITY; ALTER TABLE n2 OWNER TO " + role
		}, "owns table n2"},
		"setting of the role": {func(role string) string { return "ALTER ROLE " + role + " SET app.current_tenant = 'a'" }, "setting app.current_tenant"},
	} {
		role, dsn := testpg.Role(t, superuser)
		exec(t, tc.setup(role))
		for driverName, connector := range connectors {
			err := open(t, connector(t, dsn)).VerifyRole(t.Context())
			switch {
			case tc.want == "" && err != nil:
				t.Errorf("%s, %s: %v", name, driverName, err)
			case tc.want != "" && (!errors.Is(err, sqlpostgres.ErrUnsafeConnection) || !strings.Contains(err.Error(), tc.want)):
				t.Errorf("%s, %s: %v, want ErrUnsafeConnection that names %q", name, driverName, err, tc.want)
			}
		}
	}
}
