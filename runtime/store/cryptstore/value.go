package cryptstore

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"strings"

	"github.com/tenancygen/tenancygen/runtime/keyring"
)

// An encrypted value is the text
//
//	enc:1:<id of the master key>:<base64url of nonce, ciphertext and tag>
//
// in which 1 is the version of all that is in this file.
const (
	prefix = "enc:1:"
	// purpose keeps these keys apart from others of the same master key.
	purpose = "tenancygen cryptstore 1"
	// keyIDLength is that of keyring.Key.ID.
	keyIDLength = 16
	keyLength   = 32 // AES-256
	overhead    = 12 + 16
)

// encoding has one text for the same bytes. Strict alone would still skip line ends.
var encoding = base64.RawURLEncoding.Strict()

// place is where a value belongs. Its text is authenticated with the value.
type place struct{ tenantID, field string }

// authenticated is the additional data of the encryption. Each part has its length in
// front, so that no two places have the same text.
func (p place) authenticated(keyID string) []byte {
	var out []byte
	for _, part := range []string{prefix, keyID, p.tenantID, p.field} {
		out = binary.BigEndian.AppendUint64(out, uint64(len(part)))
		out = append(out, part...)
	}
	return out
}

// sealer returns what encrypts a tenant's values under a master key.
func sealer(key keyring.Key, tenantID string) (cipher.AEAD, error) {
	derived, err := key.Derive(purpose, tenantID, keyLength)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// seal encrypts a value for a place. Whatever it looks like, it is encrypted.
func seal(key keyring.Key, p place, plaintext []byte) (string, error) {
	aead, err := sealer(key, p.tenantID)
	if err != nil {
		return "", err
	}
	return encode(key.ID(), aead.Seal(nil, nil, plaintext, p.authenticated(key.ID()))), nil
}

// open decrypts the value at a place. The error is a *FieldError.
func open(ring keyring.Ring, p place, text string) (plaintext []byte, keyID string, err error) {
	keyID, sealed, ok := decode(text)
	if !ok {
		return nil, "", &FieldError{Field: p.field, Err: ErrPlaintext}
	}
	key, ok := ring.Find(keyID)
	if !ok {
		return nil, "", &FieldError{Field: p.field, KeyID: keyID, Err: ErrUnknownKey}
	}
	aead, err := sealer(key, p.tenantID)
	if err != nil {
		return nil, "", err
	}
	if plaintext, err = aead.Open(nil, nil, sealed, p.authenticated(keyID)); err != nil {
		return nil, "", &FieldError{Field: p.field, KeyID: keyID, Err: ErrTampered}
	}
	return plaintext, keyID, nil
}

func encode(keyID string, sealed []byte) string {
	return prefix + keyID + ":" + encoding.EncodeToString(sealed)
}

// decode reads what encode wrote, and nothing else: what it reads, encode writes again
// byte for byte.
func decode(text string) (keyID string, sealed []byte, ok bool) {
	rest, ok := strings.CutPrefix(text, prefix)
	if !ok {
		return "", nil, false
	}
	keyID, coded, ok := strings.Cut(rest, ":")
	if !ok || len(keyID) != keyIDLength || strings.Trim(keyID, "0123456789abcdef") != "" || strings.ContainsAny(coded, "\r\n") {
		return "", nil, false
	}
	sealed, err := encoding.DecodeString(coded)
	if err != nil || len(sealed) < overhead {
		return "", nil, false
	}
	return keyID, sealed, true
}
