package proposal

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/tenancygen/tenancygen/generator/source"
)

// engineMarks are words of schemas that one database alone has. Quotes are weaker: SQLite
// takes those of the others, too, so they count where there is no word of any.
var engineMarks = []struct {
	engine        string
	words, quotes *regexp.Regexp
}{
	{
		engine: "postgresql",
		words: regexp.MustCompile(`(?i)\b(?:bigserial|serial|smallserial|timestamptz|jsonb|bytea|gen_random_uuid|nextval|plpgsql|` +
			`create\s+extension|create\s+type|create\s+sequence|create\s+policy|generated\s+(?:always|by\s+default)\s+as\s+identity)\b` +
			`|\b(?:text|varchar|integer|uuid)\s*\[\]|::\s*[a-z]|\$\$`),
		quotes: regexp.MustCompile(`\bpublic\.`),
	},
	{
		engine: "mysql",
		words: regexp.MustCompile(`(?i)\b(?:auto_increment|unsigned|mediumint|mediumtext|longtext|default\s+charset|character\s+set|` +
			`on\s+update\s+current_timestamp|delimiter)\b|\bengine\s*=`),
		quotes: regexp.MustCompile("`[^`\n]+`"),
	},
	{
		engine: "sqlite",
		words: regexp.MustCompile(`(?i)\b(?:autoincrement|without\s+rowid|pragma|strftime|unixepoch|julianday|` +
			`on\s+conflict\s+(?:rollback|abort|fail|ignore|replace))\b|\)\s*strict\b|\bdefault\s*\(\s*datetime\b`),
		quotes: regexp.MustCompile(`\[[A-Za-z_]\w*\]`),
	},
}

// uncoded is what no mark may be found in: comments, and texts in quotes.
var uncoded = regexp.MustCompile(`(?s)--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'`)

// GuessEngine guesses of which database a schema is, by words that only one of them has:
// the one with the most. It says where it found the first; nothing where there was no
// word of any, or of two as many, and PostgreSQL is only assumed.
func GuessEngine(schema []*source.File) (engine, why string) {
	texts := make([]string, len(schema))
	for i, f := range schema {
		// Of the same length, so that places stay.
		texts[i] = uncoded.ReplaceAllStringFunc(f.Text, func(s string) string { return strings.Repeat(" ", len(s)) })
	}
	found := map[string]*engineFound{}
	for _, e := range engineMarks {
		found[e.engine] = findMarks(schema, texts, e.words)
	}
	if engine, why = most(found); engine == "" {
		for _, e := range engineMarks {
			found[e.engine] = findMarks(schema, texts, e.quotes)
		}
		engine, why = most(found)
	}
	if engine == "" {
		engine = defaultEngine
	}
	return engine, why
}

// defaultEngine is assumed where nothing tells.
const defaultEngine = "postgresql"

// engineFound is how many marks of a database were found, and which one first.
type engineFound struct {
	count int
	first string
}

func findMarks(schema []*source.File, texts []string, marks *regexp.Regexp) *engineFound {
	found := &engineFound{}
	for i, f := range schema {
		places := marks.FindAllStringIndex(texts[i], -1)
		if found.count == 0 && len(places) > 0 {
			at := f.Position(places[0][0])
			mark := strings.Join(strings.Fields(texts[i][places[0][0]:places[0][1]]), " ")
			found.first = fmt.Sprintf("%s in %s:%d", mark, at.Path, at.Line)
		}
		found.count += len(places)
	}
	return found
}

// most is the database of which most was found; empty where there is none.
func most(found map[string]*engineFound) (engine, why string) {
	best := 0
	for _, e := range engineMarks {
		switch f := found[e.engine]; {
		case f.count > best:
			engine, why, best = e.engine, f.first, f.count
		case f.count == best:
			engine, why = "", ""
		}
	}
	return engine, why
}
