package config

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/ir"
)

// tenant reads tenant: {column, root}.
func (p *parser) tenant(e entry) {
	t := &p.config.Tenant
	ok := p.object(e, keys{
		"column": func(e entry) { p.setString(&t.Column)(e); t.ColumnSpan = p.span(e.value) },
		"root":   func(e entry) { p.setString(&t.Root)(e); t.RootSpan = p.span(e.value) },
	})
	if ok && t.Column == "" {
		p.invalid(e.key, "%q is missing", "tenant.column").
			WithHelp("name the column that holds the tenant, such as `tenant: {column: tenant_id}`")
	}
}

// tables reads the tables: map.
func (p *parser) tables(e entry) {
	for _, e := range p.entries(e) {
		if !p.pattern(e) {
			continue
		}
		t := Table{Pattern: e.key.Value, Span: p.span(e.key)}
		if p.table(e, &t) {
			p.config.Tables = append(p.config.Tables, t)
		}
	}
}

// pattern reports whether a key is a usable table name or glob.
func (p *parser) pattern(e entry) bool {
	key := e.key.Value
	if _, err := path.Match(key, ""); err != nil {
		p.invalid(e.key, "%q is not a valid pattern", key).
			WithHelp("* stands for any text, ? for one character, [a-z] for one of a range")
		return false
	}
	if parts := strings.Split(key, "."); len(parts) > 2 || slices.Contains(parts, "") {
		p.invalid(e.key, "%q is not a table name", key).WithHelp("write table or schema.table")
		return false
	}
	return true
}

// classes are the entries of tables: that are one word.
var classes = []string{string(ir.ClassGlobal), string(ir.ClassExcluded)}

// table reads one entry of tables: a word or a map.
func (p *parser) table(e entry, t *Table) bool {
	switch {
	case isNull(e.value):
		p.invalid(e.key, "table %q has no class", t.Pattern).WithHelp("%s", classHelp)
		return false
	case e.value.Kind == yaml.ScalarNode:
		class, ok := p.str(e)
		if !ok {
			return false
		}
		t.Class = ir.Class(class)
		if !slices.Contains(classes, class) {
			d := p.invalid(e.value, "table %q cannot be %q", t.Pattern, class).WithHelp("%s", classHelp)
			if near := Nearest(class, classes); near != "" {
				d.WithHelp("did you mean %q?", near)
			}
			return false
		}
		return true
	}
	return p.tableMap(e, t)
}

const classHelp = "write global, excluded, {column: tenant_id} or {parent: other_table}"

func (p *parser) tableMap(e entry, t *Table) bool {
	ok := p.object(e, keys{
		"column": p.setString(&t.Column),
		"parent": p.setString(&t.Parent),
		"via":    func(e entry) { t.Via, _ = p.oneOrMore(e) },
		"read":   func(e entry) { t.Shared = p.ownOrShared(e) },
	})
	switch {
	case !ok: // what is missing may be what is misspelt
	case t.Column != "" && t.Parent != "":
		p.invalid(e.key, "table %q has both a column and a parent", t.Pattern).
			WithHelp("keep column if the table holds the tenant itself, parent if it belongs to a row that does")
	case t.Parent != "" && t.Shared:
		p.invalid(e.key, "table %q has both read and a parent", t.Pattern).
			WithHelp("a child of a shared row is shared with it; give read to the table that holds the tenant")
	case (t.Column != "" || t.Shared) && t.Via != nil:
		p.invalid(e.key, "table %q has via without parent", t.Pattern).
			WithHelp("via names the columns of the foreign key to the parent; remove it")
	case t.Column != "" || t.Shared:
		t.Class = ir.ClassTenant
		return true
	case t.Parent != "":
		t.Class = ir.ClassChild
		return true
	default:
		p.invalid(e.key, "table %q has neither a column nor a parent", t.Pattern).WithHelp("%s", classHelp)
	}
	return false
}

// ownOrShared reads read: of a table, which has one value. Without the key a
// tenant reads its own rows.
func (p *parser) ownOrShared(e entry) bool {
	s, ok := p.str(e)
	if ok && s != "own_or_shared" {
		p.invalid(e.value, "%s cannot be %q", name(e), s).
			WithHelp("write own_or_shared: rows whose tenant is NULL are everybody's to read; leave read out, and a tenant reads its own")
		return false
	}
	return ok
}

// crud reads the crud: map.
func (p *parser) crud(e entry) {
	for _, e := range p.entries(e) {
		if e.key.Value == "default" {
			p.config.CRUD.Default = p.methods(e)
			continue
		}
		if p.pattern(e) {
			p.config.CRUD.Tables = append(p.config.CRUD.Tables,
				CRUDTable{Pattern: e.key.Value, Span: p.span(e.key), Methods: p.methods(e)})
		}
	}
}

// methods reads a list of derived methods.
func (p *parser) methods(e entry) []string {
	names, spans := p.strings(e)
	var out []string
	for i, name := range names {
		switch {
		case !slices.Contains(CRUDMethods, name):
			d := p.errorf(diag.ConfigInvalid, spans[i], "there is no derived method %q", name).
				WithHelp("the methods are %s", list(CRUDMethods))
			if near := Nearest(name, CRUDMethods); near != "" {
				d.WithHelp("did you mean %q?", near)
			}
		case slices.Contains(out, name):
			p.errorf(diag.ConfigInvalid, spans[i], "method %q is given twice", name).WithHelp("remove one of the two")
		default:
			out = append(out, name)
		}
	}
	return out
}

// customSetting is what PostgreSQL accepts as the name of a setting that
// nobody declared: two identifiers. More parts are possible, and of no use.
var customSetting = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_$]*\.[A-Za-z_][A-Za-z0-9_$]*$`)

// rls reads rls: {role, setting}.
func (p *parser) rls(e entry) {
	p.object(e, keys{
		"role": p.setString(&p.config.RLS.Role),
		"setting": func(e entry) {
			p.setString(&p.config.RLS.Setting)(e)
			if s := e.value.Value; s != "" && e.value.Tag == "!!str" && !customSetting.MatchString(s) {
				p.invalid(e.value, "%q is not the name of a custom setting", s).
					WithHelp("a custom setting has two parts, such as %q", DefaultSetting)
			}
		},
	})
}

// tenantParams reads tenant_params: bind|keep.
func (p *parser) tenantParams(e entry) {
	if s, ok := p.str(e); ok && p.oneOf(e, s, []string{"bind", "keep"}) {
		p.config.KeepTenantParams = s == "keep"
	}
}

// unscoped reads the unscoped: map.
func (p *parser) unscoped(e entry) {
	for _, e := range p.entries(e) {
		if e.value.Kind == yaml.ScalarNode && strings.TrimSpace(e.value.Value) == "" {
			p.invalid(e.key, "query %q is unscoped without a reason", e.key.Value).
				WithHelp("say why the query may see all tenants: %s: \"nightly report over all tenants\"", e.key.Value)
			continue
		}
		if reason, ok := p.str(e); ok {
			p.config.Unscoped = append(p.config.Unscoped,
				Unscoped{Query: e.key.Value, Reason: reason, Span: p.span(e.key)})
		}
	}
}

// functions reads the functions: list.
func (p *parser) functions(e entry) {
	names, spans := p.strings(e)
	for i, name := range names {
		if strings.ContainsAny(name, "() ") {
			p.errorf(diag.ConfigInvalid, spans[i], "%q is not the name of a function", name).
				WithHelp("write the name without arguments, such as similarity or ext.similarity")
			continue
		}
		p.config.Functions = append(p.config.Functions, Function{Name: name, Span: spans[i]})
	}
}
