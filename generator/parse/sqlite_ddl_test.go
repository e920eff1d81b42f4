package parse

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestSQLiteSchema(t *testing.T) {
	t.Parallel()
	text := `PRAGMA foreign_keys = ON;
CREATE TABLE IF NOT EXISTS "Users" (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	[Email] VARCHAR(255) NOT NULL UNIQUE ON CONFLICT REPLACE COLLATE NOCASE DEFAULT '',
	size UNSIGNED BIG INT, plain, half INT GENERATED ALWAYS AS (size / 2) STORED,
	org_id INT CONSTRAINT o REFERENCES orgs ON DELETE SET NULL ON INSERT SET DEFAULT ON UPDATE CASCADE,
	soft TEXT NOT NULL ON CONFLICT REPLACE,
	FOREIGN KEY (size, plain) REFERENCES 'Other' (A, b) ON UPDATE SET DEFAULT,
	UNIQUE (org_id, plain DESC), UNIQUE (org_id, email COLLATE binary)
	CHECK (size > 0)
);
CREATE TABLE main.keys (a TEXT, b INT NOT NULL, PRIMARY KEY (a, b));
CREATE TABLE strict (a TEXT PRIMARY KEY) STRICT;
CREATE TABLE narrow (a INTEGER, b, PRIMARY KEY (a)) WITHOUT ROWID;
CREATE TABLE down (a INTEGER PRIMARY KEY DESC);
CREATE TABLE int4 (a INT PRIMARY KEY);
CREATE TABLE copy AS SELECT * FROM users;
CREATE VIRTUAL TABLE docs USING fts5 (title, body);
CREATE UNIQUE INDEX i ON users (org_id, lower(email)) WHERE size > 0;
CREATE INDEX j ON users (org_id, 'size');
CREATE VIEW IF NOT EXISTS v (x) AS SELECT id FROM users WHERE size > 1;
CREATE VIEW w AS SELECT id FROM main.users;
CREATE TRIGGER tr AFTER UPDATE OF size ON users WHEN new.size IN (SELECT n FROM sizes) BEGIN
	INSERT INTO log SELECT x FROM seen WHERE x IN taken; DELETE FROM old;
END;
DROP TRIGGER tr;
ALTER TABLE users RENAME TO People;
ALTER TABLE people RENAME size TO Length;
ALTER TABLE people ADD COLUMN x REAL REFERENCES orgs (id);
ALTER TABLE people DROP COLUMN x;
DROP TABLE IF EXISTS keys; DROP VIEW v; DROP INDEX i;`
	got, err := SQLite.Schema(text)
	if err != nil {
		t.Fatal(err)
	}
	users := ObjectName{Name: "users"}
	table := func(name, spelling string, t CreateTable) DDL {
		t.Name, t.Spelling = ObjectName{Name: name}, spelling
		return DDL{CreateTable: &t}
	}
	alter := func(a AlterAction) DDL {
		return DDL{AlterTable: &AlterTable{Name: ObjectName{Name: "people"}, Actions: []AlterAction{a}}}
	}
	drop := func(kind, name, part string) DDL {
		return DDL{Drop: &Drop{Kind: kind, Names: []ObjectName{{Name: name}}, Part: part}}
	}
	want := []DDL{
		table("users", "Users", CreateTable{IfNotExists: true,
			Columns: []ColumnDef{
				{Name: "id", Type: "integer", NotNull: true, HasDefault: true, Serial: true},
				{Name: "email", Type: "varchar", NotNull: true, HasDefault: true, Collation: "nocase"},
				{Name: "size", Type: "unsigned big int"}, {Name: "plain"}, {Name: "half", Type: "int", Generated: true},
				{Name: "org_id", Type: "int"}, {Name: "soft", Type: "text"},
			},
			Constraints: []ConstraintDef{
				{Kind: PrimaryKeyConstraint, Columns: []string{"id"}, Nullable: true},
				{Kind: UniqueConstraint, Columns: []string{"email"}, Replaces: true},
				{Kind: ForeignKeyConstraint, Name: "o", Columns: []string{"org_id"}, RefTable: ObjectName{Name: "orgs"}, SetNull: []string{"org_id"}},
				{Kind: ForeignKeyConstraint, Columns: []string{"size", "plain"}, RefTable: ObjectName{Name: "other"}, RefColumns: []string{"a", "b"}, SetDefault: []string{"size", "plain"}},
				{Kind: UniqueConstraint, Columns: []string{"org_id", "plain"}},
			}}),
		{CreateIndex: &CreateIndex{Name: "sqlite_autoindex_users_1", Table: users, Unique: true, Columns: []string{"org_id"}, Expressions: true}},
		table("keys", "keys", CreateTable{Columns: []ColumnDef{{Name: "a", Type: "text"}, {Name: "b", Type: "int", NotNull: true}},
			Constraints: []ConstraintDef{{Kind: PrimaryKeyConstraint, Columns: []string{"a", "b"}, Nullable: true}}}),
		table("strict", "strict", CreateTable{Columns: []ColumnDef{{Name: "a", Type: "text", NotNull: true}},
			Constraints: []ConstraintDef{{Kind: PrimaryKeyConstraint, Columns: []string{"a"}}}}),
		table("narrow", "narrow", CreateTable{Columns: []ColumnDef{{Name: "a", Type: "integer", NotNull: true}, {Name: "b"}},
			Constraints: []ConstraintDef{{Kind: PrimaryKeyConstraint, Columns: []string{"a"}}}}),
		table("down", "down", CreateTable{Columns: []ColumnDef{{Name: "a", Type: "integer"}},
			Constraints: []ConstraintDef{{Kind: PrimaryKeyConstraint, Columns: []string{"a"}, Nullable: true}}}),
		table("int4", "int4", CreateTable{Columns: []ColumnDef{{Name: "a", Type: "int"}},
			Constraints: []ConstraintDef{{Kind: PrimaryKeyConstraint, Columns: []string{"a"}, Nullable: true}}}),
		table("copy", "copy", CreateTable{Opaque: true}),
		table("docs", "docs", CreateTable{Opaque: true}),
		{CreateIndex: &CreateIndex{Name: "i", Table: users, Unique: true, Columns: []string{"org_id"}, Expressions: true, Partial: true}},
		{CreateIndex: &CreateIndex{Name: "j", Table: users, Columns: []string{"org_id", "size"}}},
		{CreateView: &CreateView{Name: ObjectName{Name: "v"}, Columns: []string{"x"}, IfNotExists: true, Text: "SELECT id FROM users WHERE size > 1"}},
		{CreateView: &CreateView{Name: ObjectName{Name: "w"}, Text: "SELECT id FROM main.users"}},
		{CreateFunction: &ObjectName{Name: "trigger tr"}, Body: &FunctionBody{Tables: []string{"log", "seen", "taken", "old", "sizes"}}},
		{OnTable: &OnTable{Name: "tr", Table: users, Function: ObjectName{Name: "trigger tr"}}},
		drop("trigger", "users", "tr"),
		{Rename: &Rename{Kind: "relation", Name: users, To: "people"}},
		{Rename: &Rename{Kind: "column", Name: ObjectName{Name: "people"}, From: "size", To: "length"}},
		alter(AlterAction{Kind: AddColumn, Name: "x", Column: &ColumnDef{Name: "x", Type: "real"}, Constraints: []ConstraintDef{
			{Kind: ForeignKeyConstraint, Columns: []string{"x"}, RefTable: ObjectName{Name: "orgs"}, RefColumns: []string{"id"}}}}),
		alter(AlterAction{Kind: DropColumn, Name: "x"}),
		drop("relation", "keys", ""), drop("relation", "v", ""), drop("index", "i", ""),
	}
	places := cmp.Options{cmpopts.IgnoreFields(DDL{}, "Pos"), cmpopts.IgnoreFields(CreateTable{}, "NamePos"), cmpopts.IgnoreFields(ColumnDef{}, "Pos"),
		cmpopts.IgnoreFields(ConstraintDef{}, "Pos"), cmpopts.IgnoreFields(CreateView{}, "NamePos", "Query", "QueryErr")}
	if diff := cmp.Diff(want, got, places); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, d := range got {
		switch {
		case d.CreateTable != nil && text[d.Pos:d.Pos+6] != "CREATE", d.CreateView != nil && text[d.Pos:d.Pos+11] != "CREATE VIEW":
			t.Errorf("a statement is said to begin at %q", text[d.Pos:])
		case d.CreateView != nil && d.CreateView.Name.Name == "v" && (d.CreateView.Query == nil || d.CreateView.Query.Select.WhereRange != Range{27, 35}):
			t.Errorf("the body of v is %+v", d.CreateView.Query)
		case d.CreateView != nil && d.CreateView.Name.Name == "w" && d.CreateView.QueryErr == nil:
			t.Error("the body of w is accepted")
		}
	}
}

func TestSQLiteSchemaRefusals(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]string{
		"CREATE TEMP TABLE t (a)":                                           "CREATE TEMP is not supported",
		"CREATE TEMPORARY VIEW v AS SELECT 1":                               "CREATE TEMP is not supported",
		"CREATE TABLE other.t (a)":                                          "a name with the database other is not supported",
		"CREATE TABLE t (true INT)":                                         "the name true is not supported",
		"CREATE TABLE t (a) SOMETHING":                                      "the table option SOMETHING is not supported",
		"CREATE TABLE t (a \"INTEGER\" PRIMARY KEY)":                        "a type in quotes is not supported",
		"CREATE TABLE t (a [integer] PRIMARY KEY)":                          "a type in quotes is not supported",
		"CREATE TABLE t (a, PRIMARY KEY (a COLLATE nocase))":                "a key with a collation or an expression here is not supported",
		"CREATE TABLE t (a, UNIQUE (a COLLATE nocase) ON CONFLICT REPLACE)": "a key with a collation or an expression here is not supported",
		"CREATE TABLE t (a":                                                 "incomplete input",
		"CREATE TABLE t (a) /* x":                                           "unterminated /* comment",
	} {
		_, err := SQLite.Schema(sql)
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v", sql, err)
		}
	}
}
