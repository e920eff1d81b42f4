// Package lab is the database that the benchmarks run on: a server, two roles, two
// ways to it, and the rows of the tenants.
package lab

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/bench/proxy"
	"github.com/tenancygen/tenancygen/bench/workload"
	"github.com/tenancygen/tenancygen/internal/testpg"
)

// Role is whom a connection is for.
type Role int

// The roles.
const (
	// Admin is a superuser, who makes the tables.
	Admin Role = iota
	// Plain is not subject to the policies, so that the same rows serve the
	// strategies that have none.
	Plain
	// Isolated is subject to them.
	Isolated
)

// Link is a way to the server.
type Link int

// The links.
const (
	// Direct is a unix socket, or TCP where the server has no socket for us.
	Direct Link = iota
	// Delayed goes through a proxy that adds a round trip time and counts.
	Delayed
)

// Connections are how many a pool has at most. There can be more goroutines.
const Connections = 8

// memberOf is the role that the generated policies are for (tenancy.yaml).
const memberOf = "bench_app"

// Lab is made by Open, and is for one goroutine.
type Lab struct {
	// DirectName says what the direct link is.
	DirectName string
	// ServerVersion is the server's, such as "15.14".
	ServerVersion string

	server    *testpg.Server
	superuser *url.URL
	database  string
	users     map[Role]*url.Userinfo
	host      map[Link]string
	port      map[Link]int
	proxy     *proxy.Process

	mu      sync.Mutex
	atClose []func(context.Context) error
}

// Config says what the lab holds.
type Config struct {
	// Dir has the file schema.sql and the generated package.
	Dir     string
	Tenants int
	Delay   time.Duration
	// Pin puts the client, the server and the proxy on one processor, where the
	// system lets it.
	Pin bool
}

// Open starts a server, or takes the one that package testpg is told of, and makes a
// database with the rows of the tenants. The caller closes the lab.
func Open(ctx context.Context, c Config) (_ *Lab, err error) {
	l := &Lab{database: "bench_" + random(), users: map[Role]*url.Userinfo{}, host: map[Link]string{}, port: map[Link]int{}}
	defer func() {
		if err != nil {
			_ = l.Close()
		}
	}()
	if l.server, err = testpg.Start(ctx); err != nil {
		return nil, err
	}
	if l.superuser, err = url.Parse(l.server.URL); err != nil {
		// The error would print the password.
		return nil, fmt.Errorf("lab: %s is not a URL", testpg.EnvURL)
	}
	if err := l.findLinks(ctx, c); err != nil {
		return nil, err
	}
	if err := l.maintain(ctx, "CREATE DATABASE "+l.database+" TEMPLATE template0"); err != nil {
		return nil, err
	}
	return l, l.fill(ctx, c)
}

func random() string {
	var b [6]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// maintain runs statements as the superuser in the server's maintenance database.
func (l *Lab) maintain(ctx context.Context, statements ...string) error {
	conn, err := pgx.Connect(ctx, l.superuser.String())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	for _, s := range statements {
		if _, err := conn.Exec(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}

// findLinks asks the server for its socket, pins what there is, and starts the proxy.
func (l *Lab) findLinks(ctx context.Context, c Config) error {
	conn, err := pgx.Connect(ctx, l.superuser.String())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	var sockets string
	var port, backend int
	if err := conn.QueryRow(ctx, `SELECT current_setting('server_version'), current_setting('unix_socket_directories'),
		current_setting('port')::int, pg_backend_pid()`).Scan(&l.ServerVersion, &sockets, &port, &backend); err != nil {
		return err
	}
	l.ServerVersion, _, _ = strings.Cut(l.ServerVersion, " ")
	if c.Pin {
		if err := pin(backend); err != nil {
			return fmt.Errorf("%w (leave it with -pin=false)", err)
		}
	}

	l.host[Direct], l.port[Direct], l.DirectName = l.superuser.Hostname(), portOf(l.superuser), "TCP"
	network, address := "tcp", net.JoinHostPort(l.host[Direct], strconv.Itoa(l.port[Direct]))
	dir, _, _ := strings.Cut(sockets, ",")
	if path := filepath.Join(strings.TrimSpace(dir), ".s.PGSQL."+strconv.Itoa(port)); filepath.IsAbs(path) {
		// Another machine's socket, or one behind a password, is not for us.
		if socket, err := net.Dial("unix", path); err == nil {
			_ = socket.Close()
			l.host[Direct], l.port[Direct], l.DirectName = filepath.Dir(path), port, "unix socket"
			network, address = "unix", path
		}
	}
	if l.proxy, err = proxy.Start(network, address, c.Delay); err != nil {
		return err
	}
	l.host[Delayed], l.port[Delayed] = "127.0.0.1", l.proxy.Port()
	return nil
}

func portOf(u *url.URL) int {
	if n, err := strconv.Atoi(u.Port()); err == nil {
		return n
	}
	return 5432
}

// fill makes the tables, the policies, the roles and the rows.
func (l *Lab) fill(ctx context.Context, c Config) error {
	l.users[Admin] = l.superuser.User
	admin, err := l.Pool(ctx, Admin, Direct)
	if err != nil {
		return err
	}
	defer admin.Close()
	for _, name := range []string{"schema.sql", "gen/rls.up.sql"} {
		text, err := os.ReadFile(filepath.Join(c.Dir, name))
		if err != nil {
			return err
		}
		if _, err := admin.Exec(ctx, string(text)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	for role, rights := range map[Role]string{
		Plain:    "BYPASSRLS",
		Isolated: "NOBYPASSRLS IN ROLE " + memberOf,
	} {
		name, password := "bench_"+random(), random()
		l.users[role] = url.UserPassword(name, password)
		for _, statement := range []string{
			"CREATE ROLE " + name + " LOGIN NOSUPERUSER PASSWORD '" + password + "' " + rights,
			// As on a disk without moving parts. Where a tenant has tables of its own they
			// are so small that they would otherwise be read from end to end, which would
			// say something about the size of the sample and nothing about the strategy.
			"ALTER ROLE " + name + " SET random_page_cost = 1.1",
		} {
			if _, err := admin.Exec(ctx, statement); err != nil {
				return err
			}
		}
	}
	if _, err := admin.Exec(ctx, "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO "+l.users[Plain].Username()); err != nil {
		return err
	}
	conn, err := admin.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	if err := workload.Seed(ctx, conn.Conn(), workload.Shared, 0, c.Tenants); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "VACUUM (ANALYZE)")
	return err
}

// AtClose has Close call f before it removes the database. It is safe for concurrent
// use.
func (l *Lab) AtClose(f func(context.Context) error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.atClose = append(l.atClose, f)
}

// Connect returns a connection of the superuser to another database of the server. It
// is safe for concurrent use.
func (l *Lab) Connect(ctx context.Context, database string) (*pgx.Conn, error) {
	config, err := pgx.ParseConfig(l.superuser.String())
	if err != nil {
		return nil, err
	}
	config.Database = database
	return pgx.ConnectConfig(ctx, config)
}

// URL returns the URL of a role on a link, in the lab's database.
func (l *Lab) URL(role Role, link Link) string {
	query := url.Values{"sslmode": {"disable"}, "host": {l.host[link]}, "port": {strconv.Itoa(l.port[link])}}
	u := url.URL{Scheme: "postgres", User: l.users[role], Path: "/" + l.database, RawQuery: query.Encode()}
	return u.String()
}

// Pool returns a pool of a role on a link. The caller closes it.
func (l *Lab) Pool(ctx context.Context, role Role, link Link) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(l.URL(role, link))
	if err != nil {
		return nil, err
	}
	config.MaxConns = Connections
	return pgxpool.NewWithConfig(ctx, config)
}

// Turns returns the round trips on the delayed link so far.
func (l *Lab) Turns() (int64, error) { return l.proxy.Turns() }

// Close removes what Open made, and stops what it started.
func (l *Lab) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var failures []error
	for _, f := range l.atClose {
		failures = append(failures, f(ctx))
	}
	if l.proxy != nil {
		failures = append(failures, l.proxy.Close())
	}
	if l.superuser != nil {
		drop := []string{"DROP DATABASE IF EXISTS " + l.database + " WITH (FORCE)"}
		for _, role := range []Role{Plain, Isolated} {
			if user := l.users[role]; user != nil {
				drop = append(drop, "DROP ROLE IF EXISTS "+user.Username())
			}
		}
		failures = append(failures, l.maintain(ctx, append(drop, "DROP ROLE IF EXISTS "+memberOf)...))
	}
	if l.server != nil {
		l.server.Close()
	}
	return errors.Join(failures...)
}
