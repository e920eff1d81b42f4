-- name: UpdateAll :execrows
UPDATE docs SET words = words + 1;

-- name: UpdateOr :execrows
UPDATE docs SET words = 0 WHERE id = ? OR state = 'live';

-- name: UpdateByKey :execrows
UPDATE people SET name = ? WHERE id = ?;

-- name: UpdateSubquery :execrows
UPDATE docs SET words = (SELECT count(*) FROM notes WHERE notes.doc_id = docs.id), state = coalesce((SELECT max(mark) FROM marks), state);

-- name: UpdateChild :execrows
UPDATE notes SET body = ? WHERE n = 1;

-- name: UpdateGrandchild :execrows
UPDATE marks SET mark = 'x' WHERE mark <> ?;

-- name: UpdateRoot :execrows
UPDATE orgs SET name = ?;

-- name: UpdateByTenant :execrows
UPDATE docs SET words = 1 WHERE org_id = ? AND id = ?;

-- name: DeleteAll :execrows
DELETE FROM notes;

-- name: DeleteOr :execrows
DELETE FROM notes WHERE n = ? OR body IS NULL;

-- name: DeleteIn :execrows
DELETE FROM notes WHERE doc_id IN (SELECT id FROM docs WHERE words > ?);

-- name: DeleteNotIn :execrows
DELETE FROM docs WHERE id NOT IN (SELECT doc_id FROM notes);

-- name: DeleteGrandchild :execrows
DELETE FROM marks WHERE note_id IN (SELECT id FROM notes WHERE n = 1);

-- name: DeleteCascade :execrows
DELETE FROM docs WHERE id = ?;

-- name: DeleteNobodys :execrows
DELETE FROM rights WHERE NOT (k <=> ?);

-- name: UpdateJoin :execrows
UPDATE docs AS d JOIN people AS p ON p.id = d.owner_id AND p.org_id = d.org_id SET d.words = p.score WHERE p.score IS NOT NULL;

-- name: UpdateSelfJoin :execrows
UPDATE lefts a JOIN rights b ON a.k = b.k SET a.a = 'met';

-- name: UpdateLeftJoin :execrows
UPDATE docs LEFT JOIN notes ON notes.doc_id = docs.id SET docs.state = 'bare' WHERE notes.id IS NULL;

-- name: UpdateGlobalJoin :execrows
UPDATE people JOIN regions ON regions.code = people.region SET people.name = regions.name;

-- name: UpdateComma :execrows
UPDATE docs, people SET docs.state = 'owned' WHERE people.id = docs.owner_id;

-- name: UpdateFirst :execrows
UPDATE docs SET words = 0 WHERE words > ? ORDER BY id LIMIT 2;

-- name: UpdateChildJoin :execrows
UPDATE notes JOIN docs ON docs.id = notes.doc_id SET notes.body = docs.title WHERE docs.words > ?;

-- name: DeleteJoin :execrows
DELETE n FROM notes n JOIN docs d ON d.id = n.doc_id WHERE d.words > ?;

-- name: DeleteUsing :execrows
DELETE FROM f USING files AS f JOIN folders AS g ON g.id = f.folder_id WHERE g.name = ?;

-- name: DeleteLeftJoin :execrows
DELETE l FROM lefts AS l LEFT JOIN rights AS r ON r.k = l.k WHERE r.k IS NULL;

-- name: DeleteFirst :execrows
DELETE FROM notes WHERE n = 1 ORDER BY id DESC LIMIT 2;

-- name: UpdateMissingSide :execrows
UPDATE docs LEFT JOIN notes ON notes.doc_id = docs.id SET notes.body = 'x';
