package postgres_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/internal/testpg"
	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
	"github.com/tenancygen/tenancygen/isolation/postgres"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// The statements of the shop. «name» is a tenant's table, and «name*» one that the
// statement calls by that name. Most of them have no predicate, so that nothing but
// the namespace keeps tenants apart.
const (
	listNotes  = "SELECT id || ' ' || body FROM «notes*» ORDER BY id"
	addNote    = "INSERT INTO «notes» (tenant_id, id, body) VALUES ($1, $2, $3)"
	addTag     = "INSERT INTO «tags» (tenant_id, note_id) VALUES ($1, $2) RETURNING number"
	moodOfNote = "SELECT notes.mood = $2::mood FROM «notes*» WHERE notes.id = $1"
	listPlans  = "SELECT code FROM plans ORDER BY 1"
	countHappy = "SELECT count(*) FROM «happy*»"
)

// shopDDL has a table of each class, and what a schema can have: types, sequences of
// three kinds, indexes, a view, foreign keys to shared and to own tables.
var shopDDL = []struct {
	sql     string
	creates []string
}{
	{"CREATE TYPE mood AS ENUM ('sad', 'happy')", nil},
	{"CREATE TABLE plans (code text PRIMARY KEY) -- shared", []string{"plans"}},
	{"CREATE TABLE «tenants» (id text PRIMARY KEY, plan text NOT NULL REFERENCES plans)", []string{"tenants", "tenants_pkey"}},
	{`CREATE TABLE «notes» (tenant_id text NOT NULL, id int NOT NULL, body text NOT NULL CHECK (body <> ''), mood mood NOT NULL DEFAULT 'happy',
		PRIMARY KEY (tenant_id, id)) -- the last line is a comment`, []string{"notes", "notes_pkey"}},
	{"CREATE INDEX notes_by_body ON «notes» (body)", []string{"notes_by_body"}},
	{"CREATE SEQUENCE «tag_numbers» START 7", []string{"tag_numbers"}},
	{`CREATE TABLE «tags» (id serial PRIMARY KEY, row_no bigint GENERATED ALWAYS AS IDENTITY, number int NOT NULL DEFAULT nextval(«'tag_numbers'»),
		tenant_id text NOT NULL, note_id int NOT NULL, FOREIGN KEY (tenant_id, note_id) REFERENCES «notes» ON DELETE CASCADE)`,
		[]string{"tags", "tags_id_seq", "tags_row_no_seq", "tags_pkey"}},
	{"CREATE VIEW «happy» AS SELECT id, body FROM «notes» WHERE mood = 'happy'", []string{"happy"}},
}

// marked returns a text with slots for what is in «».
func marked(sql string) runtime.Text {
	var out runtime.Text
	for {
		before, rest, found := strings.Cut(sql, "«")
		out.SQL += before
		if !found {
			return out
		}
		name, after, _ := strings.Cut(rest, "»")
		slot := runtime.Slot{Start: len(out.SQL)}
		name, slot.Alias = strings.CutSuffix(name, "*")
		out.SQL += name
		if strings.HasPrefix(name, "'") {
			name, slot.Kind = strings.Trim(name, "'"), runtime.SlotLiteral
		}
		slot.End, slot.Name = len(out.SQL), name
		out.Slots = append(out.Slots, slot)
		sql = after
	}
}

// bare is a statement as generated code sends it.
func bare(sql string) string { return marked(sql).SQL }

func shopLayout() runtime.Layout {
	column := func(name, typ string) runtime.Column { return runtime.Column{Name: name, Type: typ, NotNull: true} }
	l := runtime.Layout{
		Engine: "postgresql", Fingerprint: "1", Schema: "public",
		Tables: []runtime.Table{
			{Name: "plans", Class: runtime.ClassGlobal, Columns: []runtime.Column{column("code", "text")}},
			{Name: "tenants", Class: runtime.ClassRoot, Column: "id", Columns: []runtime.Column{column("id", "text"), column("plan", "text")}},
			{Name: "notes", Class: runtime.ClassTenant, Column: "tenant_id", Columns: []runtime.Column{
				column("tenant_id", "text"), column("id", "integer"), column("body", "text"), column("mood", "mood"),
			}},
			{Name: "tags", Class: runtime.ClassTenant, Column: "tenant_id", Columns: []runtime.Column{
				column("id", "integer"), column("row_no", "bigint"), column("number", "integer"), column("tenant_id", "text"), column("note_id", "integer"),
			}},
			{Name: "happy", Class: runtime.ClassView, View: true, Columns: []runtime.Column{{Name: "id"}, {Name: "body"}}},
		},
	}
	for _, sql := range []string{listNotes, addNote, addTag, moodOfNote, listPlans, countHappy} {
		l.Statements = append(l.Statements, marked(sql))
	}
	for _, d := range shopDDL {
		text := marked(d.sql)
		l.DDL = append(l.DDL, runtime.DDL{Text: text, Shared: len(text.Slots) == 0, Creates: d.creates})
	}
	return l
}

// shop is a database for the shop, with an owner who provisions and a role for the
// application.
type shop struct {
	strategy   runtime.Strategy
	admin, app *pgxpool.Pool
	role       string
	layout     runtime.Layout
	pgxdb.Isolation
}

// spaces is what Schema and Prefix are.
type spaces interface {
	pgxdb.Isolation
	InitializeShared(ctx context.Context) error
}

// everyShop runs a test with each strategy.
func everyShop(t *testing.T, test func(t *testing.T, s *shop)) {
	t.Helper()
	for _, strategy := range []runtime.Strategy{runtime.StrategySchema, runtime.StrategyPrefix} {
		t.Run(string(strategy), func(t *testing.T) {
			t.Parallel()
			test(t, newShop(t, strategy))
		})
	}
}

func newShop(t *testing.T, strategy runtime.Strategy) *shop {
	t.Helper()
	superuser := testpg.Database(t)
	role, roleURL := testpg.Role(t, superuser)
	s := &shop{strategy: strategy, admin: newPool(t, superuser), app: newPool(t, roleURL), role: role, layout: shopLayout()}
	p := s.open(t, s.app, s.layout)
	s.Isolation = p
	if err := p.InitializeShared(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.run(t, "INSERT INTO plans VALUES ('free')")
	return s
}

// open makes another provider of the strategy.
func (s *shop) open(t *testing.T, pool *pgxpool.Pool, layout runtime.Layout, opts ...postgres.Option) spaces {
	t.Helper()
	p, err := s.tryOpen(pool, layout, append([]postgres.Option{postgres.WithAdmin(s.admin)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (s *shop) tryOpen(pool *pgxpool.Pool, layout runtime.Layout, opts ...postgres.Option) (spaces, error) {
	if s.strategy == runtime.StrategyPrefix {
		return postgres.NewPrefix(pool, layout, opts...)
	}
	return postgres.NewSchema(pool, layout, opts...)
}

// space is where the tables of a tenant are.
func (s *shop) space(t *testing.T, tenant runtime.Tenant) namespace.Space {
	t.Helper()
	space := namespace.Space{Schema: "public"}
	var err error
	if s.strategy == runtime.StrategyPrefix {
		space.Prefix, err = namespace.Prefix(tenant.ID)
	} else {
		space.Schema, err = s.SchemaName(tenant)
	}
	if err != nil {
		t.Fatal(err)
	}
	return space
}

// table is what a superuser calls a table of a tenant.
func (s *shop) table(t *testing.T, tenant runtime.Tenant, name string) string {
	t.Helper()
	return s.space(t, tenant).Qualified(name)
}

// run runs SQL as the owner.
func (s *shop) run(t *testing.T, sql string) {
	t.Helper()
	if _, err := s.admin.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// ask asks the owner's database for one value.
func ask[T any](t *testing.T, s *shop, sql string, args ...any) (value T) {
	t.Helper()
	if err := s.admin.QueryRow(t.Context(), sql, args...).Scan(&value); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return value
}

// initialize makes tenants, each with a note.
func (s *shop) initialize(t *testing.T, tenants ...runtime.Tenant) {
	t.Helper()
	for _, tenant := range tenants {
		if err := s.Initialize(t.Context(), tenant); err != nil {
			t.Fatalf("%s: %v", tenant, err)
		}
		if _, err := s.For(tenant).Exec(t.Context(), bare(addNote), tenant.ID, 1, "of "+tenant.ID); err != nil {
			t.Fatalf("%s: %v", tenant, err)
		}
	}
}

// readNotes reads a tenant's notes.
func readNotes(ctx context.Context, db pgxdb.DB) ([]string, error) {
	rows, err := db.Query(ctx, bare(listNotes))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// wantNotes compares a tenant's notes with those that initialize makes.
func (s *shop) wantNotes(t *testing.T, tenants ...runtime.Tenant) {
	t.Helper()
	for _, tenant := range tenants {
		notes, err := readNotes(t.Context(), s.For(tenant))
		if diff := cmp.Diff([]string{"1 of " + tenant.ID}, notes); diff != "" || err != nil {
			t.Errorf("notes of %s: %v (-want +got):\n%s", tenant, err, diff)
		}
	}
}

// relations are all relations of the database but the system's.
func (s *shop) relations(t *testing.T) []string {
	t.Helper()
	rows, err := s.admin.Query(t.Context(), `SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema' ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func (s *shop) wantVerified(t *testing.T, tenants ...runtime.Tenant) {
	t.Helper()
	for _, tenant := range tenants {
		report, err := s.Verify(t.Context(), tenant)
		if err := errors.Join(err, report.Err()); err != nil {
			t.Errorf("%s: %v", tenant, err)
		}
	}
}

// A tenant's life: made, used, looked at, removed.
func TestNamespaceLife(t *testing.T) {
	t.Parallel()
	everyShop(t, func(t *testing.T, s *shop) {
		ctx := t.Context()
		before := s.relations(t)
		s.initialize(t, ann, bob)
		if err := s.Initialize(ctx, ann); err != nil {
			t.Fatal(err)
		}
		s.wantNotes(t, ann, bob)
		s.wantVerified(t, ann, bob)
		for _, tenant := range []runtime.Tenant{ann, bob} {
			db := s.For(tenant)
			var number, happy int
			var yes bool
			var plan string
			err := errors.Join(
				db.QueryRow(ctx, bare(addTag), tenant.ID, 1).Scan(&number), db.QueryRow(ctx, bare(countHappy)).Scan(&happy),
				db.QueryRow(ctx, bare(moodOfNote), 1, "happy").Scan(&yes), db.QueryRow(ctx, bare(listPlans)).Scan(&plan),
				s.Global().QueryRow(ctx, bare(listPlans)).Scan(&plan))
			// Each tenant has a sequence of its own.
			if err != nil || number != 7 || happy != 1 || !yes || plan != "free" {
				t.Errorf("%s: %d, %d, %t, %q, %v", tenant, number, happy, yes, plan, err)
			}
		}
		for _, confirm := range []runtime.Confirmation{"", "ann", runtime.Confirmation(bob.ID)} {
			if removal, err := s.Destroy(ctx, ann, confirm); !errors.Is(err, runtime.ErrNotConfirmed) || removal.Tables != nil {
				t.Errorf("confirmed with %q: %v, %v", confirm, removal, err)
			}
		}
		removal, err := s.Destroy(ctx, ann, runtime.Confirmation(ann.ID))
		if err != nil {
			t.Fatal(err)
		}
		want := []runtime.RemovedTable{{Name: "tags", Rows: 1}, {Name: "notes", Rows: 1}, {Name: "tenants"}}
		if diff := cmp.Diff(want, removal.Tables); diff != "" || removal.Namespace == "" {
			t.Errorf("%q (-want +got):\n%s", removal.Namespace, diff)
		}
		if _, err := readNotes(ctx, s.For(ann)); !errors.Is(err, runtime.ErrNotInitialized) {
			t.Errorf("after Destroy: %v", err)
		}
		if removal, err := s.Destroy(ctx, ann, runtime.Confirmation(ann.ID)); err != nil || len(removal.Tables) > 0 || removal.Namespace != "" {
			t.Errorf("destroyed again: %v, %v", removal, err)
		}
		s.wantNotes(t, bob)
		s.wantVerified(t, bob)
		s.initialize(t, ann)
		s.wantNotes(t, ann, bob)
		for _, tenant := range []runtime.Tenant{ann, bob} {
			if _, err := s.Destroy(ctx, tenant, runtime.Confirmation(tenant.ID)); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(before, s.relations(t)); diff != "" {
			t.Errorf("relations (-before +after):\n%s", diff)
		}
		if n := ask[int](t, s, "SELECT count(*) FROM tenancy.namespaces WHERE tenant_id <> ''"); n != 0 {
			t.Errorf("%d records are left", n)
		}
		if err := s.Isolation.(spaces).InitializeShared(ctx); err != nil {
			t.Errorf("what is shared, again: %v", err)
		}
	})
}

// The place follows the id, not the slug: a new slug moves nothing, and who gets the
// old one gets nothing with it (W17).
func TestNamespaceFollowsID(t *testing.T) {
	t.Parallel()
	everyShop(t, func(t *testing.T, s *shop) {
		s.initialize(t, ann)
		renamed := runtime.Tenant{ID: ann.ID, Identifier: runtime.MustIdentifier("anna")}
		s.wantNotes(t, renamed)
		if err := s.Initialize(t.Context(), renamed); err != nil {
			t.Error(err)
		}
		heir := runtime.Tenant{ID: bob.ID, Identifier: ann.Identifier}
		if _, err := readNotes(t.Context(), s.For(heir)); !errors.Is(err, runtime.ErrNotInitialized) {
			t.Errorf("the heir of the slug: %v", err)
		}
		s.initialize(t, heir)
		s.wantNotes(t, heir, renamed)
	})
}

// What is there and is not recorded as the tenant's is neither used nor removed.
func TestForeignNamespaces(t *testing.T) {
	t.Parallel()
	everyShop(t, func(t *testing.T, s *shop) {
		ctx := t.Context()
		refused := func(what string, tenant runtime.Tenant, want error) {
			t.Helper()
			if err := s.Initialize(ctx, tenant); !errors.Is(err, want) {
				t.Errorf("%s: Initialize: %v", what, err)
			}
			if removal, err := s.Destroy(ctx, tenant, runtime.Confirmation(tenant.ID)); !errors.Is(err, want) || removal.Tables != nil {
				t.Errorf("%s: Destroy: %v, %v", what, removal, err)
			}
		}
		space := s.space(t, ann)
		s.run(t, "CREATE SCHEMA IF NOT EXISTS "+namespace.Quote(space.Schema))
		s.run(t, "CREATE TABLE "+space.Qualified("tags")+" (theirs int)")
		before := s.relations(t)
		refused("not recorded", ann, runtime.ErrForeignNamespace)
		if diff := cmp.Diff(before, s.relations(t)); diff != "" {
			t.Errorf("relations (-before +after):\n%s", diff)
		}

		// The registry knows the place as that of another id.
		s.initialize(t, bob)
		s.run(t, "UPDATE tenancy.namespaces SET tenant_id = 'somebody else' WHERE tenant_id <> ''")
		refused("another's", bob, runtime.ErrForeignNamespace)
		if report, err := s.Verify(ctx, bob); err != nil || report.OK() {
			t.Errorf("another's: %v, %v", report, err)
		}
		s.wantNotes(t, bob)
		// And the tenant's as another one.
		s.run(t, "UPDATE tenancy.namespaces SET tenant_id = '"+bob.ID+"', namespace = 'elsewhere' WHERE tenant_id <> ''")
		refused("elsewhere", bob, runtime.ErrNamespaceName)
		s.wantNotes(t, bob)
	})
}

// A stored name of a schema is used as it is, or refused.
func TestStoredSchemaName(t *testing.T) {
	t.Parallel()
	s := newShop(t, runtime.StrategySchema)
	ctx := t.Context()
	stored := runtime.Tenant{ID: ann.ID, SchemaName: "annas_books"}
	s.initialize(t, stored)
	s.wantNotes(t, stored)
	s.wantVerified(t, stored)
	if n := ask[int](t, s, `SELECT count(*) FROM annas_books.notes`); n != 1 {
		t.Errorf("%d notes in annas_books", n)
	}
	// Nobody else gets it, and the tenant gets no second place.
	thief := runtime.Tenant{ID: bob.ID, SchemaName: "annas_books"}
	if err := s.Initialize(ctx, thief); !errors.Is(err, runtime.ErrForeignNamespace) {
		t.Errorf("another tenant with the name: %v", err)
	}
	if _, err := s.Destroy(ctx, thief, runtime.Confirmation(bob.ID)); !errors.Is(err, runtime.ErrForeignNamespace) {
		t.Errorf("another tenant with the name: %v", err)
	}
	if err := s.Initialize(ctx, ann); !errors.Is(err, runtime.ErrNamespaceName) {
		t.Errorf("the same tenant without the name: %v", err)
	}
	if _, err := s.For(thief).Exec(ctx, "DELETE FROM notes"); !errors.Is(err, runtime.ErrForeignNamespace) {
		t.Errorf("SQL by hand of another tenant with the name: %v", err)
	}
	own, err := s.SchemaName(bob)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"public", "pg_catalog", "information_schema", "tenancy", own, "Acme", "a\n", `a"; DROP SCHEMA public CASCADE; --`, strings.Repeat("a", 64)} {
		odd := runtime.Tenant{ID: ann.ID, SchemaName: name}
		_, nameErr := s.SchemaName(odd)
		_, destroyErr := s.Destroy(ctx, odd, runtime.Confirmation(ann.ID))
		_, verifyErr := s.Verify(ctx, odd)
		_, queryErr := readNotes(ctx, s.For(odd))
		_, handErr := s.For(odd).Exec(ctx, "DELETE FROM notes")
		for _, err := range []error{nameErr, s.Initialize(ctx, odd), destroyErr, verifyErr, queryErr, handErr} {
			if !errors.Is(err, runtime.ErrNamespaceName) {
				t.Errorf("%q: %v", name, err)
			}
		}
	}
	s.wantNotes(t, stored)
}

// Ids that are alike, or that would be SQL, have places of their own, also when a
// neighbour is removed (W6, cases 39 to 42).
func TestNamespacesOfOddIDs(t *testing.T) {
	t.Parallel()
	everyShop(t, func(t *testing.T, s *shop) {
		var tenants []runtime.Tenant
		for _, id := range []string{
			"acme", "acme-corp", "acme_corp", "acme__corp", "Acme", "acme ", "acme\n", "t_acme", "tenant_acme", "a_b", "a", `a"; DROP SCHEMA public; --`,
			"'; DROP TABLE plans; --", "ß", "ss", "ü", "u\u0308", "public", "pg_catalog", "$1", strings.Repeat("x", 70) + "1", strings.Repeat("x", 70) + "2",
		} {
			tenants = append(tenants, runtime.Tenant{ID: id})
		}
		s.initialize(t, tenants...)
		s.wantNotes(t, tenants...)
		for i := 0; i < len(tenants); i += 2 {
			if _, err := s.Destroy(t.Context(), tenants[i], runtime.Confirmation(tenants[i].ID)); err != nil {
				t.Fatalf("%s: %v", tenants[i], err)
			}
		}
		for i := 1; i < len(tenants); i += 2 {
			s.wantNotes(t, tenants[i])
		}
		s.wantVerified(t, tenants[1])
		nul := runtime.Tenant{ID: "acme\x00"}
		if err := s.Initialize(t.Context(), nul); err == nil {
			t.Error("an id that the database cannot hold is initialized")
		}
	})
}

// A table of the same name in the shared schema is not taken for the tenant's (W5),
// neither by the DDL nor by a statement.
func TestSharedTableOfTheSameName(t *testing.T) {
	t.Parallel()
	everyShop(t, func(t *testing.T, s *shop) {
		s.run(t, "CREATE TABLE public.notes (id int, body text); INSERT INTO public.notes VALUES (1, 'shared'); GRANT ALL ON public.notes TO PUBLIC")
		s.initialize(t, ann, bob)
		s.wantNotes(t, ann, bob)
		s.wantVerified(t, ann)
		if _, err := s.Destroy(t.Context(), ann, runtime.Confirmation(ann.ID)); err != nil {
			t.Fatal(err)
		}
		if body := ask[string](t, s, "SELECT body FROM public.notes"); body != "shared" {
			t.Errorf("the shared table has %q", body)
		}
		if _, err := s.For(ann).Exec(t.Context(), bare(addNote), ann.ID, 1, "lost"); !errors.Is(err, runtime.ErrNotInitialized) {
			t.Errorf("a write after Destroy: %v", err)
		}
	})
}

// A role that is not the owner's can work with what it was given, and with nothing
// that would take it elsewhere.
func TestNamespaceRights(t *testing.T) {
	t.Parallel()
	everyShop(t, func(t *testing.T, s *shop) {
		s.initialize(t, ann)
		for _, sql := range []string{
			"DELETE FROM tenancy.namespaces", "INSERT INTO tenancy.namespaces VALUES ('x', 'schema', 'x', '{}', '')", "SELECT FROM tenancy.namespaces",
			"TRUNCATE " + s.table(t, ann, "notes"), "DROP TABLE " + s.table(t, ann, "notes"), "CREATE TABLE " + s.table(t, ann, "mine") + " (id int)",
			"CREATE SCHEMA mine", "DELETE FROM plans",
		} {
			if _, err := s.app.Exec(t.Context(), sql); code(err) != "42501" {
				t.Errorf("%s: %v", sql, err)
			}
		}
		other := newPool(t, func() string { _, u := testpg.Role(t, s.admin.Config().ConnString()); return u }())
		if _, err := other.Exec(t.Context(), "SELECT FROM "+s.table(t, ann, "notes")); code(err) != "42501" {
			t.Errorf("another role: %v", err)
		}
	})
}

// Rows that a tenant needs from the start come with its place or not at all.
func TestNamespaceSeed(t *testing.T) {
	t.Parallel()
	everyShop(t, func(t *testing.T, s *shop) {
		ctx := t.Context()
		calls, fail := 0, errOops
		p := s.open(t, s.app, s.layout, postgres.WithSeed(func(ctx context.Context, tx pgx.Tx, tenant runtime.Tenant) error {
			calls++
			if _, err := tx.CopyFrom(ctx, pgx.Identifier{"tenants"}, []string{"id", "plan"}, pgx.CopyFromRows([][]any{{tenant.ID, "free"}})); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, bare(addNote), tenant.ID, 1, "of "+tenant.ID); err != nil {
				return err
			}
			return fail
		}))
		before := s.relations(t)
		if err := p.Initialize(ctx, ann); !errors.Is(err, errOops) {
			t.Fatalf("a seed that fails: %v", err)
		}
		if diff := cmp.Diff(before, s.relations(t)); diff != "" {
			t.Errorf("a seed that fails leaves (-before +after):\n%s", diff)
		}
		fail = nil
		for range 2 {
			if err := p.Initialize(ctx, ann); err != nil {
				t.Fatal(err)
			}
		}
		s.wantNotes(t, ann)
		if id := ask[string](t, s, "SELECT id FROM "+s.table(t, ann, "tenants")); id != ann.ID || calls != 2 {
			t.Errorf("seeded %q in %d calls", id, calls)
		}
	})
}

// DDL that fails leaves nothing, and what was made before alone (W4).
func TestNamespaceDDLFails(t *testing.T) {
	t.Parallel()
	everyShop(t, func(t *testing.T, s *shop) {
		ctx := t.Context()
		s.initialize(t, ann)
		broken := s.layout
		broken.DDL = append(slices.Clone(s.layout.DDL), runtime.DDL{Text: marked("CREATE INDEX nothing ON «notes» (nowhere)")})
		p := s.open(t, s.app, broken)
		before := s.relations(t)
		if err := p.Initialize(ctx, bob); code(err) != "42703" {
			t.Errorf("DDL that fails: %v", err)
		}
		if err := p.Initialize(ctx, ann); err != nil {
			t.Errorf("a tenant that is there: %v", err)
		}
		// DDL that makes a table for all tenants is found out.
		outside := s.layout
		outside.DDL = slices.Clone(s.layout.DDL)
		outside.DDL[3].Text = runtime.Text{SQL: outside.DDL[3].SQL}
		if err := s.open(t, s.app, outside).Initialize(ctx, bob); err == nil {
			t.Error("DDL without slots: no error")
		}
		if diff := cmp.Diff(before, s.relations(t)); diff != "" {
			t.Errorf("relations (-before +after):\n%s", diff)
		}
		s.wantNotes(t, ann)
		s.initialize(t, bob)
	})
}

// code is the code of a server's error.
func code(err error) string {
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pgErr.Code
	}
	return ""
}
