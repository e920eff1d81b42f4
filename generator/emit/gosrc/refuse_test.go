package gosrc

import (
	"strings"
	"testing"

	"github.com/tenancygen/tenancygen/generator/ir"
)

// minimal returns a package that can be emitted.
func minimal(queries ...ir.Query) *ir.Package {
	for i := range queries {
		q := &queries[i]
		if q.File == "" {
			q.File = "query.sql"
		}
		if q.Handle == "" {
			q.Handle = ir.HandleGlobal
		}
		if q.Cmd == "" {
			q.Cmd = ":exec"
		}
	}
	return &ir.Package{
		Engine: "postgresql", DefaultSchema: "public",
		Go:      ir.GoOptions{Package: "gen", SQLPackage: "pgx/v5"},
		Queries: queries,
	}
}

func TestEmitRefuses(t *testing.T) {
	t.Parallel()
	text := ir.Column{Name: "a", NotNull: true, Type: ir.Name{Name: "text"}}
	negative := -1
	tests := map[string]struct {
		change func(*ir.Package)
		query  ir.Query
		want   string
	}{
		"engine":  {change: func(p *ir.Package) { p.Engine = "oracle" }, want: `engine "oracle"`},
		"driver":  {change: func(p *ir.Package) { p.Go.SQLPackage = "pgx/v4" }, want: `sql_package "pgx/v4"`},
		"no name": {change: func(p *ir.Package) { p.Go.Package = "" }, want: "no name"},
		"ids":     {change: func(p *ir.Package) { p.Tenant.IDs = "hex" }, want: `the form "hex" of tenants' ids`},
		"prepared": {
			change: func(p *ir.Package) { p.Go.EmitMethodsWithDBArgument, p.Go.EmitPreparedQueries = true, true },
			want:   "exclude each other",
		},
		"limit":      {change: func(p *ir.Package) { p.Go.QueryParameterLimit = &negative }, want: "negative"},
		"case style": {change: func(p *ir.Package) { p.Go.JSONTagsCaseStyle = "kebab" }, want: `"kebab"`},
		"same file":  {change: func(p *ir.Package) { p.Go.OutputDBFileName = "models.go" }, want: "two files would be called models.go"},
		"command":    {query: ir.Query{Name: "A", Cmd: ":other"}, want: "query A: the command :other is not supported"},
		"iterator": {
			change: func(p *ir.Package) {
				p.Go.EmitIterators = true
				p.Queries[0].Columns = []ir.Column{text}
				p.Queries = append(p.Queries, ir.Query{Name: "AIter", Cmd: ":exec", File: "query.sql", Handle: ir.HandleGlobal})
			},
			query: ir.Query{Name: "A", Cmd: ":many"},
			want:  "the iterator of query A and query AIter would both be called AIter",
		},
		"empty batch": {query: ir.Query{Name: "A", Cmd: ":batchexec"}, want: "needs a parameter beside the tenant"},
		"batch's type": {
			change: func(p *ir.Package) {
				p.Tables = []ir.Table{{Name: "a_batch_results"}}
				p.Go.Rename = map[string]string{"a_batch_result": "ABatchResults"}
			},
			query: ir.Query{Name: "A", Cmd: ":batchexec", Params: []ir.Param{{Number: 1, Column: text}}},
			want:  "would both be called ABatchResults",
		},
		"handle":        {query: ir.Query{Name: "A", Handle: "other"}, want: `handle "other"`},
		"no reason":     {query: ir.Query{Name: "A", Handle: ir.HandleUnscoped, Reason: " "}, want: "needs a reason"},
		"gap":           {query: ir.Query{Name: "A", Params: []ir.Param{{Number: 2, Column: text}}}, want: "$2 stands where $1"},
		"global tenant": {query: ir.Query{Name: "A", Params: []ir.Param{{Number: 1, Column: text, Tenant: true}}}, want: "global handle"},
		"method name":   {query: ir.Query{Name: "InTx"}, want: "handle's InTx and query InTx"},
		"model twice": {
			change: func(p *ir.Package) { p.Tables = []ir.Table{{Name: "user"}, {Name: "users"}} },
			want:   "table user and table users would both be called User: use rename",
		},
		"layout": {
			change: func(p *ir.Package) { p.Tables, p.Layout = []ir.Table{{Name: "layouts"}}, &ir.Layout{} },
			want:   "the generated Layout and table layouts would both be called Layout: use rename",
		},
		"field twice": {
			change: func(p *ir.Package) {
				p.Tables = []ir.Table{{Name: "t", Columns: []ir.Column{{Name: "a_b"}, {Name: "a b"}}}}
			},
			want: "column 1 of T and column 2 of T would both be called AB",
		},
		"no identifier": {
			change: func(p *ir.Package) { p.Tables = []ir.Table{{Name: "!?"}} },
			want:   `would be called ""`,
		},
		"types differ": {
			query: ir.Query{Name: "A", Params: []ir.Param{
				{Number: 1, Column: ir.Column{Name: "a", NotNull: true, IsNamedParam: true, Type: ir.Name{Name: "text"}}},
				{Number: 2, Column: ir.Column{Name: "a", NotNull: true, IsNamedParam: true, Type: ir.Name{Name: "int4"}}},
			}},
			want: "parameter A has two types, string and int32",
		},
		"override of nothing": {
			change: func(p *ir.Package) { p.Go.Overrides = []ir.Override{{GoType: ir.GoType{Type: "T"}}} },
			want:   "one of db_type and column",
		},
		"override of a part": {
			change: func(p *ir.Package) { p.Go.Overrides = []ir.Override{{Column: "a", GoType: ir.GoType{Type: "T"}}} },
			want:   "table.column",
		},
		"struct tag": {
			change: func(p *ir.Package) { p.Go.Overrides = []ir.Override{{Column: "a.b", GoStructTag: "x:y"}} },
			want:   "key:\"value\"",
		},
		"not Go": {
			change: func(p *ir.Package) {
				p.Tables = []ir.Table{{Name: "t", Columns: []ir.Column{{Name: "a", Type: ir.Name{Name: "uuid"}}}}}
				p.Go.Overrides = []ir.Override{{DBType: "uuid", Nullable: true, GoType: ir.GoType{Type: "}{"}}}
			},
			want: "models.go: generated code is not Go",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pkg := minimal()
			if test.query.Name != "" {
				pkg = minimal(test.query)
			}
			if test.change != nil {
				test.change(pkg)
			}
			files, err := Emit(pkg)
			switch {
			case test.want == "" && err != nil:
				t.Fatal(err)
			case test.want == "":
			case err == nil || !strings.Contains(err.Error(), test.want):
				t.Errorf("error is %v, want %q", err, test.want)
			case files != nil:
				t.Error("files in spite of an error")
			}
		})
	}
}

// The error for code that is not Go shows the line, since the file is not
// written.
func TestEmitShowsOffendingLine(t *testing.T) {
	t.Parallel()
	pkg := minimal(ir.Query{Name: "A", Params: []ir.Param{{Number: 1, Column: ir.Column{Name: "x", Type: ir.Name{Name: "uuid"}}}}})
	pkg.Go.Overrides = []ir.Override{{DBType: "uuid", Nullable: true, GoType: ir.GoType{Type: "}{"}}}
	_, err := Emit(pkg)
	if err == nil || !strings.Contains(err.Error(), "query.sql.go") || !strings.Contains(err.Error(), "GlobalQueries) A (ctx context.Context,x }{) error") {
		t.Errorf("error is %v", err)
	}
}
