package sqlstore

import (
	"context"
	"database/sql"
	"time"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/store/internal/listing"
	"github.com/tenancygen/tenancygen/runtime/store/internal/record"
)

// valid returns an error for a tenant that cannot be stored.
func (s *Store) valid(ctx context.Context, t runtime.Tenant) error {
	if err := s.Open(ctx); err != nil {
		return err
	}
	return t.Validate()
}

// fields are the arguments of INSERT and UPDATE that a caller chooses.
func fields(t runtime.Tenant) []any {
	return []any{t.Identifier.String(), t.Name, listing.Fold(t.Name), t.Metadata.JSON(), string(t.Strategy), t.SchemaName, t.DatabaseURL}
}

// reasons are why a tenant cannot be created, with the time now.
type reasons struct {
	id, identifier bool
	count          int
	now            int64
}

// reasonsSQL returns the statement that reads reasons. Nobody else creates or deletes
// then, so what it sees of ids and counts is what there is.
func (s *Store) reasonsSQL() string {
	return `SELECT EXISTS (SELECT 1 FROM tenancy_tenants WHERE id = ?) OR EXISTS (SELECT 1 FROM tenancy_forgotten_tenants WHERE id = ?),
		EXISTS (SELECT 1 FROM tenancy_tenants WHERE live_identifier = ?),
		CASE WHEN ? > 0 THEN (SELECT count(*) FROM tenancy_tenants WHERE status <> 'deleted') ELSE 0 END, ` + s.engine.Now()
}

const insertSQL = `INSERT INTO tenancy_tenants
	(id, identifier, name, folded_name, metadata, strategy, schema_name, database_url, status, version, created_at, updated_at)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?)`

// Create stores a new tenant. Creates, and deletes, come one after the other: that makes
// the quota exact, and keeps an id from being used again while it is forgotten.
func (s *Store) Create(ctx context.Context, t runtime.Tenant, quota int) (runtime.Tenant, error) {
	if err := s.valid(ctx, t); err != nil {
		return runtime.Tenant{}, err
	}
	err := s.write(ctx, func(tx Tx) error {
		if err := s.alone(ctx, tx); err != nil {
			return err
		}
		why, err := query(ctx, s, tx, s.reasonsSQL(), []any{t.ID, t.ID, t.Identifier.String(), quota}, func(rows *sql.Rows) (r reasons, err error) {
			return r, rows.Scan(&r.id, &r.identifier, &r.count, &r.now)
		})
		switch {
		case err != nil:
			return err
		case why[0].id:
			return &runtime.ConflictError{Field: "id"}
		case why[0].identifier && t.Status != runtime.StatusDeleted:
			return &runtime.ConflictError{Field: "identifier"}
		case quota > 0 && why[0].count >= quota:
			return &runtime.QuotaError{Limit: quota}
		}
		t.Version, t.CreatedAt = 1, time.UnixMicro(why[0].now).UTC()
		t.UpdatedAt = t.CreatedAt
		args := append([]any{t.ID}, fields(t)...)
		_, err = tx.ExecContext(ctx, s.SQL(insertSQL), append(args, string(t.Status), why[0].now, why[0].now)...)
		return s.taken(err)
	})
	if err != nil {
		return runtime.Tenant{}, s.refused("Create", err)
	}
	return t, nil
}

// alone waits until no other transaction creates or deletes.
func (s *Store) alone(ctx context.Context, tx Tx) error {
	if s.engine.Alone == nil {
		return nil
	}
	return s.engine.Alone(ctx, tx)
}

// taken makes an engine's error about a key that of the contract.
func (s *Store) taken(err error) error {
	if err == nil || s.engine.Taken == nil {
		return err
	}
	if field := s.engine.Taken(err); field != "" {
		return &runtime.ConflictError{Field: field}
	}
	return err
}

// locked reads tenants that nobody else changes until tx ends, in the order of their
// ids, so that two transactions do not wait for each other; and the time.
func (s *Store) locked(ctx context.Context, tx Tx, ids []string) (rows []record.Row, now int64, err error) {
	rows, err = query(ctx, s, tx, selectSQL+"id IN "+in(len(ids))+" ORDER BY id"+s.engine.Lock, anys(ids), scanRow)
	if err != nil {
		return nil, 0, err
	}
	now, err = one[int64](ctx, s, tx, "SELECT "+s.engine.Now())
	return rows, now, err
}

// change stores what f makes of a tenant, with its next version.
func (s *Store) change(ctx context.Context, operation, id string, f func(tx Tx, row *record.Row) error) (t runtime.Tenant, err error) {
	err = s.write(ctx, func(tx Tx) error {
		rows, now, err := s.locked(ctx, tx, []string{id})
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return runtime.ErrTenantNotFound
		}
		row := rows[0]
		if err := f(tx, &row); err != nil {
			return err
		}
		next(&row, now)
		if t, err = row.Tenant(); err != nil {
			return err
		}
		args := append(fields(t), row.Version, row.UpdatedAt.UnixMicro(), id)
		_, err = tx.ExecContext(ctx, s.SQL(`UPDATE tenancy_tenants SET identifier = ?, name = ?, folded_name = ?, metadata = ?,
			strategy = ?, schema_name = ?, database_url = ?, version = ?, updated_at = ? WHERE id = ?`), args...)
		return s.taken(err)
	})
	if err != nil {
		return runtime.Tenant{}, s.refused(operation, err)
	}
	return t, nil
}

// next is what every change does. Where a clock was set back, time stands still.
func next(row *record.Row, now int64) {
	row.Version++
	if at := time.UnixMicro(now).UTC(); at.After(row.UpdatedAt) {
		row.UpdatedAt = at
	}
}

// Update stores everything about a tenant but its status and times.
func (s *Store) Update(ctx context.Context, t runtime.Tenant) (runtime.Tenant, error) {
	if err := s.valid(ctx, t); err != nil {
		return runtime.Tenant{}, err
	}
	return s.change(ctx, "Update", t.ID, func(tx Tx, row *record.Row) error {
		if row.Version != t.Version {
			return runtime.ErrStaleTenant
		}
		other, err := one[bool](ctx, s, tx, "SELECT EXISTS (SELECT 1 FROM tenancy_tenants WHERE live_identifier = ? AND id <> ?)", t.Identifier.String(), t.ID)
		if err != nil {
			return err
		}
		if other && row.Status != string(runtime.StatusDeleted) {
			return &runtime.ConflictError{Field: "identifier"}
		}
		stored := *row
		*row = record.Of(t)
		row.Status, row.CreatedAt, row.UpdatedAt = stored.Status, stored.CreatedAt, stored.UpdatedAt
		return nil
	})
}

// MergeMetadata puts the keys of patch over those that are stored. Stored metadata that
// is no object is left as it is, and an error.
func (s *Store) MergeMetadata(ctx context.Context, id string, patch runtime.Metadata) (runtime.Tenant, error) {
	if !runtime.ValidID(id) {
		return runtime.Tenant{}, s.notFound(ctx)
	}
	return s.change(ctx, "MergeMetadata", id, func(_ Tx, row *record.Row) error {
		stored, err := row.Tenant()
		if err != nil {
			return err
		}
		row.Metadata = stored.Metadata.Merge(patch).JSON()
		return nil
	})
}

// Delete forgets a tenant, but for its id.
func (s *Store) Delete(ctx context.Context, id string) error {
	if !runtime.ValidID(id) {
		return s.notFound(ctx)
	}
	err := s.write(ctx, func(tx Tx) error {
		if err := s.alone(ctx, tx); err != nil {
			return err
		}
		rows, now, err := s.locked(ctx, tx, []string{id})
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return runtime.ErrTenantNotFound
		}
		if _, err := tx.ExecContext(ctx, s.SQL("INSERT INTO tenancy_forgotten_tenants (id, forgotten_at) VALUES (?, ?)"), id, now); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, s.SQL("DELETE FROM tenancy_tenants WHERE id = ?"), id)
		return err
	})
	return s.refused("Delete", err)
}
