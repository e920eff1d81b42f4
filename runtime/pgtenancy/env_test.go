package pgtenancy_test

import (
	"context"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"github.com/tenancygen/tenancygen/examples/gen"
	"github.com/tenancygen/tenancygen/internal/testpg"
	"github.com/tenancygen/tenancygen/runtime/config"
	"github.com/tenancygen/tenancygen/runtime/pgtenancy"
)

// TestMain also sees that nothing goes on behind what was closed.
func TestMain(m *testing.M) {
	// It sleeps for a second, and then sees that the client is closed.
	dialing := goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial")
	testpg.Main(m, func() error { return goleak.Find(dialing) })
}

// database is a database with the tables of the example, and the base of an environment.
type database struct {
	super   *pgx.Conn
	environ []string
	role    string
}

func newDatabase(t *testing.T) *database {
	t.Helper()
	superURL := testpg.Database(t)
	super, err := pgx.Connect(t.Context(), superURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = super.Close(context.WithoutCancel(t.Context())) })
	for _, path := range []string{"../../examples/schema.sql", "../../examples/gen/rls.up.sql"} {
		if _, err := super.Exec(t.Context(), readFile(t, path)); err != nil {
			t.Fatal(err)
		}
	}
	role, url := testpg.Role(t, superURL)
	if _, err := super.Exec(t.Context(), "INSERT INTO plans (code, name, monthly_cents) VALUES ('free', 'Free', 0); GRANT app_user TO "+role); err != nil {
		t.Fatal(err)
	}
	return &database{super: super, role: role, environ: []string{"TENANCY_DATABASE_URL=" + url, "TENANCY_DATABASE_ADMIN_URL=" + superURL}}
}

// config returns the configuration with more variables, written without their prefix.
func (d *database) config(t *testing.T, more ...string) config.Config {
	t.Helper()
	environ := d.environ
	for _, variable := range more {
		environ = append(environ[:len(environ):len(environ)], config.Prefix+variable)
	}
	cfg, err := config.Parse(environ)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// options are those of most tests.
func options() pgtenancy.Options {
	return pgtenancy.Options{Layout: gen.Layout, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}
}

// open opens, and closes with the test.
func (d *database) open(t *testing.T, o pgtenancy.Options, more ...string) *pgtenancy.Tenancy {
	t.Helper()
	tenancy, err := pgtenancy.Open(t.Context(), d.config(t, more...), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tenancy.Close(); err != nil {
			t.Error(err)
		}
	})
	return tenancy
}

// connections returns how many connections the application's role has open.
func (d *database) connections(t *testing.T) (n int) {
	t.Helper()
	err := d.super.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'").Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// gone waits until nobody is connected any more: the server notices it a little later.
func (d *database) gone(t *testing.T, after string) {
	t.Helper()
	for range 100 {
		if d.connections(t) == 0 {
			return
		}
		// The server waits, and the test does not poll faster than it can notice.
		if _, err := d.super.Exec(t.Context(), "SELECT pg_sleep(0.05)"); err != nil {
			t.Fatal(err)
		}
	}
	t.Errorf("after %s, %d connections are open", after, d.connections(t))
}

// secret fails t where a text shows a password.
func secret(t *testing.T, text string) {
	t.Helper()
	if strings.Contains(text, "hunter") {
		t.Errorf("a password is shown: %s", text)
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
