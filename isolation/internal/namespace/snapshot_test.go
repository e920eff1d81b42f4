package namespace_test

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// snapshot is what a database says about some relations, line by line. Names have
// their schemas.
type snapshot []string

// relationFacts are queries for all that there is to say about relation c in
// namespace n. Each gives lines.
var relationFacts = []string{ // {relations} says which
	`SELECT format('relation %s.%s %s persistence=%s options=%s rls=%s/%s identity=%s access=%s bound=%s key=%s acl=%s type=%s',
		n.nspname, c.relname, c.relkind, c.relpersistence, c.reloptions, c.relrowsecurity, c.relforcerowsecurity, c.relreplident,
		am.amname, pg_get_expr(c.relpartbound, c.oid), CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END, c.relacl,
		CASE WHEN c.reloftype <> 0 THEN c.reloftype::regtype END)
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_am am ON am.oid = c.relam WHERE {relations}`,

	`SELECT format('column %s.%s.%s #%s %s notnull=%s identity=%s generated=%s collation=%s default=%s storage=%s compression=%s options=%s acl=%s inherited=%s/%s',
		n.nspname, c.relname, a.attname, a.attnum, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
		a.attcollation::regcollation, pg_get_expr(d.adbin, d.adrelid), a.attstorage, a.attcompression, a.attoptions, a.attacl, a.attinhcount, a.attislocal)
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind NOT IN ('i', 'I')
	LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum WHERE {relations}`,

	`SELECT format('constraint %s.%s.%s %s deferrable=%s/%s validated=%s inherited=%s/%s %s',
		n.nspname, c.relname, k.conname, k.contype, k.condeferrable, k.condeferred, k.convalidated, k.coninhcount, k.conislocal, pg_get_constraintdef(k.oid))
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_constraint k ON k.conrelid = c.oid WHERE {relations}`,

	`SELECT format('index %s primary=%s valid=%s identity=%s clustered=%s', pg_get_indexdef(c.oid), i.indisprimary, i.indisvalid, i.indisreplident, i.indisclustered)
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_index i ON i.indexrelid = c.oid WHERE {relations}`,

	`SELECT format('sequence %s.%s %s start=%s increment=%s min=%s max=%s cache=%s cycle=%s owner=%s', n.nspname, c.relname, s.seqtypid::regtype,
		s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle,
		(SELECT pg_describe_object(o.refclassid, o.refobjid, o.refobjsubid) FROM pg_depend o
		WHERE o.classid = 'pg_class'::regclass AND o.objid = c.oid AND o.deptype IN ('a', 'i') AND o.refclassid = 'pg_class'::regclass))
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_sequence s ON s.seqrelid = c.oid WHERE {relations}`,

	`SELECT format('view %s.%s %s', n.nspname, c.relname, pg_get_viewdef(c.oid))
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('v', 'm') AND {relations}`,

	`SELECT format('trigger %s enabled=%s', pg_get_triggerdef(t.oid), t.tgenabled)
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_trigger t ON t.tgrelid = c.oid AND NOT t.tgisinternal WHERE {relations}`,

	`SELECT format('policy %s.%s.%s %s permissive=%s roles=%s using=%s check=%s', n.nspname, c.relname, p.polname, p.polcmd, p.polpermissive,
		p.polroles::regrole[], pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_policy p ON p.polrelid = c.oid WHERE {relations}`,

	`SELECT format('statistics %s', pg_get_statisticsobjdef(s.oid))
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_statistic_ext s ON s.stxrelid = c.oid WHERE {relations}`,

	`SELECT format('inherits %s.%s #%s %s', n.nspname, c.relname, i.inhseqno, i.inhparent::regclass)
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_inherits i ON i.inhrelid = c.oid WHERE {relations}`,

	`SELECT format('comment %s %s', pg_describe_object(d.classoid, d.objoid, d.objsubid), d.description)
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_description d ON d.classoid = 'pg_class'::regclass AND d.objoid = c.oid
		OR d.classoid = 'pg_constraint'::regclass AND d.objoid IN (SELECT oid FROM pg_constraint WHERE conrelid = c.oid)
		OR d.classoid = 'pg_trigger'::regclass AND d.objoid IN (SELECT oid FROM pg_trigger WHERE tgrelid = c.oid)
		OR d.classoid = 'pg_policy'::regclass AND d.objoid IN (SELECT oid FROM pg_policy WHERE polrelid = c.oid)
		OR d.classoid = 'pg_statistic_ext'::regclass AND d.objoid IN (SELECT oid FROM pg_statistic_ext WHERE stxrelid = c.oid) WHERE {relations}`,
}

// relationsOf reads all about the relations of a schema that keep admits.
func relationsOf(t *testing.T, conn *pgx.Conn, schema string, keep func(name string) bool) snapshot {
	t.Helper()
	names := column(t, conn, "SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1", schema)
	names = slices.DeleteFunc(names, func(n string) bool { return !keep(n) })
	var out snapshot
	for _, facts := range relationFacts {
		out = append(out, column(t, conn, strings.Replace(facts, "{relations}", "n.nspname = $1 AND c.relname = ANY ($2)", 1), schema, names)...)
	}
	return out
}

// othersOf reads the types and functions of a schema.
func othersOf(t *testing.T, conn *pgx.Conn, schema string) snapshot {
	t.Helper()
	return snapshot(column(t, conn, `
		SELECT format('type %s %s %s %s %s', t.oid::regtype, t.typtype, t.typbasetype::regtype, t.typdefault,
			(SELECT array_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid))
		FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
		WHERE n.nspname = $1 AND (t.typtype IN ('e', 'd', 'r') OR t.typtype = 'c' AND (SELECT relkind FROM pg_class WHERE oid = t.typrelid) = 'c')
		UNION ALL
		SELECT pg_get_functiondef(p.oid) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = $1 AND p.prokind IN ('f', 'p')
		UNION ALL
		SELECT format('domain constraint %s %s', k.contypid::regtype, pg_get_constraintdef(k.oid))
		FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace WHERE n.nspname = $1 AND k.contypid <> 0`, schema))
}

// column reads a query of one column.
func column(t *testing.T, conn *pgx.Conn, sql string, args ...any) []string {
	t.Helper()
	if err := run(t.Context(), conn, "SET search_path = ''"); err != nil {
		t.Fatal(err)
	}
	rows, err := conn.Query(t.Context(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("%v\n%s", err, sql)
	}
	return out
}

// renamed is the snapshot with names replaced, whole words only.
func (s snapshot) renamed(names map[string]string) snapshot {
	if len(names) == 0 {
		return s
	}
	var words []string
	for name := range names {
		words = append(words, regexp.QuoteMeta(name))
	}
	// Longer names first: one may begin with another.
	slices.SortFunc(words, func(a, b string) int { return cmp.Or(len(b)-len(a), cmp.Compare(a, b)) })
	// A view is printed with orders_1 for a second orders.
	word := regexp.MustCompile(`(^|[^\w$])(` + strings.Join(words, "|") + `)(_\d+)?($|[^\w$])`)
	out := make(snapshot, len(s))
	for i, line := range s {
		// Twice, for names that share the character between them.
		for range 2 {
			line = word.ReplaceAllStringFunc(line, func(m string) string {
				parts := word.FindStringSubmatch(m)
				return parts[1] + names[parts[2]] + parts[3] + parts[4]
			})
		}
		out[i] = line
	}
	return out
}

func (s snapshot) sorted() snapshot { return slices.Sorted(slices.Values(s)) }

// run executes statements until one fails. The connection is then in no transaction.
func run(ctx context.Context, conn *pgx.Conn, statements ...string) error {
	for _, s := range statements {
		if _, err := conn.Exec(ctx, s); err != nil {
			_, _ = conn.Exec(ctx, "ROLLBACK")
			return fmt.Errorf("%w\n%s", err, s)
		}
	}
	return nil
}
