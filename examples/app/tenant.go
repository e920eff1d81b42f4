package main

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"

	"github.com/tenancygen/tenancygen/runtime"
)

// resolver finds the tenant of a request. What it goes by must be something that
// the client cannot choose freely: a credential, never a header or a path that
// names a tenant.
type resolver interface {
	Resolve(r *http.Request) (tenant runtime.Tenant, ok bool)
}

// tokens is a resolver for the demonstration: it knows the tenant of each API
// token, by the token's hash. A real service keeps them in a database, with an
// expiry and the tenant's status.
type tokens map[[sha256.Size]byte]runtime.Tenant

// parseTokens reads a list such as "s3cret=0198…,other=0198…".
func parseTokens(list string) (tokens, error) {
	known := make(tokens)
	for entry := range strings.SplitSeq(list, ",") {
		token, id, ok := strings.Cut(strings.TrimSpace(entry), "=")
		if !ok || token == "" || id == "" {
			return nil, fmt.Errorf("API_TOKENS: want token=tenant-id, separated by commas")
		}
		known[sha256.Sum256([]byte(token))] = runtime.Tenant{ID: id}
	}
	return known, nil
}

// Resolve goes by the bearer token.
func (t tokens) Resolve(r *http.Request) (runtime.Tenant, bool) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return runtime.Tenant{}, false
	}
	tenant, ok := t[sha256.Sum256([]byte(token))]
	return tenant, ok
}
