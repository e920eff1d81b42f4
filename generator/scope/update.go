package scope

import (
	"slices"

	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// update scopes an UPDATE: its target and everything in FROM.
func (s *scoper) update(q *parse.Query, names *scopeNames) {
	up := q.Update
	l := &level{slot: &Slot{Expr: up.WhereRange, At: up.FromEnd}, names: names, query: q}
	l.from = append([]*parse.From{{Table: up.Target}}, up.From...)
	r := s.target(l, up.Target)
	for _, f := range up.From {
		s.place(l, f, position{slot: l.slot, kind: InWhere})
	}
	s.checkNames(l)
	s.bind(l, up.Where)
	if r != nil {
		s.checkReturning(r, up.Returning, up.ReturningAliases, visibleNames(l))
		s.assignments(r, up.Set, l)
	}
}

// delete scopes a DELETE: its target and everything in USING.
func (s *scoper) delete(q *parse.Query, names *scopeNames) {
	del := q.Delete
	l := &level{slot: &Slot{Expr: del.WhereRange, At: del.FromEnd}, names: names, query: q}
	l.from = append([]*parse.From{{Table: del.Target}}, del.Using...)
	r := s.target(l, del.Target)
	for _, f := range del.Using {
		s.place(l, f, position{slot: l.slot, kind: InWhere})
	}
	s.checkNames(l)
	s.bind(l, del.Where)
	if r != nil {
		s.checkReturning(r, del.Returning, del.ReturningAliases, visibleNames(l))
	}
}

// target decides for the target of an UPDATE or DELETE, which is always a real
// table. It returns nil for what is refused.
func (s *scoper) target(l *level, ref *parse.Table) *Reference {
	t := s.resolve(ref, nil)
	if t == nil {
		return nil
	}
	if t.View != nil {
		s.refuse(diag.SyntaxUnsupported, s.span(ref.NameRange), "writing through view %q is not supported", t.QualifiedName()).
			WithHelp("write the table itself")
		return nil
	}
	r := &Reference{Table: t, Ref: ref, Placement: InWhere, Slot: l.slot}
	s.plan.References = append(s.plan.References, r)
	l.refs = append(l.refs, r)
	if t.Tenancy.Class == ir.ClassGlobal {
		r.Placement, r.Slot = NoPredicate, nil
		s.plan.GlobalWrites = append(s.plan.GlobalWrites, r)
		return r
	}
	r.Aliases, r.Qualify = s.path(t)
	return r
}

// assignments checks SET: the tenant column is never set, and a foreign key only
// to a row of the same tenant.
func (s *scoper) assignments(r *Reference, sets []parse.Set, l *level) {
	for _, set := range sets {
		if len(set.Subscripts) > 0 {
			s.refuse(diag.SyntaxUnsupported, s.span(set.Range), "assigning to a part of a column is not supported").
				WithHelp("assign the whole column, as in tags = $1")
			continue
		}
		if column := tenantColumn(r.Table); column != "" && slices.Contains(set.Columns, column) {
			s.refuse(diag.TenantColumnWrite, s.span(set.Range), "the statement sets the tenant column %s.%s", r.Table.QualifiedName(), column).
				WithHelp("leave the assignment out: a row never changes its tenant")
		}
	}
	if r.Class() == ir.ClassGlobal {
		s.assignedGlobalKeys(r, sets)
		return
	}
	s.assignedKeys(r, sets, l)
}
