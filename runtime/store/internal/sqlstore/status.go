package sqlstore

import (
	"context"
	"errors"
	"slices"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/store/internal/listing"
	"github.com/tenancygen/tenancygen/runtime/store/internal/record"
)

// SetStatus changes the status alone.
func (s *Store) SetStatus(ctx context.Context, id string, to runtime.Status, from ...runtime.Status) (runtime.Tenant, error) {
	if !runtime.ValidID(id) {
		return runtime.Tenant{}, s.notFound(ctx)
	}
	found, err := s.setStatus(ctx, []string{id}, to, from)
	switch {
	case err != nil:
		return runtime.Tenant{}, s.Failed("SetStatus", err)
	case len(found) == 0:
		return runtime.Tenant{}, runtime.ErrTenantNotFound
	}
	t, err := found[0].Tenant()
	switch {
	case err != nil:
		return runtime.Tenant{}, s.Failed("SetStatus", err)
	case t.Status != to:
		return runtime.Tenant{}, &runtime.TransitionError{From: t.Status, To: to}
	}
	return t, nil
}

// SetStatusMany is SetStatus for many in one transaction.
func (s *Store) SetStatusMany(ctx context.Context, ids []string, to runtime.Status) ([]runtime.Tenant, error) {
	found, err := s.setStatus(ctx, askable(ids), to, nil)
	if err != nil {
		return nil, s.Failed("SetStatusMany", err)
	}
	have := slices.DeleteFunc(found, func(row record.Row) bool { return row.Status != string(to) })
	out, err := record.Tenants(have)
	return listing.InOrder(ids, out), s.Failed("SetStatusMany", err)
}

// statusSQL does what next does to many.
const statusSQL = `UPDATE tenancy_tenants SET status = ?, version = version + 1,
	updated_at = CASE WHEN updated_at > ? THEN updated_at ELSE ? END WHERE id IN `

// setStatus returns the tenants that there are as they are after the change, or as they
// are where they cannot change so. What is wrong with the rest of a row does not keep it
// from being suspended.
func (s *Store) setStatus(ctx context.Context, ids []string, to runtime.Status, from []runtime.Status) (found []record.Row, err error) {
	can := slices.DeleteFunc(to.Before(), func(status runtime.Status) bool {
		return status == to || len(from) > 0 && !slices.Contains(from, status)
	})
	ids = slices.Sorted(slices.Values(ids))
	err = s.write(ctx, func(tx Tx) error {
		found = nil
		for part := range slices.Chunk(ids, atOnce) {
			rows, now, err := s.locked(ctx, tx, part)
			if err != nil {
				return err
			}
			var changed []any
			for i := range rows {
				if row := &rows[i]; slices.Contains(can, runtime.Status(row.Status)) {
					row.Status = string(to)
					next(row, now)
					changed = append(changed, row.ID)
				}
			}
			if len(changed) > 0 {
				args := append([]any{string(to), now, now}, changed...)
				if _, err := tx.ExecContext(ctx, s.SQL(statusSQL+in(len(changed))), args...); err != nil {
					return err
				}
			}
			found = append(found, rows...)
		}
		return nil
	})
	return found, err
}

// refused returns an error of the contract as it is, and names the operation of others.
func (s *Store) refused(operation string, err error) error {
	var conflict *runtime.ConflictError
	var quota *runtime.QuotaError
	if errors.As(err, &conflict) || errors.As(err, &quota) || errors.Is(err, runtime.ErrTenantNotFound) || errors.Is(err, runtime.ErrStaleTenant) {
		return err
	}
	return s.Failed(operation, err)
}
