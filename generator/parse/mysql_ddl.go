package parse

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sqlc-dev/marino/ast"
	"github.com/sqlc-dev/marino/mysql"
	"github.com/sqlc-dev/marino/types"
)

// Schema parses a schema file. Comments that servers execute are read as SQL, as all
// of today's servers do; one for MariaDB alone is refused.
func (d mySQL) Schema(text string) ([]DDL, error) {
	list, err := d.lexemes(text)
	if err != nil {
		return nil, err
	}
	for _, l := range list {
		comment := strings.ToLower(text[l.Start:l.End])
		// The first line of MariaDB's dumps is for a version that there will never be.
		if l.kind == BlockComment && strings.HasPrefix(comment, "/*m!") && !strings.HasPrefix(comment, "/*m!999999") {
			return nil, unsupported(l.Start, "a comment that only MariaDB executes", "write the SQL without the comment, or take it out")
		}
	}
	toks, failed := scan(d, text)
	if failed != nil {
		return nil, failed
	}
	all := window{toks, 0, len(toks.list)}
	if err := mysqlDeep(all); err != nil {
		return nil, err
	}
	stmts, err := mysqlParse(text)
	if err != nil {
		return nil, err
	}
	var out []DDL
	at := 0
	for _, n := range stmts {
		s := &mysqlSchema{text: n.OriginalText()}
		if i := strings.Index(text[at:], s.text); i >= 0 {
			at += i
		}
		s.window = all.sub(all.indexAt(at), all.indexAt(at+len(s.text)))
		s.convert(n)
		if s.err != nil {
			return nil, s.err
		}
		for i := range s.out {
			s.out[i].Pos = s.start()
		}
		out = append(out, s.out...)
		at += len(s.text)
	}
	return out, nil
}

// mysqlSchema is one statement of a schema file.
type mysqlSchema struct {
	window
	text string
	out  []DDL
	err  *Error
}

func (s *mysqlSchema) fail(err *Error) {
	if s.err == nil {
		s.err = err
	}
}

func (s *mysqlSchema) add(d DDL) { s.out = append(s.out, d) }

// named is the place of a name in the statement, and that of the statement where it
// is not found.
func (s *mysqlSchema) named(name string) int {
	for i := s.from; i < s.to; i++ {
		if mysqlName(s.original(i)) == name {
			return s.list[i].Start
		}
	}
	return s.start()
}

func mysqlObject(n *ast.TableName) ObjectName { return ObjectName{n.Schema.L, n.Name.L} }

func (s *mysqlSchema) convert(n ast.StmtNode) {
	switch x := n.(type) {
	case *ast.CreateTableStmt:
		if x.TemporaryKeyword != ast.TemporaryNone {
			s.fail(unsupported(s.start(), "CREATE TEMPORARY", "take it out of the schema files: it hides the table of its name for one connection"))
			return
		}
		s.createTable(x)
	case *ast.AlterTableStmt:
		s.alterTable(x)
	case *ast.CreateViewStmt:
		s.createView(x.ViewName, x.Cols, x.Select)
	case *ast.AlterViewStmt:
		s.createView(x.ViewName, x.Cols, x.Select)
	case *ast.CreateIndexStmt:
		if x.KeyType == ast.IndexKeyTypeUnique {
			s.uniqueIndex(mysqlObject(x.Table), x.IndexName, x.IndexPartSpecifications)
		}
	case *ast.DropIndexStmt:
		s.alter(mysqlObject(x.Table), dropIndex(x.IndexName))
	case *ast.DropTableStmt:
		if x.TemporaryKeyword != ast.TemporaryNone {
			return
		}
		drop := &Drop{Kind: "relation"}
		for _, t := range x.Tables {
			drop.Names = append(drop.Names, mysqlObject(t))
		}
		s.add(DDL{Drop: drop})
	case *ast.RenameTableStmt:
		for _, pair := range x.TableToTables {
			s.rename(pair.OldTable, pair.NewTable)
		}
	case *ast.SetStmt:
		s.set(x)
	case *ast.CreateTriggerStmt:
		// Its body is that of a function with a name that no call can have.
		function := ObjectName{Name: "trigger " + x.TriggerName.Name.L}
		s.add(DDL{CreateFunction: &function, Body: s.body()})
		s.add(DDL{OnTable: &OnTable{Name: x.TriggerName.Name.L, Table: mysqlObject(x.Table), Function: function}})
	case *ast.CreateFunctionStmt:
		s.add(DDL{CreateFunction: &ObjectName{Name: x.FunctionName.Name.L}, Body: s.body()})
	case *ast.ProcedureInfo:
		s.add(DDL{CreateFunction: &ObjectName{Name: x.ProcedureName.Name.L}, Body: s.body()})
	}
}

func (s *mysqlSchema) body() *FunctionBody {
	return functionBody(strings.ReplaceAll(s.text, "`", ""))
}

func (s *mysqlSchema) rename(from, to *ast.TableName) {
	if from.Schema.L != to.Schema.L {
		s.fail(unsupported(s.start(), "moving a table to another database", "create it there"))
	}
	s.add(DDL{Rename: &Rename{Kind: "relation", Name: mysqlObject(from), To: to.Name.L, Spelling: to.Name.O}})
}

func (s *mysqlSchema) alter(table ObjectName, actions ...AlterAction) {
	s.add(DDL{AlterTable: &AlterTable{Name: table, Actions: actions}})
}

func (s *mysqlSchema) createTable(x *ast.CreateTableStmt) {
	t := &CreateTable{Name: mysqlObject(x.Table), Spelling: x.Table.Name.O, NamePos: s.named(x.Table.Name.O), IfNotExists: x.IfNotExists,
		Opaque: x.Select != nil || x.ReferTable != nil}
	t.Collation, t.Engine = mysqlCollation(x.Options), s.tableEngine(x)
	s.add(DDL{CreateTable: t})
	for _, def := range x.Cols {
		column, keys := s.columnDef(def)
		t.Columns, t.Constraints = append(t.Columns, column), append(t.Constraints, keys...)
	}
	for _, k := range x.Constraints {
		t.Constraints = append(t.Constraints, s.constraint(t.Name, k)...)
	}
	nameKeys(t)
}

// nameKeys gives the keys without a name those of the server: a unique one is called
// by its first column, with a number where that is taken.
func nameKeys(t *CreateTable) {
	taken := map[string]bool{}
	for _, k := range t.Constraints {
		taken[k.Name] = taken[k.Name] || k.Kind == UniqueConstraint
	}
	foreign := 0
	for i := range t.Constraints {
		switch k := &t.Constraints[i]; {
		case k.Name != "":
		case k.Kind == ForeignKeyConstraint:
			foreign++
			k.Name, k.Unnamed = fmt.Sprintf("%s_ibfk_%d", t.Name.Name, foreign), true
		case k.Kind == UniqueConstraint:
			k.Name = k.Columns[0]
			for n := 2; taken[k.Name]; n++ {
				k.Name = fmt.Sprintf("%s_%d", k.Columns[0], n)
			}
			taken[k.Name] = true
		}
	}
}

// mysqlCollation is the collation that a table's options give its columns. The name
// of a character set stands for its default, which differs between servers.
func mysqlCollation(options []*ast.TableOption) string {
	charset, collation := "", ""
	for _, o := range options {
		switch o.Tp {
		case ast.TableOptionCharset:
			charset = o.StrValue
		case ast.TableOptionCollate:
			collation = o.StrValue
		}
	}
	if collation != "" {
		return strings.ToLower(collation)
	}
	return strings.ToLower(charset)
}

// mysqlTextTypes are the types that have a collation.
var mysqlTextTypes = strings.Fields("char varchar tinytext text mediumtext longtext enum set")

// columnDef reads a column and the constraints written with it.
func (s *mysqlSchema) columnDef(def *ast.ColumnDef) (ColumnDef, []ConstraintDef) {
	column := ColumnDef{Name: def.Name.Name.L, Pos: s.named(def.Name.Name.O), Type: mysqlType(def.Tp), Collation: strings.ToLower(def.Tp.GetCollate())}
	column.Length, column.Modifiers = mysqlModifiers(def.Tp)
	if column.Textual = slices.Contains(mysqlTextTypes, column.Type); !column.Textual {
		column.Collation = ""
	} else if column.Collation == "" {
		column.Collation = strings.ToLower(def.Tp.GetCharset())
	}
	if column.Textual && mysql.HasBinaryFlag(def.Tp.GetFlag()) {
		column.Collation += "_bin" // VARCHAR (n) BINARY
	}
	var keys []ConstraintDef
	key := ConstraintDef{Pos: column.Pos, Columns: []string{column.Name}}
	for _, o := range def.Options {
		switch o.Tp {
		case ast.ColumnOptionNotNull:
			column.NotNull = true
		case ast.ColumnOptionAutoIncrement:
			column.Serial, column.NotNull, column.HasDefault = true, true, true
		case ast.ColumnOptionDefaultValue:
			column.HasDefault = true
		case ast.ColumnOptionGenerated:
			column.Generated = true
		case ast.ColumnOptionCollate:
			column.Collation = strings.ToLower(o.StrValue)
		case ast.ColumnOptionPrimaryKey:
			key.Kind = PrimaryKeyConstraint
			keys = append(keys, key)
		case ast.ColumnOptionUniqKey:
			key.Kind = UniqueConstraint
			keys = append(keys, key)
		case ast.ColumnOptionInvisible:
			// * and an INSERT without columns go past it, and so would the places of values.
			s.fail(unsupported(column.Pos, "the invisible column "+column.Name, "take INVISIBLE out of the schema files"))
		case ast.ColumnOptionReference:
			reference := s.foreignKey(key, o.Refer)
			reference.Inline = true
			keys = append(keys, reference)
		}
	}
	return column, keys
}

// mysqlModifiers are the length of a type that holds what is not longer, and what another
// type is made with; an integer's width is for showing it alone.
func mysqlModifiers(t *types.FieldType) (length int, modifiers string) {
	switch t.GetType() {
	case mysql.TypeVarchar:
		return max(0, t.GetFlen()), ""
	case mysql.TypeTiny, mysql.TypeShort, mysql.TypeInt24, mysql.TypeLong, mysql.TypeLonglong:
		return 0, ""
	case mysql.TypeEnum, mysql.TypeSet:
		return 0, strings.Join(t.GetElems(), "\x00")
	}
	if t.GetFlen() < 0 && t.GetDecimal() < 0 {
		return 0, ""
	}
	return 0, fmt.Sprintf("%d,%d", t.GetFlen(), t.GetDecimal())
}

// mysqlType is a type as SQL prints it, without modifiers but for UNSIGNED.
func mysqlType(t *types.FieldType) string {
	name := types.TypeToStr(t.GetType(), t.GetCharset())
	if mysql.HasUnsignedFlag(t.GetFlag()) && t.GetType() != mysql.TypeBit && t.GetType() != mysql.TypeYear {
		name += " unsigned"
	}
	return name
}

// plainKeys are the columns of a key, and whether it has something else beside: an
// expression, or the beginning of a column, of which many have the same.
func plainKeys(parts []*ast.IndexPartSpecification) (columns []string, others bool) {
	for _, p := range parts {
		if p.Expr != nil || p.Length > 0 || p.Column == nil {
			others = true
			continue
		}
		columns = append(columns, p.Column.Name.L)
	}
	return columns, others
}

func (s *mysqlSchema) uniqueIndex(table ObjectName, name string, parts []*ast.IndexPartSpecification) {
	columns, others := plainKeys(parts)
	s.add(DDL{CreateIndex: &CreateIndex{Name: strings.ToLower(name), Table: table, Unique: true, Columns: columns, Expressions: others}})
}

// constraint reads a constraint of a table. A key with other parts than columns
// becomes an index.
func (s *mysqlSchema) constraint(table ObjectName, k *ast.Constraint) []ConstraintDef {
	columns, others := plainKeys(k.Keys)
	def := ConstraintDef{Name: strings.ToLower(k.Name), Pos: s.start(), Columns: columns}
	switch k.Tp {
	case ast.ConstraintPrimaryKey:
		def.Kind = PrimaryKeyConstraint
		if others {
			s.uniqueIndex(table, "PRIMARY", k.Keys)
			return nil
		}
	case ast.ConstraintUniq, ast.ConstraintUniqKey, ast.ConstraintUniqIndex:
		def.Kind = UniqueConstraint
		if others {
			s.uniqueIndex(table, k.Name, k.Keys)
			return nil
		}
	case ast.ConstraintForeignKey:
		return []ConstraintDef{s.foreignKey(def, k.Refer)}
	default:
		return nil
	}
	return []ConstraintDef{def}
}

func (s *mysqlSchema) foreignKey(def ConstraintDef, to *ast.ReferenceDef) ConstraintDef {
	def.Kind = ForeignKeyConstraint
	if to == nil || to.Table == nil {
		s.fail(lost(s.start(), "the table of a foreign key"))
		return def
	}
	def.RefTable = mysqlObject(to.Table)
	def.RefColumns, _ = plainKeys(to.IndexPartSpecifications)
	actions := []ast.ReferOptionType{ast.ReferOptionNoOption}
	if to.OnDelete != nil {
		actions = append(actions, to.OnDelete.ReferOpt)
	}
	if to.OnUpdate != nil {
		actions = append(actions, to.OnUpdate.ReferOpt)
	}
	for _, action := range actions {
		switch action {
		case ast.ReferOptionSetNull:
			def.SetNull = append(def.SetNull, def.Columns...)
		case ast.ReferOptionSetDefault:
			def.SetDefault = append(def.SetDefault, def.Columns...)
		}
	}
	return def
}

// createView reads a view. Its body is parsed on its own.
func (s *mysqlSchema) createView(name *ast.TableName, columns []ast.CIStr, body ast.StmtNode) {
	v := &CreateView{Name: mysqlObject(name), Spelling: name.Name.O, NamePos: s.named(name.Name.O), Columns: mysqlNames(columns), Text: body.OriginalText()}
	q, err := MySQL.Statement(v.Text)
	if err != nil {
		v.QueryErr = err.(*Error)
	} else {
		v.Query = q
	}
	s.add(DDL{CreateView: v})
}
