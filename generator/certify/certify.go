// Package certify is the part of the compiler that has to be right. It takes
// the final SQL of a statement and the catalog, and proves for every table
// reference in it that only one tenant's rows are read or written there. It
// knows nothing of how the SQL came about and shares no code with the stages
// that wrote it. What it cannot prove it refuses; it repairs nothing.
//
// # What is proved
//
// For a reference R to a tenant table let σ(R) be its rows of the tenant $T. Where
// the table shares the rows that have no tenant (Tenancy.Shared), and R is only
// read, those belong to σ(R) as well; what is written or locked is always the
// tenant's own, since a lock on a shared row would make other tenants wait. R is
// anchored when the statement gives the same result with R replaced by σ(R),
// whatever the database holds. These replacements can be made one after the
// other, so when every reference is anchored, the whole statement reads nothing
// but the tenant's rows and the global tables. Each rule says why it yields such
// an equivalence. Rows that are written are covered by rules on the written
// values (write.go, merge.go), the foreign keys in them by rules on where a key
// comes from (key.go), and what cannot be seen in a tree of table references, such
// as functions that run SQL, by rules on expressions (expression.go).
//
// Outside of the proof: what functions and operators that the schema itself
// defines do inside, triggers, rules and cascades, and the order in which the
// database evaluates predicates (an error raised by a foreign row that a later
// predicate would have dropped).
//
// # Where to read
//
// The proof is certify.go (the walk), level.go (where a predicate filters what),
// anchor.go (which predicate), write.go, merge.go, key.go and expression.go. The
// files audit.go, author.go, value.go, output.go and reduce.go answer another
// question, for statements that nobody has rewritten: what has the author tied?
// They use the walk and the levels; no part of the proof uses them.
package certify

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/ir"
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
	c := &checker{sql: sql, tenant: tenant, cat: cat, result: &Result{}, targets: map[*parse.Table]bool{}}
	q, err := parse.PostgreSQL(sql)
	if err != nil {
		pos := 0
		if e := (*parse.Error)(nil); errors.As(err, &e) {
			pos = e.Pos
		}
		c.refuse(pos, "it cannot be read: %s", err)
		return c.result
	}
	c.locked = q.Locked()
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
	result *Result
	author *author // set by Audit alone

	touchesTenants bool  // a tenant's table is referred to
	globalTargets  []int // where global tables are written
	mistyped       []int // where the tenant's parameter may get another type
	targets        map[*parse.Table]bool
	locked         map[*parse.Table]bool
}

func (c *checker) refuse(pos int, format string, args ...any) {
	c.result.Findings = append(c.result.Findings, Finding{Pos: max(pos, 0), Message: fmt.Sprintf(format, args...)})
}

// names are the common table expressions that a query sees, innermost first.
type names struct {
	outer     *names
	cte       *parse.CTE
	recursive bool // the expression sees its own name
}

func (n *names) has(name string) bool { return n.find(name) != nil }

func (n *names) find(name string) *names {
	for ; n != nil; n = n.outer {
		if n.cte.Name == name {
			return n
		}
	}
	return nil
}

// and returns n with all the names of a WITH clause: what the query that the
// clause belongs to sees.
func (n *names) and(w *parse.With) *names {
	if w != nil {
		for _, cte := range w.CTEs {
			n = &names{n, cte, w.Recursive}
		}
	}
	return n
}

// query checks a query and everything in it. outer is the level whose columns
// the query may refer to.
func (c *checker) query(q *parse.Query, ctes *names, outer *level) {
	if q == nil {
		c.refuse(0, "there is a query that cannot be read")
		return
	}
	c.with(q.With, ctes, outer)
	ctes = ctes.and(q.With)
	switch {
	case q.Select != nil:
		lv := c.newLevel(q.Select.From, q.Select.Where, ctes, outer)
		c.from(q.Select.From, lv)
		c.reads(lv)
		c.expressions(q, lv)
	case q.SetOp != nil:
		// Each arm is a query of its own: a set operation combines rows that have
		// been filtered already, whichever operation it is.
		c.query(q.SetOp.Left, ctes, outer)
		c.query(q.SetOp.Right, ctes, outer)
		c.expressions(q, &level{outer: outer, ctes: ctes})
	case q.Values != nil:
		c.expressions(q, &level{outer: outer, ctes: ctes})
	case q.Insert != nil:
		c.insert(q, ctes, outer)
	case q.Update != nil:
		c.update(q, ctes, outer)
	case q.Delete != nil:
		c.delete(q, ctes, outer)
	case q.Merge != nil:
		c.merge(q, ctes, outer)
	default:
		c.refuse(q.Start, "this kind of statement is not known")
	}
}

// with checks the bodies of a WITH clause. PostgreSQL's rule: under RECURSIVE
// every body sees all names of the clause; otherwise a body sees those before
// it, and its own name and later ones mean what they mean outside.
func (c *checker) with(w *parse.With, ctes *names, outer *level) {
	if w == nil {
		return
	}
	if w.Recursive {
		ctes = ctes.and(w)
	}
	for _, cte := range w.CTEs {
		c.query(cte.Query, ctes, outer)
		if !w.Recursive {
			ctes = &names{ctes, cte, false}
		}
	}
}

// from checks the subqueries among FROM items. Only a LATERAL one sees its
// neighbours.
func (c *checker) from(items []*parse.From, lv *level) {
	for _, f := range items {
		switch {
		case f.Query != nil && f.Lateral:
			c.query(f.Query, lv.ctes, lv)
		case f.Query != nil:
			c.query(f.Query, lv.ctes, lv.outer)
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

// reads records the references among a level's relations and demands an anchor
// of each.
func (c *checker) reads(lv *level) {
	if c.author != nil {
		c.author.reads(lv)
		return
	}
	seen := map[string]bool{}
	for _, r := range lv.relations {
		// With two of one name it is not certain which one a predicate speaks of.
		if r.name != "" && seen[r.name] {
			c.refuse(r.pos, "two relations are called %s", r.name)
		}
		seen[r.name] = true
	}
	for _, r := range lv.relations {
		if r.ref == nil || r.isCTE {
			continue
		}
		anchor := ""
		if c.usable(r.ref, r.table) && r.table.Tenancy.Class != ir.ClassGlobal {
			if anchor = c.anchor(lv, r, r.own); anchor == "" {
				c.refuse(r.pos, "%s", c.unanchored(r))
			}
		}
		c.reference(r.ref, r.table, anchor)
	}
}

func (c *checker) reference(ref *parse.Table, t *catalog.Table, anchor string) {
	if t != nil {
		c.result.References = append(c.result.References, Reference{Table: t, Alias: ref.Visible(), Pos: ref.Start, Written: c.targets[ref], Anchor: anchor})
	}
}

// lookup finds the table that a name stands for when it is no common table
// expression; nil when the schema has none.
func (c *checker) lookup(ref *parse.Table) *catalog.Table {
	// PostgreSQL looks into pg_catalog first, so a table of the schema does not
	// hide a system view of the same name.
	if ref.Schema == "" && strings.HasPrefix(ref.Name, "pg_") {
		return nil
	}
	return c.cat.Lookup(ref.Schema, ref.Name)
}

// usable reports whether a table may be referred to at all.
func (c *checker) usable(ref *parse.Table, t *catalog.Table) bool {
	if t == nil {
		c.refuse(ref.Start, "table %s is not in the schema", ref.Name)
		return false
	}
	switch t.Tenancy.Class {
	case ir.ClassGlobal:
		return true
	case ir.ClassTenant, ir.ClassRoot, ir.ClassChild:
		c.touchesTenants = true
		if c.tenant <= 0 {
			c.refuse(ref.Start, "table %s belongs to tenants, and the statement has no tenant parameter", t.QualifiedName())
			return false
		}
		return true
	case ir.ClassExcluded:
		c.refuse(ref.Start, "table %s is excluded", t.QualifiedName())
		return false
	case ir.ClassView:
		// No predicate on a view's result is known to filter the tables that it reads.
		c.refuse(ref.Start, "view %s reads tenants' tables: its body must stand here, scoped", t.QualifiedName())
		return false
	}
	c.refuse(ref.Start, "table %s is not classified", t.QualifiedName())
	return false
}

// unanchored says what was looked for in vain.
func (c *checker) unanchored(r *relation) string {
	t := r.table
	if r.renamed {
		return fmt.Sprintf("%s is tied to no tenant: its columns have other names here", t.QualifiedName())
	}
	if t.Tenancy.Class == ir.ClassChild {
		return fmt.Sprintf("%s (%s) is tied to no tenant: no EXISTS and no inner join leads to %s", t.QualifiedName(), r.name, t.Tenancy.Path[0].Parent.Name)
	}
	where := "there is no place for a predicate on it"
	if n := len(r.places); n > 0 {
		where = fmt.Sprintf("%s.%s = $%d is no conjunct %s", r.name, t.Tenancy.Column, c.tenant, r.places[n-1].text)
	}
	return fmt.Sprintf("%s (%s) is tied to no tenant: %s", t.QualifiedName(), r.name, where)
}
