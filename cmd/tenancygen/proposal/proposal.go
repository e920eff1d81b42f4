// Package proposal looks at a schema that nobody has described yet, and
// proposes how its tables belong to tenants. It proposes; it does not decide: a
// table that no foreign key leads from to a tenant is named as a question, and
// generation fails until somebody answers it.
package proposal

import (
	"cmp"
	"slices"
	"strings"

	"github.com/jinzhu/inflection"

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

// knownNames are what projects call the tenant column.
var knownNames = []string{
	"tenant_id", "org_id", "organization_id", "organisation_id", "account_id",
	"workspace_id", "company_id", "customer_id", "project_id", "team_id",
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
	score   int
}

// best returns the column under which most tables belong to tenants. A name
// that is usual for a tenant counts more than one that is not.
func (s *schema) best() *candidate {
	var all []*candidate
	for _, column := range s.columns() {
		c := &candidate{schema: s, column: column, entries: map[*catalog.Table]*Table{}}
		c.root = c.findRoot()
		known := slices.Contains(knownNames, column)
		if c.root == nil && !known {
			continue
		}
		c.reach()
		c.score = 2 * len(c.entries)
		if known {
			c.score *= 3
		}
		all = append(all, c)
	}
	slices.SortStableFunc(all, func(a, b *candidate) int {
		return cmp.Or(
			cmp.Compare(b.score, a.score),
			cmp.Compare(rank(a.column), rank(b.column)),
			cmp.Compare(a.column, b.column),
		)
	})
	if len(all) == 0 {
		return nil
	}
	return all[0]
}

func rank(column string) int {
	if i := slices.Index(knownNames, column); i >= 0 {
		return i
	}
	return len(knownNames)
}

// columns returns the names of columns that may be the tenant's, sorted.
func (s *schema) columns() []string {
	names := map[string]bool{}
	for _, t := range s.tables {
		for _, c := range t.Columns {
			if strings.HasSuffix(c.Name, "_id") {
				names[c.Name] = true
			}
		}
	}
	var out []string
	for name := range names {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// findRoot returns the table that most foreign keys of the column alone refer
// to, or else the one that is named like the column.
func (c *candidate) findRoot() *catalog.Table {
	var root *catalog.Table
	count := map[*catalog.Table]int{}
	for _, t := range c.tables {
		for _, fk := range t.ForeignKeys {
			if len(fk.Columns) != 1 || fk.Columns[0] != c.column {
				continue
			}
			to := c.catalog.Lookup(fk.RefSchema, fk.RefTable)
			if to == nil || !slices.Equal(to.PrimaryKey, fk.RefColumns) {
				continue
			}
			if count[to]++; root == nil || count[to] > count[root] {
				root = to
			}
		}
	}
	if root != nil {
		return root
	}
	stem := strings.TrimSuffix(c.column, "_id")
	for _, name := range []string{inflection.Plural(stem), stem} {
		if t := c.catalog.Lookup("", name); t != nil && len(t.PrimaryKey) == 1 {
			return t
		}
	}
	return nil
}
