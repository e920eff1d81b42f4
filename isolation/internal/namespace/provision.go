package namespace

import (
	"fmt"
	"strings"

	"github.com/tenancygen/tenancygen/runtime"
)

// Before are the statements that come before DDL in its transaction. Names without a
// schema mean those of the shared schema then, whatever the session's search_path is
// and whatever a tenant's schema or a temporary table is called; and a function may
// come before the tables that its text names, as in the output of pg_dump.
func Before(shared string) []string {
	return []string{
		"SET LOCAL search_path = " + Quote(shared) + ", pg_temp",
		"SET LOCAL check_function_bodies = off",
	}
}

// DDL returns the statements that make a tenant's relations in a schema of their own,
// in order. What the tenants share is not among them.
func DDL(layout *runtime.Layout, schema string) []string {
	var out []string
	for _, d := range layout.DDL {
		if !d.Shared {
			out = append(out, Render(d.Text, Space{Schema: schema}))
		}
	}
	return out
}

// A tenant's tables get a prefix when they are there: they are made in a schema,
// under their own names, and are then given others and moved beside those of the
// other tenants. So the DDL needs no other form, and what PostgreSQL names itself, as
// a serial column's sequence, is found by it under the name that it expects; the
// database would cut such a name where a prefix makes it too long.

// Object is a relation, or a statistics object, in a schema.
type Object struct {
	// Kind is as in pg_class.relkind; "statistics" for a statistics object.
	Kind string
	Name string
	// Owned is set for a sequence of a column, which moves with its table.
	Owned bool
}

// Relations begins a query in which the table relations has the OIDs, objid, of the
// relations of the schema $1. They are looked up by what depends on the schema, and on
// its tables: pg_class has no index for it, and would be read with the relations of
// all tenants.
const Relations = `
WITH inside AS (
    SELECT d.classid, d.objid FROM pg_catalog.pg_depend AS d
     WHERE d.refclassid = 'pg_catalog.pg_namespace'::regclass
       AND d.refobjid = (SELECT n.oid FROM pg_catalog.pg_namespace AS n WHERE n.nspname = $1)
), relations AS (
    SELECT objid FROM inside WHERE classid = 'pg_catalog.pg_class'::regclass
    -- A composite type has a relation, which depends on the type.
    UNION SELECT t.typrelid FROM inside JOIN pg_catalog.pg_type AS t ON t.oid = inside.objid
           WHERE inside.classid = 'pg_catalog.pg_type'::regclass AND t.typrelid <> 0
    -- An index depends on its table.
    UNION SELECT i.indexrelid FROM inside JOIN pg_catalog.pg_index AS i ON i.indrelid = inside.objid
           WHERE inside.classid = 'pg_catalog.pg_class'::regclass
)`

// Objects is the query for the objects of the schema $1, in the order in which they
// can be moved.
const Objects = Relations + `
SELECT c.relkind::text, c.relname::text,
       EXISTS (SELECT FROM pg_catalog.pg_depend AS d
               WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i') AND c.relkind = 'S')
FROM relations JOIN pg_catalog.pg_class AS c ON c.oid = relations.objid
UNION ALL
SELECT 'statistics', s.stxname::text, false
FROM pg_catalog.pg_statistic_ext AS s
JOIN pg_catalog.pg_namespace AS n ON n.oid = s.stxnamespace
WHERE n.nspname = $1
ORDER BY 1, 2`

// kinds are how ALTER calls the kinds of object.
var kinds = map[string]string{
	"r": "TABLE", "p": "TABLE", "f": "FOREIGN TABLE", "v": "VIEW", "m": "MATERIALIZED VIEW", "S": "SEQUENCE",
	"i": "INDEX", "I": "INDEX", "statistics": "STATISTICS",
}

// Moves returns the statements that give the objects of a schema their names in a
// space with a prefix, and move them there.
func Moves(objects []Object, from string, to Space) ([]string, error) {
	var renames, moves []string
	for _, o := range objects {
		kind := kinds[o.Kind]
		if kind == "" {
			return nil, fmt.Errorf("cannot move %s: it is of kind %q", o.Name, o.Kind)
		}
		name := to.Relation(o.Name)
		renames = append(renames, fmt.Sprintf("ALTER %s %s.%s RENAME TO %s", kind, Quote(from), Quote(o.Name), Quote(name)))
		if kind != "INDEX" && !o.Owned { // those move with their tables
			moves = append(moves, fmt.Sprintf("ALTER %s %s.%s SET SCHEMA %s", kind, Quote(from), Quote(name), Quote(to.Schema)))
		}
	}
	return append(renames, moves...), nil
}

// Making returns the name of the schema in which the relations of the tenant with
// the prefix are made. It is there within a transaction only.
func Making(prefix string) string {
	return Table("tenancy_making_", strings.TrimSuffix(prefix, prefixEnd))
}
