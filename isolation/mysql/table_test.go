package mysql

import (
	"testing"

	"github.com/tenancygen/tenancygen/internal/testmysql"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

// TestVerifyLooksAtTheStorageEngine makes what a server does whose default is another
// engine than InnoDB, under each strategy.
func TestVerifyLooksAtTheStorageEngine(t *testing.T) {
	t.Parallel()
	acme := runtime.Tenant{ID: "acme", Status: runtime.StatusActive}
	providers := newLong(t, testmysql.DatabaseOn(t, testmysql.New(t))) // databases are the server's
	dsn := testmysql.Database(t)
	db := testmysql.Open(t, dsn)
	run(t, sqldb.DB(db), "CREATE TABLE notes (tenant_id VARBINARY(255) NOT NULL, n INT)")
	run(t, sqldb.DB(db), "CREATE TABLE kinds (n INT) ENGINE=MyISAM")
	row, err := NewRowFilter(db, WithLayout(runtime.Layout{Engine: "mysql", Fingerprint: "test", Tables: []runtime.Table{
		{Name: "notes", Class: runtime.ClassTenant, Column: "tenant_id", Columns: []runtime.Column{{Name: "tenant_id"}}},
		{Name: "kinds", Class: runtime.ClassGlobal},
	}}))
	if err != nil {
		t.Fatal(err)
	}
	providers["row"] = row
	for name, p := range providers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := p.Initialize(t.Context(), acme); err != nil {
				t.Fatal(err)
			}
			table := map[string]string{"row": "notes", "database": "`tenant_acme`.`" + long + "x`"}[name]
			if name == "prefix" {
				table = "`" + scan(t, p.Global(), "SELECT max(TABLE_NAME) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME LIKE 't\\_%'") + "`"
			}
			admin := map[string]sqldb.DB{"row": db}[name]
			if admin == nil {
				admin = p.Global()
			}
			for _, tc := range []struct {
				ddl   string
				wrong bool
			}{
				{"ENGINE=MyISAM", true},
				{"ENGINE=MEMORY", true},
				{"ENGINE=InnoDB", false},
				{"PARTITION BY KEY (tenant_id) PARTITIONS 2", false},
			} {
				run(t, admin, "ALTER TABLE "+table+" "+tc.ddl)
				report, err := p.Verify(t.Context(), acme)
				if err != nil {
					t.Fatal(err)
				}
				if err := report.Err(); (err != nil) != tc.wrong {
					t.Errorf("%s: %v", tc.ddl, err)
				}
			}
		})
	}
}
