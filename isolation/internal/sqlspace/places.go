package sqlspace

import (
	"database/sql"
	"database/sql/driver"
	"fmt"
	"sync/atomic"

	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

// Places has what the strategies have in common that give each tenant tables of its
// own on one pool: it hands out handles that write the tenant's names into what a
// generated package sends.
type Places struct {
	Pool   *sql.DB
	Engine Engine
	Layout runtime.Layout

	strategy runtime.Strategy
	filter   runtime.Filter
	texts    *Texts
	closed   atomic.Bool
	space    func(runtime.Tenant) (namespace.Space, error)
	// use is a statement that has a database look for names in a space, for SQL that is
	// written by hand; nil where that is refused.
	use func(namespace.Space) string
}

// NewPlaces returns handles on a pool of its own, whose connections the connector
// makes. The filter may be nil, and use where hand-written SQL is refused.
func NewPlaces(connector driver.Connector, engine Engine, strategy runtime.Strategy, layout runtime.Layout, filter runtime.Filter,
	space func(runtime.Tenant) (namespace.Space, error), use func(namespace.Space) string) (*Places, error) {
	if connector == nil {
		return nil, ErrNoPool
	}
	if err := engine.CheckLayout(&layout); err != nil {
		return nil, err
	}
	if err := CheckMovable(&layout); err != nil {
		return nil, err
	}
	texts, err := NewTexts(&layout)
	if err != nil {
		return nil, err
	}
	return &Places{
		Pool: sql.OpenDB(Connector{connector}), Engine: engine, Layout: layout,
		strategy: strategy, filter: filter, texts: texts, space: space, use: use,
	}, nil
}

// Strategy returns the strategy.
func (p *Places) Strategy() runtime.Strategy { return p.strategy }

// For returns a handle for t. For a tenant that may not act, whose id is not of the
// layout's form, or whose place has no valid name, every method of it returns the error. It does no I/O.
func (p *Places) For(t runtime.Tenant) sqldb.DB {
	if err := t.CheckAs(p.Layout.IDs); err != nil {
		return sqldb.Refuse(err)
	}
	if p.closed.Load() {
		return sqldb.Refuse(runtime.ErrClosed)
	}
	space, err := p.space(t)
	if err != nil {
		return sqldb.Refuse(err)
	}
	return Handle(p.Pool, tenantScope{p, space})
}

// Global returns a handle for statements that touch no tenant's table.
func (p *Places) Global() sqldb.DB {
	if p.closed.Load() {
		return sqldb.Refuse(runtime.ErrClosed)
	}
	return Handle(p.Pool, globalScope{p})
}

// Place returns where a tenant's tables are, for what takes tenants of any status.
func (p *Places) Place(t runtime.Tenant) (namespace.Space, error) {
	if t.ID == "" {
		return namespace.Space{}, runtime.ErrNoTenant
	}
	if p.closed.Load() {
		return namespace.Space{}, runtime.ErrClosed
	}
	return p.space(t)
}

// DatabaseURL is runtime.ErrUnsupported, also for a tenant that stores one: all tenants
// are reached over the provider's own connections.
func (p *Places) DatabaseURL(t runtime.Tenant) (string, error) {
	return Unsupported(t, "", p.strategy, "connection")
}

// ApplyFilters scopes dynamic SQL with the filter. The text that it returns is for any
// handle of this provider, which puts the tenant's tables in. It is remembered for
// that; of many thousands the oldest are forgotten.
func (p *Places) ApplyFilters(q runtime.Query, t runtime.Tenant) (runtime.Query, error) {
	text, args, err := Filtered(p.filter, q, t)
	if err != nil {
		return runtime.Query{}, err
	}
	p.texts.Put(text)
	return runtime.Query{SQL: text.SQL, Args: args}, nil
}

// Close makes the provider refuse and closes its pool. Statements and transactions that
// have begun come to their end.
func (p *Places) Close() error {
	p.closed.Store(true)
	return p.Pool.Close()
}

// TableName returns what a table of the layout is called for the tenant, as SQL writes
// it. It is for SQL outside of the provider, such as a migration.
func (p *Places) TableName(t runtime.Tenant, table string) (string, error) {
	space, err := p.Place(t)
	if err != nil {
		return "", err
	}
	for _, own := range Own(&p.Layout) {
		if own.Name == table {
			return space.Qualified(table), nil
		}
	}
	return "", fmt.Errorf("%w: it has no table of tenants called %q", ErrLayout, table)
}

// DDL returns the statements that make a tenant's relations in a space, in order.
func (p *Places) DDL(space namespace.Space) []string {
	var out []string
	for _, d := range p.Layout.DDL {
		if !d.Shared {
			out = append(out, namespace.Render(d.Text, space))
		}
	}
	return out
}

// tenantScope is the scope of one tenant.
type tenantScope struct {
	*Places
	space namespace.Space
}

func (s tenantScope) Order(sql string) (Order, error) {
	if text, known := s.texts.Get(sql); known {
		return Order{SQL: namespace.Render(text, s.space), Before: s.before(s.Engine.Shared)}, nil
	}
	if s.use == nil {
		// A savepoint of sqldb.InTx names no table.
		if savepoint(sql) {
			return Order{SQL: sql}, nil
		}
		return Order{}, ErrHandwritten
	}
	return Order{SQL: sql, Handwritten: !savepoint(sql), Before: s.before(s.space)}, nil
}

func (p *Places) before(space namespace.Space) string {
	if p.use == nil {
		return ""
	}
	return p.use(space)
}

// globalScope is the scope of no tenant. What the package sends there is as it is
// written, since what tenants share keeps its names.
type globalScope struct{ *Places }

func (s globalScope) Order(sql string) (Order, error) {
	text, known := s.texts.Get(sql)
	if known && len(text.Slots) > 0 {
		return Order{}, runtime.ErrNoTenant
	}
	return Order{SQL: sql, Handwritten: !known && !savepoint(sql), Before: s.before(s.Engine.Shared)}, nil
}
