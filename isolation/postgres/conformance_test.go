package postgres_test

import (
	"testing"

	"github.com/tenancygen/tenancygen/isolation/isolationtest"
	"github.com/tenancygen/tenancygen/isolation/postgres"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

func newRowFilter(t *testing.T, db isolationtest.Database) pgxdb.Provider {
	t.Helper()
	p, err := postgres.NewRowFilter(db.Pool, postgres.WithLayout(db.Layout), postgres.WithAdmin(db.Admin))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func newRLS(t *testing.T, db isolationtest.Database) pgxdb.Provider {
	t.Helper()
	p, err := postgres.NewRLS(db.Pool, postgres.WithLayout(db.Layout))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.VerifyRole(t.Context()); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestRowFilterConforms(t *testing.T) {
	t.Parallel()
	isolationtest.Exercise(t, newRowFilter)
}

func TestRLSConforms(t *testing.T) {
	t.Parallel()
	isolationtest.Exercise(t, newRLS, isolationtest.Policies(postgres.DefaultSetting))
}

func TestRLSWithSettingConforms(t *testing.T) {
	t.Parallel()
	const setting = "tenancy.ID_2"
	isolationtest.Exercise(t, func(t *testing.T, db isolationtest.Database) pgxdb.Provider {
		t.Helper()
		p, err := postgres.NewRLS(db.Pool, postgres.WithSetting(setting), postgres.WithLayout(db.Layout))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}, isolationtest.Policies(setting))
}
