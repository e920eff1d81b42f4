package generator

import (
	"database/sql"
	"errors"
	"strings"
	"testing"

	_ "github.com/go-sql-driver/mysql"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/config"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/dialect"
	"github.com/tenancygen/tenancygen/generator/source"
	"github.com/tenancygen/tenancygen/internal/testmysql"
	"github.com/tenancygen/tenancygen/internal/testsqlite"
	"github.com/tenancygen/tenancygen/runtime"
)

// trap is a schema with which a database would take two tenants for one.
type trap struct {
	name   string
	schema string
	// refused is in the error about the schema; empty for one that is accepted.
	refused string
	// setup fills the table, and meets counts the rows of another tenant that a
	// comparison with the given id finds: it is 1, or there is no trap.
	setup, meets string
	id           any
}

func (c trap) compile(d dialect.Dialect) (*catalog.Catalog, *diag.Report) {
	report := &diag.Report{}
	cat := catalog.Load(d, []*source.File{source.NewFile("schema.sql", c.schema)}, report)
	cat.Classify(&config.Config{Tenant: config.Tenant{Column: "tenant_id"}}, report)
	return cat, report
}

func (c trap) run(t *testing.T, d dialect.Dialect, db *sql.DB) {
	t.Helper()
	_, report := c.compile(d)
	var said []string
	for _, found := range report.Sorted() {
		if found.IsError() {
			said = append(said, found.Message)
		}
	}
	if all := strings.Join(said, "\n"); c.refused == "" && all != "" || !strings.Contains(all, c.refused) {
		t.Errorf("the schema is refused by %q, want %q", all, c.refused)
	}
	for _, statement := range []string{c.schema, c.setup} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	var found int
	if err := db.QueryRowContext(t.Context(), c.meets, c.id).Scan(&found); err != nil || found != 1 {
		t.Errorf("%d rows, %v: this is no trap", found, err)
	}
}

// refuses looks that the id of a trap that the schema does not keep out is refused, and
// that an integer, where it is sent as one, is not even sent.
func (c trap) refuses(t *testing.T, d dialect.Dialect, db *sql.DB) {
	t.Helper()
	if c.refused != "" {
		return
	}
	cat, _ := c.compile(d)
	if err := runtime.IDForm(cat.IDForm()).Check(c.id.(string)); !errors.Is(err, runtime.ErrTenantID) {
		t.Errorf("%q is an id of the form %q: %v", c.id, cat.IDForm(), err)
	}
	if !d.IntegerID(cat.TenantType) {
		return
	}
	var found int
	err := db.QueryRowContext(t.Context(), c.meets, runtime.IntegerID(c.id.(string))).Scan(&found)
	if !errors.Is(err, runtime.ErrTenantID) {
		t.Errorf("%d rows, %v; want ErrTenantID", found, err)
	}
}

// What MySQL takes for one id must not be the ids of two tenants.
func TestMySQLTraps(t *testing.T) {
	t.Parallel()
	const acme = "INSERT INTO things (tenant_id) VALUES ('acme')"
	const count = "SELECT count(*) FROM things WHERE tenant_id = ?"
	for _, c := range []trap{
		{"collation that ignores case", "CREATE TABLE things (tenant_id VARCHAR(36) COLLATE utf8mb4_general_ci NOT NULL)",
			`has the collation "utf8mb4_general_ci"`, acme, count, "ACME"},
		{"collation of the server", "CREATE TABLE things (tenant_id VARCHAR(36) NOT NULL)", "the server's default", acme, count, "ACME"},
		{"collation that pads", "CREATE TABLE things (tenant_id VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL)",
			`has the collation "utf8mb4_bin"`, acme, count, "acme "},
		{"column that pads", "CREATE TABLE things (tenant_id BINARY(6) NOT NULL)", "it pads what is shorter", acme, count, "acme\x00\x00"},
		{"text as a number", "CREATE TABLE things (tenant_id BIGINT NOT NULL)", "", "INSERT INTO things VALUES (1)", count, "1abc"},
		{"varchar that is cut", "CREATE TABLE things (tenant_id VARCHAR(3) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL)", "",
			"INSERT INTO things VALUES ('abc ')", "SELECT count(*) FROM things WHERE tenant_id = RTRIM(?)", "abc "},
		{"decimal", "CREATE TABLE things (tenant_id DECIMAL(10) NOT NULL)", "it is not known to keep any two ids apart", "INSERT INTO things VALUES (1)", count, "1abc"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dsn := testmysql.Database(t)
			db, err := sql.Open("mysql", dsn)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = db.Close() }()
			if !testmysql.IsMariaDB(t, dsn) {
				c.schema = strings.ReplaceAll(c.schema, "utf8mb4_nopad_bin", "utf8mb4_0900_bin")
			}
			c.run(t, dialect.MySQL, db)
			c.refuses(t, dialect.MySQL, db)
		})
	}
}

// Two names that differ by case alone are one table on some servers of MySQL.
func TestMySQLNamesFold(t *testing.T) {
	t.Parallel()
	c := trap{schema: "CREATE TABLE Things (id BIGINT, tenant_id VARBINARY(36) NOT NULL); CREATE TABLE things (id BIGINT, tenant_id VARBINARY(36) NOT NULL)"}
	if _, report := c.compile(dialect.MySQL); !report.HasErrors() {
		t.Error("Things and things are two tables")
	}
	c.schema = "CREATE TABLE Things (ID BIGINT, Tenant_Id VARBINARY(36) NOT NULL)"
	cat, report := c.compile(dialect.MySQL)
	if report.HasErrors() {
		t.Fatal(report.Sorted()[0].Message)
	}
	for text, accepted := range map[string]bool{
		"SELECT iD FROM Things WHERE TENANT_ID <> 'x'": true,
		"SELECT id FROM things":                        false, // another table, where case counts
		"SELECT Things.id FROM Things AS things":       false,
	} {
		var report diag.Report
		list := scopeAll(oneStatement(dialect.MySQL, text, &report), cat, &config.Config{}, &report, nil)
		if len(list) != 1 || report.HasErrors() == accepted {
			t.Errorf("%s: %v", text, report.Sorted())
			continue
		}
		if accepted && !strings.Contains(list[0].result.SQL, "`Things`.tenant_id = $1") {
			t.Errorf("%s: %s", text, list[0].result.SQL)
		}
	}
}

// A name may have 64 characters, and the names that are made up beside it more.
func TestMySQLLongNames(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("n", 64)
	schema := "CREATE TABLE " + long + " (id BIGINT PRIMARY KEY, tenant_id VARBINARY(36) NOT NULL, up BIGINT, CONSTRAINT up FOREIGN KEY (up) REFERENCES " + long + " (id))"
	cat, report := trap{schema: schema}.compile(dialect.MySQL)
	if report.HasErrors() {
		t.Fatal(report.Sorted()[0].Message)
	}
	db, err := sql.Open("mysql", testmysql.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(t.Context(), schema); err != nil {
		t.Fatal(err)
	}
	var found diag.Report
	list := scopeAll(oneStatement(dialect.MySQL, "UPDATE "+long+" SET up = $1 WHERE id = $2", &found), cat, &config.Config{}, &found, nil)
	if found.HasErrors() {
		t.Fatal(found.Sorted()[0].Message)
	}
	text := list[0].result.SQL
	if !strings.Contains(text, long+"_2") {
		t.Fatalf("%s has no name that is longer", text)
	}
	if _, err := db.ExecContext(t.Context(), strings.NewReplacer("$1", "NULL", "$2", "1", "$3", "'a'").Replace(text)); err != nil {
		t.Errorf("%s: %v", text, err)
	}
}

// What SQLite takes for one id must not be the ids of two tenants.
func TestSQLiteTraps(t *testing.T) {
	t.Parallel()
	const acme = "INSERT INTO things (tenant_id) VALUES ('acme')"
	const count = "SELECT count(*) FROM things WHERE tenant_id = ?"
	const number = "INSERT INTO things VALUES ('100')"
	for _, c := range []trap{
		{"no affinity", "CREATE TABLE things (tenant_id NOT NULL)", "has type any: it has no type", "INSERT INTO things VALUES (x'61')", "SELECT count(*) FROM things WHERE CAST(tenant_id AS TEXT) = ?", "a"},
		{"NOCASE", "CREATE TABLE things (tenant_id TEXT COLLATE NOCASE NOT NULL)", `has the collation "nocase"`, acme, count, "ACME"},
		{"RTRIM", "CREATE TABLE things (tenant_id TEXT COLLATE RTRIM NOT NULL)", `has the collation "rtrim"`, acme, count, "acme  "},
		{"numeric affinity", "CREATE TABLE things (tenant_id NUMERIC NOT NULL)", "SQLite makes numbers of texts", number, count, "1e2"},
		{"numeric affinity by a name", "CREATE TABLE things (tenant_id UUID NOT NULL)", "SQLite makes numbers of texts", number, count, "1e2"},
		{"text as a number", "CREATE TABLE things (tenant_id INTEGER NOT NULL)", "", number, count, "1e2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			db := testsqlite.Open(t, "file:"+testsqlite.File(t), 1)
			c.run(t, dialect.SQLite, db)
			c.refuses(t, dialect.SQLite, db)
		})
	}
}
