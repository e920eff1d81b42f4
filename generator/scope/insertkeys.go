package scope

import (
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// insertedKeys looks up the values that the rows of an INSERT give to foreign
// keys: in place where that changes nothing else, and otherwise in a SELECT
// around the source. from are the tables that a row of VALUES can refer to.
func (s *scoper) insertedKeys(plan *Insert, ins *parse.Insert, columns []string, from []*parse.From, names *scopeNames) {
	rows := s.sourceRows(ins.Source, from, names)
	values := ins.Source.Values != nil && len(ins.Source.OrderBy) == 0 && ins.Source.Limit == nil && ins.Source.Offset == nil
	var around []*key
	var inside []*Lookup
	for _, k := range s.keys(plan.Target.Table) {
		if k.crossed {
			s.refuseCrossed(plan.Target, k, ins.Target.NameRange)
			continue
		}
		index, ok := s.keyColumns(plan.Target, k, ins, columns)
		if !ok {
			continue
		}
		wrap := false
		var found []*Lookup
		for _, row := range rows {
			v, ok := row.values(index)
			switch {
			case ok && s.settled(plan.Target, k, v):
			case !values && (!ok || ins.Source.Select == nil || !inPlace(ins.Source, v) || !s.speakable(v) || !s.nameable(v)):
				wrap = true
			case !ok:
				s.refuse(diag.SyntaxUnsupported, s.span(row.text), "there are fewer values than columns").WithHelp("give a value for each column")
			case s.multiplies(v):
				s.refuse(diag.SyntaxUnsupported, s.span(row.text), "the value of %s.%s gives several rows, and cannot be looked up in VALUES", plan.Target.Table.QualifiedName(), k.columns[0]).
					WithHelp("use INSERT … SELECT")
			default:
				if l := s.lookup(plan.Target, k, v); l != nil {
					found = append(found, l)
				}
			}
		}
		if wrap {
			around = append(around, k)
			continue
		}
		inside = append(inside, found...)
	}
	s.plan.Lookups = append(s.plan.Lookups, inside...)
	if len(around) > 0 || slices.ContainsFunc(plan.Rows, isHidden) {
		s.wrap(plan, ins, columns, around, names)
	}
}

func isHidden(row *Row) bool { return row.Hidden }

// keyColumns are the places of a key's columns in the column list; not ok where
// the rows have no value of their own for it. Then one of them has to be NULL, and
// the key refers to nothing.
func (s *scoper) keyColumns(r *Reference, k *key, ins *parse.Insert, columns []string) ([]int, bool) {
	var index []int
	filled, null := "", false
	for _, column := range k.columns {
		i := slices.Index(columns, column)
		index = append(index, i)
		switch {
		case i >= 0:
		case hasDefault(r.Table, column):
			filled = column
		default:
			null = true
		}
	}
	if filled != "" && !null {
		s.refuseDefault(r, k, filled, ins.Target.NameRange)
	}
	return index, filled == "" && !null
}

// sourceRow is one row of VALUES, or one SELECT that gives rows.
type sourceRow struct {
	text  parse.Range
	items []parse.Item
	from  []*parse.From
	names *scopeNames
	// grouped is set where columns are NULL in some rows.
	grouped bool
}

func (s *scoper) sourceRows(q *parse.Query, from []*parse.From, names *scopeNames) []sourceRow {
	names = s.within(q.With, names)
	switch {
	case q.SetOp != nil:
		return append(s.sourceRows(q.SetOp.Left, from, names), s.sourceRows(q.SetOp.Right, from, names)...)
	case q.Select != nil:
		return []sourceRow{{q.Range, targetItems(q.Select.Targets), q.Select.From, names, s.isGrouped(q)}}
	case q.Values != nil:
		var out []sourceRow
		for _, row := range q.Values.Rows {
			out = append(out, sourceRow{row.Range, row.Items, from, names, false})
		}
		return out
	}
	return nil
}

// values are the row's values at the given places; not ok where a star hides them
// or there are fewer.
func (r sourceRow) values(index []int) (values, bool) {
	v := values{from: r.from, names: r.names, grouped: r.grouped}
	for _, i := range index {
		if i >= len(r.items) || starBefore(r.items, i) != nil {
			return v, false
		}
		v.items = append(v.items, &r.items[i])
	}
	return v, true
}

// inPlace reports whether a look-up may stand in the place of an output column of
// a SELECT: nothing else in it depends on the column, and the value may be
// computed by a subquery. An aggregate or window function would mean something
// else there, and a function that returns rows would return them there.
func inPlace(q *parse.Query, v values) bool {
	if q.Limit != nil || q.Offset != nil {
		return false
	}
	plain := true
	for _, item := range v.items {
		plain = plain && isPlain(item.Expr)
	}
	sel := q.Select
	if plain {
		return true
	}
	if sel.Distinct || len(q.OrderBy) > 0 || len(sel.GroupBy) > 0 || sel.Having != nil {
		return false
	}
	for _, item := range v.items {
		calls := false
		item.Expr.Walk(func(e *parse.Expr) { calls = calls || e.Kind == parse.FuncExpr || e.Name == "GroupingFunc" })
		if calls {
			return false
		}
	}
	return true
}

// speakable reports whether all but one of a key's values can be said twice.
func (s *scoper) speakable(v values) bool {
	complex := 0
	for _, item := range v.items {
		if e := item.Expr; e.Kind != parse.ParamExpr && !isConstant(e) && !isQualified(e) {
			complex++
		}
	}
	return complex == 0 || len(v.items) == 1
}

// returnRows are PostgreSQL's functions that return rows.
var returnRows = strings.Fields(`unnest generate_series generate_subscripts regexp_matches regexp_split_to_table string_to_table
	json_array_elements json_array_elements_text json_each json_each_text json_object_keys json_populate_recordset
	jsonb_array_elements jsonb_array_elements_text jsonb_each jsonb_each_text jsonb_object_keys jsonb_populate_recordset
	jsonb_path_query jsonb_path_query_tz`)

// multiplies reports whether a value may be several.
func (s *scoper) multiplies(v values) bool {
	found := false
	for _, item := range v.items {
		item.Expr.Walk(func(e *parse.Expr) { found = found || e.Kind == parse.FuncExpr && slices.Contains(returnRows, e.Name) })
	}
	return found
}

// wrap selects from the source anew, with look-ups for the given keys.
func (s *scoper) wrap(plan *Insert, ins *parse.Insert, columns []string, keys []*key, names *scopeNames) {
	r := plan.Target
	if width, known := s.sourceWidth(ins.Source, names); hasStars(ins.Source) && (!known || width != len(columns)) {
		s.refuse(diag.SyntaxUnsupported, s.span(ins.Source.Range), "the values that a star gives here are not known, or are not as many as the columns").
			WithHelp("list the selected columns, so that each value has a certain place")
		return
	}
	w := &Wrap{Range: ins.Source.Range, Name: s.fresh("given")}
	for s.catalog.Lookup("", w.Name) != nil {
		w.Name = s.fresh("given") // it may be that of a common table expression, which hides a table
	}
	s.typeValues(r, ins.Source, columns, w)
	lookups := map[string]*Lookup{}
	for _, k := range keys {
		if k.numbers {
			s.refuseNumber(r, k, 0, &parse.Item{Range: ins.Source.Range})
			continue
		}
		v := values{}
		for range k.columns {
			v.items = append(v.items, &parse.Item{})
		}
		at := s.lookedUp(r, k, v)
		l := s.newLookup(r, k, at)
		l.Plain = true
		l.Again = Other{Path: []string{w.Name, k.columns[at]}}
		for i, column := range k.columns {
			if i != at {
				l.Others = append(l.Others, Other{Column: k.refs[i], Type: columnType(r.Table, column), Path: []string{w.Name, column}})
			}
		}
		if lookups[k.columns[at]] != nil {
			s.refuse(diag.SyntaxUnsupported, s.span(ins.Source.Range), "two foreign keys of %q share the column %s, and their values cannot be looked up", r.Table.QualifiedName(), k.columns[at]).
				WithHelp("let one of the foreign keys hold the tenant")
		}
		lookups[k.columns[at]] = l
	}
	tenant := tenantColumn(r.Table)
	if !slices.ContainsFunc(plan.Rows, func(row *Row) bool { return !row.Copied }) && len(plan.Rows) > 0 {
		tenant = "" // it stays what the source gives
	}
	for _, column := range columns {
		w.Columns = append(w.Columns, WrapColumn{Name: column, Lookup: lookups[column], Tenant: column == tenant,
			Compare: column == tenant && slices.ContainsFunc(plan.Rows, isHidden)})
	}
	if plan.Column != "" {
		w.Columns = append(w.Columns, WrapColumn{Name: plan.Column, Tenant: true, Added: true})
		plan.Rows = nil
	}
	for _, row := range plan.Rows {
		if row.Compare {
			s.refuse(diag.SyntaxUnsupported, s.span(row.Value), "tenant_params: keep does not go with values that are looked up in this source").
				WithHelp("leave the tenant column out of the list, and the tenant is filled in")
		}
	}
	s.plan.Wraps = append(s.plan.Wraps, w)
}

// hasStars reports whether a star is among the values of a source.
func hasStars(q *parse.Query) bool {
	if q.SetOp != nil {
		return hasStars(q.SetOp.Left) || hasStars(q.SetOp.Right)
	}
	return q.Select != nil && hasStar(q.Select.Targets)
}

// typeValues gives types to bare parameters and constants of a SELECT that is
// going to be a subquery, and refuses those whose column is not certain. In a set
// operation they have the type of their column already.
func (s *scoper) typeValues(r *Reference, q *parse.Query, columns []string, w *Wrap) {
	if q.Select == nil {
		return
	}
	items := targetItems(q.Select.Targets)
	for i, item := range items {
		if item.Expr.Kind != parse.ParamExpr && item.Expr.Kind != parse.ConstExpr {
			continue
		}
		if starBefore(items, i) != nil || i >= len(columns) {
			s.refuse(diag.SyntaxUnsupported, s.span(item.Range), "the type of this value is not certain, behind a star").
				WithHelp("cast it to the type of its column, as in $1::text")
			continue
		}
		if columns[i] != tenantColumn(r.Table) || r.Class() == ir.ClassChild {
			w.Casts = append(w.Casts, Cast{At: item.Value.End, Type: columnType(r.Table, columns[i])})
		}
	}
}
