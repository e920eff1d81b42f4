package runtime

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The errors that a handle returns before anything reaches the database.
var (
	// ErrNoTenant is returned where a tenant is needed and its id is empty.
	ErrNoTenant = errors.New("tenancy: no tenant")
	// ErrTenantInactive is returned for a tenant that is not active.
	ErrTenantInactive = errors.New("tenancy: tenant is not active")
)

// ErrTenantConflict is returned by an upsert whose key is taken by a row of
// another tenant. It says no more than that on purpose.
var ErrTenantConflict = errors.New("tenancy: the key is not available to this tenant")

// ErrForeignKey is returned on SQLite and MySQL where a value refers to no row of the
// tenant: to another tenant's, or to none, which look the same. The database's own error
// is in it. On PostgreSQL, and where SQLite's column is NOT NULL, the database's error is
// the violation of a constraint.
var ErrForeignKey = errors.New("tenancy: a value refers to no row of the tenant")

// Tenant is one customer of the application.
type Tenant struct {
	// ID is opaque and never changes. Its text form is what the database
	// compares with the tenant column.
	ID string
	// Identifier is the renamable slug; nothing in the database depends on it.
	Identifier Identifier
	// Name is what people call the tenant, up to MaxName bytes.
	Name string
	// Status is where the tenant is in its life; zero means active.
	Status Status
	// Metadata is what the application stores with the tenant.
	Metadata Metadata

	// What is stored about the tenant's isolation. Each wins over what a provider
	// would choose; empty leaves the choice to the provider.

	// Strategy is the tenant's tier under a hybrid provider.
	Strategy Strategy
	// SchemaName is the name of the tenant's schema, without quotes.
	SchemaName string
	// DatabaseURL leads to the tenant's database. It may hold a password, so nothing
	// prints it, and encoding/json writes "***".
	DatabaseURL string

	// What the store keeps. They are its own to set.

	// Version counts the changes of what is stored, from 1. An update has to name the
	// version that it changes, so that none is lost.
	Version int64
	// CreatedAt and UpdatedAt are UTC, in whole microseconds.
	CreatedAt, UpdatedAt time.Time
}

// The lengths, in bytes, of the longest id and name that a store takes.
const (
	MaxID   = 255
	MaxName = 255
)

// NewID returns a tenant id that nobody can guess: a random UUID (RFC 9562, version 4),
// which fits columns of type uuid and of type text.
func NewID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the program first
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// ValidID reports whether a store can hold a tenant with an id: 1 to MaxID bytes of
// UTF-8 without control characters. There is no tenant with any other.
func ValidID(id string) bool {
	return id != "" && len(id) <= MaxID && utf8.ValidString(id) && !strings.ContainsFunc(id, unicode.IsControl)
}

// ErrInvalidTenant is what the errors of Validate wrap.
var ErrInvalidTenant = errors.New("tenancy: the tenant cannot be stored")

// Validate returns nil for a tenant that a store can hold, and otherwise an error that
// names everything that is wrong with it and repeats none of its values.
func (t Tenant) Validate() error {
	var problems []string
	if !ValidID(t.ID) {
		problems = append(problems, fmt.Sprintf("the id needs 1 to %d bytes and no control characters", MaxID))
	}
	if t.Identifier.IsZero() {
		problems = append(problems, "there is no identifier")
	}
	if strings.TrimSpace(t.Name) == "" || len(t.Name) > MaxName || !utf8.ValidString(t.Name) || strings.ContainsFunc(t.Name, unicode.IsControl) {
		problems = append(problems, fmt.Sprintf("the name needs 1 to %d bytes and no control characters", MaxName))
	}
	if !t.Status.Valid() {
		problems = append(problems, "there is no such status")
	}
	if t.Strategy != "" && !t.Strategy.Valid() {
		problems = append(problems, "there is no such strategy")
	}
	for field, text := range map[string]string{"schema name": t.SchemaName, "database URL": t.DatabaseURL} {
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			problems = append(problems, "the "+field+" is no text")
		}
	}
	if problems == nil {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrInvalidTenant, strings.Join(problems, "; "))
}

// Check returns ErrNoTenant for an empty id, ErrTenantInactive for a tenant
// that is anything but active, and nil for one that may act.
func (t Tenant) Check() error {
	switch {
	case t.ID == "":
		return ErrNoTenant
	case t.Status != "" && t.Status != StatusActive:
		return ErrTenantInactive
	}
	return nil
}

// CheckAs is Check, and returns an error that wraps ErrTenantID for an id that is not of
// the form.
func (t Tenant) CheckAs(ids IDForm) error {
	if err := t.Check(); err != nil {
		return err
	}
	return ids.Check(t.ID)
}
