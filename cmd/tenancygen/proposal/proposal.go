// Package proposal looks at a schema that nobody has described yet, and
// proposes how its tables belong to tenants. It proposes; it does not decide: a
// table that no foreign key leads from to a tenant is named as a question, and
// generation fails until somebody answers it.
package proposal

import (
	"github.com/tenancygen/tenancygen/generator/audit"
	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/ir"
)

// Proposal is how a schema may belong to tenants.
type Proposal struct {
	// Column is the tenant column; empty if no column looks like one.
	Column string
	// Root is the table of tenants; may be empty.
	Root string
	// Direct are the tables that have the column.
	Direct []string
	// Tables are those for which an entry in tables: is proposed.
	Tables []Table
	// Questions are the tables that somebody has to decide about.
	Questions []Question
}

// Table is an entry that a foreign key justifies.
type Table struct {
	Name   string
	Column string   // of a tenant table whose tenant column has another name
	Parent string   // of a child table
	Via    []string // the foreign key, where there are several to the parent
	Note   string
}

// Question is a table that the schema alone does not classify.
type Question struct {
	Name string
	// Proposal is the entry to start from, such as "global".
	Proposal string
	Why      string
}

// Propose looks at a schema.
func Propose(c *catalog.Catalog) *Proposal {
	s := newSchema(c)
	p := &Proposal{}
	best := s.best()
	if best == nil {
		for _, t := range s.tables {
			p.Questions = append(p.Questions, Question{Name: t.QualifiedName(), Proposal: "global", Why: "is it the same for all tenants?"})
		}
		return p
	}
	p.Column = best.column
	if best.root != nil {
		p.Root = best.root.QualifiedName()
	}
	best.classify(p)
	return p
}

// schema is the catalog with what the proposals need.
type schema struct {
	catalog *catalog.Catalog
	tables  []*catalog.Table // base tables; views and partitions follow others
}

func newSchema(c *catalog.Catalog) *schema {
	s := &schema{catalog: c}
	for _, t := range c.Tables {
		if t.Kind == ir.KindTable {
			s.tables = append(s.tables, t)
		}
	}
	return s
}

// candidate is one choice of the tenant column.
type candidate struct {
	*schema
	column  string
	root    *catalog.Table
	entries map[*catalog.Table]*Table // of tables that belong to tenants; nil for those with the column
}

// best returns what the audit finds most likely to be the tenant column; nil where
// it finds none. Of names that nobody knows it is the one under which most tables
// belong to rows of another.
func (s *schema) best() *candidate {
	var best *candidate
	for _, found := range audit.Candidates(s.catalog) {
		if !found.Likely() && found.Root == "" {
			continue
		}
		c := &candidate{schema: s, column: found.Column, root: found.RootTable(), entries: map[*catalog.Table]*Table{}}
		c.reach()
		if found.Likely() {
			return c // they come first
		}
		if best == nil || len(c.entries) > len(best.entries) {
			best = c
		}
	}
	return best
}
