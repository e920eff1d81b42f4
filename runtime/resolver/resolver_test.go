package resolver_test

import (
	"bufio"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/resolver"
)

var (
	acme = runtime.MustIdentifier("acme")
	beta = runtime.MustIdentifier("beta-co")
)

// read parses a request from its bytes on the wire, as a server does. Its peer is
// 192.0.2.7.
func read(t testing.TB, lines ...string) *http.Request {
	t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(strings.Join(lines, "\r\n") + "\r\n\r\n")))
	if err != nil {
		t.Fatalf("net/http does not take %q: %v", lines, err)
	}
	r.RemoteAddr = "192.0.2.7:4711"
	return r
}

// The words for what a resolver makes of a request.
const (
	absent    = "absent"
	malformed = "malformed"
)

// verdict is what a resolver makes of a request: the id or identifier that it finds, or
// one of the words.
func verdict(t testing.TB, res resolver.Resolver, r *http.Request) string {
	t.Helper()
	ref, err := res.Resolve(r)
	switch {
	case err == nil && ref.IsZero():
		t.Error("a zero reference without an error")
	case err == nil && ref.ID != "":
		return ref.ID
	case err == nil:
		return ref.Identifier.String()
	case !errors.Is(err, runtime.ErrUnresolved):
		t.Errorf("the error %v is not ErrUnresolved", err)
	case errors.Is(err, resolver.ErrAbsent):
		return absent
	}
	return malformed
}

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// TestHeader is attack case 45, the part of the header itself: two headers, a list,
// another case and a folded line are refused.
func TestHeader(t *testing.T) {
	t.Parallel()
	bySlug := must[*resolver.Header](t)(resolver.NewHeader(resolver.HeaderOptions{}))
	byID := must[*resolver.Header](t)(resolver.NewHeader(resolver.HeaderOptions{Name: "x-org", Form: resolver.ByID}))
	for name, tc := range map[string]struct {
		res   resolver.Resolver
		lines []string
		want  string
	}{
		"identifier":            {bySlug, []string{"X-Tenant-ID: acme"}, "acme"},
		"name in lower case":    {bySlug, []string{"x-tenant-id: acme"}, "acme"},
		"none":                  {bySlug, []string{"X-Other: acme"}, absent},
		"empty":                 {bySlug, []string{"X-Tenant-ID:"}, malformed},
		"value in other case":   {bySlug, []string{"X-Tenant-ID: Acme"}, malformed},
		"twice":                 {bySlug, []string{"X-Tenant-ID: acme", "X-Tenant-ID: beta-co"}, malformed},
		"twice the same":        {bySlug, []string{"X-Tenant-ID: acme", "X-Tenant-ID: acme"}, malformed},
		"twice, in other case":  {bySlug, []string{"X-Tenant-ID: acme", "X-TENANT-Id: beta-co"}, malformed},
		"second empty":          {bySlug, []string{"X-Tenant-ID: acme", "X-Tenant-ID:"}, malformed},
		"list":                  {bySlug, []string{"X-Tenant-ID: acme,beta-co"}, malformed},
		"list of one":           {bySlug, []string{"X-Tenant-ID: acme,"}, malformed},
		"folded":                {bySlug, []string{"X-Tenant-ID: acme", " beta-co"}, malformed},
		"quoted":                {bySlug, []string{`X-Tenant-ID: "acme"`}, malformed},
		"encoded label":         {bySlug, []string{"X-Tenant-ID: xn--acme"}, malformed},
		"reserved":              {bySlug, []string{"X-Tenant-ID: admin"}, malformed},
		"SQL":                   {bySlug, []string{`X-Tenant-ID: a"; DROP SCHEMA public`}, malformed},
		"id":                    {byID, []string{"X-Org: 0198c0de-0000-4000-8000-000000000001"}, "0198c0de-0000-4000-8000-000000000001"},
		"id of another service": {byID, []string{"X-Org: org_Ab|12"}, "org_Ab|12"},
		"id in a list":          {byID, []string{"X-Org: a,b"}, malformed},
		"id with a space":       {byID, []string{"X-Org: a b"}, malformed},
		"id in Unicode":         {byID, []string{"X-Org: ä"}, malformed},
		"id too long":           {byID, []string{"X-Org: " + strings.Repeat("a", 256)}, malformed},
		"id with a slash":       {byID, []string{"X-Org: ../a"}, malformed},
	} {
		if got := verdict(t, tc.res, read(t, append([]string{"GET / HTTP/1.1", "Host: h"}, tc.lines...)...)); got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}

	// A request that no server has parsed.
	r := read(t, "GET / HTTP/1.1", "Host: h", "X-Tenant-ID: acme")
	r.Header["x-tenant-id"] = []string{"beta-co"}
	if got := verdict(t, bySlug, r); got != malformed {
		t.Errorf("two spellings in one map: %s", got)
	}
	r.Header = http.Header{"X-Tenant-Id": {" acme"}}
	if got := verdict(t, bySlug, r); got != malformed {
		t.Errorf("a space in front: %s", got)
	}

	for _, o := range []resolver.HeaderOptions{{Name: "X Tenant"}, {Name: "Host"}, {Name: "ä"}, {Form: 7}} {
		if _, err := resolver.NewHeader(o); err == nil {
			t.Errorf("NewHeader(%+v) succeeds", o)
		}
	}
}

// TestSubdomain is attack case 46, and W29: what may not pass for a tenant's host.
func TestSubdomain(t *testing.T) {
	t.Parallel()
	plain := must[*resolver.Subdomain](t)(resolver.NewSubdomain(resolver.SubdomainOptions{Suffix: "Example.com", Neutral: []string{"api.example.com"}}))
	for host, want := range map[string]string{
		"acme.example.com":                        "acme",
		"ACME.Example.COM":                        "acme",
		"acme.example.com:8443":                   "acme",
		"beta-co.example.com":                     "beta-co",
		"example.com":                             absent,
		"example.com:80":                          absent,
		"api.example.com":                         absent,
		"evil-acme.example.com":                   "evil-acme", // another tenant's name, not acme's
		"acme.example.com.evil.com":               malformed,
		"acme.evil.example.com":                   malformed,
		"acmeexample.com":                         malformed,
		"acme.example.com.":                       malformed,
		"acme..example.com":                       malformed,
		".example.com":                            malformed,
		"acme.example.com:":                       malformed,
		"acme.example.com:0":                      malformed,
		"acme.example.com:080":                    malformed,
		"acme.example.com:65536":                  malformed,
		"acme.example.com:80:90":                  malformed,
		"acme.example.com:evil.com":               malformed,
		"acme_example.com":                        malformed,
		"xn--acme-abc.example.com":                malformed,
		"acm\u00e9.example.com":                   malformed,
		"\u212acme.example.com":                   malformed, // KELVIN SIGN folds to k in Unicode
		"www.example.com":                         malformed,
		"a.example.com":                           malformed,
		"127.0.0.1":                               malformed,
		"[::1]":                                   malformed,
		"[::1]:80":                                malformed,
		"[acme.example.com]":                      malformed,
		"":                                        malformed,
		"user@acme.example.com":                   malformed,
		"acme%2eexample.com":                      malformed,
		"acme.example.com%00":                     malformed,
		"acme.example.com/":                       malformed,
		"acme.example.com#":                       malformed,
		strings.Repeat("a", 64) + ".example.com":  malformed,
		strings.Repeat("a.", 130) + "example.com": malformed,
	} {
		r := read(t, "GET / HTTP/1.1", "Host: h")
		r.Host = host
		if got := verdict(t, plain, r); got != want {
			t.Errorf("%q: %s, want %s", host, got, want)
		}
		// Nobody is trusted, so nothing else has a say.
		r.Header = http.Header{"X-Forwarded-Host": {"acme.example.com"}, "Forwarded": {"host=acme.example.com"}}
		if got := verdict(t, plain, r); got != want {
			t.Errorf("%q with forwarded headers: %s, want %s", host, got, want)
		}
	}

	// The request line has a whole URL: its host counts, as it does to net/http.
	for line, want := range map[string]string{
		"GET http://beta-co.example.com/ HTTP/1.1":                  "beta-co",
		"GET http://acme@beta-co.example.com/ HTTP/1.1":             malformed,
		"GET http://acme.example.com@beta-co.example.com/ HTTP/1.1": malformed,
		"GET http://[::1]/ HTTP/1.1":                                malformed,
	} {
		if got := verdict(t, plain, read(t, line, "Host: acme.example.com")); got != want {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
	}

	for name, o := range map[string]resolver.SubdomainOptions{
		"no suffix":            {},
		"dot in front":         {Suffix: ".example.com"},
		"suffix with a port":   {Suffix: "example.com:80"},
		"suffix with a star":   {Suffix: "*.example.com"},
		"neutral elsewhere":    {Suffix: "example.com", Neutral: []string{"www.example.org"}},
		"neutral is no name":   {Suffix: "example.com", Neutral: []string{"*.example.com"}},
		"network is not any":   {Suffix: "example.com", TrustedProxies: []netip.Prefix{{}}},
		"header without proxy": {Suffix: "example.com", Forwarded: resolver.Forwarded},
		"header is not any":    {Suffix: "example.com", Forwarded: 9},
	} {
		if _, err := resolver.NewSubdomain(o); err == nil {
			t.Errorf("%s: NewSubdomain succeeds", name)
		}
	}
}

// TestForwarded is the other half of attack case 46: only a trusted proxy says which
// host was asked for, and of what stands in its header only what trusted ones wrote.
func TestForwarded(t *testing.T) {
	t.Parallel()
	proxies := []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::/32")}
	x := must[*resolver.Subdomain](t)(resolver.NewSubdomain(resolver.SubdomainOptions{Suffix: "example.com", TrustedProxies: proxies}))
	std := must[*resolver.Subdomain](t)(resolver.NewSubdomain(resolver.SubdomainOptions{Suffix: "example.com", TrustedProxies: proxies, Forwarded: resolver.Forwarded}))
	for name, tc := range map[string]struct {
		res   resolver.Resolver
		peer  string
		lines []string
		want  string
	}{
		"from a proxy":               {x, "192.0.2.1:80", []string{"X-Forwarded-Host: beta-co.example.com"}, "beta-co"},
		"from an IPv6 proxy":         {x, "[2001:db8::1]:80", []string{"X-Forwarded-Host: beta-co.example.com"}, "beta-co"},
		"from a mapped proxy":        {x, "[::ffff:192.0.2.1]:80", []string{"X-Forwarded-Host: beta-co.example.com"}, "beta-co"},
		"with a port":                {x, "192.0.2.1:80", []string{"X-Forwarded-Host: beta-co.example.com:443"}, "beta-co"},
		"from a stranger":            {x, "203.0.113.9:80", []string{"X-Forwarded-Host: beta-co.example.com"}, "acme"},
		"from a Unix socket":         {x, "@", []string{"X-Forwarded-Host: beta-co.example.com"}, "acme"},
		"without a peer":             {x, "", []string{"X-Forwarded-Host: beta-co.example.com"}, "acme"},
		"proxy says nothing":         {x, "192.0.2.1:80", nil, "acme"},
		"what a client put in front": {x, "192.0.2.1:80", []string{"X-Forwarded-Host: evil.example.com, beta-co.example.com"}, "beta-co"},
		"in a line of its own":       {x, "192.0.2.1:80", []string{"X-Forwarded-Host: evil.example.com", "X-Forwarded-Host: beta-co.example.com"}, "beta-co"},
		"empty":                      {x, "192.0.2.1:80", []string{"X-Forwarded-Host:"}, malformed},
		"empty at the end":           {x, "192.0.2.1:80", []string{"X-Forwarded-Host: beta-co.example.com,"}, malformed},
		"elsewhere":                  {x, "192.0.2.1:80", []string{"X-Forwarded-Host: acme.example.com.evil.com"}, malformed},
		"the other header":           {x, "192.0.2.1:80", []string{"Forwarded: host=beta-co.example.com"}, "acme"},

		"standard":                        {std, "192.0.2.1:80", []string{`Forwarded: for=203.0.113.9;host=beta-co.example.com;proto=https`}, "beta-co"},
		"standard, quoted":                {std, "192.0.2.1:80", []string{`Forwarded: For="203.0.113.9:99"; HOST="beta-co.example.com:443"`}, "beta-co"},
		"standard from a stranger":        {std, "203.0.113.9:80", []string{`Forwarded: host=beta-co.example.com`}, "acme"},
		"standard, the other header":      {std, "192.0.2.1:80", []string{`X-Forwarded-Host: beta-co.example.com`}, "acme"},
		"what a stranger wrote":           {std, "192.0.2.1:80", []string{`Forwarded: for=198.51.100.1;host=evil.example.com, for=203.0.113.9;host=beta-co.example.com`}, "beta-co"},
		"two proxies":                     {std, "192.0.2.1:80", []string{`Forwarded: for=203.0.113.9;host=beta-co.example.com, for=192.0.2.2;host=origin.example.com`}, "beta-co"},
		"two proxies, over IPv6":          {std, "192.0.2.1:80", []string{`Forwarded: for=203.0.113.9;host=beta-co.example.com, for="[2001:db8::2]:77";host=origin.example.com`}, "beta-co"},
		"two proxies and a stranger":      {std, "192.0.2.1:80", []string{`Forwarded: host=evil.example.com`, `Forwarded: for=203.0.113.9;host=beta-co.example.com`, `Forwarded: for=192.0.2.2;host=origin.example.com`}, "beta-co"},
		"the inner proxy names no host":   {std, "192.0.2.1:80", []string{`Forwarded: for=203.0.113.9;host=beta-co.example.com, for=192.0.2.2`}, "beta-co"},
		"a hidden client ends the walk":   {std, "192.0.2.1:80", []string{`Forwarded: for=_x;host=evil.example.com, for=_hidden;host=beta-co.example.com`}, "beta-co"},
		"an unknown client ends the walk": {std, "192.0.2.1:80", []string{`Forwarded: host=evil.example.com, for=unknown;host=beta-co.example.com`}, "beta-co"},
		"host twice":                      {std, "192.0.2.1:80", []string{`Forwarded: host=beta-co.example.com;host=acme.example.com`}, malformed},
		"not quoted":                      {std, "192.0.2.1:80", []string{`Forwarded: host=beta-co.example.com:443`}, malformed},
		"quote left open":                 {std, "192.0.2.1:80", []string{`Forwarded: host="beta-co.example.com`}, malformed},
		"no value":                        {std, "192.0.2.1:80", []string{`Forwarded: host=`}, malformed},
		"no name":                         {std, "192.0.2.1:80", []string{`Forwarded: =beta-co.example.com`}, malformed},
		"a quote hides a comma":           {std, "192.0.2.1:80", []string{`Forwarded: host="beta-co.example.com,for=192.0.2.2"`}, malformed},
	} {
		r := read(t, append([]string{"GET / HTTP/1.1", "Host: acme.example.com"}, tc.lines...)...)
		r.RemoteAddr = tc.peer
		if got := verdict(t, tc.res, r); got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
}

// TestPath is attack case 49: a path is read as the router reads it, or not at all.
func TestPath(t *testing.T) {
	t.Parallel()
	usual := must[*resolver.Path](t)(resolver.NewPath(resolver.PathOptions{}))
	for path, want := range map[string]string{
		"/tenants/acme":                  "acme",
		"/tenants/acme/":                 "acme",
		"/tenants/acme/invoices/7":       "acme",
		"/tenants/acme/a%20b":            "acme",
		"/tenants/acme?tenant=beta-co":   "acme",
		"/tenants":                       absent,
		"/":                              absent,
		"/health":                        absent,
		"/Tenants/acme":                  absent, // routers mind the case
		"/api/tenants/acme":              absent,
		"/tenantsx/acme":                 absent,
		"/tenants/":                      malformed,
		"/tenants/Acme":                  malformed,
		"/tenants/%61cme":                malformed,
		"/%74enants/acme":                malformed,
		"/tenants/acme%2finvoices":       malformed,
		"/tenants/acme/x%2Fy":            malformed,
		"/tenants/acme/%2e%2e/beta-co":   malformed,
		"/tenants/acme/../beta-co":       malformed,
		"/tenants/../tenants/acme":       malformed,
		"/tenants/./acme":                malformed,
		"//tenants/acme":                 malformed,
		"/tenants//acme":                 malformed,
		"/tenants/acme//x":               malformed,
		"/tenants/acme;v=1/x":            malformed,
		"/tenants/acme/x;v=1":            malformed,
		"/tenants/acme/..;/beta-co":      malformed,
		"/tenants/acme%3bx":              malformed,
		"/tenants/%2561cme":              malformed,
		"/tenants/acme/%252e%252e/x":     malformed,
		"/tenants/acme\\x":               malformed,
		"/tenants/acme/%5c..%5cx":        malformed,
		"/tenants/acme%00":               malformed,
		"/tenants/acme/%0d%0aX":          malformed,
		"/tenants/acme/%c0%ae%c0%ae/x":   malformed,
		"/tenants/acm%C3%A9":             malformed,
		"/tenants/xn--acme":              malformed,
		"/health/../tenants/acme":        malformed,
		"/other%2f..%2ftenants%2facme":   malformed,
		"http://host.test/tenants/acme":  "acme",
		"http://host.test//tenants/acme": malformed,
	} {
		if got := verdict(t, usual, read(t, "GET "+path+" HTTP/1.1", "Host: h")); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	if got := verdict(t, usual, read(t, "OPTIONS * HTTP/1.1", "Host: h")); got != absent {
		t.Errorf("OPTIONS *: %s", got)
	}
	if got := verdict(t, usual, read(t, "CONNECT h:80 HTTP/1.1", "Host: h")); got != absent {
		t.Errorf("CONNECT: %s", got)
	}

	root := must[*resolver.Path](t)(resolver.NewPath(resolver.PathOptions{Prefix: "/", Form: resolver.ByID}))
	if got := verdict(t, root, read(t, "GET /org_1/x HTTP/1.1", "Host: h")); got != "org_1" {
		t.Errorf("the first segment: %s", got)
	}
	for _, o := range []resolver.PathOptions{{Prefix: "tenants"}, {Prefix: "/a//b"}, {Prefix: "/a/../b"}, {Prefix: "/%61"}, {Prefix: "/a;b"}, {Form: 9}} {
		if _, err := resolver.NewPath(o); err == nil {
			t.Errorf("NewPath(%+v) succeeds", o)
		}
	}
}

// TestPathRouter holds that a Path and the router of net/http read the same tenant,
// whatever the path is: where the resolver finds one, the router finds the same.
func TestPathRouter(t *testing.T) {
	t.Parallel()
	p := must[*resolver.Path](t)(resolver.NewPath(resolver.PathOptions{}))
	var routed string
	mux := http.NewServeMux()
	mux.HandleFunc("/tenants/{tenant}/{rest...}", func(_ http.ResponseWriter, r *http.Request) { routed = r.PathValue("tenant") })
	found := 0
	for _, path := range []string{
		"/tenants/acme/", "/tenants/acme/x", "/tenants/acme/%2e%2e/beta-co/", "/tenants//acme/", "/tenants/acme%2f/", "/tenants/%61cme/",
		"/tenants/acme/a%20b", "/tenants/beta-co/..%2facme", "/tenants/acme;beta-co/",
	} {
		r := read(t, "GET "+path+" HTTP/1.1", "Host: h")
		ref, err := p.Resolve(r)
		if err != nil {
			continue
		}
		found++
		routed = ""
		mux.ServeHTTP(nil, r)
		if routed != ref.Identifier.String() {
			t.Errorf("%s: the resolver says %s, the router %q", path, ref.Identifier, routed)
		}
	}
	if found != 3 {
		t.Errorf("the resolver takes %d of the paths, want 3: nothing is compared", found)
	}
}

// TestPathStrip holds what a handler behind Strip sees.
func TestPathStrip(t *testing.T) {
	t.Parallel()
	p := must[*resolver.Path](t)(resolver.NewPath(resolver.PathOptions{}))
	for path, want := range map[string]string{
		"/tenants/acme":            "/",
		"/tenants/acme/":           "/",
		"/tenants/acme/a%20b/c":    "/a b/c (/a%20b/c)",
		"/tenants/acme/a!b%21":     "/a!b! (/a!b%21)",
		"/tenants/acme/x?y=1":      "/x",
		"/tenants/Acme/x":          "",
		"/tenants/acme/../beta/x":  "",
		"/elsewhere/acme/invoices": "",
	} {
		got := ""
		h := p.Strip(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			got = r.URL.Path
			if e := r.URL.EscapedPath(); e != got {
				got += " (" + e + ")"
			}
		}))
		r := read(t, "GET "+path+" HTTP/1.1", "Host: h")
		before := *r.URL
		w := newRecorder()
		h.ServeHTTP(w, r)
		if got != want || (want == "") != (w.Code == http.StatusNotFound) {
			t.Errorf("%s: %q, %d, want %q", path, got, w.Code, want)
		}
		if diff := cmp.Diff(before, *r.URL); diff != "" {
			t.Errorf("%s: the request itself changed: %s", path, diff)
		}
	}
}

// fixed is a resolver that finds what it is told to.
func fixed(ref runtime.Reference, err error) resolver.Resolver {
	return resolver.Func(func(*http.Request) (runtime.Reference, error) { return ref, err })
}

// TestChain is attack case 50: resolvers that find different tenants let nobody in.
func TestChain(t *testing.T) {
	t.Parallel()
	early, late := time.Unix(100, 0), time.Unix(200, 0)
	bad := errors.Join(runtime.ErrUnresolved, errors.New("bad"))
	r := read(t, "GET / HTTP/1.1", "Host: h")
	for name, tc := range map[string]struct {
		chain []resolver.Resolver
		want  runtime.Reference
		err   error
	}{
		"one":                 {chain: []resolver.Resolver{fixed(runtime.Reference{ID: "a", Source: "x"}, nil)}, want: runtime.Reference{ID: "a", Source: "x"}},
		"first finds nothing": {chain: []resolver.Resolver{fixed(runtime.Reference{}, resolver.ErrAbsent), fixed(runtime.Reference{ID: "a", Source: "y"}, nil)}, want: runtime.Reference{ID: "a", Source: "y"}},
		"a function's zero":   {chain: []resolver.Resolver{fixed(runtime.Reference{}, nil), fixed(runtime.Reference{ID: "a"}, nil)}, want: runtime.Reference{ID: "a"}},
		"they agree": {
			chain: []resolver.Resolver{fixed(runtime.Reference{ID: "a", Issued: late, Source: "x"}, nil), fixed(runtime.Reference{ID: "a", Issued: early, Source: "y"}, nil)},
			want:  runtime.Reference{ID: "a", Issued: early, Source: "x+y"},
		},
		"id and identifier": {
			chain: []resolver.Resolver{fixed(runtime.Reference{Identifier: acme, Source: "x"}, nil), fixed(runtime.Reference{ID: "a", Issued: early, Source: "y"}, nil)},
			want:  runtime.Reference{ID: "a", Identifier: acme, Issued: early, Source: "x+y"},
		},
		"identifiers differ": {chain: []resolver.Resolver{fixed(runtime.Reference{Identifier: acme}, nil), fixed(runtime.Reference{Identifier: beta}, nil)}, err: resolver.ErrDisagreement},
		"ids differ":         {chain: []resolver.Resolver{fixed(runtime.Reference{ID: "a"}, nil), fixed(runtime.Reference{ID: "b"}, nil)}, err: resolver.ErrDisagreement},
		"the third differs": {
			chain: []resolver.Resolver{fixed(runtime.Reference{ID: "a"}, nil), fixed(runtime.Reference{Identifier: acme}, nil), fixed(runtime.Reference{ID: "a", Identifier: beta}, nil)},
			err:   resolver.ErrDisagreement,
		},
		"malformed is not next":  {chain: []resolver.Resolver{fixed(runtime.Reference{}, bad), fixed(runtime.Reference{ID: "a"}, nil)}, err: bad},
		"malformed comes second": {chain: []resolver.Resolver{fixed(runtime.Reference{ID: "a"}, nil), fixed(runtime.Reference{}, bad)}, err: bad},
		"nothing":                {chain: []resolver.Resolver{fixed(runtime.Reference{}, resolver.ErrAbsent), fixed(runtime.Reference{}, nil)}, err: resolver.ErrAbsent},
	} {
		got, err := resolver.Chain(tc.chain...).Resolve(r)
		if !errors.Is(err, tc.err) || err != nil && !errors.Is(err, runtime.ErrUnresolved) {
			t.Errorf("%s: %v, want %v", name, err, tc.err)
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}

	var apart *resolver.DisagreementError
	_, err := resolver.Chain(fixed(runtime.Reference{Identifier: acme}, nil), fixed(runtime.Reference{Identifier: beta}, nil)).Resolve(r)
	if !errors.As(err, &apart) || len(apart.References) != 2 {
		t.Errorf("the error has not got what was found: %v", err)
	}
	if strings.Contains(err.Error(), "acme") {
		t.Errorf("the error repeats what the request says: %v", err)
	}
}

// TestReasons holds that no error repeats what a client wrote.
func TestReasons(t *testing.T) {
	t.Parallel()
	const marker = "zzmarkerzz"
	sub := must[*resolver.Subdomain](t)(resolver.NewSubdomain(resolver.SubdomainOptions{Suffix: "example.com"}))
	h := must[*resolver.Header](t)(resolver.NewHeader(resolver.HeaderOptions{}))
	p := must[*resolver.Path](t)(resolver.NewPath(resolver.PathOptions{}))
	r := read(t, "GET /tenants/"+marker+"_ HTTP/1.1", "Host: "+marker+".evil.test", "X-Tenant-ID: "+marker+"!")
	for _, res := range []resolver.Resolver{sub, h, p} {
		_, err := res.Resolve(r)
		if err == nil || strings.Contains(err.Error(), marker) {
			t.Errorf("%T: %v", res, err)
		}
	}
}
