package pgstore

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tenancygen/tenancygen/runtime"
)

// fields are the first arguments of Create and Update.
func fields(t runtime.Tenant) []any {
	return []any{t.ID, t.Identifier.String(), t.Name, t.Metadata.JSON(), string(t.Strategy), t.SchemaName, t.DatabaseURL}
}

// createSQL says why nothing was created. It runs behind the lock, so what it sees of
// ids and counts is what there is; an identifier can still be taken by an update at the
// same time, which the index finds.
const createSQL = `WITH reason AS MATERIALIZED (
	SELECT CASE
		WHEN EXISTS (SELECT FROM tenancy.tenants WHERE id = $1::text)
		  OR EXISTS (SELECT FROM tenancy.forgotten_tenants WHERE id = $1::text) THEN 'id'
		WHEN $8::text <> 'deleted' AND EXISTS (SELECT FROM tenancy.tenants WHERE identifier = $2::text AND status <> 'deleted') THEN 'identifier'
		WHEN $9::bigint > 0 AND (SELECT pg_catalog.count(*) FROM tenancy.tenants WHERE status <> 'deleted') >= $9::bigint THEN 'quota'
		ELSE '' END AS field
), added AS (
	INSERT INTO tenancy.tenants (id, identifier, name, metadata, strategy, schema_name, database_url, status, version, created_at, updated_at)
	SELECT $1::text, $2::text, $3::text, $4::text::json, $5::text, $6::text, $7::text, $8::text, 1, c.now, c.now
	FROM reason, (SELECT pg_catalog.clock_timestamp() AS now OFFSET 0) c WHERE reason.field = ''
	ON CONFLICT DO NOTHING
	RETURNING created_at
)
SELECT CASE WHEN reason.field = '' AND added.created_at IS NULL THEN 'identifier' ELSE reason.field END, added.created_at
FROM reason LEFT JOIN added ON true`

// Create stores a new tenant. Creates, and deletes, come one after the other: that makes
// the quota exact, and keeps an id from being used again while it is forgotten.
func (s *Store) Create(ctx context.Context, t runtime.Tenant, quota int) (runtime.Tenant, error) {
	if err := s.valid(ctx, t); err != nil {
		return runtime.Tenant{}, err
	}
	var taken string
	var createdAt *time.Time
	err := s.write(ctx, begin, s.oneCreate(), step{
		sql: createSQL, args: append(fields(t), string(t.Status), int64(quota)),
		read: func(rows pgx.Rows) error {
			rows.Next()
			return rows.Scan(&taken, &createdAt)
		},
	}, commit)
	switch {
	case err != nil:
		return runtime.Tenant{}, failed("Create", err)
	case taken == "quota":
		return runtime.Tenant{}, &runtime.QuotaError{Limit: quota}
	case createdAt == nil:
		return runtime.Tenant{}, &runtime.ConflictError{Field: taken}
	}
	t.Version, t.CreatedAt, t.UpdatedAt = 1, createdAt.UTC(), createdAt.UTC()
	return t, nil
}

// oneCreate waits until no other transaction creates or deletes.
func (s *Store) oneCreate() step {
	return step{sql: "SELECT pg_catalog.pg_advisory_xact_lock($1::bigint)", args: []any{s.createLock}}
}

// valid returns an error for a tenant that cannot be stored.
func (s *Store) valid(ctx context.Context, t runtime.Tenant) error {
	if err := s.open(ctx); err != nil {
		return err
	}
	return t.Validate()
}

// updateSQL keeps the status of the tenant.
const updateSQL = was + `, changed AS (
	UPDATE tenancy.tenants t SET identifier = $2::text, name = $3::text, metadata = $4::text::json,
		strategy = $5::text, schema_name = $6::text, database_url = $7::text, ` + next + `
	FROM was WHERE t.id = was.id AND was.version = $8::bigint
	RETURNING t.*
) ` + changedOrWas

// uniqueViolation is PostgreSQL's code for a key that is taken.
const uniqueViolation = "23505"

// Update stores everything about a tenant but its status and times.
func (s *Store) Update(ctx context.Context, t runtime.Tenant) (runtime.Tenant, error) {
	if err := s.valid(ctx, t); err != nil {
		return runtime.Tenant{}, err
	}
	var found []change
	err := s.write(ctx, begin, step{sql: updateSQL, args: append(fields(t), t.Version), read: changes(&found)}, commit)
	var pgErr *pgconn.PgError
	switch {
	case errors.As(err, &pgErr) && pgErr.Code == uniqueViolation:
		return runtime.Tenant{}, &runtime.ConflictError{Field: "identifier"}
	case err != nil:
		return runtime.Tenant{}, failed("Update", err)
	case len(found) == 0:
		return runtime.Tenant{}, runtime.ErrTenantNotFound
	case !found[0].done:
		return runtime.Tenant{}, runtime.ErrStaleTenant
	}
	stored, err := found[0].Tenant()
	return stored, failed("Update", err)
}

// mergeSQL puts the keys of the patch over those of the tenant. Values go over as they
// are written.
const mergeSQL = was + `, changed AS (
	UPDATE tenancy.tenants t SET metadata = (
		SELECT ('{' || coalesce(pg_catalog.string_agg(pg_catalog.to_json(k.key)::text || ':' || k.value::text, ','), '') || '}')::json
		FROM (
			SELECT old.key, old.value FROM pg_catalog.json_each(was.metadata) old
			WHERE old.key NOT IN (SELECT pg_catalog.json_object_keys($2::text::json))
			UNION ALL
			SELECT patch.key, patch.value FROM pg_catalog.json_each($2::text::json) patch
		) k
	), ` + next + `
	FROM was WHERE t.id = was.id AND pg_catalog.json_typeof(was.metadata) = 'object'
	RETURNING t.*
) ` + changedOrWas

// MergeMetadata puts the keys of patch over those that are stored. Stored metadata that
// is no object is left as it is, and an error.
func (s *Store) MergeMetadata(ctx context.Context, id string, patch runtime.Metadata) (runtime.Tenant, error) {
	if !runtime.ValidID(id) {
		return runtime.Tenant{}, s.notFound(ctx)
	}
	var found []change
	err := s.write(ctx, begin, step{sql: mergeSQL, args: []any{id, patch.JSON()}, read: changes(&found)}, commit)
	switch {
	case err != nil:
		return runtime.Tenant{}, failed("MergeMetadata", err)
	case len(found) == 0:
		return runtime.Tenant{}, runtime.ErrTenantNotFound
	}
	// What was not merged cannot be read either.
	t, err := found[0].Tenant()
	return t, failed("MergeMetadata", err)
}

// Delete forgets a tenant, but for its id, and waits as SetStatus does.
func (s *Store) Delete(ctx context.Context, id string) error {
	if !runtime.ValidID(id) {
		return s.notFound(ctx)
	}
	var deleted bool
	steps := []step{
		begin,
		// Who waits for the tenant does so before creates have to wait.
		{sql: "SELECT FROM tenancy.tenants WHERE id = $1::text FOR UPDATE", args: []any{id}},
		s.oneCreate(),
		{
			sql: `WITH gone AS (DELETE FROM tenancy.tenants WHERE id = $1::text RETURNING id)
				INSERT INTO tenancy.forgotten_tenants (id) SELECT id FROM gone ON CONFLICT DO NOTHING RETURNING id`,
			args: []any{id},
			read: func(rows pgx.Rows) error {
				deleted = rows.Next()
				return nil
			},
		},
		commit,
	}
	if err := s.write(ctx, append(steps, unfenced([]string{id})...)...); err != nil {
		return failed("Delete", err)
	}
	if !deleted {
		return runtime.ErrTenantNotFound
	}
	return nil
}
