package provision

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
	"github.com/tenancygen/tenancygen/generator/source"
)

// Result is the DDL of a schema.
type Result struct {
	// DDL are the statements in the order of the files.
	DDL []ir.LayoutDDL
	// Fingerprint tells two versions of them apart.
	Fingerprint string
	// Unmovable is the warning that says why the tables cannot be put in a namespace
	// for each tenant; nil when they can. DDL makes the schema as a whole then, and
	// nothing else.
	Unmovable *diag.Diagnostic
}

// Schema reads the schema files, which the catalog has been loaded and classified
// from. What makes the tables unmovable is a warning in the report.
func Schema(files []*source.File, cat *catalog.Catalog, report *diag.Report) *Result {
	b := &builder{
		catalog: cat, report: report, timeline: &timeline{live: map[parse.ObjectName]*relation{}}, result: &Result{},
		functions: map[string][]*statement{}, tenantWords: words{map[string]bool{}, map[string]bool{}},
	}
	for _, file := range files {
		list, err := cat.Dialect.SchemaStatements(file.Text)
		if err != nil {
			continue // the catalog has told
		}
		for _, s := range list {
			b.statements = append(b.statements, b.resolve(file, s))
		}
	}
	b.settle(cat)
	b.collect()
	for _, s := range b.statements {
		b.emit(s)
	}
	b.result.Fingerprint = fingerprint(b.result.DDL)
	return b.result
}

// builder goes through the statements twice: once to learn which relation each name
// means and where it belongs, and once to write the DDL.
type builder struct {
	*timeline
	catalog    *catalog.Catalog
	report     *diag.Report
	statements []*statement
	result     *Result
	problems   int
	// functions are those of the schema, by their names without schemas.
	functions map[string][]*statement
	// tenantNames are the names that relations of tenants ever have, in lower case.
	tenantNames []string
	// tenantWords are the words of the tenants' statements so far.
	tenantWords words
}

// statement is a statement with the relations that its names mean.
type statement struct {
	*parse.SchemaStatement
	file *source.File
	// relations are those of Names, one by one; nil for a name that means none.
	relations []*relation
	// unknown is set when it is about relations that are not there.
}

func (s *statement) text() string { return s.file.Text[s.Start:s.End] }

// resolve finds the relations that a statement names, and does to the timeline what
// the statement does to the schema.
func (b *builder) resolve(file *source.File, s *parse.SchemaStatement) *statement {
	out := &statement{SchemaStatement: s, file: file, relations: make([]*relation, len(s.Names))}
	for i, name := range s.Names {
		if name.Use == parse.CreatesName {
			if name.Schema == "" {
				name.Schema = subjectSchema(s)
			}
			r := b.create(name.ObjectName)
			r.sequence = r.sequence || name.Sequence || isSequence(s)
			r.spelling = cmp.Or(r.spelling, name.Spelling)
			out.relations[i] = r
		}
	}
	for i, name := range s.Names {
		if name.Use != parse.CreatesName {
			out.relations[i] = b.find(name.ObjectName)
		}
	}
	out.link()
	switch s.Kind {
	case parse.DropsRelation:
		for _, r := range out.relations {
			if r != nil {
				b.drop(r)
			}
		}
	case parse.RenamesRelation:
		if r := out.subject(); r != nil {
			b.rename(r, s.To)
		}
	}
	return out
}

// subjectSchema is the schema of what a statement makes without naming it.
func subjectSchema(s *parse.SchemaStatement) string {
	for _, name := range s.Names {
		if name.Schema != "" && (name.Use == parse.CreatesName || name.Use == parse.SubjectName) {
			return name.Schema
		}
	}
	return ""
}

func isSequence(s *parse.SchemaStatement) bool { return s.What == "CREATE SEQUENCE" }

// main is the relation that a statement is about: the one that it makes under a name
// that stands in it, or changes.
func (s *statement) subject() *relation {
	for i, name := range s.Names {
		if name.Use == parse.SubjectName || name.Use == parse.CreatesName && name.End > 0 && !name.Sequence && !name.Index {
			return s.relations[i]
		}
	}
	return nil
}

// link remembers which relations hang on and refer to which.
func (s *statement) link() {
	main := s.subject()
	if main == nil {
		return
	}
	for i, name := range s.Names {
		r := s.relations[i]
		switch {
		case r == nil || r == main:
		case name.Index || name.Sequence:
			r.owner = main
		case name.Use == parse.SubjectName && s.Kind == parse.MakesRelation: // the table of statistics
			main.owner = r
		case name.Use == parse.SubjectName || name.Use == parse.CreatesName:
		case name.Use == parse.OwnerName:
			main.owner = r
		case name.Use == parse.LiteralName && r.sequence:
			r.users = append(r.users, main)
		default:
			main.refers = append(main.refers, r)
		}
	}
}

// fingerprint is a hash of the DDL.
func fingerprint(list []ir.LayoutDDL) string {
	text, err := json.Marshal(list)
	if err != nil {
		panic(err) // plain structs
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}
