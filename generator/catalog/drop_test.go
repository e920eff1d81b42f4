package catalog

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/dialect"
	"github.com/tenancygen/tenancygen/generator/source"
)

// TestDroppedConstraints looks which keys are left: one that is gone and still believed in
// proves that a row belongs to a tenant where it need not.
func TestDroppedConstraints(t *testing.T) {
	t.Parallel()
	const table = "CREATE TABLE t (id bigint, a bigint REFERENCES u (id), b bigint, UNIQUE (b)); "
	for _, tt := range []struct {
		name string
		d    dialect.Dialect
		sql  string
		want string
	}{
		{"by the name that it is given", dialect.PostgreSQL, table + "ALTER TABLE t DROP CONSTRAINT t_a_fkey", "b"},
		{"by a name with a number", dialect.PostgreSQL, table + "ALTER TABLE t DROP CONSTRAINT t_a_fkey1", "b"},
		{"unique, by a name with a number", dialect.PostgreSQL, table + "ALTER TABLE t DROP CONSTRAINT t_b_key2", "fk a"},
		{"a check", dialect.PostgreSQL, table + "ALTER TABLE t DROP CONSTRAINT t_a_check", "b, fk a"},
		{"one with a name of its own stays", dialect.PostgreSQL,
			"CREATE TABLE t (a bigint, CONSTRAINT mine FOREIGN KEY (a) REFERENCES u (id)); ALTER TABLE t DROP CONSTRAINT t_a_fkey", "fk a"},
		{"a primary key with a name", dialect.PostgreSQL,
			"CREATE TABLE t (id bigint, CONSTRAINT pk PRIMARY KEY (id)); ALTER TABLE t DROP CONSTRAINT pk", ""},
		{"a primary key of a renamed table", dialect.PostgreSQL,
			"CREATE TABLE s (id bigint PRIMARY KEY); ALTER TABLE s RENAME TO t; ALTER TABLE t DROP CONSTRAINT s_pkey", ""},
		{"a renamed primary key", dialect.PostgreSQL,
			"CREATE TABLE t (id bigint PRIMARY KEY); ALTER TABLE t RENAME CONSTRAINT t_pkey TO pk; ALTER INDEX pk RENAME TO k; ALTER TABLE t DROP CONSTRAINT k", ""},
		{"a unique key of an index", dialect.PostgreSQL,
			"CREATE TABLE t (b bigint); CREATE UNIQUE INDEX i ON t (b); ALTER TABLE t ADD CONSTRAINT k UNIQUE USING INDEX i; ALTER TABLE t DROP CONSTRAINT k", ""},
		{"what refers to a dropped key goes, too", dialect.PostgreSQL,
			"CREATE TABLE p (id bigint PRIMARY KEY, n bigint UNIQUE); CREATE TABLE t (a bigint REFERENCES p, b bigint REFERENCES p (id), c bigint REFERENCES p (n)); " +
				"ALTER TABLE p DROP CONSTRAINT p_pkey CASCADE; ALTER TABLE p ADD PRIMARY KEY (id)", "fk c"},
		{"what refers to a dropped column goes, too", dialect.PostgreSQL,
			"CREATE TABLE p (id bigint PRIMARY KEY, n bigint UNIQUE); CREATE TABLE t (a bigint REFERENCES p, c bigint REFERENCES p (n)); " +
				"ALTER TABLE p DROP COLUMN id CASCADE; ALTER TABLE p ADD COLUMN id bigint PRIMARY KEY", "fk c"},
		{"and what refers to a dropped table", dialect.PostgreSQL,
			"CREATE TABLE p (id bigint PRIMARY KEY); CREATE TABLE t (a bigint REFERENCES p); DROP TABLE p CASCADE; CREATE TABLE p (id bigint PRIMARY KEY)", ""},
		{"and what refers to a dropped index", dialect.PostgreSQL,
			"CREATE TABLE p (n bigint); CREATE UNIQUE INDEX i ON p (n); CREATE TABLE t (a bigint REFERENCES p (n)); DROP INDEX i CASCADE; CREATE UNIQUE INDEX i ON p (n)", ""},
		{"in a dropped schema", dialect.PostgreSQL,
			"CREATE TABLE s.p (id bigint PRIMARY KEY); CREATE TABLE t (a bigint REFERENCES s.p); DROP SCHEMA s CASCADE; CREATE TABLE s.p (id bigint PRIMARY KEY)", ""},
		{"SQLite: what refers to a table that is made anew stays", dialect.SQLite,
			"CREATE TABLE p (id integer PRIMARY KEY); CREATE TABLE t (a integer REFERENCES p); DROP TABLE p; CREATE TABLE p (id integer PRIMARY KEY)", "fk a"},

		{"MySQL: DROP CONSTRAINT", dialect.MySQL,
			"CREATE TABLE t (a bigint, CONSTRAINT k FOREIGN KEY (a) REFERENCES u (id)); ALTER TABLE t DROP CONSTRAINT k", ""},
		{"MySQL: DROP CONSTRAINT of a unique key", dialect.MySQL,
			"CREATE TABLE t (a bigint, CONSTRAINT k UNIQUE (a)); ALTER TABLE t DROP CONSTRAINT k", ""},
		{"MySQL: DROP CONSTRAINT of the primary key", dialect.MySQL,
			"CREATE TABLE t (a bigint PRIMARY KEY); ALTER TABLE t DROP CONSTRAINT `PRIMARY`", ""},
		{"MySQL: DROP CHECK", dialect.MySQL,
			"CREATE TABLE t (a bigint, b bigint UNIQUE, FOREIGN KEY (a) REFERENCES u (id)); ALTER TABLE t DROP CHECK t_chk_1", "b, fk a"},
		{"MySQL: added without a name", dialect.MySQL,
			"CREATE TABLE t (a bigint); ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u (id); ALTER TABLE t DROP FOREIGN KEY t_ibfk_1", ""},
		{"MySQL: added without a name, and DROP CONSTRAINT", dialect.MySQL,
			"CREATE TABLE t (a bigint); ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u (id); ALTER TABLE t DROP CONSTRAINT t_ibfk_1", ""},
		{"MySQL: of a renamed table", dialect.MySQL,
			"CREATE TABLE s (a bigint, FOREIGN KEY (a) REFERENCES u (id)); RENAME TABLE s TO t; ALTER TABLE t DROP FOREIGN KEY t_ibfk_1", ""},
		{"MySQL: a unique key added without a name", dialect.MySQL,
			"CREATE TABLE t (a bigint); ALTER TABLE t ADD UNIQUE (a); ALTER TABLE t DROP INDEX a", ""},
		{"MySQL: a second unique key added without a name", dialect.MySQL,
			"CREATE TABLE t (a bigint, INDEX a (a)); ALTER TABLE t ADD UNIQUE (a); ALTER TABLE t DROP INDEX a_2", ""},
		{"MySQL: an index that is no key", dialect.MySQL,
			"CREATE TABLE t (a bigint, b bigint, UNIQUE (a), INDEX b (b)); ALTER TABLE t ADD UNIQUE (a, b); ALTER TABLE t DROP INDEX b", "a, a b"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var report diag.Report
			c := Load(tt.d, []*source.File{source.NewFile("schema.sql", tt.sql)}, &report)
			if report.HasErrors() {
				t.Fatal(report.Sorted())
			}
			var got []string
			table := c.Lookup("", "t")
			for _, key := range table.Keys() {
				got = append(got, strings.Join(key, " "))
			}
			for _, f := range table.ForeignKeys {
				got = append(got, "fk "+strings.Join(f.Columns, " "))
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, ", ")); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
