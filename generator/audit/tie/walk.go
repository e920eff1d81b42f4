package tie

import (
	"slices"

	"github.com/tenancygen/tenancygen/generator/certify/level"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// query meets every reference in a query. outer is the level whose columns it may
// refer to.
func (a *author) query(q *parse.Query, names *level.Names, outer *level.Level) {
	if q == nil {
		return
	}
	names.Bodies(q.With, func(body *parse.Query, names *level.Names) { a.query(body, names, outer) })
	names = names.And(q.With)
	lv := &level.Level{Outer: outer, Names: names}
	switch {
	case q.Select != nil:
		lv = a.level(q.Select.From, q.Select.Where, names, outer)
		a.from(q.Select.From, lv)
		a.reads(lv)
	case q.SetOp != nil:
		a.query(q.SetOp.Left, names, outer)
		a.query(q.SetOp.Right, names, outer)
	case q.Insert != nil:
		lv.Relations = []*level.Relation{a.target(q.Insert.Target, level.Place{})}
		a.query(q.Insert.Source, names, outer) // it does not see the target
		a.insert(q.Insert, lv)
	case q.Update != nil:
		lv = a.changed(q.Update.Target, q.Update.From, q.Update.Where, names, outer)
		a.assignments(q.Update.Set, lv)
		if r := lv.Relations[0]; q.Update.Replace && a.refs[r.Ref] != nil {
			var given []string
			for _, set := range q.Update.Set {
				given = append(given, set.Columns...)
			}
			a.refs[r.Ref].Conflict = a.anyKey(r, given, Conflict{Pos: q.Update.Target.Start, Replace: true})
		}
	case q.Delete != nil:
		lv = a.changed(q.Delete.Target, q.Delete.Using, q.Delete.Where, names, outer)
	case q.Merge != nil:
		lv = a.merge(q.Merge, names, outer)
	}
	q.Expressions(func(e *parse.Expr) {
		if e.Kind == parse.SubqueryExpr {
			a.query(e.Query, lv.Names, lv)
		}
	})
}

// from meets the subqueries among FROM items.
func (a *author) from(items []*parse.From, lv *level.Level) {
	for _, f := range items {
		switch {
		case f.Query != nil && f.Lateral:
			a.query(f.Query, lv.Names, lv)
		case f.Query != nil:
			a.query(f.Query, lv.Names, lv.Outer)
		case f.Join != nil:
			a.from([]*parse.From{f.Join.Left, f.Join.Right}, lv)
		}
	}
}

// level works out a level of the author's, with its columns qualified.
func (a *author) level(from []*parse.From, where *parse.Expr, names *level.Names, outer *level.Level) *level.Level {
	lv := a.levels.Level(from, where, names, outer)
	a.qualify(lv)
	return lv
}

// rows are the row expressions of a query, with levels of the author's.
func (a *author) rows(q *parse.Query, names *level.Names, outer *level.Level) []level.Row {
	rows := a.levels.Rows(q, names, outer)
	for _, row := range rows {
		a.qualify(row.Level)
	}
	return rows
}

// target is the table that a statement writes.
func (a *author) target(ref *parse.Table, where level.Place) *level.Relation {
	return &level.Relation{Name: ref.Visible(), Pos: ref.Start, Ref: ref, Table: a.levels.Lookup(ref), Renamed: len(ref.Columns) > 0, Own: true, Places: []level.Place{where}}
}

// changed is the level of an UPDATE or DELETE: its target, and what is joined to it
// by FROM or USING.
func (a *author) changed(ref *parse.Table, from []*parse.From, where *parse.Expr, names *level.Names, outer *level.Level) *level.Level {
	lv := a.level(from, where, names, outer)
	a.from(from, lv)
	i := slices.IndexFunc(lv.Relations, func(r *level.Relation) bool { return r.Ref == ref })
	if i >= 0 { // it is among those that are joined
		r := lv.Relations[i]
		r.Own = true
		lv.Relations = append([]*level.Relation{r}, slices.Delete(lv.Relations, i, i+1)...)
	} else {
		lv.Relations = append([]*level.Relation{a.target(ref, lv.Filters[0])}, lv.Relations...)
	}
	a.writes(lv)
	return lv
}

// writes records the references of a level whose first relation is written.
func (a *author) writes(lv *level.Level) {
	a.qualify(lv) // now that the target is there
	a.written[lv.Relations[0].Ref] = lv
	a.reads(lv)
}

// reads records the references among a level's relations.
func (a *author) reads(lv *level.Level) {
	ties := a.tiesOf(lv)
	for _, r := range lv.Relations {
		if r.Ref != nil && !r.IsCTE {
			a.record(r, ties[r])
		}
	}
}

func (a *author) record(r *level.Relation, held tie) *Reference {
	switch {
	case r.Table == nil:
		a.result.Unknown = append(a.result.Unknown, r.Ref)
		return nil
	case !owned(r.Table):
		a.result.Global++
		return nil
	}
	ref := &Reference{Table: r.Table, Ref: r.Ref, Strength: held.strength, Anchor: held.text, Reassigned: -1}
	a.result.References = append(a.result.References, ref)
	a.refs[r.Ref] = ref
	return ref
}
