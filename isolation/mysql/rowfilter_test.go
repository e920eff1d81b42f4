package mysql

import (
	"database/sql"
	"slices"
	"testing"

	"github.com/tenancygen/tenancygen/internal/testmysql"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

// Without the strict mode an id that is too long is stored as another one, and without
// foreign keys a child outlives its parent.
func TestVerifyLooksAtTheSession(t *testing.T) {
	t.Parallel()
	db, err := sql.Open("mysql", testmysql.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(1)
	run(t, sqldb.DB(db), "CREATE TABLE notes (tenant_id VARBINARY(3) NOT NULL)")
	layout := runtime.Layout{Engine: "mysql", Fingerprint: "test", Tables: []runtime.Table{
		{Name: "notes", Class: runtime.ClassTenant, Column: "tenant_id", Columns: []runtime.Column{{Name: "tenant_id"}}},
	}}
	p, err := NewRowFilter(db, WithLayout(layout))
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		set, broken string
		cuts        bool
	}{
		{"SET SESSION sql_mode = ''", "strict mode", true},
		{"SET SESSION sql_mode = 'NO_ZERO_DATE'", "strict mode", true},
		{"SET SESSION sql_mode = 'STRICT_ALL_TABLES'", "", false},
		{"SET SESSION sql_mode = 'STRICT_TRANS_TABLES'", "", false},
		{"SET SESSION foreign_key_checks = 0", "foreign keys", false},
	} {
		run(t, sqldb.DB(db), tc.set)
		report, err := p.Verify(t.Context(), runtime.Tenant{ID: "acme", Status: runtime.StatusActive})
		if err != nil {
			t.Fatal(err)
		}
		for _, check := range []string{"foreign keys", "strict mode"} {
			i := slices.IndexFunc(report.Checks, func(c runtime.Check) bool { return c.Name == check })
			if i < 0 || (report.Checks[i].Problem != "") != (check == tc.broken) {
				t.Errorf("%s: %s: %+v", tc.set, check, report.Checks)
			}
		}
		_, err = db.ExecContext(t.Context(), "INSERT INTO notes VALUES ('acme')")
		if stored := err == nil; stored != tc.cuts {
			t.Errorf("%s: the id that is too long is stored: %v", tc.set, stored)
		}
	}
	if got := scan(t, sqldb.DB(db), "SELECT count(*) FROM notes WHERE tenant_id = 'acm'"); got != "2" {
		t.Errorf("%s rows are those of acm, want 2", got)
	}
}
