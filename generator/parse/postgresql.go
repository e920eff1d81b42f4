package parse

import "strings"

// postgreSQL is PostgreSQL's dialect.
type postgreSQL struct{}

func (postgreSQL) Engine() string { return "postgresql" }

func (d postgreSQL) Quote(name string) string { return quote(d, name, `"`) }

// fold makes a name lower case unless it is quoted.
func (postgreSQL) fold(word string) string {
	if strings.HasPrefix(word, `"`) {
		return strings.ReplaceAll(strings.Trim(word, `"`), `""`, `"`)
	}
	return strings.ToLower(word)
}

func (postgreSQL) lastSemicolon() bool { return true }
