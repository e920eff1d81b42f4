package tie

import (
	"slices"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/certify/level"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// assignments finds a SET of an UPDATE that gives a row another tenant. One that
// repeats what WHERE compares with gives it the same.
func (a *author) assignments(sets []parse.Set, lv *level.Level) {
	r := lv.Relations[0]
	a.reassigned(sets, r, func(e *parse.Expr) bool {
		return slices.ContainsFunc(r.Places[0].Conjuncts, func(k *parse.Expr) bool {
			x, y, ok := level.Equality(k)
			mine := func(e *parse.Expr) bool { return a.is(lv, e, r, r.Table.Tenancy.Column) }
			return ok && (mine(x) && sameParam(y, e) || mine(y) && sameParam(x, e))
		})
	})
}

// reassigned records a SET of the tenant column, but to a value that is the same.
func (a *author) reassigned(sets []parse.Set, r *level.Relation, same func(*parse.Expr) bool) {
	ref := a.refs[r.Ref]
	if ref == nil || !direct(r.Table) {
		return
	}
	for _, s := range sets {
		if slices.Contains(s.Columns, r.Table.Tenancy.Column) && (len(s.Columns) > 1 || s.Value == nil || !same(s.Value)) {
			ref.Reassigned = s.Start
		}
	}
}

func sameParam(x, y *parse.Expr) bool {
	x, y = x.Uncast(), y.Uncast()
	return x.Kind == parse.ParamExpr && y.Kind == parse.ParamExpr && x.Param == y.Param
}

// insert records the target of an INSERT: its rows are tied when each of them is
// given the tenant, or, in a child, the key of a row that is tied.
func (a *author) insert(ins *parse.Insert, lv *level.Level) {
	r := lv.Relations[0]
	a.written[r.Ref] = lv
	held := tie{}
	if owned(r.Table) {
		held = a.inserted(ins, r.Table, lv)
	}
	a.ties[lv] = map[*level.Relation]tie{r: held}
	ref := a.record(r, held)
	if ref == nil {
		return
	}
	if ins.Conflict == nil {
		if ins.Replace || ins.Ignore {
			ref.Conflict = a.anyKey(r, columnNames(ins, r.Table), Conflict{Pos: ins.Target.Start, Replace: ins.Replace})
		}
		return
	}
	ref.Conflict = a.conflict(ins, r, held)
	if ins.Source == nil {
		return
	}
	// Where the arbiter holds the tenant, the value of the insert is the same.
	a.reassigned(ins.Conflict.Set, r, func(e *parse.Expr) bool {
		same := level.IsColumn(e, "excluded", r.Table.Tenancy.Column)
		for _, row := range a.rows(ins.Source, lv.Names, lv.Outer) {
			value := item(row, columnIndex(ins, r.Table, r.Table.Tenancy.Column))
			same = same || value != nil && sameParam(value, e)
		}
		return same && ref.Conflict.Covered
	})
}

// inserted is the tie of rows that are inserted: that of the weakest.
func (a *author) inserted(ins *parse.Insert, t *catalog.Table, lv *level.Level) tie {
	if ins.Source == nil {
		return tie{}
	}
	rows := a.rows(ins.Source, lv.Names, lv.Outer)
	if len(rows) == 0 {
		return tie{}
	}
	if direct(t) {
		i, best, text := columnIndex(ins, t, t.Tenancy.Column), Anchored, ""
		for _, row := range rows {
			e := item(row, i)
			if e == nil {
				return tie{}
			}
			best, text = min(best, a.value(row.Level, e, nil)), "inserted with "+t.Tenancy.Column+" "+a.text(e)
		}
		return held(best, text, nil)
	}
	for _, f := range t.ForeignKeys {
		step, parent := a.step(t, f)
		if parent == nil {
			continue
		}
		best := Anchored
		for _, row := range rows {
			var values []*parse.Expr
			for _, column := range step.Columns {
				if e := item(row, columnIndex(ins, t, column)); e != nil {
					values = append(values, e)
				}
			}
			if len(values) < len(step.Columns) {
				best = Unanchored
				break
			}
			best = min(best, a.keyOf(row.Level, values, parent, step.ParentColumns))
		}
		if best > Unanchored {
			return held(best, "inserted with the key of "+parent.QualifiedName(), f)
		}
	}
	return tie{}
}

// columnNames are the columns that an INSERT gives values: all, without a list.
func columnNames(ins *parse.Insert, t *catalog.Table) []string {
	var names []string
	for _, k := range ins.Columns {
		names = append(names, k.Name)
	}
	if !ins.HasColumns {
		for _, k := range t.Columns {
			names = append(names, k.Name)
		}
	}
	return names
}

// columnIndex is the place of a column in the rows of an INSERT; -1 for none.
func columnIndex(ins *parse.Insert, t *catalog.Table, name string) int {
	if ins.HasColumns {
		return slices.IndexFunc(ins.Columns, func(k parse.Column) bool { return k.Name == name })
	}
	if t.Opaque {
		return -1
	}
	return slices.IndexFunc(t.Columns, func(k *catalog.Column) bool { return k.Name == name })
}

// item is the expression at an index of a row; nil where a star hides it or there
// is none.
func item(row level.Row, i int) *parse.Expr {
	if i < 0 || row.Hidden(i) {
		return nil
	}
	return row.Targets[i].Expr
}

func (a *author) conflict(ins *parse.Insert, r *level.Relation, inserted tie) *Conflict {
	k, t := ins.Conflict, r.Table
	out := &Conflict{Pos: k.Start, Update: k.Update, Arbiter: k.Columns}
	if k.Unguarded {
		return a.anyKey(r, columnNames(ins, t), *out)
	}
	if k.Constraint != "" {
		out.Arbiter = constraintColumns(t, k.Constraint)
	}
	out.Covered = a.covers(t, out.Arbiter)
	// In the guard, excluded is the row that was to be inserted.
	lv := &level.Level{Outer: a.written[r.Ref].Outer, Names: a.written[r.Ref].Names}
	target := &level.Relation{Name: r.Name, Pos: r.Pos, Ref: r.Ref, Table: t, Places: []level.Place{{Conjuncts: k.Where.Conjuncts(), Text: "in the guard of ON CONFLICT"}}}
	excluded := &level.Relation{Name: "excluded", Pos: k.Start, Table: t, Renamed: true}
	lv.Relations = []*level.Relation{target, excluded}
	lv.Filters = target.Places
	a.qualify(lv)
	a.ties[lv] = map[*level.Relation]tie{excluded: inserted}
	out.Guarded = k.Update && a.tieOf(lv, target).strength == Anchored
	return out
}

// covers reports whether a key holds what ties a row to its tenant.
func (a *author) covers(t *catalog.Table, key []string) bool {
	if direct(t) {
		return slices.Contains(key, t.Tenancy.Column)
	}
	for _, f := range t.ForeignKeys {
		step, parent := a.step(t, f)
		if parent != nil && !slices.ContainsFunc(step.Columns, func(c string) bool { return !slices.Contains(key, c) }) {
			return true
		}
	}
	return false
}

// anyKey is the conflict of a statement that is about a row in the way by any unique key:
// it is covered where each of them is. A number that is not among the given columns is a
// new one, or stays, and is in nobody's way.
func (a *author) anyKey(r *level.Relation, given []string, k Conflict) *Conflict {
	k.AnyKey, k.Covered, k.Arbiter = true, true, nil
	fresh := func(name string) bool {
		c := r.Table.Column(name)
		return c != nil && c.Serial && !slices.Contains(given, name)
	}
	for _, key := range append(r.Table.Keys(), r.Table.PrimaryKey) {
		if len(key) > 0 && !slices.ContainsFunc(key, fresh) && !a.covers(r.Table, key) {
			k.Covered, k.Arbiter = false, key
			break
		}
	}
	return &k
}

// constraintColumns are the columns of a named unique constraint.
func constraintColumns(t *catalog.Table, name string) []string {
	if name == t.Name+"_pkey" {
		return t.PrimaryKey
	}
	for _, u := range t.Uniques {
		if u.Name == name {
			return u.Columns
		}
	}
	return nil
}

// merge records what the clauses of a MERGE do to its target: it is tied as its
// weakest clause is. What ON ties, holds where the target has met a row of the
// source; a clause for other rows of the target needs a condition of its own.
func (a *author) merge(m *parse.Merge, names *level.Names, outer *level.Level) *level.Level {
	join := &parse.From{Join: &parse.Join{Kind: parse.FullJoin, Left: &parse.From{Table: m.Target}, Right: m.Source, On: m.On}}
	lv := a.level([]*parse.From{join}, nil, names, outer)
	a.from([]*parse.From{m.Source}, lv)
	r := a.target(m.Target, level.Place{Conjuncts: m.On.Conjuncts(), Text: "in the condition of MERGE"})
	r.Own = false
	lv.Relations[0] = r
	a.writes(lv)
	ref := a.refs[r.Ref]
	if ref == nil {
		return lv
	}
	source := &level.Level{Outer: lv.Outer, Names: lv.Names, Relations: lv.Relations[1:]}
	for _, w := range m.Whens {
		found := tie{Anchored, "", nil}
		switch {
		case w.Insert != nil:
			found = a.inserted(w.Insert, r.Table, &level.Level{Outer: source, Names: lv.Names})
		case w.Kind == parse.NotMatchedBySource && (w.Delete || w.Update != nil):
			seen := &level.Level{Outer: lv.Outer, Names: lv.Names}
			alone := *r
			alone.Places = []level.Place{{Conjuncts: w.Condition.Conjuncts(), Text: "behind WHEN " + string(w.Kind)}}
			seen.Relations, seen.Filters = []*level.Relation{&alone}, alone.Places
			a.qualify(seen)
			found = a.tieOf(seen, &alone)
		}
		if found.strength < ref.Strength {
			ref.Strength, ref.Anchor = found.strength, found.text
		}
		a.assignments(w.Update, lv)
	}
	return lv
}
