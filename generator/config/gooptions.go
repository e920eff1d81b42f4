package config

import (
	"go/token"
	"maps"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/source"
)

// goOptions reads a gen.go map of sqlc's over what to holds already, and notes
// the places of the options. The names are the JSON names of ir.GoOptions.
func (rd *reader) goOptions(e entry, to *ir.GoOptions, at map[string]source.Span) {
	rd.object(e, rd.goOptionKeys(to, at))
}

func (rd *reader) goOptionKeys(to *ir.GoOptions, at map[string]source.Span) keys {
	known := keys{}
	v := reflect.ValueOf(to).Elem()
	for i := range v.NumField() {
		option, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		field := v.Field(i).Addr().Interface()
		known[option] = func(e entry) {
			at[option] = rd.span(e.value)
			if isNull(e.value) {
				at[option] = rd.span(e.key)
			}
			rd.goOption(e, field)
		}
	}
	return known
}

// goOption reads one option by the type of its field. Overrides and renames
// are added to those that are there, before them: the first match wins.
func (rd *reader) goOption(e entry, field any) {
	switch to := field.(type) {
	case *string:
		rd.setString(to)(e)
	case *bool:
		*to, _ = rd.boolean(e)
	case **bool:
		if b, ok := rd.boolean(e); ok && !isNull(e.value) {
			*to = &b
		}
	case **int:
		if n, ok := rd.integer(e); ok {
			*to = &n
		}
	case *[]string:
		*to, _ = rd.strings(e)
	case **[]string:
		if list, _ := rd.strings(e); list != nil {
			*to = &list
		}
	case *map[string]string:
		if *to == nil {
			*to = map[string]string{}
		}
		maps.Copy(*to, rd.stringMap(e))
	case *[]ir.Override:
		*to = append(rd.overrides(e), *to...)
	}
}

func (rd *reader) stringMap(e entry) map[string]string {
	out := map[string]string{}
	for _, e := range rd.entries(e) {
		if s, ok := rd.str(e); ok {
			out[e.key.Value] = s
		}
	}
	return out
}

// The values of sql_package. pgx/v4 is known and not generated.
const (
	pgx5        = "pgx/v5"
	pgx4        = "pgx/v4"
	databaseSQL = "database/sql"
)

// defaults fills in what was not given, as sqlc does.
func (p *parser) defaults(fromSQLC bool) {
	g := &p.config.Go
	if g.SQLPackage == "" {
		g.SQLPackage = p.database().sqlPackage
		if fromSQLC {
			g.SQLPackage = databaseSQL
		}
	}
	if g.Package == "" && g.Out != "" {
		g.Package = path.Base(filepath.ToSlash(filepath.Clean(g.Out)))
	}
}

// checkOptions reports options with a value that cannot be used.
func (p *parser) checkOptions() {
	g := &p.config.Go
	place, given := p.goPlace()
	if !given {
		return // reported, as a missing key
	}
	if g.Out == "" && p.at["out"].IsZero() {
		p.errorf(diag.ConfigInvalid, place, "%q is missing", "go.out").
			WithHelp("add `out: gen`, the directory for the generated package")
	}
	if g.Package != "" && !token.IsIdentifier(g.Package) {
		p.errorf(diag.ConfigInvalid, p.optionAt("package", "out"), "%q is not a package name", g.Package).
			WithHelp("set go.package to a Go identifier")
	}
	p.config.PreparedSpan, p.config.LayoutSpan = p.at["emit_prepared_queries"], p.at["emit_layout"]
	p.optionIn("json_tags_case_style", g.JSONTagsCaseStyle, []string{"camel", "pascal", "snake", "none"})
	if n := g.QueryParameterLimit; n != nil && *n < 0 {
		p.errorf(diag.ConfigInvalid, p.at["query_parameter_limit"], "query_parameter_limit is negative").
			WithHelp("use 0 for a struct always, or the number of plain arguments that a method may have")
	}
	p.checkFileNames()
	if p.optionIn("sql_package", g.SQLPackage, []string{pgx5, pgx4, databaseSQL}) {
		p.checkSupported(place)
	}
}

// goPlace returns the place for what is wrong with the go options as a whole.
func (p *parser) goPlace() (source.Span, bool) {
	for _, key := range []string{"go", "sqlc"} {
		if e, ok := p.given[key]; ok {
			return p.span(e.key), true
		}
	}
	return source.Span{}, p.plugin
}

// optionAt returns the place of the first of the options that is given.
func (p *parser) optionAt(options ...string) source.Span {
	for _, o := range options {
		if at, ok := p.at[o]; ok {
			return at
		}
	}
	place, _ := p.goPlace()
	return place
}

func (p *parser) optionIn(option, value string, values []string) bool {
	for _, v := range values {
		if v == value {
			return true
		}
	}
	if value != "" {
		p.errorf(diag.ConfigInvalid, p.optionAt(option), "%s cannot be %q", option, value).
			WithHelp("use %s", list(values))
	}
	return false
}

// checkFileNames reports output file names that would leave the directory.
func (p *parser) checkFileNames() {
	g := p.config.Go
	names := []struct{ option, value string }{
		{"output_db_file_name", g.OutputDBFileName},
		{"output_models_file_name", g.OutputModelsFileName},
		{"output_querier_file_name", g.OutputQuerierFileName},
		{"output_copyfrom_file_name", g.OutputCopyfromFileName},
		{"output_batch_file_name", g.OutputBatchFileName},
		{"output_files_suffix", g.OutputFilesSuffix},
	}
	for _, n := range names {
		if strings.ContainsAny(n.value, `/\`) {
			p.errorf(diag.ConfigInvalid, p.optionAt(n.option), "%s %q is not a file name", n.option, n.value).
				WithHelp("all files are written to go.out; give a name without a directory")
		}
	}
}

// checkSupported reports sqlc's options that this version cannot honour: as an
// error where ignoring them would change the generated API.
func (p *parser) checkSupported(place source.Span) {
	g := &p.config.Go
	known := p.database()
	at := place
	if given, ok := p.at["sql_package"]; ok {
		at = given
	}
	switch {
	case !slices.Contains(known.sqlPackages, g.SQLPackage):
		p.errorf(diag.OptionUnsupported, at, "sql_package %q is not for %s", g.SQLPackage, known.title).
			WithHelp("use %s", list(known.sqlPackages))
	case g.SQLPackage == pgx4:
		d := p.errorf(diag.OptionUnsupported, at, "sql_package %q is not supported", g.SQLPackage).
			WithHelp("move the application to pgx/v5, and set sql_package: %s", pgx5)
		if _, ok := p.given["sqlc"]; ok {
			d.WithHelp("move the application to pgx/v5, and add `go: {sql_package: %s}` beside `sqlc:`; sqlc.yaml can stay as it is", pgx5)
		}
	}
	if g.EmitMethodsWithDBArgument && g.EmitPreparedQueries {
		p.errorf(diag.ConfigInvalid, p.optionAt("emit_prepared_queries"), "emit_methods_with_db_argument and emit_prepared_queries exclude each other").
			WithHelp("a statement is prepared on one database handle; keep one of the two options")
	}
	if !p.optionIn("sql_driver", g.SQLDriver, knownDrivers) || slices.Contains(known.sqlDrivers, g.SQLDriver) {
		return
	}
	d := p.report.Warnf(diag.OptionUnsupported, p.optionAt("sql_driver"), "sql_driver %q has no effect with %s", g.SQLDriver, known.title).
		WithHelp("remove it")
	if len(known.sqlDrivers) > 0 {
		d.WithHelp("remove it, or use %s", list(known.sqlDrivers))
	}
}
