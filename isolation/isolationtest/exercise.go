package isolationtest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// checkTimeout bounds one check, so that a leaked connection is a failure and
// not a test that hangs.
const checkTimeout = 30 * time.Second

// Option describes the provider to the suite. The options of this package are
// the only ones.
type Option interface {
	apply(*layout)
}

type optionFunc func(*layout)

func (f optionFunc) apply(l *layout) { f(l) }

// Policies says that the provider leaves isolation to policies which read the
// tenant's id from setting. The suite's tables then have such policies, its
// statements carry no predicate, and foreign writes have to be rejected. Without
// this option the suite's statements carry the predicate themselves.
func Policies(setting string) Option {
	return optionFunc(func(l *layout) { l.policies, l.setting = true, setting })
}

// Only limits the suite to the checks of these names, which are those of Failure
// and of the subtests of Exercise. It is for negative controls whose mistake
// makes other checks wait, such as a leaked connection.
func Only(checks ...string) Option {
	return optionFunc(func(l *layout) { l.only = append(l.only, checks...) })
}

// Failure is a check that a provider did not pass.
type Failure struct {
	// Check is the name of the check.
	Check string
	// Mode is the mode of the pool's connections.
	Mode pgx.QueryExecMode
	// Err says what was wrong.
	Err error
}

// String returns the failure in one line and what follows it.
func (f Failure) String() string { return fmt.Sprintf("%s (%s): %v", f.Check, f.Mode, f.Err) }

// Database is what a provider is made on.
type Database struct {
	// Pool is of the application's role, in one execution mode of pgx.
	Pool *pgxpool.Pool
	// Admin is of a superuser, for what the application's role may not do.
	Admin *pgxpool.Pool
	// Layout is what the generator would say about the suite's tables.
	Layout runtime.Layout
}

// NewProvider makes a provider, or fails t. The suite closes it where it is a
// pgxdb.Isolation.
type NewProvider func(t *testing.T, db Database) pgxdb.Provider

// Exercise runs the suite against the providers that newProvider makes, and fails
// t for every check that does not hold. Each execution mode is a parallel
// subtest with a database of its own. newProvider is called once per pool and
// fails t itself when it cannot make a provider.
func Exercise(t *testing.T, newProvider NewProvider, opts ...Option) {
	t.Helper()
	for _, mode := range modes {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			e := newEnv(t, mode, newLayout(opts), newProvider)
			for _, c := range e.checks() {
				t.Run(c.name, func(t *testing.T) {
					if err := e.run(t.Context(), c); err != nil {
						t.Error(err)
					}
				})
			}
		})
	}
}

// Failures runs the suite in one execution mode against the providers that
// newProvider makes, and returns the checks that do not hold. A broken provider
// may leave its pool unusable, so each check has a new pool.
func Failures(t *testing.T, mode pgx.QueryExecMode, newProvider NewProvider, opts ...Option) []Failure {
	t.Helper()
	e := newEnv(t, mode, newLayout(opts), newProvider)
	var failures []Failure
	for _, c := range e.checks() {
		e.renew(t)
		if err := e.run(t.Context(), c); err != nil {
			failures = append(failures, Failure{Check: c.name, Mode: mode, Err: err})
		}
	}
	return failures
}

// modes are all of pgx's.
var modes = []pgx.QueryExecMode{
	pgx.QueryExecModeCacheStatement,
	pgx.QueryExecModeCacheDescribe,
	pgx.QueryExecModeDescribeExec,
	pgx.QueryExecModeExec,
	pgx.QueryExecModeSimpleProtocol,
}

// check is one property. It returns an error and does not fail a test, so that a
// negative control can assert the error.
type check struct {
	name string
	run  func(context.Context, *env) error
}

// handleChecks are for every provider, and policyChecks for those that leave isolation
// to policies.
var (
	handleChecks = []check{
		{"own rows only", checkOwnRows},
		{"affected rows are own", checkAffected},
		{"ids are data", checkIDs},
		{"batch results line up", checkBatch},
		{"query options", checkQueryOptions},
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
		{"copy", checkCopy},
		{"global handle", checkGlobal},
		{"round trips", checkRoundTrips},
	}
	policyChecks = []check{
		{"foreign writes are rejected", checkForeignWrites},
		{"commit in the statements", checkUserCommit},
	}
)

// Checks returns the names of all checks, whatever provider they are for.
func Checks() []string {
	var names []string
	for _, c := range slices.Concat(handleChecks, policyChecks, lifecycleChecks, placeChecks) {
		names = append(names, c.name)
	}
	return names
}

// checks returns the properties that hold for the layout of e, or those of them
// that were asked for.
func (e *env) checks() []check {
	list := slices.Clone(handleChecks)
	if e.layout.policies {
		list = append(list, policyChecks...)
	}
	if _, ok := e.provider.(pgxdb.Isolation); ok {
		list = append(list, lifecycleChecks...)
		if e.layout.place != nil {
			list = append(list, placeChecks...)
		}
	}
	if len(e.layout.only) > 0 {
		list = slices.DeleteFunc(list, func(c check) bool { return !slices.Contains(e.layout.only, c.name) })
	}
	return list
}

// run runs one check on fresh data, and looks at the connection when it is over.
func (e *env) run(ctx context.Context, c check) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	if err := e.seed(ctx); err != nil {
		return fmt.Errorf("seed: %w", err)
	}
	if err := c.run(ctx, e); err != nil {
		return err
	}
	return e.clean(ctx)
}
