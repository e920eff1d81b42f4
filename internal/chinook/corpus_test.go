package chinook

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// corpus is where the scripts of Chinook lie, with their licence.
const corpus = "../../../shared/corpora/chinook"

// script is one of Chinook's scripts in its two parts, without what makes and drops
// databases.
type script struct{ schema, rows string }

var parts = regexp.MustCompile(`(?s)\n(CREATE TABLE.*\n)/\*{10,}\s*Populate Tables\s*\*{10,}/(.*)`)

func readScript(t *testing.T, name string) script {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(corpus, name))
	if err != nil {
		t.Skipf("Chinook is not at %s", corpus)
	}
	found := parts.FindStringSubmatch(string(text))
	if found == nil {
		t.Fatalf("%s has other parts than it had", name)
	}
	return script{schema: found[1], rows: found[2]}
}

// tables are those of a schema with their columns, as PostgreSQL's script writes them.
func tables(schema string) map[string][]string {
	out := map[string][]string{}
	for _, table := range regexp.MustCompile(`(?s)CREATE TABLE (\w+)\s*\((.*?)\n\);`).FindAllStringSubmatch(schema, -1) {
		out[table[1]] = nil
		for _, column := range regexp.MustCompile(`(?m)^    ([a-z_]+) `).FindAllStringSubmatch(table[2], -1) {
			out[table[1]] = append(out[table[1]], column[1])
		}
	}
	return out
}

// names are all names of a schema.
func names(tables map[string][]string) []string {
	var out []string
	for table, columns := range tables {
		out = append(append(out, table), columns...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// pascal is a name as all scripts but PostgreSQL's write it.
func pascal(name string) string {
	var out strings.Builder
	for part := range strings.SplitSeq(name, "_") {
		out.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return out.String()
}

// goName is a name as sqlc writes it in Go.
func goName(name string) string {
	if head, ok := strings.CutSuffix(name, "_id"); ok {
		return pascal(head) + "ID"
	}
	return pascal(name)
}

var aName = regexp.MustCompile(`(?m)^--.*|(?:AS |')?\b[a-z_]+\b`)

// renamed gives the tables and columns in a text the names that they have elsewhere. What
// stands behind AS, in quotes or in a comment is another's.
func renamed(text string, names []string, to func(string) string) string {
	return aName.ReplaceAllStringFunc(text, func(name string) string {
		if slices.Contains(names, name) {
			return to(name)
		}
		return name
	})
}
