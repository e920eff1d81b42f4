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
		s.assignments(r, up.Set, l.slot, l.from)
	}
}

// delete scopes a DELETE: its target and everything in USING.
func (s *scoper) delete(q *parse.Query, names *scopeNames) {
	del := q.Delete
	l := &level{slot: &Slot{Expr: del.WhereRange, At: del.FromEnd}, names: names, query: q}
	l.from = append([]*parse.From{{Table: del.Target}}, del.Using...)
	s.target(l, del.Target)
	for _, f := range del.Using {
		s.place(l, f, position{slot: l.slot, kind: InWhere})
	}
	s.checkNames(l)
	s.bind(l, del.Where)
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

// assignments checks SET: the tenant column is never set, and a child's key only
// to a parent of the same tenant.
func (s *scoper) assignments(r *Reference, sets []parse.Set, slot *Slot, from []*parse.From) {
	for _, set := range sets {
		if len(set.Subscripts) > 0 {
			s.refuse(diag.SyntaxUnsupported, s.span(set.Range), "assigning to a part of a column is not supported").
				WithHelp("assign the whole column, as in tags = $1")
			continue
		}
		if column := tenantColumn(r.Table); column != "" && slices.Contains(set.Columns, column) {
			s.refuse(diag.TenantColumnWrite, s.span(set.Range), "the statement sets the tenant column %s.%s", r.Table.QualifiedName(), column).
				WithHelp("leave the assignment out: a row never changes its tenant")
			continue
		}
		if r.Class() == ir.ClassGlobal {
			continue
		}
		s.updateChecks(r, set, slot, from)
		if r.Class() != ir.ClassChild {
			continue
		}
		for _, column := range r.Table.Tenancy.Path[0].Columns {
			if !slices.Contains(set.Columns, column) {
				continue
			}
			if len(set.Columns) > 1 {
				s.refuse(diag.SyntaxUnsupported, s.span(set.Range), "a list of columns that holds %s is not supported", column).
					WithHelp("assign %s on its own: %s = $1", column, column)
				continue
			}
			s.key(r, column, set.ValueRange, set.Value)
		}
	}
}

// key checks a value for the foreign key that ties a child to its tenant, and
// plans for the value to be looked up among the tenant's own parents. A foreign
// parent then gives NULL, which the NOT NULL of the column turns into an
// integrity violation, the class of error that the foreign key gives for a
// parent that does not exist.
func (s *scoper) key(r *Reference, column string, text parse.Range, value *parse.Expr) *Key {
	refuse := func(why, help string) {
		s.refuse(diag.TenantColumnWrite, s.span(text), "the value of %s.%s, which leads to the tenant, %s", r.Table.QualifiedName(), column, why).
			WithHelp("%s", help)
	}
	step := r.Table.Tenancy.Path[0]
	col := r.Table.Column(column)
	switch {
	case len(step.Columns) > 1:
		refuse("is part of a foreign key of several columns", "give the child table a tenant column of its own")
		return nil
	case col == nil || !col.NotNull:
		refuse("may be NULL", "ALTER TABLE "+r.Table.QualifiedName()+" ALTER COLUMN "+column+" SET NOT NULL")
		return nil
	}
	inner := value.Uncast()
	if inner == nil || inner.Kind != parse.ParamExpr && (inner.Kind != parse.ConstExpr || inner.Null) {
		refuse("is not a parameter or a constant", "pass the parent's key as a parameter, such as $1")
		return nil
	}
	k := &Key{Range: text, Table: r.Table, Param: inner.Param}
	k.Aliases, k.Qualify = s.path(r.Table)
	s.plan.Keys = append(s.plan.Keys, k)
	return k
}
