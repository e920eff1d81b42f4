package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	sqlite3driver "github.com/ncruces/go-sqlite3/driver"

	"github.com/tenancygen/tenancygen/isolation/internal/sqlspace"
	"github.com/tenancygen/tenancygen/runtime"
)

// Verify looks whether the tenant has a file of its own: that it is recorded, there,
// no link, and marked as the tenant's; that its tables have the columns that the layout
// makes; that SQLite understands every statement of the package in it; and that a
// connection of the tenant's handle leads there and can attach no other file.
func (p *File) Verify(ctx context.Context, t runtime.Tenant) (runtime.Report, error) {
	report := runtime.Report{Strategy: p.Strategy()}
	key, err := p.begun(t)
	if err != nil {
		return report, err
	}
	report.Namespace = key.name
	found, err := p.findFile(ctx, key)
	if err != nil {
		return report, fmt.Errorf("tenancy: verify: %w", err)
	}
	report.Checks = append(report.Checks, found.Check("namespace"))
	if len(found) > 0 {
		return report, nil // the rest would fail for want of it
	}
	// As the tenant, whatever its status is: what it would use is what is looked at.
	db := fileDB{p.files, key}
	err = sqlspace.RolledBack(ctx, db, func(tx *sql.Tx) error {
		if found, err = p.findColumns(ctx, tx); err != nil {
			return err
		}
		report.Checks = append(report.Checks, found.Check("columns"))
		if found, err = sqlspace.TryStatements(ctx, tx, &p.layout, func(text runtime.Text) string { return text.SQL }); err != nil {
			return err
		}
		report.Checks = append(report.Checks, found.Check("statements"))
		return nil
	})
	if err != nil {
		return report, fmt.Errorf("tenancy: verify: %w", err)
	}
	found = nil
	if _, err := db.ExecContext(ctx, "ATTACH DATABASE ':memory:' AS tenancy_probe"); err == nil {
		found.Addf("another database can be attached")
	}
	report.Checks = append(report.Checks, found.Check("probe"))
	return report, nil
}

// findFile looks at the record, and at the file.
func (p *File) findFile(ctx context.Context, key fileKey) (sqlspace.Problems, error) {
	var found sqlspace.Problems
	rec, err := recorded(ctx, p.shared, p.Strategy(), key.name, key.id)
	if err != nil {
		// It says whose the file is.
		found.Addf("%v", err)
		return found, nil //nolint:nilerr // it is what was looked for
	}
	if rec == nil {
		found.Addf("%s is not recorded as the tenant's", key.name)
	}
	there, err := look(ctx, p.path(key.name), key.id)
	switch {
	case err != nil:
		return nil, err
	case there == absent:
		found.Addf("%s is not there", key.name)
	case there == foreign:
		found.Addf("%s is no file of the tenant's", key.name)
	}
	return found, nil
}

// findColumns compares the tenant's tables with those that the layout's DDL makes in a
// database in memory.
func (p *File) findColumns(ctx context.Context, tx *sql.Tx) (sqlspace.Problems, error) {
	pool, err := sqlite3driver.Open(":memory:")
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(1)
	defer func() { _ = pool.Close() }()
	var found sqlspace.Problems
	err = sqlspace.RolledBack(ctx, pool, func(made *sql.Tx) error {
		for _, d := range p.layout.DDL {
			if _, err := made.ExecContext(ctx, d.SQL); err != nil {
				return err
			}
		}
		for _, t := range p.layout.Tables {
			have, err := columns(ctx, tx, "", t.Name)
			if err != nil {
				return err
			}
			want, err := columns(ctx, made, "", t.Name)
			if err != nil {
				return err
			}
			if len(want) == 0 {
				return fmt.Errorf("%w: its DDL does not make %s", ErrLayout, t.Name)
			}
			found = append(found, sqlspace.CompareColumns(t.Name, have, want)...)
		}
		return nil
	})
	return found, err
}
