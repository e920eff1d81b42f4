package parse

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// shape writes a tree on one line, with the text of its ranges in ⟨⟩.
type shape struct{ text string }

func (s shape) cut(r Range) string { return "⟨" + s.text[r.Start:r.End] + "⟩" }

// at shows a place in the text by the words around it.
func (s shape) at(place int) string {
	before, after := s.text[:place], s.text[place:]
	if i := strings.LastIndexByte(before, ' '); i >= 0 {
		before = before[i+1:]
	}
	if i := strings.IndexByte(after, ' '); i >= 0 {
		after = after[:i]
	}
	return "⟨" + before + "^" + after + "⟩"
}

func (s shape) query(q *Query) string {
	if q == nil {
		return "-"
	}
	var out []string
	add := func(name string, value any) {
		if v := fmt.Sprint(value); v != "" && v != "[]" && v != "-" && v != "false" && v != "⟨⟩" {
			out = append(out, strings.TrimSuffix(name+" "+v, " true"))
		}
	}
	if q.With != nil {
		for _, cte := range q.With.CTEs {
			add("with", fmt.Sprint(cte.Name, s.cut(cte.Range), cte.Columns, " "+s.query(cte.Query)))
		}
	}
	switch {
	case q.Select != nil:
		sel := q.Select
		add("select", s.targets(sel.Targets))
		add("distinct", sel.Distinct)
		add("from", s.from(sel.From))
		add("end", s.at(sel.FromEnd))
		add("where", s.expr(sel.Where))
		add("at", s.cut(sel.WhereRange))
		add("group", s.exprs(sel.GroupBy))
		add("having", s.expr(sel.Having))
		add("window", s.exprs(sel.Windows))
	case q.SetOp != nil:
		name := strings.ToLower(q.SetOp.Op)
		if q.SetOp.All {
			name += " all"
		}
		add(name, s.query(q.SetOp.Left)+s.cut(q.SetOp.Left.Range)+", "+s.query(q.SetOp.Right)+s.cut(q.SetOp.Right.Range))
	case q.Values != nil:
		for _, row := range q.Values.Rows {
			var items []string
			for _, item := range row.Items {
				items = append(items, s.expr(item.Expr)+s.cut(item.Range))
			}
			add("row", s.cut(row.Range)+fmt.Sprint(items))
		}
	case q.Insert != nil:
		ins := q.Insert
		add("insert", s.table(ins.Target))
		for _, column := range ins.Columns {
			add("column", column.Name+s.cut(column.Range))
		}
		add("columns", s.at(ins.ColumnsEnd))
		add("replace", ins.Replace)
		add("ignore", ins.Ignore)
		add("source", s.query(ins.Source))
		add("default", s.cut(ins.DefaultValues))
		if k := ins.Conflict; k != nil {
			add("conflict", s.cut(k.Range)+fmt.Sprint(k.Columns, s.exprs(k.Expressions)))
			add("arbiter", s.expr(k.ArbiterWhere))
			add("do update", k.Update)
			add("unguarded", k.Unguarded)
			add("set", s.sets(k.Set))
			add("guard", s.expr(k.Where)+s.cut(k.WhereRange))
			add("end", s.at(k.End))
		}
		add("returning", s.targets(ins.Returning))
	case q.Update != nil:
		up := q.Update
		add("update", s.table(up.Target))
		add("joined", up.Joined)
		add("replace", up.Replace)
		add("ignore", up.Ignore)
		add("set", s.sets(up.Set))
		add("from", s.from(up.From))
		add("end", s.at(up.FromEnd))
		add("where", s.expr(up.Where))
		add("at", s.cut(up.WhereRange))
		add("returning", s.targets(up.Returning))
	case q.Delete != nil:
		del := q.Delete
		add("delete", s.table(del.Target))
		add("joined", del.Joined)
		add("ignore", del.Ignore)
		add("using", s.from(del.Using))
		add("end", s.at(del.FromEnd))
		add("where", s.expr(del.Where))
		add("at", s.cut(del.WhereRange))
		add("returning", s.targets(del.Returning))
	}
	add("order", s.exprs(q.OrderBy))
	add("limit", s.expr(q.Limit))
	add("offset", s.expr(q.Offset))
	for _, lock := range q.Locks {
		add("lock", fmt.Sprint("of", lock.Tables))
	}
	return "{" + strings.Join(out, "; ") + "}"
}

func (s shape) targets(list []Target) []string {
	var out []string
	for _, t := range list {
		text := s.expr(t.Expr) + s.cut(t.Range)
		if t.Name != "" {
			text += " as " + t.Name + s.cut(t.Value)
		}
		out = append(out, text)
	}
	return out
}

func (s shape) sets(list []Set) []string {
	var out []string
	for _, set := range list {
		text := s.cut(set.Range) + strings.Join(set.Columns, ",") + "=" + s.expr(set.Value) + s.cut(set.ValueRange)
		for _, item := range set.Items {
			text += " item " + s.cut(item.Range)
		}
		out = append(out, text)
	}
	return out
}

func (s shape) table(t *Table) string {
	text := t.Name + s.cut(t.NameRange)
	if t.Alias != "" {
		text += " as " + t.Alias
	}
	if t.Index != (Range{}) {
		text += " index " + s.cut(t.Index)
	}
	if t.Range != t.NameRange {
		text += s.cut(t.Range)
	}
	return text
}

func (s shape) from(list []*From) []string {
	var out []string
	for _, f := range list {
		switch {
		case f.Table != nil:
			out = append(out, s.table(f.Table))
		case f.Query != nil:
			out = append(out, s.query(f.Query)+s.cut(f.Query.Range)+" as "+f.Alias+s.cut(f.Range))
		case f.Join != nil:
			kind := string(f.Join.Kind)
			if f.Join.Natural {
				kind += " natural"
			}
			sides := s.from([]*From{f.Join.Left, f.Join.Right})
			text := kind + "(" + strings.Join(sides, ", ")
			if f.Join.On != nil {
				text += " on " + s.expr(f.Join.On) + s.cut(f.Join.OnRange)
			}
			if f.Join.Using != nil {
				text += " using " + strings.Join(f.Join.Using, ",")
			}
			out = append(out, text+")"+s.cut(f.Range))
		default:
			out = append(out, s.expr(f.Function[0])+" as "+f.Alias+s.cut(f.Range))
		}
	}
	return out
}

func (s shape) exprs(list []*Expr) []string {
	var out []string
	for _, e := range list {
		out = append(out, s.expr(e))
	}
	return out
}

func (s shape) expr(e *Expr) string {
	if e == nil {
		return ""
	}
	args := strings.Join(s.exprs(e.Args), ", ")
	switch e.Kind {
	case ColumnExpr:
		path := strings.Join(e.Path, ".")
		if e.MaybeString {
			path = `"` + path + `"`
		}
		if e.Star {
			path = strings.TrimPrefix(path+".*", ".")
		}
		return path
	case ParamExpr:
		return fmt.Sprintf("$%d", e.Param)
	case ConstExpr:
		switch {
		case e.Null:
			return "NULL"
		case e.Quoted:
			return "'" + e.Text + "'"
		}
		return "const:" + e.Text
	case SubqueryExpr:
		return e.Name + "(" + args + " " + s.query(e.Query) + ")"
	case FuncExpr:
		if e.Over {
			return e.Name + "(" + args + ")over"
		}
		return e.Name + "(" + args + ")"
	case OtherExpr:
		if e.Null {
			return "is null(" + args + ")"
		}
		return e.Name + "(" + args + ")"
	}
	name := string(e.Kind)
	if e.Name != "" {
		name = e.Name
	}
	return "[" + name + " " + args + "]"
}

// sqliteShapes are statements with the trees that they have.
var sqliteShapes = []struct{ sql, want string }{
	{
		`SELECT 1`,
		`{select [const:1⟨1⟩]; end ⟨1^⟩}`,
	},
	{
		`SELECT DISTINCT a.*, b.x AS y, count(*) n FROM main_t AS a LEFT JOIN b ON a.id = b.id WHERE a.z = $1 OR b.z IS NULL GROUP BY a.id HAVING count(*) > 1 ORDER BY n DESC LIMIT 10 OFFSET $2;`,
		`{select [a.*⟨a.*⟩ b.x⟨b.x AS y⟩ as y⟨b.x⟩ count()⟨count(*) n⟩ as n⟨count(*)⟩]; distinct; from [LEFT(main_t⟨main_t⟩ as a⟨main_t AS a⟩, b⟨b⟩ on [= a.id, b.id]⟨a.id = b.id⟩)⟨main_t AS a LEFT JOIN b ON a.id = b.id⟩]; end ⟨b.id^⟩; where [or [= a.z, $1], is null(b.z)]; at ⟨a.z = $1 OR b.z IS NULL⟩; group [a.id]; having [> count(), const:1]; order [SortBy(n)]; limit const:10; offset $2}`,
	},
	{
		`SELECT * FROM a, b`,
		`{select [*⟨*⟩]; from [a⟨a⟩ b⟨b⟩]; end ⟨b^⟩}`,
	},
	{
		`SELECT * FROM a, b LEFT JOIN c ON a.x = c.x, d`,
		`{select [*⟨*⟩]; from [LEFT(INNER(a⟨a⟩, b⟨b⟩)⟨a, b⟩, c⟨c⟩ on [= a.x, c.x]⟨a.x = c.x⟩)⟨a, b LEFT JOIN c ON a.x = c.x⟩ d⟨d⟩]; end ⟨d^⟩}`,
	},
	{
		`SELECT * FROM a, b ON a.x = b.x, c`,
		`{select [*⟨*⟩]; from [INNER(a⟨a⟩, b⟨b⟩ on [= a.x, b.x]⟨a.x = b.x⟩)⟨a, b ON a.x = b.x⟩ c⟨c⟩]; end ⟨c^⟩}`,
	},
	{
		`SELECT * FROM a CROSS JOIN b NATURAL LEFT OUTER JOIN c RIGHT JOIN d USING (x, y) FULL JOIN e ON (true)`,
		`{select [*⟨*⟩]; from [FULL(RIGHT(LEFT natural(INNER(a⟨a⟩, b⟨b⟩)⟨a CROSS JOIN b⟩, c⟨c⟩)⟨a CROSS JOIN b NATURAL LEFT OUTER JOIN c⟩, d⟨d⟩ using x,y)⟨a CROSS JOIN b NATURAL LEFT OUTER JOIN c RIGHT JOIN d USING (x, y)⟩, e⟨e⟩ on const:true⟨(true)⟩)⟨a CROSS JOIN b NATURAL LEFT OUTER JOIN c RIGHT JOIN d USING (x, y) FULL JOIN e ON (true)⟩]; end ⟨(true)^⟩}`,
	},
	{
		`SELECT * FROM a LEFT JOIN (b JOIN c ON b.x = c.x) ON a.x = b.x WHERE (a.x = 1)`,
		`{select [*⟨*⟩]; from [LEFT(a⟨a⟩, INNER(b⟨b⟩, c⟨c⟩ on [= b.x, c.x]⟨b.x = c.x⟩)⟨(b JOIN c ON b.x = c.x)⟩ on [= a.x, b.x]⟨a.x = b.x⟩)⟨a LEFT JOIN (b JOIN c ON b.x = c.x) ON a.x = b.x⟩]; end ⟨b.x^⟩; where [= a.x, const:1]; at ⟨(a.x = 1)⟩}`,
	},
	{
		`SELECT * FROM (a, b) JOIN c`,
		`{select [*⟨*⟩]; from [INNER(INNER(a⟨a⟩, b⟨b⟩)⟨(a, b)⟩, c⟨c⟩)⟨(a, b) JOIN c⟩]; end ⟨c^⟩}`,
	},
	{
		`SELECT * FROM t AS u INDEXED BY i, v NOT INDEXED WHERE u.x = v.x`,
		`{select [*⟨*⟩]; from [t⟨t⟩ as u index ⟨INDEXED BY i⟩⟨t AS u INDEXED BY i⟩ v⟨v⟩ index ⟨NOT INDEXED⟩⟨v NOT INDEXED⟩]; end ⟨INDEXED^⟩; where [= u.x, v.x]; at ⟨u.x = v.x⟩}`,
	},
	{
		`SELECT e.value FROM t, json_each(t.tags, $1) AS e JOIN (SELECT 1 AS one) s ON s.one = e.key`,
		`{select [e.value⟨e.value⟩]; from [INNER(INNER(t⟨t⟩, json_each(t.tags, $1) as e⟨json_each(t.tags, $1) AS e⟩)⟨t, json_each(t.tags, $1) AS e⟩, {select [const:1⟨1 AS one⟩ as one⟨1⟩]; end ⟨one^)⟩}⟨SELECT 1 AS one⟩ as s⟨(SELECT 1 AS one) s⟩ on [= s.one, e.key]⟨s.one = e.key⟩)⟨t, json_each(t.tags, $1) AS e JOIN (SELECT 1 AS one) s ON s.one = e.key⟩]; end ⟨e.key^⟩}`,
	},
	{
		`WITH c(x) AS MATERIALIZED (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 3), d AS NOT MATERIALIZED (SELECT * FROM c) SELECT * FROM d`,
		`{with c⟨c⟩[x] {union all {select [const:1⟨1⟩]; end ⟨1^⟩}⟨SELECT 1⟩, {select [[+ x, const:1]⟨x + 1⟩]; from [c⟨c⟩]; end ⟨c^⟩; where [< x, const:3]; at ⟨x < 3⟩}⟨SELECT x + 1 FROM c WHERE x < 3⟩}; with d⟨d⟩[] {select [*⟨*⟩]; from [c⟨c⟩]; end ⟨c^)⟩}; select [*⟨*⟩]; from [d⟨d⟩]; end ⟨d^⟩}`,
	},
	{
		`SELECT 1 UNION SELECT x FROM a INTERSECT SELECT 2 EXCEPT VALUES (3)`,
		`{except {intersect {union {select [const:1⟨1⟩]; end ⟨1^⟩}⟨SELECT 1⟩, {select [x⟨x⟩]; from [a⟨a⟩]; end ⟨a^⟩}⟨SELECT x FROM a⟩}⟨SELECT 1 UNION SELECT x FROM a⟩, {select [const:2⟨2⟩]; end ⟨2^⟩}⟨SELECT 2⟩}⟨SELECT 1 UNION SELECT x FROM a INTERSECT SELECT 2⟩, {row ⟨(3)⟩[const:3⟨3⟩]}⟨VALUES (3)⟩}`,
	},
	{
		`SELECT 1 FROM a UNION ALL SELECT x FROM b ORDER BY 1 LIMIT 2, 3`,
		`{union all {select [const:1⟨1⟩]; from [a⟨a⟩]; end ⟨a^⟩}⟨SELECT 1 FROM a⟩, {select [x⟨x⟩]; from [b⟨b⟩]; end ⟨b^⟩}⟨SELECT x FROM b⟩; order [SortBy(const:1)]; limit const:3; offset const:2}`,
	},
	{
		`VALUES (1, 'it''s'), ((2), NULL)`,
		`{row ⟨(1, 'it''s')⟩[const:1⟨1⟩ 'it's'⟨'it''s'⟩]; row ⟨((2), NULL)⟩[const:2⟨(2)⟩ NULL⟨NULL⟩]}`,
	},
	{
		"SELECT \"t\".\"x\", \"X\", [a b], `c`, t.y IS NULL FROM \"t\"",
		"{select [t.x⟨\"t\".\"x\"⟩ \"x\"⟨\"X\"⟩ a b⟨[a b]⟩ c⟨`c`⟩ is null(t.y)⟨t.y IS NULL⟩]; from [t⟨\"t\"⟩]; end ⟨\"t\"^⟩}",
	},
	{
		`SELECT x = 1 AND y <> 2 AND NOT z OR w == x'0f'`,
		`{select [[or [and [= x, const:1], [<> y, const:2], [not z]], [= w, const:x'0f']]⟨x = 1 AND y <> 2 AND NOT z OR w == x'0f'⟩]; end ⟨x'0f'^⟩}`,
	},
	{
		`SELECT x IS NULL, x IS NOT NULL, x ISNULL, x NOTNULL, x NOT NULL, x IS 1, x IS NOT 1, x IS DISTINCT FROM 1, x IS NOT DISTINCT FROM 1, x IS TRUE, x IS NOT false, true`,
		`{select [is null(x)⟨x IS NULL⟩ NullTest(x)⟨x IS NOT NULL⟩ is null(x)⟨x ISNULL⟩ NullTest(x)⟨x NOTNULL⟩ NullTest(x)⟨x NOT NULL⟩ [NOT_DISTINCT = x, const:1]⟨x IS 1⟩ [DISTINCT = x, const:1]⟨x IS NOT 1⟩ [DISTINCT = x, const:1]⟨x IS DISTINCT FROM 1⟩ [NOT_DISTINCT = x, const:1]⟨x IS NOT DISTINCT FROM 1⟩ BooleanTest(x, const:true)⟨x IS TRUE⟩ BooleanTest(x, const:false)⟨x IS NOT false⟩ const:true⟨true⟩]; end ⟨true^⟩}`,
	},
	{
		`SELECT x LIKE 'a%' ESCAPE '\', x NOT GLOB 'a*', x REGEXP 'b', x NOT MATCH $1`,
		`{select [[LIKE x, 'a%', '\']⟨x LIKE 'a%' ESCAPE '\'⟩ [NOT GLOB x, 'a*']⟨x NOT GLOB 'a*'⟩ regexp(x, 'b')⟨x REGEXP 'b'⟩ [not match(x, $1)]⟨x NOT MATCH $1⟩]; end ⟨$1^⟩}`,
	},
	{
		`SELECT x BETWEEN 1 AND 2, x NOT BETWEEN $1 AND $2, x IN (), x IN (1, $1), x NOT IN (SELECT y FROM u), (a, b) IN (VALUES (1, 2)), (a, b) = ($1, $2)`,
		`{select [[BETWEEN x, List(const:1, const:2)]⟨x BETWEEN 1 AND 2⟩ [NOT BETWEEN x, List($1, $2)]⟨x NOT BETWEEN $1 AND $2⟩ [IN = x, List()]⟨x IN ()⟩ [IN = x, List(const:1, $1)]⟨x IN (1, $1)⟩ [not ANY(x {select [y⟨y⟩]; from [u⟨u⟩]; end ⟨u^),⟩})]⟨x NOT IN (SELECT y FROM u)⟩ ANY(RowExpr(a, b) {row ⟨(1, 2)⟩[const:1⟨1⟩ const:2⟨2⟩]})⟨(a, b) IN (VALUES (1, 2))⟩ [= RowExpr(a, b), RowExpr($1, $2)]⟨(a, b) = ($1, $2)⟩]; end ⟨$2)^⟩}`,
	},
	{
		`SELECT CASE x WHEN 1 THEN 'a' ELSE (SELECT max(y) FROM u WHERE EXISTS (SELECT 1)) END, CAST(x AS VARCHAR(10)), x COLLATE NOCASE, -1, +x, ~x, x || 'a' -> '$.b' ->> 0`,
		`{select [CaseExpr(x, CaseWhen(const:1, 'a'), ( {select [max(y)⟨max(y)⟩]; from [u⟨u⟩]; end ⟨u^⟩; where EXISTS( {select [const:1⟨1⟩]; end ⟨1^))⟩}); at ⟨EXISTS (SELECT 1)⟩}))⟨CASE x WHEN 1 THEN 'a' ELSE (SELECT max(y) FROM u WHERE EXISTS (SELECT 1)) END⟩ [varchar x]⟨CAST(x AS VARCHAR(10))⟩ CollateClause(x)⟨x COLLATE NOCASE⟩ const:-1⟨-1⟩ [+ x]⟨+x⟩ [~ x]⟨~x⟩ [->> [-> [|| x, 'a'], '$.b'], const:0]⟨x || 'a' -> '$.b' ->> 0⟩]; end ⟨0^⟩}`,
	},
	{
		`SELECT sum(x) FILTER (WHERE x > 0) OVER (PARTITION BY y ORDER BY z ROWS BETWEEN $1 PRECEDING AND CURRENT ROW), group_concat(DISTINCT x ORDER BY y), rank() OVER w, rowid FROM t WINDOW w AS (ORDER BY f(y))`,
		`{select [sum(x, [> x, const:0], y, SortBy(z), $1)over⟨sum(x) FILTER (WHERE x > 0) OVER (PARTITION BY y ORDER BY z ROWS BETWEEN $1 PRECEDING AND CURRENT ROW)⟩ group_concat(x, SortBy(y))⟨group_concat(DISTINCT x ORDER BY y)⟩ rank()over⟨rank() OVER w⟩ rowid⟨rowid⟩]; from [t⟨t⟩]; end ⟨t^⟩; window [WindowDef(SortBy(f(y)))]}`,
	},
	{
		`INSERT INTO t DEFAULT VALUES`,
		`{insert t⟨t⟩; columns ⟨t^⟩; default ⟨DEFAULT VALUES⟩}`,
	},
	{
		`INSERT INTO t AS u (a, "b") VALUES ($1, (2)), (3, f($2)) ON CONFLICT (a, b COLLATE nocase) WHERE a > 0 DO UPDATE SET a = excluded.a, (b, c) = (1, $3) WHERE u.a = $4 RETURNING a AS x, *`,
		`{insert t⟨t⟩ as u⟨t AS u⟩; column a⟨a⟩; column b⟨"b"⟩; columns ⟨"b"^)⟩; source {row ⟨($1, (2))⟩[$1⟨$1⟩ const:2⟨(2)⟩]; row ⟨(3, f($2))⟩[const:3⟨3⟩ f($2)⟨f($2)⟩]}; conflict ⟨ON CONFLICT (a, b COLLATE nocase) WHERE a > 0 DO UPDATE SET a = excluded.a, (b, c) = (1, $3) WHERE u.a = $4⟩[a] [CollateClause(b)]; arbiter [> a, const:0]; do update; set [⟨a = excluded.a⟩a=excluded.a⟨excluded.a⟩ ⟨(b, c) = (1, $3)⟩b,c=RowExpr(const:1, $3)⟨(1, $3)⟩ item ⟨1⟩ item ⟨$3⟩]; guard [= u.a, $4]⟨u.a = $4⟩; end ⟨$4^⟩; returning [a⟨a AS x⟩ as x⟨a⟩ *⟨*⟩]}`,
	},
	{
		`INSERT INTO t SELECT * FROM u WHERE true ON CONFLICT DO NOTHING`,
		`{insert t⟨t⟩; columns ⟨t^⟩; source {select [*⟨*⟩]; from [u⟨u⟩]; end ⟨u^⟩; where const:true; at ⟨true⟩}; conflict ⟨ON CONFLICT DO NOTHING⟩[] []; end ⟨NOTHING^⟩}`,
	},
	{
		`INSERT INTO t (a) SELECT x FROM u JOIN v ON x = y ON CONFLICT (a) DO UPDATE SET a = 1`,
		`{insert t⟨t⟩; column a⟨a⟩; columns ⟨(a^)⟩; source {select [x⟨x⟩]; from [INNER(u⟨u⟩, v⟨v⟩ on [= x, y]⟨x = y⟩)⟨u JOIN v ON x = y⟩]; end ⟨y^⟩}; conflict ⟨ON CONFLICT (a) DO UPDATE SET a = 1⟩[a] []; do update; set [⟨a = 1⟩a=const:1⟨1⟩]; end ⟨1^⟩}`,
	},
	{
		`WITH c AS (SELECT 1) INSERT INTO t (a) WITH d AS (SELECT 2) SELECT * FROM c, d RETURNING rowid`,
		`{with c⟨c⟩[] {select [const:1⟨1⟩]; end ⟨1^)⟩}; insert t⟨t⟩; column a⟨a⟩; columns ⟨(a^)⟩; source {with d⟨d⟩[] {select [const:2⟨2⟩]; end ⟨2^)⟩}; select [*⟨*⟩]; from [c⟨c⟩ d⟨d⟩]; end ⟨d^⟩}; returning [rowid⟨rowid⟩]}`,
	},
	{
		`REPLACE INTO t VALUES (1)`,
		`{insert t⟨t⟩; columns ⟨t^⟩; replace; source {row ⟨(1)⟩[const:1⟨1⟩]}}`,
	},
	{
		`INSERT OR REPLACE INTO t VALUES (1)`,
		`{insert t⟨t⟩; columns ⟨t^⟩; replace; source {row ⟨(1)⟩[const:1⟨1⟩]}}`,
	},
	{
		`INSERT OR IGNORE INTO t VALUES (1)`,
		`{insert t⟨t⟩; columns ⟨t^⟩; ignore; source {row ⟨(1)⟩[const:1⟨1⟩]}}`,
	},
	{
		`INSERT OR ABORT INTO t VALUES (1)`,
		`{insert t⟨t⟩; columns ⟨t^⟩; source {row ⟨(1)⟩[const:1⟨1⟩]}}`,
	},
	{
		`UPDATE t SET a = 1`,
		`{update t⟨t⟩; set [⟨a = 1⟩a=const:1⟨1⟩]; end ⟨1^⟩}`,
	},
	{
		`UPDATE OR REPLACE t AS u INDEXED BY i SET a = $1, (b, c) = (SELECT 1, 2) FROM v JOIN w ON v.x = w.x WHERE u.id = v.id RETURNING u.a`,
		`{update t⟨t⟩ as u index ⟨INDEXED BY i⟩⟨t AS u INDEXED BY i⟩; replace; set [⟨a = $1⟩a=$1⟨$1⟩ ⟨(b, c) = (SELECT 1, 2)⟩b,c=( {select [const:1⟨1⟩ const:2⟨2⟩]; end ⟨2^)⟩})⟨(SELECT 1, 2)⟩]; from [INNER(v⟨v⟩, w⟨w⟩ on [= v.x, w.x]⟨v.x = w.x⟩)⟨v JOIN w ON v.x = w.x⟩]; end ⟨w.x^⟩; where [= u.id, v.id]; at ⟨u.id = v.id⟩; returning [u.a⟨u.a⟩]}`,
	},
	{
		`WITH c AS (SELECT 1 AS x) DELETE FROM t NOT INDEXED WHERE a IN (SELECT x FROM c) RETURNING *`,
		`{with c⟨c⟩[] {select [const:1⟨1 AS x⟩ as x⟨1⟩]; end ⟨x^)⟩}; delete t⟨t⟩ index ⟨NOT INDEXED⟩⟨t NOT INDEXED⟩; end ⟨INDEXED^⟩; where ANY(a {select [x⟨x⟩]; from [c⟨c⟩]; end ⟨c^)⟩}); at ⟨a IN (SELECT x FROM c)⟩; returning [*⟨*⟩]}`,
	},
	{
		`DELETE FROM T -- all /* of */ them`,
		`{delete t⟨T⟩; end ⟨T^⟩}`,
	},
}

func TestSQLiteShapes(t *testing.T) {
	t.Parallel()
	for _, tt := range sqliteShapes {
		q, err := SQLite.Statement(tt.sql)
		if err != nil {
			t.Errorf("%s\n%v", tt.sql, err)
			continue
		}
		if got := (shape{tt.sql}).query(q); got != tt.want {
			t.Errorf("%s\n got %s\nwant %s", tt.sql, got, tt.want)
		}
	}
}

// TestSQLitePlaces holds the places of expressions that other stages look up in the
// text.
func TestSQLitePlaces(t *testing.T) {
	t.Parallel()
	sql := "SELECT x NOT IN (SELECT 1), y IN (2), CAST('z' AS text), (a) + b, f(c) FROM t"
	q, err := SQLite.Statement(sql)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, target := range q.Select.Targets {
		target.Expr.Walk(func(e *Expr) {
			if e.Pos >= 0 {
				got = append(got, string(e.Kind)+" "+strings.FieldsFunc(sql[e.Pos:], func(r rune) bool { return strings.ContainsRune(" (),", r) })[0])
			}
		})
	}
	want := []string{"not IN", "subquery IN", "column x", "operator IN", "column y", "constant 2", "cast CAST", "constant 'z'",
		"operator +", "column a", "column b", "function f", "column c"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
