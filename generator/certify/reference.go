package certify

import (
	"fmt"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/certify/level"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// reads records the references among a level's relations and demands an anchor
// of each.
func (c *checker) reads(lv *level.Level) {
	seen := map[string]bool{}
	for _, r := range lv.Relations {
		// With two of one name it is not certain which one a predicate speaks of.
		if r.Name != "" && seen[r.Name] {
			c.refuse(r.Pos, "two relations are called %s", r.Name)
		}
		seen[r.Name] = true
	}
	for _, r := range lv.Relations {
		if r.Ref == nil || r.IsCTE {
			continue
		}
		anchor := ""
		if c.owned(r.Ref, r.Table) {
			if anchor = c.anchor(lv, r, r.Own); anchor == "" {
				c.refuse(r.Pos, "%s", c.unanchored(r))
			}
		}
		c.reference(r.Ref, r.Table, anchor)
	}
}

func (c *checker) reference(ref *parse.Table, t *catalog.Table, anchor string) {
	if t != nil {
		c.result.References = append(c.result.References, Reference{Table: t, Alias: ref.Visible(), Pos: ref.Start, Written: c.written[ref], Anchor: anchor})
	}
}

// owned reports whether a table holds tenants' rows, so that a reference to it
// needs an anchor, and refuses one that there may not be at all.
func (c *checker) owned(ref *parse.Table, t *catalog.Table) bool {
	if t == nil {
		c.refuse(ref.Start, "table %s is not in the schema", ref.Name)
		return false
	}
	switch t.Tenancy.Class {
	case ir.ClassGlobal:
		return false
	case ir.ClassTenant, ir.ClassRoot, ir.ClassChild:
		c.touchesTenants = true
		if c.tenant <= 0 {
			c.refuse(ref.Start, "table %s belongs to tenants, and the statement has no tenant parameter", t.QualifiedName())
		}
		return c.tenant > 0
	case ir.ClassExcluded:
		c.refuse(ref.Start, "table %s is excluded", t.QualifiedName())
	case ir.ClassView:
		// No predicate on a view's result is known to filter the tables that it reads.
		c.refuse(ref.Start, "view %s reads tenants' tables: its body must stand here, scoped", t.QualifiedName())
	default:
		c.refuse(ref.Start, "table %s is not classified", t.QualifiedName())
	}
	return false
}

// unanchored says what was looked for in vain.
func (c *checker) unanchored(r *level.Relation) string {
	t := r.Table
	if r.Renamed {
		return fmt.Sprintf("%s is tied to no tenant: its columns have other names here", t.QualifiedName())
	}
	if t.Tenancy.Class == ir.ClassChild {
		return fmt.Sprintf("%s (%s) is tied to no tenant: no EXISTS and no inner join leads to %s", t.QualifiedName(), r.Name, t.Tenancy.Path[0].Parent.Name)
	}
	where := "there is no place for a predicate on it"
	if n := len(r.Places); n > 0 {
		where = fmt.Sprintf("%s.%s = $%d is no conjunct %s", r.Name, t.Tenancy.Column, c.tenant, r.Places[n-1].Text)
	}
	return fmt.Sprintf("%s (%s) is tied to no tenant: %s", t.QualifiedName(), r.Name, where)
}
