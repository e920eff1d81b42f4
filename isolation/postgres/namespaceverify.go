package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
	"github.com/tenancygen/tenancygen/runtime"
)

// Verify looks whether the tenant has a namespace of its own: that it is recorded and
// there, with the tables and columns of the layout and all that was made in it, that
// what is in it refers to nothing but itself and what tenants share, that nothing
// outside refers to it, that the application's role has the rights that it needs and
// nobody has others, that PostgreSQL understands every statement of the package as
// it is sent for the tenant, and, with a second namespace that is rolled back, that
// neither is found from the other.
func (p *namespaces) Verify(ctx context.Context, t runtime.Tenant) (runtime.Report, error) {
	report := runtime.Report{Strategy: p.strategy}
	if err := p.layout.IDs.Check(t.ID); err != nil {
		return report, err
	}
	space, name, err := p.named(t)
	if err != nil {
		return report, err
	}
	report.Namespace = name
	v := &verification{namespaces: p, space: space, name: name, tenant: t}
	for _, look := range []struct {
		name string
		find func(context.Context, pgx.Tx) (problems, error)
	}{
		{"namespace", v.findNamespace},
		{"tables", v.findTables},
		{"columns", v.findColumns},
		{"references", v.findReferences},
		{"functions", v.findFunctions},
		{"grants", v.findGrants},
		{"statements", v.findStatements},
		{"probe", v.findProbe},
	} {
		var found problems
		err := rolledBack(ctx, p.admin(), func(tx pgx.Tx) (err error) {
			if _, err = tx.Exec(ctx, setPath, namespace.Quote(p.layout.Schema)+", pg_temp"); err != nil {
				return err
			}
			found, err = look.find(ctx, tx)
			return err
		})
		if err != nil {
			return report, fmt.Errorf("tenancy: verify: %s: %w", look.name, err)
		}
		report.Checks = append(report.Checks, found.check(look.name))
		if len(found) > 0 && (look.name == "namespace" || look.name == "tables") {
			break // the rest would fail for want of them
		}
	}
	return report, nil
}

// verification is a look at one tenant.
type verification struct {
	*namespaces
	space   namespace.Space
	name    string
	tenant  runtime.Tenant
	objects []object
}

// findNamespace looks at the record, and whether what it says is there.
func (v *verification) findNamespace(ctx context.Context, tx pgx.Tx) (problems, error) {
	var found problems
	has, err := hasRegistry(ctx, tx)
	if err != nil {
		return nil, err
	}
	if !has {
		found.addf("there is no table %s, so nothing was initialized", registryTable)
		return found, nil
	}
	rec, err := recorded(ctx, tx, v.strategy, v.name, v.tenant.ID)
	if err != nil {
		// It says whose the namespace is, or which one is the tenant's.
		found.addf("%v", err)
		return found, nil //nolint:nilerr // it is what was looked for
	}
	if rec == nil {
		found.addf("%s is not recorded as the tenant's", v.name)
		return found, nil
	}
	if v.objects, err = v.namespaces.objects(ctx, tx, v.space, rec.Objects); err != nil {
		return nil, err
	}
	have := map[string]bool{}
	for _, o := range v.objects {
		have[o.Name] = true
	}
	for _, name := range rec.Objects {
		if !have[name] {
			found.addf("%s was made and is gone", name)
		}
	}
	return found, nil
}

// findTables looks for the tables of the layout, as tables or views.
func (v *verification) findTables(context.Context, pgx.Tx) (problems, error) {
	var found problems
	kinds := map[string]object{}
	for _, o := range v.objects {
		kinds[o.Name] = o
	}
	for _, t := range v.own() {
		o, ok := kinds[v.space.Relation(t.Name)]
		switch {
		case !ok:
			found.addf("table %s is not there", t.Name)
		case o.isTable() == t.View:
			found.addf("%s is of another kind than in the layout", t.Name)
		}
	}
	return found, nil
}

// findColumns compares columns with the layout. One that the layout does not know is
// no problem: a migration may be under way.
func (v *verification) findColumns(ctx context.Context, tx pgx.Tx) (problems, error) {
	var found problems
	for i := range v.layout.Tables {
		t := &v.layout.Tables[i]
		name := relation(&v.layout, t)
		if t.Class != runtime.ClassGlobal {
			name = v.space.Qualified(t.Name)
		}
		columns, err := columnsOf(ctx, tx, name)
		if err != nil {
			return nil, err
		}
		if len(columns) == 0 && len(t.Columns) > 0 {
			found.addf("table %s is not there", t.Name)
			continue
		}
		found = append(found, compareColumns(&v.layout, t, columns)...)
	}
	return found, nil
}

// findReferences looks for what leads out of the namespace or into it: foreign keys,
// views, defaults from sequences, inheritance.
func (v *verification) findReferences(ctx context.Context, tx pgx.Tx) (problems, error) {
	var found problems
	shared := []string{}
	for i := range v.layout.Tables {
		if t := &v.layout.Tables[i]; t.Class == runtime.ClassGlobal {
			shared = append(shared, relation(&v.layout, t))
		}
	}
	rows, err := tx.Query(ctx, referencesSQL, oids(v.objects), shared)
	if err != nil {
		return nil, err
	}
	leads, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, err
	}
	if rows, err = tx.Query(ctx, foreignUsesSQL, oids(v.objects), v.space.Schema); err != nil {
		return nil, err
	}
	uses, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, err
	}
	leads = append(leads, uses...)
	for _, lead := range leads {
		found.addf("%s", lead)
	}
	var depends *string
	var schema *string
	if v.space.Prefix == "" {
		schema = &v.space.Schema
	}
	if err := tx.QueryRow(ctx, dependentsSQL, oids(v.objects), schema).Scan(&depends); err != nil {
		return nil, err
	}
	if depends != nil {
		found.addf("%s, which is not in the namespace, depends on it", *depends)
	}
	return found, nil
}

// partsSQL are relations ($1) and their parts.
const partsSQL = `
WITH parts AS (
    SELECT 'pg_catalog.pg_class'::regclass AS classid, oid AS objid FROM pg_catalog.unnest($1::oid[]) AS o (oid)
    UNION ALL SELECT 'pg_catalog.pg_rewrite'::regclass, oid FROM pg_catalog.pg_rewrite WHERE ev_class = ANY ($1::oid[])
    UNION ALL SELECT 'pg_catalog.pg_constraint'::regclass, oid FROM pg_catalog.pg_constraint WHERE conrelid = ANY ($1::oid[])
    UNION ALL SELECT 'pg_catalog.pg_attrdef'::regclass, oid FROM pg_catalog.pg_attrdef WHERE adrelid = ANY ($1::oid[])
    UNION ALL SELECT 'pg_catalog.pg_trigger'::regclass, oid FROM pg_catalog.pg_trigger WHERE tgrelid = ANY ($1::oid[])
    UNION ALL SELECT 'pg_catalog.pg_policy'::regclass, oid FROM pg_catalog.pg_policy WHERE polrelid = ANY ($1::oid[])
)`

// foreignUsesSQL finds what relations ($1) or parts of them use of what is in the
// schema of another tenant than that of $2, and is no relation: functions, types,
// operators, collations. What such a function does with rows, nothing here can say.
const foreignUsesSQL = partsSQL + `
SELECT DISTINCT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) || ' uses ' || pg_catalog.pg_describe_object(d.refclassid, d.refobjid, 0)
  FROM pg_catalog.pg_depend d
  JOIN parts ON parts.classid = d.classid AND parts.objid = d.objid
  JOIN pg_catalog.pg_depend s ON s.classid = d.refclassid AND s.objid = d.refobjid AND s.refclassid = 'pg_catalog.pg_namespace'::regclass
  JOIN pg_catalog.pg_namespace n ON n.oid = s.refobjid
  JOIN ` + registryTable + ` r ON r.namespace = n.nspname AND r.strategy = 'schema'
 WHERE n.nspname <> $2 AND d.refclassid <> 'pg_catalog.pg_class'::regclass
 ORDER BY 1`

// referencesSQL finds what relations ($1) or parts of them refer to among relations
// that are neither of them nor shared ($2) nor the system's.
const referencesSQL = partsSQL + `
SELECT DISTINCT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) || ' refers to ' || c.oid::regclass
  FROM pg_catalog.pg_depend d
  JOIN parts ON parts.classid = d.classid AND parts.objid = d.objid
  JOIN pg_catalog.pg_class c ON d.refclassid = 'pg_catalog.pg_class'::regclass AND c.oid = d.refobjid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE NOT c.oid = ANY ($1::oid[])
   AND NOT EXISTS (SELECT FROM pg_catalog.unnest($2::text[]) AS s (name) WHERE pg_catalog.to_regclass(s.name) = c.oid)
   -- The index of a shared table's key, to which a foreign key refers.
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_index i JOIN pg_catalog.unnest($2::text[]) AS s (name) ON i.indrelid = pg_catalog.to_regclass(s.name)
                    WHERE i.indexrelid = c.oid)
   AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
 ORDER BY 1`

// findFunctions looks for functions of triggers that run with the rights of their
// owner and find tables by the search_path of who calls them.
func (v *verification) findFunctions(ctx context.Context, tx pgx.Tx) (problems, error) {
	rows, err := tx.Query(ctx, `
		SELECT DISTINCT f.oid::regprocedure::text FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_proc f ON f.oid = g.tgfoid
		 WHERE g.tgrelid = ANY ($1::oid[]) AND f.prosecdef
		   AND NOT EXISTS (SELECT FROM pg_catalog.unnest(f.proconfig) AS s (setting) WHERE s.setting LIKE 'search_path=%')
		 ORDER BY 1`, oids(v.objects))
	if err != nil {
		return nil, err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	var found problems
	for _, name := range names {
		found.addf("trigger function %s is SECURITY DEFINER and sets no search_path", name)
	}
	return found, err
}

// findGrants looks for rights that are missing, and for those that nobody should have.
func (v *verification) findGrants(ctx context.Context, tx pgx.Tx) (problems, error) {
	var found problems
	if v.space.Prefix == "" {
		var public bool
		err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace n, pg_catalog.aclexplode(n.nspacl) a
			WHERE n.nspname = $1 AND a.grantee = 0)`, v.space.Schema).Scan(&public)
		if err != nil {
			return nil, err
		}
		if public {
			found.addf("PUBLIC has rights on schema %s", v.space.Schema)
		}
	}
	var granted []string
	rows, err := tx.Query(ctx, `SELECT c.relname::text FROM pg_catalog.pg_class c, pg_catalog.aclexplode(c.relacl) a
		WHERE c.oid = ANY ($1::oid[]) AND a.grantee = 0 GROUP BY 1 ORDER BY 1`, oids(v.objects))
	if err == nil {
		granted, err = pgx.CollectRows(rows, pgx.RowTo[string])
	}
	if err != nil {
		return nil, err
	}
	for _, name := range granted {
		found.addf("PUBLIC has rights on %s", name)
	}
	rights, err := v.findRole(ctx, tx)
	return append(found, rights...), err
}

// findRole looks at the rights of the application's role, where there is one apart
// from that which provisions.
func (v *verification) findRole(ctx context.Context, tx pgx.Tx) (problems, error) {
	var found problems
	role := v.grantee()
	if role == "" {
		return nil, nil
	}
	var there bool
	if err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = $1)", role).Scan(&there); err != nil {
		return nil, err
	}
	if !there {
		found.addf("there is no role %s", role)
		return found, nil
	}
	for _, t := range v.own() {
		rights := []string{"SELECT", "INSERT", "UPDATE", "DELETE"}
		if t.View {
			rights = rights[:1]
		}
		for _, right := range rights {
			var may bool
			err := tx.QueryRow(ctx, "SELECT pg_catalog.has_schema_privilege($1, $2, 'USAGE') AND pg_catalog.has_table_privilege($1, $3, $4)",
				role, v.space.Schema, v.space.Qualified(t.Name), right).Scan(&may)
			if err != nil {
				return nil, err
			}
			if !may {
				found.addf("role %s has no %s on %s", role, right, t.Name)
			}
		}
	}
	if v.options.admin == nil {
		return found, nil
	}
	// What provisions is a role of its own. Then the application must not say whose a
	// namespace is.
	var writes bool
	err := tx.QueryRow(ctx, "SELECT pg_catalog.has_table_privilege($1, $2, 'INSERT, UPDATE, DELETE, TRUNCATE')", poolUser(v.pool), registryTable).Scan(&writes)
	if err == nil && writes {
		found.addf("role %s may write %s", poolUser(v.pool), registryTable)
	}
	return found, err
}

// findStatements has the database parse every statement as it is sent for the tenant.
func (v *verification) findStatements(ctx context.Context, tx pgx.Tx) (problems, error) {
	var found problems
	for _, text := range v.layout.Statements {
		problem, err := tryPrepare(ctx, tx, namespace.Render(text, v.space))
		if err != nil {
			return nil, err
		}
		if problem != "" {
			found.addf("%s: %s", firstLine(text.SQL), problem)
		}
	}
	return found, nil
}

// contains reports whether objects has one with the OID.
func contains(objects []object, oid uint32) bool {
	return slices.ContainsFunc(objects, func(o object) bool { return o.OID == oid })
}
