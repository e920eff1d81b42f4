package scope

import (
	"slices"
	"strconv"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// level is one query level: what its FROM clause makes visible, and its WHERE
// clause.
type level struct {
	slot    *Slot
	from    []*parse.From
	names   *scopeNames
	refs    []*Reference // of this level
	query   *parse.Query
	groupBy []*parse.Expr
	// conflict is set for the update of ON CONFLICT.
	conflict bool
	// blind is set for that of ON DUPLICATE KEY: its subqueries in FROM see no columns of
	// the statement.
	blind bool
}

// selectLevel scopes the tables in a SELECT's FROM clause.
func (s *scoper) selectLevel(q *parse.Query, names *scopeNames) {
	sel := q.Select
	l := &level{slot: &Slot{Expr: sel.WhereRange, At: sel.FromEnd}, from: sel.From, names: names, query: q, groupBy: sel.GroupBy}
	for _, f := range sel.From {
		s.place(l, f, position{slot: l.slot, kind: InWhere})
	}
	s.checkNames(l)
	s.bind(l, sel.Where)
}

// position is where a predicate goes for tables in a part of the join tree.
type position struct {
	slot *Slot
	kind Placement // InWhere, InOn or Derived
	// why says why it is Derived.
	why string
}

// place walks the join tree from the top. A table on the nullable side of an
// outer join takes that join's condition; one under a full join has no clause
// that is right and becomes a derived table; every other takes what its
// surroundings take, and in the end WHERE. It follows section 0.2 of the rules
// in docs/scoping.md.
func (s *scoper) place(l *level, f *parse.From, at position) {
	switch {
	case f.Table != nil:
		s.table(l, f.Table, at)
	case f.Query != nil:
		s.query(f.Query, l.names)
	case f.Join == nil:
		if len(f.Function) > 0 && f.Function[0] != nil && f.Function[0].Kind != parse.FuncExpr && f.Alias == "" {
			s.refuse(diag.SyntaxUnsupported, s.span(f.Range), "what is called like a function here has no name that is certain").
				WithHelp("give it one, as in FROM CURRENT_DATE AS today")
		}
	default:
		if f.Alias != "" {
			// The alias hides the names inside it from the clauses outside.
			at = position{kind: Derived, why: "it is inside the aliased join " + f.Alias}
		}
		left, right := at, at
		outer := s.outerPosition(f)
		switch f.Join.Kind {
		case parse.LeftJoin:
			right = outer
		case parse.RightJoin:
			left = outer
		case parse.FullJoin:
			left = position{kind: Derived, why: "it is under a FULL JOIN"}
			right = left
		}
		s.place(l, f.Join.Left, left)
		s.place(l, f.Join.Right, right)
		s.bindOn(l, f)
	}
}

// outerPosition is the place for tables on the nullable side of an outer join.
func (s *scoper) outerPosition(f *parse.From) position {
	if f.Join.On == nil {
		return position{kind: Derived, why: "its outer join has no ON"}
	}
	return position{slot: &Slot{Expr: f.Join.OnRange}, kind: InOn}
}

// table decides for one reference in a FROM clause.
func (s *scoper) table(l *level, ref *parse.Table, at position) {
	t := s.resolve(ref, l.names)
	if t == nil {
		return
	}
	r := &Reference{Table: t, Ref: ref, Placement: at.kind, Slot: at.slot}
	s.plan.References = append(s.plan.References, r)
	l.refs = append(l.refs, r)
	s.name(r, l.names)
	switch t.Tenancy.Class {
	case ir.ClassGlobal:
		r.Placement, r.Slot = NoPredicate, nil
		return
	case ir.ClassView:
		r.Placement, r.Slot = Inlined, nil
		s.inline(l, r)
		return
	}
	if len(ref.Columns) > 0 {
		at = position{kind: Derived, why: "its alias renames its columns"}
		r.Placement, r.Slot = Derived, nil
	}
	if ref.Sampled {
		s.report.Warnf(diag.SampleOfAll, s.span(ref.Range), "TABLESAMPLE picks from the rows of all tenants").
			WithHelp("sample in the query, as in WHERE random() < 0.1").InQuery(s.text.Name)
	}
	r.Shared = s.readsShared(ref, t)
	r.Aliases, r.Qualify = s.path(t, r.Ref)
	if at.kind == Derived {
		s.checkDerived(l, r, at.why)
	}
}

// checkDerived refuses a derived table where the statement could tell it from
// the table itself.
func (s *scoper) checkDerived(l *level, r *Reference, why string) {
	refuse := func(what, help string) {
		s.refuse(diag.PlacementImpossible, s.span(r.Ref.NameRange), "no correct place for the tenant predicate of %q: %s, and %s",
			r.Ref.Visible(), why, what).WithHelp("%s", help)
	}
	if r.Ref.Index.End > r.Ref.Index.Start {
		refuse("it says which index to use", "leave that out, or write the join so that the table is not on the nullable side")
		return
	}
	if r.Ref.Sampled {
		refuse("it is sampled", "sample a plain table, without the outer join around it")
		return
	}
	if len(r.Table.PrimaryKey) > 0 && groupsByKey(l, r) {
		refuse("the query groups by its primary key", "put (SELECT … FROM "+r.Table.QualifiedName()+") in its place, or group by every column that you select")
		return
	}
	bad := ""
	l.query.EachQuery(func(q *parse.Query) {
		q.Expressions(func(e *parse.Expr) {
			if e.Kind != parse.ColumnExpr || len(e.Path) == 0 {
				return
			}
			name := e.Path[len(e.Path)-1]
			switch {
			case slices.Contains(s.catalog.Dialect.SystemColumns(), name) && r.Table.Column(name) == nil:
				bad = "the query uses the system column " + name
			case len(e.Path) > 2:
				bad = "the query qualifies a column with a schema"
			}
		})
	})
	if bad != "" {
		refuse(bad, "leave it out, or write the join so that the table is not on the nullable side")
	}
}

// groupsByKey reports whether every column of the table's primary key is in
// GROUP BY, so that other columns may depend on it.
func groupsByKey(l *level, r *Reference) bool {
	groupBy := l.groupExpressions()
	for _, key := range r.Table.PrimaryKey {
		found := false
		for _, g := range groupBy {
			g.Walk(func(e *parse.Expr) {
				if e.Kind == parse.ColumnExpr && len(e.Path) > 0 && e.Path[len(e.Path)-1] == key {
					found = true
				}
			})
		}
		if !found {
			return false
		}
	}
	return len(groupBy) > 0
}

// groupExpressions are the expressions of GROUP BY, with output columns, named or
// by number, replaced by what they stand for.
func (l *level) groupExpressions() []*parse.Expr {
	var out []*parse.Expr
	for _, g := range l.groupBy {
		if l.query.Select != nil {
			for i, t := range l.query.Select.Targets {
				named := g.Kind == parse.ColumnExpr && len(g.Path) == 1 && g.Path[0] == t.Name
				if named || g.Kind == parse.ConstExpr && g.Text == strconv.Itoa(i+1) {
					out = append(out, t.Expr)
				}
			}
		}
		out = append(out, g)
	}
	return out
}

// checkNames refuses two tables of one visible name at a level: PostgreSQL
// allows that for tables of different schemas, but no predicate could name one
// of them.
func (s *scoper) checkNames(l *level) {
	s.checkColumns(l.query, l.refs)
	seen := map[string]bool{}
	for _, f := range l.from {
		for _, name := range otherNames(f) {
			seen[name] = true
		}
	}
	for _, r := range l.refs {
		name := r.Ref.Visible()
		if seen[name] {
			s.refuse(diag.PlacementImpossible, s.span(r.Ref.NameRange), "two tables are visible as %q", name).
				WithHelp("give each of them an alias")
		}
		seen[name] = true
	}
}

// otherNames are the aliases in a FROM item that are not those of tables.
func otherNames(f *parse.From) []string {
	switch {
	case f.Table != nil:
		return nil
	case f.Join != nil && f.Alias == "":
		return append(otherNames(f.Join.Left), otherNames(f.Join.Right)...)
	case f.Alias != "":
		return []string{f.Alias}
	}
	return nil
}

// columnOwner finds which reference of a level a column belongs to; nil when it
// is not certain.
func (s *scoper) columnOwner(l *level, path []string) *Reference {
	name := path[len(path)-1]
	switch len(path) {
	case 1:
		return s.unqualifiedOwner(l, name)
	case 2:
		for _, r := range l.refs {
			if r.Ref.Visible() == path[0] && len(r.Ref.Columns) == 0 && r.Table.Column(name) != nil {
				return r
			}
		}
	}
	return nil
}

// unqualifiedOwner finds the one reference that has a column of that name, if
// everything in the FROM clause is a table whose columns are known.
func (s *scoper) unqualifiedOwner(l *level, name string) *Reference {
	var owner *Reference
	for _, f := range l.from {
		if !onlyTables(f, l.names) {
			return nil
		}
	}
	for _, r := range l.refs {
		if len(r.Ref.Columns) > 0 || r.Table.Opaque {
			return nil
		}
		if r.Table.Column(name) == nil {
			continue
		}
		if owner != nil {
			return nil
		}
		owner = r
	}
	return owner
}

// onlyTables reports whether a FROM item consists of plain tables of the schema.
func onlyTables(f *parse.From, names *scopeNames) bool {
	switch {
	case f.Table != nil:
		return f.Table.Schema != "" || !names.has(f.Table.Name)
	case f.Join != nil:
		return f.Alias == "" && !f.Join.Natural && len(f.Join.Using) == 0 && onlyTables(f.Join.Left, names) && onlyTables(f.Join.Right, names)
	}
	return false
}

// tenantColumn is the column that ties a table's rows to the tenant directly, or
// shows that of a view's tables; empty for child and global tables.
func tenantColumn(t *catalog.Table) string {
	switch t.Tenancy.Class {
	case ir.ClassTenant, ir.ClassRoot, ir.ClassView:
		return t.Tenancy.Column
	}
	return ""
}
