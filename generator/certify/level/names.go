package level

import "github.com/tenancygen/tenancygen/generator/parse"

// Names are the common table expressions that a query sees, innermost first. Nil
// is none.
type Names struct {
	CTE *parse.CTE
	// Outer are the names that stood before it; they are what its body sees, unless
	// it is Recursive, and sees its own name as well.
	Outer     *Names
	Recursive bool
}

// Find returns the innermost expression of that name, or nil.
func (n *Names) Find(name string) *Names {
	for ; n != nil; n = n.Outer {
		if n.CTE.Name == name {
			return n
		}
	}
	return nil
}

// And returns n with all the names of a WITH clause: what the query that the
// clause belongs to sees.
func (n *Names) And(w *parse.With) *Names {
	if w != nil {
		for _, cte := range w.CTEs {
			n = &Names{cte, n, w.Recursive}
		}
	}
	return n
}

// Bodies calls visit for the body of each expression of a WITH clause, with the
// names that it sees. PostgreSQL's rule: under RECURSIVE every body sees all names
// of the clause; otherwise a body sees those before it, and its own name and later
// ones mean what they mean outside.
func (n *Names) Bodies(w *parse.With, visit func(*parse.Query, *Names)) {
	if w == nil {
		return
	}
	if w.Recursive {
		n = n.And(w)
	}
	for _, cte := range w.CTEs {
		visit(cte.Query, n)
		if !w.Recursive {
			n = &Names{cte, n, false}
		}
	}
}
