package project

import (
	"regexp"
	"strings"
)

// The lines that start the parts of a migration file.
//
//	goose        -- +goose Up            -- +goose Down
//	sql-migrate  -- +migrate Up          -- +migrate Down
//	dbmate       -- migrate:up           -- migrate:down
//	tern                                 ---- create above / drop below ----
//
// The files of golang-migrate and atlas hold one part only.
var (
	upLine   = regexp.MustCompile(`(?i)^\s*--\s*(\+(goose|migrate)\s+up|migrate:up)\b`)
	downLine = regexp.MustCompile(`(?i)^\s*(--\s*(\+(goose|migrate)\s+down|migrate:down)\b|----\s*create above / drop below\s*----)`)
	// psqlLine is a command of psql, such as \restrict in the output of pg_dump.
	psqlLine = regexp.MustCompile(`^\\[A-Za-z!?;]`)
)

// BlankDown returns the text with what does not describe the schema replaced by
// spaces: the down parts of a migration, and commands of psql. Every byte that
// stays is where it was, and so is every line.
func BlankDown(text string) string {
	var out strings.Builder
	down := false
	for line := range strings.Lines(text) {
		switch {
		case downLine.MatchString(line):
			down = true
		case upLine.MatchString(line):
			down = false
		}
		if down || psqlLine.MatchString(line) {
			line = blank(line)
		}
		out.WriteString(line)
	}
	return out.String()
}

// blank replaces all bytes but line ends by spaces.
func blank(line string) string {
	out := []byte(line)
	for i, b := range out {
		if b != '\n' && b != '\r' {
			out[i] = ' '
		}
	}
	return string(out)
}
