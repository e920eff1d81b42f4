package postgres_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/examples/gen"
	"github.com/tenancygen/tenancygen/internal/testpg"
	"github.com/tenancygen/tenancygen/isolation/postgres"
	"github.com/tenancygen/tenancygen/runtime"
)

func TestZZ(t *testing.T) {
	for _, strategy := range []runtime.Strategy{runtime.StrategySchema, runtime.StrategyPrefix} {
		superuser := testpg.Database(t)
		role, roleURL := testpg.Role(t, superuser)
		l := gen.Layout
		l.Role = role
		s := &shop{strategy: strategy, admin: newPool(t, superuser), app: newPool(t, roleURL), role: role, layout: l}
		p := s.open(t, s.app, l, postgres.WithSeed(func(ctx context.Context, tx pgx.Tx, tenant runtime.Tenant) error {
			_, err := tx.CopyFrom(ctx, pgx.Identifier{"tenants"}, []string{"id", "slug", "name", "plan_code"}, pgx.CopyFromRows([][]any{{tenant.ID, tenant.Identifier, "x", "free"}}))
			return err
		}))
		if err := p.InitializeShared(t.Context()); err != nil { t.Fatal(err) }
		s.run(t, "INSERT INTO plans VALUES ('free', 'x', 1)")
		for _, tenant := range []runtime.Tenant{ann, bob} {
			if err := p.Initialize(t.Context(), tenant); err != nil { t.Fatal(err) }
			report, err := p.Verify(t.Context(), tenant)
			if err != nil || report.Err() != nil { t.Error(err, report.Err()) }
			q := gen.New(p).ForTenant(tenant)
			c, err := q.CreateCustomer(t.Context(), gen.CreateCustomerParams{Name: "of " + tenant.Identifier})
			t.Log(c, err)
			n, err := q.CountCustomers(t.Context())
			t.Log(n, err)
			r, err := p.Destroy(t.Context(), tenant, runtime.Confirmation(tenant.ID))
			t.Log(r, err)
		}
	}
}
