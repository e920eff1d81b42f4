package generator

import (
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/ir"
)

// commands are the annotations that methods can be made for.
var commands = map[string]bool{
	":one": true, ":many": true, ":exec": true, ":execrows": true, ":execresult": true,
	":batchexec": true, ":batchone": true, ":batchmany": true, ":copyfrom": true,
}

// knownCommand reports whether the statement has a command that there is a method
// for. A statement that is in no file has none.
func (s *statement) knownCommand(options ir.GoOptions, plain bool) bool {
	cmd, sqlPackage := s.text.Cmd, options.SQLPackage
	switch {
	case cmd == ":copyfrom" && s.dialect.LoadsWith() != "":
		return s.loads(options, plain)
	case (strings.HasPrefix(cmd, ":batch") || cmd == ":copyfrom") && sqlPackage != "pgx/v5":
		s.report.Errorf(diag.OptionUnsupported, s.text.NameSpan, "the command %s needs PostgreSQL and `sql_package: pgx/v5`", cmd).
			WithHelp("database/sql has neither batches nor COPY; call a method with :exec, :one or :many for each value").InQuery(s.text.Name)
		return false
	case cmd == ":execlastid" && s.dialect.LastInsertID():
		return true
	case cmd == ":execlastid":
		s.warnLastID(sqlPackage)
		return true
	case cmd == "" || commands[cmd]:
		return true
	}
	s.report.Errorf(diag.OptionUnsupported, s.text.NameSpan, "the command %s is not supported", cmd).
		WithHelp("use :one, :many, :exec, :execrows, :execresult, :batchexec, :batchone, :batchmany or :copyfrom").InQuery(s.text.Name)
	return false
}

// loads reports whether a :copyfrom query of a database that loads files has a method.
// It has none for tenants: what the database cannot store as it is it changes or leaves
// out, and gives no error.
func (s *statement) loads(options ir.GoOptions, plain bool) bool {
	driver := s.dialect.LoadsWith()
	switch {
	case !plain:
		s.report.Errorf(diag.OptionUnsupported, s.text.NameSpan, "the command :copyfrom is not supported where tables belong to tenants: LOAD DATA changes values that it cannot store").
			WithHelp("write an INSERT with :exec, and call it for each row in one InTx").InQuery(s.text.Name)
	case options.SQLDriver != driver:
		s.report.Errorf(diag.OptionUnsupported, s.text.NameSpan, "the command :copyfrom needs `sql_driver: %s`", driver).
			WithHelp("name the driver, if it is that; otherwise call a method with :exec for each row").InQuery(s.text.Name)
	default:
		return true
	}
	return false
}

// warnLastID says what comes of :execlastid, which PostgreSQL's drivers have no
// answer to. It is generated as sqlc does, so that projects of sqlc stay whole.
func (s *statement) warnLastID(sqlPackage string) {
	what := "there is no method for %q: pgx has no id of the last row"
	if sqlPackage != "pgx/v5" {
		what = "%q always returns an error, behind a statement that has run: PostgreSQL's drivers do not know the id of the last row"
	}
	s.report.Warnf(diag.OptionUnsupported, s.text.NameSpan, what, s.text.Name).
		WithHelp("write RETURNING id behind the statement, and use :one").InQuery(s.text.Name)
}

// checkCommand refuses a scoped statement that its command does not fit.
func (s *statement) checkCommand() {
	s.checkReturning()
	if !strings.HasPrefix(s.text.Cmd, ":batch") {
		return
	}
	for _, p := range s.result.Params {
		if !p.Tenant {
			return
		}
	}
	s.report.Errorf(diag.QueryAnnotation, s.text.NameSpan, "a batch is one statement for each of many values, and %q has no parameter for them", s.text.Name).
		WithHelp("use :exec, :one or :many").InQuery(s.text.Name)
}

// checkLastID sees to it that nobody is given the id of an earlier row, perhaps another
// tenant's, in a database whose connections remember it: :execlastid is refused where
// there may be no new row, and the result of :execresult keeps the id to itself there.
func (s *statement) checkLastID(cat *catalog.Catalog) {
	cmd := s.text.Cmd
	switch {
	case !s.dialect.KeepsLastID() || cmd != ":execresult" && cmd != ":execlastid":
	case s.addsNumber(cat):
		s.lastID = ir.LastIDOfNewRow
	case cmd == ":execresult":
		s.lastID = ir.LastIDHidden
	default:
		s.report.Errorf(diag.OptionUnsupported, s.text.NameSpan, "%q may add no row with a number, and the id would be that of an earlier row, perhaps another tenant's", s.text.Name).
			WithHelp("write RETURNING with the key, and use :one or :many").InQuery(s.text.Name)
	}
}

// addsNumber reports whether a statement adds a row that gets a number, if it does
// anything: the schema can still have a row be left out, by a trigger or by a key.
func (s *statement) addsNumber(cat *catalog.Catalog) bool {
	ins := s.query.Insert
	if ins == nil || ins.Conflict != nil || ins.Ignore || ins.Source != nil && (ins.Source.Values == nil || ins.Source.Limit != nil) {
		return false
	}
	t := cat.Lookup(ins.Target.Schema, ins.Target.Name)
	return t != nil && slices.ContainsFunc(t.Columns, func(c *catalog.Column) bool { return c.Serial })
}

// checkReturning refuses a command that reads rows for a statement that gives none.
// Of a MERGE the analysis says so.
func (s *statement) checkReturning() {
	q := s.query
	if q == nil || !returnsRows[s.text.Cmd] {
		return
	}
	var none bool
	switch {
	case q.Insert != nil:
		none = len(q.Insert.Returning) == 0
	case q.Update != nil:
		none = len(q.Update.Returning) == 0
	case q.Delete != nil:
		none = len(q.Delete.Returning) == 0
	}
	if none {
		s.report.Errorf(diag.QueryAnnotation, s.text.NameSpan, "query %q is %s and has no RETURNING", s.text.Name, s.text.Cmd).
			WithHelp("add RETURNING with the columns that the method returns, or use :exec or :execrows").InQuery(s.text.Name)
	}
}

var returnsRows = map[string]bool{":one": true, ":many": true, ":batchone": true, ":batchmany": true}
