package certify

import (
	"regexp"
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/certify/level"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// isTenant reports whether e is $T as a value of the table's tenant column. Casts
// may not make two tenants the same, as to varchar(3) or real would: only the
// column's own type and text are accepted.
func (c *checker) isTenant(e *parse.Expr, t *catalog.Table) bool {
	e = c.uncast(e, "text", t.Tenancy.SQLType)
	return e.Kind == parse.ParamExpr && c.tenant > 0 && e.Param == c.tenant
}

// isTenantOrNull reports whether e is CASE WHEN … THEN $T END. Without ELSE it is
// $T or NULL, whatever the condition is, and NOT NULL rejects the row then.
func (c *checker) isTenantOrNull(e *parse.Expr, t *catalog.Table) bool {
	if e.Kind != parse.OtherExpr || e.Name != "CaseExpr" || len(e.Args) != 1 {
		return false // also CASE x WHEN … and ELSE are arguments
	}
	when := e.Args[0]
	return when.Kind == parse.OtherExpr && when.Name == "CaseWhen" && len(when.Args) == 2 && c.isTenant(when.Args[1], t)
}

// operands checks how an expression uses the tenant's parameter, in a dialect that
// gives a parameter one type, as PostgreSQL does. The first place that wants a type
// decides, and the value is read as that type wherever it stands: after $1::real two
// tenants' ids may be one. So its casts are to the tenant's type or text, which keep
// ids apart, and without one it is compared with a column of a table that has the
// tenant's type, or is an output.
func (c *checker) operands(e *parse.Expr, lv *level.Level) {
	if c.tenant <= 0 || !c.cat.Dialect.TypesParameters() {
		return
	}
	at := slices.IndexFunc(e.Args, func(arg *parse.Expr) bool { return arg.Kind == parse.ParamExpr && arg.Param == c.tenant })
	if at < 0 {
		return
	}
	switch {
	case e.Kind == parse.CastExpr:
		if c.uncast(e, "text", c.cat.TenantType) != e {
			return
		}
	case e.Kind == parse.OpExpr && e.Name == "=" && len(e.Args) == 2:
		if c.hasTenantType(e.Args[1-at], lv) {
			return
		}
	case e.Name == "NullTest", e.Name == "CaseWhen":
		return
	}
	c.mistyped = append(c.mistyped, e.Args[at].Pos)
}

// hasTenantType reports whether e is relation.column of a table, and of the type
// that tenant columns have.
func (c *checker) hasTenantType(e *parse.Expr, lv *level.Level) bool {
	if e.Kind != parse.ColumnExpr || e.Star || len(e.Path) != 2 {
		return false
	}
	for ; lv != nil; lv = lv.Outer {
		if r := lv.Named(e.Path[0]); r != nil {
			return r.Table != nil && !r.Renamed && r.Table.Column(e.Path[1]) != nil && typeName(r.Table.Column(e.Path[1]).Type) == typeName(c.cat.TenantType)
		}
	}
	return false
}

// tenantTypes refuses what operands has found, where it matters.
func (c *checker) tenantTypes() {
	for _, pos := range c.mistyped {
		if c.touchesTenants {
			c.refuse(pos, "$%d is the tenant, and may have another type here", c.tenant)
		}
	}
}

// uncast returns e without the casts around it that are to one of the types, and
// cut nothing off.
func (c *checker) uncast(e *parse.Expr, types ...string) *parse.Expr {
	to := func(name string) bool { return typeName(e.Name) == typeName(name) }
	for e.Kind == parse.CastExpr && slices.ContainsFunc(types, to) && !c.mayCut(e) {
		e = e.Args[0]
	}
	return e
}

// castTo is the text of a cast in its :: form up to the type's modifiers. A type's
// other names, such as national char varying, are not among those it knows.
var castTo = regexp.MustCompile(`(?i)^::\s*(pg_catalog\s*\.\s*)?(character\s+varying|varchar|numeric|decimal|dec)\b\s*`)

// mayCut reports whether a cast may shorten its value. The tree does not hold a
// type's modifiers, so for types that have them the text must show that there
// are none; character without one is character(1).
func (c *checker) mayCut(e *parse.Expr) bool {
	switch typeName(e.Name) {
	case "varchar", "numeric":
		if e.Pos < 0 || e.Pos > len(c.sql) {
			return true
		}
		found := castTo.FindString(c.sql[e.Pos:])
		rest := c.sql[e.Pos+len(found):]
		return found == "" || strings.HasPrefix(rest, "(") || strings.HasPrefix(rest, "/*") || strings.HasPrefix(rest, "--")
	case "bpchar", "char", "character", "bit", "varbit", "time", "timetz", "timestamp", "timestamptz", "interval":
		return true
	}
	return false
}

// typeName gives the types that a tenant's id may have one name each.
func typeName(name string) string {
	switch name {
	case "int2":
		return "smallint"
	case "int", "int4":
		return "integer"
	case "int8":
		return "bigint"
	case "character varying":
		return "varchar"
	}
	return name
}
