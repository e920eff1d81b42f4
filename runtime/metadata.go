package runtime

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Metadata is what an application stores with a tenant: a JSON object. It never
// changes, so that caches and goroutines can share it, and two are equal with == when
// they hold the same text. The zero Metadata is the empty object.
//
// The value of a key that begins with SecretPrefix is a secret: it is never printed, and
// the manager encrypts it before it is stored.
type Metadata struct{ object string }

// SecretPrefix begins the keys of metadata whose values are secrets.
const SecretPrefix = "_enc_"

// ErrMetadata is returned, wrapped with the reason, for what is not a JSON object.
var ErrMetadata = errors.New("tenancy: metadata has to be a JSON object")

// NewMetadata returns values as metadata. The error is ErrMetadata for values that JSON
// cannot hold.
func NewMetadata(values map[string]any) (Metadata, error) {
	if len(values) == 0 {
		return Metadata{}, nil
	}
	text, err := json.Marshal(values)
	if err != nil {
		return Metadata{}, fmt.Errorf("%w: %w", ErrMetadata, err)
	}
	return ParseMetadata(text)
}

// ParseMetadata returns the JSON object in text. The error is ErrMetadata for any other
// text, also an empty one: stored metadata that cannot be read is not empty metadata.
// It is ErrMetadata, too, for strings that not every database can hold: those with the
// character U+0000, with half a surrogate pair, or with bytes that are not UTF-8.
func ParseMetadata(text []byte) (Metadata, error) {
	if err := checkStrings(text); err != nil {
		return Metadata{}, err
	}
	if trimmed := bytes.TrimSpace(text); len(trimmed) == 0 || trimmed[0] != '{' {
		return Metadata{}, fmt.Errorf("%w: it begins with something else", ErrMetadata)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		// The parser's message repeats what it read, which may be a secret.
		return Metadata{}, fmt.Errorf("%w: it cannot be read", ErrMetadata)
	}
	return ofFields(fields)
}

// ofFields writes keys in order, so that the same values are the same text.
func ofFields(fields map[string]json.RawMessage) (Metadata, error) {
	if len(fields) == 0 {
		return Metadata{}, nil
	}
	text, err := json.Marshal(fields)
	if err != nil {
		return Metadata{}, fmt.Errorf("%w: %w", ErrMetadata, err)
	}
	if err := checkStrings(text); err != nil {
		return Metadata{}, err
	}
	return Metadata{object: string(text)}, nil
}

// checkStrings returns an error for characters that not every database can hold. Where
// text is JSON, a backslash is in a string and begins an escape.
func checkStrings(text []byte) error {
	if !utf8.Valid(text) {
		return fmt.Errorf("%w: it is not UTF-8", ErrMetadata)
	}
	for i := bytes.IndexByte(text, '\\'); i >= 0 && i+1 < len(text); {
		next := i + 2
		if text[i+1] == 'u' {
			r, size := escaped(text[i:]), 6
			if utf16.IsSurrogate(r) {
				r, size = utf16.DecodeRune(r, escaped(text[i+6:])), 12
			}
			if r == 0 || r == utf8.RuneError && size == 12 {
				return fmt.Errorf("%w: a string has a character that cannot be stored", ErrMetadata)
			}
			next = i + size
		}
		if next >= len(text) {
			return nil
		}
		found := bytes.IndexByte(text[next:], '\\')
		if found < 0 {
			return nil
		}
		i = next + found
	}
	return nil
}

// escaped returns the character of the \uXXXX that text begins with; -1 for another
// text, which the parser refuses, or which is no half of a pair.
func escaped(text []byte) rune {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return -1
	}
	r, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	if err != nil {
		return -1
	}
	return rune(r)
}

// fields returns the values by key; the caller may change the map.
func (m Metadata) fields() map[string]json.RawMessage {
	out := map[string]json.RawMessage{}
	if m.object != "" {
		// It was read or written before, so it can be read.
		_ = json.Unmarshal([]byte(m.object), &out)
	}
	return out
}

// Keys returns the keys in order.
func (m Metadata) Keys() []string { return slices.Sorted(maps.Keys(m.fields())) }

// Get reads the value of a key into the value that into points to, as json.Unmarshal
// does, and reports whether the key is there.
func (m Metadata) Get(key string, into any) (bool, error) {
	value, ok := m.fields()[key]
	if !ok {
		return false, nil
	}
	if err := json.Unmarshal(value, into); err != nil {
		return true, fmt.Errorf("%w: the value of %q has another type", ErrMetadata, key)
	}
	return true, nil
}

// Decode reads the whole object into the struct or map that into points to, as
// json.Unmarshal does. The error is ErrMetadata and repeats no value.
func (m Metadata) Decode(into any) error {
	if err := json.Unmarshal([]byte(m.JSON()), into); err != nil {
		return fmt.Errorf("%w: a value has another type", ErrMetadata)
	}
	return nil
}

// Merge returns m with the keys of patch put over its own. It is shallow: a value is
// replaced as a whole, and null is a value.
func (m Metadata) Merge(patch Metadata) Metadata {
	fields := m.fields()
	maps.Copy(fields, patch.fields())
	out, err := ofFields(fields)
	if err != nil {
		panic(err) // both were metadata before
	}
	return out
}

// Map returns m with each value that change returns another for. A nil value removes
// the key. It is for stores that keep values in another form, such as encrypted.
func (m Metadata) Map(change func(key string, value json.RawMessage) (json.RawMessage, error)) (Metadata, error) {
	fields := m.fields()
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		value, err := change(key, fields[key])
		if err != nil {
			return Metadata{}, err
		}
		if value == nil {
			delete(fields, key)
			continue
		}
		fields[key] = value
	}
	return ofFields(fields)
}

// JSON returns the object with everything in it, also the secrets.
func (m Metadata) JSON() string {
	if m.object == "" {
		return "{}"
	}
	return m.object
}

// String returns the object for logs: secrets are "***".
func (m Metadata) String() string {
	masked, err := m.Map(func(key string, value json.RawMessage) (json.RawMessage, error) {
		if strings.HasPrefix(key, SecretPrefix) {
			return json.RawMessage(`"` + mask + `"`), nil
		}
		return value, nil
	})
	if err != nil {
		return "{}"
	}
	return masked.JSON()
}

// GoString keeps %#v from printing what String leaves out.
func (m Metadata) GoString() string { return "runtime.Metadata{" + m.String() + "}" }

// Format writes String, or GoString, whatever the verb.
func (m Metadata) Format(f fmt.State, verb rune) { masked(f, verb, m) }

// LogValue is String for log/slog.
func (m Metadata) LogValue() slog.Value { return slog.StringValue(m.String()) }

// Equal reports whether both are the same text; it is ==, for packages that compare.
func (m Metadata) Equal(other Metadata) bool { return m == other }

// MarshalJSON returns String(): secrets are "***". JSON has all of it.
func (m Metadata) MarshalJSON() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalJSON is ParseMetadata.
func (m *Metadata) UnmarshalJSON(text []byte) error {
	parsed, err := ParseMetadata(text)
	if err != nil {
		return err
	}
	*m = parsed
	return nil
}
