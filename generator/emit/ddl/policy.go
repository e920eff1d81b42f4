package ddl

import (
	"fmt"
	"strings"

	"github.com/tenancygen/tenancygen/generator/ir"
)

// predicate returns the condition that a row of a table meets when it is the
// tenant's; with shared, or when it is one of those that all tenants share.
func (b *builder) predicate(t *ir.Table, shared bool) (string, error) {
	switch t.Tenancy.Class {
	case ir.ClassTenant, ir.ClassRoot:
		if t.Tenancy.Column == "" {
			return "", fmt.Errorf("table %s has no tenant column", b.name(t))
		}
		return b.comparison(t, identifier(t.Tenancy.Column), shared)
	case ir.ClassChild:
		return b.childPredicate(t, shared)
	}
	return "", fmt.Errorf("table %s: no policy for a table of class %q", b.name(t), t.Tenancy.Class)
}

// comparison returns the test of a tenant column against the setting. The
// setting is read in a sub-select, which the planner evaluates once and not for
// every row. On a connection where a transaction has set it before, an unset
// setting is ” rather than NULL; nullif makes both compare as unknown. A shared
// row is shown to a tenant only: without the setting there is none.
func (b *builder) comparison(owner *ir.Table, column string, shared bool) (string, error) {
	sqlType := owner.Tenancy.SQLType
	if sqlType == "" {
		sqlType = b.pkg.Tenant.SQLType
	}
	cast, err := castType(sqlType)
	if err != nil {
		return "", fmt.Errorf("table %s: %w", b.name(owner), err)
	}
	setting := fmt.Sprintf("(SELECT nullif(current_setting(%s, true), '')::%s)", literal(b.pkg.RLS.Setting), cast)
	if shared {
		return fmt.Sprintf("(%s = %s OR %s IS NULL AND %s IS NOT NULL)", column, setting, column, setting), nil
	}
	return column + " = " + setting, nil
}

// childPredicate follows a child's foreign keys to the table with the tenant
// column and compares that column itself, so that it holds whatever policies
// the parents have.
func (b *builder) childPredicate(t *ir.Table, shared bool) (string, error) {
	path := t.Tenancy.Path
	if len(path) == 0 {
		return "", fmt.Errorf("table %s: no way to its parent", b.name(t))
	}
	var from strings.Builder
	var first string
	below := identifier(t.Name)
	for i, step := range path {
		alias := parentAlias(t.Name, i, len(path))
		joins, err := b.joinCondition(t, step, below, alias)
		if err != nil {
			return "", err
		}
		parent := relation(b.pkg, step.Parent)
		if i == 0 {
			fmt.Fprintf(&from, "\n        FROM %s AS %s", parent, alias)
			first = joins
		} else {
			fmt.Fprintf(&from, "\n        JOIN %s AS %s ON %s", parent, alias, joins)
		}
		below = alias
	}

	last := path[len(path)-1].Parent
	owner := b.table(last)
	if owner == nil || owner.Tenancy.Column == "" {
		return "", fmt.Errorf("table %s: its parent %s has no tenant column", b.name(t), relation(b.pkg, last))
	}
	compare, err := b.comparison(owner, below+"."+identifier(owner.Tenancy.Column), shared)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("EXISTS (\n        SELECT%s\n        WHERE %s\n          AND %s\n    )", from.String(), first, compare), nil
}

// joinCondition ties the columns of a foreign key, pair by pair.
func (b *builder) joinCondition(t *ir.Table, step ir.Step, below, alias string) (string, error) {
	if len(step.Columns) == 0 || len(step.Columns) != len(step.ParentColumns) {
		return "", fmt.Errorf("table %s: the foreign key to %s does not pair its columns", b.name(t), relation(b.pkg, step.Parent))
	}
	pairs := make([]string, len(step.Columns))
	for i := range step.Columns {
		pairs[i] = fmt.Sprintf("%s.%s = %s.%s",
			alias, identifier(step.ParentColumns[i]), below, identifier(step.Columns[i]))
	}
	return strings.Join(pairs, " AND "), nil
}

// parentAlias names the parent at a step of a path. Inside the policy the child
// goes by its own name, so an alias that is the same would capture its columns.
func parentAlias(child string, step, steps int) string {
	alias := "parent"
	if steps > 1 {
		alias = fmt.Sprintf("parent_%d", step+1)
	}
	for alias == child {
		alias += "_"
	}
	return alias
}
