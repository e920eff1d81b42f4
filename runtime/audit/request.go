package audit

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/runtime"
)

// ClientIP says where a request comes from; the zero Addr for nobody knows where.
type ClientIP func(r *http.Request) netip.Addr

// RemoteAddr is the ClientIP of a server with no proxy in front: the other end of the
// connection. No header counts, since a client can send any.
func RemoteAddr(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{} // a Unix socket
	}
	return peer.Addr().Unmap()
}

// FromRequest returns an entry that holds what a request says: its tenant, where it
// carries one (see runtime.FromContext), its client's address, and its user agent, which
// is empty where there is none. The caller says who did what. A nil ip is RemoteAddr.
//
//	e := audit.FromRequest(r, nil)
//	e.UserID, e.Action, e.Resource, e.ResourceID = user, "invoice.delete", "invoice", id
//	err := manager.WriteAudit(r.Context(), e)
func FromRequest(r *http.Request, ip ClientIP) runtime.AuditEntry {
	if ip == nil {
		ip = RemoteAddr
	}
	e := runtime.AuditEntry{UserAgent: cleanText(r.UserAgent(), MaxUserAgent)}
	if t, ok := runtime.FromContext(r.Context()); ok {
		e.TenantID = t.ID
	}
	if addr := ip(r); addr.IsValid() {
		e.ClientIP = cleanText(addr.String(), MaxClientIP)
	}
	return e
}

// Behind returns the ClientIP of a server behind proxies at trusted addresses. It reads
// X-Forwarded-For from the right, where the proxy next to this server wrote, and
// believes no more than trusted proxies wrote themselves: the client is the first
// address that is not one of theirs, whatever stands before it. What cannot be read is
// nobody knows where.
func Behind(trusted ...netip.Prefix) ClientIP {
	trusts := func(addr netip.Addr) bool {
		return slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(addr.WithZone("")) })
	}
	return func(r *http.Request) netip.Addr {
		peer := RemoteAddr(r)
		if !trusts(peer) {
			return peer
		}
		written := strings.Join(r.Header.Values("X-Forwarded-For"), ",")
		for written != "" && trusts(peer) {
			cut := strings.LastIndexByte(written, ',')
			peer = parseAddr(strings.Trim(written[cut+1:], " \t"))
			written = written[:max(cut, 0)]
		}
		return peer
	}
}

// parseAddr reads an address with or without a port; some proxies write one.
func parseAddr(text string) netip.Addr {
	if addr, err := netip.ParseAddr(text); err == nil {
		return addr.Unmap()
	}
	if both, err := netip.ParseAddrPort(text); err == nil {
		return both.Addr().Unmap()
	}
	return netip.Addr{}
}
