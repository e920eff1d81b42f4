package equivalence

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/ir"
)

// rowsEach is how many rows are made up for each tenant in each table.
const rowsEach = 6

// newRows are rows for tenants in all tables, made of the columns' types: the same
// values in every tenant where no key forbids it, NULLs where they may be, and
// parents of the tenant's own. A row that the schema refuses is to be left out. Who
// takes one fills in columns and parent.
func newRows(w *spelling, cat *catalog.Catalog, tenants []string) iter.Seq[*newRow] {
	return func(yield func(*newRow) bool) {
		for _, t := range parentsFirst(cat) {
			if t.View != nil || t.Kind == ir.KindPartition || t.Opaque {
				continue
			}
			owners := tenants
			if t.Tenancy.Class == ir.ClassGlobal || t.Tenancy.Class == ir.ClassExcluded {
				owners = tenants[:1]
			}
			for i, tenant := range owners {
				for n := range rowsEach {
					if !yield(&newRow{spelling: w, cat: cat, table: t, tenant: tenant, who: i, n: n}) {
						return
					}
				}
			}
		}
	}
}

// parentsFirst are the tables in an order in which foreign keys lead backwards,
// but for those in circles.
func parentsFirst(cat *catalog.Catalog) []*catalog.Table {
	var out []*catalog.Table
	seen := map[*catalog.Table]bool{}
	var visit func(t *catalog.Table)
	visit = func(t *catalog.Table) {
		if t == nil || seen[t] {
			return
		}
		seen[t] = true
		for _, f := range t.ForeignKeys {
			visit(cat.Lookup(f.RefSchema, f.RefTable))
		}
		out = append(out, t)
	}
	for _, t := range cat.Tables {
		visit(t)
	}
	return out
}

// columnType is what the server knows of a column.
type columnType struct {
	Table, Column, Type string
	Category            string
	NotNull, Given      bool // Given: the database makes the value up
	Labels              []string
}

// newRow is a row that is made up for a tenant.
type newRow struct {
	spelling *spelling
	cat      *catalog.Catalog
	table    *catalog.Table
	tenant   string
	who, n   int // number of the tenant, and of the row

	columns []columnType
	// parent is an expression for a column of a parent's key: one of the tenant's own
	// rows, always the same one for all columns of a key.
	parent func(f *catalog.ForeignKey, k int) string
}

// sql inserts the row.
func (r *newRow) sql() string {
	var names, values []string
	for i, c := range r.columns {
		if v := r.value(c, i); v != "" {
			names, values = append(names, r.spelling.quote(c.Column)), append(values, v)
		}
	}
	return "INSERT INTO " + r.spelling.table(r.table) + " (" + strings.Join(names, ", ") + ") VALUES (" + strings.Join(values, ", ") + ")"
}

// value is a value for a column; empty where the database makes one up.
func (r *newRow) value(c columnType, i int) string {
	class := r.table.Tenancy.Class
	if c.Column == r.table.Tenancy.Column && (class == ir.ClassTenant || class == ir.ClassRoot) {
		return literal(r.tenant)
	}
	if !c.NotNull && (r.n+i)%4 == 3 {
		return "NULL"
	}
	for _, f := range r.table.ForeignKeys {
		if k := slices.Index(f.Columns, c.Column); k >= 0 {
			return r.parent(f, k)
		}
	}
	n := r.n
	if r.isShared(c.Column) {
		n += 100 * (r.who + 1)
	} else if c.Given {
		return ""
	}
	switch {
	case len(c.Labels) > 0:
		return literal(c.Labels[n%len(c.Labels)])
	case c.Type == "uuid":
		return literal(fmt.Sprintf("10000000-0000-4000-8000-%012d", n))
	case c.Category == "N":
		return fmt.Sprint(n)
	case c.Category == "S":
		return literal(fmt.Sprintf("v%d", n))
	case c.Category == "B":
		return fmt.Sprint(n%2 == 0)
	case c.Category == "A":
		return "'{}'"
	}
	if known := fresh[c.Type]; len(known) > 0 {
		return literal(known[n%len(known)])
	}
	if c.NotNull {
		return ""
	}
	return "NULL"
}

// isShared reports whether a column is in a unique key that does not hold the
// tenant, so that its values differ between tenants.
func (r *newRow) isShared(column string) bool {
	ties := []string{r.table.Tenancy.Column}
	if r.table.Tenancy.Class == ir.ClassChild {
		ties = r.table.Tenancy.Path[0].Columns
	}
	for _, key := range r.table.Keys() {
		if slices.Contains(key, column) && !slices.ContainsFunc(ties, func(c string) bool { return slices.Contains(key, c) }) {
			return true
		}
	}
	return false
}
