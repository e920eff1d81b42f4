package pgxdb

import (
	"context"
	"database/sql/driver"
	"fmt"
	"reflect"
	"slices"

	"github.com/jackc/pgx/v5"
)

// CopyRefuser is implemented by a DB whose CopyFrom may be impossible, as it is
// under row-level security.
type CopyRefuser interface {
	// RefusesCopy reports whether CopyFrom is refused, whatever is copied.
	RefusesCopy() bool
}

// RefusesCopy reports whether db refuses to copy. Generated code asks before it
// copies, since a COPY that fails would end the transaction that it is in.
func RefusesCopy(db DB) bool {
	r, ok := db.(CopyRefuser)
	return ok && r.RefusesCopy()
}

// rowsPerInsert is how many rows InsertRows gives to one INSERT. It bounds what the
// server holds of them at once; a tenth of it is no faster.
const rowsPerInsert = 10_000

// InsertRows inserts the rows of a source, all or none, and returns how many there
// were. The statement's parameters are arrays of the values of each column, but
// for the last, which is the value that all rows have in common: the tenant. The
// values of the columns at the indexes in text are sent as text.
func InsertRows(ctx context.Context, db DB, sql string, rows pgx.CopyFromSource, text ...int) (int64, error) {
	batch := &pgx.Batch{}
	var columns []column
	var last any
	n := 0
	queue := func() {
		args := make([]any, 0, len(columns)+1)
		for _, c := range columns {
			args = append(args, c.array())
		}
		batch.Queue(sql, append(args, last)...)
		n = 0
	}
	for rows.Next() {
		values, err := rows.Values()
		if err != nil {
			return 0, err
		}
		if len(values) == 0 {
			return 0, fmt.Errorf("tenancy: a row without the tenant")
		}
		if columns == nil {
			columns = make([]column, len(values)-1)
			for i := range columns {
				columns[i].text = slices.Contains(text, i)
			}
		}
		if n == rowsPerInsert {
			queue()
			for i := range columns {
				columns[i].values = nil
			}
		}
		for i := range columns {
			if err := columns[i].add(values[i]); err != nil {
				return 0, err
			}
		}
		last = values[len(values)-1]
		n++
	}
	if err := rows.Err(); err != nil {
		return 0, err
	}
	if n > 0 {
		queue()
	}
	return sendAll(ctx, db, batch)
}

// InsertEach inserts the rows of a source with a statement for each of them, in
// one round trip, all or none, and returns how many there were. The statement's
// parameters are the values of a row.
func InsertEach(ctx context.Context, db DB, sql string, rows pgx.CopyFromSource) (int64, error) {
	batch := &pgx.Batch{}
	for rows.Next() {
		values, err := rows.Values()
		if err != nil {
			return 0, err
		}
		batch.Queue(sql, values...)
	}
	if err := rows.Err(); err != nil {
		return 0, err
	}
	return sendAll(ctx, db, batch)
}

// sendAll sends the statements of a batch as one transaction and returns how many
// rows they inserted. An empty batch is sent too, so that a handle can refuse.
func sendAll(ctx context.Context, db DB, batch *pgx.Batch) (n int64, err error) {
	results := db.SendBatch(ctx, batch)
	defer func() {
		if closeErr := results.Close(); err == nil {
			err = closeErr
		}
		if err != nil {
			n = 0
		}
	}()
	for range batch.Len() {
		tag, err := results.Exec()
		if err != nil {
			return 0, err
		}
		n += tag.RowsAffected()
	}
	return n, nil
}

// column collects the values of a column.
type column struct {
	text   bool
	values []any
}

func (c *column) add(value any) error {
	if c.text {
		var err error
		if value, err = asText(value); err != nil {
			return err
		}
	}
	c.values = append(c.values, value)
	return nil
}

// array returns the values as a slice of their own type, which is what tells pgx
// the type of an array in the modes in which it does not ask the server. It is a
// slice of any where they are of several types.
func (c *column) array() any {
	typ := reflect.TypeOf(c.values[0])
	if c.text {
		typ = reflect.TypeFor[*string]()
	}
	for _, v := range c.values {
		if typ == nil || !c.text && reflect.TypeOf(v) != typ {
			return c.values
		}
	}
	out := reflect.MakeSlice(reflect.SliceOf(typ), len(c.values), len(c.values))
	for i, v := range c.values {
		out.Index(i).Set(reflect.ValueOf(v))
	}
	return out.Interface()
}

// asText returns a value as the text that PostgreSQL reads it from; a nil pointer
// for NULL.
func asText(value any) (*string, error) {
	if valuer, ok := value.(driver.Valuer); ok {
		if v := reflect.ValueOf(value); v.Kind() == reflect.Pointer && v.IsNil() {
			return nil, nil
		}
		var err error
		if value, err = valuer.Value(); err != nil {
			return nil, err
		}
	}
	v := reflect.ValueOf(value)
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return nil, nil
		}
		v = v.Elem()
	}
	switch {
	case !v.IsValid():
		return nil, nil
	case v.Kind() == reflect.String:
		s := v.String()
		return &s, nil
	case v.Type() == reflect.TypeFor[[]byte]():
		s := string(v.Bytes())
		return &s, nil
	}
	s := fmt.Sprint(v.Interface())
	return &s, nil
}
