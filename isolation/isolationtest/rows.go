package isolationtest

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/runtime"
)

// checkOwnRows reads as each tenant in every way that a handle has.
func checkOwnRows(ctx context.Context, e *env) error {
	for _, t := range []runtime.Tenant{ann, bob, ann} {
		db := e.provider.For(t)
		want := notes[t.ID]
		countSQL, countArgs := e.layout.scoped(t, countNotes)
		listSQL, listArgs := e.layout.scoped(t, listNotes)
		err := steps(
			step{"Query", func() error { return e.wantList(ctx, db, t, want) }},
			step{"QueryRow", func() error {
				var n int
				if err := db.QueryRow(ctx, countSQL, countArgs...).Scan(&n); err != nil {
					return err
				}
				return diff("count", len(want), n)
			}},
			step{"Exec", func() error {
				tag, err := db.Exec(ctx, listSQL, listArgs...)
				if err != nil {
					return err
				}
				return diff("command tag", fmt.Sprintf("SELECT %d", len(want)), tag.String())
			}},
			step{"Begin", func() error {
				tx, err := db.Begin(ctx)
				if err != nil {
					return err
				}
				defer func() { _ = tx.Rollback(ctx) }()
				if err := e.wantList(ctx, tx, t, want); err != nil {
					return err
				}
				return tx.Commit(ctx)
			}},
			step{"no row", func() error {
				sql, args := e.layout.scoped(t, oneBody, 99)
				var body string
				if err := db.QueryRow(ctx, sql, args...).Scan(&body); err != pgx.ErrNoRows {
					return fmt.Errorf("error %v, want pgx.ErrNoRows", err)
				}
				return nil
			}},
			step{"connection", func() error { return e.clean(ctx) }},
		)
		if err != nil {
			return fmt.Errorf("as %s: %w", t.ID, err)
		}
	}
	return nil
}

// checkAffected writes as one tenant with statements that would hit both.
func checkAffected(ctx context.Context, e *env) error {
	db := e.provider.For(ann)
	n, err := e.exec(ctx, db, ann, upperNotes)
	if err != nil {
		return err
	}
	if err := diff("updated", int64(3), n); err != nil {
		return err
	}
	sql, args := e.layout.scoped(ann, deleteNote, 2)
	rows, err := db.Query(ctx, sql, args...)
	if err != nil {
		return err
	}
	deleted, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	return steps(
		step{"RETURNING", func() error { return diff("deleted", []string{"ANN"}, deleted) }},
		step{"command tag", func() error { return diff("tag", "DELETE 1", rows.CommandTag().String()) }},
		step{"own", func() error { return e.wantStored(ctx, ann, []string{"1 ANN", "3 ANN"}) }},
		step{"other", func() error { return e.unchanged(ctx, bob) }},
	)
}

// checkForeignWrites writes rows of another tenant. Policies have to reject them
// with the error class for that, and change nothing.
func checkForeignWrites(ctx context.Context, e *env) error {
	db := e.provider.For(ann)
	for _, sql := range []string{
		"INSERT INTO notes (tenant_id, id, body) VALUES ('bob', 9, 'x')",
		"UPDATE notes SET tenant_id = 'bob', id = 9 WHERE id = 3",
		"INSERT INTO notes (tenant_id, id, body) VALUES ('bob', 1, 'x') ON CONFLICT (tenant_id, id) DO UPDATE SET body = 'x'",
		"WITH w AS (INSERT INTO notes (tenant_id, id, body) VALUES ('bob', 9, 'x') RETURNING 1) SELECT * FROM w",
	} {
		err := steps(
			step{"Exec", func() error {
				_, err := db.Exec(ctx, sql)
				return wantCode("42501", err)
			}},
			step{"batch", func() error {
				b := &pgx.Batch{}
				b.Queue(sql)
				return wantCode("42501", db.SendBatch(ctx, b).Close())
			}},
			step{"transaction", func() error {
				tx, err := db.Begin(ctx)
				if err != nil {
					return err
				}
				defer func() { _ = tx.Rollback(ctx) }()
				_, err = tx.Exec(ctx, sql)
				return wantCode("42501", err)
			}},
			step{"connection", func() error { return e.clean(ctx) }},
		)
		if err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	n, err := e.exec(ctx, db, ann, "DELETE FROM notes WHERE tenant_id = 'bob'")
	if err != nil {
		return err
	}
	if err := diff("deleted rows of bob", int64(0), n); err != nil {
		return err
	}
	return e.unchanged(ctx, ann, bob)
}

// checkIDs uses ids that would break out of a statement if they were text of it.
func checkIDs(ctx context.Context, e *env) error {
	for _, id := range []string{
		`o'brien`, `a\b'c`, `'; DELETE FROM notes; --`, `bob' OR 'a'='a`, "ünï\n日本", "$1", `"q"`, " ann", "*", "ANN",
	} {
		t := runtime.Tenant{ID: id}
		if err := e.settle(ctx, t); err != nil {
			return fmt.Errorf("id %q: %w", id, err)
		}
		db := e.provider.For(t)
		err := steps(
			step{"nothing at first", func() error { return e.wantList(ctx, db, t, nil) }},
			step{"insert", func() error {
				_, err := e.exec(ctx, db, t, insertNote, id, 1, "mine")
				return err
			}},
			step{"own row", func() error { return e.wantList(ctx, db, t, []string{"1 mine"}) }},
			step{"in a transaction", func() error {
				tx, err := db.Begin(ctx)
				if err != nil {
					return err
				}
				defer func() { _ = tx.Rollback(ctx) }()
				return e.wantList(ctx, tx, t, []string{"1 mine"})
			}},
			step{"connection", func() error { return e.clean(ctx) }},
		)
		if err != nil {
			return fmt.Errorf("id %q: %w", id, err)
		}
	}
	// An id that PostgreSQL cannot hold has to be an error, not a cut-off id.
	nul := runtime.Tenant{ID: bob.ID + "\x00x"}
	if rows, err := e.list(ctx, e.provider.For(nul), nul); err == nil && len(rows) > 0 {
		return fmt.Errorf("an id with a zero byte reads %d rows", len(rows))
	}
	// An error is as good as no rows here; bob's rows tell.
	_, _ = e.exec(ctx, e.provider.For(nul), nul, emptyNotes)
	return e.unchanged(ctx, ann, bob)
}
