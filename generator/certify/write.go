package certify

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/certify/level"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// target resolves the table that a statement writes: always a real one, whatever
// common table expressions there are. A view is refused, since what a write to it
// does depends on rules and triggers.
func (c *checker) target(ref *parse.Table, where level.Place) *level.Relation {
	t := c.levels.Lookup(ref)
	c.written[ref] = true
	if t != nil && (t.View != nil || t.Kind == ir.KindView || t.Kind == ir.KindMaterializedView) {
		c.refuse(ref.Start, "%s is a view, and cannot be written", t.QualifiedName())
	}
	if t != nil && t.Tenancy.Class == ir.ClassGlobal {
		c.globalTargets = append(c.globalTargets, ref.Start)
	}
	return &level.Relation{Name: ref.Visible(), Pos: ref.Start, Ref: ref, Table: t, Renamed: len(ref.Columns) > 0, Own: true, Places: []level.Place{where}}
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

// returning adds the names that RETURNING has for the target's row before and
// after the statement, where nothing else of the level is called so. They are
// the row that is written, so they need no anchor of their own, and give none.
func returning(lv *level.Level, aliases []string) {
	for _, name := range append([]string{"old", "new"}, aliases...) {
		lv.Relations = append(lv.Relations, &level.Relation{Name: name, Table: lv.Relations[0].Table})
	}
}

func (c *checker) update(q *parse.Query, names *level.Names, outer *level.Level) {
	c.inTheWay(q.Update.Target, q.Update.Replace, q.Update.Ignore)
	lv := c.changed(q.Update.Target, q.Update.Joined, q.Update.From, q.Update.Where, names, outer)
	c.assignments(q.Update.Set, lv, false)
	returning(lv, q.Update.ReturningAliases)
	c.expressions(q, lv)
}

func (c *checker) delete(q *parse.Query, names *level.Names, outer *level.Level) {
	lv := c.changed(q.Delete.Target, q.Delete.Joined, q.Delete.Using, q.Delete.Where, names, outer)
	returning(lv, q.Delete.ReturningAliases)
	c.expressions(q, lv)
}

// changed checks what an UPDATE or DELETE reads. Its level has the target, which
// comes first, and the items of FROM or USING under one WHERE, as if they were
// joined by commas. Or the target is joined: one of these items, with the places that
// it has there.
func (c *checker) changed(ref *parse.Table, joined bool, from []*parse.From, where *parse.Expr, names *level.Names, outer *level.Level) *level.Level {
	lv := c.levels.Level(from, where, names, outer)
	c.from(from, lv)
	target := c.target(ref, lv.Filters[0])
	if joined {
		i := slices.IndexFunc(lv.Relations, func(r *level.Relation) bool { return r.Ref == ref && !r.IsCTE })
		if i < 0 {
			c.refuse(ref.Start, "%s is written, and is not among the tables that are joined", ref.Name)
			return lv
		}
		target = lv.Relations[i]
		target.Own = true
		lv.Relations = slices.Delete(lv.Relations, i, i+1)
	}
	lv.Relations = append([]*level.Relation{target}, lv.Relations...)
	c.reads(lv)
	return lv
}

// inTheWay checks a statement that does not end in an error where a row is in the way
// by a unique key, or where NULL is given to a column that refuses it. What it deletes
// instead has an equal key, so it is the tenant's where every key holds what ties a row
// to its tenant. In place of the NULL there may be any value. And where other errors
// become other values, too, nothing is known.
func (c *checker) inTheWay(ref *parse.Table, replace, ignore bool) {
	t := c.levels.Lookup(ref)
	if t == nil {
		return
	}
	rejects := c.cat.Dialect.RejectsNull()
	replace = replace || t.Replaces
	if replace || ignore || !rejects {
		if c.lenient == nil {
			c.lenient = map[*catalog.Table]bool{}
		}
		c.lenient[t] = true
	}
	if t.Tenancy.Class == ir.ClassGlobal {
		return
	}
	if replace && !c.keysHoldTenant(t) {
		c.refuse(ref.Start, "it deletes what is in the way in %s, which may be another tenant's", t.QualifiedName())
	}
	if ignore && !rejects {
		c.refuse(ref.Start, "it stores other values in %s where those that are given would be an error", t.QualifiedName())
	}
}

// keysHoldTenant reports whether rows of different tenants cannot be equal in any
// unique key of a table: each has all columns that tie a row to its tenant. Parts of a
// column, as of an index of prefixes, are not among a key's columns.
func (c *checker) keysHoldTenant(t *catalog.Table) bool {
	ties := []string{t.Tenancy.Column}
	if step, parent := c.parent(t); parent != nil {
		ties = step.Columns
	}
	lacks := func(key []string) bool {
		return slices.ContainsFunc(ties, func(tie string) bool { return !slices.Contains(key, tie) })
	}
	return !(t.PrimaryKey != nil && lacks(t.PrimaryKey)) && !slices.ContainsFunc(t.Uniques, func(u *catalog.Unique) bool { return lacks(u.Columns) })
}

// rejectsNull reports whether a column of a table that is written refuses NULL.
func (c *checker) rejectsNull(t *catalog.Table, column string) bool {
	return notNull(t, column) && !c.lenient[t] && !c.numbers(t, column)
}

func (c *checker) insert(q *parse.Query, names *level.Names, outer *level.Level) {
	ins := q.Insert
	guard := level.Place{Text: "in the guard of ON CONFLICT"}
	if ins.Conflict != nil {
		guard.Conjuncts = ins.Conflict.Where.Conjuncts()
	}
	r := c.target(ins.Target, guard)
	c.inTheWay(ins.Target, ins.Replace, ins.Ignore)
	lv := &level.Level{Outer: outer, Names: names, Relations: []*level.Relation{r}}
	if ins.Source != nil {
		c.query(ins.Source, names, outer) // it does not see the target
	}
	anchor := ""
	owned := c.owned(r.Ref, r.Table)
	if owned {
		anchor = c.inserted(ins, r.Table, names, outer)
	} else if r.Table != nil {
		c.insertedKeys(ins, r.Table, names, outer)
	}
	if ins.Conflict != nil && ins.Conflict.Update {
		c.conflict(ins.Conflict, lv, owned)
	}
	c.reference(r.Ref, r.Table, anchor)
	returning(lv, ins.ReturningAliases)
	c.expressions(q, lv)
}

// conflict checks ON CONFLICT DO UPDATE, which updates a row that may be another
// tenant's. Its WHERE is asked of that row before anything is changed, so a
// conjunct there that anchors the target keeps to the tenant's rows. excluded is
// the row that was to be inserted, and says nothing of the row that is there.
func (c *checker) conflict(k *parse.Conflict, lv *level.Level, owned bool) {
	r := lv.Relations[0]
	lv.Relations = append(lv.Relations, &level.Relation{Name: "excluded", Pos: k.Start})
	if r.Name == "excluded" {
		c.refuse(r.Pos, "the target is called excluded, as the row to be inserted is")
	}
	switch {
	case owned && k.Unguarded:
		// There is no condition, and the row in the way has a key that is equal to that of
		// the inserted one, which is the tenant's.
		if !c.keysHoldTenant(r.Table) {
			c.refuse(k.Start, "ON DUPLICATE KEY UPDATE may update another tenant's row in %s", r.Table.QualifiedName())
		}
	case owned && c.anchor(lv, r, r.Own) == "":
		c.refuse(k.Start, "ON CONFLICT may update another tenant's row: %s", c.unanchored(r))
	}
	c.assignments(k.Set, lv, true)
}

// assignedParts is in the text of what is assigned to where that is a part of a
// column, as in assignedFields; before a dot there may be the table, though. The tree
// has no subscripts of it, nor a query in them.
var (
	assignedParts  = regexp.MustCompile(`\[`)
	assignedFields = regexp.MustCompile(`\.`)
)

// assignments checks that a SET leaves the level's target with its tenant: the
// column that says whose row it is stays as it is, and foreign keys lead to rows of
// the tenant (key.go).
func (c *checker) assignments(sets []parse.Set, lv *level.Level, conflict bool) {
	t := lv.Relations[0].Table
	if t == nil {
		return
	}
	for _, s := range sets {
		if text := c.sql[s.Start:max(s.Start, s.ValueRange.Start)]; assignedParts.MatchString(text) || !c.cat.Dialect.QualifiesAssignments() && assignedFields.MatchString(text) {
			c.refuse(s.Start, "a part of a column is assigned to")
		}
		if t.Tenancy.Column != "" && t.Tenancy.Class != ir.ClassGlobal && slices.Contains(s.Columns, t.Tenancy.Column) {
			c.refuse(s.Start, "%s.%s says whose row it is, and is assigned to", t.QualifiedName(), t.Tenancy.Column)
		}
	}
	c.assignedKeys(sets, t, lv, conflict)
}

// inserted checks that every inserted row is the tenant's, and says how: a child by
// the key of its parent (key.go), another by the value of the column that says so.
func (c *checker) inserted(ins *parse.Insert, t *catalog.Table, names *level.Names, outer *level.Level) string {
	good := c.insertedKeys(ins, t, names, outer)
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
	index := listed(ins, t, []string{name})
	if index == nil {
		c.refuse(ins.Target.Start, "%s is inserted into without a value of its own for %s", t.QualifiedName(), name)
		return ""
	}
	for _, row := range c.rows(ins.Source, names, outer) {
		switch list := values(row, index); {
		case list == nil:
			good = false
			c.refuse(row.Pos, "%s.%s says whose row it is, and there is no value for it that can be seen", t.QualifiedName(), name)
		case !c.isOwn(list, t, row.Level):
			good = false
			c.refuse(row.Pos, "%s.%s says whose row it is, and its value is not $%d", t.QualifiedName(), name, c.tenant)
		}
	}
	if !good {
		return ""
	}
	return "inserted value"
}

// isOwn reports whether a value for the column that says whose row it is, the only
// one of the list, is $T. It may be NULL as well where the column rejects that.
func (c *checker) isOwn(list []*parse.Expr, t *catalog.Table, lv *level.Level) bool {
	if c.isTenant(list[0], t) {
		return true
	}
	column := t.Column(t.Tenancy.Column)
	return c.rejectsNull(t, column.Name) && (c.isTenantOrNull(list[0], t) || c.isKeyOfOne(list, tenantKey(column.Name), lv))
}

// listed gives the places of columns in each row of an INSERT's source: the item at
// the same index as the name in the column list is the value. It is nil where one
// of them has no value of its own: it is not in the list, or OVERRIDING may replace
// it, as it does that of an identity column.
func listed(ins *parse.Insert, t *catalog.Table, columns []string) []int {
	var index []int
	for _, name := range columns {
		i := slices.IndexFunc(ins.Columns, func(k parse.Column) bool { return k.Name == name })
		if column := t.Column(name); i < 0 || column == nil || ins.Overriding && column.Identity || ins.Source == nil {
			return nil
		}
		index = append(index, i)
	}
	return index
}

// leftNull reports whether an INSERT leaves one of the columns NULL: it is not in
// the list, and has no default. No list is one of all columns.
func leftNull(ins *parse.Insert, t *catalog.Table, columns []string) bool {
	return (ins.HasColumns || ins.Source == nil) && slices.ContainsFunc(columns, func(name string) bool {
		return !hasDefault(t, name) && !slices.ContainsFunc(ins.Columns, func(k parse.Column) bool { return k.Name == name })
	})
}

// hasDefault reports whether a column without a value gets another than NULL.
func hasDefault(t *catalog.Table, name string) bool {
	column := t.Column(name)
	return column == nil || column.HasDefault || column.Identity || column.Generated
}

// rows are the row expressions of a query; where they cannot be seen, one of which
// nothing can be seen.
func (c *checker) rows(q *parse.Query, names *level.Names, outer *level.Level) []level.Row {
	if rows := c.levels.Rows(q, names, outer); len(rows) > 0 {
		return rows
	}
	return []level.Row{{Pos: q.Start}}
}

// values are the expressions of a row at some places; nil where they cannot be
// seen.
func values(row level.Row, index []int) []*parse.Expr {
	var list []*parse.Expr
	for _, i := range index {
		if row.Hidden(i) {
			return nil
		}
		list = append(list, row.Targets[i].Expr)
	}
	return list
}
