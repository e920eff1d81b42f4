package dialect_test

import (
	"testing"

	"github.com/tenancygen/tenancygen/generator/dialect"
)

func TestFor(t *testing.T) {
	t.Parallel()
	for _, d := range all {
		if got := dialect.For(d.Engine()); got != d {
			t.Errorf("%s is %v", d.Engine(), got)
		}
	}
	if got := dialect.For("oracle"); got != nil {
		t.Errorf("oracle is %v", got)
	}
}

// What is written to fail is known to fail.
func TestFailing(t *testing.T) {
	t.Parallel()
	for _, d := range all {
		q, err := d.Statement("SELECT 1 FROM p WHERE " + d.Failing("p.id IS NULL"))
		if err != nil {
			t.Errorf("%s: %v", d.Engine(), err)
			continue
		}
		if when := d.FailsWhen(q.Select.Where); when == nil || when.Name != "NullTest" {
			t.Errorf("%s: %s fails when %+v", d.Engine(), d.Failing("p.id IS NULL"), when)
		}
		for _, harmless := range []string{"p.id IS NULL", "CASE WHEN p.id IS NULL THEN 1 END IS NULL", "abs(CASE WHEN p.id IS NULL THEN 1 END) IS NULL"} {
			q, err := d.Statement("SELECT 1 FROM p WHERE " + harmless)
			if err != nil {
				t.Fatal(err)
			}
			if d.FailsWhen(q.Select.Where) != nil {
				t.Errorf("%s: %s does not fail", d.Engine(), harmless)
			}
		}
	}
}

// Two ids that a database takes for one are two tenants that are one.
func TestUnfit(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		dialect    dialect.Dialect
		fit, unfit []string
	}{
		{dialect.PostgreSQL, []string{"uuid", "bigint", "text", "varchar"}, []string{"bpchar", "numeric", "bytea", "citext", "real", "text[]", "mood"}},
		{dialect.MySQL, []string{"varchar", "varbinary", "bigint", "int", "bigint unsigned"}, []string{"char", "binary", "text", "blob", "double", "float", "decimal", "json", "enum", "bit", "uuid", "datetime"}},
		// The affinity of a column is that of the first rule that its type meets.
		{dialect.SQLite, []string{"text", "varchar", "character varying", "integer", "bigint", "int"},
			[]string{"", "any", "blob", "numeric", "uuid", "string", "decimal", "boolean", "real", "double", "date"}},
	} {
		for _, name := range tc.fit {
			if why := tc.dialect.Unfit(name); why != "" {
				t.Errorf("%s: %s: %s", tc.dialect.Engine(), name, why)
			}
		}
		for _, name := range tc.unfit {
			if tc.dialect.Unfit(name) == "" {
				t.Errorf("%s: %s is fit", tc.dialect.Engine(), name)
			}
		}
	}
}

func TestUnfitCollation(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		dialect            dialect.Dialect
		sqlType, collation string
		unfit              bool
	}{
		{dialect.PostgreSQL, "text", "", false},
		{dialect.PostgreSQL, "text", "C", false},
		{dialect.PostgreSQL, "text", "nocase", true},
		{dialect.MySQL, "varchar", "", true},
		{dialect.MySQL, "varchar", "utf8mb4_general_ci", true},
		{dialect.MySQL, "varchar", "utf8mb4_bin", true}, // 'a' = 'a '
		{dialect.MySQL, "varchar", "utf8mb4_0900_bin", false},
		{dialect.MySQL, "varchar", "utf8mb4_nopad_bin", false},
		{dialect.MySQL, "varbinary", "", false},
		{dialect.MySQL, "bigint", "", false},
		{dialect.SQLite, "text", "", false},
		{dialect.SQLite, "text", "binary", false},
		{dialect.SQLite, "text", "nocase", true},
		{dialect.SQLite, "text", "rtrim", true},
	} {
		if why, help := tc.dialect.UnfitCollation(tc.sqlType, tc.collation); (why != "") != tc.unfit || (help != "") != tc.unfit {
			t.Errorf("%s: %s: %q, %q", tc.dialect.Engine(), tc.collation, why, help)
		}
	}
}

func TestFunctions(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		dialect dialect.Dialect
		name    string
		class   dialect.FunctionClass
	}{
		{dialect.PostgreSQL, "lower", dialect.FunctionPlain},
		{dialect.PostgreSQL, "query_to_xml", dialect.FunctionForbidden},
		{dialect.MySQL, "concat", dialect.FunctionPlain},
		{dialect.MySQL, "group_concat", dialect.FunctionAggregate},
		{dialect.MySQL, "last_insert_id", dialect.FunctionForbidden},
		{dialect.MySQL, "load_file", dialect.FunctionForbidden},
		{dialect.MySQL, "mine", dialect.FunctionUnknown},
		{dialect.SQLite, "json_extract", dialect.FunctionPlain},
		{dialect.SQLite, "group_concat", dialect.FunctionAggregate},
		{dialect.SQLite, "rank", dialect.FunctionWindow},
		{dialect.SQLite, "load_extension", dialect.FunctionForbidden},
		{dialect.SQLite, "pragma_table_info", dialect.FunctionForbidden},
		{dialect.SQLite, "mine", dialect.FunctionUnknown},
	} {
		class := tc.dialect.Function(tc.name)
		if tc.dialect.Forbidden(tc.name) {
			class = dialect.FunctionForbidden
		}
		if class != tc.class {
			t.Errorf("%s: %s is of class %d", tc.dialect.Engine(), tc.name, class)
		}
	}
}

var all = []dialect.Dialect{dialect.PostgreSQL, dialect.MySQL, dialect.SQLite}
