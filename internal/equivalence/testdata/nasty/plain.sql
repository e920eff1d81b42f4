-- Rows for SQLite and MySQL. Tenants one to three have nearly the same rows, four has
-- none.
INSERT INTO regions VALUES ('n', 'North'), ('s', 'South'), ('x', 'Three''s'), ('y', 'Unused');
INSERT INTO orgs VALUES ('one', 'One', 'n'), ('two', 'Two', 's'), ('three', 'Three', NULL), ('four', 'Four', 'n');

INSERT INTO people (org_id, id, name, email, boss_id, region, score)
SELECT t.o, p.p, CONCAT('P', p.p % 3), CASE WHEN p.p < 5 THEN CONCAT('p', p.p, '@example.com') END,
    CASE p.p WHEN 1 THEN NULL WHEN 2 THEN 1 WHEN 3 THEN 1 WHEN 4 THEN 2 WHEN 5 THEN 2 ELSE 3 END,
    CASE p.p % 3 WHEN 0 THEN 'n' WHEN 1 THEN 's' ELSE CASE WHEN t.o = 'three' THEN 'x' END END, CASE WHEN p.p <> 3 THEN 10 * t.x + p.p % 2 END
FROM (SELECT 'one' AS o, 1 AS x UNION ALL SELECT 'two', 2 UNION ALL SELECT 'three', 3) AS t,
    (SELECT 1 AS p UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6) AS p
WHERE t.x < 3 OR p.p < 5;

INSERT INTO docs (id, owner_id, title, state, words, org_id)
SELECT t.x * 100 + d.d, CASE WHEN d.d % 3 > 0 THEN d.d % 3 END, CONCAT('Doc ', d.d), CASE (d.d + t.x) % 3 WHEN 0 THEN 'idea' WHEN 1 THEN 'live' ELSE 'gone' END,
    d.d * 10 + t.x, t.o
FROM (SELECT 'one' AS o, 1 AS x UNION ALL SELECT 'two', 2 UNION ALL SELECT 'three', 3) AS t,
    (SELECT 1 AS d UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6) AS d;

INSERT INTO people (org_id, id, name, boss_id) VALUES ('two', 7, 'P1', 3);

-- Titles and owners that no other tenant has.
INSERT INTO docs (id, owner_id, title, state, words, org_id) VALUES
    (107, 3, 'Only 1', 'live', 5, 'one'), (207, 4, 'Only 2', 'live', 10, 'two'), (307, 4, 'Only 3', 'live', 15, 'three');

INSERT INTO notes (id, doc_id, n, body)
SELECT t.x * 1000 + d.d * 10 + n.n, t.x * 100 + d.d, n.n, CASE WHEN n.n = 1 THEN CONCAT('body ', d.d) END
FROM (SELECT 1 AS x UNION ALL SELECT 2 UNION ALL SELECT 3) AS t,
    (SELECT 1 AS d UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4) AS d, (SELECT 1 AS n UNION ALL SELECT 2) AS n
WHERE NOT (t.x = 2 AND d.d = 1);

INSERT INTO marks (id, note_id, mark) VALUES
    (1002, 1021, 'good'), (1003, 1031, 'bad'), (2002, 2021, 'good'), (2003, 2031, 'bad'), (3002, 3021, 'good'), (3003, 3031, 'bad');

INSERT INTO slugs (slug, org_id, hits) VALUES ('slug 1', 'one', 1), ('slug 2', 'two', 2), ('slug 3', 'three', 3), ('more', 'one', 7);
INSERT INTO counters (name, org_id, value) VALUES ('main', 'one', 5), ('side', 'one', 1), ('side', 'two', 2), ('main', 'three', 9);

INSERT INTO lefts (org_id, k, a) VALUES
    ('one', 1, 'a1'), ('one', 2, 'a2'), ('one', 2, 'a2'), ('one', NULL, 'an'), ('two', 1, 'a1'), ('two', 3, 'a3'), ('three', 4, 'a4'), ('three', 1, 'a1'), (NULL, 1, 'nobody');
INSERT INTO rights (org_id, k, b) VALUES
    ('one', 2, 'b2'), ('one', 5, 'b5'), ('one', NULL, 'bn'), ('two', 1, 'b1'), ('two', 1, 'b1'), ('three', 2, 'b2'), (NULL, 1, 'nobody');

INSERT INTO folders (id, org_id, name) VALUES (11, 'one', 'a'), (12, 'one', 'b'), (21, 'two', 'a'), (31, 'three', 'c');
INSERT INTO files (id, folder_id, org_id, size) VALUES
    (111, 11, 'one', 5), (112, 21, 'one', 6), (113, NULL, 'one', NULL), (211, 11, 'two', 7), (212, 21, 'two', 5), (311, 12, 'three', 1);
INSERT INTO pins (org_id, name, folder_id) VALUES ('one', 'p', 11), ('one', 'q', NULL), ('two', 'p', 21), ('three', 'p', NULL), ('three', 'r', 11);

INSERT INTO boxes (a, b, org_id) VALUES (1, 1, 'one'), (1, 2, 'two'), (2, 1, 'three'), (2, 2, 'one'), (3, 1, 'two'), (3, 3, 'one');
INSERT INTO parts (id, box_a, box_b, spare_a, spare_b, what) VALUES
    (1, 1, 1, NULL, NULL, 'p'), (2, 2, 2, 1, 1, 'q'), (3, 1, 2, 1, 2, 'p'), (4, 2, 1, NULL, NULL, 'r'), (5, 3, 3, 3, NULL, 'half'),
    (6, 1, 1, 1, 2, 'lent'); -- its spare is another tenant's
INSERT INTO tags (doc_id, id, label) VALUES
    (101, 101, 'tag 1'), (102, 102, 'tag 2'), (103, 103, 'tag 3'), (201, 101, 'tag 1'), (202, 102, 'tag 2'), (203, 103, 'tag 3'), (301, 101, 'tag 1');

-- Shared forms have the codes of the tenants' own.
INSERT INTO forms (id, org_id, code, label, base_id) VALUES
    (1, NULL, 'a', 'Shared A', NULL), (2, NULL, 'b', NULL, 1), (3, NULL, 'a', 'Shared again', 2), (4, NULL, 'b', NULL, NULL),
    (11, 'one', 'a', 'One A', 1), (12, 'one', 'b', NULL, 11), (13, 'one', 'c', 'One C', 2),
    (21, 'two', 'a', 'Two A', 3), (22, 'two', 'd', 'Shared A', NULL), (31, 'three', 'a', NULL, 2),
    (14, 'one', 'e', NULL, 21); -- based on another tenant's
INSERT INTO fields (id, form_id, name, width)
SELECT f.id * 10 + n.n, f.id, CONCAT('field ', n.n), CASE WHEN n.n = 1 THEN f.id END FROM forms AS f, (SELECT 1 AS n UNION ALL SELECT 2) AS n WHERE f.id <> 12;
INSERT INTO answers (id, org_id, form_id, old_id, answer) VALUES
    (101, 'one', 1, NULL, 'to shared'), (102, 'one', 11, 2, 'to own'), (103, 'one', 13, 11, NULL), (104, 'one', 14, NULL, NULL), (105, 'one', 11, 21, 'to another''s'),
    (201, 'two', 1, 3, 'to shared'), (202, 'two', 21, NULL, 'to own'), (11, 'two', 21, NULL, 'an id of a form'), (301, 'three', 2, 1, 'to shared');
