package places_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	sqlite3driver "github.com/ncruces/go-sqlite3/driver"
	"go.uber.org/goleak"

	"github.com/tenancygen/tenancygen/internal/places/gen"
	"github.com/tenancygen/tenancygen/internal/testserver"
	_ "github.com/tenancygen/tenancygen/internal/testsqlite" // compiles SQLite once for all
	"github.com/tenancygen/tenancygen/isolation/sqlite"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

func TestMain(m *testing.M) { testserver.Main(m, func() error { return goleak.Find() }) }

// want is what the program says for a tenant, whatever the strategy is and whoever else
// is there.
const want = `put alpha 0, then ALPHA 1
open [ALPHA:mow ALPHA:sow beta:-]
finished 2, again 0
busy [ALPHA:3]
plans [free]
dropped 1, and of a project that is not there 0
open [ALPHA:- beta:-]
none []
rolled back: busy [ALPHA:2]
a plan that is not there is refused
`

// TestSameAnswers runs the program as two tenants by turns under each strategy.
func TestSameAnswers(t *testing.T) {
	t.Parallel()
	for _, strategy := range []runtime.Strategy{runtime.StrategyRow, runtime.StrategyPrefix, runtime.StrategyDatabase, runtime.StrategyHybrid} {
		t.Run(string(strategy), func(t *testing.T) {
			t.Parallel()
			p := provider(t, strategy)
			queries := gen.New(p)
			tenants := []runtime.Tenant{{ID: "acme"}, {ID: "Acme Corp.", Identifier: runtime.MustIdentifier("acme-corp")}}
			for _, tenant := range tenants {
				if err := p.Initialize(t.Context(), tenant); err != nil {
					t.Fatal(err)
				}
				got, err := program(t.Context(), queries.ForTenant(tenant))
				if err != nil {
					t.Errorf("%s: %v", tenant.ID, err)
				}
				if d := cmp.Diff(want, got); d != "" {
					t.Errorf("%s (-want +got):\n%s", tenant.ID, d)
				}
				report, err := p.Verify(t.Context(), tenant)
				if err := errors.Join(err, report.Err()); err != nil {
					t.Errorf("%s: %v", tenant.ID, err)
				}
			}
			removal, err := p.Destroy(t.Context(), tenants[0], "acme")
			if err != nil {
				t.Fatal(err)
			}
			if removal.Rows() != 4 {
				t.Errorf("removed %+v", removal)
			}
			left, err := queries.ForTenant(tenants[1]).BusyProjects(t.Context())
			if err != nil || len(left) != 1 {
				t.Errorf("the other tenant has %v, %v", left, err)
			}
			plan, err := queries.Global().GetPlan(t.Context(), 1)
			if err != nil || plan.Name != "free" {
				t.Errorf("the plan is %v, %v", plan, err)
			}
		})
	}
}

// provider returns a provider on a new database with what tenants share.
func provider(t *testing.T, strategy runtime.Strategy) sqldb.Isolation {
	t.Helper()
	dir := t.TempDir()
	dsn := url.URL{Scheme: "file", Path: filepath.Join(dir, "app.db"), RawQuery: "_txlock=immediate&_pragma=foreign_keys(on)"}
	connector, err := new(sqlite3driver.SQLite).OpenConnector(dsn.String())
	if err != nil {
		t.Fatal(err)
	}
	shared := sql.OpenDB(connector)
	t.Cleanup(func() { _ = shared.Close() })
	for _, d := range gen.Layout.DDL {
		if d.Shared || strategy == runtime.StrategyRow {
			if _, err := shared.ExecContext(t.Context(), d.SQL); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := shared.ExecContext(t.Context(), "INSERT INTO plans VALUES (1, 'free'), (2, 'pro')"); err != nil {
		t.Fatal(err)
	}
	row, rowErr := sqlite.NewRowFilter(shared, sqlite.WithLayout(gen.Layout))
	prefix, prefixErr := sqlite.NewPrefix(connector, gen.Layout)
	file, fileErr := sqlite.NewFile(shared, dir, gen.Layout)
	hybrid, hybridErr := sqlite.NewHybrid(map[runtime.Strategy]sqldb.Isolation{
		runtime.StrategyPrefix: prefix, runtime.StrategyDatabase: file,
	}, func(t runtime.Tenant) runtime.Strategy {
		if t.ID == "acme" {
			return runtime.StrategyDatabase
		}
		return runtime.StrategyPrefix
	})
	if err := errors.Join(rowErr, prefixErr, fileErr, hybridErr); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = hybrid.Close() })
	return map[runtime.Strategy]sqldb.Isolation{
		runtime.StrategyRow: row, runtime.StrategyPrefix: prefix, runtime.StrategyDatabase: file, runtime.StrategyHybrid: hybrid,
	}[strategy]
}

// program uses every method and writes down what they answer.
func program(ctx context.Context, q *gen.TenantQueries) (string, error) {
	var out strings.Builder
	first, err := q.PutProject(ctx, gen.PutProjectParams{ID: 1, Name: "alpha"})
	if err != nil {
		return "", err
	}
	second, err := q.PutProject(ctx, gen.PutProjectParams{ID: 1, Name: "ALPHA"})
	if err != nil {
		return "", err
	}
	fmt.Fprintf(&out, "put %s %d, then %s %d\n", first.Name, first.Changes, second.Name, second.Changes)
	if err := q.AddProject(ctx, gen.AddProjectParams{ID: 2, Name: "beta", PlanID: sql.NullInt64{Int64: 1, Valid: true}}); err != nil {
		return "", err
	}
	for _, title := range []string{"sow", "mow"} {
		if _, err := q.AddTask(ctx, gen.AddTaskParams{ProjectID: 1, Title: title}); err != nil {
			return "", err
		}
	}
	open, err := q.OpenTasks(ctx, []int64{1, 2, 3})
	if err != nil {
		return "", err
	}
	fmt.Fprintf(&out, "open %v\n", tasks(open))
	finished, err := q.FinishTasks(ctx, []int64{1, 2})
	if err != nil {
		return "", err
	}
	again, err := q.FinishTasks(ctx, nil)
	if err != nil {
		return "", err
	}
	fmt.Fprintf(&out, "finished %d, again %d\n", finished, again)
	if _, err := q.AddTask(ctx, gen.AddTaskParams{ProjectID: 1, Title: "reap"}); err != nil {
		return "", err
	}
	busy, err := q.BusyProjects(ctx)
	if err != nil {
		return "", err
	}
	fmt.Fprintf(&out, "busy [%s:%d]\n", busy[0].Name, busy[0].N)
	plans, err := q.PlansInUse(ctx)
	if err != nil {
		return "", err
	}
	fmt.Fprintf(&out, "plans %v\n", plans)
	dropped, err := q.DropTasks(ctx, gen.DropTasksParams{Title: "reap", Name: "ALPHA"})
	if err != nil {
		return "", err
	}
	none, err := q.DropTasks(ctx, gen.DropTasksParams{Title: "sow", Name: "gamma"})
	if err != nil {
		return "", err
	}
	fmt.Fprintf(&out, "dropped %d, and of a project that is not there %d\n", dropped, none)
	if open, err = q.OpenTasks(ctx, []int64{2, 1}); err != nil {
		return "", err
	}
	fmt.Fprintf(&out, "open %v\n", tasks(open))
	if open, err = q.OpenTasks(ctx, nil); err != nil {
		return "", err
	}
	fmt.Fprintf(&out, "none %v\n", tasks(open))
	oops := errors.New("oops")
	err = q.InTx(ctx, func(q *gen.TenantQueries) error {
		_, err := q.AddTask(ctx, gen.AddTaskParams{ProjectID: 2, Title: "lost"})
		return errors.Join(err, oops)
	})
	if !errors.Is(err, oops) {
		return "", err
	}
	if busy, err = q.BusyProjects(ctx); err != nil {
		return "", err
	}
	fmt.Fprintf(&out, "rolled back: busy [%s:%d]\n", busy[0].Name, busy[0].N)
	if err := q.AddProject(ctx, gen.AddProjectParams{ID: 3, Name: "c", PlanID: sql.NullInt64{Int64: 99, Valid: true}}); err == nil {
		return "", errors.New("a plan that is not there: no error")
	}
	out.WriteString("a plan that is not there is refused\n")
	return out.String(), nil
}

// tasks are the rows in short.
func tasks(rows []gen.OpenTasksRow) []string {
	var out []string
	for _, r := range rows {
		title := "-"
		if r.Title.Valid {
			title = r.Title.String
		}
		out = append(out, r.Name+":"+title)
	}
	return out
}
