package provision_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenancygen/tenancygen/generator/dialect"
)

const mySQLTables = `
CREATE TABLE tenants (id VARBINARY(64) NOT NULL PRIMARY KEY);
CREATE TABLE kinds (code VARCHAR(20) PRIMARY KEY);
CREATE TABLE log (id INT);
CREATE TABLE Orders (
	id BIGINT AUTO_INCREMENT PRIMARY KEY, tenant_id VARBINARY(64) NOT NULL, kind VARCHAR(20), total INT,
	KEY by_kind (kind), CONSTRAINT fk_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (id)
);
`

var mySQLSlots = map[string]string{
	"CREATE TABLE IF NOT EXISTS Bills (id INT PRIMARY KEY, tenant_id VARBINARY(64) NOT NULL, o BIGINT, n INT CONSTRAINT pos CHECK (n > 0) COMMENT 'references Orders', CONSTRAINT `fk o` FOREIGN KEY o_i (o) REFERENCES `Orders` (id) ON DELETE CASCADE, CONSTRAINT uq UNIQUE KEY (n), CHECK (n < 9)) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4": "tenant: CREATE TABLE IF NOT EXISTS «Bills|Bills» (id INT PRIMARY KEY, tenant_id VARBINARY(64) NOT NULL, o BIGINT, n INT CONSTRAINT «.pos|pos» CHECK (n > 0) COMMENT 'references Orders', CONSTRAINT «.fk o|`fk o`» FOREIGN KEY o_i (o) REFERENCES «Orders|`Orders`» (id) ON DELETE CASCADE, CONSTRAINT uq UNIQUE KEY (n), CHECK (n < 9)) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4",
	"CREATE UNIQUE INDEX u ON Orders (kind, total)": "tenant: CREATE UNIQUE INDEX u ON «Orders|Orders» (kind, total)",
	"DROP INDEX by_kind ON Orders":                  "tenant: DROP INDEX by_kind ON «Orders|Orders»",
	"CREATE INDEX k ON kinds (code)":                "shared: CREATE INDEX k ON kinds (code)",
	"ALTER TABLE Orders ADD COLUMN note TEXT, ADD CONSTRAINT fk_kind FOREIGN KEY (kind) REFERENCES kinds (code)":                       "tenant: ALTER TABLE «Orders|Orders» ADD COLUMN note TEXT, ADD CONSTRAINT «.fk_kind|fk_kind» FOREIGN KEY (kind) REFERENCES «/kinds|kinds» (code)",
	"CREATE VIEW V AS SELECT Orders.id FROM Orders, kinds JOIN Orders AS o ON o.id > 1 WITH CASCADED CHECK OPTION":                     "tenant: CREATE VIEW «V|V» AS SELECT Orders.id FROM «Orders^|Orders», «/kinds|kinds» JOIN «Orders|Orders» AS o ON o.id > 1 WITH CASCADED CHECK OPTION",
	"CREATE OR REPLACE SQL SECURITY INVOKER VIEW v (a) AS WITH Orders AS (SELECT 1) SELECT * FROM Orders UNION SELECT id FROM tenants": "tenant: CREATE OR REPLACE SQL SECURITY INVOKER VIEW «v|v» (a) AS WITH Orders AS (SELECT 1) SELECT * FROM Orders UNION SELECT id FROM «tenants^|tenants»",
	// What is shared is called as the statement has it that makes it.
	"ALTER TABLE Orders ADD FOREIGN KEY (kind) REFERENCES `Kinds` (code), ADD FOREIGN KEY (tenant_id) REFERENCES tenants (id)": "tenant: ALTER TABLE «Orders|Orders» ADD FOREIGN KEY (kind) REFERENCES «/kinds|`Kinds`» (code), ADD FOREIGN KEY (tenant_id) REFERENCES «tenants|tenants» (id)",
	"ALTER TABLE log ADD FOREIGN KEY (id) REFERENCES kinds (code)":                                                             "shared: ALTER TABLE log ADD FOREIGN KEY (id) REFERENCES kinds (code)",
	"DELETE FROM Orders WHERE Orders.id > 1":                                                                                   "tenant: DELETE FROM «Orders|Orders» WHERE «.Orders|Orders».id > 1",
	"UPDATE Orders SET total = Orders.total + 1":                                                                               "tenant: UPDATE «Orders^|Orders» SET total = Orders.total + 1",
	"INSERT INTO kinds VALUES ('Orders')":                                                                                      "shared: INSERT INTO kinds VALUES ('Orders')",
	"SET NAMES utf8mb4":                                                                                                        "", "SET FOREIGN_KEY_CHECKS = 0": "", "START TRANSACTION": "", "COMMIT": "", "/*!40101 SET NAMES utf8 */": "",
	"LOCK TABLES Orders WRITE": "", "UNLOCK TABLES": "", "DROP TABLE IF EXISTS gone, `also gone`": "", "DROP VIEW IF EXISTS gone": "",
}

func TestSlotsMySQL(t *testing.T) {
	t.Parallel()
	for text, want := range mySQLSlots {
		if diff := cmp.Diff(want, lastOf(t, dialect.MySQL, mySQLTables, text)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestUnmovableMySQL(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"RENAME TABLE Orders TO Bills":                                                                   "nobody can tell what it makes",
		"ALTER TABLE Orders RENAME TO Bills":                                                             "gives the table another name",
		"ALTER TABLE Orders DROP FOREIGN KEY fk_tenant":                                                  "it names a constraint",
		"CREATE TABLE bills LIKE Orders":                                                                 "its columns are those of something else",
		"CREATE TABLE bills AS SELECT id FROM Orders":                                                    "its columns are those of something else",
		"CREATE TABLE bills (tenant_id VARBINARY(64) NOT NULL, n INT, CHECK (bills.n > 0))":              "it names something with what it is of",
		"CREATE TABLE bills (tenant_id VARBINARY(64) NOT NULL) /*!50100 PARTITION BY KEY (tenant_id) */": "in a comment that servers execute",
		"SET GLOBAL max_connections = 4":                                                                 "it sets max_connections",
		"SET SESSION default_storage_engine = MyISAM":                                                    "it sets default_storage_engine",
		"INSERT INTO Orders (tenant_id) VALUES ('a')":                                                    "it writes rows of tenants",
		"CREATE VIEW v AS SELECT sleep(4) FROM Orders":                                                   "sleep",
		"CREATE TABLE refs (code VARCHAR(20), FOREIGN KEY (code) REFERENCES gone (id))":                  "it names gone",
	} {
		made, report := schemaOf(t, dialect.MySQL, mySQLTables+text)
		got := ""
		if made.Unmovable != nil {
			got = made.Unmovable.Message
		} else if report.HasErrors() {
			got = report.Sorted()[0].Message
		}
		if !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
