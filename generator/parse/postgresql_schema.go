package parse

import (
	"cmp"
	"slices"
	"strings"

	"github.com/sqlc-dev/oliphant/ast"
	"github.com/sqlc-dev/oliphant/parser"
)

// SchemaStatements parses a schema file.
func (postgreSQL) SchemaStatements(text string) ([]*SchemaStatement, error) {
	if err := noNUL(text); err != nil {
		return nil, err
	}
	tree, err := parser.ParseToTree(text)
	if err != nil {
		return nil, syntaxError(err)
	}
	toks, err := scan(PostgreSQL, text)
	if err != nil {
		return nil, err
	}
	var out []*SchemaStatement
	for _, raw := range tree.Stmts {
		end := len(text)
		if raw.StmtLen > 0 {
			end = int(raw.StmtLocation + raw.StmtLen)
		}
		all := window{toks, 0, len(toks.list)}
		w := all.sub(all.indexAt(int(raw.StmtLocation)), all.indexAt(end))
		for !w.empty() && w.is(w.to-1, ";") {
			w.to--
		}
		out = append(out, schemaNames(w, raw.Stmt))
	}
	return out, nil
}

func schemaNames(w window, n *ast.Node) *SchemaStatement {
	r := &schemaReader{window: w, out: &SchemaStatement{Range: w.span(), What: w.words()}}
	r.statement(n)
	slices.SortStableFunc(r.out.Names, func(a, b RelationName) int { return cmp.Compare(a.Start, b.Start) })
	for _, name := range r.out.Names {
		if name.End > r.out.End || name.Start < r.out.Start && name.End > 0 {
			r.problem("the name %q could not be found in it", name.Name)
		}
	}
	return r.out
}

// add notes a relation at a place that the parser reports.
func (r *schemaReader) add(use NameUse, name ObjectName, location int32) {
	at := r.indexAt(int(location))
	if location < 0 || at == r.to || r.list[at].Start != int(location) {
		r.problem("the name %q could not be found in it", name.Name)
		return
	}
	r.addAt(use, name, at)
}

// addAt notes a relation whose name begins at a token, and returns the index behind
// it.
func (r *schemaReader) addAt(use NameUse, name ObjectName, at int) int {
	end := at + 1
	if name.Schema != "" {
		end = at + 3
	}
	if end > r.to || name.Name == "" || fold(r.list[end-1]) != name.Name || name.Schema != "" && (!r.is(at+1, ".") || fold(r.list[at]) != name.Schema) {
		r.problem("the name %q could not be found in it", name.Name)
		return end
	}
	r.out.Names = append(r.out.Names, RelationName{Range: r.sub(at, end).span(), ObjectName: name, Use: use})
	return end
}

// fold reads a name as the database does.
func fold(t token) string {
	if strings.HasPrefix(t.text, `"`) {
		return strings.ReplaceAll(strings.Trim(t.text, `"`), `""`, `"`)
	}
	if strings.ContainsAny(t.text, `&"`) {
		return "" // U&"…"
	}
	return strings.ToLower(t.text)
}

// relation notes a relation of the tree.
func (r *schemaReader) relation(use NameUse, rel *ast.RangeVar) {
	switch {
	case rel == nil:
	case rel.Catalogname != "":
		r.problem("it names the database of %s", rel.Relname)
	case use == CreatesName && rel.Relpersistence == "t":
		r.problem("it makes a temporary relation")
	default:
		r.add(use, nameOf(rel), rel.Location)
	}
}

// makes notes a relation that the statement makes without naming it, or under a name
// that cannot be qualified.
func (r *schemaReader) makes(name ObjectName, index bool) {
	r.out.Names = append(r.out.Names, RelationName{ObjectName: name, Use: CreatesName, Index: index, Sequence: !index})
}

// read is addAt for a name that the tree has without a place.
func (r *schemaReader) read(use NameUse, at int) int {
	if at >= r.to {
		r.problem("a name could not be found in it")
		return at
	}
	name := ObjectName{Name: fold(r.list[at])}
	if r.is(at+1, ".") && at+2 < r.to {
		name = ObjectName{Schema: name.Name, Name: fold(r.list[at+2])}
	}
	return r.addAt(use, name, at)
}
