package places_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/tenancygen/tenancygen/internal/testserver"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

func TestMain(m *testing.M) { testserver.Main(m, func() error { return goleak.Find() }) }

// engine is a database with its generated package.
type engine struct {
	name        string
	layout      runtime.Layout
	application func(sqldb.Provider) application
	strategies  []runtime.Strategy
	// provider returns a provider of the layout on a new database, which is empty.
	provider func(*testing.T, runtime.Strategy, runtime.Layout) (sqldb.Isolation, *sql.DB)
}

var engines = []engine{sqliteEngine, mysqlEngine}

// tenants are those of the tests. The second one's rows come behind those of the first
// where both are in one table.
var tenants = []runtime.Tenant{{ID: "Acme Corp.", Identifier: runtime.MustIdentifier("acme-corp")}, {ID: "acme"}}

// tier is that of a tenant under a hybrid provider.
func tier(t runtime.Tenant) runtime.Strategy {
	if t.ID == "acme" {
		return runtime.StrategyDatabase
	}
	return runtime.StrategyPrefix
}

// fill makes what tenants share, or all tables, and the plans.
func (e engine) fill(t *testing.T, db *sql.DB, all bool) {
	t.Helper()
	for _, d := range e.layout.DDL {
		if !d.Shared && !all {
			continue
		}
		if _, err := db.ExecContext(t.Context(), d.SQL); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.ExecContext(t.Context(), "INSERT INTO plans VALUES (1, 'free'), (2, 'pro')"); err != nil {
		t.Fatal(err)
	}
}

// play runs the program as one tenant after the other, and looks that each has the answers
// and that what the first one has stays as it is.
func play(ctx context.Context, p sqldb.Isolation, app application) error {
	var before string
	for i, tenant := range tenants {
		if err := p.Initialize(ctx, tenant); err != nil {
			return err
		}
		got, err := app.program(ctx, tenant)
		if err != nil {
			return fmt.Errorf("%s: %w, after\n%s", tenant.ID, err, got)
		}
		if d := cmp.Diff(want, got); d != "" {
			return fmt.Errorf("%s (-want +got):\n%s", tenant.ID, d)
		}
		left, err := app.left(ctx, tenants[0])
		if err != nil {
			return err
		}
		if i > 0 && left != before {
			return fmt.Errorf("%s has now %s, and had %s", tenants[0].ID, left, before)
		}
		before = left
	}
	return nil
}

// TestSameAnswers runs the program on each database under each strategy.
func TestSameAnswers(t *testing.T) {
	t.Parallel()
	for _, e := range engines {
		for _, strategy := range e.strategies {
			t.Run(e.name+"/"+string(strategy), func(t *testing.T) {
				t.Parallel()
				p, db := e.provider(t, strategy, e.layout)
				e.fill(t, db, strategy == runtime.StrategyRow)
				app := e.application(p)
				if err := play(t.Context(), p, app); err != nil {
					t.Fatal(err)
				}
				for _, tenant := range tenants {
					report, err := p.Verify(t.Context(), tenant)
					if err := errors.Join(err, report.Err()); err != nil {
						t.Errorf("%s: %v", tenant.ID, err)
					}
				}
				left, err := app.left(t.Context(), tenants[0])
				if err != nil {
					t.Fatal(err)
				}
				removal, err := p.Destroy(t.Context(), tenants[1], runtime.Confirmation(tenants[1].ID))
				if err != nil {
					t.Fatal(err)
				}
				if removal.Rows() != rows {
					t.Errorf("removed %+v", removal)
				}
				if now, err := app.left(t.Context(), tenants[0]); err != nil || now != left {
					t.Errorf("the other tenant has %s, %v, and had %s", now, err, left)
				}
				if _, err := p.Destroy(t.Context(), tenants[0], runtime.Confirmation(tenants[0].ID)); err != nil {
					t.Error(err)
				}
				if plan, err := app.plan(t.Context()); err != nil || plan != "free" {
					t.Errorf("the plan is %q, %v", plan, err)
				}
			})
		}
	}
}
