// Package grpcmiddleware is package middleware for gRPC servers: interceptors that let a
// call act for its tenant, or turn it away, in the same order and by the same options.
//
// Resolvers see a call as a request: its metadata as headers, :authority as the host,
// the method as the path, and the peer's address. Values of "-bin" keys are left out.
package grpcmiddleware

import (
	"context"
	"errors"
	"log/slog"

	"google.golang.org/grpc"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/middleware"
)

// Interceptors are those of one server.
type Interceptors struct {
	gate   *middleware.Gate
	reveal bool
	logger *slog.Logger
}

// New returns interceptors. It fails, with all that is wrong at once, for options that
// lack something, and for an ErrorHandler, which nobody would call.
func New(o middleware.Options) (*Interceptors, error) {
	if o.ErrorHandler != nil {
		return nil, errors.New("grpcmiddleware: an ErrorHandler is for HTTP alone")
	}
	gate, err := middleware.NewGate(o)
	if err != nil {
		return nil, err
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return &Interceptors{gate: gate, reveal: o.Reveal, logger: o.Logger}, nil
}

// Unary is for grpc.UnaryInterceptor and grpc.ChainUnaryInterceptor. The answer of a call
// whose tenant was suspended or deleted meanwhile is dropped.
func (i *Interceptors) Unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (resp any, err error) {
	a, rejection := i.gate.Admit(ctx, request(ctx, info.FullMethod))
	if rejection != nil {
		return nil, i.status(rejection)
	}
	if a.Excluded {
		return handler(ctx, req)
	}
	defer func() {
		if rejection := i.gate.Release(a); rejection != nil {
			resp, err = nil, i.status(rejection)
		}
	}()
	resp, err = handler(a.Context, req)
	return resp, i.handled(a, err)
}

// Stream is for grpc.StreamInterceptor and grpc.ChainStreamInterceptor. The stream ends
// when the tenant is suspended or deleted, also under a handler that waits for its peer.
func (i *Interceptors) Stream(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	a, rejection := i.gate.Admit(ss.Context(), request(ss.Context(), info.FullMethod))
	if rejection != nil {
		return i.status(rejection)
	}
	if a.Excluded {
		return handler(srv, ss)
	}
	// Nothing but its end wakes a handler that waits in a stream, and it ends when this
	// function returns: so the handler runs beside it.
	done := make(chan outcome, 1)
	go func() {
		out := outcome{panicked: true}
		defer func() {
			if out.panicked {
				out.value = recover()
			}
			out.rejection = i.gate.Release(a)
			done <- out
		}()
		out.err = handler(srv, &stream{ServerStream: ss, admission: a, refused: i.status(middleware.Classify(runtime.ErrTenantInactive))})
		out.panicked = false
	}()
	select {
	case out := <-done:
		return i.finish(a, out)
	case <-a.Context.Done():
	}
	if !a.Revoked() {
		return i.finish(a, <-done) // the peer has gone, which gRPC tells the handler
	}
	go func() {
		if out := <-done; out.panicked {
			i.logger.ErrorContext(a.Context, "the handler of an ended stream panicked", "tenant", a.Tenant.ID, "value", out.value)
		}
	}()
	return i.status(middleware.Classify(runtime.ErrTenantInactive))
}

// outcome is how a handler ended.
type outcome struct {
	err       error
	rejection *middleware.Rejection
	panicked  bool
	value     any
}

// finish returns what a stream ends with. A panic goes on where it would have gone
// without the interceptor.
func (i *Interceptors) finish(a *middleware.Admission, out outcome) error {
	switch {
	case out.panicked:
		panic(out.value)
	case out.rejection != nil:
		return i.status(out.rejection)
	}
	return i.handled(a, out.err)
}

// stream is the stream that a handler gets.
type stream struct {
	grpc.ServerStream
	admission *middleware.Admission
	refused   error
}

// Context carries the tenant and ends when it may not act any more.
func (s *stream) Context() context.Context { return s.admission.Context }

// SendMsg fails once the tenant may not act any more.
func (s *stream) SendMsg(m any) error {
	if s.admission.Revoked() {
		return s.refused
	}
	return s.ServerStream.SendMsg(m)
}

// RecvMsg fails once the tenant may not act any more.
func (s *stream) RecvMsg(m any) error {
	if s.admission.Revoked() {
		return s.refused
	}
	return s.ServerStream.RecvMsg(m)
}
