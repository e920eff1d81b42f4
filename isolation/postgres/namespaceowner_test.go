package postgres_test

import (
	"errors"
	"testing"

	"github.com/tenancygen/tenancygen/isolation/postgres"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// Whose a stored name is, is asked once, before the first statement, and not by For.
func TestStoredSchemaIsAskedOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t, runtime.StrategySchema)
	stored := runtime.Tenant{ID: ann.ID, SchemaName: "annas_books"}
	s.initialize(t, stored)
	admin := newPool(t, s.admin.Config().ConnString())
	p := s.open(t, s.app, s.layout, postgres.WithAdmin(admin))
	asked := func(what string, want int64) {
		t.Helper()
		if got := admin.Stat().AcquireCount(); got != want {
			t.Errorf("%s: the registry was asked %d times, want %d", what, got, want)
		}
	}
	db := p.For(stored)
	asked("For", 0)
	for range 3 {
		for _, db := range []pgxdb.Handle{db, p.For(stored)} {
			if _, err := db.Exec(t.Context(), "SELECT 1"); err != nil {
				t.Fatal(err)
			}
		}
	}
	asked("six statements", 1)
	if _, err := p.For(ann).Exec(t.Context(), "SELECT 1"); err != nil {
		t.Fatal(err)
	}
	asked("a name that is made from the id", 1)
	// Destroy ends what is known, and the name is free for somebody else.
	if _, err := p.Destroy(t.Context(), stored, runtime.Confirmation(ann.ID)); err != nil {
		t.Fatal(err)
	}
	heir := runtime.Tenant{ID: bob.ID, SchemaName: stored.SchemaName}
	if err := p.Initialize(t.Context(), heir); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(t.Context(), "DELETE FROM notes"); !errors.Is(err, runtime.ErrForeignNamespace) {
		t.Errorf("the former owner: %v", err)
	}
	if _, err := p.For(heir).Exec(t.Context(), "DELETE FROM notes"); err != nil {
		t.Errorf("the heir: %v", err)
	}
}
