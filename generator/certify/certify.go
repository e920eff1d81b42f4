package certify

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/certify/level"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// Result is what Check found. A statement without findings is certified.
type Result struct {
	// References are all references to tables of the schema, in the order of the
	// text. References to common table expressions are not among them.
	References []Reference
	// Findings are the reasons for which the statement is refused, in the order of
	// the text.
	Findings []Finding
}

// Reference is one reference to a table of the schema.
type Reference struct {
	Table *catalog.Table
	Alias string // the name under which the query sees it
	Pos   int    // byte offset in the statement
	// Written is set for the target of a statement that writes.
	Written bool
	// Anchor says, for people, what ties it to the tenant. It is empty for a global
	// table, which needs nothing, and where there is a finding about it.
	Anchor string
}

// Finding is one reason to refuse a statement.
type Finding struct {
	Pos     int // byte offset in the statement
	Message string
}

// Check goes over a final statement with the parameters $1…$n. tenant is the
// number of the tenant's parameter, or 0 when the statement has none.
func Check(sql string, tenant int, cat *catalog.Catalog) *Result {
	c := &checker{sql: sql, tenant: tenant, cat: cat, result: &Result{}, written: map[*parse.Table]bool{}}
	q, err := cat.Dialect.Statement(sql)
	if err != nil {
		pos := 0
		if e := (*parse.Error)(nil); errors.As(err, &e) {
			pos = e.Pos
		}
		c.refuse(pos, "it cannot be read: %s", err)
		return c.result
	}
	c.levels = level.NewResolver(q, cat)
	c.query(q, nil, nil)
	c.leftOut()
	c.globalWrites()
	c.tenantTypes()
	slices.SortStableFunc(c.result.References, func(a, b Reference) int { return cmp.Compare(a.Pos, b.Pos) })
	slices.SortStableFunc(c.result.Findings, func(a, b Finding) int { return cmp.Compare(a.Pos, b.Pos) })
	return c.result
}

// checker checks one statement.
type checker struct {
	sql    string
	tenant int
	cat    *catalog.Catalog
	levels *level.Resolver
	result *Result

	written        map[*parse.Table]bool   // the targets of what writes
	touchesTenants bool                    // a tenant's table is referred to
	globalTargets  []int                   // where global tables are written
	lenient        map[*catalog.Table]bool // tables in which a NULL may become another value
	mistyped       []int                   // where the tenant's parameter may get another type
}

func (c *checker) refuse(pos int, format string, args ...any) {
	c.result.Findings = append(c.result.Findings, Finding{Pos: max(pos, 0), Message: fmt.Sprintf(format, args...)})
}

// query checks a query and everything in it. outer is the level whose columns
// the query may refer to.
func (c *checker) query(q *parse.Query, names *level.Names, outer *level.Level) {
	if q == nil {
		c.refuse(0, "there is a query that cannot be read")
		return
	}
	names.Bodies(q.With, func(body *parse.Query, names *level.Names) { c.query(body, names, outer) })
	names = names.And(q.With)
	switch {
	case q.Select != nil:
		lv := c.levels.Level(q.Select.From, q.Select.Where, names, outer)
		c.from(q.Select.From, lv)
		c.reads(lv)
		c.expressions(q, lv)
	case q.SetOp != nil:
		// Each arm is a query of its own: a set operation combines rows that have
		// been filtered already, whichever operation it is.
		c.query(q.SetOp.Left, names, outer)
		c.query(q.SetOp.Right, names, outer)
		c.expressions(q, &level.Level{Outer: outer, Names: names})
	case q.Values != nil:
		c.expressions(q, &level.Level{Outer: outer, Names: names})
	case q.Insert != nil:
		c.insert(q, names, outer)
	case q.Update != nil:
		c.update(q, names, outer)
	case q.Delete != nil:
		c.delete(q, names, outer)
	case q.Merge != nil:
		c.merge(q, names, outer)
	default:
		c.refuse(q.Start, "this kind of statement is not known")
	}
}

// from checks the subqueries among FROM items. Only a LATERAL one sees its
// neighbours.
func (c *checker) from(items []*parse.From, lv *level.Level) {
	for _, f := range items {
		switch {
		case f.Query != nil && f.Lateral:
			c.query(f.Query, lv.Names, lv)
		case f.Query != nil:
			c.query(f.Query, lv.Names, lv.Outer)
		case f.Join != nil:
			c.from([]*parse.From{f.Join.Left, f.Join.Right}, lv)
		case f.Table != nil:
		case len(f.Function) == 0 || f.Function[0] == nil || f.Function[0].Kind != parse.FuncExpr && f.Alias == "":
			// A function without an alias is known by its own name, which COALESCE and
			// its kin do not have in the tree.
			c.refuse(f.Start, "this item of FROM is not known")
		}
	}
}
