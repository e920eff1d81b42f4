// Package jwtresolver finds the tenant, and who makes the request, in a JSON Web Token
// (RFC 7519) that is signed in one way with keys that the application knows. It is a
// resolver of its own, or a part of resolver.Chain, which holds what the token says
// against a header, the path or the host.
package jwtresolver

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/resolver"
)

// The bounds of options.
const (
	// MaxLeeway is the greatest difference of clocks that Options can allow for.
	MaxLeeway = 2 * time.Minute
	// DefaultSize is the length of the longest token that is looked at when the options
	// say nothing, and MaxSize the greatest that they can say.
	DefaultSize = 8 << 10
	MaxSize     = 64 << 10
)

// Options are those of a Resolver. The names that begin with Insecure take away a
// check that tokens of somebody else's fail at.
type Options struct {
	// Algorithm is the one way in which tokens are signed: "HS256", "RS256", "PS256",
	// "ES256", those with 384 or 512, or "EdDSA". It is required. What the token itself
	// says has to be the same.
	Algorithm string
	// Keys returns the key with a name, the token's "kid", which is empty where the
	// token has none. It is required: the Key method of a KeySet, or a function that
	// knows keys otherwise. The name is what a client wrote: use it for nothing but to
	// find a key among those that are there. It has no slash in it.
	Keys func(kid string) (any, error)

	// Issuer is who signs the tokens, their "iss". It is required.
	Issuer            string
	InsecureAnyIssuer bool
	// Audience are names of this application; a token has to be for one of them, in its
	// "aud". It is required.
	Audience            []string
	InsecureAnyAudience bool

	// Form says what the claim holds. An id is better: an identifier can become another
	// tenant's, so a token with one has to say when it was issued ("iat"), and leads to
	// no tenant that is younger.
	Form resolver.Form
	// Claim names the tenant; empty means "tenant_id" for an id and "tenant" for an
	// identifier. It has to be there, at the top, and a string.
	Claim string
	// PrincipalOnly is for tokens that say who it is and name no tenant: that is left to
	// other resolvers of a chain, and to the membership hook.
	PrincipalOnly bool

	// Leeway is how far the clocks of issuer and server may be apart, up to MaxLeeway.
	Leeway time.Duration
	// RequireNotBefore refuses tokens without an "nbf". One that is there always counts.
	// An "exp" has to be there in any case.
	RequireNotBefore bool
	// MaxSize is the length of the longest token that is looked at; zero means
	// DefaultSize.
	MaxSize int
	// Token returns the token in a request; nil means FromAuthorization.
	Token func(r *http.Request) (string, error)
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Resolver is a resolver.Authenticator that reads a token. It is safe for concurrent
// use.
type Resolver struct {
	o      Options
	parser *jwt.Parser
}

// New returns a Resolver. It fails, with all that is wrong at once, for options that
// lack something or ask for the impossible.
func New(o Options) (*Resolver, error) {
	if o.Claim == "" {
		o.Claim = map[resolver.Form]string{resolver.ByID: "tenant_id", resolver.ByIdentifier: "tenant"}[o.Form]
	}
	if o.MaxSize == 0 {
		o.MaxSize = DefaultSize
	}
	if o.Token == nil {
		o.Token = FromAuthorization
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	options := []jwt.ParserOption{
		jwt.WithValidMethods([]string{o.Algorithm}), jwt.WithStrictDecoding(), jwt.WithExpirationRequired(), jwt.WithIssuedAt(),
		jwt.WithLeeway(o.Leeway), jwt.WithTimeFunc(o.Now),
	}
	if !o.InsecureAnyIssuer {
		options = append(options, jwt.WithIssuer(o.Issuer))
	}
	if !o.InsecureAnyAudience {
		options = append(options, jwt.WithAudience(o.Audience...))
	}
	if o.RequireNotBefore {
		options = append(options, jwt.WithNotBeforeRequired())
	}
	return &Resolver{o: o, parser: jwt.NewParser(options...)}, nil
}

// check returns an error that names all that is wrong with the options.
func (o Options) check() error {
	var problems []error
	add := func(wrong bool, format string, args ...any) {
		if wrong {
			problems = append(problems, fmt.Errorf(format, args...))
		}
	}
	add(keyChecks[o.Algorithm] == nil, "there is no Algorithm %q", o.Algorithm)
	add(o.Keys == nil, "there are no Keys")
	add(o.Issuer == "" != o.InsecureAnyIssuer, "it needs an Issuer, or InsecureAnyIssuer")
	add(len(o.Audience) == 0 != o.InsecureAnyAudience, "it needs an Audience, or InsecureAnyAudience")
	for _, a := range o.Audience {
		add(a == "", "an Audience is empty")
	}
	add(!o.Form.Valid(), "there is no Form %d", o.Form)
	add(o.Leeway < 0 || o.Leeway > MaxLeeway, "a Leeway of %v is not from 0 to %v", o.Leeway, MaxLeeway)
	add(o.MaxSize < 0 || o.MaxSize > MaxSize, "a MaxSize of %d is not from 1 to %d", o.MaxSize, MaxSize)
	if problems == nil {
		return nil
	}
	return fmt.Errorf("jwtresolver: %w", errors.Join(problems...))
}

// Resolve is Authenticate without the principal.
func (v *Resolver) Resolve(r *http.Request) (runtime.Reference, error) {
	ref, _, err := v.Authenticate(r)
	if err == nil && ref.IsZero() {
		err = resolver.ErrAbsent
	}
	return ref, err
}

// Authenticate returns the tenant that the request's token names, and whom it is about.
// Its errors are resolver.ErrUnauthenticated for a token that is not good, with
// resolver.ErrAbsent where there is none, and runtime.ErrUnresolved alone for a good one
// that names a tenant in a way that it should not.
func (v *Resolver) Authenticate(r *http.Request) (runtime.Reference, resolver.Principal, error) {
	text, err := v.o.Token(r)
	if err != nil {
		return runtime.Reference{}, resolver.Principal{}, err
	}
	if len(text) > v.o.MaxSize {
		return runtime.Reference{}, resolver.Principal{}, refused("it is too long")
	}
	claims := jwt.MapClaims{}
	if _, err := v.parser.ParseWithClaims(text, claims, v.key); err != nil {
		return runtime.Reference{}, resolver.Principal{}, refused(v.reason(err))
	}
	return v.read(claims)
}

// key is the key that a token says it is signed with.
func (v *Resolver) key(t *jwt.Token) (any, error) {
	// Parameters by which a token brings its own key, or asks for what we do not do.
	for _, name := range []string{"jku", "jwk", "x5u", "x5c", "crit"} {
		if _, ok := t.Header[name]; ok {
			return nil, errHeader
		}
	}
	kid := ""
	if k, ok := t.Header["kid"]; ok {
		if kid, ok = k.(string); !ok || !plainKeyID(kid) {
			return nil, errHeader
		}
	}
	key, err := v.o.Keys(kid)
	if err != nil {
		return nil, err
	}
	return key, CheckKey(v.o.Algorithm, key)
}

// read takes from the claims of a good token what the request is about.
func (v *Resolver) read(claims jwt.MapClaims) (runtime.Reference, resolver.Principal, error) {
	p := resolver.Principal{Claims: claims}
	var err1, err2 error
	p.Subject, err1 = claims.GetSubject()
	p.Issuer, err2 = claims.GetIssuer()
	if err1 != nil || err2 != nil {
		return runtime.Reference{}, resolver.Principal{}, refused("its subject or issuer is not a string")
	}
	if v.o.PrincipalOnly {
		return runtime.Reference{}, p, nil
	}
	name, ok := claims[v.o.Claim].(string)
	if !ok {
		return runtime.Reference{}, p, unresolved("the token has no claim of a tenant, or not as a string")
	}
	ref, err := v.o.Form.Parse(name, "jwt")
	if err != nil {
		return runtime.Reference{}, p, err
	}
	issued, err := claims.GetIssuedAt()
	if err != nil || issued == nil && v.o.Form == resolver.ByIdentifier {
		return runtime.Reference{}, p, unresolved("the token does not say when it was issued")
	}
	if issued != nil {
		ref.Issued = issued.Time
	}
	p.Tenant = ref
	return ref, p, nil
}

var (
	errHeader = errors.New("the header has a parameter that is not allowed")
	errKey    = errors.New("there is no such key")
)

// reason says why a token is not good. The texts of the library could repeat the token.
func (v *Resolver) reason(err error) string {
	switch {
	case errors.Is(err, errHeader):
		return errHeader.Error()
	case errors.Is(err, jwt.ErrTokenMalformed):
		return "it is not a token"
	case errors.Is(err, jwt.ErrTokenExpired):
		return "it has expired"
	case errors.Is(err, jwt.ErrTokenNotValidYet), errors.Is(err, jwt.ErrTokenUsedBeforeIssued):
		return "it is from the future"
	case errors.Is(err, jwt.ErrTokenInvalidAudience):
		return fmt.Sprintf("it is not for %q", v.o.Audience)
	case errors.Is(err, jwt.ErrTokenInvalidIssuer):
		return fmt.Sprintf("it is not by %q", v.o.Issuer)
	case errors.Is(err, jwt.ErrTokenRequiredClaimMissing):
		return "a claim is missing that has to be there"
	case errors.Is(err, errKey), errors.Is(err, ErrKey):
		return "there is no key for it"
	case errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return "its signature is not right"
	}
	return "it cannot be verified"
}

// refused is a token that is not good.
func refused(reason string) error { return fmt.Errorf("%w: %s", resolver.ErrUnauthenticated, reason) }

// unresolved is a good token that does not name a tenant as it should.
func unresolved(reason string) error { return fmt.Errorf("%w: %s", runtime.ErrUnresolved, reason) }

// errNoToken is a request without a token.
var errNoToken = fmt.Errorf("%w: %w", resolver.ErrUnauthenticated, resolver.ErrAbsent)

// FromAuthorization returns the token in the header Authorization: Bearer. Another
// scheme is none, and two headers are refused.
func FromAuthorization(r *http.Request) (string, error) {
	values := r.Header.Values("Authorization")
	if len(values) > 1 {
		return "", refused("there is more than one")
	}
	if len(values) == 0 {
		return "", errNoToken
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", errNoToken
	}
	return strings.TrimLeft(token, " "), nil
}

// FromCookie returns a function that returns the token in a cookie. In a chain with a
// Subdomain, a cookie that was set for one tenant is refused on the host of another. Two
// cookies of the name are refused: browsers send those of a parent domain, too.
func FromCookie(name string) func(r *http.Request) (string, error) {
	return func(r *http.Request) (string, error) {
		switch cookies := r.CookiesNamed(name); len(cookies) {
		case 0:
			return "", errNoToken
		case 1:
			return cookies[0].Value, nil
		}
		return "", refused("there is more than one")
	}
}
