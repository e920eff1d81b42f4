package equivalence

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/ir"
)

// rowsEach is how many rows populate tries to give each tenant in each table.
const rowsEach = 6

// populate gives tenants rows in all tables, made of the columns' types: the same
// values in every tenant where no key forbids it, NULLs where they may be, and
// parents of the tenant's own. A row that the schema refuses is left out.
func populate(ctx context.Context, conn *pgx.Conn, cat *catalog.Catalog, tenants []string) error {
	columns, err := columnTypes(ctx, conn)
	if err != nil {
		return err
	}
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
				p := &newRow{cat: cat, table: t, columns: columns[t.Schema+"."+t.Name], tenant: tenant, who: i, n: n}
				var refused *pgconn.PgError
				if _, err := conn.Exec(ctx, p.sql()); err != nil && !errors.As(err, &refused) {
					return err
				}
			}
		}
	}
	for _, t := range cat.Tables {
		if t.Kind == ir.KindMaterializedView {
			if _, err := conn.Exec(ctx, "REFRESH MATERIALIZED VIEW "+qualified(t.Schema, t.Name)); err != nil {
				return err
			}
		}
	}
	return nil
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

func columnTypes(ctx context.Context, conn *pgx.Conn) (map[string][]columnType, error) {
	rows, err := conn.Query(ctx, `
		SELECT n.nspname || '.' || c.relname, a.attname::text, b.typname::text, b.typcategory::text, a.attnotnull,
			a.attidentity <> '' OR a.attgenerated <> '' OR coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid), '') LIKE 'nextval(%',
			ARRAY(SELECT e.enumlabel::text FROM pg_catalog.pg_enum AS e WHERE e.enumtypid = b.oid ORDER BY e.enumsortorder)
		FROM pg_catalog.pg_attribute AS a
		JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
		JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
		JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
		JOIN pg_catalog.pg_type AS b ON b.oid = coalesce(nullif(t.typbasetype, 0), t.oid)
		LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
		WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p')
		ORDER BY a.attnum`)
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[columnType])
	out := map[string][]columnType{}
	for _, c := range list {
		out[c.Table] = append(out[c.Table], c)
	}
	return out, err
}

// newRow is a row that is made up for a tenant.
type newRow struct {
	cat     *catalog.Catalog
	table   *catalog.Table
	columns []columnType
	tenant  string
	who, n  int // number of the tenant, and of the row
}

// sql inserts the row.
func (r *newRow) sql() string {
	var names, values []string
	for i, c := range r.columns {
		if v := r.value(c, i); v != "" {
			names, values = append(names, quote(c.Column)), append(values, v)
		}
	}
	return "INSERT INTO " + qualified(r.table.Schema, r.table.Name) + " (" + strings.Join(names, ", ") + ") VALUES (" + strings.Join(values, ", ") + ") ON CONFLICT DO NOTHING"
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
		return "DEFAULT"
	}
	return "NULL"
}

// parent is a column of a parent's key: one of the tenant's own rows, always the
// same one for all columns of a key.
func (r *newRow) parent(f *catalog.ForeignKey, k int) string {
	t := r.cat.Lookup(f.RefSchema, f.RefTable)
	if t == nil || k >= len(f.RefColumns) {
		return "NULL"
	}
	where := "true"
	if owner := inPostgreSQL.ownerOf(t, r.cat, "x"); owner != "" {
		where = owner + " = " + literal(r.tenant)
	}
	return fmt.Sprintf("(SELECT x.%s FROM %s AS x WHERE %s ORDER BY x::text LIMIT 1 OFFSET %d %% greatest(1, (SELECT count(*) FROM %s AS x WHERE %s)))",
		quote(f.RefColumns[k]), qualified(t.Schema, t.Name), where, r.n, qualified(t.Schema, t.Name), where)
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
