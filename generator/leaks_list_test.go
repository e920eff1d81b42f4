package generator

import (
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/internal/equivalence"
)

// sharedKey are the differences of an upsert whose key everybody shares.
var sharedKey = map[equivalence.Kind]string{equivalence.Failure: globalKey, equivalence.Rows: globalKey, equivalence.Tag: globalKey}

// leaks is the second list of the specification, with the shapes on the tables of
// internal/equivalence/testdata/leaks.
var leaks = []leak{
	{name: "01_subquery_of_in", cause: "the subquery of IN is not looked into", shapes: []shape{
		{sql: `SELECT * FROM o WHERE id IN (SELECT oid FROM li)`, sent: `SELECT * FROM o WHERE id IN (SELECT oid FROM li) AND o.t = $1`},
		{sql: `SELECT * FROM o WHERE id NOT IN (SELECT oid FROM li)`, sent: `SELECT * FROM o WHERE id NOT IN (SELECT oid FROM li) AND o.t = $1`},
	}},
	{name: "02_in_with_comma_join", cause: "an upgrade of the parser moved IN's operand, and the code that looked into it found none", shapes: []shape{
		{sql: `SELECT id FROM o WHERE id IN (SELECT li.oid FROM li, g WHERE g.id = li.gid)`,
			sent: `SELECT id FROM o WHERE id IN (SELECT li.oid FROM li, g WHERE g.id = li.gid) AND o.t = $1`},
	}},
	{name: "03_subquery_of_set", cause: "the subquery of an assignment is not looked into", shapes: []shape{
		{sql: `UPDATE o SET q = (SELECT sum(qty) FROM li WHERE li.oid = o.id) RETURNING id, q`,
			sent: `UPDATE o SET q = (SELECT sum(qty) FROM li WHERE li.oid = o.id) WHERE o.t = $1 RETURNING id, q`},
	}},
	{name: "04_subquery_in_expression", cause: "subqueries in CASE, in arguments and beside operators are not looked into", shapes: []shape{
		{sql: `SELECT id, CASE WHEN coalesce((SELECT max(qty) FROM li WHERE li.oid = 5) + 1, 0) < 5 THEN x ELSE y END FROM o`,
			sent: `SELECT id, CASE WHEN coalesce((SELECT max(qty) FROM li WHERE li.oid = 5) + 1, 0) < 5 THEN x ELSE y END FROM o WHERE o.t = $1`},
		{sql: `SELECT abs(-(SELECT count(*) FROM li))::text || (NOT EXISTS (SELECT FROM li WHERE oid = 1)) FROM g`},
	}},
	{name: "05_second_comma_table", cause: "the second table of a comma join gets no predicate", shapes: []shape{
		{sql: `SELECT a.id, b.qty FROM o a, li b WHERE a.id = b.oid`, sent: `SELECT a.id, b.qty FROM o a, li b WHERE a.id = b.oid AND a.t = $1`},
	}},
	{name: "06_plain_join_right_arm", cause: "the right arm of JOIN gets no predicate", shapes: []shape{
		{sql: `SELECT a.id, b.qty FROM o a JOIN li b ON b.oid = a.id WHERE a.x = 1 OR a.y > 2`,
			sent: `SELECT a.id, b.qty FROM o a JOIN li b ON b.oid = a.id WHERE (a.x = 1 OR a.y > 2) AND a.t = $1`},
	}},
	{name: "07_left_then_right_join", cause: "the condition of the RIGHT JOIN gets the predicate of the wrong table", shapes: []shape{
		{sql: `SELECT a.id, b.qty, c.id FROM o a LEFT JOIN li b ON b.oid = a.id RIGHT JOIN doc c ON c.id = a.id`,
			sent: `SELECT a.id, b.qty, c.id FROM o a LEFT JOIN li b ON b.oid = a.id AND b.t = $1 RIGHT JOIN doc c ON c.id = a.id AND b.t = $1 WHERE c.owner = $1`},
	}},
	{name: "08_right_join", cause: "the sides of a RIGHT JOIN are taken for those of a LEFT JOIN", shapes: []shape{
		{sql: `SELECT a.id, b.id FROM o a RIGHT JOIN li b ON b.oid = a.id`,
			sent: `SELECT a.id, b.id FROM o a RIGHT JOIN li b ON b.oid = a.id AND b.t = $1 WHERE a.t = $1`},
	}},
	{name: "09_or_first", cause: "AND binds closer than the author's OR", shapes: []shape{
		{sql: `SELECT id FROM o WHERE x = 1 OR y = 2`, sent: `SELECT id FROM o WHERE x = 1 OR y = 2 AND o.t = $1`},
		{sql: `DELETE FROM loose WHERE id = 1 OR id = 2`, sent: `DELETE FROM loose WHERE id = 1 OR id = 2 AND loose.t = $1`},
	}},
	{name: "10_with_in_derived_table", cause: "WITH inside a derived table is not looked into", shapes: []shape{
		{sql: `SELECT count(*) FROM (WITH RECURSIVE a AS (SELECT * FROM o) SELECT * FROM a) m`},
	}},
	{name: "11_cte_taken_for_table", cause: "a reference to a common table expression gets a predicate, and an outer join's goes to WHERE", shapes: []shape{
		{sql: `WITH RECURSIVE d AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM d WHERE n < 5) SELECT d.n, o.k FROM d LEFT JOIN o ON o.id = d.n`,
			sent: `WITH RECURSIVE d AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM d WHERE n < 5) SELECT d.n, o.k FROM d LEFT JOIN o ON o.id = d.n WHERE o.t = $1`},
	}},
	{name: "12_global_table_in_join", cause: "tables on the list of global ones get a predicate in joins and subqueries", shapes: []shape{
		{sql: `SELECT o.id, g.name FROM o JOIN g ON g.id = o.gid WHERE EXISTS (SELECT FROM g AS x WHERE x.id = o.x)`},
	}},
	{name: "13_quoted_or_folded_name", cause: "a quoted name, or one in other case, is not on the list", shapes: []shape{
		{sql: `SELECT id FROM "o"`},
		{sql: `SELECT Id FROM O`},
		{sql: `SELECT v FROM "Big"`},
		{sql: `SELECT v FROM BIG`, refused: diag.RelationUnknown}, // another table
	}},
	{name: "14_quoted_tenant_column", cause: "a quoted tenant column is not recognised, and added a second time", shapes: []shape{
		{sql: `INSERT INTO o (id, "t", K) VALUES ($1, $2, 'new')`, sent: `INSERT INTO o (id, "t", K, t) VALUES ($1, $2, 'new', $2)`},
		{sql: `INSERT INTO o (id, "t") VALUES (77, 2)`, refused: diag.TenantColumnWrite},
		{sql: `INSERT INTO "Big" (id, "T") VALUES ($1, $2) RETURNING id`, sent: `INSERT INTO "Big" (id, "T", "T") VALUES ($1, $2, $2) RETURNING id`},
	}},
	{name: "15_schema_of_the_name", cause: "the wrong part of other.b is taken for the table", shapes: []shape{
		{sql: `SELECT a.id, b.v FROM o a LEFT JOIN other.b ON b.id = a.id`, sent: `SELECT a.id, b.v FROM o a LEFT JOIN other.b ON b.id = a.id WHERE a.t = $1`},
		{sql: `SELECT a.id, b.v, x.v FROM o a LEFT JOIN b ON b.id = a.id LEFT JOIN other.b AS x ON x.id = a.id`},
	}},
	{name: "16_upsert_takes_the_row_over", cause: "the update of an upsert sets the tenant column", shapes: []shape{
		{sql: `INSERT INTO u (email, n) VALUES ($1, $2) ON CONFLICT (email) DO UPDATE SET n = 1`, known: sharedKey,
			sent: `INSERT INTO u (email, n, t) VALUES ($1, $2, $3) ON CONFLICT (email) DO UPDATE SET n = 1, t = $3`},
		{sql: `INSERT INTO u (email) VALUES ($1) ON CONFLICT (email) DO UPDATE SET t = excluded.t`, refused: diag.TenantColumnWrite},
	}},
	{name: "17_unqualified_predicate", cause: "the predicate names no table: ambiguous in joins and in ON CONFLICT, and in a subquery it may mean the outer table", shapes: []shape{
		{sql: `SELECT o.id FROM o JOIN li ON li.oid = o.id`, sent: `SELECT o.id FROM o JOIN li ON li.oid = o.id WHERE t = $1`},
		{sql: `INSERT INTO o (id, x) VALUES ($1, $2) ON CONFLICT (t, id) DO UPDATE SET x = excluded.x`,
			sent: `INSERT INTO o (id, x, t) VALUES ($1, $2, $3) ON CONFLICT (t, id) DO UPDATE SET x = excluded.x WHERE t = $3`},
		{sql: `SELECT id FROM o WHERE EXISTS (SELECT 1 FROM ch WHERE ch.pid = o.id)`,
			sent: `SELECT id FROM o WHERE EXISTS (SELECT 1 FROM ch WHERE ch.pid = o.id AND t = $1) AND t = $1`},
	}},
	{name: "18_context_lost", cause: "an asynchronous task has lost the tenant, and runs as tenant 0; a list of tenants becomes t = t IN (…)",
		held: []string{"runtime TestTenantCheck", "examples/app TestWithoutTenant"}},
	{name: "19_cross_using_natural", cause: "a join without a condition leaves its right table, or both, without a predicate", shapes: []shape{
		{sql: `SELECT o.id, li.qty FROM o CROSS JOIN li`, sent: `SELECT o.id, li.qty FROM o CROSS JOIN li WHERE o.t = $1`},
		{sql: `SELECT id, o.k, li.qty FROM o INNER JOIN li USING (id)`, sent: `SELECT id, o.k, li.qty FROM o INNER JOIN li USING (id) WHERE o.t = $1`},
		{sql: `SELECT id, k, qty FROM o LEFT JOIN li USING (id)`, sent: `SELECT id, k, qty FROM o LEFT JOIN li USING (id) WHERE o.t = $1`},
		{sql: `SELECT count(*) FROM li NATURAL JOIN g`},
		{sql: `SELECT name, extra FROM base NATURAL LEFT JOIN sub`},
	}},
	{name: "20_subqueries_of_other_clauses", cause: "subqueries in ANY, BETWEEN, HAVING, ORDER BY, LIMIT and ON are not looked into", shapes: []shape{
		{sql: `SELECT id FROM o WHERE id = ANY (SELECT oid FROM li)`, sent: `SELECT id FROM o WHERE id = ANY (SELECT oid FROM li) AND o.t = $1`},
		{sql: `SELECT id FROM o WHERE y BETWEEN (SELECT min(qty) FROM li) / 10 AND 100`},
		{sql: `SELECT x FROM o GROUP BY x HAVING count(*) >= (SELECT count(*) / 3 FROM li)`},
		{sql: `SELECT id FROM o ORDER BY (SELECT max(qty) FROM li WHERE li.oid = o.id) DESC NULLS LAST, id LIMIT 1`},
		{sql: `SELECT id FROM o ORDER BY id LIMIT (SELECT count(*) FROM li) - 1`, sent: `SELECT id FROM o WHERE o.t = $1 ORDER BY id LIMIT (SELECT count(*) FROM li) - 1`},
		{sql: `SELECT g.id, o.k FROM g LEFT JOIN o ON o.gid = g.id AND o.id IN (SELECT oid FROM li)`},
	}},
	{name: "21_subquery_of_delete", cause: "subqueries in the WHERE of UPDATE and DELETE are not looked into", shapes: []shape{
		{sql: `DELETE FROM loose WHERE id IN (SELECT oid FROM li)`, sent: `DELETE FROM loose WHERE id IN (SELECT oid FROM li) AND loose.t = $1`},
		{sql: `UPDATE o SET q = 0 WHERE id IN (SELECT oid FROM li)`, sent: `UPDATE o SET q = 0 WHERE id IN (SELECT oid FROM li) AND o.t = $1`},
	}},
	{name: "22_update_of_two_tables", cause: "an UPDATE of several tables gets one predicate", shapes: []shape{
		{sql: `UPDATE o AS a SET x = b.y FROM o AS b WHERE a.k = b.k AND b.id = 2`, sent: `UPDATE o AS a SET x = b.y FROM o AS b WHERE a.k = b.k AND b.id = 2 AND a.t = $1`},
	}},
	{name: "23_insert_select", cause: "an INSERT that lists the tenant column, or that is into a global table, is left as it is, and its SELECT too", shapes: []shape{
		{sql: `INSERT INTO o (id, t) SELECT id + 100, t FROM loose`, sent: `INSERT INTO o (id, t) SELECT id + 100, t FROM loose`},
		{sql: `INSERT INTO g (id, name) SELECT id + 100, k FROM o`, refused: diag.GlobalWrite},
		{sql: `INSERT INTO o (id, k) SELECT id + 100, k FROM o`, sent: `INSERT INTO o (id, k, t) SELECT id + 100, k, t FROM o`},
		{sql: `INSERT INTO o (id, q, t) SELECT id + 100, qty, $1 FROM li`, sent: `INSERT INTO o (id, q, t) SELECT id + 100, qty, $1 FROM li`},
	}},
	{name: "24_statements_passed_through", cause: "TRUNCATE, MERGE and changes in WITH pass through", shapes: []shape{
		{sql: `TRUNCATE o`, refused: diag.StatementRefused},
		{sql: `WITH d AS (DELETE FROM loose WHERE id > 0 RETURNING id) SELECT id FROM d`},
		{sql: `MERGE INTO o USING li ON li.oid = o.id WHEN MATCHED THEN UPDATE SET q = li.qty`, sent: `MERGE INTO o USING li ON li.oid = o.id WHEN MATCHED AND o.t = $1 THEN UPDATE SET q = li.qty`},
		{sql: `WITH n AS (INSERT INTO o (id, k) VALUES ($1, 'new') RETURNING id) SELECT n.id, li.qty FROM n LEFT JOIN li ON li.oid = n.id`},
	}},
	{name: "25_cached_statement", cause: "a prepared statement keeps the tenant before",
		held: []string{"generator TestOneStatementForManyTenants", "examples TestEveryMethodInEveryMode", "isolation/postgres TestRowFilterConforms"}},
	{name: "26_update_with_limit", cause: "the predicate is only in the subquery that holds the LIMIT", shapes: []shape{
		{sql: `UPDATE o SET x = 0 WHERE id IN (SELECT id FROM o ORDER BY id LIMIT 2)`, sent: `UPDATE o SET x = 0 WHERE id IN (SELECT id FROM o WHERE o.t = $1 ORDER BY id LIMIT 2)`},
	}},
	{name: "27_join_lost_the_tenant", cause: "a join by an id that repeats in every tenant", shapes: []shape{
		{sql: `SELECT o.id, li.qty FROM o JOIN li ON li.oid = o.id`, sent: `SELECT o.id, li.qty FROM o JOIN li ON li.oid = o.id WHERE o.t = $1`},
		{sql: `SELECT o.id, tag.name FROM o JOIN otag ON otag.oid = o.id JOIN tag ON tag.id = otag.tid`,
			sent: `SELECT o.id, tag.name FROM o JOIN otag ON otag.oid = o.id AND otag.t = $1 JOIN tag ON tag.id = otag.tid WHERE o.t = $1`},
	}},
	{name: "28_nil_tenant", cause: "without a tenant the predicate becomes t IS NULL",
		held: []string{"runtime TestTenantCheckFailsClosed", "isolation/postgres TestRowFilterConforms", "examples/app TestWithoutTenant"}},
	{name: "29_other_tenant_column", cause: "tables whose tenant columns differ in name get each other's", shapes: []shape{
		{sql: `SELECT o.id, doc.name FROM o JOIN doc ON doc.id = o.id`, sent: `SELECT o.id, doc.name FROM o JOIN doc ON doc.id = o.id WHERE o.t = $1`},
		{sql: `UPDATE doc SET name = 'x' WHERE id = $1 RETURNING id`},
	}},
	{name: "30_empty_condition", cause: "a join whose condition is empty becomes ON AND", shapes: []shape{
		{sql: `SELECT o.id, li.qty FROM o LEFT JOIN li ON true`, sent: `SELECT o.id, li.qty FROM o LEFT JOIN li ON AND li.t = $1 WHERE o.t = $1`},
	}},
	{name: "31_author_names_a_tenant", cause: "the author's own comparison of the tenant column switches the tool's off", shapes: []shape{
		{sql: `SELECT id FROM o WHERE t = 2`, sent: `SELECT id FROM o WHERE t = 2`},
		{sql: `SELECT id FROM o WHERE t = 2 OR 1 = 1`},
		{sql: `SELECT id FROM o WHERE t = $1 OR x = 1`},
		{sql: `SELECT id FROM o WHERE NOT t = $1`},
	}},
	{name: "32_outer_join_with_global", cause: "the predicate goes into ON whatever the side", shapes: []shape{
		{sql: `SELECT g.name, o.id FROM g RIGHT JOIN o ON o.gid = g.id`, sent: `SELECT g.name, o.id FROM g RIGHT JOIN o ON o.gid = g.id AND o.t = $1`},
		{sql: `SELECT g.name, o.id FROM g FULL JOIN o ON o.gid = g.id`, sent: `SELECT g.name, o.id FROM g FULL JOIN o ON o.gid = g.id AND o.t = $1`},
		{sql: `SELECT li.id, o.id FROM li FULL JOIN o ON li.oid = o.id`, sent: `SELECT li.id, o.id FROM li FULL JOIN o ON li.oid = o.id AND o.t = $1 WHERE li.t = $1`},
	}},
	{name: "33_roads_of_one_orm", cause: "joined subqueries, bulk inserts, orders and aggregates each have a road of their own, and one had no filter", shapes: []shape{
		{sql: `SELECT o.id, s.n FROM o JOIN (SELECT oid, count(*) AS n FROM li GROUP BY oid) AS s ON s.oid = o.id`,
			sent: `SELECT o.id, s.n FROM o JOIN (SELECT oid, count(*) AS n FROM li GROUP BY oid) AS s ON s.oid = o.id WHERE o.t = $1`},
		{sql: `INSERT INTO o (id, k) VALUES (91, 'a'), (92, 'b'), ($1, 'c')`},
		{sql: `SELECT count(*), max(q), min(k) FROM o`},
		{sql: `SELECT x, sum(q) FROM o GROUP BY ROLLUP (x)`},
	}},
	{name: "34_base_is_global", cause: "the base table is global, the joined one is not", shapes: []shape{
		{sql: `SELECT g.* FROM g JOIN li ON li.gid = g.id`, sent: `SELECT g.* FROM g JOIN li ON li.gid = g.id`},
	}},
	{name: "35_foreign_key_to_another_tenant", cause: "a foreign key accepts another tenant's row", shapes: []shape{
		{sql: `INSERT INTO loose (id, pid) VALUES (50, $1) RETURNING id`, sent: `INSERT INTO loose (id, pid, t) VALUES (50, $1, $2) RETURNING id`},
	}},
	{name: "36_tenant_is_set", cause: "an update that goes round the model sets the tenant", shapes: []shape{
		{sql: `UPDATE o SET t = 2 WHERE id = 1`, refused: diag.TenantColumnWrite},
		{sql: `UPDATE o SET (x, t) = (1, $1) WHERE id = 1`, refused: diag.TenantColumnWrite},
	}},
	{name: "37_update_by_key", cause: "the default scope is not applied to UPDATE and DELETE by the primary key", shapes: []shape{
		{sql: `UPDATE o SET x = 1 WHERE id = $1`}, {sql: `DELETE FROM li WHERE id = $1`},
	}},
	{name: "38_child_written_first", cause: "rows of children are written before anybody asks whose the parent is", shapes: []shape{
		{sql: `UPDATE ch SET v = $1 WHERE id = $2`}, {sql: `DELETE FROM ch WHERE id = $1`},
		{sql: `INSERT INTO ch (pid, v) VALUES ($1, 'new') RETURNING pid`, sent: `INSERT INTO ch (pid, v) VALUES ($1, 'new') RETURNING pid`},
		{sql: `UPDATE ch SET pid = $1 WHERE v LIKE 'v%1'`,
			sent: `UPDATE ch SET pid = $1 WHERE v LIKE 'v%1' AND EXISTS (SELECT 1 FROM par WHERE par.id = ch.pid AND par.t = $2)`},
		{sql: `UPDATE par SET name = 'x' WHERE id = $1`},
	}},
	{name: "39_load_by_key", cause: "the plan for loading by key is made without the filter", shapes: []shape{{sql: `SELECT x, k FROM o WHERE id = $1`}}},
	{name: "40_filters_only_read", cause: "UPDATE and DELETE get no filter", shapes: []shape{{sql: `UPDATE o SET x = 0`}, {sql: `DELETE FROM loose`}}},
	{name: "41_tenant_baked_in", cause: "the first tenant's id stays in a cached model or query", held: []string{"generator TestOneStatementForManyTenants"}},
	{name: "42_joined_inheritance", cause: "the table of the subclass is read without the base that holds the tenant", shapes: []shape{
		{sql: `SELECT extra FROM sub`}, {sql: `SELECT base.name, sub.extra FROM base LEFT JOIN sub ON sub.id = base.id`},
		{sql: `SELECT sub.extra, base.name FROM sub LEFT JOIN base ON base.id = sub.id`,
			sent: `SELECT sub.extra, base.name FROM sub LEFT JOIN base ON base.id = sub.id AND base.t = $1`},
	}},
	{name: "43_many_to_many", cause: "the join table, or the table behind it, goes without the rule", shapes: []shape{
		{sql: `SELECT id FROM o WHERE EXISTS (SELECT 1 FROM otag JOIN tag ON tag.id = otag.tid WHERE otag.oid = o.id)`,
			sent: `SELECT id FROM o WHERE EXISTS (SELECT 1 FROM otag JOIN tag ON tag.id = otag.tid WHERE otag.oid = o.id) AND o.t = $1`},
		{sql: `SELECT n.name, o.id FROM o JOIN tenants n ON n.id = o.t`, sent: `SELECT n.name, o.id FROM o JOIN tenants n ON n.id = o.t`},
	}},
	{name: "44_nested_write", cause: "a nested write attaches another tenant's row", shapes: []shape{
		{sql: `UPDATE loose SET pid = $1 WHERE id = 1 RETURNING id`, sent: `UPDATE loose SET pid = $1 WHERE id = 1 AND loose.t = $2 RETURNING id`},
		{sql: `WITH p AS (INSERT INTO par (id, name) VALUES (70, 'new') RETURNING id) INSERT INTO ch (pid, v) SELECT id, 'x' FROM p RETURNING v`},
		{sql: `WITH p AS (INSERT INTO loose (id, pid) VALUES (60, $1) RETURNING id) SELECT id FROM p`,
			sent: `WITH p AS (INSERT INTO loose (id, pid) VALUES (60, $1) RETURNING id) SELECT id FROM p`},
	}},
	{name: "45_cte_hides_a_table", cause: "the name of a common table expression hides a read of the table", shapes: []shape{
		{sql: `WITH o AS (SELECT 1) SELECT z.id, z.k FROM (SELECT * FROM public.o) z`, sent: `WITH o AS (SELECT 1) SELECT z.id, z.k FROM (SELECT * FROM public.o) z`},
		{sql: `WITH o AS (SELECT * FROM o) SELECT id, k FROM o`, sent: `WITH o AS (SELECT * FROM o) SELECT id, k FROM o`},
		{sql: `WITH x AS (SELECT * FROM o), o AS (SELECT 1) SELECT id, k FROM x`, sent: `WITH x AS (SELECT * FROM o), o AS (SELECT 1) SELECT id, k FROM x`},
		{sql: `WITH loose AS (SELECT 1 AS id) DELETE FROM loose WHERE id IN (SELECT id FROM loose)`},
	}},
	{name: "46_second_road", cause: "another road to the database goes without the rewriting", held: []string{
		"generator TestManifestOfExample", "generator FuzzCompile"}},
	{name: "47_schema_in_the_from", cause: "a table in place of FROM public.o loses the name o", shapes: []shape{
		{sql: `SELECT o.id, o.k FROM public.o`}, {sql: `SELECT public.o.id FROM public.o FULL JOIN public.li ON li.oid = o.id`, refused: diag.PlacementImpossible},
		{sql: `SELECT o.id, li.id FROM public.o FULL JOIN public.li ON li.oid = o.id`},
	}},
	{name: "48_upsert_without_guard", cause: "the update of an upsert has no condition", shapes: []shape{
		{sql: `INSERT INTO u (email, n) VALUES ($1, 1) ON CONFLICT (email) DO UPDATE SET n = u.n + 1 RETURNING n`, known: sharedKey,
			sent: `INSERT INTO u (email, n, t) VALUES ($1, 1, $2) ON CONFLICT (email) DO UPDATE SET n = u.n + 1 RETURNING n`},
		{sql: `SELECT ch.v, par.name FROM ch LEFT JOIN par ON par.id = ch.pid`},
	}},
	{name: "49_upsert_on_shared_key", cause: "an upsert by a key that all tenants share, or whose tenant is NULL, changes another's row", shapes: []shape{
		{sql: `INSERT INTO u (email, n) VALUES ('b@2', 7) ON CONFLICT (email) DO UPDATE SET n = excluded.n`, known: sharedKey,
			sent: `INSERT INTO u (email, n, t) VALUES ('b@2', 7, $1) ON CONFLICT (email) DO UPDATE SET n = excluded.n`},
		{sql: `INSERT INTO nt (k, n) VALUES ('k', 7) ON CONFLICT (t, k) DO UPDATE SET n = excluded.n`,
			sent: `INSERT INTO nt (k, n, t) VALUES ('k', 7, NULL) ON CONFLICT (t, k) DO UPDATE SET n = excluded.n`},
		{sql: `UPDATE nt SET n = 0 WHERE k = 'k'`, sent: `UPDATE nt SET n = 0 WHERE k = 'k' AND (nt.t = $1 OR nt.t IS NULL)`},
	}},
	{name: "50_one_side_of_a_join", cause: "one table of a join is tied to the tenant, and the ids repeat", shapes: []shape{
		{sql: `DELETE FROM li USING o WHERE o.id = li.oid AND o.t = $1`, sent: `DELETE FROM li USING o WHERE o.id = li.oid AND o.t = $1`},
	}},
	{name: "51_no_where", cause: "the scope is a part of WHERE, and a query has none", shapes: []shape{{sql: `SELECT id, k FROM o`}, {sql: `TABLE o`, refused: diag.SyntaxUnsupported}}},
	{name: "52_list_then_fetch", cause: "the second of two queries has no WHERE, and rows are matched by name", shapes: []shape{
		{sql: `SELECT id FROM o WHERE k = $1`}, {sql: `SELECT oid, qty FROM li`},
	}},
	{name: "53_way_out_for_lookups", cause: "a look-up in a context without scope merges tenants", held: []string{
		"generator TestGolden", "generator TestManifestOfExample"}},
	{name: "54_connection_is_used_again", cause: "a session's setting outlives the checkout from the pool", held: []string{"isolation/postgres TestRLSConforms", "isolation/postgres TestSuiteCatchesBrokenProviders"}},
	{name: "55_setting_is_empty", cause: "after SET LOCAL the setting is '' and not NULL", held: []string{"generator/emit/ddl TestRowsOfOneTenant"}},
	{name: "56_or_of_a_builder", cause: "a query builder adds OR, and models that refer to scoped ones are read on their own", shapes: []shape{
		{sql: `SELECT id FROM o WHERE (x = 1) OR NOT (y = 2)`, sent: `SELECT id FROM o WHERE o.t = $1 AND (x = 1) OR NOT (y = 2)`},
		{sql: `SELECT v FROM ch`, sent: `SELECT v FROM ch`},
	}},
	{name: "57_faults_of_the_server", cause: "plans and statistics of PostgreSQL that went round row security", shapes: []shape{
		{sql: `SELECT most_common_vals::text FROM pg_stats`, refused: diag.RelationUnknown},
		{sql: `SELECT query FROM pg_catalog.pg_stat_activity`, refused: diag.RelationUnknown},
	}},
	{name: "58_merge_not_matched_by_source", cause: "with the predicate in ON alone, every other tenant's rows are not matched", shapes: []shape{
		{sql: `MERGE INTO loose USING li ON loose.id = li.id WHEN NOT MATCHED BY SOURCE THEN DELETE`, since: 17,
			sent: `MERGE INTO loose USING (SELECT * FROM li WHERE li.t = $1) AS li ON loose.id = li.id AND loose.t = $1 WHEN NOT MATCHED BY SOURCE THEN DELETE`},
	}},
	{name: "59_update_or_replace", cause: "SQLite's UPDATE OR REPLACE deletes the row in the way", absent: "PostgreSQL has neither REPLACE nor UPDATE OR REPLACE"},
	{name: "60_set_null_on_the_tenant", cause: "ON DELETE SET NULL of a key that holds the tenant sets the tenant to NULL", shapes: []shape{
		{sql: `DELETE FROM o WHERE id IN (4, 5)`}, // an error in both: the tenant is NOT NULL
	}},
	{name: "61_nullable_tenant_in_a_key", cause: "a key that holds a NULL is not checked", shapes: []shape{
		{sql: `INSERT INTO npin (id, oid) VALUES (7, $1) RETURNING id`, sent: `INSERT INTO npin (id, oid, t) VALUES (7, $1, NULL) RETURNING id`},
	}},
}
