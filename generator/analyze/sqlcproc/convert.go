package sqlcproc

import (
	"fmt"
	"slices"

	"github.com/tenancygen/tenancygen/generator/analyze"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/ir"
)

// systemSchemas are PostgreSQL's own, which sqlc keeps beside the user's.
var systemSchemas = []string{"pg_catalog", "information_schema"}

// check returns an error when the request is not about exactly the statements of
// the project.
func (p *project) check(r *request) error {
	if len(p.queries) == 0 {
		return nil
	}
	if left := p.leftOut(r); left >= 0 {
		return errLeftOut{left}
	}
	if len(r.Queries) != len(p.queries) {
		return fmt.Errorf("sqlc analysis: %d statements came back for %d", len(r.Queries), len(p.queries))
	}
	for i := range r.Queries {
		in, back := &p.in.Queries[i], &r.Queries[i]
		if back.Name != in.Name || back.Cmd != in.Cmd {
			return fmt.Errorf("sqlc analysis: %s %s came back for %s %s", back.Name, back.Cmd, in.Name, in.Cmd)
		}
	}
	return nil
}

// errLeftOut is a statement, by its index, that sqlc makes nothing of: it leaves out
// those of some kinds without a word.
type errLeftOut struct{ index int }

func (e errLeftOut) Error() string {
	return fmt.Sprintf("sqlc analysis: nothing came back for statement %d", e.index+1)
}

// leftOut is the index of the first statement that did not come back, where all others
// did; -1 without one.
func (p *project) leftOut(r *request) int {
	left, at := -1, 0
	for i := range p.queries {
		switch {
		case at < len(r.Queries) && r.Queries[at].Name == p.in.Queries[i].Name:
			at++
		case left < 0:
			left = i
		}
	}
	if at < len(r.Queries) {
		return -1 // something came back that was not fed
	}
	return left
}

// convert turns a request that has passed the check into the output. It returns
// none when it has reported a statement.
func (p *project) convert(r *request, report *diag.Report) *analyze.Output {
	out := &analyze.Output{DefaultSchema: r.Catalog.DefaultSchema, Took: r.took}
	for _, schema := range r.Catalog.Schemas {
		if !slices.Contains(systemSchemas, schema.Name) {
			convertSchema(schema, out)
		}
	}
	complete := true
	for i := range p.queries {
		query, ok := p.convertQuery(i, &r.Queries[i], report)
		complete = complete && ok
		out.Queries = append(out.Queries, query)
	}
	if !complete {
		return nil
	}
	return out
}

// convertSchema adds a schema's enums and tables to the output. sqlc does not
// say which tables are views or partitions; all of them count as tables here.
func convertSchema(schema requestSchema, out *analyze.Output) {
	for _, enum := range schema.Enums {
		out.Enums = append(out.Enums, ir.Enum{
			Schema: schema.Name, Name: enum.Name, Comment: enum.Comment, Values: enum.Vals,
		})
	}
	for _, composite := range schema.CompositeTypes {
		out.Composites = append(out.Composites, ir.Name{Schema: schema.Name, Name: composite.Name})
	}
	for _, table := range schema.Tables {
		converted := ir.Table{
			Schema: schema.Name, Name: table.Rel.Name, Kind: ir.KindTable, Comment: table.Comment,
		}
		for _, column := range table.Columns {
			converted.Columns = append(converted.Columns, convertColumn(column))
		}
		out.Tables = append(out.Tables, converted)
	}
}

// convertQuery converts the statement that came back for the one with the given
// index. It returns false when it has reported it.
func (p *project) convertQuery(index int, r *requestQuery, report *diag.Report) (ir.Query, bool) {
	in, fed := p.in.Queries[index], &p.queries[index]
	sql, ok := fed.restore(r.Text)
	if !ok {
		report.Errorf(diag.AnalysisFailed, in.Origin(0), "a comment of query %q is lost in the analysis", in.Name).
			WithHelp("move the comment out of the sqlc.arg, sqlc.narg or sqlc.embed call that it is in").InQuery(in.Name)
		return ir.Query{}, false
	}
	query := ir.Query{Name: r.Name, Cmd: r.Cmd, SQL: sql, InsertInto: convertName(r.InsertIntoTable)}
	for _, column := range r.Columns {
		column.Name = fed.clean(column.Name)
		if p.database.used() {
			column.settle(in.Text)
		}
		query.Columns = append(query.Columns, convertColumn(column))
	}
	if p.dialect.placeholder != nil {
		var err error
		if query.SQL, query.Params, err = fed.params.number(sql, r.Params, p.dialect); err != nil {
			report.Errorf(diag.AnalysisFailed, in.Origin(0), "sqlc cannot type query %q: %v", in.Name, err).
				WithHelp("sqlc passes over some clauses whole, as those of windows, rows, and the update of SQLite's ON CONFLICT, and there a cast does not help: " +
					"in ON CONFLICT assign excluded.column, or elsewhere use the parameter in a second place that has a type").InQuery(in.Name)
			return ir.Query{}, false
		}
		return query, true
	}
	for i, param := range r.Params {
		if param.Number != i+1 || param.Column == nil {
			report.Errorf(diag.AnalysisFailed, in.Origin(0),
				"query %q has parameter $%d where $%d is expected", in.Name, param.Number, i+1).
				WithHelp("number parameters from $1 without gaps").InQuery(in.Name)
			return ir.Query{}, false
		}
		if p.database.used() {
			param.Column.settle(in.Text)
			param.Column.IsNamedParam = param.Column.IsNamedParam || param.Column.fromDatabase() && param.Column.Name != ""
		}
		query.Params = append(query.Params, ir.Param{Number: param.Number, Column: convertColumn(*param.Column)})
	}
	return query, true
}

func convertColumn(r requestColumn) ir.Column {
	column := ir.Column{
		Name: r.Name, NotNull: r.NotNull, IsArray: r.IsArray, ArrayDims: r.ArrayDims, Comment: r.Comment,
		Length: max(r.Length, 0), TableAlias: r.TableAlias, OriginalName: r.OriginalName,
		Embed: convertName(r.EmbedTable), IsNamedParam: r.IsNamedParam, IsFuncCall: r.IsFuncCall,
		IsSlice: r.IsSqlcSlice, Unsigned: r.Unsigned,
	}
	if name := convertName(r.Type); name != nil {
		column.Type = *name
	}
	if name := convertName(r.Table); name != nil {
		column.Table = *name
	}
	return column
}

func convertName(id *identifier) *ir.Name {
	if id == nil {
		return nil
	}
	return &ir.Name{Schema: id.Schema, Name: id.Name}
}
