package equivalence

import (
	"context"
	"fmt"

	"github.com/tenancygen/tenancygen/generator/catalog"
)

func (s *pgDatabase) sample(ctx context.Context, cat *catalog.Catalog) ([]*sample, error) {
	var out []*sample
	for _, t := range cat.Tables {
		owner := inPostgreSQL.ownerOf(t, cat, "x")
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

func (s *pgDatabase) types(ctx context.Context, st *Statement) ([]*paramType, error) {
	description, err := s.conn.PgConn().Prepare(ctx, "", st.Scoped, nil)
	if err != nil {
		if _, alone := s.conn.PgConn().Prepare(ctx, "", st.Original, nil); alone == nil {
			err = fmt.Errorf("%w: %w", ErrScopedAlone, err)
		}
		return nil, err
	}
	var out []*paramType
	for _, number := range st.numbers() {
		if number > len(description.ParamOIDs) {
			return nil, fmt.Errorf("%s: the scoped statement has no $%d", st.Name, number)
		}
		t, err := s.typeOf(ctx, description.ParamOIDs[number-1])
		if err != nil {
			return nil, fmt.Errorf("%s: type of $%d: %w", st.Name, number, err)
		}
		out = append(out, t)
	}
	return out, nil
}

// typeOf asks the server about a type.
func (s *pgDatabase) typeOf(ctx context.Context, oid uint32) (*paramType, error) {
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
