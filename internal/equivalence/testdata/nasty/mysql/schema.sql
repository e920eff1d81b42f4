-- The shapes of the schema beside this directory, as MySQL and MariaDB have them.

CREATE TABLE regions (
    code VARCHAR(40) PRIMARY KEY,
    name VARCHAR(40) NOT NULL
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE orgs (
    id     VARBINARY(40) NOT NULL PRIMARY KEY,
    name   VARCHAR(40) NOT NULL,
    region VARCHAR(40),
    FOREIGN KEY (region) REFERENCES regions (code)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The same ids in every tenant.
CREATE TABLE people (
    org_id  VARBINARY(40)    NOT NULL,
    id      BIGINT NOT NULL,
    name    VARCHAR(40)    NOT NULL,
    email   VARCHAR(40),
    boss_id BIGINT,
    region  VARCHAR(40),
    score   BIGINT,
    PRIMARY KEY (org_id, id),
    UNIQUE (org_id, email),
    FOREIGN KEY (org_id) REFERENCES orgs (id),
    FOREIGN KEY (region) REFERENCES regions (code)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The tenant column comes last.
CREATE TABLE docs (
    id       BIGINT NOT NULL PRIMARY KEY AUTO_INCREMENT,
    owner_id BIGINT,
    title    VARCHAR(40)    NOT NULL,
    state    VARCHAR(40)    NOT NULL DEFAULT 'idea',
    words    BIGINT NOT NULL DEFAULT 0,
    org_id   VARBINARY(40)    NOT NULL,
    UNIQUE (org_id, title),
    FOREIGN KEY (org_id, owner_id) REFERENCES people (org_id, id),
    FOREIGN KEY (org_id) REFERENCES orgs (id)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX docs_by_words ON docs (words);

CREATE TABLE notes (
    id     BIGINT NOT NULL PRIMARY KEY AUTO_INCREMENT,
    doc_id BIGINT NOT NULL,
    n      BIGINT NOT NULL,
    body   VARCHAR(40),
    UNIQUE (doc_id, n),
    FOREIGN KEY (doc_id) REFERENCES docs (id) ON DELETE CASCADE
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE marks (
    id      BIGINT NOT NULL PRIMARY KEY AUTO_INCREMENT,
    note_id BIGINT NOT NULL,
    mark    VARCHAR(40) NOT NULL,
    FOREIGN KEY (note_id) REFERENCES notes (id) ON DELETE CASCADE
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- A key without the tenant: slugs are shared by everybody.
CREATE TABLE slugs (
    slug   VARCHAR(40)    NOT NULL PRIMARY KEY,
    org_id VARBINARY(40)    NOT NULL,
    hits   BIGINT NOT NULL DEFAULT 0,
    FOREIGN KEY (org_id) REFERENCES orgs (id)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE counters (
    name   VARCHAR(40)    NOT NULL DEFAULT 'main',
    org_id VARBINARY(40)    NOT NULL,
    value  BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (org_id, name),
    FOREIGN KEY (org_id) REFERENCES orgs (id)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Common columns: org_id and k. Rows without a tenant belong to nobody.
CREATE TABLE lefts (
    org_id VARBINARY(40),
    k      BIGINT,
    a      VARCHAR(40)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE rights (
    org_id VARBINARY(40),
    k      BIGINT,
    b      VARCHAR(40)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- References that do not hold the tenant: a file may be in another tenant's
-- folder, and one is.
CREATE TABLE folders (
    id     BIGINT NOT NULL PRIMARY KEY AUTO_INCREMENT,
    org_id VARBINARY(40) NOT NULL,
    name   VARCHAR(40) NOT NULL
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE files (
    id        BIGINT NOT NULL PRIMARY KEY AUTO_INCREMENT,
    folder_id BIGINT,
    org_id    VARBINARY(40) NOT NULL,
    size      BIGINT DEFAULT 1,
    FOREIGN KEY (folder_id) REFERENCES folders (id) ON DELETE CASCADE
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE pins (
    org_id    VARBINARY(40)    NOT NULL,
    name      VARCHAR(40)    NOT NULL,
    folder_id BIGINT,
    hits      BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (org_id, name),
    FOREIGN KEY (folder_id) REFERENCES folders (id) ON DELETE SET NULL
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Names that have to be quoted, keys of two columns, and a column that is
-- computed.
CREATE TABLE `Order` (
    `No`     BIGINT NOT NULL,
    `Org Id` VARBINARY(40)    NOT NULL,
    `select` VARCHAR(40),
    total    BIGINT GENERATED ALWAYS AS (`No` * 2) STORED,
    PRIMARY KEY (`Org Id`, `No`)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE `Order Item` (
    `Order No`  BIGINT NOT NULL,
    `Order Org` VARBINARY(40)    NOT NULL,
    `Text`      VARCHAR(40),
    FOREIGN KEY (`Order Org`, `Order No`) REFERENCES `Order` (`Org Id`, `No`) ON DELETE CASCADE
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Keys of two columns that do not hold the tenant, and a child whose key may be
-- NULL.
CREATE TABLE boxes (
    a      BIGINT NOT NULL,
    b      BIGINT NOT NULL,
    org_id VARBINARY(40)    NOT NULL,
    PRIMARY KEY (a, b)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE parts (
    id      BIGINT NOT NULL PRIMARY KEY AUTO_INCREMENT,
    box_a   BIGINT NOT NULL,
    box_b   BIGINT NOT NULL,
    spare_a BIGINT,
    spare_b BIGINT,
    what    VARCHAR(40),
    FOREIGN KEY (box_a, box_b) REFERENCES boxes (a, b) ON DELETE CASCADE,
    FOREIGN KEY (spare_a, spare_b) REFERENCES boxes (a, b) ON DELETE SET NULL
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE tags (
    doc_id BIGINT,
    id     BIGINT,
    label  VARCHAR(40),
    FOREIGN KEY (doc_id) REFERENCES docs (id) ON DELETE CASCADE
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Rows without a tenant are everybody's to read; so are their children.
CREATE TABLE forms (
    id      BIGINT NOT NULL PRIMARY KEY AUTO_INCREMENT,
    org_id  VARBINARY(40),
    code    VARCHAR(40)    NOT NULL,
    label   VARCHAR(40),
    base_id BIGINT,
    UNIQUE (org_id, code),
    FOREIGN KEY (org_id) REFERENCES orgs (id),
    FOREIGN KEY (base_id) REFERENCES forms (id)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE fields (
    id      BIGINT NOT NULL PRIMARY KEY AUTO_INCREMENT,
    form_id BIGINT NOT NULL,
    name    VARCHAR(40)    NOT NULL,
    width   BIGINT,
    UNIQUE (form_id, name),
    FOREIGN KEY (form_id) REFERENCES forms (id) ON DELETE CASCADE
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE answers (
    id      BIGINT NOT NULL PRIMARY KEY AUTO_INCREMENT,
    org_id  VARBINARY(40)    NOT NULL,
    form_id BIGINT NOT NULL,
    old_id  BIGINT,
    answer  VARCHAR(40),
    FOREIGN KEY (org_id) REFERENCES orgs (id),
    FOREIGN KEY (form_id) REFERENCES forms (id),
    FOREIGN KEY (old_id) REFERENCES forms (id)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

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
