// Package scope decides, for every reference to a table in a statement, how it
// is tied to the current tenant: where the predicate goes, or why the statement
// is refused. It decides and writes no text.
package scope

import (
	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// Plan is what is decided for one statement.
type Plan struct {
	// Refused is set when the statement cannot be scoped. Nothing may be written
	// by the plan then.
	Refused bool
	// References are all references to tables of the schema, in the order of the
	// walk: WITH first, then the body from its target on.
	References []*Reference
	// GlobalWrites are those references that write a global table.
	GlobalWrites []*Reference
	// Inserts complete the rows of INSERT statements.
	Inserts []*Insert
	// Keys are values for a child's foreign key that must lead to the tenant's own
	// parent.
	Keys []*Key
	// Guards restrict ON CONFLICT DO UPDATE, and the WHEN clauses of a MERGE.
	Guards []*Reference
	// Updates are conditions on the values that an UPDATE, or ON CONFLICT DO UPDATE,
	// gives to foreign keys that may be NULL, each in the clause that it goes to.
	Updates []Update
	// Lookups are such values for foreign keys that are NOT NULL: each becomes the
	// key of a row of the tenant, or NULL, which is refused.
	Lookups []*Check
	// Bound are the author's parameters that are the tenant, by number.
	Bound map[int]bool
	// NeedsTenant is set when the statement has a tenant parameter.
	NeedsTenant bool
	// TenantType is the SQL type that the tenant parameter is cast to.
	TenantType string
	// ConflictGuard is set when zero rows mean that an upsert met another tenant's
	// row.
	ConflictGuard bool
}

// Placement says where the predicate of a reference goes.
type Placement string

// The placements.
const (
	// NoPredicate is for global tables.
	NoPredicate Placement = "none"
	// InWhere is a conjunct of the WHERE clause of the reference's query level.
	InWhere Placement = "where"
	// InOn is a conjunct of an outer join's condition.
	InOn Placement = "join condition"
	// Derived puts a subquery that filters the table in its place.
	Derived Placement = "derived table"
	// ByValue is for the target of an INSERT: the row gets the tenant's value.
	ByValue Placement = "inserted value"
	// InConflict is a conjunct of the WHERE clause of DO UPDATE.
	InConflict Placement = "conflict condition"
	// InWhen is a conjunct of the condition of a WHEN clause of a MERGE.
	InWhen Placement = "merge condition"
)

// Reference is one reference to a table.
type Reference struct {
	Table     *catalog.Table
	Ref       *parse.Table
	Placement Placement
	// Shared is set where the rows without a tenant are read as well: the table
	// shares them, and nothing of it is written or locked here.
	Shared bool
	// Slot is the clause that InWhere, InOn, InConflict and InWhen go to.
	Slot *Slot
	// Aliases are fresh names for the parents on a child's path.
	Aliases []string
	// Qualify is set when the names of parents need their schema, because a common
	// table expression has the same name.
	Qualify bool
}

// Class is the tenancy of the referenced table.
func (r *Reference) Class() ir.Class { return r.Table.Tenancy.Class }

// Slot is a WHERE or ON clause, or the condition of a WHEN clause. References
// share the slot of their level.
type Slot struct {
	// Expr is the existing expression's text; empty without one.
	Expr parse.Range
	// At is the place for a new WHERE clause where there is none.
	At int
	// When is set for a WHEN clause, whose condition begins with AND.
	When bool
}

// HasExpr reports whether the clause exists.
func (s *Slot) HasExpr() bool { return s.Expr.End > s.Expr.Start }

// Insert completes the rows of one INSERT into a tenant table, in a MERGE too.
type Insert struct {
	Target *Reference
	// ExpandAt and Expand are the place and the names of a column list for a
	// statement without one.
	ExpandAt int
	Expand   []string
	// Column is the tenant column to add, with ColumnAt its place in the list;
	// empty when the author lists it.
	Column   string
	ColumnAt int
	// Rows are the rows of VALUES, or one for each SELECT that gives rows.
	Rows []*Row
	// DefaultValues is the text DEFAULT VALUES to replace; empty otherwise.
	DefaultValues parse.Range
}

// Row is one row of an INSERT.
type Row struct {
	// At is the place for the tenant's value behind the row's last one.
	At int
	// Value is the author's own value for the tenant column, a parameter; empty
	// where it is to be added at At.
	Value parse.Range
	// Compare is set where Value stays in the signature (tenant_params: keep): it
	// must equal the tenant then.
	Compare bool
	// Checks are conditions on the row's other values. Where one fails the tenant's
	// value is NULL, and NOT NULL refuses the row.
	Checks []*Check
}

// HasValue reports whether the author gives the tenant column a value.
func (r *Row) HasValue() bool { return r.Value.End > r.Value.Start }

// Check is the condition that a value for a foreign key refers to a row of the
// tenant: the foreign key alone would also accept another tenant's.
type Check struct {
	// Param is the author's parameter that is the value; zero for a constant, whose
	// text is Value.
	Param int
	Value parse.Range
	// Nullable is set when NULL is a value that the column may have.
	Nullable bool
	// Type is the column's type.
	Type   string
	Parent *catalog.Table
	Column string // of the parent
	// Alias is a fresh name for the parent, and Aliases for its own parents.
	Alias   string
	Aliases []string
	Qualify bool
}

// Reference is the reference to the parent that the check makes.
func (c *Check) Reference() *Reference {
	return &Reference{Table: c.Parent, Shared: c.Parent.Tenancy.Shared, Aliases: c.Aliases, Qualify: c.Qualify}
}

// Update is a condition in a WHERE clause.
type Update struct {
	Slot  *Slot
	Check *Check
}

// Key is a value for a child's foreign key column: the key of a parent, which
// must be the tenant's own.
type Key struct {
	parse.Range
	Table *catalog.Table
	// Param is the author's parameter inside the value; zero for a constant.
	Param   int
	Aliases []string
	Qualify bool
	// Checks are conditions on the row's other values.
	Checks []*Check
}
