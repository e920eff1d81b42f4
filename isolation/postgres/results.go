package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
)

// execBatch runs a statement as a batch of pgx's.
func (d tenantDB) execBatch(ctx context.Context, conn *pgxpool.Conn, sql string, args []any) (pgconn.CommandTag, error) {
	b := &pgx.Batch{}
	b.Queue(sql, args...)
	results, err := d.send(ctx, conn, b)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	defer results.release()
	tag, err := results.Exec()
	// The implicit transaction is committed behind the last result, so a
	// deferred constraint fails here and not above.
	if closeErr := results.Close(); err == nil {
		err = closeErr
	}
	return tag, err
}

// queryBatch is execBatch for rows.
func (d tenantDB) queryBatch(ctx context.Context, conn *pgxpool.Conn, sql string, args []any) (pgx.Rows, error) {
	b := &pgx.Batch{}
	b.Queue(sql, args...)
	results, err := d.send(ctx, conn, b)
	if err != nil {
		return nil, err
	}
	rows, err := results.Query()
	if err != nil {
		_ = results.Close()
		return nil, err
	}
	return &tenantRows{Rows: rows, results: results}, nil
}

// send sends the queries of b as one implicit transaction in which the tenant is
// set, and returns their results once the server has said that it is. When the
// setting fails, PostgreSQL skips the queries behind it. The connection is given
// back with the results, and on an error.
func (d tenantDB) send(ctx context.Context, conn *pgxpool.Conn, b *pgx.Batch) (*tenantResults, error) {
	results := &tenantResults{conn: conn}
	// The arguments' own methods, and rewriters, are the caller's code and may
	// panic half way into the pipeline. The pool then destroys the connection.
	sent := false
	defer func() {
		if !sent {
			results.release()
		}
	}()

	scoped := &pgx.Batch{}
	scoped.Queue(d.rls.setTenant, d.id)
	// The same queued queries, since their callbacks hang on them.
	scoped.QueuedQueries = append(scoped.QueuedQueries, b.QueuedQueries...)
	results.BatchResults = conn.SendBatch(ctx, scoped)
	if _, err := results.Exec(); err != nil {
		_ = results.BatchResults.Close()
		return nil, err
	}
	sent = true
	return results, nil
}

// tenantResults are the results of the caller's queries: that of the setting has
// been read already. They hold the connection until they are closed.
type tenantResults struct {
	pgx.BatchResults
	conn *pgxpool.Conn
}

// Close runs what callbacks are left, and returns the error of the commit.
func (r *tenantResults) Close() error {
	// Deferred for the callbacks, which may panic.
	defer r.release()
	return r.BatchResults.Close()
}

// release gives the connection back, once.
func (r *tenantResults) release() {
	if r.conn != nil {
		r.conn.Release()
		r.conn = nil
	}
}

// tenantRows are the rows of a single statement. Closing them closes the batch
// that the statement is in.
type tenantRows struct {
	pgx.Rows
	results *tenantResults
	err     error
}

func (r *tenantRows) Close() {
	r.Rows.Close()
	if r.results == nil {
		return
	}
	// A deferred constraint fails behind the rows.
	r.err = r.results.Close()
	r.results = nil
}

func (r *tenantRows) Err() error {
	if err := r.Rows.Err(); err != nil {
		return err
	}
	return r.err
}

func (r *tenantRows) Next() bool {
	if r.Rows.Next() {
		return true
	}
	r.Close()
	return false
}

func (r *tenantRows) Scan(dest ...any) error {
	err := r.Rows.Scan(dest...)
	if err != nil {
		r.Close()
	}
	return err
}

func (r *tenantRows) Values() ([]any, error) {
	values, err := r.Rows.Values()
	if err != nil {
		r.Close()
	}
	return values, err
}

// firstOf returns the first of rows.
func firstOf(rows pgx.Rows) pgx.Row {
	if r, ok := rows.(*callRows); ok {
		return (*callRow)(r)
	}
	return tenantRow{rows}
}

// tenantRow is the first of rows.
type tenantRow struct {
	rows pgx.Rows
}

func (r tenantRow) Scan(dest ...any) error { return scanFirst(r.rows, dest) }

// scanFirst does what the Scan of pgx's own row does, so that the error of the commit
// is returned too.
func scanFirst(rows pgx.Rows, dest []any) error {
	// Deferred for the destinations' own methods, which may panic.
	defer rows.Close()
	for _, d := range dest {
		if _, ok := d.(*pgtype.DriverBytes); ok {
			return errors.New("cannot scan into *pgtype.DriverBytes from QueryRow")
		}
	}
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return err
		}
		return pgx.ErrNoRows
	}
	if err := rows.Scan(dest...); err != nil {
		return err
	}
	rows.Close()
	return rows.Err()
}
