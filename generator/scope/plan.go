// Package scope decides, for every reference to a table in a statement, how it
// is tied to the current tenant: where the predicate goes, or why the statement
// is refused. It decides and writes no text.
package scope

import (
	"slices"

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
	// Lookups put keys of the tenant's rows in the place of values for foreign keys.
	Lookups []*Lookup
	// Wraps select from the source of an INSERT anew, so that its values have names.
	Wraps []*Wrap
	// Guards restrict ON CONFLICT DO UPDATE, and the WHEN clauses of a MERGE.
	Guards []*Reference
	// Merges are the MERGE statements, in the order of the walk.
	Merges []*parse.Query
	// Bound are the author's parameters that are the tenant, by number.
	Bound map[int]bool
	// NeedsTenant is set when the statement has a tenant parameter.
	NeedsTenant bool
	// Spellings are those of the statement.
	Spellings map[string]string
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
	// Inlined puts a view's body, scoped, in the place of its name.
	Inlined Placement = "view body"
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
	// Apart is set where the parents are read in a subquery of FROM, since the statement
	// writes one of them.
	Apart bool
	// Body is what takes the place of an Inlined view.
	Body *Body
	// Rename is set in the body of a view where the name as it is written would
	// mean another table: the table's own is written instead, with its schema if
	// Hidden is set, because a common table expression has the same name.
	Rename, Hidden bool
	// Lenient is set for a written table where a NULL for a column that is NOT NULL may
	// become another value, in place of an error.
	Lenient bool
}

// Fails reports whether a look-up raises an error of its own where it finds nothing: the
// NULL that others give is refused by the column.
func (p *Plan) Fails() bool {
	fails := func(l *Lookup) bool { return l != nil && l.None != NullRefused }
	return slices.ContainsFunc(p.Lookups, fails) ||
		slices.ContainsFunc(p.Wraps, func(w *Wrap) bool {
			return slices.ContainsFunc(w.Columns, func(c WrapColumn) bool { return fails(c.Lookup) })
		})
}

// Each calls visit for all references of the plan, those in the bodies of views
// included.
func (p *Plan) Each(visit func(*Reference)) {
	for _, r := range p.References {
		visit(r)
		if r.Body != nil {
			r.Body.Plan.Each(visit)
		}
	}
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
	// Value is the author's own value for the tenant column; empty where it is to be
	// added at At.
	Value parse.Range
	// Hidden is set where a star hides the values' places: a Wrap names them.
	Hidden bool
	// Copied is set where Value is the tenant column of a table that is scoped.
	Copied bool
	// Compare is set where Value stays in the signature (tenant_params: keep): it
	// must equal the tenant then.
	Compare bool
}

// HasValue reports whether the author gives the tenant column a value.
func (r *Row) HasValue() bool { return r.Value.End > r.Value.Start }

// Lookup puts, in the place of a value for a column of a foreign key, the key of
// the tenant's row that the value refers to: the foreign key alone would also
// accept another tenant's.
type Lookup struct {
	// Value is the author's text; empty in a Wrap, where the value is a column.
	Value parse.Range
	// Plain is set for a parameter or constant, which means the same inside a
	// subquery; any other value is computed outside of the parent's scope.
	Plain bool
	// Typed is set where the author casts the value.
	Typed bool
	// None says what becomes of a value that refers to no row of the tenant.
	None NoRow
	// Type is the column's type.
	Type string
	// Parent and Column are what the value refers to.
	Parent *catalog.Table
	Column string
	// Shared is set where a row that all tenants share will do as well.
	Shared bool
	// Others are the values of the key's other columns. Again is the value itself,
	// where it is said once more; a dialect in which a subquery of FROM can name it has
	// no need to.
	Others []Other
	Again  Other
	// Given is a fresh name for the value, Alias for the parent, and Aliases for its
	// own parents.
	Given   string
	Alias   string
	Aliases []string
	Qualify bool
	// Apart is set where the parent is read in a subquery of FROM, since the statement
	// writes it or one of its own.
	Apart bool
}

// NoRow says what becomes of a value that refers to no row of the tenant. It is
// always an error, of the class that the foreign key gives for a parent that does
// not exist.
type NoRow int

// What becomes of such a value.
const (
	// NullRefused makes it NULL, which the column's NOT NULL refuses.
	NullRefused NoRow = iota
	// NullKept is for columns that may be NULL: NULL stays, other values fail.
	NullKept
	// NullFails is for a child's key that may be NULL: NULL fails as well, since the
	// row would belong to nobody.
	NullFails
)

// Other is the value of another column of a foreign key.
type Other struct {
	Column string // of the parent
	Type   string // of the foreign key's column
	// One of these is set: a parameter, a constant's text, or a column.
	Param int
	Const parse.Range
	Path  []string
}

// Reference is the reference to the parent that the look-up makes.
func (l *Lookup) Reference() *Reference {
	return &Reference{Table: l.Parent, Shared: l.Shared, Aliases: l.Aliases, Qualify: l.Qualify}
}

// Wrap selects from the source of an INSERT anew: SELECT … FROM (source) AS name.
type Wrap struct {
	parse.Range
	Name    string
	Columns []WrapColumn
	// Casts give types to bare parameters and constants, which a subquery would take
	// for text.
	Casts []Cast
}

// Cast is a type for the value that ends at an offset.
type Cast struct {
	At   int
	Type string
}

// WrapColumn is a column of a Wrap: one of the source, unless it is the tenant's.
type WrapColumn struct {
	Name   string
	Lookup *Lookup // nil where the value stays as it is
	// Tenant is set where the tenant takes the place of the source's value, and Added
	// where the source has none.
	Tenant bool
	Added  bool
	// Compare is set for the tenant's where the source's value must equal the tenant.
	Compare bool
}
