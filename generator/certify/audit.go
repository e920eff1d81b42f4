package certify

import (
	"cmp"
	"slices"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// This file and author.go are for statements that nobody has rewritten. They ask
// what the author has tied to a tenant, whatever that tenant is written as: a
// parameter, a constant, the tenant column of a table that is tied itself. They
// use the walk, the levels and the places of the proof, and no part of the proof
// uses them: Check never sets checker.author.

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

// Authored is one reference to a table of tenants in an author's statement.
type Authored struct {
	Table *catalog.Table
	Ref   *parse.Table
	// Strength and Anchor say what ties it, the latter for people.
	Strength Strength
	Anchor   string
	// Conflict is set for an INSERT with ON CONFLICT.
	Conflict *AuthoredConflict
	// Reassigned is the place of an assignment that gives a row another tenant; -1
	// without one.
	Reassigned int
}

// AuthoredConflict is an author's ON CONFLICT.
type AuthoredConflict struct {
	Pos    int
	Update bool // DO UPDATE
	// Arbiter are the columns whose conflict it is about; empty when any will do.
	Arbiter []string
	// Covered is set when the arbiter holds what ties the row to its tenant, so that
	// the row that is there is the same tenant's.
	Covered bool
	// Guarded is set when the WHERE of DO UPDATE keeps to the tenant's rows.
	Guarded bool
}

// AuthoredStatement is what Audit found in a statement.
type AuthoredStatement struct {
	// References are those to tables of tenants, in the order of the text.
	References []*Authored
	// Global counts the references to other tables of the schema.
	Global int
	// Unknown are the references to tables that the schema does not have.
	Unknown []*parse.Table
}

// Audit finds what the author of a statement has tied to a tenant. It proves
// nothing for the generator. q is its own: it qualifies columns and reduces outer
// joins in it.
func Audit(sql string, q *parse.Query, cat *catalog.Catalog) *AuthoredStatement {
	a := &author{
		result: &AuthoredStatement{}, ties: map[*level]map[*relation]tie{}, busy: map[*level]bool{}, written: map[*parse.Table]*level{},
		refs: map[*parse.Table]*Authored{}, listed: map[*parse.Query]*outputs{}, open: map[assumption]bool{},
	}
	a.checker = &checker{sql: sql, cat: cat, result: &Result{}, targets: map[*parse.Table]bool{}, author: a}
	a.query(q, nil, nil)
	slices.SortStableFunc(a.result.References, func(x, y *Authored) int { return cmp.Compare(x.Ref.Start, y.Ref.Start) })
	return a.result
}

// author is the checker's other judge.
type author struct {
	*checker
	result  *AuthoredStatement
	ties    map[*level]map[*relation]tie
	busy    map[*level]bool         // whose ties are being looked for
	written map[*parse.Table]*level // by the target of what writes
	refs    map[*parse.Table]*Authored
	listed  map[*parse.Query]*outputs
	open    map[assumption]bool
}

// tie is what holds a relation.
type tie struct {
	strength Strength
	text     string
	via      *catalog.ForeignKey // of a child
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

// reads records the references among a level's relations.
func (a *author) reads(lv *level) {
	if len(lv.relations) > 0 && lv.relations[0].item == nil && lv.relations[0].ref != nil {
		a.qualify(lv) // now that the target is there
		a.written[lv.relations[0].ref] = lv
	}
	ties := a.level(lv)
	for _, r := range lv.relations {
		if r.ref != nil && !r.isCTE {
			a.record(r, ties[r])
		}
	}
}

func (a *author) record(r *relation, held tie) *Authored {
	switch {
	case r.table == nil:
		a.result.Unknown = append(a.result.Unknown, r.ref)
		return nil
	case !owned(r.table):
		a.result.Global++
		return nil
	}
	ref := &Authored{Table: r.table, Ref: r.ref, Strength: held.strength, Anchor: held.text, Reassigned: -1}
	a.result.References = append(a.result.References, ref)
	a.refs[r.ref] = ref
	return ref
}

// anchor answers the questions of the proof's own rules, such as guards.
func (a *author) anchor(lv *level, r *relation) string {
	if held := a.level(lv)[r]; held.strength == Anchored {
		return held.text
	}
	return ""
}

// assignments finds a SET of an UPDATE that gives a row another tenant. One that
// repeats what WHERE compares with gives it the same.
func (a *author) assignments(sets []parse.Set, lv *level) {
	r := lv.relations[0]
	a.reassigned(sets, r, func(e *parse.Expr) bool {
		return slices.ContainsFunc(r.places[0].conjuncts, func(k *parse.Expr) bool {
			x, y, ok := equality(k)
			mine := func(e *parse.Expr) bool { return a.is(lv, e, r, r.table.Tenancy.Column) }
			return ok && (mine(x) && sameParam(y, e) || mine(y) && sameParam(x, e))
		})
	})
}

// reassigned records a SET of the tenant column, but to a value that is the same.
func (a *author) reassigned(sets []parse.Set, r *relation, same func(*parse.Expr) bool) {
	ref := a.refs[r.ref]
	if ref == nil || !direct(r.table) {
		return
	}
	for _, s := range sets {
		if slices.Contains(s.Columns, r.table.Tenancy.Column) && (len(s.Columns) > 1 || s.Value == nil || !same(s.Value)) {
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
func (a *author) insert(ins *parse.Insert, lv *level) {
	r := lv.relations[0]
	a.written[r.ref] = lv
	held := tie{}
	if owned(r.table) {
		held = a.inserted(ins, r.table, lv)
	}
	a.ties[lv] = map[*relation]tie{r: held}
	ref := a.record(r, held)
	if ref == nil || ins.Conflict == nil {
		return
	}
	ref.Conflict = a.conflict(ins, r, held)
	if ins.Source == nil {
		return
	}
	// Where the arbiter holds the tenant, the value of the insert is the same.
	a.reassigned(ins.Conflict.Set, r, func(e *parse.Expr) bool {
		same := isColumn(e, "excluded", r.table.Tenancy.Column)
		a.eachRow(ins.Source, lv.ctes, lv.outer, func(_ int, row []*parse.Expr, _ *level) {
			value := item(row, columnIndex(ins, r.table, r.table.Tenancy.Column))
			same = same || value != nil && sameParam(value, e)
		})
		return same && ref.Conflict.Covered
	})
}

func (a *author) inserted(ins *parse.Insert, t *catalog.Table, lv *level) tie {
	if ins.Source == nil {
		return tie{}
	}
	if direct(t) {
		i := columnIndex(ins, t, t.Tenancy.Column)
		best := Anchored
		text := ""
		a.eachRow(ins.Source, lv.ctes, lv.outer, func(_ int, row []*parse.Expr, from *level) {
			if e := item(row, i); e != nil {
				best, text = min(best, a.value(from, e, nil)), "inserted with "+t.Tenancy.Column+" "+a.text(e)
				return
			}
			best = Unanchored
		})
		return held(best, text, nil)
	}
	for _, f := range t.ForeignKeys {
		step, parent := a.step(t, f)
		if parent == nil {
			continue
		}
		best := Anchored
		a.eachRow(ins.Source, lv.ctes, lv.outer, func(_ int, row []*parse.Expr, from *level) {
			values := make([]*parse.Expr, len(step.Columns))
			for k, column := range step.Columns {
				if values[k] = item(row, columnIndex(ins, t, column)); values[k] == nil {
					best = Unanchored
					return
				}
			}
			best = min(best, a.keyOf(from, values, parent, step.ParentColumns))
		})
		if best > Unanchored {
			return held(best, "inserted with the key of "+parent.QualifiedName(), f)
		}
	}
	return tie{}
}

func held(s Strength, text string, via *catalog.ForeignKey) tie {
	if s == Unanchored {
		return tie{}
	}
	return tie{s, text, via}
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
func item(row []*parse.Expr, i int) *parse.Expr {
	if i < 0 || i >= len(row) {
		return nil
	}
	for _, e := range row[:i+1] {
		if e == nil || e.Star {
			return nil
		}
	}
	return row[i]
}

func (a *author) conflict(ins *parse.Insert, r *relation, inserted tie) *AuthoredConflict {
	k, t := ins.Conflict, r.table
	out := &AuthoredConflict{Pos: k.Start, Update: k.Update, Arbiter: k.Columns}
	if k.Constraint != "" {
		out.Arbiter = constraintColumns(t, k.Constraint)
	}
	if direct(t) {
		out.Covered = slices.Contains(out.Arbiter, t.Tenancy.Column)
	}
	for _, f := range t.ForeignKeys {
		step, parent := a.step(t, f)
		covers := func(column string) bool { return slices.Contains(out.Arbiter, column) }
		out.Covered = out.Covered || !direct(t) && parent != nil && !slices.ContainsFunc(step.Columns, func(c string) bool { return !covers(c) })
	}
	// In the guard, excluded is the row that was to be inserted.
	lv := &level{outer: a.written[r.ref].outer, ctes: a.written[r.ref].ctes}
	target := &relation{name: r.name, pos: r.pos, ref: r.ref, table: t, places: []place{{conjuncts: k.Where.Conjuncts(), text: "in the guard of ON CONFLICT"}}}
	excluded := &relation{name: "excluded", pos: k.Start, table: t, renamed: true}
	lv.relations = []*relation{target, excluded}
	lv.filters = target.places
	a.qualify(lv)
	a.ties[lv] = map[*relation]tie{excluded: inserted}
	out.Guarded = k.Update && a.tieOf(lv, target).strength == Anchored
	return out
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
func (a *author) merge(m *parse.Merge, lv *level) {
	r := lv.relations[0]
	ref := a.refs[r.ref]
	if ref == nil {
		return
	}
	source := &level{outer: lv.outer, ctes: lv.ctes, relations: lv.relations[1:]}
	for _, w := range m.Whens {
		found := tie{Anchored, "", nil}
		switch {
		case w.Insert != nil:
			found = a.inserted(w.Insert, r.table, &level{outer: source, ctes: lv.ctes})
		case w.Kind == parse.NotMatchedBySource && (w.Delete || w.Update != nil):
			seen := &level{outer: lv.outer, ctes: lv.ctes}
			alone := *r
			alone.places = []place{{conjuncts: w.Condition.Conjuncts(), text: "behind WHEN " + string(w.Kind)}}
			seen.relations, seen.filters = []*relation{&alone}, alone.places
			a.qualify(seen)
			found = a.tieOf(seen, &alone)
		}
		if found.strength < ref.Strength {
			ref.Strength, ref.Anchor = found.strength, found.text
		}
		a.assignments(w.Update, lv)
	}
}
