package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// load is a mixed load of several workers who change the tenant with each turn.
// A worker knows which rows it has made for which tenant; what it reads has to be
// those, and nothing else. The keys of all tenants are the same, so a statement
// that acts as another tenant is noticed.
type load struct {
	tenants        []runtime.Tenant
	workers, turns int
	// bare leaves the predicate out of the statements, so that nothing but the
	// policies keeps tenants apart.
	bare bool
	// hand has the workers look with SQL that no layout knows, too.
	hand bool
	// handle returns the handle of a tenant.
	handle func(runtime.Tenant) pgxdb.Handle
	// after looks at what a turn has left; it may be nil.
	after func(context.Context) error
}

// The table of the load, and its statements. {own} is the tenant's predicate.
const (
	jobsTable = `CREATE TABLE jobs (
		tenant_id text NOT NULL, worker int NOT NULL, id int NOT NULL, body text NOT NULL,
		PRIMARY KEY (tenant_id, worker, id))`
	jobsPolicy = `ALTER TABLE jobs ENABLE ROW LEVEL SECURITY;
		CREATE POLICY own ON jobs USING (tenant_id = (SELECT nullif(current_setting('app.current_tenant', true), '')))`
	insertJob = "INSERT INTO jobs (tenant_id, worker, id, body) VALUES ($1, $2, $3, $4)"
	listJobs  = "SELECT tenant_id || ' ' || id || ' ' || body FROM jobs WHERE worker = $1 AND {own} ORDER BY id"
	countJobs = "SELECT count(*) FROM jobs WHERE worker = $1 AND {own}"
	updateJob = "UPDATE jobs SET body = body || '!' WHERE worker = $1 AND id = $2 AND {own}"
	deleteJob = "DELETE FROM jobs WHERE worker = $1 AND id = $2 AND {own} RETURNING tenant_id"
	divide    = "SELECT 1 / $1::int"
	series    = "SELECT n FROM generate_series(1, $1::int) n"
	sleep     = "SELECT pg_sleep($1::float8)"
)

// jobsSQL returns the text of a statement for a predicate on parameter number n, or
// for none.
func jobsSQL(sql string, bare bool, n int) string {
	if bare {
		return strings.ReplaceAll(sql, "{own}", "true")
	}
	return strings.ReplaceAll(sql, "{own}", fmt.Sprintf("tenant_id = $%d", n))
}

// outcome is what the workers saw.
type outcome struct {
	mu sync.Mutex
	// turns are the turns that went well.
	turns int
	// wrong are the turns in which rows were not those that they have to be.
	wrong []error
	// failures are errors that a worker did not provoke.
	failures []error
	// stored are the rows that the database has to hold.
	stored []string
}

// foreign counts the turns in which somebody got a row of another tenant.
func (o *outcome) foreign() int {
	n := 0
	for _, err := range o.wrong {
		if errors.Is(err, errForeign) {
			n++
		}
	}
	return n
}

// String returns the counts.
func (o *outcome) String() string {
	return fmt.Sprintf("%d turns went well, %d were wrong, %d of them with rows of another tenant, errors %v",
		o.turns, len(o.wrong), o.foreign(), o.codes())
}

// codes counts the failures by what PostgreSQL calls them.
func (o *outcome) codes() map[string]int {
	n := map[string]int{}
	for _, err := range o.failures {
		var pgErr *pgconn.PgError
		if errors.As(err, &pgErr) {
			n[pgErr.Code]++
		} else {
			n[err.Error()]++
		}
	}
	return n
}

// run runs the load.
func (l load) run(ctx context.Context) *outcome {
	o := &outcome{}
	var wg sync.WaitGroup
	for number := range l.workers {
		wg.Go(func() {
			w := worker{load: l, outcome: o, number: number, random: rand.New(rand.NewPCG(uint64(number), 1)), model: map[string]*rows{}}
			for range l.turns {
				w.turn(ctx)
			}
			w.finish()
		})
	}
	wg.Wait()
	slices.Sort(o.stored)
	return o
}

// worker is one of the load. Its rows are its own.
type worker struct {
	load
	*outcome
	number int
	random *rand.Rand
	model  map[string]*rows
}

// rows are what a worker has made for a tenant: bodies by id.
type rows struct {
	last   int
	bodies map[int]string
}

func (r *rows) list(t runtime.Tenant) []string {
	var ids []int
	for id := range r.bodies {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	var list []string
	for _, id := range ids {
		list = append(list, fmt.Sprintf("%s %d %s", t.ID, id, r.bodies[id]))
	}
	return list
}

// errOops rolls a transaction back.
var errOops = errors.New("oops")

// errWrong is wrapped by what an isolated handle must never do, and errForeign by
// the worst of it.
var (
	errWrong   = errors.New("wrong")
	errForeign = fmt.Errorf("%w: a row of another tenant", errWrong)
)

// turn does one thing as a tenant, and looks at the tenant's rows.
func (w *worker) turn(ctx context.Context) {
	t := w.tenants[w.random.IntN(len(w.tenants))]
	mine := w.model[t.ID]
	if mine == nil {
		mine = &rows{bodies: map[int]string{}}
		w.model[t.ID] = mine
	}
	ctx = runtime.NewContext(ctx, t) // for a pool with a hook
	db := w.handle(t)
	err := w.act(ctx, db, t, mine)
	if err == nil {
		err = w.look(ctx, db, t, mine.list(t))
	}
	if err == nil && w.after != nil {
		err = w.after(ctx)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case err == nil:
		w.outcome.turns++
	case errors.Is(err, errWrong):
		w.wrong = append(w.wrong, err)
	default:
		w.failures = append(w.failures, err)
	}
}

// finish says what has to be stored.
func (w *worker) finish() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, t := range w.tenants {
		if mine := w.model[t.ID]; mine != nil {
			for _, row := range mine.list(t) {
				w.stored = append(w.stored, fmt.Sprintf("%d %s", w.number, row))
			}
		}
	}
}

// scoped returns a statement and its arguments with the tenant's predicate.
func (w *worker) scoped(t runtime.Tenant, sql string, args ...any) (string, []any) {
	text := jobsSQL(sql, w.bare, len(args)+1)
	if w.bare {
		return text, args
	}
	return text, append(args, t.ID)
}

// look reads the rows of the tenant.
func (w *worker) look(ctx context.Context, db pgxdb.DB, t runtime.Tenant, want []string) error {
	sql, args := w.scoped(t, listJobs, w.number)
	if w.hand && w.random.IntN(3) == 0 {
		sql += " -- written by hand"
	}
	found, err := db.Query(ctx, sql, args...)
	if err != nil {
		return err
	}
	got, err := pgx.CollectRows(found, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, row := range got {
		if strings.HasPrefix(row, "tenant-") && !strings.HasPrefix(row, t.ID+" ") {
			return fmt.Errorf("%w: %s reads %q", errForeign, t.ID, row)
		}
	}
	return differ("rows of "+t.ID, want, got)
}

func differ(what string, want, got any) error {
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		return fmt.Errorf("%w: %s (-want +got):\n%s", errWrong, what, d)
	}
	return nil
}

// act does one thing, and notes it where it was acknowledged.
func (w *worker) act(ctx context.Context, db pgxdb.Handle, t runtime.Tenant, mine *rows) error {
	action := w.random.IntN(40)
	switch {
	case action < 8:
		return w.insert(ctx, db, t, mine)
	case action < 14:
		return w.inTx(ctx, db, t, mine)
	case action < 17:
		return w.rolledBack(ctx, db, t, mine)
	case action < 18:
		return w.panicked(ctx, db, t, mine)
	case action < 22:
		return w.batch(ctx, db, t, mine)
	case action < 28:
		return w.update(ctx, db, t, mine)
	case action < 32:
		return w.remove(ctx, db, t, mine)
	case action < 35:
		_, err := db.Exec(ctx, divide, 0)
		return provoked(err, "22012")
	case action < 38: // more than fits into one read
		found, err := db.Query(ctx, series, 5000)
		if err != nil {
			return err
		}
		found.Next()
		found.Close()
		return found.Err()
	default:
		return w.cancelled(ctx, db)
	}
}

// provoked returns nil for the error of a code, and what came in its place.
func provoked(err error, code string) error {
	var pgErr *pgconn.PgError
	switch {
	case err == nil:
		return fmt.Errorf("%w: no error %s", errWrong, code)
	case errors.As(err, &pgErr) && pgErr.Code == code:
		return nil
	}
	return err
}

func (r *rows) next(t runtime.Tenant) (id int, body string) {
	r.last++
	return r.last, fmt.Sprintf("of %s, %d", t.ID, r.last)
}

func (w *worker) insert(ctx context.Context, db pgxdb.DB, t runtime.Tenant, mine *rows) error {
	id, body := mine.next(t)
	tag, err := db.Exec(ctx, insertJob, t.ID, w.number, id, body)
	if err != nil {
		return err
	}
	mine.bodies[id] = body
	return differ("inserted", int64(1), tag.RowsAffected())
}

// inTx inserts, and looks before the commit.
func (w *worker) inTx(ctx context.Context, db pgxdb.Handle, t runtime.Tenant, mine *rows) error {
	made := &rows{last: mine.last, bodies: map[int]string{}}
	for id, body := range mine.bodies {
		made.bodies[id] = body
	}
	err := db.InTx(ctx, func(tx pgxdb.DB) error {
		if err := w.insert(ctx, tx, t, made); err != nil {
			return err
		}
		return w.look(ctx, tx, t, made.list(t))
	})
	mine.last = made.last
	if err == nil {
		mine.bodies = made.bodies
	}
	return err
}

// rolledBack inserts in a savepoint of a transaction that is rolled back.
func (w *worker) rolledBack(ctx context.Context, db pgxdb.Handle, t runtime.Tenant, mine *rows) error {
	err := db.InTx(ctx, func(tx pgxdb.DB) error {
		err := pgxdb.InTx(ctx, tx, func(tx pgxdb.DB) error {
			id, body := mine.next(t)
			_, err := tx.Exec(ctx, insertJob, t.ID, w.number, id, body)
			return err
		})
		return errors.Join(err, errOops)
	})
	var pgErr *pgconn.PgError
	if errors.Is(err, errOops) && !errors.As(err, &pgErr) {
		return nil
	}
	return err
}

// panicked leaves a transaction with a panic.
func (w *worker) panicked(ctx context.Context, db pgxdb.Handle, t runtime.Tenant, mine *rows) (err error) {
	defer func() {
		if p := recover(); p != nil && p != any(errOops) {
			panic(p)
		}
	}()
	return db.InTx(ctx, func(tx pgxdb.DB) error {
		id, body := mine.next(t)
		if _, err := tx.Exec(ctx, insertJob, t.ID, w.number, id, body); err != nil {
			return err
		}
		panic(errOops)
	})
}

// batch inserts and counts together.
func (w *worker) batch(ctx context.Context, db pgxdb.DB, t runtime.Tenant, mine *rows) error {
	id, body := mine.next(t)
	b := &pgx.Batch{}
	b.Queue(insertJob, t.ID, w.number, id, body)
	sql, args := w.scoped(t, countJobs, w.number)
	var n int
	b.Queue(sql, args...).QueryRow(func(row pgx.Row) error { return row.Scan(&n) })
	if err := db.SendBatch(ctx, b).Close(); err != nil {
		return err
	}
	mine.bodies[id] = body
	return differ("count of "+t.ID, len(mine.bodies), n)
}

// some returns the id of a row; there may be none.
func (r *rows) some() int {
	for id := range r.bodies {
		return id
	}
	return 0
}

func (w *worker) update(ctx context.Context, db pgxdb.DB, t runtime.Tenant, mine *rows) error {
	id := mine.some()
	sql, args := w.scoped(t, updateJob, w.number, id)
	tag, err := db.Exec(ctx, sql, args...)
	if err != nil {
		return err
	}
	want := int64(0)
	if id > 0 {
		want = 1
		mine.bodies[id] += "!"
	}
	return differ("updated", want, tag.RowsAffected())
}

func (w *worker) remove(ctx context.Context, db pgxdb.DB, t runtime.Tenant, mine *rows) error {
	id := mine.some()
	sql, args := w.scoped(t, deleteJob, w.number, id)
	var whose string
	err := db.QueryRow(ctx, sql, args...).Scan(&whose)
	if id == 0 {
		if err == nil {
			return differ("deleted", "", whose)
		}
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("%w: row %d of %s is not there to delete", errWrong, id, t.ID)
	}
	if err != nil {
		return err
	}
	delete(mine.bodies, id)
	return differ("deleted", t.ID, whose)
}

// cancelled gives a statement up that the server works on.
func (w *worker) cancelled(ctx context.Context, db pgxdb.DB) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Millisecond)
	defer cancel()
	if _, err := db.Exec(ctx, sleep, 1); err == nil {
		return fmt.Errorf("%w: no error of a statement that was cancelled", errWrong)
	}
	return nil
}

// manyTenants returns n tenants, whose ids nobody else has: names of databases are
// the whole server's.
func manyTenants(n int) []runtime.Tenant {
	mine := uuid.NewString()[:8]
	var list []runtime.Tenant
	for i := range n {
		list = append(list, runtime.Tenant{ID: fmt.Sprintf("tenant-%s-%d", mine, i+1)})
	}
	return list
}

// storedJobs reads what a table holds for tenants. Where it is the place of a tenant,
// that is all, and rows of another are marked.
func storedJobs(t *testing.T, dsn, table, place string, tenants []runtime.Tenant) []string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	var ids []string
	for _, tenant := range tenants {
		ids = append(ids, tenant.ID)
	}
	found, err := conn.Query(t.Context(), "SELECT CASE WHEN $1 NOT IN ('', tenant_id) THEN 'in the place of ' || $1 || ': ' ELSE '' END"+
		" || worker || ' ' || tenant_id || ' ' || id || ' ' || body FROM "+table+" WHERE $1 <> '' OR tenant_id = ANY($2)", place, ids)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := pgx.CollectRows(found, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(stored)
	return stored
}

// jobsLayout is what the generator would say of the table.
func jobsLayout(role string) runtime.Layout {
	column := func(name, typ string) runtime.Column { return runtime.Column{Name: name, Type: typ, NotNull: true} }
	l := runtime.Layout{
		Engine: "postgresql", Fingerprint: "jobs", Schema: "public", Role: role, Setting: "app.current_tenant",
		Tables: []runtime.Table{{
			Name: "jobs", Class: runtime.ClassTenant, Column: "tenant_id", Owned: "jobs.tenant_id = $1",
			Columns: []runtime.Column{column("tenant_id", "text"), column("worker", "integer"), column("id", "integer"), column("body", "text")},
		}},
		DDL: []runtime.DDL{{Text: jobsText(jobsTable, false), Creates: []string{"jobs"}}},
	}
	for _, sql := range []string{insertJob, listJobs, readJobs, countJobs, updateJob, deleteJob, divide, series, sleep} {
		l.Statements = append(l.Statements, jobsText(jobsSQL(sql, true, 0), true))
	}
	return l
}

// jobsText returns a text with the places in it where the table is named.
func jobsText(sql string, alias bool) runtime.Text {
	text := runtime.Text{SQL: sql}
	for _, at := range jobsName.FindAllStringIndex(sql, -1) {
		text.Slots = append(text.Slots, runtime.Slot{Start: at[0], End: at[1], Name: "jobs", Alias: alias})
	}
	return text
}

var jobsName = regexp.MustCompile(`\bjobs\b`)
