package keyring_test

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/tenancygen/tenancygen/runtime/keyring"
)

func secret(of byte) []byte { return bytes.Repeat([]byte{of, of + 1}, 16) }

func key(t *testing.T, of byte) keyring.Key {
	t.Helper()
	k, err := keyring.NewKey(secret(of))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestNewKey(t *testing.T) {
	t.Parallel()
	for name, bad := range map[string][]byte{
		"nothing": nil, "31 bytes": secret(1)[:31], "zeros": make([]byte, 32), "one byte": bytes.Repeat([]byte{'k'}, 64),
	} {
		if k, err := keyring.NewKey(bad); !errors.Is(err, keyring.ErrKey) || !k.IsZero() {
			t.Errorf("%s: %v, %v", name, k, err)
		}
	}
	parsed, err := keyring.ParseKey(base64.StdEncoding.EncodeToString(secret(1)) + "\n")
	if err != nil || parsed.ID() != key(t, 1).ID() {
		t.Errorf("%v, %v", parsed, err)
	}
	for _, bad := range []string{"", "hunter2", strings.Repeat("k", 31), "éé"} {
		if _, err := keyring.ParseKey(bad); !errors.Is(err, keyring.ErrKey) || bad != "" && strings.Contains(err.Error(), bad) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// TestDerive holds that keys differ in purpose, tenant and master key, and in nothing
// else; and one of them, so that a change that would lock all users out is seen.
func TestDerive(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, k := range []keyring.Key{key(t, 1), key(t, 3)} {
		for _, purpose := range []string{"a", "b", "ab"} {
			for _, tenant := range []string{"", "a", "b", "\x00a"} {
				got, err := k.Derive(purpose, tenant, 32)
				if err != nil || len(got) != 32 {
					t.Fatal(err)
				}
				from := fmt.Sprintf("%s %q %q", k.ID(), purpose, tenant)
				if other, ok := seen[string(got)]; ok {
					t.Errorf("%s is %s", from, other)
				}
				seen[string(got)] = from
				if again, _ := k.Derive(purpose, tenant, 32); !bytes.Equal(got, again) {
					t.Errorf("%s: another key the second time", from)
				}
			}
		}
	}
	got, err := key(t, 1).Derive("purpose", "tenant", 16)
	if err != nil {
		t.Fatal(err)
	}
	if text := key(t, 1).ID() + " " + hex.EncodeToString(got); text != "0a957931a2c61b21 c49733b0c79cb949a33adacff565ccbb" {
		t.Errorf("what was written before cannot be read any more: %s", text)
	}
	if _, err := (keyring.Key{}).Derive("purpose", "tenant", 16); !errors.Is(err, keyring.ErrKey) {
		t.Error("no key derives:", err)
	}
}

func TestRing(t *testing.T) {
	t.Parallel()
	one, two := key(t, 1), key(t, 3)
	for name, bad := range map[string][]keyring.Key{"none": {}, "an empty one": {one, {}}, "one twice": {one, two, one}} {
		if r, err := keyring.New(bad...); !errors.Is(err, keyring.ErrKey) || !r.IsZero() || !r.First().IsZero() {
			t.Errorf("%s: %v, %v", name, r, err)
		}
	}
	keys := []keyring.Key{one, two}
	r, err := keyring.New(keys...)
	if err != nil {
		t.Fatal(err)
	}
	keys[0] = two
	if r.First().ID() != one.ID() {
		t.Error("the ring is the caller's slice")
	}
	if found, ok := r.Find(two.ID()); !ok || found.ID() != two.ID() {
		t.Error("the second is not found")
	}
	if _, ok := r.Find("other"); ok {
		t.Error("a key that is not there is found")
	}
}

// TestW30NothingPrintsAKey is regression W30 for keys: no verb, no logger, and no
// struct around them prints a secret, or what was made of it.
func TestW30NothingPrintsAKey(t *testing.T) {
	t.Parallel()
	const canary = "0123456789abcdefCANARYfedcba9876543210"
	k, err := keyring.NewKey([]byte(canary))
	if err != nil {
		t.Fatal(err)
	}
	r, err := keyring.New(k)
	if err != nil {
		t.Fatal(err)
	}
	type around struct {
		Key  keyring.Key
		key  keyring.Key
		ring keyring.Ring
		ptr  *keyring.Ring
	}
	extracted, err := hkdf.Extract(sha256.New, []byte(canary), nil)
	if err != nil {
		t.Fatal(err)
	}
	var printed strings.Builder
	for _, value := range []any{k, &k, r, &r, []keyring.Key{k}, map[string]keyring.Key{"k": k}, around{k, k, r, &r}, &around{k, k, r, &r}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%X"} {
			fmt.Fprintf(&printed, verb+"\n", value)
		}
		text, _ := json.Marshal(value)
		printed.Write(text)
		slog.New(slog.NewTextHandler(&printed, nil)).Info("m", "value", value)
		slog.New(slog.NewJSONHandler(&printed, nil)).Info("m", "value", value)
	}
	forms := func(secret string) []string {
		return []string{secret, hex.EncodeToString([]byte(secret)), strings.ToUpper(hex.EncodeToString([]byte(secret))),
			strings.Trim(fmt.Sprint([]byte(secret)), "[]"), base64.StdEncoding.EncodeToString([]byte(secret))}
	}
	for _, form := range slices.Concat(forms(canary), forms(string(extracted))) {
		if strings.Contains(printed.String(), form[:len(form)/2]) {
			t.Errorf("the secret is printed as %q", form)
		}
	}
	// Control: a struct with the bytes in it is caught.
	if !strings.Contains(fmt.Sprintf("%v", struct{ secret []byte }{[]byte(canary)}), strings.Trim(fmt.Sprint([]byte(canary)), "[]")) {
		t.Error("the test would not see a secret")
	}
}
