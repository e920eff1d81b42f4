package dynamic

import (
	"fmt"
	"io/fs"
	"reflect"
	"strings"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/dialect"
	"github.com/tenancygen/tenancygen/generator/project"
	"github.com/tenancygen/tenancygen/generator/slot"
	"github.com/tenancygen/tenancygen/generator/source"
	"github.com/tenancygen/tenancygen/runtime"
)

// Filter scopes statements to tenants. It keeps what it made of a text, so that only
// the first use of it is compiled; it forgets what is not used where the texts take
// too much memory.
//
// Make it with New; the zero value cannot be used. It is safe for concurrent use.
type Filter struct {
	compiler compiler
	// ids is how tenants' ids are written.
	ids runtime.IDForm
	// Refused texts have a cache of their own: many of them do not drive out others.
	accepted, refused cache
}

var _ runtime.Filter = (*Filter)(nil)

// New makes a Filter of a project: config is the path of its tenancy.yaml in fsys,
// and the files that this names have to be in fsys, too; most simply both are embedded
// in the application. They have to be those that the package was generated from, and
// the schema that of the database. The error is an *Error that wraps ErrProject.
func New(fsys fs.FS, config string) (*Filter, error) {
	var report diag.Report
	cfg, schema := project.Within(fsys, config, &report)
	f := &Filter{accepted: cache{limit: acceptedLimit}, refused: cache{limit: refusedLimit}}
	if cfg != nil {
		cat := catalog.Load(dialect.PostgreSQL, schema, &report)
		cat.Classify(cfg, &report)
		f.compiler = compiler{catalog: cat, tables: slot.Of(cat)}
		f.ids = runtime.IDForm(cat.IDForm())
		if !report.HasErrors() && !cat.HasTenants() {
			report.Errorf(diag.ConfigInvalid, source.Span{}, "no table of the schema belongs to a tenant").
				WithHelp("a project without tenants has nothing to filter")
		}
	}
	if err := newError(ErrProject, &report, (*diag.Diagnostic).IsError); err != nil {
		return nil, err
	}
	return f, nil
}

// Filter returns the statement scoped to the tenant, and its arguments: the query's
// own and, behind them, the tenant's id where the statement reads or writes a
// tenant's table. The query stays as it is. SQL holds one statement, whose parameters
// are $1…$n without gaps, each with an argument.
//
// The error is an *Error that wraps ErrRefused, ErrArguments, or that of Tenant.CheckAs
// with the form of the tenant column's ids.
func (f *Filter) Filter(q runtime.Query, t runtime.Tenant) (runtime.Text, []any, error) {
	if err := t.CheckAs(f.ids); err != nil {
		return runtime.Text{}, nil, err
	}
	s, err := f.statement(q.SQL)
	if err != nil {
		return runtime.Text{}, nil, err
	}
	if err := s.check(q.Args); err != nil {
		return runtime.Text{}, nil, err
	}
	args := make([]any, len(q.Args), len(q.Args)+1)
	copy(args, q.Args)
	if s.tenant {
		args = append(args, t.ID)
	}
	return s.text, args, nil
}

// statement returns what became of a text. Two callers with a new text may both
// compile it, to the same result.
func (f *Filter) statement(sql string) (*statement, error) {
	if s := f.accepted.get(sql); s != nil {
		return s, nil
	}
	s := f.refused.get(sql)
	if s == nil {
		sql = strings.Clone(sql) // it may be a part of something large
		s = f.compiler.compile(sql)
		switch {
		case s.refused == nil:
			f.accepted.put(sql, s)
		case len(sql) <= maxText:
			f.refused.put(sql, s)
		}
	}
	if s.refused != nil {
		return nil, s.refused
	}
	return s, nil
}

// check refuses arguments that are not one for each parameter. An argument by which
// pgx writes the text anew, such as pgx.NamedArgs, is none: what it writes has not
// been seen here.
func (s *statement) check(args []any) error {
	if len(args) != s.params {
		return fmt.Errorf("%w: there are %d, and the highest parameter is $%d", ErrArguments, len(args), s.params)
	}
	for i, arg := range args {
		if rewrites(arg) {
			return fmt.Errorf("%w: the one for $%d is a %T, which changes the SQL", ErrArguments, i+1, arg)
		}
	}
	return nil
}

// rewrites reports whether an argument is a pgx.QueryRewriter. The name is what tells:
// the interface itself would link pgx.
func rewrites(arg any) bool {
	switch arg.(type) {
	case nil, bool, string, []byte, int, int16, int32, int64, float32, float64:
		return false
	}
	_, found := reflect.TypeOf(arg).MethodByName("RewriteQuery")
	return found
}
