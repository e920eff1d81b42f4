package equivalence

import (
	"context"
	"errors"
	"strings"

	"github.com/tenancygen/tenancygen/generator/catalog"
)

// populate gives tenants rows in all tables, made of the columns' types in the catalog.
func (d *plainDatabase) populate(ctx context.Context, cat *catalog.Catalog, tenants []string) error {
	for row := range newRows(d.template.spelling, cat, tenants) {
		row.columns = columnsOf(row.table)
		parents := map[*catalog.ForeignKey][]cell{}
		var failed error
		row.parent = func(f *catalog.ForeignKey, k int) string {
			if _, ok := parents[f]; !ok {
				var err error
				parents[f], err = d.parentRow(ctx, row, f)
				failed = errors.Join(failed, err)
			}
			if parents[f] == nil || parents[f][k].value == nil {
				return "NULL"
			}
			return parents[f][k].value.String()
		}
		sql := row.sql()
		if failed != nil {
			return failed
		}
		var refused *failure
		if _, err := d.query(ctx, sql, nil); err != nil && !errors.As(err, &refused) {
			return err
		}
	}
	return nil
}

// parentRow is the key of one of the tenant's rows that a foreign key leads to; nil where
// there is none.
func (d *plainDatabase) parentRow(ctx context.Context, row *newRow, f *catalog.ForeignKey) ([]cell, error) {
	w := row.spelling
	parent := row.cat.Lookup(f.RefSchema, f.RefTable)
	if parent == nil || len(f.RefColumns) != len(f.Columns) {
		return nil, nil
	}
	var columns []string
	for _, column := range f.RefColumns {
		columns = append(columns, "x."+w.quote(column))
	}
	list := strings.Join(columns, ", ")
	sql := "SELECT " + list + " FROM " + w.table(parent) + " AS x"
	if owner := w.ownerOf(parent, row.cat, "x"); owner != "" {
		sql += " WHERE " + owner + " = " + literal(row.tenant)
	}
	r, err := d.query(ctx, sql+" ORDER BY "+list, nil)
	if err != nil || len(r.rows) == 0 {
		return nil, err
	}
	return r.rows[row.n%len(r.rows)], nil
}

// columnsOf are a table's columns as its catalog has them.
func columnsOf(t *catalog.Table) []columnType {
	var out []columnType
	for _, c := range t.Columns {
		if c.Generated {
			continue
		}
		family := familyOf(c.Type)
		column := columnType{Column: c.Name, Type: family.name, Category: string(family.category), NotNull: c.NotNull, Given: c.Serial || c.Identity}
		if c.Type == "enum" || c.Type == "set" {
			column.Category = "N" // the first of its labels
		}
		out = append(out, column)
	}
	return out
}
