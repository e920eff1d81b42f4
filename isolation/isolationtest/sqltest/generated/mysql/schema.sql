CREATE TABLE plans (id INT PRIMARY KEY, name VARCHAR(100) NOT NULL);

CREATE TABLE notes (
    tenant_id VARBINARY(255) NOT NULL,
    id INT NOT NULL,
    body VARCHAR(100) NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX notes_body ON notes (body);

CREATE TABLE links (
    tenant_id VARBINARY(255) NOT NULL,
    id INT NOT NULL,
    note_id INT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT links_note FOREIGN KEY (tenant_id, note_id) REFERENCES notes (tenant_id, id)
);
