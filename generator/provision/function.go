package provision

import (
	"regexp"
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/generator/dialect"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// field is what a trigger's function takes from a row.
var field = regexp.MustCompile(`(?i)\b(?:new|old)\s*\.\s*"?\w+"?`)

// function refuses a function whose text names tenants' tables: it finds them by the
// search path, which does not lead to them.
func (b *builder) function(s *statement) (why, help string) {
	text := strings.ToLower(field.ReplaceAllString(s.text(), ""))
	in := map[string]bool{}
	for _, w := range word.FindAllString(text, -1) {
		in[w] = true
	}
	for _, name := range b.tenantNames {
		if in[name] || word.FindString(name) != name && strings.Contains(text, name) {
			return "the function's text names " + name + ", and would look for it where all tenants' functions are", "do without the table in it; a name that means something else there can be changed"
		}
	}
	return "", ""
}

// calls refuses what may look for tenants' tables at run time: a function of the
// schema of which nobody sees which tables it uses, a trigger's function that the
// schema does not show, and functions of PostgreSQL that run SQL from a text.
func (b *builder) calls(s *statement) (why, help string) {
	if s.Kind == parse.MakesFunction || s.subject() != nil && !b.ofTenants(s) {
		return "", ""
	}
	for _, name := range s.Calls {
		if why := b.opaque(name, map[string]bool{}); why != "" && (b.functions[name] != nil || s.Kind == parse.MakesTrigger) {
			return "it calls " + name + ", which " + why, "list the function under functions: once you have made sure that it names no table of tenants"
		}
		if b.catalog.Function(name) == dialect.FunctionForbidden && !slices.Contains(named, name) {
			return "it calls " + name + ", which may use any table", "do without the function"
		}
	}
	return "", ""
}

// named are the functions that are given a sequence by a name that has a slot.
var named = []string{"nextval", "currval"}

// opaque says why a function, or one that its text names, may use other tables than
// those that are named there.
func (b *builder) opaque(name string, seen map[string]bool) string {
	if why := b.catalog.Opaque(name); why != "" || seen[name] {
		return why
	}
	seen[name] = true
	for _, s := range b.functions[name] {
		for _, w := range word.FindAllString(strings.ToLower(s.text()), -1) {
			if w == name || b.functions[w] == nil {
				continue
			}
			if why := b.opaque(w, seen); why != "" {
				return "calls " + w + ", which " + why
			}
		}
	}
	return ""
}

// collect finds the functions, and the names that relations of tenants ever have, in
// lower case.
func (b *builder) collect() {
	for _, s := range b.statements {
		if s.Kind == parse.MakesFunction {
			for _, f := range s.Functions {
				b.functions[f.Name] = append(b.functions[f.Name], s)
			}
		}
		for i, name := range s.Names {
			if r := s.relations[i]; r != nil && r.side == tenants {
				b.tenantNames = append(b.tenantNames, strings.ToLower(name.Name))
			}
		}
	}
	slices.Sort(b.tenantNames)
	b.tenantNames = slices.Compact(b.tenantNames)
}
