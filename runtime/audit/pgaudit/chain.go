package pgaudit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/tenancygen/tenancygen/runtime/keyring"
)

// Hash is what an entry is chained with.
type Hash [sha256.Size]byte

// Head is the last entry of a tenant: how many there are, and what it hashes to. The
// zero Head is that of a tenant without entries.
type Head struct {
	Seq  int64
	Hash Hash
}

// String returns the head as it can be kept elsewhere; ParseHead reads it.
func (h Head) String() string {
	return strconv.FormatInt(h.Seq, 10) + ":" + hex.EncodeToString(h.Hash[:])
}

// ErrHead is returned by ParseHead.
var ErrHead = errors.New("tenancy: audit: not the head of a chain")

// ParseHead reads what Head.String wrote.
func ParseHead(text string) (Head, error) {
	count, sum, ok := strings.Cut(text, ":")
	seq, err := strconv.ParseInt(count, 10, 64)
	hash, hexErr := hex.DecodeString(sum)
	if !ok || err != nil || hexErr != nil || seq < 0 || len(hash) != sha256.Size {
		return Head{}, ErrHead
	}
	return Head{Seq: seq, Hash: Hash(hash)}, nil
}

// version and purpose begin what is hashed, and the derivation of the key. They change
// together with encode.
const version = "tenancygen audit 1"

// row is an entry as the table has it.
type row struct {
	tenantID                             string
	seq                                  int64
	at                                   time.Time
	user, action, resource, resourceID   string
	metadata, clientIP, userAgent, keyID string
	previous                             Hash
}

// encode returns every column but the hash, each with its length in front, so that no
// two rows are the same text.
func (r row) encode() []byte {
	number := func(n int64) string { return string(binary.BigEndian.AppendUint64(nil, uint64(n))) } //nolint:gosec // the same bits
	var out []byte
	for _, part := range []string{
		version, r.keyID, string(r.previous[:]), number(r.seq), r.tenantID, number(r.at.UnixMicro()),
		r.user, r.action, r.resource, r.resourceID, r.metadata, r.clientIP, r.userAgent,
	} {
		out = binary.BigEndian.AppendUint64(out, uint64(len(part)))
		out = append(out, part...)
	}
	return out
}

// hash returns the row's hash under the key that it names; the zero Key for none.
func (r row) hash(key keyring.Key) (Hash, error) {
	if key.IsZero() {
		return sha256.Sum256(r.encode()), nil
	}
	derived, err := key.Derive(version, r.tenantID, sha256.Size)
	if err != nil {
		return Hash{}, err
	}
	mac := hmac.New(sha256.New, derived)
	_, _ = mac.Write(r.encode()) // never fails
	return Hash(mac.Sum(nil)), nil
}
