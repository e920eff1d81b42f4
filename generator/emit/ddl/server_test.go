package ddl_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tenancygen/tenancygen/generator/emit/ddl"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/internal/testpg"
)

func TestMain(m *testing.M) { testpg.Main(m) }

// The tenants of testdata/server/seed.sql.
const (
	tenantA = "00000000-0000-0000-0000-00000000000a"
	tenantB = "00000000-0000-0000-0000-00000000000b"
)

const insufficientPrivilege = "42501"

// scopedTables are the relations of testdata/server/schema.sql that hold one row
// for each of the two tenants, and the role may read.
var scopedTables = []string{
	"tenants", "customers", "invoices", "parent", "billing.line_notes", "events", "customer_names",
}

// serverPackage describes testdata/server/schema.sql.
func serverPackage(role string) *ir.Package {
	tenant := func(column string) ir.Tenancy {
		return ir.Tenancy{Class: ir.ClassTenant, Column: column, SQLType: "uuid"}
	}
	lines := ir.Step{Columns: []string{"invoice_id", "line_no"}, Parent: ir.Name{Name: "parent"}, ParentColumns: []string{"invoice_id", "line_no"}}
	invoice := ir.Step{Columns: []string{"invoice_id"}, Parent: ir.Name{Schema: "public", Name: "invoices"}, ParentColumns: []string{"id"}}
	template := ir.Step{Columns: []string{"template_id"}, Parent: ir.Name{Name: "templates"}, ParentColumns: []string{"id"}}
	shared := tenant("tenant_id")
	shared.Shared = true
	global, excluded := ir.Tenancy{Class: ir.ClassGlobal}, ir.Tenancy{Class: ir.ClassExcluded}
	return &ir.Package{
		Engine:        "postgresql",
		DefaultSchema: "public",
		Tenant:        ir.Tenant{Column: "tenant_id", SQLType: "uuid", Root: "tenants"},
		RLS:           ir.RLS{Role: role, Setting: "app.current_tenant"},
		Tables: []ir.Table{
			{Name: "plans", Kind: ir.KindTable, Tenancy: global},
			{Name: "counters", Kind: ir.KindTable, Tenancy: global, Written: true, Sequences: []ir.Name{{Name: "counters_id_seq"}}},
			{Name: "jobs", Kind: ir.KindTable, Tenancy: excluded, Sequences: []ir.Name{{Name: "jobs_id_seq"}}},
			{Name: "tenants", Kind: ir.KindTable, Tenancy: ir.Tenancy{Class: ir.ClassRoot, Column: "id", SQLType: "uuid"}},
			{Name: "customers", Kind: ir.KindTable, Tenancy: tenant("tenant_id"), Sequences: []ir.Name{{Schema: "public", Name: "customers_id_seq"}}},
			{Name: "invoices", Kind: ir.KindTable, Tenancy: tenant("tenant_id")},
			{Name: "parent", Kind: ir.KindTable, Tenancy: ir.Tenancy{Class: ir.ClassChild, Path: []ir.Step{invoice}}},
			{Schema: "billing", Name: "line_notes", Kind: ir.KindTable, Tenancy: ir.Tenancy{Class: ir.ClassChild, Path: []ir.Step{lines, invoice}}},
			{Schema: "billing", Name: "accounts", Kind: ir.KindTable, Tenancy: ir.Tenancy{Class: ir.ClassTenant, Column: "code", SQLType: "character varying(3)"}},
			{Name: "events", Kind: ir.KindTable, Tenancy: tenant("tenant_id")},
			{Name: "events_2026", Kind: ir.KindPartition, Tenancy: tenant("tenant_id")},
			{Name: "templates", Kind: ir.KindTable, Tenancy: shared},
			{Name: "template_parts", Kind: ir.KindTable, Tenancy: ir.Tenancy{Class: ir.ClassChild, Path: []ir.Step{template}, Shared: true}},
			{Name: "customer_names", Kind: ir.KindView, Tenancy: tenant("tenant_id")},
			{Name: "internals", Kind: ir.KindView, Tenancy: excluded},
			{Name: "totals", Kind: ir.KindMaterializedView, Tenancy: tenant("tenant_id")},
		},
	}
}

// server is a database with the test's schema and two tenants' rows, a
// superuser in it and a plain login role.
type server struct {
	superURL string
	super    *pgx.Conn
	role     string
	plain    *pgx.Conn
}

// setup makes the database, without the DDL under test.
func setup(t *testing.T) *server {
	t.Helper()
	s := &server{superURL: testpg.Database(t)}
	s.super = connect(t, s.superURL)
	for _, name := range []string{"schema.sql", "seed.sql"} {
		text, err := os.ReadFile(filepath.Join("testdata", "server", name))
		if err != nil {
			t.Fatal(err)
		}
		run(t, s.super, string(text))
	}
	var url string
	s.role, url = testpg.Role(t, s.superURL)
	s.plain = connect(t, url)
	return s
}

// setupProtected makes the database with the DDL applied.
func setupProtected(t *testing.T) *server {
	t.Helper()
	s := setup(t)
	up, _ := scripts(t, serverPackage(s.role))
	run(t, s.super, up)
	return s
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return conn
}

func scripts(t *testing.T, pkg *ir.Package) (up, down string) {
	t.Helper()
	files, err := ddl.Emit(pkg)
	if err != nil {
		t.Fatal(err)
	}
	return string(files[ddl.UpFile]), string(files[ddl.DownFile])
}

// run executes a script, which without arguments may hold several statements.
func run(t *testing.T, conn *pgx.Conn, script string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), script); err != nil {
		t.Fatalf("%v\n%s", err, script)
	}
}

// as runs f in a transaction of the plain role for a tenant, and rolls it back.
// An empty id leaves the setting alone.
func (s *server) as(t *testing.T, tenant string, f func(tx pgx.Tx)) {
	t.Helper()
	tx, err := s.plain.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := tx.Rollback(t.Context()); err != nil && !errors.Is(err, pgx.ErrTxClosed) {
			t.Error(err)
		}
	}()
	if tenant != "" {
		if _, err := tx.Exec(t.Context(), "SELECT set_config('app.current_tenant', $1, true)", tenant); err != nil {
			t.Fatal(err)
		}
	}
	f(tx)
}

// exec runs a statement for a tenant, and returns the number of rows and the
// error's SQLSTATE.
func (s *server) exec(t *testing.T, tenant, sql string) (rows int64, state string) {
	t.Helper()
	s.as(t, tenant, func(tx pgx.Tx) {
		tag, err := tx.Exec(t.Context(), sql)
		rows, state = tag.RowsAffected(), stateOf(t, err)
	})
	return rows, state
}

func stateOf(t *testing.T, err error) string {
	t.Helper()
	var database *pgconn.PgError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &database):
		return database.Code
	}
	t.Fatal(err)
	return ""
}

// counts returns the number of rows that the plain role sees in each scoped
// relation.
func (s *server) counts(t *testing.T, tenant string) map[string]int {
	t.Helper()
	got := make(map[string]int)
	s.as(t, tenant, func(tx pgx.Tx) {
		for _, table := range scopedTables {
			var n int
			if err := tx.QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil {
				t.Fatalf("%s: %v", table, err)
			}
			got[table] = n
		}
	})
	return got
}

// each is a count for every scoped relation.
func each(n int) map[string]int {
	want := make(map[string]int)
	for _, table := range scopedTables {
		want[table] = n
	}
	return want
}

// without returns a package that lacks some tables.
func without(pkg *ir.Package, names ...string) *ir.Package {
	pkg.Tables = slices.DeleteFunc(pkg.Tables, func(t ir.Table) bool { return slices.Contains(names, t.Name) })
	return pkg
}
