package postgres

import (
	"context"
	"fmt"

	"github.com/tenancygen/tenancygen/isolation/internal/policy"
)

// VerifyRole asks the database whether policies hold for the pool's role. It returns
// an error that is ErrUnsafeConnection when the role is a superuser, has
// BYPASSRLS, or owns a table that has row-level security (an owner is not
// subject to policies, or can switch them off), and when the setting of the
// tenant has a value of its own on the connection, as after ALTER ROLE … SET,
// with which Global would act as that tenant. Any other error is the database's.
//
// It is optional, looks at one connection of the pool, and is meant for the
// start of an application. It does not look at the policies themselves.
func (p *RLS) VerifyRole(ctx context.Context) error {
	var role policy.Role
	err := p.plain.QueryRow(ctx, policy.RoleSQL, p.options.setting).Scan(&role.Superuser, &role.Bypass, &role.Owned, &role.Preset)
	if err != nil {
		return fmt.Errorf("tenancy: look up the role of the pool: %w", err)
	}
	if why := role.Unsafe(p.options.setting); why != "" {
		return fmt.Errorf("%w: %s", ErrUnsafeConnection, why)
	}
	return nil
}
