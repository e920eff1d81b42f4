package runtime

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Identifier is the slug of a tenant: what stands in host names, paths and headers.
// It can be renamed, and nothing in the database depends on it. The zero Identifier
// is none. One that is not zero has been through ParseIdentifier, and two that look
// alike are equal.
type Identifier struct{ slug string }

// MaxIdentifier is the length of the longest identifier: that of a label in a host
// name (RFC 1035, section 2.3.4).
const MaxIdentifier = 63

// ErrIdentifier is what the errors of ParseIdentifier wrap.
var ErrIdentifier = errors.New("tenancy: not an identifier of a tenant")

// The rule is that of host name labels, lower case, with a letter first, and at least
// three characters.
var identifierRule = regexp.MustCompile(`\A[a-z][a-z0-9-]{1,61}[a-z0-9]\z`)

// reservedIdentifiers mean something to an operator, a database or a mail server, so
// that a tenant of that name would be taken for it.
var reservedIdentifiers = []string{
	"admin", "administrator", "api", "app", "assets", "auth", "autoconfig", "autodiscover", "blog", "cdn", "dashboard",
	"default", "dev", "docs", "ftp", "global", "help", "hostmaster", "imap", "information-schema", "internal", "localhost", "login",
	"mail", "master", "mysql", "null", "performance-schema", "pg-catalog", "pg-toast", "pop", "postgres", "postmaster", "public", "root",
	"shared", "smtp", "staging", "static", "status", "support", "sys", "system", "tenancy", "tenant", "test", "undefined",
	"webmail", "webmaster", "wpad", "www", "con", "prn", "aux", "nul",
}

// ParseIdentifier returns s as an identifier: 3 to 63 characters a-z, 0-9 and "-", a
// letter first, no "-" last, none that means something else ("www", "admin"), and none
// that a browser would show as other letters ("xn--…"). It changes nothing, so that a
// name has one spelling. The error is ErrIdentifier, says what is wrong, and does not
// repeat s.
func ParseIdentifier(s string) (Identifier, error) {
	switch {
	case len(s) < 3 || len(s) > MaxIdentifier:
		return Identifier{}, fmt.Errorf("%w: it needs 3 to %d characters", ErrIdentifier, MaxIdentifier)
	case !identifierRule.MatchString(s):
		return Identifier{}, fmt.Errorf("%w: only a-z, 0-9 and -, a letter first, and no - last", ErrIdentifier)
	case strings.HasPrefix(s[2:], "--"):
		// RFC 5891, section 4.2.3.1: such labels are kept for encodings.
		return Identifier{}, fmt.Errorf("%w: -- as the third and fourth characters is kept for encoded host names", ErrIdentifier)
	case slices.Contains(reservedIdentifiers, s):
		return Identifier{}, fmt.Errorf("%w: the name is reserved", ErrIdentifier)
	}
	return Identifier{slug: s}, nil
}

// MustIdentifier is ParseIdentifier for constants. It panics where that fails.
func MustIdentifier(s string) Identifier {
	id, err := ParseIdentifier(s)
	if err != nil {
		panic(err)
	}
	return id
}

// String returns the slug; empty for none.
func (i Identifier) String() string { return i.slug }

// IsZero reports whether there is none.
func (i Identifier) IsZero() bool { return i.slug == "" }

// Equal reports whether both are the same; it is ==, for packages that compare.
func (i Identifier) Equal(other Identifier) bool { return i == other }

// MarshalText returns the slug.
func (i Identifier) MarshalText() ([]byte, error) { return []byte(i.slug), nil }

// UnmarshalText is ParseIdentifier, but that an empty text is none.
func (i *Identifier) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*i = Identifier{}
		return nil
	}
	parsed, err := ParseIdentifier(string(text))
	if err != nil {
		return err
	}
	*i = parsed
	return nil
}
