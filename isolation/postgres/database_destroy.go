package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
	"github.com/tenancygen/tenancygen/runtime"
)

// Destroy drops the tenant's database, where the record and what is in the database
// both say that it is the tenant's. First it closes the tenant's pool here and waits
// for what is in use, as long as the context lasts; connections of other processes
// are cut. The report has the tables with tenants' rows as they are just before, those
// of the layout and any other, but not the copies of global tables.
func (d *Database) Destroy(ctx context.Context, t runtime.Tenant, confirm runtime.Confirmation) (runtime.Removal, error) {
	if t.ID == "" {
		return runtime.Removal{}, runtime.ErrNoTenant
	}
	if string(confirm) != t.ID {
		return runtime.Removal{}, runtime.ErrNotConfirmed
	}
	var removal runtime.Removal
	err := d.work(ctx, t, func(w *databaseWork) error {
		record, err := w.record(ctx)
		if err != nil {
			return err
		}
		exists, err := w.exists(ctx)
		switch {
		case err != nil:
			return err
		case record == nil && exists:
			return fmt.Errorf("%w: there is no record of database %s", runtime.ErrForeignNamespace, w.name)
		case record == nil:
			return nil
		}
		removed := runtime.Removal{Namespace: w.name}
		if exists {
			if removed.Tables, err = w.destroy(ctx); err != nil {
				return err
			}
		}
		if err := w.strike(ctx); err != nil {
			return err
		}
		removal = removed
		return nil
	})
	if err != nil {
		return runtime.Removal{}, fmt.Errorf("tenancy: destroy a tenant: %w", err)
	}
	return removal, nil
}

// destroy drops the database and returns what was in it.
func (w *databaseWork) destroy(ctx context.Context) ([]runtime.RemovedTable, error) {
	if err := w.d.pools.evictTenant(ctx, w.t.ID); err != nil {
		return nil, err
	}
	tables, err := w.inventory(ctx)
	if err != nil {
		return nil, err
	}
	return tables, w.drop(ctx)
}

// inventory counts the rows in the database, if it is the tenant's. One that was never
// complete has none.
func (w *databaseWork) inventory(ctx context.Context) ([]runtime.RemovedTable, error) {
	conn, err := w.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer closeConn(ctx, conn)
	if own, err := w.marked(ctx, conn); err != nil || !own {
		return nil, err
	}
	names, err := w.tables(ctx, conn)
	if err != nil {
		return nil, err
	}
	tables := []runtime.RemovedTable{}
	for _, name := range names {
		table := runtime.RemovedTable{Name: name[1]}
		if name[0] != w.d.layout.Schema {
			table.Name = name[0] + "." + name[1]
		}
		if err := conn.QueryRow(ctx, "SELECT count(*) FROM "+pgx.Identifier{name[0], name[1]}.Sanitize()).Scan(&table.Rows); err != nil {
			return nil, err
		}
		tables = append(tables, table)
	}
	return tables, nil
}

// tables returns schema and name of the tables in the database that are no copies. A
// partition's rows are those of the table above it.
func (w *databaseWork) tables(ctx context.Context, conn *pgx.Conn) ([][2]string, error) {
	var copies []string
	for i := range w.d.layout.Tables {
		if t := &w.d.layout.Tables[i]; t.Class == runtime.ClassGlobal && !t.View {
			copies = append(copies, relation(&w.d.layout, t))
		}
	}
	rows, err := conn.Query(ctx, `
		SELECT n.nspname, c.relname
		  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		 WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
		   AND n.nspname <> $1 AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\_%'
		   AND c.oid <> ALL (SELECT pg_catalog.to_regclass(f.name) FROM pg_catalog.unnest($2::text[]) AS f (name)
		                      WHERE pg_catalog.to_regclass(f.name) IS NOT NULL)
		 ORDER BY n.nspname, c.relname`, namespace.RegistrySchema, copies)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (name [2]string, err error) {
		err = row.Scan(&name[0], &name[1])
		return name, err
	})
}
