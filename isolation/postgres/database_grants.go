package postgres

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
	"github.com/tenancygen/tenancygen/runtime"
)

// grant gives the application's role what it needs in the database, and takes from
// PUBLIC the right to connect to it.
func (w *databaseWork) grant(ctx context.Context, tx pgx.Tx) error {
	role, err := w.role(ctx, tx)
	if err != nil {
		return err
	}
	role = namespace.Quote(role)
	database := namespace.Quote(w.name)
	statements := []string{
		"REVOKE CONNECT ON DATABASE " + database + " FROM PUBLIC",
		"GRANT CONNECT ON DATABASE " + database + " TO " + role,
		"GRANT USAGE ON SCHEMA " + namespace.Quote(namespace.RegistrySchema) + " TO " + role,
		"GRANT SELECT ON " + markerTable + " TO " + role,
	}
	schemas := map[string]bool{}
	layout := &w.d.layout
	for i := range layout.Tables {
		table := &layout.Tables[i]
		schema := table.Schema
		if schema == "" {
			schema = layout.Schema
		}
		if !schemas[schema] {
			schemas[schema] = true
			statements = append(statements,
				"GRANT USAGE ON SCHEMA "+namespace.Quote(schema)+" TO "+role,
				"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA "+namespace.Quote(schema)+" TO "+role)
		}
		statements = append(statements, "GRANT "+strings.Join(rights(table), ", ")+" ON "+relation(layout, table)+" TO "+role)
	}
	_, err = tx.Exec(ctx, strings.Join(statements, ";\n"))
	return err
}

// rights are those of the application on a table. A global table is a copy here,
// which nobody but CopyGlobals writes.
func rights(t *runtime.Table) []string {
	if t.View || t.Class == runtime.ClassGlobal {
		return []string{"SELECT"}
	}
	return []string{"SELECT", "INSERT", "UPDATE", "DELETE"}
}

// role returns the layout's role where the user of the tenant's pool is a member of
// it, and else that user.
func (w *databaseWork) role(ctx context.Context, tx pgx.Tx) (role string, err error) {
	tenant, err := w.d.poolConfig(w.t)
	if err != nil {
		return "", err
	}
	err = tx.QueryRow(ctx, `
		SELECT COALESCE((SELECT r.rolname FROM pg_catalog.pg_roles r, pg_catalog.pg_roles u
		                  WHERE r.rolname = $1 AND u.rolname = $2 AND NOT u.rolsuper
		                    AND pg_catalog.pg_has_role(u.oid, r.oid, 'USAGE')), $2)`,
		w.d.layout.Role, tenant.ConnConfig.User).Scan(&role)
	return role, err
}
