package catalog

import (
	"path"
	"strings"
)

// Match returns the tables that a configuration key names: a name, qualified or
// not, or a glob.
func (c *Catalog) Match(pattern string) []*Table {
	var out []*Table
	for _, t := range c.Tables {
		if Matches(pattern, t) {
			out = append(out, t)
		}
	}
	return out
}

// Matches reports whether a key names the table. A key without a schema names
// tables of every schema when it is a glob, and of the default schema otherwise.
func Matches(pattern string, t *Table) bool {
	schema, name, qualified := strings.Cut(pattern, ".")
	if !qualified {
		schema, name = DefaultSchema, pattern
		if isGlob(name) {
			schema = "*"
		}
	}
	return glob(schema, t.Schema) && glob(name, t.Name)
}

func isGlob(s string) bool { return strings.ContainsAny(s, "*?[") }

func glob(pattern, s string) bool {
	ok, err := path.Match(pattern, s)
	return err == nil && ok
}

// specificity orders keys: an exact name before a glob, a longer literal part
// before a shorter one, a qualified key before an unqualified one.
func specificity(pattern string) int {
	score := 0
	if !isGlob(pattern) {
		score += 1 << 20
	}
	for _, r := range pattern {
		if !strings.ContainsRune("*?[]", r) {
			score += 2
		}
	}
	if strings.Contains(pattern, ".") {
		score++
	}
	return score
}
