-- The shapes of the schema beside this directory, as SQLite has them.

CREATE TABLE regions (
    code TEXT PRIMARY KEY,
    name TEXT NOT NULL
);

CREATE TABLE orgs (
    id     TEXT NOT NULL PRIMARY KEY,
    name   TEXT NOT NULL,
    region TEXT REFERENCES regions (code)
);

-- The same ids in every tenant.
CREATE TABLE people (
    org_id  TEXT    NOT NULL REFERENCES orgs (id),
    id      INTEGER NOT NULL,
    name    TEXT    NOT NULL,
    email   TEXT,
    boss_id INTEGER,
    region  TEXT    REFERENCES regions (code),
    score   INTEGER,
    PRIMARY KEY (org_id, id),
    UNIQUE (org_id, email)
);

-- The tenant column comes last.
CREATE TABLE docs (
    id       INTEGER PRIMARY KEY,
    owner_id INTEGER,
    title    TEXT    NOT NULL,
    state    TEXT    NOT NULL DEFAULT 'idea',
    words    INTEGER NOT NULL DEFAULT 0,
    org_id   TEXT    NOT NULL REFERENCES orgs (id),
    UNIQUE (org_id, title),
    FOREIGN KEY (org_id, owner_id) REFERENCES people (org_id, id) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX docs_by_words ON docs (words);

CREATE TABLE notes (
    id     INTEGER PRIMARY KEY,
    doc_id INTEGER NOT NULL REFERENCES docs (id) ON DELETE CASCADE,
    n      INTEGER NOT NULL,
    body   TEXT,
    UNIQUE (doc_id, n)
);

CREATE TABLE marks (
    id      INTEGER PRIMARY KEY,
    note_id INTEGER NOT NULL REFERENCES notes (id) ON DELETE CASCADE,
    mark    TEXT NOT NULL
);

-- A key without the tenant: slugs are shared by everybody.
CREATE TABLE slugs (
    slug   TEXT    NOT NULL PRIMARY KEY,
    org_id TEXT    NOT NULL REFERENCES orgs (id),
    hits   INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE counters (
    name   TEXT    NOT NULL DEFAULT 'main',
    org_id TEXT    NOT NULL REFERENCES orgs (id),
    value  INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (org_id, name)
) WITHOUT ROWID;

-- Common columns: org_id and k. Rows without a tenant belong to nobody.
CREATE TABLE lefts (
    org_id TEXT,
    k      INTEGER,
    a      TEXT
);

CREATE TABLE rights (
    org_id TEXT,
    k      INTEGER,
    b      TEXT
);

-- References that do not hold the tenant: a file may be in another tenant's
-- folder, and one is.
CREATE TABLE folders (
    id     INTEGER PRIMARY KEY,
    org_id TEXT NOT NULL,
    name   TEXT NOT NULL
);

CREATE TABLE files (
    id        INTEGER PRIMARY KEY,
    folder_id INTEGER REFERENCES folders (id) ON DELETE CASCADE,
    org_id    TEXT NOT NULL,
    size      INTEGER DEFAULT 1
);

CREATE TABLE pins (
    org_id    TEXT    NOT NULL,
    name      TEXT    NOT NULL,
    folder_id INTEGER REFERENCES folders (id) ON DELETE SET NULL,
    hits      INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (org_id, name)
);

-- Names that have to be quoted, keys of two columns, and a column that is
-- computed.
CREATE TABLE "Order" (
    "No"     INTEGER NOT NULL,
    "Org Id" TEXT    NOT NULL,
    "select" TEXT,
    total    INTEGER GENERATED ALWAYS AS ("No" * 2) STORED,
    PRIMARY KEY ("Org Id", "No")
);

CREATE TABLE "Order Item" (
    "Order No"  INTEGER NOT NULL,
    "Order Org" TEXT    NOT NULL,
    "Text"      TEXT,
    FOREIGN KEY ("Order Org", "Order No") REFERENCES "Order" ("Org Id", "No") ON DELETE CASCADE
);

-- Keys of two columns that do not hold the tenant, and a child whose key may be
-- NULL.
CREATE TABLE boxes (
    a      INTEGER NOT NULL,
    b      INTEGER NOT NULL,
    org_id TEXT    NOT NULL,
    PRIMARY KEY (a, b)
);

CREATE TABLE parts (
    id      INTEGER PRIMARY KEY,
    box_a   INTEGER NOT NULL,
    box_b   INTEGER NOT NULL,
    spare_a INTEGER,
    spare_b INTEGER,
    what    TEXT,
    FOREIGN KEY (box_a, box_b) REFERENCES boxes (a, b) ON DELETE CASCADE,
    FOREIGN KEY (spare_a, spare_b) REFERENCES boxes (a, b) ON DELETE SET NULL
);

CREATE TABLE tags (
    doc_id INTEGER REFERENCES docs (id) ON DELETE CASCADE,
    id     INTEGER,
    label  TEXT
);

-- Rows without a tenant are everybody's to read; so are their children.
CREATE TABLE forms (
    id      INTEGER PRIMARY KEY,
    org_id  TEXT    REFERENCES orgs (id),
    code    TEXT    NOT NULL,
    label   TEXT,
    base_id INTEGER REFERENCES forms (id),
    UNIQUE (org_id, code)
);

CREATE TABLE fields (
    id      INTEGER PRIMARY KEY,
    form_id INTEGER NOT NULL REFERENCES forms (id) ON DELETE CASCADE,
    name    TEXT    NOT NULL,
    width   INTEGER,
    UNIQUE (form_id, name)
);

CREATE TABLE answers (
    id      INTEGER PRIMARY KEY,
    org_id  TEXT    NOT NULL REFERENCES orgs (id),
    form_id INTEGER NOT NULL REFERENCES forms (id),
    old_id  INTEGER REFERENCES forms (id),
    answer  TEXT
);

CREATE VIEW live_docs AS
SELECT id, org_id, title, owner_id
FROM docs
WHERE state = 'live';

CREATE VIEW people_by_region AS
SELECT p.org_id, p.id, p.name, r.name AS region_name
FROM people AS p
LEFT JOIN regions AS r ON r.code = p.region;

CREATE VIEW docs_by_state AS
SELECT org_id, state, count(*) AS docs, (SELECT count(*) FROM regions) AS regions
FROM docs
GROUP BY org_id, state
HAVING count(*) > 1;

-- Most views do not show the tenant, and tenants' rows would meet in them: ids and
-- titles repeat in every tenant.
CREATE VIEW doc_people AS
SELECT d.id, d.title, d.state, p.name AS owner_name
FROM docs AS d
LEFT JOIN people AS p ON p.id = d.owner_id;

CREATE VIEW note_counts AS
SELECT d.title, count(n.id) AS notes, max(n.body) AS body
FROM docs AS d
LEFT JOIN notes AS n ON n.doc_id = d.id
GROUP BY d.title;

CREATE VIEW longest_docs AS
SELECT id, title, words FROM docs ORDER BY words DESC, id LIMIT 3;

CREATE VIEW all_names AS
SELECT name AS called FROM people
UNION SELECT name FROM folders
EXCEPT SELECT name FROM people WHERE score > 20;

CREATE VIEW totals AS
SELECT (SELECT count(*) FROM docs) AS docs, (SELECT max(words) FROM docs) AS words, count(*) AS people
FROM people;

CREATE VIEW form_widths AS
SELECT forms.code AS form, sum(fields.width) AS width FROM forms LEFT JOIN fields ON fields.form_id = forms.id GROUP BY forms.code;
