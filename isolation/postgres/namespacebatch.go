package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// renderAll returns a batch to be sent for b, whose statements are all generated or
// all hand-written: there is one search_path for them.
func (d spaceDB) renderAll(b *pgx.Batch) (rendered *pgx.Batch, handwritten bool, err error) {
	// Only a batch that begins a transaction has one when it fails.
	if pgx.FailedBatchResults(b, ErrBatchBegin).Tx() != nil {
		return nil, false, ErrBatchBegin
	}
	rendered = &pgx.Batch{QueuedQueries: make([]*pgx.QueuedQuery, 0, b.Len())}
	for i, q := range b.QueuedQueries {
		sql, byHand, err := d.render(q.SQL)
		if err != nil {
			return nil, false, err
		}
		if i > 0 && byHand != handwritten {
			return nil, false, ErrMixedBatch
		}
		handwritten = byHand
		args := q.Arguments
		switch {
		case !byHand:
			args = guarded(args)
		case controlsTransaction(sql):
			return nil, false, ErrTransactionControl
		default:
			if err := d.checkAlone(sql, args); err != nil {
				return nil, false, err
			}
		}
		// The callbacks hang on the queued queries.
		rendered.QueuedQueries = append(rendered.QueuedQueries, &pgx.QueuedQuery{SQL: sql, Arguments: args, Fn: q.Fn})
	}
	return rendered, handwritten, nil
}

func (d spaceDB) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	rendered, handwritten, err := d.renderAll(b)
	if err != nil {
		return pgx.FailedBatchResults(b, err)
	}
	if !handwritten {
		return checkedResults{d.plain.SendBatch(ctx, rendered)}
	}
	tx, err := d.Begin(ctx)
	if err != nil {
		return pgx.FailedBatchResults(b, err)
	}
	return &aloneResults{BatchResults: tx.SendBatch(ctx, b), end: func(err error) error { return endAlone(ctx, tx, err) }}
}

func (tx spaceTx) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	rendered, handwritten, err := tx.db.renderAll(b)
	if err == nil {
		err = tx.prepare(ctx, handwritten)
	}
	if err != nil {
		return pgx.FailedBatchResults(b, err)
	}
	return checkedResults{tx.Tx.SendBatch(ctx, rendered)}
}

// aloneResults are those of a batch whose transaction ends with it.
type aloneResults struct {
	pgx.BatchResults
	end func(error) error
	err error
}

func (r *aloneResults) Close() error {
	if r.end == nil {
		return r.err
	}
	end := r.end
	r.end = nil
	// Deferred for the callbacks, which may panic: the transaction must not stay.
	closed := false
	defer func() {
		if !closed {
			_ = end(context.Canceled)
		}
	}()
	err := r.BatchResults.Close()
	closed = true
	r.err = end(err)
	return r.err
}

// checkedResults say so where the tenant's tables are not there.
type checkedResults struct{ pgx.BatchResults }

func (r checkedResults) Exec() (pgconn.CommandTag, error) {
	tag, err := r.BatchResults.Exec()
	return tag, uninitialized(err)
}

func (r checkedResults) Query() (pgx.Rows, error) {
	rows, err := r.BatchResults.Query()
	if rows != nil {
		rows = checkedRows{rows}
	}
	return rows, uninitialized(err)
}

func (r checkedResults) QueryRow() pgx.Row { return checkedRow{r.BatchResults.QueryRow()} }
func (r checkedResults) Close() error      { return uninitialized(r.BatchResults.Close()) }

type checkedRow struct{ pgx.Row }

func (r checkedRow) Scan(dest ...any) error { return uninitialized(r.Row.Scan(dest...)) }
