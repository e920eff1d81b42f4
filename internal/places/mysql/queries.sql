-- name: AddProject :exec
INSERT INTO Projects (id, name, plan_id) VALUES (?, ?, ?);

-- name: PutProject :exec
INSERT INTO Projects (id, name) VALUES (?, ?)
ON DUPLICATE KEY UPDATE name = VALUES(name), Projects.changes = Projects.changes + 1;

-- name: ReplaceProject :exec
REPLACE INTO Projects (id, name) VALUES (?, ?);

-- name: GetProject :one
SELECT name, changes FROM Projects WHERE Projects.id = ?;

-- name: PlannedProjects :many
SELECT Planned.name, plan_name FROM Planned ORDER BY Planned.name;

-- name: AddTask :execlastid
INSERT INTO tasks (project_id, title) VALUES (?, ?);

-- name: CopyTasks :execrows
INSERT INTO tasks (project_id, title)
SELECT p.id, tasks.title FROM tasks JOIN Projects AS p ON p.id = sqlc.arg(target) WHERE tasks.project_id = sqlc.arg(source);

-- name: FinishTasks :execrows
UPDATE tasks SET done = 1 WHERE tasks.project_id IN (sqlc.slice('projects')) AND tasks.done = 0;

-- name: Touch :execrows
UPDATE Projects JOIN tasks ON tasks.project_id = Projects.id AND tasks.done = 0
SET Projects.changes = Projects.changes + 10 WHERE tasks.title = ?;

-- name: DropTasks :execrows
DELETE FROM tasks WHERE tasks.title = ? AND tasks.project_id IN (SELECT p.id FROM Projects AS p WHERE p.name = ?);

-- name: DropDone :execrows
DELETE tasks FROM tasks JOIN Projects ON Projects.id = tasks.project_id WHERE tasks.done = 1 AND Projects.name = ?;

-- name: DropQuiet :execrows
DELETE FROM tasks WHERE tasks.project_id = ? AND tasks.id NOT IN (SELECT comments.task_id FROM comments);

-- name: OpenTasks :many
SELECT Projects.name, tasks.title
FROM Projects LEFT JOIN tasks ON tasks.project_id = Projects.id AND tasks.done = 0
WHERE Projects.id IN (sqlc.slice('ids'))
ORDER BY Projects.id, tasks.title;

-- name: BusyProjects :many
WITH busy AS (SELECT project_id, count(*) AS n FROM tasks GROUP BY project_id)
SELECT Projects.name, busy.n FROM Projects JOIN busy ON busy.project_id = Projects.id ORDER BY Projects.id;

-- name: AddComment :execlastid
INSERT INTO comments (task_id, body) VALUES (?, ?);

-- name: MoveComment :execrows
UPDATE comments SET task_id = ? WHERE comments.body = ?;

-- name: DropComments :execrows
DELETE FROM comments WHERE comments.body = ?;

-- name: Comments :many
SELECT tasks.title, comments.body FROM comments JOIN tasks ON tasks.id = comments.task_id ORDER BY comments.id;

-- name: PlansInUse :many
SELECT plans.name FROM plans WHERE EXISTS (SELECT 1 FROM Projects WHERE Projects.plan_id = plans.id) ORDER BY plans.name;

-- name: GetPlan :one
SELECT * FROM plans WHERE id = ?;
