package equivalence

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/ir"
)

// side is one of the two databases of a pair.
type side struct {
	conn   *pgx.Conn
	before state
	// dirty is set when sequences may have moved.
	dirty bool
	// become are statements that make a transaction one of a plain role; empty for
	// a superuser's.
	become string
}

// open prepares the session and remembers what the tables hold.
func (s *side) open(ctx context.Context, cat *catalog.Catalog) error {
	if _, err := s.conn.Exec(ctx, settings); err != nil {
		return err
	}
	for name, sql := range map[string]string{readState: stateQuery(cat), reset: resetSequences} {
		if _, err := s.conn.PgConn().Prepare(ctx, name, sql, nil); err != nil {
			return err
		}
	}
	var err error
	s.before, err = s.read(ctx)
	return err
}

// Names of prepared statements.
const (
	readState = "read_state"
	reset     = "reset"
)

// prune leaves nothing but one tenant's rows and what is global, and lets rows
// that do not name their tenant be that tenant's.
func (s *side) prune(ctx context.Context, cat *catalog.Catalog, tenant string) error {
	var sql strings.Builder
	// Neither foreign keys nor triggers: what goes, goes by its tenant alone.
	sql.WriteString("SET session_replication_role = replica;\n")
	// Children first: their tenant is found through their parents.
	for depth := deepest(cat); depth >= 0; depth-- {
		for _, t := range cat.Tables {
			if owner := ownerOf(t, cat, "x"); t.View == nil && owner != "" && len(t.Tenancy.Path) == depth {
				sql.WriteString("DELETE FROM " + qualified(t.Schema, t.Name) + " AS x WHERE (" + owner + " = " + literal(tenant) + ") IS NOT TRUE" +
					" AND NOT " + sharedRow(t, cat, "x") + ";\n")
			}
		}
	}
	for _, t := range cat.Tables {
		switch {
		case t.Kind == ir.KindMaterializedView:
			sql.WriteString("REFRESH MATERIALIZED VIEW " + qualified(t.Schema, t.Name) + ";\n")
		case t.View == nil && t.Tenancy.Class == ir.ClassTenant:
			sql.WriteString("ALTER TABLE " + qualified(t.Schema, t.Name) + " ALTER COLUMN " + quote(t.Tenancy.Column) +
				" SET DEFAULT " + literal(tenant) + ";\n")
		}
	}
	keepShared(&sql, cat)
	sql.WriteString("SET session_replication_role = origin")
	_, err := s.conn.Exec(ctx, sql.String())
	return err
}

func deepest(cat *catalog.Catalog) int {
	n := 0
	for _, t := range cat.Tables {
		n = max(n, len(t.Tenancy.Path))
	}
	return n
}

// ownerOf is an expression for the tenant that a row belongs to, as text; empty
// for a table that belongs to none. alias is the row's table.
func ownerOf(t *catalog.Table, cat *catalog.Catalog, alias string) string {
	switch t.Tenancy.Class {
	case ir.ClassTenant, ir.ClassRoot:
		return alias + "." + quote(t.Tenancy.Column) + "::text"
	case ir.ClassChild:
		column, from := ancestor(t, cat, alias)
		return "(SELECT " + column + "::text FROM " + from + ")"
	}
	return ""
}

// ancestor is the tenant column that a child's row leads to, and the FROM and
// WHERE clauses that lead there.
func ancestor(t *catalog.Table, cat *catalog.Catalog, alias string) (column, from string) {
	var tables, on strings.Builder
	child := alias
	for i, step := range t.Tenancy.Path {
		parent := alias + "p" + strings.Repeat("p", i)
		if i > 0 {
			tables.WriteString(", ")
			on.WriteString(" AND ")
		}
		tables.WriteString(qualified(step.Parent.Schema, step.Parent.Name) + " AS " + parent)
		for k, column := range step.Columns {
			if k > 0 {
				on.WriteString(" AND ")
			}
			on.WriteString(parent + "." + quote(step.ParentColumns[k]) + " = " + child + "." + quote(column))
		}
		child = parent
	}
	last := t.Tenancy.Path[len(t.Tenancy.Path)-1].Parent
	column = child + "." + quote(cat.Lookup(last.Schema, last.Name).Tenancy.Column)
	return column, tables.String() + " WHERE " + on.String()
}

// stateQuery reads every row of every table, with its tenant.
func stateQuery(cat *catalog.Catalog) string {
	var parts []string
	for _, t := range cat.Tables {
		if t.View != nil {
			continue
		}
		owner, isGlobal := ownerOf(t, cat, "x"), "false"
		if owner == "" {
			owner, isGlobal = "NULL", "true"
		}
		parts = append(parts, "SELECT "+literal(t.QualifiedName())+" AS name, "+isGlobal+" AS is_global, "+owner+" AS owner, x::text AS line, "+
			sharedRow(t, cat, "x")+" AS is_shared FROM ONLY "+qualified(t.Schema, t.Name)+" AS x")
	}
	return strings.Join(parts, "\nUNION ALL\n")
}

func qualified(schema, name string) string { return quote(schema) + "." + quote(name) }

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }

func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
