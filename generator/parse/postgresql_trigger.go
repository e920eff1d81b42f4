package parse

import (
	"regexp"
	"strings"

	"github.com/sqlc-dev/oliphant/ast"
)

// tableWord is a name behind a word that a table's name may follow.
var tableWord = regexp.MustCompile(`(?i)\b(?:from|join|into|update|using|only|table|truncate)\s+(?:"?\w+"?\s*\.\s*)?"?(\w+)`)

// dynamicWord is what runs SQL from a text, or a language whose text is none.
var dynamicWord = regexp.MustCompile(`(?i)\bexecute\s+(?:format\b|'|quote_|\w+\s*(?:;|using|into))|\blanguage\s+'?(?:c|internal|plperl|plperlu|plpython3u|pltcl|pltclu|plv8)\b`)

// functionBody looks at the text of a CREATE FUNCTION.
func functionBody(text string) *FunctionBody {
	b := &FunctionBody{Dynamic: dynamicWord.MatchString(text)}
	for _, m := range tableWord.FindAllStringSubmatch(text, -1) {
		b.Tables = append(b.Tables, strings.ToLower(m[1]))
	}
	return b
}

// onTable reads CREATE TRIGGER and CREATE RULE; nil for anything else.
func onTable(n *ast.Node) *OnTable {
	switch s := n.GetNode().(type) {
	case *ast.Node_CreateTrigStmt:
		return &OnTable{Name: s.CreateTrigStmt.Trigname, Table: nameOf(s.CreateTrigStmt.Relation), Function: qualified(s.CreateTrigStmt.Funcname)}
	case *ast.Node_RuleStmt:
		return &OnTable{Rule: true, Name: s.RuleStmt.Rulename, Table: nameOf(s.RuleStmt.Relation)}
	}
	return nil
}

// dropOnTable reads DROP TRIGGER and DROP RULE.
func dropOnTable(d *ast.DropStmt) *Drop {
	out := &Drop{Kind: "trigger"}
	if d.RemoveType == ast.ObjectType_OBJECT_RULE {
		out.Kind = "rule"
	}
	for _, n := range d.Objects {
		items := n.GetList().GetItems()
		if len(items) < 2 {
			return out
		}
		out.Names = append(out.Names, qualified(items[:len(items)-1]))
		out.Part = items[len(items)-1].GetString_().GetSval()
	}
	return out
}
