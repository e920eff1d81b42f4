package scope

import (
	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// readsShared reports whether a reference in FROM sees the rows that all tenants
// share. What is locked is the tenant's own: a lock on a shared row would make
// other tenants wait, and under the policies PostgreSQL does not show it either.
func (s *scoper) readsShared(ref *parse.Table, t *catalog.Table) bool {
	if !t.Tenancy.Shared {
		return false
	}
	if s.locked[ref] {
		s.report.Warnf(diag.LockOfShared, s.span(ref.NameRange), "the shared rows of %q are left out: a tenant cannot lock them", ref.Visible()).
			WithHelp("to read them as well, leave the table out of what is locked, as in FOR UPDATE OF other_table").InQuery(s.text.Name)
		return false
	}
	return true
}

// ownOrShared returns the equality in t = $1 OR t IS NULL, whose author reads own
// and shared rows of a table that has such; nil for anything else.
func (s *scoper) ownOrShared(l *level, e *parse.Expr) *parse.Expr {
	if e.Kind != parse.OrExpr || len(e.Args) != 2 {
		return nil
	}
	for _, pair := range [][2]*parse.Expr{{e.Args[0], e.Args[1]}, {e.Args[1], e.Args[0]}} {
		test := pair[1]
		if test.Name != "NullTest" || !test.Null || len(test.Args) != 1 || test.Args[0].Kind != parse.ColumnExpr || test.Args[0].Star {
			continue
		}
		_, r := s.tenantEquality(l, pair[0])
		path := test.Args[0].Path
		if r != nil && r.Table.Tenancy.Shared && s.columnOwner(l, path) == r && tenantColumn(r.Table) == path[len(path)-1] {
			return pair[0]
		}
	}
	return nil
}
