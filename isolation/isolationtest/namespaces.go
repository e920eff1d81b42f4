package isolationtest

import (
	"context"
	"fmt"
	"regexp"

	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// Place is where the tables of one tenant are.
type Place struct {
	// URL is a superuser's in the tenant's database; empty when it is the suite's.
	URL string
	// Table returns what SQL calls a table of the tenant, with quotes.
	Table func(name string) string
	// Occupy is SQL for a superuser in the suite's database that puts something where
	// the place will be, and Occupied a query that is true for as long as that is
	// there.
	Occupy   []string
	Occupied string
}

// PlaceFunc returns the place of a tenant under the provider, whether it has been
// made or not. superuser is a URL in the suite's database.
type PlaceFunc func(p pgxdb.Isolation, t runtime.Tenant, superuser string) (Place, error)

// Namespaces says that the provider gives each tenant tables of its own. The suite's
// statements then carry no predicate, so that nothing but the place keeps tenants
// apart, and the suite makes places with Initialize. Its providers have to be
// pgxdb.Isolations.
func Namespaces(place PlaceFunc) Option {
	return optionFunc(func(l *layout) { l.place = place })
}

// settled is a tenant that has a place.
type settled struct {
	Place
	conn *pgx.Conn
}

// namesOfTables finds the tables of tenants in the suite's SQL, which names them
// nowhere else.
var namesOfTables = regexp.MustCompile(`\b(notes|links)\b`)

// placeholders stand for the names of tables in SQL for a superuser.
var placeholders = regexp.MustCompile(`\{\w+\}`)

// withSlots returns the text with its slots. alias is set where tables can have
// aliases.
func withSlots(sql string, alias bool) runtime.Text {
	text := runtime.Text{SQL: sql}
	for _, at := range namesOfTables.FindAllStringIndex(sql, -1) {
		text.Slots = append(text.Slots, runtime.Slot{Start: at[0], End: at[1], Name: sql[at[0]:at[1]], Alias: alias})
	}
	return text
}

// settle makes the place of a tenant. Where tenants share tables it does nothing.
func (e *env) settle(ctx context.Context, t runtime.Tenant) error {
	if e.layout.place == nil || e.places[t.ID] != nil {
		return nil
	}
	p, ok := e.provider.(pgxdb.Isolation)
	if !ok {
		return fmt.Errorf("%T is no pgxdb.Isolation", e.provider)
	}
	if err := e.makeShared(ctx, p); err != nil {
		return err
	}
	if err := p.Initialize(ctx, t); err != nil {
		return fmt.Errorf("initialize: %w", err)
	}
	return e.know(ctx, p, t)
}

// know records a tenant whose place has been made.
func (e *env) know(ctx context.Context, p pgxdb.Isolation, t runtime.Tenant) error {
	place, err := e.layout.place(p, t, e.admin.Config().ConnString())
	if err != nil {
		return err
	}
	conn := e.admin
	if place.URL != "" {
		if conn, err = pgx.Connect(ctx, place.URL); err != nil {
			return err
		}
		e.cleanup(func() { _ = conn.Close(context.Background()) })
	}
	e.places[t.ID] = &settled{place, conn}
	return nil
}

// forget ends what know began, before the place is removed: a connection would keep
// a database.
func (e *env) forget(ctx context.Context, t runtime.Tenant) {
	if s := e.places[t.ID]; s != nil && s.conn != e.admin {
		_ = s.conn.Close(ctx)
	}
	delete(e.places, t.ID)
}

// makeShared makes what tenants share, once: by the provider where it can, else as
// its user would.
func (e *env) makeShared(ctx context.Context, p pgxdb.Isolation) error {
	if e.sharedMade {
		return nil
	}
	e.sharedMade = true
	if s, ok := p.(interface{ InitializeShared(context.Context) error }); ok {
		if err := s.InitializeShared(ctx); err != nil {
			return fmt.Errorf("initialize what is shared: %w", err)
		}
	} else {
		for _, ddl := range e.layout.runtime(e.role).DDL {
			if !ddl.Shared {
				continue
			}
			if _, err := e.admin.Exec(ctx, ddl.SQL); err != nil {
				return err
			}
		}
	}
	_, err := e.admin.Exec(ctx, "GRANT SELECT ON plans TO "+e.role)
	return err
}

// where returns how a superuser gets at the tables of a tenant.
func (e *env) where(_ context.Context, t runtime.Tenant) (*pgx.Conn, func(string) string, error) {
	if e.layout.place == nil {
		return e.admin, func(name string) string { return name }, nil
	}
	s := e.places[t.ID]
	if s == nil {
		return nil, nil, fmt.Errorf("tenant %q has no place", t.ID)
	}
	return s.conn, s.Table, nil
}

// seedPlaces is seed where each tenant has a place.
func (e *env) seedPlaces(ctx context.Context) error {
	for _, t := range []runtime.Tenant{ann, bob} {
		if err := e.settle(ctx, t); err != nil {
			return err
		}
	}
	for id, s := range e.places {
		b := &pgx.Batch{}
		b.Queue("TRUNCATE " + s.Table("notes") + ", " + s.Table("links"))
		for i, body := range notes[id] {
			b.Queue("INSERT INTO "+s.Table("notes")+" (tenant_id, id, body) VALUES ($1, $2, $3)", id, i+1, body[2:])
		}
		if err := s.conn.SendBatch(ctx, b).Close(); err != nil {
			return fmt.Errorf("tenant %q: %w", id, err)
		}
	}
	_, err := e.admin.Exec(ctx, "INSERT INTO plans (id, name) VALUES (1, 'free') ON CONFLICT DO NOTHING")
	return err
}
