package parse

// census counts what a statement holds that could reach a table, a parameter or
// a function.
type census struct {
	queries, tables, columns, params, functions int
}

// written is how many tables an UPDATE or DELETE names beside those that it reads.
func written(joined bool) int {
	if joined {
		return 0
	}
	return 1
}

// countTree counts the same in our tree, by the walks that the stages use.
func countTree(q *Query) census {
	var c census
	q.EachQuery(func(q *Query) {
		c.queries++
		switch {
		case q.Select != nil:
			c.tables += len(Tables(q.Select.From))
		case q.Insert != nil:
			c.tables++
		case q.Update != nil:
			c.tables += written(q.Update.Joined) + len(Tables(q.Update.From))
		case q.Delete != nil:
			c.tables += written(q.Delete.Joined) + len(Tables(q.Delete.Using))
		case q.Merge != nil:
			c.tables += 1 + len(Tables([]*From{q.Merge.Source}))
		}
		q.Expressions(func(e *Expr) {
			switch e.Kind {
			case ColumnExpr:
				c.columns++
			case ParamExpr:
				c.params++
			case FuncExpr:
				c.functions++
			}
		})
	})
	return c
}
