package jwtresolver

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync/atomic"
)

// ErrKey is returned for a key that does not go with an algorithm, or is too weak.
var ErrKey = errors.New("jwtresolver: not a key for this algorithm")

// KeySet is a set of keys by their names, which can be exchanged while it is used. It is
// safe for concurrent use.
//
// For a rotation, put the new key beside the old one, let the issuer sign with the new
// one, and take the old one away when its last token has expired.
type KeySet struct {
	algorithm string
	keys      atomic.Pointer[map[string]any]
}

// NewKeySet returns a set of keys for an algorithm, by their names. The one key of an
// issuer that names none has the empty name. See CheckKey for their types.
func NewKeySet(algorithm string, keys map[string]any) (*KeySet, error) {
	s := &KeySet{algorithm: algorithm}
	if err := s.Replace(keys); err != nil {
		return nil, err
	}
	return s, nil
}

// Replace takes other keys for those that are there. On an error it takes none of them.
func (s *KeySet) Replace(keys map[string]any) error {
	for name, key := range keys {
		if !plainKeyID(name) {
			return fmt.Errorf("jwtresolver: %q is not a name for a key", name)
		}
		if err := CheckKey(s.algorithm, key); err != nil {
			return fmt.Errorf("key %q: %w", name, err)
		}
	}
	keys = maps.Clone(keys)
	s.keys.Store(&keys)
	return nil
}

// Key returns the key with a name.
func (s *KeySet) Key(kid string) (any, error) {
	key, ok := (*s.keys.Load())[kid]
	if !ok {
		return nil, errKey
	}
	return key, nil
}

// plainKeyID reports whether a name can do no harm to a function that looks it up.
func plainKeyID(kid string) bool {
	if len(kid) > 128 || strings.Contains(kid, "..") {
		return false
	}
	for i := range len(kid) {
		c := kid[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-_.~+=:@", c) >= 0) {
			return false
		}
	}
	return true
}

// keyChecks say of each algorithm whether a key is for it, and strong enough (RFC 7518,
// sections 3.2 to 3.5).
var keyChecks = map[string]func(key any) bool{
	"HS256": secret(32), "HS384": secret(48), "HS512": secret(64),
	"RS256": isRSA, "RS384": isRSA, "RS512": isRSA,
	"PS256": isRSA, "PS384": isRSA, "PS512": isRSA,
	"ES256": onCurve(elliptic.P256()), "ES384": onCurve(elliptic.P384()), "ES512": onCurve(elliptic.P521()),
	"EdDSA": func(key any) bool { k, ok := key.(ed25519.PublicKey); return ok && len(k) == ed25519.PublicKeySize },
}

func secret(size int) func(any) bool {
	return func(key any) bool { k, ok := key.([]byte); return ok && len(k) >= size }
}

func isRSA(key any) bool {
	k, ok := key.(*rsa.PublicKey)
	return ok && k != nil && k.N != nil && k.N.BitLen() >= 2048
}

func onCurve(c elliptic.Curve) func(any) bool {
	return func(key any) bool { k, ok := key.(*ecdsa.PublicKey); return ok && k != nil && k.Curve == c }
}

// CheckKey returns nil for a key that tokens of an algorithm can be verified with: a
// []byte as long as the hash for HS, an *rsa.PublicKey of 2048 bits or more for RS and
// PS, an *ecdsa.PublicKey on the curve for ES, an ed25519.PublicKey for EdDSA. So a
// public key never passes for a shared secret.
func CheckKey(algorithm string, key any) error {
	if check := keyChecks[algorithm]; check != nil && check(key) {
		return nil
	}
	return fmt.Errorf("%w: %s and %T", ErrKey, algorithm, key)
}
