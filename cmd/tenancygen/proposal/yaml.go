package proposal

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/tenancygen/tenancygen/generator/config"
)

// Inputs say where the SQL is: in an sqlc project, or in files.
type Inputs struct {
	SQLC            string
	Schema, Queries []string
	// Engine is the database, as the configuration calls it.
	Engine string
	// Package and Out are for the generated package.
	Package, Out string
	// SQLPackage is the one of the sqlc project; empty means pgx/v5 for PostgreSQL, and
	// database/sql for the others, which know no other.
	SQLPackage string
}

// YAML returns a commented tenancy.yaml with the proposal.
func (p *Proposal) YAML(in Inputs) string {
	w := &yamlWriter{}
	w.line("# How the tables of this project belong to tenants, as `tenancygen init` sees it.")
	w.line("# Check it: what is wrong here is wrong in every query.")
	w.line("version: \"1\"")
	w.inputs(in)
	w.tenant(p)
	w.tables(p)
	w.rest(p, in)
	return w.out.String()
}

type yamlWriter struct{ out strings.Builder }

func (w *yamlWriter) line(format string, args ...any) {
	fmt.Fprintf(&w.out, format, args...)
	w.out.WriteByte('\n')
}

func (w *yamlWriter) inputs(in Inputs) {
	if in.SQLC != "" {
		w.line("sqlc: %s   # engine, schema, queries and the Go options come from there", word(in.SQLC))
		return
	}
	w.line("engine: %s", in.Engine)
	w.line("schema: %s", flow(in.Schema))
	if len(in.Queries) > 0 {
		w.line("queries: %s", flow(in.Queries))
	} else {
		w.line("# queries: queries.sql   # a file, a list or a directory; derived methods need none")
	}
}

func (w *yamlWriter) tenant(p *Proposal) {
	w.line("")
	if p.Column == "" {
		w.line("# No column looks like a tenant's. Name the one that does, and the table of tenants:")
		w.line("# tenant: {column: tenant_id, root: tenants}")
		return
	}
	if p.Root == "" {
		w.line("# There is no table of tenants that %s refers to; add `root:` if there is one.", p.Column)
		w.line("tenant: {column: %s}", word(p.Column))
		return
	}
	w.line("tenant: {column: %s, root: %s}", word(p.Column), word(p.Root))
}

func (w *yamlWriter) tables(p *Proposal) {
	w.line("")
	if len(p.Direct) > 0 {
		w.line("# Tables with a column %s are tenants' tables without an entry here:", p.Column)
		w.wrap("#   ", p.Direct)
	}
	if len(p.Tables) == 0 && len(p.Questions) == 0 {
		return
	}
	w.line("tables:")
	for _, t := range p.Tables {
		entry := fmt.Sprintf("  %s: {column: %s}", word(t.Name), word(t.Column))
		if t.Parent != "" {
			entry = fmt.Sprintf("  %s: {parent: %s}", word(t.Name), word(t.Parent))
			if len(t.Via) > 0 {
				entry = fmt.Sprintf("  %s: {parent: %s, via: %s}", word(t.Name), word(t.Parent), list(t.Via))
			}
		}
		if t.Note != "" {
			entry += "   # " + t.Note
		}
		w.line("%s", entry)
	}
	if len(p.Questions) == 0 {
		return
	}
	w.line("  # The schema alone does not say what these are. Decide on each, and remove the #:")
	w.line("  # global is shared by all tenants, excluded is used by no query.")
	for _, q := range p.Questions {
		w.line("  # %s: %s   # %s", word(q.Name), q.Proposal, q.Why)
	}
}

// wrap prints names separated by commas in lines of a readable length.
func (w *yamlWriter) wrap(lead string, names []string) {
	line := lead
	for i, n := range names {
		if i < len(names)-1 {
			n += ","
		}
		if len(line)+len(n) > 90 && line != lead {
			w.line("%s", strings.TrimRight(line, " "))
			line = lead
		}
		line += n + " "
	}
	w.line("%s", strings.TrimRight(line, " "))
}

func (w *yamlWriter) rest(p *Proposal, in Inputs) {
	w.line("")
	w.line("# Methods that need no query. A table may have a list of its own.")
	mark := ""
	if in.SQLC != "" {
		mark = "# " // their names may be those of queries that exist
	}
	w.line("%scrud: {default: [%s]}", mark, strings.Join(config.CRUDMethods, ", "))
	w.line("")
	pkg := databaseSQL
	if in.Engine == defaultEngine {
		pkg = "pgx/v5"
		w.line("# The role that the application connects as: neither owner nor superuser.")
		w.line("rls: {role: app_user, setting: %s}", config.DefaultSetting)
		w.line("")
	}
	if in.SQLC != "" {
		w.line("# What differs from gen.go in %s. The package is beside the one that sqlc writes.", in.SQLC)
	}
	layout := ""
	if p.Column != "" { // without tenants, there is no layout
		layout = ", emit_layout: true"
	}
	w.line("go: {package: %s, out: %s, sql_package: %s%s}", word(in.Package), word(in.Out), cmp.Or(in.SQLPackage, pkg), layout)
}

// databaseSQL is the package of databases that have no other.
const databaseSQL = "database/sql"

// flow returns one path, or several as a list.
func flow(paths []string) string {
	if len(paths) == 1 {
		return word(paths[0])
	}
	return list(paths)
}

func list(names []string) string {
	words := make([]string, len(names))
	for i, n := range names {
		words[i] = word(n)
	}
	return "[" + strings.Join(words, ", ") + "]"
}

var (
	plainWord = regexp.MustCompile(`^[A-Za-z_./][A-Za-z0-9_./-]*$`)
	otherWord = regexp.MustCompile(`^(?i:null|true|false|yes|no|on|off|y|n)$`)
)

// word returns a name as YAML reads it back as a string.
func word(s string) string {
	if plainWord.MatchString(s) && !otherWord.MatchString(s) {
		return s
	}
	return strconv.Quote(s)
}
