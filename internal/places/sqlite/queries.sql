-- name: AddProject :exec
INSERT INTO projects (id, name, plan_id) VALUES (?, ?, ?);

-- name: PutProject :exec
INSERT INTO projects (id, name) VALUES (?, ?)
ON CONFLICT (tenant_id, id) DO UPDATE SET name = excluded.name, changes = projects.changes + 1;

-- name: ReplaceProject :exec
REPLACE INTO projects (id, name) VALUES (?, ?);

-- name: GetProject :one
SELECT name, changes FROM projects WHERE projects.id = ?;

-- name: PlannedProjects :many
SELECT planned.name, plan_name FROM planned ORDER BY planned.name;

-- name: AddTask :execlastid
INSERT INTO tasks (project_id, title) VALUES (?, ?);

-- name: CopyTasks :execrows
INSERT INTO tasks (project_id, title)
SELECT p.id, tasks.title FROM tasks JOIN projects AS p ON p.id = sqlc.arg(target) WHERE tasks.project_id = sqlc.arg(source);

-- name: FinishTasks :execrows
UPDATE tasks SET done = 1 WHERE tasks.project_id IN (sqlc.slice('projects')) AND tasks.done = 0;

-- name: Touch :execrows
UPDATE projects SET changes = projects.changes + 10
WHERE EXISTS (SELECT 1 FROM tasks WHERE tasks.project_id = projects.id AND tasks.done = 0 AND tasks.title = ?);

-- name: DropTasks :execrows
DELETE FROM tasks WHERE tasks.title = ? AND tasks.project_id IN (SELECT p.id FROM projects AS p WHERE p.name = ?);

-- name: DropDone :execrows
DELETE FROM tasks WHERE tasks.done = 1 AND EXISTS (SELECT 1 FROM projects WHERE projects.id = tasks.project_id AND projects.name = ?);

-- name: DropQuiet :execrows
DELETE FROM tasks WHERE tasks.project_id = ? AND tasks.id NOT IN (SELECT comments.task_id FROM comments);

-- name: OpenTasks :many
SELECT projects.name, tasks.title
FROM projects LEFT JOIN tasks ON tasks.project_id = projects.id AND tasks.done = 0
WHERE projects.id IN (sqlc.slice('ids'))
ORDER BY projects.id, tasks.title;

-- name: BusyProjects :many
WITH busy AS (SELECT project_id, count(*) AS n FROM tasks GROUP BY project_id)
SELECT projects.name, busy.n FROM projects JOIN busy ON busy.project_id = projects.id ORDER BY projects.id;

-- name: AddComment :execlastid
INSERT INTO comments (task_id, body) VALUES (?, ?);

-- name: MoveComment :execrows
UPDATE comments SET task_id = ? WHERE comments.body = ?;

-- name: DropComments :execrows
DELETE FROM comments WHERE comments.body = ?;

-- name: Comments :many
SELECT tasks.title, comments.body FROM comments JOIN tasks ON tasks.id = comments.task_id ORDER BY comments.id;

-- name: PlansInUse :many
SELECT plans.name FROM plans WHERE EXISTS (SELECT 1 FROM projects WHERE projects.plan_id = plans.id) ORDER BY plans.name;

-- name: GetPlan :one
SELECT * FROM plans WHERE id = ?;
