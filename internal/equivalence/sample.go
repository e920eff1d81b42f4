package equivalence

import (
	"context"

	"github.com/tenancygen/tenancygen/generator/catalog"
)

// sample is the content of one table of the shared database.
type sample struct {
	table   *catalog.Table
	columns []string
	types   []uint32
	rows    []sampleRow
}

type sampleRow struct {
	owner  string
	values []Argument
}

// column is the index of the column that a parameter is about: the one of its
// name, or one in which its name ends; -1 without one.
func (s *sample) column(param string, oid uint32) int {
	found := -1
	for k, column := range s.columns {
		switch {
		case s.types[k] != oid:
		case param == column:
			return k
		case endsIn(param, column):
			found = k
		}
	}
	return found
}

// sample reads all tables and views.
func (s *side) sample(ctx context.Context, cat *catalog.Catalog) ([]*sample, error) {
	var out []*sample
	for _, t := range cat.Tables {
		owner := ownerOf(t, cat, "x")
		if owner == "" {
			owner = "NULL"
		}
		sql := "SELECT " + owner + ", x.* FROM " + qualified(t.Schema, t.Name) + " AS x ORDER BY x::text"
		reader := s.conn.PgConn().ExecParams(ctx, sql, nil, nil, nil, nil)
		result := reader.Read()
		if result.Err != nil {
			return nil, result.Err
		}
		one := &sample{table: t}
		for _, f := range reader.FieldDescriptions()[1:] { // the result has them only with rows
			one.columns = append(one.columns, f.Name)
			one.types = append(one.types, f.DataTypeOID)
		}
		for _, row := range result.Rows {
			r := sampleRow{owner: string(row[0])}
			for _, v := range row[1:] {
				r.values = append(r.values, Argument(v))
			}
			one.rows = append(one.rows, r)
		}
		out = append(out, one)
	}
	return out, nil
}

// paramType is the type of a parameter.
type paramType struct {
	oid      uint32
	name     string
	element  *paramType // of an array
	labels   []string   // of an enum
	category byte
}

// typeOf asks the server about a type.
func (s *side) typeOf(ctx context.Context, oid uint32) (*paramType, error) {
	t := &paramType{oid: oid}
	var element uint32
	err := s.conn.QueryRow(ctx, `
		SELECT t.typname::text, t.typcategory::text, CASE WHEN t.typcategory = 'A' THEN t.typelem ELSE 0 END,
			ARRAY(SELECT e.enumlabel::text FROM pg_catalog.pg_enum AS e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder)
		FROM pg_catalog.pg_type AS t WHERE t.oid = $1`, oid).Scan(&t.name, (*byteText)(&t.category), &element, &t.labels)
	if err == nil && element != 0 {
		t.element, err = s.typeOf(ctx, element)
	}
	return t, err
}

// byteText scans a text of one character.
type byteText byte

// Scan implements sql.Scanner.
func (b *byteText) Scan(v any) error {
	if s, ok := v.(string); ok && s != "" {
		*b = byteText(s[0])
	}
	return nil
}
