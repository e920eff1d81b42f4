package pgxdb_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// batches is a DB that keeps the batch that it is sent, and says that each of its
// statements wrote two rows.
type batches struct {
	pgxdb.DB
	sent     []*pgx.Batch
	closeErr error
}

func (b *batches) SendBatch(_ context.Context, batch *pgx.Batch) pgx.BatchResults {
	b.sent = append(b.sent, batch)
	return &twos{err: b.closeErr}
}

type twos struct {
	pgx.BatchResults
	err error
}

func (*twos) Exec() (pgconn.CommandTag, error) { return pgconn.NewCommandTag("INSERT 0 2"), nil }
func (r *twos) Close() error                   { return r.err }

type mood string

// TestInsertRows looks at what is sent: arrays of the values' own types, or of
// texts, and the tenant once.
func TestInsertRows(t *testing.T) {
	t.Parallel()
	db := &batches{}
	happy := mood("happy")
	rows := pgx.CopyFromRows([][]any{
		{int64(1), happy, &happy, sql.NullString{String: "x", Valid: true}, nil, "t"},
		{int64(2), mood("sad"), (*mood)(nil), sql.NullString{}, pgtype.Int4{Int32: 3, Valid: true}, "t"},
	})
	n, err := pgxdb.InsertRows(t.Context(), db, "INSERT", rows, 1, 2, 3)
	if err != nil || n != 2 {
		t.Fatal(n, err)
	}
	text := func(s string) *string { return &s }
	want := []any{
		[]int64{1, 2}, []*string{text("happy"), text("sad")}, []*string{text("happy"), nil}, []*string{text("x"), nil},
		[]any{nil, pgtype.Int4{Int32: 3, Valid: true}}, "t",
	}
	if diff := cmp.Diff(want, db.sent[0].QueuedQueries[0].Arguments); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestInsertRowsInParts sends many rows in several statements of one batch, in
// order, and sends an empty batch for none.
func TestInsertRowsInParts(t *testing.T) {
	t.Parallel()
	db := &batches{}
	many := make([][]any, 25_000)
	for i := range many {
		many[i] = []any{i, "t"}
	}
	if n, err := pgxdb.InsertRows(t.Context(), db, "INSERT", pgx.CopyFromRows(many)); err != nil || n != 6 {
		t.Fatal(n, err)
	}
	var got []int
	for _, q := range db.sent[0].QueuedQueries {
		part := q.Arguments[0].([]int)
		got = append(got, part[0], len(part))
	}
	if diff := cmp.Diff([]int{0, 10_000, 10_000, 10_000, 20_000, 5_000}, got); diff != "" {
		t.Errorf("first and number of each part, -want +got:\n%s", diff)
	}
	if n, err := pgxdb.InsertRows(t.Context(), db, "INSERT", pgx.CopyFromRows(nil)); err != nil || n != 0 || db.sent[1].Len() != 0 {
		t.Error(n, err)
	}
}

// TestInsertFails counts nothing when the commit fails or a row cannot be read.
func TestInsertFails(t *testing.T) {
	t.Parallel()
	row := [][]any{{1, "t"}}
	for name, insert := range map[string]func(pgxdb.DB, pgx.CopyFromSource) (int64, error){
		"rows": func(db pgxdb.DB, rows pgx.CopyFromSource) (int64, error) {
			return pgxdb.InsertRows(t.Context(), db, "INSERT", rows)
		},
		"each": func(db pgxdb.DB, rows pgx.CopyFromSource) (int64, error) {
			return pgxdb.InsertEach(t.Context(), db, "INSERT", rows)
		},
	} {
		if n, err := insert(&batches{closeErr: errOops}, pgx.CopyFromRows(row)); n != 0 || !errors.Is(err, errOops) {
			t.Errorf("%s: commit: %d, %v", name, n, err)
		}
		db := &batches{}
		broken := pgx.CopyFromFunc(func() ([]any, error) { return nil, errOops })
		if n, err := insert(db, broken); n != 0 || !errors.Is(err, errOops) || len(db.sent) != 0 {
			t.Errorf("%s: source: %d, %v, %d sent", name, n, err, len(db.sent))
		}
	}
	if _, err := pgxdb.InsertRows(t.Context(), &batches{}, "INSERT", pgx.CopyFromRows([][]any{{}})); err == nil {
		t.Error("a row without the tenant is sent")
	}
}
