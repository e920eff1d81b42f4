package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
	"github.com/tenancygen/tenancygen/runtime"
)

// Initialize makes the tenant's namespace, the tables in it, the rights of the
// application's role, the first rows (WithSeed), and the record of it, in one
// transaction: a tenant has all of it or nothing. For a namespace that is there
// already it does nothing; a layout that has changed since is a matter for migrations,
// and Verify tells.
//
// What tenants share has to be there before: see InitializeShared.
func (p *namespaces) Initialize(ctx context.Context, t runtime.Tenant) error {
	if err := p.layout.IDs.Check(t.ID); err != nil {
		return err
	}
	space, name, err := p.named(t)
	if err != nil {
		return err
	}
	err = pgx.BeginFunc(ctx, p.admin(), func(tx pgx.Tx) error {
		found, err := p.claim(ctx, tx, space, name, t.ID)
		if found || err != nil {
			return err
		}
		return p.create(ctx, tx, space, name, t)
	})
	if err != nil {
		return fmt.Errorf("tenancy: initialize a tenant: %w", err)
	}
	return nil
}

// named returns where a tenant's tables are, and the name under which that is
// recorded.
func (p *namespaces) named(t runtime.Tenant) (namespace.Space, string, error) {
	if t.ID == "" {
		return namespace.Space{}, "", runtime.ErrNoTenant
	}
	if p.closed.Load() {
		return namespace.Space{}, "", runtime.ErrClosed
	}
	space, err := p.place(t)
	if err != nil {
		return namespace.Space{}, "", err
	}
	if space.Prefix != "" {
		return space, space.Prefix, nil
	}
	return space, space.Schema, nil
}

// claim locks a namespace and reports whether it is there as the tenant's. It is an
// error where it is there and is not, or is not there and should be.
func (p *namespaces) claim(ctx context.Context, tx pgx.Tx, space namespace.Space, name, id string) (found bool, err error) {
	if err := lock(ctx, tx, name); err != nil {
		return false, err
	}
	if err := ensureRegistry(ctx, tx); err != nil {
		return false, err
	}
	rec, err := recorded(ctx, tx, p.strategy, name, id)
	if err != nil {
		return false, err
	}
	there, err := p.occupied(ctx, tx, space)
	switch {
	case err != nil:
		return false, err
	case rec == nil && there != "":
		return false, fmt.Errorf("%w: %s is there and was not recorded", runtime.ErrForeignNamespace, there)
	case rec != nil && there == "":
		return false, fmt.Errorf("%w: %s is recorded and is gone; Destroy removes the record", runtime.ErrNotInitialized, name)
	}
	return rec != nil, nil
}

// occupied returns the name of something that is where the tenant's namespace would
// be: the schema, or a relation that has the name of one of the tenant's. It is empty
// when there is nothing.
func (p *namespaces) occupied(ctx context.Context, tx pgx.Tx, space namespace.Space) (found string, err error) {
	if space.Prefix == "" {
		err = tx.QueryRow(ctx, "SELECT coalesce((SELECT 'schema ' || nspname FROM pg_catalog.pg_namespace WHERE nspname = $1), '')", space.Schema).Scan(&found)
		return found, err
	}
	err = tx.QueryRow(ctx, `
		SELECT coalesce(min(c.relname::text), '') FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		 WHERE n.nspname = $1 AND c.relname = ANY ($2::text[])`, space.Schema, p.created(space)).Scan(&found)
	return found, err
}

// created are the names of the relations that the layout makes in a space, and of
// those that it says to be there.
func (p *namespaces) created(space namespace.Space) []string {
	var names []string
	for _, t := range p.own() {
		names = append(names, space.Relation(t.Name))
	}
	for _, d := range p.layout.DDL {
		if d.Shared {
			continue
		}
		for _, name := range d.Creates {
			names = append(names, space.Relation(name))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// create makes a namespace, behind the lock, where there is none, and records it.
func (p *namespaces) create(ctx context.Context, tx pgx.Tx, space namespace.Space, name string, t runtime.Tenant) error {
	objects, err := p.build(ctx, tx, space)
	if err != nil {
		return err
	}
	if err := p.run(ctx, tx, p.grants(space, objects)); err != nil {
		return fmt.Errorf("rights of role %s: %w", p.grantee(), err)
	}
	names := make([]string, len(objects))
	for i, o := range objects {
		names[i] = o.Name
	}
	if err := enter(ctx, tx, record{Namespace: name, Strategy: string(p.strategy), TenantID: t.ID, Objects: names, Fingerprint: p.layout.Fingerprint}); err != nil {
		return err
	}
	if p.options.seed == nil {
		return nil
	}
	if err := p.options.seed(ctx, spaceDB{p, space}.in(tx), t); err != nil {
		return fmt.Errorf("seed: %w", err)
	}
	return nil
}

// build makes the relations of a namespace and returns them. All tables of the layout
// have to be among them.
func (p *namespaces) build(ctx context.Context, tx pgx.Tx, space namespace.Space) ([]object, error) {
	schema := space.Schema
	if space.Prefix != "" {
		schema = namespace.Making(space.Prefix)
	}
	script := append([]string{"CREATE SCHEMA " + namespace.Quote(schema)}, namespace.DDL(&p.layout, schema)...)
	if err := p.run(ctx, tx, script); err != nil {
		return nil, err
	}
	var names []string
	if space.Prefix != "" {
		var err error
		if names, err = p.move(ctx, tx, schema, space); err != nil {
			return nil, err
		}
	}
	objects, err := p.objects(ctx, tx, space, names)
	if err != nil {
		return nil, err
	}
	for _, t := range p.own() {
		if !slices.ContainsFunc(objects, func(o object) bool { return o.Name == space.Relation(t.Name) }) {
			return nil, fmt.Errorf("%w: the DDL of the layout makes no %s for a tenant", ErrUnmovable, t.Name)
		}
	}
	return objects, nil
}

// move gives what was made in a schema the names of a space with a prefix, moves it
// there, drops the schema, and returns the new names.
func (p *namespaces) move(ctx context.Context, tx pgx.Tx, schema string, space namespace.Space) ([]string, error) {
	rows, err := tx.Query(ctx, namespace.Objects, schema)
	if err != nil {
		return nil, err
	}
	made, err := pgx.CollectRows(rows, pgx.RowToStructByPos[namespace.Object])
	if err != nil {
		return nil, err
	}
	moves, err := namespace.Moves(made, schema, space)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(made))
	for i, o := range made {
		names[i] = space.Relation(o.Name)
	}
	// Without CASCADE: nothing may be left in it.
	return names, p.run(ctx, tx, append(moves, "DROP SCHEMA "+namespace.Quote(schema)))
}

// run runs statements, in one round trip, in which unqualified names are those that
// tenants share. Whatever a tenant has is qualified.
func (p *namespaces) run(ctx context.Context, tx pgx.Tx, statements []string) error {
	if len(statements) == 0 {
		return nil
	}
	var before string
	if err := tx.QueryRow(ctx, "SELECT pg_catalog.current_setting('search_path')").Scan(&before); err != nil {
		return err
	}
	// A line of its own for the semicolon, since a statement may end in a comment.
	script := append(namespace.Before(p.layout.Schema), statements...)
	if _, err := tx.Exec(ctx, strings.Join(script, "\n;\n")+"\n;\n"); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, setPath, before)
	return err
}

// object is a relation of a tenant.
type object struct {
	OID  uint32
	Name string
	// Kind is pg_class.relkind.
	Kind string
}

// The kinds of relation that are dropped by themselves. Indexes go with their tables.
const (
	kindTable, kindPartitioned, kindForeign = "r", "p", "f"
	kindView, kindMaterialized              = "v", "m"
	kindSequence                            = "S"
)

// isTable reports whether an object has rows of its own.
func (o object) isTable() bool { return o.Kind == kindTable || o.Kind == kindPartitioned }

// objects returns the relations of a namespace: all in a schema; beside others those
// with the names, their indexes and the sequences that they own.
func (p *namespaces) objects(ctx context.Context, tx pgx.Tx, space namespace.Space, names []string) ([]object, error) {
	sql, args := namespace.Relations+`
		SELECT c.oid, c.relname::text, c.relkind::text
		  FROM relations JOIN pg_catalog.pg_class c ON c.oid = relations.objid
		 ORDER BY 2`, []any{space.Schema}
	if space.Prefix != "" {
		sql, args = `
		WITH named AS (
		    SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		     WHERE n.nspname = $1 AND c.relname = ANY ($2::text[]))
		SELECT c.oid, c.relname::text, c.relkind::text FROM pg_catalog.pg_class c
		 WHERE c.oid IN (
		    SELECT oid FROM named
		    UNION SELECT i.indexrelid FROM pg_catalog.pg_index i JOIN named ON named.oid = i.indrelid
		    UNION SELECT d.objid FROM pg_catalog.pg_depend d JOIN named ON named.oid = d.refobjid
		           WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass
		             AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0)
		   AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S', 'i', 'I')
		 ORDER BY 2`, []any{space.Schema, names}
	}
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[object])
}

// grantee is the role of the application: that of the layout, or the user of the
// pool where another pool provisions. It is empty where the application owns what it
// uses.
func (p *namespaces) grantee() string {
	if p.layout.Role != "" {
		return p.layout.Role
	}
	if p.options.admin != nil {
		return poolUser(p.pool)
	}
	return ""
}

func poolUser(pool *pgxpool.Pool) string { return pool.Config().ConnConfig.User }

// grants give the application's role what generated code needs, and nobody else
// anything.
func (p *namespaces) grants(space namespace.Space, objects []object) []string {
	if p.grantee() == "" {
		return nil
	}
	role := namespace.Quote(p.grantee())
	var out []string
	if space.Prefix == "" {
		out = append(out, "GRANT USAGE ON SCHEMA "+namespace.Quote(space.Schema)+" TO "+role)
	}
	used := map[string]bool{}
	for _, t := range p.own() {
		used[space.Relation(t.Name)] = true
	}
	for _, o := range objects {
		name := namespace.Quote(space.Schema) + "." + namespace.Quote(o.Name)
		switch {
		case o.Kind == kindSequence:
			out = append(out, "GRANT USAGE ON SEQUENCE "+name+" TO "+role)
		case !used[o.Name]:
		case o.isTable():
			out = append(out, "GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "+name+" TO "+role)
		case o.Kind == kindView || o.Kind == kindMaterialized:
			out = append(out, "GRANT SELECT ON TABLE "+name+" TO "+role)
		}
	}
	return out
}

// InitializeShared makes what all tenants share and the layout describes: types,
// functions, extensions and global tables, with SELECT on these for the application's
// role. It is for a database that migrations do not provide with them, is recorded
// like a tenant's namespace, and does nothing when it has been done. Where a part of it is
// there already, the error is the database's and nothing is made.
func (p *namespaces) InitializeShared(ctx context.Context) error {
	if p.closed.Load() {
		return runtime.ErrClosed
	}
	err := pgx.BeginFunc(ctx, p.admin(), func(tx pgx.Tx) error {
		if err := lock(ctx, tx, p.layout.Schema); err != nil {
			return err
		}
		if err := ensureRegistry(ctx, tx); err != nil {
			return err
		}
		rec, err := recorded(ctx, tx, strategyShared, p.layout.Schema, "")
		if rec != nil || err != nil {
			return err
		}
		if err := p.run(ctx, tx, p.sharedScript()); err != nil {
			return err
		}
		var names []string
		for _, d := range p.layout.DDL {
			if d.Shared {
				names = append(names, d.Creates...)
			}
		}
		return enter(ctx, tx, record{Namespace: p.layout.Schema, Strategy: string(strategyShared), Objects: slices.Concat([]string{}, names), Fingerprint: p.layout.Fingerprint})
	})
	if err != nil {
		return fmt.Errorf("tenancy: initialize what tenants share: %w", err)
	}
	return nil
}

func (p *namespaces) sharedScript() []string {
	schema := namespace.Quote(p.layout.Schema)
	script := []string{"CREATE SCHEMA IF NOT EXISTS " + schema}
	for _, d := range p.layout.DDL {
		if d.Shared {
			script = append(script, d.SQL)
		}
	}
	if p.grantee() == "" {
		return script
	}
	role := namespace.Quote(p.grantee())
	script = append(script, "GRANT USAGE ON SCHEMA "+schema+" TO "+role)
	for i := range p.layout.Tables {
		if t := &p.layout.Tables[i]; t.Class == runtime.ClassGlobal {
			script = append(script, "GRANT SELECT ON TABLE "+relation(&p.layout, t)+" TO "+role)
		}
	}
	return script
}
