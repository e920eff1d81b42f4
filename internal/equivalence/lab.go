package equivalence

import (
	"testing"

	"github.com/tenancygen/tenancygen/generator/catalog"
)

// Project is what a Lab is made of.
type Project struct {
	// System is the database system; PostgreSQL when it is nil.
	System System
	// Catalog is the classified schema.
	Catalog *catalog.Catalog
	// Schema and Data are SQL. Data gives several tenants their rows.
	Schema, Data string
	// Tenants get rows that are made up from the columns' types.
	Tenants []string
}

// Lab is a shared database from which pairs are made.
type Lab struct {
	project  Project
	template template
}

// New loads the project into a database that is dropped when t ends.
func New(t testing.TB, project Project) *Lab {
	t.Helper()
	l, err := Try(t, project)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Try is New for a schema, or data, that the server may refuse: the error is the
// server's.
func Try(t testing.TB, project Project) (*Lab, error) {
	t.Helper()
	if project.System == nil {
		project.System = PostgreSQL
	}
	l := &Lab{project: project}
	var err error
	if l.template, err = project.System.load(t, &l.project); err != nil {
		return nil, err
	}
	return l, nil
}

// Pair makes the two databases of a tenant, which are dropped when t ends. The
// tenant need not exist.
func (l *Lab) Pair(t testing.TB, tenant string) *Pair {
	t.Helper()
	return l.pair(t, tenant, l.template.clone(t), l.template.clone(t))
}

// LastPair does the same with the lab's own database as the shared one, which
// saves a copy. No other pair can be made afterwards.
func (l *Lab) LastPair(t testing.TB, tenant string) *Pair {
	t.Helper()
	slice := l.template.clone(t)
	return l.pair(t, tenant, l.template.last(t), slice)
}

func (l *Lab) pair(t testing.TB, tenant string, shared, slice database) *Pair {
	t.Helper()
	ctx := t.Context()
	p := &Pair{tenant: tenant, catalog: l.project.Catalog, shared: &side{database: shared}, slice: &side{database: slice}}
	if err := p.slice.prune(ctx, l.project.Catalog, tenant); err != nil {
		t.Fatalf("equivalence: slice of %s: %v", tenant, err)
	}
	p.open(t)
	if own, all := p.shared.before.of(tenant), p.slice.before.all(); !equal(own, all) {
		t.Fatalf("equivalence: the slice of %s is not its rows:\n%s", tenant, diffLines(all, own))
	}
	return p
}

// open makes both sides ready.
func (p *Pair) open(t testing.TB) {
	t.Helper()
	for _, side := range []*side{p.shared, p.slice} {
		if err := side.open(t.Context(), p.catalog); err != nil {
			t.Fatalf("equivalence: %v", err)
		}
	}
	var err error
	if p.samples, err = p.shared.sample(t.Context(), p.catalog); err != nil {
		t.Fatalf("equivalence: sample: %v", err)
	}
}
