package scope

import (
	"strconv"
	"strings"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/dialect"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
	"github.com/tenancygen/tenancygen/generator/source"
)

// Options are what the configuration says about scoping.
type Options struct {
	// KeepTenantParams leaves parameters that the author ties to the tenant column
	// in the signature.
	KeepTenantParams bool
}

// Statement decides how a parsed statement is scoped. What is refused goes into
// the report, at its place; the plan is marked as refused then, and serves to
// list the references.
func Statement(text *parse.QueryText, q *parse.Query, cat *catalog.Catalog, opts Options, report *diag.Report) *Plan {
	names, err := parse.Identifiers(cat.Dialect, text.Text)
	if err != nil {
		report.Errorf(diag.Internal, text.At(0), "%v", err).WithHelp("report this as a bug").InQuery(text.Name)
		return &Plan{Refused: true}
	}
	s := &scoper{
		text: text, catalog: cat, opts: opts, report: report, names: names, locked: q.Locked(),
		plan: &Plan{Bound: map[int]bool{}, TenantType: cat.TenantType, Spellings: q.Spellings}, everywhere: map[string]bool{},
	}
	q.EachQuery(func(q *parse.Query) {
		if q.With != nil && q.With.Everywhere {
			for _, cte := range q.With.CTEs {
				s.everywhere[cte.Name] = true
			}
		}
	})
	s.query(q, nil)
	s.readApart(q)
	s.checkStrings(q)
	s.checkGlobalWrites()
	s.checkReread(q)
	return s.plan
}

// scoper walks one statement.
type scoper struct {
	text    *parse.QueryText
	catalog *catalog.Catalog
	opts    Options
	report  *diag.Report
	names   map[string]bool // all names in the statement, and those made up so far
	plan    *Plan
	ctes    map[string]bool // all CTE names of the statement
	locked  map[*parse.Table]bool
	// everywhere are CTE names that hide a table also before the expression.
	everywhere map[string]bool
	// view is the view whose body this is, and hidden tells which names mean a
	// common table expression of the statement around it; nil for a statement.
	view   *catalog.View
	hidden func(name string) bool
}

// refuse reports an error at a place of the statement.
func (s *scoper) refuse(code diag.Code, span source.Span, format string, args ...any) *diag.Diagnostic {
	s.plan.Refused = true
	return s.report.Errorf(code, span, format, args...).InQuery(s.text.Name)
}

func (s *scoper) span(r parse.Range) source.Span { return s.text.Span(r) }

// scopeNames are the common table expressions that a query level can see.
type scopeNames struct {
	outer *scopeNames
	name  string
	// query is the expression, which sees the names outside; nil under RECURSIVE.
	query *parse.CTE
}

// find returns the common table expression of that name, or nil.
func (n *scopeNames) find(name string) *scopeNames {
	for ; n != nil; n = n.outer {
		if n.name == name {
			return n
		}
	}
	return nil
}

func (n *scopeNames) has(name string) bool { return n.find(name) != nil }

// within are the names that a query sees inside its own WITH clause.
func (s *scoper) within(w *parse.With, names *scopeNames) *scopeNames {
	if w == nil {
		return names
	}
	for _, cte := range w.CTEs {
		names = s.declare(w, cte, names)
	}
	return names
}

// query scopes a query and everything inside it. PostgreSQL's rules for names:
// a CTE sees the ones before it, and, under RECURSIVE, also itself and the ones
// after it; the target of INSERT, UPDATE, DELETE and MERGE is always a real
// table.
func (s *scoper) query(q *parse.Query, names *scopeNames) {
	if q.With != nil {
		if q.With.Everywhere {
			s.within(q.With, names) // the names are known to the bodies, too
		}
		if q.With.Recursive {
			for _, cte := range q.With.CTEs {
				names = s.declare(q.With, cte, names)
			}
			for _, cte := range q.With.CTEs {
				s.query(cte.Query, names)
			}
		} else {
			for _, cte := range q.With.CTEs {
				s.query(cte.Query, names)
				names = s.declare(q.With, cte, names)
			}
		}
	}
	switch {
	case q.Select != nil:
		s.selectLevel(q, names)
	case q.SetOp != nil:
		s.query(q.SetOp.Left, names)
		s.query(q.SetOp.Right, names)
	case q.Insert != nil:
		s.insert(q, names)
	case q.Update != nil:
		s.update(q, names)
	case q.Delete != nil:
		s.delete(q, names)
	case q.Merge != nil:
		s.merge(q, names)
	}
	s.expressions(q, names)
}

func (s *scoper) declare(w *parse.With, cte *parse.CTE, names *scopeNames) *scopeNames {
	if s.ctes == nil {
		s.ctes = map[string]bool{}
	}
	s.ctes[cte.Name] = true
	n := &scopeNames{outer: names, name: cte.Name}
	if !w.Recursive {
		n.query = cte
	}
	return n
}

// expressions checks the functions and operators of a query's own expressions
// and scopes the subqueries in them.
func (s *scoper) expressions(q *parse.Query, names *scopeNames) {
	q.Expressions(func(e *parse.Expr) {
		switch e.Kind {
		case parse.SubqueryExpr:
			s.query(e.Query, names)
		case parse.FuncExpr:
			s.function(e)
		case parse.ColumnExpr:
			s.attribute(e)
		case parse.OpExpr:
			s.operatorName(e)
		}
	})
}

func (s *scoper) function(e *parse.Expr) {
	switch s.catalog.Function(e.Name) {
	case dialect.FunctionUnknown:
		s.refuse(diag.FunctionRefused, s.text.At(e.Pos), "function %q is not known to be safe: it could read other tenants' rows", e.Name).
			WithHelp("if it reads no table, allow it in the config: functions: [%s]", e.Name)
	case dialect.FunctionForbidden:
		s.refuse(diag.FunctionRefused, s.text.At(e.Pos), "function %q is refused: it can read or change what belongs to other tenants", e.Name).
			WithHelp("write what it does as plain SQL, or mark the query unscoped with a reason")
	}
}

// attribute refuses x.name where the schema has a function of that name: without
// such a column, PostgreSQL calls the function.
func (s *scoper) attribute(e *parse.Expr) {
	if len(e.Path) < 2 || e.Star || !s.catalog.Declares(e.Path[len(e.Path)-1]) {
		return
	}
	s.refuse(diag.FunctionRefused, s.text.At(e.Pos), "%q may be a column or a call of the function %q, which is not known to be safe", strings.Join(e.Path, "."), e.Path[len(e.Path)-1]).
		WithHelp("give the function another name than the column, or write the column without its table")
}

// operatorName refuses operators that the schema declares or that are called by a
// schema: their meaning is whatever that says.
func (s *scoper) operatorName(e *parse.Expr) {
	words := strings.Fields(e.Name)
	if len(words) > 0 && s.catalog.DeclaresOperator(words[len(words)-1]) {
		s.refuse(diag.FunctionRefused, s.text.At(e.Pos), "the operator %s is declared by the schema and not known to be safe", words[len(words)-1]).
			WithHelp("use an operator of the database's own")
		return
	}
	for i := range len(e.Name) {
		if e.Name[i] == '.' {
			s.refuse(diag.SyntaxUnsupported, s.text.At(e.Pos), "OPERATOR(%s) is not supported", words[len(words)-1]).
				WithHelp("use the plain operator")
			return
		}
	}
}

// checkGlobalWrites refuses a statement that writes a global table and reads a
// tenant's: its rows would become everybody's.
func (s *scoper) checkGlobalWrites() {
	tenant := ""
	for _, r := range s.plan.References {
		if r.Class() != ir.ClassGlobal {
			tenant = r.Table.QualifiedName()
			s.plan.NeedsTenant = true
		}
	}
	if tenant == "" {
		return
	}
	for _, w := range s.plan.GlobalWrites {
		s.refuse(diag.GlobalWrite, s.span(w.Ref.NameRange), "the statement writes global table %q and uses tenant table %q", w.Table.QualifiedName(), tenant).
			WithHelp("write the global table in a statement of its own, or mark the query unscoped with a reason")
	}
}

// resolve finds the table of a reference. It returns nil for a common table
// expression and for what is refused.
func (s *scoper) resolve(ref *parse.Table, names *scopeNames) *catalog.Table {
	if ref.Schema == "" && names.has(ref.Name) {
		return nil
	}
	t := s.tableOf(ref)
	switch {
	case t == nil:
		s.refuse(diag.RelationUnknown, s.span(ref.NameRange), "the schema has no table %q", ref.Name).
			WithHelp("create it in the schema files, or correct the name; system tables cannot be used in queries")
		return nil
	case s.plan.Spellings[ref.Name] != "" && s.plan.Spellings[ref.Name] != t.Written():
		s.refuse(diag.RelationUnknown, s.span(ref.NameRange), "the schema has a table %q, and no %q", t.Written(), s.plan.Spellings[ref.Name]).
			WithHelp("write the name as the schema does: some servers keep upper and lower case apart")
		return nil
	case t.Unclassified:
		s.refuse(diag.TableUnclassified, s.span(ref.NameRange), "it is not known how table %q belongs to tenants", t.QualifiedName()).
			WithHelp("mend what is reported about the table itself")
		return nil
	case t.Tenancy.Class == ir.ClassExcluded:
		s.refuse(diag.TableExcluded, s.span(ref.NameRange), "table %q is excluded from the generated queries", t.QualifiedName()).
			WithHelp("declare how it belongs to tenants under tables:, or mark the query unscoped with a reason")
		return nil
	}
	return t
}

// fresh makes up a name that the statement does not use.
func (s *scoper) fresh(base string) string {
	name := base
	for n := 2; s.names[name]; n++ {
		name = base + "_" + strconv.Itoa(n)
	}
	s.names[name] = true
	return name
}

// path makes fresh aliases for the parents of a child table, beside the reference that
// they are for.
func (s *scoper) path(t *catalog.Table, ref *parse.Table) (aliases []string, qualify bool) {
	for _, step := range t.Tenancy.Path {
		aliases = append(aliases, s.fresh(step.Parent.Name))
		qualify = s.covered(step.Parent.Name, t, ref) || qualify
	}
	return aliases, qualify
}

// covered reports whether a parent that the statement is given a reference to needs its
// schema, because a common table expression has its name. Where a statement can name no
// schema, that is refused.
func (s *scoper) covered(parent string, t *catalog.Table, ref *parse.Table) bool {
	if !s.ctes[parent] {
		return false
	}
	if !s.catalog.Dialect.QualifiesTables() {
		s.refuse(diag.SyntaxUnsupported, s.span(ref.NameRange), "for %q the statement has to read %q, and a common table expression has that name", t.QualifiedName(), parent).
			WithHelp("give the common table expression another name")
	}
	return true
}
