package tie

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/certify/level"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// tiesOf returns what ties each relation of a level. One may be tied by another,
// so it goes on until nothing changes; a tie only ever gets stronger.
func (a *author) tiesOf(lv *level.Level) map[*level.Relation]tie {
	if known, ok := a.ties[lv]; ok {
		return known // or as much as is known so far
	}
	ties := map[*level.Relation]tie{}
	a.ties[lv], a.busy[lv] = ties, true
	defer func() {
		delete(a.busy, lv)
		for outer := lv.Outer; outer != nil; outer = outer.Outer {
			if a.busy[outer] {
				delete(a.ties, lv) // more may come to be known
			}
		}
	}()
	for changed := true; changed; {
		changed = false
		for _, r := range lv.Relations {
			if !owned(r.Table) || r.IsCTE || ties[r].strength == Anchored {
				continue
			}
			if found := a.tieOf(lv, r); found.strength > ties[r].strength {
				ties[r], changed = found, true
			}
		}
	}
	return ties
}

// tieOf finds the strongest tie of a relation, as far as those of the others are
// known.
func (a *author) tieOf(lv *level.Level, r *level.Relation) tie {
	best := tie{}
	better := func(t tie) {
		if t.strength > best.strength {
			best = t
		}
	}
	if r.Renamed {
		return best
	}
	if direct(r.Table) {
		better(a.columnTie(lv, r, []string{r.Table.Tenancy.Column}))
	}
	if r.Table.Tenancy.Class == ir.ClassRoot {
		// A tenant may be named by any of its keys, such as a slug.
		for _, key := range r.Table.Keys() {
			better(a.columnTie(lv, r, key))
		}
	}
	if r.Table.Tenancy.Class == ir.ClassChild {
		for _, f := range r.Table.ForeignKeys {
			better(a.parentTie(lv, r, f))
		}
	}
	if best.strength == Unanchored && direct(r.Table) && a.mentioned(lv, r) {
		best = tie{strength: Weak, text: "a condition on " + r.Name + "." + r.Table.Tenancy.Column + " that other tenants' rows may pass"}
	}
	return best
}

// columnTie is the tie by conditions on all of the columns.
func (a *author) columnTie(lv *level.Level, r *level.Relation, columns []string) tie {
	all := Anchored
	var texts []string
	for _, column := range columns {
		best := tie{}
		for _, p := range r.Places {
			for _, e := range p.Conjuncts {
				if s, text := a.conjunct(lv, r, column, e); s > best.strength {
					best = tie{strength: s, text: text + " " + p.Text}
				}
			}
			for _, other := range a.merged(lv, r, column, p) {
				if s := a.column(lv, other, column, r); s > best.strength {
					best = tie{strength: s, text: fmt.Sprintf("%s.%s = %s.%s by USING", r.Name, column, other.Name, column)}
				}
			}
		}
		all = min(all, best.strength)
		texts = append(texts, best.text)
	}
	return held(all, strings.Join(texts, ", "), nil)
}

// conjunct says whether a condition holds a column of r to what the author gives,
// and how.
func (a *author) conjunct(lv *level.Level, r *level.Relation, column string, e *parse.Expr) (Strength, string) {
	mine := func(x *parse.Expr) bool { return a.is(lv, x, r, column) }
	name := r.Name + "." + column
	switch e.Kind {
	case parse.OpExpr:
		if len(e.Args) != 2 {
			return Unanchored, ""
		}
		x, y := e.Args[0], e.Args[1]
		switch e.Name {
		case "=", "NOT_DISTINCT =":
			if x.Name == "RowExpr" && y.Name == "RowExpr" && len(x.Args) == len(y.Args) {
				for i := range x.Args {
					if s, text := a.equal(lv, r, mine, name, x.Args[i], y.Args[i]); s > Unanchored {
						return s, text
					}
				}
			}
			return a.equal(lv, r, mine, name, x, y)
		case "ANY =", "IN =":
			if s := a.value(lv, y, r); mine(x) && s > Unanchored {
				return s, name + " is one of " + a.text(y)
			}
			if x.Name == "RowExpr" && y.Name == "List" {
				return a.list(lv, r, mine, name, x, y)
			}
		}
	case parse.SubqueryExpr:
		if !a.within(e) {
			return Unanchored, ""
		}
		tested := []*parse.Expr{e.Args[0]}
		if e.Args[0].Name == "RowExpr" {
			tested = e.Args[0].Args
		}
		if i := slices.IndexFunc(tested, mine); i >= 0 {
			out := a.outputs(e.Query, lv.Names, lv)
			return out.strength(a, i, r), name + " is one of (SELECT …)"
		}
	case parse.OrExpr:
		// Every branch has to hold it.
		worst, text := Anchored, ""
		for _, branch := range e.Args {
			best := Unanchored
			for _, k := range branch.Conjuncts() {
				if s, t := a.conjunct(lv, r, column, k); s > best {
					best, text = s, t
				}
			}
			if branch.Name == "NullTest" && branch.Null && mine(branch.Args[0]) && noOthers(r, column) {
				best = Anchored
			}
			worst = min(worst, best)
		}
		return worst, text
	}
	return Unanchored, ""
}

// noOthers reports whether rows of r whose column is NULL are no other tenant's:
// there are none, or, for reading, they are declared to be everybody's.
func noOthers(r *level.Relation, column string) bool {
	col := r.Table.Column(column)
	return col != nil && col.NotNull && r.Table.View == nil || r.Item != nil && r.Table.Tenancy.Shared && column == r.Table.Tenancy.Column
}

// within matches x IN (SELECT …) and x = ANY (SELECT …). The tree has no operator
// for them; the text has it at the place of the expression.
func (a *author) within(e *parse.Expr) bool {
	if e.Kind != parse.SubqueryExpr || e.Name != "ANY" || len(e.Args) != 1 || e.Pos < 0 || e.Pos+2 > len(a.sql) {
		return false
	}
	text := a.sql[e.Pos:]
	return strings.EqualFold(text[:2], "in") || text[0] == '=' && !strings.ContainsAny(text[1:2], "=<>~!@#%^&|`?+-*/")
}

func (a *author) equal(lv *level.Level, r *level.Relation, mine func(*parse.Expr) bool, name string, x, y *parse.Expr) (Strength, string) {
	for _, pair := range [][2]*parse.Expr{{x, y}, {y, x}} {
		if mine(pair[0]) {
			if s := a.value(lv, pair[1], r); s > Unanchored {
				return s, name + " = " + a.text(pair[1])
			}
		}
	}
	return Unanchored, ""
}

// list is (a, b) IN ((1, 2), …).
func (a *author) list(lv *level.Level, r *level.Relation, mine func(*parse.Expr) bool, name string, row, list *parse.Expr) (Strength, string) {
	i := slices.IndexFunc(row.Args, mine)
	if i < 0 {
		return Unanchored, ""
	}
	worst := Anchored
	for _, other := range list.Args {
		if other.Name != "RowExpr" || i >= len(other.Args) {
			return Unanchored, ""
		}
		worst = min(worst, a.value(lv, other.Args[i], r))
	}
	return worst, name + " is one of a list"
}

// merged are the relations that USING or NATURAL at a place equates with r in a
// column.
func (a *author) merged(lv *level.Level, r *level.Relation, column string, p level.Place) []*level.Relation {
	if p.Join == nil || !p.Join.Join.Natural && !slices.Contains(p.Join.Join.Using, column) {
		return nil
	}
	var out []*level.Relation
	side := func(r *level.Relation) int {
		for _, s := range r.Joins {
			if s.Item == p.Join && s.Left {
				return 1
			} else if s.Item == p.Join {
				return 2
			}
		}
		return 0
	}
	for _, other := range lv.Relations {
		if side(other) == side(r) || side(other) == 0 {
			continue
		}
		if names, _ := a.columnNames(lv, other); slices.Contains(names, column) {
			out = append(out, other)
		}
	}
	return out
}

// parentTie is the tie of a child through one of its foreign keys.
func (a *author) parentTie(lv *level.Level, r *level.Relation, f *catalog.ForeignKey) tie {
	step, parent := a.step(r.Table, f)
	if parent == nil {
		return tie{}
	}
	text := fmt.Sprintf("through %s (%s)", parent.QualifiedName(), strings.Join(step.Columns, ", "))
	best := tie{}
	for _, p := range r.Places {
		for _, e := range p.Conjuncts {
			if e.Kind == parse.SubqueryExpr && e.Name == "EXISTS" && a.exists(e.Query, lv, r, step, parent) {
				return held(Anchored, text, f)
			}
		}
	}
	for _, p := range lv.Relations {
		if s := a.ties[lv][p].strength; p != r && p.Table == parent && s > best.strength && a.joined(lv, r, p, step) {
			best = held(s, text, f)
		}
	}
	if len(step.Columns) != 1 {
		return best
	}
	for _, p := range r.Places {
		for _, e := range p.Conjuncts {
			if s := a.keyConjunct(lv, r, step, parent, e); s > best.strength {
				best = held(s, text, f)
			}
		}
	}
	return best
}

// exists reports whether EXISTS (q) says that r has a parent that is tied.
func (a *author) exists(q *parse.Query, lv *level.Level, r *level.Relation, step ir.Step, parent *catalog.Table) bool {
	if !level.YieldsFrom(q) {
		return false
	}
	inner := a.level(q.Select.From, q.Select.Where, lv.Names, lv)
	if inner.Named(r.Name) != nil {
		return false // the child's name means something else in here
	}
	return slices.ContainsFunc(inner.Relations, func(p *level.Relation) bool {
		return p.Table == parent && level.KeysEqual(p.Conjuncts(inner.Filters), p.Name, step.ParentColumns, r.Name, step.Columns) && a.tiesOf(inner)[p].strength == Anchored
	})
}

// joined reports whether conditions on r, ON or USING, equate it with its parent p.
func (a *author) joined(lv *level.Level, r, p *level.Relation, step ir.Step) bool {
	if level.KeysEqual(p.Conjuncts(r.Places), p.Name, step.ParentColumns, r.Name, step.Columns) {
		return true
	}
	for i, column := range step.Columns {
		found := false
		for _, at := range r.Places {
			found = found || step.ParentColumns[i] == column && slices.Contains(a.merged(lv, r, column, at), p)
		}
		if !found {
			return false
		}
	}
	return true
}

// keyConjunct says whether a condition holds the foreign key of r to the key of a
// parent that is tied.
func (a *author) keyConjunct(lv *level.Level, r *level.Relation, step ir.Step, parent *catalog.Table, e *parse.Expr) Strength {
	column, key := step.Columns[0], step.ParentColumns[0]
	if x, y, ok := level.Equality(e); ok {
		for _, pair := range [][2]*parse.Expr{{x, y}, {y, x}} {
			if a.is(lv, pair[0], r, column) {
				return a.keyed(lv, pair[1], parent, key)
			}
		}
	}
	if a.within(e) && a.is(lv, e.Args[0], r, column) {
		return a.outputs(e.Query, lv.Names, lv).keyed(a, 0, parent, key)
	}
	return Unanchored
}

// step is the way of a foreign key to another table of tenants; nil for other
// keys.
func (a *author) step(t *catalog.Table, f *catalog.ForeignKey) (ir.Step, *catalog.Table) {
	parent := a.cat.Lookup(f.RefSchema, f.RefTable)
	if parent == t || !owned(parent) || len(f.Columns) == 0 || len(f.Columns) != len(f.RefColumns) {
		return ir.Step{}, nil
	}
	return ir.Step{Columns: f.Columns, Parent: ir.Name{Schema: parent.Schema, Name: parent.Name}, ParentColumns: f.RefColumns}, parent
}

// mentioned reports whether a condition of the level compares the tenant column
// of r with anything but a column or a query, which would have been a tie if it
// were tied itself.
func (a *author) mentioned(lv *level.Level, r *level.Relation) bool {
	found := false
	var look func(*parse.Expr)
	look = func(e *parse.Expr) {
		if x, y, ok := level.Equality(e); e.Name == "NullTest" || e.Kind == parse.SubqueryExpr || ok && stored(x) && stored(y) {
			return
		}
		found = found || a.is(lv, e, r, r.Table.Tenancy.Column)
		for _, arg := range e.Args {
			look(arg)
		}
	}
	for _, e := range conditions(lv) {
		look(e)
	}
	return found
}

// stored reports whether an expression is what rows hold.
func stored(e *parse.Expr) bool {
	e = e.Uncast()
	return e.Kind == parse.ColumnExpr || e.Kind == parse.SubqueryExpr
}

// conditions are those of WHERE and of all joins of a level.
func conditions(lv *level.Level) []*parse.Expr {
	var out []*parse.Expr
	if len(lv.Filters) > 0 {
		out = append(out, lv.Filters[0].Conjuncts...)
	}
	seen := map[*parse.From]bool{}
	for _, r := range lv.Relations {
		for _, s := range r.Joins {
			if !seen[s.Item] {
				seen[s.Item] = true
				out = append(out, s.Item.Join.On.Conjuncts()...)
			}
		}
	}
	return out
}

// text names an expression for people.
func (a *author) text(e *parse.Expr) string {
	e = e.Uncast()
	switch e.Kind {
	case parse.ParamExpr:
		return fmt.Sprintf("$%d", e.Param)
	case parse.ColumnExpr:
		return strings.Join(e.Path, ".")
	case parse.FuncExpr:
		return e.Name + "(…)"
	case parse.SubqueryExpr:
		return "(SELECT …)"
	case parse.ConstExpr:
		return "a constant"
	}
	if e.Name == "List" {
		return "a list"
	}
	return "an expression"
}
