package sqlcproc

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"

	"github.com/tenancygen/tenancygen/generator/analyze"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/source"
)

// The layout of the temporary directory. Files are numbered, so that their
// order is the order of the input and no name has a meaning to sqlc (it skips
// names such as x.down.sql).
const (
	schemaDir   = "schema"
	queryDir    = "queries"
	requestFile = "request.json"
)

// settingsStart is the start of the sqlc.yaml of the child. Directories are read in the order of
// the names in them.
const settingsStart = `version: "2"
sql:
  - engine: %s
    schema: ` + schemaDir + `
    queries: ` + queryDir + `
    gen: {json: {out: ".", filename: ` + requestFile + `}}
`

// settings is the sqlc.yaml of the child with the user's options.
func (p *project) settings() string {
	text := fmt.Sprintf(settingsStart, p.dialect.engine)
	if p.database.used() {
		text += "    database: {uri: \"${" + databaseVariable + "}\"}\n"
	}
	if o := p.in.Options.StrictOrderBy; o != nil {
		text += fmt.Sprintf("    strict_order_by: %t\n", *o)
	}
	return text + fmt.Sprintf("    strict_function_checks: %t\n", p.in.Options.StrictFunctionChecks)
}

// placeholder is fed when there is no statement, since sqlc refuses to work
// without one. A leading underscore keeps it apart from names of methods.
const placeholder = "-- name: _none :exec\nSELECT 1;\n"

// longestLine is where sqlc's line scanner gives up; behind it, a schema is cut
// off without a word.
const longestLine = 64*1024 - 1

// project is one input as it is laid out for sqlc.
type project struct {
	in       analyze.Input
	dialect  *dialect
	ascii    ascii
	database database
	queries  []fedQuery // one for each of in.Queries
}

// fedFile is a file of consecutive statements.
type fedFile struct {
	text   string
	first  int   // the index of the first statement
	starts []int // where each statement's part of the text starts
}

// bundle puts all statements into one file.
func (p *project) bundle() []fedFile {
	var text strings.Builder
	var file fedFile
	for i := range p.queries {
		file.starts = append(file.starts, text.Len())
		text.WriteString(p.queries[i].text)
	}
	file.text = text.String()
	return []fedFile{file}
}

// split puts each statement into a file of its own.
func (p *project) split() []fedFile {
	var files []fedFile
	for i := range p.queries {
		files = append(files, fedFile{text: p.queries[i].text, first: i, starts: []int{0}})
	}
	return files
}

// at returns which statement is at an offset of the file, and the offset in its
// part of the text.
func (f *fedFile) at(offset int) (query, inQuery int) {
	n := sort.SearchInts(f.starts, offset+1) - 1
	n = max(n, 0)
	return f.first + n, offset - f.starts[n]
}

// newProject lays the input out. It reports what sqlc would misread, and then
// returns false.
func newProject(in analyze.Input, report *diag.Report) (*project, bool) {
	p := &project{in: in, dialect: dialects[in.Engine]}
	ok := true
	for _, file := range in.Schema {
		if at := unreadable(file.Text); at >= 0 {
			refuseSchema(file, at, report)
			ok = false
		}
	}
	if p.dialect.ascii {
		p.ascii = newASCII(texts(in)...)
	}
	for _, query := range in.Queries {
		if at := unreadable(query.Text); at >= 0 {
			refuseQuery(query, at, report)
			ok = false
		}
		p.queries = append(p.queries, feed(query, p.dialect, p.ascii))
	}
	return p, ok
}

// unreadable returns the offset of the first text that sqlc would not read to
// its end, or -1: a NUL byte ends the text for its parser, an overlong line for
// its scanner.
func unreadable(text string) int {
	if at := strings.IndexByte(text, 0); at >= 0 {
		return at
	}
	start := 0
	for line := range strings.Lines(text) {
		if len(line) > longestLine {
			return start
		}
		start += len(line)
	}
	return -1
}

const helpUnreadable = "remove NUL bytes, and break lines of 64 KiB and more"

func refuseSchema(file *source.File, at int, report *diag.Report) {
	report.Errorf(diag.AnalysisFailed, file.Span(at, at),
		"the schema has a NUL byte or a line that is too long for the analysis").
		WithHelp(helpUnreadable)
}

func refuseQuery(query analyze.Query, at int, report *diag.Report) {
	report.Errorf(diag.AnalysisFailed, query.Origin(at),
		"query %q has a NUL byte or a line that is too long for the analysis", query.Name).
		WithHelp(helpUnreadable).InQuery(query.Name)
}

// write puts the project into dir, its statements in the given files.
func (p *project) write(dir string, files []fedFile) error {
	if err := p.writeSchema(dir, p.schemaFiles()); err != nil {
		return err
	}
	if len(p.queries) == 0 {
		return writeFile(dir, fileName(queryDir, 0), placeholder)
	}
	for i, file := range files {
		if err := writeFile(dir, fileName(queryDir, i), file.text); err != nil {
			return err
		}
	}
	return nil
}

// writeSchema writes all but the statements.
func (p *project) writeSchema(dir string, schema []string) error {
	for _, sub := range []string{schemaDir, queryDir} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			return err
		}
	}
	if err := writeFile(dir, "sqlc.yaml", p.settings()); err != nil {
		return err
	}
	for i, text := range schema {
		if err := writeFile(dir, fileName(schemaDir, i), text); err != nil {
			return err
		}
	}
	return nil
}

// schemaFiles are the texts of the schema files.
func (p *project) schemaFiles() []string {
	var out []string
	for _, file := range p.in.Schema {
		text, _ := p.ascii.encode(file.Text)
		out = append(out, text)
	}
	return out
}

// texts are all texts of the input.
func texts(in analyze.Input) []string {
	var out []string
	for _, file := range in.Schema {
		out = append(out, file.Text)
	}
	for _, query := range in.Queries {
		out = append(out, query.Text)
	}
	return out
}

// rollback matches a line behind which sqlc leaves a schema file unread.
var rollback = regexp.MustCompile(`(?im)^(-- \+goose down|-- \+migrate down|-- migrate:down|---- create above / drop below ----)`)

// schemaInOne is the schema as one text: years of migrations take longer to write
// and to read as files than as text. Places in it mean nothing to an author, so it is
// for an attempt that can be made again with the files.
func (p *project) schemaInOne() []string {
	all := p.schemaFiles()
	if slices.ContainsFunc(all, rollback.MatchString) {
		return all
	}
	return []string{strings.Join(all, "\n;\n")}
}

func writeFile(dir, name, text string) error {
	return os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), []byte(text), 0o600)
}

// fileName is the name of the file with the given index, relative to the
// project, with slashes.
func fileName(dir string, index int) string { return fmt.Sprintf("%s/%06d.sql", dir, index+1) }
