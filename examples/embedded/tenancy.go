package main

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3/driver"  // pure Go
	_ "github.com/ncruces/go-sqlite3/embed" // SQLite itself

	"github.com/tenancygen/tenancygen/examples/embedded/gen"
	"github.com/tenancygen/tenancygen/isolation/sqlite"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/limiter"
	"github.com/tenancygen/tenancygen/runtime/manager"
	"github.com/tenancygen/tenancygen/runtime/middleware"
	"github.com/tenancygen/tenancygen/runtime/resolver"
	"github.com/tenancygen/tenancygen/runtime/sqldb"
	"github.com/tenancygen/tenancygen/runtime/store/sqlitestore"
)

//go:embed schema.sql
var schema string

// plans are rows that all tenants share.
const plans = "INSERT OR IGNORE INTO plans (code, name, monthly_cents) VALUES ('free', 'Free', 0), ('pro', 'Pro', 1900)"

// tenancy is what the application needs for its tenants: who they are, where their data
// is, and who may act for them.
type tenancy struct {
	db         *sql.DB
	isolation  sqldb.Isolation
	manager    *manager.Manager
	middleware func(http.Handler) http.Handler
}

// openTenancy opens all of it in a directory. Closing it closes what was opened.
func openTenancy(ctx context.Context, dir string, strategy runtime.Strategy, users *users, log *slog.Logger) (_ *tenancy, err error) {
	t := &tenancy{}
	defer func() {
		if err != nil {
			err = errors.Join(err, t.Close())
		}
	}()
	if t.db, err = driver.Open(source(dir)); err != nil {
		return nil, err
	}
	isolation, err := newIsolation(ctx, t.db, dir, strategy)
	if err != nil {
		return nil, err
	}
	t.isolation = isolation
	store, err := sqlitestore.New(t.db, sqlitestore.Options{})
	if err != nil {
		return nil, err
	}
	t.manager, err = manager.New(manager.Options{
		Store: store, Namespaces: t.isolation, Logger: log,
		Limiter: limiter.NewLocal(limiter.LocalOptions{}), DefaultLimit: runtime.Limit{Requests: 100, Window: time.Minute},
	})
	if err != nil {
		return nil, err
	}
	if err := t.manager.Initialize(ctx); err != nil {
		return nil, err
	}
	header, err := resolver.NewHeader(resolver.HeaderOptions{})
	if err != nil {
		return nil, err
	}
	t.middleware, err = middleware.New(middleware.Options{Resolver: header, Tenants: t.manager, Membership: users.membership, Logger: log})
	return t, err
}

// source names the application's file for the driver. A transaction locks the file when it
// begins, so that no other one has written when it comes to its first write, and waits for
// the lock.
func source(dir string) string {
	file := url.URL{Scheme: "file", Path: filepath.ToSlash(filepath.Join(dir, "app.db")), RawQuery: url.Values{
		"_txlock": {"immediate"}, "_pragma": {"busy_timeout(10000)", "foreign_keys(on)", "synchronous(normal)"},
	}.Encode()}
	return file.String()
}

// newIsolation returns the provider of a strategy, and makes the tables that tenants
// share. The generated code is the same for all strategies.
func newIsolation(ctx context.Context, db *sql.DB, dir string, strategy runtime.Strategy) (sqldb.Isolation, error) {
	switch strategy {
	case runtime.StrategyRow: // tenants share all tables
		if _, err := db.ExecContext(ctx, schema+plans); err != nil {
			return nil, err
		}
		return sqlite.NewRowFilter(db, sqlite.WithLayout(gen.Layout))
	case runtime.StrategyPrefix: // each has tables of its own
		if err := makeShared(ctx, db); err != nil {
			return nil, err
		}
		connector, err := new(driver.SQLite).OpenConnector(source(dir))
		if err != nil {
			return nil, err
		}
		return sqlite.NewPrefix(connector, gen.Layout)
	case runtime.StrategyDatabase: // each has a file of its own
		if err := makeShared(ctx, db); err != nil {
			return nil, err
		}
		files := filepath.Join(dir, "tenants")
		if err := os.MkdirAll(files, 0o700); err != nil {
			return nil, err
		}
		return sqlite.NewFile(db, files, gen.Layout)
	}
	return nil, fmt.Errorf("there is no isolation %q here: use row, prefix or database", strategy)
}

// makeShared makes the global tables where the others are each tenant's own, which
// Register makes.
func makeShared(ctx context.Context, db *sql.DB) error {
	for _, d := range gen.Layout.DDL {
		if !d.Shared {
			continue
		}
		if _, err := db.ExecContext(ctx, d.SQL); err != nil {
			return err
		}
	}
	_, err := db.ExecContext(ctx, plans)
	return err
}

// Close ends what goes on and closes the database. The manager closes what it was made
// of, the isolation among it.
func (t *tenancy) Close() error {
	var errs []error
	if t.manager != nil {
		errs = append(errs, t.manager.Close())
	} else if t.isolation != nil {
		errs = append(errs, t.isolation.Close())
	}
	if t.db != nil {
		errs = append(errs, t.db.Close())
	}
	return errors.Join(errs...)
}

// users says who may act for which tenant. It stands for the table of users of a real
// application, or for the tokens of who logs people in.
type users struct{ tenants map[string]string } // by the user's token, the tenant's id

// membership is asked by the middleware for each request, before anything else happens.
func (u *users) membership(_ context.Context, r *http.Request, t runtime.Tenant) error {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	tenant, known := u.tenants[token]
	switch {
	case !known:
		return resolver.ErrUnauthenticated
	case tenant != t.ID:
		return middleware.ErrForbidden
	}
	return nil
}
