package scope

import (
	"slices"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// merge scopes a MERGE. It is an outer join of its target and its source, so a
// predicate on the source in ON would make other tenants' rows count as not
// matched, and insert them: a table of the source becomes a derived table. The
// target's predicate goes to ON, where it keeps others' rows from being matched,
// and to each WHEN clause that sees a target row: under NOT MATCHED BY SOURCE
// that is every row of the table that ON does not match.
func (s *scoper) merge(q *parse.Query, names *scopeNames) {
	m := q.Merge
	s.plan.Merges = append(s.plan.Merges, q)
	l := &level{slot: &Slot{Expr: m.OnRange}, names: names, query: q}
	l.from = []*parse.From{{Table: m.Target}, m.Source}
	r := s.target(l, m.Target)
	s.place(l, m.Source, position{kind: Derived, why: "it is in the source of a MERGE"})
	s.checkNames(l)
	if r == nil {
		return
	}
	s.checkReturning(r, m.Returning, m.ReturningAliases, visibleNames(l))
	s.checkReached(m)
	if r.Class() != ir.ClassGlobal {
		// A shared row is matched, so that it is not inserted as if there were none; the
		// clauses leave it alone.
		r.Placement, r.Shared = InOn, r.Table.Tenancy.Shared
		s.bind(targetLevel(r), m.On)
		s.checkMergeKey(r, m)
	}
	for _, w := range m.Whens {
		s.when(l, r, w)
	}
}

// targetLevel is a level at which only the target of a statement is seen.
func targetLevel(r *Reference) *level {
	return &level{from: []*parse.From{{Table: r.Ref}}, refs: []*Reference{r}}
}

// when scopes one WHEN clause.
func (s *scoper) when(l *level, r *Reference, w *parse.When) {
	if w.Kind == parse.NotMatched {
		if w.Insert != nil {
			s.newRows(r, w.Insert, l.from[1:], l.names)
		}
		return
	}
	slot := &Slot{Expr: w.ConditionRange, At: w.ThenAt, When: true}
	if r.Class() != ir.ClassGlobal {
		guard := &Reference{Table: r.Table, Ref: r.Ref, Placement: InWhen, Slot: slot}
		guard.Aliases, guard.Qualify = s.path(r.Table, r.Ref)
		s.plan.Guards = append(s.plan.Guards, guard)
		s.bind(targetLevel(r), w.Condition)
	}
	from := l.from
	if w.Kind == parse.NotMatchedBySource {
		from = from[:1]
	}
	s.assignments(r, w.Update, &level{from: from, names: l.names})
}

// checkReached refuses a clause behind one of its kind without a condition, as
// PostgreSQL does: with the tenant's condition it would look like any other.
func (s *scoper) checkReached(m *parse.Merge) {
	always := map[parse.MatchKind]bool{}
	for _, w := range m.Whens {
		if always[w.Kind] {
			s.refuse(diag.SQLSyntax, s.span(w.Range), "this WHEN clause is never reached: one before it has no condition").
				WithHelp("take it out, or give the one before it a condition")
		}
		always[w.Kind] = always[w.Kind] || w.Condition == nil
	}
}

// checkMergeKey warns where MERGE inserts what it does not find by a unique key
// that does not hold the tenant: another tenant's row is not found, and is in the
// way of the insert.
func (s *scoper) checkMergeKey(r *Reference, m *parse.Merge) {
	inserts := func(w *parse.When) bool { return w.Insert != nil }
	if !slices.ContainsFunc(m.Whens, inserts) {
		return
	}
	var compared []string
	for _, e := range m.On.Conjuncts() {
		if e.Kind != parse.OpExpr || e.Name != "=" {
			continue
		}
		for _, side := range e.Args {
			if side.Kind == parse.ColumnExpr && !side.Star && s.columnOwner(targetLevel(r), side.Path) == r {
				compared = append(compared, side.Path[len(side.Path)-1])
			}
		}
	}
	for _, key := range r.Table.Keys() {
		if !holdsAll(key, ties(r.Table)) && holdsAll(compared, key) {
			s.report.Warnf(diag.ConflictUnguarded, s.span(m.OnRange), "the key by which MERGE looks for a row does not hold the tenant of %q: the insert tells whether another tenant has such a row", r.Table.QualifiedName()).
				WithHelp("make the unique key of %q begin with what ties it to the tenant", r.Table.QualifiedName()).InQuery(s.text.Name)
			return
		}
	}
}

// holdsAll reports whether a list holds all of some columns.
func holdsAll(list, columns []string) bool {
	return !slices.ContainsFunc(columns, func(c string) bool { return !slices.Contains(list, c) })
}

// ties are the columns that tie a row of a table to its tenant.
func ties(t *catalog.Table) []string {
	if t.Tenancy.Class == ir.ClassChild {
		return t.Tenancy.Path[0].Columns
	}
	return []string{tenantColumn(t)}
}
