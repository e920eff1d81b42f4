package parse

import (
	"github.com/sqlc-dev/marino/ast"
)

// fromList converts the FROM items that are exactly w. The parser makes each comma a
// join of what is before it with what is behind.
func (c *mysqlConverter) fromList(join *ast.Join, w window) []*From {
	if c.err != nil {
		return nil
	}
	parts := w.split()
	nodes := make([]ast.ResultSetNode, len(parts))
	var left ast.ResultSetNode = join
	for i := len(parts) - 1; i > 0; i-- {
		j, ok := left.(*ast.Join)
		if !ok || j.Right == nil {
			c.fail(lost(w.start(), "the FROM clause"))
			return nil
		}
		nodes[i], left = j.Right, j.Left
	}
	nodes[0] = left
	var out []*From
	for i, part := range parts {
		if part.empty() {
			c.fail(lost(w.start(), "a FROM item"))
			return nil
		}
		item, at := c.from(nodes[i], part, part.from)
		if c.err == nil && at != part.to {
			c.fail(lost(part.start(), "the end of a FROM item"))
		}
		out = append(out, item)
	}
	return out
}

// from converts the FROM item that begins at index at of w, and returns the index
// behind it.
func (c *mysqlConverter) from(n ast.ResultSetNode, w window, at int) (*From, int) {
	item := &From{Range: Range{w.offset(at), w.offset(at)}}
	if c.err != nil {
		return item, at
	}
	start := at
	switch s := n.(type) {
	case *ast.TableSource:
		at = c.source(item, s, w, at)
	case *ast.Join:
		at = c.joinIn(item, s, w, at)
	default:
		c.fail(unsupported(item.Start, mysqlNode(n)+" in FROM", "write it as a subquery of plain tables"))
		return item, at
	}
	if c.err == nil && at > start {
		item.Range = w.sub(start, at).span()
	}
	return item, at
}

// joinIn converts a join, in parentheses or not. One without a right side is a single
// item, alone in its clause or in parentheses.
func (c *mysqlConverter) joinIn(item *From, s *ast.Join, w window, at int) int {
	if s.ExplicitParens && w.is(at, "(") {
		inside := w.sub(at+1, w.match[at])
		for inside.enclosed() && !inside.beginsQuery(inside.from+1) {
			inside = inside.inner()
		}
		end := c.joinBody(item, s, inside, inside.from)
		if c.err == nil && end != inside.to {
			c.fail(lost(item.Start, "the end of a join"))
		}
		return w.match[at] + 1
	}
	return c.joinBody(item, s, w, at)
}

// joinBody converts left JOIN right [ON … | USING …].
func (c *mysqlConverter) joinBody(item *From, s *ast.Join, w window, at int) int {
	if s.Right == nil {
		inner, end := c.from(s.Left, w, at)
		*item = *inner
		return end
	}
	join := &Join{Natural: s.NaturalJoin, Using: mysqlColumnNames(s.Using), Kind: InnerJoin}
	item.Join = join
	word := "join"
	switch {
	case s.Tp == ast.LeftJoin:
		join.Kind = LeftJoin
	case s.Tp == ast.RightJoin:
		join.Kind = RightJoin
	case s.StraightJoin:
		word = "straight_join"
	}
	join.Left, at = c.from(s.Left, w, at)
	switch before := at; {
	case c.err != nil:
		return at
	case w.is(at, ","):
	default:
		at = w.skip(at, "natural", "inner", "left", "right", "outer", "cross")
		plain := w.sub(before, at)
		if !w.is(at, word) || c.kindOf(plain) != join.Kind || join.Natural != plain.is(before, "natural") {
			c.fail(lost(item.Start, "JOIN"))
			return at
		}
	}
	join.Right, at = c.from(s.Right, w, at+1)
	switch {
	case c.err != nil:
	case s.On != nil:
		if !w.is(at, "on") {
			c.fail(lost(item.Start, "ON"))
			return at
		}
		end := c.onEnd(w, at+1)
		body := w.sub(at+1, end)
		join.On, join.OnRange = c.expr(s.On.Expr, body), body.span()
		return end
	case len(s.Using) > 0:
		if !w.is(at, "using") || !w.is(at+1, "(") {
			c.fail(lost(item.Start, "USING"))
			return at
		}
		return w.match[at+1] + 1
	}
	return at
}

// kindOf is the kind of join that the words before JOIN say.
func (c *mysqlConverter) kindOf(w window) JoinKind {
	for i := w.from; i < w.to; i++ {
		switch {
		case w.is(i, "left"):
			return LeftJoin
		case w.is(i, "right"):
			return RightJoin
		}
	}
	return InnerJoin
}

// onEnd returns the index behind the condition of a join that begins at an index.
func (c *mysqlConverter) onEnd(w window, at int) int {
	return w.find(at, func(i int) bool {
		switch {
		case i == at || w.label(i):
			return false
		case w.is(i, "left", "right"): // functions, too
			return w.is(i+1, "join", "outer")
		}
		return w.is(i, ",", "join", "straight_join", "inner", "cross", "natural", "on", "using")
	})
}

// source converts a table or a subquery with its alias.
func (c *mysqlConverter) source(item *From, s *ast.TableSource, w window, at int) int {
	switch s.Source.(type) {
	case *ast.TableName:
		item.Table, at = c.table(s, w, at)
		return at
	case *ast.SelectStmt, *ast.SetOprStmt:
	default:
		c.fail(unsupported(item.Start, mysqlNode(s.Source)+" in FROM", "write it as a subquery of plain tables"))
		return at
	}
	if s.Lateral {
		item.Lateral = true
		if !w.is(at, "lateral") {
			c.fail(lost(item.Start, "LATERAL"))
			return at
		}
		at++
	}
	if !w.is(at, "(") {
		c.fail(lost(item.Start, "a subquery in FROM"))
		return at
	}
	item.Query = c.query(s.Source, w.sub(at+1, w.match[at]))
	at = w.match[at] + 1
	if s.AsName.O == "" {
		c.fail(unsupported(item.Start, "a subquery in FROM without a name", "put AS and a name behind it"))
		return at
	}
	item.Alias, at = c.alias(s.AsName, w, at)
	if item.Columns = mysqlNames(s.ColumnNames); len(item.Columns) > 0 && w.is(at, "(") {
		at = w.match[at] + 1
	}
	return at
}

// alias reads [AS] name at an index, and returns the name, folded, and the index
// behind it.
func (c *mysqlConverter) alias(name ast.CIStr, w window, at int) (string, int) {
	if w.is(at, "as") {
		at++
	}
	if at >= w.to || mysqlName(w.original(at)) != name.O {
		c.fail(lost(w.offset(at), "the alias "+name.O))
		return "", at
	}
	return c.name(name.O, w.offset(at)), at + 1
}

// table converts a table with its partitions, alias and index hints at an index, and
// returns the index behind it.
func (c *mysqlConverter) table(s *ast.TableSource, w window, at int) (*Table, int) {
	n, ok := s.Source.(*ast.TableName)
	t := &Table{}
	if !ok || c.err != nil {
		c.fail(lost(w.offset(at), "a table"))
		return t, at
	}
	if n.TableSample != nil || n.AsOf != nil {
		c.fail(unsupported(w.offset(at), "a sample or past state of a table", "read the table as it is"))
		return t, at
	}
	start := at
	if n.Schema.O != "" {
		c.fail(unsupported(w.offset(at), "a table name with a database", "leave out the database's name"))
		return t, at
	}
	if at >= w.to || mysqlName(w.original(at)) != n.Name.O {
		c.fail(lost(w.offset(at), "table "+n.Name.O))
		return t, at
	}
	t.Name = c.name(n.Name.O, w.offset(at))
	at++
	t.NameOnly = w.sub(start, at).span()
	if len(n.PartitionNames) > 0 {
		if !w.is(at, "partition") || !w.is(at+1, "(") {
			c.fail(lost(w.offset(at), "PARTITION"))
			return t, at
		}
		at = w.match[at+1] + 1
	}
	t.NameRange = w.sub(start, at).span()
	if s.AsName.O != "" {
		t.Alias, at = c.alias(s.AsName, w, at)
	}
	hints := at
	for range n.IndexHints {
		open := w.find(at, func(i int) bool { return w.is(i, "(") })
		if !w.is(at, "use", "force", "ignore") || open == w.to {
			c.fail(lost(w.offset(at), "an index hint"))
			return t, at
		}
		at = w.match[open] + 1
	}
	if at > hints {
		t.Index = w.sub(hints, at).span()
	}
	t.Range = w.sub(start, at).span()
	return t, at
}
