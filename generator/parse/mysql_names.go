package parse

import (
	"slices"
	"strings"

	"github.com/sqlc-dev/marino/ast"
)

// Outline is that of the tokens.
func (d mySQL) Outline(sql string, visit func(*Mention)) (string, error) {
	return tokenOutline(d, sql, visit)
}

// SplitName takes the whole text for a name.
func (d mySQL) SplitName(text string) (schema, name string, ok bool) { return wholeName(d, text) }

// SchemaStatements parses a schema file.
func (d mySQL) SchemaStatements(text string) ([]*SchemaStatement, error) {
	toks, failed := scan(d, text)
	if failed != nil {
		return nil, failed
	}
	list, err := d.lexemes(text)
	if err != nil {
		return nil, err
	}
	stmts, err := mysqlParse(text)
	if err != nil {
		return nil, err
	}
	all := window{toks, 0, len(toks.list)}
	var out []*SchemaStatement
	at := 0
	for _, n := range stmts {
		original := n.OriginalText()
		i := strings.Index(text[at:], original)
		if i < 0 {
			return nil, lost(at, "a statement")
		}
		at += i
		whole := Range{at, at + len(original)}
		w := all.sub(all.indexAt(whole.Start), all.indexAt(whole.End))
		for !w.empty() && w.is(w.to-1, ";") {
			w.to--
		}
		r := mysqlNamer{&textReader{schemaReader{w, &SchemaStatement{Range: w.span(), What: w.words()}}}}
		r.statement(n)
		if slices.ContainsFunc(list, func(l lexeme) bool { return whole.Start <= l.Start && l.End <= whole.End && mysqlExecuted(l, text) }) {
			r.out.Range = whole
			if r.out.Kind != SetsSession {
				r.problem("a part of it is in a comment that servers execute")
			}
		}
		out = append(out, r.sorted())
		at = whole.End
	}
	return out, nil
}

// mysqlExecuted reports whether a lexeme is a comment that servers execute.
func mysqlExecuted(l lexeme, text string) bool {
	comment := strings.ToLower(text[l.Start:l.End])
	return l.kind == BlockComment && (strings.HasPrefix(comment, "/*!") || strings.HasPrefix(comment, "/*m!"))
}

// mysqlNamer finds the relations that a statement of MySQL names. The parser says which
// there are and not where, so that they are looked for among the tokens, by words that
// cannot be names, and counted.
type mysqlNamer struct{ *textReader }

func (r mysqlNamer) statement(n ast.StmtNode) {
	switch s := n.(type) {
	case *ast.CreateTableStmt:
		r.out.Kind, r.out.Lenient = MakesRelation, s.IfNotExists
		r.named(CreatesName, r.behind("table"))
		r.definitions()
		if s.TemporaryKeyword != ast.TemporaryNone || s.Select != nil || s.ReferTable != nil {
			r.problem("its columns are those of something else, or it is temporary")
		}
		r.counted(n)
	case *ast.AlterTableStmt:
		r.out.Kind = ChangesRelation
		r.named(SubjectName, r.behind("table"))
		r.alter()
		r.definitions()
		r.counted(n)
	case *ast.CreateIndexStmt:
		r.onTable()
		r.counted(n)
	case *ast.DropIndexStmt:
		r.out.Removes = true
		r.onTable()
		r.counted(n)
	case *ast.CreateViewStmt:
		r.createView()
	case *ast.DropTableStmt:
		r.out.Kind, r.out.Lenient, r.out.Removes = DropsRelation, s.IfExists, true
		for _, part := range r.sub(r.behind("table", "view"), r.to).split() {
			r.named(SubjectName, part.from)
		}
		r.counted(n)
	case *ast.InsertStmt:
		r.out.Inserts = true
		r.writes(true)
	case *ast.UpdateStmt:
		r.writes(false)
	case *ast.DeleteStmt:
		r.writes(true)
	case *ast.SetStmt:
		r.set(s)
	case *ast.BeginStmt, *ast.CommitStmt, *ast.AnalyzeTableStmt, *ast.LockTablesStmt, *ast.UnlockTablesStmt:
		r.out.Kind = SetsSession
	case *ast.RollbackStmt, *ast.SavepointStmt:
		r.out.Kind, r.out.Aborts = SetsSession, true
	default:
		r.out.Kind = MakesOther
		r.problem("nobody can tell what it makes")
	}
}

// behind is the index of the name behind a word that the statement has first, and
// IF [NOT] EXISTS.
func (r mysqlNamer) behind(words ...string) int {
	i := r.findWord(r.from, words...) + 1
	if r.is(i, "if") {
		i++
		for r.is(i, "not", "exists") {
			i++
		}
	}
	return i
}

// named notes the relation whose name is a token.
func (r mysqlNamer) named(use NameUse, i int) {
	if i >= r.to || !r.list[i].isName() && !r.list[i].keyword || r.is(i+1, ".") {
		r.problem("a name of a table could not be found in it, or has a database")
		return
	}
	name := RelationName{Range: r.list[i].Range, ObjectName: ObjectName{Name: r.folded(i)}, Use: use}
	if use == CreatesName {
		name.Spelling = mysqlName(r.original(i))
	}
	r.note(name)
}

// definitions reads the columns and constraints of a table. The names of foreign keys
// and checks are among all of a database; those of keys are not.
func (r mysqlNamer) definitions() {
	if len(r.out.Names) == 0 {
		return // a problem
	}
	for i := r.from; i < r.to; i++ {
		switch {
		case r.list[i].text == ".":
			r.problem("it names something with what it is of, such as a column with its table")
		case r.is(i, "union", "connection"):
			r.problem("its rows are somewhere else")
		case r.is(i, "references"):
			r.named(RefersName, i+1)
		case r.is(i, "constraint") && r.is(i+2, "foreign", "check", "references") && !r.is(i+1, "foreign", "check", "primary", "unique"):
			r.note(RelationName{Range: r.list[i+1].Range, ObjectName: r.out.Names[0].ObjectName, Use: PartName, Part: mysqlName(r.original(i + 1))})
		case r.is(i+1, "(") && !r.is(i, ",", "("):
			r.out.Calls = append(r.out.Calls, strings.ToLower(r.original(i)))
		}
	}
}

// alter reads the actions of ALTER TABLE.
func (r mysqlNamer) alter() {
	for i := r.from + 1; i < r.to; i++ {
		switch {
		case r.is(i, "drop", "alter") && r.is(i+1, "foreign", "constraint", "check"):
			r.problem("it names a constraint, which is a key or has a name of the tenant's")
		case r.is(i, "rename") && !r.is(i+1, "column", "index", "key"):
			r.problem("it gives the table another name")
		case r.is(i, "drop", "change", "modify", "rename"):
			r.out.Removes = true
		case r.is(i, "add"):
			r.out.Adds = true
		case r.is(i, "exchange", "discard", "import"):
			r.problem("it changes the table's files")
		}
	}
}

// onTable reads CREATE INDEX and DROP INDEX. The names of indexes are of their table.
func (r mysqlNamer) onTable() {
	on := r.findWord(r.from, "on")
	r.out.Kind = ChangesRelation
	r.named(SubjectName, on+1)
	for i := on; i < r.to; i++ {
		if r.list[i].text == "." {
			r.problem("it names a column with its table")
		}
	}
}

func (r mysqlNamer) createView() {
	r.out.Kind = MakesRelation
	name := r.behind("view")
	r.named(CreatesName, name)
	as := r.findWord(name+1, "as")
	end := r.to
	if r.is(end-1, "option") && r.is(end-2, "check") {
		for end = end - 2; end > as && !r.is(end, "with"); {
			end--
		}
	}
	if as+1 >= end {
		r.problem("its body could not be found")
		return
	}
	r.statementText(r.sub(as+1, end).span(), false)
}

// writes reads a statement that writes rows.
func (r mysqlNamer) writes(unaliased bool) {
	r.out.Kind = WritesRows
	r.statementText(r.out.Range, unaliased)
}

// mysqlHarmless are what dumps set before they make a schema.
var mysqlHarmless = strings.Fields(`names setnames setcharset character_set_client character_set_results character_set_connection collation_connection
	foreign_key_checks unique_checks sql_mode time_zone sql_notes autocommit`)

func (r mysqlNamer) set(s *ast.SetStmt) {
	r.out.Kind = SetsSession
	for _, v := range s.Variables {
		if v.IsSystem && !slices.Contains(mysqlHarmless, strings.ToLower(v.Name)) || v.IsGlobal {
			r.problem("it sets %s, on which the rest may depend", v.Name)
		}
	}
}

// counted compares the names with those in the parser's tree.
func (r mysqlNamer) counted(n ast.StmtNode) {
	var counter mysqlTables
	n.Accept(&counter)
	found := 0
	for _, name := range r.out.Names {
		if name.Use != PartName {
			found++
		}
	}
	if found != counter.tables {
		r.problem("not all names of tables could be found in it")
	}
}

// mysqlTables counts the names of tables.
type mysqlTables struct{ tables int }

func (c *mysqlTables) Enter(n ast.Node) (ast.Node, bool) {
	if _, ok := n.(*ast.TableName); ok {
		c.tables++
	}
	return n, false
}

func (c *mysqlTables) Leave(n ast.Node) (ast.Node, bool) { return n, true }
