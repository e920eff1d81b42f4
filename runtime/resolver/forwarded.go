package resolver

import (
	"net/http"
	"net/netip"
	"strings"
)

// ForwardedHeader is a header in which proxies say which host a client asked for.
type ForwardedHeader uint8

// The headers.
const (
	// XForwardedHost is X-Forwarded-Host. It does not say who wrote which part, so the
	// last value is taken, which the proxy next to this server wrote. Let that proxy
	// set the header, and not pass on what it got from a stranger.
	XForwardedHost ForwardedHeader = iota
	// Forwarded is the header of RFC 7239. Its last element is from the proxy next to
	// this server, and where that names another trusted proxy as its client, the
	// element before it counts, and so on.
	Forwarded
)

func (h ForwardedHeader) valid() bool { return h <= Forwarded }

// peerOf returns the address in RemoteAddr. It is not valid where there is none, as on
// a Unix socket.
func peerOf(remote string) netip.Addr {
	if ap, err := netip.ParseAddrPort(remote); err == nil {
		return ap.Addr().Unmap().WithZone("")
	}
	return netip.Addr{}
}

// xForwardedHost returns the last value of X-Forwarded-Host, or Host where there is none.
func (s *Subdomain) xForwardedHost(r *http.Request) (string, error) {
	values := r.Header.Values("X-Forwarded-Host")
	if len(values) == 0 {
		return r.Host, nil
	}
	last := values[len(values)-1]
	return strings.Trim(last[strings.LastIndexByte(last, ',')+1:], " \t"), nil
}

// forwardedHost returns the host in the left-most element of Forwarded that a trusted
// proxy wrote, or Host where there is none.
func (s *Subdomain) forwardedHost(r *http.Request, peer netip.Addr) (string, error) {
	elements, err := parseForwarded(strings.Join(r.Header.Values("Forwarded"), ","))
	if err != nil {
		return "", err
	}
	host := r.Host
	for i := len(elements) - 1; i >= 0 && s.trusts(peer); i-- {
		if h, ok := elements[i]["host"]; ok {
			host = h
		}
		peer = forAddress(elements[i]["for"])
	}
	return host, nil
}

// forAddress returns the address in a "for" of RFC 7239, section 6. It is not valid for
// a name that hides one.
func forAddress(node string) netip.Addr {
	if peer := peerOf(node); peer.IsValid() {
		return peer
	}
	if inner, ok := strings.CutPrefix(node, "["); ok {
		node = strings.TrimSuffix(inner, "]")
	}
	a, err := netip.ParseAddr(node)
	if err != nil {
		return netip.Addr{}
	}
	return a.Unmap().WithZone("")
}

// parseForwarded reads a list of elements of RFC 7239, section 4. Their parameters have
// names in lower case. What does not follow the grammar is refused as a whole.
func parseForwarded(text string) ([]map[string]string, error) {
	bad := malformed("the header Forwarded cannot be read")
	var elements []map[string]string
	current := map[string]string{}
	for text = trim(text); text != ""; text = trim(text) {
		switch text[0] {
		case ',':
			elements, current, text = append(elements, current), map[string]string{}, text[1:]
			continue
		case ';':
			text = text[1:]
			continue
		}
		name, rest, found := strings.Cut(text, "=")
		if !found || name == "" || strings.ContainsFunc(name, func(c rune) bool { return !token(c) }) {
			return nil, bad
		}
		value, rest, ok := parseValue(rest)
		if !ok {
			return nil, bad
		}
		rest = trim(rest)
		if rest != "" && rest[0] != ',' && rest[0] != ';' {
			return nil, bad
		}
		name = strings.ToLower(name)
		if _, twice := current[name]; twice {
			return nil, bad
		}
		current[name], text = value, rest
	}
	return append(elements, current), nil
}

// parseValue reads a token, or a quoted string, and returns what is behind it.
func parseValue(text string) (value, rest string, ok bool) {
	if !strings.HasPrefix(text, `"`) {
		end := strings.IndexFunc(text, func(c rune) bool { return !token(c) })
		if end < 0 {
			end = len(text)
		}
		return text[:end], text[end:], end > 0
	}
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '"':
			return b.String(), text[i+1:], true
		case '\\':
			i++
			if i == len(text) {
				return "", "", false
			}
		}
		b.WriteByte(text[i])
	}
	return "", "", false
}

// trim removes the white space that a header may have between its parts.
func trim(s string) string { return strings.Trim(s, " \t") }
