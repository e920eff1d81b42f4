package parse

import (
	"strings"

	"github.com/sqlc-dev/oliphant/ast"
)

// fromList converts the FROM items that are exactly w.
func (c *converter) fromList(nodes []*ast.Node, w window) []*From {
	if c.err != nil {
		return nil
	}
	parts := w.split()
	if len(parts) != len(nodes) {
		c.fail(lost(w.start(), "the FROM clause"))
		return nil
	}
	var out []*From
	for i, n := range nodes {
		item, at := c.from(n, parts[i], parts[i].from)
		if c.err == nil && at != parts[i].to {
			c.fail(lost(parts[i].start(), "the end of a FROM item"))
		}
		out = append(out, item)
	}
	return out
}

// from converts the FROM item that begins at index at of w, and returns the
// index behind it.
func (c *converter) from(n *ast.Node, w window, at int) (*From, int) {
	item := &From{Range: Range{w.offset(at), w.offset(at)}}
	if c.err != nil {
		return item, at
	}
	start := at
	switch s := n.GetNode().(type) {
	case *ast.Node_RangeVar:
		item.Table, at = c.relation(s.RangeVar, w, at, fromTable)
	case *ast.Node_RangeTableSample:
		item.Table, at = c.relation(s.RangeTableSample.Relation.GetRangeVar(), w, at, fromTable)
		end := c.fromEnd(w, at)
		if !w.is(at, "tablesample") {
			c.fail(lost(item.Start, "TABLESAMPLE"))
			return item, at
		}
		method := strings.ToLower(strings.Join(stringsOf(s.RangeTableSample.Method), "."))
		if method != "bernoulli" && method != "system" {
			c.fail(unsupported(item.Start, "the sampling method "+method, "use BERNOULLI or SYSTEM"))
		}
		sample := w.sub(at, end)
		item.Table.Sampled = true
		item.Table.Sample = append(c.exprs(s.RangeTableSample.Args, sample), c.exprs([]*ast.Node{s.RangeTableSample.Repeatable}, sample)...)
		at = end
	case *ast.Node_RangeSubselect:
		at = c.subselect(item, s.RangeSubselect, w, at)
	case *ast.Node_RangeFunction:
		at = c.rangeFunction(item, s.RangeFunction, w, at)
	case *ast.Node_JoinExpr:
		at = c.join(item, s.JoinExpr, w, at)
	default:
		c.fail(unsupported(item.Start, constructName(n)+" in FROM", "write it as a subquery of plain tables and functions"))
		return item, at
	}
	if c.err == nil && at > start {
		item.Range = w.sub(start, at).span()
		if item.Table != nil {
			item.Table.Range = item.Range
		}
	}
	return item, at
}

// subselect converts ( query ) [AS] alias.
func (c *converter) subselect(item *From, s *ast.RangeSubselect, w window, at int) int {
	if w.is(at, "lateral") {
		item.Lateral = true
		at++
	}
	if !w.is(at, "(") {
		c.fail(lost(item.Start, "a subquery in FROM"))
		return at
	}
	close := w.match[at]
	item.Query = c.query(s.Subquery, w.sub(at+1, close))
	return c.alias(item, s.Alias, w, close+1)
}

// alias converts [AS] alias [(columns)] and returns the index behind it.
func (c *converter) alias(item *From, alias *ast.Alias, w window, at int) int {
	if alias == nil {
		return at
	}
	item.Alias, item.Columns = alias.Aliasname, stringsOf(alias.Colnames)
	return skipAlias(alias, w, at)
}

// skipAlias returns the index behind [AS] alias [(columns)].
func skipAlias(alias *ast.Alias, w window, at int) int {
	if alias == nil {
		return at
	}
	if w.is(at, "as") {
		at++
	}
	at++
	if len(alias.Colnames) > 0 && w.is(at, "(") {
		at = w.match[at] + 1
	}
	return at
}

// rangeFunction converts a function in FROM.
func (c *converter) rangeFunction(item *From, s *ast.RangeFunction, w window, at int) int {
	if w.is(at, "lateral") {
		item.Lateral = true
	}
	end := c.fromEnd(w, at)
	part := w.sub(at, end)
	item.Ordinality = s.Ordinality
	item.ColumnDefs = len(s.Coldeflist) > 0
	if s.Alias != nil {
		item.Alias, item.Columns = s.Alias.Aliasname, stringsOf(s.Alias.Colnames)
	}
	for _, n := range s.Functions {
		list := n.GetList().GetItems()
		if len(list) == 0 {
			c.fail(lost(item.Start, "a function in FROM"))
			return end
		}
		item.Function = append(item.Function, c.expr(list[0], part))
		if len(list) > 1 && list[1].GetNode() != nil {
			item.ColumnDefs = true
		}
	}
	return end
}

// fromEnd returns the index of the first token, from at on, that cannot be part
// of the FROM item or ON expression that begins at at: a join keyword, ON,
// USING, a comma, or the end of w.
func (c *converter) fromEnd(w window, at int) int {
	return w.find(at, func(i int) bool {
		if i == at || w.label(i) {
			return false
		}
		return w.is(i, ",", ")", "on", "using") || w.joinStart(i)
	})
}

// joinStart reports whether the token at i begins a join operator. LEFT and
// RIGHT are also functions.
func (w window) joinStart(i int) bool {
	switch {
	case w.is(i, "join"):
		return true
	case w.is(i, "inner", "cross"):
		return w.is(i+1, "join")
	case w.is(i, "left", "right", "full"):
		return w.is(i+1, "join", "outer")
	case w.is(i, "natural"):
		return w.is(i+1, "join", "inner", "left", "right", "full")
	}
	return false
}

// joinCount is the number of joins in a join tree.
func joinCount(n *ast.Node) int {
	j := n.GetJoinExpr()
	if j == nil {
		return 0
	}
	return 1 + joinCount(j.Larg) + joinCount(j.Rarg)
}

// joinsIn counts the join operators in w at the level of one join tree: inside
// parentheses that group joins, not inside subqueries or expressions.
func (w window) joinsIn() int {
	n := 0
	for i := w.from; i < w.to; i++ {
		switch {
		case w.is(i, "(", "[") && !w.groupsJoins(i):
			i = w.match[i]
		case w.is(i, "join") && !w.label(i):
			n++
		}
	}
	return n
}

// groupsJoins reports whether the parenthesis at i may group joins: it does not
// follow a name, as a function's or column list's does, nor begin a query.
func (w window) groupsJoins(i int) bool {
	if !w.is(i, "(") || w.is(i+1, "select", "with", "values", "table") {
		return false
	}
	return i == w.from || w.is(i-1, "(", ",", "join", "from", "using")
}

// join converts a join, in parentheses or not.
func (c *converter) join(item *From, s *ast.JoinExpr, w window, at int) int {
	if w.groupsJoins(at) {
		close := w.match[at]
		inside := w.sub(at+1, close)
		node := &ast.Node{Node: &ast.Node_JoinExpr{JoinExpr: s}}
		if s.Alias != nil || inside.joinsIn() == joinCount(node) {
			end := c.joinBody(item, s, inside, at+1)
			if c.err == nil && end != close {
				c.fail(lost(item.Start, "the end of a join"))
			}
			return c.alias(item, s.Alias, w, close+1)
		}
	}
	return c.joinBody(item, s, w, at)
}

// joinBody converts left JOIN right [ON … | USING …].
func (c *converter) joinBody(item *From, s *ast.JoinExpr, w window, at int) int {
	// ((a JOIN b ON …)): more parentheses around the same join.
	if w.groupsJoins(at) && w.match[at] == w.to-1 {
		inside := w.sub(at+1, w.to-1)
		node := &ast.Node{Node: &ast.Node_JoinExpr{JoinExpr: s}}
		if inside.joinsIn() == joinCount(node) {
			c.joinBody(item, s, inside, at+1)
			return w.to
		}
	}
	join := &Join{Natural: s.IsNatural, Using: stringsOf(s.UsingClause)}
	item.Join = join
	switch s.Jointype {
	case ast.JoinType_JOIN_INNER:
		join.Kind = InnerJoin
	case ast.JoinType_JOIN_LEFT:
		join.Kind = LeftJoin
	case ast.JoinType_JOIN_RIGHT:
		join.Kind = RightJoin
	case ast.JoinType_JOIN_FULL:
		join.Kind = FullJoin
	default:
		c.fail(unsupported(item.Start, "this kind of join", "write an INNER, LEFT, RIGHT or FULL join"))
		return at
	}
	join.Left, at = c.from(s.Larg, w, at)
	if c.err != nil {
		return at
	}
	for !w.is(at, "join") {
		if !w.is(at, "natural", "inner", "left", "right", "full", "outer", "cross") {
			c.fail(lost(item.Start, "JOIN"))
			return at
		}
		at++
	}
	join.Right, at = c.from(s.Rarg, w, at+1)
	if c.err != nil {
		return at
	}
	switch {
	case s.Quals != nil:
		if !w.is(at, "on") {
			c.fail(lost(item.Start, "ON"))
			return at
		}
		end := c.fromEnd(w, at+1)
		body := w.sub(at+1, end)
		join.On, join.OnRange = c.expr(s.Quals, body), body.span()
		return end
	case len(s.UsingClause) > 0:
		if !w.is(at, "using") || !w.is(at+1, "(") {
			c.fail(lost(item.Start, "USING"))
			return at
		}
		at = w.match[at+1] + 1
		if s.JoinUsingAlias != nil {
			join.UsingAlias = s.JoinUsingAlias.Aliasname
			at = skipAlias(s.JoinUsingAlias, w, at)
		}
	}
	return at
}

// relationPlace says where a relation stands, because the grammar differs.
type relationPlace int

const (
	fromTable    relationPlace = iota // may have an alias with or without AS, and columns
	dmlTarget                         // the same, without columns
	insertTarget                      // an alias only with AS
)

// relation converts [ONLY] name [*] [alias] at index at and returns the index
// behind it.
func (c *converter) relation(s *ast.RangeVar, w window, at int, place relationPlace) (*Table, int) {
	t := &Table{Schema: s.GetSchemaname(), Name: s.GetRelname(), Only: !s.GetInh()}
	if c.err != nil {
		return t, at
	}
	start, name := at, at
	if s.GetCatalogname() != "" {
		c.fail(unsupported(w.offset(at), "a table name with a database", "leave out the database's name"))
		return t, at
	}
	if w.is(at, "only") && t.Only {
		at++
		name = at
		if w.is(at, "(") {
			at = w.match[at] + 1
			return c.relationAlias(t, s, w, start, name, at)
		}
	}
	at++
	if t.Schema != "" {
		at += 2
	}
	if w.is(at, "*") && place != insertTarget {
		at++
	}
	return c.relationAlias(t, s, w, start, name, at)
}

// relationAlias converts what follows a relation's name, which lies in [start, at),
// and without ONLY in [name, at).
func (c *converter) relationAlias(t *Table, s *ast.RangeVar, w window, start, name, at int) (*Table, int) {
	if at > w.to {
		c.fail(lost(w.offset(start), "table "+t.Name))
		return t, start
	}
	t.NameRange, t.NameOnly = w.sub(start, at).span(), w.sub(name, at).span()
	if loc := int(s.GetLocation()); loc < t.NameRange.Start || loc >= t.NameRange.End {
		c.fail(lost(w.offset(start), "table "+t.Name))
		return t, start
	}
	if s.Alias != nil {
		t.Alias, t.Columns = s.Alias.Aliasname, stringsOf(s.Alias.Colnames)
		at = skipAlias(s.Alias, w, at)
	}
	t.Range = w.sub(start, at).span()
	return t, at
}
