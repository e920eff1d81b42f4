package equivalence

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/internal/testpg"
)

// Project is what a Lab is made of.
type Project struct {
	// Catalog is the classified schema.
	Catalog *catalog.Catalog
	// Schema and Data are SQL. Data gives several tenants their rows.
	Schema, Data string
	// Tenants get rows that are made up from the columns' types.
	Tenants []string
}

// Lab is a shared database from which pairs are made.
type Lab struct {
	project Project
	server  string // a superuser's URL
	name    string // of the template database

	mu    sync.Mutex // a template is copied by one at a time
	count int
}

// New loads the project into a database that is dropped when t ends.
func New(t testing.TB, project Project) *Lab {
	t.Helper()
	l, err := Try(t, project)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Try is New for a schema, or data, that the server may refuse: the error is the
// server's.
func Try(t testing.TB, project Project) (*Lab, error) {
	t.Helper()
	l := &Lab{project: project, server: testpg.URL(t)}
	dsn := testpg.Database(t)
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	l.name = strings.TrimPrefix(u.Path, "/")
	conn := connect(t, dsn)
	defer closeConn(conn)
	for _, step := range []struct{ what, sql string }{{"schema", project.Schema}, {"data", project.Data}} {
		if _, err := conn.Exec(t.Context(), step.sql); err != nil {
			return nil, fmt.Errorf("equivalence: load the %s: %w", step.what, err)
		}
	}
	if len(project.Tenants) > 0 {
		if err := populate(t.Context(), conn, project.Catalog, project.Tenants); err != nil {
			t.Fatalf("equivalence: make rows: %v", err)
		}
	}
	if err := freeze(t.Context(), conn); err != nil {
		t.Fatalf("equivalence: freeze: %v", err)
	}
	return l, nil
}

// Pair makes the two databases of a tenant, which are dropped when t ends. The
// tenant need not exist.
func (l *Lab) Pair(t testing.TB, tenant string) *Pair {
	t.Helper()
	return l.pair(t, tenant, l.clone(t), l.clone(t))
}

// LastPair does the same with the lab's own database as the shared one, which
// saves a copy. No other pair can be made afterwards.
func (l *Lab) LastPair(t testing.TB, tenant string) *Pair {
	t.Helper()
	slice := l.clone(t)
	return l.pair(t, tenant, l.open(t, l.name), slice)
}

func (l *Lab) pair(t testing.TB, tenant string, shared, slice *side) *Pair {
	t.Helper()
	ctx := t.Context()
	p := &Pair{tenant: tenant, catalog: l.project.Catalog, shared: shared, slice: slice}
	if err := p.slice.prune(ctx, l.project.Catalog, tenant); err != nil {
		t.Fatalf("equivalence: slice of %s: %v", tenant, err)
	}
	for _, side := range []*side{p.shared, p.slice} {
		if err := side.open(ctx, l.project.Catalog); err != nil {
			t.Fatalf("equivalence: %v", err)
		}
	}
	if own, all := p.shared.before.of(tenant), p.slice.before.all(); !equal(own, all) {
		t.Fatalf("equivalence: the slice of %s is not its rows:\n%s", tenant, diffLines(all, own))
	}
	var err error
	if p.samples, err = p.shared.sample(ctx, l.project.Catalog); err != nil {
		t.Fatalf("equivalence: sample: %v", err)
	}
	return p
}

// clone copies the template.
func (l *Lab) clone(t testing.TB) *side {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count++
	name := fmt.Sprintf("%s_%d", l.name, l.count)
	l.run(t, "CREATE DATABASE "+name+" TEMPLATE "+l.name)
	t.Cleanup(func() { l.run(t, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)") })
	return l.open(t, name)
}

// open connects to a database, until t ends.
func (l *Lab) open(t testing.TB, name string) *side {
	t.Helper()
	u, err := url.Parse(l.server)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	conn := connect(t, u.String())
	t.Cleanup(func() { closeConn(conn) })
	return &side{conn: conn}
}

// run executes a statement on the maintenance database. It has a context of its
// own since that of a test is over when its cleanup runs.
func (l *Lab) run(t testing.TB, sql string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, l.server)
	if err != nil {
		t.Fatal(err)
	}
	defer closeConn(conn)
	if _, err := conn.Exec(ctx, sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func connect(t testing.TB, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func closeConn(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	_ = conn.Close(ctx)
}
