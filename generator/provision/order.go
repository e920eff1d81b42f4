package provision

import (
	"regexp"
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/generator/parse"
)

// What is shared is made as a whole before the first tenant's tables are. So a
// statement about it that comes behind one of tenants must not change what that one
// means.

// words are names that statements of tenants hold, in lower case.
type words struct {
	all map[string]bool
	// copied are those of the statements that copy columns, by a star or LIKE.
	copied map[string]bool
}

var word = regexp.MustCompile(`[\pL_][\pL\pN_$]*`)

// copies is what copies columns.
var copies = regexp.MustCompile(`(?i)\*|\blike\b`)

// remember notes the words of a statement of tenants.
func (b *builder) remember(s *statement) {
	text := s.text()
	isCopy := copies.MatchString(text)
	for _, w := range word.FindAllString(text, -1) {
		w = strings.ToLower(w)
		b.tenantWords.all[w] = true
		b.tenantWords.copied[w] = b.tenantWords.copied[w] || isCopy
	}
}

// order refuses to take away, or to change, what a statement of tenants has named
// before.
func (b *builder) order(s *statement) (why, help string) {
	names := slices.Clone(s.Functions)
	for _, name := range s.Names {
		if name.Use == parse.SubjectName {
			names = append(names, name.ObjectName)
		}
	}
	for _, name := range names {
		w := strings.ToLower(name.Name)
		switch {
		case s.Removes && b.tenantWords.all[w]:
			return "it changes or removes " + name.Name + ", which a statement about tenants' tables names before", b.squash()
		case s.Adds && b.tenantWords.copied[w]:
			return "it adds to " + name.Name + ", whose columns a statement about tenants' tables may have copied before", b.squash()
		}
	}
	return "", ""
}
