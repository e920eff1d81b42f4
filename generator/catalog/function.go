package catalog

import "github.com/tenancygen/tenancygen/generator/dialect"

// Function returns the class of a function by its name as the database sees it:
// in lower case unless it was quoted, with its schema where it has one other than
// pg_catalog. Case counts: "Count" is not count. A function that the schema
// declares hides the one of PostgreSQL.
func (c *Catalog) Function(name string) dialect.FunctionClass {
	if c.Dialect.Forbidden(name) {
		return dialect.FunctionForbidden
	}
	if c.allowed[name] {
		return dialect.FunctionAllowed
	}
	if c.functions[name] {
		return dialect.FunctionUnknown
	}
	return c.Dialect.Function(name)
}

// Declares reports whether the schema declares a function of that name. In
// PostgreSQL, x.name calls it when x has no column of that name.
func (c *Catalog) Declares(name string) bool { return c.functions[name] }

// DeclaresOperator reports whether the schema declares an operator of that name,
// for whatever types. What it does is not known.
func (c *Catalog) DeclaresOperator(name string) bool { return c.operators[name] }

// MayAggregate reports whether a function, called without OVER, may be an aggregate, so
// that a query without GROUP BY has a row where its FROM has none.
func (c *Catalog) MayAggregate(name string) bool { return c.Function(name) != dialect.FunctionPlain }
