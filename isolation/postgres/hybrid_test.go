package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenancygen/tenancygen/isolation/postgres"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// scribe is a provider that writes down what it is asked.
type scribe struct {
	name  string
	calls *[]string
	err   error
}

func (s scribe) note(what string, t runtime.Tenant) {
	*s.calls = append(*s.calls, fmt.Sprintf("%s: %s %s", s.name, what, t.ID))
}

func (s scribe) For(t runtime.Tenant) pgxdb.Handle {
	s.note("For", t)
	return pgxdb.Refuse(s.err)
}

func (s scribe) Global() pgxdb.Handle {
	s.note("Global", runtime.Tenant{})
	return pgxdb.Refuse(s.err)
}

func (s scribe) Initialize(_ context.Context, t runtime.Tenant) error {
	s.note("Initialize", t)
	return s.err
}

func (s scribe) Destroy(_ context.Context, t runtime.Tenant, confirm runtime.Confirmation) (runtime.Removal, error) {
	s.note("Destroy "+string(confirm), t)
	return runtime.Removal{Namespace: s.name}, s.err
}

func (s scribe) Verify(_ context.Context, t runtime.Tenant) (runtime.Report, error) {
	s.note("Verify", t)
	return runtime.Report{Namespace: s.name}, s.err
}

func (s scribe) SchemaName(t runtime.Tenant) (string, error) {
	s.note("SchemaName", t)
	return s.name, s.err
}

func (s scribe) DatabaseURL(t runtime.Tenant) (string, error) {
	s.note("DatabaseURL", t)
	return s.name, s.err
}

func (s scribe) ApplyFilters(q runtime.Query, t runtime.Tenant) (runtime.Query, error) {
	s.note("ApplyFilters "+q.SQL, t)
	return q, s.err
}

func (s scribe) Close() error {
	s.note("Close", runtime.Tenant{})
	return s.err
}

type tiers = map[runtime.Strategy]pgxdb.Isolation

func TestHybridDelegates(t *testing.T) {
	t.Parallel()
	var calls []string
	errPremium := errors.New("premium")
	premium, standard := scribe{"premium", &calls, errPremium}, scribe{"standard", &calls, nil}
	h, err := postgres.NewHybrid(tiers{runtime.StrategyDatabase: premium, runtime.StrategyRow: standard},
		postgres.Tiers(runtime.StrategyRow, map[runtime.Strategy][]string{runtime.StrategyDatabase: {"big", "", "5"}}))
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	ask := func(t runtime.Tenant) []error {
		_, exec := h.For(t).Exec(ctx, "SELECT 1")
		initialize := h.Initialize(ctx, t)
		_, destroy := h.Destroy(ctx, t, "yes")
		_, verify := h.Verify(ctx, t)
		_, schema := h.SchemaName(t)
		_, url := h.DatabaseURL(t)
		_, filters := h.ApplyFilters(runtime.Query{SQL: "SELECT 1"}, t)
		return []error{exec, initialize, destroy, verify, schema, url, filters}
	}
	for name, tc := range map[string]struct {
		tenant runtime.Tenant
		asked  string
		want   error
	}{
		"standard":              {runtime.Tenant{ID: "1", Identifier: runtime.MustIdentifier("small")}, "standard", nil},
		"premium by its slug":   {runtime.Tenant{ID: "1", Identifier: runtime.MustIdentifier("big")}, "premium", errPremium},
		"premium by its id":     {runtime.Tenant{ID: "5"}, "premium", errPremium},
		"stored strategy":       {runtime.Tenant{ID: "1", Identifier: runtime.MustIdentifier("big"), Strategy: runtime.StrategyRow}, "standard", nil},
		"suspended":             {runtime.Tenant{ID: "1", Status: runtime.StatusSuspended}, "standard", nil},
		"strategy of nobody":    {runtime.Tenant{ID: "1", Strategy: runtime.StrategySchema}, "", postgres.ErrNoTier},
		"no strategy at all":    {runtime.Tenant{ID: "1", Strategy: "Row"}, "", postgres.ErrNoTier},
		"hybrid is no strategy": {runtime.Tenant{ID: "1", Strategy: runtime.StrategyHybrid}, "", postgres.ErrNoTier},
		"no tenant":             {runtime.Tenant{Identifier: runtime.MustIdentifier("big")}, "", runtime.ErrNoTenant},
	} {
		calls = nil
		for i, err := range ask(tc.tenant) {
			if !errors.Is(err, tc.want) {
				t.Errorf("%s: error %d is %v, want %v", name, i, err, tc.want)
			}
		}
		var want []string
		if tc.asked != "" {
			for _, what := range []string{"For", "Initialize", "Destroy yes", "Verify", "SchemaName", "DatabaseURL", "ApplyFilters SELECT 1"} {
				want = append(want, fmt.Sprintf("%s: %s %s", tc.asked, what, tc.tenant.ID))
			}
		}
		if diff := cmp.Diff(want, calls); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}

	calls = nil
	if p, err := h.ProviderFor(runtime.Tenant{ID: "5"}); p != pgxdb.Isolation(premium) || err != nil {
		t.Errorf("ProviderFor: %v, %v", p, err)
	}
	// The tier is known before the tenant has an id.
	if s, err := h.StrategyFor(runtime.Tenant{Identifier: runtime.MustIdentifier("big")}); s != runtime.StrategyDatabase || err != nil {
		t.Errorf("StrategyFor: %v, %v", s, err)
	}
	if len(calls) > 0 {
		t.Errorf("asked: %v", calls)
	}
	h.Global()
	for range 2 {
		if err := h.Close(); !errors.Is(err, errPremium) {
			t.Errorf("Close: %v", err)
		}
	}
	if diff := cmp.Diff([]string{"standard: Global ", "standard: Close ", "premium: Close "}, calls); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// The lists of Tiers: an empty name is nobody's, and the stronger strategy wins.
func TestTiers(t *testing.T) {
	t.Parallel()
	tier := postgres.Tiers(runtime.StrategyRLS, map[runtime.Strategy][]string{
		runtime.StrategySchema: {"both", "", "a"}, runtime.StrategyDatabase: {"both"},
	})
	for tenant, want := range map[runtime.Tenant]runtime.Strategy{
		{ID: "1"}: runtime.StrategyRLS,
		{ID: "1", Identifier: runtime.MustIdentifier("both")}:     runtime.StrategyDatabase,
		{ID: "a", Identifier: runtime.MustIdentifier("both")}:     runtime.StrategySchema,
		{ID: "both", Identifier: runtime.MustIdentifier("other")}: runtime.StrategyDatabase,
		{}: runtime.StrategyRLS,
	} {
		if got := tier(tenant); got != want {
			t.Errorf("%+v: %s, want %s", tenant, got, want)
		}
	}
}

func TestNewHybrid(t *testing.T) {
	t.Parallel()
	pool := unreachable(t)
	row, err := postgres.NewRowFilter(pool)
	if err != nil {
		t.Fatal(err)
	}
	rls, err := postgres.NewRLS(pool)
	if err != nil {
		t.Fatal(err)
	}
	tier := postgres.Tiers(runtime.StrategyRow, nil)
	nested, err := postgres.NewHybrid(tiers{runtime.StrategyRow: row}, tier)
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		providers tiers
		tier      func(runtime.Tenant) runtime.Strategy
		ok        bool
	}{
		"two on one pool":     {tiers{runtime.StrategyRow: row, runtime.StrategyRLS: rls}, tier, true},
		"one":                 {tiers{runtime.StrategyRow: row}, tier, true},
		"none":                {nil, tier, false},
		"no tier":             {tiers{runtime.StrategyRow: row}, nil, false},
		"nil":                 {tiers{runtime.StrategyRow: nil}, tier, false},
		"nil of a type":       {tiers{runtime.StrategyRow: (*postgres.RowFilter)(nil)}, tier, false},
		"nested":              {tiers{runtime.StrategyRow: nested}, tier, false},
		"nested by its name":  {tiers{runtime.StrategyHybrid: nested}, tier, false},
		"nested in a wrapper": {tiers{runtime.StrategyRow: struct{ *postgres.Hybrid }{nested}}, tier, false},
		"wrong name":          {tiers{runtime.StrategyRLS: row}, tier, false},
		"no strategy":         {tiers{"premium": row}, tier, false},
	} {
		h, err := postgres.NewHybrid(tc.providers, tc.tier)
		if (err == nil) != tc.ok || (h != nil) != tc.ok || err != nil && !errors.Is(err, postgres.ErrTierProvider) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// One provider in two tiers is closed once.
	var calls []string
	both := &scribe{name: "both", calls: &calls}
	h, err := postgres.NewHybrid(tiers{runtime.StrategySchema: both, runtime.StrategyPrefix: both}, tier)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Close(); err != nil || !slices.Equal(calls, []string{"both: Close "}) {
		t.Errorf("%v, %v", calls, err)
	}
}

// Tenants of two tiers live side by side, on one pool for what they share.
func TestHybridLife(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	e.run(t, e.admin, "DROP TABLE plans; "+ledger+"; INSERT INTO plans VALUES ('paid'); TRUNCATE tenants CASCADE")
	for _, table := range e.layout.Tables {
		e.run(t, e.admin, "GRANT SELECT, INSERT, UPDATE, DELETE ON "+table.Name+" TO "+e.layout.Role)
	}
	row, err := postgres.NewRowFilter(e.app, postgres.WithLayout(e.layout))
	if err != nil {
		t.Fatal(err)
	}
	h, err := postgres.NewHybrid(
		tiers{runtime.StrategyRow: row, runtime.StrategyDatabase: e.provider(t, postgres.WithSeed(seedTenant))},
		postgres.Tiers(runtime.StrategyRow, map[runtime.Strategy][]string{runtime.StrategyDatabase: {"big"}}))
	if err != nil {
		t.Fatal(err)
	}
	small, big := e.tenant(t), e.tenant(t)
	small.Identifier, big.Identifier = runtime.MustIdentifier("small"), runtime.MustIdentifier("big")
	e.run(t, e.admin, "INSERT INTO tenants VALUES ('"+small.ID+"', 'free')")
	var where [2]string
	for i, tenant := range []runtime.Tenant{small, big} {
		if err := h.Initialize(t.Context(), tenant); err != nil {
			t.Fatal(err)
		}
		report, err := h.Verify(t.Context(), tenant)
		if err := errors.Join(err, report.Err()); err != nil {
			t.Error(err)
		}
		if err := h.For(tenant).QueryRow(t.Context(), "SELECT current_database()").Scan(&where[i]); err != nil {
			t.Error(err)
		}
		if _, err := h.For(tenant).Exec(t.Context(), "INSERT INTO accounts VALUES ($1, 1, 'cash')", tenant.ID); err != nil {
			t.Error(err)
		}
	}
	if where[0] != e.app.Config().ConnConfig.Database || where[1] != databaseOf(big) {
		t.Errorf("they are in %v", where)
	}
	for _, tenant := range []runtime.Tenant{small, big} {
		removal, err := h.Destroy(t.Context(), tenant, runtime.Confirmation(tenant.ID))
		if err != nil || removal.Rows() != 2 {
			t.Errorf("%+v, %v", removal, err)
		}
	}
	if err := errors.Join(h.Close(), h.Close()); err != nil {
		t.Error(err)
	}
	if _, err := h.For(big).Exec(t.Context(), "SELECT 1"); !errors.Is(err, runtime.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}
