// Package keyringtest makes keys for tests.
package keyringtest

import (
	"bytes"
	"testing"

	"github.com/tenancygen/tenancygen/runtime/keyring"
)

// Ring returns a ring with a key for each letter, the same each time. The first letter
// is that of the key that new values are written with.
func Ring(t testing.TB, letters string) keyring.Ring {
	t.Helper()
	var keys []keyring.Key
	for _, l := range []byte(letters) {
		k, err := keyring.NewKey(bytes.Repeat([]byte{l, l + 1, '!'}, 11))
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, k)
	}
	r, err := keyring.New(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
