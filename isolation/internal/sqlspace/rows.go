package sqlspace

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

// Rows is the strategy for SQL that carries the tenant's predicate itself. The
// packages of the engines export it, and say what it does.
type Rows struct {
	pool   *sql.DB
	engine Engine
	layout *runtime.Layout // nil for none
	filter runtime.Filter  // nil for none
}

// NewRows returns a provider on pool. The layout and the filter may be nil.
func NewRows(pool *sql.DB, engine Engine, layout *runtime.Layout, filter runtime.Filter) (*Rows, error) {
	if pool == nil {
		return nil, ErrNoPool
	}
	if layout != nil {
		if err := engine.CheckLayout(layout); err != nil {
			return nil, err
		}
	}
	return &Rows{pool, engine, layout, filter}, nil
}

// Strategy returns runtime.StrategyRow.
func (p *Rows) Strategy() runtime.Strategy { return runtime.StrategyRow }

// ids is how tenants' ids are written, as far as there is a layout to tell.
func (p *Rows) ids() runtime.IDForm {
	if p.layout == nil {
		return runtime.IDText
	}
	return p.layout.IDs
}

// For returns a handle for t. For a tenant that may not act, every method of
// the handle returns the error of Tenant.Check, and with a layout that of an id that is
// not of its form.
func (p *Rows) For(t runtime.Tenant) sqldb.DB {
	if err := t.CheckAs(p.ids()); err != nil {
		return sqldb.Refuse(err)
	}
	return Plain(p.pool)
}

// Global returns a handle for statements that touch no tenant's table.
func (p *Rows) Global() sqldb.DB { return Plain(p.pool) }

// Initialize makes nothing, as the tables are there for all tenants. With a layout it
// returns what Verify finds wrong with them, so that no tenant is taken in where it
// would not be isolated.
func (p *Rows) Initialize(ctx context.Context, t runtime.Tenant) error {
	if err := p.ids().Check(t.ID); err != nil {
		return err
	}
	if p.layout == nil {
		return nil
	}
	report, err := p.Verify(ctx, t)
	if err != nil {
		return err
	}
	return report.Err()
}

// Destroy deletes the tenant's rows from every table of the layout, those that refer
// to others first, in one transaction that is committed only when not one row of the
// tenant is left. What another tenant's row refers to is not deleted, by the foreign
// key that holds it; the error is the database's then and nothing is removed. It needs
// a layout (ErrNoLayout).
func (p *Rows) Destroy(ctx context.Context, t runtime.Tenant, confirm runtime.Confirmation) (runtime.Removal, error) {
	if err := p.ids().Check(t.ID); err != nil {
		return runtime.Removal{}, err // of another form, it would be another tenant's rows
	}
	switch {
	case string(confirm) != t.ID:
		return runtime.Removal{}, runtime.ErrNotConfirmed
	case p.layout == nil:
		return runtime.Removal{}, ErrNoLayout
	}
	var removal runtime.Removal
	err := InTx(ctx, p.pool, func(tx *sql.Tx) (err error) {
		removal, err = p.deleteRows(ctx, tx, t.ID)
		return err
	})
	if err != nil {
		return runtime.Removal{}, fmt.Errorf("tenancy: destroy a tenant: %w", err)
	}
	return removal, nil
}

func (p *Rows) deleteRows(ctx context.Context, tx *sql.Tx, id string) (runtime.Removal, error) {
	var removal runtime.Removal
	if p.engine.Defer != "" {
		if _, err := tx.ExecContext(ctx, p.engine.Defer); err != nil {
			return removal, err
		}
	}
	owned := slices.DeleteFunc(Own(p.layout), func(t *runtime.Table) bool { return t.View || t.Owned == "" })
	slices.Reverse(owned)
	for _, table := range owned {
		where, args := bind(table.Owned, p.layout.TenantArgument(id))
		result, err := tx.ExecContext(ctx, "DELETE FROM "+p.engine.Shared.Qualified(table.Name)+" WHERE "+where, args...)
		if err != nil {
			return removal, fmt.Errorf("table %s: %w", table.Name, err)
		}
		rows, err := result.RowsAffected()
		if err != nil {
			return removal, err
		}
		// At once, while the parents are there by which a row is known as the tenant's:
		// a trigger may have kept it.
		if err := p.noneLeft(ctx, tx, table, id); err != nil {
			return removal, err
		}
		removal.Tables = append(removal.Tables, runtime.RemovedTable{Name: table.Name, Rows: rows})
	}
	// And once more, since a trigger may have written other rows.
	for _, table := range owned {
		if err := p.noneLeft(ctx, tx, table, id); err != nil {
			return removal, err
		}
	}
	return removal, nil
}

func (p *Rows) noneLeft(ctx context.Context, tx *sql.Tx, table *runtime.Table, id string) error {
	where, args := bind(table.Owned, p.layout.TenantArgument(id))
	var left int64
	err := tx.QueryRowContext(ctx, "SELECT count(*) FROM "+p.engine.Shared.Qualified(table.Name)+" WHERE "+where, args...).Scan(&left)
	if err == nil && left != 0 {
		err = fmt.Errorf("%d rows are left", left)
	}
	if err != nil {
		return fmt.Errorf("table %s: %w", table.Name, err)
	}
	return nil
}

// bind returns a condition on the tenant's id in $1 with a place for each time that it
// is used, and the arguments for them. What is in quotes stays.
func bind(condition string, id any) (string, []any) {
	var out strings.Builder
	var args []any
	var quote byte
	for i := 0; i < len(condition); i++ {
		c := condition[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"' || c == '`':
			quote = c
		case c == '?', strings.HasPrefix(condition[i:], "$1"):
			if c == '$' {
				i++
			}
			args = append(args, id)
			c = '?'
		}
		out.WriteByte(c)
	}
	return out.String(), args
}

// Verify looks whether the tables are those of the layout, and whether the database
// understands every statement of the generated package. More cannot be seen in the
// database, since the statements alone keep tenants apart. It needs a layout
// (ErrNoLayout).
func (p *Rows) Verify(ctx context.Context, t runtime.Tenant) (runtime.Report, error) {
	report := runtime.Report{Strategy: runtime.StrategyRow}
	if err := p.ids().Check(t.ID); err != nil {
		return report, err
	}
	if p.layout == nil {
		return report, ErrNoLayout
	}
	err := RolledBack(ctx, p.pool, func(tx *sql.Tx) error {
		found, err := p.engine.FindColumns(ctx, tx, p.layout, p.engine.Shared)
		if err != nil {
			return err
		}
		report.Checks = append(report.Checks, found.Check("tables"))
		if len(found) > 0 {
			return nil // the rest would fail for want of them
		}
		found, err = TryStatements(ctx, tx, p.layout, func(text runtime.Text) string { return text.SQL })
		report.Checks = append(report.Checks, found.Check("statements"))
		if err != nil {
			return err
		}
		for _, r := range p.engine.Requires {
			found, err := r.find(ctx, tx)
			if err != nil {
				return err
			}
			report.Checks = append(report.Checks, found.Check(r.Name))
		}
		return nil
	})
	if err != nil {
		return report, fmt.Errorf("tenancy: verify: %w", err)
	}
	return report, nil
}

// find looks whether the session has the setting.
func (r Requirement) find(ctx context.Context, q Querier) (found Problems, err error) {
	var on bool
	if err := q.QueryRowContext(ctx, r.Query).Scan(&on); err != nil {
		return nil, err
	}
	if !on {
		found.Addf("%s", r.Without)
	}
	return found, nil
}

// ForeignKeys is the requirement that a session holds foreign keys. Otherwise the rows of
// a child outlive their parent, and are those of the tenant whose row gets its key next.
func ForeignKeys(query string) Requirement {
	return Requirement{Name: "foreign keys", Query: query, Without: "the session does not hold foreign keys, by which rows without a tenant column belong to tenants"}
}

// SchemaName returns the tenant's own SchemaName or runtime.ErrUnsupported: all
// tenants share their tables.
func (p *Rows) SchemaName(t runtime.Tenant) (string, error) {
	return Unsupported(t, t.SchemaName, runtime.StrategyRow, "schema")
}

// DatabaseURL returns the tenant's own DatabaseURL or runtime.ErrUnsupported: all
// tenants share their tables.
func (p *Rows) DatabaseURL(t runtime.Tenant) (string, error) {
	return Unsupported(t, t.DatabaseURL, runtime.StrategyRow, "database")
}

// ApplyFilters scopes dynamic SQL with the filter. The handle runs it as it is.
func (p *Rows) ApplyFilters(q runtime.Query, t runtime.Tenant) (runtime.Query, error) {
	text, args, err := Filtered(p.filter, q, t)
	return runtime.Query{SQL: text.SQL, Args: args}, err
}

// Close does nothing: the pool is the caller's.
func (p *Rows) Close() error { return nil }

// Unsupported returns what is stored with the tenant, or runtime.ErrUnsupported for
// what its strategy does not have.
func Unsupported(t runtime.Tenant, stored string, strategy runtime.Strategy, what string) (string, error) {
	switch {
	case t.ID == "":
		return "", runtime.ErrNoTenant
	case stored != "":
		return stored, nil
	}
	return "", fmt.Errorf("%w: under strategy %s tenants have no %s of their own", runtime.ErrUnsupported, strategy, what)
}

// Filtered scopes dynamic SQL with a filter, which may be nil.
func Filtered(filter runtime.Filter, q runtime.Query, t runtime.Tenant) (runtime.Text, []any, error) {
	if err := t.Check(); err != nil {
		return runtime.Text{}, nil, err
	}
	if filter == nil {
		return runtime.Text{}, nil, runtime.ErrNoFilter
	}
	text, args, err := filter.Filter(q, t)
	if err == nil {
		err = CheckSlots(text)
	}
	if err != nil {
		return runtime.Text{}, nil, err
	}
	return text, args, nil
}

// Unqualified returns the space without its schema, for DDL, where a database does not
// take one at every place.
func Unqualified(s namespace.Space) namespace.Space {
	s.Schema = ""
	return s
}
