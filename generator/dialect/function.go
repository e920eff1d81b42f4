package dialect

import "strings"

// FunctionClass says what a query may do with a function.
type FunctionClass int

// The classes of function.
const (
	// FunctionUnknown is a function that the tool knows nothing of. It may read
	// any table, so it is refused unless the configuration allows it.
	FunctionUnknown FunctionClass = iota
	// FunctionPlain computes from its arguments alone.
	FunctionPlain
	// FunctionAggregate combines rows.
	FunctionAggregate
	// FunctionWindow looks at other rows.
	FunctionWindow
	// FunctionForbidden reads or changes what no tenant may: tables by name or by
	// SQL text, settings, sequences' values, files, other sessions.
	FunctionForbidden
	// FunctionAllowed is one that the configuration allows.
	FunctionAllowed
)

func classify(groups map[FunctionClass]string) map[string]FunctionClass {
	out := map[string]FunctionClass{}
	for class, names := range groups {
		for name := range strings.FieldsSeq(names) {
			out[name] = class
		}
	}
	return out
}
