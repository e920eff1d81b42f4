-- name: CopyItems :copyfrom
INSERT INTO items (number, qty, mood, last_mood, price, made_at, day, data, raw, good, ref)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11);

-- name: CopyItemsWithID :copyfrom
INSERT INTO items (tenant_id, id, number) VALUES (@tenant_id, @id, @number);

-- name: CopyNumbers :copyfrom
INSERT INTO items (number) VALUES ($1);

-- name: CopyOdd :copyfrom
INSERT INTO odd (id, tags, code, size, grid) VALUES ($1, $2, $3, $4, $5);

-- name: CopyLines :copyfrom
INSERT INTO lines (item_id, line_no, note) VALUES ($1, $2, $3);

-- name: CopyPlans :copyfrom
INSERT INTO plans (code, name) VALUES ($1, $2);

-- name: ChangeItems :batchexec
UPDATE items SET qty = @qty WHERE number = @number;

-- name: TakeItems :batchone
UPDATE items SET qty = coalesce(qty, 0) - 1 WHERE id = $1 RETURNING *;

-- name: ListItemsByMood :batchmany
SELECT id, number, qty FROM items WHERE mood = $1 ORDER BY number;

-- name: AddLines :batchexec
INSERT INTO lines (item_id, line_no, note) VALUES ($1, $2, $3);

-- name: SetCodes :batchexec
INSERT INTO codes (code, n) VALUES ($1, $2) ON CONFLICT (code) DO UPDATE SET n = excluded.n;

-- name: SetCodesReturning :batchone
INSERT INTO codes (code, n) VALUES ($1, $2) ON CONFLICT (code) DO UPDATE SET n = excluded.n RETURNING n;

-- name: ListItems :many
SELECT * FROM items ORDER BY number;

-- name: ListCodes :many
SELECT code, n FROM codes ORDER BY code;

-- name: SetCodesOfQty :many
INSERT INTO codes (code, n) VALUES ($1, $2) ON CONFLICT (code) DO UPDATE SET n = excluded.n RETURNING code, n;

-- name: Divide :many
SELECT (1 / (3 - n))::integer FROM items, generate_series(1, 5) AS n ORDER BY n;
