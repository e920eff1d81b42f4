package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
	"github.com/tenancygen/tenancygen/isolation/internal/sqlspace"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

// Prefix is the provider that gives each tenant tables of its own in one file, which
// are told by how their names begin: notes of the tenant acme are t_acme__notes. It
// takes what a generated package sends and writes the tenant's names of tables into it.
//
// SQL that is written by hand is ErrHandwritten: it would name tables that are nobody's.
// ApplyFilters makes SQL that can be sent. Hand-written SQL on Global runs as it is, and
// its connection is closed behind it.
//
// Make it with NewPrefix, and close it; the zero value cannot be used. It is safe for
// concurrent use, and so are its handles.
type Prefix struct {
	*sqlspace.Places
	seed Seed
}

var _ sqldb.Isolation = Prefix{}

// NewPrefix returns a provider with a pool of its own, whose connections the connector
// makes; that of the driver's OpenConnector is one. They should have foreign keys on,
// and _txlock=immediate. It does no I/O. A nil connector is ErrNoPool, a layout without
// tables ErrNoLayout, and one that is not for SQLite, or whose tables cannot be made for
// each tenant, ErrLayout.
func NewPrefix(connector driver.Connector, layout runtime.Layout, opts ...Option) (Prefix, error) {
	o, err := newOptions(opts)
	if err != nil {
		return Prefix{}, err
	}
	places, err := sqlspace.NewPlaces(connector, engine, runtime.StrategyPrefix, layout, o.filter, prefixSpace, nil)
	return Prefix{places, o.seed}, err
}

func prefixSpace(t runtime.Tenant) (namespace.Space, error) {
	prefix, err := namespace.Prefix(t.ID)
	return namespace.Space{Schema: engine.Shared.Schema, Prefix: prefix}, err
}

// DB returns the pool, for its limits and statistics. It does not run statements: they
// are ErrNoHandle there.
func (p Prefix) DB() *sql.DB { return p.Pool }

// SchemaName is runtime.ErrUnsupported: SQLite has no schemas.
func (p Prefix) SchemaName(t runtime.Tenant) (string, error) {
	return sqlspace.Unsupported(t, "", p.Strategy(), "schema")
}

// own is a handle for the provider's own statements, which are sent as they are.
func (p Prefix) own() sqldb.DB { return sqlspace.Handle(p.Pool, sqlspace.AsIs{}) }

// locked runs fn in a transaction that no other writer is in.
func (p Prefix) locked(ctx context.Context, fn func(*sql.Tx) error) error {
	return locked(ctx, p.own(), fn)
}

// Initialize makes the tenant's tables, what WithSeed writes, and the record of it, in
// one transaction: a tenant has all of it or nothing. For tables that are there already
// as the tenant's it does nothing.
//
// What tenants share has to be there before.
func (p Prefix) Initialize(ctx context.Context, t runtime.Tenant) error {
	if err := p.Layout.IDs.Check(t.ID); err != nil {
		return err
	}
	space, err := p.Place(t)
	if err != nil {
		return err
	}
	err = p.locked(ctx, func(tx *sql.Tx) error {
		rec, err := recorded(ctx, tx, p.Strategy(), space.Prefix, t.ID)
		if rec != nil || err != nil {
			return err
		}
		if err := p.unoccupied(ctx, tx, space); err != nil {
			return err
		}
		made, err := p.make(ctx, tx, space)
		if err != nil {
			return err
		}
		if p.seed != nil {
			if err := p.seed(ctx, tx, t); err != nil {
				return err
			}
		}
		return enter(ctx, tx, record{namespace: space.Prefix, tenantID: t.ID, strategy: p.Strategy(),
			objects: made, fingerprint: p.Layout.Fingerprint})
	})
	if err != nil {
		return fmt.Errorf("tenancy: initialize a tenant: %w", err)
	}
	return nil
}

// relations returns the names of what is in the file whose names begin as the tenant's
// do. SQLite's names differ by more than case.
func relations(ctx context.Context, q sqlspace.Querier, prefix string) ([]string, error) {
	rows, err := q.QueryContext(ctx, `SELECT name FROM main.sqlite_schema WHERE substr(lower(name), 1, length(?1)) = lower(?1)
		UNION SELECT name FROM temp.sqlite_schema WHERE substr(lower(name), 1, length(?1)) = lower(?1)`, prefix)
	if err != nil {
		return nil, err
	}
	return collect(rows)
}

func collect(rows *sql.Rows) (names []string, err error) {
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

// unoccupied returns an error where something stands in the tenant's place.
func (p Prefix) unoccupied(ctx context.Context, tx *sql.Tx, space namespace.Space) error {
	names, err := relations(ctx, tx, space.Prefix)
	if err == nil && len(names) > 0 {
		err = fmt.Errorf("%w: %s is there and was not recorded", runtime.ErrForeignNamespace, names[0])
	}
	return err
}

// make makes the tenant's relations and returns their names. It looks that nothing else
// was made: a name that is not the tenant's would be every tenant's.
func (p Prefix) make(ctx context.Context, tx *sql.Tx, space namespace.Space) ([]string, error) {
	before, err := countRelations(ctx, tx)
	if err != nil {
		return nil, err
	}
	// A name in DDL takes no schema everywhere; there is none but the main one here.
	for _, ddl := range p.DDL(sqlspace.Unqualified(space)) {
		if _, err := tx.ExecContext(ctx, ddl); err != nil {
			return nil, err
		}
	}
	after, err := countRelations(ctx, tx)
	if err != nil {
		return nil, err
	}
	made, err := relations(ctx, tx, space.Prefix)
	if err != nil {
		return nil, err
	}
	if len(made) != after-before {
		return nil, fmt.Errorf("%w: its DDL makes something that has no name of the tenant's", ErrLayout)
	}
	for _, t := range sqlspace.Own(&p.Layout) {
		if !slices.Contains(made, space.Relation(t.Name)) {
			return nil, fmt.Errorf("%w: its DDL has not made %s", ErrLayout, t.Name)
		}
	}
	return made, nil
}

// countRelations counts what is in the file, but what SQLite makes by itself.
func countRelations(ctx context.Context, q sqlspace.Querier) (n int, err error) {
	err = q.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM main.sqlite_schema WHERE substr(name, 1, 7) <> 'sqlite_')
		+ (SELECT count(*) FROM temp.sqlite_schema)`).Scan(&n)
	return n, err
}

// Destroy drops what is recorded as the tenant's. The report counts the rows of each
// table.
func (p Prefix) Destroy(ctx context.Context, t runtime.Tenant, confirm runtime.Confirmation) (runtime.Removal, error) {
	space, err := p.Place(t)
	if err != nil {
		return runtime.Removal{}, err
	}
	if string(confirm) != t.ID {
		return runtime.Removal{}, runtime.ErrNotConfirmed
	}
	var removal runtime.Removal
	err = p.locked(ctx, func(tx *sql.Tx) error {
		rec, err := recorded(ctx, tx, p.Strategy(), space.Prefix, t.ID)
		if err != nil {
			return err
		}
		if rec == nil {
			return p.unoccupied(ctx, tx, space)
		}
		if removal, err = p.drop(ctx, tx, space, rec); err != nil {
			return err
		}
		return strike(ctx, tx, *rec)
	})
	if err != nil {
		return runtime.Removal{}, fmt.Errorf("tenancy: destroy a tenant: %w", err)
	}
	return removal, nil
}

// drop counts what a tenant has and drops it, what refers to others first.
func (p Prefix) drop(ctx context.Context, tx *sql.Tx, space namespace.Space, rec *record) (runtime.Removal, error) {
	removal := runtime.Removal{Namespace: rec.namespace}
	for _, name := range rec.objects {
		// Whatever has written the record: what is dropped is the tenant's.
		if !strings.HasPrefix(name, space.Prefix) {
			return removal, fmt.Errorf("%w: %s is recorded and has no name of the tenant's", runtime.ErrForeignNamespace, name)
		}
	}
	if _, err := tx.ExecContext(ctx, engine.Defer); err != nil {
		return removal, err
	}
	for _, t := range slices.Backward(sqlspace.Own(&p.Layout)) {
		table, kind := runtime.RemovedTable{Name: t.Name}, "VIEW"
		if !t.View {
			kind = "TABLE"
			// One that was dropped by hand is no reason to keep the rest.
			found, err := columns(ctx, tx, "", space.Relation(t.Name))
			if err != nil {
				return removal, err
			}
			if len(found) > 0 {
				if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM "+space.Qualified(t.Name)).Scan(&table.Rows); err != nil {
					return removal, err
				}
				removal.Tables = append(removal.Tables, table)
			}
		}
		if _, err := tx.ExecContext(ctx, "DROP "+kind+" IF EXISTS "+space.Qualified(t.Name)); err != nil {
			return removal, err
		}
	}
	left, err := relations(ctx, tx, space.Prefix)
	if err == nil && len(left) > 0 {
		err = fmt.Errorf("%s is left", left[0])
	}
	return removal, err
}

// Verify looks whether the tenant has tables of its own: that they are recorded and
// there, with the columns that the layout makes for another tenant in a transaction that
// is rolled back, that SQLite understands every statement of the package as it is sent
// for the tenant, and that none of them names another tenant's table.
func (p Prefix) Verify(ctx context.Context, t runtime.Tenant) (runtime.Report, error) {
	report := runtime.Report{Strategy: p.Strategy()}
	space, err := p.Place(t)
	if err != nil {
		return report, err
	}
	report.Namespace = space.Prefix
	err = sqlspace.RolledBack(ctx, p.own(), func(tx *sql.Tx) error {
		found, err := p.findPlace(ctx, tx, space, t.ID)
		if err != nil {
			return err
		}
		report.Checks = append(report.Checks, found.Check("namespace"))
		if len(found) > 0 {
			return nil // the rest would fail for want of it
		}
		if found, err = sqlspace.TryStatements(ctx, tx, &p.Layout, func(text runtime.Text) string { return namespace.Render(text, space) }); err != nil {
			return err
		}
		report.Checks = append(report.Checks, found.Check("statements"))
		if found, err = p.findColumns(ctx, tx, space); err != nil {
			return err
		}
		report.Checks = append(report.Checks, found.Check("columns"))
		return nil
	})
	if err != nil {
		return report, fmt.Errorf("tenancy: verify: %w", err)
	}
	return report, nil
}

// findPlace looks at the record, and whether what it says is there.
func (p Prefix) findPlace(ctx context.Context, tx *sql.Tx, space namespace.Space, id string) (sqlspace.Problems, error) {
	var found sqlspace.Problems
	rec, err := recorded(ctx, tx, p.Strategy(), space.Prefix, id)
	switch {
	case err != nil:
		found.Addf("%v", err) // it says whose the place is
		return found, nil     //nolint:nilerr // it is what was looked for
	case rec == nil:
		found.Addf("%s is not recorded as the tenant's", space.Prefix)
		return found, nil
	}
	names, err := relations(ctx, tx, space.Prefix)
	if err != nil {
		return nil, err
	}
	for _, name := range rec.objects {
		if !slices.Contains(names, name) {
			found.Addf("%s was made and is gone", name)
		}
	}
	return found, nil
}

// findColumns compares the tenant's tables with those of a stranger, which are made for
// that and rolled back.
func (p Prefix) findColumns(ctx context.Context, tx *sql.Tx, space namespace.Space) (sqlspace.Problems, error) {
	stranger, err := prefixSpace(runtime.Tenant{ID: runtime.NewID()})
	if err != nil {
		return nil, err
	}
	for _, ddl := range p.DDL(sqlspace.Unqualified(stranger)) {
		if _, err := tx.ExecContext(ctx, ddl); err != nil {
			var found sqlspace.Problems
			found.Addf("the tables of a second tenant cannot be made: %v", err)
			return found, nil
		}
	}
	return p.Engine.SameColumns(ctx, tx, &p.Layout, space, stranger)
}
