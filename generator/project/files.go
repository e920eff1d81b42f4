// Package project reads the SQL files that a configuration names: the schema,
// as files or as a directory of migrations, and the queries. Texts stay as the
// user wrote them, byte for byte in place, so that every later message can show
// where it is about; what is not part of the schema is blanked, not removed.
package project

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/tenancygen/tenancygen/generator/config"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/source"
)

// Schema reads the schema files in order, the down parts of migrations blanked.
// What cannot be read is in the report.
func Schema(c *config.Config, r *diag.Report) []*source.File {
	return schema(disk{}, c, r)
}

func schema(from files, c *config.Config, r *diag.Report) []*source.File {
	l := &lister{from: from, dir: c.Dir, report: r, what: "schema", seen: map[string]bool{}}
	files := l.files(c.Schema, c.SchemaSpans)
	blank := !r.HasErrors()
	for i, f := range files {
		files[i] = source.NewFile(f.Path, BlankDown(f.Text))
		blank = blank && strings.TrimSpace(files[i].Text) == ""
	}
	// Statements without tables need no schema, and where no table could belong to a
	// tenant, nothing is overlooked.
	if blank && len(c.Schema) > 0 && !c.AllGlobal() {
		r.Errorf(diag.FileMissing, spanAt(c.SchemaSpans, 0), "the schema is empty").
			WithHelp("schema: names the files with the CREATE TABLE statements, or a directory of migrations")
	}
	return files
}

// Queries reads the query files in order. What cannot be read is in the report.
func Queries(c *config.Config, r *diag.Report) []*source.File {
	l := &lister{from: disk{}, dir: c.Dir, report: r, what: "queries", seen: map[string]bool{}}
	return l.files(c.Queries, c.QueriesSpans)
}

func spanAt(spans []source.Span, i int) source.Span {
	if i < len(spans) {
		return spans[i]
	}
	return source.Span{}
}

// lister finds and reads the files that a list of paths means.
type lister struct {
	from   files
	dir    string
	report *diag.Report
	what   string          // the key in the configuration
	seen   map[string]bool // paths that are read already
}

// files reads what the paths mean, in the order of the paths: a file, the SQL
// files of a directory by name, or those that match a pattern.
func (l *lister) files(paths []string, spans []source.Span) []*source.File {
	var out []*source.File
	for i, path := range paths {
		span := spanAt(spans, i)
		for _, name := range l.expand(path, span) {
			if l.seen[name] {
				continue
			}
			l.seen[name] = true
			text, err := l.from.ReadFile(name)
			if err != nil {
				l.missing(span, name, err)
				continue
			}
			out = append(out, source.NewFile(displayPath(name), blankMark(string(text))))
		}
	}
	return out
}

// blankMark replaces the byte order mark that some editors write, which no SQL
// parser expects.
func blankMark(text string) string {
	if rest, ok := strings.CutPrefix(text, "\ufeff"); ok {
		return "   " + rest
	}
	return text
}

// expand returns the files that one path means, as sqlc finds them.
func (l *lister) expand(path string, span source.Span) []string {
	full := l.from.Join(l.dir, path)
	matches := []string{full}
	if strings.ContainsAny(path, "*?[]") {
		var err error
		if matches, err = l.from.Glob(full); err != nil {
			l.report.Errorf(diag.ConfigInvalid, span, "%s: %q is not a valid pattern", l.what, path).
				WithHelp("* stands for any text, ? for one character, [a-z] for one of a range")
			return nil
		}
	}
	var names []string
	failed := false
	for _, match := range matches {
		found, ok := l.list(match, span)
		names = append(names, found...)
		failed = failed || !ok
	}
	if len(names) == 0 && !failed {
		l.report.Errorf(diag.FileMissing, span, "%s: %s holds no SQL files", l.what, displayPath(full)).
			WithHelp("files are taken when they end in .sql; names that start with a dot and *.down.sql are not")
	}
	return names
}

// list returns the SQL files of a directory, in the order of their names, or
// the one file itself.
func (l *lister) list(path string, span source.Span) (names []string, ok bool) {
	info, err := l.from.Stat(path)
	if err != nil {
		l.missing(span, path, err)
		return nil, false
	}
	if !info.IsDir() {
		if isDown(filepath.Base(path)) {
			return nil, true
		}
		return []string{path}, true
	}
	entries, err := l.from.ReadDir(path) // sorted
	if err != nil {
		l.missing(span, path, err)
		return nil, false
	}
	for _, e := range entries {
		if name := e.Name(); !e.IsDir() && isSQL(name) && !isDown(name) {
			names = append(names, l.from.Join(path, name))
		}
	}
	return names, true
}

func (l *lister) missing(span source.Span, path string, err error) {
	reason := "cannot be read: " + cause(err).Error()
	if errors.Is(err, fs.ErrNotExist) {
		reason = "does not exist"
	}
	l.report.Errorf(diag.FileMissing, span, "%s: %s %s", l.what, displayPath(path), reason).
		WithHelp("correct the path in %q; it is relative to the file that it stands in", l.what)
}

// cause returns the reason of an error of the file system without the path.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

func isSQL(name string) bool {
	return strings.HasSuffix(name, ".sql") && !strings.HasPrefix(name, ".")
}

// isDown reports whether a file undoes a migration, in the form of
// golang-migrate.
func isDown(name string) bool { return strings.HasSuffix(name, ".down.sql") }

// displayPath returns a path relative to the working directory if it is below
// it: what is printed must not depend on where the project is.
func displayPath(path string) string {
	if filepath.IsAbs(path) {
		if wd, err := os.Getwd(); err == nil {
			if rel, err := filepath.Rel(wd, path); err == nil && filepath.IsLocal(rel) {
				path = rel
			}
		}
	}
	return filepath.ToSlash(filepath.Clean(path))
}
