package provision

import (
	"slices"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// relation is a table, view, sequence, index or statistics object, from the
// statement that makes it until the one that drops it.
type relation struct {
	name parse.ObjectName // the last one, with its schema
	side side
	// spelling is the name as its statement has it, in a dialect that folds names.
	spelling string
	table    *catalog.Table // nil for what is no table or view, and for what is dropped
	// sequence is set for sequences, which belong where the tables are that use them.
	sequence bool
	// owner is the table of an index, or of a sequence that a column owns.
	owner *relation
	// refers are the relations that the statements about it name.
	refers []*relation
	// users are the relations whose statements name a sequence.
	users []*relation
}

// side says where a relation is made.
type side int

const (
	undecided side = iota
	shared
	tenants
)

// timeline knows which relation a name means, statement by statement.
type timeline struct {
	live map[parse.ObjectName]*relation
	all  []*relation
}

// qualified gives a name the schema that it has without one.
func qualified(n parse.ObjectName) parse.ObjectName {
	if n.Schema == "" {
		n.Schema = catalog.DefaultSchema
	}
	return n
}

func (l *timeline) find(n parse.ObjectName) *relation { return l.live[qualified(n)] }

// create adds a relation, or returns the one that has the name already.
func (l *timeline) create(n parse.ObjectName) *relation {
	n = qualified(n)
	if r := l.live[n]; r != nil {
		return r
	}
	r := &relation{name: n}
	l.live[n] = r
	l.all = append(l.all, r)
	return r
}

// drop removes a relation and what hangs on it.
func (l *timeline) drop(r *relation) {
	delete(l.live, r.name)
	for _, other := range l.all {
		if other.owner == r && l.live[other.name] == other {
			l.drop(other)
		}
	}
}

func (l *timeline) rename(r *relation, to string) {
	delete(l.live, r.name)
	r.name.Name = to
	l.live[r.name] = r
}

// settle decides where each relation is made: by the class of its table, and for
// what has none by what it hangs on and refers to. An excluded table, and one that is
// dropped again, is shared unless it refers to tenants' tables.
func (l *timeline) settle(cat *catalog.Catalog) {
	for _, r := range l.all {
		if l.live[r.name] == r {
			r.table = cat.Lookup(r.name.Schema, r.name.Name)
		}
		if r.table == nil {
			continue
		}
		switch r.table.Tenancy.Class {
		case ir.ClassTenant, ir.ClassRoot, ir.ClassChild, ir.ClassView:
			r.side = tenants
		case ir.ClassGlobal:
			r.side = shared
		}
	}
	for changed := true; changed; {
		changed = false
		for _, r := range l.all {
			if r.side == undecided {
				r.side = r.implied()
				changed = changed || r.side != undecided
			}
		}
	}
	for _, r := range l.all {
		if r.side == undecided {
			r.side = shared
		}
	}
}

// implied is the side that others give a relation.
func (r *relation) implied() side {
	if r.owner != nil {
		return r.owner.side
	}
	if r.sequence {
		isShared := func(u *relation) bool { return u.side == shared }
		isTenants := func(u *relation) bool { return u.side == tenants }
		switch {
		case slices.ContainsFunc(r.users, isShared):
			return shared
		case slices.ContainsFunc(r.users, isTenants):
			return tenants
		}
		return undecided
	}
	for _, other := range r.refers {
		if other.side == tenants && other != r {
			return tenants
		}
	}
	return undecided
}
