package generator

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/certify"
	"github.com/tenancygen/tenancygen/generator/config"
	"github.com/tenancygen/tenancygen/generator/derive"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
	"github.com/tenancygen/tenancygen/generator/source"
)

// copying decides how a :copyfrom query writes its rows. The author writes an
// INSERT of one row, which says which table and columns, and is scoped and
// certified like any other. A tenant's rows are copied with the tenant's id where
// the scoped INSERT only adds that id; and there is always an INSERT of many rows,
// scoped and certified too, for handles that cannot copy and for values that have
// to be looked up.
func (s *statement) copying(cat *catalog.Catalog, cfg *config.Config) {
	if s.text.Cmd != ":copyfrom" || s.report.HasErrors() || !s.isCopy() {
		return
	}
	ins := s.query.Insert
	t := cat.Lookup(ins.Target.Schema, ins.Target.Name)
	s.copy = &ir.Copy{Table: ir.Name{Schema: ins.Target.Schema, Name: ins.Target.Name}, Direct: true}
	if !s.copyColumns(ins, t) || s.handle != ir.HandleTenant {
		return
	}
	s.checkDirect(t, cat)
	s.insertRows(t, cat, cfg)
}

// isCopy refuses what is not the INSERT of one row of parameters.
func (s *statement) isCopy() bool {
	refuse := func(at parse.Range, format string, args ...any) bool {
		s.report.Errorf(diag.QueryAnnotation, s.text.Span(at), format, args...).
			WithHelp("write INSERT INTO … (columns) VALUES ($1, …), a parameter for each column; what the method is given are the rows").InQuery(s.text.Name)
		return false
	}
	whole := parse.Range{End: len(s.text.Text)}
	if s.query == nil || s.query.Insert == nil {
		return refuse(whole, ":copyfrom needs an INSERT")
	}
	q, ins := s.query, s.query.Insert
	switch {
	case q.With != nil:
		return refuse(whole, ":copyfrom has no WITH")
	case ins.Conflict != nil:
		return refuse(ins.Conflict.Range, ":copyfrom has no ON CONFLICT")
	case len(ins.Returning) > 0:
		return refuse(ins.Returning[0].Range, ":copyfrom has no RETURNING")
	case ins.UserValue != (parse.Range{}):
		s.report.Errorf(diag.QueryAnnotation, s.text.Span(ins.UserValue), ":copyfrom has no OVERRIDING USER VALUE: COPY writes the value that it is given").
			WithHelp("leave the identity column out of the list, and the database gives it its value").InQuery(s.text.Name)
		return false
	case ins.Source == nil:
		return refuse(ins.DefaultValues, ":copyfrom needs VALUES")
	case ins.Source.Values == nil || len(ins.Source.Values.Rows) != 1 || len(ins.Source.OrderBy) > 0 || ins.Source.Limit != nil || ins.Source.Offset != nil:
		return refuse(ins.Source.Range, ":copyfrom needs VALUES with one row")
	}
	seen := map[int]bool{}
	for _, item := range ins.Source.Values.Rows[0].Items {
		if item.Expr.Kind != parse.ParamExpr {
			return refuse(item.Range, ":copyfrom takes nothing but parameters")
		}
		if seen[item.Expr.Param] && s.plan != nil && s.plan.NeedsTenant {
			return refuse(item.Range, "the parameter stands for two columns of a :copyfrom")
		}
		seen[item.Expr.Param] = true
	}
	return true
}

// copyColumns puts the columns in the order of their parameters. The tenant's is
// not among them.
func (s *statement) copyColumns(ins *parse.Insert, t *catalog.Table) bool {
	type column struct {
		param int
		name  string
	}
	var columns []column
	for i, item := range ins.Source.Values.Rows[0].Items {
		c := column{param: item.Expr.Param}
		switch {
		case i < len(ins.Columns):
			c.name = ins.Columns[i].Name
		case !ins.HasColumns && t != nil && i < len(t.Columns):
			c.name = t.Columns[i].Name
		default:
			s.report.Errorf(diag.SyntaxUnsupported, s.text.Span(item.Range), "the column that this value is for is not known").
				WithHelp("write the list of columns behind the table's name").InQuery(s.text.Name)
			return false
		}
		if s.plan != nil && s.plan.Bound[c.param] && s.handle == ir.HandleTenant {
			continue
		}
		columns = append(columns, c)
	}
	slices.SortStableFunc(columns, func(a, b column) int { return a.param - b.param })
	for _, c := range columns {
		s.copy.Columns = append(s.copy.Columns, c.name)
	}
	if len(columns) == 0 {
		s.report.Errorf(diag.QueryAnnotation, s.text.NameSpan, ":copyfrom needs a column beside the tenant's").
			WithHelp("use :exec").InQuery(s.text.Name)
	}
	return len(columns) > 0
}

// checkDirect asks certify whether COPY may write the tenant's rows. It may not
// where values are looked up, as for a child table: it writes what it is given.
func (s *statement) checkDirect(t *catalog.Table, cat *catalog.Catalog) {
	s.copy.Direct = false
	scoped, err := cat.Dialect.Statement(s.result.SQL)
	if err != nil {
		return // certify has refused it
	}
	for _, item := range scoped.Insert.Source.Values.Rows[0].Items {
		if e := item.Expr.Uncast(); e.Kind != parse.ParamExpr {
			return
		}
	}
	s.copy.Direct = true
	if class := t.Tenancy.Class; class == ir.ClassTenant || class == ir.ClassRoot {
		s.copy.TenantColumn = t.Tenancy.Column
	}
	for _, f := range certify.CheckCopy(s.copy.Table, s.copy.Columns, s.copy.TenantColumn, cat).Findings {
		s.report.Errorf(diag.CertifyRefused, s.text.NameSpan, "the copy is not certified: %s", f.Message).
			WithHelp("report this as a bug").InQuery(s.text.Name)
	}
}

// insertRows makes the INSERT that writes the rows where COPY cannot, and takes it
// through the stages.
func (s *statement) insertRows(t *catalog.Table, cat *catalog.Catalog, cfg *config.Config) {
	name := s.query.Insert.Target.NameRange
	bulk := derive.NewBulk(s.text.Text[name.Start:name.End], t, s.copy.Columns, cat)
	s.copy.Insert, s.copy.Arrays, s.copy.Text = true, bulk.Arrays, bulk.Text
	texts := parse.OneOff(cat.Dialect, source.NewFile("<copyfrom>", bulk.SQL), &s.report)
	if len(texts) != 1 {
		s.report.Errorf(diag.Internal, s.text.NameSpan, "the INSERT of many rows cannot be read").WithHelp("report this as a bug").InQuery(s.text.Name)
		return
	}
	s.insert = &statement{text: texts[0], row: s, tamper: s.tamper}
	s.insert.text.Name, s.insert.text.NameSpan = s.text.Name, s.text.NameSpan
	s.insert.scope(cat, cfg)
	for _, d := range s.insert.report.Sorted() {
		if d.IsError() {
			// Its place is in a text that the author has not seen.
			s.report.Errorf(d.Code, s.text.NameSpan, "the INSERT of many rows, for handles that cannot copy: %s", d.Message).
				WithHelp("%s", d.Help).InQuery(s.text.Name)
		}
	}
	if !s.report.HasErrors() && s.insert.result.Tenant != len(s.copy.Columns)+1 {
		s.report.Errorf(diag.Internal, s.text.NameSpan, "the INSERT of many rows has its tenant in another place").WithHelp("report this as a bug").InQuery(s.text.Name)
	}
}

// explainCopy shows the INSERT of many rows: the text that is sent where the rows
// are not copied.
func (s *statement) explainCopy(e *Explained) {
	e.ScopedSQL = s.insert.result.SQL
	names := s.insert.paramNames()
	for _, p := range s.insert.result.Params {
		name := names[p.Number]
		if !p.Tenant {
			name = s.copy.Columns[p.Number-1]
		} else if i := slices.IndexFunc(s.check.References, func(r certify.Reference) bool { return r.Written }); i >= 0 {
			name = cmp.Or(s.check.References[i].Table.Tenancy.Column, name)
		}
		e.Params = append(e.Params, ExplainedParam{Position: p.Number, Placeholder: fmt.Sprintf("$%d", p.Number), Name: name, Tenant: p.Tenant})
	}
}

// completeCopy makes an analysed query, whose types are those of one row, the one
// that is sent: its parameters are the method's, and then the tenant.
func (s *statement) completeCopy(q *ir.Query) {
	q.Copy = s.copy
	if s.insert == nil {
		return
	}
	q.SQL = s.insert.result.SQL
	var params []ir.Param
	var tenant ir.Param
	for _, p := range q.Params {
		if p.Tenant {
			tenant = p
			continue
		}
		params = append(params, p)
	}
	q.Params = append(params, tenant)
	for i := range q.Params {
		q.Params[i].Number = i + 1
	}
}
