package sqlstore

import (
	"context"
	"slices"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/store/internal/listing"
	"github.com/tenancygen/tenancygen/runtime/store/internal/record"
)

// Get returns the tenant with an id.
func (s *Store) Get(ctx context.Context, id string) (runtime.Tenant, error) {
	if !runtime.ValidID(id) {
		return runtime.Tenant{}, s.notFound(ctx)
	}
	return s.get(ctx, "Get", "id = ?", id)
}

// GetByIdentifier returns the tenant that has an identifier now.
func (s *Store) GetByIdentifier(ctx context.Context, identifier runtime.Identifier) (runtime.Tenant, error) {
	if identifier.IsZero() {
		return runtime.Tenant{}, s.notFound(ctx)
	}
	return s.get(ctx, "GetByIdentifier", "live_identifier = ?", identifier.String())
}

// notFound is the answer to a question that need not be asked.
func (s *Store) notFound(ctx context.Context) error {
	if err := s.Open(ctx); err != nil {
		return err
	}
	return runtime.ErrTenantNotFound
}

// get reads one tenant.
func (s *Store) get(ctx context.Context, operation, where, arg string) (runtime.Tenant, error) {
	read, err := s.rows(ctx, selectSQL+where, arg)
	switch {
	case err != nil:
		return runtime.Tenant{}, s.Failed(operation, err)
	case len(read) == 0:
		return runtime.Tenant{}, runtime.ErrTenantNotFound
	}
	t, err := read[0].Tenant()
	return t, s.Failed(operation, err)
}

// GetMany returns tenants in the order of ids.
func (s *Store) GetMany(ctx context.Context, ids []string) ([]runtime.Tenant, error) {
	if err := s.Open(ctx); err != nil {
		return nil, err
	}
	var read []record.Row
	for part := range slices.Chunk(askable(ids), atOnce) {
		rows, err := s.rows(ctx, selectSQL+"id IN "+in(len(part)), anys(part)...)
		if err != nil {
			return nil, s.Failed("GetMany", err)
		}
		read = append(read, rows...)
	}
	out, err := record.Tenants(read)
	return listing.InOrder(ids, out), s.Failed("GetMany", err)
}

// Exists reports whether there is a tenant with an id.
func (s *Store) Exists(ctx context.Context, id string) (bool, error) {
	if err := s.Open(ctx); err != nil || !runtime.ValidID(id) {
		return false, err
	}
	found, err := one[bool](ctx, s, s.db, "SELECT EXISTS (SELECT 1 FROM tenancy_tenants WHERE id = ?)", id)
	return found, s.Failed("Exists", s.Safe(ctx, err))
}

// Count returns how many tenants have one of the statuses.
func (s *Store) Count(ctx context.Context, statuses ...runtime.Status) (int, error) {
	if err := s.Open(ctx); err != nil {
		return 0, err
	}
	where, args := ofStatus(statuses)
	n, err := one[int](ctx, s, s.db, "SELECT count(*) FROM tenancy_tenants WHERE "+where, args...)
	return n, s.Failed("Count", s.Safe(ctx, err))
}

// ofStatus returns the condition that a tenant has one of the statuses.
func ofStatus(statuses []runtime.Status) (string, []any) {
	if len(statuses) == 0 {
		return "1 = 1", nil
	}
	return "status IN " + in(len(statuses)), anys(texts(statuses))
}

// List returns a page of tenants, the newest first. A row that cannot be read has its
// place in the page.
func (s *Store) List(ctx context.Context, o runtime.ListOptions) (runtime.Page, error) {
	after, err := listing.Parse(o.After)
	if err != nil {
		return runtime.Page{}, err
	}
	where, args := ofStatus(o.Statuses)
	if o.After != "" {
		// The first condition is the one that an index is searched by.
		where += " AND created_at <= ? AND (created_at < ? OR id < ?)"
		args = append(args, after.CreatedAt.UnixMicro(), after.CreatedAt.UnixMicro(), after.ID)
	}
	limit := listing.PageLimit(o.Limit)
	read, err := s.rows(ctx, selectSQL+where+" ORDER BY created_at DESC, id DESC LIMIT ?", append(args, limit+1)...)
	if err != nil {
		return runtime.Page{}, s.Failed("List", err)
	}
	var page runtime.Page
	if len(read) > limit {
		read = read[:limit]
		last := read[limit-1]
		page.Next = listing.Place{CreatedAt: last.CreatedAt, ID: last.ID}.Cursor()
	}
	page.Tenants, err = record.Tenants(read)
	return page, s.Failed("List", err)
}

// searchSQL looks into names as Go has folded them: what an engine takes for the lower
// case of a letter depends on collations and extensions. instr knows no wildcards.
const searchSQL = selectSQL + `status <> 'deleted' AND (instr(identifier, ?) > 0 OR instr(folded_name, ?) > 0)
	ORDER BY CASE WHEN identifier = ? THEN 0 WHEN instr(identifier, ?) = 1 THEN 1 ELSE 2 END, identifier LIMIT ?`

// Search returns tenants whose identifier or name has text in it.
func (s *Store) Search(ctx context.Context, text string, limit int) ([]runtime.Tenant, error) {
	text, ok := listing.Findable(text)
	if !ok {
		return nil, s.Open(ctx)
	}
	read, err := s.rows(ctx, searchSQL, text, text, text, text, listing.SearchLimit(limit))
	if err != nil {
		return nil, s.Failed("Search", err)
	}
	out, err := record.Tenants(read)
	return out, s.Failed("Search", err)
}
