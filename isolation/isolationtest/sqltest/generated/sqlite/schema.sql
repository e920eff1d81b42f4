CREATE TABLE plans (id INTEGER PRIMARY KEY, name TEXT NOT NULL);

CREATE TABLE notes (
    tenant_id TEXT NOT NULL,
    id INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX notes_body ON notes (body);

CREATE TABLE links (
    tenant_id TEXT NOT NULL,
    id INTEGER NOT NULL,
    note_id INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, note_id) REFERENCES notes
);
