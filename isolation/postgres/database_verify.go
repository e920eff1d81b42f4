package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tenancygen/tenancygen/runtime"
)

// Verify looks whether the tenant has a database of its own: that it is recorded and
// complete, that the tenant's pool leads to it, that it has the tables and columns of
// the layout, that the application's role is no superuser, has the rights that it
// needs and cannot change whose the database is, that PUBLIC may not connect, that
// PostgreSQL understands every statement of the package, that no table has a row of
// another tenant, and that another tenant does not get in.
func (d *Database) Verify(ctx context.Context, t runtime.Tenant) (runtime.Report, error) {
	report := runtime.Report{Strategy: runtime.StrategyDatabase}
	if err := d.layout.IDs.Check(t.ID); err != nil {
		return report, err
	}
	if err := d.begin(); err != nil {
		return report, err
	}
	defer d.working.Done()
	name, err := d.databaseName(t)
	if err != nil {
		return report, err
	}
	report.Namespace = name
	v := &databaseVerification{Database: d, tenant: t, name: name}
	found, err := v.findNamespace(ctx)
	if err != nil {
		return report, fmt.Errorf("tenancy: verify: namespace: %w", err)
	}
	report.Checks = append(report.Checks, found.check("namespace"))
	if len(found) > 0 {
		return report, nil // there is nothing to look at
	}
	for _, look := range []struct {
		name string
		find func(context.Context, pgx.Tx) (problems, error)
	}{
		{"tables", v.findTables},
		{"columns", v.findColumns},
		{"role", v.findRole},
		{"grants", v.findGrants},
		{"statements", v.findStatements},
		{"probe", v.findProbe},
	} {
		found, err := v.look(ctx, look.find)
		if err == nil && look.name == "probe" {
			err = v.findStranger(ctx, &found)
		}
		if err != nil {
			return report, fmt.Errorf("tenancy: verify: %s: %w", look.name, err)
		}
		report.Checks = append(report.Checks, found.check(look.name))
		if look.name == "tables" && len(found) > 0 {
			break // the rest would fail for want of them
		}
	}
	return report, nil
}

// databaseVerification is a look at one tenant.
type databaseVerification struct {
	*Database
	tenant runtime.Tenant
	name   string
}

// look calls find with a transaction of the tenant's own pool, which is rolled back.
func (v *databaseVerification) look(ctx context.Context, find func(context.Context, pgx.Tx) (problems, error)) (problems, error) {
	// A tenant of any status.
	tx, err := databaseHandle{v.pools, v.tenant}.Begin(ctx)
	if err != nil {
		return nil, err
	}
	defer abandon(ctx, tx)
	return find(ctx, tx)
}

// findNamespace looks at the record, and whether the tenant's pool leads to what it
// says.
func (v *databaseVerification) findNamespace(ctx context.Context) (problems, error) {
	var found problems
	err := rolledBack(ctx, v.options.admin, func(tx pgx.Tx) error {
		has, err := hasRegistry(ctx, tx)
		if err != nil {
			return err
		}
		if !has {
			found.addf("there is no table %s, so nothing was initialized", registryTable)
			return nil
		}
		rec, err := recorded(ctx, tx, runtime.StrategyDatabase, v.name, v.tenant.ID)
		switch {
		case err != nil && !errors.Is(err, runtime.ErrForeignNamespace) && !errors.Is(err, runtime.ErrNamespaceName):
			return err
		case err != nil:
			found.addf("%v", err)
		case rec == nil:
			found.addf("%s is not recorded as the tenant's", v.name)
		case len(rec.Objects) == 0:
			found.addf("%s is not complete: call Initialize again", v.name)
		}
		return nil
	})
	if err != nil || len(found) > 0 {
		return found, err
	}
	found, err = v.look(ctx, func(ctx context.Context, tx pgx.Tx) (problems, error) {
		var at string
		if err := tx.QueryRow(ctx, "SELECT pg_catalog.current_database()").Scan(&at); err != nil {
			return nil, err
		}
		if at != v.name {
			found.addf("the tenant's pool leads to database %s and not to %s", at, v.name)
		}
		return found, nil
	})
	return refused(found, err, v.name)
}

// findTables looks for the tables of the layout.
func (v *databaseVerification) findTables(ctx context.Context, tx pgx.Tx) (problems, error) {
	var found problems
	for i := range v.layout.Tables {
		t := &v.layout.Tables[i]
		var there, isView bool
		err := tx.QueryRow(ctx, `
			SELECT count(*) > 0, COALESCE(bool_or(relkind IN ('v', 'm')), false) FROM pg_catalog.pg_class
			 WHERE oid = pg_catalog.to_regclass($1)`, relation(&v.layout, t)).Scan(&there, &isView)
		switch {
		case err != nil:
			return nil, err
		case !there:
			found.addf("table %s is not there", t.Name)
		case isView != t.View:
			found.addf("%s is of another kind than in the layout", t.Name)
		}
	}
	return found, nil
}

// findColumns compares columns with the layout. One that the layout does not know is
// no problem: a migration may be under way.
func (v *databaseVerification) findColumns(ctx context.Context, tx pgx.Tx) (problems, error) {
	var found problems
	for i := range v.layout.Tables {
		t := &v.layout.Tables[i]
		columns, err := columnsOf(ctx, tx, relation(&v.layout, t))
		if err != nil {
			return nil, err
		}
		found = append(found, compareColumns(&v.layout, t, columns)...)
	}
	return found, nil
}

// findRole looks at the role of the tenant's pool.
func (v *databaseVerification) findRole(ctx context.Context, tx pgx.Tx) (problems, error) {
	var found problems
	var role string
	var super, owner bool
	err := tx.QueryRow(ctx, `
		SELECT r.rolname, r.rolsuper, pg_catalog.pg_has_role(r.oid, d.datdba, 'MEMBER')
		  FROM pg_catalog.pg_roles r, pg_catalog.pg_database d
		 WHERE r.rolname = current_user AND d.datname = pg_catalog.current_database()`).Scan(&role, &super, &owner)
	switch {
	case err != nil:
		return nil, err
	case super:
		found.addf("role %s is a superuser", role)
	case owner && v.options.admin != v.master:
		// Where one role does both, it cannot be otherwise.
		found.addf("role %s is a member of the database's owner", role)
	}
	return found, nil
}

// findGrants looks for rights that are missing, and for those that nobody should have.
func (v *databaseVerification) findGrants(ctx context.Context, tx pgx.Tx) (problems, error) {
	var found problems
	var public, marks, owner bool
	err := tx.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM pg_catalog.aclexplode(COALESCE(d.datacl, pg_catalog.acldefault('d', d.datdba))) a
		                WHERE a.grantee = 0 AND a.privilege_type = 'CONNECT'),
		       pg_catalog.has_table_privilege($1::text, 'INSERT, UPDATE, DELETE, TRUNCATE'),
		       pg_catalog.pg_has_role(d.datdba, 'MEMBER')
		  FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()`, markerTable).Scan(&public, &marks, &owner)
	if err != nil {
		return nil, err
	}
	if public {
		found.addf("PUBLIC may connect")
	}
	if marks && !owner {
		found.addf("the role may write %s", markerTable)
	}
	for i := range v.layout.Tables {
		t := &v.layout.Tables[i]
		for _, right := range rights(t) {
			var may bool
			err := tx.QueryRow(ctx, "SELECT pg_catalog.has_table_privilege($1::text, $2)", relation(&v.layout, t), right).Scan(&may)
			if err != nil {
				return nil, err
			}
			if !may {
				found.addf("the role has no %s on %s", right, t.Name)
			}
		}
	}
	return found, nil
}

// findStatements has the database parse every statement that the package sends.
func (v *databaseVerification) findStatements(ctx context.Context, tx pgx.Tx) (problems, error) {
	var found problems
	for _, text := range v.layout.Statements {
		problem, err := tryPrepare(ctx, tx, text.SQL)
		if err != nil {
			return nil, err
		}
		if problem != "" {
			found.addf("%s: %s", firstLine(text.SQL), problem)
		}
	}
	return found, nil
}

// findProbe looks for rows of other tenants, and tries to get in as one.
func (v *databaseVerification) findProbe(ctx context.Context, tx pgx.Tx) (problems, error) {
	var found problems
	for _, t := range ownedTables(&v.layout) {
		var foreign bool
		problem, err := attempt(ctx, tx, func() error {
			// A row that has no tenant is everybody's.
			return tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM "+relation(&v.layout, t)+" WHERE NOT ("+t.Owned+"))", v.tenant.ID).Scan(&foreign)
		})
		switch {
		case err != nil:
			return nil, fmt.Errorf("table %s: %w", t.Name, err)
		case problem != "":
			found.addf("table %s: %s", t.Name, problem)
		case foreign:
			found.addf("table %s has rows of another tenant", t.Name)
		}
	}
	if err := checkMarker(ctx, tx.Conn(), uuid.NewString()); !errors.Is(err, runtime.ErrForeignNamespace) {
		found.addf("the database does not say that it is no other tenant's: %v", err)
	}
	return found, nil
}

// findStranger tries to get in as a tenant that nobody has made. It has no connection
// while it does, since there may be only one.
func (v *databaseVerification) findStranger(ctx context.Context, found *problems) error {
	stranger := runtime.Tenant{ID: uuid.NewString()}
	if _, err := (databaseHandle{v.pools, stranger}).Exec(ctx, "SELECT 1"); err == nil {
		found.addf("a tenant that nobody has made got into a database")
	}
	return v.pools.evictTenant(ctx, stranger.ID)
}

// refused turns an answer of the server, or of the marker, to who wants to connect
// into a problem. What is left is that nobody answered.
func refused(found problems, err error, name string) (problems, error) {
	var pgErr *pgconn.PgError
	switch {
	case errors.Is(err, runtime.ErrNotInitialized):
		found.addf("%s is not there, or is not complete", name)
	case errors.Is(err, runtime.ErrForeignNamespace):
		found.addf("%s says that it is another tenant's", name)
	case errors.As(err, &pgErr):
		found.addf("the tenant's pool cannot connect to %s: %s", name, pgErr.Message)
	}
	if len(found) > 0 {
		return found, nil
	}
	return nil, err
}
