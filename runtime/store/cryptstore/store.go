package cryptstore

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/keyring"
)

// Options are those of a Store.
type Options struct {
	// Keys are the master keys, the one for writing first. They are required.
	Keys keyring.Ring
	// AllowPlaintext passes on secrets that are not stored encrypted, where they would
	// be ErrPlaintext. It is for the time in which EncryptExisting runs while the
	// application serves, and for no other: with it, who can write to the store can give
	// a tenant any database.
	AllowPlaintext bool
}

// Store is a runtime.Store that keeps tenants in another, and their secrets encrypted. It
// is safe for concurrent use.
type Store struct {
	// below is a field of its own and not embedded: a method that stores learn later
	// must not pass secrets by.
	below runtime.Store

	ring           keyring.Ring
	allowPlaintext bool
}

var _ runtime.Store = (*Store)(nil)

// New returns a Store around another. It closes that one with itself.
func New(around runtime.Store, o Options) (*Store, error) {
	if around == nil {
		return nil, errors.New("tenancy: cryptstore: there is no store to keep tenants in")
	}
	if o.Keys.IsZero() {
		return nil, errors.New("tenancy: cryptstore: Options.Keys is required")
	}
	return &Store{below: around, ring: o.Keys, allowPlaintext: o.AllowPlaintext}, nil
}

// String names the key for writing, and nothing of the store below.
func (s *Store) String() string { return "cryptstore with " + s.ring.First().String() }

// Format writes String, whatever the verb: package fmt would print the fields.
func (s *Store) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// Init makes what the store below needs.
func (s *Store) Init(ctx context.Context) error { return s.below.Init(ctx) }

// Close closes the store below.
func (s *Store) Close() error { return s.below.Close() }

// Exists reports whether there is a tenant with an id.
func (s *Store) Exists(ctx context.Context, id string) (bool, error) { return s.below.Exists(ctx, id) }

// Count counts tenants.
func (s *Store) Count(ctx context.Context, statuses ...runtime.Status) (int, error) {
	return s.below.Count(ctx, statuses...)
}

// Delete forgets a tenant, whether its secrets can be decrypted or not.
func (s *Store) Delete(ctx context.Context, id string) error { return s.below.Delete(ctx, id) }

// Get returns a tenant, decrypted.
func (s *Store) Get(ctx context.Context, id string) (runtime.Tenant, error) {
	return s.opened(s.below.Get(ctx, id))
}

// GetByIdentifier returns a tenant, decrypted.
func (s *Store) GetByIdentifier(ctx context.Context, identifier runtime.Identifier) (runtime.Tenant, error) {
	return s.opened(s.below.GetByIdentifier(ctx, identifier))
}

// GetMany returns tenants, decrypted.
func (s *Store) GetMany(ctx context.Context, ids []string) ([]runtime.Tenant, error) {
	return s.openAll(s.below.GetMany(ctx, ids))
}

// List returns a page of tenants, decrypted.
func (s *Store) List(ctx context.Context, o runtime.ListOptions) (runtime.Page, error) {
	page, err := s.below.List(ctx, o)
	page.Tenants, err = s.openAll(page.Tenants, err)
	return page, err
}

// Search returns tenants, decrypted. It finds nothing by what is encrypted.
func (s *Store) Search(ctx context.Context, text string, limit int) ([]runtime.Tenant, error) {
	return s.openAll(s.below.Search(ctx, text, limit))
}

// Create stores a new tenant, encrypted.
func (s *Store) Create(ctx context.Context, t runtime.Tenant, quota int) (runtime.Tenant, error) {
	// The store below would see only that the ciphertext is good.
	if err := t.Validate(); err != nil {
		return runtime.Tenant{}, err
	}
	sealed, err := s.sealTenant(t)
	if err != nil {
		return runtime.Tenant{}, err
	}
	return s.opened(s.below.Create(ctx, sealed, quota))
}

// Update stores a tenant, encrypted.
func (s *Store) Update(ctx context.Context, t runtime.Tenant) (runtime.Tenant, error) {
	// The store below would see only that the ciphertext is good.
	if err := t.Validate(); err != nil {
		return runtime.Tenant{}, err
	}
	sealed, err := s.sealTenant(t)
	if err != nil {
		return runtime.Tenant{}, err
	}
	return s.opened(s.below.Update(ctx, sealed))
}

// SetStatus changes the status, which is not encrypted. Where the tenant's secrets cannot
// be decrypted, the error says so and the status has changed.
func (s *Store) SetStatus(ctx context.Context, id string, to runtime.Status, from ...runtime.Status) (runtime.Tenant, error) {
	return s.opened(s.below.SetStatus(ctx, id, to, from...))
}

// SetStatusMany changes the status of many, also of those whose secrets cannot be
// decrypted.
func (s *Store) SetStatusMany(ctx context.Context, ids []string, to runtime.Status) ([]runtime.Tenant, error) {
	return s.openAll(s.below.SetStatusMany(ctx, ids, to))
}

// MergeMetadata puts keys over those that are stored, the secrets among them encrypted.
func (s *Store) MergeMetadata(ctx context.Context, id string, patch runtime.Metadata) (runtime.Tenant, error) {
	sealed, err := s.sealMetadata(id, patch)
	if err != nil {
		return runtime.Tenant{}, err
	}
	return s.opened(s.below.MergeMetadata(ctx, id, sealed))
}

func (s *Store) opened(t runtime.Tenant, err error) (runtime.Tenant, error) {
	if err != nil {
		return runtime.Tenant{}, err
	}
	return s.openTenant(t)
}
