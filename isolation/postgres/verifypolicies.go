package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tenancygen/tenancygen/runtime"
)

// findSecurity looks whether row-level security is enabled and forced on every table
// of tenants, and whether views read with the rights of who asks.
func (s *shared) findSecurity(ctx context.Context, tx pgx.Tx, layout *runtime.Layout, _ runtime.Tenant) (problems, error) {
	var found problems
	for i := range layout.Tables {
		t := &layout.Tables[i]
		if t.Class == runtime.ClassGlobal {
			continue
		}
		var enabled, forced, invoker bool
		err := tx.QueryRow(ctx, `
			SELECT c.relrowsecurity, c.relforcerowsecurity,
			       coalesce(c.reloptions && ARRAY['security_invoker=true', 'security_invoker=on', 'security_invoker=1'], false)
			  FROM pg_catalog.pg_class c WHERE c.oid = $1::text::pg_catalog.regclass`, relation(layout, t)).
			Scan(&enabled, &forced, &invoker)
		switch {
		case err != nil:
			return nil, err
		case t.View && !invoker:
			found.addf("view %s reads with the rights of its owner", t.Name)
		case !t.View && !enabled:
			found.addf("it is not enabled on %s", t.Name)
		case !t.View && !forced:
			found.addf("it is not forced on %s", t.Name)
		}
	}
	return found, nil
}

// findPolicies compares the policies with those that were generated. The database
// prints an expression in its own way, so the generated ones are made on a temporary
// table and printed by it as well. The temporary table has the table's name, since
// expressions name it.
func (s *shared) findPolicies(ctx context.Context, tx pgx.Tx, layout *runtime.Layout, _ runtime.Tenant) (problems, error) {
	var found problems
	for i := range layout.Tables {
		t := &layout.Tables[i]
		if t.Owned == "" || t.View {
			continue
		}
		if len(t.Policies) == 0 {
			found.addf("the layout has none for %s: configure rls.role and generate again", t.Name)
			continue
		}
		real, err := policiesOf(ctx, tx, relation(layout, t))
		if err != nil {
			return nil, err
		}
		want, problem, err := printedPolicies(ctx, tx, layout, t)
		if err != nil {
			return nil, err
		}
		if problem != "" {
			found.addf("cannot compare those of %s: %s", t.Name, problem)
			continue
		}
		for name, w := range want {
			g, ok := real[name]
			w.Applies = g.Applies
			switch {
			case !ok:
				found.addf("%s has no policy %s", t.Name, name)
			case g != w:
				found.addf("policy %s of %s is not as generated", name, t.Name)
			case !g.Applies:
				found.addf("policy %s of %s is not for the role of the pool", name, t.Name)
			}
		}
	}
	return found, nil
}

// printedPolicy is a policy as the database prints it.
type printedPolicy struct {
	Name, Command string
	Permissive    bool
	Using, Check  string
	Applies       bool // to the current role
}

// policiesOf returns the policies of a table by name.
func policiesOf(ctx context.Context, tx pgx.Tx, name string) (map[string]printedPolicy, error) {
	rows, err := tx.Query(ctx, `
		SELECT p.polname, p.polcmd::text, p.polpermissive,
		       coalesce(pg_catalog.pg_get_expr(p.polqual, p.polrelid), ''),
		       coalesce(pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid), ''),
		       EXISTS (SELECT FROM pg_catalog.unnest(p.polroles) AS r (id)
		                WHERE r.id = 0 OR pg_catalog.pg_has_role(current_user, r.id, 'USAGE'))
		  FROM pg_catalog.pg_policy p
		 WHERE p.polrelid = $1::text::pg_catalog.regclass`, name)
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[printedPolicy])
	if err != nil {
		return nil, err
	}
	policies := map[string]printedPolicy{}
	for _, p := range list {
		policies[p.Name] = p
	}
	return policies, nil
}

// printedPolicies makes the generated policies of a table on a temporary table and
// returns them as the database prints them, or what the server has against it.
func printedPolicies(ctx context.Context, tx pgx.Tx, layout *runtime.Layout, t *runtime.Table) (map[string]printedPolicy, string, error) {
	var policies map[string]printedPolicy
	name := pgx.Identifier{t.Name}.Sanitize()
	problem, err := attempt(ctx, tx, func() error {
		_, err := tx.Exec(ctx, "CREATE TEMPORARY TABLE "+name+" (LIKE "+relation(layout, t)+")")
		if err != nil {
			return err
		}
		for _, p := range t.Policies {
			if _, err := tx.Exec(ctx, createPolicy("pg_temp."+name, p)); err != nil {
				return err
			}
		}
		policies, err = policiesOf(ctx, tx, "pg_temp."+name)
		return err
	})
	return policies, problem, err
}

// createPolicy returns the statement that makes a policy for everybody.
func createPolicy(table string, p runtime.Policy) string {
	kind := "PERMISSIVE"
	if p.Restrictive {
		kind = "RESTRICTIVE"
	}
	sql := fmt.Sprintf("CREATE POLICY %s ON %s AS %s FOR %s", pgx.Identifier{p.Name}.Sanitize(), table, kind, p.Command)
	if p.Using != "" {
		sql += " USING (" + p.Using + ")"
	}
	if p.Check != "" {
		sql += " WITH CHECK (" + p.Check + ")"
	}
	return sql
}

// attemptCode runs fn behind a savepoint, rolls back to it, and returns the code and
// the message of the server's error; both are empty when there was none.
func attemptCode(ctx context.Context, tx pgx.Tx, fn func() error) (code, message string, err error) {
	nested, err := tx.Begin(ctx)
	if err != nil {
		return "", "", err
	}
	failed := fn()
	if err := nested.Rollback(ctx); err != nil {
		return "", "", err
	}
	var server *pgconn.PgError
	if errors.As(failed, &server) {
		return server.Code, server.Message, nil
	}
	return "", "", failed
}
