package catalog

import (
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/dialect"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// unfit says why tenants' ids cannot be of a type; it is empty for one that is fit.
func (c *Catalog) unfit(sqlType string) string {
	if _, ok := c.exactTypes[sqlType]; ok {
		return ""
	}
	return c.Dialect.Unfit(sqlType)
}

// IDForm is how tenants' ids are written, by the type of the tenant column, and by the
// shortest one, since an id has to fit all.
func (c *Catalog) IDForm() dialect.IDForm {
	if c.TenantType == "" {
		return dialect.IDText // of nobody
	}
	shortest, found := 0, false
	for _, t := range c.Tables {
		col := t.Column(t.Tenancy.Column)
		if t.View != nil || t.Tenancy.SQLType == "" || col == nil {
			continue
		}
		if !found || col.Length < shortest {
			shortest, found = col.Length, true
		}
	}
	return c.idForm(c.TenantType, shortest)
}

func (c *Catalog) idForm(sqlType string, length int) dialect.IDForm {
	if form, ok := c.exactTypes[sqlType]; ok {
		return form
	}
	return c.Dialect.IDForm(sqlType, length)
}

// checkCollations refuses tenant columns with a collation that may take two ids
// for one.
func (k *classifier) checkCollations() {
	for _, t := range k.Tables {
		col := t.Column(t.Tenancy.Column)
		if t.Tenancy.SQLType == "" || col == nil {
			continue
		}
		if why, help := k.Dialect.UnfitCollation(col.Type, col.Collation); why != "" {
			k.report.Errorf(diag.TenantColumnType, col.Span, "tenant column %s.%s has the collation %q, %s", t.QualifiedName(), col.Name, col.Collation, why).
				WithHelp("%s", help)
		}
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
		l.filledTypes[name] = t.HasDefault || l.filledTypes[l.Dialect.CanonicalType(t.Base)]
	}
	if t.Base != "" && (t.Limited || t.Collated || l.unfit(l.Dialect.CanonicalType(t.Base)) != "") {
		return
	}
	form := dialect.IDText // of an enum, whose labels are exact
	if t.Base != "" {
		form = l.idForm(l.Dialect.CanonicalType(t.Base), 0)
	}
	for _, name := range names {
		l.exactTypes[name], l.enums[name] = form, t.Base == ""
	}
}

// IsEnum reports whether a column's type is an enum of the schema.
func (c *Catalog) IsEnum(sqlType string) bool { return c.enums[sqlType] }
