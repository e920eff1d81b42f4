INSERT INTO tenants VALUES (1, 'one'), (2, 'two'), (3, 'three');
INSERT INTO g VALUES (1, 'g1'), (2, 'g2'), (3, 'g3'), (4, 'g4');

-- Tenant 1 has orders 1 to 4, tenant 2 has 1 to 6, tenant 3 has none.
INSERT INTO o (t, id, gid, k, x, y, q)
SELECT t, i, CASE WHEN i % 3 > 0 THEN i % 3 + t - 1 END, 'k' || i % 2, i % 3, 10 * t + i, CASE WHEN i % 2 = t % 2 THEN i END
FROM generate_series(1, 2) AS t, generate_series(1, 6) AS i WHERE t = 2 OR i < 5;
-- Items of orders that the other tenant has none of.
INSERT INTO li (t, id, oid, gid, qty)
SELECT t, i, 2 * i - t + 1, i + t - 1, 100 * t + i FROM generate_series(1, 2) AS t, generate_series(1, 3) AS i;

INSERT INTO par VALUES (1, 1, 'p'), (2, 2, 'p'), (3, 1, 'q'), (4, 2, 'r'), (5, 2, 's');
INSERT INTO ch (id, pid, v) SELECT 10 * p + c, p, 'v' || p || c FROM generate_series(1, 5) AS p, generate_series(1, 2) AS c WHERE p <> 5;
INSERT INTO loose VALUES (1, 1, 1), (1, 2, 3), (2, 1, 2), (2, 2, 4), (2, 3, 4);
INSERT INTO u VALUES ('a@1', 1, 1), ('b@2', 2, 2), ('c@2', 3, 2);
INSERT INTO nt VALUES (1, 'k', 1), (2, 'k', 2), (NULL, 'k', 9);
INSERT INTO pin VALUES (1, 1, 4), (2, 1, 5), (2, 2, NULL);
INSERT INTO npin VALUES (1, 1, 1), (2, 1, 5), (NULL, 2, 99);
INSERT INTO doc VALUES (1, 1, 'd1'), (1, 2, 'd2'), (2, 1, 'd1'), (2, 5, 'd5');
INSERT INTO base VALUES (1, 1, 'b1'), (2, 2, 'b2'), (3, 1, 'b3');
INSERT INTO sub VALUES (1, 's1'), (2, 's2');
INSERT INTO tag VALUES (1, 1, 'red'), (2, 1, 'blue'), (2, 2, 'green');
INSERT INTO otag VALUES (1, 1, 1), (2, 2, 1), (2, 3, 2);
INSERT INTO b VALUES (1, 'for all'), (2, 'for all');
INSERT INTO other.b VALUES (1, 1, 'one''s'), (2, 1, 'two''s'), (2, 2, 'two''s');
INSERT INTO "Big" VALUES (1, 1, 'one'), (2, 2, 'two');
