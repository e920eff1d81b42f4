package sqlpostgres_test

import (
	"database/sql/driver"
	"slices"
	"testing"

	"github.com/tenancygen/tenancygen/internal/testpg"
)

// pooled are the checks that mean something where each transaction may have another
// connection of the server; the others ask for the same one.
var pooled = []string{
	"own rows only", "affected rows are own", "tenants interleaved", "tenants at the same time", "rows closed early",
	"cancelled statements", "transactions", "transaction ends badly", "savepoints", "foreign writes are rejected",
	"commit in the statements",
}

// behindBouncer returns a driver whose connections are those of a PgBouncer in
// transaction mode.
func behindBouncer(connector func(*testing.T, string) driver.Connector, settings ...string) func(*testing.T, string) driver.Connector {
	return func(t *testing.T, dsn string) driver.Connector {
		t.Helper()
		return connector(t, testpg.Bouncer(t, dsn, settings...))
	}
}

// TestBehindPgBouncer runs the checks behind PgBouncer with each driver, in the ways
// of sending statements that can work there. The row filter leaves a statement to the
// driver, and then pq in its usual way cannot; see the test below.
func TestBehindPgBouncer(t *testing.T) {
	t.Parallel()
	describe := inMode(pgxConnector, "default_query_exec_mode=cache_describe")
	for name, tc := range map[string]struct {
		connector func(*testing.T, string) driver.Connector
		rls       bool
	}{
		"row filter/pq, binary":           {modes["pq, binary"], false},
		"row filter/pgx, describe":        {describe, false},
		"row filter/pgx, exec":            {modes["pgx, exec"], false},
		"row filter/pgx, simple protocol": {modes["pgx, simple protocol"], false},
		"rls/pq":                          {modes["pq"], true},
		"rls/pq, binary":                  {modes["pq, binary"], true},
		"rls/pgx, describe":               {describe, true},
		"rls/pgx, describe each time":     {inMode(pgxConnector, "default_query_exec_mode=describe_exec"), true},
		"rls/pgx, exec":                   {modes["pgx, exec"], true},
		"rls/pgx, simple protocol":        {modes["pgx, simple protocol"], true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			make := newRowFilter
			if tc.rls {
				make = newRLS
			}
			e := newEnv(t, behindBouncer(tc.connector), tc.rls, make)
			for _, c := range checks(tc.rls) {
				if slices.Contains(pooled, c.name) {
					if err := e.run(t.Context(), c); err != nil {
						t.Errorf("%s: %v", c.name, err)
					}
				}
			}
		})
	}
}

// What does not work there has to be noticed: pq prepares the unnamed statement on
// one connection and runs it on another, and pgx names its statements.
func TestChecksFindUnfitDriversBehindPgBouncer(t *testing.T) {
	t.Parallel()
	var settings []string
	if testpg.BouncerPrepares(t) {
		settings = []string{"max_prepared_statements=0"}
	}
	for _, name := range []string{"pq", "pgx"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t, behindBouncer(modes[name], settings...), false, newRowFilter)
			for _, c := range checks(false) {
				if c.name == "tenants at the same time" {
					if err := e.run(t.Context(), c); err == nil {
						t.Error("no error")
					}
				}
			}
		})
	}
}
