package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
	"github.com/tenancygen/tenancygen/isolation/internal/sqlspace"
	"github.com/tenancygen/tenancygen/runtime"
)

// Verify looks whether the tenant has a place of its own: that it is recorded, complete
// and there, that its tables have the columns that the layout's DDL makes, and that the
// server understands every statement of the package as it is sent for the tenant, on a
// connection of the application. For the columns it makes a database
// (tenancy_verify_…) and drops it again.
func (p *places) Verify(ctx context.Context, t runtime.Tenant) (runtime.Report, error) {
	report := runtime.Report{Strategy: p.Strategy()}
	space, err := p.Place(t)
	if err != nil {
		return report, err
	}
	report.Namespace = p.kind.name(space)
	for _, look := range []struct {
		name string
		find func(context.Context, namespace.Space, string) (sqlspace.Problems, error)
	}{
		{"namespace", p.findPlace},
		{"tables", p.findTables},
		{"columns", p.findColumns},
		{"statements", p.findStatements},
	} {
		found, err := look.find(ctx, space, t.ID)
		if err != nil {
			return report, fmt.Errorf("tenancy: verify: %s: %w", look.name, err)
		}
		report.Checks = append(report.Checks, found.Check(look.name))
		if len(found) > 0 && (look.name == "namespace" || look.name == "tables") {
			break // the rest would fail for want of them
		}
	}
	return report, nil
}

// findPlace looks at the record, and whether what it says is there.
func (p *places) findPlace(ctx context.Context, space namespace.Space, id string) (sqlspace.Problems, error) {
	var found sqlspace.Problems
	name := p.kind.name(space)
	rec, err := recorded(ctx, p.admin, p.Strategy(), name, id)
	switch {
	case err != nil:
		found.Addf("%v", err) // it says whose the place is
		return found, nil     //nolint:nilerr // it is what was looked for
	case rec == nil:
		found.Addf("%s is not recorded as the tenant's", name)
		return found, nil
	case !rec.complete:
		found.Addf("%s was not completed: call Initialize", name)
		return found, nil
	}
	there, err := p.kind.occupied(ctx, p.admin, space)
	if err != nil {
		return nil, err
	}
	if there == "" {
		found.Addf("%s is not there", name)
		return found, nil
	}
	if err := p.kind.mine(ctx, p.admin, space, id); err != nil {
		found.Addf("%v", err)
	}
	return found, nil
}

func (p *places) findTables(ctx context.Context, space namespace.Space, _ string) (sqlspace.Problems, error) {
	return p.Engine.FindColumns(ctx, p.admin, &p.Layout, space)
}

// findColumns compares the tenant's tables with those that the DDL makes in a database
// that is there for that alone.
func (p *places) findColumns(ctx context.Context, space namespace.Space, _ string) (found sqlspace.Problems, err error) {
	conn, err := p.admin.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	made := space
	made.Schema = "tenancy_verify_" + strings.ReplaceAll(runtime.NewID(), "-", "")
	scratch := databases{p.shared}
	defer func() {
		// Not with ctx, which may be over.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTimeout)
		defer cancel()
		if dropped := scratch.drop(ctx, p.admin, made); err == nil {
			err = dropped
		}
	}()
	if err := scratch.prepare(ctx, conn, made, ""); err != nil {
		return nil, err
	}
	for _, ddl := range p.DDL(made) {
		if _, err := conn.ExecContext(ctx, ddl); err != nil {
			found.Addf("the tables of a second tenant cannot be made: %v", err)
			return found, nil
		}
	}
	return p.Engine.SameColumns(ctx, conn, &p.Layout, space, made)
}

// findStatements has the server read each statement as the application sends it.
func (p *places) findStatements(ctx context.Context, space namespace.Space, _ string) (found sqlspace.Problems, err error) {
	err = sqlspace.RolledBack(ctx, sqlspace.Handle(p.Pool, sqlspace.AsIs{}), func(tx *sql.Tx) error {
		found, err = sqlspace.TryStatements(ctx, tx, &p.Layout, func(text runtime.Text) string { return namespace.Render(text, space) })
		return err
	})
	return found, err
}
