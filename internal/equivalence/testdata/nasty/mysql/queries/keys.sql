-- name: MoveFile :execrows
UPDATE files SET folder_id = ? WHERE size > 1;

-- name: MoveFileNowhere :execrows
UPDATE files SET folder_id = NULL;

-- name: MoveNote :execrows
UPDATE notes SET doc_id = ?, n = 50 WHERE id = ?;

-- name: MovePart :execrows
UPDATE parts SET box_a = ?, box_b = ? WHERE what = 'q';

-- name: GiveOwner :execrows
UPDATE docs SET owner_id = ? WHERE words > 10;
