-- The queries of the comparison, with the names that Chinook has on PostgreSQL. On the
-- others the test gives tables and columns the names that they have there, but for what
-- stands behind AS. What is written in another way on each is in a file for the engine.

-- name: GetProfile :one
SELECT c.first_name AS given_name, c.last_name AS family_name, c.company AS firm, e.email AS contact
FROM customer AS c
LEFT JOIN employee AS e ON e.employee_id = c.support_rep_id;

-- name: ListInvoices :many
SELECT i.invoice_id AS number, i.invoice_date AS dated, i.billing_city AS city, i.total AS amount
FROM invoice AS i
ORDER BY i.invoice_id;

-- name: GetInvoiceOf :one
SELECT i.invoice_id AS number, i.total AS amount, c.last_name AS family_name
FROM invoice AS i
JOIN customer AS c ON c.customer_id = i.customer_id
WHERE i.invoice_id = sqlc.arg('number');

-- name: ListLinesOf :many
SELECT l.invoice_line_id AS line, t.name AS track_name, l.quantity AS pieces, l.unit_price AS price
FROM invoice_line AS l
JOIN track AS t ON t.track_id = l.track_id
WHERE l.invoice_id = sqlc.arg('number')
ORDER BY l.invoice_line_id;

-- name: ListBought :many
SELECT l.invoice_line_id AS line, t.name AS track_name, a.title AS album_title, r.name AS artist_name, g.name AS genre_name
FROM invoice_line AS l
JOIN track AS t ON t.track_id = l.track_id
JOIN album AS a ON a.album_id = t.album_id
JOIN artist AS r ON r.artist_id = a.artist_id
LEFT JOIN genre AS g ON g.genre_id = t.genre_id
ORDER BY l.invoice_line_id;

-- name: SpentByGenre :many
SELECT g.genre_id AS genre, g.name AS genre_name, COUNT(*) AS pieces, CAST(SUM(l.unit_price * l.quantity) AS DECIMAL(10, 2)) AS spent
FROM genre AS g
JOIN track AS t ON t.genre_id = g.genre_id
JOIN invoice_line AS l ON l.track_id = t.track_id
GROUP BY g.genre_id, g.name
ORDER BY g.genre_id;

-- name: GenresWithout :many
SELECT g.genre_id AS genre, COUNT(l.invoice_line_id) AS pieces
FROM genre AS g
JOIN track AS t ON t.genre_id = g.genre_id
LEFT JOIN invoice_line AS l ON l.track_id = t.track_id
GROUP BY g.genre_id
HAVING COUNT(l.invoice_line_id) = 0
ORDER BY g.genre_id;

-- name: CountInvoicesAbove :one
SELECT COUNT(*) AS found FROM invoice AS i WHERE i.total > sqlc.arg('amount');

-- name: SumOfInvoices :one
SELECT CAST(SUM(i.total) AS DECIMAL(10, 2)) AS amount, MIN(i.invoice_id) AS first_number, MAX(i.invoice_id) AS last_number
FROM invoice AS i;

-- name: PageOfInvoices :many
SELECT i.invoice_id AS number, i.total AS amount
FROM invoice AS i
ORDER BY i.total DESC, i.invoice_id
LIMIT sqlc.arg('max_rows') OFFSET sqlc.arg('skipped');

-- name: InvoicesAfter :many
SELECT i.invoice_id AS number
FROM invoice AS i
WHERE i.invoice_id > sqlc.arg('number')
ORDER BY i.invoice_id
LIMIT 3;

-- name: LastInvoice :one
SELECT i.invoice_id AS number, i.invoice_date AS dated
FROM invoice AS i
ORDER BY i.invoice_id DESC
LIMIT 1;

-- name: FindEither :many
SELECT i.invoice_id AS number
FROM invoice AS i
WHERE i.invoice_id = sqlc.arg('number') OR i.billing_country <> sqlc.arg('country')
ORDER BY i.invoice_id;

-- name: DistinctAlbums :many
SELECT DISTINCT t.album_id AS album_number
FROM track AS t
JOIN invoice_line AS l ON l.track_id = t.track_id
ORDER BY t.album_id;

-- name: NotBoughtOfArtist :many
SELECT t.track_id AS track_number
FROM track AS t
JOIN album AS a ON a.album_id = t.album_id
LEFT JOIN invoice_line AS l ON l.track_id = t.track_id
WHERE a.artist_id = sqlc.arg('artist') AND l.invoice_line_id IS NULL
ORDER BY t.track_id;

-- name: InvoicesWithGenre :many
SELECT i.invoice_id AS number
FROM invoice AS i
WHERE i.invoice_id IN (
    SELECT l.invoice_id
    FROM invoice_line AS l
    JOIN track AS t ON t.track_id = l.track_id
    JOIN genre AS g ON g.genre_id = t.genre_id
    WHERE g.genre_id = sqlc.arg('genre')
)
ORDER BY i.invoice_id;

-- name: InvoicesWithoutLines :many
SELECT i.invoice_id AS number
FROM invoice AS i
WHERE NOT EXISTS (SELECT 1 FROM invoice_line AS l WHERE l.invoice_id = i.invoice_id)
ORDER BY i.invoice_id;

-- name: PopularAmongOwn :many
WITH bought AS (
    SELECT t.media_type_id AS media, COUNT(*) AS pieces
    FROM invoice_line AS l
    JOIN track AS t ON t.track_id = l.track_id
    GROUP BY t.media_type_id
)
SELECT m.name AS media_name, b.pieces AS pieces
FROM bought AS b
JOIN media_type AS m ON m.media_type_id = b.media
ORDER BY m.media_type_id;

-- name: NumbersOfBoth :many
SELECT i.invoice_id AS number FROM invoice AS i
UNION
SELECT l.invoice_line_id AS number FROM invoice_line AS l
ORDER BY number;

-- name: RankedInvoices :many
SELECT i.invoice_id AS number, ROW_NUMBER() OVER (ORDER BY i.total DESC, i.invoice_id) AS place
FROM invoice AS i
ORDER BY place;

-- name: SizesOfInvoices :many
SELECT i.invoice_id AS number, CASE WHEN i.total > 10 THEN 'large' WHEN i.total > 3 THEN 'middle' ELSE 'small' END AS size
FROM invoice AS i
ORDER BY i.invoice_id;

-- name: OwnCountBeside :one
SELECT (SELECT COUNT(*) FROM invoice AS i) AS invoices, (SELECT COUNT(*) FROM invoice_line AS l) AS lines_of_them, COUNT(*) AS genres
FROM genre AS g;

-- name: PairsOnOneDay :many
SELECT i.invoice_id AS number, j.invoice_id AS other_number
FROM invoice AS i
JOIN invoice AS j ON j.total = i.total AND j.invoice_id > i.invoice_id
ORDER BY i.invoice_id, j.invoice_id;

-- name: ChangePhone :execrows
UPDATE customer SET phone = sqlc.arg('phone'), fax = NULL WHERE last_name <> 'nobody';

-- name: AddInvoice :exec
INSERT INTO invoice (invoice_id, invoice_date, billing_city, total)
VALUES (sqlc.arg('number'), sqlc.arg('dated'), sqlc.arg('city'), sqlc.arg('amount'));

-- name: AddLine :exec
INSERT INTO invoice_line (invoice_line_id, invoice_id, track_id, unit_price, quantity)
VALUES (sqlc.arg('line'), sqlc.arg('number'), sqlc.arg('track_number'), sqlc.arg('price'), sqlc.arg('pieces'));

-- name: CopyLines :execrows
INSERT INTO invoice_line (invoice_line_id, invoice_id, track_id, unit_price, quantity)
SELECT l.invoice_line_id + 100000, l.invoice_id, l.track_id, l.unit_price, l.quantity
FROM invoice_line AS l
WHERE l.invoice_id = sqlc.arg('number');

-- name: DoubleLines :execrows
UPDATE invoice_line SET quantity = quantity * 2 WHERE invoice_id = sqlc.arg('number');

-- name: SetCity :execrows
UPDATE invoice SET billing_city = sqlc.arg('city') WHERE invoice_id = sqlc.arg('number');

-- name: MoveCity :execresult
UPDATE invoice SET billing_city = sqlc.arg('city') WHERE invoice_id = sqlc.arg('number');

-- name: DropLine :execrows
DELETE FROM invoice_line WHERE invoice_line_id = sqlc.arg('line');

-- name: DropDearLines :execrows
DELETE FROM invoice_line WHERE unit_price > 1 AND invoice_id IN (SELECT i.invoice_id FROM invoice AS i WHERE i.total > 5);

-- name: ListGenres :many
SELECT g.genre_id AS genre, g.name AS genre_name FROM genre AS g ORDER BY g.genre_id;
