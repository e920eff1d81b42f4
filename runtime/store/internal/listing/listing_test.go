package listing_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/store/internal/listing"
)

// A cursor leads back to its place, and no other text leads anywhere but to an error.
func TestCursor(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := listing.Place{
			CreatedAt: time.UnixMicro(rapid.Int64Range(0, 4e15).Draw(t, "time")).UTC(),
			ID:        rapid.String().Filter(runtime.ValidID).Draw(t, "id"),
		}
		got, err := listing.Parse(p.Cursor())
		if err != nil || got != p {
			t.Fatalf("%v became %v: %v", p, got, err)
		}
		text := runtime.Cursor(rapid.String().Filter(func(s string) bool { return s != "" }).Draw(t, "text"))
		if got, err := listing.Parse(text); err == nil && got.Cursor() != text || err != nil && !errors.Is(err, runtime.ErrCursor) {
			t.Fatalf("%q leads to %v: %v", text, got, err)
		}
	})
	for _, text := range []runtime.Cursor{"x", "AQ", "AAAA", "!!", runtime.Cursor(strings.Repeat("A", 1000)), "AX__________hYQ", "AQAAAAAAAAAAAA"} {
		if _, err := listing.Parse(text); !errors.Is(err, runtime.ErrCursor) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	for limit, want := range map[int][2]int{-1: {100, 10}, 0: {100, 10}, 1: {1, 1}, 1000: {1000, 1000}, 1001: {1000, 1000}} {
		if got := [2]int{listing.PageLimit(limit), listing.SearchLimit(limit)}; got != want {
			t.Errorf("%d became %v, want %v", limit, got, want)
		}
	}
}
