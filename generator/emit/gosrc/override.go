package gosrc

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/tenancygen/tenancygen/generator/ir"
)

// override is an ir.Override made ready for matching.
type override struct {
	dbType     string
	nullable   bool
	unsigned   bool
	hasType    bool
	typ        goType
	importName string // of typ's package
	aliased    bool   // the import needs its name written out
	tags       map[string]string
	// table, schema and name match a column; they are nil for a database type.
	schema, table, name *regexp.Regexp
}

func compileOverrides(list []ir.Override, defaultSchema string) ([]override, error) {
	var out []override
	for i := range list {
		o, err := compileOverride(&list[i], defaultSchema)
		if err != nil {
			return nil, fmt.Errorf("override of %q: %w", list[i].DBType+list[i].Column, err)
		}
		out = append(out, o)
	}
	return out, nil
}

func compileOverride(in *ir.Override, defaultSchema string) (override, error) {
	if (in.DBType == "") == (in.Column == "") {
		return override{}, fmt.Errorf("one of db_type and column has to be given")
	}
	o := override{dbType: in.DBType, nullable: in.Nullable, unsigned: in.Unsigned}
	o.setType(in.GoType)
	var err error
	if o.tags, err = parseTags(in.GoStructTag); err != nil {
		return override{}, err
	}
	if in.Column != "" {
		err = o.setColumn(in.Column, defaultSchema)
	}
	return o, err
}

// setType sets the Go type and how its package is imported.
func (o *override) setType(in ir.GoType) {
	if in.Type == "" {
		return
	}
	o.hasType = true
	o.typ = goType{path: in.Import, name: in.Type}
	if in.Pointer {
		o.typ = o.typ.prefixed("*")
	}
	if in.Slice {
		o.typ = o.typ.prefixed("[]")
	}
	switch {
	case in.Import == "":
	case in.Package != "":
		o.importName, o.aliased = in.Package, true
	default:
		o.importName, o.aliased = guessImportName(in.Import)
	}
}

var (
	majorVersion  = regexp.MustCompile(`^v[0-9]+$`)
	identifier    = regexp.MustCompile(`^[a-zA-Z0-9_]+$`)
	nonIdentifier = regexp.MustCompile(`[^a-zA-Z0-9_]`)
)

// guessImportName returns a name for the package of an import path. It returns
// true when the path's last part is not that name, so that the import has to
// spell it.
func guessImportName(path string) (string, bool) {
	parts := strings.Split(path, "/")
	last := parts[len(parts)-1]
	if majorVersion.MatchString(last) && len(parts) >= 2 {
		last = parts[len(parts)-2]
		return nonIdentifier.ReplaceAllString(strings.ToLower(last), "_"), true
	}
	if identifier.MatchString(last) {
		return last, false
	}
	last = strings.TrimSuffix(strings.TrimPrefix(last, "go-"), "-go")
	return nonIdentifier.ReplaceAllString(strings.ToLower(last), "_"), true
}

// setColumn reads [[catalog.]schema.]table.column. There is one catalog, so its
// part matches anything.
func (o *override) setColumn(column, defaultSchema string) error {
	parts := strings.Split(column, ".")
	switch len(parts) {
	case 2:
		parts = append([]string{defaultSchema}, parts...)
	case 3:
	case 4:
		parts = parts[1:]
	default:
		return fmt.Errorf("the column must be [[catalog.]schema.]table.column")
	}
	for i, target := range []**regexp.Regexp{&o.schema, &o.table, &o.name} {
		pattern, err := compileGlob(parts[i])
		if err != nil {
			return err
		}
		*target = pattern
	}
	return nil
}

// compileGlob compiles sqlc's patterns: * and ?, escaped by a backslash.
func compileGlob(glob string) (*regexp.Regexp, error) {
	var b strings.Builder
	escaped := false
	for _, r := range glob {
		switch {
		case escaped && !strings.ContainsRune(`*?\`, r):
			return nil, fmt.Errorf("%q is no character to escape", r)
		case escaped:
			b.WriteString(regexp.QuoteMeta(string(r)))
			escaped = false
		case r == '\\':
			escaped = true
		case r == '*':
			b.WriteString(".*")
		case r == '?':
			b.WriteString(".")
		default:
			b.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	if escaped {
		return nil, fmt.Errorf("the pattern %q ends in a backslash", glob)
	}
	return regexp.Compile("^(?:" + b.String() + ")$")
}

// isColumn reports whether the override names this column.
func (o *override) isColumn(c *ir.Column, defaultSchema string) bool {
	if o.name == nil || c.Table.Name == "" {
		return false
	}
	schema := c.Table.Schema
	if schema == "" {
		schema = defaultSchema
	}
	name := c.Name
	if c.OriginalName != "" {
		name = c.OriginalName
	}
	return o.schema.MatchString(schema) && o.table.MatchString(c.Table.Name) && o.name.MatchString(name)
}

// isDBType reports whether the override names this column's type.
func (o *override) isDBType(c *ir.Column) bool {
	notNull := c.NotNull || c.IsArray
	return o.dbType != "" && o.dbType == sqlType(c) && o.nullable != notNull && o.unsigned == c.Unsigned
}

// addTags adds the tags of the overrides that are about the column.
func (t *typer) addTags(tags map[string]string, c *ir.Column) {
	for i := range t.overrides {
		o := &t.overrides[i]
		if o.isDBType(c) || o.isColumn(c, t.defaultSchema) {
			for key, value := range o.tags {
				tags[key] = value
			}
		}
	}
}

// parseTags reads a struct tag such as `validate:"required" x:"y,z"`.
func parseTags(text string) (map[string]string, error) {
	tags := map[string]string{}
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		key, rest, found := strings.Cut(text, ":")
		if !found || key == "" || strings.ContainsAny(key, ` "`) {
			return nil, fmt.Errorf("go_struct_tag %q is not of the form key:\"value\"", text)
		}
		quoted, err := strconv.QuotedPrefix(rest)
		if err != nil {
			return nil, fmt.Errorf("go_struct_tag %q is not of the form key:\"value\"", text)
		}
		value, err := strconv.Unquote(quoted)
		if err != nil {
			return nil, err
		}
		tags[key] = value
		text = rest[len(quoted):]
	}
	return tags, nil
}
