INSERT INTO rooms (org_id, room, during, label)
SELECT o, r, daterange(date '2026-01-01' + 10 * h, date '2026-01-11' + 10 * h), CASE WHEN r < 3 THEN 'room ' || r || h END
FROM generate_series(1, 3) AS o, generate_series(1, 4) AS r, generate_series(0, 1) AS h;

INSERT INTO bookings (org_id, id, room, during)
SELECT o, b, CASE WHEN b < 4 THEN b END, daterange(date '2026-01-05' + o, date '2026-01-14' + o)
FROM generate_series(1, 3) AS o, generate_series(1, 4) AS b;
