package equivalence

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/ir"
)

// populate gives tenants rows in all tables, made of the columns' types.
func populate(ctx context.Context, conn *pgx.Conn, cat *catalog.Catalog, tenants []string) error {
	columns, err := columnTypes(ctx, conn)
	if err != nil {
		return err
	}
	for row := range newRows(inPostgreSQL, cat, tenants) {
		row.columns, row.parent = columns[row.table.Schema+"."+row.table.Name], row.parentInPostgreSQL
		var refused *pgconn.PgError
		if _, err := conn.Exec(ctx, row.sql()+" ON CONFLICT DO NOTHING"); err != nil && !errors.As(err, &refused) {
			return err
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

// parentInPostgreSQL is a column of a parent's key: one of the tenant's own rows, always the
// same one for all columns of a key.
func (r *newRow) parentInPostgreSQL(f *catalog.ForeignKey, k int) string {
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
