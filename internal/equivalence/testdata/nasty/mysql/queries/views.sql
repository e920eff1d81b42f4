-- name: ViewLive :many
SELECT * FROM live_docs WHERE id > ?;

-- name: ViewOfTenant :many
SELECT title FROM live_docs WHERE org_id = ?;

-- name: ViewOuter :many
SELECT r.name, v.name FROM regions r LEFT JOIN people_by_region v ON v.region_name = r.name;

-- name: ViewByState :many
SELECT state, docs, regions FROM docs_by_state ORDER BY state;

-- name: ViewOfPeople :many
SELECT title, owner_name FROM doc_people WHERE owner_name IS NOT NULL;

-- name: ViewCounts :many
SELECT * FROM note_counts;

-- name: ViewLongest :many
SELECT l.title, d.state FROM longest_docs AS l JOIN docs AS d ON d.id = l.id;

-- name: ViewNames :many
SELECT called FROM all_names;

-- name: ViewTotals :one
SELECT docs, words, people FROM totals;

-- name: ViewWidths :many
SELECT form, width FROM form_widths;

-- name: ViewInSubquery :many
SELECT title FROM docs WHERE title IN (SELECT title FROM longest_docs) AND EXISTS (SELECT 1 FROM totals WHERE totals.docs > 2);
