package proposal

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/generator/catalog"
)

// reach finds the tables that belong to a tenant: those with the column, those
// whose foreign key to the root has another name, and those with a foreign key
// to one of these, step by step.
func (c *candidate) reach() {
	for _, t := range c.tables {
		switch {
		case t == c.root:
		case t.Column(c.column) != nil:
			c.entries[t] = nil
		default:
			if column := c.otherColumn(t); column != "" {
				c.entries[t] = &Table{Name: t.QualifiedName(), Column: column}
			}
		}
	}
	for c.step() > 0 {
	}
	for t, entry := range c.entries {
		if entry != nil && entry.Parent != "" {
			entry.Note = c.otherParents(t, entry.Parent)
		}
	}
}

// step finds the children of the tables that are found, and returns how many.
// It looks at all tables before it adds any, so that the shortest way to the
// tenant wins whatever the order of the tables.
func (c *candidate) step() int {
	found := map[*catalog.Table]*Table{}
	for _, t := range c.tables {
		if _, ok := c.entries[t]; ok || t == c.root {
			continue
		}
		if entry := c.child(t); entry != nil {
			found[t] = entry
		}
	}
	maps.Copy(c.entries, found)
	return len(found)
}

// otherColumn returns the one column, of another name than the tenant's, that
// refers to the root.
func (c *candidate) otherColumn(t *catalog.Table) string {
	var columns []string
	for _, fk := range t.ForeignKeys {
		if len(fk.Columns) == 1 && c.root != nil && c.target(fk) == c.root && notNull(t, fk) {
			columns = append(columns, fk.Columns[0])
		}
	}
	if len(columns) != 1 {
		return ""
	}
	return columns[0]
}

// child returns the entry of a table that refers to one that belongs to a
// tenant; nil if it does not.
func (c *candidate) child(t *catalog.Table) *Table {
	keys := c.parents(t)
	if len(keys) == 0 {
		return nil
	}
	parent := c.target(keys[0])
	entry := &Table{Name: t.QualifiedName(), Parent: parent.QualifiedName()}
	toParent := 0
	for _, fk := range t.ForeignKeys {
		if c.target(fk) == parent {
			toParent++
		}
	}
	if toParent > 1 {
		entry.Via = keys[0].Columns
	}
	return entry
}

// parents returns the foreign keys that lead every row of a table to one that
// belongs to a tenant.
func (c *candidate) parents(t *catalog.Table) []*catalog.ForeignKey {
	var keys []*catalog.ForeignKey
	for _, fk := range t.ForeignKeys {
		to := c.target(fk)
		if _, ok := c.entries[to]; ok && to != t && notNull(t, fk) {
			keys = append(keys, fk)
		}
	}
	return keys
}

// otherParents names the parents that could be chosen as well.
func (c *candidate) otherParents(t *catalog.Table, chosen string) string {
	var others []string
	for _, fk := range c.parents(t) {
		if name := c.target(fk).QualifiedName(); name != chosen && !slices.Contains(others, name) {
			others = append(others, name)
		}
	}
	if len(others) == 0 {
		return ""
	}
	return "or parent: " + strings.Join(others, ", ")
}

func (c *candidate) target(fk *catalog.ForeignKey) *catalog.Table {
	return c.catalog.Lookup(fk.RefSchema, fk.RefTable)
}

// notNull reports whether every row has the parent that the key names.
func notNull(t *catalog.Table, fk *catalog.ForeignKey) bool {
	for _, name := range fk.Columns {
		if c := t.Column(name); c == nil || !c.NotNull {
			return false
		}
	}
	return true
}

// classify fills in the proposal, in the order of the schema.
func (c *candidate) classify(p *Proposal) {
	for _, t := range c.tables {
		entry, ok := c.entries[t]
		switch {
		case t == c.root:
		case ok && entry == nil:
			p.Direct = append(p.Direct, t.QualifiedName())
		case ok:
			p.Tables = append(p.Tables, *entry)
		default:
			p.Questions = append(p.Questions, c.question(t))
		}
	}
}

// question says what the schema tells about a table that it does not classify.
func (c *candidate) question(t *catalog.Table) Question {
	q := Question{Name: t.QualifiedName(), Proposal: "global", Why: "no foreign key leads to a tenant; is it the same for all?"}
	for _, fk := range t.ForeignKeys {
		to := c.target(fk)
		_, belongs := c.entries[to]
		columns := strings.Join(fk.Columns, ", ")
		switch {
		case to == c.root && to != nil:
			q.Proposal = "{column: " + columns + "}"
			q.Why = "several columns, or one that may be NULL, refer to " + to.QualifiedName()
			return q
		case belongs && to != t:
			q.Proposal = fmt.Sprintf("{parent: %s}", to.QualifiedName())
			q.Why = columns + " refers to it, and may be NULL"
			return q
		}
	}
	if users := c.referrers(t); len(users) > 0 {
		q.Why = "tenants' rows refer to it (" + strings.Join(users, ", ") + "); is it the same for all?"
	}
	return q
}

// referrers returns up to three tables of tenants that refer to a table.
func (c *candidate) referrers(t *catalog.Table) []string {
	var out []string
	for _, from := range c.tables {
		_, belongs := c.entries[from]
		if !belongs && from != c.root {
			continue
		}
		for _, fk := range from.ForeignKeys {
			if c.target(fk) == t && !slices.Contains(out, from.QualifiedName()) {
				out = append(out, from.QualifiedName())
			}
		}
	}
	if len(out) > 3 {
		out = append(out[:3], "…")
	}
	return out
}
