package pgaudit_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/isolation/postgres"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/audit/pgaudit"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// TestWriteTxOfTenants holds that an entry can be written in a tenant's own transaction,
// as far as the strategy runs SQL there that was not generated, and that the transaction
// is as it was afterwards.
func TestWriteTxOfTenants(t *testing.T) {
	t.Parallel()
	tenant := runtime.Tenant{ID: "acme", Identifier: runtime.MustIdentifier("acme")}
	layout := runtime.Layout{
		Engine: "postgresql", Fingerprint: "1", Schema: "public",
		Tables: []runtime.Table{{Name: "notes", Class: runtime.ClassTenant, Columns: []runtime.Column{{Name: "id", Type: "bigint"}}}},
		DDL: []runtime.DDL{{
			Text: runtime.Text{SQL: "CREATE TABLE notes (id bigint)", Slots: []runtime.Slot{{Start: 13, End: 18, Name: "notes"}}}, Creates: []string{"notes"},
		}},
	}
	for name, c := range map[string]struct {
		open func(s setting) (pgxdb.Isolation, error)
		runs bool
	}{
		"row filter": {func(s setting) (pgxdb.Isolation, error) {
			return postgres.NewRowFilter(s.app, postgres.WithAdmin(s.owner))
		}, true},
		"rls": {func(s setting) (pgxdb.Isolation, error) { return postgres.NewRLS(s.app, postgres.WithAdmin(s.owner)) }, true},
		"schema": {func(s setting) (pgxdb.Isolation, error) {
			return postgres.NewSchema(s.app, layout, postgres.WithAdmin(s.owner))
		}, true},
		"prefix": {func(s setting) (pgxdb.Isolation, error) {
			return postgres.NewPrefix(s.app, layout, postgres.WithAdmin(s.owner))
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setup(t)
			w := writer(t, s.app, pgaudit.Options{})
			p, err := c.open(s)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = p.Close() })
			if name == "schema" {
				if err := p.Initialize(t.Context(), tenant); err != nil {
					t.Fatal(err)
				}
			}
			tx, err := p.For(tenant).BeginTx(t.Context(), pgx.TxOptions{})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = tx.Rollback(t.Context()) }()
			_, err = w.WriteTx(t.Context(), tx, entry("acme", 1))
			if (err == nil) != c.runs {
				t.Fatal(err)
			}
			if !c.runs {
				return
			}
			if err := tx.Commit(t.Context()); err != nil {
				t.Fatal(err)
			}
			if head, err := w.Verify(t.Context(), "acme"); err != nil || head.Seq != 1 {
				t.Errorf("%v, %v", head, err)
			}
			// The tenant's own SQL reads no entries.
			if _, err := p.For(tenant).Exec(t.Context(), "SELECT * FROM tenancy.audit"); err == nil {
				t.Error("a tenant's statement reads the entries of all")
			}
		})
	}
}
