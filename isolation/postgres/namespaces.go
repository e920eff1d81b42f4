package postgres

import (
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// namespaces has what the strategies have in common that give each tenant tables of
// its own in one database: schema and prefix.
type namespaces struct {
	pool     *pgxpool.Pool
	plain    *plain
	strategy runtime.Strategy
	layout   runtime.Layout
	options  options
	// texts are the generated texts, and dynamic those that ApplyFilters returned:
	// what is known to name tables in slots only. Other SQL is written by hand.
	texts   map[string]runtime.Text
	dynamic texts
	// handwritten are the query options for hand-written SQL.
	handwritten []any
	// simple is set where the pool speaks the simple protocol.
	simple bool
	closed atomic.Bool
	owners owners
	// place says where the tables of a tenant are.
	place func(runtime.Tenant) (namespace.Space, error)
}

// Strategy returns the strategy.
func (p *namespaces) Strategy() runtime.Strategy { return p.strategy }

func newNamespaces(pool *pgxpool.Pool, strategy runtime.Strategy, layout runtime.Layout, opts []Option) (*namespaces, error) {
	if pool == nil {
		return nil, ErrNoPool
	}
	o, err := newOptions(opts)
	if err != nil {
		return nil, err
	}
	if err := checkLayout(&layout); err != nil {
		return nil, err
	}
	p := &namespaces{
		pool: pool, plain: newPlain(pool), strategy: strategy, layout: layout, options: o,
		texts: make(map[string]runtime.Text, len(layout.Statements)),
	}
	for _, text := range layout.Statements {
		p.texts[text.SQL] = text
	}
	switch pool.Config().ConnConfig.DefaultQueryExecMode {
	case pgx.QueryExecModeCacheStatement, pgx.QueryExecModeCacheDescribe:
		// What is cached for a text is what it meant for another tenant.
		p.handwritten = []any{pgx.QueryExecModeDescribeExec}
	case pgx.QueryExecModeSimpleProtocol:
		p.simple = true
	}
	return p, nil
}

// checkLayout returns an error for a layout whose tables cannot be put in a namespace
// for each tenant.
func checkLayout(l *runtime.Layout) error {
	switch {
	case len(l.Tables) == 0:
		return ErrNoLayout
	case l.Schema == "":
		return fmt.Errorf("%w: it does not name the schema of unqualified names", ErrNoLayout)
	case l.Unmovable != "":
		return fmt.Errorf("%w: %s", ErrUnmovable, l.Unmovable)
	}
	for _, text := range l.Statements {
		if err := checkSlots(text); err != nil {
			return err
		}
	}
	for _, d := range l.DDL {
		if err := checkSlots(d.Text); err != nil {
			return err
		}
	}
	return nil
}

// checkSlots returns an error for slots that are not places in the text, in order.
func checkSlots(text runtime.Text) error {
	end := 0
	for _, slot := range text.Slots {
		if slot.Start < end || slot.End < slot.Start || slot.End > len(text.SQL) || slot.Name == "" || strings.Contains(slot.Name, "\x00") {
			return fmt.Errorf("%w: a slot is not in its text: %s", ErrUnmovable, firstLine(text.SQL))
		}
		end = slot.End
	}
	return nil
}

// For returns a handle for t. For a tenant that may not act, whose id is not of the
// layout's form, or whose namespace has no valid name, every method of it returns the error. It does no I/O: where the name of
// the schema is stored with the tenant, the handle looks before its first statement, and
// again after a minute, whether the schema is recorded as the tenant's. For one that is
// another's every method returns runtime.ErrForeignNamespace, and for one that nobody
// initialized runtime.ErrNotInitialized.
func (p *namespaces) For(t runtime.Tenant) pgxdb.Handle {
	if err := t.CheckAs(p.layout.IDs); err != nil {
		return pgxdb.Refuse(err)
	}
	if p.closed.Load() {
		return pgxdb.Refuse(runtime.ErrClosed)
	}
	space, err := p.place(t)
	if err != nil {
		return pgxdb.Refuse(err)
	}
	db := spaceDB{namespaces: p, space: space}
	if p.isStored(t, space) {
		return storedDB{db, t.ID}
	}
	return db
}

// Global returns a handle for statements that touch no tenant's table: the pool as it
// is, with its own search_path.
func (p *namespaces) Global() pgxdb.Handle {
	if p.closed.Load() {
		return pgxdb.Refuse(runtime.ErrClosed)
	}
	return p.plain
}

// DatabaseURL returns the tenant's own DatabaseURL or runtime.ErrUnsupported: all
// tenants share the database of the pool.
func (p *namespaces) DatabaseURL(t runtime.Tenant) (string, error) {
	switch {
	case t.ID == "":
		return "", runtime.ErrNoTenant
	case t.DatabaseURL != "":
		return t.DatabaseURL, nil
	}
	return "", fmt.Errorf("%w: under strategy %s tenants have no database of their own", runtime.ErrUnsupported, p.strategy)
}

// ApplyFilters scopes dynamic SQL with the filter of WithFilter. The text that it
// returns is for any handle of this provider, which puts the tenant's tables in. It
// is remembered for that; of many thousands the oldest are forgotten.
func (p *namespaces) ApplyFilters(q runtime.Query, t runtime.Tenant) (runtime.Query, error) {
	if err := t.CheckAs(p.layout.IDs); err != nil {
		return runtime.Query{}, err
	}
	if p.options.filter == nil {
		return runtime.Query{}, runtime.ErrNoFilter
	}
	text, args, err := p.options.filter.Filter(q, t)
	if err != nil {
		return runtime.Query{}, err
	}
	if err := checkSlots(text); err != nil {
		return runtime.Query{}, err
	}
	p.dynamic.put(text)
	return runtime.Query{SQL: text.SQL, Args: args}, nil
}

// Close makes the provider refuse. The pools are the caller's, so what is in use goes
// on.
func (p *namespaces) Close() error {
	p.closed.Store(true)
	return nil
}

// admin is the pool for what the application's role may not be allowed.
func (p *namespaces) admin() *pgxpool.Pool {
	if p.options.admin != nil {
		return p.options.admin
	}
	return p.pool
}

// text returns the text that is known to be sql.
func (p *namespaces) text(sql string) (runtime.Text, bool) {
	if text, ok := p.texts[sql]; ok {
		return text, true
	}
	return p.dynamic.get(sql)
}

// own returns the tables and views of the layout that are in each tenant's namespace,
// parents first.
func (p *namespaces) own() []*runtime.Table {
	var own []*runtime.Table
	for i := range p.layout.Tables {
		if t := &p.layout.Tables[i]; t.Class != runtime.ClassGlobal {
			own = append(own, t)
		}
	}
	return own
}
