package certify

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// anchor says what ties a relation of the level to the tenant; it is empty when
// nothing does. With own, shared rows are not enough. The relation's places are
// those at which a conjunct filters it (see placesOf), so all that is left is to
// find the right conjunct there.
func (c *checker) anchor(lv *level, r *relation, own bool) string {
	if c.author != nil {
		return c.author.anchor(lv, r)
	}
	if r.table == nil || r.renamed {
		return ""
	}
	switch r.table.Tenancy.Class {
	case ir.ClassTenant, ir.ClassRoot:
		return c.directAnchor(r, own)
	case ir.ClassChild:
		return c.parentAnchor(lv, r, own)
	}
	return ""
}

// directAnchor finds name.column = $T. The conjunct is the definition of σ(R), or,
// where shared rows belong to it, implies it. Where they do and R need not be the
// tenant's own, name.column = $T OR name.column IS NULL is that definition. Nothing
// else may stand under the OR: it would let rows of other tenants pass.
func (c *checker) directAnchor(r *relation, own bool) string {
	column := r.table.Tenancy.Column
	for _, p := range r.places {
		for _, e := range p.conjuncts {
			if c.equalsTenant(e, r) {
				return fmt.Sprintf("%s.%s = $%d %s", r.name, column, c.tenant, p.text)
			}
			if own || !r.table.Tenancy.Shared || e.Kind != parse.OrExpr || len(e.Args) != 2 {
				continue
			}
			if a, b := e.Args[0], e.Args[1]; c.equalsTenant(a, r) && isNull(b, r) || c.equalsTenant(b, r) && isNull(a, r) {
				return fmt.Sprintf("%s.%s = $%d or shared %s", r.name, column, c.tenant, p.text)
			}
		}
	}
	return ""
}

// equalsTenant reports whether e is name.column = $T.
func (c *checker) equalsTenant(e *parse.Expr, r *relation) bool {
	a, b, ok := equality(e)
	column := r.table.Tenancy.Column
	return ok && (isColumn(a, r.name, column) && c.isTenant(b, r.table) || isColumn(b, r.name, column) && c.isTenant(a, r.table))
}

// isNull reports whether e is name.column IS NULL.
func isNull(e *parse.Expr, r *relation) bool {
	return e.Kind == parse.OtherExpr && e.Name == "NullTest" && e.Null && len(e.Args) == 1 && isColumn(e.Args[0], r.name, r.table.Tenancy.Column)
}

// parentAnchor anchors a child table. σ(R) are the rows with a parent of the
// tenant: those for which there is a row in σ(parent) with equal key columns. A
// conjunct that implies this is as good as one that says it (see placesOf). With
// own, the parent has to be the tenant's own, too.
func (c *checker) parentAnchor(lv *level, r *relation, own bool) string {
	step, parent := c.parent(r.table)
	if parent == nil {
		return ""
	}
	text := fmt.Sprintf("through %s (%s)", parent.QualifiedName(), strings.Join(step.Columns, ", "))
	for _, p := range r.places {
		for _, e := range p.conjuncts {
			if e.Kind == parse.SubqueryExpr && e.Name == "EXISTS" && c.guards(e.Query, lv, r, own, step, parent) {
				return text
			}
		}
	}
	// The parent is another relation P of the same level, and conjuncts at places
	// of R equate the keys. P is anchored, so the statement is the same with σ(P)
	// in place of P. Then a row of R that satisfies the equalities has met a row of
	// σ(P): a P that is all NULLs satisfies no equality. Each place is one of R's
	// and sees both, so rows without such a parent are dropped there, or match
	// nothing there, exactly as if they were not in R.
	for _, p := range lv.relations {
		if p != r && p.table == parent && keysEqual(conjunctsSeeing(p, r.places), p.name, r.name, step) && c.anchor(lv, p, own) != "" {
			return text
		}
	}
	return ""
}

// parent returns the first step from a child table to its tenant, and the parent
// table that it leads to; nil when the catalog makes no sense. The parent is
// nearer to the tenant than the child, so walking up comes to an end.
func (c *checker) parent(t *catalog.Table) (ir.Step, *catalog.Table) {
	if t.Tenancy.Class != ir.ClassChild || len(t.Tenancy.Path) == 0 {
		return ir.Step{}, nil
	}
	step := t.Tenancy.Path[0]
	parent := c.cat.Lookup(step.Parent.Schema, step.Parent.Name)
	if parent == nil || len(parent.Tenancy.Path) >= len(t.Tenancy.Path) || len(step.Columns) == 0 || len(step.Columns) != len(step.ParentColumns) {
		return ir.Step{}, nil
	}
	return step, parent
}

// guards reports whether EXISTS (q) implies that the child r, a relation of lv,
// has a parent of the tenant. It does when every row of q has a row of σ(parent)
// in it whose key equals the child's: the parent is anchored inside q, and
// conjuncts that hold for every row of q equate the keys, which also excludes a
// parent that is all NULLs.
//
// q must yield rows only where its FROM does. An aggregate yields one from
// nothing (EXISTS (SELECT count(*) …) is always true), even one in a subquery
// that speaks of q's columns, so the targets must be plain and all other clauses
// absent.
func (c *checker) guards(q *parse.Query, lv *level, r *relation, own bool, step ir.Step, parent *catalog.Table) bool {
	if q == nil || q.Select == nil || q.With != nil || q.Limit != nil || q.Offset != nil || len(q.OrderBy) > 0 {
		return false
	}
	s := q.Select
	if s.Distinct || len(s.GroupBy) > 0 || s.Having != nil || len(s.Windows) > 0 {
		return false
	}
	for _, t := range s.Targets {
		if t.Expr == nil || t.Expr.Kind != parse.ConstExpr && t.Expr.Kind != parse.ParamExpr && t.Expr.Kind != parse.ColumnExpr {
			return false
		}
	}
	inner := c.newLevel(s.From, s.Where, lv.ctes, lv)
	if inner.named(r.name) != nil {
		return false // the child's name means something else in here
	}
	for _, p := range inner.relations {
		if p.table == parent && keysEqual(conjunctsSeeing(p, inner.filters), p.name, r.name, step) && c.anchor(inner, p, own) != "" {
			return true
		}
	}
	return false
}

// conjunctsSeeing are the conjuncts of the places in which p's name means p.
func conjunctsSeeing(p *relation, places []place) []*parse.Expr {
	var out []*parse.Expr
	for _, at := range places {
		if p.visibleAt(at) {
			out = append(out, at.conjuncts...)
		}
	}
	return out
}

// keysEqual reports whether the conjuncts equate all columns of a step.
func keysEqual(conjuncts []*parse.Expr, parent, child string, step ir.Step) bool {
	for i := range step.Columns {
		found := false
		for _, e := range conjuncts {
			a, b, ok := equality(e)
			found = found || ok && (isColumn(a, parent, step.ParentColumns[i]) && isColumn(b, child, step.Columns[i]) ||
				isColumn(b, parent, step.ParentColumns[i]) && isColumn(a, child, step.Columns[i]))
		}
		if !found {
			return false
		}
	}
	return true
}

// equality returns the operands of a plain, unqualified "=".
func equality(e *parse.Expr) (a, b *parse.Expr, ok bool) {
	if e.Kind != parse.OpExpr || e.Name != "=" || len(e.Args) != 2 {
		return nil, nil, false
	}
	return e.Args[0], e.Args[1], true
}

// isColumn reports whether e is relation.column. A bare column does not count:
// where the relation lacks it, it silently means a column of an outer level.
func isColumn(e *parse.Expr, relation, column string) bool {
	return e.Kind == parse.ColumnExpr && !e.Star && len(e.Path) == 2 && e.Path[0] == relation && e.Path[1] == column
}

// isTenant reports whether e is $T as a value of the table's tenant column.
// Casts may not make two tenants the same, as to varchar(3) or real would: only
// the column's own type and text are accepted.
func (c *checker) isTenant(e *parse.Expr, t *catalog.Table) bool {
	for e.Kind == parse.CastExpr {
		if name := typeName(e.Name); name != "text" && name != typeName(t.Tenancy.SQLType) || c.mayCut(e) {
			return false
		}
		e = e.Args[0]
	}
	return e.Kind == parse.ParamExpr && c.tenant > 0 && e.Param == c.tenant
}

// castTo is the text of a cast in its :: form up to the type's modifiers. A type's
// other names, such as national char varying, are not among those it knows.
var castTo = regexp.MustCompile(`(?i)^::\s*(pg_catalog\s*\.\s*)?(character\s+varying|varchar|numeric|decimal|dec)\b\s*`)

// mayCut reports whether a cast may shorten its value. The tree does not hold a
// type's modifiers, so for types that have them the text must show that there
// are none; character without one is character(1).
func (c *checker) mayCut(e *parse.Expr) bool {
	switch typeName(e.Name) {
	case "varchar", "numeric":
		if e.Pos < 0 || e.Pos > len(c.sql) {
			return true
		}
		found := castTo.FindString(c.sql[e.Pos:])
		rest := c.sql[e.Pos+len(found):]
		return found == "" || strings.HasPrefix(rest, "(") || strings.HasPrefix(rest, "/*") || strings.HasPrefix(rest, "--")
	case "bpchar", "char", "character", "bit", "varbit", "time", "timetz", "timestamp", "timestamptz", "interval":
		return true
	}
	return false
}

// typeName gives the types that a tenant's id may have one name each.
func typeName(name string) string {
	switch name {
	case "int2":
		return "smallint"
	case "int", "int4":
		return "integer"
	case "int8":
		return "bigint"
	case "character varying":
		return "varchar"
	}
	return name
}
