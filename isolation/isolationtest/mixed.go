package isolationtest

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/isolation/internal/workload"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// calls are what the tenants of a workload do.
func (e *env) calls(provider pgxdb.Provider) workload.Calls[pgxdb.DB] {
	return workload.Calls[pgxdb.DB]{
		For:  func(t runtime.Tenant) pgxdb.DB { return provider.For(t) },
		InTx: pgxdb.InTx,
		Insert: func(ctx context.Context, db pgxdb.DB, t runtime.Tenant, id int, body string) error {
			_, err := db.Exec(ctx, insertNote, t.ID, id, body)
			return err
		},
		InsertAlso: func(ctx context.Context, db pgxdb.DB, t runtime.Tenant, id int, body string) error {
			b := &pgx.Batch{}
			b.Queue(insertNote, t.ID, id, body)
			return db.SendBatch(ctx, b).Close()
		},
		List: e.list,
		DeleteAll: func(ctx context.Context, db pgxdb.DB, t runtime.Tenant) error {
			_, err := e.exec(ctx, db, t, deleteNotes)
			return err
		},
		Fail: func(ctx context.Context, db pgxdb.DB, _ runtime.Tenant) error {
			_, err := db.Exec(ctx, "SELECT 1 / $1::int", 0)
			return err
		},
		Abandon: func(ctx context.Context, db pgxdb.DB) error {
			rows, err := db.Query(ctx, "SELECT n FROM generate_series(1, $1::int) n", 2000)
			if err != nil {
				return err
			}
			rows.Next()
			rows.Close()
			return nil
		},
	}
}

// checkInterleaved lets two tenants take turns on one connection.
func checkInterleaved(ctx context.Context, e *env) error {
	model, err := workload.Interleaved(ctx, e.calls(e.provider), 120, []runtime.Tenant{ann, bob}, notes)
	if err != nil {
		return err
	}
	return errors.Join(e.wantStored(ctx, ann, model[ann.ID]), e.wantStored(ctx, bob, model[bob.ID]))
}

// checkConcurrent lets more tenants than there are connections work at the same time.
func checkConcurrent(ctx context.Context, e *env) error {
	workers := workload.Workers()
	for _, t := range workers {
		if err := e.settle(ctx, t); err != nil {
			return err
		}
	}
	err := workload.Concurrent(ctx, e.calls(e.wide), 15, workers)
	return errors.Join(err, givenBack(ctx, e.widePool), e.unchanged(ctx, ann, bob))
}

// checkRoundTrips counts what a call costs once its statements are known to the
// connection. It may not cost more than the plain pool in the same mode, which
// is one round trip but in describe_exec mode.
func checkRoundTrips(ctx context.Context, e *env) error {
	db := e.provider.For(ann)
	want := 1
	if e.pool.Config().ConnConfig.DefaultQueryExecMode == pgx.QueryExecModeDescribeExec {
		want = 2 // one to describe, one to execute
	}
	sql, args := e.layout.scoped(ann, oneNote, 1)
	var tx pgx.Tx
	plain, plainArgs := sql, args
	if e.layout.place != nil {
		plain, plainArgs = "SELECT name FROM plans WHERE id = $1", []any{1}
	}
	calls := []struct {
		name  string
		limit int
		run   func() error
	}{
		{"plain pool", want, func() error {
			var s string
			if err := e.pool.QueryRow(ctx, plain, plainArgs...).Scan(&s); err != pgx.ErrNoRows {
				return err
			}
			return nil
		}},
		{"Query", want, func() error {
			rows, err := db.Query(ctx, sql, args...)
			if err != nil {
				return err
			}
			_, err = pgx.CollectRows(rows, pgx.RowTo[string])
			return err
		}},
		{"QueryRow", want, func() error {
			var s string
			return db.QueryRow(ctx, sql, args...).Scan(&s)
		}},
		{"Exec", want, func() error {
			_, err := db.Exec(ctx, sql, args...)
			return err
		}},
		{"SendBatch of three", want, func() error {
			b := &pgx.Batch{}
			for range 3 {
				b.Queue(sql, args...)
			}
			return db.SendBatch(ctx, b).Close()
		}},
		// A provider may begin with the first statement.
		{"Begin and a statement", 2 * want, func() (err error) {
			if tx, err = db.Begin(ctx); err != nil {
				return err
			}
			_, err = tx.Exec(ctx, sql, args...)
			return err
		}},
		{"statement of a transaction", want, func() error {
			_, err := tx.Exec(ctx, sql, args...)
			return err
		}},
		{"Commit", 1, func() error { return tx.Commit(ctx) }},
	}
	for range 2 { // the first time the connection learns the statements
		for _, c := range calls {
			if err := c.run(); err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
		}
	}
	for _, c := range calls {
		n, err := e.wire.Count(c.run)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		if trips := max(n.Ready, n.Turns); trips > c.limit || trips == 0 {
			return fmt.Errorf("%s: %d round trips (%+v), want %d", c.name, trips, n, c.limit)
		}
	}
	return nil
}
