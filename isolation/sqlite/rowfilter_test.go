package sqlite

import (
	"testing"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

// Without foreign keys, a deleted row's children are those of whoever gets its key.
func TestVerifyWithoutForeignKeys(t *testing.T) {
	t.Parallel()
	db := newDatabase(t).Admin
	for _, ddl := range testLayout.DDL {
		run(t, sqldb.DB(db), ddl.SQL)
	}
	db.SetMaxOpenConns(1)
	p, err := NewRowFilter(db, WithLayout(testLayout))
	if err != nil {
		t.Fatal(err)
	}
	for pragma, want := range map[string]bool{"PRAGMA foreign_keys = off": false, "PRAGMA foreign_keys = on": true} {
		run(t, sqldb.DB(db), pragma)
		report, err := p.Verify(t.Context(), runtime.Tenant{ID: "acme", Status: runtime.StatusActive})
		if err != nil {
			t.Fatal(err)
		}
		last := report.Checks[len(report.Checks)-1]
		if last.Name != "foreign keys" || (last.Problem == "") != want {
			t.Errorf("%s: %+v", pragma, last)
		}
	}
}
