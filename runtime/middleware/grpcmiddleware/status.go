package grpcmiddleware

import (
	"context"
	"errors"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/middleware"
	"github.com/tenancygen/tenancygen/runtime/resolver"
)

// Hidden is the code of every call that is turned away for what its tenant is, or is
// not, unless Options.Reveal is set.
const Hidden = codes.NotFound

// codeOf returns the code of a rejection: the one that goes with middleware's status.
func codeOf(r *middleware.Rejection, reveal bool) codes.Code {
	switch r.Reason {
	case middleware.ReasonLimited:
		return codes.ResourceExhausted
	case middleware.ReasonError:
		return codes.Internal
	case middleware.ReasonUnresolved:
		if errors.Is(r.Err, resolver.ErrUnauthenticated) {
			return codes.Unauthenticated
		}
	}
	if !reveal {
		return Hidden
	}
	switch r.Reason {
	case middleware.ReasonUnresolved:
		return codes.InvalidArgument
	case middleware.ReasonForbidden, middleware.ReasonInactive:
		return codes.PermissionDenied
	}
	return codes.NotFound
}

// status returns a rejection as a caller gets it: a code, its name, and for a limit a
// RetryInfo.
func (i *Interceptors) status(r *middleware.Rejection) error {
	code := codeOf(r, i.reveal)
	if code != codes.ResourceExhausted {
		return plain(code)
	}
	s, err := status.New(code, code.String()).WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(r.RetryAfter)})
	if err != nil {
		return plain(code)
	}
	return s.Err()
}

// plain is a status that says nothing but its code.
func plain(code codes.Code) error { return status.Error(code, code.String()) }

// handled returns what a caller gets of the error that a handler returned. A status
// stays as it is, without what it is wrapped in; of every other error the caller gets a
// code, since its text may hold what the database said about other rows.
func (i *Interceptors) handled(a *middleware.Admission, err error) error {
	var own interface{ GRPCStatus() *status.Status }
	switch {
	case err == nil:
		return nil
	case errors.As(err, &own) && own.GRPCStatus() != nil:
		return own.GRPCStatus().Err()
	case errors.Is(err, context.Canceled):
		return plain(codes.Canceled)
	case errors.Is(err, context.DeadlineExceeded):
		return plain(codes.DeadlineExceeded)
	}
	if r := middleware.Classify(err); r.Reason != middleware.ReasonError {
		return i.status(r)
	}
	for _, known := range handlerCodes {
		for _, e := range known.errors {
			if errors.Is(err, e) {
				return plain(known.code)
			}
		}
	}
	i.logger.ErrorContext(a.Context, "a call failed", "tenant", a.Tenant.ID, "error", err)
	return plain(codes.Internal)
}

// handlerCodes are the codes of errors that do not turn a call away.
var handlerCodes = []struct {
	code   codes.Code
	errors []error
}{
	{codes.AlreadyExists, []error{runtime.ErrTenantConflict, runtime.ErrTenantExists}},
	{codes.Aborted, []error{runtime.ErrStaleTenant}},
	{codes.FailedPrecondition, []error{runtime.ErrTransition, runtime.ErrTenantQuota}},
	{codes.InvalidArgument, []error{runtime.ErrIdentifier, runtime.ErrInvalidTenant, runtime.ErrMetadata, runtime.ErrCursor}},
}
