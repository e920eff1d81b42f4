package catalog

import (
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// fitTypes are types whose equality, and whose cast from a parameter, keep any two
// ids apart.
var fitTypes = strings.Fields("uuid smallint integer bigint numeric text varchar bytea")

// unfitTypes say of common other types why they are not among them.
var unfitTypes = map[string]string{
	"bpchar": "its comparison ignores trailing blanks", "character": "its comparison ignores trailing blanks",
	"char": "it holds one byte", "name": "it cuts ids off at 63 bytes", "citext": "its comparison ignores case",
	"bit": "its cast cuts ids off", "varbit": "its cast cuts ids off", "boolean": "it has two values",
	"real": "it is not exact", "double precision": "it is not exact",
	"json": "it has no equality", "xml": "it has no equality",
}

// unfit says why tenants' ids cannot be of a type; it is empty for one that is fit.
func (c *Catalog) unfit(sqlType string) string {
	switch why := unfitTypes[sqlType]; {
	case slices.Contains(fitTypes, sqlType), c.exactTypes[sqlType]:
		return ""
	case why != "":
		return why
	case strings.HasSuffix(sqlType, "]"):
		return "an array is not one tenant"
	}
	return "it is not known to keep any two ids apart, as a domain or a type of an extension may not"
}

// exactCollations compare byte by byte.
var exactCollations = strings.Fields("default C POSIX ucs_basic")

// checkCollations refuses tenant columns with a collation that may take two ids
// for one: those of CREATE COLLATION may be nondeterministic.
func (k *classifier) checkCollations() {
	for _, t := range k.Tables {
		col := t.Column(t.Tenancy.Column)
		if t.Tenancy.SQLType == "" || col == nil || col.Collation == "" || slices.Contains(exactCollations, col.Collation) {
			continue
		}
		k.report.Errorf(diag.TenantColumnType, col.Span, "tenant column %s.%s has the collation %q, which may take two ids for one", t.QualifiedName(), col.Name, col.Collation).
			WithHelp("leave COLLATE out, or use COLLATE \"C\"")
	}
}

// createType remembers domains with a default, enums, and domains over a type that
// is fit: one with modifiers, such as varchar(3), would cut ids off in a cast.
func (l loader) createType(t *parse.CreateType) {
	names := []string{t.Name.Schema + "." + t.Name.Name}
	if t.Name.Schema == "" || t.Name.Schema == DefaultSchema {
		names = []string{t.Name.Name, DefaultSchema + "." + t.Name.Name}
	}
	for _, name := range names {
		l.filledTypes[name] = t.HasDefault || l.filledTypes[canonicalType(t.Base)]
	}
	if t.Base != "" && (t.Limited || t.Collated || l.unfit(canonicalType(t.Base)) != "") {
		return
	}
	for _, name := range names {
		l.exactTypes[name], l.enums[name] = true, t.Base == ""
	}
}

// IsEnum reports whether a column's type is an enum of the schema.
func (c *Catalog) IsEnum(sqlType string) bool { return c.enums[sqlType] }
