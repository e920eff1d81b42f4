package parse

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// told writes a change of a schema on one line, without what is empty.
func told(t *testing.T, d DDL) string {
	t.Helper()
	d.Pos = 0
	if d.CreateView != nil {
		d.CreateView.Query = nil
	}
	raw, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := json.Unmarshal(raw, &tree); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(without(tree))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(out), `"`, "")
}

// without drops what is empty, and places.
func without(tree any) any {
	switch v := tree.(type) {
	case map[string]any:
		for key, value := range v {
			if value = without(value); value == nil || key == "Pos" || key == "NamePos" {
				delete(v, key)
				continue
			}
			v[key] = value
		}
		if name, ok := v["Name"].(string); ok && len(v) == 1 {
			return name
		}
		if len(v) == 0 {
			return nil
		}
	case []any:
		if len(v) == 0 {
			return nil
		}
		for i := range v {
			v[i] = without(v[i])
		}
	case string:
		if v == "" {
			return nil
		}
	case bool:
		if !v {
			return nil
		}
	case float64:
		if v == 0 {
			return nil
		}
	}
	return tree
}

// TestMySQLSchema holds what schema statements change.
func TestMySQLSchema(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		sql  string
		want []string
	}{
		{"CREATE TABLE IF NOT EXISTS `Orders` (id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, `B` tinyint(1) DEFAULT 0)", []string{
			`{CreateTable:{Columns:[{HasDefault:true,Name:id,NotNull:true,Serial:true,Type:bigint unsigned},{HasDefault:true,Name:b,Type:tinyint}],Constraints:[{Columns:[id],Kind:primary key}],IfNotExists:true,Name:orders,Spelling:Orders}}`,
		}},
		{"CREATE TABLE t (a varchar(36) CHARACTER SET ascii COLLATE ascii_bin, b varchar(3) BINARY, c blob, d varbinary(16), e text, f enum(\"a\") CHARSET latin1) COLLATE=utf8mb4_bin", []string{
			`{CreateTable:{Collation:utf8mb4_bin,Columns:[{Collation:ascii_bin,Length:36,Name:a,Textual:true,Type:varchar},{Collation:_bin,Length:3,Name:b,Textual:true,Type:varchar},{Name:c,Type:blob},{Length:16,Name:d,Type:varbinary},{Name:e,Textual:true,Type:text},{Collation:latin1,Modifiers:a,Name:f,Textual:true,Type:enum}],Name:t,Spelling:t}}`,
		}},
		{"CREATE TABLE t (a bool, b datetime(6) DEFAULT CURRENT_TIMESTAMP, c int AS (d + 1) STORED, d serial, e decimal(10, 2), f json, g binary(16), h varchar(16) CHARACTER SET binary) DEFAULT CHARSET utf8mb4", []string{
			`{CreateTable:{Collation:utf8mb4,Columns:[{Name:a,Type:tinyint},{HasDefault:true,Modifiers:26,6,Name:b,Type:datetime},{Generated:true,Name:c,Type:int},{HasDefault:true,Name:d,NotNull:true,Serial:true,Type:bigint unsigned},{Modifiers:10,2,Name:e,Type:decimal},{Modifiers:-1,0,Name:f,Type:json},{Modifiers:16,-1,Name:g,Type:binary},{Length:16,Name:h,Type:varbinary}],Constraints:[{Columns:[d],Kind:unique,Name:d}],Name:t,Spelling:t}}`,
		}},
		{"CREATE TABLE t (a int UNIQUE, b int, UNIQUE (a, b), UNIQUE KEY `N` (b), UNIQUE pre (b, c(10)), KEY (b), FULLTEXT (c), c text, CHECK (a > 1))", []string{
			`{CreateTable:{Columns:[{Name:a,Type:int},{Name:b,Type:int},{Name:c,Textual:true,Type:text}],Constraints:[{Columns:[a],Kind:unique,Name:a},{Columns:[a,b],Kind:unique,Name:a_2},{Columns:[b],Kind:unique,Name:n}],Name:t,Spelling:t}}`,
			`{CreateIndex:{Columns:[b],Expressions:true,Name:pre,Table:t,Unique:true}}`,
		}},
		{"CREATE TABLE t (a varchar(9), PRIMARY KEY (a(3)))", []string{
			`{CreateTable:{Columns:[{Length:9,Name:a,Textual:true,Type:varchar}],Name:t,Spelling:t}}`,
			`{CreateIndex:{Expressions:true,Name:primary,Table:t,Unique:true}}`,
		}},
		{"CREATE TABLE t (a int REFERENCES x (id), b int, FOREIGN KEY (a, b) REFERENCES y (c, d) ON DELETE SET NULL, CONSTRAINT Fk FOREIGN KEY (b) REFERENCES z (e) ON UPDATE SET DEFAULT)", []string{
			`{CreateTable:{Columns:[{Name:a,Type:int},{Name:b,Type:int}],Constraints:[{Columns:[a],Inline:true,Kind:foreign key,Name:t_ibfk_1,RefColumns:[id],RefTable:x,Unnamed:true},{Columns:[a,b],Kind:foreign key,Name:t_ibfk_2,RefColumns:[c,d],RefTable:y,SetNull:[a,b],Unnamed:true},{Columns:[b],Kind:foreign key,Name:fk,RefColumns:[e],RefTable:z,SetDefault:[b]}],Name:t,Spelling:t}}`,
		}},
		{"CREATE TABLE t LIKE u; CREATE TABLE v SELECT 1 AS a; INSERT INTO t VALUES (1); SET NAMES utf8; USE x", []string{
			`{CreateTable:{Name:t,Opaque:true,Spelling:t}}`,
			`{CreateTable:{Name:v,Opaque:true,Spelling:v}}`,
		}},
		{"/*!40101 SET NAMES utf8 */; /*M!999999\\- enable the sandbox mode */\n/*!50001 CREATE ALGORITHM=MERGE VIEW V (A) AS (SELECT id FROM t) WITH LOCAL CHECK OPTION */", []string{
			`{CreateView:{Columns:[a],Name:v,Spelling:V,Text:(SELECT id FROM t)}}`,
		}},
		{"CREATE OR REPLACE VIEW v AS SELECT a FROM t WHERE b = \"x\"; ALTER VIEW v AS SELECT 1", []string{
			`{CreateView:{Name:v,QueryErr:{Help:use single quotes; under ANSI_QUOTES it is the name of a column,Message:a string in double quotes is not supported,Unsupported:true},Spelling:v,Text:SELECT a FROM t WHERE b = \x\}}`,
			`{CreateView:{Name:v,Spelling:v,Text:SELECT 1}}`,
		}},
		{"ALTER TABLE t ADD COLUMN IF NOT EXISTS a int UNIQUE, ADD (b int, c text), ADD UNIQUE (a), ADD CONSTRAINT k FOREIGN KEY (a) REFERENCES u (b), RENAME TO U, DROP COLUMN c", []string{
			`{AlterTable:{Actions:[{Column:{Name:a,Type:int},Constraints:[{Columns:[a],Kind:unique}],IfExists:true,Kind:add column,Name:a}],Name:t}}`,
			`{AlterTable:{Actions:[{Column:{Name:b,Type:int},Kind:add column,Name:b}],Name:t}}`,
			`{AlterTable:{Actions:[{Column:{Name:c,Textual:true,Type:text},Kind:add column,Name:c}],Name:t}}`,
			`{AlterTable:{Actions:[{Constraints:[{Columns:[a],Kind:unique}],Kind:add constraint}],Name:t}}`,
			`{AlterTable:{Actions:[{Constraints:[{Columns:[a],Kind:foreign key,Name:k,RefColumns:[b],RefTable:u}],Kind:add constraint}],Name:t}}`,
			`{AlterTable:{Actions:[{KeepsKeys:true,Kind:drop column,Name:c}],Name:t}}`,
			`{Rename:{Kind:relation,Name:t,Spelling:U,To:u}}`,
		}},
		{"ALTER TABLE t MODIFY a varchar(9) NOT NULL DEFAULT 'x', CHANGE `b` C int AUTO_INCREMENT, CHANGE d d int, RENAME COLUMN e TO f", []string{
			`{AlterTable:{Actions:[{Column:{HasDefault:true,Length:9,Name:a,NotNull:true,Textual:true,Type:varchar},Kind:set type,Name:a,Whole:true},{Kind:set not null,Name:a},{Kind:set default,Name:a}],Name:t}}`,
			`{Rename:{From:b,Kind:column,Name:t,To:c}}`,
			`{AlterTable:{Actions:[{Column:{HasDefault:true,Name:c,NotNull:true,Serial:true,Type:int},Kind:set type,Name:c,Whole:true},{Kind:set not null,Name:c},{Kind:set default,Name:c}],Name:t}}`,
			`{AlterTable:{Actions:[{Column:{Name:d,Type:int},Kind:set type,Name:d,Whole:true},{Kind:drop not null,Name:d},{Kind:drop default,Name:d}],Name:t}}`,
			`{Rename:{From:e,Kind:column,Name:t,To:f}}`,
		}},
		{"ALTER TABLE t DROP PRIMARY KEY, DROP INDEX I, DROP FOREIGN KEY k, DROP CHECK c, RENAME INDEX a TO B, ALTER a SET DEFAULT 1, ALTER b DROP DEFAULT", []string{
			`{AlterTable:{Actions:[{Kind:drop constraint,Name:primary,Of:primary key}],Name:t}}`,
			`{AlterTable:{Actions:[{Kind:drop constraint,Name:i,Of:unique}],Name:t}}`,
			`{AlterTable:{Actions:[{Kind:drop constraint,Name:k,Of:foreign key}],Name:t}}`,
			`{AlterTable:{Actions:[{Kind:drop constraint,Name:c}],Name:t}}`,
			`{Rename:{From:a,Kind:constraint,Name:t,To:b}}`,
			`{AlterTable:{Actions:[{Kind:set default,Name:a}],Name:t}}`,
			`{AlterTable:{Actions:[{Kind:drop default,Name:b}],Name:t}}`,
		}},
		{"ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin; ALTER TABLE t COLLATE utf8mb4_bin; ALTER TABLE t ENGINE=InnoDB; SET storage_engine_of_mine = 1", []string{
			`{AlterTable:{Actions:[{Kind:convert collation,Name:utf8mb4_bin}],Name:t}}`,
			`{AlterTable:{Actions:[{Kind:set collation,Name:utf8mb4_bin}],Name:t}}`,
			`{AlterTable:{Actions:[{Engine:innodb,Kind:set engine}],Name:t}}`,
		}},
		{"CREATE UNIQUE INDEX I ON t (a, (lower(b))); CREATE INDEX j ON t (a); DROP INDEX I ON t; DROP INDEX `PRIMARY` ON t", []string{
			`{CreateIndex:{Columns:[a],Expressions:true,Name:i,Table:t,Unique:true}}`,
			`{AlterTable:{Actions:[{Kind:drop constraint,Name:i,Of:unique}],Name:t}}`,
			`{AlterTable:{Actions:[{Kind:drop constraint,Name:primary,Of:primary key}],Name:t}}`,
		}},
		{"DROP TABLE IF EXISTS a, `B`; DROP VIEW v; RENAME TABLE a TO b, c TO D", []string{
			`{Drop:{Kind:relation,Names:[a,b]}}`,
			`{Drop:{Kind:relation,Names:[v]}}`,
			`{Rename:{Kind:relation,Name:a,Spelling:b,To:b}}`,
			`{Rename:{Kind:relation,Name:c,Spelling:D,To:d}}`,
		}},
		{"CREATE TRIGGER Tr BEFORE INSERT ON t FOR EACH ROW BEGIN UPDATE `z` SET a = 1; END; CREATE FUNCTION F(a int) RETURNS int RETURN (SELECT max(x) FROM y); CREATE PROCEDURE p() BEGIN DELETE FROM q; END", []string{
			`{Body:{Tables:[z]},CreateFunction:trigger tr}`,
			`{OnTable:{Function:trigger tr,Name:tr,Table:t}}`,
			`{Body:{Tables:[y]},CreateFunction:f}`,
			`{Body:{Tables:[q]},CreateFunction:p}`,
		}},
	} {
		list, err := MySQL.Schema(tt.sql)
		if err != nil {
			t.Errorf("%s\n%v", tt.sql, err)
			continue
		}
		var got []string
		for _, d := range list {
			got = append(got, told(t, d))
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s\n-want +got:\n%s", tt.sql, diff)
		}
	}
}

// TestMySQLSchemaPlaces checks that statements, tables and columns are found where
// they stand.
func TestMySQLSchemaPlaces(t *testing.T) {
	t.Parallel()
	text := "-- first\nCREATE TABLE a (x int);\n\n /* y */ CREATE TABLE `b` (\n  z int, -- no\n  `y` int\n);\nALTER TABLE a ADD w int;"
	list, err := MySQL.Schema(text)
	if err != nil {
		t.Fatal(err)
	}
	b := list[1].CreateTable
	got := []string{text[list[0].Pos:][:8], text[list[1].Pos:][:14], text[b.NamePos:][:3], text[b.Columns[0].Pos:][:5], text[b.Columns[1].Pos:][:3],
		text[list[2].Pos:][:7], text[list[2].AlterTable.Actions[0].Column.Pos:][:5]}
	want := []string{"CREATE T", "CREATE TABLE `", "`b`", "z int", "`y`", "ALTER T", "w int"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestMySQLSchemaRefusals(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ sql, at, want string }{
		{"CREATE TABLE t (a int", "(a", "unmatched"},
		{"CREATE TABLE t (a int,)", ")", "syntax error"},
		{"CREATE TABLE t (a int /*M!100100 UNIQUE */)", "/*M!", "only MariaDB executes"},
		{"CREATE TEMPORARY TABLE w (a int)", "CREATE", "CREATE TEMPORARY is not supported"},
		{"CREATE TABLE t (a int, b int INVISIBLE)", "b int", "the invisible column b is not supported"},
		{"ALTER TABLE t RENAME COLUMN a TO b, RENAME COLUMN b TO a", "ALTER", "that another has"},
		{"ALTER TABLE t CHANGE a b int, CHANGE b a int", "ALTER", "that another has"},
		{"CREATE VIEW v AS SELECT " + strings.Repeat("((SELECT ", 60) + "1 1" + strings.Repeat("))", 60), "((", "nested as deeply"},
		{"RENAME TABLE a TO x.b", "RENAME", "to another database"},
		{"SET default_storage_engine = MyISAM", "SET", "default_storage_engine"},
		{"SET @@session.Storage_Engine = x", "SET", "storage_engine"},
		{"CREATE TABLE t (a int) 'x", "'x", "no end"},
	} {
		_, err := MySQL.Schema(tt.sql)
		if err == nil {
			t.Errorf("%s\nis accepted", tt.sql)
			continue
		}
		if e := err.(*Error); !strings.Contains(e.Message, tt.want) || !strings.HasPrefix(tt.sql[e.Pos:], tt.at) {
			t.Errorf("%s\nat %d: %s", tt.sql, e.Pos, e.Message)
		}
	}
}
