package scope

import "github.com/tenancygen/tenancygen/generator/parse"

// bind finds the author's own parameters in a WHERE clause that are equated with
// a tenant column: they are the tenant, so the handle fills them. Only a conjunct
// counts, never what is under OR or NOT.
func (s *scoper) bind(l *level, where *parse.Expr) {
	if s.opts.KeepTenantParams {
		return
	}
	for _, e := range where.Conjuncts() {
		if param, r := s.tenantEquality(l, e); r != nil {
			s.plan.Bound[param] = true
		}
	}
}

// bindOn does the same for a join's condition. The condition of an outer join
// filters only its nullable side.
func (s *scoper) bindOn(l *level, f *parse.From) {
	if s.opts.KeepTenantParams || f.Join.On == nil || f.Join.Kind == parse.FullJoin {
		return
	}
	filtered := map[parse.JoinKind][]*parse.From{
		parse.InnerJoin: {f.Join.Left, f.Join.Right},
		parse.LeftJoin:  {f.Join.Right},
		parse.RightJoin: {f.Join.Left},
	}[f.Join.Kind]
	for _, e := range f.Join.On.Conjuncts() {
		param, r := s.tenantEquality(l, e)
		if r == nil {
			continue
		}
		for _, side := range filtered {
			if holds(side, r.Ref) {
				s.plan.Bound[param] = true
			}
		}
	}
}

// holds reports whether a FROM item contains a table reference.
func holds(f *parse.From, ref *parse.Table) bool {
	switch {
	case f.Table != nil:
		return f.Table == ref
	case f.Join != nil:
		return holds(f.Join.Left, ref) || holds(f.Join.Right, ref)
	}
	return false
}

// tenantEquality recognises tenant column = parameter, in either order, and the
// same OR tenant column IS NULL for a table with shared rows. It returns the
// parameter's number and the reference that the column belongs to.
func (s *scoper) tenantEquality(l *level, e *parse.Expr) (int, *Reference) {
	if own := s.ownOrShared(l, e); own != nil {
		e = own
	}
	if e.Kind != parse.OpExpr || e.Name != "=" || len(e.Args) != 2 {
		return 0, nil
	}
	for _, pair := range [][2]*parse.Expr{{e.Args[0], e.Args[1]}, {e.Args[1], e.Args[0]}} {
		column, value := pair[0], pair[1].Uncast()
		if column.Kind != parse.ColumnExpr || column.Star || value.Kind != parse.ParamExpr {
			continue
		}
		r := s.columnOwner(l, column.Path)
		if r != nil && tenantColumn(r.Table) == column.Path[len(column.Path)-1] {
			return value.Param, r
		}
	}
	return 0, nil
}
