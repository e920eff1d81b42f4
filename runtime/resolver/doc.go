// Package resolver finds out which tenant a request is about: from a header, the host
// name, the path, a token (package jwtresolver), several of them that have to agree, or
// a function of yours.
//
// A resolver only reads the request. It says which tenant is meant, and not whether
// there is one, whether it is active, or whether the caller belongs to it: that is the
// business of package runtime/middleware. What a client writes into a header, a path or
// a host name is its wish, so let a chain hold it against a token, or a membership hook
// against the one who is logged in.
package resolver
