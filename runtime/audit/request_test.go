package audit_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/audit"
)

// TestFIX9ClientIPAndUserAgent is regression 13: an entry of a request has its client's
// address and its user agent, and no user agent is an empty one.
func TestFIX9ClientIPAndUserAgent(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	r.RemoteAddr = "203.0.113.7:4711"
	r.Header.Set("X-Forwarded-For", "10.0.0.1")
	if e := audit.FromRequest(r, nil); e != (runtime.AuditEntry{ClientIP: "203.0.113.7"}) {
		t.Errorf("%+v", e)
	}
	r.Header.Set("User-Agent", "curl/8")
	r = r.WithContext(runtime.NewContext(r.Context(), runtime.Tenant{ID: "acme"}))
	if e := audit.FromRequest(r, nil); e != (runtime.AuditEntry{TenantID: "acme", ClientIP: "203.0.113.7", UserAgent: "curl/8"}) {
		t.Errorf("%+v", e)
	}
	r.Header.Set("User-Agent", strings.Repeat("é", 10000)+"\xff\x00")
	if e := audit.FromRequest(r, nil); len(e.UserAgent) != audit.MaxUserAgent || !utf8.ValidString(e.UserAgent) {
		t.Errorf("%d bytes", len(e.UserAgent))
	}
}

func TestClientIP(t *testing.T) {
	t.Parallel()
	behind := audit.Behind(netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8"))
	for _, c := range []struct {
		remote    string
		forwarded []string
		direct    string
		behind    string
	}{
		{"203.0.113.7:1", nil, "203.0.113.7", "203.0.113.7"},
		{"203.0.113.7:1", []string{"198.51.100.1"}, "203.0.113.7", "203.0.113.7"}, // no proxy wrote it
		{"10.0.0.1:1", []string{"198.51.100.1"}, "10.0.0.1", "198.51.100.1"},
		{"[::ffff:10.0.0.1]:1", []string{"198.51.100.1"}, "10.0.0.1", "198.51.100.1"},
		{"[fd00::1]:1", []string{"2001:db8::7"}, "fd00::1", "2001:db8::7"},
		{"10.0.0.1:1", []string{"198.51.100.1:8080"}, "10.0.0.1", "198.51.100.1"},
		{"10.0.0.1:1", []string{"[2001:db8::7]:8080"}, "10.0.0.1", "2001:db8::7"},
		{"10.0.0.1:1", []string{"1.1.1.1, 198.51.100.1"}, "10.0.0.1", "198.51.100.1"}, // a client made up the first
		{"10.0.0.1:1", []string{"1.1.1.1", "198.51.100.1,10.0.0.2"}, "10.0.0.1", "198.51.100.1"},
		{"10.0.0.1:1", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.1", "10.0.0.3"},
		{"10.0.0.1:1", []string{"198.51.100.1, evil\nx"}, "10.0.0.1", ""},
		{"10.0.0.1:1", []string{"198.51.100.1, "}, "10.0.0.1", ""},
		{"10.0.0.1:1", nil, "10.0.0.1", "10.0.0.1"},
		{"@", []string{"198.51.100.1"}, "", ""},
		{"", nil, "", ""},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.RemoteAddr = c.remote
		r.Header["X-Forwarded-For"] = c.forwarded
		if got := audit.FromRequest(r, nil).ClientIP; got != c.direct {
			t.Errorf("%+v: directly %q", c, got)
		}
		if got := audit.FromRequest(r, behind).ClientIP; got != c.behind {
			t.Errorf("%+v: behind proxies %q", c, got)
		}
	}
}
