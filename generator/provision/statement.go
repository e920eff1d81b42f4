package provision

import (
	"regexp"
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
const squash = "give tenancygen the schema as it is now, in place of all migrations: pg_dump --schema-only prints it"

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

// text is the statement with slots where it names relations of tenants.
func (b *builder) text(s *statement) ir.LayoutDDL {
	var edits []source.Edit
	if s.Concurrently.End > 0 {
		edits = append(edits, source.Edit{Start: s.Concurrently.Start - s.Start, End: s.Concurrently.End - s.Start})
	}
	if s.Kind == parse.SetsSession && s.Local.End > 0 {
		edits = append(edits, source.Edit{Start: s.Local.Start - s.Start, End: s.Local.End - s.Start, New: " LOCAL"})
	}
	sql, moved, err := source.Apply(s.file.Text[s.Start:s.End], edits)
	if err != nil {
		panic(err) // one edit, inside the statement
	}
	ddl := ir.LayoutDDL{SQL: sql}
	for i, name := range s.Names {
		if name.Use == parse.CreatesName && !slices.Contains(ddl.Creates, name.Name) {
			ddl.Creates = append(ddl.Creates, name.Name)
		}
		r := s.relations[i]
		if r == nil || r.side != tenants || name.End == 0 {
			continue
		}
		slot := ir.Slot{Start: moved.ToNew(name.Start - s.Start), Name: name.Name, Kind: ir.SlotTable}
		slot.End = slot.Start + name.End - name.Start
		if name.Use == parse.LiteralName {
			slot.Kind = ir.SlotLiteral
		}
		ddl.Slots = append(ddl.Slots, slot)
	}
	return ddl
}

// problem says why a statement cannot be made for one tenant, or once for all, and
// what can be done; empty when it can.
func (b *builder) problem(s *statement) (why, help string) {
	if s.Problem != "" {
		return s.Problem, squash
	}
	if why, help = b.names(s); why != "" {
		return why, help
	}
	switch s.Kind {
	case parse.MakesFunction:
		return b.function(s)
	case parse.MakesTrigger:
		return b.trigger(s)
	case parse.WritesRows:
		return b.rows(s)
	}
	if !b.ofTenants(s) && s.Removes {
		return b.removed(s)
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
			return "a function in it is given the name of " + name.Name + " as text", "write 'name'::regclass, without another cast"
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

var word = regexp.MustCompile(`[\pL_][\pL\pN_$]*`)

// field is what a trigger's function takes from a row.
var field = regexp.MustCompile(`(?i)\b(?:new|old)\s*\.\s*"?\w+"?`)

// nameTenants collects the names that relations of tenants ever have.
func (b *builder) nameTenants() {
	b.tenantNames, b.tenantWords = map[string]bool{}, map[string]bool{}
	for _, s := range b.statements {
		for i, name := range s.Names {
			if r := s.relations[i]; r != nil && r.side == tenants {
				b.tenantNames[strings.ToLower(name.Name)] = true
			}
		}
	}
}

// remember notes the words of a statement of tenants.
func (b *builder) remember(s *statement) {
	for _, w := range word.FindAllString(s.file.Text[s.Start:s.End], -1) {
		b.tenantWords[strings.ToLower(w)] = true
	}
}

// removed refuses to take away what a statement of tenants before it has named: what
// is shared is made, and unmade, before the first tenant's tables are.
func (b *builder) removed(s *statement) (why, help string) {
	names := slices.Clone(s.Functions)
	for _, name := range s.Names {
		if name.Use == parse.SubjectName {
			names = append(names, name.ObjectName)
		}
	}
	for _, name := range names {
		if b.tenantWords[strings.ToLower(name.Name)] {
			return "it changes or removes " + name.Name + ", which a statement about tenants' tables names before", squash
		}
	}
	return "", ""
}

// function refuses a function whose text names tenants' tables: it finds them by the
// search path, which does not lead to them.
func (b *builder) function(s *statement) (why, help string) {
	text := field.ReplaceAllString(s.file.Text[s.Start:s.End], "")
	for _, w := range word.FindAllString(text, -1) {
		if b.tenantNames[strings.ToLower(w)] {
			return "the function's text names " + w + ", and would look for it where all tenants' functions are", "do without the table in it; a name that means something else there can be changed"
		}
	}
	return "", ""
}

// trigger refuses one whose function may look for tenants' tables.
func (b *builder) trigger(s *statement) (why, help string) {
	if !b.ofTenants(s) {
		return "", ""
	}
	for _, f := range s.Functions {
		if why := b.catalog.Opaque(f.Name); why != "" {
			return "it calls " + f.Name + ", which " + why, "list the function under functions: once you have made sure that it names no table of tenants"
		}
	}
	return "", ""
}

// rows refuses to write rows of tenants that every tenant would get.
func (b *builder) rows(s *statement) (why, help string) {
	if b.ofTenants(s) && s.Inserts {
		return "it writes rows of tenants, which each tenant would get", "make such rows in the application"
	}
	return "", ""
}
