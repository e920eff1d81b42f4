package examples_test

import (
	"context"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/examples/gen"
	"github.com/tenancygen/tenancygen/internal/testpg"
	"github.com/tenancygen/tenancygen/isolation/postgres"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// stampSQL gives the rows what the database would choose by itself, so that they are
// the same wherever they are.
const stampSQL = `
UPDATE tenants SET created_at = '2020-01-01Z';
UPDATE users SET created_at = '2020-01-01Z';
UPDATE customers SET created_at = '2020-01-01Z';
UPDATE invoices SET created_at = '2020-01-01Z';
UPDATE audit_log SET happened_at = '2020-01-01Z';`

// auditSQL replaces the audit log's row, whose key the database counts.
const auditSQL = `
DELETE FROM audit_log WHERE org_id = '{p}1';
INSERT INTO audit_log (id, org_id, actor_id, action, subject) OVERRIDING SYSTEM VALUE
  VALUES ({i}, '{p}1', '{p}5', 'made by {n}', 'everything');`

// seedOf returns the rows of a company.
func seedOf(c company) string {
	number := map[string]string{alpha.name: "1001", beta.name: "1002"}[c.name]
	return strings.NewReplacer("{p}", c.prefix, "{n}", c.name, "{i}", number).Replace(seedSQL+auditSQL) + stampSQL
}

// stage is a database without tables, for one strategy.
type stage struct {
	super    *pgxpool.Pool
	superURL string
	pool     *pgxpool.Pool
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{superURL: testpg.Database(t)}
	role, url := testpg.Role(t, s.superURL)
	var err error
	if s.super, err = pgxpool.New(t.Context(), s.superURL); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.super.Close)
	// The role of the layout may be there already: servers have one set of roles.
	s.run(t, s.superURL, `DO $$ BEGIN CREATE ROLE app_user NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`)
	s.run(t, s.superURL, "GRANT app_user TO "+role)
	s.pool = onePool(t, url, pgx.QueryExecModeCacheStatement)
	return s
}

// run runs SQL in a database as a superuser.
func (s *stage) run(t *testing.T, url, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%v\n%s", err, sql)
	}
}

// shared makes the tables that companies share, with the rows of some.
func (s *stage) shared(t *testing.T, policies bool, companies ...company) {
	t.Helper()
	paths := []string{"schema.sql"}
	if policies {
		paths = append(paths, "gen/rls.up.sql")
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		s.run(t, s.superURL, string(text))
	}
	for _, c := range companies {
		s.run(t, s.superURL, seedOf(c))
	}
	if !policies {
		s.run(t, s.superURL, "GRANT ALL ON ALL TABLES IN SCHEMA public TO app_user; GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO app_user")
	}
}

// The strategies, each of which makes its database and returns its provider.
var strategies = []struct {
	name  runtime.Strategy
	build func(*testing.T, *stage) pgxdb.Isolation
}{
	{runtime.StrategyRLS, func(t *testing.T, s *stage) pgxdb.Isolation {
		s.shared(t, true, alpha, beta)
		return made(t)(postgres.NewRLS(s.pool, postgres.WithLayout(gen.Layout)))
	}},
	{runtime.StrategyRow, func(t *testing.T, s *stage) pgxdb.Isolation {
		s.shared(t, false, alpha, beta)
		return made(t)(postgres.NewRowFilter(s.pool, postgres.WithLayout(gen.Layout)))
	}},
	{runtime.StrategySchema, func(t *testing.T, s *stage) pgxdb.Isolation {
		p, err := postgres.NewSchema(s.pool, gen.Layout, postgres.WithAdmin(s.super))
		s.plans(t, made(t)(p, err))
		for _, c := range []company{alpha, beta} {
			schema := initialized(t, p, c)
			s.run(t, s.superURL, "SET search_path = "+pgx.Identifier{schema}.Sanitize()+", public;"+seedOf(c))
		}
		return p
	}},
	{runtime.StrategyPrefix, func(t *testing.T, s *stage) pgxdb.Isolation {
		p, err := postgres.NewPrefix(s.pool, gen.Layout, postgres.WithAdmin(s.super))
		s.plans(t, made(t)(p, err))
		for _, c := range []company{alpha, beta} {
			if err := p.Initialize(t.Context(), c.tenant()); err != nil {
				t.Fatal(err)
			}
			s.run(t, s.superURL, prefixed(t, s, c))
		}
		return p
	}},
	{runtime.StrategyDatabase, func(t *testing.T, s *stage) pgxdb.Isolation {
		p, err := postgres.NewDatabase(s.pool, gen.Layout, postgres.WithAdmin(s.super))
		made(t)(p, err)
		for _, ddl := range gen.Layout.DDL {
			if ddl.Shared {
				s.run(t, s.superURL, ddl.SQL)
			}
		}
		s.run(t, s.superURL, "GRANT SELECT ON plans TO app_user")
		for _, c := range []company{alpha, beta} {
			if err := p.Initialize(t.Context(), c.tenant()); err != nil {
				t.Fatal(err)
			}
			own, err := p.DatabaseURL(c.tenant())
			if err != nil {
				t.Fatal(err)
			}
			s.run(t, inDatabase(t, s.superURL, own), seedOf(c))
			t.Cleanup(func() {
				_, err := p.Destroy(context.WithoutCancel(t.Context()), c.tenant(), runtime.Confirmation(c.tenant().ID))
				if err != nil {
					t.Error(err)
				}
			})
		}
		return p
	}},
	{runtime.StrategyHybrid, func(t *testing.T, s *stage) pgxdb.Isolation {
		// One company has a schema, and the other shares its tables with nobody yet.
		s.shared(t, true, beta)
		schema, err := postgres.NewSchema(s.pool, gen.Layout, postgres.WithAdmin(s.super))
		made(t)(schema, err)
		s.run(t, s.superURL, "SET search_path = "+pgx.Identifier{initialized(t, schema, alpha)}.Sanitize()+", public;"+seedOf(alpha))
		rls := made(t)(postgres.NewRLS(s.pool, postgres.WithLayout(gen.Layout)))
		return made(t)(postgres.NewHybrid(
			map[runtime.Strategy]pgxdb.Isolation{runtime.StrategySchema: schema, runtime.StrategyRLS: rls},
			func(tenant runtime.Tenant) runtime.Strategy {
				if tenant.ID == alpha.tenant().ID {
					return runtime.StrategySchema
				}
				return runtime.StrategyRLS
			}))
	}},
}

// inDatabase returns a URL with the database of another.
func inDatabase(t *testing.T, of, other string) string {
	t.Helper()
	u, err := url.Parse(of)
	if err != nil {
		t.Fatal(err)
	}
	o, err := url.Parse(other)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = o.Path
	return u.String()
}

// made fails t for the error of a constructor.
func made(t *testing.T) func(pgxdb.Isolation, error) pgxdb.Isolation {
	return func(p pgxdb.Isolation, err error) pgxdb.Isolation {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := p.Close(); err != nil {
				t.Error(err)
			}
		})
		return p
	}
}

// plans makes what the companies share where the rest is in places of their own.
func (s *stage) plans(t *testing.T, p pgxdb.Isolation) {
	t.Helper()
	if shared, ok := p.(interface{ InitializeShared(context.Context) error }); ok {
		if err := shared.InitializeShared(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// initialized makes a company's place and returns its schema.
func initialized(t *testing.T, p pgxdb.Isolation, c company) string {
	t.Helper()
	if err := p.Initialize(t.Context(), c.tenant()); err != nil {
		t.Fatal(err)
	}
	schema, err := p.SchemaName(c.tenant())
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// prefixed returns the rows of a company for its own tables, which it asks the
// database for.
func prefixed(t *testing.T, s *stage, c company) string {
	t.Helper()
	sql := seedOf(c)
	for _, table := range gen.Layout.Tables {
		if table.View || table.Class == runtime.ClassGlobal {
			continue
		}
		var name string
		err := s.super.QueryRow(t.Context(), `
			SELECT o.name FROM tenancy.namespaces n, unnest(n.objects) AS o (name)
			 WHERE n.tenant_id = $1 AND o.name LIKE '%\_\_' || $2`, c.tenant().ID, table.Name).Scan(&name)
		if err != nil {
			t.Fatalf("%s: %v", table.Name, err)
		}
		sql = regexp.MustCompile(`\b(INTO|UPDATE|FROM) `+table.Name+`\b`).ReplaceAllString(sql, "$1 "+pgx.Identifier{name}.Sanitize())
	}
	return sql
}

// TestEveryMethodUnderEveryStrategy runs all generated methods under every strategy,
// on the same rows: the answers are the same, and nobody sees another's.
func TestEveryMethodUnderEveryStrategy(t *testing.T) {
	t.Parallel()
	var first map[string]string
	for _, strategy := range strategies {
		s := newStage(t)
		p := strategy.build(t, s)
		got := answers(t, gen.New(p), s.pool, string(strategy.name))
		for _, c := range []company{alpha, beta} {
			report, err := p.Verify(t.Context(), c.tenant())
			if err != nil || !report.OK() {
				t.Errorf("%s: Verify: %v, %v", strategy.name, err, report.Err())
			}
		}
		if first == nil {
			first = got
		}
		if diff := cmp.Diff(first, got); diff != "" {
			t.Errorf("%s: other answers than under %s:\n%s", strategy.name, strategies[0].name, diff)
		}
		t.Logf("%s: %d answers", strategy.name, len(got))
	}
}
