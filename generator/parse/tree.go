// Package parse turns SQL text into a small tree of our own with byte ranges.
// It is the only importer of the SQL parsers. The tree holds exactly what the
// later stages look at; a node that the tree has no room for is an error that
// names the node, so nothing the compiler does not understand passes through.
package parse

// Range is a half-open range of bytes in the parsed text.
type Range struct{ Start, End int }

// Query is one statement, or one query inside another: its WITH clause and one
// of the bodies.
type Query struct {
	Range
	With *With

	// Exactly one of these is set.
	Select *Select
	SetOp  *SetOp
	Values *Values
	Insert *Insert
	Update *Update
	Delete *Delete
	Merge  *Merge

	// The clauses after the body of a SELECT, set operation or VALUES.
	OrderBy []*Expr
	Limit   *Expr
	Offset  *Expr
	Locks   []Lock

	// Spellings are the names of relations as they are written, by what they fold to, for
	// a whole statement in a dialect that folds names of which some servers keep the case.
	Spellings map[string]string
}

// With is a WITH clause.
type With struct {
	Recursive bool
	// Everywhere is set where the database takes a name of the clause for its expression
	// in the whole clause, also without RECURSIVE. Recursive is set where that matters.
	Everywhere bool
	CTEs       []*CTE
}

// CTE is one common table expression.
type CTE struct {
	Range   // of its name
	Name    string
	Columns []string
	Query   *Query
	// Added are the columns that SEARCH and CYCLE add to those of Query.
	Added []string
}

// Select is a SELECT without the clauses that Query holds.
type Select struct {
	Distinct   bool
	DistinctOn []*Expr
	Targets    []Target
	From       []*From
	Where      *Expr
	GroupBy    []*Expr
	Having     *Expr
	Windows    []*Expr
	// FromEnd is where FROM's last item ends, or, without FROM, where the target
	// list ends: the place for a new WHERE clause.
	FromEnd int
	// WhereRange is the text of the WHERE expression; empty without one.
	WhereRange Range
}

// Target is one output column, or one column of RETURNING.
type Target struct {
	Range
	Value Range  // without the name
	Name  string // after AS; empty without one
	Expr  *Expr
}

// SetOp is UNION, INTERSECT or EXCEPT.
type SetOp struct {
	Op          string // "UNION", "INTERSECT", "EXCEPT"
	All         bool
	Left, Right *Query
}

// Values is a VALUES list.
type Values struct {
	Rows []Row
}

// Row is one row of VALUES.
type Row struct {
	Range // with its parentheses
	Items []Item
}

// Item is an expression with the text that it was written as.
type Item struct {
	Range
	// Value is the range without an alias.
	Value Range
	Expr  *Expr
}

// Lock is FOR UPDATE and its kin. Tables holds the names after OF.
type Lock struct {
	Tables []string
}

// Insert is an INSERT.
type Insert struct {
	Target  *Table
	Columns []Column // the column list; nil without one
	// ColumnsEnd is the place before the list's closing parenthesis; without a
	// list, the place for one.
	ColumnsEnd int
	HasColumns bool
	Overriding bool
	// UserValue is OVERRIDING USER VALUE; empty without it.
	UserValue Range
	// Source is the VALUES or query; nil for DEFAULT VALUES, whose text is
	// DefaultValues.
	Source        *Query
	DefaultValues Range
	Conflict      *Conflict
	// Replace is set for REPLACE and INSERT OR REPLACE: the rows that are in the way
	// by some unique key are deleted. Ignore is set for INSERT IGNORE and INSERT OR
	// IGNORE: a row that would be an error is left out, or changed until it is none.
	Replace, Ignore bool
	Returning       []Target
	// ReturningAliases are the names after RETURNING WITH (OLD AS …).
	ReturningAliases []string
}

// Column is a column name in a column list.
type Column struct {
	Range
	Name string
}

// Conflict is an ON CONFLICT clause.
type Conflict struct {
	Range
	// Columns are the arbiter's plain columns; Expressions is set when it also
	// has others; Constraint is its name. All are empty for a bare ON CONFLICT.
	Columns     []string
	Expressions []*Expr
	Constraint  string
	// ConstraintRange is the text of its name.
	ConstraintRange Range
	ArbiterWhere    *Expr
	// Update is set for DO UPDATE.
	Update     bool
	Set        []Set
	Where      *Expr
	WhereRange Range
	// End is the place for a WHERE clause of DO UPDATE.
	End int
	// Unguarded is set for ON DUPLICATE KEY UPDATE, which has no arbiter and can have
	// no WHERE clause: the row in the way by any unique key is updated.
	Unguarded bool
}

// Set is one assignment of an UPDATE.
type Set struct {
	Range
	Columns []string
	// Value is what is assigned, and ValueRange its text. For (a, b) = … it is
	// the whole right side.
	Value      *Expr
	ValueRange Range
	// Items are the values of (a, b) = (x, y), in order; nil for all other forms.
	Items []Item
	// Default is set for SET x = DEFAULT.
	Default bool
	// Subscripts are those of SET x[1] = ….
	Subscripts []*Expr
}

// Update is an UPDATE.
type Update struct {
	// Target is the table that is written. Joined is set where it is one of the tables
	// in From, the very node, and not one beside them.
	Target *Table
	Joined bool
	// Replace and Ignore are as for Insert.
	Replace, Ignore bool
	Set             []Set
	From            []*From
	Where           *Expr
	WhereRange      Range
	// FromEnd is the place for a new WHERE clause.
	FromEnd          int
	Returning        []Target
	ReturningAliases []string
}

// Delete is a DELETE.
type Delete struct {
	// Target and Joined are as for Update.
	Target *Table
	Joined bool
	// Ignore is set for DELETE IGNORE.
	Ignore           bool
	Using            []*From
	Where            *Expr
	WhereRange       Range
	FromEnd          int
	Returning        []Target
	ReturningAliases []string
}

// Merge is a MERGE. Its range leaves the WITH clause out.
type Merge struct {
	Range
	Target           *Table
	Source           *From
	On               *Expr
	OnRange          Range
	Whens            []*When
	Returning        []Target
	ReturningAliases []string
}

// MatchKind says for which rows a WHEN clause of a MERGE is.
type MatchKind string

// The kinds of WHEN clause.
const (
	Matched            MatchKind = "MATCHED"               // pairs of a target and a source row
	NotMatched         MatchKind = "NOT MATCHED"           // source rows without a target row
	NotMatchedBySource MatchKind = "NOT MATCHED BY SOURCE" // target rows without a source row
)

// When is a WHEN clause of a MERGE. At most one of Update, Delete and Insert is
// set; none for DO NOTHING.
type When struct {
	Range
	Kind           MatchKind
	Condition      *Expr // after AND; nil without one
	ConditionRange Range
	// ThenAt is the place for a condition where there is none.
	ThenAt int
	Update []Set
	Delete bool
	// Insert has a Source of one row of VALUES, or none for DEFAULT VALUES. The
	// row is no query of its own: its expressions are those of the MERGE.
	Insert *Insert
}

// From is one item of a FROM clause. Exactly one of Table, Query, Function and
// Join is set.
type From struct {
	Range
	Table    *Table
	Query    *Query
	Function []*Expr
	Join     *Join
	Lateral  bool
	// Alias and Columns are those of a subquery, function or parenthesised join;
	// a table has its own.
	Alias   string
	Columns []string
	// Ordinality is set for WITH ORDINALITY, ColumnDefs for a function with a
	// column definition list.
	Ordinality bool
	ColumnDefs bool
}

// Table is a reference to a relation, which may turn out to be a CTE.
type Table struct {
	Range            // of the whole item
	NameRange Range  // of [ONLY] name [*]
	NameOnly  Range  // the same without ONLY; the name may be in parentheses
	Schema    string // as written, folded; empty without one
	Name      string
	Alias     string // empty without one
	Columns   []string
	Only      bool
	Sample    []*Expr // the arguments of TABLESAMPLE
	Sampled   bool
	// Index is what says which index to use, INDEXED BY and its kin, behind the alias;
	// empty without it. No subquery can have it.
	Index Range
	// IndexName is the name there where the names of indexes are among those of tables.
	IndexName Range
}

// Visible is the name under which the query sees the table.
func (t *Table) Visible() string {
	if t.Alias != "" {
		return t.Alias
	}
	return t.Name
}

// JoinKind is the kind of a join.
type JoinKind string

// The kinds of join. Comma and CROSS joins without a condition are Inner.
const (
	InnerJoin JoinKind = "INNER"
	LeftJoin  JoinKind = "LEFT"
	RightJoin JoinKind = "RIGHT"
	FullJoin  JoinKind = "FULL"
)

// Join is a join of two FROM items.
type Join struct {
	Kind        JoinKind
	Left, Right *From
	Natural     bool
	Using       []string
	UsingAlias  string
	On          *Expr
	OnRange     Range // of the expression after ON; empty without one
}

// ExprKind says what an expression is.
type ExprKind string

// The kinds of expression. Everything that needs no kind of its own for scoping
// is Other: only its arguments matter.
const (
	ColumnExpr   ExprKind = "column"    // Path, Star
	ParamExpr    ExprKind = "parameter" // Param
	ConstExpr    ExprKind = "constant"  // Null for NULL
	OpExpr       ExprKind = "operator"  // Name, Args
	AndExpr      ExprKind = "and"
	OrExpr       ExprKind = "or"
	NotExpr      ExprKind = "not"
	FuncExpr     ExprKind = "function" // Name, Args
	CastExpr     ExprKind = "cast"     // Name is the type, Args[0]
	SubqueryExpr ExprKind = "subquery" // Name is EXISTS, ANY, ALL, ARRAY or empty; Query; Args[0] the tested value
	DefaultExpr  ExprKind = "default"  // DEFAULT
	OtherExpr    ExprKind = "other"    // Name is the node's name, Args
)

// Expr is an expression.
type Expr struct {
	Kind ExprKind
	// Pos is the offset that the parser reports; -1 where it reports none.
	Pos int
	// Name is a function's dotted name, an operator, a cast's type, or a node's
	// name.
	Name string
	// Path is a column reference's names, folded; Star is set for a trailing *.
	Path  []string
	Star  bool
	Param int
	// MaybeString is set for a column in double quotes without a table, which SQLite
	// takes for a string where there is no such column.
	MaybeString bool
	// Null is set for the constant NULL, and for a NullTest that is IS NULL.
	Null bool
	// Over is set for a function called over a window.
	Over bool
	// Text is a constant's value as written, without quotes. Quoted is set for a
	// string.
	Text   string
	Quoted bool
	Args   []*Expr
	Query  *Query
}

// Walk calls visit for e and for every expression in it that is at the same
// query level: it does not enter subqueries, but visits the subquery expression
// itself. A nil e is fine.
func (e *Expr) Walk(visit func(*Expr)) {
	if e == nil {
		return
	}
	visit(e)
	for _, a := range e.Args {
		a.Walk(visit)
	}
}

// Uncast returns e without the casts around it.
func (e *Expr) Uncast() *Expr {
	for e != nil && e.Kind == CastExpr {
		e = e.Args[0]
	}
	return e
}

// Conjuncts returns the operands of the conjunction e, however it is nested; e
// itself when it is none; nil for nil.
func (e *Expr) Conjuncts() []*Expr {
	if e == nil {
		return nil
	}
	if e.Kind != AndExpr {
		return []*Expr{e}
	}
	var all []*Expr
	for _, a := range e.Args {
		all = append(all, a.Conjuncts()...)
	}
	return all
}

// All are the items of FROM with the target among them, which comes first where it is
// not one of them.
func (u *Update) All() []*From { return withTarget(u.Target, u.Joined, u.From) }

// All are the items of USING with the target among them, as for Update.
func (d *Delete) All() []*From { return withTarget(d.Target, d.Joined, d.Using) }

func withTarget(target *Table, joined bool, from []*From) []*From {
	if joined {
		return from
	}
	return append([]*From{{Table: target}}, from...)
}
