package pgaudit_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/goleak"

	"github.com/tenancygen/tenancygen/internal/testpg"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/audit/pgaudit"
)

func TestMain(m *testing.M) {
	testpg.Main(m, func() error { return goleak.Find() })
}

// setting is a database with the table, and two pools: of its owner, a superuser, and of
// the application's role.
type setting struct {
	owner, app *pgxpool.Pool
	role       string
}

func setup(t testing.TB) setting {
	t.Helper()
	url := testpg.Database(t)
	role, roleURL := testpg.Role(t, url)
	s := setting{pool(t, url), pool(t, roleURL), role}
	if err := writer(t, s.owner, pgaudit.Options{Role: role}).Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func pool(t testing.TB, url string) *pgxpool.Pool {
	t.Helper()
	p, err := pgxpool.New(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func writer(t testing.TB, p *pgxpool.Pool, o pgaudit.Options) *pgaudit.Writer {
	t.Helper()
	w, err := pgaudit.New(p, o)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func run(t testing.TB, p *pgxpool.Pool, sql string) {
	t.Helper()
	if _, err := p.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func entry(tenant string, n int) runtime.AuditEntry {
	return runtime.AuditEntry{
		TenantID: tenant, UserID: "u1", Action: "invoice.delete", Resource: "invoice", ResourceID: fmt.Sprint(n),
		ClientIP: "203.0.113.7", UserAgent: "curl/8", At: time.Date(2026, 11, 22, 20, 0, n, 123456789, time.UTC),
	}
}

// fill writes n entries of a tenant and returns the last head.
func fill(t testing.TB, w *pgaudit.Writer, tenant string, n int) pgaudit.Head {
	t.Helper()
	var head pgaudit.Head
	for i := range n {
		var err error
		if head, err = w.Write(t.Context(), entry(tenant, i+1)); err != nil || head.Seq != int64(i+1) {
			t.Fatalf("%v, %v", head, err)
		}
	}
	return head
}

func metadata(t testing.TB, text string) runtime.Metadata {
	t.Helper()
	m, err := runtime.ParseMetadata([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestP13PluggableWriter is promise P13 and regression 13: a Writer is a
// runtime.AuditWriter, and what it keeps has the client's address and user agent.
func TestP13PluggableWriter(t *testing.T) {
	t.Parallel()
	s := setup(t)
	now := time.Date(2026, 1, 2, 3, 4, 5, 6789, time.FixedZone("", 3600))
	w := writer(t, s.app, pgaudit.Options{Now: func() time.Time { return now }})
	full := entry("acme", 1)
	full.Metadata = metadata(t, `{"b":[1.50,{"<":"é"}],"_enc_token":"hunter2"}`)
	least := runtime.AuditEntry{TenantID: "acme", Action: "login", Resource: "session"}
	for _, e := range []runtime.AuditEntry{full, least} {
		if err := runtime.AuditWriter(w).WriteAudit(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	got, err := w.List(t.Context(), "acme", 0, 0)
	if err != nil || len(got) != 2 {
		t.Fatal(got, err)
	}
	full.Metadata = metadata(t, `{"b":[1.50,{"<":"é"}],"_enc_token":"***"}`)
	full.At, least.At = full.At.Truncate(time.Microsecond), now.UTC().Truncate(time.Microsecond)
	if diff := cmp.Diff([]runtime.AuditEntry{full, least}, []runtime.AuditEntry{got[0].AuditEntry, got[1].AuditEntry}); diff != "" {
		t.Error(diff)
	}
	head, err := w.Head(t.Context(), "acme")
	if err != nil || head != (pgaudit.Head{Seq: 2, Hash: got[1].Hash}) {
		t.Errorf("%v, %v", head, err)
	}
	if verified, err := w.Verify(t.Context(), "acme"); err != nil || verified != head {
		t.Errorf("%v, %v", verified, err)
	}
	if got, err := w.List(t.Context(), "acme", 1, 5); err != nil || len(got) != 1 || got[0].Seq != 2 {
		t.Errorf("behind the first: %v, %v", got, err)
	}
	if got, err := w.List(t.Context(), "globex", 0, 0); err != nil || len(got) != 0 {
		t.Errorf("another tenant: %v, %v", got, err)
	}
	if head, err := w.Verify(t.Context(), "globex"); err != nil || head != (pgaudit.Head{}) {
		t.Errorf("another tenant: %v, %v", head, err)
	}
	if _, err := w.Write(t.Context(), runtime.AuditEntry{TenantID: "acme"}); !errors.Is(err, runtime.ErrInvalidAudit) {
		t.Error(err)
	}
}

// TestHostileTextIsKept holds that what a client sends never loses an entry: NUL, bytes
// that are not UTF-8, SQL, and more than there is room for.
func TestHostileTextIsKept(t *testing.T) {
	t.Parallel()
	w := writer(t, setup(t).app, pgaudit.Options{})
	for i, text := range []string{
		"\x00", "a\x00b", "\xff\xfe", "\xed\xa0\x80", strings.Repeat("é", 5000), "'; DROP TABLE tenancy.audit; --", "\\", "$1", "a\nb\r\n", "\u2028\u202e", "", "\ufffd",
	} {
		e := entry("acme", i+1)
		e.ClientIP, e.UserAgent, e.ResourceID, e.UserID = text, text, text[:min(len(text), 100)], text[:min(len(text), 101)]
		if _, err := w.Write(t.Context(), e); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
	head, err := w.Verify(t.Context(), "acme")
	if err != nil || head.Seq != 12 {
		t.Errorf("%v, %v", head, err)
	}
}

// TestTimesAreKept holds that the hash of any time can be made again from what is stored.
func TestTimesAreKept(t *testing.T) {
	t.Parallel()
	w := writer(t, setup(t).app, pgaudit.Options{})
	for _, at := range []time.Time{
		{}, time.Now(), time.Unix(0, 0), time.Unix(-1, 999_999_999), time.Date(1, 1, 1, 0, 0, 0, 1, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC),
		time.Date(1969, 12, 31, 23, 59, 59, 999, time.FixedZone("", -3600)),
	} {
		e := entry("acme", 1)
		e.At = at
		if _, err := w.Write(t.Context(), e); err != nil {
			t.Errorf("%v: %v", at, err)
		}
	}
	if head, err := w.Verify(t.Context(), "acme"); err != nil || head.Seq != 7 {
		t.Errorf("%v, %v", head, err)
	}
}

// TestConcurrentWriters holds that entries of many writers, in two processes' writers and
// in transactions of callers, are one chain without gaps, and none is lost.
func TestConcurrentWriters(t *testing.T) {
	t.Parallel()
	s := setup(t)
	const writers, each = 50, 6
	processes := []*pgaudit.Writer{writer(t, s.app, pgaudit.Options{}), writer(t, s.app, pgaudit.Options{})}
	var (
		work  sync.WaitGroup
		mu    sync.Mutex
		heads []int64
	)
	for i := range writers {
		work.Go(func() {
			w := processes[i%2]
			for n := range each {
				var (
					head pgaudit.Head
					err  error
				)
				if i%5 == 0 {
					err = pgx.BeginFunc(t.Context(), s.app, func(tx pgx.Tx) (err error) {
						head, err = w.WriteTx(t.Context(), tx, entry("acme", i*each+n))
						return err
					})
				} else {
					head, err = w.Write(t.Context(), entry("acme", i*each+n))
				}
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				heads = append(heads, head.Seq)
				mu.Unlock()
			}
		})
	}
	work.Wait()
	slices.Sort(heads)
	if len(slices.Compact(heads)) != writers*each {
		t.Errorf("%d numbers are there twice", writers*each-len(slices.Compact(heads)))
	}
	got, err := processes[0].List(t.Context(), "acme", 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, r := range got {
		seen[r.ResourceID] = true
	}
	head, err := processes[0].Verify(t.Context(), "acme")
	if err != nil || head.Seq != writers*each || len(seen) != writers*each {
		t.Errorf("%v, %v, %d entries", head, err, len(seen))
	}
}

// TestWriteTx holds that an entry and what the transaction does become true together.
func TestWriteTx(t *testing.T) {
	t.Parallel()
	s := setup(t)
	w := writer(t, s.app, pgaudit.Options{})
	fill(t, w, "acme", 2)
	rolledBack := errors.New("rolled back")
	err := pgx.BeginFunc(t.Context(), s.app, func(tx pgx.Tx) error {
		for n := range 3 {
			if head, err := w.WriteTx(t.Context(), tx, entry("acme", 3+n)); err != nil || head.Seq != int64(3+n) {
				t.Errorf("%v, %v", head, err)
			}
		}
		return rolledBack
	})
	if !errors.Is(err, rolledBack) {
		t.Fatal(err)
	}
	if head, err := w.Verify(t.Context(), "acme"); err != nil || head.Seq != 2 {
		t.Errorf("%v, %v", head, err)
	}
	// The writer is not led astray by heads that never were.
	if head, err := w.Write(t.Context(), entry("acme", 3)); err != nil || head.Seq != 3 {
		t.Errorf("%v, %v", head, err)
	}
	if err := pgx.BeginFunc(t.Context(), s.app, func(tx pgx.Tx) error {
		for _, tenant := range []string{"acme", "globex", "acme"} {
			if _, err := w.WriteTx(t.Context(), tx, entry(tenant, 1)); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for tenant, want := range map[string]int64{"acme": 5, "globex": 1} {
		if head, err := w.Verify(t.Context(), tenant); err != nil || head.Seq != want {
			t.Errorf("%s: %v, %v", tenant, head, err)
		}
	}
	// In a transaction that sees the past, another writer is an error that says so.
	err = pgx.BeginTxFunc(t.Context(), s.app, pgx.TxOptions{IsoLevel: pgx.RepeatableRead}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), "SELECT 1"); err != nil {
			return err
		}
		if _, err := w.Write(t.Context(), entry("acme", 6)); err != nil {
			return err
		}
		_, err := w.WriteTx(t.Context(), tx, entry("acme", 7))
		return err
	})
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	if !ok || pgErr.Code != "40001" {
		t.Error(err)
	}
	if head, err := w.Verify(t.Context(), "acme"); err != nil || head.Seq != 6 {
		t.Errorf("%v, %v", head, err)
	}
}

// TestWriterWaitsForTransaction holds that a writer whose context ends while another
// transaction has the tenant's turn returns, and that others go on.
func TestWriterWaitsForTransaction(t *testing.T) {
	t.Parallel()
	s := setup(t)
	w := writer(t, s.app, pgaudit.Options{})
	fill(t, w, "acme", 1)
	err := pgx.BeginFunc(t.Context(), s.app, func(tx pgx.Tx) error {
		if _, err := w.WriteTx(t.Context(), tx, entry("acme", 2)); err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		var work sync.WaitGroup
		for range 10 { // more than the pool has connections
			work.Go(func() {
				if _, err := w.Write(ctx, entry("acme", 3)); !errors.Is(err, context.DeadlineExceeded) {
					t.Error(err)
				}
			})
		}
		work.Wait()
		_, err := w.Write(t.Context(), entry("globex", 1))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if head, err := w.Write(t.Context(), entry("acme", 3)); err != nil || head.Seq != 3 {
		t.Errorf("%v, %v", head, err)
	}
}

// TestAppRoleHasNoTable is a part of attack case 76: the application's role reads and
// changes nothing but through the functions, and writes no entry out of its order.
func TestAppRoleHasNoTable(t *testing.T) {
	t.Parallel()
	s := setup(t)
	fill(t, writer(t, s.app, pgaudit.Options{}), "acme", 2)
	for _, sql := range []string{
		"SELECT * FROM tenancy.audit", "SELECT * FROM tenancy.audit_heads",
		"INSERT INTO tenancy.audit SELECT * FROM tenancy.audit", "INSERT INTO tenancy.audit_heads VALUES ('x', 0, '')",
		"UPDATE tenancy.audit SET action = 'x'", "UPDATE tenancy.audit_heads SET seq = 0",
		"DELETE FROM tenancy.audit", "DELETE FROM tenancy.audit_heads", "TRUNCATE tenancy.audit", "TRUNCATE tenancy.audit_heads",
		"ALTER TABLE tenancy.audit DISABLE TRIGGER only_grows", "DROP TABLE tenancy.audit", "DROP TRIGGER only_grows ON tenancy.audit",
		"SET session_replication_role = replica", "CREATE TABLE tenancy.mine ()", "DROP FUNCTION tenancy.audit_head",
	} {
		_, err := s.app.Exec(t.Context(), sql)
		pgErr, ok := errors.AsType[*pgconn.PgError](err)
		if !ok || pgErr.Code != "42501" {
			t.Errorf("%s: %v", sql, err)
		}
	}
	var appended bool
	if err := s.app.QueryRow(t.Context(), `SELECT appended FROM tenancy.audit_append('acme', now(), '', 'a', 'r', '', '{}', '', '', '', 1, $1, $1)`,
		make([]byte, 32)).Scan(&appended); err != nil || appended {
		t.Errorf("an entry in the middle: %v, %v", appended, err)
	}
	// A role that may run nothing can do nothing.
	_, other := testpg.Role(t, s.owner.Config().ConnString())
	if _, err := pool(t, other).Exec(t.Context(), "SELECT tenancy.audit_head('acme')"); err == nil {
		t.Error("any role runs the functions")
	}
}

// TestOnlyGrows is a part of attack case 76: the table refuses even its owner.
func TestOnlyGrows(t *testing.T) {
	t.Parallel()
	s := setup(t)
	w := writer(t, s.app, pgaudit.Options{})
	fill(t, w, "acme", 2)
	for _, sql := range []string{
		"UPDATE tenancy.audit SET action = 'x'", "UPDATE tenancy.audit SET tenant_id = 'globex'", "UPDATE tenancy.audit SET action = 'x' WHERE false",
		"DELETE FROM tenancy.audit", "TRUNCATE tenancy.audit", "DELETE FROM tenancy.audit_heads", "TRUNCATE tenancy.audit_heads", "TRUNCATE tenancy.audit, tenancy.audit_heads CASCADE",
		"INSERT INTO tenancy.audit SELECT * FROM tenancy.audit ON CONFLICT (tenant_id, seq) DO UPDATE SET action = 'x'",
		"MERGE INTO tenancy.audit a USING (SELECT 'acme' AS id) b ON a.tenant_id = b.id WHEN MATCHED THEN DELETE",
		"SET LOCAL session_replication_role = replica; DELETE FROM tenancy.audit",
	} {
		_, err := s.owner.Exec(t.Context(), sql)
		if err == nil || !strings.Contains(err.Error(), "only grows") {
			t.Errorf("%s: %v", sql, err)
		}
	}
	if head, err := w.Verify(t.Context(), "acme"); err != nil || head.Seq != 2 {
		t.Errorf("%v, %v", head, err)
	}
}

// TestInit holds that it can be called again, at once, and by a role that may not make
// anything; and that it takes rights away that the role got elsewhere.
func TestInit(t *testing.T) {
	t.Parallel()
	url := testpg.Database(t)
	role, roleURL := testpg.Role(t, url)
	owner, app := pool(t, url), pool(t, roleURL)
	run(t, owner, "CREATE SCHEMA tenancy; ALTER DEFAULT PRIVILEGES IN SCHEMA tenancy GRANT ALL ON TABLES TO "+role)
	if err := writer(t, app, pgaudit.Options{}).Init(t.Context()); err == nil {
		t.Error("a role without rights made the tables")
	}
	var work sync.WaitGroup
	for range 8 {
		work.Go(func() {
			if err := writer(t, owner, pgaudit.Options{Role: role}).Init(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	work.Wait()
	w := writer(t, app, pgaudit.Options{Role: role})
	if err := w.Init(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := app.Exec(t.Context(), "SELECT FROM tenancy.audit"); err == nil {
		t.Error("the role reads the table")
	}
	fill(t, w, "acme", 1)
	run(t, owner, "GRANT DELETE ON tenancy.audit TO "+role)
	if err := w.Init(t.Context()); err == nil {
		t.Error("the role can take nothing from itself, and Init is content")
	}
	if err := writer(t, owner, pgaudit.Options{Role: role}).Init(t.Context()); err != nil {
		t.Error(err)
	}
	if err := w.Init(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestLostHead holds that a writer whose memory is of another past than the database's,
// such as after a restore, asks again.
func TestLostHead(t *testing.T) {
	t.Parallel()
	s := setup(t)
	w := writer(t, s.app, pgaudit.Options{})
	fill(t, w, "acme", 3)
	run(t, s.owner, "ALTER TABLE tenancy.audit DISABLE TRIGGER only_grows; ALTER TABLE tenancy.audit_heads DISABLE TRIGGER only_grows; TRUNCATE tenancy.audit, tenancy.audit_heads")
	if head, err := w.Write(t.Context(), entry("acme", 1)); err != nil || head.Seq != 1 {
		t.Errorf("%v, %v", head, err)
	}
	if _, err := w.Verify(t.Context(), "acme"); err != nil {
		t.Error(err)
	}
}

func TestHead(t *testing.T) {
	t.Parallel()
	head := pgaudit.Head{Seq: 7, Hash: pgaudit.Hash{1, 2, 255}}
	if got, err := pgaudit.ParseHead(head.String()); err != nil || got != head {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{"", "7", "7:", ":00", "-1:" + strings.Repeat("00", 32), "7:" + strings.Repeat("0", 63), "x:" + strings.Repeat("00", 32)} {
		if _, err := pgaudit.ParseHead(bad); !errors.Is(err, pgaudit.ErrHead) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
