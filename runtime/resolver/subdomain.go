package resolver

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/tenancygen/tenancygen/runtime"
)

// SubdomainOptions are those of a Subdomain.
type SubdomainOptions struct {
	// Suffix is the domain that tenants' names stand in front of, such as "example.com".
	// It is required.
	Suffix string
	// Neutral are host names below Suffix that are the application's own, such as
	// "api.example.com". Like Suffix itself they name no tenant, which is ErrAbsent.
	Neutral []string
	// TrustedProxies are the addresses of the proxies in front of this server. What other
	// peers say in a header about the host is ignored. None means that the Host is taken
	// as it comes.
	TrustedProxies []netip.Prefix
	// Forwarded is the one header in which those proxies say which host was asked for;
	// zero means XForwardedHost. Others are ignored, since a proxy that does not know
	// them lets through what a client wrote.
	Forwarded ForwardedHeader
}

// Subdomain is a Resolver that reads the first label of the host name.
type Subdomain struct {
	suffix    string // without a dot in front
	neutral   []string
	trusted   []netip.Prefix
	forwarded ForwardedHeader
}

// NewSubdomain returns a Subdomain. It fails without a suffix, and for names and
// networks that are not any.
func NewSubdomain(o SubdomainOptions) (*Subdomain, error) {
	suffix, err := hostName(o.Suffix)
	switch {
	case o.Suffix == "":
		return nil, errors.New("resolver: a Subdomain needs a suffix")
	case err != nil || suffix != strings.ToLower(o.Suffix):
		return nil, fmt.Errorf("resolver: the suffix %q is not a host name", o.Suffix)
	case !o.Forwarded.valid():
		return nil, fmt.Errorf("resolver: there is no ForwardedHeader %d", o.Forwarded)
	case o.Forwarded != 0 && len(o.TrustedProxies) == 0:
		return nil, errors.New("resolver: a ForwardedHeader without TrustedProxies is never read")
	}
	s := &Subdomain{suffix: suffix, forwarded: o.Forwarded}
	for _, name := range o.Neutral {
		host, err := hostName(name)
		if err != nil || host != strings.ToLower(name) || !strings.HasSuffix(host, "."+suffix) {
			return nil, fmt.Errorf("resolver: %q is not a host name below %s", name, suffix)
		}
		s.neutral = append(s.neutral, host)
	}
	for _, p := range o.TrustedProxies {
		if !p.IsValid() {
			return nil, errors.New("resolver: one of TrustedProxies is not a network")
		}
		s.trusted = append(s.trusted, p.Masked())
	}
	return s, nil
}

// Resolve returns the one label in front of the suffix. A host of any other form is
// refused: another domain, an address, a name with more labels, a dot at its end or an
// encoded label in it.
func (s *Subdomain) Resolve(r *http.Request) (runtime.Reference, error) {
	text, err := s.host(r)
	if err != nil {
		return runtime.Reference{}, err
	}
	host, err := hostName(text)
	if err != nil {
		return runtime.Reference{}, err
	}
	if host == s.suffix || slices.Contains(s.neutral, host) {
		return runtime.Reference{}, ErrAbsent
	}
	label, ok := strings.CutSuffix(host, "."+s.suffix)
	if !ok || strings.Contains(label, ".") {
		return runtime.Reference{}, malformed("the host is not one label in front of the suffix")
	}
	return ByIdentifier.Parse(label, "subdomain")
}

// host returns the host that the client asked for, with its port.
func (s *Subdomain) host(r *http.Request) (string, error) {
	// net/http has made Host of the request line where that holds a whole URL, whatever
	// the header says.
	if u := r.URL; u != nil && (u.User != nil || u.Host != "" && u.Host != r.Host) {
		return "", malformed("the request line and the host differ")
	}
	peer := peerOf(r.RemoteAddr)
	if !s.trusts(peer) {
		return r.Host, nil
	}
	if s.forwarded == Forwarded {
		return s.forwardedHost(r, peer)
	}
	return s.xForwardedHost(r)
}

// trusts reports whether an address is that of a proxy of ours.
func (s *Subdomain) trusts(a netip.Addr) bool {
	return a.IsValid() && slices.ContainsFunc(s.trusted, func(p netip.Prefix) bool { return p.Contains(a) })
}

// hostName returns the name in a host with or without a port, in lower case. It is an
// error for everything that is not letters, digits, hyphens and dots, such as an IPv6
// address, user information or a name in Unicode.
func hostName(host string) (string, error) {
	name, port, found := strings.Cut(host, ":")
	if found {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 || port[0] == '0' || port[0] == '+' {
			return "", malformed("the port of the host is not a number")
		}
	}
	// RFC 1035, section 2.3.4.
	if len(name) > 253 {
		return "", malformed("the host is too long")
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 {
			return "", malformed("a label of the host is empty or too long")
		}
		for i := range len(label) {
			c := label[i]
			if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-') {
				return "", malformed("the host is not a name")
			}
		}
	}
	return strings.ToLower(name), nil
}
