package parse

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/sqlc-dev/oliphant/ast"
	"github.com/sqlc-dev/oliphant/parser"
)

// SchemaStatement is a statement of a schema file with the relations that it names.
// It is for those who want the author's text, and not only what it declares.
type SchemaStatement struct {
	Range // without comments around it and its semicolon
	Kind  SchemaKind
	// What says what it is, such as "CREATE TABLE".
	What string
	// Problem says why nobody can tell by its text what it does to which relation;
	// empty for a statement that Names describes in full.
	Problem string
	// Names are the relations that it names, in the order of the text. What it makes
	// without naming it, such as the index of a primary key, comes first.
	Names []RelationName
	// To is the new name where the kind is RenamesRelation.
	To string
	// Lenient is set for IF EXISTS and IF NOT EXISTS.
	Lenient bool
	// Concurrently is the place of that word.
	Concurrently Range
	// Inserts is set where it, or a part of it, is an INSERT.
	Inserts bool
	// Local is what becomes LOCAL where a setting is not to outlive the transaction.
	Local Range
	// Aborts is set for a statement that ends a transaction in another way than COMMIT,
	// or undoes a part of it.
	Aborts bool
	// Functions are the functions and types that it makes, drops or renames.
	Functions []ObjectName
	// Calls are the functions that it calls, or makes something of, by their names
	// without schemas.
	Calls []string
	// Removes is set where it takes something away, or gives it another name, and Adds
	// where it adds a column.
	Removes, Adds bool
}

// SchemaKind says what a statement of a schema file is for.
type SchemaKind string

// The kinds of statement.
const (
	MakesRelation   SchemaKind = "makes"    // CREATE TABLE, VIEW, INDEX, SEQUENCE, STATISTICS
	ChangesRelation SchemaKind = "changes"  // ALTER TABLE and whatever hangs on a relation
	RenamesRelation SchemaKind = "renames"  // ALTER … RENAME TO
	DropsRelation   SchemaKind = "drops"    // DROP TABLE, VIEW, INDEX, SEQUENCE, STATISTICS
	MakesOther      SchemaKind = "other"    // types, functions, extensions, schemas, roles
	MakesFunction   SchemaKind = "function" // functions and procedures
	MakesTrigger    SchemaKind = "trigger"
	WritesRows      SchemaKind = "writes"  // INSERT, UPDATE, DELETE, MERGE, TRUNCATE
	SetsSession     SchemaKind = "session" // SET, BEGIN, COMMIT, ANALYZE: makes nothing
)

// NameUse says what a statement does with a relation that it names.
type NameUse string

// The uses of a name.
const (
	CreatesName NameUse = "creates"
	SubjectName NameUse = "subject" // it is altered, dropped, written or commented on
	RefersName  NameUse = "refers"
	LiteralName NameUse = "literal" // in a string that the database reads as a relation's name
	OwnerName   NameUse = "owner"   // the table whose column owns the sequence
	TypeUse     NameUse = "type"    // a type of that name; perhaps the row of a table
	MentionName NameUse = "mention" // a string that a function is given
	PartName    NameUse = "part"    // of something that the relation has, or before a column of it
)

// RelationName is the name of a relation in a statement.
type RelationName struct {
	// Range is where it is written, with its schema, and a literal with its quotes.
	// It is empty for a name that is not written, or that cannot be qualified.
	Range
	ObjectName
	Use NameUse
	// Spelling is the name as it is written, in a dialect that folds quoted names.
	Spelling string
	// Part is what is called so, such as a trigger, where the use is PartName; empty
	// where it is the relation itself.
	Part string
	// Alias is set for a name that needs itself as its alias where another one is in its
	// place.
	Alias bool
	// Index is set for the name of an index, and Sequence for that of a sequence,
	// that the statement makes for the table that it makes or changes.
	Index, Sequence bool
}

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

// schemaReader reads one statement.
type schemaReader struct {
	window
	out *SchemaStatement
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

// words are the keywords that a statement begins with, for messages.
func (w window) words() string {
	var out []string
	for i := w.from; i < w.to && len(out) < 3 && w.list[i].keyword; i++ {
		if word := strings.ToUpper(w.list[i].text); word != "IF" {
			out = append(out, word)
			continue
		}
		break
	}
	return strings.Join(out, " ")
}

// problem notes why the statement cannot be understood; the first counts.
func (r *schemaReader) problem(format string, args ...any) {
	if r.out.Problem == "" {
		r.out.Problem = fmt.Sprintf(format, args...)
	}
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

// named notes a relation that the statement makes without naming it, or under a
// name that cannot be qualified.
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
