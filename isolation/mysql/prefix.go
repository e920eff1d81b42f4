package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/go-sql-driver/mysql"

	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
	"github.com/tenancygen/tenancygen/isolation/internal/sqlspace"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

// Prefix is the provider that gives each tenant tables of its own in one database, which
// are told by how their names begin: notes of the tenant acme are t_acme__notes. It
// takes what a generated package sends and writes the tenant's names of tables into it.
//
// SQL that is written by hand is ErrHandwritten: it would name tables that are nobody's.
// ApplyFilters makes SQL that can be sent. Hand-written SQL on Global runs as it is, and
// its connection is closed behind it.
//
// Make it with NewPrefix, and close it; the zero value cannot be used. It is safe for
// concurrent use, and so are its handles.
type Prefix struct{ *places }

var _ sqldb.Isolation = Prefix{}

// NewPrefix returns a provider with pools of its own, on the database of the
// configuration. It does no I/O, and its errors are those of NewDatabase.
func NewPrefix(config *mysql.Config, layout runtime.Layout, opts ...Option) (Prefix, error) {
	common, err := newPlaces(config, runtime.StrategyPrefix, layout, opts, prefixSpace, false)
	if err != nil {
		return Prefix{}, err
	}
	common.kind = prefixes{&common.Layout}
	return Prefix{common}, nil
}

func prefixSpace(shared string, t runtime.Tenant) (namespace.Space, error) {
	prefix, err := namespace.Prefix(t.ID)
	return namespace.Space{Schema: shared, Shared: shared, Prefix: prefix, Backticks: true}, err
}

// SchemaName is runtime.ErrUnsupported: the database of a tenant's tables is that of
// all tenants.
func (p Prefix) SchemaName(t runtime.Tenant) (string, error) {
	return sqlspace.Unsupported(t, "", p.Strategy(), "database")
}

// prefixes is the kind of Prefix.
type prefixes struct{ layout *runtime.Layout }

func (prefixes) name(s namespace.Space) string { return s.Prefix }

func (prefixes) occupied(ctx context.Context, q sqlspace.Querier, s namespace.Space) (string, error) {
	tables, views, err := relations(ctx, q, s.Schema, s.Prefix)
	if names := slices.Concat(tables, views); len(names) > 0 {
		return names[0], err
	}
	return "", err
}

// prepare has nothing to make: the database is there.
func (prefixes) prepare(context.Context, *sql.Conn, namespace.Space, string) error { return nil }

// mine looks that nothing has the prefix but what the layout makes: a table that somebody
// else called so later goes with nobody.
func (p prefixes) mine(ctx context.Context, q sqlspace.Querier, s namespace.Space, _ string) error {
	known := map[string]bool{}
	for _, t := range sqlspace.Own(p.layout) {
		known[strings.ToLower(s.Relation(t.Name))] = true
	}
	for _, d := range p.layout.DDL {
		for _, name := range d.Creates {
			known[strings.ToLower(s.Relation(name))] = known[strings.ToLower(s.Relation(name))] || !d.Shared
		}
	}
	tables, views, err := relations(ctx, q, s.Schema, s.Prefix)
	if err != nil {
		return err
	}
	for _, name := range slices.Concat(tables, views) {
		if !known[strings.ToLower(name)] {
			return fmt.Errorf("%w: the layout does not make %s", runtime.ErrForeignNamespace, name)
		}
	}
	return nil
}

// drop drops what has the prefix: views, and then all tables in one statement, those
// that refer to others first.
func (p prefixes) drop(ctx context.Context, q sqlspace.Querier, s namespace.Space) error {
	tables, views, err := relations(ctx, q, s.Schema, s.Prefix)
	if err != nil {
		return err
	}
	order := map[string]int{}
	for i, t := range sqlspace.Own(p.layout) {
		order[strings.ToLower(s.Relation(t.Name))] = -i
	}
	slices.SortStableFunc(tables, func(a, b string) int { return order[strings.ToLower(a)] - order[strings.ToLower(b)] })
	for _, drop := range []struct {
		what  string
		names []string
	}{{"VIEW", views}, {"TABLE", tables}} {
		if len(drop.names) == 0 {
			continue
		}
		var quoted []string
		for _, name := range drop.names {
			quoted = append(quoted, s.Quote(s.Schema)+"."+s.Quote(name))
		}
		if _, err := q.ExecContext(ctx, "DROP "+drop.what+" IF EXISTS "+strings.Join(quoted, ", ")); err != nil {
			return err
		}
	}
	return nil
}
