package certify

import (
	"slices"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// operands checks how an expression uses the tenant's parameter. PostgreSQL gives
// a parameter one type, which the first place that wants one decides, and the
// value is read as that type wherever it stands: after $1::real two tenants' ids
// may be one. So its casts are to the tenant's type or text, which keep ids apart,
// and without one it is compared with a tenant column, or is an output.
func (c *checker) operands(e *parse.Expr) {
	if c.author != nil || c.tenant <= 0 {
		return
	}
	at := slices.IndexFunc(e.Args, func(arg *parse.Expr) bool { return arg.Kind == parse.ParamExpr && arg.Param == c.tenant })
	if at < 0 {
		return
	}
	switch {
	case e.Kind == parse.CastExpr:
		if name := typeName(e.Name); (name == "text" || name == typeName(c.cat.TenantType)) && !c.mayCut(e) {
			return
		}
	case e.Kind == parse.OpExpr && e.Name == "=" && len(e.Args) == 2:
		other := e.Args[1-at]
		tenant := func(t *catalog.Table) bool {
			return t.Tenancy.Column != "" && other.Path[len(other.Path)-1] == t.Tenancy.Column
		}
		if other.Kind == parse.ColumnExpr && !other.Star && len(other.Path) > 0 && slices.ContainsFunc(c.cat.Tables, tenant) {
			return
		}
	case e.Name == "NullTest", e.Name == "CaseWhen":
		return
	}
	c.mistyped = append(c.mistyped, e.Args[at].Pos)
}

// tenantTypes refuses what operands has found, where it matters.
func (c *checker) tenantTypes() {
	for _, pos := range c.mistyped {
		if c.touchesTenants {
			c.refuse(pos, "$%d is the tenant, and may have another type here", c.tenant)
		}
	}
}
