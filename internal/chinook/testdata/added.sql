-- The query of the comparison where tables have a column for the tenant.

-- name: Sales :many
SELECT a.artist_id AS artist, COUNT(*) AS pieces
FROM artist AS a
JOIN album AS b ON b.artist_id = a.artist_id
JOIN track AS t ON t.album_id = b.album_id
JOIN invoice_line AS l ON l.track_id = t.track_id
JOIN genre AS g ON g.genre_id = t.genre_id
GROUP BY a.artist_id
ORDER BY a.artist_id;
