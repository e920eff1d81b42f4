// Package middleware lets a request act for its tenant, or turns it away. New is for
// net/http and everything that takes its middleware; package grpcmiddleware does the
// same for gRPC. The order is always this:
//
//	excluded? → resolve → find → membership → status → limit → lease → handler
//
// To who is turned away, a tenant that is not there, one that is suspended or deleted,
// and one that is not his look the same: status, headers and body. The handler finds
// the tenant with runtime.FromContext, and its context ends when the tenant is
// suspended or deleted, so that nothing goes on for long.
package middleware
