package testpg

import (
	"context"
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

func startHelpersBouncer(ctx context.Context, dsn string) (string, error) {
	config, err := pgconn.ParseConfig(dsn)
	if err != nil {
		return "", err
	}
	if bouncerBinary.path, err = findBouncer(); err != nil {
		return "", err
	}
	bouncer, _, err := startBouncer(ctx, config, nil)
	return bouncer, err
}

// plain runs a statement in one message, which needs nothing of a connection.
func plain(t *testing.T, conn *pgx.Conn, sql string) string {
	t.Helper()
	results, err := conn.PgConn().Exec(t.Context(), sql).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(results) != 1 || len(results[0].Rows) == 0 {
		return ""
	}
	return string(results[0].Rows[0][0])
}

func TestBouncerPoolsTransactions(t *testing.T) {
	t.Parallel()
	database := Database(t)
	role, roleURL := Role(t, database)
	dsn := Bouncer(t, roleURL, "default_pool_size=2")
	a, b := connect(t, dsn), connect(t, dsn)
	const who = "SELECT current_user || ' ' || current_database()"
	if got, want := plain(t, a, who), plain(t, connect(t, roleURL), who); got != want {
		t.Errorf("%q through PgBouncer, %q without", got, want)
	}
	const pid = "SELECT pg_backend_pid()"
	plain(t, a, "BEGIN")
	first := plain(t, a, pid)
	if plain(t, b, pid) == first {
		t.Error("a connection is shared within a transaction")
	}
	if plain(t, a, pid) != first {
		t.Error("a transaction changed its connection")
	}
	plain(t, a, "COMMIT")
	// Both transactions in turn have the connection of a's, so it is one pool.
	seen := map[string]int{}
	for range 4 {
		seen[plain(t, a, pid)]++
	}
	if len(seen) != 2 || seen[first] != 2 {
		t.Errorf("the transactions of a client had the connections %v, want two in turn", seen)
	}
	var backends int
	err := connect(t, database).QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE usename = $1", role).Scan(&backends)
	if err != nil {
		t.Fatal(err)
	}
	if backends != 3 { // and one is this test's own, without PgBouncer
		t.Errorf("%d connections to the server, want 3", backends)
	}
}

// A setting of the session is what PgBouncer does not keep apart.
func TestBouncerSharesSessions(t *testing.T) {
	t.Parallel()
	dsn := Bouncer(t, Database(t), "default_pool_size=1")
	a, b := connect(t, dsn), connect(t, dsn)
	plain(t, a, "SELECT set_config('app.x', 'of a', false)")
	if got := plain(t, b, "SELECT current_setting('app.x')"); got != "of a" {
		t.Errorf("the other client sees %q", got)
	}
}

func TestBouncerServesEveryDatabase(t *testing.T) {
	t.Parallel()
	one, two := Database(t), Database(t)
	other, err := url.Parse(two)
	if err != nil {
		t.Fatal(err)
	}
	dsn := edit(t, Bouncer(t, one), func(u *url.URL) { u.Path = other.Path })
	if got := "/" + plain(t, connect(t, dsn), "SELECT current_database()"); got != other.Path {
		t.Errorf("database %q, want %q", got, other.Path)
	}
}

func TestBouncerStopsWithItsTest(t *testing.T) {
	t.Parallel()
	requireBouncer(t) // the skip of the test below would not be ours
	database := Database(t)
	var conn *pgx.Conn
	var dsn string
	t.Run("exists during the test", func(t *testing.T) {
		dsn = Bouncer(t, database)
		var err error
		if conn, err = pgx.Connect(t.Context(), dsn); err != nil {
			t.Fatal(err)
		}
		plain(t, conn, "SELECT 1")
	})
	awaitEnd(t, conn)
	if _, err := pgx.Connect(t.Context(), dsn); err == nil {
		t.Error("PgBouncer still takes connections")
	}
}

func TestBouncerStopsWhenItsParentIsKilled(t *testing.T) {
	t.Parallel()
	local(t)
	requireBouncer(t)
	conn := orphan(t, "bouncer")
	awaitEnd(t, conn)
}

// awaitEnd waits until somebody ends conn.
func awaitEnd(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := conn.WaitForNotification(ctx); err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("the connection is still there: %v", err)
	}
}

func TestBouncerVersion(t *testing.T) {
	t.Parallel()
	major, minor := BouncerVersion(t)
	t.Logf("PgBouncer %d.%d, which prepares: %v", major, minor, BouncerPrepares(t))
	// An unknown setting is fatal to PgBouncer, so this is its own opinion.
	config, err := pgconn.ParseConfig(Database(t))
	if err != nil {
		t.Fatal(err)
	}
	_, w, err := startBouncer(t.Context(), config, []string{"max_prepared_statements=10"})
	if err == nil {
		w.Stop()
	}
	if knows := err == nil; knows != BouncerPrepares(t) {
		t.Errorf("PgBouncer %d.%d knows max_prepared_statements: %v", major, minor, knows)
	}
}
