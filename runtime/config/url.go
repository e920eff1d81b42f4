package config

import (
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"slices"
	"strings"
)

// URL leads to a server, mostly with a password. What is printed of it, as of a Secret,
// is scheme, host and database; the user, the password and the options never are. The
// zero URL is empty.
type URL struct{ secret Secret }

// NewURL returns text as a URL. Validate says whether it is one.
func NewURL(text string) URL { return URL{secret: NewSecret(text)} }

// Reveal returns the URL with its password.
func (u URL) Reveal() string { return u.secret.Reveal() }

// IsZero reports whether there is none.
func (u URL) IsZero() bool { return u.secret.IsZero() }

// Equal reports whether two URLs are the same text.
func (u URL) Equal(other URL) bool { return u.secret.Equal(other.secret) }

// The schemes that the fields of Config take. Others are not printed, since what stands
// before a colon in a text that is no URL can be anything.
var (
	postgresSchemes = []string{"postgres", "postgresql"}
	redisSchemes    = []string{"redis", "rediss", "unix"}
)

// scheme returns the scheme of a text that begins with one of those; empty for others.
func (u URL) scheme() string {
	scheme, _, ok := strings.Cut(u.Reveal(), "://")
	if ok && (slices.Contains(postgresSchemes, scheme) || slices.Contains(redisSchemes, scheme)) {
		return scheme
	}
	return ""
}

// String returns scheme, host and database. It returns less where a part could belong to
// a password: a password with an unescaped "/", "?" or "#" in it ends the host too early,
// and what tells is the "@" that comes after the host then.
func (u URL) String() string {
	scheme := u.scheme()
	switch {
	case u.IsZero():
		return ""
	case scheme == "":
		return mask
	}
	parsed, err := url.Parse(u.Reveal())
	_, rest, _ := strings.Cut(u.Reveal(), "://")
	authority := rest
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		authority = rest[:end]
	}
	if err != nil || strings.Contains(rest[len(authority):], "@") {
		return scheme + "://" + mask
	}
	return scheme + "://" + parsed.Host + parsed.EscapedPath()
}

// GoString is String.
func (u URL) GoString() string { return u.String() }

// Format writes String, whatever the verb.
func (u URL) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, u.String()) }

// MarshalText returns String. There is no way back from it.
func (u URL) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// UnmarshalText takes text as the URL.
func (u *URL) UnmarshalText(text []byte) error {
	*u = NewURL(string(text))
	return nil
}

// LogValue is String for log/slog.
func (u URL) LogValue() slog.Value { return slog.StringValue(u.String()) }
