package scope

import (
	"slices"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// update scopes an UPDATE: its target and everything in FROM.
func (s *scoper) update(q *parse.Query, names *scopeNames) {
	up := q.Update
	l := &level{slot: &Slot{Expr: up.WhereRange, At: up.FromEnd}, names: names, query: q}
	l.from = up.All()
	r := s.changed(l, up.Target, up.Joined, up.From)
	s.checkNames(l)
	s.bind(l, up.Where)
	if r != nil {
		s.inTheWay(r, up.Replace, up.Ignore, up.Target.NameRange)
		s.checkReturning(r, up.Returning, up.ReturningAliases, visibleNames(l))
		s.assignments(r, up.Set, l)
	}
}

// delete scopes a DELETE: its target and everything in USING.
func (s *scoper) delete(q *parse.Query, names *scopeNames) {
	del := q.Delete
	l := &level{slot: &Slot{Expr: del.WhereRange, At: del.FromEnd}, names: names, query: q}
	l.from = del.All()
	r := s.changed(l, del.Target, del.Joined, del.Using)
	s.checkNames(l)
	s.bind(l, del.Where)
	if r != nil {
		s.checkReturning(r, del.Returning, del.ReturningAliases, visibleNames(l))
	}
}

// changed decides for the tables of an UPDATE or DELETE, and returns the reference to
// the one that is written; nil for what is refused.
func (s *scoper) changed(l *level, ref *parse.Table, joined bool, from []*parse.From) *Reference {
	var r *Reference
	if !joined {
		r = s.target(l, ref)
	}
	for _, f := range from {
		s.place(l, f, position{slot: l.slot, kind: InWhere})
	}
	if joined {
		r = s.joinedTarget(l, ref)
	}
	return r
}

// joinedTarget finds the written table among those that are joined. What is read of it
// is a filtered copy where it is Derived, which cannot be written.
func (s *scoper) joinedTarget(l *level, ref *parse.Table) *Reference {
	if l.names.has(ref.Name) && ref.Schema == "" {
		s.refuse(diag.SyntaxUnsupported, s.span(ref.NameRange), "%q is a common table expression, and cannot be written", ref.Name).WithHelp("write the table itself")
		return nil
	}
	i := slices.IndexFunc(l.refs, func(r *Reference) bool { return r.Ref == ref })
	if i < 0 || !s.writable(l.refs[i].Table, ref) {
		return nil
	}
	r := l.refs[i]
	switch {
	case r.Placement == Derived:
		s.refuse(diag.PlacementImpossible, s.span(ref.NameRange), "no correct place for the tenant predicate of %q, which is written", ref.Visible()).
			WithHelp("put it on the kept side of the outer join, and give that an ON")
		return nil
	case r.Class() == ir.ClassGlobal:
		s.plan.GlobalWrites = append(s.plan.GlobalWrites, r)
	}
	r.Shared = false
	return r
}

// checkReread refuses a DELETE of joined tables of which a predicate would read, on the
// way from a child to its tenant, the table that the statement deletes from: MySQL and
// MariaDB do not run that (error 1093).
func (s *scoper) checkReread(q *parse.Query) {
	if q.Delete == nil || !q.Delete.Joined {
		return
	}
	deleted := q.Delete.Target
	s.plan.Each(func(r *Reference) {
		if r.Placement == NoPredicate || !slices.ContainsFunc(r.Table.Tenancy.Path, func(step ir.Step) bool { return step.Parent.Name == deleted.Name }) {
			return
		}
		s.refuse(diag.PlacementImpossible, s.span(deleted.NameRange), "the tenant predicate of %q reads %q, from which the statement deletes, and the database does not run that",
			r.Ref.Visible(), deleted.Name).
			WithHelp("write DELETE FROM %s WHERE … with a subquery in the place of the join", deleted.Name)
	})
}

// writable refuses to write a view.
func (s *scoper) writable(t *catalog.Table, ref *parse.Table) bool {
	if t.View == nil {
		return true
	}
	s.refuse(diag.SyntaxUnsupported, s.span(ref.NameRange), "writing through view %q is not supported", t.QualifiedName()).
		WithHelp("write the table itself")
	return false
}

// target decides for the target of an UPDATE or DELETE, which is always a real
// table. It returns nil for what is refused.
func (s *scoper) target(l *level, ref *parse.Table) *Reference {
	t := s.resolve(ref, nil)
	if t == nil || !s.writable(t, ref) {
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
	r.Aliases, r.Qualify = s.path(t, r.Ref)
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
