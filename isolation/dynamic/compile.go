package dynamic

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/certify"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
	"github.com/tenancygen/tenancygen/generator/rewrite"
	"github.com/tenancygen/tenancygen/generator/scope"
	"github.com/tenancygen/tenancygen/generator/slot"
	"github.com/tenancygen/tenancygen/generator/source"
	"github.com/tenancygen/tenancygen/runtime"
)

// maxText is the longest text that is read, in bytes. What a text costs grows faster
// than its length where it is deeply nested, and people wait for it here.
const maxText = 32 << 10

// statement is what became of a text. It is not changed once it is made.
type statement struct {
	text runtime.Text
	// params is the number of the author's parameters, and tenant is set where the
	// tenant's comes behind them.
	params  int
	tenant  bool
	refused *Error // nil for a statement that is accepted
}

// compiler is what statements are compiled with. It is not changed once it is made.
//
// tamper is nil but in tests: it spoils a plan, so that they can see certify refuse.
type compiler struct {
	catalog *catalog.Catalog
	tables  *slot.Tables
	tamper  func(*scope.Plan)
}

// compile takes a text through the stages. Parameters stay the author's, also those
// that are compared with the tenant column: the tenant is compared with it, too.
func (c *compiler) compile(sql string) *statement {
	var report diag.Report
	s := c.scoped(sql, &report)
	// Nobody reads warnings here, so what would be accepted with one is refused.
	if err := newError(ErrRefused, &report, func(*diag.Diagnostic) bool { return true }); err != nil {
		return &statement{refused: err}
	}
	return s
}

func (c *compiler) scoped(sql string, report *diag.Report) *statement {
	file := source.NewFile("", sql)
	if len(sql) > maxText {
		report.Errorf(diag.SyntaxUnsupported, source.Span{}, "the statement has %d bytes, more than %d", len(sql), maxText).
			WithHelp("give values as arguments, and many rows with :copyfrom")
		return nil
	}
	text, err := parse.Dynamic(file)
	if err != nil {
		parse.Report(err, func(at int) source.Span { return file.Span(at, min(at+1, len(sql))) }, report)
		return nil
	}
	if at := strings.Index(text.Text, rewrite.MarkerPrefix); at >= 0 {
		report.Errorf(diag.SyntaxUnsupported, text.At(at), "the text %s is not supported", rewrite.MarkerPrefix).
			WithHelp("write the comment in another way")
		return nil
	}
	query, err := parse.PostgreSQL.Statement(text.Text)
	if err != nil {
		parse.Report(err, text.At, report)
		return nil
	}
	plan := scope.Statement(text, query, c.catalog, scope.Options{KeepTenantParams: true}, report)
	if plan.Refused {
		return nil
	}
	for _, r := range plan.GlobalWrites {
		report.Errorf(diag.GlobalWrite, text.Span(r.Ref.NameRange), "a tenant's statement writes the global table %q", r.Table.QualifiedName()).
			WithHelp("all tenants share its rows: write them by a generated method of Global()")
	}
	if c.tamper != nil {
		c.tamper(plan)
	}
	result, err := rewrite.Apply(text, plan, c.catalog)
	if err != nil {
		report.Errorf(diag.Internal, text.At(0), "the statement could not be rewritten: %v", err).WithHelp("report this as a bug")
		return nil
	}
	for _, f := range certify.Check(result.SQL, result.Tenant, c.catalog).Findings {
		report.Errorf(diag.CertifyRefused, result.OriginSQL(f.Pos), "the scoped statement is not certified: %s", f.Message).
			WithHelp("write the statement in a plainer form, and report this as a bug")
	}
	s := &statement{text: runtime.Text{SQL: result.SQL}, params: text.Count, tenant: result.Tenant > 0}
	s.text.Slots = c.slots(text, result.SQL, report)
	if !s.numbered(result) {
		report.Errorf(diag.Internal, text.At(0), "the parameters changed their numbers").WithHelp("report this as a bug")
	}
	return s
}

// slots finds where the scoped text names tenants' tables. A statement for which that
// cannot be said is refused under every strategy, so that one works under all.
func (c *compiler) slots(text *parse.QueryText, sql string, report *diag.Report) []runtime.Slot {
	found, err := c.tables.Find(sql)
	if u := (*slot.Unmovable)(nil); errors.As(err, &u) {
		report.Errorf(diag.StatementUnmovable, text.At(0), "the statement %s", u.Why).WithHelp("%s", u.Help)
		return nil
	}
	if err == nil {
		err = c.tables.Check(sql, found)
	}
	var slots []runtime.Slot
	for _, s := range found {
		kind, known := slotKinds[s.Kind]
		if !known && err == nil {
			err = fmt.Errorf("a slot of the kind %q", s.Kind)
		}
		slots = append(slots, runtime.Slot{Start: s.Start, End: s.End, Name: s.Name, Kind: kind, Alias: s.Alias})
	}
	if err != nil {
		report.Errorf(diag.SlotsRefused, text.At(0), "the places at which the statement names tenants' tables are not certain: %v", err).
			WithHelp("report this as a bug")
	}
	return slots
}

// slotKinds are the kinds of slot that a statement has.
var slotKinds = map[ir.SlotKind]runtime.SlotKind{ir.SlotTable: runtime.SlotTable, ir.SlotLiteral: runtime.SlotLiteral}

// numbered reports whether the scoped text has the author's parameters, and behind
// them the tenant's: the arguments are put together by that.
func (s *statement) numbered(result *rewrite.Result) bool {
	want := s.params
	if s.tenant {
		want++
	}
	uses, err := parse.NumberedParams(parse.PostgreSQL, result.SQL)
	if err != nil {
		return false
	}
	highest := 0
	for _, use := range uses {
		highest = max(highest, use.Number)
	}
	return highest == want && len(result.Params) == want && (!s.tenant || result.Tenant == want)
}
