package postgres_test

import (
	"testing"

	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
	"github.com/tenancygen/tenancygen/isolation/isolationtest"
	"github.com/tenancygen/tenancygen/isolation/postgres"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

func newSchema(t *testing.T, db isolationtest.Database) pgxdb.Provider {
	t.Helper()
	p, err := postgres.NewSchema(db.Pool, db.Layout, postgres.WithAdmin(db.Admin))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func newPrefix(t *testing.T, db isolationtest.Database) pgxdb.Provider {
	t.Helper()
	p, err := postgres.NewPrefix(db.Pool, db.Layout, postgres.WithAdmin(db.Admin))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// schemaPlace is where the schema strategy puts a tenant.
func schemaPlace(p pgxdb.Isolation, t runtime.Tenant, _ string) (isolationtest.Place, error) {
	schema, err := p.SchemaName(t)
	space := namespace.Space{Schema: schema}
	return isolationtest.Place{
		Table:    space.Qualified,
		Occupy:   []string{"CREATE SCHEMA " + namespace.Quote(schema), "CREATE TABLE " + space.Qualified("notes") + " (theirs int)"},
		Occupied: "SELECT pg_catalog.to_regclass('" + space.Qualified("notes") + "') IS NOT NULL",
	}, err
}

// prefixPlace is where the prefix strategy puts a tenant.
func prefixPlace(_ pgxdb.Isolation, t runtime.Tenant, _ string) (isolationtest.Place, error) {
	prefix, err := namespace.Prefix(t.ID)
	space := namespace.Space{Schema: "public", Prefix: prefix}
	return isolationtest.Place{
		Table:    space.Qualified,
		Occupy:   []string{"CREATE TABLE " + space.Qualified("notes") + " (theirs int)"},
		Occupied: "SELECT pg_catalog.to_regclass('" + space.Qualified("notes") + "') IS NOT NULL",
	}, err
}

func TestSchemaConforms(t *testing.T) {
	t.Parallel()
	isolationtest.Exercise(t, newSchema, isolationtest.Namespaces(schemaPlace))
}

func TestPrefixConforms(t *testing.T) {
	t.Parallel()
	isolationtest.Exercise(t, newPrefix, isolationtest.Namespaces(prefixPlace))
}
