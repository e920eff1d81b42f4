package generator

import (
	"strings"

	"github.com/tenancygen/tenancygen/generator/diag"
)

// commands are the annotations that methods can be made for.
var commands = map[string]bool{
	":one": true, ":many": true, ":exec": true, ":execrows": true, ":execresult": true,
	":batchexec": true, ":batchone": true, ":batchmany": true, ":copyfrom": true,
}

// knownCommand reports whether the statement has a command that there is a method
// for. A statement that is in no file has none.
func (s *statement) knownCommand(sqlPackage string) bool {
	cmd := s.text.Cmd
	switch {
	case (strings.HasPrefix(cmd, ":batch") || cmd == ":copyfrom") && sqlPackage != "pgx/v5":
		s.report.Errorf(diag.OptionUnsupported, s.text.NameSpan, "the command %s needs `sql_package: pgx/v5`", cmd).
			WithHelp("database/sql has neither batches nor COPY; call a method with :exec, :one or :many for each value").InQuery(s.text.Name)
		return false
	case cmd == "" || commands[cmd]:
		return true
	}
	s.report.Errorf(diag.OptionUnsupported, s.text.NameSpan, "the command %s is not supported", cmd).
		WithHelp("use :one, :many, :exec, :execrows, :execresult, :batchexec, :batchone, :batchmany or :copyfrom").InQuery(s.text.Name)
	return false
}

// checkCommand refuses a scoped statement that its command does not fit.
func (s *statement) checkCommand() {
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
