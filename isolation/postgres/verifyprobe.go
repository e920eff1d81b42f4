package postgres

import (
	"cmp"
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/runtime"
)

// insufficientPrivilege is the code with which a policy rejects a row (42501).
const insufficientPrivilege = "42501"

// strangers are ids to play another tenant with: the first that the type of the
// tenant column takes. The first is nobody's for certain; a number may be another
// tenant's, which makes the probe no less right.
var strangers = []string{uuid.NewString(), "2147483646"}

// findProbe tries what must not work, on every table with the tenant's column, and
// on those that belong to a tenant through others.
func (s *shared) findProbe(ctx context.Context, tx pgx.Tx, layout *runtime.Layout, t runtime.Tenant) (problems, error) {
	var found problems
	for i := range layout.Tables {
		table := &layout.Tables[i]
		if table.Owned == "" || table.View {
			continue
		}
		var problem string
		failed, err := attempt(ctx, tx, func() (err error) {
			problem, err = s.probe(ctx, tx, layout, table, t.ID)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("table %s: %w", table.Name, err)
		}
		if problem = cmp.Or(failed, problem); problem != "" {
			found.addf("table %s: %s", table.Name, problem)
		}
	}
	return found, nil
}

// probe looks at one table as nobody, as the tenant and as a stranger.
func (s *shared) probe(ctx context.Context, tx pgx.Tx, layout *runtime.Layout, table *runtime.Table, id string) (string, error) {
	name := relation(layout, table)
	sees := func(as, where string, args ...any) (seen bool, err error) {
		if err := s.actAs(ctx, tx, as); err != nil {
			return false, err
		}
		err = tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM "+name+" WHERE "+where+")", args...).Scan(&seen)
		return seen, err
	}
	stranger, problem, err := strangerFor(ctx, tx, name, table, id)
	if err != nil || problem != "" {
		return problem, err
	}
	if seen, err := sees("", "true"); err != nil || seen {
		return "rows can be seen without a tenant", err
	}
	if seen, err := sees(stranger, table.Owned, id); err != nil || seen {
		return "another tenant sees the tenant's rows", err
	}
	if table.Column == "" {
		return "", nil // its parent's policy has the last word on what it may write
	}
	// A row with nothing but a foreign tenant: the policy is asked before any
	// constraint is, so no other error can hide that it let the row through.
	if err := s.actAs(ctx, tx, id); err != nil {
		return "", err
	}
	column := pgx.Identifier{table.Column}.Sanitize()
	code, message, err := attemptCode(ctx, tx, func() error {
		_, err := tx.Exec(ctx, fmt.Sprintf("INSERT INTO %s (%s) VALUES ($1::text::%s)", name, column, columnType(table)), stranger)
		return err
	})
	switch {
	case err != nil:
		return "", err
	case code == "":
		return "a row of another tenant can be written", nil
	case code != insufficientPrivilege:
		return "writing a row of another tenant fails only by: " + message, nil
	}
	return "", nil
}

// columnType is the type of the tenant column, for a cast.
func columnType(t *runtime.Table) string {
	for _, c := range t.Columns {
		if c.Name == t.Column {
			return c.Type
		}
	}
	return "text"
}

// strangerFor returns an id other than the tenant's that the table's tenant column
// takes, or what the server has against all of them.
func strangerFor(ctx context.Context, tx pgx.Tx, name string, table *runtime.Table, id string) (stranger, problem string, err error) {
	for _, stranger := range strangers {
		if stranger == id {
			continue
		}
		failed, err := attempt(ctx, tx, func() error {
			_, err := tx.Exec(ctx, "SELECT FROM "+name+" WHERE "+table.Owned+" LIMIT 0", stranger)
			return err
		})
		if err != nil || failed == "" {
			return stranger, "", err
		}
		problem = cmp.Or(problem, failed)
	}
	return "", problem, nil
}
