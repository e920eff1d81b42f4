package parse

import (
	"slices"
	"strings"

	"github.com/sqlc-dev/oliphant/ast"
	"github.com/sqlc-dev/oliphant/parser"
)

// Schema parses a schema file.
func (postgreSQL) Schema(text string) ([]DDL, error) {
	if err := noNUL(text); err != nil {
		return nil, err
	}
	tree, err := parser.ParseToTree(text)
	if err != nil {
		return nil, syntaxError(err)
	}
	var out []DDL
	for _, raw := range tree.Stmts {
		end := len(text)
		if raw.StmtLen > 0 {
			end = int(raw.StmtLocation + raw.StmtLen)
		}
		s := &schemaStatement{text: text[raw.StmtLocation:end], base: int(raw.StmtLocation)}
		out = append(out, s.convert(raw.Stmt)...)
	}
	return out, nil
}

// schemaStatement is one statement of a schema file.
type schemaStatement struct {
	text string
	base int
}

func (s *schemaStatement) convert(n *ast.Node) []DDL {
	switch stmt := n.GetNode().(type) {
	case *ast.Node_CreateStmt:
		return s.one(DDL{CreateTable: createTable(stmt.CreateStmt)})
	case *ast.Node_AlterTableStmt:
		return s.one(DDL{AlterTable: alterTable(stmt.AlterTableStmt)})
	case *ast.Node_ViewStmt:
		v := stmt.ViewStmt
		return s.one(DDL{CreateView: s.createView(v.View, stringsOf(v.Aliases), v.Query, false)})
	case *ast.Node_CreateTableAsStmt:
		into := stmt.CreateTableAsStmt.Into
		if stmt.CreateTableAsStmt.Objtype == ast.ObjectType_OBJECT_MATVIEW {
			return s.one(DDL{CreateView: s.createView(into.Rel, stringsOf(into.ColNames), stmt.CreateTableAsStmt.Query, true)})
		}
		return s.one(DDL{CreateTable: &CreateTable{Name: nameOf(into.Rel), NamePos: int(into.Rel.Location), Opaque: true,
			IfNotExists: stmt.CreateTableAsStmt.IfNotExists}})
	case *ast.Node_IndexStmt:
		return s.one(DDL{CreateIndex: createIndex(stmt.IndexStmt)})
	case *ast.Node_DropStmt:
		return s.drop(stmt.DropStmt)
	case *ast.Node_RenameStmt:
		return s.rename(stmt.RenameStmt)
	case *ast.Node_AlterObjectSchemaStmt:
		if rel := stmt.AlterObjectSchemaStmt.Relation; rel != nil && stmt.AlterObjectSchemaStmt.ObjectType != ast.ObjectType_OBJECT_SEQUENCE {
			return s.one(DDL{Rename: &Rename{Kind: "schema of relation", Name: nameOf(rel), To: stmt.AlterObjectSchemaStmt.Newschema, IfExists: stmt.AlterObjectSchemaStmt.MissingOk}})
		}
	case *ast.Node_DefineStmt:
		name := qualified(stmt.DefineStmt.Defnames)
		switch stmt.DefineStmt.Kind {
		case ast.ObjectType_OBJECT_AGGREGATE:
			return s.one(DDL{CreateFunction: &name})
		case ast.ObjectType_OBJECT_OPERATOR:
			return s.one(DDL{CreateOperator: &name})
		}
	case *ast.Node_CreateEnumStmt:
		return s.one(DDL{CreateType: &CreateType{Name: qualified(stmt.CreateEnumStmt.TypeName)}})
	case *ast.Node_CreateDomainStmt:
		d := stmt.CreateDomainStmt
		filled := func(n *ast.Node) bool { return n.GetConstraint().GetContype() == ast.ConstrType_CONSTR_DEFAULT }
		return s.one(DDL{CreateType: &CreateType{Name: qualified(d.Domainname), Base: typeName(d.TypeName),
			Limited: len(d.TypeName.GetTypmods()) > 0, Collated: d.CollClause != nil, HasDefault: slices.ContainsFunc(d.Constraints, filled)}})
	case *ast.Node_CreateFunctionStmt:
		name := qualified(stmt.CreateFunctionStmt.Funcname)
		return s.one(DDL{CreateFunction: &name, Body: functionBody(s.text)})
	}
	if on := onTable(n); on != nil {
		return s.one(DDL{OnTable: on})
	}
	return nil
}

func (s *schemaStatement) one(d DDL) []DDL {
	d.Pos = s.base + len(s.text) - len(strings.TrimLeft(s.text, " \t\r\n"))
	return []DDL{d}
}

func nameOf(r *ast.RangeVar) ObjectName { return ObjectName{r.GetSchemaname(), r.GetRelname()} }

// qualified reads a name from a list of its parts.
func qualified(nodes []*ast.Node) ObjectName {
	parts := stringsOf(nodes)
	switch n := len(parts); n {
	case 0:
		return ObjectName{}
	case 1:
		return ObjectName{Name: parts[0]}
	default:
		return ObjectName{Schema: parts[n-2], Name: parts[n-1]}
	}
}

func createTable(s *ast.CreateStmt) *CreateTable {
	t := &CreateTable{Name: nameOf(s.Relation), NamePos: int(s.Relation.Location), IfNotExists: s.IfNotExists, Partition: s.Partbound != nil,
		Opaque: s.OfTypename != nil}
	for _, n := range s.InhRelations {
		t.Parents = append(t.Parents, nameOf(n.GetRangeVar()))
	}
	for _, n := range s.TableElts {
		switch e := n.Node.(type) {
		case *ast.Node_ColumnDef:
			col, constraints := columnDef(e.ColumnDef)
			t.Columns = append(t.Columns, col)
			t.Constraints = append(t.Constraints, constraints...)
		case *ast.Node_Constraint:
			t.Constraints = append(t.Constraints, constraintDefs(e.Constraint, "")...)
		case *ast.Node_TableLikeClause:
			like := nameOf(e.TableLikeClause.Relation)
			t.Columns = append(t.Columns, ColumnDef{Like: &like})
		}
	}
	for _, n := range s.Constraints {
		t.Constraints = append(t.Constraints, constraintDefs(n.GetConstraint(), "")...)
	}
	return t
}

// columnDef reads a column and the constraints written with it.
func columnDef(d *ast.ColumnDef) (ColumnDef, []ConstraintDef) {
	col := ColumnDef{Name: d.Colname, Pos: int(d.Location), Type: typeName(d.TypeName), NotNull: d.IsNotNull, Identity: d.Identity != ""}
	if names := d.CollClause.GetCollname(); len(names) > 0 {
		col.Collation = names[len(names)-1].GetString_().GetSval()
	}
	switch strings.ToLower(col.Type) {
	case "serial", "serial4":
		col.Type, col.Serial = "int4", true
	case "bigserial", "serial8":
		col.Type, col.Serial = "int8", true
	case "smallserial", "serial2":
		col.Type, col.Serial = "int2", true
	}
	if col.Serial {
		col.NotNull, col.HasDefault = true, true
	}
	var constraints []ConstraintDef
	for _, n := range d.Constraints {
		k := n.GetConstraint()
		switch k.GetContype() {
		case ast.ConstrType_CONSTR_NOTNULL:
			col.NotNull = true
		case ast.ConstrType_CONSTR_DEFAULT:
			col.HasDefault = true
		case ast.ConstrType_CONSTR_IDENTITY:
			col.Identity, col.NotNull = true, true
		case ast.ConstrType_CONSTR_GENERATED:
			col.Generated = true
		default:
			constraints = append(constraints, constraintDefs(k, d.Colname)...)
		}
	}
	return col, constraints
}

// constraintDefs reads a constraint; column is the column that it is written
// with, or empty.
func constraintDefs(k *ast.Constraint, column string) []ConstraintDef {
	def := ConstraintDef{Name: k.GetConname(), Pos: int(k.GetLocation()), Columns: stringsOf(k.GetKeys()), UsingIndex: k.GetIndexname()}
	switch k.GetContype() {
	case ast.ConstrType_CONSTR_PRIMARY:
		def.Kind = PrimaryKeyConstraint
		if k.GetWithoutOverlaps() {
			// It excludes rows, and is no key that ON CONFLICT could look at.
			excluded := exclusion(def)
			def.Kind = NotNullConstraint
			return []ConstraintDef{def, excluded}
		}
	case ast.ConstrType_CONSTR_UNIQUE:
		def.Kind = UniqueConstraint
		if k.GetWithoutOverlaps() {
			def = exclusion(def)
		}
	case ast.ConstrType_CONSTR_NOTNULL:
		def.Kind = NotNullConstraint
	case ast.ConstrType_CONSTR_EXCLUSION:
		def.Kind = ExcludeConstraint
		for _, n := range k.GetExclusions() {
			pair := n.GetList().GetItems()
			operator := stringsOf(pair[1].GetList().GetItems())
			name := pair[0].GetIndexElem().GetName()
			if name == "" {
				name = "expr"
			} else if slices.Equal(operator, []string{"="}) {
				def.Columns = append(def.Columns, name)
			}
			def.Parts = append(def.Parts, name)
		}
		return []ConstraintDef{def}
	case ast.ConstrType_CONSTR_FOREIGN:
		def.Kind = ForeignKeyConstraint
		def.Columns = stringsOf(k.FkAttrs)
		def.RefTable, def.RefColumns = nameOf(k.Pktable), stringsOf(k.PkAttrs)
		def.Period = k.FkWithPeriod
		if len(def.Columns) == 0 {
			def.Columns = []string{column}
		}
		some := stringsOf(k.FkDelSetCols)
		if len(some) == 0 {
			some = def.Columns
		}
		sets := func(action string, columns []string) {
			switch action {
			case "n":
				def.SetNull = append(def.SetNull, columns...)
			case "d":
				def.SetDefault = append(def.SetDefault, columns...)
			}
		}
		sets(k.FkDelAction, some)
		sets(k.FkUpdAction, def.Columns)
	default:
		return nil
	}
	if len(def.Columns) == 0 && column != "" {
		def.Columns = []string{column}
	}
	return []ConstraintDef{def}
}

// exclusion is a key WITHOUT OVERLAPS: its last column is a range, and the others
// are compared by equality.
func exclusion(key ConstraintDef) ConstraintDef {
	key.Kind, key.Parts = ExcludeConstraint, key.Columns
	key.Columns = key.Columns[:max(len(key.Columns)-1, 0)]
	return key
}

// createView reads a view. Its body is parsed on its own, from its text.
func (s *schemaStatement) createView(rel *ast.RangeVar, columns []string, body *ast.Node, materialized bool) *CreateView {
	v := &CreateView{Name: nameOf(rel), NamePos: int(rel.Location), Columns: columns, Materialized: materialized}
	toks, err := scan(PostgreSQL, s.text)
	if err != nil {
		v.QueryErr = err.(*Error)
		return v
	}
	w := window{toks, 0, len(toks.list)}
	view := w.find(0, func(i int) bool { return w.is(i, "view") })
	as := w.find(view, func(i int) bool { return w.is(i, "as") })
	end := w.to
	for end > as && w.is(end-1, ";") {
		end--
	}
	end = w.sub(as, end).find(as, func(i int) bool {
		return w.is(i, "with") && i > as+1 && (w.is(i+1, "data", "no", "local", "cascaded", "check"))
	})
	if as+1 >= end {
		v.QueryErr = lost(0, "the body of view "+v.Name.Name)
		return v
	}
	// The nodes' locations count from the file's start, the tokens from the
	// statement's; parsing the text on its own makes them agree.
	bodyText := w.sub(as+1, end)
	for bodyText.enclosed() {
		bodyText = bodyText.inner()
	}
	v.Text = s.text[bodyText.start():bodyText.end()]
	if view > 0 && w.is(view-1, "recursive") {
		v.Text = recursiveView(v.Name.Name, columns, v.Text)
	}
	q, err := PostgreSQL.Statement(v.Text)
	if err != nil {
		v.QueryErr = err.(*Error)
		return v
	}
	v.Query = q
	return v
}

// recursiveView writes out what CREATE RECURSIVE VIEW stands for.
func recursiveView(name string, columns []string, body string) string {
	quoted := make([]string, len(columns))
	for i, c := range columns {
		quoted[i] = PostgreSQL.Quote(c)
	}
	list := strings.Join(quoted, ", ")
	return "WITH RECURSIVE " + PostgreSQL.Quote(name) + " (" + list + ") AS (" + body + ") SELECT " + list + " FROM " + PostgreSQL.Quote(name)
}

func createIndex(s *ast.IndexStmt) *CreateIndex {
	ix := &CreateIndex{Name: s.Idxname, Table: nameOf(s.Relation), Unique: s.Unique, Partial: s.WhereClause != nil}
	for _, n := range s.IndexParams {
		if name := n.GetIndexElem().GetName(); name != "" {
			ix.Columns = append(ix.Columns, name)
			continue
		}
		ix.Expressions = true
	}
	return ix
}

func (s *schemaStatement) drop(d *ast.DropStmt) []DDL {
	switch d.RemoveType {
	case ast.ObjectType_OBJECT_TRIGGER, ast.ObjectType_OBJECT_RULE:
		return s.one(DDL{Drop: dropOnTable(d)})
	}
	kinds := map[ast.ObjectType]string{
		ast.ObjectType_OBJECT_TABLE: "relation", ast.ObjectType_OBJECT_VIEW: "relation",
		ast.ObjectType_OBJECT_MATVIEW: "relation", ast.ObjectType_OBJECT_FOREIGN_TABLE: "relation",
		ast.ObjectType_OBJECT_INDEX: "index", ast.ObjectType_OBJECT_SCHEMA: "schema",
	}
	kind, ok := kinds[d.RemoveType]
	if !ok {
		return nil
	}
	drop := &Drop{Kind: kind, References: true}
	for _, n := range d.Objects {
		if str := n.GetString_(); str != nil {
			drop.Names = append(drop.Names, ObjectName{Name: str.Sval})
			continue
		}
		drop.Names = append(drop.Names, qualified(n.GetList().GetItems()))
	}
	return s.one(DDL{Drop: drop})
}

func (s *schemaStatement) rename(r *ast.RenameStmt) []DDL {
	switch r.RenameType {
	case ast.ObjectType_OBJECT_FUNCTION, ast.ObjectType_OBJECT_PROCEDURE, ast.ObjectType_OBJECT_ROUTINE, ast.ObjectType_OBJECT_AGGREGATE:
		return s.one(DDL{CreateFunction: &ObjectName{Name: r.Newname}})
	}
	if r.Relation == nil {
		return nil
	}
	out := &Rename{Name: nameOf(r.Relation), From: r.Subname, To: r.Newname, IfExists: r.MissingOk}
	switch r.RenameType {
	case ast.ObjectType_OBJECT_TABLE, ast.ObjectType_OBJECT_VIEW, ast.ObjectType_OBJECT_MATVIEW:
		out.Kind = "relation"
	case ast.ObjectType_OBJECT_COLUMN:
		out.Kind = "column"
	case ast.ObjectType_OBJECT_TABCONSTRAINT:
		out.Kind = "constraint"
	case ast.ObjectType_OBJECT_INDEX:
		out.Kind = "index"
	default:
		return nil
	}
	return s.one(DDL{Rename: out})
}

// alterKinds are the ALTER TABLE actions without a body of their own.
var alterKinds = map[ast.AlterTableType]AlterKind{
	ast.AlterTableType_AT_AddColumn:       AddColumn,
	ast.AlterTableType_AT_DropColumn:      DropColumn,
	ast.AlterTableType_AT_SetNotNull:      SetNotNull,
	ast.AlterTableType_AT_DropNotNull:     DropNotNull,
	ast.AlterTableType_AT_ColumnDefault:   SetDefault,
	ast.AlterTableType_AT_AlterColumnType: SetType,
	ast.AlterTableType_AT_AddConstraint:   AddConstraint,
	ast.AlterTableType_AT_DropConstraint:  DropConstraint,
	ast.AlterTableType_AT_AttachPartition: AttachPartition,
	ast.AlterTableType_AT_DetachPartition: DetachPartition,
	ast.AlterTableType_AT_AddInherit:      AddInherit,
	ast.AlterTableType_AT_DropInherit:     DropInherit,
}

func alterTable(s *ast.AlterTableStmt) *AlterTable {
	out := &AlterTable{Name: nameOf(s.Relation), IfExists: s.MissingOk}
	for _, n := range s.Cmds {
		cmd := n.GetAlterTableCmd()
		kind, ok := alterKinds[cmd.GetSubtype()]
		if !ok {
			continue
		}
		action := AlterAction{Kind: kind, Name: cmd.Name, IfExists: cmd.MissingOk}
		switch def := cmd.Def.GetNode().(type) {
		case *ast.Node_ColumnDef:
			col, constraints := columnDef(def.ColumnDef)
			action.Column, action.Constraints = &col, constraints
		case *ast.Node_Constraint:
			action.Constraints = constraintDefs(def.Constraint, "")
		case *ast.Node_PartitionCmd:
			action.Table = nameOf(def.PartitionCmd.Name)
		case *ast.Node_RangeVar:
			action.Table = nameOf(def.RangeVar)
		}
		if kind == SetDefault && cmd.Def == nil {
			action.Kind = DropDefault
		}
		out.Actions = append(out.Actions, action)
	}
	return out
}
