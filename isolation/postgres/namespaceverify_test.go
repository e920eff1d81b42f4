package postgres_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
	"github.com/tenancygen/tenancygen/isolation/postgres"
	"github.com/tenancygen/tenancygen/runtime"
)

// other is a tenant whose tables others must not refer to.
var other = runtime.Tenant{ID: "other"}

// The damages that Verify has to find, each done to a tenant of its own, and the
// check that finds it. Those at the end are done to what all tenants share.
var damages = []struct{ name, sql, check, problem string }{
	{"nothing", "SELECT 1", "", ""},
	{"a new column", "ALTER TABLE {notes} ADD COLUMN more text", "", ""},
	{"a trigger with a search_path", "CREATE TRIGGER x BEFORE INSERT ON {notes} FOR EACH ROW EXECUTE FUNCTION public.careful()", "", ""},

	{"a table is gone", "DROP TABLE {tags}", "namespace", "is gone"},
	{"a view is gone", "DROP VIEW {happy}", "namespace", "is gone"},
	{"an index is gone", "DROP INDEX {notes_by_body}", "namespace", "is gone"},
	{"everything is gone", "DROP TABLE {tags}, {notes}, {tenants} CASCADE", "namespace", "is gone"},
	{"no record", "DELETE FROM tenancy.namespaces WHERE tenant_id = '{id}'", "namespace", "not recorded"},
	{"another's record", "UPDATE tenancy.namespaces SET tenant_id = 'x' WHERE tenant_id = '{id}'", "namespace", "another's"},
	{"a table in the place of a view", "DROP VIEW {happy}; CREATE TABLE {happy} (id int, body text)", "tables", "another kind"},
	{"another type", "ALTER TABLE {tags} ALTER note_id TYPE bigint", "columns", "bigint and not integer"},
	{"a column has another name", "ALTER TABLE {notes} RENAME body TO text", "columns", "notes.body is not there"},
	{"may be null", "ALTER TABLE {notes} ALTER body DROP NOT NULL", "columns", "may be null"},
	{"another's foreign key", "ALTER TABLE {notes} ADD CONSTRAINT lead FOREIGN KEY (tenant_id, id) REFERENCES {other:notes} NOT VALID", "references", "refers to"},
	{"a foreign key to nobody's table", "ALTER TABLE {notes} ADD CONSTRAINT lead FOREIGN KEY (id) REFERENCES public.spare NOT VALID", "references", "refers to"},
	{"another's sequence", "ALTER TABLE {notes} ALTER id SET DEFAULT nextval('{other:tag_numbers}')", "references", "refers to"},
	{"another's rows in a view", "CREATE OR REPLACE VIEW {happy} AS SELECT id, body FROM {other:notes}", "references", "refers to"},
	{"a view outside", "CREATE VIEW public.peek AS SELECT * FROM {notes}", "references", "depends on it"},
	{"rows go elsewhere", "CREATE RULE away AS ON INSERT TO {notes} DO INSTEAD INSERT INTO {other:notes} VALUES (NEW.*)", "references", "refers to"},
	{"a strong trigger", "CREATE TRIGGER x BEFORE INSERT ON {notes} FOR EACH ROW EXECUTE FUNCTION public.strong()", "functions", "SECURITY DEFINER"},
	{"rights of PUBLIC", "GRANT SELECT ON {notes} TO PUBLIC", "grants", "PUBLIC"},
	{"a right is missing", "REVOKE DELETE ON {notes} FROM {role}", "grants", "has no DELETE on notes"},

	{"the registry can be written", "GRANT USAGE ON SCHEMA tenancy TO {role}; GRANT UPDATE ON tenancy.namespaces TO {role}", "grants", "may write"},
	{"the registry is gone", "DROP SCHEMA tenancy CASCADE", "namespace", "nothing was initialized"},
	{"a shared table is gone", "DROP TABLE plans CASCADE", "columns", "plans is not there"},
}

// placed puts a tenant's names of relations into SQL.
func (s *shop) placed(t *testing.T, tenant runtime.Tenant, sql string) string {
	t.Helper()
	pairs := []string{"{role}", s.role, "{id}", tenant.ID}
	for _, name := range []string{"tenants", "notes", "tags", "happy", "notes_by_body", "tag_numbers"} {
		pairs = append(pairs, "{"+name+"}", s.table(t, tenant, name), "{other:"+name+"}", s.table(t, other, name))
	}
	return strings.NewReplacer(pairs...).Replace(sql)
}

// Verify sees what is wrong with a namespace, and changes nothing.
func TestNamespaceVerify(t *testing.T) {
	t.Parallel()
	everyShop(t, func(t *testing.T, s *shop) {
		s.initialize(t, other)
		s.run(t, `CREATE TABLE public.spare (id int PRIMARY KEY);
			CREATE FUNCTION public.strong() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN RETURN NEW; END';
			CREATE FUNCTION public.careful() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS 'BEGIN RETURN NEW; END'`)
		for _, d := range damages {
			tenant := runtime.Tenant{ID: d.name}
			s.initialize(t, tenant)
			s.run(t, s.placed(t, tenant, strings.ReplaceAll(d.sql, "'{id}'", "'"+strings.ReplaceAll(tenant.ID, "'", "''")+"'")))
			before := s.relations(t)
			report, err := s.Verify(t.Context(), tenant)
			if err != nil {
				t.Errorf("%s: %v", d.name, err)
				continue
			}
			found := slices.ContainsFunc(report.Checks, func(c runtime.Check) bool {
				return c.Name == d.check && c.Problem != "" && strings.Contains(c.Problem, d.problem)
			})
			if report.OK() == (d.check != "") || !report.OK() && !found {
				t.Errorf("%s: want a problem of %q with %q: %v", d.name, d.check, d.problem, report.Err())
			}
			if diff := cmp.Diff(before, s.relations(t)); diff != "" {
				t.Errorf("%s: Verify changed relations (-before +after):\n%s", d.name, diff)
			}
			if d.name == "the registry can be written" {
				s.run(t, "REVOKE ALL ON tenancy.namespaces FROM "+s.role)
			}
		}
	})
}

// The probe alone sees what sends the rows of a namespace elsewhere: here the layout
// makes it so for every tenant, and nothing but the probe looks.
func TestNamespaceProbe(t *testing.T) {
	t.Parallel()
	everyShop(t, func(t *testing.T, s *shop) {
		s.run(t, `CREATE TABLE public.heap (tenant_id text, id int, body text, mood mood)`)
		away := s.layout
		away.DDL = append(slices.Clone(s.layout.DDL), runtime.DDL{Text: marked("CREATE RULE away AS ON INSERT TO «notes» DO INSTEAD INSERT INTO public.heap VALUES (NEW.*) RETURNING *")})
		// A rule's reference is not the probe's matter, so the heap is declared.
		away.Tables = append(slices.Clone(s.layout.Tables), runtime.Table{Name: "heap", Class: runtime.ClassGlobal})
		p := s.open(t, s.app, away)
		if err := p.Initialize(t.Context(), ann); err != nil {
			t.Fatal(err)
		}
		report, err := p.Verify(t.Context(), ann)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range report.Checks {
			if (c.Problem != "") != (c.Name == "probe") {
				t.Errorf("%s: %q", c.Name, c.Problem)
			}
		}
	})
}

// Destroy takes nothing of anybody else along, and removes what was made by hand.
func TestNamespaceDestroy(t *testing.T) {
	t.Parallel()
	everyShop(t, func(t *testing.T, s *shop) {
		ctx := t.Context()
		s.initialize(t, other)
		s.run(t, "CREATE SCHEMA reports")
		for name, sql := range map[string]string{
			"a view":                 "CREATE VIEW reports.x AS SELECT * FROM {notes}",
			"a view of a view":       "CREATE VIEW reports.x AS SELECT * FROM {happy}",
			"a materialized view":    "CREATE MATERIALIZED VIEW reports.x AS SELECT * FROM {notes}",
			"a foreign key":          "CREATE TABLE reports.x (tenant_id text, id int, FOREIGN KEY (tenant_id, id) REFERENCES {notes})",
			"a tenant's foreign key": "ALTER TABLE {other:tags} ADD CONSTRAINT x FOREIGN KEY (tenant_id, note_id) REFERENCES {notes} NOT VALID",
			"a default":              "CREATE TABLE reports.x (id int DEFAULT nextval('{tag_numbers}'))",
			"a column of its type":   "CREATE TABLE reports.x (note {notes})",
			"an array of its type":   "CREATE TABLE reports.x (notes {notes}[])",
			"a function":             "CREATE FUNCTION reports.x({notes}) RETURNS int LANGUAGE sql AS 'SELECT 1'",
			"a child":                "CREATE TABLE reports.x () INHERITS ({notes})",
			"a rule":                 "CREATE TABLE reports.x (id int); CREATE RULE r AS ON INSERT TO reports.x DO ALSO DELETE FROM {notes}",
			"a function with a body": "CREATE FUNCTION reports.x() RETURNS bigint BEGIN ATOMIC SELECT count(*) FROM {notes}; END",
			"a policy of another's":  "CREATE POLICY x ON {other:notes} USING (EXISTS (SELECT FROM {notes}))",
			"a view of another's":    "CREATE VIEW reports.x AS SELECT * FROM {notes}, {other:notes} AS theirs (a, b, c, d)",
		} {
			tenant := runtime.Tenant{ID: name}
			s.initialize(t, tenant)
			s.run(t, s.placed(t, tenant, sql))
			before := s.relations(t)
			removal, err := s.Destroy(ctx, tenant, runtime.Confirmation(tenant.ID))
			if !errors.Is(err, runtime.ErrForeignNamespace) || removal.Tables != nil {
				t.Errorf("%s: %v, %v", name, removal, err)
			}
			if diff := cmp.Diff(before, s.relations(t)); diff != "" {
				t.Errorf("%s: relations (-before +after):\n%s", name, diff)
			}
			s.wantNotes(t, tenant)
			s.run(t, "DROP SCHEMA reports CASCADE; CREATE SCHEMA reports; ALTER TABLE "+s.table(t, other, "tags")+" DROP CONSTRAINT IF EXISTS x; DROP POLICY IF EXISTS x ON "+s.table(t, other, "notes"))
			if _, err := s.Destroy(ctx, tenant, runtime.Confirmation(tenant.ID)); err != nil {
				t.Errorf("%s, without it: %v", name, err)
			}
		}
		s.wantVerified(t, other)
	})
}

// What a migration has added to a tenant's schema is removed with it and counted.
func TestDestroyCountsWhatWasAdded(t *testing.T) {
	t.Parallel()
	s := newShop(t, runtime.StrategySchema)
	s.initialize(t, ann)
	schema := namespace.Quote(s.space(t, ann).Schema)
	s.run(t, strings.ReplaceAll(`CREATE TABLE {s}.added (id int); INSERT INTO {s}.added VALUES (1), (2);
		CREATE TABLE {s}.parts (id int) PARTITION BY LIST (id); CREATE TABLE {s}.part PARTITION OF {s}.parts DEFAULT; INSERT INTO {s}.parts VALUES (1), (2), (3);
		CREATE TYPE {s}.kind AS ENUM ('x'); CREATE TABLE {s}.kinds (kind {s}.kind, notes {s}.notes);
		CREATE FUNCTION {s}.f() RETURNS bigint BEGIN ATOMIC SELECT count(*) FROM {s}.notes; END;
		CREATE VIEW {s}.v AS SELECT {s}.f() FROM {s}.happy`, "{s}", schema))
	// Of what is no relation, too, nothing of somebody else's goes along.
	s.run(t, "CREATE COLLATION "+schema+`.letters FROM "C"; CREATE TABLE public.outside (word text COLLATE `+schema+".letters)")
	if _, err := s.Destroy(t.Context(), ann, runtime.Confirmation(ann.ID)); !errors.Is(err, runtime.ErrForeignNamespace) {
		t.Errorf("a collation that is used outside: %v", err)
	}
	s.run(t, "DROP TABLE public.outside")
	removal, err := s.Destroy(t.Context(), ann, runtime.Confirmation(ann.ID))
	if err != nil {
		t.Fatal(err)
	}
	want := []runtime.RemovedTable{{Name: "added", Rows: 2}, {Name: "kinds"}, {Name: "part", Rows: 3}, {Name: "parts"}, {Name: "tags"}, {Name: "notes", Rows: 1}, {Name: "tenants"}}
	if diff := cmp.Diff(want, removal.Tables); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if ask[bool](t, s, "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)", s.space(t, ann).Schema) {
		t.Error("the schema is there")
	}
}

// Under a prefix nothing is found by its name: not what only looks like the tenant's,
// and not what only begins like it (W6).
func TestDestroyByTheRecord(t *testing.T) {
	t.Parallel()
	s := newShop(t, runtime.StrategyPrefix)
	s.initialize(t, ann)
	mine := s.table(t, ann, "added")
	s.run(t, "CREATE TABLE "+mine+" (id int)")
	before := ask[int](t, s, "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace")
	if _, err := s.Destroy(t.Context(), ann, runtime.Confirmation(ann.ID)); err != nil {
		t.Fatal(err)
	}
	var there bool
	if there = ask[bool](t, s, "SELECT to_regclass($1) IS NOT NULL", mine); !there {
		t.Error("a table that was not recorded is gone")
	}
	if after := ask[int](t, s, "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"); after >= before {
		t.Errorf("%d relations, and %d before", after, before)
	}
}

// The constructors refuse what cannot be a namespace for each tenant.
func TestNamespaceConstructors(t *testing.T) {
	t.Parallel()
	pool := unreachable(t)
	for name, tc := range map[string]struct {
		change func(*runtime.Layout)
		want   error
	}{
		"layout":        {func(*runtime.Layout) {}, nil},
		"no tables":     {func(l *runtime.Layout) { l.Tables = nil }, postgres.ErrNoLayout},
		"no schema":     {func(l *runtime.Layout) { l.Schema = "" }, postgres.ErrNoLayout},
		"unmovable":     {func(l *runtime.Layout) { l.Unmovable = "schema.sql:3: a trigger" }, postgres.ErrUnmovable},
		"slot outside":  {func(l *runtime.Layout) { l.Statements[0].Slots[0].End = 10_000 }, postgres.ErrUnmovable},
		"slots overlap": {func(l *runtime.Layout) { l.DDL[3].Slots = slices.Repeat(l.DDL[3].Slots, 2) }, postgres.ErrUnmovable},
		"no name":       {func(l *runtime.Layout) { l.Statements[0].Slots[0].Name = "" }, postgres.ErrUnmovable},
	} {
		for _, strategy := range []runtime.Strategy{runtime.StrategySchema, runtime.StrategyPrefix} {
			l := shopLayout()
			tc.change(&l)
			if _, err := (&shop{strategy: strategy}).tryOpen(pool, l); !errors.Is(err, tc.want) {
				t.Errorf("%s, %s: %v, want %v", strategy, name, err, tc.want)
			}
			if _, err := (&shop{strategy: strategy}).tryOpen(nil, l); !errors.Is(err, postgres.ErrNoPool) {
				t.Errorf("%s: no pool: %v", strategy, err)
			}
		}
	}
}
