package parse

import "testing"

// TestNopadCollations holds that a schema of MariaDB can have the collations that the ids
// of tenants need, and that others that nobody knows are refused.
func TestNopadCollations(t *testing.T) {
	t.Parallel()
	for name, known := range map[string]bool{"utf8mb4_nopad_bin": true, "latin1_nopad_bin": true, "ascii_nopad_bin": true, "utf8_nopad_bin": true, "utf8mb4_bin": true, "utf8mb4_made_up": false} {
		ddl, err := MySQL.Schema("CREATE TABLE t (id VARCHAR(20) COLLATE " + name + ")")
		if (err == nil) != known {
			t.Errorf("%s: %v", name, err)
		}
		if known && err == nil && ddl[0].CreateTable.Columns[0].Collation != name {
			t.Errorf("%s is read as %q", name, ddl[0].CreateTable.Columns[0].Collation)
		}
	}
}
