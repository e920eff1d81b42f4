package cryptstore

import (
	"errors"
	"fmt"
)

// What is wrong with a stored value; a *FieldError is one of them. No error holds a
// value, encrypted or not.
var (
	// ErrPlaintext is a value that has to be encrypted and is not.
	ErrPlaintext = errors.New("tenancy: a secret is not stored encrypted")
	// ErrUnknownKey is a value that was encrypted with a master key that is not in the
	// ring.
	ErrUnknownKey = errors.New("tenancy: a secret is encrypted with a key that the ring does not have")
	// ErrTampered is a value that was changed, or taken from another tenant or field.
	ErrTampered = errors.New("tenancy: a secret is not what was encrypted for this tenant and field")
)

// FieldError says where a value is that cannot be used.
type FieldError struct {
	TenantID string
	// Field is "database_url", or "metadata." and the key.
	Field string
	// KeyID is the id of the master key that the value names; empty for plaintext.
	KeyID string
	// Err is ErrPlaintext, ErrUnknownKey or ErrTampered.
	Err error
}

// Error names tenant, field and key.
func (e *FieldError) Error() string {
	if e.KeyID == "" {
		return fmt.Sprintf("%v: %q of tenant %q", e.Err, e.Field, e.TenantID)
	}
	return fmt.Sprintf("%v: %q of tenant %q, key %s", e.Err, e.Field, e.TenantID, e.KeyID)
}

// Unwrap returns Err.
func (e *FieldError) Unwrap() error { return e.Err }
