package parse

import (
	"reflect"
	"slices"
	"strings"

	"github.com/sqlc-dev/oliphant/ast"
)

// schemaWalk finds the relations that a statement names anywhere in it. Like the
// census it knows no kind of node but those that name relations: whatever field
// holds nodes is gone through.
type schemaWalk struct {
	*schemaReader
	known map[int]bool // the places that the statement's kind has told
	ctes  []string     // the common table expressions that are visible
}

func (w *schemaWalk) node(n *ast.Node) {
	w.known = map[int]bool{}
	for _, name := range w.out.Names {
		if name.End > 0 {
			w.known[name.Start] = true
		}
	}
	w.walk(reflect.ValueOf(n))
}

func (w *schemaWalk) walk(node reflect.Value) {
	if node.IsNil() {
		return
	}
	switch n := node.Interface().(type) {
	case *ast.RangeVar:
		w.rangeVar(n)
		return
	case *ast.LockingClause, *ast.CompositeTypeStmt:
		if c, ok := n.(*ast.CompositeTypeStmt); ok { // its name is none of a relation
			for _, column := range c.Coldeflist {
				w.walk(reflect.ValueOf(column))
			}
		}
		return
	case *ast.TypeName:
		w.typeName(n)
	case *ast.ColumnRef:
		w.columnRef(n)
	case *ast.DefElem:
		w.sequenceName(n)
	case *ast.TypeCast:
		if w.literal(n) {
			return
		}
	case *ast.FuncCall:
		w.call(n)
		for _, arg := range n.Args {
			if arg.GetAConst() == nil {
				w.walk(reflect.ValueOf(arg))
			}
		}
	}
	v := node.Elem()
	parts := partsOf(v.Type())
	done := ""
	switch parts.name {
	case "FuncCall":
		done = "Args"
	case "SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt":
		outer := w.ctes
		defer func() { w.ctes = outer }()
		if target := v.FieldByName("Relation"); target.IsValid() { // never a common table expression
			rel := target.Interface().(*ast.RangeVar)
			w.note(SubjectName, nameOf(rel), rel.Location)
			w.out.Inserts = w.out.Inserts || parts.name == "InsertStmt"
		}
		w.with(v.FieldByName("WithClause").Interface().(*ast.WithClause))
		done = "WithClause"
	}
	for _, i := range parts.fields {
		if name := v.Type().Field(i).Name; name == done || name == "Relation" && done == "WithClause" {
			continue
		}
		switch f := v.Field(i); f.Kind() {
		case reflect.Slice:
			for j := range f.Len() {
				w.walk(f.Index(j))
			}
		case reflect.Interface:
			if !f.IsNil() {
				w.walk(f.Elem())
			}
		default:
			w.walk(f)
		}
	}
}

// note is add for a place that may be known already.
func (w *schemaWalk) note(use NameUse, name ObjectName, location int32) {
	if !w.known[int(location)] {
		w.known[int(location)] = true
		w.add(use, name, location)
	}
}

// with goes through a WITH clause. What comes behind it sees its expressions; under
// RECURSIVE they see one another, too.
func (w *schemaWalk) with(clause *ast.WithClause) {
	visible := slices.Clone(w.ctes)
	for _, n := range clause.GetCtes() {
		cte := n.GetCommonTableExpr()
		if clause.Recursive {
			visible = append(visible, cte.Ctename)
		}
	}
	w.ctes = visible
	for _, n := range clause.GetCtes() {
		w.walk(reflect.ValueOf(n))
		if !clause.Recursive {
			w.ctes = append(slices.Clone(w.ctes), n.GetCommonTableExpr().Ctename)
		}
	}
}

func (w *schemaWalk) rangeVar(n *ast.RangeVar) {
	switch {
	case n.Schemaname == "" && slices.Contains(w.ctes, n.Relname):
	case w.known[int(n.Location)]:
	case n.Catalogname != "":
		w.problem("it names the database of %s", n.Relname)
	default:
		w.note(RefersName, nameOf(n), n.Location)
	}
}

// typeName notes a type, which may be the row of a table. PostgreSQL's own types
// under their SQL names have another text, and are no rows.
func (w *schemaWalk) typeName(n *ast.TypeName) {
	name := qualified(n.Names)
	if name.Schema == "pg_catalog" || n.Location < 0 || len(n.Names) == 0 {
		return
	}
	if at := w.indexAt(int(n.Location)); at < w.to && (fold(w.list[at]) == name.Name || fold(w.list[at]) == name.Schema) {
		w.note(TypeUse, name, n.Location)
	}
}

// columnRef notes schema.table in front of a column.
func (w *schemaWalk) columnRef(n *ast.ColumnRef) {
	var parts []string
	for _, f := range n.Fields {
		parts = append(parts, f.GetString_().GetSval())
	}
	switch {
	case len(parts) == 3:
		w.note(RefersName, ObjectName{parts[0], parts[1]}, n.Location)
	case len(parts) > 3:
		w.problem("it names the database of %s", parts[2])
	}
}

// sequenceName notes the name that an identity column's sequence is given.
func (w *schemaWalk) sequenceName(n *ast.DefElem) {
	if n.Defname != "sequence_name" {
		return
	}
	at := w.indexAt(int(n.Location))
	if w.is(at, "sequence") && w.is(at+1, "name") {
		at += 2
	}
	name := qualified(n.Arg.GetList().GetItems())
	if at < w.to && !w.known[w.list[at].Start] {
		w.known[w.list[at].Start] = true
		w.addAt(CreatesName, name, at)
		w.out.Names[len(w.out.Names)-1].Sequence = true
	}
}

// literal notes 'name'::regclass, and reports whether a cast is one.
func (w *schemaWalk) literal(n *ast.TypeCast) bool {
	text := n.Arg.GetAConst()
	if text.GetSval() == nil || qualified(n.TypeName.GetNames()).Name != "regclass" {
		return false
	}
	w.string(LiteralName, text)
	return true
}

// valueFunctions are those that are given a sequence by its name.
var valueFunctions = []string{"nextval", "currval"}

// call notes the strings that a function is given: the sequence of nextval, and what
// may be the name of a relation to another one.
func (w *schemaWalk) call(n *ast.FuncCall) {
	name := qualified(n.Funcname).Name
	w.out.Calls = append(w.out.Calls, name)
	takes := slices.Contains(valueFunctions, name)
	for _, arg := range n.Args {
		if text := arg.GetAConst(); text.GetSval() != nil && takes {
			w.string(LiteralName, text)
			continue
		}
		w.mention(arg)
	}
}

func (w *schemaWalk) mention(n *ast.Node) {
	for n.GetTypeCast() != nil {
		if qualified(n.GetTypeCast().TypeName.GetNames()).Name == "regclass" && n.GetTypeCast().Arg.GetAConst() != nil {
			return
		}
		n = n.GetTypeCast().Arg
	}
	if text := n.GetAConst(); text.GetSval() != nil {
		w.out.Names = append(w.out.Names, RelationName{ObjectName: relationInText(text.GetSval().Sval), Use: MentionName})
	}
}

// mentions notes the arguments of a trigger.
func (r *schemaReader) mentions(args []*ast.Node) {
	for _, n := range args {
		r.out.Names = append(r.out.Names, RelationName{ObjectName: relationInText(n.GetString_().GetSval()), Use: MentionName})
	}
}

// string notes a relation that a string names. The place is that of the string, which
// has to be a plain one.
func (w *schemaWalk) string(use NameUse, text *ast.A_Const) {
	value := text.GetSval().GetSval()
	at := w.indexAt(int(text.Location))
	if at == w.to || w.list[at].Start != int(text.Location) || w.list[at].text != "'"+value+"'" {
		w.problem("the name in %q is written in a form that is not understood", value)
		return
	}
	if w.known[int(text.Location)] {
		return
	}
	w.known[int(text.Location)] = true
	w.out.Names = append(w.out.Names, RelationName{Range: w.sub(at, at+1).span(), ObjectName: relationInText(value), Use: use})
}

// relationInText reads a string as the database reads the name of a relation in it.
func relationInText(text string) ObjectName {
	toks, err := scan(PostgreSQL, text)
	if err != nil {
		return ObjectName{Name: text}
	}
	switch list := toks.list; {
	case len(list) == 1:
		return ObjectName{Name: fold(list[0])}
	case len(list) == 3 && list[1].text == ".":
		return ObjectName{fold(list[0]), fold(list[2])}
	}
	return ObjectName{Name: strings.TrimSpace(text)}
}
