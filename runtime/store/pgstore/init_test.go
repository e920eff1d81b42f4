package pgstore_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/internal/testpg"
	"github.com/tenancygen/tenancygen/isolation/postgres"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/store/pgstore"
)

// TestInitRace makes the tables from many processes at once, while providers make the
// registry in the same schema.
func TestInitRace(t *testing.T) {
	t.Parallel()
	for round := range 4 {
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			t.Parallel()
			url := testpg.Database(t)
			layout := runtime.Layout{
				Engine: "postgresql", Fingerprint: "x", Schema: "public",
				Tables: []runtime.Table{{Name: "notes", Class: runtime.ClassTenant, Column: "tenant_id", Columns: []runtime.Column{{Name: "tenant_id", Type: "text", NotNull: true}}}},
				DDL: []runtime.DDL{{Text: runtime.Text{
					SQL: "CREATE TABLE notes (tenant_id text NOT NULL)", Slots: []runtime.Slot{{Start: 13, End: 18, Name: "notes"}},
				}, Creates: []string{"notes"}}},
			}
			var wg sync.WaitGroup
			start := make(chan struct{})
			for i := range 8 {
				pool := newPool(t, url, func(c *pgxpool.Config) { c.MaxConns = 2 })
				wg.Go(func() {
					<-start
					if i%2 == 1 {
						p, err := postgres.NewSchema(pool, layout)
						if err == nil {
							err = p.Initialize(t.Context(), runtime.Tenant{ID: fmt.Sprintf("tenant-%d", i)})
						}
						if err != nil {
							t.Errorf("Initialize: %v", err)
						}
						return
					}
					s, err := pgstore.New(pool, pgstore.Options{})
					if err == nil {
						err = s.Init(t.Context())
					}
					if err != nil {
						t.Error(err)
					}
				})
			}
			close(start)
			wg.Wait()
		})
	}
}

// TestInitWithoutRights calls Init as a role that may use the tables and create nothing.
func TestInitWithoutRights(t *testing.T) {
	t.Parallel()
	url := testpg.Database(t)
	role, roleURL := testpg.Role(t, url)
	admin, pool := newPool(t, url), newPool(t, roleURL)
	s, err := pgstore.New(pool, pgstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var pgErr *pgconn.PgError
	if err := s.Init(t.Context()); !errors.As(err, &pgErr) || pgErr.Code != "42501" {
		t.Errorf("Init where nothing is: %v", err)
	}
	// The user's own migration. It can be run again.
	for range 2 {
		if _, err := admin.Exec(t.Context(), pgstore.DDL(""), pgx.QueryExecModeSimpleProtocol); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Init(t.Context()); !errors.As(err, &pgErr) || pgErr.Code != "42501" {
		t.Errorf("Init without rights on the tables: %v", err)
	}
	grants := fmt.Sprintf("GRANT USAGE ON SCHEMA tenancy TO %[1]s; GRANT SELECT, INSERT, UPDATE, DELETE ON tenancy.tenants, tenancy.forgotten_tenants TO %[1]s", role)
	if _, err := admin.Exec(t.Context(), grants, pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Fatal(err)
	}
	if err := s.Init(t.Context()); err != nil {
		t.Errorf("Init with rights on the tables: %v", err)
	}
	made := create(t, s, "acme")
	if _, err := s.SetStatus(t.Context(), made.ID, runtime.StatusDeleted); err != nil {
		t.Error(err)
	}
	if err := s.Delete(t.Context(), made.ID); err != nil {
		t.Error(err)
	}
}

// TestInitInSchema makes the tables in a schema that is there already, without the right
// to make schemas.
func TestInitInSchema(t *testing.T) {
	t.Parallel()
	url := testpg.Database(t)
	role, roleURL := testpg.Role(t, url)
	admin := newPool(t, url)
	if _, err := admin.Exec(t.Context(), `CREATE SCHEMA "user" AUTHORIZATION `+role); err != nil {
		t.Fatal(err)
	}
	s, err := pgstore.New(newPool(t, roleURL), pgstore.Options{Schema: "user"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	made := create(t, s, "acme")
	if err := pgx.BeginFunc(t.Context(), admin, func(tx pgx.Tx) error { return s.Fence(t.Context(), tx, made) }); err != nil {
		t.Error(err)
	}
}

// TestInitOfAnothersTable finds out that tables of these names are somebody else's.
func TestInitOfAnothersTable(t *testing.T) {
	t.Parallel()
	pool := newPool(t, testpg.Database(t))
	if _, err := pool.Exec(t.Context(), `CREATE SCHEMA tenancy; CREATE TABLE tenancy.tenants (id int); CREATE TABLE tenancy.forgotten_tenants ();
		CREATE FUNCTION tenancy.fence() RETURNS int LANGUAGE sql AS 'SELECT 1'`, pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Fatal(err)
	}
	s, err := pgstore.New(pool, pgstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Init(t.Context()); err == nil || !strings.Contains(err.Error(), "not as they should be") {
		t.Errorf("got %v", err)
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	if _, err := pgstore.New(nil, pgstore.Options{}); err == nil {
		t.Error("a store without a pool")
	}
	pool := newPool(t, "postgres://u:hunter2@localhost:1/d")
	for schema, ok := range map[string]bool{
		"": true, "tenancy": true, "user": true, "_a1": true, strings.Repeat("a", 63): true,
		"Tenancy": false, "a b": false, `a"; DROP SCHEMA public; --`: false, "pg_x": false, "a.b": false, strings.Repeat("a", 64): false, "1a": false, "é": false, "a\n": false,
	} {
		s, err := pgstore.New(pool, pgstore.Options{Schema: schema})
		if (err == nil) != ok {
			t.Errorf("%q: %v", schema, err)
		}
		if ok {
			for _, verb := range []string{"%v", "%+v", "%#v"} {
				if strings.Contains(fmt.Sprintf(verb, s), "hunter2") {
					t.Errorf("%s prints the pool's password", verb)
				}
			}
		}
		func() {
			defer func() {
				if (recover() == nil) != ok {
					t.Errorf("DDL(%q) panics, or does not", schema)
				}
			}()
			if text := pgstore.DDL(schema); schema == "user" && (strings.Contains(text, "tenancy.") || !strings.Contains(text, `"user".tenants`)) {
				t.Errorf("the DDL is of another schema:\n%s", text)
			}
		}()
	}
}
