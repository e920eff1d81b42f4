package cryptstore

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/tenancygen/tenancygen/runtime/internal/keyringtest"
)

// written is a value of the past. It has to be read for ever.
const written = "enc:1:a369f3789fd2ad71:WQoFtjuv5TMqcGDITQZo9yt6Xx0Ig0lGrFNEtx-h2Qp38NxP-QZ2JjGDoqP9tA"

func TestValueOfThePast(t *testing.T) {
	t.Parallel()
	got, _, err := open(keyringtest.Ring(t, "ba"), place{"tenant", fieldURL}, written)
	if err != nil || string(got) != "postgres://u:p@h/d" {
		t.Errorf("%q, %v", got, err)
	}
}

// TestValueIsBound is attack case 75: what was encrypted for one place is not decrypted
// at another, nor when a bit of it or the name of its key is another.
func TestValueIsBound(t *testing.T) {
	t.Parallel()
	ring := keyringtest.Ring(t, "ab")
	here := place{"acme", "metadata._enc_token"}
	text, err := seal(ring.First(), here, []byte("hunter2"))
	if err != nil {
		t.Fatal(err)
	}
	if got, _, err := open(ring, here, text); err != nil || string(got) != "hunter2" {
		t.Fatalf("%q, %v", got, err)
	}
	for _, p := range []place{
		{"globex", here.field}, {"acme", "metadata._enc_tokenx"}, {"acme", fieldURL}, {"", here.field}, {"acme", ""}, {"acmem", "etadata._enc_token"},
		{"acmemetadata._enc_token", ""}, {"ACME", here.field}, {"acme\x00", here.field},
	} {
		if got, _, err := open(ring, p, text); !errors.Is(err, ErrTampered) || got != nil {
			t.Errorf("%+v: %q, %v", p, got, err)
		}
	}
	keyID, sealed, _ := decode(text)
	for bit := range len(sealed) * 8 {
		changed := slices.Clone(sealed)
		changed[bit/8] ^= 1 << (bit % 8)
		if got, _, err := open(ring, here, encode(keyID, changed)); !errors.Is(err, ErrTampered) || got != nil {
			t.Fatalf("bit %d: %q, %v", bit, got, err)
		}
	}
	second, _ := keyringtest.Ring(t, "b").Find(keyringtest.Ring(t, "b").First().ID())
	if _, _, err := open(ring, here, encode(second.ID(), sealed)); !errors.Is(err, ErrTampered) {
		t.Error("the name of another key:", err)
	}
	if _, _, err := open(keyringtest.Ring(t, "b"), here, text); !errors.Is(err, ErrUnknownKey) {
		t.Error("a ring without the key:", err)
	}
	for _, plain := range []string{"", "hunter2", "enc::", "enc:1:", "enc:2:" + text[6:], " " + text, text + "\n", text[:len(text)-40], strings.ToUpper(text)} {
		if got, _, err := open(ring, here, plain); !errors.Is(err, ErrPlaintext) || got != nil {
			t.Errorf("%q: %q, %v", plain, got, err)
		}
	}
}

// TestValueIsNew holds that the same value is another text each time, and is no longer
// by more than is documented.
func TestValueIsNew(t *testing.T) {
	t.Parallel()
	key, seen := keyringtest.Ring(t, "a").First(), map[string]bool{}
	for range 100 {
		text, err := seal(key, place{"t", fieldURL}, []byte("same"))
		if err != nil || seen[text] || strings.Contains(text, "same") {
			t.Fatalf("%s, %v", text, err)
		}
		seen[text] = true
	}
}

// FuzzDecode holds that decode reads just what encode writes, and that whatever a value
// is, open returns it or one of the three errors, without the value in it.
func FuzzDecode(f *testing.F) {
	ring := keyringtest.Ring(f, "a")
	good, err := seal(ring.First(), place{"t", fieldURL}, []byte("secret"))
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{good, written, "", "enc::", "enc::x", prefix, prefix + strings.Repeat("0", 16) + ":", good + "=", good + "\r\n", good[:30]} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if keyID, sealed, ok := decode(text); ok && encode(keyID, sealed) != text {
			t.Errorf("%q is read as %q", text, encode(keyID, sealed))
		}
		got, _, err := open(ring, place{"t", fieldURL}, text)
		var typed *FieldError
		switch {
		case err == nil && string(got) != "secret":
			t.Errorf("%q was made up", got)
		case err != nil && (!errors.As(err, &typed) || got != nil || len(text) > 40 && strings.Contains(err.Error(), text[30:])):
			t.Errorf("%q, %v", got, err)
		}
	})
}
