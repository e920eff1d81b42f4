package sqltest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tenancygen/tenancygen/isolation/internal/workload"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

// checkOwnRows reads as each tenant, in every way.
func checkOwnRows(ctx context.Context, e *env) error {
	for _, t := range []runtime.Tenant{ann, bob, ann} {
		db := e.provider.For(t)
		if err := e.wantList(ctx, db, t, notes[t.ID]); err != nil {
			return err
		}
		var n int
		text, args := e.scoped(t, countNotes)
		if err := db.QueryRowContext(ctx, text, args...).Scan(&n); err != nil {
			return err
		}
		if err := diff("count", len(notes[t.ID]), n); err != nil {
			return err
		}
		var body string
		text, args = e.scoped(t, oneBody, 1)
		if err := db.QueryRowContext(ctx, text, args...).Scan(&body); err != nil {
			return err
		}
		if err := diff("body", t.ID, body); err != nil {
			return err
		}
	}
	if _, err := e.exec(ctx, e.provider.For(bob), bob, insertLink, 1, 2); err != nil {
		return err
	}
	for want, t := range []runtime.Tenant{ann, bob} {
		var links int
		text, args := e.scoped(t, joined)
		if err := e.provider.For(t).QueryRowContext(ctx, text, args...).Scan(&links); err != nil {
			return err
		}
		if err := diff("notes with links of "+t.ID, want, links); err != nil {
			return err
		}
	}
	// A row that only the other tenant has.
	text, args := e.scoped(bob, oneBody, 3)
	var body string
	return wantIs("a row of another", e.provider.For(bob).QueryRowContext(ctx, text, args...).Scan(&body), sql.ErrNoRows)
}

// checkAffected writes as one tenant and looks at the other.
func checkAffected(ctx context.Context, e *env) error {
	db := e.provider.For(ann)
	n, err := e.exec(ctx, db, ann, upperNotes)
	if err := errors.Join(err, diff("updated", int64(3), n), e.wantStored(ctx, ann, []string{"1 ANN", "2 ANN", "3 ANN"}), e.unchanged(ctx, bob)); err != nil {
		return err
	}
	n, err = e.exec(ctx, db, ann, deleteNote, 2)
	if err := errors.Join(err, diff("deleted", int64(1), n), e.wantStored(ctx, ann, []string{"1 ANN", "3 ANN"}), e.unchanged(ctx, bob)); err != nil {
		return err
	}
	if _, err = e.exec(ctx, db, ann, insertNote, 7, "new"); err != nil {
		return err
	}
	if err := e.wantStored(ctx, ann, []string{"1 ANN", "3 ANN", "7 new"}); err != nil {
		return err
	}
	n, err = e.exec(ctx, db, ann, deleteNotes)
	return errors.Join(err, diff("deleted", int64(3), n), e.unchanged(ctx, bob))
}

// checkIDs has tenants whose ids are SQL, or nearly those of others.
func checkIDs(ctx context.Context, e *env) error {
	for _, id := range []string{"' OR '1'='1", `"`, "`", "ann'; DROP TABLE notes; --", "Ann", "ANN", "ann ", "änn", "../ann", "ann/../bob", "a%", "_nn", `\`, "1", "01", strings.Repeat("x", runtime.MaxID)} {
		refused, err := e.refused(ctx, id)
		if err != nil {
			return err
		}
		if refused {
			continue
		}
		t := runtime.Tenant{ID: id}
		if err := e.provider.Initialize(ctx, t); err != nil {
			return fmt.Errorf("id %q: %w", id, err)
		}
		db := e.provider.For(t)
		if err := e.wantList(ctx, db, t, nil); err != nil {
			return fmt.Errorf("id %q: %w", id, err)
		}
		if _, err := e.exec(ctx, db, t, insertNote, 1, "mine"); err != nil {
			return fmt.Errorf("id %q: %w", id, err)
		}
		if err := e.wantList(ctx, db, t, []string{"1 mine"}); err != nil {
			return fmt.Errorf("id %q: %w", id, err)
		}
	}
	return e.unchanged(ctx, ann, bob)
}

// refused reports whether an id is not of the generated package's form. The provider has
// to refuse it then.
func (e *env) refused(ctx context.Context, id string) (bool, error) {
	if e.generated == nil || e.generated.IDs.Check(id) == nil {
		return false, nil
	}
	t := runtime.Tenant{ID: id}
	if _, err := e.exec(ctx, e.provider.For(t), t, insertNote, 1, "mine"); !errors.Is(err, runtime.ErrTenantID) {
		return true, fmt.Errorf("id %q is not of the form of ids, and the error is %v", id, err)
	}
	return true, nil
}

// checkLists sends a statement with a list, as generated code does, which writes it
// into the text before it sends that.
func checkLists(ctx context.Context, e *env) error {
	for _, ids := range [][]any{{1, 3}, {2}, {}, {1, 2, 3, 4, 5}} {
		text, args := e.scoped(ann, listSome, ids...)
		list := "NULL"
		if len(ids) > 0 {
			list = strings.Repeat(",?", len(ids))[1:]
		}
		text = strings.Replace(text, "/*SLICE:ids*/?", list, 1)
		rows, err := e.provider.For(ann).QueryContext(ctx, text, args...)
		if err != nil {
			return err
		}
		got, err := collect(rows)
		if err != nil {
			return err
		}
		var want []string
		for i, line := range notes[ann.ID] {
			if slices.Contains(ids, any(i+1)) {
				want = append(want, line)
			}
		}
		if err := diff("rows of the list", want, got); err != nil {
			return err
		}
	}
	return nil
}

// calls are what the tenants of a workload do.
func (e *env) calls(provider sqldb.Isolation) workload.Calls[sqldb.DB] {
	return workload.Calls[sqldb.DB]{
		For:  provider.For,
		InTx: sqldb.InTx,
		Insert: func(ctx context.Context, db sqldb.DB, t runtime.Tenant, id int, body string) error {
			_, err := e.exec(ctx, db, t, insertNote, id, body)
			return err
		},
		List: e.list,
		DeleteAll: func(ctx context.Context, db sqldb.DB, t runtime.Tenant) error {
			_, err := e.exec(ctx, db, t, deleteNotes)
			return err
		},
		Fail: func(ctx context.Context, db sqldb.DB, t runtime.Tenant) error {
			_, err := e.exec(ctx, db, t, insertNote, nil, "no id")
			return err
		},
		Abandon: func(ctx context.Context, db sqldb.DB) error {
			rows, err := db.QueryContext(ctx, e.text(e.engine.Numbers), 500)
			if err != nil {
				return err
			}
			rows.Next()
			return rows.Close()
		},
	}
}

// checkInterleaved lets two tenants take turns on one connection.
func checkInterleaved(ctx context.Context, e *env) error {
	model, err := workload.Interleaved(ctx, e.calls(e.provider), 80, []runtime.Tenant{ann, bob}, notes)
	if err != nil {
		return err
	}
	return errors.Join(e.wantStored(ctx, ann, model[ann.ID]), e.wantStored(ctx, bob, model[bob.ID]))
}

// checkConcurrent lets more tenants than there are connections work at the same time.
func checkConcurrent(ctx context.Context, e *env) error {
	workers := workload.Workers()
	for _, t := range workers {
		if err := e.wide.Initialize(ctx, t); err != nil {
			return err
		}
	}
	err := workload.Concurrent(ctx, e.calls(e.wide), 10, workers)
	return errors.Join(err, e.unchanged(ctx, ann, bob))
}

// checkRefused calls everything as tenants that may not act.
func checkRefused(ctx context.Context, e *env) error {
	for _, tc := range []struct {
		tenant runtime.Tenant
		want   error
	}{
		{runtime.Tenant{}, runtime.ErrNoTenant},
		{runtime.Tenant{ID: ann.ID, Status: runtime.StatusSuspended}, runtime.ErrTenantInactive},
		{runtime.Tenant{ID: ann.ID, Status: "made up"}, runtime.ErrTenantInactive},
	} {
		for name, err := range useEverything(ctx, e.provider.For(tc.tenant), e.text(insertNote), 9, "x", tc.tenant.ID) {
			if err := wantIs(fmt.Sprintf("%+v: %s", tc.tenant, name), err, tc.want); err != nil {
				return err
			}
		}
	}
	return e.unchanged(ctx, ann, bob)
}

// useEverything calls every method of a handle, and returns the errors.
func useEverything(ctx context.Context, db sqldb.DB, text string, args ...any) map[string]error {
	errs := map[string]error{}
	_, errs["ExecContext"] = db.ExecContext(ctx, text, args...)
	var rows *sql.Rows
	if rows, errs["QueryContext"] = db.QueryContext(ctx, text, args...); rows != nil {
		_ = rows.Close()
	}
	var s string
	errs["QueryRowContext"] = db.QueryRowContext(ctx, text, args...).Scan(&s)
	var stmt *sql.Stmt
	if stmt, errs["PrepareContext"] = db.PrepareContext(ctx, text); stmt != nil {
		_ = stmt.Close()
	}
	var tx *sql.Tx
	if tx, errs["BeginTx"] = db.BeginTx(ctx, nil); tx != nil {
		_ = tx.Rollback()
	}
	errs["InTx"] = sqldb.InTx(ctx, db, func(sqldb.DB) error { return nil })
	return errs
}

// checkStatementErrors runs statements that the database, or the driver, refuses. The
// connection has to be fit for the other tenant afterwards.
func checkStatementErrors(ctx context.Context, e *env) error {
	db := e.provider.For(ann)
	for _, tc := range []struct {
		name, sql string
		args      []any
	}{
		{"at run time", e.engine.Fails, []any{0}},
		{"unique key", insertNote, []any{1, "again", ann.ID}},
		{"foreign key", insertLink, []any{1, 99, ann.ID}},
		{"syntax", "SELEC ?", []any{1}},
		{"no such table", "SELECT ? FROM nowhere", []any{1}},
		{"argument", insertNote, []any{failingValue{}, "x", ann.ID}},
		{"too few arguments", insertNote, []any{ann.ID}},
	} {
		text := e.text(tc.sql)
		_, execErr := db.ExecContext(ctx, text, tc.args...)
		rows, queryErr := db.QueryContext(ctx, text, tc.args...)
		if queryErr == nil {
			_, queryErr = collect(rows)
		}
		var n int
		rowErr := db.QueryRowContext(ctx, text, tc.args...).Scan(&n)
		txErr := sqldb.InTx(ctx, db, func(tx sqldb.DB) error {
			_, err := tx.ExecContext(ctx, text, tc.args...)
			return err
		})
		for name, err := range map[string]error{"ExecContext": execErr, "QueryContext": queryErr, "QueryRowContext": rowErr, "InTx": txErr} {
			if err == nil {
				return fmt.Errorf("%s: %s: no error", tc.name, name)
			}
		}
		if err := errors.Join(e.clean(ctx), e.unchanged(ctx, ann, bob)); err != nil {
			return fmt.Errorf("%s: %w", tc.name, err)
		}
	}
	return nil
}

// checkScanErrors reads rows into what cannot hold them. A Scanner that panics is not
// among it: database/sql itself never gives that connection back.
func checkScanErrors(ctx context.Context, e *env) error {
	db := e.provider.For(ann)
	text, args := e.scoped(ann, listNotes)
	var n int
	if err := wantErr("Scan", db.QueryRowContext(ctx, text, args...).Scan(&n)); err != nil {
		return err
	}
	if err := wantErr("Scan of two", db.QueryRowContext(ctx, text, args...).Scan(&n, &n)); err != nil {
		return err
	}
	if err := e.clean(ctx); err != nil {
		return err
	}
	return nil
}

// checkClosedEarly leaves rows before their end.
func checkClosedEarly(ctx context.Context, e *env) error {
	db := e.provider.For(ann)
	for _, read := range []int{0, 1} {
		rows, err := db.QueryContext(ctx, e.text(e.engine.Numbers), 900)
		if err != nil {
			return err
		}
		for range read {
			rows.Next()
		}
		if err := errors.Join(rows.Close(), rows.Close(), rows.Err(), e.clean(ctx)); err != nil {
			return fmt.Errorf("closed after %d rows: %w", read, err)
		}
	}
	var n int
	return errors.Join(db.QueryRowContext(ctx, e.text(e.engine.Numbers), 900).Scan(&n), e.clean(ctx))
}

// checkCancelled ends the context before and while a statement runs.
func checkCancelled(ctx context.Context, e *env) error {
	db := e.provider.For(ann)
	slow := e.text(e.engine.Slow)
	calls := map[string]func(context.Context) error{
		"ExecContext": func(ctx context.Context) error {
			_, err := db.ExecContext(ctx, slow, 60)
			return err
		},
		"QueryContext": func(ctx context.Context) error {
			rows, err := db.QueryContext(ctx, slow, 60)
			if err == nil {
				_, err = collect(rows)
			}
			return err
		},
		"QueryRowContext": func(ctx context.Context) error {
			var s string
			return db.QueryRowContext(ctx, slow, 60).Scan(&s)
		},
		"InTx": func(ctx context.Context) error {
			return sqldb.InTx(ctx, db, func(tx sqldb.DB) error {
				if _, err := e.exec(ctx, tx, ann, insertNote, 9, "x"); err != nil {
					return err
				}
				_, err := tx.ExecContext(ctx, slow, 60)
				return err
			})
		},
	}
	for name, call := range calls {
		for _, patience := range []time.Duration{0, 100 * time.Millisecond} {
			short, cancel := context.WithTimeout(ctx, patience)
			err := call(short)
			ended := short.Err()
			cancel()
			if err == nil || ended == nil {
				return fmt.Errorf("%s after %v: error %v, want that of the context", name, patience, err)
			}
			if err := errors.Join(e.clean(ctx), e.wantList(ctx, e.provider.For(bob), bob, notes[bob.ID])); err != nil {
				return fmt.Errorf("%s after %v: %w", name, patience, err)
			}
		}
	}
	return e.unchanged(ctx, ann, bob)
}
