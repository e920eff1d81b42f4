package postgres

import "github.com/jackc/pgx/v5"

// callRows are the rows of a call. Closing them ends it.
type callRows struct {
	pgx.Rows
	call  call
	ended bool
	err   error
}

func newCallRows(c call) *callRows {
	return &callRows{Rows: pgx.RowsFromResultReader(c.session.conn.TypeMap(), c.reader), call: c}
}

func (r *callRows) Close() {
	if r.ended {
		return
	}
	r.ended = true
	r.Rows.Close()
	r.err = r.call.end(r.Rows.CommandTag(), r.Rows.Err())
}

func (r *callRows) Err() error {
	if r.ended {
		return r.err
	}
	return r.Rows.Err()
}

func (r *callRows) Next() bool {
	if r.Rows.Next() {
		return true
	}
	r.Close()
	return false
}

func (r *callRows) Scan(dest ...any) error {
	err := r.Rows.Scan(dest...)
	if err != nil {
		r.Close()
	}
	return err
}

func (r *callRows) Values() ([]any, error) {
	values, err := r.Rows.Values()
	if err != nil {
		r.Close()
	}
	return values, err
}

// callRow is the first of the rows of a call.
type callRow callRows

func (r *callRow) Scan(dest ...any) error { return scanFirst((*callRows)(r), dest) }

// Conn returns the connection, which belongs to the rows until they are closed.
func (r *callRows) Conn() *pgx.Conn { return r.call.session.conn }
