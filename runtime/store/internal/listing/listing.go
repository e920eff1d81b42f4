// Package listing has what every store does in the same way when it returns many
// tenants: limits, cursors, the folding of searched texts, and the order of ids.
package listing

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tenancygen/tenancygen/runtime"
)

// The sizes of pages that nobody chose.
const (
	defaultPage   = 100
	defaultSearch = 10
)

// PageLimit returns how many tenants a page has.
func PageLimit(limit int) int { return bounded(limit, defaultPage) }

// SearchLimit returns how many tenants a search finds.
func SearchLimit(limit int) int { return bounded(limit, defaultSearch) }

func bounded(limit, unset int) int {
	if limit < 1 {
		return unset
	}
	return min(limit, runtime.MaxPage)
}

// Place is where in a list a tenant stands. Lists go from the newest to the oldest, and
// from the greatest id to the least where times are equal. The zero Place is before all.
type Place struct {
	CreatedAt time.Time
	ID        string
}

// PlaceOf returns a tenant's place.
func PlaceOf(t runtime.Tenant) Place { return Place{CreatedAt: t.CreatedAt, ID: t.ID} }

// Compare returns a number below zero when p is before other, and above when it is
// behind that.
func (p Place) Compare(other Place) int {
	if c := other.CreatedAt.Compare(p.CreatedAt); c != 0 {
		return c
	}
	return strings.Compare(other.ID, p.ID)
}

// version begins every cursor, so that a text of another kind is not taken for one.
const version = 1

// Cursor returns the cursor to what is behind p.
func (p Place) Cursor() runtime.Cursor {
	b := binary.BigEndian.AppendUint64([]byte{version}, uint64(p.CreatedAt.UnixMicro())) //nolint:gosec // taken back as it is
	return runtime.Cursor(base64.RawURLEncoding.EncodeToString(append(b, p.ID...)))
}

// Parse returns the place that a cursor leads behind; the zero Place for an empty one.
func Parse(c runtime.Cursor) (Place, error) {
	if c == "" {
		return Place{}, nil
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(string(c))
	if err != nil || len(b) < 9 || b[0] != version {
		return Place{}, fmt.Errorf("%w: it cannot be read", runtime.ErrCursor)
	}
	micros := int64(binary.BigEndian.Uint64(b[1:])) //nolint:gosec // as Cursor wrote it
	p := Place{CreatedAt: time.UnixMicro(micros).UTC(), ID: string(b[9:])}
	// A year that databases can hold.
	if !runtime.ValidID(p.ID) || p.CreatedAt.Year() < 1 || p.CreatedAt.Year() > 9999 {
		return Place{}, fmt.Errorf("%w: it leads nowhere", runtime.ErrCursor)
	}
	return p, nil
}

// Fold returns text with ASCII letters in lower case and all else as it is. What
// databases make of other letters depends on their locale.
func Fold(text string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, text)
}

// Findable returns a searched text, folded; false for one that no tenant has in it.
func Findable(text string) (string, bool) {
	if text == "" || len(text) > max(runtime.MaxName, runtime.MaxIdentifier) || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return "", false
	}
	return Fold(text), true
}

// InOrder returns tenants in the order of ids: those that are not there left out, and
// one whose id is there twice, twice.
func InOrder(ids []string, tenants []runtime.Tenant) []runtime.Tenant {
	byID := make(map[string]runtime.Tenant, len(tenants))
	for _, t := range tenants {
		byID[t.ID] = t
	}
	var out []runtime.Tenant
	for _, id := range ids {
		if t, ok := byID[id]; ok {
			out = append(out, t)
		}
	}
	return out
}
