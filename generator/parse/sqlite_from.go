package parse

import (
	"strings"

	"github.com/sqlc-dev/meyer/ast"
)

// fromList converts a FROM clause. To SQLite a comma is one more join operator of the
// same precedence, so what stands before another join is its left side. Only commas
// behind the last join part items, as they do in the tree.
func (c *sqliteConverter) fromList(list []*ast.TableRef) []*From {
	last := 0
	for i, n := range list {
		if i > 0 && (n.Join.Type&ast.JoinComma == 0 || n.On != nil || n.Using != nil) {
			last = i
		}
	}
	out := []*From{c.joins(list[:last+1])}
	for _, n := range list[last+1:] {
		out = append(out, c.fromItem(n))
	}
	return out
}

// joins converts items that are joined, from left to right.
func (c *sqliteConverter) joins(list []*ast.TableRef) *From {
	left := c.fromItem(list[0])
	if list[0].On != nil || list[0].Using != nil {
		c.fail(&Error{Pos: list[0].Pos(), Message: "a JOIN clause is required before ON", Help: "correct the SQL; it must parse as SQLite"})
	}
	for _, n := range list[1:] {
		join := &Join{Left: left, Right: c.fromItem(n), Using: c.names(n.Using)}
		c.joinKind(join, n.Join)
		join.On, join.OnRange = c.condition(n.On)
		if join.Natural && (n.On != nil || n.Using != nil) {
			c.fail(&Error{Pos: n.Pos(), Message: "a NATURAL join may not have an ON or USING clause", Help: "leave one of them out"})
		}
		left = &From{Range: Range{left.Start, n.End()}, Join: join}
	}
	return left
}

// joinKind reads a join operator. SQLite takes its words in any order and
// combination, and even LEFT RIGHT JOIN for a full one.
func (c *sqliteConverter) joinKind(join *Join, op *ast.JoinOperator) {
	words := strings.ToUpper(strings.Join(op.Words, " "))
	if rest, ok := strings.CutPrefix(words, "NATURAL "); ok && rest != "CROSS JOIN" {
		join.Natural, words = true, rest
	}
	switch words {
	case "", "JOIN", "INNER JOIN", "CROSS JOIN":
		join.Kind = InnerJoin
	case "LEFT JOIN", "LEFT OUTER JOIN":
		join.Kind = LeftJoin
	case "RIGHT JOIN", "RIGHT OUTER JOIN":
		join.Kind = RightJoin
	case "FULL JOIN", "FULL OUTER JOIN":
		join.Kind = FullJoin
	default:
		c.refuse(op.Pos(), "the join "+words, "write [NATURAL] and then INNER, LEFT, RIGHT or FULL JOIN, or CROSS JOIN")
	}
}

// fromItem converts an item without its join operator and condition.
func (c *sqliteConverter) fromItem(n *ast.TableRef) *From {
	start := n.Pos()
	if n.Join != nil {
		start = c.offset(c.indexAt(n.Join.End()))
	}
	item := &From{Range: Range{start, start}}
	switch {
	case n.Name != nil && !n.HasArgs:
		item.Table = c.table(n.Name, n.Alias, n.IndexedBy, n.NotIndexed)
		item.Range = item.Table.Range
		return item
	case n.Name != nil:
		item.Function = []*Expr{c.tableFunction(n)}
		item.End = c.closing(c.indexAt(n.Name.End()))
	case n.Select != nil:
		item.Query = c.query(n.Select)
		item.End = c.closing(c.indexAt(start))
	default:
		item = c.joinsInside(n, start)
	}
	if n.Alias != nil {
		item.Alias, item.End = c.name(n.Alias), n.Alias.End()
	}
	return item
}

// closing is where the bracket ends that closes the one at index i.
func (c *sqliteConverter) closing(i int) int {
	if i >= c.to || !c.is(i, "(") {
		c.fail(lost(c.offset(i), "a bracket"))
		return c.offset(i)
	}
	return c.list[c.match[i]].End
}

// joinsInside converts a join in parentheses. Around a single item SQLite does not
// see the alias inside, and with an alias the names inside stay visible.
func (c *sqliteConverter) joinsInside(n *ast.TableRef, start int) *From {
	switch {
	case len(n.List) == 1:
		c.refuse(start, "a single table or subquery in parentheses", "take the parentheses out")
	case n.Alias != nil:
		c.refuse(n.Alias.Pos(), "an alias of a join", "leave it out: the names inside the parentheses are visible outside")
	}
	item := c.joins(n.List)
	item.Range = Range{start, c.closing(c.indexAt(start))}
	return item
}

// tableFunction converts the call of a function in FROM.
func (c *sqliteConverter) tableFunction(n *ast.TableRef) *Expr {
	return &Expr{Kind: FuncExpr, Pos: n.Name.Pos(), Name: c.relationName(n.Name), Args: c.exprs(n.Args)}
}

// relationName is the name of a table or a function in FROM.
func (c *sqliteConverter) relationName(n *ast.QualifiedName) string {
	name := c.name(n.Name)
	switch {
	case n.Schema != nil:
		c.refuse(n.Pos(), "a table name with a database", "leave out "+n.Schema.Raw+", and attach no other database: every tenant's file has the same tables")
	case strings.HasPrefix(name, "pragma_"):
		c.refuse(n.Pos(), name, "a PRAGMA reads and changes what belongs to the whole database; run it outside of the generated queries")
	}
	return name
}

// table converts a reference to a table with its alias and index.
func (c *sqliteConverter) table(n *ast.QualifiedName, alias, index *ast.Ident, noIndex bool) *Table {
	t := &Table{Range: spanOf(n), NameRange: spanOf(n), NameOnly: spanOf(n), Name: c.relationName(n), Alias: c.name(alias)}
	if alias != nil {
		t.End = alias.End()
	}
	at := c.indexAt(t.End)
	switch {
	case index != nil:
		c.name(index)
		t.Index, t.IndexName = Range{c.offset(at), index.End()}, spanOf(index)
	case noIndex:
		t.Index = c.sub(at, at+2).span()
	default:
		return t
	}
	t.End = t.Index.End
	return t
}
