// Package tie finds what the author of a statement has tied to a tenant, whatever
// that tenant is written as: a parameter, a constant, the tenant column of a table
// that is tied itself. It is for statements that nobody has rewritten.
//
// It looks harder than package certify, takes an author's word for more, and
// proves nothing. What a name means and where a condition filters, it takes from
// certify/level, as certify does; the rest is its own, and certify knows nothing of
// it. Files: walk.go meets the references, condition.go and value.go judge what is
// said of them, output.go follows a column out of a query, reduce.go sees which
// outer joins are none, and write.go looks at what is written.
package tie

import (
	"cmp"
	"slices"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/certify/level"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// Strength says how an author has tied a table to a tenant.
type Strength int

// The strengths, the weaker first.
const (
	// Unanchored: nothing ties it.
	Unanchored Strength = iota
	// Weak: its tenant column is looked at, but rows of other tenants may pass, as
	// under OR, CASE or COALESCE.
	Weak
	// Anchored: only rows of the tenant, or of the tenants, that the author gives.
	Anchored
)

// Reference is one reference to a table of tenants in an author's statement.
type Reference struct {
	Table *catalog.Table
	Ref   *parse.Table
	// Strength and Anchor say what ties it, the latter for people.
	Strength Strength
	Anchor   string
	// Conflict is set for an INSERT that does something else where a row is in the way, and
	// for an UPDATE that deletes that row.
	Conflict *Conflict
	// Reassigned is the place of an assignment that gives a row another tenant; -1
	// without one.
	Reassigned int
}

// Conflict is an author's ON CONFLICT, ON DUPLICATE KEY UPDATE, REPLACE or IGNORE.
type Conflict struct {
	Pos     int
	Update  bool // DO UPDATE
	Replace bool // the row in the way is deleted
	// AnyKey is set where it is about a row in the way by any unique key. Arbiter is one
	// that does not hold the tenant then.
	AnyKey bool
	// Arbiter are the columns whose conflict it is about; empty when any will do.
	Arbiter []string
	// Covered is set when the arbiter holds what ties the row to its tenant, so that
	// the row that is there is the same tenant's.
	Covered bool
	// Guarded is set when the WHERE of DO UPDATE keeps to the tenant's rows.
	Guarded bool
}

// Statement is what Find found in a statement.
type Statement struct {
	// References are those to tables of tenants, in the order of the text.
	References []*Reference
	// Global counts the references to other tables of the schema.
	Global int
	// Unknown are the references to tables that the schema does not have.
	Unknown []*parse.Table
}

// Find finds what the author of a statement has tied to a tenant. q is its own: it
// qualifies columns and reduces outer joins in it.
func Find(sql string, q *parse.Query, cat *catalog.Catalog) *Statement {
	a := &author{
		sql: sql, cat: cat, levels: level.NewResolver(nil, cat), result: &Statement{},
		ties: map[*level.Level]map[*level.Relation]tie{}, busy: map[*level.Level]bool{}, written: map[*parse.Table]*level.Level{},
		refs: map[*parse.Table]*Reference{}, listed: map[*parse.Query]*outputs{}, open: map[assumption]bool{},
	}
	a.query(q, nil, nil)
	slices.SortStableFunc(a.result.References, func(x, y *Reference) int { return cmp.Compare(x.Ref.Start, y.Ref.Start) })
	return a.result
}

// author is what is known of one statement.
type author struct {
	sql     string
	cat     *catalog.Catalog
	levels  *level.Resolver
	result  *Statement
	ties    map[*level.Level]map[*level.Relation]tie
	busy    map[*level.Level]bool         // whose ties are being looked for
	written map[*parse.Table]*level.Level // by the target of what writes
	refs    map[*parse.Table]*Reference
	listed  map[*parse.Query]*outputs
	open    map[assumption]bool
}

// tie is what holds a relation.
type tie struct {
	strength Strength
	text     string
	via      *catalog.ForeignKey // of a child
}

func held(s Strength, text string, via *catalog.ForeignKey) tie {
	if s == Unanchored {
		return tie{}
	}
	return tie{s, text, via}
}

// owned reports whether a table's rows are tenants'.
func owned(t *catalog.Table) bool {
	if t == nil {
		return false
	}
	switch t.Tenancy.Class {
	case ir.ClassTenant, ir.ClassRoot, ir.ClassChild, ir.ClassView:
		return true
	}
	return false
}

// direct reports whether a column of the table holds the tenant.
func direct(t *catalog.Table) bool { return owned(t) && t.Tenancy.Class != ir.ClassChild }
