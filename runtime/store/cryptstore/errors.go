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

// FieldError says which value of a tenant cannot be used. It is the reason in a
// *runtime.CorruptError, which names the tenant.
type FieldError struct {
	// Field is "database_url", or "metadata." and the key.
	Field string
	// KeyID is the id of the master key that the value names; empty for plaintext.
	KeyID string
	// Err is ErrPlaintext, ErrUnknownKey or ErrTampered.
	Err error
}

// Error names the field and the key.
func (e *FieldError) Error() string {
	if e.KeyID == "" {
		return fmt.Sprintf("%v: %q", e.Err, e.Field)
	}
	return fmt.Sprintf("%v: %q, key %s", e.Err, e.Field, e.KeyID)
}

// Unwrap returns Err.
func (e *FieldError) Unwrap() error { return e.Err }
