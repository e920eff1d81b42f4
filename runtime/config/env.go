package config

import (
	"errors"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"
)

// Prefix begins the names of all variables.
const Prefix = "TENANCY_"

// foreign begin the names of variables that are not the application's: those of
// tenancygen's own tests.
var foreign = []string{Prefix + "TEST_", Prefix + "REQUIRE_SERVERS"}

// Default returns the Config of an empty environment. It is not valid: DatabaseURL has
// no default.
func Default() Config {
	var c Config
	// Without variables only the tags could be wrong, and a test reads them all.
	_ = env.ParseWithOptions(&c, env.Options{Environment: map[string]string{}, Prefix: Prefix})
	return c
}

// FromEnv returns the Config of the process's environment. See Parse.
func FromEnv() (Config, error) { return Parse(os.Environ()) }

// Parse returns the Config of an environment in the form of os.Environ. A variable that
// is not set, or empty, has its default. The error is an *Error that holds all problems:
// values that cannot be read, variables with the prefix that do not exist, and whatever
// Validate finds.
func Parse(environ []string) (Config, error) {
	values := map[string]string{}
	for _, entry := range environ {
		if name, value, ok := strings.Cut(entry, "="); ok && strings.HasPrefix(name, Prefix) {
			values[name] = strings.TrimSpace(value)
		}
	}
	var c Config
	problems := unknown(values)
	problems = append(problems, unreadable(env.ParseWithOptions(&c, env.Options{Environment: values, Prefix: Prefix}))...)
	for _, p := range c.problems() {
		if !slices.ContainsFunc(problems, func(known Problem) bool { return known.Variable == p.Variable }) {
			problems = append(problems, p)
		}
	}
	return c, asError(problems)
}

// unreadable returns the variables whose values are of another type. The parser's own
// messages repeat the values.
func unreadable(err error) []Problem {
	var all env.AggregateError
	if err == nil {
		return nil
	}
	if !errors.As(err, &all) {
		return []Problem{{Variable: Prefix + "*", Text: "cannot be read"}}
	}
	var out []Problem
	for _, e := range all.Errors {
		var parse env.ParseError
		if !errors.As(e, &parse) {
			out = append(out, Problem{Variable: Prefix + "*", Text: "cannot be read"})
			continue
		}
		field, _ := reflect.TypeFor[Config]().FieldByName(parse.Name)
		out = append(out, Problem{Variable: variable(field), Text: "has to be " + allowed(field)})
	}
	return out
}

// unknown returns the variables with the prefix that there are not, each with the one
// that may be meant: a misspelt variable would leave its default in force, which nobody
// would notice.
func unknown(values map[string]string) []Problem {
	var names []string
	for field := range reflect.TypeFor[Config]().Fields() {
		names = append(names, variable(field))
	}
	var out []Problem
	for name := range values {
		if slices.Contains(names, name) || slices.ContainsFunc(foreign, func(f string) bool { return strings.HasPrefix(name, f) }) {
			continue
		}
		text := "there is no such variable"
		if near := nearest(name, names); near != "" {
			text += "; did you mean " + near + "?"
		}
		out = append(out, Problem{Variable: name, Text: text})
	}
	slices.SortFunc(out, func(a, b Problem) int { return strings.Compare(a.Variable, b.Variable) })
	return out
}

// nearest returns the name that is the fewest edits away; empty where all differ in more
// than a third.
func nearest(name string, names []string) string {
	best, at := "", len(name)-len(Prefix)
	for _, candidate := range names {
		if d := distance(name[len(Prefix):], candidate[len(Prefix):]); d < at {
			best, at = candidate, d
		}
	}
	if at*3 > len(name)-len(Prefix) {
		return ""
	}
	return best
}

// distance is how many bytes have to be put in, taken out or replaced to make b of a
// (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
