package pgstore

import (
	"context"
	"strings"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/store/internal/listing"
	"github.com/tenancygen/tenancygen/runtime/store/internal/record"
)

// Get returns the tenant with an id.
func (s *Store) Get(ctx context.Context, id string) (runtime.Tenant, error) {
	if !runtime.ValidID(id) {
		return runtime.Tenant{}, s.notFound(ctx)
	}
	return s.get(ctx, "Get", "SELECT "+columns+" FROM tenancy.tenants WHERE id = $1::text", id)
}

// GetByIdentifier returns the tenant that has an identifier now.
func (s *Store) GetByIdentifier(ctx context.Context, identifier runtime.Identifier) (runtime.Tenant, error) {
	if identifier.IsZero() {
		return runtime.Tenant{}, s.notFound(ctx)
	}
	return s.get(ctx, "GetByIdentifier", "SELECT "+columns+" FROM tenancy.tenants WHERE identifier = $1::text AND status <> 'deleted'", identifier.String())
}

// notFound is the answer to a question that need not be asked.
func (s *Store) notFound(ctx context.Context) error {
	if err := s.open(ctx); err != nil {
		return err
	}
	return runtime.ErrTenantNotFound
}

// get reads one tenant.
func (s *Store) get(ctx context.Context, operation, sql string, args ...any) (runtime.Tenant, error) {
	read, err := s.rows(ctx, sql, args...)
	switch {
	case err != nil:
		return runtime.Tenant{}, failed(operation, err)
	case len(read) == 0:
		return runtime.Tenant{}, runtime.ErrTenantNotFound
	}
	t, err := read[0].Tenant()
	return t, failed(operation, err)
}

// rows reads rows of the table.
func (s *Store) rows(ctx context.Context, sql string, args ...any) ([]record.Row, error) {
	rows, err := s.query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return collect(rows)
}

// GetMany returns tenants in the order of ids.
func (s *Store) GetMany(ctx context.Context, ids []string) ([]runtime.Tenant, error) {
	read, err := s.rows(ctx, "SELECT "+columns+" FROM tenancy.tenants WHERE id = ANY ($1::text[])", askable(ids))
	if err != nil {
		return nil, failed("GetMany", err)
	}
	out, err := record.Tenants(read)
	return listing.InOrder(ids, out), failed("GetMany", err)
}

// askable are the ids that a tenant could have. The others, PostgreSQL may refuse.
func askable(ids []string) []string {
	out := make([]string, 0, len(ids))
	for _, id := range ids {
		if runtime.ValidID(id) {
			out = append(out, id)
		}
	}
	return out
}

// Exists reports whether there is a tenant with an id.
func (s *Store) Exists(ctx context.Context, id string) (found bool, err error) {
	if !runtime.ValidID(id) {
		return false, s.open(ctx)
	}
	err = s.one(ctx, &found, "SELECT EXISTS (SELECT FROM tenancy.tenants WHERE id = $1::text)", id)
	return found, failed("Exists", err)
}

// Count returns how many tenants have one of the statuses.
func (s *Store) Count(ctx context.Context, statuses ...runtime.Status) (int, error) {
	var n int64
	where, args := ofStatus(statuses, nil)
	err := s.one(ctx, &n, "SELECT pg_catalog.count(*) FROM tenancy.tenants WHERE "+where, args...)
	return int(n), failed("Count", err)
}

// ofStatus returns the condition that a tenant has one of the statuses. There are texts
// for none, one and many, since the index for one is of no use to a text for all.
func ofStatus(statuses []runtime.Status, args []any) (string, []any) {
	switch len(statuses) {
	case 0:
		return "true", args
	case 1:
		return "status = $1::text", append(args, texts(statuses)[0])
	}
	return "status = ANY ($1::text[])", append(args, texts(statuses))
}

// texts returns statuses as text that PostgreSQL can take.
func texts(statuses []runtime.Status) []string {
	out := make([]string, len(statuses))
	for i, status := range statuses {
		if status.Valid() {
			out[i] = string(status)
		}
	}
	return out
}

// List returns a page of tenants, the newest first. A row that cannot be read has its
// place in the page.
func (s *Store) List(ctx context.Context, o runtime.ListOptions) (runtime.Page, error) {
	after, err := listing.Parse(o.After)
	if err != nil {
		return runtime.Page{}, err
	}
	where, args := ofStatus(o.Statuses, nil)
	behind := "true"
	if o.After != "" {
		behind = "(created_at, id) < (" + place(&args, after.CreatedAt, "timestamptz") + ", " + place(&args, after.ID, "text") + ")"
	}
	limit := listing.PageLimit(o.Limit)
	read, err := s.rows(ctx, "SELECT "+columns+" FROM tenancy.tenants WHERE "+where+" AND "+behind+
		" ORDER BY created_at DESC, id DESC LIMIT "+place(&args, int64(limit+1), "bigint"), args...)
	if err != nil {
		return runtime.Page{}, failed("List", err)
	}
	var page runtime.Page
	if len(read) > limit {
		read = read[:limit]
		last := read[limit-1]
		page.Next = listing.Place{CreatedAt: last.CreatedAt, ID: last.ID}.Cursor()
	}
	page.Tenants, err = record.Tenants(read)
	return page, failed("List", err)
}

// place adds an argument and returns what stands for it.
func place(args *[]any, value any, sqlType string) string {
	*args = append(*args, value)
	return "$" + string(rune('0'+len(*args))) + "::" + sqlType
}

// searchSQL folds ASCII letters alone: lower does so under the collation of bytes. An
// index of pg_trgm on the two expressions can serve it: see docs/stores.md.
const searchSQL = "SELECT " + columns + ` FROM tenancy.tenants
	WHERE status <> 'deleted'
	  AND (identifier LIKE $1::text OR pg_catalog.lower(name COLLATE "C") LIKE $1::text)
	ORDER BY CASE WHEN identifier = $2::text THEN 0 WHEN identifier LIKE $3::text THEN 1 ELSE 2 END, identifier
	LIMIT $4::bigint`

// likeLiteral makes a text a LIKE pattern for itself.
var likeLiteral = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// Search returns tenants whose identifier or name has text in it.
func (s *Store) Search(ctx context.Context, text string, limit int) ([]runtime.Tenant, error) {
	text, ok := listing.Findable(text)
	if !ok {
		return nil, s.open(ctx)
	}
	literal := likeLiteral.Replace(text)
	read, err := s.rows(ctx, searchSQL, "%"+literal+"%", text, literal+"%", int64(listing.SearchLimit(limit)))
	if err != nil {
		return nil, failed("Search", err)
	}
	out, err := record.Tenants(read)
	return out, failed("Search", err)
}
