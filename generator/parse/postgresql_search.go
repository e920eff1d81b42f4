package parse

import "github.com/sqlc-dev/oliphant/ast"

// searchAndCycle reads the SEARCH and CYCLE clauses that may follow a common table
// expression's query, at i, and returns where they end. They add columns that are
// made of the expression's own rows, and nothing that the later stages look into.
func (c *converter) searchAndCycle(item *CTE, cte *ast.CommonTableExpr, w window, i int) int {
	// names skips a list of n names after the given words.
	names := func(n int, words ...string) {
		for _, word := range words {
			if c.err == nil && !w.is(i, word) {
				c.fail(lost(item.Start, "what follows the query of "+item.Name))
			}
			i++
		}
		i += 2*n - 1
	}
	if s := cte.SearchClause; s != nil {
		order := "depth"
		if s.SearchBreadthFirst {
			order = "breadth"
		}
		names(len(s.SearchColList), "search", order, "first", "by")
		names(1, "set")
		item.Added = append(item.Added, s.SearchSeqColumn)
	}
	if s := cte.CycleClause; s != nil {
		names(len(s.CycleColList), "cycle")
		names(1, "set")
		if w.is(i, "to") {
			using := w.findWord(i, "using")
			for _, mark := range c.exprs([]*ast.Node{s.CycleMarkValue, s.CycleMarkDefault}, w.sub(i, using)) {
				if mark.Uncast().Kind != ConstExpr {
					c.fail(unsupported(w.list[i].Start, "a mark of CYCLE that is no constant", "use constants"))
				}
			}
			i = using
		}
		names(1, "using")
		item.Added = append(item.Added, s.CycleMarkColumn, s.CyclePathColumn)
	}
	return i
}
