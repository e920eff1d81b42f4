package parse

import (
	"fmt"
	"slices"

	"github.com/sqlc-dev/marino/ast"
	"github.com/sqlc-dev/marino/mysql"
)

// insert converts an INSERT or REPLACE that is exactly w.
func (c *mysqlConverter) insert(q *Query, s *ast.InsertStmt, w window) {
	ins := &Insert{Replace: s.IsReplace, Ignore: s.IgnoreErr}
	q.Insert = ins
	switch {
	case s.Setlist:
		c.fail(unsupported(w.start(), "INSERT … SET", "write INSERT INTO … (columns) VALUES (values)"))
	case s.Priority == mysql.DelayedPriority:
		c.fail(unsupported(w.start(), "INSERT DELAYED", "leave DELAYED out; its errors would be lost"))
	case len(s.ColumnAliases) > 0:
		c.fail(unsupported(w.start(), "names for the columns of the new row", "write AS new without a list, and new.column"))
	}
	at := w.skip(w.from+1, "low_priority", "high_priority", "ignore", "into")
	source, ok := s.Table.TableRefs.Left.(*ast.TableSource)
	if !ok || c.err != nil {
		c.fail(lost(w.start(), "the table"))
		return
	}
	ins.Target, at = c.table(source, w, at)
	if len(s.PartitionNames) > 0 {
		c.fail(unsupported(ins.Target.Start, "INSERT INTO … PARTITION", "leave PARTITION out; the server chooses it"))
		return
	}
	ins.ColumnsEnd = w.list[at-1].End
	conflict := w.find(at, func(i int) bool { return w.is(i, "on") && w.is(i+1, "duplicate") && w.is(i+2, "key") })
	rows := w.sub(w.from, conflict)
	if s.Columns != nil && rows.is(at, "(") {
		at = c.columns(ins, s, rows, at)
	}
	switch {
	case s.Select != nil:
		ins.Source = c.query(s.Select, rows.sub(at, rows.to))
	case len(s.Columns) == 0 && len(s.Lists) == 1 && len(s.Lists[0]) == 0:
		ins.DefaultValues = c.noValues(s, rows, at)
	default:
		ins.Source = c.values(s, rows.sub(at, rows.to))
	}
	if len(s.OnDuplicate) > 0 {
		ins.Conflict = c.conflict(s, w.sub(conflict, w.to))
	} else if conflict != w.to {
		c.fail(lost(w.start(), "ON DUPLICATE KEY UPDATE"))
	}
}

// columns converts the column list at an index, and returns the index behind it.
func (c *mysqlConverter) columns(ins *Insert, s *ast.InsertStmt, w window, at int) int {
	list := w.sub(at+1, w.match[at])
	if len(s.Columns) == 0 {
		return list.to + 1
	}
	ins.HasColumns, ins.ColumnsEnd = true, list.end()
	parts := list.split()
	if len(parts) != len(s.Columns) {
		c.fail(lost(list.start(), "the column list"))
		return list.to + 1
	}
	for i, part := range parts {
		name := s.Columns[i].Name.L
		if slices.ContainsFunc(ins.Columns, func(before Column) bool { return before.Name == name }) {
			c.fail(&Error{Pos: part.start(), Message: fmt.Sprintf("the column list names %q twice", name), Help: "name each column once, with one value for it"})
		}
		if c.qualifier(s.Columns[i], ins.Target, part.start()); part.empty() || part.to-part.from > 5 {
			c.fail(lost(list.start(), "the column list"))
			return list.to + 1
		}
		ins.Columns = append(ins.Columns, Column{Range: part.span(), Name: name})
	}
	return list.to + 1
}

// qualifier refuses a name that is given to a column of another table than the one
// that is written.
func (c *mysqlConverter) qualifier(column *ast.ColumnName, target *Table, pos int) {
	if column.Table.L != "" && column.Table.L != target.Visible() {
		c.fail(unsupported(pos, "the column "+column.Table.O+"."+column.Name.O+" of another table", "write columns of "+target.Visible()+" alone"))
	}
}

// noValues is the text of VALUES () with the empty list of columns before it.
func (c *mysqlConverter) noValues(s *ast.InsertStmt, w window, at int) Range {
	from := at
	if w.is(at-1, ")") {
		from = w.match[at-1]
	}
	if s.RowAlias != nil || !w.is(at, "values", "value") || !w.is(at+1, "(") || w.match[at+1] != at+2 || at+3 != w.to {
		c.fail(lost(w.start(), "VALUES ()"))
	}
	return w.sub(from, w.to).span()
}

// values converts VALUES with its rows, and the name of the new row behind them.
func (c *mysqlConverter) values(s *ast.InsertStmt, w window) *Query {
	if s.RowAlias != nil {
		if !w.is(w.to-2, "as") {
			c.fail(lost(w.start(), "the name of the new row"))
			return nil
		}
		c.rowAlias = c.name(s.RowAlias.O, w.list[w.to-1].Start)
		w = w.sub(w.from, w.to-2)
	}
	q := &Query{Range: w.span(), Values: &Values{}}
	rows := w.sub(w.from+1, w.to).split()
	if !w.is(w.from, "values", "value") || len(rows) != len(s.Lists) {
		c.fail(lost(w.start(), "VALUES"))
		return q
	}
	for i, row := range rows {
		if !row.enclosed() {
			c.fail(lost(row.start(), "a row of VALUES"))
			return q
		}
		items := row.inner().split()
		if len(items) != len(s.Lists[i]) {
			c.fail(lost(row.start(), "a row of VALUES"))
			return q
		}
		out := Row{Range: row.span()}
		for j, n := range s.Lists[i] {
			out.Items = append(out.Items, Item{Range: items[j].span(), Value: items[j].span(), Expr: c.expr(n, items[j])})
		}
		q.Values.Rows = append(q.Values.Rows, out)
	}
	return q
}

// conflict converts ON DUPLICATE KEY UPDATE, which is exactly w.
func (c *mysqlConverter) conflict(s *ast.InsertStmt, w window) *Conflict {
	out := &Conflict{Range: w.span(), End: w.end(), Update: true, Unguarded: true}
	if !w.is(w.from+3, "update") {
		c.fail(lost(w.start(), "ON DUPLICATE KEY UPDATE"))
		return out
	}
	c.proposed = true
	sets, _ := c.setList(s.OnDuplicate, w.sub(w.from+4, w.to))
	c.proposed, c.rowAlias = false, ""
	out.Set = sets
	return out
}

// setList converts the assignments that are exactly w, and gives the tables that
// their columns are said to be of.
func (c *mysqlConverter) setList(list []*ast.Assignment, w window) ([]Set, []string) {
	var sets []Set
	var tables []string
	parts := w.split()
	if c.err != nil || len(parts) != len(list) {
		c.fail(lost(w.start(), "an assignment"))
		return nil, nil
	}
	for i, part := range parts {
		eq := part.find(part.from, func(i int) bool { return part.is(i, "=", ":=") })
		value := part.sub(eq+1, part.to)
		if eq >= part.to || value.empty() {
			c.fail(lost(part.start(), "an assignment"))
			return nil, nil
		}
		set := Set{Range: part.span(), ValueRange: value.span(), Columns: []string{list[i].Column.Name.L}, Value: c.expr(list[i].Expr, value)}
		set.Default = set.Value != nil && set.Value.Kind == DefaultExpr
		sets = append(sets, set)
		if list[i].Column.Schema.L != "" {
			c.fail(unsupported(part.start(), "a column with the name of the database", "leave the database's name out"))
		}
		tables = append(tables, list[i].Column.Table.L)
	}
	return sets, tables
}

// update converts an UPDATE that is exactly w.
func (c *mysqlConverter) update(q *Query, s *ast.UpdateStmt, w window) {
	if c.err != nil {
		return
	}
	up := &Update{Ignore: s.IgnoreErr}
	q.Update = up
	at := w.skip(w.from+1, "low_priority", "ignore")
	set := w.findWord(at, "set")
	tail := c.tail(q, s.Order, s.Limit, w)
	where := min(w.findWord(set, "where"), tail)
	if !w.is(w.from, "update") || set >= where {
		c.fail(lost(w.start(), "UPDATE"))
		return
	}
	up.FromEnd = w.sub(w.from, where).end()
	from := c.fromList(s.TableRefs.TableRefs, w.sub(at, set))
	sets, tables := c.setList(s.List, w.sub(set+1, where))
	up.Set = sets
	up.Where, up.WhereRange = c.where(s.Where, w.sub(w.from, tail), where)
	if c.err != nil {
		return
	}
	if len(from) == 1 && from[0].Table != nil {
		up.Target = from[0].Table
		for i, table := range tables {
			if table != "" && table != up.Target.Visible() {
				c.fail(unsupported(up.Set[i].Start, "a column of another table than "+up.Target.Visible(), "write columns of the updated table alone"))
			}
		}
		return
	}
	up.From, up.Joined = from, true
	up.Target = c.written(from, tables, up.Set[0].Start)
	c.joinedTail(q)
}

// written is the one table of a FROM clause that the names stand for.
func (c *mysqlConverter) written(from []*From, names []string, pos int) *Table {
	if slices.Contains(names, "") {
		c.fail(unsupported(pos, "a SET of several tables' columns without the table's name", "write SET table.column = …"))
		return nil
	}
	for _, name := range names {
		if name != names[0] {
			c.fail(unsupported(pos, "a statement that writes more than one table", "write one statement for each table"))
			return nil
		}
	}
	var found []*Table
	for _, t := range Tables(from) {
		if t.Visible() == names[0] {
			found = append(found, t)
		}
	}
	if len(found) != 1 {
		c.fail(unsupported(pos, fmt.Sprintf("writing %q, which is not one table of the statement,", names[0]), "name the table by its alias, and give each table a name of its own"))
		return nil
	}
	return found[0]
}

// joinedTail refuses ORDER BY and LIMIT, which no statement with several tables has.
func (c *mysqlConverter) joinedTail(q *Query) {
	if len(q.OrderBy) > 0 || q.Limit != nil {
		c.fail(unsupported(q.Start, "ORDER BY or LIMIT with more than one table", "leave it out, or select the keys in a subquery"))
	}
}

// delete converts a DELETE that is exactly w.
func (c *mysqlConverter) delete(q *Query, s *ast.DeleteStmt, w window) {
	if c.err != nil {
		return
	}
	del := &Delete{Ignore: s.IgnoreErr}
	q.Delete = del
	at := w.skip(w.from+1, "low_priority", "quick", "ignore")
	tail := c.tail(q, s.Order, s.Limit, w)
	where := min(w.findWord(at, "where"), tail)
	begin := at + 1 // behind FROM
	if s.IsMultiTable {
		word := "using"
		if s.BeforeFrom {
			word = "from"
		}
		begin = w.findWord(at+1, word) + 1
	}
	if !w.is(w.from, "delete") || !s.BeforeFrom && !w.is(at, "from") || begin >= where {
		c.fail(lost(w.start(), "DELETE"))
		return
	}
	del.FromEnd = w.sub(w.from, where).end()
	from := c.fromList(s.TableRefs.TableRefs, w.sub(begin, where))
	del.Where, del.WhereRange = c.where(s.Where, w.sub(w.from, tail), where)
	if c.err != nil {
		return
	}
	if !s.IsMultiTable {
		if del.Target = from[0].Table; len(from) != 1 || del.Target == nil {
			c.fail(lost(w.start(), "the table"))
		}
		return
	}
	var names []string
	for _, t := range s.Tables.Tables {
		if t.Schema.L != "" {
			c.fail(unsupported(w.start(), "a deleted table with the name of its database", "leave the database's name out"))
		}
		names = append(names, t.Name.L)
	}
	del.Using, del.Joined = from, true
	del.Target = c.written(from, names, w.offset(at))
	c.joinedTail(q)
}

// where converts the WHERE clause whose keyword is at index i of w and which ends
// with w.
func (c *mysqlConverter) where(n ast.ExprNode, w window, i int) (*Expr, Range) {
	if n == nil {
		if i < w.to {
			c.fail(lost(w.offset(i), "WHERE"))
		}
		return nil, Range{}
	}
	if !w.is(i, "where") {
		c.fail(lost(w.start(), "WHERE"))
		return nil, Range{}
	}
	body := w.sub(i+1, w.to)
	return c.expr(n, body), body.span()
}
