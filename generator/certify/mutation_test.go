package certify_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tenancygen/tenancygen/generator/certify"
)

// mutant is an accepted statement with one thing wrong.
type mutant struct{ what, sql string }

var (
	tenantAtom  = regexp.MustCompile(`("?\w+"?)\.("?\w+"?) = \$1(?:::uuid)?`)
	keyAtom     = regexp.MustCompile(`(p|p2|par|c|ch)\.(id|a|b|pid) = (p|par|ch|gch|ch2|c|excluded)\.(id|pid|cid|a|b)|(?:ch|p)\.(?:pid|b) = (?:par|p|ch2)\.(?:id|b)`)
	otherAtom   = regexp.MustCompile(`([pq])\.b = (?:\$3|7::bigint|c\.b|d\.y)`)
	lookup      = regexp.MustCompile(`\(SELECT [poqs]\.(?:id|a) FROM`)
	returned    = regexp.MustCompile(`RETURNING (?:id|\*|b, a|par\.id|ch\.id)`)
	slot        = regexp.MustCompile(`\b(?:ON|WHERE|(?:MATCHED|SOURCE) AND) `)
	whenGuard   = regexp.MustCompile(` AND (\w+\.t = \$1|EXISTS \([^()]*\)) THEN`)
	slotAt      = regexp.MustCompile(`^(?:ON|WHERE|(?:MATCHED|SOURCE) AND) `)
	disjunction = regexp.MustCompile(`\(([^()]* OR [^()]*)\)`)
	derived     = regexp.MustCompile(`\(SELECT \* FROM (\w+) WHERE (\w+\.t = \$1)\) AS (\w+)`)
	guard       = regexp.MustCompile(`(?s)(DO UPDATE SET .*?) WHERE .*?( RETURNING .*)?$`)
	mergeSet    = regexp.MustCompile(`THEN UPDATE SET `)
	insertValue = regexp.MustCompile(`\$1(?:::uuid)?`)
	sharedAtom  = regexp.MustCompile(`(\w+)\.t IS NULL`)
	name        = regexp.MustCompile(`("?\w+"?)\.`)
)

// mutants derives the mutants of a statement.
func mutants(sql string) []mutant {
	var out []mutant
	add := func(what string, start, end int, text string) {
		out = append(out, mutant{what, sql[:start] + text + sql[end:]})
	}
	for _, m := range tenantAtom.FindAllStringSubmatchIndex(sql, -1) {
		start, end := m[0], m[1]
		atom, alias, column := sql[start:end], sql[m[2]:m[3]], sql[m[4]:m[5]]
		other := map[bool]string{true: "name", false: "id"}[column == "id"]
		for _, r := range []mutant{
			{"drop", "TRUE"},
			{"under OR", "(" + atom + " OR TRUE)"},
			{"beside OR", atom + " OR TRUE"},
			{"under NOT", "NOT " + atom},
			{"under COALESCE", "COALESCE(" + atom + ", TRUE)"},
			{"under CASE", "CASE WHEN " + atom + " THEN TRUE ELSE TRUE END"},
			{"under IS NOT FALSE", "(" + atom + ") IS NOT FALSE"},
			{"other operator", alias + "." + column + " <> $1"},
			{"operator of a schema", alias + "." + column + " OPERATOR(s.=) $1"},
			{"unqualified", column + " = $1"},
			{"other column", alias + "." + other + " = $1"},
			{"other parameter", alias + "." + column + " = $2"},
			{"itself", alias + "." + column + " = " + alias + "." + column},
			{"column cast", alias + "." + column + "::text = $1"},
			{"lossy cast", alias + "." + column + " = $1::int::uuid"},
			{"own value in coalesce", alias + "." + column + " = COALESCE($1, " + alias + "." + column + ")"},
		} {
			add(r.what, start, end, r.sql)
		}
		var seen []string
		for _, n := range name.FindAllStringSubmatch(sql, -1) {
			if n[1] != alias && !slices.Contains(seen, n[1]) {
				seen = append(seen, n[1])
				add("bound to "+n[1], start, end, n[1]+"."+column+" = $1")
			}
		}
		without := sql[:start] + "TRUE" + sql[end:]
		for _, s := range slot.FindAllStringIndex(without, -1) {
			at := s[1]
			if strings.HasPrefix(without[at:], "CONFLICT") || strings.HasSuffix(without[:s[0]], "DISTINCT ") {
				continue
			}
			if s[0] != conjunctionOf(sql, start) {
				what := fmt.Sprintf("%s moved to %s at %d", atom, without[s[0]:at-1], s[0])
				out = append(out, mutant{what, without[:at] + atom + " AND " + without[at:]})
			}
		}
	}
	for _, m := range keyAtom.FindAllStringIndex(sql, -1) {
		atom := sql[m[0]:m[1]]
		a, b, _ := strings.Cut(atom, " = ")
		_, bare, _ := strings.Cut(b, ".")
		for _, r := range []mutant{
			{"key dropped", "TRUE"},
			{"key under OR", "(" + atom + " OR TRUE)"},
			{"key beside OR", atom + " OR TRUE"},
			{"key under NOT", "NOT " + atom},
			{"key unqualified", a + " = " + bare},
			{"key equals itself", a + " = " + a},
			{"key of the other equals itself", b + " = " + b},
			{"key by another operator", a + " <= " + b},
			{"key by another column", a + "x = " + b},
			{"key of another column", a + " = " + b + "x"},
			{"key cast", a + "::text = " + b + "::text"},
		} {
			add(r.what, m[0], m[1], r.sql)
		}
	}
	for _, m := range sharedAtom.FindAllStringSubmatchIndex(sql, -1) {
		alias := sql[m[2]:m[3]]
		for _, r := range []string{
			"TRUE", alias + ".t IS NOT NULL", alias + ".id IS NULL", "t IS NULL", "$1 IS NULL", alias + ".t = $2",
			"(" + alias + ".t IS NULL) IS NOT NULL", alias + ".t IS NULL OR TRUE", "NOT " + alias + ".t IS NULL",
		} {
			add("shared when "+r, m[0], m[1], r)
		}
		for _, n := range name.FindAllStringSubmatch(sql, -1) {
			if n[1] != alias {
				add("shared when that of "+n[1], m[0], m[1], n[1]+".t IS NULL")
			}
		}
	}
	for _, m := range otherAtom.FindAllStringSubmatchIndex(sql, -1) {
		atom := sql[m[0]:m[1]]
		for _, r := range []mutant{
			{"other key dropped", "TRUE"},
			{"other key under OR", "(" + atom + " OR TRUE)"},
			{"other key is another value", sql[m[2]:m[3]] + ".b = $4"},
			{"other key by another operator", strings.Replace(atom, "=", ">=", 1)},
			{"other key of another column", strings.Replace(atom, ".b", ".a", 1)},
		} {
			add(r.what, m[0], m[1], r.sql)
		}
	}
	for _, m := range lookup.FindAllStringIndex(sql, -1) {
		if !strings.Contains(sql, "INSERT INTO") && !strings.Contains(sql, "UPDATE") {
			continue // a plain subquery of a SELECT may give what it wants
		}
		add("looked up another column", m[0], m[1], "(SELECT p.name FROM")
		add("looked up a value", m[0], m[1], "(SELECT $2 FROM")
		add("looked up an expression", m[0], m[1], strings.Replace(sql[m[0]:m[1]], " FROM", " + 1 FROM", 1))
	}
	for _, m := range returned.FindAllStringIndex(sql, -1) {
		if strings.HasPrefix(sql, "WITH") {
			add("returned a value", m[0], m[1], "RETURNING $2 AS id, $3 AS a, $4 AS b, $5 AS k")
		}
	}
	for _, m := range disjunction.FindAllStringSubmatchIndex(sql, -1) {
		add("parentheses removed", m[0], m[1], sql[m[2]:m[3]])
	}
	for _, m := range derived.FindAllStringSubmatchIndex(sql, -1) {
		table, atom, alias := sql[m[2]:m[3]], sql[m[4]:m[5]], sql[m[6]:m[7]]
		bare := table + " AS " + alias
		add("derived table taken away", m[0], m[1], bare)
		out = append(out, mutant{"derived table taken away, predicate in WHERE", sql[:m[0]] + bare + sql[m[1]:] + " WHERE " + atom})
		if rest := sql[m[1]:]; strings.Contains(rest, " ON ") {
			out = append(out, mutant{"derived table taken away, predicate in ON", sql[:m[0]] + bare + strings.Replace(rest, " ON ", " ON "+atom+" AND ", 1)})
		}
	}
	for _, m := range whenGuard.FindAllStringSubmatchIndex(sql, -1) {
		atom := sql[m[2]:m[3]]
		add("clause not guarded", m[0], m[1], " THEN")
		add("guard under OR", m[0], m[1], " OR "+atom+" THEN")
	}
	for _, m := range mergeSet.FindAllStringIndex(sql, -1) {
		if !strings.Contains(sql, "INTO g ") {
			add("tenant set", m[1], m[1], map[bool]string{true: "pid = $2, ", false: "t = $2, id = $2, "}[strings.Contains(sql, "INTO ch ")])
		}
	}
	for _, m := range guard.FindAllStringSubmatchIndex(sql, -1) {
		if strings.Contains(sql, "INSERT INTO g ") {
			continue
		}
		add("guard dropped", m[3], len(sql), sql[max(m[4], m[3]):max(m[5], m[3])])
	}
	for _, e := range []string{"EXISTS (SELECT 1 FROM par", "EXISTS (SELECT 1 FROM ch", "EXISTS (SELECT FROM par"} {
		if at := strings.Index(sql, e); at >= 0 {
			from := at + len("EXISTS (")
			add("NOT EXISTS", at, at, "NOT ")
			add("EXISTS of an aggregate", from, from+strings.Index(sql[from:], "FROM"), "SELECT count(*) ")
			add("EXISTS of a union", from, from, "SELECT 1 UNION ")
			add("EXISTS in COALESCE", at, len(sql), "COALESCE(TRUE, "+sql[at:]+")")
		}
	}
	if (strings.Contains(sql, "INSERT INTO") || strings.Contains(sql, "THEN INSERT")) && !strings.Contains(sql, "INSERT INTO g ") {
		for _, m := range insertValue.FindAllStringIndex(sql, -1) {
			if strings.HasSuffix(sql[:m[0]], "= ") || strings.HasPrefix(sql[m[1]:], " = ") {
				continue // of a predicate
			}
			for _, r := range []string{"$2", "NULL", "o.t", "DEFAULT", "COALESCE($2, $1)", "$1::int::uuid", "(SELECT $1)", "g.*, $1"} {
				add("inserted "+r, m[0], m[1], r)
			}
		}
		if at := strings.Index(sql, " THEN $1 END"); at >= 0 {
			add("ELSE added", at, at+len(" THEN $1 END"), " THEN $1 ELSE $2 END")
		}
	}
	return slices.DeleteFunc(out, func(m mutant) bool { return m.sql == sql })
}

// conjunctionOf is the offset of the ON, WHERE or WHEN … AND that the text at an offset
// belongs to: the last one before it that is no deeper in parentheses.
func conjunctionOf(sql string, offset int) int {
	depth := 0
	for i := offset - 1; i >= 0; i-- {
		switch {
		case sql[i] == ')':
			depth++
		case sql[i] == '(' && depth > 0:
			depth--
		case depth == 0 && slotAt.MatchString(sql[i:]):
			return i
		}
	}
	return -1
}

func TestMutants(t *testing.T) {
	t.Parallel()
	cat := specCatalog(t)
	total, killed, equal := 0, 0, 0
	used := map[string]bool{}
	for _, tt := range slices.Concat(accepted, sharedAccepted) {
		for _, m := range mutants(tt.sql) {
			total++
			if len(certify.Check(m.sql, 1, cat).Findings) > 0 {
				killed++
				continue
			}
			key := tt.name + ": " + m.what
			if _, ok := equivalents[key]; !ok {
				t.Errorf("survives: %q: ``,\n%s", key, m.sql)
				continue
			}
			used[key] = true
			equal++
		}
	}
	for key := range equivalents {
		if !used[key] {
			t.Errorf("%q is listed as equivalent and is none", key)
		}
	}
	t.Logf("%d mutants, %d rejected, %d equivalent: score %.1f %%", total, killed, equal, 100*float64(killed)/float64(total-equal))
}

const (
	innerJoin    = "an inner join's condition and the WHERE above it filter alike"
	nullableSide = "on the nullable side of an outer join, a condition of an inner join there and that of the outer join filter alike"
	ownRows      = "it reads the tenant's own rows alone, which is what a statement without shared rows does"
	nothingElse  = "the OR is all there is in WHERE"
	derivedTable = "an inner join's condition filters its operand as a derived table would"
)

// equivalents are mutants that are rightly accepted, and why.
var equivalents = map[string]string{
	"group by key: o.t = $1 moved to ON at 42":                                    innerJoin,
	"group by key: li.t = $1 moved to ON at 42":                                   innerJoin,
	"inner join where: o.t = $1 moved to ON at 24":                                innerJoin,
	"inner join where: li.t = $1 moved to ON at 24":                               innerJoin,
	"inner join on: li.t = $1 moved to WHERE at 50":                               innerJoin,
	"inner join on: o.t = $1 moved to ON at 24":                                   innerJoin,
	"self join: a.t = $1 moved to ON at 33":                                       innerJoin,
	"self join: b.t = $1 moved to ON at 33":                                       innerJoin,
	"insert foreign key of a child: p.t = $1 moved to ON at 73":                   innerJoin,
	"insert foreign key of a child: o.t = $1 moved to ON at 73":                   innerJoin,
	"recursive: o.t = $1 moved to ON at 91":                                       innerJoin,
	"child inner join: par.t = $1 moved to ON at 26":                              innerJoin,
	"child keys split: p.t = $1 moved to ON at 33":                                innerJoin,
	"grandchild exists with join: p.t = $1 moved to ON at 68":                     innerJoin,
	"grandchild joins: par.t = $1 moved to ON at 54":                              innerJoin,
	"child exists with more: p.t = $1 moved to ON at 66":                          innerJoin,
	"insert grandchild: p.t = $1 moved to ON at 70":                               innerJoin,
	"nested joins: o.t = $1 moved to ON at 37":                                    nullableSide,
	"nested joins: li.t = $1 moved to ON at 37":                                   nullableSide,
	"inner on below left: li.t = $1 moved to ON at 77":                            nullableSide,
	"inner on below left: o.t = $1 moved to ON at 78":                             nullableSide,
	"parent and child on a nullable side: par.t = $1 moved to ON at 39":           nullableSide,
	"shared child, joined: sh.t = $1 moved to ON at 26":                           ownRows,
	"shared grandchild: s.t = $1 moved to ON at 68":                               ownRows,
	"shared read: parentheses removed":                                            nothingElse,
	"shared subquery: parentheses removed":                                        nothingElse,
	"shared view: parentheses removed":                                            nothingElse,
	"shared child, joined: parentheses removed":                                   nothingElse,
	"shared source of insert: parentheses removed":                                nothingElse,
	"shared in a subquery of what is locked: parentheses removed":                 nothingElse,
	"shared cte of what is locked: parentheses removed":                           nothingElse,
	"aliased join with derived tables: derived table taken away, predicate in ON": derivedTable,
}
