package parse

import "github.com/sqlc-dev/oliphant/ast"

// merge converts a MERGE that is exactly w.
func (c *converter) merge(q *Query, s *ast.MergeStmt, w window) {
	if c.err != nil {
		return
	}
	m := &Merge{Range: w.span()}
	q.Merge = m
	if !w.is(w.from, "merge") || !w.is(w.from+1, "into") {
		c.fail(lost(w.start(), "MERGE INTO"))
		return
	}
	returning := w.findWord(w.from, "returning")
	m.Returning, m.ReturningAliases = c.returning(s.ReturningClause, w.sub(returning, w.to))
	w = w.sub(w.from, returning)
	var at int
	m.Target, at = c.relation(s.Relation, w, w.from+2, dmlTarget)
	if c.err == nil && !w.is(at, "using") {
		c.fail(lost(w.start(), "USING"))
	}
	whens := w.clauses(at)
	if c.err == nil && len(whens) != len(s.MergeWhenClauses) {
		c.fail(lost(w.start(), "WHEN"))
	}
	if c.err != nil {
		return
	}
	head := w.sub(w.from, whens[0].from)
	m.Source, at = c.from(s.SourceRelation, head, at+1)
	if c.err == nil && !head.is(at, "on") {
		c.fail(lost(m.Source.Start, "ON"))
		return
	}
	on := head.sub(at+1, head.to)
	m.On, m.OnRange = c.expr(s.JoinCondition, on), on.span()
	for i, n := range s.MergeWhenClauses {
		m.Whens = append(m.Whens, c.when(m.Target, n.GetMergeWhenClause(), whens[i]))
	}
}

// outsideCase returns a predicate that is the given one, but false inside of
// CASE … END, which has WHEN and THEN of its own. It is for one pass of find.
func (w window) outsideCase(satisfies func(i int) bool) func(i int) bool {
	depth := 0
	return func(i int) bool {
		switch {
		case w.label(i):
			return false
		case w.is(i, "case"):
			depth++
		case w.is(i, "end"):
			depth--
		}
		return depth == 0 && satisfies(i)
	}
}

// clauses cuts the WHEN clauses, which go on to the end of w, apart.
func (w window) clauses(from int) []window {
	isWhen := w.outsideCase(func(i int) bool { return w.is(i, "when") })
	var parts []window
	for at := w.find(from, isWhen); at < w.to; {
		next := w.find(at+1, isWhen)
		parts = append(parts, w.sub(at, next))
		at = next
	}
	return parts
}

// matchWords are the words behind WHEN.
var matchWords = map[MatchKind][][]string{
	Matched:            {{"matched"}},
	NotMatched:         {{"not", "matched", "by", "target"}, {"not", "matched"}},
	NotMatchedBySource: {{"not", "matched", "by", "source"}},
}

// when converts the WHEN clause that is exactly w.
func (c *converter) when(target *Table, s *ast.MergeWhenClause, w window) *When {
	when := &When{Range: w.span()}
	if c.err != nil {
		return when
	}
	switch s.GetMatchKind() {
	case ast.MergeMatchKind_MERGE_WHEN_MATCHED:
		when.Kind = Matched
	case ast.MergeMatchKind_MERGE_WHEN_NOT_MATCHED_BY_TARGET:
		when.Kind = NotMatched
	case ast.MergeMatchKind_MERGE_WHEN_NOT_MATCHED_BY_SOURCE:
		when.Kind = NotMatchedBySource
	}
	then := w.find(w.from, w.outsideCase(func(i int) bool { return w.is(i, "then") }))
	at := w.behind(w.from+1, matchWords[when.Kind])
	if at == w.from+1 || then == w.to {
		c.fail(lost(w.start(), "a WHEN clause"))
		return when
	}
	when.ThenAt = w.sub(w.from, then).end()
	if s.Condition != nil {
		if !w.is(at, "and") {
			c.fail(lost(w.start(), "the condition of a WHEN clause"))
			return when
		}
		body := w.sub(at+1, then)
		when.Condition, when.ConditionRange = c.expr(s.Condition, body), body.span()
		at = then
	}
	if at != then {
		c.fail(lost(w.start(), "a WHEN clause"))
		return when
	}
	c.action(when, target, s, w.sub(then+1, w.to))
	return when
}

// behind returns the index behind the first of the sequences of words that
// begins at i; i itself when none does.
func (w window) behind(i int, sequences [][]string) int {
	for _, words := range sequences {
		n := 0
		for n < len(words) && w.is(i+n, words[n]) {
			n++
		}
		if n == len(words) {
			return i + n
		}
	}
	return i
}

// action converts what a WHEN clause does, which is exactly w.
func (c *converter) action(when *When, target *Table, s *ast.MergeWhenClause, w window) {
	switch s.CommandType {
	case ast.CmdType_CMD_UPDATE:
		if w.behind(w.from, [][]string{{"update", "set"}}) != w.from+2 {
			c.fail(lost(w.start(), "UPDATE SET"))
			return
		}
		when.Update = c.setList(s.TargetList, w.sub(w.from+2, w.to))
	case ast.CmdType_CMD_DELETE:
		when.Delete = w.is(w.from, "delete")
	case ast.CmdType_CMD_INSERT:
		when.Insert = c.mergeInsert(target, s, w)
	case ast.CmdType_CMD_NOTHING:
	default:
		c.fail(unsupported(w.start(), "this action of MERGE", "use UPDATE, DELETE, INSERT or DO NOTHING"))
		return
	}
	nothing := when.Update == nil && !when.Delete && when.Insert == nil
	if c.err == nil && nothing != (w.behind(w.from, [][]string{{"do", "nothing"}}) == w.to) {
		c.fail(lost(w.start(), "the action of a WHEN clause"))
	}
}

// mergeInsert converts INSERT [(columns)] [OVERRIDING …] {VALUES (…) | DEFAULT
// VALUES}, which is exactly w.
func (c *converter) mergeInsert(target *Table, s *ast.MergeWhenClause, w window) *Insert {
	ins := &Insert{Target: target}
	if !w.is(w.from, "insert") {
		c.fail(lost(w.start(), "INSERT"))
		return ins
	}
	ins.ColumnsEnd = w.list[w.from].End
	at := w.from + 1
	if len(s.TargetList) > 0 {
		if !w.is(at, "(") {
			c.fail(lost(w.start(), "the column list"))
			return ins
		}
		c.columnList(ins, s.TargetList, w.sub(at+1, w.match[at]))
		at = w.match[at] + 1
	}
	at = ins.overriding(w, at)
	if len(s.Values) == 0 {
		ins.DefaultValues = w.sub(at, w.to).span()
		if w.behind(at, [][]string{{"default", "values"}}) != w.to {
			c.fail(lost(w.start(), "DEFAULT VALUES"))
		}
		return ins
	}
	values := w.sub(at, w.to)
	row := w.sub(at+1, w.to)
	if !w.is(at, "values") || !row.enclosed() || len(row.inner().split()) != len(s.Values) {
		c.fail(lost(w.start(), "VALUES"))
		return ins
	}
	out := Row{Range: row.span()}
	for i, item := range row.inner().split() {
		out.Items = append(out.Items, Item{Range: item.span(), Value: item.span(), Expr: c.expr(s.Values[i], item)})
	}
	ins.Source = &Query{Range: values.span(), Values: &Values{Rows: []Row{out}}}
	return ins
}
