package certify

import (
	"fmt"
	"slices"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// target resolves the table that a statement writes: always a real one, whatever
// common table expressions there are. A view is refused, since what a write to it
// does depends on rules and triggers.
func (c *checker) target(ref *parse.Table, where place) *relation {
	t := c.lookup(ref)
	c.targets[ref] = true
	if t != nil && (t.View != nil || t.Kind == ir.KindView || t.Kind == ir.KindMaterializedView) {
		c.refuse(ref.Start, "%s is a view, and cannot be written", t.QualifiedName())
	}
	if t != nil && t.Tenancy.Class == ir.ClassGlobal {
		c.globalTargets = append(c.globalTargets, ref.Start)
	}
	return &relation{name: ref.Visible(), pos: ref.Start, ref: ref, table: t, renamed: len(ref.Columns) > 0, own: true, places: []place{where}}
}

// globalWrites refuses to write a global table in a statement that reads or
// writes a tenant's: what is written could be the tenant's data, for all to see.
func (c *checker) globalWrites() {
	for _, pos := range c.globalTargets {
		if c.touchesTenants {
			c.refuse(pos, "a global table is written in a statement that uses tenants' tables")
		}
	}
}

// writeLevel is the level of an UPDATE or DELETE: its target and the items of
// FROM or USING under one WHERE, as if they were joined by commas. The target
// comes first.
func (c *checker) writeLevel(ref *parse.Table, from []*parse.From, where *parse.Expr, ctes *names, outer *level) *level {
	lv := c.newLevel(from, where, ctes, outer)
	c.from(from, lv)
	lv.relations = append([]*relation{c.target(ref, lv.filters[0])}, lv.relations...)
	c.reads(lv)
	return lv
}

// returning adds the names that RETURNING has for the target's row before and
// after the statement, where nothing else of the level is called so. They are
// the row that is written, so they need no anchor of their own, and give none.
func (lv *level) returning(aliases []string) {
	for _, name := range append([]string{"old", "new"}, aliases...) {
		lv.relations = append(lv.relations, &relation{name: name, table: lv.relations[0].table})
	}
}

func (c *checker) update(q *parse.Query, ctes *names, outer *level) {
	lv := c.writeLevel(q.Update.Target, q.Update.From, q.Update.Where, ctes, outer)
	c.assignments(q.Update.Set, lv, false)
	lv.returning(q.Update.ReturningAliases)
	c.expressions(q, lv)
}

func (c *checker) delete(q *parse.Query, ctes *names, outer *level) {
	lv := c.writeLevel(q.Delete.Target, q.Delete.Using, q.Delete.Where, ctes, outer)
	lv.returning(q.Delete.ReturningAliases)
	c.expressions(q, lv)
}

func (c *checker) insert(q *parse.Query, ctes *names, outer *level) {
	ins := q.Insert
	guard := place{text: "in the guard of ON CONFLICT"}
	if ins.Conflict != nil {
		guard.conjuncts = ins.Conflict.Where.Conjuncts()
	}
	r := c.target(ins.Target, guard)
	lv := &level{outer: outer, ctes: ctes, relations: []*relation{r}}
	if ins.Source != nil {
		c.query(ins.Source, ctes, outer) // it does not see the target
	}
	if c.author != nil {
		c.author.insert(ins, lv)
		c.expressions(q, lv)
		return
	}
	anchor := ""
	owned := c.usable(r.ref, r.table) && r.table.Tenancy.Class != ir.ClassGlobal
	if owned {
		anchor = c.inserted(ins, r.table, ctes, outer)
	}
	if ins.Conflict != nil && ins.Conflict.Update {
		c.conflict(ins.Conflict, lv, owned)
	}
	c.reference(r.ref, r.table, anchor)
	lv.returning(ins.ReturningAliases)
	c.expressions(q, lv)
}

// conflict checks ON CONFLICT DO UPDATE, which updates a row that may be another
// tenant's. Its WHERE is asked of that row before anything is changed, so a
// conjunct there that anchors the target keeps to the tenant's rows. excluded is
// the row that was to be inserted, and says nothing of the row that is there.
func (c *checker) conflict(k *parse.Conflict, lv *level, owned bool) {
	r := lv.relations[0]
	lv.relations = append(lv.relations, &relation{name: "excluded", pos: k.Start})
	if r.name == "excluded" {
		c.refuse(r.pos, "the target is called excluded, as the row to be inserted is")
	}
	if owned && c.anchor(lv, r, r.own) == "" {
		c.refuse(k.Start, "ON CONFLICT may update another tenant's row: %s", c.unanchored(r))
	}
	c.assignments(k.Set, lv, true)
}

// assignments checks that a SET leaves the level's target with its tenant: the
// column that says whose row it is stays as it is, and foreign keys lead to rows of
// the tenant (key.go).
func (c *checker) assignments(sets []parse.Set, lv *level, conflict bool) {
	if c.author != nil {
		c.author.assignments(sets, lv)
		return
	}
	t := lv.relations[0].table
	if t == nil {
		return
	}
	for _, s := range sets {
		// The tree has no subscripts of what is assigned to, nor a query in them.
		if assignedParts.MatchString(c.sql[s.Start:max(s.Start, s.ValueRange.Start)]) {
			c.refuse(s.Start, "a part of a column is assigned to")
		}
		if t.Tenancy.Column != "" && t.Tenancy.Class != ir.ClassGlobal && slices.Contains(s.Columns, t.Tenancy.Column) {
			c.refuse(s.Start, "%s.%s says whose row it is, and is assigned to", t.QualifiedName(), t.Tenancy.Column)
		}
	}
	c.assignedKeys(sets, t, lv, conflict)
}

// inserted checks that every inserted row is the tenant's, and says how: a child by
// the key of its parent (key.go), another by the column that says so. This
// column that says so is in the column list, so the item at the same index of
// every row of the source is its value. OVERRIDING may replace the value of an
// identity column.
func (c *checker) inserted(ins *parse.Insert, t *catalog.Table, ctes *names, outer *level) string {
	good := c.insertedKeys(ins, t, ctes, outer)
	if t.Tenancy.Class == ir.ClassChild {
		_, parent := c.parent(t)
		if parent == nil {
			c.refuse(ins.Target.Start, "%s has no parent", t.QualifiedName())
		}
		if parent == nil || !good {
			return ""
		}
		return fmt.Sprintf("inserted key of %s", parent.QualifiedName())
	}
	name := t.Tenancy.Column
	i := slices.IndexFunc(ins.Columns, func(k parse.Column) bool { return k.Name == name })
	col := t.Column(name)
	if i < 0 || ins.Source == nil || col == nil || ins.Overriding && col.Identity {
		c.refuse(ins.Target.Start, "%s is inserted into without a value of its own for %s", t.QualifiedName(), name)
		return ""
	}
	c.eachRow(ins.Source, ctes, outer, func(pos int, row []*parse.Expr, lv *level) {
		if why := c.rowRefused(row, i, t, col, lv); why != "" {
			good = false
			c.refuse(pos, "%s.%s says whose row it is, and %s", t.QualifiedName(), name, why)
		}
	})
	if !good {
		return ""
	}
	return "inserted value"
}

// eachRow calls visit for each row expression that a query yields rows of, with
// the level that its columns are of.
func (c *checker) eachRow(q *parse.Query, ctes *names, outer *level, visit func(pos int, row []*parse.Expr, lv *level)) {
	ctes = ctes.and(q.With)
	switch {
	case q.SetOp != nil:
		c.eachRow(q.SetOp.Left, ctes, outer, visit)
		c.eachRow(q.SetOp.Right, ctes, outer, visit)
	case q.Select != nil:
		var row []*parse.Expr
		for _, t := range q.Select.Targets {
			row = append(row, t.Expr)
		}
		visit(q.Start, row, c.newLevel(q.Select.From, q.Select.Where, ctes, outer))
	case q.Values != nil:
		for _, r := range q.Values.Rows {
			var row []*parse.Expr
			for _, item := range r.Items {
				row = append(row, item.Expr)
			}
			visit(r.Start, row, &level{outer: outer, ctes: ctes})
		}
	default:
		visit(q.Start, nil, nil)
	}
}

// rowRefused says why the item at index i of a row does not put the row into the
// tenant's hands; it is empty when it does.
func (c *checker) rowRefused(row []*parse.Expr, i int, t *catalog.Table, col *catalog.Column, lv *level) string {
	switch {
	case hidden(row, i):
		return "there is no value for it that can be seen"
	case !c.isTenant(row[i], t) && !(col.NotNull && (c.isTenantOrNull(row[i], t) || c.isKeyOfOne(row[i:i+1], tenantKey(col.Name), lv))):
		return fmt.Sprintf("its value is not $%d", c.tenant)
	}
	return ""
}

// hidden reports whether it cannot be seen which item of a row is at an index.
func hidden(row []*parse.Expr, i int) bool {
	// (x).* is an AIndirection in the tree.
	return i >= len(row) || slices.ContainsFunc(row[:i+1], func(e *parse.Expr) bool { return e == nil || e.Star || e.Name == "AIndirection" })
}

// isTenantOrNull reports whether e is CASE WHEN … THEN $T END. Without ELSE it is
// $T or NULL, whatever the condition is, and NOT NULL rejects the row then.
func (c *checker) isTenantOrNull(e *parse.Expr, t *catalog.Table) bool {
	if e.Kind != parse.OtherExpr || e.Name != "CaseExpr" || len(e.Args) != 1 {
		return false // also CASE x WHEN … and ELSE are arguments
	}
	when := e.Args[0]
	return when.Kind == parse.OtherExpr && when.Name == "CaseWhen" && len(when.Args) == 2 && c.isTenant(when.Args[1], t)
}
