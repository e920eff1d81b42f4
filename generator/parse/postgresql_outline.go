package parse

import (
	"slices"
	"strings"

	"github.com/sqlc-dev/oliphant/ast"
	"github.com/sqlc-dev/oliphant/parser"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Outline is the syntax tree of a statement as bytes. It goes through the parser's own
// tree, whatever kinds of node that has, and knows nothing of Query.
func (postgreSQL) Outline(sql string, visit func(*Mention)) (string, error) {
	tree, err := parser.ParseToTree(sql)
	if err != nil {
		return "", syntaxError(err)
	}
	o := &outline{visit: visit, seen: map[proto.Message]bool{}, silent: map[*ast.TypeName]bool{}}
	o.message(tree.ProtoReflect(), nil)
	out, err := proto.MarshalOptions{Deterministic: true}.Marshal(tree)
	if err != nil {
		return "", &Error{Message: err.Error()}
	}
	return string(out), nil
}

type outline struct {
	visit func(*Mention)
	// seen are the nodes that were gone through: the source of SET (a, b) = (…) is in
	// the tree once for each column.
	seen   map[proto.Message]bool
	silent map[*ast.TypeName]bool // mentioned already, with what is cast
}

// message goes through a node, which sees the common table expressions of names.
func (o *outline) message(m protoreflect.Message, names []string) {
	node := m.Interface()
	if o.seen[node] {
		return
	}
	o.seen[node] = true
	var written *ast.RangeVar // what is written is a table, whatever else has its name
	switch n := node.(type) {
	case *ast.RangeVar:
		o.relation(n, names)
	case *ast.TypeName:
		if !o.silent[n] {
			mention := Mention{Kind: TypeMention, Pos: int(n.Location)}
			mention.Schema, mention.Name = lastTwo(stringsOf(n.Names))
			o.visit(&mention)
		}
	case *ast.ColumnRef:
		o.column(n)
	case *ast.FuncCall:
		for _, arg := range n.Args {
			o.argument(strings.Join(stringsOf(n.Funcname), "."), int(n.Location), arg)
		}
	case *ast.LockingClause:
		names = nil // names of what is in FROM
		for _, rel := range n.LockedRels {
			o.seen[rel.GetRangeVar()] = true
			rel.GetRangeVar().Location = 0
		}
	case *ast.InsertStmt:
		written = n.Relation
		o.constraint(n)
	case *ast.UpdateStmt:
		written = n.Relation
	case *ast.DeleteStmt:
		written = n.Relation
	case *ast.MergeStmt:
		written = n.Relation
	}
	if written != nil {
		o.message(written.ProtoReflect(), nil)
	}
	if with, ok := node.(interface{ GetWithClause() *ast.WithClause }); ok {
		names = o.with(with.GetWithClause(), names)
	}
	o.fields(m, names)
}

// with goes through a WITH clause and returns the names that its statement sees.
// Without RECURSIVE, an expression sees those before it.
func (o *outline) with(clause *ast.WithClause, names []string) []string {
	if clause == nil {
		return names
	}
	names = slices.Clone(names)
	if clause.Recursive {
		for _, n := range clause.Ctes {
			names = append(names, n.GetCommonTableExpr().GetCtename())
		}
	}
	for _, n := range clause.Ctes {
		o.message(n.ProtoReflect(), slices.Clone(names))
		names = append(names, n.GetCommonTableExpr().GetCtename())
	}
	return names
}

// fields goes through what a node holds, and takes the places in the text out of it.
func (o *outline) fields(m protoreflect.Message, names []string) {
	m.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch {
		case field.Kind() == protoreflect.Int32Kind && isPlace(string(field.Name())):
			m.Clear(field)
		case field.Kind() != protoreflect.MessageKind:
		case field.IsList():
			for i := range value.List().Len() {
				o.message(value.List().Get(i).Message(), names)
			}
		default:
			o.message(value.Message(), names)
		}
		return true
	})
}

// isPlace reports whether a field of the parser's nodes is a place in the text.
func isPlace(field string) bool {
	return strings.HasSuffix(field, "location") || strings.HasSuffix(field, "list_start") || strings.HasSuffix(field, "list_end") || field == "stmt_len"
}

func (o *outline) relation(n *ast.RangeVar, names []string) {
	if n.Schemaname == "" && slices.Contains(names, n.Relname) {
		return
	}
	m := Mention{Kind: RelationMention, Pos: int(n.Location), Schema: n.Schemaname, Name: n.Relname, Alias: n.Alias.GetAliasname()}
	o.visit(&m)
	n.Schemaname, n.Relname = m.Schema, m.Name
	if m.Alias != n.Alias.GetAliasname() {
		n.Alias = &ast.Alias{Aliasname: m.Alias, Colnames: n.Alias.GetColnames()}
	}
}

// column mentions the table of schema.table.column and schema.table.*.
func (o *outline) column(n *ast.ColumnRef) {
	if len(n.Fields) < 3 {
		return
	}
	m := Mention{Kind: ColumnMention, Pos: int(n.Location)}
	m.Schema, m.Name = lastTwo(stringsOf(n.Fields[:len(n.Fields)-1]))
	o.visit(&m)
}

// argument mentions an argument of a function. A cast of a string to regclass is
// no mention of a type: the string is what counts.
func (o *outline) argument(function string, pos int, arg *ast.Node) {
	m := Mention{Kind: ArgumentMention, Pos: pos, Function: function}
	for arg.GetTypeCast() != nil {
		if t := arg.GetTypeCast().TypeName; t != nil && slices.Contains(stringsOf(t.Names), "regclass") {
			defer func() { o.silent[t] = o.silent[t] || m.Constant }()
		}
		arg = arg.GetTypeCast().Arg
	}
	text := arg.GetAConst().GetSval()
	m.Constant, m.Text = text != nil, text.GetSval()
	o.visit(&m)
	if text != nil {
		text.Sval = m.Text
	}
}

// constraint mentions the constraint of ON CONFLICT ON CONSTRAINT.
func (o *outline) constraint(n *ast.InsertStmt) {
	infer := n.OnConflictClause.GetInfer()
	if infer.GetConname() == "" {
		return
	}
	m := Mention{Kind: ConstraintMention, Pos: int(infer.Location), Schema: n.Relation.GetSchemaname(), Name: n.Relation.GetRelname(), Text: infer.Conname}
	o.visit(&m)
	infer.Conname = m.Text
}

// lastTwo are the last two of several names, or an empty one and the only one.
func lastTwo(names []string) (first, second string) {
	if n := len(names); n > 1 {
		first = names[n-2]
	}
	if n := len(names); n > 0 {
		second = names[n-1]
	}
	return first, second
}

// SplitName reads the text of a relation's name as regclass does: parts with or
// without quotes, between dots.
func (d postgreSQL) SplitName(text string) (schema, name string, ok bool) {
	list, err := d.lexemes(text)
	if err != nil {
		return "", "", false
	}
	var parts []string
	for i, l := range list {
		word := text[l.Start:l.End]
		switch {
		case i%2 == 1:
			if word != "." {
				return "", "", false
			}
		case strings.HasPrefix(word, `"`) && len(word) > 1:
			parts = append(parts, strings.ReplaceAll(word[1:len(word)-1], `""`, `"`))
		case InWord(word[0]) && (word[0] < '0' || word[0] > '9'):
			parts = append(parts, strings.ToLower(word))
		default:
			return "", "", false
		}
	}
	if len(parts) == 0 || len(parts) > 2 || len(list) != 2*len(parts)-1 {
		return "", "", false
	}
	schema, name = lastTwo(parts)
	return schema, name, true
}
