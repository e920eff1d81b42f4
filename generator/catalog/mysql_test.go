package catalog

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenancygen/tenancygen/generator/config"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/dialect"
	"github.com/tenancygen/tenancygen/generator/source"
)

// TestMySQLChanges checks what later statements make of a table's keys and collations:
// a key that is forgotten would let a row meet another tenant's.
func TestMySQLChanges(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, sql, want string }{
		{"a table's collation is that of its text columns", "CREATE TABLE t (a varchar(9), b int, c text COLLATE binary) COLLATE utf8mb4_bin",
			"a varchar utf8mb4_bin; b int ; c text binary"},
		{"later columns have it, too", "CREATE TABLE t (b int) COLLATE utf8mb4_bin; ALTER TABLE t ADD a varchar(9), MODIFY b text",
			"b text utf8mb4_bin; a varchar utf8mb4_bin"},
		{"a new default is for columns to come", "CREATE TABLE t (a text) COLLATE utf8mb4_general_ci; ALTER TABLE t COLLATE utf8mb4_bin, ADD b text",
			"a text utf8mb4_general_ci; b text utf8mb4_bin"},
		{"CONVERT changes all", "CREATE TABLE t (a text COLLATE utf8mb4_bin, b int); ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4",
			"a text utf8mb4; b int "},
		{"a key outlives one of its columns", "CREATE TABLE t (a int, b int, c int, PRIMARY KEY (a, b), UNIQUE u (a, b), UNIQUE w (a)); ALTER TABLE t DROP COLUMN a",
			"b int ; c int ; primary b; u b"},
		{"an index is not the foreign key of its name", "CREATE TABLE t (a int, UNIQUE k (a), CONSTRAINT k FOREIGN KEY (a) REFERENCES u (b)); ALTER TABLE t DROP INDEX k",
			"a int ; key k"},
		{"nor the foreign key the index", "CREATE TABLE t (a int, UNIQUE k (a), CONSTRAINT k FOREIGN KEY (a) REFERENCES u (b)); ALTER TABLE t DROP FOREIGN KEY k",
			"a int ; k a"},
		{"each table has its own index k", "CREATE TABLE x (a int, UNIQUE k (a)); CREATE TABLE t (a int, UNIQUE k (a)); DROP INDEX k ON x",
			"a int ; k a"},
		{"the primary key goes", "CREATE TABLE t (a int PRIMARY KEY); DROP INDEX `PRIMARY` ON t", "a int "},
		{"a renamed table is written in its new way", "CREATE TABLE X (a int); RENAME TABLE X TO T", "T a int "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var report diag.Report
			c := Load(dialect.MySQL, []*source.File{source.NewFile("schema.sql", tt.sql)}, &report)
			if report.HasErrors() {
				t.Fatal(report.Sorted())
			}
			table, got := c.Lookup("", "t"), ""
			if table.Spelling != "t" {
				got = table.Spelling + " "
			}
			for i, col := range table.Columns {
				if i > 0 {
					got += "; "
				}
				got += col.Name + " " + col.Type + " " + col.Collation
			}
			for _, name := range table.PrimaryKey {
				got += "; primary " + name
			}
			for _, u := range table.Uniques {
				got += "; " + u.Name
				for _, name := range u.Columns {
					got += fmt.Sprint(" ", name)
				}
			}
			for _, f := range table.ForeignKeys {
				got += "; key " + f.Name
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestMySQLIDForm: an id has to fit the shortest tenant column, as the last statement
// leaves it.
func TestMySQLIDForm(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ sql, want string }{
		{"CREATE TABLE a (tenant_id varbinary(64) NOT NULL); CREATE TABLE b (tenant_id varbinary(36) NOT NULL); CREATE TABLE c (tenant_id varbinary(40) NOT NULL)", "ascii:36"},
		{"CREATE TABLE tenants (id varbinary(20) PRIMARY KEY); CREATE TABLE a (tenant_id varbinary(64) NOT NULL)", "ascii:20"},
		{"CREATE TABLE a (tenant_id varbinary(64) NOT NULL, n varbinary(3)); ALTER TABLE a MODIFY tenant_id varbinary(30) NOT NULL", "ascii:30"},
		{"CREATE TABLE a (tenant_id varchar(30) COLLATE utf8mb4_0900_bin NOT NULL); CREATE VIEW v AS SELECT * FROM a", "ascii:30"},
		{"CREATE TABLE a (tenant_id tinyint NOT NULL)", "integer:127"},
		{"CREATE TABLE a (tenant_id int unsigned NOT NULL)", "integer:4294967295"},
		{"CREATE TABLE a (tenant_id bigint NOT NULL)", "integer"},
		{"CREATE TABLE a (tenant_id bigint unsigned NOT NULL)", "integer"},
	} {
		var report diag.Report
		c := Load(dialect.MySQL, []*source.File{source.NewFile("schema.sql", tt.sql)}, &report)
		c.Classify(&config.Config{Tenant: config.Tenant{Column: "tenant_id", Root: "tenants"}}, &report)
		if got := string(c.IDForm()); got != tt.want {
			t.Errorf("%s\nis %q, want %q", tt.sql, got, tt.want)
		}
	}
}
