package sqltest

import (
	"context"
	"database/sql"
	"regexp"
	"slices"
	"testing"

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
	// In says where it is a mistake.
	In Where
}

// Where is a kind of provider.
type Where int

// The kinds of provider.
const (
	Anywhere Where = iota
	Shared         // tenants share tables
	Placed         // each tenant has tables of its own
)

// Controls are mistakes that any provider could make.
var Controls = []Control{
	{"every tenant has one place", func(p sqldb.Isolation) sqldb.Isolation {
		return broken{Isolation: p, handle: func(runtime.Tenant) sqldb.DB { return p.For(ann) }}
	}, []string{"own rows only", "ids are data", "tenants interleaved"}, Placed},
	{"a tenant has the place of the one before", func(p sqldb.Isolation) sqldb.Isolation {
		last := ann
		return broken{Isolation: p, handle: func(t runtime.Tenant) sqldb.DB {
			db := p.For(last)
			if t.Check() == nil {
				last = t
			}
			return db
		}}
	}, []string{"own rows only", "tenants interleaved"}, Placed},
	{"the predicate is missing", func(p sqldb.Isolation) sqldb.Isolation {
		return broken{Isolation: p, handle: func(t runtime.Tenant) sqldb.DB { return unfiltered{p.For(t)} }}
	}, []string{"own rows only", "affected rows are own", "tenants interleaved", "prepared statements"}, Shared},
	{"a tenant that may not act does", func(p sqldb.Isolation) sqldb.Isolation {
		return broken{Isolation: p, handle: func(t runtime.Tenant) sqldb.DB {
			t.Status = ""
			return p.For(t)
		}}
	}, []string{"tenant that may not act"}, Anywhere},
	{"nobody confirms", func(p sqldb.Isolation) sqldb.Isolation {
		return broken{Isolation: p, destroy: func(ctx context.Context, t runtime.Tenant, _ runtime.Confirmation) (runtime.Removal, error) {
			return p.Destroy(ctx, t, runtime.Confirmation(t.ID))
		}}
	}, []string{"destroyed"}, Anywhere},
	{"nothing is destroyed", func(p sqldb.Isolation) sqldb.Isolation {
		return broken{Isolation: p, destroy: func(context.Context, runtime.Tenant, runtime.Confirmation) (runtime.Removal, error) {
			return runtime.Removal{}, nil
		}}
	}, []string{"destroyed"}, Anywhere},
	{"everything is verified", func(p sqldb.Isolation) sqldb.Isolation {
		return broken{Isolation: p, verify: func(_ context.Context, t runtime.Tenant) (runtime.Report, error) {
			return runtime.Report{Checks: []runtime.Check{{Name: "none"}}}, nil
		}}
	}, []string{"no tenant", "not initialized", "verified after damage"}, Placed},
}

// NeedsSlots are the statements of a generated package that name tenants' tables, and for
// each of them the check that has to see when it has lost its slots.
var NeedsSlots = map[string]string{
	"ListNotes": "own rows only", "CountNotes": "own rows only", "OneBody": "own rows only", "CountJoined": "own rows only",
	"ListSome": "lists of parameters", "InsertLink": "own rows only",
	"InsertNote": "affected rows are own", "UpperNotes": "affected rows are own", "DeleteNote": "affected rows are own", "DeleteNotes": "affected rows are own",
}

// WithoutSlots takes the slots from a statement of the instance's layout, and makes the
// tables that it then names: without them, the database would refuse it.
func WithoutSlots(t *testing.T, in Instance, statement string) Instance {
	t.Helper()
	in.Layout.Statements = slices.Clone(in.Layout.Statements)
	in.Layout.Statements[find(&in.Layout, statement)].Slots = nil
	for _, d := range in.Layout.DDL {
		if !d.Shared {
			_, _ = in.Admin.ExecContext(t.Context(), d.SQL) // the second time they are there
		}
	}
	return in
}

// unfiltered is a handle whose statements have no predicate.
type unfiltered struct{ sqldb.DB }

// predicate is what ties a table to the tenant.
var predicate = regexp.MustCompile(`(\w+\.)?tenant_id = \?`)

func without(query string) string { return predicate.ReplaceAllString(query, "? IS NOT NULL") }

func (d unfiltered) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return d.DB.ExecContext(ctx, without(query), args...)
}

func (d unfiltered) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return d.DB.QueryContext(ctx, without(query), args...)
}

func (d unfiltered) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return d.DB.QueryRowContext(ctx, without(query), args...)
}

func (d unfiltered) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	return d.DB.PrepareContext(ctx, without(query))
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
