package isolationtest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// wantCode returns an error unless err is PostgreSQL's error with that code.
func wantCode(code string, err error) error {
	var pgErr *pgconn.PgError
	if !errors.As(err, &pgErr) || pgErr.Code != code {
		return fmt.Errorf("error %v, want PostgreSQL's %s", err, code)
	}
	return nil
}

// checkBatch sends several statements and reads their results in each of the two
// ways that pgx has.
func checkBatch(ctx context.Context, e *env) error {
	for _, t := range []runtime.Tenant{ann, bob} {
		db := e.provider.For(t)
		listSQL, listArgs := e.layout.scoped(t, listNotes)
		countSQL, countArgs := e.layout.scoped(t, countNotes)
		var list []string
		var n int
		newBatch := func() *pgx.Batch {
			list, n = nil, 0
			b := &pgx.Batch{}
			b.Queue(insertNote, t.ID, 7, "new").Exec(func(tag pgconn.CommandTag) error {
				return diff("tag", "INSERT 0 1", tag.String())
			})
			b.Queue(listSQL, listArgs...).Query(func(rows pgx.Rows) (err error) {
				list, err = pgx.CollectRows(rows, pgx.RowTo[string])
				return err
			})
			b.Queue(countSQL, countArgs...).QueryRow(func(row pgx.Row) error { return row.Scan(&n) })
			return b
		}
		want := append(slices.Clone(notes[t.ID]), "7 new")
		err := steps(
			step{"callbacks", func() error {
				if err := db.SendBatch(ctx, newBatch()).Close(); err != nil {
					return err
				}
				return errors.Join(diff("list", want, list), diff("count", len(want), n))
			}},
			step{"connection", func() error { return e.clean(ctx) }},
			step{"a failing statement undoes the batch", func() error {
				if err := e.seed(ctx); err != nil {
					return err
				}
				b := newBatch()
				b.Queue("SELECT 1 / $1::int", 0)
				if err := wantCode("22012", db.SendBatch(ctx, b).Close()); err != nil {
					return err
				}
				return errors.Join(e.unchanged(ctx, t), e.clean(ctx))
			}},
			step{"results in order", func() error { return e.readBatch(ctx, db, newBatch(), want) }},
			step{"connection", func() error { return e.clean(ctx) }},
			step{"callback fails", func() error {
				oops := errors.New("oops")
				b := &pgx.Batch{}
				b.Queue(listSQL, listArgs...).Query(func(pgx.Rows) error { return oops })
				if err := db.SendBatch(ctx, b).Close(); !errors.Is(err, oops) {
					return fmt.Errorf("error %v, want the callback's", err)
				}
				return e.clean(ctx)
			}},
			step{"empty", func() error { return db.SendBatch(ctx, &pgx.Batch{}).Close() }},
			step{"connection", func() error { return e.clean(ctx) }},
		)
		if err != nil {
			return fmt.Errorf("as %s: %w", t.ID, err)
		}
	}
	return nil
}

// readBatch reads a batch of an Exec, a Query and a QueryRow by hand.
func (e *env) readBatch(ctx context.Context, db pgxdb.DB, b *pgx.Batch, want []string) error {
	br := db.SendBatch(ctx, b)
	defer func() { _ = br.Close() }()
	tag, err := br.Exec()
	if err != nil {
		return err
	}
	rows, err := br.Query()
	if err != nil {
		return err
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	var n int
	if err := br.QueryRow().Scan(&n); err != nil {
		return err
	}
	if _, err := br.Exec(); err == nil {
		return errors.New("there is a result more than there are statements")
	}
	if br.Tx() != nil {
		return errors.New("there is a transaction that the batch did not begin")
	}
	return errors.Join(diff("tag", "INSERT 0 1", tag.String()), diff("list", want, list), diff("count", len(want), n))
}

// checkQueryOptions passes pgx's options as first arguments. A provider may
// refuse them; it may not answer wrongly.
func checkQueryOptions(ctx context.Context, e *env) error {
	db := e.provider.For(ann)
	var named pgx.QueryRewriter = pgx.NamedArgs{"id": 2, "own": ann.ID}
	sql := "SELECT body FROM notes WHERE id = @id AND tenant_id = @own"
	switch {
	case e.layout.policies:
		sql = "SELECT body FROM notes WHERE id = @id AND @own <> ''"
	case e.layout.place != nil:
		// A provider that puts names into known texts sees the text before it is
		// rewritten, so this has to be one of them.
		sql, _ = e.layout.scoped(ann, oneBody, 2)
		named = fixedArgs{2}
	}
	err := steps(
		step{"NamedArgs, QueryRow", func() error {
			var body string
			if err := db.QueryRow(ctx, sql, named).Scan(&body); err != nil {
				return err
			}
			return diff("body", "ann", body)
		}},
		step{"NamedArgs, Exec", func() error {
			tag, err := db.Exec(ctx, sql, named)
			if err != nil {
				return err
			}
			return diff("tag", "SELECT 1", tag.String())
		}},
		step{"NamedArgs, batch", func() error {
			b := &pgx.Batch{}
			b.Queue(sql, named).Exec(func(tag pgconn.CommandTag) error { return diff("tag", "SELECT 1", tag.String()) })
			return db.SendBatch(ctx, b).Close()
		}},
		step{"a rewriter that fails", func() error {
			_, err := db.Exec(ctx, sql, failingRewriter{})
			return errors.Join(wantErr("Exec", err), e.clean(ctx))
		}},
		step{"a rewriter that panics", func() error {
			err := recovered(func() { _, _ = db.Exec(ctx, sql, panickingRewriter{}) })
			return errors.Join(wantErr("panic", err), e.clean(ctx))
		}},
	)
	if err != nil {
		return err
	}
	if !e.layout.policies && e.layout.place == nil {
		return nil
	}

	listSQL, listArgs := e.layout.scoped(ann, listNotes)
	for _, option := range []any{
		pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol, pgx.QueryResultFormats{pgx.TextFormatCode}, pgx.QueryResultFormatsByOID{25: pgx.TextFormatCode},
	} {
		args := append([]any{option}, listArgs...)
		if rows, err := db.Query(ctx, listSQL, args...); err == nil {
			got, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if err := errors.Join(err, diff("rows", notes[ann.ID], got)); err != nil {
				return fmt.Errorf("option in Query, %T: %w", option, err)
			}
		} else if rows == nil || rows.Err() == nil {
			return fmt.Errorf("option in Query, %T: error %w, but the rows have none", option, err)
		}
		if tag, err := db.Exec(ctx, listSQL, args...); err == nil {
			if err := diff("rows", int64(len(notes[ann.ID])), tag.RowsAffected()); err != nil {
				return fmt.Errorf("option in Exec, %T: %w", option, err)
			}
		}
		var first string
		if err := db.QueryRow(ctx, listSQL, args...).Scan(&first); err == nil {
			if err := diff("row", notes[ann.ID][0], first); err != nil {
				return fmt.Errorf("option in QueryRow, %T: %w", option, err)
			}
		}
		if err := e.clean(ctx); err != nil {
			return err
		}
	}
	return nil
}

// fixedArgs keeps a text and puts values to it.
type fixedArgs []any

func (a fixedArgs) RewriteQuery(_ context.Context, _ *pgx.Conn, sql string, _ []any) (string, []any, error) {
	return sql, a, nil
}

type failingRewriter struct{}

func (failingRewriter) RewriteQuery(context.Context, *pgx.Conn, string, []any) (string, []any, error) {
	return "", nil, errors.New("no rewriting today")
}

type panickingRewriter struct{}

func (panickingRewriter) RewriteQuery(context.Context, *pgx.Conn, string, []any) (string, []any, error) {
	panic("rewriter")
}

// recovered runs f and returns what it panicked with.
func recovered(f func()) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	f()
	return nil
}

// checkUserCommit sends statements that end the transaction which the tenant is
// set in. What follows has to find no tenant.
func checkUserCommit(ctx context.Context, e *env) error {
	db := e.provider.For(ann)
	for _, end := range []string{"COMMIT", "ROLLBACK"} {
		err := steps(
			step{"alone", func() error {
				_, err := db.Exec(ctx, end)
				_ = err // PostgreSQL warns, or says that there is no transaction
				return e.clean(ctx)
			}},
			step{"in a batch", func() error {
				b := &pgx.Batch{}
				b.Queue(end)
				b.Queue(countNotes[:len("SELECT count(*) FROM notes")])
				br := db.SendBatch(ctx, b)
				defer func() { _ = br.Close() }()
				if _, err := br.Exec(); err != nil {
					return nil
				}
				var n int
				if err := br.QueryRow().Scan(&n); err == nil && n != 0 {
					return fmt.Errorf("%d rows can be seen after %s", n, end)
				}
				return nil
			}},
			step{"connection", func() error { return e.clean(ctx) }},
			step{"in a transaction", func() error {
				tx, err := db.Begin(ctx)
				if err != nil {
					return err
				}
				defer func() { _ = tx.Rollback(ctx) }()
				if _, err := tx.Exec(ctx, end); err != nil {
					return err
				}
				var n int
				if err := tx.QueryRow(ctx, "SELECT count(*) FROM notes").Scan(&n); err == nil && n != 0 {
					return fmt.Errorf("%d rows can be seen after %s", n, end)
				}
				return nil
			}},
			step{"connection", func() error { return e.clean(ctx) }},
			step{"begin without an end", func() error {
				_, _ = db.Exec(ctx, "BEGIN")
				return e.clean(ctx)
			}},
		)
		if err != nil {
			return fmt.Errorf("%s: %w", end, err)
		}
	}
	return nil
}
