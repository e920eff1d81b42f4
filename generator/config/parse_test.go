package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tenancygen/tenancygen/generator/config"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/source"
)

// parse reads a configuration whose sqlc.yaml, if any, has the given text.
func parse(text, sqlc string, r *diag.Report) *config.Config {
	open := func(path string) (*source.File, error) {
		if sqlc == "" {
			return nil, errors.New(path + " does not exist")
		}
		return source.NewFile(path, sqlc), nil
	}
	return config.Parse(source.NewFile("app/tenancy.yaml", text), open, r)
}

// mustParse fails the test on any diagnostic.
func mustParse(t *testing.T, text, sqlc string) *config.Config {
	t.Helper()
	r := &diag.Report{}
	c := parse(text, sqlc, r)
	for _, d := range r.Sorted() {
		t.Errorf("%s: %s", d.Code, d.Message)
	}
	if c == nil {
		t.Fatal("no configuration")
	}
	return c
}

// withoutPlaces compares what was read, not where.
var withoutPlaces = cmp.Options{
	cmpopts.IgnoreTypes(source.Span{}, []source.Span{}),
	cmpopts.IgnoreFields(config.Config{}, "File"),
}

const full = `version: "1"
engine: postgresql
schema: schema.sql
queries: [queries.sql, more/]
tenant: {column: tenant_id, root: tenants}
tables:
  plans: global
  "ref_*": global
  order_notes: {parent: orders}
  lines: {parent: orders, via: [order_id, tenant_id]}
  audit.log: {column: org_id}
  secrets: excluded
crud: {default: [get, list], audit_log: [list], plans: []}
rls: {role: app_user, setting: my.tenant}
tenant_params: keep
unscoped:
  NightlyReport: counts all tenants for billing
functions: [similarity, ext.unaccent]
go:
  package: db
  out: internal/db
  sql_package: pgx/v5
  emit_interface: true
  emit_pointers_for_null_enum_types: false
  query_parameter_limit: 0
  initialisms: [id, url]
  inflection_exclude_table_names: [news]
  output_db_file_name: conn.go
  emit_prepared_queries: true
  rename: {url: URL}
  overrides:
  - {db_type: uuid, go_type: github.com/google/uuid.UUID}
  - column: "*.audit_*.at"
    nullable: true
    go_type: {import: example.com/clock/v2, type: Time, pointer: true}
    go_struct_tag: 'x:"y,z"'
`

func TestParseInline(t *testing.T) {
	t.Parallel()
	no, zero := false, 0
	want := &config.Config{
		Dir: "app", Engine: "postgresql", Schema: []string{"schema.sql"}, Queries: []string{"queries.sql", "more/"},
		Tenant: config.Tenant{Column: "tenant_id", Root: "tenants"},
		Tables: []config.Table{
			{Pattern: "plans", Class: ir.ClassGlobal},
			{Pattern: "ref_*", Class: ir.ClassGlobal},
			{Pattern: "order_notes", Class: ir.ClassChild, Parent: "orders"},
			{Pattern: "lines", Class: ir.ClassChild, Parent: "orders", Via: []string{"order_id", "tenant_id"}},
			{Pattern: "audit.log", Class: ir.ClassTenant, Column: "org_id"},
			{Pattern: "secrets", Class: ir.ClassExcluded},
		},
		CRUD: config.CRUD{
			Default: []string{"get", "list"},
			Tables:  []config.CRUDTable{{Pattern: "audit_log", Methods: []string{"list"}}, {Pattern: "plans"}},
		},
		RLS:              ir.RLS{Role: "app_user", Setting: "my.tenant"},
		KeepTenantParams: true,
		Unscoped:         []config.Unscoped{{Query: "NightlyReport", Reason: "counts all tenants for billing"}},
		Functions:        []config.Function{{Name: "similarity"}, {Name: "ext.unaccent"}},
		Go: ir.GoOptions{
			Package: "db", Out: "internal/db", SQLPackage: "pgx/v5",
			EmitInterface: true, EmitPointersForNullEnums: &no, QueryParameterLimit: &zero,
			Initialisms: &[]string{"id", "url"}, InflectionExcludeTableNames: []string{"news"},
			OutputDBFileName: "conn.go", EmitPreparedQueries: true, Rename: map[string]string{"url": "URL"},
			Overrides: []ir.Override{
				{DBType: "uuid", GoType: ir.GoType{Import: "github.com/google/uuid", Type: "UUID"}},
				{
					Column: "*.audit_*.at", Nullable: true, GoStructTag: `x:"y,z"`,
					GoType: ir.GoType{Import: "example.com/clock/v2", Package: "clock", Type: "Time", Pointer: true},
				},
			},
		},
	}
	if diff := cmp.Diff(want, mustParse(t, full, ""), withoutPlaces); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestParseDefaults(t *testing.T) {
	t.Parallel()
	got := mustParse(t, `
version: 1
engine: postgresql
schema: [a.sql]
tenant: {column: org_id}
go: {out: ./internal/gen/}
`, "")
	want := &config.Config{
		Dir: "app", Engine: "postgresql", Schema: []string{"a.sql"},
		Tenant: config.Tenant{Column: "org_id"},
		RLS:    ir.RLS{Setting: config.DefaultSetting},
		Go:     ir.GoOptions{Package: "gen", Out: "./internal/gen/", SQLPackage: "pgx/v5"},
	}
	if diff := cmp.Diff(want, got, withoutPlaces); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Places lead to the text that a later stage complains about.
func TestParsePlaces(t *testing.T) {
	t.Parallel()
	c := mustParse(t, full, "")
	got := []string{
		c.Tenant.ColumnSpan.Text(), c.Tenant.RootSpan.Text(), c.SchemaSpans[0].Text(), c.QueriesSpans[1].Text(),
		c.Tables[0].Span.Text(), c.Tables[1].Span.Text(), c.CRUD.Tables[0].Span.Text(),
		c.Unscoped[0].Span.Text(), c.Functions[1].Span.Text(),
	}
	want := []string{
		"tenant_id", "tenants", "schema.sql", "more/",
		"plans", `"ref_*"`, "audit_log", "NightlyReport", "ext.unaccent",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

const overSQLC = `
version: "1"
sqlc: db/sqlc.yaml
tenant: {column: project_id}
go:
  sql_package: pgx/v5
  emit_json_tags: false
  rename: {a: Ours}
  overrides:
  - {db_type: citext, go_type: string}
`

const sqlcProject = `
version: "2"
cloud: {project: "1"}
plugins: []
options: {anything: {goes: &shared {emit_db_tags: true, package: nobody}}}
sql:
- name: main
  engine: postgresql
  schema: ../migrations/
  queries:
  - q/a.sql
  - /abs/b.sql
  strict_order_by: false
  database: {uri: "postgres://localhost"}
  rules: [sqlc/db-prepare]
  analyzer: {database: false}
  codegen: [{out: x, plugin: y, options: {z: 1}}]
  gen:
    json: {out: x}
    go:
      <<: *shared
      package: db
      out: out
      emit_json_tags: true
      omit_unused_structs:
      rename: {a: Theirs, b: Package}
      overrides:
      - {db_type: text, go_type: {type: Package}}
overrides:
  go:
    rename: {b: Global}
    overrides:
    - {postgres_type: uuid, null: true, go_type: "*github.com/acme/go-uuid.UUID", engine: postgresql}
    - {db_type: text, go_type: string, engine: mysql}
`

// An sqlc project is read as sqlc reads it: global overrides and renames come
// before those of the package. Those of tenancy.yaml come before both.
func TestParseSQLC(t *testing.T) {
	t.Parallel()
	want := &config.Config{
		Dir: "app", Engine: "postgresql", Schema: []string{"migrations"}, Queries: []string{"db/q/a.sql", "/abs/b.sql"},
		Tenant: config.Tenant{Column: "project_id"},
		RLS:    ir.RLS{Setting: config.DefaultSetting},
		// The database is there, and not for the analysis.
		Analysis: config.Analysis{StrictOrderBy: new(bool)},
		Vet:      config.Vet{SQLC: true},
		SQLCPath: "db/sqlc.yaml",
		Go: ir.GoOptions{
			Package: "db", Out: "db/out", SQLPackage: "pgx/v5", EmitDBTags: true,
			Rename: map[string]string{"a": "Ours", "b": "Global"},
			Overrides: []ir.Override{
				{DBType: "citext", GoType: ir.GoType{Type: "string"}},
				{DBType: "uuid", Nullable: true, GoType: ir.GoType{
					Import: "github.com/acme/go-uuid", Package: "uuid", Type: "UUID", Pointer: true,
				}},
				{DBType: "text", GoType: ir.GoType{Type: "Package"}},
			},
		},
	}
	if diff := cmp.Diff(want, mustParse(t, overSQLC, sqlcProject), withoutPlaces); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The options of the analysis are those of sqlc.yaml, each unless tenancy.yaml has
// it, too.
func TestParseAnalysis(t *testing.T) {
	t.Parallel()
	const entry = "\n- engine: postgresql\n  schema: s.sql\n  gen: {go: {out: gen, sql_package: pgx/v5}}\n"
	theirs := func(more string) string { return "version: \"2\"\nsql:" + entry + more }
	ours := func(more string) string { return "version: \"1\"\nsqlc: sqlc.yaml\ntenant: {column: t}\n" + more }
	yes, no := true, false
	for name, tt := range map[string]struct {
		ours, sqlc string
		want       config.Analysis
	}{
		"nothing": {"", "", config.Analysis{}},
		"sqlc": {"", "  database: {uri: \"${DB}\"}\n  strict_order_by: true\n  strict_function_checks: true\n",
			config.Analysis{DatabaseURI: "${DB}", StrictOrderBy: &yes, StrictFunctionChecks: true}},
		"only":     {"", "  database: {uri: a}\n  analyzer: {database: only}\n", config.Analysis{DatabaseURI: "a"}},
		"off":      {"", "  database: {managed: true}\n  analyzer: {database: false}\n", config.Analysis{}},
		"off here": {"analyzer: {database: false}\n", "  database: {managed: true}\n", config.Analysis{}},
		"on here":  {"analyzer: {database: true}\n", "  database: {uri: a}\n  analyzer: {database: false}\n", config.Analysis{DatabaseURI: "a"}},
		"ours": {"database: {uri: b}\nstrict_order_by: false\nstrict_function_checks: false\n",
			"  database: {managed: true}\n  strict_order_by: true\n  strict_function_checks: true\n",
			config.Analysis{DatabaseURI: "b", StrictOrderBy: &no}},
	} {
		got := mustParse(t, ours(tt.ours), theirs(tt.sqlc)).Analysis
		if diff := cmp.Diff(tt.want, got, withoutPlaces); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestParseSQLCForms(t *testing.T) {
	t.Parallel()
	const tenancy = "version: '1'\nsqlc: sqlc.json\ntenant: {column: t}\ngo: {out: gen, sql_package: pgx/v5}\n"
	tests := map[string]string{
		"json": `{
	"version": "2",
	"sql": [{
		"engine": "postgresql", "schema": ["schema.sql"], "queries": "q.sql",
		"gen": {"go": {"package": "gen", "out": "gen"}}
	}]
}`,
		"without gen.go": "version: 2\nsql: [{engine: postgresql, schema: schema.sql, queries: q.sql}]",
	}
	for form, text := range tests {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			c := mustParse(t, tenancy, text)
			if diff := cmp.Diff([]string{"schema.sql"}, c.Schema); diff != "" || c.Go.Out != "gen" || c.Go.Package != "gen" {
				t.Errorf("read %+v %s", c.Go, diff)
			}
		})
	}
	named := tenancy + "sqlc_name: b\n"
	c := mustParse(t, named, "version: 2\nsql: [{name: a}, {name: b, engine: postgresql, schema: b.sql}]")
	if diff := cmp.Diff([]string{"b.sql"}, c.Schema); diff != "" {
		t.Errorf("sqlc_name (-want +got):\n%s", diff)
	}
	c = mustParse(t, named, "version: 2\nsql: [{engine: postgresql, schema: a.sql}, {engine: postgresql, schema: b.sql, gen: {go: {out: b}}}]")
	if diff := cmp.Diff([]string{"b.sql"}, c.Schema); diff != "" {
		t.Errorf("sqlc_name of a directory (-want +got):\n%s", diff)
	}
}

// A project for several databases has an entry for each, which may share a name.
func TestParseSQLCEntryByEngine(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "sqlc_name: x\n"} {
		c := mustParse(t, "version: '1'\nsqlc: sqlc.yaml\n"+name+"tenant: {column: t}\ngo: {out: gen}\n",
			"version: 2\nsql: [{name: x, engine: mysql, schema: m.sql}, {name: x, engine: postgresql, schema: p.sql}, {name: x, engine: sqlite, schema: s.sql}]")
		if diff := cmp.Diff([]string{"p.sql"}, c.Schema); diff != "" {
			t.Errorf("%q (-want +got):\n%s", name, diff)
		}
	}
	c := mustParse(t, "version: '1'\nsqlc: sqlc.yaml\nsqlc_name: my\ntenant: {column: t}\n", `version: 2
sql:
- {name: x, engine: postgresql, schema: p.sql, gen: {go: {out: pg}}}
- {name: x, engine: sqlite, schema: m.sql, gen: {go: {out: my, overrides: [
    {db_type: json, go_type: string, engine: sqlite}, {db_type: text, go_type: string, engine: mysql}]}}}
`)
	if diff := cmp.Diff([]string{"m.sql"}, c.Schema); diff != "" || c.Engine != "sqlite" || c.Go.SQLPackage != "database/sql" {
		t.Errorf("the directory of a package: read %s %s %s", c.Engine, c.Go.SQLPackage, diff)
	}
	if len(c.Go.Overrides) != 1 || c.Go.Overrides[0].DBType != "json" {
		t.Errorf("read the overrides %v, want that of the engine", c.Go.Overrides)
	}
}

// Without sql_package, the package is the one that the engine has.
func TestParseEngine(t *testing.T) {
	t.Parallel()
	for engine, want := range map[string]string{"postgresql": "pgx/v5", "mysql": "database/sql", "sqlite": "database/sql"} {
		c := mustParse(t, "version: '1'\nengine: "+engine+"\nschema: s.sql\ntenant: {column: t}\ngo: {out: gen}\n", "")
		if c.Engine != engine || c.Go.SQLPackage != want {
			t.Errorf("%s: read %q with %q, want %q", engine, c.Engine, c.Go.SQLPackage, want)
		}
	}
}

// The older form of sqlc's configuration has the options in the entries, and the
// overrides of all entries come first.
func TestParseSQLCVersion1(t *testing.T) {
	t.Parallel()
	c := mustParse(t, "version: '1'\nsqlc: sqlc.json\ntenant: {column: t}\n", `{
	"version": "1",
	"packages": [{
		"path": "go/db", "schema": "schema.sql", "queries": ["q.sql"], "sql_package": "pgx/v5", "emit_json_tags": true,
		"overrides": [{"db_type": "text", "go_type": "Package"}]
	}],
	"overrides": [{"db_type": "citext", "go_type": "string"}],
	"rename": {"a": "Global"}
}`)
	want := &config.Config{
		Dir: "app", Engine: "postgresql", Schema: []string{"schema.sql"}, Queries: []string{"q.sql"},
		Tenant: config.Tenant{Column: "t"}, RLS: ir.RLS{Setting: config.DefaultSetting}, SQLCPath: "sqlc.json",
		Go: ir.GoOptions{
			Package: "db", Out: "go/db", SQLPackage: "pgx/v5", EmitJSONTags: true,
			Rename: map[string]string{"a": "Global"},
			Overrides: []ir.Override{
				{DBType: "citext", GoType: ir.GoType{Type: "string"}},
				{DBType: "text", GoType: ir.GoType{Type: "Package"}},
			},
		},
	}
	if diff := cmp.Diff(want, c, withoutPlaces); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestGoTypes(t *testing.T) {
	t.Parallel()
	tests := map[string]ir.GoType{
		`string`:                             {Type: "string"},
		`MyType`:                             {Type: "MyType"},
		`"[]byte"`:                           {Type: "byte", Slice: true},
		`"*time.Time"`:                       {Import: "time", Type: "Time", Pointer: true},
		`"[]*example.com/x.T"`:               {Import: "example.com/x", Type: "T", Slice: true, Pointer: true},
		`example.com/go-x.T`:                 {Import: "example.com/go-x", Package: "x", Type: "T"},
		`example.com/x/v3.T`:                 {Import: "example.com/x/v3", Package: "x", Type: "T"},
		`example.com/My-X.T`:                 {Import: "example.com/My-X", Package: "my_x", Type: "T"},
		`"example.com/x.Opt[string]"`:        {Import: "example.com/x", Type: "Opt[string]"},
		`"interface{}"`:                      {Type: "interface{}"},
		`{import: a/b, package: b, type: T}`: {Import: "a/b", Type: "T"},
		`{import: a/b, package: c, type: T}`: {Import: "a/b", Package: "c", Type: "T"},
		`{type: T, slice: true}`:             {Type: "T", Slice: true},
	}
	for in, want := range tests {
		t.Run(in, func(t *testing.T) {
			t.Parallel()
			c := mustParse(t, minimal+"  overrides: [{db_type: x, go_type: "+in+"}]\n", "")
			if diff := cmp.Diff(want, c.Go.Overrides[0].GoType); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// minimal is a configuration to which go options can be added.
const minimal = `version: "1"
engine: postgresql
schema: s.sql
tenant: {column: t}
go:
  out: gen
`

func TestRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("tenancy.yaml", "version: '1'\nsqlc: sqlc.yaml\ntenant: {column: t}\ngo: {sql_package: pgx/v5}\n")
	write("sqlc.yaml", "version: '2'\nsql: [{engine: postgresql, schema: s.sql, gen: {go: {out: gen}}}]\n")
	r := &diag.Report{}
	c := config.Read(filepath.Join(dir, "tenancy.yaml"), r)
	if c == nil || r.HasErrors() {
		t.Fatalf("not read: %v", r.Sorted())
	}
	if c.Dir != dir || c.Go.Out != "gen" {
		t.Errorf("Dir %q, Out %q", c.Dir, c.Go.Out)
	}
	for _, path := range []string{dir, filepath.Join(dir, "missing.yaml"), filepath.Join(dir, "sqlc.yaml", "x")} {
		r := &diag.Report{}
		if c := config.Read(path, r); c != nil {
			t.Errorf("%s was read", path)
		}
		if all := r.Sorted(); len(all) != 1 || all[0].Code != diag.FileMissing || all[0].Help == "" {
			t.Errorf("%s: %v", path, all)
		}
	}
}
