package postgres

import (
	"context"
	"fmt"
)

// verifySQL asks what would take the current role past its policies. Whoever has
// the privileges of a table's owner counts as the owner, also by membership.
const verifySQL = `
SELECT r.rolsuper,
       r.rolbypassrls,
       coalesce((SELECT min(c.oid::pg_catalog.regclass::text)
                   FROM pg_catalog.pg_class c
                  WHERE pg_catalog.pg_has_role(r.oid, c.relowner, 'USAGE')
                    AND (c.relrowsecurity
                         OR EXISTS (SELECT 1 FROM pg_catalog.pg_policy p WHERE p.polrelid = c.oid))), ''),
       coalesce(pg_catalog.current_setting($1, true), '') <> ''
  FROM pg_catalog.pg_roles r
 WHERE r.rolname = current_user`

// Verify asks the database whether policies hold for the pool's role. It returns
// an error that is ErrUnsafeConnection when the role is a superuser, has
// BYPASSRLS, or owns a table that has row-level security (an owner is not
// subject to policies, or can switch them off), and when the setting of the
// tenant has a value of its own on the connection, as after ALTER ROLE … SET,
// with which Global would act as that tenant. Any other error is the database's.
//
// It is optional, looks at one connection of the pool, and is meant for the
// start of an application. It does not look at the policies themselves.
func (p *RLS) Verify(ctx context.Context) error {
	var superuser, bypass, preset bool
	var owned string
	err := p.pool.QueryRow(ctx, verifySQL, p.setting).Scan(&superuser, &bypass, &owned, &preset)
	switch {
	case err != nil:
		return fmt.Errorf("tenancy: look up the role of the pool: %w", err)
	case superuser:
		return fmt.Errorf("%w: its role is a superuser", ErrUnsafeConnection)
	case bypass:
		return fmt.Errorf("%w: its role has BYPASSRLS", ErrUnsafeConnection)
	case owned != "":
		return fmt.Errorf("%w: its role owns table %s", ErrUnsafeConnection, owned)
	case preset:
		return fmt.Errorf("%w: setting %s has a value outside a transaction", ErrUnsafeConnection, p.setting)
	}
	return nil
}
