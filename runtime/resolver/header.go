package resolver

import (
	"fmt"
	"net/http"
	"net/textproto"
	"strings"

	"github.com/tenancygen/tenancygen/runtime"
)

// DefaultHeader is the header that a Header reads when its options name none.
const DefaultHeader = "X-Tenant-ID"

// HeaderOptions are those of a Header.
type HeaderOptions struct {
	// Name is the header; empty means DefaultHeader. Its case does not matter.
	Name string
	// Form says what the header holds; zero means the identifier.
	Form Form
}

// Header is a Resolver that reads a header with exactly one value. A client writes
// there what it wants: have membership checked, or put a token beside it in a Chain.
type Header struct {
	name string
	form Form
}

// NewHeader returns a Header. It fails for a name that is not one of a header.
func NewHeader(o HeaderOptions) (*Header, error) {
	if o.Name == "" {
		o.Name = DefaultHeader
	}
	switch {
	case !o.Form.Valid():
		return nil, errForm
	case strings.ContainsFunc(o.Name, func(c rune) bool { return !token(c) }):
		return nil, fmt.Errorf("resolver: %q is not the name of a header", o.Name)
	case strings.EqualFold(o.Name, "Host"):
		return nil, fmt.Errorf("resolver: net/http does not show Host among the headers: use a Subdomain")
	}
	return &Header{name: textproto.CanonicalMIMEHeaderKey(o.Name), form: o.Form}, nil
}

// token reports whether c may stand in a header's name (RFC 9110, section 5.6.2).
func token(c rune) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c < 0x80 && strings.ContainsRune("!#$%&'*+-.^_`|~", c)
}

// Resolve reads the header. Two values are refused, also when they are the same and
// however their names are written, and so is a list, a folded line, or a space around
// the value: servers in front may read those in another way.
func (h *Header) Resolve(r *http.Request) (runtime.Reference, error) {
	values := r.Header[h.name]
	// net/http writes names in one way. Whoever makes a request by hand may not.
	for name, more := range r.Header {
		if name != h.name && strings.EqualFold(name, h.name) {
			values = append(values[:len(values):len(values)], more...)
		}
	}
	switch len(values) {
	case 0:
		return runtime.Reference{}, ErrAbsent
	case 1:
		return h.form.Parse(values[0], "header")
	}
	return runtime.Reference{}, malformed("more than one value of the header")
}
