package slot_test

import (
	"testing"

	"github.com/tenancygen/tenancygen/generator/dialect"
	"github.com/tenancygen/tenancygen/generator/slot"
)

const mySQLSchema = `
CREATE TABLE tenants (id VARBINARY(64) NOT NULL PRIMARY KEY);
CREATE TABLE plans (id INT PRIMARY KEY, name TEXT);
CREATE TABLE Orders (id BIGINT AUTO_INCREMENT PRIMARY KEY, tenant_id VARBINARY(64) NOT NULL, name TEXT, total INT);
CREATE TABLE ` + "`lines`" + ` (id BIGINT PRIMARY KEY, order_id BIGINT NOT NULL, KEY by_order (order_id), FOREIGN KEY (order_id) REFERENCES Orders (id));
CREATE TABLE ` + "`Odd ``one`" + ` (id INT, tenant_id VARBINARY(64) NOT NULL);
CREATE VIEW newest AS SELECT id, tenant_id FROM Orders;
`

func mySQLKnown(t *testing.T) *slot.Tables {
	return tablesOf(t, dialect.MySQL, sqliteProject, mySQLSchema)
}

// mySQLFound are statements of MySQL with their slots. What cannot have an alias is
// called by its new name before its columns, too.
var mySQLFound = []string{
	"SELECT 1",
	"SELECT * FROM plans",
	"SELECT * FROM «Orders^» WHERE Orders.id = $1",
	"SELECT * FROM «`Orders`» AS o, plans, «`Odd ``one`^»",
	"SELECT o.id FROM «Orders»`o`",
	"SELECT Orders.*, 'Orders' FROM «Orders^» USE INDEX (PRIMARY) WHERE Orders.id IN ($1, $2) FOR UPDATE",
	"SELECT * FROM «Orders^» STRAIGHT_JOIN «`lines`^» FORCE INDEX (by_order) ON order_id = Orders.id",
	"SELECT * FROM «Orders^» LEFT JOIN (plans JOIN «tenants^» ON true) ON true",
	"SELECT (SELECT max(id) FROM «`lines`^») FROM plans ORDER BY (SELECT id FROM «Orders^» LIMIT 1)",
	"SELECT * FROM (SELECT * FROM «Orders^») AS Orders",
	"SELECT id FROM «Orders^» UNION ALL (SELECT id FROM «`lines`^»)",
	"SELECT newest.id FROM «newest^»",
	"WITH Orders AS (SELECT id FROM «Orders^») SELECT id FROM Orders",
	"INSERT INTO «Orders» (name, tenant_id) VALUES ($1, $2) ON DUPLICATE KEY UPDATE name = VALUES(name), «Orders».total = «Orders».total + 1",
	"INSERT IGNORE INTO «Orders» («Orders».name) SELECT Orders.name FROM «Orders^» WHERE Orders.id = 1",
	"INSERT INTO «Orders» (total) SELECT l.id FROM «`lines`» AS l ON DUPLICATE KEY UPDATE total = «Orders».total + l.id",
	"REPLACE INTO «Orders» (name) VALUES ('Orders')",
	"INSERT INTO plans (name) SELECT name FROM «Orders^»",
	"UPDATE «Orders^» SET Orders.total = Orders.total + 1 WHERE Orders.id = $1 ORDER BY Orders.id LIMIT 1",
	"UPDATE «Orders^», «`lines`^» SET Orders.total = 1 WHERE `lines`.order_id = Orders.id",
	"DELETE FROM «Orders» WHERE «Orders».id = $1 ORDER BY «`Orders`».total LIMIT 2",
	"DELETE FROM «Orders» WHERE EXISTS (SELECT 1 FROM «`lines`^» WHERE `lines`.order_id = «Orders».id) OR id IN (SELECT Orders.id FROM «Orders^»)",
	"DELETE FROM «`lines`» WHERE (SELECT 1 FROM «Orders» AS `lines` WHERE `lines`.id = 1) AND «`lines`».id = 2",
	"DELETE Orders FROM «Orders^» JOIN «`lines`» AS l ON l.order_id = Orders.id WHERE Orders.tenant_id = $1",
	"DELETE FROM plans WHERE plans.id IN (SELECT Orders.id FROM «Orders^»)",
}

func TestFindMySQL(t *testing.T) {
	t.Parallel()
	known := mySQLKnown(t)
	finds(t, known, mySQLFound)
	if spoilt := seesMistakes(t, known, false, mySQLFound); spoilt < 350 {
		t.Errorf("only %d mistakes were made", spoilt)
	}
}

func TestUnmovableMySQL(t *testing.T) {
	t.Parallel()
	isUnmovable(t, mySQLKnown(t), []unmovable{
		{"INSERT INTO Orders (total) SELECT Orders.id FROM Orders ON DUPLICATE KEY UPDATE total = 1", `calls two tables "orders" at one place`},
		{"SELECT * FROM Orders PARTITION (p0)", `names partitions of "orders", behind which its alias would stand`},
		{"SELECT size_of('Orders')", `gives the name of a tenants' table to the function "size_of"`},
	})
}
