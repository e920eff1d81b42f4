// Package plain_test runs a package without tenants on a real server: its statements
// are prepared, and its types go there and back with both drivers.
package plain_test

import (
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"net"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/lib/pq"
	"github.com/sqlc-dev/pqtype"

	"github.com/tenancygen/tenancygen/examples/stdlib/plain/gen"
	"github.com/tenancygen/tenancygen/internal/testpg"
)

func TestMain(m *testing.M) { testpg.Main(m) }

var connectors = map[string]func(dsn string) (driver.Connector, error){
	"lib/pq": func(dsn string) (driver.Connector, error) { return pq.NewConnector(dsn) },
	"pgx": func(dsn string) (driver.Connector, error) {
		config, err := pgx.ParseConfig(dsn)
		if err != nil {
			return nil, err
		}
		return stdlib.GetConnector(*config), nil
	},
}

func TestPreparedQueries(t *testing.T) {
	t.Parallel()
	schema, err := os.ReadFile("schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	for name, open := range connectors {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			connector, err := open(testpg.Database(t))
			if err != nil {
				t.Fatal(err)
			}
			db := sql.OpenDB(connector)
			t.Cleanup(func() { _ = db.Close() })
			if _, err := db.ExecContext(t.Context(), string(schema)); err != nil {
				t.Fatal(err)
			}
			q, err := gen.Prepare(t.Context(), db)
			if err != nil {
				t.Fatal(err)
			}
			runThings(t, db, q)
			if err := q.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
			if _, err := q.ListThings(t.Context()); err == nil {
				t.Error("a closed statement ran")
			}
			// The same without prepared statements.
			runThings(t, db, gen.New(db))
		})
	}
}

// runThings stores a row with values and one with NULLs, in a transaction and without,
// and reads them back.
func runThings(t *testing.T, db *sql.DB, q *gen.Queries) {
	t.Helper()
	ctx := t.Context()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	ip, network, _ := net.ParseCIDR("10.0.0.0/8")
	mac, _ := net.ParseMAC("08:00:2b:01:02:03")
	full := gen.CreateThingParams{
		Name:   "full",
		Parent: uuid.NullUUID{UUID: uuid.MustParse("aaaaaaaa-0000-4000-8000-000000000001"), Valid: true},
		Mood:   gen.NullMood{Mood: gen.MoodHappy, Valid: true},
		Moods:  []gen.Mood{gen.MoodSad, gen.MoodHappy},
		Tags:   []string{`a "quoted" one`, "b,c"},
		Price:  sql.NullString{String: "12.50", Valid: true},
		Small:  sql.NullInt16{Int16: 7, Valid: true},
		Ratio:  sql.NullFloat64{Float64: 0.5, Valid: true},
		Done:   sql.NullBool{Bool: true, Valid: true},
		Doc:    json.RawMessage(`{"a": 1}`),
		Extra:  pqtype.NullRawMessage{RawMessage: json.RawMessage(`[1]`), Valid: true},
		Raw:    []byte{0, 255},
		OnDay:  sql.NullTime{Time: at.Truncate(24 * time.Hour), Valid: true},
		At:     sql.NullTime{Time: at, Valid: true},
		Host:   pqtype.Inet{IPNet: net.IPNet{IP: ip, Mask: network.Mask}, Valid: true},
		Net:    pqtype.CIDR{IPNet: *network, Valid: true},
		Mac:    pqtype.Macaddr{Addr: mac, Valid: true},
		Span:   "[2026-01-01,2026-02-01)",
		Place:  "(1,2)",
	}
	empty := gen.CreateThingParams{Name: "empty", Doc: json.RawMessage(`{}`), Moods: []gen.Mood{}}

	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := q.WithTx(tx).CreateThing(ctx, full); err != nil {
		t.Fatal(err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	var ids []int64
	for _, arg := range []gen.CreateThingParams{full, empty} {
		thing, err := q.CreateThing(ctx, arg)
		if err != nil {
			t.Fatalf("%s: %v", arg.Name, err)
		}
		ids = append(ids, thing.ID)
		if diff := cmp.Diff(columns(arg), columns(params(thing))); diff != "" {
			t.Errorf("%s (-sent +read):\n%s", arg.Name, diff)
		}
	}
	list, err := q.ListThings(ctx)
	if err != nil || len(list) != 2 {
		t.Errorf("ListThings: %d things, error %v", len(list), err)
	}
	found, err := q.FindThings(ctx, []gen.Mood{gen.MoodHappy})
	if diff := cmp.Diff(ids[:1], found); err != nil || diff != "" {
		t.Errorf("FindThings: error %v (-want +got):\n%s", err, diff)
	}
	if n, err := q.DropThings(ctx, ids); err != nil || n != 2 {
		t.Errorf("DropThings: %d, error %v", n, err)
	}
}

// params are the values of a thing as they were sent.
func params(t gen.Thing) gen.CreateThingParams {
	return gen.CreateThingParams{
		Name: t.Name, Parent: t.Parent, Mood: t.Mood, Moods: t.Moods, Tags: t.Tags, Price: t.Price, Small: t.Small,
		Ratio: t.Ratio, Done: t.Done, Doc: t.Doc, Extra: t.Extra, Raw: t.Raw, OnDay: t.OnDay, At: t.At,
		Host: t.Host, Net: t.Net, Mac: t.Mac,
	}
}

// columns are the values in a form in which those that mean the same are the same.
// What has no Go type is the driver's matter.
func columns(p gen.CreateThingParams) string {
	p.Span, p.Place = nil, nil
	p.OnDay.Time, p.At.Time = p.OnDay.Time.UTC(), p.At.Time.UTC()
	text, err := json.MarshalIndent(p, "", " ")
	if err != nil {
		return err.Error()
	}
	return string(text)
}
