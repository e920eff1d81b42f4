package provision

import (
	"cmp"
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
	"github.com/tenancygen/tenancygen/generator/source"
)

// emit adds a statement to the DDL.
func (b *builder) emit(s *statement) {
	switch {
	case s.Aborts:
		b.report.Errorf(diag.SchemaUnsupported, b.span(s), "%s in the schema: it cannot be made in one transaction", s.What).
			WithHelp("take the statement, and what it undoes, out of the schema's files")
		return
	case s.Kind == parse.SetsSession && s.Problem == "" || b.misses(s):
		return
	}
	ddl := b.text(s)
	ddl.Shared = !b.ofTenants(s)
	if why, help := b.problem(s); why != "" {
		b.unmovable(s, why, help)
	}
	if !ddl.Shared {
		b.remember(s)
	}
	b.result.DDL = append(b.result.DDL, ddl)
}

// squash is the way out of most problems with migrations.
func (b *builder) squash() string {
	return "give tenancygen the schema as it is now, in place of all migrations: " + b.catalog.Dialect.SchemaDump() + " prints it"
}

// unmovable notes why the tables cannot be put in a namespace for each tenant. There
// is one warning, at the first place, whatever the number of places.
func (b *builder) unmovable(s *statement, why, help string) {
	span := b.span(s)
	b.problems++
	switch d := b.result.Unmovable; {
	case d == nil:
		b.result.Unmovable = b.report.Warnf(diag.SchemaUnmovable, span, "the tables cannot be moved to a schema or prefix for each tenant: %s: %s", s.What, why).
			WithHelp("%s", help)
	case b.problems <= mostPlaces:
		d.WithRelated(span, "%s: %s", s.What, why)
	}
}

func (b *builder) span(s *statement) source.Span {
	return s.file.Span(s.Start, min(s.End, s.Start+len(s.What)))
}

// mostPlaces is how many places the warning shows.
const mostPlaces = 5

// misses reports whether a statement changes or drops, IF EXISTS, only what is not
// there: in a new place it does nothing, and elsewhere it would do harm.
func (b *builder) misses(s *statement) bool {
	if !s.Lenient || s.Kind == parse.MakesRelation {
		return false
	}
	for i, name := range s.Names {
		if name.Use == parse.SubjectName && s.relations[i] != nil {
			return false
		}
	}
	return s.Kind == parse.DropsRelation || s.Kind == parse.ChangesRelation || s.Kind == parse.RenamesRelation
}

// ofTenants reports whether a statement is about relations of tenants.
func (b *builder) ofTenants(s *statement) bool {
	main := s.subject()
	return main != nil && main.side == tenants
}

// text is the statement with slots where it names relations of tenants, and those that
// are not beside them where the dialect has to be told.
func (b *builder) text(s *statement) ir.LayoutDDL {
	var edits []source.Edit
	if s.Concurrently.End > 0 {
		edits = append(edits, source.Edit{Start: s.Concurrently.Start - s.Start, End: s.Concurrently.End - s.Start})
	}
	if s.Kind == parse.SetsSession && s.Local.End > 0 {
		edits = append(edits, source.Edit{Start: s.Local.Start - s.Start, End: s.Local.End - s.Start, New: " LOCAL"})
	}
	sql, moved, err := source.Apply(s.text(), edits)
	if err != nil {
		panic(err) // one edit, inside the statement
	}
	ddl := ir.LayoutDDL{SQL: sql}
	if s.Kind == parse.RenamesRelation {
		ddl.Creates = append(ddl.Creates, s.To)
	}
	for i, name := range s.Names {
		if name.Use == parse.CreatesName && !slices.Contains(ddl.Creates, name.Name) {
			ddl.Creates = append(ddl.Creates, cmp.Or(name.Spelling, name.Name))
		}
		r := s.relations[i]
		if r == nil || name.End == 0 {
			continue
		}
		elsewhere := r.side != tenants && name.Use == parse.RefersName && b.ofTenants(s) && b.catalog.Dialect.RefersBeside()
		if r.side != tenants && !elsewhere {
			continue
		}
		slot := ir.Slot{Start: moved.ToNew(name.Start - s.Start), Name: cmp.Or(name.Part, r.spelling, name.Name), Kind: ir.SlotTable, Alias: name.Alias}
		slot.End = slot.Start + name.End - name.Start
		switch {
		case elsewhere:
			slot.Kind, slot.Alias = ir.SlotShared, false
		case name.Use == parse.LiteralName:
			slot.Kind = ir.SlotLiteral
		case name.Use == parse.PartName || name.Index:
			slot.Kind = ir.SlotName
		}
		ddl.Slots = append(ddl.Slots, slot)
	}
	return ddl
}

// problem says why a statement cannot be made for one tenant, or once for all, and
// what can be done; empty when it can.
func (b *builder) problem(s *statement) (why, help string) {
	if s.Problem != "" {
		return s.Problem, b.squash()
	}
	checks := []func(*statement) (string, string){b.names, b.rows, b.calls}
	switch {
	case s.Kind == parse.MakesFunction:
		checks = append(checks, b.function)
	case !b.ofTenants(s):
		checks = append(checks, b.order)
	}
	for _, check := range checks {
		if why, help = check(s); why != "" {
			return why, help
		}
	}
	return "", ""
}

// names looks at each name of a statement.
func (b *builder) names(s *statement) (why, help string) {
	ofTenants := b.ofTenants(s)
	for i, name := range s.Names {
		r := s.relations[i]
		switch {
		case r == nil:
			if !needless(name) {
				return "it names " + name.Name + ", which no statement before makes", "put the file that makes it before this one"
			}
		case r.side != tenants:
			if ofTenants && name.Use == parse.SubjectName {
				return "it is about " + name.Name + ", which all tenants share, and about tables of tenants", "write a statement for each"
			}
		case r.name.Schema != catalog.DefaultSchema && name.End > 0:
			return name.Name + " is a tenant's and in schema " + r.name.Schema, "keep the tables of tenants in one schema"
		case name.Use == parse.MentionName:
			return "a function in it is given the name of " + name.Name + " as text", "write 'name'::regclass, without another cast, or leave the function out"
		case name.Use == parse.TypeUse && name.Schema == "":
			return "a type in it may be the row of " + name.Name, "write the columns, or the type with its schema"
		case !ofTenants && name.Use == parse.SubjectName:
			return "it is about " + name.Name + ", which belongs to tenants, and about tables that all tenants share", "write a statement for each"
		case !ofTenants:
			return "what all tenants share refers to " + name.Name + ", whose rows are a tenant's", "let tenants' tables refer to global ones, and not the other way round; or declare both excluded"
		}
	}
	return "", ""
}

// needless reports whether a name need not be that of a relation of the schema.
func needless(name parse.RelationName) bool {
	if name.Schema == "pg_catalog" || name.Schema == "information_schema" || name.Schema == "" && strings.HasPrefix(name.Name, "pg_") {
		return true
	}
	return name.Use == parse.TypeUse || name.Use == parse.MentionName
}

// rows refuses to write rows of tenants that every tenant would get.
func (b *builder) rows(s *statement) (why, help string) {
	if b.ofTenants(s) && s.Inserts {
		return "it writes rows of tenants, which each tenant would get", "make such rows in the application"
	}
	return "", ""
}
