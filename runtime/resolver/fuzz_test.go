package resolver_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"path"
	"strings"
	"testing"

	"github.com/tenancygen/tenancygen/runtime/resolver"
)

func newRecorder() *httptest.ResponseRecorder { return httptest.NewRecorder() }

// FuzzSubdomain holds that what a host resolves to is what others read in it: net/url
// takes the identifier and the suffix for the host's name, and nothing else.
func FuzzSubdomain(f *testing.F) {
	for _, s := range []string{"acme.example.com", "acme.example.com:8443", "ACME.example.com.", "[::1]:80", "a@acme.example.com", "acme.example.com.evil.com"} {
		f.Add(s, s)
	}
	s, err := resolver.NewSubdomain(resolver.SubdomainOptions{
		Suffix: "example.com", TrustedProxies: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, Forwarded: resolver.Forwarded,
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, host, forwarded string) {
		ref, err := s.Resolve(&http.Request{Host: host, URL: &url.URL{Path: "/"}})
		if err == nil {
			u, err := url.Parse("http://" + host + "/")
			if err != nil || u.User != nil || !strings.EqualFold(u.Hostname(), ref.Identifier.String()+".example.com") {
				t.Errorf("%q resolves to %s, and net/url reads %v, %v", host, ref.Identifier, u, err)
			}
		}
		// Never a panic, and never a tenant of somebody else's domain.
		_, _ = s.Resolve(&http.Request{Host: "example.com", RemoteAddr: "192.0.2.1:1", URL: &url.URL{Path: "/"}, Header: http.Header{"Forwarded": {forwarded}}})
	})
}

// FuzzPath holds that what a path resolves to is what a router finds in it, whether it
// looks at the path as it is, unescaped, or cleaned.
func FuzzPath(f *testing.F) {
	for _, s := range []string{"/tenants/acme/x", "/tenants/acme/%2e%2e/beta-co", "//tenants/acme", "/tenants/acme;x", "/tenants/%61cme"} {
		f.Add(s)
	}
	p, err := resolver.NewPath(resolver.PathOptions{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, err := url.ParseRequestURI(text)
		if err != nil {
			return
		}
		ref, err := p.Resolve(&http.Request{URL: u})
		if err != nil {
			return
		}
		prefix := "/tenants/" + ref.Identifier.String()
		twice, _ := url.PathUnescape(u.Path)
		for _, read := range []string{u.Path, u.EscapedPath(), path.Clean(u.Path), path.Clean(u.EscapedPath()), path.Clean(twice)} {
			if read != prefix && !strings.HasPrefix(read, prefix+"/") {
				t.Errorf("%q resolves to %s, and is read as %q", text, ref.Identifier, read)
			}
		}
	})
}

// FuzzHeader holds that a header that resolves has one value, which is the reference.
func FuzzHeader(f *testing.F) {
	f.Add("acme", "", false)
	f.Add("acme,beta", "acme", true)
	bySlug, err := resolver.NewHeader(resolver.HeaderOptions{})
	if err != nil {
		f.Fatal(err)
	}
	byID, err := resolver.NewHeader(resolver.HeaderOptions{Form: resolver.ByID})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, first, second string, both bool) {
		r := &http.Request{Header: http.Header{"X-Tenant-Id": {first}}}
		if both {
			r.Header.Add("X-Tenant-Id", second)
		}
		if ref, err := bySlug.Resolve(r); err == nil && (both || ref.Identifier.String() != first) {
			t.Errorf("%q, %q resolve to %s", first, second, ref.Identifier)
		}
		if ref, err := byID.Resolve(r); err == nil && (both || ref.ID != first || strings.ContainsAny(first, ", \t\r\n/%\x00")) {
			t.Errorf("%q, %q resolve to %q", first, second, ref.ID)
		}
	})
}
