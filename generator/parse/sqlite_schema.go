package parse

import (
	"regexp"
	"slices"
	"strings"

	"github.com/sqlc-dev/meyer/ast"
	"github.com/sqlc-dev/meyer/parser"
)

// SchemaStatements parses a schema file.
func (d sqlite) SchemaStatements(text string) ([]*SchemaStatement, error) {
	toks, err := scan(d, text)
	if err != nil {
		return nil, err
	}
	statements, err := parser.ParseString(text)
	if err != nil {
		return nil, sqliteError(err)
	}
	all := window{toks, 0, len(toks.list)}
	var out []*SchemaStatement
	for _, n := range statements {
		w := all.sub(all.indexAt(n.Pos()), all.indexAt(n.End()))
		for !w.empty() && w.is(w.to-1, ";") {
			w.to--
		}
		r := &textReader{schemaReader{w, &SchemaStatement{Range: w.span(), What: w.words()}}}
		sqliteNames{r}.statement(n)
		out = append(out, r.sorted())
	}
	return out, nil
}

// sqliteNames finds the relations that a statement of SQLite names.
type sqliteNames struct{ *textReader }

func (r sqliteNames) statement(n ast.Stmt) {
	switch s := n.(type) {
	case *ast.CreateTableStmt:
		r.createTable(s)
	case *ast.CreateViewStmt:
		r.makesNamed(s.Name, s.IfNotExists, s.Temp)
		r.statementText(spanOf(s.Select), false)
	case *ast.CreateIndexStmt:
		r.createIndex(s)
	case *ast.CreateTriggerStmt:
		r.createTrigger(s)
	case *ast.AlterTableStmt:
		r.alterTable(s)
	case *ast.DropTableStmt:
		r.drops(s.Name, s.IfExists)
	case *ast.DropViewStmt:
		r.drops(s.Name, s.IfExists)
	case *ast.DropIndexStmt:
		r.drops(s.Name, s.IfExists)
	case *ast.InsertStmt:
		r.out.Inserts = true
		r.writes(s.Table)
	case *ast.UpdateStmt:
		r.writes(s.Table)
	case *ast.DeleteStmt:
		r.writes(s.Table)
	case *ast.BeginStmt, *ast.CommitStmt, *ast.AnalyzeStmt, *ast.ReindexStmt:
		r.out.Kind = SetsSession
	case *ast.RollbackStmt, *ast.SavepointStmt, *ast.ReleaseStmt:
		r.out.Kind, r.out.Aborts = SetsSession, true
	case *ast.PragmaStmt:
		r.pragma(s)
	default:
		r.out.Kind = MakesOther
		r.problem("nobody can tell what it makes")
	}
}

// name notes the name of a relation.
func (r sqliteNames) name(use NameUse, n *ast.QualifiedName) {
	if n.Schema != nil && foldASCII(n.Schema.Name) != "main" {
		r.problem("it names the database %s", n.Schema.Name)
	}
	r.note(RelationName{Range: spanOf(n), ObjectName: ObjectName{Name: foldASCII(n.Name.Name)}, Use: use})
}

func (r sqliteNames) makesNamed(n *ast.QualifiedName, ifNotExists, temporary bool) {
	r.out.Kind, r.out.Lenient = MakesRelation, ifNotExists
	r.name(CreatesName, n)
	if temporary {
		r.problem("it makes a temporary relation")
	}
}

func (r sqliteNames) drops(n *ast.QualifiedName, ifExists bool) {
	r.out.Kind, r.out.Lenient, r.out.Removes = DropsRelation, ifExists, true
	r.name(SubjectName, n)
}

func (r sqliteNames) writes(n *ast.QualifiedName) {
	r.out.Kind = WritesRows
	r.name(SubjectName, n)
	r.statementText(r.out.Range, false)
}

func (r sqliteNames) createTable(s *ast.CreateTableStmt) {
	r.makesNamed(s.Name, s.IfNotExists, s.Temp)
	for _, c := range s.Columns {
		r.column(s.Name, c)
	}
	for _, k := range s.Constraints {
		r.expression(s.Name, k.Expr)
		r.references(k.References)
		for _, c := range k.Columns {
			r.expression(s.Name, c.Expr)
		}
	}
	if s.Select != nil {
		r.statementText(spanOf(s.Select), false)
	}
}

func (r sqliteNames) column(table *ast.QualifiedName, n *ast.ColumnDef) {
	for _, k := range n.Constraints {
		r.expression(table, k.Expr)
		r.references(k.References)
	}
}

// references notes the table of a foreign key.
func (r sqliteNames) references(n *ast.ForeignKeyClause) {
	if n != nil {
		r.note(RelationName{Range: spanOf(n.Table), ObjectName: ObjectName{Name: foldASCII(n.Table.Name)}, Use: RefersName})
	}
}

// expression notes what an expression names, in which the columns of a table may be
// called by its name.
func (r sqliteNames) expression(table *ast.QualifiedName, n ast.Expr) {
	if n != nil {
		r.expressionText(ObjectName{Name: foldASCII(table.Name.Name)}, spanOf(n))
	}
}

// createIndex reads CREATE INDEX. The names of indexes are among those of tables.
func (r sqliteNames) createIndex(s *ast.CreateIndexStmt) {
	r.makesNamed(s.Name, s.IfNotExists, false)
	r.out.Names[0].Index = true
	table := &ast.QualifiedName{Span: s.Table.Span, Name: s.Table}
	r.name(SubjectName, table)
	for _, c := range s.Columns {
		r.expression(table, c.Expr)
	}
	r.expression(table, s.Where)
}

// createTrigger reads CREATE TRIGGER. Triggers have names of their own, and in their
// bodies what is written has no alias.
func (r sqliteNames) createTrigger(s *ast.CreateTriggerStmt) {
	r.out.Kind = ChangesRelation
	if s.Temp || s.Name.Schema != nil {
		r.problem("it makes a trigger in another database")
	}
	table := ObjectName{Name: foldASCII(s.Table.Name.Name)}
	r.note(RelationName{Range: spanOf(s.Name), ObjectName: table, Use: PartName, Part: s.Name.Name.Name})
	r.name(SubjectName, s.Table)
	r.expression(s.Table, s.When)
	for _, n := range s.Body {
		r.statementText(spanOf(n), true)
	}
}

// raise is RAISE with a plain message, which only a trigger has.
var raise = regexp.MustCompile(`(?i)\braise\s*\(\s*(?:ignore|(?:rollback|abort|fail)\s*,\s*'(?:[^']|'')*')\s*\)`)

// withoutRaise is a text with NULL in the place of each RAISE, at the same places.
func withoutRaise(text string) string {
	return raise.ReplaceAllStringFunc(text, func(call string) string { return "NULL" + strings.Repeat(" ", len(call)-len("NULL")) })
}

func (r sqliteNames) alterTable(s *ast.AlterTableStmt) {
	r.out.Kind = ChangesRelation
	r.name(SubjectName, s.Table)
	switch s.Action {
	case ast.AlterRenameTable:
		r.problem("it gives %s another name", s.Table.Name.Name)
	case ast.AlterAddColumn:
		r.out.Adds = true
		r.column(s.Table, s.ColumnDef)
	case ast.AlterRenameColumn, ast.AlterDropColumn, ast.AlterDropConstraint:
		r.out.Removes = true
	}
	r.expression(s.Table, s.Expr)
}

// harmlessPragmas are what dumps set before they make a schema. They are for the
// connection, or say how a file is written.
var harmlessPragmas = strings.Fields("foreign_keys defer_foreign_keys journal_mode synchronous temp_store cache_size busy_timeout locking_mode optimize")

func (r sqliteNames) pragma(s *ast.PragmaStmt) {
	r.out.Kind = SetsSession
	if !slices.Contains(harmlessPragmas, foldASCII(s.Name.Name.Name)) {
		r.problem("it sets %s, on which the rest may depend", s.Name.Name.Name)
	}
}
