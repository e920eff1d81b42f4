package certify_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenancygen/tenancygen/generator/certify"
)

// accepted are statements that are tied to the tenant $1. anchors, where given,
// is what Check says of the references, in the order of the text.
var accepted = []struct{ name, sql, anchors string }{
	{"key that holds the tenant", `INSERT INTO ord (id, t, oid) VALUES ($2, $1, $3)`, `ord: inserted value`},

	// Reads of one table.
	{"select", `SELECT * FROM o WHERE o.t = $1`, `o: o.t = $1 in WHERE`},
	{"select flipped", `SELECT * FROM o WHERE $1 = o.t`, ``},
	{"select cast", `SELECT * FROM o WHERE o.t = $1::uuid`, ``},
	{"select cast by function syntax", `SELECT * FROM o WHERE o.t = CAST($1 AS uuid)`, ``},
	{"select two casts", `SELECT * FROM o WHERE o.t = $1::text::uuid`, ``},
	{"select alias", `SELECT x.id FROM o AS x WHERE x.id = $2 AND x.t = $1`, `x: x.t = $1 in WHERE`},
	{"select schema", `SELECT o.id FROM public.o WHERE o.t = $1`, ``},
	{"select only", `SELECT o.id FROM ONLY o WHERE o.t = $1`, ``},
	{"select quoted", `SELECT "X".id FROM "o" AS "X" WHERE "X"."t" = $1`, ``},
	{"nested conjunction", `SELECT * FROM o WHERE (o.q > 1 AND (o.q < 9 AND (o.t = $1)))`, ``},
	{"or in parentheses", `SELECT * FROM o WHERE (o.q = 1 OR o.q = 2) AND o.t = $1`, ``},
	{"own predicate beside another value", `SELECT * FROM o WHERE (o.t = $2 OR 1=1) AND o.t = $1`, ``},
	{"alias of another table's name", `SELECT * FROM o AS li, li AS o WHERE li.t = $1 AND o.t = $1`, `li: li.t = $1 in WHERE; o: o.t = $1 in WHERE`},
	{"root", `SELECT * FROM tenants WHERE tenants.id = $1`, `tenants: tenants.id = $1 in WHERE`},
	{"global", `SELECT * FROM g`, `g: `},
	{"48 body of a view", `SELECT * FROM (SELECT id, t, q FROM o WHERE o.t = $1) AS vo`, `o: o.t = $1 in WHERE`},
	{"48 body of a view with names", `SELECT * FROM (SELECT id, count(*) FROM o WHERE o.t = $1 GROUP BY id LIMIT 1) AS vo (a, b)`, `o: o.t = $1 in WHERE`},
	{"global view", `SELECT * FROM vg`, ``},
	{"partition", `SELECT * FROM parts_1 WHERE parts_1.t = $1`, ``},
	{"tablesample", `SELECT * FROM o TABLESAMPLE system (10) WHERE o.t = $1`, ``},
	{"for update", `SELECT * FROM o WHERE o.t = $1 ORDER BY o.id LIMIT 1 FOR UPDATE OF o SKIP LOCKED`, ``},
	{"group by key", `SELECT o.id, o.k, count(*) FROM o JOIN li ON li.oid = o.id WHERE o.t = $1 AND li.t = $1 GROUP BY o.id`, ``},
	{"window", `SELECT o.id, sum(o.q) OVER w, rank() OVER (ORDER BY o.q) FROM o WHERE o.t = $1 WINDOW w AS (PARTITION BY o.k)`, ``},
	{"distinct on", `SELECT DISTINCT ON (o.k) o.id FROM o WHERE o.t = $1 ORDER BY o.k, o.id`, ``},
	{"grouping sets", `SELECT o.k, count(*) FILTER (WHERE o.q > 1) FROM o WHERE o.t = $1 GROUP BY GROUPING SETS ((o.k), ()) HAVING count(*) > 1`, ``},
	{"system column", `SELECT o.ctid, o.xmin FROM o WHERE o.t = $1`, ``},
	{"subscript", `SELECT o.a[1] FROM o WHERE o.t = $1`, ``},
	{"values", `VALUES (1, 2), (3, 4)`, ``},
	{"no from", `SELECT now(), $1::int`, ``},
	{"function in from", `SELECT n FROM generate_series(1, 3) AS n`, ``},

	// Joins.
	{"comma", `SELECT * FROM o, li WHERE li.oid = o.id AND o.t = $1 AND li.t = $1`, ``},
	{"inner join where", `SELECT * FROM o JOIN li ON li.oid = o.id WHERE o.t = $1 AND li.t = $1`, ``},
	{"inner join on", `SELECT * FROM o JOIN li ON li.oid = o.id AND li.t = $1 WHERE o.t = $1`, `o: o.t = $1 in WHERE; li: li.t = $1 in the condition of the INNER JOIN`},
	{"inner join both on", `SELECT * FROM o JOIN li ON li.oid = o.id AND li.t = $1 AND o.t = $1`, ``},
	{"cross join", `SELECT * FROM o CROSS JOIN li WHERE o.t = $1 AND li.t = $1`, ``},
	{"inner using", `SELECT * FROM o JOIN o2 USING (id) WHERE o.t = $1 AND o2.t = $1`, ``},
	{"inner natural", `SELECT * FROM o NATURAL JOIN o2 WHERE o.t = $1 AND o2.t = $1`, ``},
	{"left join", `SELECT * FROM o LEFT JOIN li ON li.oid = o.id AND li.t = $1 WHERE o.t = $1`, `o: o.t = $1 in WHERE; li: li.t = $1 in the condition of the LEFT JOIN`},
	{"right join", `SELECT * FROM li RIGHT JOIN o ON li.oid = o.id AND li.t = $1 WHERE o.t = $1`, ``},
	{"global left join", `SELECT * FROM g LEFT JOIN o ON o.id = g.id AND o.t = $1`, ``},
	{"global right join", `SELECT * FROM g RIGHT JOIN o ON o.id = g.id WHERE o.t = $1`, ``},
	{"left then right", `SELECT * FROM o LEFT JOIN li ON li.oid = o.id AND li.t = $1 RIGHT JOIN o2 ON o2.id = o.id AND o.t = $1 WHERE o2.t = $1`,
		`o: o.t = $1 in the condition of the RIGHT JOIN; li: li.t = $1 in the condition of the LEFT JOIN; o2: o2.t = $1 in WHERE`},
	{"nested joins", `SELECT * FROM g LEFT JOIN (o JOIN li ON li.oid = o.id) ON o.id = g.id AND o.t = $1 AND li.t = $1`, ``},
	{"inner on below left", `SELECT * FROM g LEFT JOIN (o JOIN li ON li.oid = o.id AND li.t = $1 AND o.t = $1) ON o.id = g.id`, ``},
	{"left below left", `SELECT * FROM g LEFT JOIN (o LEFT JOIN li ON li.oid = o.id AND li.t = $1) ON o.id = g.id AND o.t = $1`, ``},
	{"inner on below full", `SELECT * FROM (o JOIN li ON li.oid = o.id AND li.t = $1 AND o.t = $1) FULL JOIN g ON o.id = g.id`, ``},
	{"nullable on below full", `SELECT * FROM (g LEFT JOIN li ON li.id = g.id AND li.t = $1) FULL JOIN g AS h ON h.id = g.id`, ``},
	{"full join", `SELECT * FROM (SELECT * FROM o WHERE o.t = $1) AS o FULL JOIN (SELECT * FROM li WHERE li.t = $1) AS li ON li.oid = o.id`, ``},
	{"full join of globals", `SELECT * FROM g FULL JOIN g AS h ON h.id = g.id`, ``},
	{"outer using", `SELECT * FROM g LEFT JOIN (SELECT * FROM o WHERE o.t = $1) AS o USING (id)`, ``},
	{"aliased join inside", `SELECT j.* FROM (o JOIN li ON li.oid = o.id AND li.t = $1 AND o.t = $1) AS j`, ``},
	{"aliased join with derived tables", `SELECT j.* FROM ((SELECT * FROM o WHERE o.t = $1) AS o JOIN g ON g.id = o.id) AS j`, ``},
	{"renaming alias", `SELECT x.a FROM (SELECT * FROM o WHERE o.t = $1) AS x(a, b)`, ``},
	{"lateral", `SELECT * FROM o, LATERAL (SELECT * FROM li WHERE li.oid = o.id AND li.t = $1 LIMIT 1) AS l WHERE o.t = $1`, ``},
	{"left join lateral", `SELECT * FROM o LEFT JOIN LATERAL (SELECT * FROM li WHERE li.oid = o.id AND li.t = $1) AS l ON true WHERE o.t = $1`, ``},
	{"trailing conditions", `SELECT * FROM g LEFT JOIN o LEFT JOIN li ON li.oid = o.id AND li.t = $1 ON o.id = g.id AND o.t = $1`, ``},
	{"self join", `SELECT * FROM o AS a JOIN o AS b ON b.id = a.q WHERE a.t = $1 AND b.t = $1`, ``},

	// Subqueries.
	{"in", `SELECT * FROM o WHERE o.id IN (SELECT li.oid FROM li WHERE li.t = $1) AND o.t = $1`, ``},
	{"not exists", `SELECT * FROM o WHERE NOT EXISTS (SELECT 1 FROM li WHERE li.oid = o.id AND li.t = $1) AND o.t = $1`, ``},
	{"everywhere", `SELECT (SELECT count(*) FROM li WHERE li.oid = o.id AND li.t = $1) FROM o WHERE o.t = $1
		GROUP BY o.id HAVING count(*) > (SELECT 1 FROM li WHERE li.t = $1) ORDER BY (SELECT max(li.id) FROM li WHERE li.t = $1) LIMIT (SELECT 1 FROM li WHERE li.t = $1)`, ``},
	{"derived table", `SELECT * FROM (SELECT * FROM o WHERE o.t = $1) AS d`, ``},
	{"case", `SELECT CASE WHEN EXISTS (SELECT FROM li WHERE li.t = $1) THEN 1 ELSE 2 END`, ``},
	{"array", `SELECT ARRAY(SELECT li.id FROM li WHERE li.t = $1)`, ``},
	{"any", `SELECT * FROM o WHERE o.id = ANY (SELECT li.oid FROM li WHERE li.t = $1) AND o.t = $1`, ``},

	// Set operations and common table expressions.
	{"union", `SELECT o.id FROM o WHERE o.t = $1 UNION SELECT li.id FROM li WHERE li.t = $1 ORDER BY 1`, ``},
	{"except", `SELECT o.id FROM o WHERE o.t = $1 EXCEPT SELECT li.id FROM li WHERE li.t = $1`, ``},
	{"cte", `WITH c AS (SELECT * FROM o WHERE o.t = $1) SELECT * FROM c`, `o: o.t = $1 in WHERE`},
	{"cte named as its table", `WITH o AS (SELECT * FROM o WHERE o.t = $1) SELECT * FROM o`, `o: o.t = $1 in WHERE`},
	{"cte hides a table", `WITH o AS (SELECT 1 AS id) SELECT * FROM o`, ``},
	{"cte name seen by later cte", `WITH o AS (SELECT 1 AS id), b AS (SELECT * FROM o) SELECT * FROM b`, ``},
	{"forward reference", `WITH x AS (SELECT * FROM o WHERE o.t = $1), o AS (SELECT 1) SELECT * FROM x`, `o: o.t = $1 in WHERE`},
	{"recursive", `WITH RECURSIVE d AS (SELECT o.id FROM o WHERE o.t = $1 UNION ALL SELECT o.id FROM d JOIN o ON o.q = d.id WHERE o.t = $1) SELECT * FROM d`, ``},
	{"recursive self", `WITH RECURSIVE o AS (SELECT 1 AS id UNION ALL SELECT o.id + 1 FROM o WHERE o.id < 3) SELECT * FROM o`, ``},
	{"schema past a cte", `WITH o AS (SELECT 1) SELECT * FROM (SELECT o.id FROM public.o WHERE o.t = $1) AS z`, ``},
	{"nested with", `SELECT * FROM (WITH o AS (SELECT 1) SELECT * FROM o) AS z, o WHERE o.t = $1`, ``},
	{"with in a derived table", `SELECT count(*) FROM (WITH RECURSIVE a AS (SELECT * FROM o WHERE o.t = $1) SELECT * FROM a) AS m`, ``},
	{"cte over the joins", `WITH RECURSIVE d AS (SELECT 1 AS n UNION ALL SELECT d.n + 1 FROM d WHERE d.n < 3) SELECT * FROM d LEFT JOIN o ON o.id = d.n AND o.t = $1`, ``},
	{"data-modifying cte", `WITH d AS (DELETE FROM li WHERE li.oid = $2 AND li.t = $1 RETURNING li.id) SELECT * FROM d`, ``},

	// Children.
	{"child exists", `SELECT * FROM ch WHERE EXISTS (SELECT 1 FROM par AS p WHERE p.id = ch.pid AND p.t = $1)`, `ch: through par (pid); p: p.t = $1 in WHERE`},
	{"child exists flipped", `SELECT * FROM ch WHERE EXISTS (SELECT FROM par AS p WHERE ch.pid = p.id AND $1 = p.t)`, ``},
	{"child inner join", `SELECT * FROM ch JOIN par ON par.id = ch.pid WHERE par.t = $1`, `ch: through par (pid); par: par.t = $1 in WHERE`},
	{"child inner join, all in where", `SELECT * FROM ch, par WHERE par.id = ch.pid AND par.t = $1`, ``},
	{"child left join of the parent", `SELECT * FROM par LEFT JOIN ch ON ch.pid = par.id WHERE par.t = $1`, `par: par.t = $1 in WHERE; ch: through par (pid)`},
	{"child left join with exists", `SELECT * FROM g LEFT JOIN ch ON ch.id = g.id AND EXISTS (SELECT 1 FROM par AS p WHERE p.id = ch.pid AND p.t = $1)`, ``},
	{"child right join", `SELECT * FROM ch RIGHT JOIN par ON ch.pid = par.id WHERE par.t = $1`, ``},
	{"parent on a nullable side, key equated above", `SELECT * FROM g LEFT JOIN par ON par.id = g.id AND par.t = $1 JOIN ch ON ch.pid = par.id`, ``},
	{"parent and child on a nullable side", `SELECT * FROM g LEFT JOIN (par JOIN ch ON ch.pid = par.id) ON par.id = g.id AND par.t = $1`, ``},
	{"child keys", `SELECT * FROM ch2 WHERE EXISTS (SELECT 1 FROM par2 AS p WHERE p.a = ch2.a AND p.b = ch2.b AND p.t = $1)`, `ch2: through par2 (a, b); p: p.t = $1 in WHERE`},
	{"child keys split", `SELECT * FROM ch2 JOIN par2 AS p ON p.a = ch2.a WHERE p.b = ch2.b AND p.t = $1`, ``},
	{"grandchild nested exists", `SELECT * FROM gch WHERE EXISTS (SELECT 1 FROM ch AS c WHERE c.id = gch.cid AND EXISTS (SELECT 1 FROM par AS p WHERE p.id = c.pid AND p.t = $1))`,
		`gch: through ch (cid); c: through par (pid); p: p.t = $1 in WHERE`},
	{"grandchild exists with join", `SELECT * FROM gch WHERE EXISTS (SELECT 1 FROM ch AS c JOIN par AS p ON p.id = c.pid WHERE c.id = gch.cid AND p.t = $1)`, ``},
	{"grandchild joins", `SELECT * FROM gch JOIN ch ON ch.id = gch.cid JOIN par ON par.id = ch.pid WHERE par.t = $1`, ``},
	{"child full join", `SELECT * FROM g FULL JOIN (SELECT * FROM ch WHERE EXISTS (SELECT 1 FROM par AS p WHERE p.id = ch.pid AND p.t = $1)) AS ch ON ch.id = g.id`, ``},
	{"child exists with more", `SELECT * FROM ch WHERE EXISTS (SELECT p.name FROM par AS p JOIN g ON g.id = p.id WHERE p.id = ch.pid AND p.t = $1 AND g.name = ch.v)`, ``},

	// INSERT.
	{"insert", `INSERT INTO o (id, t) VALUES ($2, $1)`, `o: inserted value`},
	{"insert rows", `INSERT INTO o (t, id) VALUES ($1, 1), ($1::uuid, DEFAULT) RETURNING o.id`, ``},
	{"insert quoted column", `INSERT INTO o (id, "t") VALUES (1, $1)`, ``},
	{"insert select", `INSERT INTO o (id, t) SELECT o2.id, $1::uuid FROM o2 WHERE o2.t = $1`, `o: inserted value; o2: o2.t = $1 in WHERE`},
	{"insert select star behind", `INSERT INTO o2 (t, id, q) SELECT $1, g.* FROM g`, ``},
	{"insert union", `INSERT INTO o (id, t) SELECT 1, $1::uuid UNION ALL (SELECT g.id, $1::uuid FROM g) UNION ALL VALUES (2, $1::uuid)`, ``},
	{"insert asserting", `INSERT INTO o (id, t) VALUES (1, CASE WHEN $2 = $1::uuid THEN $1 END)`, ``},
	{"insert with", `WITH s AS (SELECT li.oid FROM li WHERE li.t = $1) INSERT INTO o (id, t) SELECT s.oid, $1 FROM s`, ``},
	{"insert with inside", `INSERT INTO o (id, t) WITH s AS (SELECT 1 AS n) SELECT s.n, $1 FROM s`, ``},
	{"insert target past a cte", `WITH o AS (SELECT 1 AS id) INSERT INTO o (id, t) SELECT o.id, $1 FROM o`, `o: inserted value`},
	{"insert root", `INSERT INTO tenants (id, name) VALUES ($1, $2)`, ``},
	{"insert child, nullable key", `INSERT INTO nch (pid) VALUES ((SELECT p.id FROM (SELECT $2::bigint) AS v (k) LEFT JOIN par AS p ON p.id = v.k AND p.t = $1
		WHERE (CASE WHEN p.id IS NULL THEN '' END)::information_schema.yes_or_no IS NULL))`, ``},
	{"nullable key, parent", `INSERT INTO nch (pid) SELECT p.id FROM g, par AS p WHERE p.id = g.id AND p.t = $1`, ``},
	{"nullable key, parent below", `INSERT INTO nch (pid) SELECT d.k FROM (SELECT p.id FROM par AS p LEFT JOIN g ON g.id = p.id WHERE p.t = $1) AS d (k)`, ``},
	{"nullable key, grouped", `INSERT INTO nch (pid) SELECT p.id FROM par AS p WHERE p.t = $1 GROUP BY p.id`, ``},
	{"nullable key, new parent", `WITH s AS (INSERT INTO par (id, t) VALUES (7, $1) RETURNING id) INSERT INTO nch (pid) SELECT s.id FROM s`, ``},
	{"insert child, value computed apart", `INSERT INTO ch (pid) VALUES ((SELECT p.id FROM (SELECT (random() * 9)::bigint) AS v (k) JOIN par AS p ON p.id = v.k AND p.t = $1))`, ``},
	{"insert child from its parent", `INSERT INTO ch (pid, v) SELECT p.id, p.name FROM par AS p WHERE p.t = $1`, `ch: inserted key of par; p: p.t = $1 in WHERE`},
	{"insert child from its parent, bare", `INSERT INTO ch (v, pid) SELECT name, id FROM par WHERE par.t = $1`, ``},
	{"insert child from a subquery", `INSERT INTO ch (pid) SELECT d.k FROM (SELECT p.id FROM par AS p WHERE p.t = $1 LIMIT 3) AS d (k)`, ``},
	{"insert child from a star", `INSERT INTO ch (pid) SELECT d.id FROM (SELECT * FROM par WHERE par.t = $1) AS d`, ``},
	{"insert child, wrapped source", `INSERT INTO ch (pid, v) SELECT (SELECT p.id FROM par AS p WHERE p.id = d.a AND p.t = $1), d.b FROM (SELECT * FROM g) AS d (a, b)`, ``},
	{"insert child of a new parent", `WITH s AS (INSERT INTO par (id, t) VALUES (7, $1) RETURNING id) INSERT INTO ch (pid) SELECT id FROM s`, `par: inserted value; ch: inserted key of par`},
	{"insert child of a new parent, star", `WITH s AS (INSERT INTO par (id, t) VALUES (7, $1) RETURNING *) INSERT INTO ch (pid) VALUES ((SELECT s.id FROM s))`, ``},
	{"insert child of an updated parent", `WITH s AS (UPDATE par SET name = 'x' FROM g WHERE par.t = $1 AND g.id = par.id RETURNING par.id AS k) INSERT INTO ch (pid) SELECT s.k FROM s`, ``},
	{"insert child of a cte of two arms", `WITH s (k) AS (SELECT p.id FROM par AS p WHERE p.t = $1 UNION SELECT q.id FROM par AS q WHERE q.t = $1) INSERT INTO ch (pid) SELECT s.k FROM s`, ``},
	{"insert grandchild of a new child", `WITH a AS (INSERT INTO par (id, t) VALUES (7, $1) RETURNING id), b AS (INSERT INTO ch (pid) SELECT a.id FROM a RETURNING ch.id)
		INSERT INTO gch (cid) SELECT b.id FROM b`, ``},
	{"insert child of two columns", `INSERT INTO ch2 (id, b, a) VALUES (1, $3, (SELECT p.a FROM par2 AS p WHERE p.a = $2 AND p.b = $3 AND p.t = $1))`, `ch2: inserted key of par2; p: p.t = $1 in WHERE`},
	{"insert child of two columns, constant", `INSERT INTO ch2 (id, a, b) VALUES (1, (SELECT p.a FROM par2 AS p WHERE p.a = $2 AND p.b = 7::bigint AND p.t = $1), 7)`, ``},
	{"insert child of two columns from its parent", `INSERT INTO ch2 (id, a, b) SELECT 1, p.a, p.b FROM par2 AS p WHERE p.t = $1`, ``},
	{"insert child of two columns, wrapped", `INSERT INTO ch2 (id, a, b) SELECT 1, (SELECT p.a FROM par2 AS p WHERE p.a = d.x AND p.b = d.y AND p.t = $1), d.y FROM (SELECT 1, 2) AS d (x, y)`, ``},
	{"insert child of two columns of a new parent", `WITH s AS (INSERT INTO par2 (a, b, t) VALUES (1, 2, $1) RETURNING b, a) INSERT INTO ch2 (id, a, b) SELECT 1, s.a, s.b FROM s`, ``},
	{"insert foreign key", `INSERT INTO li (id, oid, t) VALUES (1, (SELECT o.id FROM o WHERE o.id = $2 AND o.t = $1), $1), (2, NULL, $1), (3, DEFAULT, $1)`, `li: inserted value; o: o.t = $1 in WHERE`},
	{"insert foreign key from its parent", `INSERT INTO li (id, oid, t) SELECT x.id, x.id, $1 FROM o AS x WHERE x.t = $1`, ``},
	{"insert foreign key left out", `INSERT INTO li (id, t) VALUES (1, $1)`, ``},
	{"insert foreign key of a child", `INSERT INTO cho (id, pid, oid) SELECT 1, p.id, o.id FROM par AS p JOIN o ON o.id = p.id WHERE p.t = $1 AND o.t = $1`, ``},
	{"upsert foreign key", `INSERT INTO li (id, oid, t) VALUES (1, NULL, $1) ON CONFLICT (id) DO UPDATE SET oid = excluded.oid WHERE li.t = $1`, ``},
	{"upsert child moves to the proposed", `INSERT INTO ch (id, pid) VALUES (1, (SELECT p.id FROM par AS p WHERE p.id = $2 AND p.t = $1))
		ON CONFLICT (id) DO UPDATE SET pid = excluded.pid WHERE EXISTS (SELECT 1 FROM par AS p WHERE p.id = ch.pid AND p.t = $1)`, ``},
	{"insert select the source's column", `INSERT INTO o (id, t) SELECT o2.id, o2.t FROM o2 WHERE o2.t = $1`, `o: inserted value; o2: o2.t = $1 in WHERE`},
	{"insert select the key of the root", `INSERT INTO o (id, t) SELECT 1, tenants.id FROM tenants WHERE tenants.id = $1`, ``},
	{"insert a scalar of the column", `INSERT INTO o (id, t) VALUES (1, (SELECT o2.t FROM o2 WHERE o2.id = $2 AND o2.t = $1))`, ``},
	{"insert moved rows", `WITH d AS (DELETE FROM o2 WHERE o2.id = $2 AND o2.t = $1 RETURNING *) INSERT INTO o (id, t) SELECT d.id, d.t FROM d`, ``},
	{"insert of both arms", `INSERT INTO o (id, t) SELECT o2.id, o2.t FROM o2 WHERE o2.t = $1 UNION ALL SELECT 1, $1::uuid`, ``},
	{"insert global", `INSERT INTO g (id, name) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET name = excluded.name`, `g: `},
	{"insert child", `INSERT INTO ch (pid, v) VALUES ((SELECT p.id FROM par AS p WHERE p.id = $2 AND p.t = $1), $3)`, `ch: inserted key of par; p: p.t = $1 in WHERE`},
	{"insert child select", `INSERT INTO ch (v, pid) SELECT g.name, (SELECT p.id FROM par AS p WHERE p.id = g.id AND p.t = $1) FROM g`, ``},
	{"insert child from its parent", `INSERT INTO ch (v, pid) SELECT p.name, p.id FROM par AS p WHERE p.t = $1`, ``},
	{"insert grandchild", `INSERT INTO gch (cid) VALUES ((SELECT c.id FROM ch AS c JOIN par AS p ON p.id = c.pid WHERE c.id = $2 AND p.t = $1))`, ``},
	{"insert partition", `INSERT INTO parts_1 (id, t) VALUES (1, $1)`, ``},
	{"do nothing", `INSERT INTO o (id, t) VALUES (1, $1) ON CONFLICT (k) DO NOTHING`, ``},
	{"upsert", `INSERT INTO o (id, t, q) VALUES (1, $1, 2) ON CONFLICT (id) DO UPDATE SET q = excluded.q WHERE o.t = $1 RETURNING o.id`, ``},
	{"upsert with alias", `INSERT INTO o AS x (id, t) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET q = x.q + 1 WHERE (x.q > 1 OR x.q < 0) AND x.t = $1`, ``},
	{"upsert child", `INSERT INTO ch (id, pid) VALUES (1, (SELECT p.id FROM par AS p WHERE p.id = $2 AND p.t = $1))
		ON CONFLICT (id) DO UPDATE SET pid = excluded.pid WHERE EXISTS (SELECT 1 FROM par AS p2 WHERE p2.id = ch.pid AND p2.t = $1)`, ``},

	// UPDATE and DELETE.
	{"update", `UPDATE o SET q = 1 WHERE o.id = $2 AND o.t = $1`, `o: o.t = $1 in WHERE`},
	{"update returning old and new", `UPDATE o SET q = 1 WHERE o.t = $1 RETURNING old.q, new.q AS after, old.*, (SELECT count(*) FROM g WHERE g.id = old.id)`, ``},
	{"upsert returning old", `INSERT INTO o (id, t, q) VALUES (1, $1, 2) ON CONFLICT (id) DO UPDATE SET q = 1 WHERE o.t = $1 RETURNING WITH (OLD AS was, NEW AS n) was.q, n.q`, ``},
	{"update of a table called old", `UPDATE o AS old SET q = new.q FROM o AS new WHERE old.t = $1 AND new.t = $1 RETURNING old.q, new.q`, ``},
	{"update alias", `UPDATE o AS x SET q = x.q + 1 WHERE x.t = $1 RETURNING x.*`, ``},
	{"update from", `UPDATE o SET q = li.qty FROM li WHERE li.oid = o.id AND o.t = $1 AND li.t = $1`, ``},
	{"update from left join", `UPDATE o SET q = 1 FROM g LEFT JOIN li ON li.id = g.id AND li.t = $1 WHERE o.id = g.id AND o.t = $1`, ``},
	{"update self join", `UPDATE o AS a SET q = b.q FROM o AS b WHERE a.k = b.k AND a.t = $1 AND b.t = $1`, ``},
	{"update set subquery", `UPDATE o SET q = (SELECT sum(li.qty) FROM li WHERE li.oid = o.id AND li.t = $1) WHERE o.t = $1`, ``},
	{"update target past a cte", `WITH o AS (SELECT 1 AS id) UPDATE o SET q = 1 WHERE o.t = $1`, `o: o.t = $1 in WHERE`},
	{"update with limit", `UPDATE o SET q = 1 WHERE o.id IN (SELECT x.id FROM o AS x WHERE x.t = $1 LIMIT 5) AND o.t = $1`, ``},
	{"update child", `UPDATE ch SET v = 'x' WHERE ch.id = $2 AND EXISTS (SELECT 1 FROM par AS p WHERE p.id = ch.pid AND p.t = $1)`, ``},
	{"update child from its parent", `UPDATE ch SET v = p.name FROM par AS p WHERE p.id = ch.pid AND p.t = $1`, ``},
	{"update child key", `UPDATE ch SET pid = (SELECT p.id FROM par AS p WHERE p.id = $2 AND p.t = $1) WHERE EXISTS (SELECT 1 FROM par AS p WHERE p.id = ch.pid AND p.t = $1)`, ``},
	{"update child key from its parent", `UPDATE ch SET pid = q.id FROM par AS p, par AS q WHERE p.id = ch.pid AND p.t = $1 AND q.t = $1`, ``},
	{"update child key in a list", `UPDATE ch SET (v, pid) = ('x', (SELECT p.id FROM par AS p WHERE p.id = $2 AND p.t = $1)) WHERE EXISTS (SELECT 1 FROM par AS p WHERE p.id = ch.pid AND p.t = $1)`, ``},
	{"update child key in a subquery", `UPDATE ch SET (v, pid) = (SELECT p.name, p.id FROM par AS p WHERE p.t = $1 LIMIT 1) WHERE EXISTS (SELECT 1 FROM par AS p WHERE p.id = ch.pid AND p.t = $1)`, ``},
	{"key of two columns without one", `INSERT INTO dflt (id, t, b) VALUES (1, $1, $2)`, ``},
	{"key of two columns, one NULL by default", `INSERT INTO dflt (id, t, a, b) VALUES (1, $1, DEFAULT, $2)`, ``},
	{"global table's key is NULL", `INSERT INTO fav (id, num) VALUES (1, NULL), (2, NULL) ON CONFLICT (id) DO UPDATE SET oid = NULL, num = NULL`, `fav: `},
	{"global table's key set to NULL", `UPDATE fav SET oid = DEFAULT, num = NULL WHERE oid = $1`, ``},
	{"global table's key is NULL in MERGE", `MERGE INTO fav USING g ON g.id = fav.id WHEN NOT MATCHED THEN INSERT (id, num) VALUES (g.id, NULL)`, ``},
	{"insert child key through VALUES in FROM", `INSERT INTO ch (id, pid) SELECT 1, x.column1 FROM (VALUES ((SELECT p.id FROM par AS p WHERE p.id = $2 AND p.t = $1)), ((SELECT q.id FROM par AS q WHERE q.t = $1 LIMIT 1))) AS x`, ``},
	{"update key of two columns, one", `UPDATE ch2 AS c SET a = (SELECT q.a FROM par2 AS q WHERE q.a = $2 AND q.b = c.b AND q.t = $1) WHERE EXISTS (SELECT 1 FROM par2 AS p WHERE p.a = c.a AND p.b = c.b AND p.t = $1)`, ``},
	{"update key of two columns", `UPDATE ch2 SET b = $3, a = (SELECT q.a FROM par2 AS q WHERE q.a = $2 AND q.b = $3 AND q.t = $1) WHERE EXISTS (SELECT 1 FROM par2 AS p WHERE p.a = ch2.a AND p.b = ch2.b AND p.t = $1)`, ``},
	{"update foreign key", `UPDATE li SET oid = (SELECT o.id FROM (SELECT (li.qty + 1)::bigint) AS v (k) LEFT JOIN o ON o.id = v.k AND o.t = $1) WHERE li.t = $1`, ``},
	{"update foreign key to null", `UPDATE li SET oid = NULL, qty = 1 WHERE li.t = $1`, ``},
	{"merge child of its source", `MERGE INTO ch USING (SELECT * FROM par WHERE par.t = $1) AS s ON s.name = ch.v AND EXISTS (SELECT 1 FROM par WHERE par.id = ch.pid AND par.t = $1)
		WHEN NOT MATCHED THEN INSERT (v, pid) VALUES (s.name, s.id)`, ``},
	{"update global", `UPDATE g SET name = 'x' WHERE g.id = 1`, ``},
	{"delete", `DELETE FROM o WHERE o.t = $1`, ``},
	{"delete using", `DELETE FROM o USING li WHERE li.oid = o.id AND o.t = $1 AND li.t = $1 RETURNING o.id, li.id`, ``},
	{"delete in", `DELETE FROM o WHERE o.id IN (SELECT li.oid FROM li WHERE li.t = $1) AND o.t = $1`, ``},
	{"delete child", `DELETE FROM ch USING par WHERE par.id = ch.pid AND par.t = $1`, ``},
	{"delete root", `DELETE FROM tenants WHERE tenants.id = $1`, ``},

	// MERGE.
	{"merge update", `MERGE INTO o USING (SELECT $2::bigint AS id, $3::int AS q) AS s ON o.id = s.id AND o.t = $1 WHEN MATCHED AND o.t = $1 THEN UPDATE SET q = s.q`,
		`o: o.t = $1 in the condition of MERGE`},
	{"merge upsert", `MERGE INTO o USING (VALUES ($2::bigint, 'x')) AS s (id, k) ON o.id = s.id AND o.t = $1 WHEN MATCHED AND s.k IS NULL AND o.t = $1 THEN DELETE WHEN MATCHED AND o.t = $1 THEN DO NOTHING WHEN NOT MATCHED AND s.k <> '' THEN INSERT (id, k, t) VALUES (s.id, s.k, $1) WHEN NOT MATCHED THEN DO NOTHING`, ``},
	{"merge by source", `MERGE INTO o AS a USING (SELECT * FROM li WHERE li.t = $1) AS li ON a.id = li.oid AND a.t = $1 WHEN NOT MATCHED BY SOURCE AND (a.q > 1 OR a.k = 'x') AND a.t = $1 THEN DELETE WHEN NOT MATCHED BY SOURCE AND a.t = $1 THEN UPDATE SET q = 0 WHEN NOT MATCHED BY TARGET THEN INSERT (t, id) VALUES ($1::uuid, li.oid)`,
		`a: a.t = $1 in the condition of MERGE; li: li.t = $1 in WHERE`},
	{"merge from a join", `MERGE INTO o AS a USING (SELECT * FROM o2 WHERE o2.t = $1) AS o2 LEFT JOIN li ON li.oid = o2.id AND li.t = $1 ON a.id = o2.id AND a.t = $1 WHEN MATCHED AND a.t = $1 THEN UPDATE SET q = li.qty RETURNING merge_action(), a.id, li.id`,
		`a: a.t = $1 in the condition of MERGE; o2: o2.t = $1 in WHERE; li: li.t = $1 in the condition of the LEFT JOIN`},
	{"merge from a cte", `WITH s AS (SELECT li.oid FROM li WHERE li.t = $1) MERGE INTO o USING s ON s.oid = o.id AND $1 = o.t WHEN MATCHED AND o.t = $1 THEN DELETE`, ``},
	{"merge in a cte", `WITH m AS (MERGE INTO o USING g ON g.id = o.id AND o.t = $1 WHEN MATCHED AND o.t = $1 THEN DELETE RETURNING o.*) SELECT * FROM m`, ``},
	{"merge past a cte", `WITH o AS (SELECT 1 AS id) MERGE INTO o AS x USING o ON o.id = x.id AND x.t = $1 WHEN MATCHED AND x.t = $1 THEN DELETE`, `x: x.t = $1 in the condition of MERGE`},
	{"merge root", `MERGE INTO tenants USING g ON g.id = $2 AND tenants.id = $1 WHEN MATCHED AND tenants.id = $1 THEN UPDATE SET name = g.name`, ``},
	{"merge global", `MERGE INTO g USING (SELECT 1 AS id) AS s ON s.id = g.id WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (s.id, 'x')`, ``},
	{"merge checked value", `MERGE INTO li USING (SELECT $2::bigint AS id) AS s ON s.id = li.id AND li.t = $1 WHEN NOT MATCHED THEN INSERT (id, oid, t) VALUES (s.id, (SELECT o.id FROM o WHERE o.id = $3 AND o.t = $1), CASE WHEN $4 = $1::uuid THEN $1 END)`, ``},
	{"merge child", `MERGE INTO ch USING (SELECT $2::bigint AS id) AS s ON s.id = ch.id AND EXISTS (SELECT 1 FROM par WHERE par.id = ch.pid AND par.t = $1) WHEN MATCHED AND EXISTS (SELECT 1 FROM par WHERE par.id = ch.pid AND par.t = $1) THEN UPDATE SET pid = (SELECT p.id FROM par AS p WHERE p.id = $3 AND p.t = $1) WHEN NOT MATCHED BY SOURCE AND EXISTS (SELECT 1 FROM par WHERE par.id = ch.pid AND par.t = $1) THEN DELETE WHEN NOT MATCHED THEN INSERT (id, pid) VALUES (s.id, (SELECT p.id FROM par AS p WHERE p.id = $3 AND p.t = $1))`,
		`ch: through par (pid); par: par.t = $1 in WHERE; par: par.t = $1 in WHERE; p: p.t = $1 in WHERE; par: par.t = $1 in WHERE; p: p.t = $1 in WHERE`},
	{"merge child beside its parent", `MERGE INTO ch USING par RIGHT JOIN g ON g.id = par.id AND par.t = $1 ON par.id = ch.pid WHEN MATCHED AND ch.pid = par.id THEN UPDATE SET pid = par.id, v = 'x'`, ``},
}

func anchors(r *certify.Result) string {
	var out []string
	for _, ref := range r.References {
		out = append(out, ref.Alias+": "+ref.Anchor)
	}
	return strings.Join(out, "; ")
}

func TestAccepted(t *testing.T) {
	t.Parallel()
	cat := specCatalog(t)
	for _, tt := range slices.Concat(accepted, sharedAccepted) {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := certify.Check(tt.sql, 1, cat)
			if len(r.Findings) > 0 {
				t.Errorf("%s\nfindings: %v", tt.sql, r.Findings)
			}
			if tt.anchors == "" {
				return
			}
			if diff := cmp.Diff(tt.anchors, anchors(r)); diff != "" {
				t.Errorf("%s\nanchors (-want +got):\n%s", tt.sql, diff)
			}
		})
	}
	t.Logf("%d statements accepted", len(accepted))
}

// TestPositions checks that references are in the order of the text and point at
// their names.
func TestPositions(t *testing.T) {
	t.Parallel()
	sql := `WITH c AS (SELECT * FROM li WHERE li.t = $1) SELECT (SELECT max(g.id) FROM g) FROM o AS x, c WHERE x.t = $1`
	r := certify.Check(sql, 1, specCatalog(t))
	var got []string
	for _, ref := range r.References {
		got = append(got, ref.Table.Name+"@"+sql[ref.Pos:ref.Pos+2])
	}
	if diff := cmp.Diff([]string{"li@li", "g@g)", "o@o "}, got); diff != "" {
		t.Errorf("references (-want +got):\n%s", diff)
	}
}
