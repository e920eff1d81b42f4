package rewrite

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
	"github.com/tenancygen/tenancygen/generator/source"
)

// sqlc takes a MERGE for a statement without parameters and columns. What it is
// given instead is never sent, and has each of the author's expressions where
// sqlc finds the same names and types for it: conditions under a join of source
// and target, SET in an UPDATE, VALUES in an INSERT, and RETURNING as the columns
// of the join. They come in the author's order, since that is the order in which
// sqlc numbers named parameters.

// mergeMarker marks the start or end of a stand-in.
func mergeMarker(i int, end byte) string { return fmt.Sprintf("%sm%d%c*/", MarkerPrefix, i, end) }

// starMarker marks the start or end of a star in RETURNING.
func starMarker(i, target int, end byte) string {
	return fmt.Sprintf("%sm%dr%d%c*/", MarkerPrefix, i, target, end)
}

// standIn writes the stand-in for the MERGE of a query.
func (r *Result) standIn(f *feed, i int, q *parse.Query) error {
	s := &standIn{feed: f, merge: q.Merge, number: i, quote: r.catalog.Dialect.Quote}
	s.ours(mergeMarker(i, 's'))
	s.next = " WITH "
	if q.With != nil {
		s.next = ", "
	}
	s.condition(s.merge.OnRange)
	for _, w := range s.merge.Whens {
		if w.Condition != nil {
			s.condition(w.ConditionRange)
		}
		switch {
		case len(w.Update) > 0:
			s.open()
			s.ours("UPDATE ")
			s.authors(s.merge.Target.Range)
			s.ours(" SET ")
			s.authors(parse.Range{Start: w.Update[0].Start, End: w.Update[len(w.Update)-1].End})
			s.ours(")")
		case w.Insert != nil && w.Insert.Source != nil:
			s.open()
			s.ours("INSERT INTO " + s.target() + " (" + strings.Join(r.insertColumns(w.Insert), ", ") + ") ")
			s.authors(w.Insert.Source.Range)
			s.ours(")")
		}
	}
	s.returning()
	s.ours(mergeMarker(i, 'e'))
	return s.err
}

// standIn is a stand-in that is being written. It keeps the first error.
type standIn struct {
	feed   *feed
	merge  *parse.Merge
	number int
	quote  func(name string) string
	next   string // what comes before the next common table expression
	count  int
	named  string // the common table expression that the source has become
	err    error
}

func (s *standIn) ours(text string) { s.feed.ours(s.merge.Start, text) }

func (s *standIn) authors(part parse.Range) {
	if err := s.feed.authors(part); err != nil && s.err == nil {
		s.err = err
	}
}

// open begins a common table expression.
func (s *standIn) open() {
	s.count++
	s.ours(fmt.Sprintf("%stenancygen_%d_%d AS (", s.next, s.number, s.count))
	s.next = ", "
}

// condition puts a condition of the author's over a join of source and target.
func (s *standIn) condition(condition parse.Range) {
	s.open()
	s.ours("SELECT 1 AS one FROM ")
	s.join("INNER")
	s.ours(" WHERE (")
	s.authors(condition)
	s.ours("))")
}

// join joins target and source. The target comes first where it can: sqlc takes
// the first table for that of a column in a SET without a table.
func (s *standIn) join(kind string) {
	s.authors(s.merge.Target.Range)
	s.ours(" " + kind + " JOIN ")
	s.source()
	s.ours(" ON true")
}

// source writes the source.
func (s *standIn) source() {
	from := s.merge.Source
	switch {
	case s.named != "":
		s.ours(s.named + " AS " + s.quote(from.Alias))
	case isValues(from.Query):
		s.query()
		s.ours(" AS " + s.quote(from.Alias))
	default:
		s.authors(from.Range)
	}
}

// query writes the source's subquery. sqlc has no types for VALUES in FROM, so its
// rows become queries.
func (s *standIn) query() {
	from := s.merge.Source
	s.ours("(")
	if !isValues(from.Query) {
		s.authors(from.Query.Range)
		s.ours(")")
		return
	}
	for i, row := range from.Query.Values.Rows {
		if i > 0 {
			s.ours(" UNION ALL ")
		}
		for j, item := range row.Items {
			s.ours(map[bool]string{true: "SELECT ", false: ", "}[j == 0])
			s.authors(item.Range)
			name := "column" + strconv.Itoa(j+1)
			if j < len(from.Columns) {
				name = from.Columns[j]
			}
			s.ours(" AS " + s.quote(name))
		}
	}
	s.ours(")")
}

func isValues(q *parse.Query) bool {
	return q != nil && q.Values != nil && q.With == nil && len(q.OrderBy) == 0 && q.Limit == nil && q.Offset == nil
}

// name makes a common table expression of a subquery: sqlc knows that the columns
// of such a one may be missing behind an outer join.
func (s *standIn) name() {
	from := s.merge.Source
	if from.Query == nil || from.Lateral {
		return
	}
	name := fmt.Sprintf("tenancygen_%d_source", s.number)
	s.ours(s.next + name)
	if len(from.Columns) > 0 && !isValues(from.Query) {
		var columns []string
		for _, c := range from.Columns {
			columns = append(columns, s.quote(c))
		}
		s.ours(" (" + strings.Join(columns, ", ") + ")")
	}
	s.ours(" AS ")
	s.query()
	s.named = name
}

// target is the name of the table.
func (s *standIn) target() string {
	t := s.merge.Target
	if t.Schema == "" {
		return s.quote(t.Name)
	}
	return s.quote(t.Schema) + "." + s.quote(t.Name)
}

// insertColumns are the columns that an INSERT writes, with quotes.
func (r *Result) insertColumns(ins *parse.Insert) []string {
	var names []string
	for _, c := range ins.Columns {
		names = append(names, r.catalog.Dialect.Quote(c.Name))
	}
	if ins.HasColumns {
		return names
	}
	if t := r.catalog.Lookup(ins.Target.Schema, ins.Target.Name); t != nil {
		for _, c := range t.Columns[:min(len(t.Columns), len(ins.Source.Values.Rows[0].Items))] {
			names = append(names, r.catalog.Dialect.Quote(c.Name))
		}
	}
	return names
}

// returning ends the stand-in with a statement that returns what the MERGE does.
// Its source may be missing where a clause writes rows that the source lacks.
func (s *standIn) returning() {
	m := s.merge
	if len(m.Returning) == 0 {
		s.ours(" DELETE FROM " + s.target())
		return
	}
	missing, bare := false, false
	for _, w := range m.Whens {
		missing = missing || w.Kind == parse.NotMatchedBySource && (w.Delete || len(w.Update) > 0)
	}
	if missing {
		s.name()
	}
	for k, t := range m.Returning {
		s.ours(map[bool]string{true: " SELECT ", false: ", "}[k == 0])
		if t.Expr.Kind != parse.ColumnExpr || !t.Expr.Star {
			s.column(t)
			continue
		}
		bare = bare || len(t.Expr.Path) == 0
		s.ours(starMarker(s.number, k, 's'))
		s.authors(t.Range)
		s.ours(starMarker(s.number, k, 'e'))
	}
	s.ours(" FROM ")
	switch {
	case bare: // the source's columns come first
		s.source()
		s.ours(map[bool]string{true: " RIGHT", false: " INNER"}[missing] + " JOIN ")
		s.authors(m.Target.Range)
		s.ours(" ON true")
	case missing:
		s.join("LEFT")
	default:
		s.join("INNER")
	}
}

// column writes a column of RETURNING. merge_action() is a text.
func (s *standIn) column(t parse.Target) {
	var calls []int
	t.Expr.Walk(func(e *parse.Expr) {
		if e.Name == "MergeSupportFunc" {
			calls = append(calls, e.Pos)
		}
	})
	slices.Sort(calls)
	at := t.Start
	for _, call := range calls {
		s.authors(parse.Range{Start: at, End: call})
		s.ours("'INSERT'::text")
		at = call + strings.IndexByte(s.feed.author[call:], ')') + 1
	}
	s.authors(parse.Range{Start: at, End: t.End})
	if t.Expr.Name == "MergeSupportFunc" && t.Name == "" {
		s.ours(" AS merge_action")
	}
}

// restoreMerges puts each MERGE back in the place of its stand-in: what the
// analysis would have made of it, with its parameters numbered and the stars in
// RETURNING expanded.
func (r *Result) restoreMerges(analysed string, params []ir.Param) (string, error) {
	for i, q := range r.inOrder() {
		m := q.Merge
		plan, err := r.edits(1, func(int) int { return 1 })
		if err != nil {
			return "", err
		}
		edits := within(markers(plan), m.Range)
		for _, p := range r.text.Params {
			edits = append(edits, source.Edit{Start: p.Start, End: p.End, New: "$" + strconv.Itoa(r.analysedNumber(p.Number, params))})
		}
		for k, t := range m.Returning {
			if t.Expr.Kind != parse.ColumnExpr || !t.Expr.Star {
				continue
			}
			_, rest, started := strings.Cut(analysed, starMarker(i, k, 's'))
			expanded, _, ended := strings.Cut(rest, starMarker(i, k, 'e'))
			if !started || !ended {
				return "", fmt.Errorf("the analysis lost a star")
			}
			edits = append(edits, source.Edit{Start: t.Start, End: t.End, New: expanded})
		}
		text, _, err := cut(r.text.Text, m.Range, edits)
		if err != nil {
			return "", err
		}
		before, rest, started := strings.Cut(analysed, mergeMarker(i, 's'))
		_, after, ended := strings.Cut(rest, mergeMarker(i, 'e'))
		if !started || !ended {
			return "", fmt.Errorf("the analysis lost a MERGE")
		}
		analysed = before + text + after
	}
	return analysed, nil
}
