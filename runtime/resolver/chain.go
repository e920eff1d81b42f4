package resolver

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/tenancygen/tenancygen/runtime"
)

// chain is what Chain returns.
type chain []Resolver

// Chain returns a Resolver that asks all of several, and takes their word only where
// they agree. One that says ErrAbsent is passed over; any other error is the chain's.
// Where one names an id and another an identifier, the reference holds both, and
// runtime.Find sees whether they are one tenant's. The Issued of the reference is the
// earliest.
//
// The chain is an Authenticator: the principal is that of the one resolver in it that
// proves one. It panics without resolvers, which is a mistake of the program.
func Chain(resolvers ...Resolver) Resolver {
	if len(resolvers) == 0 {
		panic("resolver: a chain without resolvers")
	}
	return chain(resolvers)
}

// DisagreementError is a request that names two tenants. It is ErrDisagreement.
type DisagreementError struct {
	// References are what the resolvers found, in the order of the chain. They are
	// what a client wrote: they belong in an audit record, and not in an answer.
	References []runtime.Reference
}

// Error says nothing of what the request says.
func (e *DisagreementError) Error() string { return ErrDisagreement.Error() }

// Unwrap returns ErrDisagreement.
func (e *DisagreementError) Unwrap() error { return ErrDisagreement }

// Resolve is Authenticate without the principal.
func (c chain) Resolve(r *http.Request) (runtime.Reference, error) {
	ref, _, err := c.Authenticate(r)
	if err == nil && ref.IsZero() {
		err = ErrAbsent
	}
	return ref, err
}

// Authenticate asks every resolver, so that a second opinion is never left unheard.
func (c chain) Authenticate(r *http.Request) (runtime.Reference, Principal, error) {
	var (
		found     []runtime.Reference
		principal Principal
		missing   error
	)
	for _, res := range c {
		ref, p, err := Authenticate(res, r)
		switch {
		case errors.Is(err, ErrAbsent):
			if missing == nil || errors.Is(err, ErrUnauthenticated) {
				missing = err
			}
			continue
		case err != nil:
			return runtime.Reference{}, Principal{}, err
		}
		if !p.IsZero() {
			if !principal.IsZero() && !principal.same(p) {
				return runtime.Reference{}, Principal{}, fmt.Errorf("%w: two credentials of different people", ErrUnauthenticated)
			}
			principal = p
		}
		if !ref.IsZero() {
			found = append(found, ref)
		}
	}
	if len(found) == 0 {
		if principal.IsZero() {
			return runtime.Reference{}, Principal{}, missing
		}
		return runtime.Reference{}, principal, nil
	}
	ref, ok := merge(found)
	if !ok {
		return runtime.Reference{}, principal, &DisagreementError{References: found}
	}
	return ref, principal, nil
}

// merge makes one reference of several, and reports whether they can be one tenant's.
func merge(refs []runtime.Reference) (runtime.Reference, bool) {
	out := refs[0]
	for _, ref := range refs[1:] {
		if out.ID != "" && ref.ID != "" && out.ID != ref.ID {
			return out, false
		}
		if !out.Identifier.IsZero() && !ref.Identifier.IsZero() && out.Identifier != ref.Identifier {
			return out, false
		}
		if ref.ID != "" {
			out.ID = ref.ID
		}
		if !ref.Identifier.IsZero() {
			out.Identifier = ref.Identifier
		}
		if !ref.Issued.IsZero() && (out.Issued.IsZero() || ref.Issued.Before(out.Issued)) {
			out.Issued = ref.Issued
		}
		out.Source += "+" + ref.Source
	}
	return out, true
}
