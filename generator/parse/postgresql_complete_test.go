package parse

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/sqlc-dev/oliphant/ast"
	"github.com/sqlc-dev/oliphant/parser"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// statementsOfAllKinds have what the census counts, in all kinds of places.
var statementsOfAllKinds = []string{
	"SELECT 1",
	"SELECT a.x, lower(b.y), $1 FROM a, LATERAL (SELECT * FROM b WHERE b.id = a.id) AS b ORDER BY count(*) OVER (PARTITION BY a.z) LIMIT $2 FOR UPDATE OF a",
	"WITH RECURSIVE c AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < $1) SELECT CASE WHEN EXISTS (SELECT FROM d) THEN array[x, $2] ELSE (SELECT max(y) FROM e) END FROM c TABLESAMPLE system (f($3))",
	"INSERT INTO a (x, y) VALUES ($1, (SELECT z FROM b)), (DEFAULT, now()) ON CONFLICT (x) WHERE y > $2 DO UPDATE SET (x, y) = (SELECT 1, g(excluded.y)) WHERE a.z IN (SELECT 3) RETURNING *",
	"UPDATE a SET (x, y) = ROW (f($1), z), w[$2] = 1 FROM b JOIN c USING (id) WHERE a.id = b.id RETURNING a.*",
	"DELETE FROM a USING b LEFT JOIN (c CROSS JOIN d) ON b.x = d.y WHERE a.t = ANY ($1::text[]) AND xmlelement(name n, a.u) IS NOT NULL",
	"MERGE INTO a USING (SELECT * FROM b) AS s ON a.id = s.id WHEN MATCHED AND s.x > $1 THEN UPDATE SET x = f(s.x) WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id)",
	"SELECT \"ünïcode\", U&'x' -- comment\n, 'a' /* c */ FROM generate_series(1, $1) WITH ORDINALITY AS g (n, i)",
}

// TestCensus compares the count with one that asks the messages' descriptors what
// fields they have.
func TestCensus(t *testing.T) {
	t.Parallel()
	for _, sql := range statementsOfAllKinds {
		tree, err := parser.ParseToTree(sql)
		if err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		var want, got census
		want.countByDescriptor(tree.Stmts[0].Stmt.ProtoReflect())
		got.count(reflect.ValueOf(tree.Stmts[0].Stmt))
		if got != want || got.queries == 0 {
			t.Errorf("%s: counted %+v, want %+v", sql, got, want)
		}
	}
}

func (c *census) countByDescriptor(m protoreflect.Message) {
	switch m.Descriptor().Name() {
	case "SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt":
		c.queries++
	case "RangeVar":
		c.tables++
	case "ColumnRef":
		c.columns++
	case "ParamRef":
		c.params++
	case "FuncCall":
		c.functions++
	case "LockingClause":
		return
	case "MultiAssignRef":
		if m.Get(m.Descriptor().Fields().ByName("colno")).Int() != 1 {
			return
		}
	}
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.Message() == nil:
		case f.IsList():
			for i := range v.List().Len() {
				c.countByDescriptor(v.List().Get(i).Message())
			}
		default:
			c.countByDescriptor(v.Message())
		}
		return true
	})
}

// TestLexemes compares them with what the scanner's own messages say.
func TestLexemes(t *testing.T) {
	t.Parallel()
	for _, sql := range statementsOfAllKinds {
		raw, err := parser.ScanToProtobuf(sql)
		if err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		var scanned ast.ScanResult
		if err := proto.Unmarshal(raw, &scanned); err != nil {
			t.Fatal(err)
		}
		var want []lexeme
		for _, tok := range scanned.Tokens {
			keyword := tok.KeywordKind != ast.KeywordKind_NO_KEYWORD
			want = append(want, lexeme{Range{int(tok.Start), int(tok.End)}, lexemeKind(tok.Token, sql[tok.Start:tok.End]),
				keyword, keyword && tok.KeywordKind != ast.KeywordKind_UNRESERVED_KEYWORD})
		}
		got, scanErr := PostgreSQL.lexemes(sql)
		if scanErr != nil {
			t.Fatal(scanErr)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(lexeme{})); diff != "" || len(got) == 0 {
			t.Errorf("%s: -want +got:\n%s", sql, diff)
		}
	}
}
