package parse

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/source"
)

// mysqlShapes are statements and their trees.
var mysqlShapes = []struct{ sql, want string }{
	{`SELECT a.x AS y, count(*), 'q' z FROM a LEFT JOIN b AS bb ON left(a.x, 2) = bb.x AND a.y IS NULL, c WHERE a.x = $1 OR (SELECT true FROM d WHERE d.x = 2) GROUP BY a.x WITH ROLLUP HAVING count(*) > 1 ORDER BY 1 DESC LIMIT $2, $3`,
		`{select [a.x⟨a.x AS y⟩ as y⟨a.x⟩ count()⟨count(*)⟩ 'q'⟨'q' z⟩ as z⟨'q'⟩]; from [LEFT(a⟨a⟩, b⟨b⟩ as bb⟨b AS bb⟩ on [and [= left(a.x, const:2), bb.x], is null(a.y)]⟨left(a.x, 2) = bb.x AND a.y IS NULL⟩)⟨a LEFT JOIN b AS bb ON left(a.x, 2) = bb.x AND a.y IS NULL⟩ c⟨c⟩]; end ⟨c^⟩; where [or [= a.x, $1], ( {select [const:true⟨true⟩]; from [d⟨d⟩]; end ⟨d^⟩; where [= d.x, const:2]; at ⟨d.x = 2⟩})]; at ⟨a.x = $1 OR (SELECT true FROM d WHERE d.x = 2)⟩; group [GroupingSet(a.x)]; having [> count(), const:1]; order [const:1]; limit $3; offset $2}`},
	{"SELECT DISTINCT SQL_NO_CACHE `group`.*, * FROM `group` RIGHT OUTER JOIN `b``c` USING (`Id`, x) -- here",
		"{select [group.*⟨`group`.*⟩ *⟨*⟩]; distinct; from [RIGHT(group⟨`group`⟩, b`c⟨`b``c`⟩ using id,x)⟨`group` RIGHT OUTER JOIN `b``c` USING (`Id`, x)⟩]; end ⟨x)^⟩}"},
	{`SELECT * FROM a USE INDEX FOR ORDER BY (i) FORCE INDEX (j) JOIN (b, c) ON a.x = b.x STRAIGHT_JOIN d NATURAL JOIN e WHERE x IN (1, 2) AND y NOT IN (SELECT z FROM f) ORDER BY x`,
		`{select [*⟨*⟩]; from [INNER natural(INNER(INNER(a⟨a⟩ index ⟨USE INDEX FOR ORDER BY (i) FORCE INDEX (j)⟩⟨a USE INDEX FOR ORDER BY (i) FORCE INDEX (j)⟩, INNER(b⟨b⟩, c⟨c⟩)⟨(b, c)⟩ on [= a.x, b.x]⟨a.x = b.x⟩)⟨a USE INDEX FOR ORDER BY (i) FORCE INDEX (j) JOIN (b, c) ON a.x = b.x⟩, d⟨d⟩)⟨a USE INDEX FOR ORDER BY (i) FORCE INDEX (j) JOIN (b, c) ON a.x = b.x STRAIGHT_JOIN d⟩, e⟨e⟩)⟨a USE INDEX FOR ORDER BY (i) FORCE INDEX (j) JOIN (b, c) ON a.x = b.x STRAIGHT_JOIN d NATURAL JOIN e⟩]; end ⟨e^⟩; where [and [IN = x, List(const:1, const:2)], [not ANY(y {select [z⟨z⟩]; from [f⟨f⟩]; end ⟨f^)⟩})]]; at ⟨x IN (1, 2) AND y NOT IN (SELECT z FROM f)⟩; order [x]}`},
	{`SELECT * FROM a PARTITION (p, q) AS x IGNORE KEY FOR GROUP BY (i) GROUP BY x.a`,
		`{select [*⟨*⟩]; from [a⟨a PARTITION (p, q)⟩ as x index ⟨IGNORE KEY FOR GROUP BY (i)⟩⟨a PARTITION (p, q) AS x IGNORE KEY FOR GROUP BY (i)⟩]; end ⟨(i)^⟩; group [x.a]}`},
	{`SELECT * FROM ((a)), ((b JOIN ((c CROSS JOIN d)) ON b.x = c.x)) LEFT JOIN (e INNER JOIN f USING (x)) ON a.x = e.x`,
		`{select [*⟨*⟩]; from [a⟨a⟩ LEFT(INNER(b⟨b⟩, INNER(c⟨c⟩, d⟨d⟩)⟨((c CROSS JOIN d))⟩ on [= b.x, c.x]⟨b.x = c.x⟩)⟨((b JOIN ((c CROSS JOIN d)) ON b.x = c.x))⟩, INNER(e⟨e⟩, f⟨f⟩ using x)⟨(e INNER JOIN f USING (x))⟩ on [= a.x, e.x]⟨a.x = e.x⟩)⟨((b JOIN ((c CROSS JOIN d)) ON b.x = c.x)) LEFT JOIN (e INNER JOIN f USING (x)) ON a.x = e.x⟩]; end ⟨e.x^⟩}`},
	{`SELECT * FROM a JOIN b JOIN c ON b.x = c.x ON a.x = b.x`,
		`{select [*⟨*⟩]; from [INNER(a⟨a⟩, INNER(b⟨b⟩, c⟨c⟩ on [= b.x, c.x]⟨b.x = c.x⟩)⟨b JOIN c ON b.x = c.x⟩ on [= a.x, b.x]⟨a.x = b.x⟩)⟨a JOIN b JOIN c ON b.x = c.x ON a.x = b.x⟩]; end ⟨b.x^⟩}`},
	{`SELECT * FROM a JOIN b LEFT JOIN c ON b.x = c.x`,
		`{select [*⟨*⟩]; from [LEFT(INNER(a⟨a⟩, b⟨b⟩)⟨a JOIN b⟩, c⟨c⟩ on [= b.x, c.x]⟨b.x = c.x⟩)⟨a JOIN b LEFT JOIN c ON b.x = c.x⟩]; end ⟨c.x^⟩}`},
	{`SELECT * FROM (SELECT * FROM t UNION SELECT 1) AS d (a, b), LATERAL (SELECT d.x) AS l`,
		`{select [*⟨*⟩]; from [{union {select [*⟨*⟩]; from [t⟨t⟩]; end ⟨t^⟩}⟨SELECT * FROM t⟩, {select [const:1⟨1⟩]; end ⟨1^)⟩}⟨SELECT 1⟩}⟨SELECT * FROM t UNION SELECT 1⟩ as d⟨(SELECT * FROM t UNION SELECT 1) AS d (a, b)⟩ {select [d.x⟨d.x⟩]; end ⟨d.x^)⟩}⟨SELECT d.x⟩ as l⟨LATERAL (SELECT d.x) AS l⟩]; end ⟨l^⟩}`},
	{`(SELECT a FROM t ORDER BY a LIMIT 1) UNION ALL SELECT b FROM u INTERSECT SELECT c FROM v EXCEPT (SELECT d FROM w) ORDER BY 1 LIMIT 3`,
		`{except {union all {select [a⟨a⟩]; from [t⟨t⟩]; end ⟨t^⟩; order [a]; limit const:}⟨(SELECT a FROM t ORDER BY a LIMIT 1)⟩, {intersect {select [b⟨b⟩]; from [u⟨u⟩]; end ⟨u^⟩}⟨SELECT b FROM u⟩, {select [c⟨c⟩]; from [v⟨v⟩]; end ⟨v^⟩}⟨SELECT c FROM v⟩}⟨SELECT b FROM u INTERSECT SELECT c FROM v⟩}⟨(SELECT a FROM t ORDER BY a LIMIT 1) UNION ALL SELECT b FROM u INTERSECT SELECT c FROM v⟩, {select [d⟨d⟩]; from [w⟨w⟩]; end ⟨w^)⟩}⟨(SELECT d FROM w)⟩; order [const:1]; limit const:}`},
	{`(SELECT 1 UNION DISTINCT SELECT 2) INTERSECT ALL (SELECT 3)`,
		`{intersect all {union {select [const:1⟨1⟩]; end ⟨1^⟩}⟨SELECT 1⟩, {select [const:2⟨2⟩]; end ⟨2^)⟩}⟨SELECT 2⟩}⟨(SELECT 1 UNION DISTINCT SELECT 2)⟩, {select [const:3⟨3⟩]; end ⟨3^)⟩}⟨(SELECT 3)⟩}`},
	{`((SELECT a FROM t)) ORDER BY a LIMIT 2 OFFSET 4`,
		`{select [a⟨a⟩]; from [t⟨t⟩]; end ⟨t^))⟩; order [a]; limit const:; offset const:}`},
	{"WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 5), d AS (SELECT 2) SELECT * FROM c AS `C2`",
		"{with c⟨c⟩[n] {union all {select [const:1⟨1⟩]; end ⟨1^⟩}⟨SELECT 1⟩, {select [[+ n, const:1]⟨n + 1⟩]; from [c⟨c⟩]; end ⟨c^⟩; where [< n, const:5]; at ⟨n < 5⟩}⟨SELECT n + 1 FROM c WHERE n < 5⟩}; with d⟨d⟩[] {select [const:2⟨2⟩]; end ⟨2^)⟩}; select [*⟨*⟩]; from [c⟨c⟩ as c2⟨c AS `C2`⟩]; end ⟨`C2`^⟩}"},
	{`SELECT /*+ MAX_EXECUTION_TIME(1000) */ 1 FROM dual WHERE 1`,
		`{select [const:1⟨1⟩]; end ⟨dual^⟩; where const:1; at ⟨1⟩}`},
	{"SELECT `FROM` `where`, t.`select`, ' FROM x', t.from FROM t WHERE `a` = 'it''s' # no",
		"{select [from⟨`FROM` `where`⟩ as where⟨`FROM`⟩ t.select⟨t.`select`⟩ ' FROM x'⟨' FROM x'⟩ t.from⟨t.from⟩]; from [t⟨t⟩]; end ⟨t^⟩; where [= a, 'it's']; at ⟨`a` = 'it''s'⟩}"},
	{`SELECT CAST(a AS char(3)), CONVERT(b, unsigned integer), CONVERT(a USING utf8mb4), BINARY c, d->>'$.x', d->'$.x', x COLLATE utf8mb4_bin, -5, - a, DATE '2020-01-01', NULL, TRUE, x'ab', 0x1F, 1.50, _latin1'x', N'y', 'a' 'b'`,
		`{select [[char(3) a]⟨CAST(a AS char(3))⟩ [unsigned integer b]⟨CONVERT(b, unsigned integer)⟩ convert(a, 'utf8mb4')⟨CONVERT(a USING utf8mb4)⟩ [binary c]⟨BINARY c⟩ json_unquote(json_extract(d, '$.x'))⟨d->>'$.x'⟩ json_extract(d, '$.x')⟨d->'$.x'⟩ CollateClause(x)⟨x COLLATE utf8mb4_bin⟩ const:-5⟨-5⟩ [- a]⟨- a⟩ '2020-01-01'⟨DATE '2020-01-01'⟩ NULL⟨NULL⟩ const:true⟨TRUE⟩ const:x'ab'⟨x'ab'⟩ const:0x1f⟨0x1F⟩ const:1.50⟨1.50⟩ 'x'⟨_latin1'x'⟩ 'y'⟨N'y'⟩ 'ab'⟨'a' 'b'⟩]; end ⟨'b'^⟩}`},
	{`SELECT INTERVAL 1 DAY + e, e - INTERVAL $1 HOUR, DATE_SUB(f, interval 1 month), EXTRACT(YEAR FROM a), trim(both 'x' from a), substring(a FROM 1 FOR 2), position('a' IN b), DEFAULT(t.a), MOD(a, 2), INSERT(a, 1, 2, 'x'), CHAR(65), a.f(1) FROM t`,
		`{select [date_add(e, const:1, const:DAY)⟨INTERVAL 1 DAY + e⟩ date_sub(e, $1, const:HOUR)⟨e - INTERVAL $1 HOUR⟩ date_sub(f, const:1, const:MONTH)⟨DATE_SUB(f, interval 1 month)⟩ extract(const:YEAR, a)⟨EXTRACT(YEAR FROM a)⟩ trim(a, 'x', const:BOTH)⟨trim(both 'x' from a)⟩ substring(a, const:1, const:2)⟨substring(a FROM 1 FOR 2)⟩ position('a', b)⟨position('a' IN b)⟩ default(t.a)⟨DEFAULT(t.a)⟩ [% a, const:2]⟨MOD(a, 2)⟩ insert(a, const:1, const:2, 'x')⟨INSERT(a, 1, 2, 'x')⟩ char(const:65, NULL)⟨CHAR(65)⟩ a.f(const:1)⟨a.f(1)⟩]; from [t⟨t⟩]; end ⟨t^⟩}`},
	{`SELECT group_concat(DISTINCT a, b ORDER BY c DESC SEPARATOR ','), count(DISTINCT a, b), count(1), row_number() OVER (PARTITION BY a ORDER BY b ROWS BETWEEN 1 PRECEDING AND CURRENT ROW), sum(x) OVER w, count(*) OVER (), lag(a, 1, b) OVER w, match (a, t.b) against ($1 IN BOOLEAN MODE) FROM t WINDOW w AS (PARTITION BY a, w2)`,
		`{select [group_concat(a, b, ',', c)⟨group_concat(DISTINCT a, b ORDER BY c DESC SEPARATOR ',')⟩ count(a, b)⟨count(DISTINCT a, b)⟩ count(const:1)⟨count(1)⟩ row_number(a, b, const:)over⟨row_number() OVER (PARTITION BY a ORDER BY b ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)⟩ sum(x)over⟨sum(x) OVER w⟩ count()over⟨count(*) OVER ()⟩ lag(a, const:, b)over⟨lag(a, 1, b) OVER w⟩ match(a, t.b, $1)⟨match (a, t.b) against ($1 IN BOOLEAN MODE)⟩]; from [t⟨t⟩]; end ⟨t^⟩; window [WindowDef(a, w2)]}`},
	{`SELECT CASE a WHEN 1 THEN 2 ELSE 3 END, CASE WHEN a THEN b END, (1, 2) = (3, a), ROW (1, a), a BETWEEN 1 AND 2, a NOT BETWEEN b AND c, EXISTS (SELECT 1), NOT EXISTS (SELECT 1), NOT (a), ! a, a XOR b, a && b, a <=> NULL, a IS NOT NULL, a IS TRUE, a IS NOT UNKNOWN, a LIKE $1 ESCAPE '|', a NOT LIKE 'x', a REGEXP 'x', a SOUNDS LIKE b, a MEMBER OF (b)`,
		`{select [CaseExpr(a, CaseWhen(const:1, const:2), const:3)⟨CASE a WHEN 1 THEN 2 ELSE 3 END⟩ CaseExpr(CaseWhen(a, b))⟨CASE WHEN a THEN b END⟩ [= RowExpr(const:1, const:2), RowExpr(const:3, a)]⟨(1, 2) = (3, a)⟩ RowExpr(const:1, a)⟨ROW (1, a)⟩ [BETWEEN a, List(const:1, const:2)]⟨a BETWEEN 1 AND 2⟩ [NOT BETWEEN a, List(b, c)]⟨a NOT BETWEEN b AND c⟩ EXISTS( {select [const:1⟨1⟩]; end ⟨1^),⟩})⟨EXISTS (SELECT 1)⟩ [not EXISTS( {select [const:1⟨1⟩]; end ⟨1^),⟩})]⟨NOT EXISTS (SELECT 1)⟩ [not a]⟨NOT (a)⟩ [not a]⟨! a⟩ [XOR a, b]⟨a XOR b⟩ [and a, b]⟨a && b⟩ [<=> a, NULL]⟨a <=> NULL⟩ NullTest(a)⟨a IS NOT NULL⟩ BooleanTest(a)⟨a IS TRUE⟩ NullTest(a)⟨a IS NOT UNKNOWN⟩ [LIKE a, $1]⟨a LIKE $1 ESCAPE '|'⟩ [NOT LIKE a, 'x']⟨a NOT LIKE 'x'⟩ [REGEXP a, 'x']⟨a REGEXP 'x'⟩ [= soundex(a), soundex(b)]⟨a SOUNDS LIKE b⟩ json_memberof(a, b)⟨a MEMBER OF (b)⟩]; end ⟨(b)^⟩}`},
	{`SELECT 1 WHERE 2 < ALL (SELECT 3) AND 4 = ANY (SELECT 5) AND 6 > (SELECT 7) AND ((SELECT 8)) IN ((SELECT 9), 10) AND (a, b) IN (SELECT c, d)`,
		`{select [const:1⟨1⟩]; end ⟨1^⟩; where [and [and [and [and ALL(const:2 {select [const:3⟨3⟩]; end ⟨3^)⟩}), ANY(const:4 {select [const:5⟨5⟩]; end ⟨5^)⟩})], [> const:6, ( {select [const:7⟨7⟩]; end ⟨7^)⟩})]], [IN = ( {select [const:8⟨8⟩]; end ⟨8^))⟩}), List(( {select [const:9⟨9⟩]; end ⟨9^),⟩}), const:10)]], ANY(RowExpr(a, b) {select [c⟨c⟩ d⟨d⟩]; end ⟨d^)⟩})]; at ⟨2 < ALL (SELECT 3) AND 4 = ANY (SELECT 5) AND 6 > (SELECT 7) AND ((SELECT 8)) IN ((SELECT 9), 10) AND (a, b) IN (SELECT c, d)⟩}`},
	{`SELECT * FROM t AS x FOR UPDATE OF x SKIP LOCKED`,
		`{select [*⟨*⟩]; from [t⟨t⟩ as x⟨t AS x⟩]; end ⟨x^⟩; lock of[x]}`},
	{`SELECT * FROM t LOCK IN SHARE MODE`,
		`{select [*⟨*⟩]; from [t⟨t⟩]; end ⟨t^⟩; lock of[]}`},
	{"INSERT INTO t (a, `B`) VALUES ($1, DEFAULT), (2, now()) AS new ON DUPLICATE KEY UPDATE a = new.a + VALUES(b), t.b = DEFAULT",
		"{insert t⟨t⟩; column a⟨a⟩; column b⟨`B`⟩; columns ⟨`B`^)⟩; source {row ⟨($1, DEFAULT)⟩[$1⟨$1⟩ [Default ]⟨DEFAULT⟩]; row ⟨(2, now())⟩[const:2⟨2⟩ now()⟨now()⟩]}; conflict ⟨ON DUPLICATE KEY UPDATE a = new.a + VALUES(b), t.b = DEFAULT⟩[] []; do update; unguarded; set [⟨a = new.a + VALUES(b)⟩a=[+ excluded.a, excluded.b]⟨new.a + VALUES(b)⟩ ⟨t.b = DEFAULT⟩b=[Default ]⟨DEFAULT⟩]; end ⟨DEFAULT^⟩}"},
	{`INSERT IGNORE t () VALUES ()`,
		`{insert t⟨t⟩; columns ⟨t^⟩; ignore; default ⟨() VALUES ()⟩}`},
	{`INSERT INTO t VALUES ()`,
		`{insert t⟨t⟩; columns ⟨t^⟩; default ⟨VALUES ()⟩}`},
	{`INSERT LOW_PRIORITY INTO t VALUE (1, (SELECT a FROM u))`,
		`{insert t⟨t⟩; columns ⟨t^⟩; source {row ⟨(1, (SELECT a FROM u))⟩[const:1⟨1⟩ ( {select [a⟨a⟩]; from [u⟨u⟩]; end ⟨u^))⟩})⟨(SELECT a FROM u)⟩]}}`},
	{`INSERT INTO t (t.a) (SELECT b FROM u WHERE c = 1) ON DUPLICATE KEY UPDATE a = a + 1`,
		`{insert t⟨t⟩; column a⟨t.a⟩; columns ⟨(t.a^)⟩; source {select [b⟨b⟩]; from [u⟨u⟩]; end ⟨u^⟩; where [= c, const:1]; at ⟨c = 1⟩}; conflict ⟨ON DUPLICATE KEY UPDATE a = a + 1⟩[] []; do update; unguarded; set [⟨a = a + 1⟩a=[+ a, const:1]⟨a + 1⟩]; end ⟨1^⟩}`},
	{`INSERT INTO t WITH c AS (SELECT 1) SELECT * FROM c JOIN d ON c.x = d.x`,
		`{insert t⟨t⟩; columns ⟨t^⟩; source {with c⟨c⟩[] {select [const:1⟨1⟩]; end ⟨1^)⟩}; select [*⟨*⟩]; from [INNER(c⟨c⟩, d⟨d⟩ on [= c.x, d.x]⟨c.x = d.x⟩)⟨c JOIN d ON c.x = d.x⟩]; end ⟨d.x^⟩}}`},
	{`REPLACE INTO t (a) VALUES (1)`,
		`{insert t⟨t⟩; column a⟨a⟩; columns ⟨(a^)⟩; replace; source {row ⟨(1)⟩[const:1⟨1⟩]}}`},
	{"UPDATE t SET a = 1, `b` := b + 1 WHERE id = $1 ORDER BY id DESC LIMIT 3",
		"{update t⟨t⟩; set [⟨a = 1⟩a=const:1⟨1⟩ ⟨`b` := b + 1⟩b=[+ b, const:1]⟨b + 1⟩]; end ⟨1^⟩; where [= id, $1]; at ⟨id = $1⟩; order [id]; limit const:}"},
	{`UPDATE IGNORE t AS x USE INDEX (i) SET x.a = DEFAULT`,
		`{update t⟨t⟩ as x index ⟨USE INDEX (i)⟩⟨t AS x USE INDEX (i)⟩; ignore; set [⟨x.a = DEFAULT⟩a=[Default ]⟨DEFAULT⟩]; end ⟨DEFAULT^⟩}`},
	{`WITH c AS (SELECT 1) UPDATE t JOIN u ON t.id = u.id LEFT JOIN c ON true SET t.a = u.b, t.c = (SELECT 1) WHERE u.c = 1`,
		`{with c⟨c⟩[] {select [const:1⟨1⟩]; end ⟨1^)⟩}; update t⟨t⟩; joined; set [⟨t.a = u.b⟩a=u.b⟨u.b⟩ ⟨t.c = (SELECT 1)⟩c=( {select [const:1⟨1⟩]; end ⟨1^)⟩})⟨(SELECT 1)⟩]; from [LEFT(INNER(t⟨t⟩, u⟨u⟩ on [= t.id, u.id]⟨t.id = u.id⟩)⟨t JOIN u ON t.id = u.id⟩, c⟨c⟩ on const:true⟨true⟩)⟨t JOIN u ON t.id = u.id LEFT JOIN c ON true⟩]; end ⟨1)^⟩; where [= u.c, const:1]; at ⟨u.c = 1⟩}`},
	{`UPDATE t AS a, t AS b SET b.x = a.x WHERE a.id = b.parent`,
		`{update t⟨t⟩ as b⟨t AS b⟩; joined; set [⟨b.x = a.x⟩x=a.x⟨a.x⟩]; from [t⟨t⟩ as a⟨t AS a⟩ t⟨t⟩ as b⟨t AS b⟩]; end ⟨a.x^⟩; where [= a.id, b.parent]; at ⟨a.id = b.parent⟩}`},
	{`DELETE FROM t WHERE id = $1 ORDER BY a LIMIT 1`,
		`{delete t⟨t⟩; end ⟨t^⟩; where [= id, $1]; at ⟨id = $1⟩; order [a]; limit const:}`},
	{`DELETE QUICK IGNORE FROM t AS x`,
		`{delete t⟨t⟩ as x⟨t AS x⟩; ignore; end ⟨x^⟩}`},
	{`DELETE x FROM t AS x JOIN u ON u.id = x.id WHERE u.c = 1`,
		`{delete t⟨t⟩ as x⟨t AS x⟩; joined; using [INNER(t⟨t⟩ as x⟨t AS x⟩, u⟨u⟩ on [= u.id, x.id]⟨u.id = x.id⟩)⟨t AS x JOIN u ON u.id = x.id⟩]; end ⟨x.id^⟩; where [= u.c, const:1]; at ⟨u.c = 1⟩}`},
	{`DELETE x.* FROM t AS x`,
		`{delete t⟨t⟩ as x⟨t AS x⟩; joined; using [t⟨t⟩ as x⟨t AS x⟩]; end ⟨x^⟩}`},
	{`DELETE FROM x USING t AS x JOIN u USING (id)`,
		`{delete t⟨t⟩ as x⟨t AS x⟩; joined; using [INNER(t⟨t⟩ as x⟨t AS x⟩, u⟨u⟩ using id)⟨t AS x JOIN u USING (id)⟩]; end ⟨(id)^⟩}`},
}

func TestMySQLShapes(t *testing.T) {
	t.Parallel()
	for _, tt := range mysqlShapes {
		q, err := MySQL.Statement(tt.sql)
		if err != nil {
			t.Errorf("%s\n%v", tt.sql, err)
			continue
		}
		if got := (shape{tt.sql}).query(q); got != tt.want {
			t.Errorf("%s\n got %s\nwant %s", tt.sql, got, tt.want)
		}
	}
}

// TestMySQLLosesNothing sees that a tree which is not that of a statement does not
// pass for it.
func TestMySQLLosesNothing(t *testing.T) {
	t.Parallel()
	for i, tt := range mysqlShapes[1:] {
		toks, err := scan(MySQL, tt.sql)
		if err != nil {
			t.Fatal(err)
		}
		list, lexErr := MySQL.lexemes(tt.sql)
		if lexErr != nil {
			t.Fatal(lexErr)
		}
		plain, _ := mysqlPlain(tt.sql, list)
		stmts, parseErr := mysqlParse(plain)
		if parseErr != nil {
			t.Fatal(parseErr)
		}
		other, err := MySQL.Statement(mysqlShapes[i].sql)
		if err != nil {
			t.Fatal(err)
		}
		mine, err := MySQL.Statement(tt.sql)
		if err != nil {
			t.Fatal(err)
		}
		w := window{toks, 0, len(toks.list)}
		if countTree(other) != countTree(mine) && mysqlComplete(stmts[0], other, w) == nil {
			t.Errorf("the tree of %q passes for that of %q", mysqlShapes[i].sql, tt.sql)
		}
	}
	// The parser overwrites the inner WITH clause.
	if q, err := MySQL.Statement("WITH a AS (SELECT 1) (WITH b AS (SELECT 2) SELECT * FROM b)"); err == nil {
		t.Errorf("%v", q)
	}
}

// FuzzMySQL checks that nothing makes the parser panic, and that all ranges lie in the
// text.
func FuzzMySQL(f *testing.F) {
	for _, tt := range mysqlShapes {
		f.Add(tt.sql)
	}
	for _, tt := range mysqlRefusals {
		f.Add(tt.sql)
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, _ = MySQL.Schema(text)
		q, err := MySQL.Statement(text)
		if err != nil {
			if pos := err.(*Error).Pos; pos < 0 || pos > len(text) {
				t.Errorf("an error at %d of %d bytes", pos, len(text))
			}
			return
		}
		_ = (shape{text}).query(q)
	})
}

// TestMySQLCorpus reads the MySQL files of sqlc's own tests, and Chinook, in place. A
// statement is parsed or refused with a reason; none may be lost on the way.
func TestMySQLCorpus(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..", "..", "shared", "corpora")
	if _, err := os.Stat(root); err != nil {
		t.Skip("sqlc's test inputs are not beside the repository")
	}
	var parsed, schemas, changes int
	refused := map[string]int{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".sql") || !strings.Contains(strings.ToLower(path), "mysql") {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		text := strings.TrimPrefix(string(raw), "\ufeff")
		if !strings.Contains(text, "name:") {
			list, err := MySQL.Schema(text)
			if err != nil {
				refused["schema: "+err.Error()]++
				return nil
			}
			schemas, changes = schemas+1, changes+len(list)
			for _, d := range list {
				if d.CreateView != nil && d.CreateView.QueryErr != nil {
					refused["view: "+d.CreateView.QueryErr.Message]++
				}
			}
			return nil
		}
		var report diag.Report
		for _, q := range QueryFile(MySQL, source.NewFile(path, text), &report) {
			_, err := MySQL.Statement(q.Text)
			var e *Error
			switch {
			case errors.As(err, &e) && strings.Contains(e.Message, "located"):
				t.Errorf("%s: %s: %v", path, q.Name, err)
			case err != nil:
				refused[err.Error()]++
			default:
				parsed++
			}
		}
		for _, d := range report.Sorted() {
			refused["file: "+d.Message]++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d statements and %d schemas with %d changes are parsed", parsed, schemas, changes)
	for why, n := range refused {
		t.Logf("refused %d: %s", n, why)
	}
	if parsed < 290 || schemas < 120 {
		t.Errorf("%d statements and %d schemas are parsed, which is less than before", parsed, schemas)
	}
}

// TestMySQLSpelling checks that names are folded, and that it is known how they are
// written: a server may know a table by that alone.
func TestMySQLSpelling(t *testing.T) {
	t.Parallel()
	q, err := MySQL.Statement("SELECT O.ID FROM Orders AS `O`, `Items`, (SELECT 1) D")
	if err != nil {
		t.Fatal(err)
	}
	from := q.Select.From
	got := strings.Join([]string{q.Select.Targets[0].Expr.Path[0], q.Select.Targets[0].Expr.Path[1], from[0].Table.Name, from[0].Table.Alias,
		q.Spellings["o"], from[1].Table.Name, q.Spellings["items"], from[2].Alias, q.Spellings["d"]}, " ")
	if want := "o id orders o O items Items d D"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
