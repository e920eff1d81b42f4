package bulk_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/big"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/tenancygen/tenancygen/internal/bulk/gen"
	"github.com/tenancygen/tenancygen/isolation/postgres"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

func text(s string) pgtype.Text { return pgtype.Text{String: s, Valid: true} }

// TestCopyKinds copies values of all kinds, and NULLs.
func TestCopyKinds(t *testing.T) {
	everywhere(t, func(t *testing.T, l *lab) {
		full := gen.CopyItemsParams{
			Number: "full", Qty: pgtype.Int4{Int32: 7, Valid: true}, Mood: gen.MoodSoSo, LastMood: gen.NullMood{Mood: gen.MoodHappy, Valid: true},
			Price:  pgtype.Numeric{Int: big.NewInt(1250), Exp: -2, Valid: true},
			MadeAt: pgtype.Timestamptz{Time: time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC), Valid: true},
			Day:    pgtype.Date{Time: time.Date(2020, 1, 2, 0, 0, 0, 0, time.UTC), Valid: true},
			Data:   []byte(`{"a": [1, null, "x,\"y"]}`), Raw: []byte{0, 1, 255}, Good: true,
			Ref: pgtype.UUID{Bytes: [16]byte{1}, Valid: true},
		}
		empty := gen.CopyItemsParams{Number: `"{},\`, Mood: gen.MoodHappy}
		if l.rls && l.mode != pgx.QueryExecModeCacheStatement {
			// Where pgx does not ask for types, it sends []byte as bytea, in an INSERT of
			// one row as well.
			full.Data = nil
			defer l.wants(t, "SELECT count(data) AS n FROM items", `{"n":0}`)
		} else {
			defer l.wants(t, "SELECT data FROM items WHERE data IS NOT NULL", `{"data":{"a": [1, null, "x,\"y"]}}`)
		}
		n, err := l.ForTenant(ann).CopyItems(t.Context(), []gen.CopyItemsParams{full, empty})
		if err != nil || n != 2 {
			t.Fatalf("CopyItems: %d, %v", n, err)
		}
		l.wants(t, `SELECT left(tenant_id::text, 1) AS t, number, qty, mood, last_mood, price, made_at AT TIME ZONE 'UTC' AS at, day, raw, good, left(ref::text, 4) AS ref
			FROM items WHERE number <> 'one' ORDER BY id`,
			`{"t":"a","number":"full","qty":7,"mood":"so-so","last_mood":"happy","price":12.50,"at":"2020-01-02T03:04:05","day":"2020-01-02","raw":"\\x0001ff","good":true,"ref":"0100"}`,
			`{"t":"a","number":"\"{},\\","qty":null,"mood":"happy","last_mood":null,"price":null,"at":null,"day":null,"raw":null,"good":false,"ref":null}`)
	})
}

// TestCopyOdd copies arrays, domains and composite values.
func TestCopyOdd(t *testing.T) {
	everywhere(t, func(t *testing.T, l *lab) {
		n, err := l.ForTenant(ann).CopyOdd(t.Context(), []gen.CopyOddParams{
			{ID: 1, Tags: []string{"a", `b,"}`}, Code: "abc", Grid: []int32{1, 2}},
			{ID: 2, Tags: []string{}, Grid: nil},
		})
		if err != nil || n != 2 {
			t.Fatalf("CopyOdd: %d, %v", n, err)
		}
		l.wants(t, "SELECT left(tenant_id::text, 1) AS t, id, tags, code, grid FROM odd ORDER BY id",
			`{"t":"a","id":1,"tags":["a","b,\"}"],"code":"abc","grid":[1,2]}`, `{"t":"a","id":2,"tags":[],"code":null,"grid":null}`)
		// What the domain does not hold is not cut off.
		_, err = l.ForTenant(ann).CopyOdd(t.Context(), []gen.CopyOddParams{{ID: 3, Tags: []string{}, Code: "long"}})
		wantCode(t, "a long code", err, "22001")
	})
}

// TestCopyComposite inserts a composite value; COPY takes those only where pgx
// knows the type.
func TestCopyComposite(t *testing.T) {
	t.Parallel()
	l := newLab(t, setting{true, pgx.QueryExecModeCacheStatement})
	n, err := l.ForTenant(ann).CopyOdd(t.Context(), []gen.CopyOddParams{{ID: 1, Tags: []string{}, Size: sql.NullString{String: "(3,cm)", Valid: true}}})
	if err != nil || n != 1 {
		t.Fatalf("CopyOdd: %d, %v", n, err)
	}
	l.wants(t, "SELECT size FROM odd", `{"size":{"width":3,"unit":"cm"}}`)
}

// TestCopyIsTheTenants copies as each of two tenants: nobody can name another one.
func TestCopyIsTheTenants(t *testing.T) {
	everywhere(t, func(t *testing.T, l *lab) {
		for i, tenant := range []runtime.Tenant{ann, bob} {
			if n, err := l.ForTenant(tenant).CopyNumbers(t.Context(), []string{"two", "three"}); err != nil || n != 2 {
				t.Fatalf("CopyNumbers: %d, %v", n, err)
			}
			if n, err := l.ForTenant(tenant).CopyItemsWithID(t.Context(), []gen.CopyItemsWithIDParams{{ID: int64(100 + i), Number: "four"}}); err != nil || n != 1 {
				t.Fatalf("CopyItemsWithID: %d, %v", n, err)
			}
		}
		l.wants(t, "SELECT left(tenant_id::text, 1) AS t, array_agg(number ORDER BY number) AS numbers FROM items GROUP BY 1 ORDER BY 1",
			`{"t":"a","numbers":["four","one","three","two"]}`, `{"t":"b","numbers":["four","one","three","two"]}`)
		if n, err := l.Global().CopyPlans(t.Context(), []gen.CopyPlansParams{{Code: "a", Name: "A"}}); err != nil || n != 1 {
			t.Errorf("CopyPlans: %d, %v", n, err)
		}
	})
}

// TestCopyAllOrNone copies rows of which one cannot be: nothing is left, also
// where there are more than one statement takes.
func TestCopyAllOrNone(t *testing.T) {
	everywhere(t, func(t *testing.T, l *lab) {
		q := l.ForTenant(ann)
		n, err := q.CopyNumbers(t.Context(), []string{"two", "one", "three"})
		wantCode(t, "a number that is there", err, "23505")
		if n != 0 {
			t.Errorf("%d rows in spite of an error", n)
		}
		many := make([]string, 20_001)
		for i := range many {
			many[i] = fmt.Sprint(i)
		}
		many[20_000] = "one"
		_, err = q.CopyNumbers(t.Context(), many)
		wantCode(t, "the last of many", err, "23505")
		_, err = q.CopyOdd(t.Context(), []gen.CopyOddParams{{ID: 1, Tags: []string{}}, {ID: 1, Tags: []string{}}})
		wantCode(t, "a key twice", err, "23505")
		l.wants(t, "SELECT count(*) AS n FROM odd", `{"n":0}`)
		l.wants(t, allItems, seedItems...)
		many[20_000] = "last"
		if n, err := q.CopyNumbers(t.Context(), many); err != nil || n != 20_001 {
			t.Errorf("20,001 rows: %d, %v", n, err)
		}
		if n, err := q.CopyNumbers(t.Context(), nil); err != nil || n != 0 {
			t.Errorf("no rows: %d, %v", n, err)
		}
	})
}

// TestCopyLooksUp copies children: another tenant's parent fails as one does that
// does not exist.
func TestCopyLooksUp(t *testing.T) {
	everywhere(t, func(t *testing.T, l *lab) {
		q := l.ForTenant(ann)
		for what, item := range map[string]int64{"of bob": 2, "of nobody": 99} {
			n, err := q.CopyLines(t.Context(), []gen.CopyLinesParams{{ItemID: 1, LineNo: 2}, {ItemID: item, LineNo: 2}})
			want := "23502"
			if l.rls {
				want = "42501" // policies are asked first
			}
			wantCode(t, what, err, want)
			if n != 0 {
				t.Errorf("%s: %d rows", what, n)
			}
		}
		l.wants(t, allLines, seedLines...)
		if n, err := q.CopyLines(t.Context(), []gen.CopyLinesParams{{ItemID: 1, LineNo: 2, Note: text("x")}, {ItemID: 1, LineNo: 3}}); err != nil || n != 2 {
			t.Errorf("own parent: %d, %v", n, err)
		}
		l.wants(t, allLines, seedLines[0], `{"item":1,"n":2,"note":"x"}`, `{"item":1,"n":3,"note":null}`, seedLines[1])
	})
}

// TestCopyInTx copies in a transaction that is rolled back, and in a savepoint.
func TestCopyInTx(t *testing.T) {
	everywhere(t, func(t *testing.T, l *lab) {
		oops := errors.New("oops")
		err := l.ForTenant(ann).InTx(t.Context(), func(q *gen.TenantQueries) error {
			if n, err := q.CopyNumbers(t.Context(), []string{"two"}); err != nil || n != 1 {
				t.Errorf("CopyNumbers: %d, %v", n, err)
			}
			err := q.InTx(t.Context(), func(q *gen.TenantQueries) error {
				_, err := q.CopyNumbers(t.Context(), []string{"three", "two"})
				return err
			})
			wantCode(t, "in the savepoint", err, "23505")
			items, err := q.ListItems(t.Context())
			if err != nil || len(items) != 2 {
				t.Errorf("behind the savepoint: %d items, %v", len(items), err)
			}
			return oops
		})
		if !errors.Is(err, oops) {
			t.Error(err)
		}
		l.wants(t, allItems, seedItems...)
	})
}

// TestCopyOfNoTenant: what may not act does nothing, with rows and without.
func TestCopyOfNoTenant(t *testing.T) {
	everywhere(t, func(t *testing.T, l *lab) {
		for _, rows := range [][]string{{"two"}, nil} {
			if _, err := l.ForTenant(runtime.Tenant{}).CopyNumbers(t.Context(), rows); !errors.Is(err, runtime.ErrNoTenant) {
				t.Errorf("no tenant: %v", err)
			}
		}
		off := runtime.Tenant{ID: ann.ID, Status: runtime.StatusSuspended}
		if _, err := l.ForTenant(off).CopyLines(t.Context(), []gen.CopyLinesParams{{ItemID: 1, LineNo: 2}}); !errors.Is(err, runtime.ErrTenantInactive) {
			t.Errorf("suspended: %v", err)
		}
		l.wants(t, allItems, seedItems...)
	})
}

// TestCopyIsImpossibleUnderRLS is why there is another way: the server has no COPY
// for the role, and a handle that does not say so gets no further.
func TestCopyIsImpossibleUnderRLS(t *testing.T) {
	t.Parallel()
	l := newLab(t, setting{true, pgx.QueryExecModeCacheStatement})
	_, err := l.pool.CopyFrom(t.Context(), pgx.Identifier{"items"}, []string{"number", "tenant_id"}, pgx.CopyFromRows([][]any{{"two", ann.ID}}))
	wantCode(t, "COPY", err, "0A000")
	rls, err := postgres.NewRLS(l.pool)
	if err != nil {
		t.Fatal(err)
	}
	q := gen.New(mute{rls})
	if _, err := q.ForTenant(ann).CopyNumbers(t.Context(), []string{"two"}); err == nil {
		t.Error("a handle that hides that it cannot copy has copied")
	}
	l.wants(t, allItems, seedItems...)
}

// mute is a provider whose handles do not tell that they cannot copy.
type mute struct{ pgxdb.Provider }

func (m mute) For(t runtime.Tenant) pgxdb.Handle { return struct{ pgxdb.Handle }{m.Provider.For(t)} }

// TestPoliciesHoldCopies is the second line: rows under another tenant's id do not
// pass, also where the SQL would let them. Without policies they would.
func TestPoliciesHoldCopies(t *testing.T) {
	t.Parallel()
	for _, rls := range []bool{true, false} {
		l := newLab(t, setting{rls, pgx.QueryExecModeCacheStatement})
		_, err := gen.New(crossing{l.provider(t)}).ForTenant(ann).CopyNumbers(context.Background(), []string{"two"})
		if want := map[bool]string{true: "42501"}[rls]; code(err) != want {
			t.Errorf("under policies %v: error %v, want %q", rls, err, want)
		}
		if !rls {
			l.wants(t, allItems, with(seedItems, `{"t":"b","number":"two","qty":null}`)...)
		}
	}
}
