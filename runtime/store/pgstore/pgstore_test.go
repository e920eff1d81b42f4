package pgstore_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/internal/testpg"
	"github.com/tenancygen/tenancygen/isolation/isolationtest"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/store/pgstore"
)

// TestRoundTrips counts the network round trips of each operation on a warm connection
// (weakness W37 of the original: 8 for a status, 7 for a merge).
func TestRoundTrips(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			var wire *isolationtest.Wire
			s, _ := newStore(t, func(c *pgxpool.Config) {
				c.MaxConns = 1
				c.ConnConfig.DefaultQueryExecMode = mode
				wire = isolationtest.NewWire(c.ConnConfig)
			})
			ctx := t.Context()
			for round := range 2 {
				made := create(t, s, fmt.Sprintf("tenant-%d", round))
				// pgx describes what a batch has each time in this mode, so its changes are two.
				change := 1
				if mode == pgx.QueryExecModeDescribeExec {
					change = 2
				}
				fresh := runtime.Tenant{ID: fmt.Sprintf("new-%d", round), Identifier: runtime.MustIdentifier(fmt.Sprintf("new-%d", round)), Name: "New", Status: runtime.StatusActive}
				for _, op := range []struct {
					name string
					want int
					run  func() error
				}{
					{"Get", 1, func() error { _, err := s.Get(ctx, made.ID); return err }},
					{"GetByIdentifier", 1, func() error { _, err := s.GetByIdentifier(ctx, made.Identifier); return err }},
					{"GetMany", 1, func() error { _, err := s.GetMany(ctx, []string{made.ID}); return err }},
					{"Exists", 1, func() error { _, err := s.Exists(ctx, made.ID); return err }},
					{"Count", 1, func() error { _, err := s.Count(ctx, runtime.StatusActive); return err }},
					{"List", 1, func() error { _, err := s.List(ctx, runtime.ListOptions{}); return err }},
					{"Search", 1, func() error { _, err := s.Search(ctx, "tenant", 0); return err }},
					{"Create", change, func() error { _, err := s.Create(ctx, fresh, 100); return err }},
					{"MergeMetadata", change, func() error { _, err := s.MergeMetadata(ctx, fresh.ID, runtime.Metadata{}); return err }},
					{"Update", change, func() error { _, err := s.Update(ctx, made); return err }},
					{"stale Update", change, func() error {
						_, err := s.Update(ctx, made)
						if errors.Is(err, runtime.ErrStaleTenant) {
							err = nil
						}
						return err
					}},
					{"SetStatus", change, func() error { _, err := s.SetStatus(ctx, made.ID, runtime.StatusSuspended); return err }},
					{"SetStatusMany", change, func() error {
						_, err := s.SetStatusMany(ctx, []string{made.ID, fresh.ID}, runtime.StatusDeleted)
						return err
					}},
					{"Delete", change, func() error { return s.Delete(ctx, made.ID) }},
				} {
					counts, err := wire.Count(op.run)
					if err != nil {
						t.Fatalf("%s: %v", op.name, err)
					}
					if round == 1 && counts.Turns != op.want {
						t.Errorf("%s took %d round trips, want %d", op.name, counts.Turns, op.want)
					}
				}
			}
		})
	}
}

// TestListUsesIndex holds that a page is read from an index, whatever is before it.
func TestListUsesIndex(t *testing.T) {
	t.Parallel()
	var plans planner
	s, pool := newStore(t, func(c *pgxpool.Config) { c.ConnConfig.Tracer = &plans })
	if _, err := pool.Exec(t.Context(), `INSERT INTO tenancy.tenants (id, identifier, name, status, created_at)
		SELECT 'id-' || n, 'tenant-' || n, 'Tenant', (ARRAY['active', 'suspended', 'deleted'])[n % 3 + 1], now() - n * interval '1 s' FROM generate_series(1, 20000) n;
		ANALYZE tenancy.tenants`, pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Fatal(err)
	}
	for name, statuses := range map[string][]runtime.Status{
		"all": nil, "one": {runtime.StatusSuspended}, "many": {runtime.StatusActive, runtime.StatusSuspended},
	} {
		first, err := s.List(t.Context(), runtime.ListOptions{Statuses: statuses})
		if err != nil {
			t.Fatal(err)
		}
		o := runtime.ListOptions{Statuses: statuses, After: first.Next}
		if _, err := s.List(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		sql, args := plans.sql, plans.args
		rows, err := pool.Query(t.Context(), "EXPLAIN "+sql, args...)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		plan := strings.Join(lines, "\n")
		if strings.Contains(plan, "Sort") || strings.Contains(plan, "Seq Scan") || !strings.Contains(plan, "Index Scan Backward") {
			t.Errorf("%s:\n%s", name, plan)
		}
	}
}

// planner remembers the last statement that reads tenants.
type planner struct {
	sql  string
	args []any
}

func (p *planner) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	if strings.HasPrefix(data.SQL, "SELECT id") {
		p.sql, p.args = data.SQL, data.Args
	}
	return ctx
}

func (p *planner) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TestCorruptMetadataCannotBeStored holds that the table refuses metadata that is NULL,
// empty, no JSON, or no object. Where somebody took the constraints away, a merge leaves
// what is there and says so, where the original made {} of it (its regressions 12 and 20):
// metadata that cannot be read is not empty metadata.
func TestCorruptMetadataCannotBeStored(t *testing.T) {
	t.Parallel()
	s, pool := newStore(t)
	made := create(t, s, "acme")
	patch, err := runtime.NewMetadata(map[string]any{"a": 1})
	if err != nil {
		t.Fatal(err)
	}
	spoilt := []string{"NULL", "''", "'no JSON'", "'[1]'", "'null'", "'1'", "'{\"a\":}'"}
	for _, value := range spoilt {
		if _, err := pool.Exec(t.Context(), "UPDATE tenancy.tenants SET metadata = "+value); err == nil {
			t.Errorf("the table takes the metadata %s", value)
		}
	}
	if _, err := pool.Exec(t.Context(), `ALTER TABLE tenancy.tenants DROP CONSTRAINT tenants_metadata, ALTER COLUMN metadata DROP NOT NULL`); err != nil {
		t.Fatal(err)
	}
	for _, value := range spoilt {
		if _, err := pool.Exec(t.Context(), "UPDATE tenancy.tenants SET metadata = "+value); err != nil {
			continue // no JSON
		}
		var before, after *string
		read := "SELECT metadata::text FROM tenancy.tenants"
		if err := pool.QueryRow(t.Context(), read).Scan(&before); err != nil {
			t.Fatal(err)
		}
		if _, err := s.MergeMetadata(t.Context(), made.ID, patch); !errors.Is(err, runtime.ErrCorruptTenant) || !errors.Is(err, runtime.ErrMetadata) {
			t.Errorf("merge into %s: %v", value, err)
		}
		if err := pool.QueryRow(t.Context(), read).Scan(&after); err != nil {
			t.Fatal(err)
		}
		if (before == nil) != (after == nil) || before != nil && *before != *after {
			t.Errorf("merge into %s changed it", value)
		}
	}
}

// TestTenantsOutliveTheirConnection holds that what a store returned needs neither the
// connection nor the transaction any more (regression 42 of the original).
func TestTenantsOutliveTheirConnection(t *testing.T) {
	t.Parallel()
	s, pool := newStore(t)
	made := create(t, s, "acme")
	got, err := s.Get(t.Context(), made.ID)
	if err != nil {
		t.Fatal(err)
	}
	page, err := s.List(t.Context(), runtime.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if n := pool.Stat().AcquiredConns(); n != 0 {
		t.Errorf("%d connections are out", n)
	}
	pool.Close()
	if got != made || page.Tenants[0] != made || got.Metadata.JSON() != "{}" || got.Name != "acme" {
		t.Errorf("got %v and %v, want %v", got, page.Tenants, made)
	}
}

// TestErrorsRepeatNoRow provokes PostgreSQL's error that has the whole row in it.
func TestErrorsRepeatNoRow(t *testing.T) {
	t.Parallel()
	const password = "hunter2-in-a-row"
	s, pool := newStore(t)
	made := create(t, s, "acme")
	if _, err := pool.Exec(t.Context(), "ALTER TABLE tenancy.tenants ADD CONSTRAINT never CHECK (database_url = '')"); err != nil {
		t.Fatal(err)
	}
	made.DatabaseURL = "postgres://u:" + password + "@h/d"
	shows := func(err error) bool {
		var pgErr *pgconn.PgError
		if !errors.As(err, &pgErr) || pgErr.Code != "23514" {
			t.Fatalf("got %v, want a check violation", err)
		}
		text, jsonErr := json.Marshal(pgErr)
		return jsonErr != nil || strings.Contains(string(text), password) || strings.Contains(fmt.Sprintf("%+v", *pgErr), password)
	}
	_, err := s.Update(t.Context(), made)
	if shows(err) {
		t.Errorf("the error has the row in it: %+v", err)
	}
	other := made
	other.ID, other.Identifier = "other", runtime.MustIdentifier("other")
	if _, err := s.Create(t.Context(), other, 0); shows(err) {
		t.Errorf("the error has the row in it: %+v", err)
	}
	// The control: PostgreSQL's own error has.
	if _, err := pool.Exec(t.Context(), "UPDATE tenancy.tenants SET database_url = $1", made.DatabaseURL); !shows(err) {
		t.Errorf("PostgreSQL's error has no row in it: this test proves nothing: %v", err)
	}
	// And the connection is fit for use.
	if n := pool.Stat().TotalConns(); n < 1 {
		t.Errorf("the error cost the connection: %d are left", n)
	}
}

// TestErrorKeepsConnection holds that an error in the middle of a transaction leaves the
// connection as it was, and nothing open on it.
func TestErrorKeepsConnection(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			s, pool := newStore(t, func(c *pgxpool.Config) {
				c.MaxConns = 1
				c.ConnConfig.DefaultQueryExecMode = mode
			})
			acme, bravo := create(t, s, "acme"), create(t, s, "bravo")
			pid := func() uint32 {
				conn, err := pool.Acquire(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Release()
				if status := conn.Conn().PgConn().TxStatus(); status != 'I' {
					t.Errorf("a transaction is open: %c", status)
				}
				return conn.Conn().PgConn().PID()
			}
			before := pid()
			bravo.Identifier = acme.Identifier
			if _, err := s.Update(t.Context(), bravo); !errors.Is(err, runtime.ErrTenantExists) {
				t.Errorf("got %v", err)
			}
			if after := pid(); after != before {
				t.Error("the error cost the connection")
			}
		})
	}
}

// TestDeleteRace forgets tenants while others are created with their ids: no id is used
// twice, whoever comes first.
func TestDeleteRace(t *testing.T) {
	t.Parallel()
	s, _ := newStore(t)
	for round := range 10 {
		made := create(t, s, fmt.Sprintf("round-%d", round))
		done := inBackground(func() error { return s.Delete(t.Context(), made.ID) })
		again := made
		again.Identifier = runtime.MustIdentifier(fmt.Sprintf("again-%d", round))
		for range 4 {
			if _, err := s.Create(t.Context(), again, 0); !errors.Is(err, runtime.ErrTenantExists) {
				t.Errorf("round %d: the id was used again: %v", round, err)
			}
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// TestSearchIndex holds that the index which docs/stores.md names is used.
func TestSearchIndex(t *testing.T) {
	t.Parallel()
	pool := newPool(t, testpg.Database(t))
	if _, err := pool.Exec(t.Context(), "CREATE EXTENSION pg_trgm"); err != nil {
		t.Skipf("the server has no pg_trgm: %v", err)
	}
	s, err := pgstore.New(pool, pgstore.Options{})
	if err == nil {
		err = s.Init(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(t.Context(), `INSERT INTO tenancy.tenants (id, identifier, name, status)
			SELECT n, 'tenant-' || md5(n::text), md5((n + 1)::text), 'active' FROM generate_series(1, 5000) n;
		CREATE INDEX ON tenancy.tenants USING gin (identifier gin_trgm_ops, lower(name COLLATE "C") gin_trgm_ops) WHERE status <> 'deleted';
		ANALYZE tenancy.tenants`, pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Fatal(err)
	}
	rows, err := pool.Query(t.Context(), "EXPLAIN "+pgstore.SearchSQL(s), "%abcdef%", "abcdef", "abcdef%", int64(10))
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	if plan := strings.Join(lines, "\n"); strings.Contains(plan, "Seq Scan") || !strings.Contains(plan, "Bitmap Index Scan") {
		t.Errorf("the index is not used:\n%s", plan)
	}
}
