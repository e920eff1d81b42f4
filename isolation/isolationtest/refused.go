package isolationtest

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// checkRefused calls every method as a tenant that may not act. Each has to
// return the error of Tenant.Check, and nothing may so much as ask the pool for
// a connection.
func checkRefused(ctx context.Context, e *env) error {
	for _, t := range []runtime.Tenant{
		{},
		{Identifier: runtime.MustIdentifier("ann"), Status: runtime.StatusActive},
		{ID: ann.ID, Status: runtime.StatusSuspended},
		{ID: ann.ID, Status: runtime.StatusDeleted},
		{ID: ann.ID, Status: "unknown"},
	} {
		acquired, wire := e.pool.Stat().AcquireCount(), e.wire.Counts()
		for name, err := range useEverything(ctx, e.provider.For(t)) {
			if !errors.Is(err, t.Check()) {
				return fmt.Errorf("status %q: %s: error %v, want %v", t.Status, name, err, t.Check())
			}
		}
		if n := e.pool.Stat().AcquireCount() - acquired; n != 0 {
			return fmt.Errorf("status %q: %d connections were asked for", t.Status, n)
		}
		if e.wire.Counts() != wire {
			return fmt.Errorf("status %q: something was sent", t.Status)
		}
	}
	return nil
}

// useEverything calls every method of db, and of what they return, and returns
// the errors.
func useEverything(ctx context.Context, db pgxdb.DB) map[string]error {
	errs := map[string]error{}
	_, errs["Exec"] = db.Exec(ctx, "SELECT 1")

	rows, err := db.Query(ctx, "SELECT 1")
	errs["Query"] = err
	var n int
	if rows != nil {
		if rows.Next() {
			errs["Rows.Next"] = errors.New("there is a row")
		}
		errs["Rows.Scan"] = rows.Scan(&n)
		_, errs["Rows.Values"] = rows.Values()
		errs["Rows.Err"] = rows.Err()
		if rows.RawValues() != nil || rows.FieldDescriptions() != nil {
			errs["Rows.RawValues"] = errors.New("there are values")
		}
		rows.Close()
		errs["Rows.Err, closed"] = rows.Err()
		_, errs["CollectRows"] = pgx.CollectRows(rows, pgx.RowTo[int])
	}
	errs["Row.Scan"] = db.QueryRow(ctx, "SELECT 1").Scan(&n)

	for _, name := range []string{"one result", "none read"} {
		b := &pgx.Batch{}
		b.Queue("SELECT 1")
		br := db.SendBatch(ctx, b)
		if name == "one result" {
			_, errs["BatchResults.Exec"] = br.Exec()
			_, errs["BatchResults.Query"] = br.Query()
			errs["BatchResults.QueryRow"] = br.QueryRow().Scan(&n)
		}
		errs["BatchResults.Close, "+name] = br.Close()
	}

	_, errs["CopyFrom"] = db.CopyFrom(ctx, pgx.Identifier{"notes"}, []string{"id"}, pgx.CopyFromRows(nil))
	tx, err := db.Begin(ctx)
	errs["Begin"] = err
	if err == nil {
		_ = tx.Rollback(ctx)
	}
	errs["InTx"] = pgxdb.InTx(ctx, db, func(pgxdb.DB) error { return errors.New("the function was called") })
	return errs
}

// checkCopy copies own and foreign rows in. A provider that cannot keep COPY
// apart has to refuse it, and to refuse it in a transaction as well.
func checkCopy(ctx context.Context, e *env) error {
	if !e.layout.policies {
		return nil // the rows are the caller's text, as the predicate is
	}
	db := e.provider.For(ann)
	if err := e.wantNoCopy(ctx, db); err != nil {
		return fmt.Errorf("handle: %w", err)
	}
	tx, err := db.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(ctx) }()
	if err := e.wantNoCopy(ctx, tx); err != nil {
		return fmt.Errorf("transaction: %w", err)
	}
	// The refusal leaves the transaction usable.
	if err := e.wantList(ctx, tx, ann, notes[ann.ID]); err != nil {
		return err
	}
	if err := tx.Rollback(ctx); err != nil {
		return err
	}
	return e.unchanged(ctx, ann, bob)
}

// wantNoCopy asks a handle to copy, which it has to refuse by itself, and to have
// said before: generated code inserts then.
func (e *env) wantNoCopy(ctx context.Context, db pgxdb.DB) error {
	if !pgxdb.RefusesCopy(db) {
		return errors.New("it does not say that it cannot copy")
	}
	before := e.wire.Counts()
	rows := pgx.CopyFromRows([][]any{{bob.ID, 9, "x"}})
	_, err := db.CopyFrom(ctx, pgx.Identifier{"notes"}, []string{"tenant_id", "id", "body"}, rows)
	if e.wire.Counts() != before {
		err = nil
	}
	return wantErr("CopyFrom before anything is sent", err)
}

// checkGlobal uses the handle without a tenant, on a connection that tenants have
// used.
func checkGlobal(ctx context.Context, e *env) error {
	for _, t := range []runtime.Tenant{ann, bob} {
		if err := e.wantList(ctx, e.provider.For(t), t, notes[t.ID]); err != nil {
			return err
		}
		db := e.provider.Global()
		var name string
		if err := db.QueryRow(ctx, "SELECT name FROM plans WHERE id = $1", 1).Scan(&name); err != nil {
			return err
		}
		if err := diff("plan", "free", name); err != nil {
			return err
		}
		if !e.layout.policies {
			continue
		}
		err := pgxdb.InTx(ctx, db, func(tx pgxdb.DB) error {
			if err := e.wantList(ctx, tx, ann, nil); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, insertNote, ann.ID, 9, "x")
			return err
		})
		if err := errors.Join(wantCode("42501", err), e.wantList(ctx, db, ann, nil)); err != nil {
			return err
		}
	}
	return e.unchanged(ctx, ann, bob)
}
