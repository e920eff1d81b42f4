package certify

import (
	"fmt"
	"strings"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/certify/level"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// anchor says what ties a relation of the level to the tenant; it is empty when
// nothing does. With own, shared rows are not enough. The relation's places are
// those at which a conjunct filters it (level.PlacesOf), so all that is left is to
// find the right conjunct there.
func (c *checker) anchor(lv *level.Level, r *level.Relation, own bool) string {
	if r.Table == nil || r.Renamed {
		return ""
	}
	switch r.Table.Tenancy.Class {
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
func (c *checker) directAnchor(r *level.Relation, own bool) string {
	column := r.Table.Tenancy.Column
	for _, p := range r.Places {
		for _, e := range p.Conjuncts {
			if c.equalsTenant(e, r) {
				return fmt.Sprintf("%s.%s = $%d %s", r.Name, column, c.tenant, p.Text)
			}
			if own || !r.Table.Tenancy.Shared || e.Kind != parse.OrExpr || len(e.Args) != 2 {
				continue
			}
			if a, b := e.Args[0], e.Args[1]; c.equalsTenant(a, r) && isNull(b, r) || c.equalsTenant(b, r) && isNull(a, r) {
				return fmt.Sprintf("%s.%s = $%d or shared %s", r.Name, column, c.tenant, p.Text)
			}
		}
	}
	return ""
}

// equalsTenant reports whether e is name.column = $T.
func (c *checker) equalsTenant(e *parse.Expr, r *level.Relation) bool {
	a, b, ok := level.Equality(e)
	column := r.Table.Tenancy.Column
	return ok && (level.IsColumn(a, r.Name, column) && c.isTenant(b, r.Table) || level.IsColumn(b, r.Name, column) && c.isTenant(a, r.Table))
}

// isNull reports whether e is name.column IS NULL.
func isNull(e *parse.Expr, r *level.Relation) bool {
	x := ofNullTest(e)
	return x != nil && level.IsColumn(x, r.Name, r.Table.Tenancy.Column)
}

// parentAnchor anchors a child table. σ(R) are the rows with a parent of the
// tenant: those for which there is a row in σ(parent) with equal key columns. A
// conjunct that implies this is as good as one that says it (level.PlacesOf). With
// own, the parent has to be the tenant's own, too.
func (c *checker) parentAnchor(lv *level.Level, r *level.Relation, own bool) string {
	step, parent := c.parent(r.Table)
	if parent == nil {
		return ""
	}
	text := fmt.Sprintf("through %s (%s)", parent.QualifiedName(), strings.Join(step.Columns, ", "))
	for _, p := range r.Places {
		for _, e := range p.Conjuncts {
			if e.Kind == parse.SubqueryExpr && e.Name == "EXISTS" && c.hasParent(e.Query, lv, r, own) {
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
	for _, p := range lv.Relations {
		if p != r && c.isParent(lv, p, p.Conjuncts(r.Places), r, own) {
			return text
		}
	}
	return ""
}

// hasParent reports whether EXISTS (q) implies that the child r, a relation of lv,
// has a parent of the tenant. It does when every row of q has a row of σ(parent)
// in it whose key equals the child's, and there is no row of q without one of its
// FROM: the parent is anchored inside q, or has keys of the tenant's rows of it alone,
// and conjuncts that hold for every row of q equate the keys, which also excludes a
// parent that is all NULLs.
func (c *checker) hasParent(q *parse.Query, lv *level.Level, r *level.Relation, own bool) bool {
	if !level.YieldsFrom(q) {
		return false
	}
	inner := c.levels.Level(q.Select.From, q.Select.Where, lv.Names, lv)
	if inner.Named(r.Name) != nil {
		return false // the child's name means something else in here
	}
	step, parent := c.parent(r.Table)
	for _, p := range inner.Relations {
		if level.KeysEqual(p.Conjuncts(inner.Filters), p.Name, step.ParentColumns, r.Name, step.Columns) &&
			c.isOfTenant(inner, p, key{columns: step.Columns, parent: parent, refs: step.ParentColumns, owner: own}) {
			return true
		}
	}
	return false
}

// isParent reports whether p, a relation of lv, is an anchored reference to the
// parent of the child r, and the conjuncts equate their keys.
func (c *checker) isParent(lv *level.Level, p *level.Relation, conjuncts []*parse.Expr, r *level.Relation, own bool) bool {
	step, parent := c.parent(r.Table)
	return p.Table == parent && level.KeysEqual(conjuncts, p.Name, step.ParentColumns, r.Name, step.Columns) && c.anchor(lv, p, own) != ""
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
