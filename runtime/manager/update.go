package manager

import (
	"context"
	"errors"
	"fmt"

	"github.com/tenancygen/tenancygen/runtime"
)

// maxTries is how often an update is tried again that others were faster than.
const maxTries = 20

// Renaming is the new names of a tenant; what is empty stays.
type Renaming struct {
	Identifier runtime.Identifier
	Name       string
}

// Rename changes a tenant's identifier, its name, or both. No data moves, since nothing in
// the database depends on them; the old identifier is free at once. The errors are those
// of Update.
func (m *Manager) Rename(ctx context.Context, id string, r Renaming) (runtime.Tenant, error) {
	return m.Update(ctx, id, func(t *runtime.Tenant) error {
		if !r.Identifier.IsZero() {
			t.Identifier = r.Identifier
		}
		if r.Name != "" {
			t.Name = r.Name
		}
		return nil
	})
}

// SetMetadata replaces all of a tenant's metadata. The errors are those of Update.
func (m *Manager) SetMetadata(ctx context.Context, id string, metadata runtime.Metadata) (runtime.Tenant, error) {
	return m.Update(ctx, id, func(t *runtime.Tenant) error {
		t.Metadata = metadata
		return nil
	})
}

// MergeMetadata puts the keys of patch over those of a tenant's metadata, as one step: of
// patches that come at the same time none is lost. The errors are those of Update.
func (m *Manager) MergeMetadata(ctx context.Context, id string, patch runtime.Metadata) (runtime.Tenant, error) {
	return m.edit(ctx, id, func(t *runtime.Tenant) error {
		t.Metadata = t.Metadata.Merge(patch)
		return nil
	}, func(ctx context.Context, _ runtime.Tenant) (runtime.Tenant, error) {
		return m.store.MergeMetadata(ctx, id, patch)
	})
}

// Update changes what is stored about a tenant: change gets the tenant as it is and puts
// its wishes in. It is called again if somebody else was faster. Status, version and times
// are not its business, and stay.
//
// The errors are that of change, runtime.ErrTenantNotFound, runtime.ErrTenantInactive for
// a tenant that is deleting or deleted, ErrMoved for another strategy or schema,
// runtime.ErrInvalidTenant, runtime.ErrMetadata, runtime.ErrTenantExists,
// runtime.ErrStaleTenant when others were faster too often, ErrRefused, and ErrAudit beside
// the tenant that is stored.
func (m *Manager) Update(ctx context.Context, id string, change func(*runtime.Tenant) error) (runtime.Tenant, error) {
	return m.edit(ctx, id, change, m.store.Update)
}

// edit applies change to a tenant, sees whether the result can be stored, and has it
// stored.
func (m *Manager) edit(ctx context.Context, id string, change func(*runtime.Tenant) error, store func(context.Context, runtime.Tenant) (runtime.Tenant, error)) (runtime.Tenant, error) {
	ctx, end, err := m.begin(ctx)
	if err != nil {
		return runtime.Tenant{}, err
	}
	defer end()
	if len(m.o.Hooks) > 0 {
		_, wanted, err := m.wanted(ctx, id, change)
		if err != nil {
			return runtime.Tenant{}, err
		}
		if err := m.before(ctx, runtime.Event{Kind: runtime.EventUpdated, Tenant: wanted}); err != nil {
			return runtime.Tenant{}, err
		}
	}
	return m.run(ctx, step{kind: runtime.EventUpdated, id: id, do: func(ctx context.Context) (done, error) {
		for try := 1; ; try++ {
			old, wanted, err := m.wanted(ctx, id, change)
			if err != nil {
				return done{}, err
			}
			t, err := store(ctx, wanted)
			switch {
			case err == nil:
				return done{tenant: t, happened: true, details: changes(old, t)}, nil
			case !errors.Is(err, runtime.ErrStaleTenant) || try == maxTries || ctx.Err() != nil:
				return done{}, err
			}
		}
	}})
}

// wanted returns a tenant as it is and as change wants it.
func (m *Manager) wanted(ctx context.Context, id string, change func(*runtime.Tenant) error) (old, wanted runtime.Tenant, err error) {
	old, err = m.store.Get(ctx, id)
	if err != nil {
		return old, wanted, err
	}
	if old.Status == runtime.StatusDeleting || old.Status == runtime.StatusDeleted {
		return old, wanted, fmt.Errorf("tenancy: change tenant %q: %w", id, runtime.ErrTenantInactive)
	}
	wanted = old
	if err := change(&wanted); err != nil {
		return old, wanted, err
	}
	wanted.ID, wanted.Status, wanted.Version = old.ID, old.Status, old.Version
	wanted.CreatedAt, wanted.UpdatedAt = old.CreatedAt, old.UpdatedAt
	if wanted.Strategy != old.Strategy || wanted.SchemaName != old.SchemaName {
		return old, wanted, ErrMoved
	}
	return old, wanted, errors.Join(wanted.Validate(), m.checkLimit(wanted.Metadata))
}

// changes says in the audit what an update changed, and repeats nothing that may be
// secret.
func changes(old, now runtime.Tenant) map[string]any {
	out := map[string]any{}
	if old.Identifier != now.Identifier {
		out["identifier"] = map[string]string{"from": old.Identifier.String(), "to": now.Identifier.String()}
	}
	if old.Name != now.Name {
		out["name"] = map[string]string{"from": old.Name, "to": now.Name}
	}
	if old.Metadata != now.Metadata {
		out["metadata"] = "changed"
	}
	if old.DatabaseURL != now.DatabaseURL {
		out["database_url"] = "changed"
	}
	return out
}
