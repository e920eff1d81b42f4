package certify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// level returns what ties each relation of a level. One may be tied by another,
// so it goes on until nothing changes; a tie only ever gets stronger.
func (a *author) level(lv *level) map[*relation]tie {
	if known, ok := a.ties[lv]; ok {
		return known // or as much as is known so far
	}
	ties := map[*relation]tie{}
	a.ties[lv], a.busy[lv] = ties, true
	defer func() {
		delete(a.busy, lv)
		for outer := lv.outer; outer != nil; outer = outer.outer {
			if a.busy[outer] {
				delete(a.ties, lv) // more may come to be known
			}
		}
	}()
	for changed := true; changed; {
		changed = false
		for _, r := range lv.relations {
			if !owned(r.table) || r.isCTE || ties[r].strength == Anchored {
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
func (a *author) tieOf(lv *level, r *relation) tie {
	best := tie{}
	better := func(t tie) {
		if t.strength > best.strength {
			best = t
		}
	}
	if r.renamed {
		return best
	}
	if direct(r.table) {
		better(a.columnTie(lv, r, []string{r.table.Tenancy.Column}))
	}
	if r.table.Tenancy.Class == ir.ClassRoot {
		// A tenant may be named by any of its keys, such as a slug.
		for _, key := range r.table.Keys() {
			better(a.columnTie(lv, r, key))
		}
	}
	if r.table.Tenancy.Class == ir.ClassChild {
		for _, f := range r.table.ForeignKeys {
			better(a.parentTie(lv, r, f))
		}
	}
	if best.strength == Unanchored && direct(r.table) && a.mentioned(lv, r) {
		best = tie{strength: Weak, text: "a condition on " + r.name + "." + r.table.Tenancy.Column + " that other tenants' rows may pass"}
	}
	return best
}

// columnTie is the tie by conditions on all of the columns.
func (a *author) columnTie(lv *level, r *relation, columns []string) tie {
	all := Anchored
	var texts []string
	for _, column := range columns {
		best := tie{}
		for _, p := range r.places {
			for _, e := range p.conjuncts {
				if s, text := a.conjunct(lv, r, column, e); s > best.strength {
					best = tie{strength: s, text: text + " " + p.text}
				}
			}
			for _, other := range a.merged(lv, r, column, p) {
				if s := a.column(lv, other, column, r); s > best.strength {
					best = tie{strength: s, text: fmt.Sprintf("%s.%s = %s.%s by USING", r.name, column, other.name, column)}
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
func (a *author) conjunct(lv *level, r *relation, column string, e *parse.Expr) (Strength, string) {
	mine := func(x *parse.Expr) bool { return a.is(lv, x, r, column) }
	name := r.name + "." + column
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
				return a.rows(lv, r, mine, name, x, y)
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
			out := a.outputs(e.Query, lv.ctes, lv)
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
			if r.item != nil && r.table.Tenancy.Shared && branch.Name == "NullTest" && branch.Null && mine(branch.Args[0]) {
				best = Anchored // rows that are declared to be everybody's, for reading
			}
			worst = min(worst, best)
		}
		return worst, text
	}
	return Unanchored, ""
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

func (a *author) equal(lv *level, r *relation, mine func(*parse.Expr) bool, name string, x, y *parse.Expr) (Strength, string) {
	for _, pair := range [][2]*parse.Expr{{x, y}, {y, x}} {
		if mine(pair[0]) {
			if s := a.value(lv, pair[1], r); s > Unanchored {
				return s, name + " = " + a.text(pair[1])
			}
		}
	}
	return Unanchored, ""
}

// rows is (a, b) IN ((1, 2), …).
func (a *author) rows(lv *level, r *relation, mine func(*parse.Expr) bool, name string, row, list *parse.Expr) (Strength, string) {
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
func (a *author) merged(lv *level, r *relation, column string, p place) []*relation {
	if p.join == nil || !p.join.Join.Natural && !slices.Contains(p.join.Join.Using, column) {
		return nil
	}
	var out []*relation
	side := func(r *relation) int {
		for _, s := range r.joins {
			if s.item == p.join && s.left {
				return 1
			} else if s.item == p.join {
				return 2
			}
		}
		return 0
	}
	for _, other := range lv.relations {
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
func (a *author) parentTie(lv *level, r *relation, f *catalog.ForeignKey) tie {
	step, parent := a.step(r.table, f)
	if parent == nil {
		return tie{}
	}
	text := fmt.Sprintf("through %s (%s)", parent.QualifiedName(), strings.Join(step.Columns, ", "))
	best := tie{}
	for _, p := range r.places {
		for _, e := range p.conjuncts {
			if e.Kind == parse.SubqueryExpr && e.Name == "EXISTS" && a.guards(e.Query, lv, r, r.own, step, parent) {
				return held(Anchored, text, f)
			}
		}
	}
	for _, p := range lv.relations {
		if s := a.ties[lv][p].strength; p != r && p.table == parent && s > best.strength && a.joined(lv, r, p, step) {
			best = held(s, text, f)
		}
	}
	if len(step.Columns) != 1 {
		return best
	}
	for _, p := range r.places {
		for _, e := range p.conjuncts {
			if s := a.keyConjunct(lv, r, step, parent, e); s > best.strength {
				best = held(s, text, f)
			}
		}
	}
	return best
}

// joined reports whether conditions on r, ON or USING, equate it with its parent p.
func (a *author) joined(lv *level, r, p *relation, step ir.Step) bool {
	if keysEqual(conjunctsSeeing(p, r.places), p.name, r.name, step) {
		return true
	}
	for i, column := range step.Columns {
		found := false
		for _, at := range r.places {
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
func (a *author) keyConjunct(lv *level, r *relation, step ir.Step, parent *catalog.Table, e *parse.Expr) Strength {
	column, key := step.Columns[0], step.ParentColumns[0]
	if x, y, ok := equality(e); ok {
		for _, pair := range [][2]*parse.Expr{{x, y}, {y, x}} {
			if a.is(lv, pair[0], r, column) {
				return a.keyed(lv, pair[1], parent, key)
			}
		}
	}
	if a.within(e) && a.is(lv, e.Args[0], r, column) {
		return a.outputs(e.Query, lv.ctes, lv).keyed(a, 0, parent, key)
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
func (a *author) mentioned(lv *level, r *relation) bool {
	found := false
	var look func(*parse.Expr)
	look = func(e *parse.Expr) {
		if x, y, ok := equality(e); e.Name == "NullTest" || e.Kind == parse.SubqueryExpr || ok && stored(x) && stored(y) {
			return
		}
		found = found || a.is(lv, e, r, r.table.Tenancy.Column)
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
func conditions(lv *level) []*parse.Expr {
	var out []*parse.Expr
	if len(lv.filters) > 0 {
		out = append(out, lv.filters[0].conjuncts...)
	}
	seen := map[*parse.From]bool{}
	for _, r := range lv.relations {
		for _, s := range r.joins {
			if !seen[s.item] {
				seen[s.item] = true
				out = append(out, s.item.Join.On.Conjuncts()...)
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
