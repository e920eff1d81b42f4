package sqltest

import (
	"context"
	"fmt"
	"slices"
	"testing"
)

// Failure is a check that a provider did not pass.
type Failure struct {
	Check string
	Err   error
}

// String returns the failure in one line and what follows it.
func (f Failure) String() string { return fmt.Sprintf("%s: %v", f.Check, f.Err) }

// Exercise runs the suite against the providers that newProvider makes, and fails t
// for every check that does not hold. newProvider is called twice, for one connection
// and for a few, on one database.
func Exercise(t *testing.T, engine Engine, newProvider NewProvider, opts ...Option) {
	t.Helper()
	e := newEnv(t, newSuite(engine, opts), newProvider)
	for _, c := range e.checks() {
		t.Run(c.name, func(t *testing.T) {
			if err := e.run(t.Context(), c); err != nil {
				t.Error(err)
			}
		})
	}
}

// Failures runs the suite against the providers that newProvider makes, and returns the
// checks that do not hold. A broken provider may leave its database unusable, so each
// check has a new one.
func Failures(t *testing.T, engine Engine, newProvider NewProvider, opts ...Option) []Failure {
	t.Helper()
	s := newSuite(engine, opts)
	var failures []Failure
	for _, c := range s.checks() {
		t.Run(c.name, func(t *testing.T) {
			if err := newEnv(t, s, newProvider).run(t.Context(), c); err != nil {
				failures = append(failures, Failure{Check: c.name, Err: err})
			}
		})
	}
	return failures
}

func newSuite(engine Engine, opts []Option) *suite {
	s := &suite{engine: engine}
	for _, o := range opts {
		o.apply(s)
	}
	return s
}

// check is one property. It returns an error and does not fail a test, so that a
// negative control can assert the error.
type check struct {
	name string
	run  func(context.Context, *env) error
}

var (
	handleChecks = []check{
		{"own rows only", checkOwnRows},
		{"affected rows are own", checkAffected},
		{"ids are data", checkIDs},
		{"lists of parameters", checkLists},
		{"tenants interleaved", checkInterleaved},
		{"tenants at the same time", checkConcurrent},
		{"tenant that may not act", checkRefused},
		{"statement errors", checkStatementErrors},
		{"scan errors", checkScanErrors},
		{"rows closed early", checkClosedEarly},
		{"cancelled statements", checkCancelled},
		{"transactions", checkTx},
		{"transaction ends badly", checkTxFailures},
		{"savepoints", checkSavepoints},
		{"prepared statements", checkPrepared},
		{"global handle", checkGlobal},
		{"no tenant", checkNoTenant},
		{"initialized again", checkInitializedAgain},
		{"destroyed", checkDestroyed},
		{"verified", checkVerified},
		{"dynamic SQL needs a filter", checkNoFilter},
		{"identifier is renamed", checkRenamed},
		{"transaction options", checkTxOptions},
	}
	placeChecks = []check{
		{"initialized at once", checkInitializedAtOnce},
		{"foreign namespace", checkForeignNamespace},
		{"neighbours", checkNeighbours},
		{"not initialized", checkNotInitialized},
		{"verified after damage", checkVerifiedDamage},
		{"hand-written SQL", checkHandwritten},
	}
)

// Checks returns the names of all checks, whatever provider they are for.
func Checks() []string {
	var names []string
	for _, c := range slices.Concat(handleChecks, placeChecks) {
		names = append(names, c.name)
	}
	return names
}

// checks returns the properties that hold for a provider, or those of them that were
// asked for.
func (s *suite) checks() []check {
	list := slices.Clone(handleChecks)
	if s.place != nil {
		list = append(list, placeChecks...)
	}
	if len(s.only) > 0 {
		list = slices.DeleteFunc(list, func(c check) bool { return !slices.Contains(s.only, c.name) })
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
