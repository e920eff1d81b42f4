package postgres_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
	"github.com/tenancygen/tenancygen/isolation/postgres"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// shared makes the tables of tenants that share theirs, beside those with a schema of
// their own, as under Hybrid.
func (s *shop) shared(t *testing.T) {
	t.Helper()
	s.run(t, "CREATE TABLE public.notes (tenant_id text, id int, body text); INSERT INTO public.notes VALUES ('x', 1, 'of somebody else'); GRANT ALL ON public.notes TO PUBLIC")
}

// Hand-written SQL that ends the transaction leaves the next statements without the
// tenant's search_path. They must not reach the tables of those who share theirs.
func TestHandwrittenCommit(t *testing.T) {
	t.Parallel()
	s := newShop(t, runtime.StrategySchema)
	s.initialize(t, ann)
	s.shared(t)
	ctx := t.Context()
	for _, mode := range []pgx.QueryExecMode{
		pgx.QueryExecModeCacheStatement, pgx.QueryExecModeCacheDescribe, pgx.QueryExecModeDescribeExec, pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol,
	} {
		p := s.open(t, s.narrow(t, mode), s.layout)
		for _, end := range []string{"COMMIT", "commit work", "ROLLBACK", "/* a /* b */ */ -- c\n ;END", "ABORT", "COMMIT AND CHAIN", "ROLLBACK AND CHAIN"} {
			tx, err := p.For(ann).Begin(ctx)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = tx.Exec(ctx, end)
			got, err := bodies(ctx, tx)
			if diff := cmp.Diff([]string{"1 of " + ann.ID}, got); diff != "" && !errors.Is(err, postgres.ErrTransactionEnded) {
				t.Errorf("%s, %q: %v (-want +got):\n%s", mode, end, err, diff)
			}
			for _, db := range []pgxdb.DB{tx, p.For(ann)} {
				b := &pgx.Batch{}
				b.Queue("DELETE FROM notes WHERE id = $1", 7)
				b.Queue(end)
				b.Queue("DELETE FROM notes WHERE id > $1", 0)
				if err := db.SendBatch(ctx, b).Close(); !errors.Is(err, postgres.ErrTransactionControl) {
					t.Errorf("%s, %q in a batch: %v", mode, end, err)
				}
			}
			b := &pgx.Batch{}
			b.Queue("DELETE FROM notes WHERE body <> $1", "1 of "+ann.ID)
			_ = tx.SendBatch(ctx, b).Close()
			_ = tx.Rollback(ctx)

			several := end + "; DELETE FROM notes"
			for _, args := range [][]any{nil, {pgx.QueryExecModeSimpleProtocol}} {
				if _, err := p.For(ann).Exec(ctx, several, args...); code(err) != "42601" && !errors.Is(err, postgres.ErrSeveralStatements) {
					t.Errorf("%s, %q: several: %v", mode, end, err)
				}
			}
			b = &pgx.Batch{}
			b.Queue("SELECT 1; " + several)
			if err := p.For(ann).SendBatch(ctx, b).Close(); code(err) != "42601" && !errors.Is(err, postgres.ErrSeveralStatements) {
				t.Errorf("%s, %q: several in a batch: %v", mode, end, err)
			}
		}
	}
	if n := ask[int](t, s, "SELECT count(*) FROM public.notes"); n != 1 {
		t.Errorf("%d of 1 rows of those who share their tables", n)
	}
}

// What another tenant has made of an operator, a collation or an operator class in a
// tenant's schema is not dropped with it.
func TestDestroyTakesNobodyElsesAlong(t *testing.T) {
	t.Parallel()
	for name, sql := range map[string]string{
		"operator": `CREATE OPERATOR «ann».=== (FUNCTION = int4eq, LEFTARG = int, RIGHTARG = int);
			CREATE VIEW «bob».uses AS SELECT id OPERATOR(«ann».===) 1 AS x FROM «bob».notes`,
		"collation": `CREATE COLLATION «ann».c (locale = 'C'); ALTER TABLE «bob».notes ADD COLUMN more text COLLATE «ann».c`,
		"operator class": `CREATE OPERATOR CLASS «ann».ops FOR TYPE int USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(int, int);
			CREATE UNIQUE INDEX uses ON «bob».notes (id «ann».ops)`,
		"dictionary": `CREATE TEXT SEARCH CONFIGURATION «ann».conf (COPY = pg_catalog.simple);
			ALTER TABLE «bob».notes ADD COLUMN v tsvector GENERATED ALWAYS AS (to_tsvector('«ann».conf'::regconfig, body)) STORED`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, runtime.StrategySchema)
			s.initialize(t, ann, bob)
			s.run(t, s.named(t, sql))
			before := ask[int](t, s, "SELECT count(*) FROM pg_depend WHERE refclassid <> 'pg_namespace'::regclass")
			removal, err := s.Destroy(t.Context(), ann, runtime.Confirmation(ann.ID))
			if !errors.Is(err, runtime.ErrForeignNamespace) {
				t.Errorf("%v, %v", removal, err)
			}
			if after := ask[int](t, s, "SELECT count(*) FROM pg_depend WHERE refclassid <> 'pg_namespace'::regclass"); before != after {
				t.Errorf("%d dependencies, before %d", after, before)
			}
		})
	}
}

// named puts the schemas of tenants in the place of «ann» and «bob».
func (s *shop) named(t *testing.T, sql string) string {
	t.Helper()
	return strings.NewReplacer("«ann»", namespace.Quote(s.space(t, ann).Schema), "«bob»", namespace.Quote(s.space(t, bob).Schema)).Replace(sql)
}

// A tenant's schema with an operator class and an operator of its own can be destroyed.
func TestDestroyOperatorClass(t *testing.T) {
	t.Parallel()
	s := newShop(t, runtime.StrategySchema)
	s.initialize(t, ann)
	s.run(t, s.named(t, `CREATE FUNCTION «ann».cmp(int, int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT btint4cmp($1, $2)';
		CREATE OPERATOR «ann».=== (FUNCTION = int4eq, LEFTARG = int, RIGHTARG = int);
		CREATE OPERATOR CLASS «ann».ops FOR TYPE int USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 «ann».===, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 «ann».cmp(int, int);
		CREATE INDEX uses ON «ann».notes (id «ann».ops)`))
	if removal, err := s.Destroy(t.Context(), ann, runtime.Confirmation(ann.ID)); err != nil || removal.Rows() != 1 {
		t.Errorf("%v, %v", removal, err)
	}
}

// A record that names another tenant's tables does not get them dropped.
func TestDestroyTamperedRecord(t *testing.T) {
	t.Parallel()
	s := newShop(t, runtime.StrategyPrefix)
	s.initialize(t, ann, bob)
	s.run(t, "UPDATE tenancy.namespaces a SET objects = a.objects || b.objects FROM tenancy.namespaces b WHERE a.tenant_id = '"+ann.ID+"' AND b.tenant_id = '"+bob.ID+"'")
	if removal, err := s.Destroy(t.Context(), ann, runtime.Confirmation(ann.ID)); !errors.Is(err, runtime.ErrForeignNamespace) {
		t.Errorf("%v, %v", removal, err)
	}
	s.wantNotes(t, ann, bob)
}

// Verify sees a function of another tenant's schema in a default or a trigger.
func TestVerifyForeignFunction(t *testing.T) {
	t.Parallel()
	for name, sql := range map[string]string{
		"default": `ALTER TABLE «ann».notes ALTER COLUMN body SET DEFAULT «bob».leak()`,
		"check":   `ALTER TABLE «ann».notes ADD CHECK («bob».leak() IS NULL OR true)`,
		"trigger": `CREATE TRIGGER t AFTER INSERT ON «ann».notes FOR EACH ROW EXECUTE FUNCTION «bob».move()`,
		"type":    `ALTER TABLE «ann».notes ADD COLUMN x «bob».kind`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, runtime.StrategySchema)
			s.initialize(t, ann, bob)
			s.run(t, s.named(t, `CREATE FUNCTION «bob».leak() RETURNS text LANGUAGE sql AS 'SELECT body FROM «bob».notes LIMIT 1';
				CREATE FUNCTION «bob».move() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO «bob».notes VALUES (NEW.*); RETURN NULL; END';
				CREATE TYPE «bob».kind AS ENUM ('a');`+sql))
			for _, tenant := range []runtime.Tenant{ann, bob} {
				report, err := s.Verify(t.Context(), tenant)
				if err != nil || report.OK() {
					t.Errorf("%s: %v, %v", tenant, report, err)
				}
			}
		})
	}
}
