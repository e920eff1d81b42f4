package config

import (
	"slices"
	"strconv"

	"go.yaml.in/yaml/v3"

	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/source"
)

// keys says what reads each key of a mapping; nil accepts a key and ignores it.
type keys map[string]func(entry)

// object reads a mapping with a fixed set of keys. An unknown key is an error.
// It returns false if it, or the reading of a value, reported one.
func (rd *reader) object(e entry, known keys) bool {
	before := rd.failed
	rd.failed = false
	defer func() { rd.failed = rd.failed || before }()
	for _, child := range rd.entries(e) {
		read, ok := known[child.key.Value]
		if !ok {
			rd.unknownKey(child, known)
			continue
		}
		if read != nil {
			read(child)
		}
	}
	return !rd.failed
}

func (rd *reader) unknownKey(e entry, known keys) {
	names := make([]string, 0, len(known))
	for name := range known {
		names = append(names, name)
	}
	slices.Sort(names)
	d := rd.errorf(diag.ConfigUnknownKey, rd.span(e.key), "unknown key %q", e.path)
	if near := Nearest(e.key.Value, names); near != "" {
		d.WithHelp("did you mean %q?", near)
		return
	}
	d.WithHelp("the keys here are %s", list(names))
}

// entries returns the keys of a mapping in the file's order, merge keys (<<)
// expanded. Something else than a mapping, a key given twice and an empty key
// are errors. Nothing is an empty mapping: its lines may all be comments.
func (rd *reader) entries(e entry) []entry {
	if isNull(e.value) {
		return nil
	}
	if e.value.Kind != yaml.MappingNode {
		rd.wrongType(e, "a map")
		return nil
	}
	var out []entry
	seen := map[string]*yaml.Node{}
	rd.expand(e, e.value, map[*yaml.Node]bool{}, func(child entry, merged bool) {
		first, ok := seen[child.key.Value]
		switch {
		case child.key.Kind != yaml.ScalarNode || child.key.Value == "":
			rd.invalid(child.key, "a key that is not a name").WithHelp("write a name before the colon")
		case !ok:
			seen[child.key.Value] = child.key
			out = append(out, child)
		case !merged:
			rd.invalid(child.key, "%q is given twice", child.path).
				WithRelated(rd.span(first), "first here").
				WithHelp("keep one of the two")
		}
	})
	return out
}

// expand calls yield for each key of a mapping, its own keys before those that
// are merged into it, which it overrides.
func (rd *reader) expand(e entry, n *yaml.Node, visited map[*yaml.Node]bool, yield func(child entry, merged bool)) {
	if visited[n] {
		return // a mapping may be merged by several ways, or into itself
	}
	visited[n] = true
	var merges []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := resolve(n.Content[i]), resolve(n.Content[i+1])
		if key.Tag == "!!merge" {
			merges = append(merges, value)
			continue
		}
		yield(entry{key: key, value: value, path: join(e.path, key.Value)}, n != e.value)
	}
	for _, m := range merges {
		switch m.Kind {
		case yaml.MappingNode:
			rd.expand(e, m, visited, yield)
		case yaml.SequenceNode:
			for _, item := range m.Content {
				if item = resolve(item); item.Kind == yaml.MappingNode {
					rd.expand(e, item, visited, yield)
				}
			}
		}
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func (rd *reader) wrongType(e entry, want string) {
	at := e.value
	if isNull(at) && e.key != nil {
		at = e.key // an absent value has no place worth showing
	}
	rd.invalid(at, "%s must be %s, not %s", name(e), want, kind(e.value)).
		WithHelp("write %s", want)
}

func name(e entry) string {
	if e.path == "" {
		return "the configuration"
	}
	return strconv.Quote(e.path)
}

// str reads a string that is not empty. The second result is false if it
// reported an error.
func (rd *reader) str(e entry) (string, bool) {
	n := e.value
	switch {
	case n.Kind == yaml.ScalarNode && rd.lenient:
		if isNull(n) {
			return "", true
		}
		return n.Value, true
	case n.Kind != yaml.ScalarNode || n.Tag != "!!str" && !isNull(n):
		rd.wrongType(e, "a string")
		return "", false
	case n.Value == "" || isNull(n):
		rd.wrongEmpty(e)
		return "", false
	}
	return n.Value, true
}

func (rd *reader) wrongEmpty(e entry) {
	at := e.value
	if isNull(at) && e.key != nil {
		at = e.key
	}
	rd.invalid(at, "%s is empty", name(e)).WithHelp("give it a value, or remove the line")
}

// setString returns what reads a string into a variable.
func (rd *reader) setString(to *string) func(entry) {
	return func(e entry) {
		if s, ok := rd.str(e); ok {
			*to = s
		}
	}
}

func (rd *reader) boolean(e entry) (value, ok bool) {
	if isNull(e.value) && rd.lenient {
		return false, true
	}
	if e.value.Kind != yaml.ScalarNode || e.value.Tag != "!!bool" || e.value.Decode(&value) != nil {
		rd.wrongType(e, "true or false")
		return false, false
	}
	return value, true
}

func (rd *reader) integer(e entry) (value int, ok bool) {
	if e.value.Kind != yaml.ScalarNode || e.value.Tag != "!!int" || e.value.Decode(&value) != nil {
		rd.wrongType(e, "a whole number")
		return 0, false
	}
	return value, true
}

// strings reads a list of strings; an item that is not one is reported and
// left out. The spans are those of the items. Nothing is an empty list.
func (rd *reader) strings(e entry) ([]string, []source.Span) {
	if isNull(e.value) {
		return nil, nil
	}
	if e.value.Kind != yaml.SequenceNode {
		rd.wrongType(e, "a list of strings")
		return nil, nil
	}
	out := make([]string, 0, len(e.value.Content))
	var spans []source.Span
	for i, item := range e.value.Content {
		item = resolve(item)
		s, ok := rd.str(entry{value: item, path: e.path + "[" + strconv.Itoa(i) + "]"})
		if ok {
			out = append(out, s)
			spans = append(spans, rd.span(item))
		}
	}
	return out, spans
}

// oneOrMore reads a string or a list of strings that is not empty.
func (rd *reader) oneOrMore(e entry) ([]string, []source.Span) {
	if e.value.Kind == yaml.SequenceNode {
		if len(e.value.Content) == 0 && !rd.lenient {
			rd.wrongEmpty(e)
		}
		return rd.strings(e)
	}
	s, ok := rd.str(e)
	if !ok || s == "" {
		return nil, nil
	}
	return []string{s}, []source.Span{rd.span(e.value)}
}

// oneOf reports a string that is not one of the values.
func (rd *reader) oneOf(e entry, value string, values []string) bool {
	if slices.Contains(values, value) {
		return true
	}
	d := rd.invalid(e.value, "%s cannot be %q", name(e), value)
	if near := Nearest(value, values); near != "" {
		d.WithHelp("did you mean %q?", near)
	} else {
		d.WithHelp("use %s", list(values))
	}
	return false
}
