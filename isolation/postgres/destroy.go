package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/runtime"
)

// Destroy deletes the tenant's rows from every table of the layout, those that refer
// to others first, in one transaction that is committed only when not one row of the
// tenant is left. It needs WithLayout (ErrNoLayout), and a role that may delete from
// all the tables and sees the tenant's rows in them: under row-level security the
// role that policies are for, or one that they do not hold for (see WithAdmin).
//
// What another tenant's row refers to is not deleted, by the foreign key that holds
// it; the error is the database's then and nothing is removed. A foreign key with ON
// DELETE CASCADE that leads across tenants, of which the generator warns, would take
// the other tenant's row along.
func (s *shared) Destroy(ctx context.Context, t runtime.Tenant, confirm runtime.Confirmation) (runtime.Removal, error) {
	if err := s.ids().Check(t.ID); err != nil {
		return runtime.Removal{}, err // of another form, it would be another tenant's rows
	}
	if string(confirm) != t.ID {
		return runtime.Removal{}, runtime.ErrNotConfirmed
	}
	layout, err := s.layout()
	if err != nil {
		return runtime.Removal{}, err
	}
	var removal runtime.Removal
	err = pgx.BeginFunc(ctx, s.admin(), func(tx pgx.Tx) error {
		if err := s.actAs(ctx, tx, t.ID); err != nil {
			return err
		}
		removal, err = deleteRows(ctx, tx, layout, t.ID)
		return err
	})
	if err != nil {
		return runtime.Removal{}, fmt.Errorf("tenancy: destroy a tenant: %w", err)
	}
	return removal, nil
}

// deleteRows deletes a tenant's rows and looks that none is left.
func deleteRows(ctx context.Context, tx pgx.Tx, layout *runtime.Layout, id string) (runtime.Removal, error) {
	var removal runtime.Removal
	owned := ownedTables(layout)
	for _, table := range owned {
		if err := seesRows(ctx, tx, layout, table); err != nil {
			return removal, err
		}
	}
	// Constraints that can wait do, as among tables that refer to each other.
	if _, err := tx.Exec(ctx, "SET CONSTRAINTS ALL DEFERRED"); err != nil {
		return removal, err
	}
	for _, table := range owned {
		tag, err := tx.Exec(ctx, "DELETE FROM "+relation(layout, table)+" WHERE "+table.Owned, id)
		if err != nil {
			return removal, fmt.Errorf("table %s: %w", table.Name, err)
		}
		// At once, while the parents are there by which a row is known as the tenant's:
		// a trigger may have kept it.
		if err := noneLeft(ctx, tx, layout, table, id); err != nil {
			return removal, err
		}
		removal.Tables = append(removal.Tables, runtime.RemovedTable{Name: table.Name, Rows: tag.RowsAffected()})
	}
	// And once more, since a trigger may have written other rows.
	for _, table := range owned {
		if err := noneLeft(ctx, tx, layout, table, id); err != nil {
			return removal, err
		}
	}
	return removal, nil
}

// noneLeft returns an error where a table still has rows of the tenant.
func noneLeft(ctx context.Context, tx pgx.Tx, layout *runtime.Layout, table *runtime.Table, id string) error {
	var left int64
	err := tx.QueryRow(ctx, "SELECT count(*) FROM "+relation(layout, table)+" WHERE "+table.Owned, id).Scan(&left)
	if err != nil {
		return fmt.Errorf("table %s: %w", table.Name, err)
	}
	if left != 0 {
		return fmt.Errorf("table %s: %d rows are left", table.Name, left)
	}
	return nil
}

// ownedTables are the tables that can have rows of a tenant, those that refer to
// others before them.
func ownedTables(layout *runtime.Layout) []*runtime.Table {
	var owned []*runtime.Table
	for i := range layout.Tables {
		if t := &layout.Tables[i]; t.Owned != "" && !t.View {
			owned = append(owned, t)
		}
	}
	slices.Reverse(owned)
	return owned
}

// seesRows returns an error where policies would hide rows from the role though they
// are the tenant's: a role that no policy is for sees none, deletes none, and finds
// none left.
func seesRows(ctx context.Context, tx pgx.Tx, layout *runtime.Layout, t *runtime.Table) error {
	var sees bool
	err := tx.QueryRow(ctx, `
		SELECT NOT pg_catalog.row_security_active(c.oid) OR EXISTS (
		           SELECT FROM pg_catalog.pg_policy p
		            WHERE p.polrelid = c.oid AND p.polpermissive AND p.polcmd IN ('*', 'd')
		              AND EXISTS (SELECT FROM pg_catalog.unnest(p.polroles) AS r (id)
		                           WHERE r.id = 0 OR pg_catalog.pg_has_role(current_user, r.id, 'USAGE')))
		  FROM pg_catalog.pg_class c
		 WHERE c.oid = $1::text::pg_catalog.regclass`, relation(layout, t)).Scan(&sees)
	switch {
	case err != nil:
		return fmt.Errorf("table %s: %w", t.Name, err)
	case !sees:
		return fmt.Errorf("table %s: its policies show the role no rows, so none would be deleted: "+
			"give the provider a pool of the role that the policies are for, or of a superuser (WithAdmin)", t.Name)
	}
	return nil
}
