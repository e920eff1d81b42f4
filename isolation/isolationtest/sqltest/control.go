package sqltest

import (
	"context"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

// Control is a way to break a provider.
type Control struct {
	// Name says what is wrong.
	Name string
	// Break returns the provider with the mistake.
	Break func(sqldb.Isolation) sqldb.Isolation
	// Checks are those that have to see it.
	Checks []string
	// Places is set for what is a mistake only where tenants have places of their own.
	Places bool
}

// Controls are mistakes that any provider could make.
var Controls = []Control{
	{"every tenant has one place", func(p sqldb.Isolation) sqldb.Isolation {
		return broken{Isolation: p, handle: func(runtime.Tenant) sqldb.DB { return p.For(ann) }}
	}, []string{"own rows only", "ids are data", "tenants interleaved"}, true},
	{"a tenant has the place of the one before", func(p sqldb.Isolation) sqldb.Isolation {
		last := ann
		return broken{Isolation: p, handle: func(t runtime.Tenant) sqldb.DB {
			db := p.For(last)
			if t.Check() == nil {
				last = t
			}
			return db
		}}
	}, []string{"own rows only", "tenants interleaved"}, true},
	{"a tenant that may not act does", func(p sqldb.Isolation) sqldb.Isolation {
		return broken{Isolation: p, handle: func(t runtime.Tenant) sqldb.DB {
			t.Status = ""
			return p.For(t)
		}}
	}, []string{"tenant that may not act"}, false},
	{"nobody confirms", func(p sqldb.Isolation) sqldb.Isolation {
		return broken{Isolation: p, destroy: func(ctx context.Context, t runtime.Tenant, _ runtime.Confirmation) (runtime.Removal, error) {
			return p.Destroy(ctx, t, runtime.Confirmation(t.ID))
		}}
	}, []string{"destroyed"}, false},
	{"nothing is destroyed", func(p sqldb.Isolation) sqldb.Isolation {
		return broken{Isolation: p, destroy: func(context.Context, runtime.Tenant, runtime.Confirmation) (runtime.Removal, error) {
			return runtime.Removal{}, nil
		}}
	}, []string{"destroyed"}, false},
	{"everything is verified", func(p sqldb.Isolation) sqldb.Isolation {
		return broken{Isolation: p, verify: func(_ context.Context, t runtime.Tenant) (runtime.Report, error) {
			return runtime.Report{Checks: []runtime.Check{{Name: "none"}}}, nil
		}}
	}, []string{"no tenant", "not initialized", "verified after damage"}, true},
}

// broken is a provider with other methods.
type broken struct {
	sqldb.Isolation
	handle  func(runtime.Tenant) sqldb.DB
	destroy func(context.Context, runtime.Tenant, runtime.Confirmation) (runtime.Removal, error)
	verify  func(context.Context, runtime.Tenant) (runtime.Report, error)
}

func (b broken) For(t runtime.Tenant) sqldb.DB {
	if b.handle != nil {
		return b.handle(t)
	}
	return b.Isolation.For(t)
}

func (b broken) Destroy(ctx context.Context, t runtime.Tenant, confirm runtime.Confirmation) (runtime.Removal, error) {
	if b.destroy != nil {
		return b.destroy(ctx, t, confirm)
	}
	return b.Isolation.Destroy(ctx, t, confirm)
}

func (b broken) Verify(ctx context.Context, t runtime.Tenant) (runtime.Report, error) {
	if b.verify != nil {
		return b.verify(ctx, t)
	}
	return b.Isolation.Verify(ctx, t)
}
