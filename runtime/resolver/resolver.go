package resolver

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/tenancygen/tenancygen/runtime"
)

// Resolver reads from a request which tenant it is about. It looks nothing up, changes
// nothing in the request, and is safe for concurrent use.
type Resolver interface {
	// Resolve returns a reference that is not zero, or an error that wraps
	// runtime.ErrUnresolved: ErrAbsent where the request says nothing that this resolver
	// reads, and another where it says it in a way that it should not.
	Resolve(r *http.Request) (runtime.Reference, error)
}

// Func is a Resolver of your own. A zero reference without an error counts as ErrAbsent.
type Func func(r *http.Request) (runtime.Reference, error)

// Resolve calls f.
func (f Func) Resolve(r *http.Request) (runtime.Reference, error) { return f(r) }

// The errors of resolvers. All are runtime.ErrUnresolved.
var (
	// ErrAbsent is returned for a request that says nothing which the resolver reads. It
	// is the one error after which a chain asks on.
	ErrAbsent = fmt.Errorf("%w: nothing names a tenant", runtime.ErrUnresolved)
	// ErrUnauthenticated is returned where a credential is missing or not good. Whether
	// it is depends on the credential alone, so to say so tells nothing of tenants.
	ErrUnauthenticated = fmt.Errorf("%w: the credential is missing or not good", runtime.ErrUnresolved)
	// ErrDisagreement is what a *DisagreementError is.
	ErrDisagreement = fmt.Errorf("%w: two parts of it name different tenants", runtime.ErrUnresolved)
)

// malformed is an error about something that is there and should not be as it is. The
// reason does not repeat it.
func malformed(reason string) error {
	return fmt.Errorf("%w: %s", runtime.ErrUnresolved, reason)
}

// Form is what a text names a tenant by.
type Form uint8

// The forms.
const (
	// ByIdentifier is the slug, which can be renamed and, once free, be another's.
	ByIdentifier Form = iota
	// ByID is the id, which never changes. It has to be made of ASCII letters, digits
	// and the characters "-_.:~@|=+".
	ByID
)

// Valid reports whether there is such a form.
func (f Form) Valid() bool { return f == ByIdentifier || f == ByID }

// Parse returns the reference that text makes, with source as its Source. It changes
// nothing in text, so that a tenant has one spelling, and its error, which is
// runtime.ErrUnresolved, does not repeat text.
func (f Form) Parse(text, source string) (runtime.Reference, error) {
	if f == ByID {
		if !plainID(text) {
			return runtime.Reference{}, malformed("not an id of a tenant")
		}
		return runtime.Reference{ID: text, Source: source}, nil
	}
	identifier, err := runtime.ParseIdentifier(text)
	if err != nil {
		return runtime.Reference{}, fmt.Errorf("%w: %w", runtime.ErrUnresolved, err)
	}
	return runtime.Reference{Identifier: identifier, Source: source}, nil
}

// plainID reports whether s is an id that is read in the same way in a header, a path
// and a token: nothing in it is a separator, a space or an escape.
func plainID(s string) bool {
	if s == "" || len(s) > runtime.MaxID {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-_.:~@|=+", c) >= 0) {
			return false
		}
	}
	return true
}

// errForm is returned by constructors for a Form that there is not.
var errForm = errors.New("resolver: there is no such Form")
