package manifest

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/generator/ir"
)

// report is what is not protected. A list is empty where there is nothing of its
// kind.
type report struct {
	Header string
	// NoPolicies is set when no row-level security is emitted.
	NoPolicies bool
	Unscoped   []exemption
	// GlobalWrites and Functions say which queries write a global table, and call a
	// function that only the configuration allows.
	GlobalWrites []use
	Functions    []use
	Excluded     []excluded
	Shared       []string // tables with rows that all tenants read
	Warnings     []warning
	// CommonKeys and OpenForeignKeys say of a table which of its keys.
	CommonKeys      []use
	OpenForeignKeys []use
}

// Count is how many things the report lists.
func (r report) Count() int {
	return len(r.Unscoped) + len(r.GlobalWrites) + len(r.Functions) + len(r.Excluded) + len(r.Shared) + len(r.Warnings) + len(r.CommonKeys) + len(r.OpenForeignKeys)
}

// exemption is an unscoped query.
type exemption struct {
	Name, Place, Reason string
	Reads, Writes       []string // tables
}

// use is something and what it is used by, or has.
type use struct {
	What string
	By   []string
}

type excluded struct {
	Table string
	Kind  ir.TableKind
}

type warning struct{ Code, Message, Query, Place string }

// emitReport writes the report.
func emitReport(pkg *ir.Package) ([]byte, error) {
	var out bytes.Buffer
	err := forms.ExecuteTemplate(&out, ReportFile+".tmpl", reportOf(pkg))
	return append(bytes.TrimSpace(out.Bytes()), '\n'), err
}

func reportOf(pkg *ir.Package) report {
	r := report{Header: header(pkg), NoPolicies: pkg.RLS.Role == ""}
	writers, callers := map[string][]string{}, map[string][]string{}
	for _, f := range pkg.Functions {
		callers[f] = nil
	}
	queries := slices.Clone(pkg.Queries)
	slices.SortStableFunc(queries, func(a, b ir.Query) int { return strings.Compare(a.Name, b.Name) })
	for _, q := range queries {
		if q.Handle == ir.HandleUnscoped {
			r.Unscoped = append(r.Unscoped, exemption{Name: q.Name, Place: position(q.Place), Reason: q.Reason,
				Reads: tablesOf(q, false, pkg), Writes: tablesOf(q, true, pkg)})
		}
		for _, ref := range q.References {
			if ref.Written && ref.Class == ir.ClassGlobal {
				addOnce(writers, display(ref.Table, pkg), q.Name)
			}
		}
		for _, f := range q.Functions {
			addOnce(callers, f, q.Name)
		}
	}
	r.GlobalWrites, r.Functions = uses(writers), uses(callers)
	for _, w := range pkg.Warnings {
		r.Warnings = append(r.Warnings, warning{Code: w.Code, Message: w.Message, Query: w.Query, Place: position(w.Place)})
	}
	r.addTables(pkg)
	return r
}

// addTables adds what is open in the schema itself.
func (r *report) addTables(pkg *ir.Package) {
	keys, foreign := map[string][]string{}, map[string][]string{}
	for _, t := range pkg.Tables {
		name := display(ir.Name{Schema: t.Schema, Name: t.Name}, pkg)
		if t.Tenancy.Class == ir.ClassExcluded {
			r.Excluded = append(r.Excluded, excluded{Table: name, Kind: t.Kind})
		}
		if t.Tenancy.Shared {
			r.Shared = append(r.Shared, name)
		}
		for _, k := range t.CommonKeys {
			parts := k.Columns
			if k.Expressions {
				parts = append(slices.Clone(parts), "…")
			}
			addOnce(keys, name, "("+strings.Join(parts, ", ")+")")
		}
		for _, f := range t.OpenForeignKeys {
			addOnce(foreign, name, fmt.Sprintf("(%s) → %s", strings.Join(f.Columns, ", "), display(f.Parent, pkg)))
		}
	}
	slices.SortStableFunc(r.Excluded, func(a, b excluded) int { return cmp.Compare(a.Table, b.Table) })
	slices.Sort(r.Shared)
	r.CommonKeys, r.OpenForeignKeys = uses(keys), uses(foreign)
}

// tablesOf are the tables that a query writes, or reads, each once.
func tablesOf(q ir.Query, written bool, pkg *ir.Package) []string {
	var out []string
	for _, ref := range q.References {
		if ref.Written == written {
			out = append(out, display(ref.Table, pkg))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func addOnce(to map[string][]string, key, value string) {
	if !slices.Contains(to[key], value) {
		to[key] = append(to[key], value)
	}
}

// uses are the entries of a map, sorted by name.
func uses(m map[string][]string) []use {
	var out []use
	for what, by := range m {
		out = append(out, use{What: what, By: by})
	}
	slices.SortFunc(out, func(a, b use) int { return cmp.Compare(a.What, b.What) })
	return out
}

// position is a place as people and editors read it.
func position(p ir.Place) string {
	if p.Path == "" {
		return "derived"
	}
	return fmt.Sprintf("%s:%d", p.Path, p.Line)
}

// code is a name, or a list of names, in Markdown.
func code(names any) string {
	switch names := names.(type) {
	case []string:
		return "`" + strings.Join(names, "`, `") + "`"
	default:
		return fmt.Sprintf("`%s`", names)
	}
}

// prose is an author's text in Markdown, on one line. Nothing in it is hidden as
// a tag or a comment of HTML would be.
func prose(text string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "<", "&lt;")
}
