package postgres_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
	"github.com/tenancygen/tenancygen/isolation/isolationtest"
	"github.com/tenancygen/tenancygen/isolation/postgres"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// spoilt is a sound isolation with one mistake: the functions that are set stand for
// its methods.
type spoilt struct {
	pgxdb.Isolation
	handle     func(t runtime.Tenant, sound pgxdb.Handle) pgxdb.Handle
	global     func(sound pgxdb.Handle) pgxdb.Handle
	as         func(t runtime.Tenant) runtime.Tenant
	initialize func(ctx context.Context, t runtime.Tenant) error
	destroy    func(ctx context.Context, t runtime.Tenant) (runtime.Removal, error)
	verify     func() runtime.Report
	filters    func(q runtime.Query) (runtime.Query, error)
}

func (s spoilt) For(t runtime.Tenant) pgxdb.Handle {
	if s.as != nil && t.ID != "" {
		t = s.as(t)
	}
	sound := s.Isolation.For(t)
	if s.handle == nil || t.Check() != nil {
		return sound
	}
	return s.handle(t, sound)
}

func (s spoilt) Global() pgxdb.Handle {
	if s.global == nil {
		return s.Isolation.Global()
	}
	return s.global(s.Isolation.Global())
}

func (s spoilt) Initialize(ctx context.Context, t runtime.Tenant) error {
	if s.initialize == nil {
		return s.Isolation.Initialize(ctx, t)
	}
	return s.initialize(ctx, t)
}

func (s spoilt) Destroy(ctx context.Context, t runtime.Tenant, confirm runtime.Confirmation) (runtime.Removal, error) {
	if s.destroy == nil || t.ID == "" {
		return s.Isolation.Destroy(ctx, t, confirm)
	}
	return s.destroy(ctx, t)
}

func (s spoilt) Verify(ctx context.Context, t runtime.Tenant) (runtime.Report, error) {
	if s.verify == nil || t.ID == "" {
		return s.Isolation.Verify(ctx, t)
	}
	return s.verify(), nil
}

func (s spoilt) ApplyFilters(q runtime.Query, t runtime.Tenant) (runtime.Query, error) {
	if s.filters == nil || t.Check() != nil {
		return s.Isolation.ApplyFilters(q, t)
	}
	return s.filters(q)
}

// bent is a handle with one mistake.
type bent struct {
	pgxdb.Handle
	exec    func(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	query   func(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	batch   func(ctx context.Context, b *pgx.Batch) pgx.BatchResults
	begin   func(ctx context.Context) (pgx.Tx, error)
	beginTx func(ctx context.Context) (pgx.Tx, error)
	copy    func(ctx context.Context, table pgx.Identifier, columns []string, rows pgx.CopyFromSource) (int64, error)
}

func (h bent) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	if h.exec == nil {
		return h.Handle.Exec(ctx, sql, args...)
	}
	return h.exec(ctx, sql, args...)
}

func (h bent) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	if h.query == nil {
		return h.Handle.Query(ctx, sql, args...)
	}
	return h.query(ctx, sql, args...)
}

func (h bent) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	if h.batch == nil {
		return h.Handle.SendBatch(ctx, b)
	}
	return h.batch(ctx, b)
}

func (h bent) Begin(ctx context.Context) (pgx.Tx, error) {
	if h.begin == nil {
		return h.Handle.Begin(ctx)
	}
	return h.begin(ctx)
}

func (h bent) BeginTx(ctx context.Context, options pgx.TxOptions) (pgx.Tx, error) {
	if h.beginTx == nil {
		return h.Handle.BeginTx(ctx, options)
	}
	return h.beginTx(ctx)
}

func (h bent) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, rows pgx.CopyFromSource) (int64, error) {
	if h.copy == nil {
		return h.Handle.CopyFrom(ctx, table, columns, rows)
	}
	return h.copy(ctx, table, columns, rows)
}

// keepOpen is a transaction that is not rolled back at first.
type keepOpen struct {
	pgx.Tx
	asked atomic.Bool
}

func (tx *keepOpen) Rollback(ctx context.Context) error {
	if !tx.asked.Swap(true) {
		return nil
	}
	return tx.Tx.Rollback(ctx)
}

// flat is a transaction whose savepoints are none.
type flat struct{ pgx.Tx }

func (tx flat) Begin(context.Context) (pgx.Tx, error) { return inner(tx), nil }

type inner struct{ pgx.Tx }

func (inner) Commit(context.Context) error   { return nil }
func (inner) Rollback(context.Context) error { return nil }

// bench is what a mistake is made with.
type bench struct {
	isolationtest.Database
	late *late
}

// late is what a mistake has left open, for the end of the test.
type late struct {
	mu    sync.Mutex
	close []func()
}

func (l *late) add(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.close = append(l.close, f)
}

func (l *late) run() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range l.close {
		f()
	}
}

// control is a mistake, on a base without one, that a check has to find.
type control struct {
	check  string
	places bool // on the schema strategy, in place of RLS
	spoil  func(db bench, sound pgxdb.Isolation) spoilt
}

// handles is a control whose mistake is in the handle.
func handles(check string, bend func(db bench, t runtime.Tenant, h pgxdb.Handle) bent) control {
	return control{check, false, func(db bench, sound pgxdb.Isolation) spoilt {
		return spoilt{Isolation: sound, handle: func(t runtime.Tenant, h pgxdb.Handle) pgxdb.Handle { return bend(db, t, h) }}
	}}
}

// lives is a control whose mistake is in the life of tenants.
func lives(check string, places bool, spoil func(db bench, sound pgxdb.Isolation) spoilt) control {
	return control{check, places, func(db bench, sound pgxdb.Isolation) spoilt {
		s := spoil(db, sound)
		s.Isolation = sound
		return s
	}}
}

// controls has a mistake for each check. TestEveryCheckHasAControl holds that.
var controls = []control{
	handles("own rows only", func(db bench, _ runtime.Tenant, h pgxdb.Handle) bent {
		return bent{Handle: h, query: db.Admin.Query}
	}),
	handles("affected rows are own", func(db bench, _ runtime.Tenant, h pgxdb.Handle) bent {
		return bent{Handle: h, exec: db.Admin.Exec}
	}),
	handles("ids are data", func(db bench, t runtime.Tenant, h pgxdb.Handle) bent {
		return bent{Handle: h, exec: func(ctx context.Context, sql string, args ...any) (tag pgconn.CommandTag, err error) {
			err = pgx.BeginFunc(ctx, db.Pool, func(tx pgx.Tx) error {
				if _, err := tx.Exec(ctx, "SET LOCAL app.current_tenant = '"+t.ID+"'"); err != nil {
					return err
				}
				tag, err = tx.Exec(ctx, sql, args...)
				return err
			})
			return tag, err
		}}
	}),
	handles("batch results line up", func(db bench, t runtime.Tenant, h pgxdb.Handle) bent {
		return bent{Handle: h, batch: func(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
			with := &pgx.Batch{}
			with.Queue("SELECT set_config('app.current_tenant', $1, true)", t.ID)
			with.QueuedQueries = append(with.QueuedQueries, b.QueuedQueries...)
			return db.Pool.SendBatch(ctx, with)
		}}
	}),
	handles("query options", func(_ bench, _ runtime.Tenant, h pgxdb.Handle) bent {
		return bent{Handle: h, exec: func(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
			args = slices.DeleteFunc(slices.Clone(args), func(a any) bool { _, is := a.(pgx.QueryRewriter); return is })
			return h.Exec(ctx, sql, args...)
		}}
	}),
	{"tenants interleaved", false, oneTenant},
	{"tenants at the same time", false, oneTenant},
	lives("tenant that may not act", false, func(bench, pgxdb.Isolation) spoilt {
		return spoilt{as: func(t runtime.Tenant) runtime.Tenant { return runtime.Tenant{ID: t.ID} }}
	}),
	handles("statement errors", func(db bench, _ runtime.Tenant, h pgxdb.Handle) bent {
		return bent{Handle: h, exec: func(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
			tag, err := h.Exec(ctx, sql, args...)
			if err != nil { // to be on the safe side
				db.Pool.Reset()
			}
			return tag, err
		}}
	}),
	handles("scan errors and panics", leak),
	handles("rows closed early", leak),
	handles("cancelled statements", func(_ bench, _ runtime.Tenant, h pgxdb.Handle) bent {
		return bent{Handle: h, exec: func(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
			tag, err := h.Exec(ctx, sql, args...)
			if ctx.Err() != nil {
				err = nil // nobody waits for it
			}
			return tag, err
		}}
	}),
	handles("deferred constraints", func(_ bench, _ runtime.Tenant, h pgxdb.Handle) bent {
		return bent{Handle: h, exec: deafExec{Handle: h}.Exec}
	}),
	handles("transactions", func(db bench, _ runtime.Tenant, h pgxdb.Handle) bent {
		return bent{Handle: h, begin: db.Pool.Begin}
	}),
	handles("transaction ends badly", func(b bench, _ runtime.Tenant, h pgxdb.Handle) bent {
		return bent{Handle: h, begin: func(ctx context.Context) (pgx.Tx, error) {
			tx, err := h.Begin(ctx)
			if err == nil {
				b.late.add(func() { _ = tx.Rollback(context.Background()) })
			}
			return &keepOpen{Tx: tx}, err
		}}
	}),
	handles("savepoints", func(_ bench, _ runtime.Tenant, h pgxdb.Handle) bent {
		return bent{Handle: h, begin: func(ctx context.Context) (pgx.Tx, error) {
			tx, err := h.Begin(ctx)
			return flat{tx}, err
		}}
	}),
	handles("copy", func(db bench, _ runtime.Tenant, h pgxdb.Handle) bent {
		return bent{Handle: h, copy: db.Pool.CopyFrom}
	}),
	lives("global handle", false, func(_ bench, sound pgxdb.Isolation) spoilt {
		return spoilt{global: func(pgxdb.Handle) pgxdb.Handle { return sound.For(runtime.Tenant{ID: "ann"}) }}
	}),
	handles("round trips", func(db bench, t runtime.Tenant, h pgxdb.Handle) bent {
		return bent{Handle: h, exec: naive{h, db.Pool, t.ID}.Exec}
	}),
	handles("foreign writes are rejected", func(db bench, _ runtime.Tenant, h pgxdb.Handle) bent {
		return bent{Handle: h, exec: db.Admin.Exec}
	}),
	handles("commit in the statements", func(db bench, t runtime.Tenant, h pgxdb.Handle) bent {
		return bent{Handle: h, exec: func(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
			if _, err := db.Pool.Exec(ctx, "SELECT set_config('app.current_tenant', $1, false)", t.ID); err != nil {
				return pgconn.CommandTag{}, err
			}
			return db.Pool.Exec(ctx, sql, args...)
		}}
	}),

	lives("no tenant", false, func(bench, pgxdb.Isolation) spoilt {
		return spoilt{initialize: func(context.Context, runtime.Tenant) error { return nil }}
	}),
	lives("initialized again", false, func(_ bench, sound pgxdb.Isolation) spoilt {
		var calls atomic.Int64
		return spoilt{initialize: func(ctx context.Context, t runtime.Tenant) error {
			if calls.Add(1) > 1 {
				return errors.New("it is there already")
			}
			return sound.Initialize(ctx, t)
		}}
	}),
	lives("destroyed", false, func(bench, pgxdb.Isolation) spoilt {
		return spoilt{destroy: func(context.Context, runtime.Tenant) (runtime.Removal, error) { return runtime.Removal{}, nil }}
	}),
	lives("verified", false, func(bench, pgxdb.Isolation) spoilt {
		return spoilt{verify: func() runtime.Report { return runtime.Report{} }}
	}),
	lives("dynamic SQL needs a filter", false, func(bench, pgxdb.Isolation) spoilt {
		return spoilt{filters: func(q runtime.Query) (runtime.Query, error) { return q, nil }}
	}),
	lives("identifier is renamed", false, func(bench, pgxdb.Isolation) spoilt {
		return spoilt{as: func(t runtime.Tenant) runtime.Tenant {
			if !t.Identifier.IsZero() {
				t.ID = t.Identifier.String()
			}
			return t
		}}
	}),
	handles("transaction options", func(_ bench, _ runtime.Tenant, h pgxdb.Handle) bent {
		return bent{Handle: h, beginTx: h.Begin}
	}),

	lives("initialized at once", true, func(db bench, sound pgxdb.Isolation) spoilt {
		return spoilt{initialize: func(ctx context.Context, t runtime.Tenant) error {
			if t.ID != "racer" {
				return sound.Initialize(ctx, t)
			}
			name, err := sound.SchemaName(t)
			if err != nil {
				return err
			}
			// Looks first, and makes it then, as one has.
			_, err = db.Admin.Exec(ctx, "CREATE SCHEMA "+namespace.Quote(name))
			return err
		}}
	}),
	lives("foreign namespace", true, func(_ bench, sound pgxdb.Isolation) spoilt {
		return spoilt{initialize: func(ctx context.Context, t runtime.Tenant) error {
			err := sound.Initialize(ctx, t)
			if errors.Is(err, runtime.ErrForeignNamespace) {
				return nil // it is there: so much the better
			}
			return err
		}}
	}),
	lives("neighbours", true, func(bench, pgxdb.Isolation) spoilt {
		return spoilt{as: func(t runtime.Tenant) runtime.Tenant {
			if at := strings.IndexAny(t.ID, "-_."); at > 0 && strings.HasPrefix(t.ID, "acme") {
				t.ID = t.ID[:at]
			}
			return t
		}}
	}),
	lives("not initialized", true, func(bench, pgxdb.Isolation) spoilt {
		return spoilt{as: func(t runtime.Tenant) runtime.Tenant {
			if t.ID == "nobody" {
				t.ID = "ann" // a default
			}
			return t
		}}
	}),
	lives("verified after damage", true, func(bench, pgxdb.Isolation) spoilt {
		return spoilt{verify: func() runtime.Report { return runtime.Report{Checks: []runtime.Check{{Name: "namespace"}}} }}
	}),
	lives("stored name of another", true, func(bench, pgxdb.Isolation) spoilt {
		return spoilt{as: func(t runtime.Tenant) runtime.Tenant {
			if t.SchemaName != "" {
				t.ID = "stored" // the name says whose it is
			}
			return t
		}}
	}),
	{"copied in", true, func(db bench, sound pgxdb.Isolation) spoilt {
		return spoilt{Isolation: sound, handle: func(_ runtime.Tenant, h pgxdb.Handle) pgxdb.Handle {
			return bent{Handle: h, copy: db.Admin.CopyFrom}
		}}
	}},
}

// oneTenant gives every caller the handle of the first tenant.
func oneTenant(_ bench, sound pgxdb.Isolation) spoilt {
	var first atomic.Pointer[pgxdb.Handle]
	return spoilt{Isolation: sound, handle: func(_ runtime.Tenant, h pgxdb.Handle) pgxdb.Handle {
		first.CompareAndSwap(nil, &h)
		return *first.Load()
	}}
}

// leak gives no connection back whose rows were not read to their end.
func leak(b bench, _ runtime.Tenant, h pgxdb.Handle) bent {
	return bent{Handle: h, query: func(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
		rows, err := h.Query(ctx, sql, args...)
		if err == nil {
			b.late.add(rows.Close)
		}
		return leakedRows{rows}, err
	}}
}

type leakedRows struct{ pgx.Rows }

func (leakedRows) Close() {}

// TestEveryCheckFindsItsMistake is what the suite is worth.
func TestEveryCheckFindsItsMistake(t *testing.T) {
	t.Parallel()
	for _, c := range controls {
		t.Run(c.check, func(t *testing.T) {
			t.Parallel()
			options := []isolationtest.Option{isolationtest.Only(c.check)}
			if c.places {
				options = append(options, isolationtest.Namespaces(schemaPlace))
			} else {
				options = append(options, isolationtest.Policies(postgres.DefaultSetting))
			}
			failures := isolationtest.Failures(t, pgx.QueryExecModeCacheStatement, func(t *testing.T, db isolationtest.Database) pgxdb.Provider {
				b := bench{db, &late{}}
				t.Cleanup(b.late.run)
				if c.places {
					return c.spoil(b, newSchema(t, db).(pgxdb.Isolation))
				}
				return c.spoil(b, newRLS(t, db).(pgxdb.Isolation))
			}, options...)
			if len(failures) != 1 || failures[0].Check != c.check {
				t.Errorf("the check did not find the mistake: %v", failures)
			}
			for _, f := range failures {
				t.Log(f)
			}
		})
	}
}

// A check that nobody has seen fail is no check.
func TestEveryCheckHasAControl(t *testing.T) {
	t.Parallel()
	have := map[string]bool{}
	for _, c := range controls {
		have[c.check] = true
	}
	for _, name := range isolationtest.Checks() {
		if !have[name] {
			t.Errorf("check %q has no control", name)
		}
		delete(have, name)
	}
	for name := range have {
		t.Errorf("there is no check %q", name)
	}
}
