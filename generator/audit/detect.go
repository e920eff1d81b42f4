package audit

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/jinzhu/inflection"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/ir"
)

// Detection says which columns hold the tenant, and what the tables of a schema
// are by them.
type Detection struct {
	// Columns are the tenant columns: of each table the first that it has.
	Columns []string `json:"columns"`
	// Root is the table of tenants; may be empty.
	Root string `json:"root"`
	// Why says, for people, how that is known.
	Why string `json:"why"`
	// Declared is set when the configuration says so.
	Declared bool `json:"declared"`
	// The tables of each class.
	Tenant []string `json:"tenant"`
	Child  []string `json:"child"`
	Global []string `json:"global"`
	// Candidates are other columns that could be meant, the best first.
	Candidates []Candidate `json:"candidates"`
}

// Candidate is a column that may hold the tenant, with what speaks for it.
type Candidate struct {
	Column string `json:"column"`
	// Tables is the number of tables that have it, Keys of those in whose keys it
	// is, and References of those whose foreign key leads from it to Root.
	Tables     int    `json:"tables"`
	Keys       int    `json:"keys"`
	References int    `json:"references"`
	Root       string `json:"root"`

	root     *catalog.Table
	strength int // of its name
	score    int
}

// RootTable is the table that Root names; nil without one.
func (c Candidate) RootTable() *catalog.Table { return c.root }

// Likely reports whether its name is one that tenants have.
func (c Candidate) Likely() bool { return c.strength > 0 }

// String says what speaks for the column.
func (c Candidate) String() string {
	parts := []string{fmt.Sprintf("in %s", plural(c.Tables, "table"))}
	if c.References > 0 {
		parts = append(parts, fmt.Sprintf("refers to %s in %d", c.Root, c.References))
	} else if c.Root != "" {
		parts = append(parts, "named like "+c.Root)
	}
	if c.Keys > 0 {
		parts = append(parts, fmt.Sprintf("in the keys of %d", c.Keys))
	}
	return strings.Join(parts, ", ")
}

func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

// What tenants are called. The first kind is hardly anything else; the second may
// be rows that tenants own.
var (
	usualNames = strings.Fields("tenant org organization organisation workspace account")
	otherNames = strings.Fields(`company team project customer client site shop store merchant business school
		agency clinic practice club institution hospital restaurant franchise subscriber realm`)
)

// strength rates a column's name: 2 for a usual name, 1 for another, 0 for none.
func strength(column string) int {
	name := strings.ReplaceAll(strings.ToLower(column), "_", "")
	for _, suffix := range []string{"id", "uuid", "pk", "key", "slug", ""} {
		stem, ok := strings.CutSuffix(name, suffix)
		switch {
		case !ok:
		case slices.Contains(usualNames, stem):
			return 2
		case suffix != "" && slices.Contains(otherNames, stem):
			return 1
		}
	}
	return 0
}

// Candidates lists the columns that may hold the tenant, the best first.
func Candidates(cat *catalog.Catalog) []Candidate {
	var out []Candidate
	seen := map[string]bool{}
	for _, t := range baseTables(cat) {
		for _, col := range t.Columns {
			if s := strength(col.Name); !seen[col.Name] && (s > 0 || strings.HasSuffix(strings.ToLower(col.Name), "id") && len(col.Name) > 2) {
				seen[col.Name] = true
				out = append(out, candidate(cat, col.Name, s))
			}
		}
	}
	out = slices.DeleteFunc(out, func(c Candidate) bool { return c.strength == 0 && c.Tables < 2 })
	slices.SortStableFunc(out, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(b.Tables, a.Tables), cmp.Compare(a.Column, b.Column))
	})
	return out
}

// baseTables are the tables whose rows are their own.
func baseTables(cat *catalog.Catalog) []*catalog.Table {
	var out []*catalog.Table
	for _, t := range cat.Tables {
		if t.Kind == ir.KindTable && t.View == nil {
			out = append(out, t)
		}
	}
	return out
}

func candidate(cat *catalog.Catalog, column string, strength int) Candidate {
	c := Candidate{Column: column, strength: strength}
	tables := baseTables(cat)
	for _, t := range tables {
		if t.Column(column) == nil {
			continue
		}
		c.Tables++
		if slices.ContainsFunc(append(t.Keys(), t.PrimaryKey), func(key []string) bool { return slices.Contains(key, column) }) {
			c.Keys++
		}
	}
	root, references := findRoot(cat, []string{column})
	if root != nil {
		c.root, c.Root, c.References = root, root.QualifiedName(), references
	}
	// A name that nobody knows is never taken for the tenant by its number alone.
	c.score = (3*c.Tables + c.Keys + 2*c.References) * []int{0, 2, 5}[strength]
	return c
}

// convincing reports whether a column may be taken for the tenant's without
// asking. A name that may mean something else needs more than a name.
func (c Candidate) convincing(tables int) bool {
	return c.strength == 2 || c.strength == 1 && c.Tables >= 2 && (c.References > 0 || 3*c.Tables >= tables)
}

// findRoot returns the table that most foreign keys of one of the columns refer
// to, and how many, or else the table that is named like one of them.
func findRoot(cat *catalog.Catalog, columns []string) (root *catalog.Table, references int) {
	count := map[*catalog.Table]int{}
	for _, t := range baseTables(cat) {
		for _, fk := range t.ForeignKeys {
			if len(fk.Columns) != 1 || len(fk.RefColumns) != 1 || !slices.Contains(columns, fk.Columns[0]) {
				continue
			}
			if to := cat.Lookup(fk.RefSchema, fk.RefTable); to != nil && to != t {
				if count[to]++; count[to] > references {
					root, references = to, count[to]
				}
			}
		}
	}
	if root != nil {
		return root, references
	}
	for _, column := range columns {
		stem := strings.TrimSuffix(strings.TrimSuffix(column, "id"), "_")
		for _, name := range []string{inflection.Plural(stem), stem} {
			if t := cat.Lookup("", name); t != nil && stem != "" && len(t.PrimaryKey) == 1 && t.View == nil {
				return t, 0
			}
		}
	}
	return nil, 0
}
