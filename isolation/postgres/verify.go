package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/isolation/internal/policy"
	"github.com/tenancygen/tenancygen/runtime"
)

// problems are what is wrong with one thing that Verify looks at.
type problems []string

func (p *problems) addf(format string, args ...any) { *p = append(*p, fmt.Sprintf(format, args...)) }

func (p problems) check(name string) runtime.Check {
	return runtime.Check{Name: name, Problem: strings.Join(p, ", ")}
}

// Verify looks whether the tables are those of the layout, and whether PostgreSQL
// understands every statement of the generated package. More cannot be seen in the
// database, since the statements alone keep tenants apart. It needs WithLayout
// (ErrNoLayout).
func (p *RowFilter) Verify(ctx context.Context, t runtime.Tenant) (runtime.Report, error) {
	return p.shared.Verify(ctx, t)
}

// Verify looks whether policies keep the tenant apart: that the tables are those of
// the layout with row-level security enabled and forced, that their policies are
// those that were generated, that the role of the pool is subject to them and has no
// right that goes round them, that PostgreSQL understands every statement of the
// package, and, in a transaction that is rolled back, that the tenant and another id
// see nothing of each other and cannot write for each other. It needs WithLayout
// (ErrNoLayout).
func (p *RLS) Verify(ctx context.Context, t runtime.Tenant) (runtime.Report, error) {
	return p.shared.Verify(ctx, t)
}

// Verify is that of both strategies.
func (s *shared) Verify(ctx context.Context, t runtime.Tenant) (runtime.Report, error) {
	report := runtime.Report{Strategy: s.strategy}
	if err := s.ids().Check(t.ID); err != nil {
		return report, err
	}
	layout, err := s.layout()
	if err != nil {
		return report, err
	}
	type look struct {
		name string
		find func(context.Context, pgx.Tx, *runtime.Layout, runtime.Tenant) (problems, error)
	}
	looks := []look{{"tables", s.findTables}}
	if s.strategy == runtime.StrategyRLS {
		looks = append(looks,
			look{"role", s.findRole},
			look{"row-level security", s.findSecurity},
			look{"policies", s.findPolicies},
			look{"grants", s.findGrants},
			look{"probe", s.findProbe},
		)
	}
	looks = append(looks, look{"statements", s.findStatements})
	for _, l := range looks {
		var found problems
		err := rolledBack(ctx, s.pool, func(tx pgx.Tx) (err error) {
			found, err = l.find(ctx, tx, layout, t)
			return err
		})
		if err != nil {
			return report, fmt.Errorf("tenancy: verify: %s: %w", l.name, err)
		}
		report.Checks = append(report.Checks, found.check(l.name))
		if l.name == "tables" && len(found) > 0 {
			break // the rest would fail for want of them
		}
	}
	return report, nil
}

// findTables compares the tables and their columns with the layout. A column that
// the layout does not know is no problem: a migration may be under way.
func (s *shared) findTables(ctx context.Context, tx pgx.Tx, layout *runtime.Layout, _ runtime.Tenant) (problems, error) {
	var found problems
	for i := range layout.Tables {
		t := &layout.Tables[i]
		columns, err := columnsOf(ctx, tx, relation(layout, t))
		switch {
		case err != nil:
			return nil, err
		case len(columns) == 0:
			found.addf("table %s is not there", t.Name)
		default:
			found = append(found, compareColumns(layout, t, columns)...)
		}
	}
	return found, nil
}

// columnsOf returns the columns of a relation, none when it is not there.
func columnsOf(ctx context.Context, tx pgx.Tx, name string) ([]runtime.Column, error) {
	rows, err := tx.Query(ctx, `
		SELECT a.attname, pg_catalog.format_type(a.atttypid, NULL), a.attnotnull
		  FROM pg_catalog.pg_attribute a
		 WHERE a.attrelid = pg_catalog.to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped`, name)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[runtime.Column])
}

// compareColumns says what the layout's columns miss among those of the database.
func compareColumns(layout *runtime.Layout, t *runtime.Table, columns []runtime.Column) problems {
	var found problems
	have := map[string]runtime.Column{}
	for _, c := range columns {
		have[c.Name] = c
	}
	// The database prints the schema of a type where its search_path does not have it.
	bare := func(name string) string { return strings.TrimPrefix(name, layout.Schema+".") }
	for _, want := range t.Columns {
		got, ok := have[want.Name]
		switch {
		case !ok:
			found.addf("column %s.%s is not there", t.Name, want.Name)
		case want.Type != "" && bare(got.Type) != bare(want.Type):
			found.addf("column %s.%s is %s and not %s", t.Name, want.Name, got.Type, want.Type)
		case want.NotNull && !got.NotNull && !t.View:
			found.addf("column %s.%s may be null", t.Name, want.Name)
		}
	}
	return found
}

// findRole looks at the role of the pool.
func (s *shared) findRole(ctx context.Context, tx pgx.Tx, _ *runtime.Layout, _ runtime.Tenant) (problems, error) {
	var role policy.Role
	err := tx.QueryRow(ctx, policy.RoleSQL, s.options.setting).Scan(&role.Superuser, &role.Bypass, &role.Owned, &role.Preset)
	if err != nil {
		return nil, err
	}
	var found problems
	if why := role.Unsafe(s.options.setting); why != "" {
		found.addf("%s", why)
	}
	return found, nil
}

// findGrants looks for rights that policies do not hold for, or that are missing.
func (s *shared) findGrants(ctx context.Context, tx pgx.Tx, layout *runtime.Layout, _ runtime.Tenant) (problems, error) {
	var found problems
	for i := range layout.Tables {
		t := &layout.Tables[i]
		if t.Class == runtime.ClassGlobal {
			continue
		}
		var read, truncate bool
		err := tx.QueryRow(ctx, `
			SELECT pg_catalog.has_table_privilege($1::text, 'SELECT'),
			       pg_catalog.has_table_privilege($1::text, 'TRUNCATE, REFERENCES, TRIGGER')`, relation(layout, t)).Scan(&read, &truncate)
		if err != nil {
			return nil, err
		}
		if !read {
			found.addf("the role may not read %s", t.Name)
		}
		if truncate {
			found.addf("the role has TRUNCATE, REFERENCES or TRIGGER on %s, which policies do not stop", t.Name)
		}
	}
	return found, nil
}

// findStatements has the database parse every statement that the package sends.
func (s *shared) findStatements(ctx context.Context, tx pgx.Tx, layout *runtime.Layout, _ runtime.Tenant) (problems, error) {
	var found problems
	for _, text := range layout.Statements {
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

// tryPrepare prepares an unnamed statement and returns what the server has against
// it.
func tryPrepare(ctx context.Context, tx pgx.Tx, sql string) (string, error) {
	return attempt(ctx, tx, func() error {
		_, err := tx.Conn().PgConn().Prepare(ctx, "", sql, nil)
		return err
	})
}

// attempt runs fn behind a savepoint, rolls back to it, and returns what the server
// has against it. Any other error is the second result.
func attempt(ctx context.Context, tx pgx.Tx, fn func() error) (string, error) {
	code, message, err := attemptCode(ctx, tx, fn)
	if code == "" {
		return "", err
	}
	return message, err
}

// firstLine is how a statement is named in a report: by the comment of its name.
func firstLine(sql string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(sql), "\n")
	return strings.TrimPrefix(line, "-- name: ")
}
