package equivalence

import (
	"fmt"
	"strings"
)

// Kind says what differs.
type Kind string

// The kinds of difference.
const (
	// Columns: the result has other columns.
	Columns Kind = "columns"
	// Rows: the statement returns other rows.
	Rows Kind = "rows"
	// Tag: another number of rows was affected.
	Tag Kind = "command tag"
	// Failure: one side fails, or they fail with errors of different classes.
	Failure Kind = "error class"
	// State: the tenant's tables, or the global ones, hold something else
	// afterwards.
	State Kind = "state of the tenant"
	// Foreign: rows of other tenants changed.
	Foreign Kind = "rows of other tenants"
)

// Difference is a way in which a scoped statement is not equivalent to the
// author's.
type Difference struct {
	Kind      Kind
	Statement Statement
	Tenant    string
	Args      []Argument
	// Detail is what differs: lines with - are the author's statement on the
	// tenant's slice, lines with + the scoped one on the shared database.
	Detail string
	// Orphans is set where the author's statement left a row that belongs to nobody.
	Orphans bool
}

// String is a message for a test log.
func (d *Difference) String() string {
	var args []string
	for i, p := range d.Statement.Params {
		args = append(args, fmt.Sprintf("$%d %s = %s", i+1, p.Name, d.Args[i]))
	}
	return fmt.Sprintf("%s as %s differs in %s\narguments: %s\nauthor's:\n%s\nscoped:\n%s\n-author's on the slice +scoped on the shared database:\n%s",
		d.Statement.Name, d.Tenant, d.Kind, strings.Join(args, ", "), d.Statement.Original, d.Statement.Scoped, d.Detail)
}

// Known is a difference that is documented and accepted.
type Known struct {
	// Statement and Kind say which differences of which statement.
	Statement string
	Kind      Kind
	// Reason is why it is accepted.
	Reason string
	// Some is set where only some of a system's servers have the difference.
	Some bool
}

// Sort takes the known differences out of found. unseen are entries of known
// that fit none, but of those that only some servers have: their reason no longer holds,
// or never did.
func Sort(found []*Difference, known []Known) (unexpected []*Difference, unseen []Known) {
	seen := make([]bool, len(known))
	for _, d := range found {
		expected := false
		for i, k := range known {
			if k.Statement == d.Statement.Name && k.Kind == d.Kind {
				seen[i], expected = true, true
			}
		}
		if !expected {
			unexpected = append(unexpected, d)
		}
	}
	for i, k := range known {
		if !seen[i] && !k.Some {
			unseen = append(unseen, k)
		}
	}
	return unexpected, unseen
}
