package postgres_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/internal/testpg"
	"github.com/tenancygen/tenancygen/isolation/postgres"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

func newPool(t *testing.T, dsn string) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// unreachable is a pool that has no server behind it, for tests that must not
// need one.
func unreachable(t *testing.T) *pgxpool.Pool {
	t.Helper()
	return newPool(t, "postgres://app:sesame@127.0.0.1:1/tenants?sslmode=disable")
}

func TestConstructors(t *testing.T) {
	t.Parallel()
	pool := unreachable(t)
	for name, tc := range map[string]struct {
		pool *pgxpool.Pool
		opts []postgres.Option
		want error
	}{
		"defaults":        {pool, nil, nil},
		"setting":         {pool, []postgres.Option{postgres.WithSetting("my_app.tenant")}, nil},
		"three parts":     {pool, []postgres.Option{postgres.WithSetting("a.b.c")}, nil},
		"no pool":         {nil, nil, postgres.ErrNoPool},
		"empty setting":   {pool, []postgres.Option{postgres.WithSetting("")}, postgres.ErrSettingName},
		"built-in":        {pool, []postgres.Option{postgres.WithSetting("search_path")}, postgres.ErrSettingName},
		"quote":           {pool, []postgres.Option{postgres.WithSetting("app.x', 'y', false) --")}, postgres.ErrSettingName},
		"trailing line":   {pool, []postgres.Option{postgres.WithSetting("app.x\n")}, postgres.ErrSettingName},
		"part is empty":   {pool, []postgres.Option{postgres.WithSetting("app.")}, postgres.ErrSettingName},
		"digit":           {pool, []postgres.Option{postgres.WithSetting("app.1")}, postgres.ErrSettingName},
		"last one counts": {pool, []postgres.Option{postgres.WithSetting("app.x"), postgres.WithSetting("x")}, postgres.ErrSettingName},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rls, err := postgres.NewRLS(tc.pool, tc.opts...)
			if !errors.Is(err, tc.want) || (rls == nil) != (tc.want != nil) {
				t.Errorf("NewRLS = %v, %v, want %v", rls != nil, err, tc.want)
			}
			filter, err := postgres.NewRowFilter(tc.pool, tc.opts...)
			if !errors.Is(err, tc.want) || (filter == nil) != (tc.want != nil) {
				t.Errorf("NewRowFilter = %v, %v, want %v", filter != nil, err, tc.want)
			}
		})
	}
}

// The refusals need no server: they come before anything is sent.
func TestRefusals(t *testing.T) {
	t.Parallel()
	p, err := postgres.NewRLS(unreachable(t))
	if err != nil {
		t.Fatal(err)
	}
	ctx, db := t.Context(), p.For(runtime.Tenant{ID: "a"})

	if _, err := db.CopyFrom(ctx, pgx.Identifier{"notes"}, nil, nil); !errors.Is(err, postgres.ErrCopyUnderRLS) {
		t.Errorf("CopyFrom: %v", err)
	}
	for _, option := range []any{pgx.QueryExecModeExec, pgx.QueryResultFormats{1}, pgx.QueryResultFormatsByOID{25: 1}} {
		for _, args := range [][]any{{option}, {option, 1}, {pgx.NamedArgs{}, option}} {
			if _, err := db.Exec(ctx, "SELECT 1", args...); !errors.Is(err, postgres.ErrQueryOption) {
				t.Errorf("Exec with %T: %v", option, err)
			}
			if rows, err := db.Query(ctx, "SELECT 1", args...); !errors.Is(err, postgres.ErrQueryOption) || rows.Err() == nil {
				t.Errorf("Query with %T: %v", option, err)
			}
			if err := db.QueryRow(ctx, "SELECT 1", args...).Scan(); !errors.Is(err, postgres.ErrQueryOption) {
				t.Errorf("QueryRow with %T: %v", option, err)
			}
			b := &pgx.Batch{}
			b.Queue("SELECT 1")
			b.Queue("SELECT 1", args...)
			if err := db.SendBatch(ctx, b).Close(); !errors.Is(err, postgres.ErrQueryOption) {
				t.Errorf("SendBatch with %T: %v", option, err)
			}
		}
	}
	// Behind the first value there are no options.
	if _, err := db.Exec(ctx, "SELECT $1, $2", 1, pgx.QueryExecModeExec); err == nil || errors.Is(err, postgres.ErrQueryOption) {
		t.Errorf("Exec with an option as second value: %v", err)
	}

	b := &pgx.Batch{}
	b.BeginTx(pgx.TxOptions{})
	br := db.SendBatch(ctx, b)
	if err := br.Close(); !errors.Is(err, postgres.ErrBatchBegin) {
		t.Errorf("SendBatch with BeginTx: %v", err)
	}
	if tx := br.Tx(); tx == nil || !errors.Is(tx.Rollback(ctx), pgx.ErrTxClosed) {
		t.Error("SendBatch with BeginTx: the transaction is not closed")
	}
}

// Errors are logged, so they must not say who the tenant is or how to connect.
func TestErrorsKeepSecrets(t *testing.T) {
	t.Parallel()
	const password, tenant, value = "sesame-b1c9", "tenant-77e0", "value-51ad"
	superuser := testpg.Database(t)
	u, err := url.Parse(superuser)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(u.User.Username(), password)
	for name, dsn := range map[string]string{
		"no server": "postgres://app:" + password + "@127.0.0.1:1/tenants?sslmode=disable",
		"a server":  u.String(),
	} {
		pool := newPool(t, dsn)
		rls, err := postgres.NewRLS(pool)
		if err != nil {
			t.Fatal(err)
		}
		ctx := t.Context()
		for status, db := range map[string]pgxdb.DB{
			"active":    rls.For(runtime.Tenant{ID: tenant, Identifier: runtime.MustIdentifier(tenant)}),
			"suspended": rls.For(runtime.Tenant{ID: tenant, Identifier: runtime.MustIdentifier(tenant), Status: runtime.StatusSuspended}),
			"odd id":    rls.For(runtime.Tenant{ID: tenant + "\x00"}),
		} {
			_, execErr := db.Exec(ctx, "SELECT 1 / $1::int, $2::text", 0, value)
			_, queryErr := db.Query(ctx, "SELECT 1 FROM nowhere WHERE $1::text = ''", value)
			tx, beginErr := db.Begin(ctx)
			if beginErr == nil {
				_ = tx.Rollback(ctx)
			}
			_, copyErr := db.CopyFrom(ctx, pgx.Identifier{"nowhere"}, []string{"x"}, pgx.CopyFromRows([][]any{{value}}))
			for _, err := range []error{
				execErr, queryErr, copyErr, beginErr, rls.VerifyRole(ctx),
				db.QueryRow(ctx, "SELECT 1 / $1::int, $2::text", 0, value).Scan(nil, nil),
			} {
				if err == nil {
					continue
				}
				for _, secret := range []string{password, tenant, value} {
					if strings.Contains(err.Error(), secret) {
						t.Errorf("%s, %s: the error has %q in it: %v", name, status, secret, err)
					}
				}
			}
		}
		pool.Close()
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	superuser := testpg.Database(t)
	admin := newPool(t, superuser)
	exec := func(t *testing.T, sql string) {
		t.Helper()
		if _, err := admin.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	exec(t, "CREATE TABLE notes (id int); ALTER TABLE notes ENABLE ROW LEVEL SECURITY; CREATE TABLE plans (id int)")

	for name, tc := range map[string]struct {
		setup func(role string) string
		want  string
	}{
		"plain role":             {func(role string) string { return "GRANT SELECT ON notes TO " + role }, ""},
		"BYPASSRLS":              {func(role string) string { return "ALTER ROLE " + role + " BYPASSRLS" }, "BYPASSRLS"},
		"superuser":              {func(role string) string { return "ALTER ROLE " + role + " SUPERUSER" }, "superuser"},
		"owner of another table": {func(role string) string { return "CREATE TABLE p2 (id int); ALTER TABLE p2 OWNER TO " + role }, ""},
		"owner": {func(role string) string {
			return "CREATE TABLE n2 (id int); ALTER TABLE n2 ENABLE ROW LEVEL SECURITY; ALTER TABLE n2 OWNER TO " + role
		}, "owns table n2"},
		"owner, FORCE": {func(role string) string {
			return "CREATE TABLE n3 (id int); ALTER TABLE n3 ENABLE ROW LEVEL SECURITY; ALTER TABLE n3 FORCE ROW LEVEL SECURITY; ALTER TABLE n3 OWNER TO " + role
		}, "owns table n3"},
		"owner, policy switched off": {func(role string) string {
			return "CREATE TABLE n4 (id int); CREATE POLICY p ON n4 USING (true); ALTER TABLE n4 OWNER TO " + role
		}, "owns table n4"},
		"setting of the role":         {func(role string) string { return "ALTER ROLE " + role + " SET app.current_tenant = 'a'" }, "setting app.current_tenant"},
		"setting of the role, empty":  {func(role string) string { return "ALTER ROLE " + role + " SET app.current_tenant = ''" }, ""},
		"another setting of the role": {func(role string) string { return "ALTER ROLE " + role + " SET app.other = 'a'" }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			role, roleURL := testpg.Role(t, superuser)
			exec(t, tc.setup(role))
			p, err := postgres.NewRLS(newPool(t, roleURL))
			if err != nil {
				t.Fatal(err)
			}
			err = p.VerifyRole(t.Context())
			switch {
			case tc.want == "" && err != nil:
				t.Errorf("Verify: %v", err)
			case tc.want != "" && (!errors.Is(err, postgres.ErrUnsafeConnection) || !strings.Contains(err.Error(), tc.want)):
				t.Errorf("Verify: %v, want ErrUnsafeConnection that names %q", err, tc.want)
			}
		})
	}

	t.Run("member of the owner", func(t *testing.T) {
		owner, _ := testpg.Role(t, superuser)
		role, roleURL := testpg.Role(t, superuser)
		exec(t, "CREATE TABLE n5 (id int); ALTER TABLE n5 ENABLE ROW LEVEL SECURITY; ALTER TABLE n5 OWNER TO "+owner+"; GRANT "+owner+" TO "+role)
		p, err := postgres.NewRLS(newPool(t, roleURL))
		if err != nil {
			t.Fatal(err)
		}
		if err := p.VerifyRole(t.Context()); !errors.Is(err, postgres.ErrUnsafeConnection) {
			t.Errorf("Verify: %v", err)
		}
	})

	t.Run("context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		p, err := postgres.NewRLS(admin)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.VerifyRole(ctx); !errors.Is(err, context.Canceled) || errors.Is(err, postgres.ErrUnsafeConnection) {
			t.Errorf("Verify: %v", err)
		}
	})
}
