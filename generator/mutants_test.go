package generator

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// mutant is a scoped statement with one thing changed.
type mutant struct {
	what, sql string
}

const sqlName = `(?:"[^"]+"|\w+)`

var (
	// predicateOf matches what ties a table to the tenant, with its cast: $%d is the
	// tenant's number.
	predicateForm = `(` + sqlName + `)\.(` + sqlName + `) = \$%d(?:::` + sqlName + `)?`
	// keyAtom matches an equality of two tables' columns.
	keyAtom   = regexp.MustCompile(`(` + sqlName + `)\.(` + sqlName + `) = (` + sqlName + `)\.(` + sqlName + `)`)
	slotStart = regexp.MustCompile(`\b(?:ON|WHERE) `)
	qualifier = regexp.MustCompile(`(` + sqlName + `)\.`)
	wrapped   = regexp.MustCompile(`\(SELECT \* FROM (` + sqlName + `(?:\.` + sqlName + `)?) AS ` + sqlName + ` WHERE `)
	joinWords = map[string][]string{
		"LEFT JOIN": {"JOIN", "FULL JOIN", "RIGHT JOIN"}, "RIGHT JOIN": {"JOIN", "FULL JOIN", "LEFT JOIN"}, "FULL JOIN": {"JOIN", "LEFT JOIN", "RIGHT JOIN"},
		"NOT EXISTS": {"EXISTS"}, " AND ": {" OR "}, "EXISTS (SELECT": {"NOT EXISTS (SELECT", "true OR EXISTS (SELECT"},
		" END": {" ELSE 2 END"}, "UNION": {"EXCEPT"}, " WHERE ": {" WHERE true OR "},
	}
)

// mutantsOf derives the mutants of a scoped statement of which tenant is the
// number of the tenant's parameter, and params how many it has.
func mutantsOf(sql string, tenant, params int) []mutant {
	m := &mutator{sql: sql, tenant: tenant, params: params}
	for _, at := range slotStart.FindAllStringIndex(sql, -1) {
		m.slots = append(m.slots, at[1])
	}
	for _, found := range qualifier.FindAllStringSubmatch(sql, -1) {
		if !slices.Contains(m.names, found[1]) {
			m.names = append(m.names, found[1])
		}
	}
	predicate := regexp.MustCompile(fmt.Sprintf(predicateForm, tenant))
	for _, at := range predicate.FindAllStringSubmatchIndex(sql, -1) {
		if at[1] < len(sql) && sql[at[1]] >= '0' && sql[at[1]] <= '9' {
			continue // $10 is not $1
		}
		m.predicate(at[0], at[1], sql[at[2]:at[3]], sql[at[4]:at[5]])
	}
	for _, at := range keyAtom.FindAllStringSubmatchIndex(sql, -1) {
		m.key(at[0], at[1], sql[at[2]:at[3]], sql[at[6]:at[7]])
	}
	m.values()
	m.words()
	// Some come out of maps, and the same ones are to be taken in every run.
	slices.SortStableFunc(m.out, func(a, b mutant) int { return cmp.Compare(a.what+a.sql, b.what+b.sql) })
	seen := map[string]bool{sql: true}
	return slices.DeleteFunc(m.out, func(one mutant) bool {
		again := seen[one.sql]
		seen[one.sql] = true
		return again
	})
}

type mutator struct {
	sql            string
	tenant, params int
	slots          []int    // where an ON or WHERE condition begins
	names          []string // of relations
	out            []mutant
}

func (m *mutator) add(what string, start, end int, text string) {
	m.out = append(m.out, mutant{what, m.sql[:start] + text + m.sql[end:]})
}

// predicate mutates one tenant predicate.
func (m *mutator) predicate(start, end int, alias, column string) {
	atom := m.sql[start:end]
	value := atom[strings.Index(atom, " = ")+3:]
	for what, text := range map[string]string{
		"predicate dropped":        "TRUE",
		"predicate under OR":       "(" + atom + " OR TRUE)",
		"predicate beside OR":      atom + " OR TRUE",
		"predicate under NOT":      "NOT " + atom,
		"predicate under COALESCE": "COALESCE(" + atom + ", TRUE)",
		"other operator":           alias + "." + column + " >= " + value,
		"unequal":                  alias + "." + column + " <> " + value,
		"unqualified":              column + " = " + value,
		"of itself":                alias + "." + column + " = " + alias + "." + column,
		"of the other's column":    alias + ".id = " + value,
		"literal tenant":           alias + "." + column + " = 2",
		"not distinct or null":     "(" + atom + " OR " + alias + "." + column + " IS NULL)",
	} {
		m.add(what, start, end, text)
	}
	for _, name := range m.names {
		if name != alias {
			m.add("bound to "+name, start, end, name+"."+column+" = "+value)
		}
	}
	for n := 1; n <= m.params; n++ {
		if n != m.tenant {
			m.add(fmt.Sprintf("other parameter $%d", n), start, end, strings.Replace(atom, fmt.Sprintf("$%d", m.tenant), fmt.Sprintf("$%d", n), 1))
		}
	}
	for _, slot := range m.slots {
		if slot > end {
			m.out = append(m.out, mutant{"moved on", m.sql[:start] + "TRUE" + m.sql[end:slot] + atom + " AND " + m.sql[slot:]})
		} else if slot <= start && !strings.HasPrefix(m.sql[slot:], atom) {
			m.out = append(m.out, mutant{"moved back", m.sql[:slot] + atom + " AND " + m.sql[slot:start] + "TRUE" + m.sql[end:]})
		}
	}
	// ") AND predicate": the parentheses around the author's condition.
	if before := strings.TrimSuffix(m.sql[:start], " AND "); len(before) < start && strings.HasSuffix(before, ")") {
		if open := opening(before); open >= 0 {
			m.add("parentheses removed", open, len(before), before[open+1:len(before)-1])
		}
		m.add("OR instead of AND", len(before), start, " OR ")
	}
	for _, at := range wrapped.FindAllStringSubmatchIndex(m.sql, -1) {
		if at[1] == start {
			m.add("derived table taken away", at[0], end+1, m.sql[at[2]:at[3]])
		}
	}
}

// opening is the offset of the parenthesis that the last one of a text closes.
func opening(sql string) int {
	depth := 0
	for i := len(sql) - 1; i >= 0; i-- {
		switch sql[i] {
		case ')':
			depth++
		case '(':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// key mutates an equality of two columns, such as the one that leads from a child
// to its parent.
func (m *mutator) key(start, end int, left, right string) {
	atom := m.sql[start:end]
	a, b, _ := strings.Cut(atom, " = ")
	for what, text := range map[string]string{
		"key dropped": "TRUE", "key under OR": "(" + atom + " OR TRUE)", "key of itself": a + " = " + a, "key of the other itself": b + " = " + b,
		"key by another operator": a + " <= " + b, "key unqualified": a + " = " + strings.TrimPrefix(b, right+"."), "key under NOT": "NOT " + atom,
		"key bound to one side": a + " = " + left + strings.TrimPrefix(b, right),
	} {
		m.add(what, start, end, text)
	}
}

// values mutates the tenant's value in new rows, and look-ups in values.
func (m *mutator) values() {
	tenant := regexp.MustCompile(fmt.Sprintf(`(?:, |THEN |\()(\$%d(?:::%s)?)(?:[,) ]|$)`, m.tenant, sqlName))
	for _, at := range tenant.FindAllStringSubmatchIndex(m.sql, -1) {
		for _, text := range []string{"NULL", "2", "DEFAULT", fmt.Sprintf("COALESCE(2, $%d)", m.tenant)} {
			m.add("inserted "+text, at[2], at[3], text)
		}
		for n := 1; n <= m.params; n++ {
			if n != m.tenant {
				m.add(fmt.Sprintf("inserted $%d", n), at[2], at[3], fmt.Sprintf("$%d", n))
			}
		}
	}
}

// words mutates joins and connectives, one occurrence at a time.
func (m *mutator) words() {
	for _, word := range slices.Sorted(func(yield func(string) bool) {
		for w := range joinWords {
			if !yield(w) {
				return
			}
		}
	}) {
		for from := 0; ; {
			i := strings.Index(m.sql[from:], word)
			if i < 0 {
				break
			}
			at := from + i
			for _, text := range joinWords[word] {
				m.add(strings.TrimSpace(word)+" to "+strings.TrimSpace(text), at, at+len(word), text)
			}
			from = at + len(word)
		}
	}
}
