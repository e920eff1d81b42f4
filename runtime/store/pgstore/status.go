package pgstore

import (
	"context"
	"slices"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/store/internal/listing"
	"github.com/tenancygen/tenancygen/runtime/store/internal/record"
)

// statusSQL changes the status of those tenants that have one of $3, and returns all. It
// locks them in one order, so that two such statements do not wait for each other.
const statusSQL = `WITH was AS MATERIALIZED (
	SELECT * FROM tenancy.tenants WHERE id = ANY ($1::text[]) ORDER BY id FOR NO KEY UPDATE
), changed AS (
	UPDATE tenancy.tenants t SET status = $2::text, ` + next + `
	FROM was WHERE t.id = was.id AND was.status = ANY ($3::text[])
	RETURNING t.*
) ` + changedOrWas

// SetStatus changes the status alone. Transactions that are fenced from then on fail at
// once. To another status than active, it returns when those that were fenced before have
// ended; where ctx ends first, that is the error, and the status may be stored.
func (s *Store) SetStatus(ctx context.Context, id string, to runtime.Status, from ...runtime.Status) (runtime.Tenant, error) {
	if !runtime.ValidID(id) {
		return runtime.Tenant{}, s.notFound(ctx)
	}
	found, err := s.setStatus(ctx, []string{id}, to, from)
	switch {
	case err != nil:
		return runtime.Tenant{}, failed("SetStatus", err)
	case len(found) == 0:
		return runtime.Tenant{}, runtime.ErrTenantNotFound
	}
	t, err := found[0].Tenant()
	switch {
	case err != nil:
		return runtime.Tenant{}, failed("SetStatus", err)
	case t.Status != to:
		return runtime.Tenant{}, &runtime.TransitionError{From: t.Status, To: to}
	}
	return t, nil
}

// SetStatusMany is SetStatus for many in one transaction.
func (s *Store) SetStatusMany(ctx context.Context, ids []string, to runtime.Status) ([]runtime.Tenant, error) {
	found, err := s.setStatus(ctx, askable(ids), to, nil)
	if err != nil {
		return nil, failed("SetStatusMany", err)
	}
	var have []record.Row
	for _, c := range found {
		if c.Status == string(to) {
			have = append(have, c.Row)
		}
	}
	out, err := record.Tenants(have)
	return listing.InOrder(ids, out), failed("SetStatusMany", err)
}

// setStatus returns the tenants that there are as they are after the change, or as they
// are where they cannot change so.
func (s *Store) setStatus(ctx context.Context, ids []string, to runtime.Status, from []runtime.Status) ([]change, error) {
	can := slices.DeleteFunc(to.Before(), func(status runtime.Status) bool {
		return status == to || len(from) > 0 && !slices.Contains(from, status)
	})
	var found []change
	steps := []step{begin, {sql: statusSQL, args: []any{ids, texts([]runtime.Status{to})[0], texts(can)}, read: changes(&found)}, commit}
	if to != runtime.StatusActive {
		steps = append(steps, unfenced(ids)...)
	}
	return found, s.write(ctx, steps...)
}
