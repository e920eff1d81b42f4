package sqlgen

import (
	"regexp"
	"strings"
)

// Dialect is the SQL of one database, as far as the generator asks for it. What it
// does not have is never written; no part of the generator asks which one it is.
type Dialect struct {
	// has are the constructs that not every database has.
	has map[string]bool
	// kinds are the families of the types that columns have.
	kinds map[string]kind
	// typed is how NULL and parameters get their type, with %s for the type; empty
	// where they need none. converted is how a value becomes one of a kind.
	typed     string
	converted map[kind]string
	// joins, setOperations and materialized are drawn from: more often what is there
	// more often.
	joins, setOperations, materialized []string
	// How some functions and operators are written, with %s for their operands.
	concatenated, greater, lesser, distinct, sum, joined string
	// lock are the clauses that lock rows, with %s for a table.
	lock []string
	// skip are words behind INSERT that say what happens to rows in the way.
	skip []string
	// mark is what names are written between.
	mark string
}

func set(words string) map[string]bool {
	out := map[string]bool{}
	for w := range strings.SplitSeq(words, ",") {
		out[strings.TrimSpace(w)] = true
	}
	return out
}

// The dialects.
var (
	PostgreSQL = &Dialect{
		has: set(`lateral, distinct on, whole row, only, array, any or all, grouping sets, filter, aliased join, renamed columns, row alias of INSERT,
			values with names, generate_series, subquery in LIMIT, with ties, offset first, nulls first, parenthesized arms, outer columns in derived tables, with before writes,
			data-modifying cte, merge, insert returning, update returning, delete returning, aliased insert, default values, overriding, default, on conflict,
			update from, delete using, schemas, date arithmetic, left join in recursion, default in set, alias in RETURNING, shared rows written, no FROM`),
		kinds: map[string]kind{
			"smallint": number, "integer": number, "bigint": number, "text": text, "varchar": text, "date": date, "boolean": boolean, "uuid": uuid,
		},
		typed:         "%s::%s",
		converted:     map[kind]string{number: "(%s)::bigint", text: "(%s)::text", date: "(%s)::date", boolean: "(%s)::boolean", uuid: "(%s)::uuid"},
		joins:         []string{"JOIN", "LEFT JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "CROSS JOIN", "INNER JOIN"},
		setOperations: []string{"UNION", "UNION ALL", "INTERSECT", "EXCEPT", "EXCEPT ALL", "INTERSECT ALL"},
		materialized:  []string{" AS (", " AS (", " AS MATERIALIZED (", " AS NOT MATERIALIZED ("},
		concatenated:  "(%s || %s)", greater: "greatest(%s, %s)", lesser: "least(%s, %s)", distinct: "%s IS DISTINCT FROM %s",
		sum: "(sum(%s)%s)::bigint", joined: "string_agg(%[1]s, ',' ORDER BY %[1]s)%[2]s",
		lock: []string{"FOR UPDATE OF %s", "FOR SHARE OF %s", "FOR NO KEY UPDATE OF %s", "FOR UPDATE OF %s SKIP LOCKED", "FOR SHARE OF %s NOWAIT"},
		mark: `"`,
	}
	SQLite = &Dialect{
		has: set(`filter, subquery in LIMIT, nulls first, outer columns in derived tables, with before writes, insert returning, update returning, delete returning,
			aliased insert, default values, on conflict, update from, indexed by, rowid, glob, is, values column1, left join in recursion, shared rows written, no FROM`),
		kinds:         map[string]kind{"integer": number, "int": number, "bigint": number, "text": text, "varchar": text},
		converted:     map[kind]string{number: "CAST(%s AS INTEGER)", text: "CAST(%s AS TEXT)"},
		joins:         []string{"JOIN", "LEFT JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "CROSS JOIN", "INNER JOIN"},
		setOperations: []string{"UNION", "UNION ALL", "INTERSECT", "EXCEPT"},
		materialized:  []string{" AS (", " AS (", " AS MATERIALIZED (", " AS NOT MATERIALIZED ("},
		concatenated:  "(%s || %s)", greater: "max(%s, %s)", lesser: "min(%s, %s)", distinct: "%s IS DISTINCT FROM %s",
		sum: "sum(%s)%s", joined: "max(%s)%s",
		skip: []string{" OR IGNORE", " OR REPLACE", " OR ABORT"},
		mark: `"`,
	}
	// MySQL is what MariaDB and MySQL have in common. It locks no rows:
	// MariaDB 10.11 hangs on FOR UPDATE in a common table expression that nothing reads. Nor does it write a
	// SELECT without FROM, on which MariaDB 10.11 crashes at times: x IN (SELECT y).
	MySQL = &Dialect{
		has: set(`any or all, default, default in set, on duplicate key, update join, delete join,
			order and limit of writes, index hints, null-safe equality, div, empty insert, parenthesized arms`),
		kinds: map[string]kind{
			"smallint": number, "int": number, "integer": number, "bigint": number, "text": text, "varchar": text, "varbinary": text, "date": date,
		},
		converted:     map[kind]string{number: "CAST(%s AS SIGNED)", text: "CAST(%s AS CHAR(200))", date: "CAST(%s AS DATE)"},
		joins:         []string{"JOIN", "LEFT JOIN", "LEFT JOIN", "RIGHT JOIN", "STRAIGHT_JOIN", "CROSS JOIN", "INNER JOIN"},
		setOperations: []string{"UNION", "UNION ALL", "INTERSECT", "EXCEPT"},
		materialized:  []string{" AS ("},
		concatenated:  "concat(%s, %s)", greater: "greatest(%s, %s)", lesser: "least(%s, %s)", distinct: "NOT (%s <=> %s)",
		sum: "CAST(sum(%s) AS SIGNED)%s", joined: "group_concat(%[1]s ORDER BY %[1]s SEPARATOR ',')%[2]s",
		mark: "`",
	}
)

// quoted matches names between marks, and what they are not looked for in.
var quoted = regexp.MustCompile(`'(?:[^']|'')*'|"[^"]*"`)

// names writes the dialect's marks around names: the generator writes
// PostgreSQL's.
func (d *Dialect) names(sql string) string {
	return quoted.ReplaceAllStringFunc(sql, func(s string) string {
		if s[0] == '\'' {
			return s
		}
		return d.mark + s[1:len(s)-1] + d.mark
	})
}

// convert is how a value becomes one of a kind.
func (d *Dialect) convert(k kind) string {
	if how, ok := d.converted[k]; ok {
		return how
	}
	return "(%s)::" + typeName(k) // an enum's
}

// can reports whether the dialect has a construct.
func (g *generator) can(feature string) bool { return g.schema.dialect.has[feature] }

// ifCan is the weight of a choice that not every dialect has.
func (g *generator) ifCan(feature string, weight int) int {
	if g.can(feature) {
		return weight
	}
	return 0
}
