package generator

import (
	"slices"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/certify/level"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// plain reports whether every table of the project is global. Tenant equivalence
// then holds for any statement: no row belongs to a tenant, so a database with the
// rows of one tenant is the database itself. Such a project can use whatever sqlc
// can type, the system's tables and the schema's own functions included.
//
// An excluded table ends that: what no query may use must not be reached by a
// function either.
func plain(cat *catalog.Catalog) bool {
	return !slices.ContainsFunc(cat.Tables, func(t *catalog.Table) bool { return t.Tenancy.Class != ir.ClassGlobal })
}

// onlyKnown refuses tables that the schema does not have. Where every table is global,
// the analysis does that; but one that asks a database takes those that only the
// database has, and nobody has said whose rows are in them. err is why there is no
// tree, in which they could be looked for.
func (s *statement) onlyKnown(err error, cat *catalog.Catalog) {
	if s.query == nil {
		if !s.report.HasErrors() {
			s.parseError(err)
		}
		return
	}
	u := unknown{statement: s, catalog: cat}
	u.visit(s.query, nil)
}

// unknown looks for tables that the schema does not have.
type unknown struct {
	*statement
	catalog *catalog.Catalog
}

// visit looks through a query, which sees the common table expressions of names.
func (u unknown) visit(q *parse.Query, names *level.Names) {
	if q == nil {
		return
	}
	names.Bodies(q.With, u.visit)
	names = names.And(q.With)
	q.Expressions(func(e *parse.Expr) { u.visit(e.Query, names) })
	switch {
	case q.Select != nil:
		u.from(q.Select.From, names)
	case q.SetOp != nil:
		u.visit(q.SetOp.Left, names)
		u.visit(q.SetOp.Right, names)
	case q.Insert != nil:
		u.table(q.Insert.Target, nil) // what is written is a table, whatever else has its name
		u.visit(q.Insert.Source, names)
	case q.Update != nil:
		u.table(q.Update.Target, nil)
		u.from(q.Update.From, names)
	case q.Delete != nil:
		u.table(q.Delete.Target, nil)
		u.from(q.Delete.Using, names)
	case q.Merge != nil:
		u.table(q.Merge.Target, nil)
		u.from([]*parse.From{q.Merge.Source}, names)
	}
}

func (u unknown) from(list []*parse.From, names *level.Names) {
	for _, f := range list {
		switch {
		case f.Table != nil:
			u.table(f.Table, names)
		case f.Join != nil:
			u.from([]*parse.From{f.Join.Left, f.Join.Right}, names)
		}
		u.visit(f.Query, names)
	}
}

func (u unknown) table(ref *parse.Table, names *level.Names) {
	if u.catalog.Dialect.SystemTable(ref.Schema, ref.Name) || ref.Schema == "" && names.Find(ref.Name) != nil || u.catalog.Lookup(ref.Schema, ref.Name) != nil {
		return
	}
	u.report.Errorf(diag.RelationUnknown, u.text.Span(ref.NameRange), "the schema has no table %q", ref.Name).
		WithHelp("create it in the schema files, or correct the name: what only the database has may hold tenants' rows").InQuery(u.text.Name)
}
