package sqlspace

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
	"github.com/tenancygen/tenancygen/runtime"
)

// Engine is what the strategies have to know about a database.
type Engine struct {
	// Name is Layout.Engine.
	Name string
	// Shared is where what tenants share is; its Schema may be empty.
	Shared namespace.Space
	// Defer is a statement that puts constraints off to the end of a transaction; empty
	// where there is none.
	Defer string
	// Requires is what a session has to hold where the statements alone keep tenants
	// apart.
	Requires []Requirement
	// Columns returns the columns of a table or view in a schema, without quotes; none
	// where it is not there. An empty schema is the shared one.
	Columns func(ctx context.Context, q Querier, schema, table string) ([]runtime.Column, error)
	// Table says what is wrong with a table of tenants' in a schema, beside its columns;
	// nil where nothing can be.
	Table func(ctx context.Context, q Querier, schema, table string) (Problems, error)
}

// Requirement is a setting of a session on which the isolation rests.
type Requirement struct {
	// Name is that of the check, and Query asks whether the session has the setting.
	Name, Query string
	// Without is what it means that it has not.
	Without string
}

// Querier is a connection or a transaction of database/sql.
type Querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
}

// QueryColumns runs a statement whose rows are the name and the type of a column, and
// whether it takes no NULL.
func QueryColumns(ctx context.Context, q Querier, query string, args ...any) ([]runtime.Column, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var found []runtime.Column
	for rows.Next() {
		var c runtime.Column
		if err := rows.Scan(&c.Name, &c.Type, &c.NotNull); err != nil {
			return nil, err
		}
		found = append(found, c)
	}
	return found, rows.Err()
}

// CheckLayout returns an error for a layout of another engine, or without tables.
func (e Engine) CheckLayout(l *runtime.Layout) error {
	switch {
	case len(l.Tables) == 0:
		return ErrNoLayout
	case l.Engine != e.Name:
		return fmt.Errorf("%w: it is for engine %q and not for %s", ErrLayout, l.Engine, e.Name)
	}
	return nil
}

// CheckMovable returns an error for a layout whose tables cannot be made for each
// tenant.
func CheckMovable(l *runtime.Layout) error {
	if l.Unmovable != "" {
		return fmt.Errorf("%w: %s", ErrLayout, l.Unmovable)
	}
	if len(l.DDL) == 0 {
		return fmt.Errorf("%w: it has no DDL", ErrNoLayout)
	}
	for _, d := range l.DDL {
		if err := CheckSlots(d.Text); err != nil {
			return err
		}
	}
	return nil
}

// Own returns the tables and views of a layout that each tenant has for itself,
// parents first.
func Own(l *runtime.Layout) []*runtime.Table {
	var own []*runtime.Table
	for i := range l.Tables {
		if t := &l.Tables[i]; t.Class != runtime.ClassGlobal {
			own = append(own, t)
		}
	}
	return own
}

// Problems are what is wrong with one thing that Verify looks at.
type Problems []string

// Addf adds one.
func (p *Problems) Addf(format string, args ...any) { *p = append(*p, fmt.Sprintf(format, args...)) }

// Check returns the check of a report.
func (p Problems) Check(name string) runtime.Check {
	return runtime.Check{Name: name, Problem: strings.Join(p, ", ")}
}

// TryStatements has the database read each statement as it is rendered, and returns
// what it has against them. An error says that it could not be asked.
func TryStatements(ctx context.Context, q Querier, layout *runtime.Layout, render func(runtime.Text) string) (Problems, error) {
	var found Problems
	for _, text := range layout.Statements {
		stmt, err := q.PrepareContext(ctx, render(text))
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			found.Addf("%s: %v", firstLine(text.SQL), err)
			continue
		}
		_ = stmt.Close() // nothing was run
	}
	return found, nil
}

// FindColumns compares the columns of the layout's tables with those of the database,
// and asks what else is wrong with tables of tenants': the tenant's in space, and what tenants share where the engine has it. A column that
// the layout does not know is no problem: a migration may be under way.
func (e Engine) FindColumns(ctx context.Context, q Querier, layout *runtime.Layout, space namespace.Space) (Problems, error) {
	var found Problems
	for i := range layout.Tables {
		t := &layout.Tables[i]
		in := space
		if t.Class == runtime.ClassGlobal {
			in = e.Shared
		}
		columns, err := e.Columns(ctx, q, in.Schema, in.Relation(t.Name))
		switch {
		case err != nil:
			return nil, err
		case len(columns) == 0:
			found.Addf("table %s is not there", t.Name)
			continue
		}
		for _, want := range t.Columns {
			if !slices.ContainsFunc(columns, func(c runtime.Column) bool { return strings.EqualFold(c.Name, want.Name) }) {
				found.Addf("column %s.%s is not there", t.Name, want.Name)
			}
		}
		if e.Table == nil || t.View || t.Class == runtime.ClassGlobal {
			continue
		}
		wrong, err := e.Table(ctx, q, in.Schema, in.Relation(t.Name))
		if err != nil {
			return nil, err
		}
		found = append(found, wrong...)
	}
	return found, nil
}

// SameColumns compares the columns of a tenant's tables with those that the layout's
// DDL has made in another space.
func (e Engine) SameColumns(ctx context.Context, q Querier, layout *runtime.Layout, space, made namespace.Space) (Problems, error) {
	var found Problems
	for _, t := range Own(layout) {
		have, err := e.Columns(ctx, q, space.Schema, space.Relation(t.Name))
		if err != nil {
			return nil, err
		}
		want, err := e.Columns(ctx, q, made.Schema, made.Relation(t.Name))
		if err != nil {
			return nil, err
		}
		found = append(found, CompareColumns(t.Name, have, want)...)
	}
	return found, nil
}

// CompareColumns says what a table misses of the columns that it should have.
func CompareColumns(table string, have, want []runtime.Column) Problems {
	var found Problems
	for _, w := range want {
		i := slices.IndexFunc(have, func(c runtime.Column) bool { return c.Name == w.Name })
		switch {
		case i < 0:
			found.Addf("column %s.%s is not there", table, w.Name)
		case have[i].Type != w.Type:
			found.Addf("column %s.%s is %s and not %s", table, w.Name, have[i].Type, w.Type)
		case w.NotNull && !have[i].NotNull:
			found.Addf("column %s.%s may be null", table, w.Name)
		}
	}
	return found
}

// RolledBack runs fn in a transaction that is rolled back whatever happens.
func RolledBack(ctx context.Context, db interface {
	BeginTx(context.Context, *sql.TxOptions) (*sql.Tx, error)
}, fn func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	return fn(tx)
}

// InTx runs fn in a transaction that is committed when fn returns nil.
func InTx(ctx context.Context, db interface {
	BeginTx(context.Context, *sql.TxOptions) (*sql.Tx, error)
}, fn func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // it says nothing after a commit
	if err := fn(tx); err != nil {
		return err
	}
	return tx.Commit()
}
