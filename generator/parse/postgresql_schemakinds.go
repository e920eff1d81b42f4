package parse

import (
	"slices"
	"strings"

	"github.com/sqlc-dev/oliphant/ast"
)

// statement reads a statement by its kind. A kind that is not here is a problem.
func (r *schemaReader) statement(n *ast.Node) {
	switch s := n.GetNode().(type) {
	case *ast.Node_CreateStmt:
		r.createTable(s.CreateStmt)
	case *ast.Node_CreateTableAsStmt:
		into := s.CreateTableAsStmt.Into
		r.makesRelation(into.Rel, s.CreateTableAsStmt.IfNotExists)
	case *ast.Node_ViewStmt:
		r.makesRelation(s.ViewStmt.View, false)
	case *ast.Node_CreateSeqStmt:
		r.makesRelation(s.CreateSeqStmt.Sequence, s.CreateSeqStmt.IfNotExists)
		r.ownedBy()
	case *ast.Node_IndexStmt:
		r.createIndex(s.IndexStmt)
	case *ast.Node_CreateStatsStmt:
		r.createStatistics(s.CreateStatsStmt)
	case *ast.Node_AlterTableStmt:
		r.alterTable(s.AlterTableStmt)
	case *ast.Node_AlterSeqStmt:
		r.changes(s.AlterSeqStmt.Sequence, s.AlterSeqStmt.MissingOk)
		r.ownedBy()
	case *ast.Node_RefreshMatViewStmt:
		r.changes(s.RefreshMatViewStmt.Relation, false)
		r.concurrently(s.RefreshMatViewStmt.Concurrent)
	case *ast.Node_CreatePolicyStmt:
		r.changes(s.CreatePolicyStmt.Table, false)
	case *ast.Node_AlterPolicyStmt:
		r.changes(s.AlterPolicyStmt.Table, false)
	case *ast.Node_CreateTrigStmt:
		r.changes(s.CreateTrigStmt.Relation, false)
		r.out.Kind = MakesTrigger
		r.out.Calls = []string{qualified(s.CreateTrigStmt.Funcname).Name}
		r.mentions(s.CreateTrigStmt.Args)
	case *ast.Node_RenameStmt:
		r.rename(s.RenameStmt)
	case *ast.Node_DropStmt:
		r.drop(s.DropStmt)
	case *ast.Node_CommentStmt:
		r.comment(s.CommentStmt)
	case *ast.Node_GrantStmt:
		r.grant(s.GrantStmt)
	case *ast.Node_AlterObjectSchemaStmt:
		r.alterSchema(s.AlterObjectSchemaStmt)
	case *ast.Node_InsertStmt:
		r.writes(s.InsertStmt.Relation)
	case *ast.Node_UpdateStmt:
		r.writes(s.UpdateStmt.Relation)
	case *ast.Node_DeleteStmt:
		r.writes(s.DeleteStmt.Relation)
	case *ast.Node_TruncateStmt:
		for _, rel := range s.TruncateStmt.Relations {
			r.writes(rel.GetRangeVar())
		}
	case *ast.Node_SelectStmt:
		r.selectStatement(s.SelectStmt)
	case *ast.Node_VariableSetStmt:
		r.set(s.VariableSetStmt)
	case *ast.Node_TransactionStmt:
		r.transaction(s.TransactionStmt)
	case *ast.Node_VacuumStmt, *ast.Node_CheckPointStmt, *ast.Node_NotifyStmt, *ast.Node_VariableShowStmt:
		r.out.Kind = SetsSession
		return
	default:
		r.other(n)
	}
	(&schemaWalk{schemaReader: r}).node(n)
}

// makesRelation is for statements that make a relation under a name that can be
// qualified.
func (r *schemaReader) makesRelation(rel *ast.RangeVar, ifNotExists bool) {
	r.out.Kind, r.out.Lenient = MakesRelation, ifNotExists
	r.relation(CreatesName, rel)
}

func (r *schemaReader) changes(rel *ast.RangeVar, ifExists bool) {
	r.out.Kind, r.out.Lenient = ChangesRelation, ifExists
	r.relation(SubjectName, rel)
}

func (r *schemaReader) writes(rel *ast.RangeVar) {
	r.out.Kind = WritesRows
	r.relation(SubjectName, rel)
}

func (r *schemaReader) createTable(s *ast.CreateStmt) {
	r.makesRelation(s.Relation, s.IfNotExists)
	name := nameOf(s.Relation)
	for _, n := range slices.Concat(s.TableElts, s.Constraints) {
		r.implied(name, n)
	}
}

// implied notes the sequences and indexes that a column or constraint makes, by the
// names that PostgreSQL gives them.
func (r *schemaReader) implied(table ObjectName, n *ast.Node) {
	if d := n.GetColumnDef(); d != nil {
		col, _ := columnDef(d)
		if col.Serial || col.Identity {
			r.makes(ObjectName{table.Schema, objectName(table.Name, col.Name, "seq")}, false)
		}
		for _, k := range d.Constraints {
			r.impliedBy(table, k.GetConstraint(), d.Colname)
		}
	}
	if k := n.GetConstraint(); k != nil {
		r.impliedBy(table, k, "")
	}
}

func (r *schemaReader) impliedBy(table ObjectName, k *ast.Constraint, column string) {
	if k.GetContype() == ast.ConstrType_CONSTR_IDENTITY && column == "" {
		return
	}
	for _, def := range constraintDefs(k, column) {
		columns, label := def.Columns, ""
		switch k.GetContype() {
		case ast.ConstrType_CONSTR_PRIMARY:
			columns, label = nil, "pkey"
		case ast.ConstrType_CONSTR_UNIQUE:
			label = "key"
		case ast.ConstrType_CONSTR_EXCLUSION:
			columns, label = def.Parts, "excl"
		}
		if label == "" || def.UsingIndex != "" {
			continue
		}
		name := def.Name
		if name == "" {
			name = objectName(table.Name, strings.Join(columns, "_"), label)
		}
		r.makes(ObjectName{table.Schema, name}, true)
		return
	}
}

func (r *schemaReader) createIndex(s *ast.IndexStmt) {
	r.changes(s.Relation, false)
	r.out.Kind, r.out.Lenient = MakesRelation, s.IfNotExists
	r.concurrently(s.Concurrent)
	name := s.Idxname
	if name == "" {
		var columns []string
		for _, n := range slices.Concat(s.IndexParams, s.IndexIncludingParams) {
			column := n.GetIndexElem().GetName()
			if column == "" {
				column = "expr"
			}
			columns = append(columns, column)
		}
		name = objectName(s.Relation.GetRelname(), strings.Join(columns, "_"), "idx")
	}
	r.makes(ObjectName{s.Relation.GetSchemaname(), name}, true)
}

// createStatistics reads CREATE STATISTICS, whose name may have another schema than
// its table.
func (r *schemaReader) createStatistics(s *ast.CreateStatsStmt) {
	r.out.Kind, r.out.Lenient = MakesRelation, s.IfNotExists
	if len(s.Defnames) > 0 {
		at := r.findWord(r.from, "statistics") + 1
		if r.is(at, "if") {
			at += 3
		}
		r.read(CreatesName, at)
	}
	for _, n := range s.Relations {
		r.relation(SubjectName, n.GetRangeVar())
	}
}

func (r *schemaReader) alterTable(s *ast.AlterTableStmt) {
	r.changes(s.Relation, s.MissingOk)
	for _, n := range s.Cmds {
		cmd := n.GetAlterTableCmd()
		switch cmd.GetSubtype() {
		case ast.AlterTableType_AT_DropColumn, ast.AlterTableType_AT_DropConstraint, ast.AlterTableType_AT_AlterColumnType:
			r.out.Removes = true
		case ast.AlterTableType_AT_AddColumn:
			r.out.Adds = true
		case ast.AlterTableType_AT_AddIdentity:
			r.makes(ObjectName{s.Relation.Schemaname, objectName(s.Relation.Relname, cmd.Name, "seq")}, false)
		}
		r.implied(nameOf(s.Relation), cmd.GetDef())
		r.concurrently(cmd.GetDef().GetPartitionCmd().GetConcurrent())
	}
}

// ownedBy reads OWNED BY table.column.
func (r *schemaReader) ownedBy() {
	at := r.find(r.from, func(i int) bool { return r.is(i, "owned") && r.is(i+1, "by") }) + 2
	if at >= r.to || r.is(at, "none") {
		return
	}
	// The last part is the column.
	if r.is(at+3, ".") {
		r.read(OwnerName, at)
		return
	}
	r.addAt(OwnerName, ObjectName{Name: fold(r.list[at])}, at)
}

// relationKinds are the objects that are relations, or hang on one.
var relationKinds = map[ast.ObjectType]bool{
	ast.ObjectType_OBJECT_TABLE: true, ast.ObjectType_OBJECT_VIEW: true, ast.ObjectType_OBJECT_MATVIEW: true,
	ast.ObjectType_OBJECT_SEQUENCE: true, ast.ObjectType_OBJECT_INDEX: true, ast.ObjectType_OBJECT_STATISTIC_EXT: true,
}

func (r *schemaReader) rename(s *ast.RenameStmt) {
	r.out.Removes = true
	switch {
	case s.Relation == nil:
		r.out.Kind, r.out.Functions = MakesOther, objects([]*ast.Node{s.Object})
	case relationKinds[s.RenameType]:
		r.changes(s.Relation, s.MissingOk)
		r.out.Kind, r.out.To = RenamesRelation, s.Newname
	default: // a column, constraint, trigger or policy of a relation
		r.changes(s.Relation, s.MissingOk)
		if s.RenameType == ast.ObjectType_OBJECT_TABCONSTRAINT {
			// It may be that of an index.
			r.makes(ObjectName{s.Relation.Schemaname, s.Newname}, true)
		}
	}
}

func (r *schemaReader) drop(s *ast.DropStmt) {
	r.out.Removes, r.out.Lenient = true, s.MissingOk
	switch s.RemoveType {
	case ast.ObjectType_OBJECT_TRIGGER, ast.ObjectType_OBJECT_POLICY, ast.ObjectType_OBJECT_RULE:
		r.out.Kind = ChangesRelation
		r.read(SubjectName, r.findWord(r.from, "on")+1)
		return
	case ast.ObjectType_OBJECT_FOREIGN_TABLE:
		r.problem("it drops a foreign table")
		return
	}
	if !relationKinds[s.RemoveType] {
		r.out.Kind, r.out.Functions = MakesOther, objects(s.Objects)
		return
	}
	r.out.Kind = DropsRelation
	r.concurrently(s.Concurrent)
	at := r.find(r.from, func(i int) bool { return r.is(i, "table", "view", "sequence", "index", "statistics") }) + 1
	if r.is(at, "concurrently") {
		at++
	}
	if r.is(at, "if") {
		at += 2
	}
	for range s.Objects {
		at = r.read(SubjectName, at) + 1 // behind the comma
	}
}

// objects reads the names of what is no relation.
func objects(nodes []*ast.Node) []ObjectName {
	var out []ObjectName
	for _, n := range nodes {
		switch s := n.GetNode().(type) {
		case *ast.Node_String_:
			out = append(out, ObjectName{Name: s.String_.Sval})
		case *ast.Node_List:
			out = append(out, qualified(s.List.Items))
		case *ast.Node_TypeName:
			out = append(out, qualified(s.TypeName.Names))
		case *ast.Node_ObjectWithArgs:
			out = append(out, qualified(s.ObjectWithArgs.Objname))
		}
	}
	return out
}

func (r *schemaReader) comment(s *ast.CommentStmt) {
	r.out.Kind = ChangesRelation
	on := r.findWord(r.from, "on") + 1
	switch s.Objtype {
	case ast.ObjectType_OBJECT_TABLE, ast.ObjectType_OBJECT_VIEW, ast.ObjectType_OBJECT_SEQUENCE, ast.ObjectType_OBJECT_INDEX,
		ast.ObjectType_OBJECT_STATISTIC_EXT:
		r.read(SubjectName, on+1)
	case ast.ObjectType_OBJECT_MATVIEW:
		r.read(SubjectName, on+2)
	case ast.ObjectType_OBJECT_COLUMN:
		if len(s.Object.GetList().GetItems()) > 2 {
			r.read(SubjectName, on+1)
		} else {
			r.addAt(SubjectName, ObjectName{Name: fold(r.list[on+1])}, on+1)
		}
	case ast.ObjectType_OBJECT_TABCONSTRAINT, ast.ObjectType_OBJECT_TRIGGER, ast.ObjectType_OBJECT_POLICY, ast.ObjectType_OBJECT_RULE:
		r.read(SubjectName, r.findWord(on, "on")+1)
	case ast.ObjectType_OBJECT_FOREIGN_TABLE:
		r.problem("it comments on a foreign table")
	default:
		r.out.Kind = MakesOther
	}
}

func (r *schemaReader) grant(s *ast.GrantStmt) {
	r.out.Kind = MakesOther
	switch {
	case s.Objtype != ast.ObjectType_OBJECT_TABLE && s.Objtype != ast.ObjectType_OBJECT_SEQUENCE:
	case s.Targtype != ast.GrantTargetType_ACL_TARGET_OBJECT:
		r.problem("it is about all tables of a schema")
	default:
		r.out.Kind = ChangesRelation
		for _, n := range s.Objects {
			r.relation(SubjectName, n.GetRangeVar())
		}
	}
}

func (r *schemaReader) alterSchema(s *ast.AlterObjectSchemaStmt) {
	if s.Relation == nil {
		r.out.Kind, r.out.Removes, r.out.Functions = MakesOther, true, objects([]*ast.Node{s.Object})
		return
	}
	r.changes(s.Relation, s.MissingOk)
	r.problem("it moves %s to another schema", s.Relation.Relname)
}

// concurrently notes the place of that word, which cannot stand in a transaction.
func (r *schemaReader) concurrently(is bool) {
	if !is {
		return
	}
	if at := r.findWord(r.from, "concurrently"); at < r.to {
		r.out.Concurrently = r.sub(at, at+1).span()
	}
}

// objectName makes a name of parts as PostgreSQL does: the longer of the first two
// is cut until it fits.
func objectName(table, column, label string) string {
	const most = 63
	room := most - len("_") - len(label)
	if column != "" {
		room -= len("_")
	}
	t, c := len(table), len(column)
	for t+c > room {
		if t > c {
			t--
		} else {
			c--
		}
	}
	name := strings.ToValidUTF8(table[:t], "")
	if column != "" {
		name += "_" + strings.ToValidUTF8(column[:c], "")
	}
	return name + "_" + label
}
