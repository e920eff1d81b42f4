package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
	"github.com/tenancygen/tenancygen/runtime"
)

// CopyGlobals brings the tenant's copy of global tables up to date with the shared
// database, in one transaction on each side. Rows are matched by the primary key:
// those that are new are inserted, those that are there are overwritten, and those
// that are gone are deleted, so that a tenant's row that refers to one of them has a
// say, as it would in one database. A table without a primary key is emptied and
// filled again.
//
// Nothing else writes the copy. What changes in the shared database reaches a tenant
// with the next call.
func (d *Database) CopyGlobals(ctx context.Context, t runtime.Tenant) error {
	err := d.work(ctx, t, func(w *databaseWork) error {
		conn, err := w.connect(ctx)
		if err != nil {
			return connectError(err)
		}
		defer closeConn(ctx, conn)
		own, err := w.marked(ctx, conn)
		switch {
		case err != nil:
			return err
		case !own:
			return runtime.ErrNotInitialized
		}
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error { return w.copyGlobals(ctx, tx) })
	})
	if err != nil {
		return fmt.Errorf("tenancy: copy global tables: %w", err)
	}
	return nil
}

// globalCopy is the copy of one table.
type globalCopy struct {
	table   string // quoted and qualified
	rows    string // the temporary table with the rows of the shared database
	columns []string
	key     []string
	changes []string // columns that an update may set
}

// copyGlobals copies the rows of the layout's global tables from the shared database
// as it is at one moment.
func (w *databaseWork) copyGlobals(ctx context.Context, tx pgx.Tx) error {
	var copies []globalCopy
	from := w.conn.Conn()
	err := pgx.BeginTxFunc(ctx, from, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(pgx.Tx) error {
		for i := range w.d.layout.Tables {
			table := &w.d.layout.Tables[i]
			if table.Class != runtime.ClassGlobal || table.View {
				continue
			}
			c, err := newGlobalCopy(ctx, tx, relation(&w.d.layout, table), len(copies))
			if err == nil {
				err = c.fetch(ctx, from, tx)
			}
			if err != nil {
				return fmt.Errorf("table %s: %w", table.Name, err)
			}
			copies = append(copies, c)
		}
		return nil
	})
	if err != nil {
		return err
	}
	// A row that is gone may have the unique value of a new one, so it goes first. Where
	// another row refers to it that is yet to be overwritten, it goes last.
	err = pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) error { return removeAll(ctx, tx, copies) })
	if err != nil && !hasCode(err, foreignKeyViolation) && !hasCode(err, restrictViolation) {
		return err
	}
	for _, c := range copies {
		if err := execAll(ctx, tx, c.put()...); err != nil {
			return fmt.Errorf("table %s: %w", c.table, err)
		}
	}
	return removeAll(ctx, tx, copies)
}

// removeAll removes the rows that are gone, those that refer to others first.
func removeAll(ctx context.Context, tx pgx.Tx, copies []globalCopy) error {
	for _, c := range slices.Backward(copies) {
		if err := execAll(ctx, tx, c.remove()...); err != nil {
			return fmt.Errorf("table %s: %w", c.table, err)
		}
	}
	return nil
}

func execAll(ctx context.Context, tx pgx.Tx, statements ...string) error {
	for _, sql := range statements {
		if _, err := tx.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// newGlobalCopy asks the tenant's database about the table.
func newGlobalCopy(ctx context.Context, tx pgx.Tx, table string, number int) (globalCopy, error) {
	c := globalCopy{table: table, rows: fmt.Sprintf("pg_temp.tenancy_copy_%d", number)}
	rows, err := tx.Query(ctx, `
		SELECT a.attname, COALESCE(a.attnum = ANY (i.indkey), false), a.attidentity <> 'a'
		  FROM pg_catalog.pg_attribute a
		  LEFT JOIN pg_catalog.pg_index i ON i.indrelid = a.attrelid AND i.indisprimary AND i.indimmediate
		 WHERE a.attrelid = $1::text::pg_catalog.regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
		 ORDER BY a.attnum`, table)
	if err != nil {
		return c, err
	}
	var name string
	var inKey, settable bool
	_, err = pgx.ForEachRow(rows, []any{&name, &inKey, &settable}, func() error {
		name := namespace.Quote(name)
		c.columns = append(c.columns, name)
		switch {
		case inKey:
			c.key = append(c.key, name)
		case settable:
			c.changes = append(c.changes, name)
		}
		return nil
	})
	return c, err
}

// fetch copies the rows of the shared database into a temporary table. They go as
// text, which means the same in both databases; in binary form some hold numbers of
// types.
func (c globalCopy) fetch(ctx context.Context, from *pgx.Conn, tx pgx.Tx) error {
	columns := strings.Join(c.columns, ", ")
	if err := execAll(ctx, tx, "CREATE TEMPORARY TABLE "+c.rows+" ON COMMIT DROP AS SELECT "+columns+" FROM "+c.table+" WITH NO DATA"); err != nil {
		return err
	}
	r, w := io.Pipe()
	sent := make(chan error, 1)
	go func() {
		_, err := from.PgConn().CopyTo(ctx, w, "COPY (SELECT "+columns+" FROM "+c.table+") TO STDOUT")
		_ = w.CloseWithError(err)
		sent <- err
	}()
	_, err := tx.Conn().PgConn().CopyFrom(ctx, r, "COPY "+c.rows+" FROM STDIN")
	_ = r.CloseWithError(errors.New("the copy has ended"))
	// Where both failed, that of the source is the cause.
	if cause := <-sent; cause != nil {
		return cause
	}
	return err
}

// put returns the statements that insert and overwrite rows.
func (c globalCopy) put() []string {
	columns := strings.Join(c.columns, ", ")
	insert := "INSERT INTO " + c.table + " (" + columns + ") OVERRIDING SYSTEM VALUE SELECT " + columns + " FROM " + c.rows
	if len(c.key) == 0 {
		return []string{"DELETE FROM " + c.table, insert}
	}
	insert += " ON CONFLICT (" + strings.Join(c.key, ", ") + ") DO "
	if len(c.changes) == 0 {
		return []string{insert + "NOTHING"}
	}
	var set []string
	for _, column := range c.changes {
		set = append(set, column+" = EXCLUDED."+column)
	}
	return []string{insert + "UPDATE SET " + strings.Join(set, ", ")}
}

// remove returns the statements that delete rows.
func (c globalCopy) remove() []string {
	if len(c.key) == 0 {
		return nil
	}
	key := strings.Join(c.key, ", ")
	return []string{"DELETE FROM " + c.table + " WHERE (" + key + ") NOT IN (SELECT " + key + " FROM " + c.rows + ")"}
}
