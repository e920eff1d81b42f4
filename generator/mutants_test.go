package generator

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/internal/equivalence"
)

// mutant is a scoped statement with one thing changed.
type mutant struct {
	what, sql string
}

const sqlName = "(?:\"[^\"]+\"|`[^`]+`|\\w+)"

var (
	// predicateForm matches what ties a table to the tenant, with its cast: $%d is the
	// tenant's number.
	predicateForm = `(` + sqlName + `)\.(` + sqlName + `) = \$%d(?:::` + sqlName + `)?`
	// keyAtom matches an equality of two tables' columns.
	keyAtom   = regexp.MustCompile(`(` + sqlName + `)\.(` + sqlName + `) = (` + sqlName + `)\.(` + sqlName + `)`)
	slotStart = regexp.MustCompile(`\b(?:ON|WHERE) `)
	qualifier = regexp.MustCompile(`(` + sqlName + `)\.`)
	wrapped   = regexp.MustCompile(`\(SELECT \* FROM (` + sqlName + `(?:\.` + sqlName + `)?) AS ` + sqlName + ` WHERE `)
	// lookup matches the beginning of a look-up: (SELECT p.id FROM … p.id = value.
	lookup = regexp.MustCompile(`\(SELECT ((` + sqlName + `)\.` + sqlName + `) FROM [^()]*(?:\(SELECT 1 AS one\)[^()]*)?? (?:ON|WHERE) (` + sqlName + `\.` + sqlName + `) = ([^ ()]+)`)
	// writtenTable matches the table that a statement writes.
	writtenTable = regexp.MustCompile(`(?:INTO|UPDATE(?: OR \w+)?) (` + sqlName + `)`)
	setClause    = regexp.MustCompile(`(?: SET | ON DUPLICATE KEY UPDATE )`)
	insertList   = regexp.MustCompile(`\bINSERT INTO ` + sqlName + `(?: AS ` + sqlName + `)? \((` + sqlName + `)`)
	joinWords    = map[string][]string{
		"LEFT JOIN": {"JOIN", "FULL JOIN", "RIGHT JOIN"}, "RIGHT JOIN": {"JOIN", "FULL JOIN", "LEFT JOIN"}, "FULL JOIN": {"JOIN", "LEFT JOIN", "RIGHT JOIN"},
		"NOT EXISTS": {"EXISTS"}, " AND ": {" OR "}, "EXISTS (SELECT": {"NOT EXISTS (SELECT", "true OR EXISTS (SELECT"},
		" END": {" ELSE 2 END"}, "UNION": {"EXCEPT"}, " WHERE ": {" WHERE true OR "},
	}
)

// spoiling is what the SQL of one database can be spoilt with, beside what all have.
type spoiling struct {
	// other is the id of another tenant, as SQL writes it.
	other string
	// predicates take the place of a tenant predicate: {column} = {value}.
	predicates map[string]string
	// words take the place of others, one occurrence at a time.
	words map[string][]string
	// upsert is added to an INSERT, for one of its columns: {column}.
	upsert string
}

var spoilingPostgreSQL = &spoiling{
	other:      "2",
	predicates: map[string]string{"case-blind": "upper({column}::text) = upper({value}::text)", "not distinct": "{column} IS NOT DISTINCT FROM {value}"},
	words:      map[string][]string{"::information_schema.yes_or_no": {"::text"}},
	upsert:     " ON CONFLICT (id) DO UPDATE SET {column} = excluded.{column}",
}

// spoilingSQLite has what SQLite takes for an equality, and what it does with rows that
// are in the way.
var spoilingSQLite = &spoiling{
	other: "'two'",
	predicates: map[string]string{
		"IS": "{column} IS {value}", "LIKE": "{column} LIKE {value}", "case-blind": "{column} = {value} COLLATE NOCASE", "trimmed": "{column} COLLATE RTRIM = {value}",
		"of numbers": "CAST({column} AS INTEGER) = CAST({value} AS INTEGER)", "compared again": "{column} = {value} = 0", "glued": "{column} = {value} || ''",
		"with a bit": "{column} = {value} | 1", "a word": `"{column}" = {value}`, "of the rowid": "rowid = {value}", "a list": "{column} IN ({value}, 'two')",
	},
	words: map[string][]string{
		"INSERT INTO": {"INSERT OR REPLACE INTO", "INSERT OR IGNORE INTO", "INSERT OR FAIL INTO", "REPLACE INTO"}, "UPDATE ": {"UPDATE OR REPLACE ", "UPDATE OR IGNORE "},
		"THEN 'the tenant has no row with this key' END": {"THEN '$' END", "THEN NULL END"}, "json_extract('{}', CASE": {"json_extract(NULL, CASE", "json_array('{}', CASE"},
		"END) IS NULL": {"END) IS NOT NULL"}, "DO NOTHING": {"DO UPDATE SET org_id = excluded.org_id"}, " JOIN ": {" NATURAL JOIN "},
	},
	upsert: " ON CONFLICT DO UPDATE SET {column} = excluded.{column}",
}

// spoilingMySQL has what MySQL and MariaDB take for an equality, and what they do with
// rows that are in the way.
var spoilingMySQL = &spoiling{
	other: "'two'",
	predicates: map[string]string{
		"<=>": "{column} <=> {value}", "LIKE": "{column} LIKE {value}", "REGEXP": "{column} REGEXP {value}", "SOUNDS LIKE": "{column} SOUNDS LIKE {value}",
		"case-blind": "CONVERT({column} USING utf8mb4) COLLATE utf8mb4_general_ci = {value}", "of numbers": "{column} + 0 = {value} + 0", "a number": "{column} = 0",
		"compared again": "{column} = {value} = 0", "under XOR": "{column} = {value} XOR 1", "beside ||": "{column} = {value} || 1", "with a bit": "{column} = {value} | 1",
		"under !": "! ({column} = {value})", "a list": "{column} IN ({value}, 'two')", "a row": "({column}, 1) = ({value}, 0)", "a word": `"{column}" = {value}`,
	},
	words: map[string][]string{
		"INSERT INTO": {"INSERT IGNORE INTO", "REPLACE INTO"}, "UPDATE ": {"UPDATE IGNORE "}, "DELETE ": {"DELETE IGNORE "},
		"THEN 1000 END": {"THEN 100 END", "THEN NULL END"}, "EXP(CASE": {"ABS(CASE"}, "END) IS NULL": {"END) IS NOT NULL"},
		" AND ": {" XOR ", " || "}, " JOIN ": {" STRAIGHT_JOIN ", " NATURAL JOIN "},
	},
	upsert: " ON DUPLICATE KEY UPDATE {column} = VALUES({column})",
}

// assignment is one that leads a row of a table away from its tenant.
type assignment struct{ table, column, value string }

// mutantsOf derives the mutants of a scoped statement that has params parameters. sets
// are what no row may be set to.
func mutantsOf(scoped *equivalence.Statement, params int, with *spoiling, sets []assignment) []mutant {
	sql, tenant := scoped.Scoped, scoped.Tenant
	m := &mutator{spoiling: with, sql: sql, tenant: tenant, params: params}
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
	m.lookups()
	m.writes(sets)
	m.replace(joinWords)
	m.replace(with.words)
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
	*spoiling
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
		"literal tenant":           alias + "." + column + " = " + m.other,
		"not distinct or null":     "(" + atom + " OR " + alias + "." + column + " IS NULL)",
	} {
		m.add(what, start, end, text)
	}
	for what, text := range m.predicates {
		m.add("predicate "+what, start, end, strings.NewReplacer("{column}", alias+"."+column, "{value}", value).Replace(text))
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

// values mutates the tenant's value in new rows.
func (m *mutator) values() {
	tenant := regexp.MustCompile(fmt.Sprintf(`(?:, |THEN |\(|SELECT )(\$%d(?:::%s)?)(?:[,) ]|$)`, m.tenant, sqlName))
	for _, at := range tenant.FindAllStringSubmatchIndex(m.sql, -1) {
		for _, text := range []string{"NULL", m.other, "DEFAULT", fmt.Sprintf("COALESCE(%s, $%d)", m.other, m.tenant)} {
			m.add("inserted "+text, at[2], at[3], text)
		}
		for n := 1; n <= m.params; n++ {
			if n != m.tenant {
				m.add(fmt.Sprintf("inserted $%d", n), at[2], at[3], fmt.Sprintf("$%d", n))
			}
		}
	}
}

// lookups mutates the look-ups of foreign keys.
func (m *mutator) lookups() {
	for _, at := range lookup.FindAllStringSubmatchIndex(m.sql, -1) {
		column, alias, key, value := m.sql[at[2]:at[3]], m.sql[at[4]:at[5]], m.sql[at[6]:at[7]], m.sql[at[8]:at[9]]
		end := closing(m.sql, at[0])
		if column != key || end < 0 {
			continue
		}
		m.add("look-up taken away", at[0], end+1, value)
		m.add("look-up beside its key", at[0], end+1, "COALESCE("+m.sql[at[0]:end+1]+", "+value+")")
		m.add("look-up of a value", at[2], at[3], value)
		m.add("look-up of an expression", at[2], at[3], column+" + 1")
		m.add("look-up of an aggregate", at[2], at[3], "min("+column+")")
		m.add("look-up of another column", at[2], at[3], alias+".other_id")
		m.add("look-up of another key", at[8], at[9], value+" + 1")
	}
}

// closing is the offset of the parenthesis that closes the one at an offset.
func closing(sql string, open int) int {
	depth := 0
	for i := open; i < len(sql); i++ {
		switch sql[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// writes lets what is written leave its tenant: by an assignment, or by an update that an
// INSERT did not have.
func (m *mutator) writes(sets []assignment) {
	written := writtenTable.FindStringSubmatch(m.sql)
	if written == nil {
		return
	}
	for _, at := range setClause.FindAllStringIndex(m.sql, -1) {
		for _, set := range sets {
			if strings.EqualFold(strings.Trim(written[1], "\"`"), set.table) {
				m.add("set "+set.column, at[1], at[1], set.column+" = "+set.value+", ")
			}
		}
	}
	if column := insertList.FindStringSubmatch(m.sql); column != nil && !strings.Contains(m.sql, " ON CONFLICT") && !setClause.MatchString(m.sql) {
		at := len(m.sql)
		if returning := strings.LastIndex(m.sql, " RETURNING "); returning >= 0 {
			at = returning
		}
		m.add("upsert added", at, at, strings.ReplaceAll(m.upsert, "{column}", column[1]))
	}
}

// replace mutates words such as joins and connectives, one occurrence at a time.
func (m *mutator) replace(words map[string][]string) {
	for word, others := range words {
		for from := 0; ; {
			i := strings.Index(m.sql[from:], word)
			if i < 0 {
				break
			}
			at := from + i
			for _, text := range others {
				m.add(strings.TrimSpace(word)+" to "+strings.TrimSpace(text), at, at+len(word), text)
			}
			from = at + len(word)
		}
	}
}
