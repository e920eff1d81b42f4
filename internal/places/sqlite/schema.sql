CREATE TABLE plans (id INTEGER PRIMARY KEY, name TEXT NOT NULL);

CREATE TABLE Projects (
    tenant_id TEXT NOT NULL,
    id INTEGER NOT NULL,
    name TEXT NOT NULL,
    plan_id INTEGER REFERENCES plans (id),
    changes INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX projects_by_name ON projects (tenant_id, name);

CREATE TABLE tasks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant_id TEXT NOT NULL,
    project_id INTEGER NOT NULL,
    title TEXT NOT NULL,
    done INTEGER NOT NULL DEFAULT 0,
    FOREIGN KEY (tenant_id, project_id) REFERENCES projects (tenant_id, id)
);

CREATE TABLE comments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    task_id INTEGER NOT NULL REFERENCES tasks (id),
    body TEXT NOT NULL
);

CREATE VIEW planned AS
SELECT projects.tenant_id, projects.name, plans.name AS plan_name FROM projects JOIN plans ON plans.id = projects.plan_id;
