package sqltest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

type failingValue struct{}

func (failingValue) Value() (driver.Value, error) { return nil, errors.New("no value today") }

// checkTx commits and rolls back.
func checkTx(ctx context.Context, e *env) error {
	db := e.provider.For(ann)
	err := sqldb.InTx(ctx, db, func(tx sqldb.DB) error {
		if _, err := e.exec(ctx, tx, ann, insertNote, 4, "tx"); err != nil {
			return err
		}
		return e.wantList(ctx, tx, ann, append(notes[ann.ID][:3:3], "4 tx"))
	})
	if err := errors.Join(err, e.wantStored(ctx, ann, append(notes[ann.ID][:3:3], "4 tx")), e.unchanged(ctx, bob), e.clean(ctx)); err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	text, args := e.scoped(ann, deleteNotes)
	if _, err := tx.ExecContext(ctx, text, args...); err != nil {
		return err
	}
	if err := errors.Join(tx.Rollback(), wantIs("rolled back again", tx.Rollback(), sql.ErrTxDone)); err != nil {
		return err
	}
	return errors.Join(e.wantStored(ctx, ann, append(notes[ann.ID][:3:3], "4 tx")), e.unchanged(ctx, bob), e.clean(ctx))
}

// checkTxFailures ends transactions by an error, a panic and a context.
func checkTxFailures(ctx context.Context, e *env) error {
	db := e.provider.For(ann)
	oops := errors.New("oops")
	insert := func(ctx context.Context, tx sqldb.DB) error {
		_, err := e.exec(ctx, tx, ann, insertNote, 9, "x")
		return err
	}
	err := sqldb.InTx(ctx, db, func(tx sqldb.DB) error { return errors.Join(insert(ctx, tx), oops) })
	if err := errors.Join(wantIs("an error", err, oops), e.clean(ctx), e.unchanged(ctx, ann, bob)); err != nil {
		return err
	}
	func() {
		defer func() { _ = recover() }()
		_ = sqldb.InTx(ctx, db, func(tx sqldb.DB) error {
			err = insert(ctx, tx)
			panic("oops")
		})
	}()
	if err := errors.Join(err, e.clean(ctx), e.unchanged(ctx, ann, bob)); err != nil {
		return fmt.Errorf("a panic: %w", err)
	}
	short, cancel := context.WithCancel(ctx)
	err = sqldb.InTx(short, db, func(tx sqldb.DB) error {
		err := insert(short, tx)
		cancel()
		return err
	})
	cancel()
	return errors.Join(wantIs("a context that ends", err, context.Canceled), e.clean(ctx), e.unchanged(ctx, ann, bob))
}

// checkSavepoints nests transactions.
func checkSavepoints(ctx context.Context, e *env) error {
	oops := errors.New("oops")
	insert := func(tx sqldb.DB, id int) error {
		_, err := e.exec(ctx, tx, ann, insertNote, id, "s")
		return err
	}
	err := sqldb.InTx(ctx, e.provider.For(ann), func(tx sqldb.DB) error {
		if err := insert(tx, 4); err != nil {
			return err
		}
		err := sqldb.InTx(ctx, tx, func(tx sqldb.DB) error { return errors.Join(insert(tx, 5), oops) })
		if err := wantIs("the savepoint", err, oops); err != nil {
			return err
		}
		return sqldb.InTx(ctx, tx, func(tx sqldb.DB) error { return insert(tx, 6) })
	})
	return errors.Join(err, e.wantStored(ctx, ann, append(notes[ann.ID][:3:3], "4 s", "6 s")), e.unchanged(ctx, bob), e.clean(ctx))
}

// checkPrepared prepares statements: in a transaction they are the tenant's; outside
// they are, too, or are refused.
func checkPrepared(ctx context.Context, e *env) error {
	for _, t := range []runtime.Tenant{ann, bob, ann} {
		text, args := e.scoped(t, listNotes)
		err := sqldb.InTx(ctx, e.provider.For(t), func(tx sqldb.DB) error {
			stmt, err := tx.PrepareContext(ctx, text)
			if err != nil {
				return err
			}
			return errors.Join(wantRows(ctx, stmt, args, notes[t.ID]), stmt.Close())
		})
		if err := errors.Join(err, e.clean(ctx)); err != nil {
			return err
		}
		stmt, err := e.provider.For(t).PrepareContext(ctx, text)
		if err != nil {
			continue
		}
		if err := errors.Join(wantRows(ctx, stmt, args, notes[t.ID]), stmt.Close(), e.clean(ctx)); err != nil {
			return err
		}
	}
	return nil
}

func wantRows(ctx context.Context, stmt *sql.Stmt, args []any, want []string) error {
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	got, err := collect(rows)
	return errors.Join(err, diff("rows of a prepared statement", want, got))
}

// checkGlobal reads what tenants share, on the global handle and as a tenant.
func checkGlobal(ctx context.Context, e *env) error {
	for _, db := range []sqldb.DB{e.provider.Global(), e.provider.For(ann), e.provider.Global(), e.provider.For(bob)} {
		var name string
		if err := db.QueryRowContext(ctx, e.text(onePlan), 1).Scan(&name); err != nil {
			return err
		}
		if err := diff("plan", "free", name); err != nil {
			return err
		}
	}
	return sqldb.InTx(ctx, e.provider.Global(), func(tx sqldb.DB) error {
		var name string
		return tx.QueryRowContext(ctx, e.text(onePlan), 1).Scan(&name)
	})
}

// checkTxOptions begins a transaction with options.
func checkTxOptions(ctx context.Context, e *env) error {
	tx, err := e.provider.For(ann).BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	text, args := e.scoped(ann, insertNote, 9, "x")
	_, err = tx.ExecContext(ctx, text, args...)
	if err := errors.Join(wantErr("a write in a read-only transaction", err), tx.Rollback()); err != nil {
		return err
	}
	// And the next one may write.
	_, err = e.exec(ctx, e.provider.For(ann), ann, insertNote, 9, "x")
	return errors.Join(err, e.wantStored(ctx, ann, append(notes[ann.ID][:3:3], "9 x")), e.unchanged(ctx, bob))
}
