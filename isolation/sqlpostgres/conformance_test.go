package sqlpostgres_test

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// check is one property. It returns an error and does not fail a test, so that a
// negative control can assert the error.
type check struct {
	name string
	run  func(context.Context, *env) error
}

// checks are the properties that every provider has, and those of policies.
func checks(rls bool) []check {
	list := []check{
		{"own rows only", checkOwnRows},
		{"affected rows are own", checkAffected},
		{"ids are data", checkIDs},
		{"tenants interleaved", checkInterleaved},
		{"tenants at the same time", checkConcurrent},
		{"tenant that may not act", checkRefused},
		{"statement errors", checkStatementErrors},
		{"scan errors and panics", checkScanErrors},
		{"rows closed early", checkClosedEarly},
		{"cancelled statements", checkCancelled},
		{"deferred constraints", checkDeferred},
		{"transactions", checkTx},
		{"transaction ends badly", checkTxFailures},
		{"savepoints", checkSavepoints},
		{"global handle", checkGlobal},
	}
	if rls {
		list = append(list,
			check{"foreign writes are rejected", checkForeignWrites},
			check{"commit in the statements", checkUserCommit},
			check{"two statements at once", checkTwoStatements},
			check{"prepared statements", checkPrepared},
		)
	}
	return list
}

// run runs one check on fresh data, and looks at the connection when it is over.
func (e *env) run(ctx context.Context, c check) error {
	// So that a leaked connection is a failure and not a test that hangs.
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := e.seed(ctx); err != nil {
		return fmt.Errorf("seed: %w", err)
	}
	if err := c.run(ctx, e); err != nil {
		return err
	}
	return e.clean(ctx)
}

func exercise(t *testing.T, rls bool, make maker) {
	t.Helper()
	for name, connector := range modes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t, connector, rls, make)
			for _, c := range checks(rls) {
				t.Run(c.name, func(t *testing.T) {
					if err := e.run(t.Context(), c); err != nil {
						t.Error(err)
					}
				})
			}
		})
	}
}

func TestRLSConforms(t *testing.T) {
	t.Parallel()
	exercise(t, true, newRLS)
}

func TestRowFilterConforms(t *testing.T) {
	t.Parallel()
	exercise(t, false, newRowFilter)
}
