package bulk_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/internal/bulk/gen"
	"github.com/tenancygen/tenancygen/internal/testpg"
	"github.com/tenancygen/tenancygen/isolation/postgres"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

func TestMain(m *testing.M) { testpg.Main(m) }

var (
	ann = runtime.Tenant{ID: "aaaaaaaa-0000-4000-8000-000000000001"}
	bob = runtime.Tenant{ID: "bbbbbbbb-0000-4000-8000-000000000001"}
)

// seed gives both tenants an item of one number, with a line, and bob a code.
const seed = `
INSERT INTO tenants VALUES ('aaaaaaaa-0000-4000-8000-000000000001'), ('bbbbbbbb-0000-4000-8000-000000000001');
INSERT INTO items (id, tenant_id, number, qty) OVERRIDING SYSTEM VALUE
	VALUES (1, 'aaaaaaaa-0000-4000-8000-000000000001', 'one', 10), (2, 'bbbbbbbb-0000-4000-8000-000000000001', 'one', 20);
ALTER TABLE items ALTER id RESTART WITH 1000;
INSERT INTO lines VALUES (1, 1, 'ann'), (2, 1, 'bob');
INSERT INTO codes VALUES ('b', 'bbbbbbbb-0000-4000-8000-000000000001', 1);`

// lab is a database under one provider, on a pool of one connection: what does not
// give it back makes the next step wait for ever.
type lab struct {
	*gen.Queries
	setting
	super *pgx.Conn
	pool  *pgxpool.Pool
}

// setting is a provider and a query exec mode.
type setting struct {
	rls  bool
	mode pgx.QueryExecMode
}

// everywhere runs a test under both providers, in modes that ask the server for
// types and in those that do not.
func everywhere(t *testing.T, test func(*testing.T, *lab)) {
	t.Parallel()
	for _, rls := range []bool{false, true} {
		for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeCacheStatement, pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol} {
			name := "row filter, " + mode.String()
			if rls {
				name = "rls, " + mode.String()
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				test(t, newLab(t, setting{rls, mode}))
			})
		}
	}
}

func newLab(t testing.TB, s setting) *lab {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	superURL := testpg.Database(t)
	super, err := pgx.Connect(ctx, superURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = super.Close(ctx) })
	role, url := testpg.Role(t, superURL)
	script := read(t, "schema.sql")
	if s.rls {
		script += read(t, "gen/rls.up.sql") + "; GRANT app_user TO " + role
	} else {
		script += "; GRANT ALL ON ALL TABLES IN SCHEMA public TO " + role + "; GRANT USAGE ON SCHEMA public TO " + role
	}
	if _, err := super.Exec(ctx, script+";"+seed); err != nil {
		t.Fatal(err)
	}
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns = 1
	config.ConnConfig.DefaultQueryExecMode = s.mode
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	l := &lab{setting: s, super: super, pool: pool}
	l.Queries = gen.New(l.provider(t))
	return l
}

// provider is the provider of the setting.
func (l *lab) provider(t testing.TB) pgxdb.Provider {
	t.Helper()
	var p pgxdb.Provider
	var err error
	if l.rls {
		p, err = postgres.NewRLS(l.pool)
	} else {
		p, err = postgres.NewRowFilter(l.pool)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func read(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// wants compares what a superuser sees, a line for each row.
func (l *lab) wants(t *testing.T, sql string, want ...string) {
	t.Helper()
	rows, err := l.super.Query(t.Context(), "SELECT row_to_json(r)::text FROM ("+sql+") AS r", pgx.QueryExecModeExec)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", sql, diff)
	}
}

const (
	allItems = "SELECT left(tenant_id::text, 1) AS t, number, qty FROM items ORDER BY id"
	allLines = "SELECT item_id AS item, line_no AS n, note FROM lines ORDER BY item_id, line_no"
	allCodes = "SELECT left(tenant_id::text, 1) AS t, code, n FROM codes ORDER BY code"
)

// What the seed leaves.
var (
	seedItems = []string{`{"t":"a","number":"one","qty":10}`, `{"t":"b","number":"one","qty":20}`}
	seedLines = []string{`{"item":1,"n":1,"note":"ann"}`, `{"item":2,"n":1,"note":"bob"}`}
)

// with is a list and more.
func with(list []string, more ...string) []string {
	return append(append([]string{}, list...), more...)
}

// code is an error's SQLSTATE; its text where it has none.
func code(err error) string {
	var e *pgconn.PgError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return e.Code
	}
	return strings.SplitN(err.Error(), "\n", 2)[0]
}

func wantCode(t *testing.T, what string, err error, want string) {
	t.Helper()
	if got := code(err); got != want {
		t.Errorf("%s: error %q, want %q (%v)", what, got, want, err)
	}
}
