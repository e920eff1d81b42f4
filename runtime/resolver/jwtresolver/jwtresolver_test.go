package jwtresolver_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/resolver"
	"github.com/tenancygen/tenancygen/runtime/resolver/jwtresolver"
)

var (
	now       = time.Unix(1_800_000_000, 0)
	rsaKey, _ = rsa.GenerateKey(rand.Reader, 2048)
	other, _  = rsa.GenerateKey(rand.Reader, 2048)
	ec384, _  = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	secret    = bytes.Repeat([]byte("s"), 32)
)

// options are those of a resolver of RS256 tokens with one key, "k1".
func options(t testing.TB) jwtresolver.Options {
	t.Helper()
	keys, err := jwtresolver.NewKeySet("RS256", map[string]any{"k1": &rsaKey.PublicKey})
	if err != nil {
		t.Fatal(err)
	}
	return jwtresolver.Options{
		Algorithm: "RS256", Keys: keys.Key, Issuer: "https://issuer.test", Audience: []string{"invoices"}, Form: resolver.ByID,
		Now: func() time.Time { return now },
	}
}

func newResolver(t testing.TB, o jwtresolver.Options) *jwtresolver.Resolver {
	t.Helper()
	res, err := jwtresolver.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// good are the header and the claims of a token that options take.
func good() (header, claims map[string]any) {
	return map[string]any{"alg": "RS256", "kid": "k1", "typ": "JWT"}, map[string]any{
		"iss": "https://issuer.test", "aud": "invoices", "sub": "u1", "tenant_id": "id-acme",
		"iat": now.Add(-time.Minute).Unix(), "nbf": now.Add(-time.Minute).Unix(), "exp": now.Add(time.Hour).Unix(),
	}
}

// with returns a copy of m with a key set, or without it for a nil value.
func with(m map[string]any, key string, value any) map[string]any {
	m = maps.Clone(m)
	if value == nil {
		delete(m, key)
	} else {
		m[key] = value
	}
	return m
}

// input is what a token signs.
func input(header, claims map[string]any) string {
	h, _ := json.Marshal(header)
	c, _ := json.Marshal(claims)
	return base64.RawURLEncoding.EncodeToString(h) + "." + base64.RawURLEncoding.EncodeToString(c)
}

// sign returns a token with a signature of key, whatever its header says.
func sign(t testing.TB, key *rsa.PrivateKey, header, claims map[string]any) string {
	t.Helper()
	in := input(header, claims)
	sum := sha256.Sum256([]byte(in))
	sig, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return in + "." + base64.RawURLEncoding.EncodeToString(sig)
}

// mac returns a token with an HMAC, whatever its header says.
func mac(key []byte, header, claims map[string]any) string {
	in := input(header, claims)
	m := hmac.New(sha256.New, key)
	m.Write([]byte(in))
	return in + "." + base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

func bearer(token string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	return r
}

// TestGood is the control of all tests of refusals: their tokens differ from these in
// one thing.
func TestGood(t *testing.T) {
	t.Parallel()
	res := newResolver(t, options(t))
	header, claims := good()
	token := sign(t, rsaKey, header, claims)
	ref, principal, err := res.Authenticate(bearer(token))
	if err != nil {
		t.Fatal(err)
	}
	want := runtime.Reference{ID: "id-acme", Issued: now.Add(-time.Minute), Source: "jwt"}
	if diff := cmp.Diff(want, ref); diff != "" {
		t.Errorf("reference (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, principal.Tenant); diff != "" || principal.Subject != "u1" || principal.Issuer != "https://issuer.test" || principal.Claims["aud"] != "invoices" {
		t.Errorf("principal %+v: %s", principal, diff)
	}

	for name, value := range map[string]string{"lower case": "bearer " + token, "upper case": "BEARER " + token, "two spaces": "Bearer  " + token} {
		r := bearer("")
		r.Header.Set("Authorization", value)
		if _, err := res.Resolve(r); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, changed := range map[string]map[string]any{
		"several audiences": with(claims, "aud", []string{"other", "invoices"}),
		"no nbf":            with(claims, "nbf", nil),
		"no iat, by id":     with(claims, "iat", nil),
	} {
		if _, err := res.Resolve(bearer(sign(t, rsaKey, header, changed))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestRefused is attack case 48, with W19 and the regressions 3 and 9.
func TestRefused(t *testing.T) {
	t.Parallel()
	h, c := good()
	der, err := x509.MarshalPKIXPublicKey(&rsaKey.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	res := newResolver(t, options(t))
	valid := sign(t, rsaKey, h, c)
	for name, token := range map[string]string{
		"alg none":                     input(with(h, "alg", "none"), c) + ".",
		"alg None":                     input(with(h, "alg", "None"), c) + ".",
		"alg none, with the signature": sign(t, rsaKey, with(h, "alg", "none"), c),
		"no alg":                       sign(t, rsaKey, with(h, "alg", nil), c),
		"alg is a list":                sign(t, rsaKey, with(h, "alg", []string{"RS256"}), c),
		"HS256 with the public key":    mac(public, with(h, "alg", "HS256"), c),
		"HS256 with its DER":           mac(der, with(h, "alg", "HS256"), c),
		"HMAC that says RS256":         mac(public, h, c),
		"another RSA algorithm":        sign(t, rsaKey, with(h, "alg", "RS512"), c),
		"signed by somebody else":      sign(t, other, h, c),
		"no signature":                 input(h, c) + ".",
		"claims exchanged":             strings.Join([]string{strings.Split(valid, ".")[0], strings.Split(input(h, with(c, "tenant_id", "id-beta")), ".")[1], strings.Split(valid, ".")[2]}, "."),
		"kid of nobody":                sign(t, rsaKey, with(h, "kid", "k9"), c),
		"no kid":                       sign(t, rsaKey, with(h, "kid", nil), c),
		"kid is a path":                sign(t, rsaKey, with(h, "kid", "../../k1"), c),
		"kid is SQL":                   sign(t, rsaKey, with(h, "kid", "k1' OR '1'='1"), c),
		"kid is a number":              sign(t, rsaKey, with(h, "kid", 1), c),
		"kid is a list":                sign(t, rsaKey, with(h, "kid", []string{"k1"}), c),
		"jku":                          sign(t, rsaKey, with(h, "jku", "https://evil.test/keys"), c),
		"jwk":                          sign(t, rsaKey, with(h, "jwk", map[string]any{"kty": "RSA"}), c),
		"x5u":                          sign(t, rsaKey, with(h, "x5u", "https://evil.test/"), c),
		"x5c":                          sign(t, rsaKey, with(h, "x5c", []string{"MIIB"}), c),
		"crit":                         sign(t, rsaKey, with(h, "crit", []string{"b64"}), c),
		"no exp":                       sign(t, rsaKey, h, with(c, "exp", nil)),
		"exp of zero":                  sign(t, rsaKey, h, with(c, "exp", 0)),
		"exp as text":                  sign(t, rsaKey, h, with(c, "exp", "1900000000")),
		"expired":                      sign(t, rsaKey, h, with(c, "exp", now.Unix()-1)),
		"not yet valid":                sign(t, rsaKey, h, with(c, "nbf", now.Unix()+1)),
		"issued in the future":         sign(t, rsaKey, h, with(c, "iat", now.Unix()+1)),
		"no audience":                  sign(t, rsaKey, h, with(c, "aud", nil)),
		"another audience":             sign(t, rsaKey, h, with(c, "aud", "payroll")),
		"audience is empty":            sign(t, rsaKey, h, with(c, "aud", []string{})),
		"audience is a number":         sign(t, rsaKey, h, with(c, "aud", 7)),
		"no issuer":                    sign(t, rsaKey, h, with(c, "iss", nil)),
		"another issuer":               sign(t, rsaKey, h, with(c, "iss", "https://issuer.test.evil.test")),
		"issuer is a list":             sign(t, rsaKey, h, with(c, "iss", []string{"https://issuer.test"})),
		"subject is a list":            sign(t, rsaKey, h, with(c, "sub", []string{"u1"})),
		"huge":                         sign(t, rsaKey, h, with(c, "x", strings.Repeat("x", jwtresolver.DefaultSize))),
		"four parts":                   valid + ".x",
		"encrypted":                    valid + ".x.y",
		"two parts":                    input(h, c),
		"padded":                       valid + "==",
		"line break in it":             valid[:20] + "\n" + valid[20:],
		"claims are null":              base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256","kid":"k1"}`)) + "." + base64.RawURLEncoding.EncodeToString([]byte("null")) + ".x",
		"empty":                        "",
		"dots":                         "..",
	} {
		ref, principal, err := res.Authenticate(bearer(token))
		if !errors.Is(err, resolver.ErrUnauthenticated) || errors.Is(err, resolver.ErrAbsent) || !ref.IsZero() || !principal.IsZero() {
			t.Errorf("%s: %+v, %+v, %v, want ErrUnauthenticated", name, ref, principal, err)
		} else if strings.Contains(err.Error(), "evil") || strings.Contains(err.Error(), "k1") {
			t.Errorf("%s: the error repeats the token: %v", name, err)
		}
	}

	// A good token that does not name a tenant as it should.
	for name, value := range map[string]any{
		"missing": nil, "a list": []string{"id-acme"}, "a number": 7, "nested": map[string]any{"id": "id-acme"}, "true": true, "empty": "",
		"with a comma": "id-acme,id-beta", "with a space": "id acme",
	} {
		ref, err := res.Resolve(bearer(sign(t, rsaKey, h, with(c, "tenant_id", value))))
		if !errors.Is(err, runtime.ErrUnresolved) || errors.Is(err, resolver.ErrUnauthenticated) || errors.Is(err, resolver.ErrAbsent) || !ref.IsZero() {
			t.Errorf("claim is %s: %+v, %v", name, ref, err)
		}
	}

	// An error says which audience is asked for.
	_, err = res.Resolve(bearer(sign(t, rsaKey, h, with(c, "aud", "payroll"))))
	if err == nil || !strings.Contains(err.Error(), `"invoices"`) || strings.Contains(err.Error(), "payroll") {
		t.Errorf("the error is %v", err)
	}

	r := bearer(valid)
	r.Header.Add("Authorization", "Bearer "+valid)
	if _, err := res.Resolve(r); !errors.Is(err, resolver.ErrUnauthenticated) || errors.Is(err, resolver.ErrAbsent) {
		t.Errorf("two headers: %v", err)
	}
	for name, value := range map[string]string{"none": "", "another scheme": "Basic dTpw"} {
		r := bearer("")
		r.Header.Del("Authorization")
		if value != "" {
			r.Header.Set("Authorization", value)
		}
		if _, err := res.Resolve(r); !errors.Is(err, resolver.ErrAbsent) || !errors.Is(err, resolver.ErrUnauthenticated) {
			t.Errorf("%s: %v, want ErrAbsent", name, err)
		}
	}
}

// TestLeeway holds that clocks may be apart as far as is said, and no further.
func TestLeeway(t *testing.T) {
	t.Parallel()
	o := options(t)
	o.Leeway, o.RequireNotBefore = 30*time.Second, true
	res := newResolver(t, o)
	h, c := good()
	for name, tc := range map[string]struct {
		claims map[string]any
		ok     bool
	}{
		"just expired":   {with(c, "exp", now.Unix()-29), true},
		"long expired":   {with(c, "exp", now.Unix()-31), false},
		"soon valid":     {with(c, "nbf", now.Unix()+29), true},
		"later valid":    {with(c, "nbf", now.Unix()+31), false},
		"soon issued":    {with(c, "iat", now.Unix()+29), true},
		"later issued":   {with(c, "iat", now.Unix()+31), false},
		"nbf is missing": {with(c, "nbf", nil), false},
	} {
		if _, err := res.Resolve(bearer(sign(t, rsaKey, h, tc.claims))); (err == nil) != tc.ok {
			t.Errorf("%s: %v, want success: %v", name, err, tc.ok)
		}
	}
}

// TestRotation is the last part of attack case 48: while two keys are there, tokens of
// both are good, and when one is gone, its tokens are, too.
func TestRotation(t *testing.T) {
	t.Parallel()
	keys, err := jwtresolver.NewKeySet("RS256", map[string]any{"k1": &rsaKey.PublicKey})
	if err != nil {
		t.Fatal(err)
	}
	o := options(t)
	o.Keys = keys.Key
	res := newResolver(t, o)
	h, c := good()
	old, fresh := sign(t, rsaKey, h, c), sign(t, other, with(h, "kid", "k2"), c)
	for _, step := range []struct {
		keys       map[string]any
		old, fresh bool
	}{
		{map[string]any{"k1": &rsaKey.PublicKey}, true, false},
		{map[string]any{"k1": &rsaKey.PublicKey, "k2": &other.PublicKey}, true, true},
		{map[string]any{"k2": &other.PublicKey}, false, true},
		{nil, false, false},
	} {
		if err := keys.Replace(step.keys); err != nil {
			t.Fatal(err)
		}
		_, err1 := res.Resolve(bearer(old))
		_, err2 := res.Resolve(bearer(fresh))
		if (err1 == nil) != step.old || (err2 == nil) != step.fresh {
			t.Errorf("with %d keys: old %v, new %v", len(step.keys), err1, err2)
		}
	}
	if err := keys.Replace(map[string]any{"k2": &other.PublicKey, "bad": secret}); !errors.Is(err, jwtresolver.ErrKey) {
		t.Errorf("a secret among public keys: %v", err)
	}
	if _, err := keys.Key("k2"); err == nil {
		t.Error("Replace took a part of what it refused")
	}
}

// TestAlgorithms holds that every algorithm works with its own kind of key and with no
// other, so that a public key is never taken for a secret.
func TestAlgorithms(t *testing.T) {
	t.Parallel()
	_, edKey, _ := ed25519.GenerateKey(rand.Reader)
	ec256, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	private := map[string]any{"HS256": secret, "RS256": rsaKey, "PS256": rsaKey, "ES256": ec256, "ES384": ec384, "EdDSA": edKey}
	public := map[string]any{"HS256": secret, "RS256": &rsaKey.PublicKey, "ES256": &ec256.PublicKey, "ES384": &ec384.PublicKey, "EdDSA": edKey.Public()}
	kind := map[string]string{"PS256": "RS256"}
	for alg, key := range private {
		for name, with := range public {
			o := options(t)
			o.Algorithm, o.Keys = alg, func(string) (any, error) { return with, nil }
			_, c := good()
			token, err := jwt.NewWithClaims(jwt.GetSigningMethod(alg), jwt.MapClaims(c)).SignedString(key)
			if err != nil {
				t.Fatal(err)
			}
			_, err = newResolver(t, o).Resolve(bearer(token))
			if want := name == alg || name == kind[alg]; (err == nil) != want {
				t.Errorf("%s with the key of %s: %v, want success: %v", alg, name, err, want)
			}
		}
	}
	weak := &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 1023), E: 65537}
	for _, tc := range []struct {
		alg string
		key any
	}{{"HS256", secret[:31]}, {"HS512", secret}, {"HS256", "secret"}, {"RS256", weak}, {"RS256", (*rsa.PublicKey)(nil)}, {"RS256", rsaKey}, {"none", jwt.UnsafeAllowNoneSignatureType}, {"HS256", nil}} {
		if err := jwtresolver.CheckKey(tc.alg, tc.key); !errors.Is(err, jwtresolver.ErrKey) {
			t.Errorf("%s takes a %T: %v", tc.alg, tc.key, err)
		}
	}
}

// TestSlugReuse is attack case 44 for tokens: one that names an identifier does not
// reach the tenant that got the identifier after the token was issued.
func TestSlugReuse(t *testing.T) {
	t.Parallel()
	o := options(t)
	o.Form = resolver.ByIdentifier
	res := newResolver(t, o)
	h, c := good()
	c = with(c, "tenant", "acme")
	ref, principal, err := res.Authenticate(bearer(sign(t, rsaKey, h, c)))
	if err != nil {
		t.Fatal(err)
	}
	owner := runtime.Tenant{ID: "1", Identifier: runtime.MustIdentifier("acme"), CreatedAt: now.Add(-time.Hour)}
	next := runtime.Tenant{ID: "2", Identifier: runtime.MustIdentifier("acme"), CreatedAt: now.Add(-time.Second)}
	if !ref.Matches(owner) || !principal.Tenant.Matches(owner) {
		t.Error("the token does not lead to its tenant")
	}
	if ref.Matches(next) || principal.Tenant.Matches(next) {
		t.Error("the token leads to the tenant that came after")
	}
	if _, err := res.Resolve(bearer(sign(t, rsaKey, h, with(c, "iat", nil)))); !errors.Is(err, runtime.ErrUnresolved) {
		t.Errorf("a token that does not say when it was issued: %v", err)
	}
	// The control: without the time, the reference leads to both.
	ref.Issued = time.Time{}
	if !ref.Matches(next) {
		t.Error("nothing but the time keeps the new tenant apart: the test proves nothing")
	}
}

// TestCookie is attack case 52: a session cookie that was set for one tenant is refused
// on the host of another.
func TestCookie(t *testing.T) {
	t.Parallel()
	o := options(t)
	o.Form, o.Token = resolver.ByIdentifier, jwtresolver.FromCookie("session")
	sub, err := resolver.NewSubdomain(resolver.SubdomainOptions{Suffix: "example.com"})
	if err != nil {
		t.Fatal(err)
	}
	chain := resolver.Chain(sub, newResolver(t, o))
	h, c := good()
	cookie := &http.Cookie{Name: "session", Value: sign(t, rsaKey, h, with(c, "tenant", "acme"))}
	ask := func(host string, cookies ...*http.Cookie) error {
		r := httptest.NewRequest(http.MethodGet, "https://"+host+"/", nil)
		for _, c := range cookies {
			r.AddCookie(c)
		}
		_, err := chain.Resolve(r)
		return err
	}
	if err := ask("acme.example.com", cookie); err != nil {
		t.Errorf("at home: %v", err)
	}
	if err := ask("beta-co.example.com", cookie); !errors.Is(err, resolver.ErrDisagreement) {
		t.Errorf("at another tenant's host: %v", err)
	}
	if err := ask("acme.example.com", cookie, cookie); !errors.Is(err, resolver.ErrUnauthenticated) {
		t.Errorf("two cookies: %v", err)
	}
}

// TestChain holds what a chain makes of principals: one is passed on, also with a
// disagreement, and two are refused.
func TestChain(t *testing.T) {
	t.Parallel()
	header, err := resolver.NewHeader(resolver.HeaderOptions{Form: resolver.ByID})
	if err != nil {
		t.Fatal(err)
	}
	res := newResolver(t, options(t))
	chain := resolver.Chain(header, res).(resolver.Authenticator)
	h, c := good()
	r := bearer(sign(t, rsaKey, h, c))
	r.Header.Set("X-Tenant-ID", "id-acme")
	if ref, p, err := chain.Authenticate(r); err != nil || ref.ID != "id-acme" || p.Subject != "u1" {
		t.Errorf("both agree: %+v, %+v, %v", ref, p, err)
	}
	r.Header.Set("X-Tenant-ID", "id-beta") // attack case 45
	if _, p, err := chain.Authenticate(r); !errors.Is(err, resolver.ErrDisagreement) || p.Subject != "u1" {
		t.Errorf("the header says another: %+v, %v", p, err)
	}
	r.Header.Set("Authorization", "Bearer x")
	if _, _, err := chain.Authenticate(r); !errors.Is(err, resolver.ErrUnauthenticated) {
		t.Errorf("a bad token beside a good header: %v", err)
	}

	o := options(t)
	o.PrincipalOnly = true
	who := newResolver(t, o)
	r = bearer(sign(t, rsaKey, h, with(c, "tenant_id", nil)))
	if ref, p, err := resolver.Chain(header, who).(resolver.Authenticator).Authenticate(r); err != nil || !ref.IsZero() || p.Subject != "u1" {
		t.Errorf("only a principal: %+v, %+v, %v", ref, p, err)
	}
	if _, err := resolver.Chain(header, who).Resolve(r); !errors.Is(err, resolver.ErrAbsent) {
		t.Errorf("only a principal, resolved: %v", err)
	}
	if _, err := who.Resolve(r); !errors.Is(err, resolver.ErrAbsent) {
		t.Errorf("only a principal, resolved alone: %v", err)
	}

	cookie := options(t)
	cookie.Token = jwtresolver.FromCookie("session")
	r = bearer(sign(t, rsaKey, h, c))
	r.AddCookie(&http.Cookie{Name: "session", Value: sign(t, rsaKey, h, with(c, "sub", "u2"))})
	if _, _, err := resolver.Chain(res, newResolver(t, cookie)).(resolver.Authenticator).Authenticate(r); !errors.Is(err, resolver.ErrUnauthenticated) {
		t.Errorf("two people: %v", err)
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*jwtresolver.Options){
		"no algorithm":           func(o *jwtresolver.Options) { o.Algorithm = "" },
		"algorithm none":         func(o *jwtresolver.Options) { o.Algorithm = "none" },
		"no keys":                func(o *jwtresolver.Options) { o.Keys = nil },
		"no issuer":              func(o *jwtresolver.Options) { o.Issuer = "" },
		"issuer, and any":        func(o *jwtresolver.Options) { o.InsecureAnyIssuer = true },
		"no audience":            func(o *jwtresolver.Options) { o.Audience = nil },
		"empty audience":         func(o *jwtresolver.Options) { o.Audience = []string{""} },
		"audience, and any":      func(o *jwtresolver.Options) { o.InsecureAnyAudience = true },
		"leeway of an hour":      func(o *jwtresolver.Options) { o.Leeway = time.Hour },
		"negative leeway":        func(o *jwtresolver.Options) { o.Leeway = -1 },
		"tokens without a bound": func(o *jwtresolver.Options) { o.MaxSize = 1 << 30 },
		"form of nothing":        func(o *jwtresolver.Options) { o.Form = 9 },
	} {
		o := options(t)
		change(&o)
		if _, err := jwtresolver.New(o); err == nil {
			t.Errorf("%s: New succeeds", name)
		}
	}

	// What the dangerous names let through is what is refused without them.
	o := options(t)
	o.Issuer, o.Audience, o.InsecureAnyIssuer, o.InsecureAnyAudience = "", nil, true, true
	h, c := good()
	if _, err := newResolver(t, o).Resolve(bearer(sign(t, rsaKey, h, with(with(c, "aud", "payroll"), "iss", "x")))); err != nil {
		t.Errorf("any issuer and audience: %v", err)
	}
}

// FuzzAuthenticate holds that no token makes the resolver panic, and that none is good
// which the key has not signed.
func FuzzAuthenticate(f *testing.F) {
	h, c := good()
	res := newResolver(f, options(f))
	valid := sign(f, rsaKey, h, c)
	for _, s := range []string{valid, valid + "=", input(h, c) + ".", "..", "Bearer"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, token string) {
		ref, err := res.Resolve(bearer(token))
		if err == nil && (strings.TrimLeft(token, " ") != valid || ref.ID != "id-acme") {
			t.Errorf("%q is good, and names %q", token, ref.ID)
		}
	})
}

// TestWeakKey sees that a key of a function of the application's is checked as one of a
// KeySet is: a short secret could be guessed (48).
func TestWeakKey(t *testing.T) {
	t.Parallel()
	for size, want := range map[int]bool{31: false, 32: true} {
		key := []byte(strings.Repeat("k", size))
		o := options(t)
		o.Algorithm = "HS256"
		o.Keys = func(string) (any, error) { return key, nil }
		header, claims := good()
		_, err := newResolver(t, o).Resolve(bearer(mac(key, with(header, "alg", "HS256"), claims)))
		if (err == nil) != want || err != nil && !errors.Is(err, resolver.ErrUnauthenticated) {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}
