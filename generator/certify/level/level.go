// Package level says what the names in a statement mean, level by level, and at
// which places of a level a predicate filters which of its relations. It is the
// ground that the proof of package certify stands on: facts about SQL, and no
// judgement. It reports nothing, and what it does not know it leaves without a
// table or a place, which helps no proof. Package audit stands on it as well,
// and sees nothing more of the proof.
package level

import (
	"strings"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// Level is one query level: the relations of one FROM clause (or of one UPDATE
// or DELETE, target included) and the predicates on them.
type Level struct {
	Outer     *Level // whose columns may be used here as well
	Names     *Names
	Relations []*Relation
	// Grouped is set where columns are NULL in some of its rows: by grouping sets, or
	// because an aggregate has a row where FROM has none.
	Grouped bool
	// Filters are the predicates that hold for every row that the level's FROM and
	// WHERE yield. WHERE is the first.
	Filters []Place
}

// Relation is one named relation of a level.
type Relation struct {
	Name    string // under which the level sees it; may be empty
	Pos     int
	Item    *parse.From    // nil for the target of a write
	Ref     *parse.Table   // nil for subqueries, functions and aliases of joins
	Table   *catalog.Table // nil when Ref is nil, a CTE or unknown
	IsCTE   bool
	Renamed bool // its columns have other names here
	Own     bool // it is written or locked, so that shared rows may not be among it
	// Joins are the sides of joins that it is in, the nearest first.
	Joins []Side
	// Places are where a predicate on it can stand.
	Places []Place
}

// Named returns the relation of that name, or nil.
func (lv *Level) Named(name string) *Relation {
	for _, r := range lv.Relations {
		if r.Name == name {
			return r
		}
	}
	return nil
}

// Resolver works out the levels of one statement.
type Resolver struct {
	catalog *catalog.Catalog
	locked  map[*parse.Table]bool
}

// NewResolver is one for a statement; q is nil where nothing is locked.
func NewResolver(q *parse.Query, cat *catalog.Catalog) *Resolver {
	return &Resolver{catalog: cat, locked: q.Locked()}
}

// Lookup finds the table that a name stands for when it is no common table
// expression; nil when the schema has none.
func (s *Resolver) Lookup(ref *parse.Table) *catalog.Table {
	if ref.Schema == "" && s.catalog.Dialect.HidesTable(ref.Name) {
		return nil
	}
	return s.catalog.Lookup(ref.Schema, ref.Name)
}

// Level works out the level of a FROM clause and its WHERE.
func (s *Resolver) Level(from []*parse.From, where *parse.Expr, names *Names, outer *Level) *Level {
	lv := &Level{Outer: outer, Names: names}
	lv.Filters = []Place{{Conjuncts: where.Conjuncts(), Text: "in WHERE"}}
	for _, f := range from {
		s.add(lv, f, nil)
	}
	lv.Place()
	return lv
}

// add adds what a FROM item makes visible; above are the joins that it is in, the
// nearest first.
func (s *Resolver) add(lv *Level, f *parse.From, above []Side) {
	relation := func(name string) *Relation {
		r := &Relation{Name: name, Pos: f.Start, Item: f, Joins: above}
		lv.Relations = append(lv.Relations, r)
		return r
	}
	switch {
	case f.Table != nil:
		r := relation(f.Table.Visible())
		r.Ref, r.Renamed, r.Own = f.Table, len(f.Table.Columns) > 0, s.locked[f.Table]
		if r.IsCTE = f.Table.Schema == "" && lv.Names.Find(f.Table.Name) != nil; !r.IsCTE {
			r.Table = s.Lookup(f.Table)
		}
	case f.Join != nil:
		for _, name := range []string{f.Alias, f.Join.UsingAlias} {
			if name != "" {
				relation(name)
			}
		}
		s.add(lv, f.Join.Left, append([]Side{{f, true}}, above...))
		s.add(lv, f.Join.Right, append([]Side{{f, false}}, above...))
	case f.Alias == "" && len(f.Function) > 0 && f.Function[0] != nil:
		// ROWS FROM (f(), g()) is called f.
		name := f.Function[0].Name
		relation(name[strings.LastIndex(name, ".")+1:])
	default:
		relation(f.Alias)
	}
}
