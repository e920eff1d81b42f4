CREATE TABLE plans (id BIGINT PRIMARY KEY, name VARCHAR(50) NOT NULL);

CREATE TABLE Projects (
    tenant_id VARBINARY(255) NOT NULL,
    id BIGINT NOT NULL,
    name VARCHAR(50) NOT NULL,
    plan_id BIGINT,
    changes BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (plan_id) REFERENCES plans (id)
);
CREATE INDEX projects_by_name ON Projects (tenant_id, name);

CREATE TABLE tasks (
    id BIGINT AUTO_INCREMENT PRIMARY KEY,
    tenant_id VARBINARY(255) NOT NULL,
    project_id BIGINT NOT NULL,
    title VARCHAR(50) NOT NULL,
    done BIGINT NOT NULL DEFAULT 0,
    CONSTRAINT tasks_project FOREIGN KEY (tenant_id, project_id) REFERENCES Projects (tenant_id, id)
);

CREATE TABLE comments (
    id BIGINT AUTO_INCREMENT PRIMARY KEY,
    task_id BIGINT NOT NULL,
    body VARCHAR(50) NOT NULL,
    FOREIGN KEY (task_id) REFERENCES tasks (id)
);

CREATE VIEW Planned AS
SELECT Projects.tenant_id, Projects.name, plans.name AS plan_name FROM Projects JOIN plans ON plans.id = Projects.plan_id;
