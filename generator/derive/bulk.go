package derive

import (
	"fmt"
	"strings"

	"github.com/tenancygen/tenancygen/generator/catalog"
)

// Bulk is an INSERT that writes what a :copyfrom query copies.
type Bulk struct {
	// SQL is the statement as an author would write it, without the tenant. Its
	// parameters $1…$n are the values of the columns, in their order.
	SQL string
	// Arrays is set when a parameter is an array of all values of its column, so
	// that one statement writes all rows. Otherwise it is for one row.
	Arrays bool
	// Text are the indexes of the columns whose values are sent as text, and cast in
	// the statement.
	Text []int
}

// arrayTypes are the types whose arrays pgx knows, by the names that a schema has
// for them.
var arrayTypes = func() map[string]string {
	types := map[string]string{"serial": "integer", "bigserial": "bigint", "smallserial": "smallint"}
	for name := range strings.FieldsSeq("boolean smallint integer bigint real numeric text varchar bpchar uuid " +
		"date time timestamp timestamptz interval json jsonb bytea inet cidr macaddr") {
		types[name] = name
	}
	types["double precision"] = "double precision"
	return types
}()

// NewBulk writes the INSERT into the columns of a table, whose name is given as the
// author wrote it. unnest takes arrays apart down to their elements, so a column
// that is an array has no place in it; and a cast to a domain or to a type of an
// extension is not always what an assignment does. With such a column, or the
// tenant's among the columns, the statement is for one row.
func NewBulk(target string, t *catalog.Table, columns []string, cat *catalog.Catalog) Bulk {
	b := Bulk{Arrays: true}
	var names, arrays, values, params []string
	overriding := ""
	for i, name := range columns {
		quoted, param := cat.Dialect.Quote(name), fmt.Sprintf("$%d", i+1)
		col := t.Column(name)
		elem, value := "text", "copied."+quoted
		switch {
		case col == nil, name == t.Tenancy.Column:
			b.Arrays = false // the rows say themselves whose they are: each is compared
		case arrayTypes[col.Type] != "":
			elem = arrayTypes[col.Type]
		case cat.IsEnum(col.Type):
			value += cat.Dialect.CastSuffix(col.Type)
			b.Text = append(b.Text, i)
		default:
			b.Arrays = false
		}
		if col != nil && col.Identity {
			// COPY writes what it is given.
			overriding = " OVERRIDING SYSTEM VALUE"
		}
		names, params = append(names, quoted), append(params, param)
		arrays, values = append(arrays, param+"::"+elem+"[]"), append(values, value)
	}
	list := strings.Join(names, ", ")
	into := fmt.Sprintf("INSERT INTO %s (%s)%s\n", target, list, overriding)
	if b.Arrays {
		b.SQL = into + fmt.Sprintf("SELECT %s\nFROM unnest(%s) AS copied (%s)", strings.Join(values, ", "), strings.Join(arrays, ", "), list)
		return b
	}
	b.Text = nil
	b.SQL = into + fmt.Sprintf("VALUES (%s)", strings.Join(params, ", "))
	return b
}
