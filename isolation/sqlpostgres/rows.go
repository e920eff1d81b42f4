package sqlpostgres

import (
	"context"
	"database/sql/driver"
	"io"
	"reflect"
)

// rows are the rows of a statement in a transaction of its own, which ends with
// them: behind the last one, since database/sql promises nothing about the error of
// Close there, or when they are closed before it.
type rows struct {
	driver.Rows
	conn  *conn
	ctx   context.Context // of the statement; driver.Rows has none of its own
	ended bool
}

func (r *rows) Next(dest []driver.Value) error {
	err := r.Rows.Next(dest)
	switch {
	case err == nil, err == io.EOF && r.HasNextResultSet():
		return err
	case err == io.EOF:
		if err := r.end(nil); err != nil {
			return err
		}
		return io.EOF
	}
	return r.end(err)
}

// Close ends a statement whose rows were not all read, as a success.
func (r *rows) Close() error { return r.end(nil) }

// end closes the rows and ends the transaction, once. The driver's rows go first:
// what is left of them has to be read, and may be an error.
func (r *rows) end(err error) error {
	if r.ended {
		return err
	}
	r.ended = true
	if closeErr := r.Rows.Close(); err == nil {
		err = closeErr
	}
	return r.conn.leave(r.ctx, err)
}

func (r *rows) HasNextResultSet() bool {
	n, ok := r.Rows.(driver.RowsNextResultSet)
	return ok && n.HasNextResultSet()
}

func (r *rows) NextResultSet() error {
	if n, ok := r.Rows.(driver.RowsNextResultSet); ok {
		return n.NextResultSet()
	}
	return io.EOF
}

// The methods below are those that database/sql asks a driver's rows for. Where the
// driver has none, the answers are those that database/sql would give.

func (r *rows) ColumnTypeScanType(index int) reflect.Type {
	if t, ok := r.Rows.(driver.RowsColumnTypeScanType); ok {
		return t.ColumnTypeScanType(index)
	}
	return reflect.TypeFor[any]()
}

func (r *rows) ColumnTypeDatabaseTypeName(index int) string {
	if t, ok := r.Rows.(driver.RowsColumnTypeDatabaseTypeName); ok {
		return t.ColumnTypeDatabaseTypeName(index)
	}
	return ""
}

func (r *rows) ColumnTypeLength(index int) (int64, bool) {
	if t, ok := r.Rows.(driver.RowsColumnTypeLength); ok {
		return t.ColumnTypeLength(index)
	}
	return 0, false
}

func (r *rows) ColumnTypeNullable(index int) (nullable, known bool) {
	if t, ok := r.Rows.(driver.RowsColumnTypeNullable); ok {
		return t.ColumnTypeNullable(index)
	}
	return false, false
}

func (r *rows) ColumnTypePrecisionScale(index int) (precision, scale int64, known bool) {
	if t, ok := r.Rows.(driver.RowsColumnTypePrecisionScale); ok {
		return t.ColumnTypePrecisionScale(index)
	}
	return 0, 0, false
}
