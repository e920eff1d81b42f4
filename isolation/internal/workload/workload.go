// Package workload has tenants use a provider in turns, and at the same time, and holds
// what they read to a model of what each of them owns. The suites for pgx, for SQLite
// and MySQL, and for PostgreSQL over database/sql run it, each with the calls of its own
// handles.
package workload

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tenancygen/tenancygen/runtime"
)

// Calls are what tenants do with the handles of a provider, in a table of rows with an
// id and a body. DB is a handle, or a transaction in its place.
type Calls[DB any] struct {
	For    func(t runtime.Tenant) DB
	InTx   func(ctx context.Context, db DB, fn func(tx DB) error) error
	Insert func(ctx context.Context, db DB, t runtime.Tenant, id int, body string) error
	// List returns "id body" of each row of the tenant's, by id.
	List func(ctx context.Context, db DB, t runtime.Tenant) ([]string, error)
	// DeleteAll deletes as much as there is, and of other tenants nothing.
	DeleteAll func(ctx context.Context, db DB, t runtime.Tenant) error
	// Fail sends what the database refuses, and returns the error of it.
	Fail func(ctx context.Context, db DB, t runtime.Tenant) error
	// Abandon asks for many rows, reads one and closes them.
	Abandon func(ctx context.Context, db DB) error
	// InsertAlso inserts in another way that the handles have, such as in a batch; nil
	// for none.
	InsertAlso func(ctx context.Context, db DB, t runtime.Tenant, id int, body string) error
}

// errUndone has a transaction rolled back.
var errUndone = errors.New("undone")

// action is what a tenant does in a turn.
type action[DB any] struct {
	name string
	run  func(ctx context.Context, db DB, insert func(DB) error, t runtime.Tenant) error
	// stores is set where the row is there afterwards, and clears where no row is.
	stores, clears bool
}

// actions are those of Interleaved.
func (c Calls[DB]) actions() []action[DB] {
	return []action[DB]{
		{name: "insert", stores: true, run: func(_ context.Context, db DB, insert func(DB) error, _ runtime.Tenant) error {
			return insert(db)
		}},
		{name: "insert in a transaction", stores: true, run: func(ctx context.Context, db DB, insert func(DB) error, _ runtime.Tenant) error {
			return c.InTx(ctx, db, insert)
		}},
		{name: "insert in a transaction in another", stores: true, run: func(ctx context.Context, db DB, insert func(DB) error, _ runtime.Tenant) error {
			return c.InTx(ctx, db, func(tx DB) error { return c.InTx(ctx, tx, insert) })
		}},
		{name: "insert and roll back", run: func(ctx context.Context, db DB, insert func(DB) error, _ runtime.Tenant) error {
			err := c.InTx(ctx, db, func(tx DB) error { return errors.Join(insert(tx), errUndone) })
			if errors.Is(err, errUndone) {
				return nil
			}
			return fmt.Errorf("error %v, want the function's", err)
		}},
		{name: "fail", run: func(ctx context.Context, db DB, _ func(DB) error, t runtime.Tenant) error {
			return c.fail(ctx, db, t)
		}},
		{name: "delete all", clears: true, run: func(ctx context.Context, db DB, _ func(DB) error, t runtime.Tenant) error {
			return c.DeleteAll(ctx, db, t)
		}},
	}
}

// Interleaved lets tenants take turns, in an order that is random and the same each
// time; after each turn all of them read. It is given the rows of each tenant by its
// id, and returns those that are there afterwards.
func Interleaved[DB any](ctx context.Context, c Calls[DB], turns int, tenants []runtime.Tenant, rows map[string][]string) (map[string][]string, error) {
	model := map[string][]string{}
	for id, list := range rows {
		model[id] = slices.Clone(list)
	}
	random := rand.New(rand.NewPCG(1, 2))
	actions := c.actions()
	for i := range turns {
		t := tenants[random.IntN(len(tenants))]
		id := 100 + i
		insert := func(db DB) error { return c.Insert(ctx, db, t, id, "mixed") }
		if c.InsertAlso != nil && random.IntN(4) == 0 {
			insert = func(db DB) error { return c.InsertAlso(ctx, db, t, id, "mixed") }
		}
		act := actions[random.IntN(len(actions))]
		if err := act.run(ctx, c.For(t), insert, t); err != nil {
			return nil, fmt.Errorf("turn %d, %s: %w", i, act.name, err)
		}
		switch {
		case act.stores:
			model[t.ID] = append(model[t.ID], fmt.Sprintf("%d mixed", id))
		case act.clears:
			model[t.ID] = nil
		}
		for _, reader := range tenants {
			if err := c.reads(ctx, c.For(reader), reader, model[reader.ID]); err != nil {
				return nil, fmt.Errorf("turn %d, %s: %w", i, act.name, err)
			}
		}
	}
	return model, nil
}

// reads compares what a tenant reads.
func (c Calls[DB]) reads(ctx context.Context, db DB, t runtime.Tenant, want []string) error {
	got, err := c.List(ctx, db, t)
	if err != nil {
		return fmt.Errorf("list as %s: %w", t.ID, err)
	}
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		return fmt.Errorf("rows that %s reads (-want +got):\n%s", t.ID, d)
	}
	return nil
}

func (c Calls[DB]) fail(ctx context.Context, db DB, t runtime.Tenant) error {
	if err := c.Fail(ctx, db, t); err == nil {
		return errors.New("no error for a statement that the database refuses")
	}
	return nil
}

// Workers returns tenants for Concurrent, which have no rows yet.
func Workers() []runtime.Tenant {
	workers := make([]runtime.Tenant, 8)
	for w := range workers {
		workers[w].ID = fmt.Sprintf("worker-%d", w)
	}
	return workers
}

// Concurrent lets the workers work at the same time. Each is a tenant of its own, so
// that it knows its rows. Where there are fewer connections than workers, they are
// handed from one to another.
func Concurrent[DB any](ctx context.Context, c Calls[DB], turns int, workers []runtime.Tenant) error {
	errs := make([]error, len(workers))
	var wg sync.WaitGroup
	for w, t := range workers {
		wg.Go(func() {
			db := c.For(t)
			var mine []string
			for i := range turns {
				err := c.turn(ctx, db, t, i, &mine)
				if err == nil {
					err = c.reads(ctx, db, t, mine)
				}
				if err != nil {
					errs[w] = fmt.Errorf("%s, turn %d: %w", t.ID, i, err)
					return
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// turn does one thing as a worker.
func (c Calls[DB]) turn(ctx context.Context, db DB, t runtime.Tenant, i int, mine *[]string) error {
	insert := func(db DB) error { return c.Insert(ctx, db, t, 10+i, "w") }
	switch i % 5 {
	case 0, 1:
		err := insert
		if i%5 == 1 {
			err = func(db DB) error { return c.InTx(ctx, db, insert) }
		}
		*mine = append(*mine, fmt.Sprintf("%d w", 10+i))
		return err(db)
	case 2:
		return c.fail(ctx, db, t)
	case 3:
		ended, cancel := context.WithCancel(ctx)
		cancel()
		if _, err := c.List(ended, db, t); err == nil {
			return errors.New("no error for a context that has ended")
		}
		return nil
	default:
		return c.Abandon(ctx, db)
	}
}
