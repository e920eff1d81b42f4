package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/tenancygen/tenancygen/runtime"
)

// checkTimeout bounds one check, so that a store that waits for ever is a failure and
// not a test that hangs.
const checkTimeout = time.Minute

// NewStore returns an empty store, on which Init has not been called, or fails t. It is
// called for each check, from parallel tests. The suite closes the store.
type NewStore func(t *testing.T) runtime.Store

// Option describes a store to the suite. The options of this package are the only ones.
type Option func(*suite)

// SameTime gives the suite a function that makes all tenants of a store have been created
// at one time.
func SameTime(f func(ctx context.Context, s runtime.Store) error) Option {
	return func(su *suite) { su.sameTime = f }
}

// Damage is how a stored tenant is spoilt.
type Damage string

// The damages that Corrupt has to do.
const (
	// DamageStatus is a status that there is not.
	DamageStatus Damage = "status"
	// DamageMetadata is metadata that is JSON, but no object: [1].
	DamageMetadata Damage = "metadata"
)

// Corrupt gives the suite a function that spoils a stored tenant, as somebody could who
// writes into the store's tables by hand.
func Corrupt(f func(ctx context.Context, s runtime.Store, id string, d Damage) error) Option {
	return func(su *suite) { su.corrupt = f }
}

// Only limits the suite to the checks of these names.
func Only(checks ...string) Option {
	return func(su *suite) { su.only = append(su.only, checks...) }
}

// suite is what the options say.
type suite struct {
	sameTime func(ctx context.Context, s runtime.Store) error
	corrupt  func(ctx context.Context, s runtime.Store, id string, d Damage) error
	only     []string
}

// env is what a check works on.
type env struct {
	*suite
	store runtime.Store
}

// check is one promise. It returns an error and does not fail a test, so that a negative
// control can assert the error.
type check struct {
	name string
	run  func(context.Context, *env) error
	// hand reports whether what the check needs is there; nil where it needs nothing.
	hand func(*suite) bool
}

// checks are all promises.
var checks = []check{
	{name: "init again", run: checkInit},
	{name: "what is stored comes back", run: checkStored},
	{name: "not found", run: checkNotFound},
	{name: "invalid tenants", run: checkInvalid},
	{name: "conflicts", run: checkConflicts},
	{name: "freed identifiers", run: checkFreed},
	{name: "ids are never reused", run: checkUsedIDs},
	{name: "ids are bytes", run: checkIDBytes},
	{name: "update", run: checkUpdate},
	{name: "stale updates", run: checkStale},
	{name: "status", run: checkStatus},
	{name: "status from", run: checkStatusFrom},
	{name: "status of many", run: checkStatusMany},
	{name: "get many", run: checkGetMany},
	{name: "count and exists", run: checkCount},
	{name: "merge", run: checkMerge},
	{name: "metadata is exact", run: checkMetadataExact},
	{name: "list", run: checkList},
	{name: "list while tenants come and go", run: checkListMoving},
	{name: "list of one time", run: checkListSameTime, hand: func(su *suite) bool { return su.sameTime != nil }},
	{name: "cursors", run: checkCursors},
	{name: "search", run: checkSearch},
	{name: "search takes text as it is", run: checkSearchLiteral},
	{name: "quota", run: checkQuota},
	{name: "quota at the same time", run: checkQuotaRace},
	{name: "creates at the same time", run: checkCreateRace},
	{name: "renames at the same time", run: checkRenameRace},
	{name: "updates at the same time", run: checkUpdateRace},
	{name: "merges at the same time", run: checkMergeRace},
	{name: "status at the same time", run: checkStatusRace},
	{name: "changes are counted", run: checkVersions},
	{name: "secrets", run: checkSecrets},
	{name: "corrupt tenants", run: checkCorrupt, hand: func(su *suite) bool { return su.corrupt != nil }},
	{name: "cancelled", run: checkCancelled},
	{name: "closed", run: checkClosed},
}

// Checks returns the names of all checks.
func Checks() []string {
	var names []string
	for _, c := range checks {
		names = append(names, c.name)
	}
	return names
}

// Exercise runs the suite against stores that open makes, and fails t for every check
// that does not hold. Each check is a parallel subtest.
func Exercise(t *testing.T, open NewStore, opts ...Option) {
	t.Helper()
	su := newSuite(opts)
	for _, c := range su.checks() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if err := su.run(t, open, c); err != nil {
				t.Error(err)
			}
		})
	}
}

// Failure is a check that a store did not pass.
type Failure struct {
	// Check is the name of the check.
	Check string
	// Err says what was wrong.
	Err error
}

// Failures runs the suite, one check after the other, and returns those that do not
// hold.
func Failures(t *testing.T, open NewStore, opts ...Option) []Failure {
	t.Helper()
	su := newSuite(opts)
	var failures []Failure
	for _, c := range su.checks() {
		if err := su.run(t, open, c); err != nil {
			failures = append(failures, Failure{Check: c.name, Err: err})
		}
	}
	return failures
}

func newSuite(opts []Option) *suite {
	su := &suite{}
	for _, o := range opts {
		o(su)
	}
	return su
}

// checks returns the checks that can be run, or those of them that were asked for.
func (su *suite) checks() []check {
	return slices.DeleteFunc(slices.Clone(checks), func(c check) bool {
		return c.hand != nil && !c.hand(su) || len(su.only) > 0 && !slices.Contains(su.only, c.name)
	})
}

// run runs one check on a new store.
func (su *suite) run(t *testing.T, open NewStore, c check) (err error) {
	t.Helper()
	e := &env{suite: su, store: open(t)}
	defer func() { _ = e.store.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), checkTimeout)
	defer cancel()
	if err := e.store.Init(ctx); err != nil {
		return fmt.Errorf("in Init: %w", err)
	}
	return c.run(ctx, e)
}
