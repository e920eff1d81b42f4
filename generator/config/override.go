package config

import (
	"fmt"
	"go/token"
	"path"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/tenancygen/tenancygen/generator/ir"
)

// overrides reads a list of type overrides in sqlc's form. One for another
// engine is left out.
func (rd *reader) overrides(e entry) []ir.Override {
	if isNull(e.value) {
		return nil
	}
	if e.value.Kind != yaml.SequenceNode {
		rd.wrongType(e, "a list of overrides")
		return nil
	}
	var out []ir.Override
	for i, item := range e.value.Content {
		item := entry{value: resolve(item), path: fmt.Sprintf("%s[%d]", e.path, i)}
		if o, ok := rd.override(item); ok {
			out = append(out, o)
		}
	}
	return out
}

// structTag is the raw form of a Go struct tag.
var structTag = regexp.MustCompile(`^(\s*[^\s:"]+:"(?:[^"\\]|\\.)*")+\s*$`)

func (rd *reader) override(e entry) (o ir.Override, ok bool) {
	var engine, oldType string
	var oldNull bool
	ok = rd.object(e, keys{
		"db_type":       rd.setString(&o.DBType),
		"column":        rd.setString(&o.Column),
		"nullable":      func(e entry) { o.Nullable, _ = rd.boolean(e) },
		"unsigned":      func(e entry) { o.Unsigned, _ = rd.boolean(e) },
		"go_type":       func(e entry) { o.GoType = rd.goType(e) },
		"go_struct_tag": rd.setString(&o.GoStructTag),
		"engine":        rd.setString(&engine),
		"postgres_type": rd.setString(&oldType), // sqlc's old name of db_type
		"null":          func(e entry) { oldNull, _ = rd.boolean(e) },
	})
	if o.DBType == "" {
		o.DBType = oldType
	}
	o.Nullable = o.Nullable || oldNull
	if !ok || engine != "" && engine != rd.overridesFor {
		return o, false
	}
	return o, rd.checkOverride(e, o)
}

func (rd *reader) checkOverride(e entry, o ir.Override) bool {
	parts := strings.Count(o.Column, ".") + 1
	switch {
	case o.Column != "" && o.DBType != "":
		rd.invalid(e.value, "%s has both a column and a db_type", name(e)).WithHelp("keep one of the two")
	case o.Column == "" && o.DBType == "":
		rd.invalid(e.value, "%s has neither a column nor a db_type", name(e)).
			WithHelp("say what is overridden: `column: table.column` or `db_type: uuid`")
	case o.Column != "" && (parts < 2 || parts > 4):
		rd.invalid(e.value, "%s: column %q is not complete", name(e), o.Column).
			WithHelp("write [catalog.][schema.]table.column; each part may be a glob")
	case o.GoType.Type == "" && o.GoStructTag == "":
		rd.invalid(e.value, "%s has neither a go_type nor a go_struct_tag", name(e)).
			WithHelp("add `go_type: \"github.com/google/uuid.UUID\"` with the type you want")
	case o.GoStructTag != "" && !structTag.MatchString(o.GoStructTag):
		rd.invalid(e.value, "%s: go_struct_tag %q is not a struct tag", name(e), o.GoStructTag).
			WithHelp("write it as in Go, without backquotes: 'validate:\"required\"'")
	default:
		return true
	}
	return false
}

// goType reads a Go type: a map, or a string such as
// "*github.com/google/uuid.UUID", "[]byte" or "MyType".
func (rd *reader) goType(e entry) ir.GoType {
	if e.value.Kind == yaml.ScalarNode {
		spec, ok := rd.str(e)
		if !ok || spec == "" {
			return ir.GoType{}
		}
		t, ok := parseGoType(spec)
		if !ok {
			rd.invalid(e.value, "%s %q is not a Go type", name(e), spec).
				WithHelp("write import path, dot and type, such as %q", "github.com/google/uuid.UUID")
		}
		return t
	}
	var t ir.GoType
	ok := rd.object(e, keys{
		"import":  rd.setString(&t.Import),
		"package": rd.setString(&t.Package),
		"type":    rd.setString(&t.Type),
		"pointer": func(e entry) { t.Pointer, _ = rd.boolean(e) },
		"slice":   func(e entry) { t.Slice, _ = rd.boolean(e) },
	})
	switch {
	case !ok:
	case t.Type == "":
		rd.invalid(e.value, "%s has no type", name(e)).WithHelp("add `type: Name`")
	case t.Import == "" && t.Package != "":
		rd.invalid(e.value, "%s has a package without an import", name(e)).WithHelp("add `import: path/of/the/package`")
	case t.Import != "" && t.Package == "":
		t.Package = packageName(t.Import)
	}
	if t.Package == path.Base(t.Import) {
		t.Package = "" // given only where it differs
	}
	return t
}

// parseGoType reads the string form of a type.
func parseGoType(spec string) (t ir.GoType, ok bool) {
	rest, slice := strings.CutPrefix(spec, "[]")
	rest, pointer := strings.CutPrefix(rest, "*")
	t.Slice, t.Pointer = slice, pointer
	// The dots in type arguments are not the one before the type's name.
	base, args := rest, ""
	if i := strings.IndexByte(rest, '['); i > 0 {
		base, args = rest[:i], rest[i:]
	}
	dot, slash := strings.LastIndexByte(base, '.'), strings.LastIndexByte(base, '/')
	if dot < 0 && slash < 0 {
		t.Type = rest
		return t, token.IsIdentifier(base) || base == "interface{}"
	}
	if dot < slash || dot <= 0 || !token.IsIdentifier(base[dot+1:]) {
		return ir.GoType{}, false
	}
	t.Import, t.Type = base[:dot], base[dot+1:]+args
	if p := packageName(t.Import); p != path.Base(t.Import) {
		t.Package = p
	}
	return t, true
}

var (
	majorVersion = regexp.MustCompile(`^v[0-9]+$`)
	notInName    = regexp.MustCompile(`[^a-z0-9_]`)
)

// packageName guesses the name of a package from its path: without the major
// version and without "go" at an end, as sqlc does.
func packageName(importPath string) string {
	name := path.Base(importPath)
	if dir := path.Dir(importPath); majorVersion.MatchString(name) && dir != "." {
		name = path.Base(dir)
	}
	name = strings.TrimSuffix(strings.TrimPrefix(name, "go-"), "-go")
	if token.IsIdentifier(name) {
		return name
	}
	return notInName.ReplaceAllString(strings.ToLower(name), "_")
}
