package isolationtest

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// checkTx commits and rolls back, by hand and with InTx.
func checkTx(ctx context.Context, e *env) error {
	db := e.provider.For(ann)
	oops := errors.New("oops")
	insert := func(id int) func(pgxdb.DB) error {
		return func(db pgxdb.DB) error {
			_, err := db.Exec(ctx, insertNote, ann.ID, id, "tx")
			return err
		}
	}
	return steps(
		step{"commit", func() error {
			tx, err := db.Begin(ctx)
			if err != nil {
				return err
			}
			defer func() { _ = tx.Rollback(ctx) }()
			if err := insert(4)(tx); err != nil {
				return err
			}
			if err := e.wantList(ctx, tx, ann, []string{"1 ann", "2 ann", "3 ann", "4 tx"}); err != nil {
				return err
			}
			b := &pgx.Batch{}
			sql, args := e.layout.scoped(ann, countNotes)
			b.Queue(sql, args...).QueryRow(func(row pgx.Row) error {
				var n int
				return errors.Join(row.Scan(&n), diff("count in a batch", 4, n))
			})
			if err := tx.SendBatch(ctx, b).Close(); err != nil {
				return err
			}
			return tx.Commit(ctx)
		}},
		step{"connection", func() error { return e.clean(ctx) }},
		step{"use after the end", func() error {
			tx, err := db.Begin(ctx)
			if err != nil {
				return err
			}
			if err := tx.Rollback(ctx); err != nil {
				return err
			}
			if _, err := e.list(ctx, tx, ann); !errors.Is(err, pgx.ErrTxClosed) {
				return fmt.Errorf("statement: error %v, want pgx.ErrTxClosed", err)
			}
			if err := tx.Commit(ctx); !errors.Is(err, pgx.ErrTxClosed) {
				return fmt.Errorf("commit: error %v, want pgx.ErrTxClosed", err)
			}
			if _, err := tx.Begin(ctx); !errors.Is(err, pgx.ErrTxClosed) {
				return fmt.Errorf("begin: error %v, want pgx.ErrTxClosed", err)
			}
			return e.clean(ctx)
		}},
		step{"InTx commits", func() error { return pgxdb.InTx(ctx, db, insert(5)) }},
		step{"InTx rolls back", func() error {
			err := pgxdb.InTx(ctx, db, func(tx pgxdb.DB) error { return errors.Join(insert(6)(tx), oops) })
			if !errors.Is(err, oops) {
				return fmt.Errorf("error %v, want the function's", err)
			}
			return e.clean(ctx)
		}},
		step{"stored", func() error {
			return errors.Join(e.wantStored(ctx, ann, []string{"1 ann", "2 ann", "3 ann", "4 tx", "5 tx"}), e.unchanged(ctx, bob))
		}},
	)
}

// checkTxFailures ends transactions by panics, errors and the context.
func checkTxFailures(ctx context.Context, e *env) error {
	db := e.provider.For(ann)
	insert := func(db pgxdb.DB) error {
		_, err := db.Exec(ctx, insertNote, ann.ID, 9, "x")
		return err
	}
	ends := []step{
		{"panic", func() error {
			err := recovered(func() {
				_ = pgxdb.InTx(ctx, db, func(tx pgxdb.DB) error {
					_ = insert(tx)
					panic("in a transaction")
				})
			})
			return wantErr("panic", err)
		}},
		{"panic while rows are open", func() error {
			err := recovered(func() {
				_ = pgxdb.InTx(ctx, db, func(tx pgxdb.DB) error {
					rows, err := tx.Query(ctx, "SELECT n FROM generate_series(1, $1::int) n", 20000)
					if err == nil {
						rows.Next()
					}
					panic("in a transaction")
				})
			})
			return wantErr("panic", err)
		}},
		{"swallowed error of a statement", func() error {
			return wantErr("InTx", pgxdb.InTx(ctx, db, func(tx pgxdb.DB) error {
				_ = insert(tx)
				_, _ = tx.Exec(ctx, "SELECT 1 / $1::int", 0)
				return nil
			}))
		}},
		{"context cancelled in the function", func() error {
			short, cancel := context.WithCancel(ctx)
			defer cancel()
			err := pgxdb.InTx(short, db, func(tx pgxdb.DB) error {
				err := insert(tx)
				cancel()
				return err
			})
			if !errors.Is(err, context.Canceled) {
				return fmt.Errorf("error %v, want context.Canceled", err)
			}
			return nil
		}},
		{"connection lost", func() error {
			return wantErr("InTx", pgxdb.InTx(ctx, db, func(tx pgxdb.DB) error {
				if err := insert(tx); err != nil {
					return err
				}
				var pid int
				if err := tx.QueryRow(ctx, "SELECT pg_backend_pid()").Scan(&pid); err != nil {
					return err
				}
				_, err := e.admin.Exec(ctx, "SELECT pg_terminate_backend($1)", pid)
				return err
			}))
		}},
		{"connection lost, InTx of the next call", func() error {
			return pgxdb.InTx(ctx, db, func(tx pgxdb.DB) error { return e.wantList(ctx, tx, ann, notes[ann.ID]) })
		}},
	}
	for _, end := range ends {
		if err := errors.Join(end.run(), e.clean(ctx)); err != nil {
			return fmt.Errorf("%s: %w", end.name, err)
		}
		if err := e.wantList(ctx, e.provider.For(bob), bob, notes[bob.ID]); err != nil {
			return fmt.Errorf("%s: %w", end.name, err)
		}
	}
	return e.unchanged(ctx, ann, bob)
}

// checkSavepoints nests transactions. The tenant stays the same in all of them.
func checkSavepoints(ctx context.Context, e *env) error {
	db := e.provider.For(ann)
	oops := errors.New("oops")
	insert := func(db pgxdb.DB, id int) error {
		_, err := db.Exec(ctx, insertNote, ann.ID, id, "sp")
		return err
	}
	base := notes[ann.ID]
	err := pgxdb.InTx(ctx, db, func(tx pgxdb.DB) error {
		return steps(
			step{"released", func() error {
				return pgxdb.InTx(ctx, tx, func(sp pgxdb.DB) error {
					return errors.Join(insert(sp, 4), e.wantList(ctx, sp, ann, append(base[:3:3], "4 sp")))
				})
			}},
			step{"after the release", func() error { return e.wantList(ctx, tx, ann, append(base[:3:3], "4 sp")) }},
			step{"rolled back", func() error {
				err := pgxdb.InTx(ctx, tx, func(sp pgxdb.DB) error { return errors.Join(insert(sp, 5), oops) })
				if !errors.Is(err, oops) {
					return fmt.Errorf("error %v, want the function's", err)
				}
				return nil
			}},
			step{"after the rollback", func() error { return e.wantList(ctx, tx, ann, append(base[:3:3], "4 sp")) }},
			step{"rolled back after an error of a statement", func() error {
				return wantCode("23505", pgxdb.InTx(ctx, tx, func(sp pgxdb.DB) error { return insert(sp, 4) }))
			}},
			step{"a panic", func() error {
				err := recovered(func() {
					_ = pgxdb.InTx(ctx, tx, func(sp pgxdb.DB) error {
						_ = insert(sp, 6)
						panic("in a savepoint")
					})
				})
				return wantErr("panic", err)
			}},
			step{"cancelled", func() error {
				short, cancel := context.WithCancel(ctx)
				defer cancel()
				return wantErr("InTx", pgxdb.InTx(short, tx, func(sp pgxdb.DB) error {
					err := insert(sp, 7)
					cancel()
					return err
				}))
			}},
			step{"three deep", func() error {
				return pgxdb.InTx(ctx, tx, func(sp pgxdb.DB) error {
					return pgxdb.InTx(ctx, sp, func(sp pgxdb.DB) error { return e.wantList(ctx, sp, ann, append(base[:3:3], "4 sp")) })
				})
			}},
			step{"at the end", func() error { return e.wantList(ctx, tx, ann, append(base[:3:3], "4 sp")) }},
		)
	})
	if err != nil {
		return err
	}
	// A savepoint that could not be released must not be committed with the
	// transaction around it.
	err = pgxdb.InTx(ctx, db, func(tx pgxdb.DB) error {
		var open pgx.Rows
		err := pgxdb.InTx(ctx, tx, func(sp pgxdb.DB) (err error) {
			if err := insert(sp, 8); err != nil {
				return err
			}
			open, err = sp.Query(ctx, "SELECT n FROM generate_series(1, $1::int) n", 20000)
			return err
		})
		if open != nil {
			open.Close()
		}
		return wantErr("release while rows are open", err)
	})
	if err == nil {
		return errors.New("a transaction was committed whose savepoint could not be released")
	}
	return errors.Join(e.wantStored(ctx, ann, append(base[:3:3], "4 sp")), e.unchanged(ctx, bob))
}
