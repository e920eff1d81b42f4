package certify_test

import (
	"slices"
	"testing"

	"github.com/tenancygen/tenancygen/generator/certify"
	"github.com/tenancygen/tenancygen/generator/config"
)

// rejected are statements that are not tied to the tenant $1. A number in the
// name is that of the leak in the specification's list.
var rejected = []struct{ name, sql string }{
	// No predicate, or one that does not hold for every row.
	{"51 no where", `SELECT * FROM o`},
	{"37 by key", `SELECT * FROM o WHERE o.id = $1`},
	{"31 other parameter", `SELECT * FROM o WHERE o.t = $2`},
	{"31 other value under or", `SELECT * FROM o WHERE o.t = $1 OR 1=1`},
	{"41 literal", `SELECT * FROM o WHERE o.t = '00000000-0000-0000-0000-000000000001'`},
	{"09 or not in parentheses", `SELECT * FROM o WHERE o.q = 1 OR o.q = 2 AND o.t = $1`},
	{"not", `SELECT * FROM o WHERE NOT o.t = $1`},
	{"not equal", `SELECT * FROM o WHERE o.t <> $1`},
	{"not of or", `SELECT * FROM o WHERE NOT (o.q = 1 AND o.t = $1)`},
	{"case", `SELECT * FROM o WHERE CASE WHEN o.q > 1 THEN o.t = $1 ELSE true END`},
	{"coalesce", `SELECT * FROM o WHERE COALESCE(o.t = $1, true)`},
	{"is not false", `SELECT * FROM o WHERE (o.t = $1) IS NOT FALSE`},
	{"is not distinct", `SELECT * FROM o WHERE o.t IS NOT DISTINCT FROM $1`},
	{"in list", `SELECT * FROM o WHERE o.t IN ($1)`},
	{"any", `SELECT * FROM o WHERE o.t = ANY ($1)`},
	{"55 null setting", `SELECT * FROM o WHERE o.t = $1 OR $1 IS NULL`},
	{"28 is null", `SELECT * FROM o WHERE o.t IS NULL`},
	{"row comparison", `SELECT * FROM o WHERE (o.t, o.id) = ($1, $2)`},
	{"operator of a schema", `SELECT * FROM o WHERE o.t OPERATOR(pg_catalog.=) $1`},
	{"operator of a schema elsewhere", `SELECT * FROM o WHERE o.q OPERATOR(evil.+) 1 = 2 AND o.t = $1`},
	{"column cast", `SELECT * FROM o WHERE o.t::text = $1::text`},
	{"column in a function", `SELECT * FROM o WHERE lower(o.t::text) = $1`},
	{"column collated", `SELECT * FROM o WHERE o.k COLLATE "C" = $1`},
	{"parameter in a function", `SELECT * FROM o WHERE o.t = coalesce($1, o.t)`},
	{"parameter through a lossy cast", `SELECT * FROM o WHERE o.t = $1::int::text::uuid`},
	{"column equals itself", `SELECT * FROM o WHERE o.t = o.t`},
	{"wrong column", `SELECT * FROM o WHERE o.k = $1`},
	{"29 column of another table", `SELECT * FROM tenants WHERE tenants.t = $1`},
	{"17 unqualified", `SELECT * FROM o WHERE t = $1`},
	{"qualified by schema", `SELECT * FROM o WHERE public.o.t = $1`},
	{"hidden by its alias", `SELECT * FROM o AS x WHERE o.t = $1`},
	{"predicate in having", `SELECT o.t FROM o GROUP BY o.t HAVING o.t = $1`},
	{"predicate in the targets", `SELECT o.t = $1 FROM o`},
	{"predicate in filter", `SELECT count(*) FILTER (WHERE o.t = $1) FROM o`},
	{"above a limit", `SELECT * FROM (SELECT * FROM o LIMIT 10) AS o WHERE o.t = $1`},
	{"above distinct on", `SELECT * FROM (SELECT DISTINCT ON (o.k) * FROM o) AS d WHERE d.t = $1`},
	{"two of one name", `SELECT * FROM o, public.o WHERE o.t = $1`},
	{"renamed columns", `SELECT * FROM o AS x(a, t) WHERE x.t = $1`},
	{"30 partition", `SELECT * FROM parts_1`},
	{"48 view", `SELECT * FROM vo`},
	{"root", `SELECT * FROM tenants`},
	{"unknown table", `SELECT * FROM nowhere`},
	{"47 other schema", `SELECT * FROM other.o WHERE o.t = $1`},
	{"59 system catalog", `SELECT * FROM pg_catalog.pg_stat_activity`},
	{"59 system catalog, unqualified", `SELECT * FROM pg_class`},
	{"59 information schema", `SELECT * FROM information_schema.tables`},
	{"excluded", `SELECT * FROM secret WHERE secret.t = $1`},

	// Joins.
	{"05 comma", `SELECT * FROM o, li WHERE o.id = li.oid AND o.t = $1`},
	{"06 join", `SELECT * FROM o JOIN li ON li.oid = o.id WHERE (o.q = 1 OR li.qty = 2) AND o.t = $1`},
	{"19 cross join", `SELECT * FROM o CROSS JOIN li WHERE o.t = $1`},
	{"19 using", `SELECT * FROM o JOIN o2 USING (id) WHERE o.t = $1`},
	{"19 using, merged column", `SELECT * FROM o JOIN o2 USING (t) WHERE t = $1`},
	{"19 natural", `SELECT * FROM o NATURAL JOIN o2 WHERE o.t = $1`},
	{"34 base not scoped", `SELECT g.* FROM g JOIN li ON li.oid = g.id`},
	{"27 joined by key alone", `SELECT * FROM o JOIN li ON li.oid = o.id AND li.t = o.t WHERE o.t = $1`},
	{"left join, preserved in on", `SELECT * FROM o LEFT JOIN li ON li.oid = o.id AND li.t = $1 AND o.t = $1`},
	{"left join, nullable in where", `SELECT * FROM o LEFT JOIN li ON li.oid = o.id WHERE o.t = $1 AND li.t = $1`},
	{"left join, nullable or null", `SELECT * FROM o LEFT JOIN li ON li.oid = o.id WHERE o.t = $1 AND (li.t = $1 OR li.t IS NULL)`},
	{"08 right join", `SELECT * FROM o RIGHT JOIN li ON li.oid = o.id WHERE o.t = $1 AND li.t = $1`},
	{"08 right join, preserved in on", `SELECT * FROM o RIGHT JOIN li ON li.oid = o.id AND o.t = $1 AND li.t = $1`},
	{"32 global right join", `SELECT * FROM g RIGHT JOIN o ON o.id = g.id AND o.t = $1`},
	{"32 global full join", `SELECT * FROM g FULL JOIN o ON o.id = g.id AND o.t = $1`},
	{"full join where", `SELECT * FROM g FULL JOIN o ON o.id = g.id WHERE o.t = $1`},
	{"full join or null", `SELECT * FROM g FULL JOIN o ON o.id = g.id WHERE o.t = $1 OR o.t IS NULL`},
	{"full join, one arm", `SELECT * FROM (SELECT * FROM o WHERE o.t = $1) AS o FULL JOIN li ON li.oid = o.id AND li.t = $1`},
	{"07 left then right, wrong alias", `SELECT * FROM o LEFT JOIN li ON li.oid = o.id AND li.t = $1 RIGHT JOIN o2 ON o2.id = o.id AND o2.t = $1 WHERE o.t = $1`},
	{"left then right, too high", `SELECT * FROM o LEFT JOIN li ON li.oid = o.id RIGHT JOIN o2 ON o2.id = o.id AND o.t = $1 AND li.t = $1 WHERE o2.t = $1`},
	{"below full", `SELECT * FROM (g LEFT JOIN o ON o.id = g.id) FULL JOIN g AS h ON h.id = g.id AND o.t = $1`},
	{"through full", `SELECT * FROM (o FULL JOIN g ON g.id = o.id) JOIN g AS h ON h.id = g.id AND o.t = $1 WHERE o.t = $1`},
	{"outer using", `SELECT * FROM g LEFT JOIN o USING (id) WHERE o.t = $1`},
	{"outer natural", `SELECT * FROM g NATURAL LEFT JOIN o WHERE o.t = $1`},
	{"aliased join", `SELECT j.* FROM (o JOIN g ON g.id = o.id) AS j WHERE j.t = $1`},
	{"aliased join, outer name", `SELECT (SELECT count(*) FROM (o JOIN g ON g.id = o.id) AS j WHERE o.t = $1) FROM o WHERE o.t = $1`},
	{"aliased left join", `SELECT j.* FROM (g LEFT JOIN o ON o.id = g.id) AS j WHERE j.t = $1`},
	{"lateral outside", `SELECT * FROM o, LATERAL (SELECT * FROM li WHERE li.oid = o.id LIMIT 1) AS l WHERE o.t = $1 AND l.t = $1`},
	{"self join", `SELECT * FROM o AS a JOIN o AS b ON b.id = a.q WHERE a.t = $1 AND a.t = $1`},
	{"43 exists over a join table", `SELECT * FROM o WHERE EXISTS (SELECT 1 FROM li JOIN o2 ON o2.id = li.id WHERE li.oid = o.id AND o2.t = $1) AND o.t = $1`},

	// Subqueries in every clause.
	{"01 in", `SELECT * FROM o WHERE o.id IN (SELECT li.oid FROM li) AND o.t = $1`},
	{"02 comma in a subquery", `SELECT * FROM o WHERE o.id IN (SELECT li.oid FROM li, o2 WHERE li.t = $1) AND o.t = $1`},
	{"04 function argument", `SELECT coalesce((SELECT max(li.id) FROM li) + 1, 0) FROM o WHERE o.t = $1`},
	{"04 case", `SELECT CASE WHEN (SELECT max(li.id) FROM li) > 1 THEN 1 END FROM o WHERE o.t = $1`},
	{"20 any", `SELECT * FROM o WHERE o.id = ANY (SELECT li.oid FROM li) AND o.t = $1`},
	{"20 between", `SELECT * FROM o WHERE o.id BETWEEN (SELECT min(li.oid) FROM li) AND 9 AND o.t = $1`},
	{"20 in, left side", `SELECT * FROM o WHERE (SELECT li.oid FROM li) IN (1, 2) AND o.t = $1`},
	{"20 in, second element", `SELECT * FROM o WHERE o.id IN (1, (SELECT li.oid FROM li)) AND o.t = $1`},
	{"20 having", `SELECT o.k FROM o WHERE o.t = $1 GROUP BY o.k HAVING count(*) > (SELECT count(*) FROM li)`},
	{"20 group by", `SELECT 1 FROM o WHERE o.t = $1 GROUP BY (SELECT max(li.id) FROM li)`},
	{"20 order by", `SELECT * FROM o WHERE o.t = $1 ORDER BY (SELECT max(li.id) FROM li WHERE li.oid = o.id)`},
	{"20 limit", `SELECT * FROM o WHERE o.t = $1 LIMIT (SELECT count(*) FROM li)`},
	{"20 offset", `SELECT * FROM o WHERE o.t = $1 OFFSET (SELECT count(*) FROM li)`},
	{"20 on", `SELECT * FROM o JOIN g ON g.id = (SELECT max(li.id) FROM li) WHERE o.t = $1`},
	{"20 distinct on", `SELECT DISTINCT ON ((SELECT max(li.id) FROM li)) o.id FROM o WHERE o.t = $1`},
	{"20 window", `SELECT rank() OVER (ORDER BY (SELECT max(li.id) FROM li)) FROM o WHERE o.t = $1`},
	{"20 named window", `SELECT rank() OVER w FROM o WHERE o.t = $1 WINDOW w AS (PARTITION BY (SELECT max(li.id) FROM li))`},
	{"20 filter", `SELECT count(*) FILTER (WHERE EXISTS (SELECT 1 FROM li)) FROM o WHERE o.t = $1`},
	{"20 aggregate order by", `SELECT array_agg(o.id ORDER BY (SELECT max(li.id) FROM li)) FROM o WHERE o.t = $1`},
	{"20 function in from", `SELECT * FROM generate_series(1, (SELECT max(li.id) FROM li)) AS n`},
	{"20 tablesample", `SELECT * FROM o TABLESAMPLE system ((SELECT max(li.id) FROM li)) WHERE o.t = $1`},
	{"20 values", `VALUES (1, (SELECT max(li.id) FROM li))`},
	{"20 set operation order by", `SELECT o.id FROM o WHERE o.t = $1 UNION SELECT 1 LIMIT (SELECT max(li.id) FROM li)`},
	{"array subquery", `SELECT ARRAY(SELECT li.id FROM li)`},
	{"row", `SELECT ROW(1, (SELECT max(li.id) FROM li))`},
	{"subscript", `SELECT o.a[(SELECT max(li.id) FROM li)] FROM o WHERE o.t = $1`},
	{"cast of a subquery", `SELECT (SELECT max(li.id) FROM li)::text`},
	{"is null of a subquery", `SELECT (SELECT max(li.id) FROM li) IS NULL`},
	{"named argument", `SELECT make_interval(days => (SELECT 1 FROM li))`},
	{"correlated to the anchored", `SELECT (SELECT count(*) FROM li WHERE o.t = $1) FROM o WHERE o.t = $1`},
	{"unqualified in a subquery", `SELECT * FROM o WHERE o.t = $1 AND EXISTS (SELECT 1 FROM li WHERE t = $1)`},

	// Set operations and common table expressions.
	{"union, second arm", `SELECT o.id FROM o WHERE o.t = $1 UNION ALL SELECT li.id FROM li`},
	{"except, right arm", `SELECT o.id FROM o WHERE o.t = $1 EXCEPT SELECT li.id FROM li`},
	{"intersect, left arm", `SELECT li.id FROM li INTERSECT SELECT o.id FROM o WHERE o.t = $1`},
	{"three arms", `SELECT 1 UNION (SELECT 2 UNION SELECT li.oid FROM li)`},
	{"10 with in a derived table", `SELECT count(*) FROM (WITH RECURSIVE a AS (SELECT * FROM o) SELECT * FROM a) AS m`},
	{"45 schema past a cte", `WITH o AS (SELECT 1) SELECT * FROM (SELECT * FROM public.o) AS z`},
	{"45 own body", `WITH o AS (SELECT * FROM o) SELECT * FROM o`},
	{"45 forward reference", `WITH x AS (SELECT * FROM o), o AS (SELECT 1) SELECT * FROM x`},
	{"45 predicate on the cte", `WITH c AS (SELECT * FROM o) SELECT * FROM c WHERE c.t = $1`},
	{"nested with does not reach out", `SELECT * FROM (WITH o AS (SELECT 1) SELECT * FROM o) AS z, o`},
	{"recursive arm", `WITH RECURSIVE d AS (SELECT o.id FROM o WHERE o.t = $1 UNION ALL SELECT o.id FROM d JOIN o ON o.q = d.id) SELECT * FROM d`},
	{"cte not referred to", `WITH c AS (SELECT * FROM o) SELECT 1`},
	{"24 data-modifying cte", `WITH d AS (DELETE FROM li RETURNING li.id) SELECT * FROM d`},
	{"24 data-modifying cte insert", `WITH d AS (INSERT INTO li (id) VALUES (1) RETURNING li.id) SELECT * FROM d`},
	{"52 second query", `SELECT o.id FROM o WHERE o.t = $1; SELECT * FROM o`},

	// Children.
	{"child", `SELECT * FROM ch`},
	{"child, parent not anchored", `SELECT * FROM ch JOIN par ON par.id = ch.pid`},
	{"child exists, parent not anchored", `SELECT * FROM ch WHERE EXISTS (SELECT 1 FROM par AS p WHERE p.id = ch.pid)`},
	{"child exists, not correlated", `SELECT * FROM ch WHERE EXISTS (SELECT 1 FROM par AS p WHERE p.t = $1)`},
	{"child exists, other key", `SELECT * FROM ch WHERE EXISTS (SELECT 1 FROM par AS p WHERE p.id = ch.id AND p.t = $1)`},
	{"child exists, unqualified key", `SELECT * FROM ch WHERE EXISTS (SELECT 1 FROM par AS p WHERE p.id = pid AND p.t = $1)`},
	{"child exists, captured name", `SELECT * FROM ch WHERE EXISTS (SELECT 1 FROM par AS p, (SELECT 1 AS pid) AS ch WHERE p.id = ch.pid AND p.t = $1)`},
	{"child exists, cte for the parent", `WITH par AS (SELECT 1 AS id, $1::uuid AS t) SELECT * FROM ch WHERE EXISTS (SELECT 1 FROM par AS p WHERE p.id = ch.pid AND p.t = $1)`},
	{"child exists, inner cte for the parent", `SELECT * FROM ch WHERE EXISTS (WITH par AS (SELECT 1 AS id, $1::uuid AS t) SELECT 1 FROM par AS p WHERE p.id = ch.pid AND p.t = $1)`},
	{"child exists, other table", `SELECT * FROM ch WHERE EXISTS (SELECT 1 FROM o AS p WHERE p.id = ch.pid AND p.t = $1)`},
	{"child exists, aggregate", `SELECT * FROM ch WHERE EXISTS (SELECT count(*) FROM par AS p WHERE p.id = ch.pid AND p.t = $1)`},
	{"child exists, aggregate in a subquery", `SELECT * FROM ch WHERE EXISTS (SELECT (SELECT count(p.id)) FROM par AS p WHERE p.id = ch.pid AND p.t = $1)`},
	{"child exists, aggregate in order by", `SELECT * FROM ch WHERE EXISTS (SELECT 1 FROM par AS p WHERE p.id = ch.pid AND p.t = $1 ORDER BY count(*))`},
	{"child exists, having", `SELECT * FROM ch WHERE EXISTS (SELECT 1 FROM par AS p WHERE p.id = ch.pid AND p.t = $1 HAVING true)`},
	{"child exists, grouping sets", `SELECT * FROM ch WHERE EXISTS (SELECT 1 FROM par AS p WHERE p.id = ch.pid AND p.t = $1 GROUP BY GROUPING SETS (()))`},
	{"child exists, union", `SELECT * FROM ch WHERE EXISTS (SELECT 1 FROM par AS p WHERE p.id = ch.pid AND p.t = $1 UNION SELECT 1)`},
	{"child exists, nullable parent", `SELECT * FROM ch WHERE EXISTS (SELECT 1 FROM g LEFT JOIN par AS p ON p.id = ch.pid AND p.t = $1)`},
	{"child exists under or", `SELECT * FROM ch WHERE ch.v = 'x' OR EXISTS (SELECT 1 FROM par AS p WHERE p.id = ch.pid AND p.t = $1)`},
	{"child not exists", `SELECT * FROM ch WHERE NOT EXISTS (SELECT 1 FROM par AS p WHERE p.id = ch.pid AND p.t = $1)`},
	{"child in", `SELECT * FROM ch WHERE ch.pid IN (SELECT p.id FROM par AS p)`},
	{"child left join of its parent", `SELECT * FROM ch LEFT JOIN par ON par.id = ch.pid AND par.t = $1`},
	{"child full join of its parent", `SELECT * FROM ch FULL JOIN par ON par.id = ch.pid AND par.t = $1 WHERE par.t = $1`},
	{"child left join, exists in where", `SELECT * FROM g LEFT JOIN ch ON ch.id = g.id WHERE EXISTS (SELECT 1 FROM par AS p WHERE p.id = ch.pid AND p.t = $1)`},
	{"child of another reference", `SELECT * FROM ch AS a JOIN ch AS b ON b.id = a.id JOIN par AS p ON p.id = a.pid WHERE p.t = $1`},
	{"child keys, one missing", `SELECT * FROM ch2 WHERE EXISTS (SELECT 1 FROM par2 AS p WHERE p.a = ch2.a AND p.t = $1)`},
	{"child keys of two parents", `SELECT * FROM ch2 JOIN par2 AS p ON p.a = ch2.a JOIN par2 AS q ON q.b = ch2.b WHERE p.t = $1 AND q.t = $1`},
	{"grandchild, middle not tied", `SELECT * FROM gch WHERE EXISTS (SELECT 1 FROM ch AS c, par AS p WHERE c.id = gch.cid AND p.t = $1)`},
	{"grandchild, straight to the top", `SELECT * FROM gch WHERE EXISTS (SELECT 1 FROM par AS p WHERE p.id = gch.cid AND p.t = $1)`},
	{"parent of the outer level", `SELECT (SELECT count(*) FROM ch WHERE ch.pid = par.id) FROM par WHERE par.t = $1`},
	{"parent behind an aliased join", `SELECT * FROM ch JOIN (par JOIN g ON g.id = par.id AND par.t = $1) AS j ON par.id = ch.pid`},

	// INSERT.
	{"insert without the column", `INSERT INTO o (id) VALUES (1)`},
	{"insert without a list", `INSERT INTO o VALUES (1, $1)`},
	{"insert default values", `INSERT INTO o DEFAULT VALUES`},
	{"23 insert select the source's column", `INSERT INTO o (id, t) SELECT o2.id, o2.t FROM o2 WHERE o2.t = $1`},
	{"23 global from a tenant's table", `INSERT INTO g (id) SELECT o.id FROM o WHERE o.t = $1`},
	{"insert other value", `INSERT INTO o (id, t) VALUES ($1, $2)`},
	{"insert literal", `INSERT INTO o (id, t) VALUES (1, 'a')`},
	{"insert default", `INSERT INTO o (id, t) VALUES (1, DEFAULT)`},
	{"insert null", `INSERT INTO o (id, t) VALUES (1, NULL)`},
	{"insert second row", `INSERT INTO o (id, t) VALUES (1, $1), (2, $2)`},
	{"insert expression", `INSERT INTO o (id, t) VALUES (1, coalesce($2, $1))`},
	{"insert case with else", `INSERT INTO o (id, t) VALUES (1, CASE WHEN $2 = $1 THEN $1 ELSE $2 END)`},
	{"insert case of two", `INSERT INTO o (id, t) VALUES (1, CASE WHEN true THEN $2 WHEN false THEN $1 END)`},
	{"insert case of the other", `INSERT INTO o (id, t) VALUES (1, CASE WHEN $1 = $2 THEN $2 END)`},
	{"insert case into nullable", `INSERT INTO nt (id, t) VALUES (1, CASE WHEN $2 = $1 THEN $1 END)`},
	{"insert star before", `INSERT INTO o2 (id, t) SELECT g.*, $1 FROM g`},
	{"insert bare star before", `INSERT INTO o2 (id, t) SELECT *, $1 FROM g`},
	{"insert record star before", `INSERT INTO o2 (id, t) SELECT (ROW(1, 2)).*, $1 FROM g`},
	{"insert second arm", `INSERT INTO o (id, t) SELECT 1, $1::uuid UNION ALL SELECT 2, $2::uuid`},
	{"insert source not anchored", `INSERT INTO o (id, t) SELECT o2.id, $1 FROM o2`},
	{"insert source cte not anchored", `WITH s AS (SELECT * FROM li) INSERT INTO o (id, t) SELECT s.id, $1 FROM s`},
	{"insert overriding identity", `INSERT INTO seq (id, t) OVERRIDING USER VALUE VALUES (1, $1)`},
	{"insert root of another", `INSERT INTO tenants (id) VALUES ($2)`},
	{"insert view", `INSERT INTO vo (id, t) VALUES (1, $1)`},
	{"insert returning subquery", `INSERT INTO o (id, t) VALUES (1, $1) RETURNING (SELECT max(li.id) FROM li)`},
	{"35 insert child", `INSERT INTO ch (pid) VALUES ($2)`},
	{"44 insert child, key not anchored", `INSERT INTO ch (pid) VALUES ((SELECT p.id FROM par AS p WHERE p.id = $2))`},
	{"insert child, other output", `INSERT INTO ch (pid) VALUES ((SELECT $2::bigint FROM par AS p WHERE p.id = $2 AND p.t = $1))`},
	{"insert child, aggregate", `INSERT INTO ch (pid) VALUES ((SELECT max(p.id) + 1 FROM par AS p WHERE p.t = $1))`},
	{"insert child, union", `INSERT INTO ch (pid) VALUES ((SELECT p.id FROM par AS p WHERE p.id = $2 AND p.t = $1 UNION ALL SELECT $2))`},
	{"insert child, coalesce", `INSERT INTO ch (pid) VALUES (coalesce((SELECT p.id FROM par AS p WHERE p.id = $2 AND p.t = $1), $2))`},
	{"insert child, exists elsewhere", `INSERT INTO ch (pid) SELECT $2 WHERE EXISTS (SELECT 1 FROM par AS p WHERE p.t = $1)`},
	{"insert child, nullable key", `INSERT INTO nch (pid) VALUES ((SELECT p.id FROM par AS p WHERE p.id = $2 AND p.t = $1))`},
	{"insert child without its key", `INSERT INTO ch (v) VALUES ('x')`},
	{"insert child of two columns", `INSERT INTO ch2 (id, a, b) VALUES (1, (SELECT p.a FROM par2 AS p WHERE p.t = $1), 2)`},
	{"insert grandchild, middle not tied", `INSERT INTO gch (cid) VALUES ((SELECT c.id FROM ch AS c WHERE c.id = $2))`},

	// ON CONFLICT.
	{"48 upsert without a guard", `INSERT INTO o (id, t) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET q = 1`},
	{"49 upsert on a global key", `INSERT INTO o (k, t) VALUES ('a', $1) ON CONFLICT (k) DO UPDATE SET q = excluded.q WHERE o.q > 0`},
	{"17 upsert, unqualified guard", `INSERT INTO o (id, t) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET q = 1 WHERE t = $1`},
	{"upsert, guard on excluded", `INSERT INTO o (id, t) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET q = 1 WHERE excluded.t = $1`},
	{"upsert, target called excluded", `INSERT INTO o AS excluded (id, t) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET q = 1 WHERE excluded.t = $1`},
	{"upsert, guard under or", `INSERT INTO o (id, t) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET q = 1 WHERE o.t = $1 OR true`},
	{"16 upsert steals the row", `INSERT INTO o (id, t) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET t = excluded.t WHERE o.t = $1`},
	{"upsert steals in a list", `INSERT INTO o (id, t) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET (q, t) = (1, $2) WHERE o.t = $1`},
	{"upsert, arbiter's where", `INSERT INTO o (id, t) VALUES (1, $1) ON CONFLICT (id) WHERE t = $1 DO UPDATE SET q = 1`},
	{"upsert, subquery in set", `INSERT INTO o (id, t) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET q = (SELECT max(li.id) FROM li) WHERE o.t = $1`},
	{"upsert child without a guard", `INSERT INTO ch (id, pid) VALUES (1, (SELECT p.id FROM par AS p WHERE p.id = $2 AND p.t = $1)) ON CONFLICT (id) DO UPDATE SET v = 'x'`},
	{"upsert child, guard on excluded", `INSERT INTO ch (id, pid) VALUES (1, (SELECT p.id FROM par AS p WHERE p.id = $2 AND p.t = $1))
		ON CONFLICT (id) DO UPDATE SET v = 'x' WHERE EXISTS (SELECT 1 FROM par AS p WHERE p.id = excluded.pid AND p.t = $1)`},
	{"upsert child moves", `INSERT INTO ch (id, pid) VALUES (1, (SELECT p.id FROM par AS p WHERE p.id = $2 AND p.t = $1))
		ON CONFLICT (id) DO UPDATE SET pid = $2 WHERE EXISTS (SELECT 1 FROM par AS p WHERE p.id = ch.pid AND p.t = $1)`},

	// UPDATE and DELETE.
	{"40 update", `UPDATE o SET q = 1 WHERE o.id = $2`},
	{"38 update by key", `UPDATE o SET q = 1 WHERE o.id = $1`},
	{"36 update moves", `UPDATE o SET t = $2 WHERE o.t = $1`},
	{"update moves to itself", `UPDATE o SET q = 1, t = $1 WHERE o.t = $1`},
	{"update moves in a list", `UPDATE o SET (q, t) = (SELECT 1, $2) WHERE o.t = $1`},
	{"03 update set subquery", `UPDATE o SET q = (SELECT sum(li.qty) FROM li WHERE li.oid = o.id) WHERE o.t = $1`},
	{"22 update from", `UPDATE o AS a SET q = b.q FROM o AS b WHERE a.k = b.k AND a.t = $1`},
	{"22 update from, target open", `UPDATE o AS a SET q = b.q FROM o AS b WHERE a.k = b.k AND b.t = $1`},
	{"26 update limit", `UPDATE o SET q = 1 WHERE o.id IN (SELECT x.id FROM o AS x WHERE x.t = $1 LIMIT 5)`},
	{"update from, nullable in where", `UPDATE o SET q = 1 FROM g LEFT JOIN li ON li.id = g.id WHERE o.id = g.id AND o.t = $1 AND li.t = $1`},
	{"update from, target in on", `UPDATE o SET q = 1 FROM g JOIN g AS h ON h.id = g.id AND o.t = $1 WHERE o.id = g.id`},
	{"update target named as a cte", `WITH o AS (SELECT 1 AS id) UPDATE o SET q = 1`},
	{"update root key", `UPDATE tenants SET id = $2 WHERE tenants.id = $1`},
	{"update view", `UPDATE vo SET q = 1 WHERE vo.t = $1`},
	{"update global from a tenant's", `UPDATE g SET name = o.k FROM o WHERE o.id = g.id AND o.t = $1`},
	{"update child key", `UPDATE ch SET pid = $2 WHERE EXISTS (SELECT 1 FROM par AS p WHERE p.id = ch.pid AND p.t = $1)`},
	{"update child key to default", `UPDATE ch SET pid = DEFAULT WHERE EXISTS (SELECT 1 FROM par AS p WHERE p.id = ch.pid AND p.t = $1)`},
	{"update set subscript", `UPDATE o SET a[(SELECT max(li.id) FROM li)] = 1 WHERE o.t = $1`},
	{"update set subscript in a list", `UPDATE o SET (a[(SELECT 1 FROM li)], q) = (SELECT 1, 1) WHERE o.t = $1`},
	{"upsert set subscript", `INSERT INTO o (id, t) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET a[(SELECT max(li.id) FROM li)] = 1 WHERE o.t = $1`},
	{"set of a global table's subscript", `UPDATE g SET name[(SELECT 1 FROM li)] = 1`},
	{"upsert of a global table's subscript", `INSERT INTO g (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET name[(SELECT 1 FROM li)] = 1`},
	{"update child", `UPDATE ch SET v = 'x' WHERE ch.id = $2`},
	{"update returning subquery", `UPDATE o SET q = 1 WHERE o.t = $1 RETURNING (SELECT max(li.id) FROM li)`},
	{"46 old is no anchor", `UPDATE o SET q = 1 WHERE old.t = $1 RETURNING old.q`},
	{"46 guard on old", `INSERT INTO o (id, t) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET q = 1 WHERE old.t = $1 RETURNING old.q`},
	{"46 subquery of old", `DELETE FROM o WHERE o.t = $1 RETURNING (SELECT max(li.id) FROM li WHERE li.oid = old.id AND old.t = $1)`},
	{"46 child through the old parent", `DELETE FROM par WHERE par.t = $1 RETURNING (SELECT max(ch.v) FROM ch WHERE ch.pid = old.id)`},
	{"46 table named as the old row", `UPDATE o SET q = 1 WHERE o.t = $1 RETURNING WITH (OLD AS li) (SELECT count(*) FROM li)`},
	{"21 delete in", `DELETE FROM o WHERE o.id IN (SELECT li.oid FROM li) AND o.t = $1`},
	{"21 delete, only inside", `DELETE FROM o WHERE o.id IN (SELECT li.oid FROM li WHERE li.t = $1)`},
	{"50 delete using, one side", `DELETE FROM o USING li WHERE li.oid = o.id AND li.t = $1`},
	{"50 delete using, other side", `DELETE FROM o USING li WHERE li.oid = o.id AND o.t = $1`},
	{"delete all", `DELETE FROM o`},
	{"delete view", `DELETE FROM vo WHERE vo.t = $1`},
	{"delete child", `DELETE FROM ch WHERE ch.pid = $2`},
	{"delete global with a tenant's", `DELETE FROM g WHERE g.id IN (SELECT o.id FROM o WHERE o.t = $1)`},
	{"global written in a cte", `WITH d AS (DELETE FROM g RETURNING g.id) SELECT * FROM o WHERE o.t = $1`},

	// Functions, and statements of other kinds.
	{"functions that take SQL", `SELECT query_to_xml('SELECT * FROM o', true, true, '')`},
	{"function that takes a table", `SELECT table_to_xml('o', true, true, '')`},
	{"ts_stat", `SELECT * FROM ts_stat('SELECT k FROM o')`},
	{"dblink", `SELECT * FROM dblink('', 'SELECT * FROM o') AS x(id int)`},
	{"54 set_config", `WITH s AS MATERIALIZED (SELECT set_config('app.t', '2', true)) SELECT * FROM o, s WHERE o.t = $1`},
	{"unknown function", `SELECT no_such_function(1)`},
	{"function of the schema", `SELECT leak(o) FROM o WHERE o.t = $1`},
	{"function of the schema as a column", `SELECT o.leak FROM o WHERE o.t = $1`},
	{"function of the schema of the old row", `UPDATE o SET q = 1 WHERE o.t = $1 RETURNING old.leak`},
	{"function of the schema of the new row", `INSERT INTO o (id, t) VALUES (1, $1) RETURNING WITH (NEW AS n) n.id, n.leak`},
	{"function of the schema as a field", `SELECT (o).leak FROM o WHERE o.t = $1`},
	{"function of the schema behind a subscript", `SELECT (o.a)[1] /* x */ .leak FROM o WHERE o.t = $1`},
	{"operator in order by", `SELECT * FROM o WHERE o.t = $1 ORDER BY o.id USING OPERATOR(evil.<)`},
	{"operator before a subquery", `SELECT o.q OPERATOR /* x */ (evil.=) ANY (SELECT 1) FROM o WHERE o.t = $1`},
	{"58 merge", `MERGE INTO o USING li ON o.t = $1 AND o.id = li.oid WHEN NOT MATCHED BY SOURCE THEN DELETE`},
	{"merge by source, guard only in ON", `MERGE INTO o USING g ON g.id = o.id AND o.t = $1 WHEN NOT MATCHED BY SOURCE THEN UPDATE SET q = 0`},
	{"merge second by source", `MERGE INTO o USING g ON g.id = o.id AND o.t = $1 WHEN NOT MATCHED BY SOURCE AND o.q = 1 AND o.t = $1 THEN DELETE WHEN NOT MATCHED BY SOURCE THEN DELETE`},
	{"merge guard under OR", `MERGE INTO o USING g ON g.id = o.id AND o.t = $1 WHEN NOT MATCHED BY SOURCE AND o.q = 1 OR o.q = 2 AND o.t = $1 THEN DELETE`},
	{"merge guard only in WHEN", `MERGE INTO o USING g ON g.id = o.id WHEN MATCHED AND o.t = $1 THEN DELETE`},
	{"merge matched without a guard", `MERGE INTO o USING g ON g.id = o.id AND o.t = $1 WHEN MATCHED THEN DELETE`},
	{"merge ON under OR", `MERGE INTO o USING g ON g.id = o.id OR o.t = $1 WHEN MATCHED AND o.t = $1 THEN DELETE`},
	{"merge source unanchored", `MERGE INTO o USING li ON o.id = li.oid AND o.t = $1 WHEN MATCHED AND o.t = $1 THEN UPDATE SET q = li.qty`},
	{"merge source anchored in ON", `MERGE INTO o USING li ON o.id = li.oid AND o.t = $1 AND li.t = $1 WHEN NOT MATCHED THEN INSERT (id, t) VALUES (li.id, $1)`},
	{"merge source anchored in WHEN", `MERGE INTO o USING li ON o.id = li.oid AND o.t = $1 WHEN NOT MATCHED AND li.t = $1 THEN INSERT (id, t) VALUES (li.id, $1)`},
	{"merge source on the kept side of a join", `MERGE INTO o USING o2 LEFT JOIN li ON li.oid = o2.id AND o2.t = $1 AND li.t = $1 ON o.id = o2.id AND o.t = $1 WHEN MATCHED AND o.t = $1 THEN DELETE`},
	{"merge source in a subquery", `MERGE INTO o USING (SELECT * FROM li) AS li ON o.id = li.oid AND o.t = $1 WHEN MATCHED AND o.t = $1 THEN DELETE`},
	{"merge source in a cte", `WITH s AS (SELECT * FROM li) MERGE INTO o USING s ON o.id = s.oid AND o.t = $1 WHEN MATCHED AND o.t = $1 THEN DELETE`},
	{"merge subquery in ON", `MERGE INTO o USING g ON g.id IN (SELECT li.oid FROM li) AND o.t = $1 WHEN MATCHED AND o.t = $1 THEN DELETE`},
	{"merge subquery in WHEN", `MERGE INTO o USING g ON g.id = o.id AND o.t = $1 WHEN MATCHED AND o.t = $1 AND EXISTS (SELECT 1 FROM li) THEN DELETE`},
	{"merge subquery in SET", `MERGE INTO o USING g ON g.id = o.id AND o.t = $1 WHEN MATCHED AND o.t = $1 THEN UPDATE SET q = (SELECT max(li.qty) FROM li)`},
	{"merge subquery in VALUES", `MERGE INTO o USING g ON g.id = o.id AND o.t = $1 WHEN NOT MATCHED THEN INSERT (id, t, q) VALUES (g.id, $1, (SELECT max(li.qty) FROM li))`},
	{"merge subquery in RETURNING", `MERGE INTO o USING g ON g.id = o.id AND o.t = $1 WHEN MATCHED AND o.t = $1 THEN DELETE RETURNING (SELECT max(li.qty) FROM li)`},
	{"merge inserts another tenant's row", `MERGE INTO o USING g ON g.id = o.id AND o.t = $1 WHEN NOT MATCHED THEN INSERT (id, t) VALUES (g.id, $2)`},
	{"merge inserts a row without a tenant", `MERGE INTO nt USING g ON g.id = nt.id AND nt.t = $1 WHEN NOT MATCHED THEN INSERT (id) VALUES (g.id)`},
	{"merge inserts without a list", `MERGE INTO o USING g ON g.id = o.id AND o.t = $1 WHEN NOT MATCHED THEN INSERT VALUES (g.id, $1)`},
	{"merge inserts defaults", `MERGE INTO o USING g ON g.id = o.id AND o.t = $1 WHEN NOT MATCHED THEN INSERT DEFAULT VALUES`},
	{"merge overrides", `MERGE INTO seq USING g ON g.id = seq.id AND seq.t = $1 WHEN NOT MATCHED THEN INSERT (id, t) OVERRIDING USER VALUE VALUES (g.id, $1)`},
	{"merge second insert", `MERGE INTO o USING g ON g.id = o.id AND o.t = $1 WHEN NOT MATCHED AND g.id = 1 THEN INSERT (id, t) VALUES (g.id, $1) WHEN NOT MATCHED THEN INSERT (id, t) VALUES (g.id, g.name)`},
	{"merge sets the tenant", `MERGE INTO o USING g ON g.id = o.id AND o.t = $1 WHEN MATCHED AND o.t = $1 THEN UPDATE SET t = $1`},
	{"merge by source sets the tenant", `MERGE INTO o USING g ON g.id = o.id AND o.t = $1 WHEN NOT MATCHED BY SOURCE AND o.t = $1 THEN UPDATE SET (q, t) = (1, $2)`},
	{"merge child through the source by source", `MERGE INTO ch USING (SELECT 1) AS x JOIN par ON par.t = $1 ON par.id = ch.pid WHEN NOT MATCHED BY SOURCE AND ch.pid = par.id THEN DELETE`},
	{"merge child without its parent's tenant", `MERGE INTO ch USING g ON g.id = ch.id AND EXISTS (SELECT 1 FROM par WHERE par.id = ch.pid) WHEN MATCHED AND EXISTS (SELECT 1 FROM par WHERE par.id = ch.pid AND par.t = $1) THEN DELETE`},
	{"merge child by source without EXISTS", `MERGE INTO ch USING g ON g.id = ch.id AND EXISTS (SELECT 1 FROM par WHERE par.id = ch.pid AND par.t = $1) WHEN NOT MATCHED BY SOURCE THEN DELETE`},
	{"merge child key", `MERGE INTO ch USING g ON g.id = ch.id AND EXISTS (SELECT 1 FROM par WHERE par.id = ch.pid AND par.t = $1) WHEN NOT MATCHED THEN INSERT (id, pid) VALUES (g.id, $2)`},
	{"merge child moved", `MERGE INTO ch USING g ON g.id = ch.id AND EXISTS (SELECT 1 FROM par WHERE par.id = ch.pid AND par.t = $1) WHEN MATCHED AND EXISTS (SELECT 1 FROM par WHERE par.id = ch.pid AND par.t = $1) THEN UPDATE SET pid = g.id`},
	{"merge target and source of one name", `MERGE INTO o AS x USING (SELECT 1 AS t) AS x ON x.t = $1 WHEN MATCHED AND x.t = $1 THEN DELETE`},
	{"merge view", `MERGE INTO vo USING g ON g.id = vo.id AND vo.t = $1 WHEN MATCHED AND vo.t = $1 THEN DELETE`},
	{"merge unknown table", `MERGE INTO nowhere USING g ON g.id = nowhere.id WHEN MATCHED THEN DELETE`},
	{"merge excluded table", `MERGE INTO secret USING g ON g.id = secret.id WHEN MATCHED THEN DELETE`},
	{"merge global from a tenant's", `MERGE INTO g USING (SELECT * FROM o WHERE o.t = $1) AS o ON g.id = o.id WHEN NOT MATCHED THEN INSERT VALUES (o.id, o.k)`},
	{"merge in a cte without a guard", `WITH m AS (MERGE INTO o USING g ON g.id = o.id WHEN MATCHED THEN DELETE RETURNING o.*) SELECT * FROM m`},
	{"24 truncate", `TRUNCATE o`},
	{"copy", `COPY o TO STDOUT`},
	{"do", `DO $$ BEGIN DELETE FROM o; END $$`},
	{"set", `SET app.t = '2'`},
	{"select into", `SELECT * INTO x FROM o WHERE o.t = $1`},
	{"lock", `LOCK TABLE o`},
	{"explain", `EXPLAIN SELECT * FROM o`},
	{"prepare", `PREPARE p AS SELECT * FROM o`},
	{"table", `TABLE o`},
	{"syntax", `SELECT FROM WHERE`},
	{"empty", ``},
}

func TestRejected(t *testing.T) {
	t.Parallel()
	cat := specCatalog(t)
	for _, tt := range slices.Concat(rejected, sharedRejected) {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := certify.Check(tt.sql, 1, cat)
			if len(r.Findings) == 0 {
				t.Errorf("%s\nis accepted: %s", tt.sql, anchors(r))
			}
			for _, f := range r.Findings {
				if f.Message == "" || f.Pos < 0 || f.Pos > len(tt.sql) {
					t.Errorf("finding %+v is no use", f)
				}
			}
		})
	}
	t.Logf("%d statements rejected", len(rejected))
}

// TestNoTenant checks that a statement without a tenant parameter may use global
// tables alone.
func TestNoTenant(t *testing.T) {
	t.Parallel()
	cat := specCatalog(t)
	for _, tt := range accepted {
		r := certify.Check(tt.sql, 0, cat)
		usesTenants := false
		for _, ref := range r.References {
			usesTenants = usesTenants || ref.Table.Tenancy.Class != "global"
		}
		if usesTenants != (len(r.Findings) > 0) {
			t.Errorf("%s\nfindings without a tenant parameter: %v", tt.sql, r.Findings)
		}
	}
}

// TestCasts checks that $1 is not accepted through a cast that could make two
// tenants the same.
func TestCasts(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		column, value string
		good          bool
	}{
		{"varchar(36)", "$1", true},
		{"varchar(36)", "$1::varchar", true},
		{"varchar(36)", "$1::character varying", true},
		{"varchar(36)", "$1::text", true},
		{"varchar(36)", "$1::varchar(3)", false},
		{"varchar(36)", "$1::varchar (3)", false},
		{"varchar(36)", "$1::character varying(3)", false},
		{"varchar(36)", "$1::varchar/* */(3)", false},
		{"varchar(36)", "CAST($1 AS varchar(3))", false},
		{"varchar(36)", "$1::uuid", false},
		{"bigint", "$1::bigint", true},
		{"bigint", "$1::int8", true},
		{"bigint", "$1::real", false},
		{"bigint", "$1::integer", false},
		{"numeric", "$1::numeric", true},
		{"numeric", "$1::numeric(3, 0)", false},
		{"integer", "$1::int", true},
		{"smallint", "$1::smallint", true},
		{"text", "$1::text", true},
		{"text", "$1::bytea::text", false},
		{"tenant_id", "$1::tenant_id", true},
	} {
		cat := loadCatalog(t, "CREATE DOMAIN tenant_id AS bigint; CREATE TABLE tenants (id "+tt.column+" PRIMARY KEY); CREATE TABLE o (id int, t "+tt.column+" NOT NULL)", []config.Table{}...)
		r := certify.Check("SELECT * FROM o WHERE o.t = "+tt.value, 1, cat)
		if good := len(r.Findings) == 0; good != tt.good {
			t.Errorf("column %s, value %s: accepted %v, want %v: %v", tt.column, tt.value, good, tt.good, r.Findings)
		}
	}
}
