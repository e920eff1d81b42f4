package pgstore

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/runtime/store/internal/record"
)

// step is a statement and what reads its rows; nil for one whose rows nobody needs.
type step struct {
	sql  string
	args []any
	read func(pgx.Rows) error
}

// The ends of a transaction. Under a stricter level a change would be an error where
// another came in between, and the count of tenants would be that of before the lock.
var (
	begin  = step{sql: "BEGIN ISOLATION LEVEL READ COMMITTED"}
	commit = step{sql: "COMMIT"}
)

// write runs transactions, all in one network round trip, one statement after the other
// and each with what is committed when it begins. After an error nothing more is run.
func (s *Store) write(ctx context.Context, steps ...step) error {
	if err := s.open(ctx); err != nil {
		return err
	}
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	batch := &pgx.Batch{}
	for _, st := range steps {
		batch.Queue(s.sql(st.sql), st.args...)
	}
	results := conn.SendBatch(ctx, batch)
	for _, st := range steps {
		if err = st.result(results); err != nil {
			break
		}
	}
	err = errors.Join(err, results.Close())
	if err != nil {
		rollback(ctx, conn)
	}
	return safe(err)
}

// result reads what the statement returned.
func (st step) result(results pgx.BatchResults) error {
	if st.read == nil {
		_, err := results.Exec()
		return err
	}
	rows, err := results.Query()
	if err != nil {
		return err
	}
	defer rows.Close()
	if err := st.read(rows); err != nil {
		return err
	}
	rows.Close()
	return rows.Err()
}

// rollback ends the transaction that an error left open. Where it fails, the pool closes
// the connection.
func rollback(ctx context.Context, conn *pgxpool.Conn) {
	if !conn.Conn().IsClosed() && conn.Conn().PgConn().TxStatus() != 'I' {
		_, _ = conn.Exec(ctx, "ROLLBACK")
	}
}

// was locks a tenant and reads it as it is then, also where that is newer than what the
// statement sees otherwise. The rest of the statement builds on it.
const was = `WITH was AS MATERIALIZED (SELECT * FROM tenancy.tenants WHERE id = $1::text FOR NO KEY UPDATE)`

// changedOrWas returns the tenant after the change, or, where it was not changed, as it
// is.
const changedOrWas = `SELECT true, ` + columns + ` FROM changed UNION ALL
	SELECT false, ` + columns + ` FROM was WHERE NOT EXISTS (SELECT FROM changed WHERE changed.id = was.id)`

// next is what every change does.
const next = `version = t.version + 1, updated_at = pg_catalog.clock_timestamp()`

// change is what a statement with changedOrWas says about a tenant.
type change struct {
	record.Row
	done bool
}

// changes reads the rows of changedOrWas.
func changes(out *[]change) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		for rows.Next() {
			var c change
			if err := rows.Scan(append([]any{&c.done}, into(&c.Row)...)...); err != nil {
				return err
			}
			*out = append(*out, c)
		}
		return nil
	}
}
