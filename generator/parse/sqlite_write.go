package parse

import (
	"fmt"
	"slices"

	"github.com/sqlc-dev/meyer/ast"
)

func (c *sqliteConverter) insert(s *ast.InsertStmt) *Query {
	ins := &Insert{Target: c.table(s.Table, s.Alias, nil, false), Replace: s.Replace}
	q := &Query{Range: c.span(), With: c.with(s.With), Insert: ins}
	replace, ignore := c.resolution(s.OrConflict, s.Table)
	ins.Replace, ins.Ignore = ins.Replace || replace, ignore
	ins.ColumnsEnd = ins.Target.End
	if len(s.Columns) > 0 {
		ins.HasColumns = true
		ins.ColumnsEnd = s.Columns[len(s.Columns)-1].End()
	}
	for _, n := range s.Columns {
		name := c.written(n)
		if slices.ContainsFunc(ins.Columns, func(before Column) bool { return before.Name == name }) {
			c.fail(&Error{Pos: n.Pos(), Message: fmt.Sprintf("the column list names %q twice", name), Help: "name each column once, with one value for it"})
		}
		ins.Columns = append(ins.Columns, Column{Range: spanOf(n), Name: name})
	}
	switch {
	case s.Select != nil:
		ins.Source = c.query(s.Select)
	case s.DefaultValues:
		at := c.indexAt(ins.Target.End)
		if !c.is(at, "default") || !c.is(at+1, "values") {
			c.refuse(c.offset(at), "DEFAULT VALUES behind a column list", "leave the columns out")
			break
		}
		ins.DefaultValues = c.sub(at, at+2).span()
	default:
		c.fail(lost(s.Pos(), "the source of an INSERT"))
	}
	if len(s.Upserts) > 0 {
		ins.Conflict = c.conflict(s.Upserts[0])
	}
	if len(s.Upserts) > 1 {
		c.refuse(s.Upserts[1].Pos(), "more than one ON CONFLICT", "write one clause, for the key that the statement is about")
	}
	ins.Returning = c.returning(s.Returning)
	return q
}

// resolution reads OR …. ABORT is what SQLite does anyway. FAIL keeps what was
// written before the error, and ROLLBACK ends the transaction that the statement is
// in, which belongs to somebody else.
func (c *sqliteConverter) resolution(action ast.ConflictAction, at *ast.QualifiedName) (replace, ignore bool) {
	switch action {
	case ast.ConflictDefault, ast.ConflictAbort:
	case ast.ConflictReplace:
		return true, false
	case ast.ConflictIgnore:
		return false, true
	default:
		c.refuse(at.Pos(), "OR "+action.String(), "leave it out: an error then undoes the statement, and the transaction is yours to end")
	}
	return false, false
}

// rowidNames are the columns that every table has beside those of the schema.
var rowidNames = []string{"rowid", "oid", "_rowid_"}

// written is the name of a column that is written.
func (c *sqliteConverter) written(n *ast.Ident) string {
	name := c.name(n)
	if slices.Contains(rowidNames, name) {
		c.refuse(n.Pos(), "writing "+name, "declare a column id INTEGER PRIMARY KEY, which is the same number, and write that")
	}
	return name
}

// conflict converts an ON CONFLICT clause.
func (c *sqliteConverter) conflict(s *ast.Upsert) *Conflict {
	out := &Conflict{Range: spanOf(s), End: s.End(), Update: !s.DoNothing, Set: c.setList(s.Set), ArbiterWhere: c.expr(s.TargetWhere)}
	for _, term := range s.Target {
		if term.Order != ast.SortDefault || term.Nulls != ast.NullsDefault {
			c.refuse(term.Pos(), "an order in ON CONFLICT", "leave it out: it has no meaning there")
		}
		if name, ok := term.Expr.(*ast.Ident); ok {
			out.Columns = append(out.Columns, c.name(name))
			continue
		}
		out.Expressions = append(out.Expressions, c.expr(term.Expr))
	}
	out.Where, out.WhereRange = c.condition(s.Where)
	return out
}

// setList converts assignments. Of two to one column SQLite takes the last.
func (c *sqliteConverter) setList(list []*ast.SetPair) []Set {
	var out []Set
	seen := map[string]bool{}
	for _, n := range list {
		set := Set{Range: spanOf(n), Value: c.expr(n.Value), ValueRange: spanOf(n.Value)}
		for _, column := range n.Columns {
			name := c.written(column)
			if seen[name] {
				c.fail(&Error{Pos: column.Pos(), Message: fmt.Sprintf("column %q is assigned to twice", name), Help: "assign to each column once"})
			}
			seen[name] = true
			set.Columns = append(set.Columns, name)
		}
		if row, ok := unparenthesized(n.Value).(*ast.VectorExpr); ok && n.Paren && set.Value != nil {
			for i, item := range row.List {
				set.Items = append(set.Items, Item{Range: spanOf(item), Value: spanOf(item), Expr: set.Value.Args[i]})
			}
		}
		out = append(out, set)
	}
	return out
}

func (c *sqliteConverter) update(s *ast.UpdateStmt) *Query {
	up := &Update{Target: c.table(s.Table, s.Alias, s.IndexedBy, s.NotIndexed), Set: c.setList(s.Set)}
	q := &Query{Range: c.span(), With: c.with(s.With), Update: up}
	up.Replace, up.Ignore = c.resolution(s.OrConflict, s.Table)
	up.FromEnd = s.Set[len(s.Set)-1].End()
	if len(s.From) > 0 {
		up.From = c.fromList(s.From)
		up.FromEnd = s.From[len(s.From)-1].End()
	}
	up.Where, up.WhereRange = c.condition(s.Where)
	up.Returning = c.returning(s.Returning)
	c.unlimited(s.OrderBy, s.Limit)
	return q
}

func (c *sqliteConverter) delete(s *ast.DeleteStmt) *Query {
	del := &Delete{Target: c.table(s.Table, s.Alias, s.IndexedBy, s.NotIndexed)}
	q := &Query{Range: c.span(), With: c.with(s.With), Delete: del}
	del.FromEnd = del.Target.End
	del.Where, del.WhereRange = c.condition(s.Where)
	del.Returning = c.returning(s.Returning)
	c.unlimited(s.OrderBy, s.Limit)
	return q
}

// unlimited refuses the clauses that only an SQLite reads that was built for them.
func (c *sqliteConverter) unlimited(order []*ast.OrderingTerm, limit *ast.Limit) {
	help := "choose the rows in a subquery: WHERE id IN (SELECT id … ORDER BY … LIMIT …)"
	if len(order) > 0 {
		c.refuse(order[0].Pos(), "ORDER BY of an UPDATE or DELETE", help)
	}
	if limit != nil {
		c.refuse(limit.Pos(), "LIMIT of an UPDATE or DELETE", help)
	}
}

// returning converts a RETURNING clause.
func (c *sqliteConverter) returning(list []*ast.ResultColumn) []Target {
	for _, n := range list {
		if star, ok := n.Expr.(*ast.Star); ok && star.Table != nil {
			c.fail(&Error{Pos: n.Pos(), Message: "RETURNING may not use table.*", Help: "write * for the columns of the table that is written, or list them"})
		}
	}
	return c.targets(list)
}
