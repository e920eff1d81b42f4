package sqlgen

import (
	"slices"

	"github.com/tenancygen/tenancygen/generator/parse"
)

// relation is what a FROM clause makes visible under one name.
type relation struct {
	name    string // empty for the merged columns of USING
	columns []field
	base    *table // for a table under its own columns' names
	// nullable is set on the side of an outer join that may be missing.
	nullable bool
}

// field is a column of a relation.
type field struct {
	name   string
	kind   kind
	column *column // of the table that it comes from; nil for an expression
}

// env is what the expressions of one query level see.
type env struct {
	relations []*relation
	// exposed are the columns that have a name without a relation, as in SELECT *.
	// Of two with one name neither can be used so.
	exposed []field
	outer   *env
}

// ref is a column as it is written.
type ref struct {
	sql string
	field
}

// own are the columns of the level itself that are of a kind; any kind when k is
// empty.
func (e *env) own(k kind) []ref {
	if e == nil {
		return nil
	}
	return e.refs(k, nil)
}

// all are the columns of the level and of the outer ones.
func (e *env) all(k kind) []ref {
	var out []ref
	var seen []string
	for ; e != nil; e = e.outer {
		out = append(out, e.refs(k, seen)...)
		for _, r := range e.relations {
			seen = append(seen, r.name)
		}
	}
	return out
}

// refs are the columns of the level, but for relations whose names are taken by
// an inner level.
func (e *env) refs(k kind, taken []string) []ref {
	var out []ref
	for _, r := range e.relations {
		if slices.Contains(taken, r.name) {
			continue
		}
		for _, f := range r.columns {
			if f.name == "" || f.kind == "" || k != "" && f.kind != k {
				continue
			}
			sql := parse.PostgreSQL.Quote(f.name)
			if r.name != "" {
				sql = parse.PostgreSQL.Quote(r.name) + "." + sql
			} else if len(taken) > 0 || e.unqualified(f) == "" {
				continue // it may be another one here
			}
			out = append(out, ref{sql, f})
		}
	}
	return out
}

// unqualified is the bare name of a column where only one of the level has it;
// empty otherwise.
func (e *env) unqualified(f field) string {
	n := 0
	for _, other := range e.exposed {
		if other.name == f.name {
			n++
		}
	}
	// The name of a relation is its row.
	if n != 1 || slices.Contains(e.names(), f.name) {
		return ""
	}
	return parse.PostgreSQL.Quote(f.name)
}

// names are the names of the level's relations.
func (e *env) names() []string {
	var out []string
	for _, r := range e.relations {
		out = append(out, r.name)
	}
	return out
}

// fieldsOf are the columns of a table as a relation has them.
func fieldsOf(t *table) []field {
	var out []field
	for _, c := range t.columns {
		out = append(out, field{c.Name, c.kind, c})
	}
	return out
}
