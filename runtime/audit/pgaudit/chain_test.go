package pgaudit

import (
	"bytes"
	"encoding/hex"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tenancygen/tenancygen/runtime/internal/keyringtest"
	"github.com/tenancygen/tenancygen/runtime/keyring"
)

// TestHashOfThePast pins what an entry hashes to: with another encoding, every chain that
// was ever written would look as if somebody had changed it.
func TestHashOfThePast(t *testing.T) {
	t.Parallel()
	key := keyringtest.Ring(t, "a").First()
	r := row{
		tenantID: "acme", seq: 7, at: time.UnixMicro(1_795_377_600_123_456).UTC(), user: "u1", action: "invoice.delete", resource: "invoice",
		resourceID: "9", metadata: `{"a":1}`, clientIP: "203.0.113.7", userAgent: "curl/8", previous: Hash{1, 2, 3},
	}
	keyed := r
	keyed.keyID = key.ID()
	for _, c := range []struct {
		row  row
		key  keyring.Key
		want string
	}{{r, keyring.Key{}, "7504bf9e0294b6788e8c136cf7356d236fd22534afb7c868457e7c63755ff7f4"}, {keyed, key, "ac154bc426b26a13d46905839ef6c73f0cc34c6839371040c61706bd7904dbf8"}} {
		got, err := c.row.hash(c.key)
		if err != nil || hex.EncodeToString(got[:]) != c.want {
			t.Errorf("%x, %v", got, err)
		}
	}
}

// TestEncodeIsInjective holds that two rows that differ in any column are different texts:
// nothing moves from one column to the next unseen.
func TestEncodeIsInjective(t *testing.T) {
	t.Parallel()
	text := rapid.SampledFrom([]string{"", "a", "aa", "b", "ab", "\x00", "\x00\x00\x00\x00\x00\x00\x00\x01", "\x00\x00\x00\x00\x00\x00\x00\x01a"})
	draw := rapid.Custom(func(rt *rapid.T) row {
		return row{
			tenantID: text.Draw(rt, "tenant"), seq: rapid.Int64Range(0, 2).Draw(rt, "seq"), at: time.UnixMicro(rapid.Int64Range(0, 2).Draw(rt, "at")).UTC(),
			user: text.Draw(rt, "user"), action: text.Draw(rt, "action"), resource: text.Draw(rt, "resource"), resourceID: text.Draw(rt, "id"),
			metadata: text.Draw(rt, "metadata"), clientIP: text.Draw(rt, "ip"), userAgent: text.Draw(rt, "agent"), keyID: text.Draw(rt, "key"),
			previous: Hash{byte(rapid.IntRange(0, 1).Draw(rt, "previous"))},
		}
	})
	rapid.Check(t, func(rt *rapid.T) {
		a, b := draw.Draw(rt, "a"), draw.Draw(rt, "b")
		if bytes.Equal(a.encode(), b.encode()) != (a == b) {
			rt.Fatalf("%+v and %+v", a, b)
		}
	})
}
