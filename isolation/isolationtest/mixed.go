package isolationtest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// checkInterleaved lets two tenants take turns on one connection, in an order
// that is random and the same each time, against a model of what each owns.
func checkInterleaved(ctx context.Context, e *env) error {
	random := rand.New(rand.NewPCG(1, 2))
	tenants := []runtime.Tenant{ann, bob}
	model := map[string][]string{ann.ID: slices.Clone(notes[ann.ID]), bob.ID: slices.Clone(notes[bob.ID])}
	oops := errors.New("oops")
	for i := range 120 {
		t := tenants[random.IntN(len(tenants))]
		db := e.provider.For(t)
		id := 100 + i
		row := fmt.Sprintf("%d mixed", id)
		insert := func(db pgxdb.DB) error {
			_, err := db.Exec(ctx, insertNote, t.ID, id, "mixed")
			return err
		}
		var err error
		stored := true
		action := random.IntN(7)
		switch action {
		case 0:
			err = insert(db)
		case 1:
			err = pgxdb.InTx(ctx, db, insert)
		case 2:
			stored = false
			err = pgxdb.InTx(ctx, db, func(tx pgxdb.DB) error { return errors.Join(insert(tx), oops) })
			if errors.Is(err, oops) {
				err = nil
			}
		case 3:
			err = pgxdb.InTx(ctx, db, func(tx pgxdb.DB) error { return pgxdb.InTx(ctx, tx, insert) })
		case 4:
			b := &pgx.Batch{}
			b.Queue(insertNote, t.ID, id, "mixed")
			err = db.SendBatch(ctx, b).Close()
		case 5:
			stored = false
			_, failed := db.Exec(ctx, "SELECT 1 / $1::int", 0)
			err = wantErr("Exec", failed)
		case 6: // as much as there is, and of the other tenant nothing
			stored = false
			model[t.ID] = nil
			_, err = e.exec(ctx, db, t, deleteNotes)
		}
		if err != nil {
			return fmt.Errorf("turn %d, action %d: %w", i, action, err)
		}
		if stored {
			model[t.ID] = append(model[t.ID], row)
		}
		for _, reader := range tenants {
			if err := e.wantList(ctx, e.provider.For(reader), reader, model[reader.ID]); err != nil {
				return fmt.Errorf("turn %d, action %d: %w", i, action, err)
			}
		}
	}
	return errors.Join(e.wantStored(ctx, ann, model[ann.ID]), e.wantStored(ctx, bob, model[bob.ID]))
}

// checkConcurrent lets more goroutines than there are connections work as
// several tenants.
func checkConcurrent(ctx context.Context, e *env) error {
	const workers, turns = 8, 15
	var wg sync.WaitGroup
	errs := make([]error, workers)
	for w := range workers {
		if err := e.settle(ctx, worker(w)); err != nil {
			return err
		}
	}
	for w := range workers {
		wg.Go(func() {
			// Every worker is a tenant of its own, so that it knows its rows.
			t := worker(w)
			db := e.wide.For(t)
			var mine []string
			for i := range turns {
				if err := e.turn(ctx, db, t, i, &mine); err != nil {
					errs[w] = fmt.Errorf("%s, turn %d: %w", t.ID, i, err)
					return
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(append(errs, givenBack(ctx, e.widePool), e.unchanged(ctx, ann, bob))...)
}

func worker(w int) runtime.Tenant { return runtime.Tenant{ID: fmt.Sprintf("worker-%d", w)} }

// turn does one thing as a worker, and reads its rows.
func (e *env) turn(ctx context.Context, db pgxdb.DB, t runtime.Tenant, i int, mine *[]string) error {
	switch i % 5 {
	case 0, 1:
		id := 10 + i
		insert := func(db pgxdb.DB) error {
			_, err := db.Exec(ctx, insertNote, t.ID, id, "w")
			return err
		}
		var err error
		if i%5 == 0 {
			err = insert(db)
		} else {
			err = pgxdb.InTx(ctx, db, insert)
		}
		if err != nil {
			return err
		}
		*mine = append(*mine, fmt.Sprintf("%d w", id))
	case 2:
		if _, err := db.Exec(ctx, "SELECT 1 / $1::int", 0); err == nil {
			return errors.New("no error")
		}
	case 3:
		ended, cancel := context.WithCancel(ctx)
		cancel()
		if _, err := e.list(ended, db, t); err == nil {
			return errors.New("no error for a context that has ended")
		}
	case 4:
		rows, err := db.Query(ctx, "SELECT n FROM generate_series(1, $1::int) n", 2000)
		if err != nil {
			return err
		}
		rows.Next()
		rows.Close()
	}
	return e.wantList(ctx, db, t, *mine)
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
