package ddl

import (
	"fmt"
	"strings"

	"github.com/tenancygen/tenancygen/generator/ir"
)

// The names of the policies of a protected table.
const (
	isolationPolicy = "tenant_isolation" // restricts to the tenant
	updatePolicy    = "tenant_update"    // keeps writes, and locks, from shared rows
	deletePolicy    = "tenant_delete"
	basePolicy      = "tenant_base" // without it, a restrictive policy admits nothing
)

// Rows is how a tenant's rows are told in a table.
type Rows struct {
	// Owned is the condition that holds for the rows of the tenant in the parameter
	// $1, in a statement that calls the table by its name. Shared rows are not among
	// them.
	Owned string
	// Policies are those that UpFile makes; none where the package names no role.
	Policies []ir.Policy
}

// Spelling is how the statements for a database name things.
type Spelling struct {
	Column   func(string) string
	Relation func(ir.Name) string
	// Cast is what stands behind a parameter to make a value of a type of it.
	Cast func(sqlType string) string
}

// TenantRows returns for each table of a package how a tenant's rows are told; it is
// empty for what belongs to no tenant by itself.
func TenantRows(pkg *ir.Package, names Spelling) ([]Rows, error) {
	setting, parameter := newBuilder(pkg), newSpelledBuilder(pkg, names)
	parameter.parameter = true
	all := make([]Rows, len(pkg.Tables))
	for i := range pkg.Tables {
		t := &pkg.Tables[i]
		if !hasPolicies(t) {
			continue
		}
		var err error
		if all[i].Owned, err = parameter.predicate(t, false); err != nil {
			return nil, err
		}
		if pkg.RLS.Role == "" {
			continue
		}
		if all[i].Policies, err = setting.policies(t); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// hasPolicies reports whether rows of a relation are kept apart by policies.
func hasPolicies(t *ir.Table) bool {
	switch t.Tenancy.Class {
	case ir.ClassTenant, ir.ClassRoot, ir.ClassChild:
		return t.Kind == ir.KindTable || t.Kind == ir.KindPartition
	}
	return false
}

// policies returns the policies of a tenant's table.
func (b *builder) policies(t *ir.Table) ([]ir.Policy, error) {
	own, err := b.predicate(t, false)
	if err != nil {
		return nil, err
	}
	list := []ir.Policy{{Name: isolationPolicy, Command: "ALL", Restrictive: true, Using: own, Check: own}}
	if t.Tenancy.Shared {
		if list[0].Using, err = b.predicate(t, true); err != nil {
			return nil, err
		}
		list = append(list,
			ir.Policy{Name: updatePolicy, Command: "UPDATE", Restrictive: true, Using: own},
			ir.Policy{Name: deletePolicy, Command: "DELETE", Restrictive: true, Using: own})
	}
	return append(list, ir.Policy{Name: basePolicy, Command: "ALL", Using: "true", Check: "true"}), nil
}

// predicate returns the condition that a row of a table meets when it is the
// tenant's; with shared, or when it is one of those that all tenants share.
func (b *builder) predicate(t *ir.Table, shared bool) (string, error) {
	switch t.Tenancy.Class {
	case ir.ClassTenant, ir.ClassRoot:
		if t.Tenancy.Column == "" {
			return "", fmt.Errorf("table %s has no tenant column", b.name(t))
		}
		column := b.Column(t.Tenancy.Column)
		if b.parameter {
			column = b.Relation(ir.Name{Name: t.Name}) + "." + column
		}
		return b.comparison(t, column, shared)
	case ir.ClassChild:
		return b.childPredicate(t, shared)
	}
	return "", fmt.Errorf("table %s: no policy for a table of class %q", b.name(t), t.Tenancy.Class)
}

// comparison returns the test of a tenant column against the tenant. A shared row
// is shown to a tenant only: without the setting there is none.
func (b *builder) comparison(owner *ir.Table, column string, shared bool) (string, error) {
	sqlType := owner.Tenancy.SQLType
	if sqlType == "" {
		sqlType = b.pkg.Tenant.SQLType
	}
	tenant := "$1"
	if b.parameter {
		tenant += b.Cast(sqlType)
	} else {
		cast, err := castType(sqlType)
		if err != nil {
			return "", fmt.Errorf("table %s: %w", b.name(owner), err)
		}
		tenant = b.tenant(cast)
	}
	if shared {
		return fmt.Sprintf("(%s = %s OR %s IS NULL AND %s IS NOT NULL)", column, tenant, column, tenant), nil
	}
	return column + " = " + tenant, nil
}

// tenant returns the tenant's id of the setting as a type. The setting is read in a sub-select,
// which the planner evaluates once and not for every row. On a connection where a
// transaction has set it before, an unset setting is ” rather than NULL; nullif
// makes both compare as unknown.
func (b *builder) tenant(cast string) string {
	return fmt.Sprintf("(SELECT nullif(current_setting(%s, true), '')::%s)", literal(b.pkg.RLS.Setting), cast)
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
	below := b.Relation(ir.Name{Name: t.Name})
	for i, step := range path {
		alias := parentAlias(t.Name, i, len(path))
		joins, err := b.joinCondition(t, step, below, alias)
		if err != nil {
			return "", err
		}
		parent := b.Relation(step.Parent)
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
		return "", fmt.Errorf("table %s: its parent %s has no tenant column", b.name(t), b.Relation(last))
	}
	compare, err := b.comparison(owner, below+"."+b.Column(owner.Tenancy.Column), shared)
	if err != nil {
		return "", err
	}
	columns := ""
	if b.parameter {
		columns = " 1" // not all databases let a SELECT do without
	}
	return fmt.Sprintf("EXISTS (\n        SELECT%s%s\n        WHERE %s\n          AND %s\n    )", columns, from.String(), first, compare), nil
}

// joinCondition ties the columns of a foreign key, pair by pair.
func (b *builder) joinCondition(t *ir.Table, step ir.Step, below, alias string) (string, error) {
	if len(step.Columns) == 0 || len(step.Columns) != len(step.ParentColumns) {
		return "", fmt.Errorf("table %s: the foreign key to %s does not pair its columns", b.name(t), b.Relation(step.Parent))
	}
	pairs := make([]string, len(step.Columns))
	for i := range step.Columns {
		pairs[i] = fmt.Sprintf("%s.%s = %s.%s",
			alias, b.Column(step.ParentColumns[i]), below, b.Column(step.Columns[i]))
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
