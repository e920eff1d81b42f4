package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
	"github.com/tenancygen/tenancygen/runtime"
)

// Destroy drops what is recorded as the tenant's: a schema with all that is in it, or
// the tables by their recorded names. The report counts the rows of each table, also
// of those that were made by hand in the schema. What belongs to somebody else and
// depends on the tenant's tables, such as a view in another schema, is an error, and
// nothing is removed.
func (p *namespaces) Destroy(ctx context.Context, t runtime.Tenant, confirm runtime.Confirmation) (runtime.Removal, error) {
	space, name, err := p.named(t)
	if err != nil {
		return runtime.Removal{}, err
	}
	if string(confirm) != t.ID {
		return runtime.Removal{}, runtime.ErrNotConfirmed
	}
	p.owners.remove(owner{space.Schema, t.ID})
	var removal runtime.Removal
	err = pgx.BeginFunc(ctx, p.admin(), func(tx pgx.Tx) error {
		if err := lock(ctx, tx, name); err != nil {
			return err
		}
		rec, err := p.recordOf(ctx, tx, space, name, t.ID)
		if rec == nil || err != nil {
			return err
		}
		removal, err = p.drop(ctx, tx, space, rec)
		if err != nil {
			return err
		}
		return strike(ctx, tx, *rec)
	})
	if err != nil {
		return runtime.Removal{}, fmt.Errorf("tenancy: destroy a tenant: %w", err)
	}
	return removal, nil
}

// recordOf returns the record of a tenant's namespace; nil where there is neither a
// record nor anything in its place.
func (p *namespaces) recordOf(ctx context.Context, tx pgx.Tx, space namespace.Space, name, id string) (*record, error) {
	has, err := hasRegistry(ctx, tx)
	if err != nil {
		return nil, err
	}
	if has {
		if rec, err := recorded(ctx, tx, p.strategy, name, id); rec != nil || err != nil {
			return rec, err
		}
	}
	there, err := p.occupied(ctx, tx, space)
	if err == nil && there != "" {
		err = fmt.Errorf("%w: %s is there and was not recorded", runtime.ErrForeignNamespace, there)
	}
	return nil, err
}

// drop counts what is in a namespace, drops it, and looks that it is gone.
func (p *namespaces) drop(ctx context.Context, tx pgx.Tx, space namespace.Space, rec *record) (runtime.Removal, error) {
	removal := runtime.Removal{Namespace: rec.Namespace}
	for _, name := range rec.Objects {
		// Whatever has written the record: what is dropped is the tenant's.
		if !strings.HasPrefix(name, space.Prefix) {
			return removal, fmt.Errorf("%w: %s is recorded and has no name of the tenant's", runtime.ErrForeignNamespace, name)
		}
	}
	objects, err := p.objects(ctx, tx, space, rec.Objects)
	if err != nil {
		return removal, err
	}
	if removal.Tables, err = p.count(ctx, tx, space, objects); err != nil {
		return removal, err
	}
	if err := nothingElseDepends(ctx, tx, space, objects); err != nil {
		return removal, err
	}
	for _, sql := range dropping(space, objects) {
		if _, err := tx.Exec(ctx, sql); err != nil {
			return removal, err
		}
	}
	left, err := p.objects(ctx, tx, space, rec.Objects)
	if err != nil {
		return removal, err
	}
	if len(left) > 0 {
		return removal, fmt.Errorf("%s is left", left[0].Name)
	}
	return removal, nil
}

// count locks the tables of a namespace, so that what is counted is what is dropped,
// and counts their rows: those that refer to others first, and before them what the
// layout does not know.
func (p *namespaces) count(ctx context.Context, tx pgx.Tx, space namespace.Space, objects []object) ([]runtime.RemovedTable, error) {
	place := map[string]int{}
	known := map[string]string{}
	for i, t := range p.own() {
		place[space.Relation(t.Name)] = i + 1
		known[space.Relation(t.Name)] = t.Name
	}
	var tables []object
	for _, o := range objects {
		if o.isTable() {
			tables = append(tables, o)
		}
	}
	slices.SortStableFunc(tables, func(a, b object) int {
		x, y := place[a.Name], place[b.Name]
		switch {
		case (x == 0) != (y == 0):
			return x - y
		default:
			return y - x
		}
	})
	var removed []runtime.RemovedTable
	for _, o := range tables {
		name := namespace.Quote(space.Schema) + "." + namespace.Quote(o.Name)
		if _, err := tx.Exec(ctx, "LOCK TABLE "+name+" IN ACCESS EXCLUSIVE MODE"); err != nil {
			return nil, err
		}
		table := runtime.RemovedTable{Name: o.Name}
		if bare, ok := known[o.Name]; ok {
			table.Name = bare
		}
		// ONLY, since partitions and inheriting tables are counted by themselves.
		if err := tx.QueryRow(ctx, "SELECT count(*) FROM ONLY "+name).Scan(&table.Rows); err != nil {
			return nil, err
		}
		removed = append(removed, table)
	}
	return removed, nil
}

// nothingElseDepends returns an error where something outside of a namespace depends
// on something in it, so that CASCADE would take it along. The tables are locked, so
// that nothing new can come to depend on them.
func nothingElseDepends(ctx context.Context, tx pgx.Tx, space namespace.Space, objects []object) error {
	var schema *string
	if space.Prefix == "" {
		schema = &space.Schema
	}
	var found *string
	err := tx.QueryRow(ctx, dependentsSQL, oids(objects), schema).Scan(&found)
	if err == nil && found != nil {
		err = fmt.Errorf("%w: %s depends on what the tenant has", runtime.ErrForeignNamespace, *found)
	}
	return err
}

func oids(objects []object) []uint32 {
	out := make([]uint32, len(objects))
	for i, o := range objects {
		out[i] = o.OID
	}
	return out
}

// dependentsSQL finds what depends on relations ($1) and whatever else is in a schema
// ($2, NULL for none) and is in neither. Only what has to be dropped with CASCADE
// counts (deptype n), and partitions, which are dropped without a word. What is
// neither a relation nor a part of one, nor in the schema itself, is never the
// tenant's, but for the members of an operator family that is.
const dependentsSQL = `
WITH space AS (
    SELECT coalesce((SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = $2::text), 0) AS oid
), owned AS (
    SELECT 'pg_catalog.pg_class'::regclass AS classid, o.oid AS objid FROM pg_catalog.unnest($1::oid[]) AS o (oid)
    UNION ALL SELECT 'pg_catalog.pg_type'::regclass, t.oid FROM pg_catalog.pg_type t, space WHERE t.typnamespace = space.oid OR t.typrelid = ANY ($1::oid[])
    UNION ALL SELECT 'pg_catalog.pg_type'::regclass, t.typarray FROM pg_catalog.pg_type t WHERE t.typrelid = ANY ($1::oid[])
    UNION ALL SELECT 'pg_catalog.pg_proc'::regclass, f.oid FROM pg_catalog.pg_proc f, space WHERE f.pronamespace = space.oid
    -- Whatever else can be in a schema, such as a collation.
    UNION ALL SELECT d.classid, d.objid FROM pg_catalog.pg_depend d, space
               WHERE d.refclassid = 'pg_catalog.pg_namespace'::regclass AND d.refobjid = space.oid AND space.oid <> 0
)
SELECT min(pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid))
  FROM pg_catalog.pg_depend d
  JOIN owned ON owned.classid = d.refclassid AND owned.objid = d.refobjid
  LEFT JOIN pg_catalog.pg_rewrite r ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND r.oid = d.objid
  LEFT JOIN pg_catalog.pg_constraint k ON d.classid = 'pg_catalog.pg_constraint'::regclass AND k.oid = d.objid
  LEFT JOIN pg_catalog.pg_attrdef a ON d.classid = 'pg_catalog.pg_attrdef'::regclass AND a.oid = d.objid
  LEFT JOIN pg_catalog.pg_trigger g ON d.classid = 'pg_catalog.pg_trigger'::regclass AND g.oid = d.objid
  LEFT JOIN pg_catalog.pg_policy y ON d.classid = 'pg_catalog.pg_policy'::regclass AND y.oid = d.objid
  LEFT JOIN pg_catalog.pg_class c ON d.classid = 'pg_catalog.pg_class'::regclass AND c.oid = d.objid
  LEFT JOIN pg_catalog.pg_amop o ON d.classid = 'pg_catalog.pg_amop'::regclass AND o.oid = d.objid
  LEFT JOIN pg_catalog.pg_amproc p ON d.classid = 'pg_catalog.pg_amproc'::regclass AND p.oid = d.objid
 WHERE (d.deptype = 'n' OR d.deptype = 'a' AND c.relispartition AND c.relkind IN ('r', 'p', 'f'))
   AND NOT EXISTS (SELECT FROM owned o WHERE o.classid = d.classid AND o.objid = d.objid)
   AND NOT EXISTS (SELECT FROM owned f WHERE f.classid = 'pg_catalog.pg_opfamily'::regclass AND f.objid IN (o.amopfamily, p.amprocfamily))
   AND NOT coalesce(r.ev_class, nullif(k.conrelid, 0), a.adrelid, g.tgrelid, y.polrelid, 0) = ANY ($1::oid[])`

// dropping are the statements that drop a namespace.
func dropping(space namespace.Space, objects []object) []string {
	if space.Prefix == "" {
		return []string{"DROP SCHEMA IF EXISTS " + namespace.Quote(space.Schema) + " CASCADE"}
	}
	var out []string
	// What refers to others first. CASCADE is for what they are to each other, such as
	// foreign keys in a circle; that nothing else depends on them has been seen.
	for _, kind := range []struct{ kinds, sql string }{
		{kindView, "VIEW"}, {kindMaterialized, "MATERIALIZED VIEW"},
		{kindTable + kindPartitioned, "TABLE"}, {kindForeign, "FOREIGN TABLE"}, {kindSequence, "SEQUENCE"},
	} {
		var names []string
		for _, o := range objects {
			if strings.Contains(kind.kinds, o.Kind) {
				names = append(names, namespace.Quote(space.Schema)+"."+namespace.Quote(o.Name))
			}
		}
		if len(names) > 0 {
			out = append(out, "DROP "+kind.sql+" IF EXISTS "+strings.Join(names, ", ")+" CASCADE")
		}
	}
	return out
}
