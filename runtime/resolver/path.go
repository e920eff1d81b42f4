package resolver

import (
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/tenancygen/tenancygen/runtime"
)

// DefaultPrefix is what a Path looks for when its options name no prefix.
const DefaultPrefix = "/tenants"

// PathOptions are those of a Path.
type PathOptions struct {
	// Prefix is the path in front of the tenant, such as "/tenants"; empty means
	// DefaultPrefix, and "/" that the tenant is the first segment.
	Prefix string
	// Form says what the segment holds; zero means the identifier.
	Form Form
}

// Path is a Resolver that reads the segment of the path behind a prefix.
type Path struct {
	prefix string // ends in a slash
	form   Form
}

// NewPath returns a Path. It fails for a prefix that no request can have.
func NewPath(o PathOptions) (*Path, error) {
	if o.Prefix == "" {
		o.Prefix = DefaultPrefix
	}
	prefix := strings.TrimSuffix(o.Prefix, "/") + "/"
	switch {
	case !o.Form.Valid():
		return nil, errForm
	case !plainPath(prefix) || strings.Contains(prefix, "%"):
		return nil, fmt.Errorf("resolver: %q is not a prefix of paths: it begins with a slash and has whole, plain segments", o.Prefix)
	}
	return &Path{prefix: prefix, form: o.Form}, nil
}

// Resolve returns the segment behind the prefix. Case matters, as it does to routers. A
// path that two programs could read in two ways is refused, wherever in it that is:
// empty segments, "." and "..", backslashes, ";", bytes that are not UTF-8, control
// characters, and escapes for any of those, for a slash, or for a percent sign. In the prefix and the tenant there is no escape at all.
func (p *Path) Resolve(r *http.Request) (runtime.Reference, error) {
	segment, _, err := p.split(r.URL)
	if err != nil {
		return runtime.Reference{}, err
	}
	return p.form.Parse(segment, "path")
}

// split returns the tenant's segment and what is behind it, escaped as it is.
func (p *Path) split(u *url.URL) (segment, remainder string, err error) {
	escaped := u.EscapedPath()
	if u.Opaque != "" || escaped == "*" || escaped == "" {
		return "", "", ErrAbsent
	}
	if !plainPath(escaped) || !utf8.ValidString(u.Path) {
		return "", "", malformed("the path can be read in two ways")
	}
	rest, ok := strings.CutPrefix(escaped, p.prefix)
	if !ok {
		if strings.HasPrefix(u.Path, p.prefix) {
			return "", "", malformed("the prefix of the path is escaped")
		}
		return "", "", ErrAbsent
	}
	segment, remainder, _ = strings.Cut(rest, "/")
	return segment, "/" + remainder, nil
}

// plainPath reports whether an escaped path has one meaning, so that it is what every
// router takes it for: it begins with a slash, is clean, and stays so unescaped.
func plainPath(escaped string) bool {
	for i := range len(escaped) {
		switch c := escaped[i]; {
		case c == '\\' || c == ';' || c < 0x20 || c == 0x7f:
			return false
		case c == '%' && i+2 < len(escaped):
			switch strings.ToLower(escaped[i+1 : i+3]) {
			case "2f", "5c", "2e", "25", "3b", "7f":
				return false
			}
			if hi := escaped[i+1]; hi == '0' || hi == '1' {
				return false
			}
		}
	}
	clean := path.Clean(escaped)
	if clean != "/" && strings.HasSuffix(escaped, "/") {
		clean += "/"
	}
	return strings.HasPrefix(escaped, "/") && clean == escaped
}

// Strip returns a handler that calls next with the path behind the tenant: what Path
// reads from "/tenants/acme/invoices" is "/invoices" to next, and "/" from
// "/tenants/acme". A request that names no tenant, or not as it should, is not found.
func (p *Path) Strip(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		segment, remainder, err := p.split(r.URL)
		if err == nil {
			_, err = p.form.Parse(segment, "path")
		}
		if err != nil {
			http.NotFound(w, r)
			return
		}
		decoded, err := url.PathUnescape(remainder)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		stripped := new(http.Request)
		*stripped = *r
		stripped.URL = new(url.URL)
		*stripped.URL = *r.URL
		stripped.URL.Path, stripped.URL.RawPath = decoded, ""
		if stripped.URL.EscapedPath() != remainder {
			stripped.URL.RawPath = remainder
		}
		next.ServeHTTP(w, stripped)
	})
}
