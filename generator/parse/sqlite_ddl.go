package parse

import (
	"reflect"
	"strings"

	"github.com/sqlc-dev/meyer/ast"
	"github.com/sqlc-dev/meyer/parser"
)

// Schema parses a schema file.
func (d sqlite) Schema(text string) ([]DDL, error) {
	if _, err := d.lexemes(text); err != nil {
		return nil, err
	}
	statements, err := parser.ParseString(text)
	if err != nil {
		return nil, sqliteError(err)
	}
	s := &sqliteSchema{text: text, triggers: map[string]ObjectName{}}
	for _, n := range statements {
		s.pos = n.Pos()
		s.convert(n)
		if s.err != nil {
			return nil, s.err
		}
	}
	return s.out, nil
}

// sqliteSchema converts the statements of one schema file.
type sqliteSchema struct {
	text string
	pos  int // of the statement
	out  []DDL
	err  *Error
	// triggers are the tables of the file's triggers, which DROP TRIGGER does not name.
	triggers map[string]ObjectName
}

func (s *sqliteSchema) add(d DDL) {
	d.Pos = s.pos
	s.out = append(s.out, d)
}

func (s *sqliteSchema) refuse(pos int, what, help string) {
	if s.err == nil {
		s.err = unsupported(pos, what, help)
	}
}

func (s *sqliteSchema) convert(n ast.Stmt) {
	switch n := n.(type) {
	case *ast.CreateTableStmt:
		s.createTable(n)
	case *ast.CreateVirtualTableStmt:
		// What columns it has, and what its rows are, is up to the module.
		s.add(DDL{CreateTable: &CreateTable{Name: s.object(n.Name), Spelling: sqliteSpelling(n.Name.Name), NamePos: n.Name.Pos(), IfNotExists: n.IfNotExists, Opaque: true}})
	case *ast.CreateViewStmt:
		s.createView(n)
	case *ast.CreateIndexStmt:
		columns, plain := s.keyColumns(n.Columns)
		s.object(n.Name)
		s.add(DDL{CreateIndex: &CreateIndex{Name: s.name(n.Name.Name), Table: ObjectName{Name: s.name(n.Table)}, Unique: n.Unique,
			Columns: columns, Expressions: !plain, Partial: n.Where != nil}})
	case *ast.CreateTriggerStmt:
		s.createTrigger(n)
	case *ast.AlterTableStmt:
		s.alterTable(n)
	case *ast.DropTableStmt:
		s.add(DDL{Drop: &Drop{Kind: "relation", Names: []ObjectName{s.object(n.Name)}}})
	case *ast.DropViewStmt:
		s.add(DDL{Drop: &Drop{Kind: "relation", Names: []ObjectName{s.object(n.Name)}}})
	case *ast.DropIndexStmt:
		s.add(DDL{Drop: &Drop{Kind: "index", Names: []ObjectName{s.object(n.Name)}}})
	case *ast.DropTriggerStmt:
		name := s.object(n.Name).Name
		if table, ok := s.triggers[name]; ok {
			s.add(DDL{Drop: &Drop{Kind: "trigger", Names: []ObjectName{table}, Part: name}})
		}
	}
}

// name is the name that an identifier stands for. A string is a name here, where
// nothing else can stand.
func (s *sqliteSchema) name(n *ast.Ident) string {
	if sqliteTruth(n.Name) {
		s.refuse(n.Pos(), "the name "+n.Raw, "choose another name: queries take this one for a constant")
	}
	return foldASCII(n.Name)
}

func (s *sqliteSchema) names(list []*ast.IndexedColumn) []string {
	var out []string
	for _, n := range list {
		out = append(out, s.name(n.Name))
	}
	return out
}

// object is the name of a table, view, index or trigger.
func (s *sqliteSchema) object(n *ast.QualifiedName) ObjectName {
	if n.Schema != nil && foldASCII(n.Schema.Name) != "main" {
		s.refuse(n.Pos(), "a name with the database "+n.Schema.Raw, "put the schema of one database into the schema files, without its name")
	}
	return ObjectName{Name: s.name(n.Name)}
}

// temporary refuses what is there for one connection: it hides what has its name.
func (s *sqliteSchema) temporary(temp bool) {
	if temp {
		s.refuse(s.pos, "CREATE TEMP", "take it out of the schema files: it hides the table of its name for one connection")
	}
}

// keyColumns are the plain columns of an index or key, and whether it has no other
// terms. A term with a collation of its own is another one: it holds other values for
// equal than the column does.
func (s *sqliteSchema) keyColumns(list []*ast.OrderingTerm) (columns []string, plain bool) {
	plain = true
	for _, term := range list {
		if name, ok := term.Expr.(*ast.Ident); ok {
			columns = append(columns, s.name(name))
			continue
		}
		if text, ok := term.Expr.(*ast.Literal); ok && text.Kind == ast.LitString {
			columns = append(columns, foldASCII(text.Value))
			continue
		}
		plain = false
	}
	return columns, plain
}

// createView reads a view. Its body is parsed on its own, so that its places count
// from the body's start.
func (s *sqliteSchema) createView(n *ast.CreateViewStmt) {
	s.temporary(n.Temp)
	v := &CreateView{Name: s.object(n.Name), NamePos: n.Name.Pos(), Columns: s.names(n.Columns), IfNotExists: n.IfNotExists,
		Text: s.text[n.Select.Pos():n.Select.End()]}
	q, err := SQLite.Statement(v.Text)
	if err != nil {
		v.QueryErr = err.(*Error)
	} else {
		v.Query = q
	}
	s.add(DDL{CreateView: v})
}

// createTrigger gives a trigger's body the form of a function that the trigger calls,
// with a name that nothing else can have.
func (s *sqliteSchema) createTrigger(n *ast.CreateTriggerStmt) {
	s.temporary(n.Temp)
	name, table := s.object(n.Name).Name, s.object(n.Table)
	s.triggers[name] = table
	body := &FunctionBody{}
	for _, stmt := range n.Body {
		eachQualifiedName(reflect.ValueOf(stmt), func(used *ast.QualifiedName) {
			body.Tables = append(body.Tables, foldASCII(used.Name.Name))
		})
	}
	eachQualifiedName(reflect.ValueOf(n.When), func(used *ast.QualifiedName) {
		body.Tables = append(body.Tables, foldASCII(used.Name.Name))
	})
	function := ObjectName{Name: "trigger " + name}
	s.add(DDL{CreateFunction: &function, Body: body})
	s.add(DDL{OnTable: &OnTable{Name: name, Table: table, Function: function}})
}

// eachQualifiedName visits the names of tables in a node, whatever it is.
func eachQualifiedName(v reflect.Value, visit func(*ast.QualifiedName)) {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			return
		}
		if name, ok := v.Interface().(*ast.QualifiedName); ok {
			visit(name)
			return
		}
		eachQualifiedName(v.Elem(), visit)
	case reflect.Slice:
		for i := range v.Len() {
			eachQualifiedName(v.Index(i), visit)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			eachQualifiedName(v.Field(i), visit)
		}
	}
}

func (s *sqliteSchema) alterTable(n *ast.AlterTableStmt) {
	table := s.object(n.Table)
	action := AlterAction{}
	switch n.Action {
	case ast.AlterRenameTable:
		s.add(DDL{Rename: &Rename{Kind: "relation", Name: table, To: s.name(n.NewName)}})
		return
	case ast.AlterRenameColumn:
		s.add(DDL{Rename: &Rename{Kind: "column", Name: table, From: s.name(n.Column), To: s.name(n.NewName)}})
		return
	case ast.AlterAddColumn:
		col := s.column(n.ColumnDef)
		action = AlterAction{Kind: AddColumn, Name: col.def.Name, Column: &col.def, Constraints: col.constraints}
	case ast.AlterDropColumn:
		action = AlterAction{Kind: DropColumn, Name: s.name(n.Column)}
	case ast.AlterSetNotNull:
		if n.OnConflict == ast.ConflictReplace || n.OnConflict == ast.ConflictIgnore {
			return // it takes NULL, in a way
		}
		action = AlterAction{Kind: SetNotNull, Name: s.name(n.Column)}
	case ast.AlterDropNotNull:
		action = AlterAction{Kind: DropNotNull, Name: s.name(n.Column)}
	case ast.AlterDropConstraint:
		action = AlterAction{Kind: DropConstraint, Name: s.name(n.ConstraintName)}
	default: // CHECK
		return
	}
	s.add(DDL{AlterTable: &AlterTable{Name: table, Actions: []AlterAction{action}}})
}

// sqliteColumnType is the declared type of a column. The words GENERATED ALWAYS are no
// part of it, though SQLite's grammar reads them as such.
func sqliteColumnType(n *ast.TypeName) string {
	return strings.TrimSpace(strings.TrimSuffix(sqliteType(n), "generated always"))
}
