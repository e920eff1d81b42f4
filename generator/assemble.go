package generator

import (
	"context"
	"path/filepath"
	"regexp"

	"github.com/tenancygen/tenancygen/generator/analyze"
	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/dialect"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
	"github.com/tenancygen/tenancygen/generator/scope"
	"github.com/tenancygen/tenancygen/generator/source"
)

// prepareAnalysis begins with the schema.
func prepareAnalysis(ctx context.Context, in *Input, engine analyze.Engine) analyze.Prepared {
	d := dialect.For(in.Config.Engine)
	schema := make([]*source.File, len(in.Schema))
	for i, f := range in.Schema {
		schema[i] = source.NewFile(f.Path, parse.OwnQuotes(d, f.Text))
	}
	return engine.Prepare(ctx, analyze.Input{Engine: in.Config.Engine, Schema: schema, Options: analyze.Options(in.Config.Analysis)})
}

// accepted are the statements that nothing is wrong with so far.
func accepted(list []*statement) []*statement {
	var out []*statement
	for _, s := range list {
		if s.status() != StatusRefused {
			out = append(out, s)
		}
	}
	return out
}

// analyzeAll gives all statements their types.
func analyzeAll(ctx context.Context, list []*statement, analysis analyze.Prepared, report *diag.Report) (*analyze.Output, error) {
	var queries []analyze.Query
	for _, s := range list {
		queries = append(queries, analyze.Query{
			Name: s.text.Name, Cmd: s.text.Cmd, File: filepath.Base(s.text.File.Path), Text: s.result.Feed, Static: s.result.StandsIn(), Origin: s.result.Origin,
		})
	}
	return analysis.Analyze(ctx, queries, report)
}

// assemble puts what the stages found into the emitters' plain form.
func assemble(in *Input, cat *catalog.Catalog, list []*statement, out *analyze.Output, version string, report *diag.Report) *ir.Package {
	cfg := in.Config
	if cfg.Go.OmitSQLCVersion {
		version = ""
	}
	pkg := &ir.Package{
		Version: version, Engine: cfg.Engine, Go: cfg.Go, RLS: cfg.RLS, DefaultSchema: out.DefaultSchema,
		Tenant: ir.Tenant{Column: cfg.Tenant.Column, SQLType: cat.TenantType, IDs: string(cat.IDForm()), Integer: cat.Dialect.IntegerID(cat.TenantType), Root: cfg.Tenant.Root},
		Enums:  out.Enums, Composites: out.Composites, Plain: !cat.HasTenants(),
	}
	for _, f := range cfg.Functions {
		pkg.Functions = append(pkg.Functions, f.Name)
	}
	written, direct, used := map[*catalog.Table]bool{}, map[*catalog.Table]bool{}, map[*catalog.Table]bool{}
	for i, s := range list {
		q := s.complete(out.Queries[i], report)
		q.Place, q.Functions = s.place(cfg.Dir), s.allowedFunctions(cfg)
		pkg.Queries = append(pkg.Queries, q)
		for _, r := range s.references {
			used[r.Table] = true
		}
		if s.plan == nil {
			continue
		}
		for _, r := range s.plan.GlobalWrites {
			written[r.Table] = true
		}
		s.plan.Each(func(r *scope.Reference) { direct[r.Table] = true })
	}
	for _, t := range out.Tables {
		if known := tableOf(cat, out.DefaultSchema, t.Schema, t.Name); known != nil {
			t.Tenancy, t.Kind, t.Written = known.Tenancy, known.Kind, written[known]
			t.Sequences = sequences(known)
			t.Direct = known.Kind == ir.KindPartition && direct[known]
			if used[known] {
				checkViewColumns(cat.Dialect, known, t, report)
			}
			t.CommonKeys, t.OpenForeignKeys = cat.CommonKeys(known), cat.OpenForeignKeys(known)
		}
		pkg.Tables = append(pkg.Tables, t)
	}
	return pkg
}

// tableOf is what the catalog knows of a table of the analysis, which has another name
// for the schema that needs none.
func tableOf(cat *catalog.Catalog, defaultSchema, schema, name string) *catalog.Table {
	if schema == defaultSchema {
		schema = catalog.DefaultSchema
	}
	return cat.Lookup(schema, name)
}

// checkViewColumns refuses a view whose columns the analysis knows by other names:
// it would write those in the place of a star.
func checkViewColumns(d dialect.Dialect, view *catalog.Table, t ir.Table, report *diag.Report) {
	if view.View == nil {
		return
	}
	for i, name := range view.View.Columns {
		if i < len(t.Columns) && t.Columns[i].Name == name {
			continue
		}
		report.Errorf(diag.AnalysisFailed, view.Span, "sqlc does not read the column names that are listed for view %q", view.QualifiedName()).
			WithHelp("name them in the view's query, as in SELECT … AS %s", d.Quote(name))
		return
	}
}

// sequences are those that PostgreSQL makes for a table's serial columns.
func sequences(t *catalog.Table) []ir.Name {
	var out []ir.Name
	for _, c := range t.Columns {
		if c.Serial {
			out = append(out, ir.Name{Schema: t.Schema, Name: t.Name + "_" + c.Name + "_seq"})
		}
	}
	return out
}

// complete puts the scoping into an analysed query, and adds what the other
// stages know of it.
func (s *statement) complete(q ir.Query, report *diag.Report) ir.Query {
	q.File = filepath.Base(s.text.File.Path)
	q.LastID = s.lastID
	q.Handle, q.Derived, q.Comments = s.handle, s.text.Derived, s.text.Comments
	if s.handle == ir.HandleUnscoped {
		q.Reason = s.text.Reason
	}
	if s.plan != nil {
		q.ConflictGuard = s.plan.ConflictGuard
		q.LooksUp = s.plan.Fails() && !s.dialect.FailsAsViolation()
	}
	var err error
	if q.SQL, q.Params, err = s.result.Complete(q.SQL, q.Params); err != nil {
		report.Errorf(diag.Internal, s.text.NameSpan, "query %q could not be completed: %v", q.Name, err).WithHelp("report this as a bug").InQuery(q.Name)
	}
	if s.copy != nil {
		s.completeCopy(&q)
	}
	if !s.dialect.Positional() {
		s.checkSlices(&q, report)
		return q
	}
	uses, err := parse.NumberedParams(s.dialect, q.SQL)
	if err != nil {
		report.Errorf(diag.Internal, s.text.NameSpan, "the parameters of query %q cannot be placed: %v", q.Name, err).WithHelp("report this as a bug").InQuery(q.Name)
	}
	for _, use := range uses {
		q.Placeholders = append(q.Placeholders, ir.Placeholder{Start: use.Start, End: use.End, Number: use.Number})
	}
	s.checkLists(&q, report)
	return q
}

// inList matches what stands before the only value in the list of IN, and afterList
// what stands behind it.
var (
	inList    = regexp.MustCompile(`(?i)\bin\s*\(\s*$`)
	afterList = regexp.MustCompile(`^\s*\)`)
)

// checkLists refuses a slice that is not the whole list of IN. What is certified has one
// parameter there, and what is sent has several, which mean the same in such a list
// alone.
func (s *statement) checkLists(q *ir.Query, report *diag.Report) {
	if s.check == nil {
		return // nothing is certified
	}
	for _, p := range q.Placeholders {
		if p.Number > len(q.Params) || !q.Params[p.Number-1].Column.IsSlice {
			continue
		}
		if !inList.MatchString(q.SQL[:p.Start]) || !afterList.MatchString(q.SQL[p.End:]) {
			report.Errorf(diag.SyntaxUnsupported, s.text.NameSpan, "sqlc.slice(%s) of query %q is not the list of an IN", q.Params[p.Number-1].Column.Name, q.Name).
				WithHelp("write `column IN (sqlc.slice(%s))`: several values are sent in its place", q.Params[p.Number-1].Column.Name).InQuery(q.Name)
		}
	}
}

// checkSlices warns of sqlc.slice, which PostgreSQL has no use for: sqlc generates a
// method for it, and the server refuses an array where IN wants single values.
func (s *statement) checkSlices(q *ir.Query, report *diag.Report) {
	for _, p := range q.Params {
		if p.Column.IsSlice {
			report.Warnf(diag.OptionUnsupported, s.text.NameSpan, "sqlc.slice does not work with PostgreSQL, so that query %q will fail", q.Name).
				WithHelp("write `= ANY(sqlc.arg(%s)::…[])` with the type of the column, in place of IN", p.Column.Name).InQuery(q.Name)
		}
	}
}
