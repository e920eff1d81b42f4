package places_test

import (
	"database/sql"
	"errors"
	"strings"
	"testing"

	mysqldriver "github.com/go-sql-driver/mysql"

	"github.com/tenancygen/tenancygen/internal/places/mysql/gen"
	"github.com/tenancygen/tenancygen/internal/testmysql"
	"github.com/tenancygen/tenancygen/isolation/mysql"
	"github.com/tenancygen/tenancygen/runtime"
)

// TestIDsThatMySQLChanges: outside of its strict mode MySQL stores an id that does not fit
// its column as another one. No such id reaches it.
func TestIDsThatMySQLChanges(t *testing.T) {
	t.Parallel()
	config, err := mysqldriver.ParseDSN(testmysql.Database(t))
	if err != nil {
		t.Fatal("not a DSN")
	}
	config.Params = map[string]string{"sql_mode": "''"}
	db := testmysql.Open(t, config.FormatDSN())
	for _, ddl := range gen.Layout.DDL {
		if _, err := db.ExecContext(t.Context(), ddl.SQL); err != nil {
			t.Fatal(err)
		}
	}
	provider, err := mysql.NewRowFilter(db, mysql.WithLayout(gen.Layout))
	if err != nil {
		t.Fatal(err)
	}
	victim := runtime.Tenant{ID: strings.Repeat("x", runtime.MaxID)}
	thief := runtime.Tenant{ID: victim.ID + "y"}
	count := func(want int) {
		t.Helper()
		var n int
		if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM Projects WHERE tenant_id = ?", victim.ID).Scan(&n); err != nil || n != want {
			t.Errorf("%d projects, %v; want %d", n, err, want)
		}
	}
	queries := gen.New(provider)
	if err := queries.ForTenant(victim).AddProject(t.Context(), 1, "own", sql.NullInt64{}); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{thief.ID, "x\n", "é", "x "} {
		err := queries.ForTenant(runtime.Tenant{ID: id}).AddProject(t.Context(), 2, "stolen", sql.NullInt64{})
		if !errors.Is(err, runtime.ErrTenantID) {
			t.Errorf("%.20q: %v; want ErrTenantID", id, err)
		}
		if err := queries.ForTenant(runtime.Tenant{ID: id}).InTx(t.Context(), func(*gen.TenantQueries) error { return nil }); !errors.Is(err, runtime.ErrTenantID) {
			t.Errorf("%.20q: a transaction: %v; want ErrTenantID", id, err)
		}
	}
	count(1)
	// The control: the server cuts it.
	if _, err := db.ExecContext(t.Context(), "INSERT INTO Projects (tenant_id, id, name) VALUES (?, 2, 'stolen')", thief.ID); err != nil {
		t.Errorf("there is nothing to guard: %v", err)
	}
	count(2)
}
