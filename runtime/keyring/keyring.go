// Package keyring holds an application's master keys, and derives from them the keys
// that are used: one for each purpose and tenant. A master key encrypts nothing itself,
// and nothing prints one.
//
// Derivation is HKDF-SHA256 (RFC 5869). It makes keys from a random secret and not from
// a passphrase: it is fast, so what people can remember could be guessed.
package keyring

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
)

// MinSecret is the number of bytes that the secret of a master key has at least.
const MinSecret = 32

// ErrKey is what the errors of this package wrap. They never repeat a secret.
var ErrKey = errors.New("tenancy: not a ring of master keys")

// Key is a master key. The zero Key is none, and New refuses it.
type Key struct {
	id string
	// secret is a func because package fmt prints the fields of unexported structs
	// without asking for their String methods, and of a func only its address.
	secret func() []byte
}

// NewKey returns a master key. The secret is MinSecret random bytes or more, as of
// "openssl rand 32"; it is not kept.
func NewKey(secret []byte) (Key, error) {
	if len(secret) < MinSecret {
		return Key{}, fmt.Errorf("%w: a key has %d bytes and needs %d", ErrKey, len(secret), MinSecret)
	}
	if !slices.ContainsFunc(secret, func(b byte) bool { return b != secret[0] }) {
		return Key{}, fmt.Errorf("%w: a key is one byte over and over", ErrKey)
	}
	extracted, err := hkdf.Extract(sha256.New, secret, nil)
	if err != nil {
		return Key{}, fmt.Errorf("%w: %w", ErrKey, err)
	}
	k := Key{secret: func() []byte { return extracted }}
	id, err := k.Derive("tenancygen key id", "", 8)
	if err != nil {
		return Key{}, err
	}
	k.id = hex.EncodeToString(id)
	return k, nil
}

// ParseKey is NewKey for the base64 text of a secret, as "openssl rand -base64 32"
// prints it.
func ParseKey(text string) (Key, error) {
	secret, err := base64.StdEncoding.Strict().DecodeString(strings.TrimSpace(text))
	if err != nil {
		// The decoder's message says where the text is wrong, and not what it is; nobody
		// needs even that.
		return Key{}, fmt.Errorf("%w: a key is not base64", ErrKey)
	}
	return NewKey(secret)
}

// ID returns the name of the key, 16 hexadecimal digits that follow from its secret and
// do not lead back to it. It is stored beside what the key was used for.
func (k Key) ID() string { return k.id }

// IsZero reports whether there is no key.
func (k Key) IsZero() bool { return k.secret == nil }

// Derive returns a key of length bytes for a purpose, a fixed word of the program
// without NUL, and for a tenant. It is the same each time, and another one for any other
// purpose or tenant.
func (k Key) Derive(purpose, tenantID string, length int) ([]byte, error) {
	if k.IsZero() {
		return nil, fmt.Errorf("%w: there is no key", ErrKey)
	}
	derived, err := hkdf.Expand(sha256.New, k.secret(), purpose+"\x00"+tenantID, length)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	return derived, nil
}

// String returns the name of the key.
func (k Key) String() string { return "master key " + k.id }

// GoString keeps %#v from printing more than String.
func (k Key) GoString() string { return "keyring.Key{" + k.id + "}" }

// LogValue is String for log/slog.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

// Ring is one or more master keys: the first is used for what is written, all of them
// for what is read. It does not change, and is safe for concurrent use. The zero Ring is
// none.
type Ring struct{ keys []Key }

// New returns a ring of keys, the one for writing first. The error is ErrKey when there
// is none, or the same one twice.
func New(keys ...Key) (Ring, error) {
	if len(keys) == 0 {
		return Ring{}, fmt.Errorf("%w: it has no key", ErrKey)
	}
	seen := map[string]bool{}
	for _, k := range keys {
		switch {
		case k.IsZero():
			return Ring{}, fmt.Errorf("%w: a key is empty", ErrKey)
		case seen[k.id]:
			return Ring{}, fmt.Errorf("%w: key %s is there twice", ErrKey, k.id)
		}
		seen[k.id] = true
	}
	return Ring{keys: slices.Clone(keys)}, nil
}

// IsZero reports whether the ring has no keys.
func (r Ring) IsZero() bool { return len(r.keys) == 0 }

// First returns the key for what is written; the zero Key of the zero Ring.
func (r Ring) First() Key {
	if r.IsZero() {
		return Key{}
	}
	return r.keys[0]
}

// Find returns the key with an id, and whether the ring has it.
func (r Ring) Find(id string) (Key, bool) {
	i := slices.IndexFunc(r.keys, func(k Key) bool { return k.id == id })
	if i < 0 {
		return Key{}, false
	}
	return r.keys[i], true
}
