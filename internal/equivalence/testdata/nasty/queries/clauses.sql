-- name: GroupBySubquery :many
SELECT count(*), max(words) FROM docs GROUP BY (SELECT max(n.n) FROM notes n WHERE n.doc_id = docs.id);

-- name: OnSubquery :many
SELECT p.id, l.a FROM people p LEFT JOIN lefts l ON l.k = p.id AND l.k IN (SELECT k FROM rights) OR p.score < (SELECT avg(words) FROM docs);

-- name: InLeft :many
SELECT id FROM people WHERE (SELECT count(*) FROM docs d WHERE d.owner_id = people.id) IN (1, 2, (SELECT max(k) FROM lefts));

-- name: BetweenSubqueries :many
SELECT title FROM docs WHERE words NOT BETWEEN (SELECT min(score) FROM people) AND least((SELECT max(score) FROM people), 50);

-- name: AggregateOrderSubquery :many
SELECT string_agg(name, ',' ORDER BY (SELECT max(words) FROM docs d WHERE d.owner_id = p.id) DESC NULLS LAST, id) FROM people p;

-- name: ValuesStatement :many
VALUES (1, (SELECT count(*) FROM docs)), ($1::integer, (SELECT min(id) FROM people));

-- name: RowsFrom :many
SELECT r.a, r.b, p.name FROM ROWS FROM (generate_series(1, (SELECT max(id) FROM people)), unnest($1::integer[])) AS r (a, b) LEFT JOIN people p ON p.id = r.a;

-- name: LockNoWait :many
SELECT d.id, p.name FROM docs d LEFT JOIN people p ON p.id = d.owner_id WHERE d.words > $1 FOR NO KEY UPDATE OF d NOWAIT;

-- name: NothingReturning :many
INSERT INTO counters (name, value) VALUES ($1, $2), ('main', 1) ON CONFLICT (org_id, name) DO NOTHING RETURNING name, value;

-- name: UserValue :many
INSERT INTO docs (id, title, words) OVERRIDING USER VALUE VALUES ($1, $2, 3) RETURNING title, words;
