package postgres_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/isolation/isolationtest"
	"github.com/tenancygen/tenancygen/isolation/postgres"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// housed gives the suite's tenants, who are the same in every test, URLs of databases
// of their test's own: names of databases are the whole server's.
type housed struct {
	*postgres.Database
	superuser string
}

// house returns the tenant with the URL of its database.
func (h housed) house(t runtime.Tenant) runtime.Tenant {
	u, err := url.Parse(h.superuser)
	if err != nil || t.ID == "" {
		return t
	}
	role, err := url.Parse(h.app())
	if err != nil {
		return t
	}
	role.Path = fmt.Sprintf("%s_%x", u.Path, sha256.Sum256([]byte(t.ID)))[:40]
	t.DatabaseURL = role.String()
	return t
}

// app is a URL of the application's.
func (h housed) app() string {
	dsn, _ := h.Database.DatabaseURL(runtime.Tenant{ID: "any"})
	return dsn
}

func (h housed) For(t runtime.Tenant) pgxdb.Handle { return h.Database.For(h.house(t)) }

func (h housed) Initialize(ctx context.Context, t runtime.Tenant) error {
	return h.Database.Initialize(ctx, h.house(t))
}

func (h housed) Destroy(ctx context.Context, t runtime.Tenant, confirm runtime.Confirmation) (runtime.Removal, error) {
	return h.Database.Destroy(ctx, h.house(t), confirm)
}

func (h housed) Verify(ctx context.Context, t runtime.Tenant) (runtime.Report, error) {
	return h.Database.Verify(ctx, h.house(t))
}

func (h housed) DatabaseURL(t runtime.Tenant) (string, error) {
	return h.Database.DatabaseURL(h.house(t))
}

func newHoused(t *testing.T, db isolationtest.Database, opts ...postgres.Option) housed {
	t.Helper()
	d, err := postgres.NewDatabase(db.Pool, db.Layout, append(opts, postgres.WithAdmin(db.Admin),
		// As the suite's own pool: its mode, its size, and its eyes.
		postgres.WithPoolConfig(func(c *pgxpool.Config, _ runtime.Tenant) error {
			master := db.Pool.Config()
			c.MaxConns = master.MaxConns
			c.ConnConfig.DefaultQueryExecMode = master.ConnConfig.DefaultQueryExecMode
			c.ConnConfig.DialFunc = master.ConnConfig.DialFunc
			return nil
		}))...)
	if err != nil {
		t.Fatal(err)
	}
	superuser := db.Admin.Config().ConnString()
	t.Cleanup(func() {
		ctx := context.Background()
		rows, err := db.Admin.Query(ctx, "SELECT datname FROM pg_database WHERE datname LIKE $1", db.Admin.Config().ConnConfig.Database+"\\_%")
		if err != nil {
			return
		}
		var names []string
		for rows.Next() {
			var name string
			if rows.Scan(&name) == nil {
				names = append(names, name)
			}
		}
		for _, name := range names {
			_, _ = db.Admin.Exec(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
		}
	})
	return housed{d, superuser}
}

// databasePlace is where the database strategy puts a tenant.
func databasePlace(p pgxdb.Isolation, t runtime.Tenant, superuser string) (isolationtest.Place, error) {
	dsn, err := p.DatabaseURL(t)
	if err != nil {
		return isolationtest.Place{}, err
	}
	at, err := url.Parse(dsn)
	if err != nil {
		return isolationtest.Place{}, err
	}
	u, err := url.Parse(superuser)
	if err != nil {
		return isolationtest.Place{}, err
	}
	u.Path = at.Path
	name := strings.TrimPrefix(at.Path, "/")
	return isolationtest.Place{
		URL:      u.String(),
		Table:    func(name string) string { return `"` + name + `"` },
		Occupy:   []string{"CREATE DATABASE " + name},
		Occupied: "SELECT EXISTS (SELECT FROM pg_database WHERE datname = '" + name + "')",
	}, nil
}

func TestDatabaseConforms(t *testing.T) {
	t.Parallel()
	isolationtest.Exercise(t, func(t *testing.T, db isolationtest.Database) pgxdb.Provider {
		t.Helper()
		return newHoused(t, db)
	}, isolationtest.Namespaces(databasePlace))
}
