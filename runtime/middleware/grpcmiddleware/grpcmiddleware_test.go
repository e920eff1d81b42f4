package grpcmiddleware_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"
	"go.uber.org/goleak"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/middleware"
	"github.com/tenancygen/tenancygen/runtime/middleware/grpcmiddleware"
	"github.com/tenancygen/tenancygen/runtime/resolver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// tenants are middleware.Tenants in memory: the one named "id-acme" and others that may
// not act.
type tenants struct {
	mu      sync.Mutex
	all     []runtime.Tenant
	cancels map[*context.CancelCauseFunc]bool
}

func newTenants() *tenants {
	return &tenants{cancels: map[*context.CancelCauseFunc]bool{}, all: []runtime.Tenant{
		{ID: "id-acme", Identifier: runtime.MustIdentifier("acme"), Status: runtime.StatusActive},
		{ID: "id-beta", Identifier: runtime.MustIdentifier("beta-co"), Status: runtime.StatusActive},
		{ID: "id-susp", Identifier: runtime.MustIdentifier("suspended-co"), Status: runtime.StatusSuspended},
		{ID: "id-gone", Identifier: runtime.MustIdentifier("deleted-co"), Status: runtime.StatusDeleted},
		{ID: "id-full", Identifier: runtime.MustIdentifier("limited-co"), Status: runtime.StatusActive},
	}}
}

func (s *tenants) Find(_ context.Context, ref runtime.Reference) (runtime.Tenant, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.all {
		if ref.Matches(t) {
			return t, nil
		}
	}
	return runtime.Tenant{}, runtime.ErrTenantNotFound
}

func (s *tenants) CheckRateLimit(_ context.Context, t runtime.Tenant) error {
	if t.ID == "id-full" {
		return &runtime.RateLimitError{RetryAfter: 1500 * time.Millisecond}
	}
	return nil
}

func (s *tenants) Enter(ctx context.Context, _ runtime.Tenant) (context.Context, func(), error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx, cancel := context.WithCancelCause(ctx)
	s.cancels[&cancel] = true
	return ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.cancels, &cancel)
		cancel(nil)
	}, nil
}

// suspendAll ends every loan as a suspension does.
func (s *tenants) suspendAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for cancel := range s.cancels {
		(*cancel)(runtime.ErrTenantInactive)
	}
}

func (s *tenants) lent() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.cancels)
}

type text = wrapperspb.StringValue

// echo is a service with one method of each kind, made by hand.
type echo struct {
	say  func(ctx context.Context) (string, error)
	chat func(ss grpc.ServerStream) error
}

var desc = grpc.ServiceDesc{
	ServiceName: "test.Echo",
	HandlerType: (*any)(nil),
	Methods: []grpc.MethodDesc{{MethodName: "Say", Handler: func(srv any, ctx context.Context, dec func(any) error, intercept grpc.UnaryServerInterceptor) (any, error) {
		in := new(text)
		if err := dec(in); err != nil {
			return nil, err
		}
		return intercept(ctx, in, &grpc.UnaryServerInfo{Server: srv, FullMethod: "/test.Echo/Say"}, func(ctx context.Context, _ any) (any, error) {
			out, err := srv.(*echo).say(ctx)
			return wrapperspb.String(out), err
		})
	}}},
	Streams: []grpc.StreamDesc{{StreamName: "Chat", ServerStreams: true, ClientStreams: true, Handler: func(srv any, ss grpc.ServerStream) error {
		return srv.(*echo).chat(ss)
	}}},
}

// start serves e behind the interceptors and returns a connection to it.
func start(t *testing.T, o middleware.Options, e *echo, outer ...grpc.StreamServerInterceptor) *grpc.ClientConn {
	t.Helper()
	if o.Resolver == nil {
		header, err := resolver.NewHeader(resolver.HeaderOptions{})
		if err != nil {
			t.Fatal(err)
		}
		o.Resolver = header
	}
	if o.Tenants == nil {
		o.Tenants = newTenants()
	}
	if o.Membership == nil {
		o.Membership = middleware.InsecureAnyone
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	i, err := grpcmiddleware.New(o)
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(grpc.UnaryInterceptor(i.Unary), grpc.ChainStreamInterceptor(append(outer, i.Stream)...))
	server.RegisterService(&desc, e)
	listener := bufconn.Listen(1 << 16)
	go func() { _ = server.Serve(listener) }()
	conn, err := grpc.NewClient("passthrough:acme.example.com",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(); server.Stop() })
	return conn
}

// as is a context whose calls name a tenant.
func as(t *testing.T, tenant string) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	if tenant == "" {
		return ctx
	}
	return metadata.AppendToOutgoingContext(ctx, "x-tenant-id", tenant)
}

// say calls the unary method and returns its answer or its code.
func say(ctx context.Context, conn *grpc.ClientConn) (string, error) {
	out := new(text)
	err := conn.Invoke(ctx, "/test.Echo/Say", wrapperspb.String("x"), out)
	return out.GetValue(), err
}

// open opens the stream.
func open(t *testing.T, ctx context.Context, conn *grpc.ClientConn) grpc.ClientStream {
	t.Helper()
	cs, err := conn.NewStream(ctx, &desc.Streams[0], "/test.Echo/Chat")
	if err != nil {
		t.Fatal(err)
	}
	return cs
}

// whole is an error as it goes over the wire.
func whole(err error) string { return status.Convert(err).Proto().String() }

// hello answers with the tenant's id.
func hello(ctx context.Context) (string, error) {
	t, _ := runtime.FromContext(ctx)
	return t.ID, nil
}

// TestCodes is attack case 51 for gRPC: the same rejections are the same status, message
// and details; and the control, the codes that Reveal shows.
func TestCodes(t *testing.T) {
	t.Parallel()
	member := func(_ context.Context, _ *http.Request, t runtime.Tenant) error {
		if t.ID == "id-beta" {
			return middleware.ErrForbidden
		}
		return nil
	}
	e := &echo{say: hello, chat: func(grpc.ServerStream) error { return nil }}
	hidden := start(t, middleware.Options{Membership: member}, e)
	revealed := start(t, middleware.Options{Membership: member, Reveal: true}, e)
	_, first := say(as(t, "nobody"), hidden)
	want := whole(first)
	for tenant, code := range map[string]codes.Code{
		"nobody": codes.NotFound, "suspended-co": codes.PermissionDenied, "deleted-co": codes.PermissionDenied, "beta-co": codes.PermissionDenied,
		"No!": codes.InvalidArgument, "": codes.InvalidArgument,
	} {
		_, err := say(as(t, tenant), hidden)
		if diff := cmp.Diff(want, whole(err)); diff != "" || status.Code(err) != grpcmiddleware.Hidden {
			t.Errorf("%q (-nobody +this):\n%s", tenant, diff)
		}
		cs := open(t, as(t, tenant), hidden)
		if diff := cmp.Diff(want, whole(cs.RecvMsg(new(text)))); diff != "" {
			t.Errorf("stream of %q (-nobody +this):\n%s", tenant, diff)
		}
		if _, err := say(as(t, tenant), revealed); status.Code(err) != code {
			t.Errorf("revealed, %q is %v, want %v", tenant, status.Code(err), code)
		}
	}
	if got, err := say(as(t, "acme"), hidden); err != nil || got != "id-acme" {
		t.Errorf("acme: %q, %v", got, err)
	}
	// Two values in the metadata are refused as two headers are: attack case 45.
	ctx := metadata.AppendToOutgoingContext(as(t, "acme"), "X-Tenant-Id", "beta-co")
	if _, err := say(ctx, revealed); status.Code(err) != codes.InvalidArgument {
		t.Errorf("two tenants: %v", err)
	}

	_, err := say(as(t, "limited-co"), hidden)
	details := status.Convert(err).Details()
	if status.Code(err) != codes.ResourceExhausted || len(details) != 1 {
		t.Fatalf("limited: %v, %v", err, details)
	}
	if info, ok := details[0].(*errdetails.RetryInfo); !ok || info.GetRetryDelay().AsDuration() != 2*time.Second {
		t.Errorf("limited: %v", details[0])
	}
}

// TestAuthority holds that resolvers find the host, and the method's path, where they
// look for them.
func TestAuthority(t *testing.T) {
	t.Parallel()
	sub, err := resolver.NewSubdomain(resolver.SubdomainOptions{Suffix: "example.com"})
	if err != nil {
		t.Fatal(err)
	}
	e := &echo{say: hello}
	conn := start(t, middleware.Options{Resolver: sub}, e)
	if got, err := say(as(t, ""), conn); err != nil || got != "id-acme" {
		t.Errorf("by :authority: %q, %v", got, err)
	}
	for excluded, want := range map[string]string{"/test.Echo": "", "/test.Echo/Say": "", "/test.Ech": "id-acme", "/test.Echo/Sa": "id-acme"} {
		conn := start(t, middleware.Options{Resolver: sub, Excluded: []string{excluded}}, e)
		if got, err := say(as(t, ""), conn); err != nil || got != want {
			t.Errorf("with %s excluded: %q, %v, want %q", excluded, got, err, want)
		}
	}
	missing := start(t, middleware.Options{Resolver: resolver.Func(func(*http.Request) (runtime.Reference, error) {
		return runtime.Reference{}, fmt.Errorf("%w: %w", resolver.ErrUnauthenticated, resolver.ErrAbsent)
	})}, e)
	if _, err := say(as(t, ""), missing); status.Code(err) != codes.Unauthenticated {
		t.Errorf("no credential: %v", err)
	}
}

// TestStream is attack case 58 for gRPC: a stream ends when its tenant is suspended,
// whether its handler listens to the context, to the stream, or to nobody.
func TestStream(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	for name, wait := range map[string]func(ss grpc.ServerStream) error{
		"context": func(ss grpc.ServerStream) error { <-ss.Context().Done(); return ss.Context().Err() },
		"receive": func(ss grpc.ServerStream) error { return ss.RecvMsg(new(text)) },
		"send": func(ss grpc.ServerStream) error {
			block := wrapperspb.String(strings.Repeat("x", 1<<16))
			for {
				if err := ss.SendMsg(block); err != nil {
					return err
				}
			}
		},
		"nobody": func(grpc.ServerStream) error { <-release; panic("late") },
	} {
		t.Run(name, func(t *testing.T) {
			if name != "nobody" {
				t.Parallel()
			}
			s := newTenants()
			ended := make(chan struct{})
			conn := start(t, middleware.Options{Tenants: s}, &echo{chat: func(ss grpc.ServerStream) error {
				defer close(ended)
				if err := ss.SendMsg(wrapperspb.String("ready")); err != nil {
					return err
				}
				return wait(ss)
			}})
			cs := open(t, as(t, "acme"), conn)
			in := new(text)
			if err := cs.RecvMsg(in); err != nil || in.GetValue() != "ready" {
				t.Fatalf("%v, %v", in, err)
			}
			if s.lent() != 1 {
				t.Errorf("%d loans", s.lent())
			}
			s.suspendAll()
			var err error
			for err == nil {
				err = cs.RecvMsg(in)
			}
			if status.Code(err) != grpcmiddleware.Hidden {
				t.Errorf("the stream ends with %v", err)
			}
			if name == "nobody" {
				if s.lent() != 1 {
					t.Error("the tenant was given back under a handler that still works for it")
				}
				close(release)
			}
			<-ended
		})
	}
}

// TestUnary holds that a call whose tenant is suspended meanwhile gives no answer.
func TestUnary(t *testing.T) {
	t.Parallel()
	s := newTenants()
	conn := start(t, middleware.Options{Tenants: s}, &echo{say: func(ctx context.Context) (string, error) {
		s.suspendAll()
		<-ctx.Done()
		return "acme's rows", nil
	}})
	if got, err := say(as(t, "acme"), conn); got != "" || status.Code(err) != grpcmiddleware.Hidden {
		t.Errorf("%q, %v", got, err)
	}
	if s.lent() != 0 {
		t.Errorf("%d loans are left", s.lent())
	}
}

// TestPanic holds that a handler's panic reaches the interceptor that recovers from it,
// with its own value, and leaves nothing lent.
func TestPanic(t *testing.T) {
	t.Parallel()
	s := newTenants()
	got := make(chan any, 1)
	conn := start(t, middleware.Options{Tenants: s}, &echo{chat: func(grpc.ServerStream) error { panic("boom") }},
		func(srv any, ss grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
			defer func() { got <- recover() }()
			return handler(srv, ss)
		})
	_ = open(t, as(t, "acme"), conn).RecvMsg(new(text))
	if v := <-got; v != "boom" {
		t.Errorf("recovered %v", v)
	}
	if s.lent() != 0 {
		t.Errorf("%d loans are left", s.lent())
	}
}

// TestLeft holds that a peer that goes away ends its stream as it does without us.
func TestLeft(t *testing.T) {
	t.Parallel()
	s := newTenants()
	ended := make(chan error, 1)
	conn := start(t, middleware.Options{Tenants: s}, &echo{chat: func(ss grpc.ServerStream) error {
		_ = ss.SendMsg(wrapperspb.String("ready"))
		err := ss.RecvMsg(new(text))
		ended <- err
		return err
	}})
	ctx, cancel := context.WithCancel(as(t, "acme"))
	cs := open(t, ctx, conn)
	if err := cs.RecvMsg(new(text)); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-ended; status.Code(err) != codes.Canceled {
		t.Errorf("the handler sees %v", err)
	}
}

// TestHandlerErrors is attack case 73 for gRPC: without the interceptor, gRPC sends the
// text of any error to the caller.
func TestHandlerErrors(t *testing.T) {
	t.Parallel()
	leaky := fmt.Errorf("create: %w", &pgconn.PgError{Severity: "ERROR", Code: "23505", Message: "duplicate HUNTER2", Detail: "Key (number)=(HUNTER2) already exists."})
	if whole(leaky) == "" || !strings.Contains(status.Convert(leaky).Message(), "HUNTER2") {
		t.Fatal("gRPC does not send the text: the test proves nothing")
	}
	for name, tc := range map[string]struct {
		err  error
		want codes.Code
	}{
		"database":          {leaky, codes.Internal},
		"status":            {status.Error(codes.OutOfRange, "page 7"), codes.OutOfRange},
		"wrapped status":    {fmt.Errorf("HUNTER2: %w", status.Error(codes.OutOfRange, "page 7")), codes.OutOfRange},
		"inactive":          {fmt.Errorf("HUNTER2: %w", runtime.ErrTenantInactive), grpcmiddleware.Hidden},
		"conflict":          {runtime.ErrTenantConflict, codes.AlreadyExists},
		"stale":             {runtime.ErrStaleTenant, codes.Aborted},
		"quota":             {&runtime.QuotaError{Limit: 1}, codes.FailedPrecondition},
		"identifier":        {runtime.ErrIdentifier, codes.InvalidArgument},
		"no tenant":         {runtime.ErrNoTenant, codes.Internal},
		"canceled":          {fmt.Errorf("HUNTER2: %w", context.Canceled), codes.Canceled},
		"deadline exceeded": {context.DeadlineExceeded, codes.DeadlineExceeded},
		"limited":           {&runtime.RateLimitError{RetryAfter: time.Second}, codes.ResourceExhausted},
	} {
		var log bytes.Buffer
		conn := start(t, middleware.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}, &echo{
			say:  func(context.Context) (string, error) { return "", tc.err },
			chat: func(grpc.ServerStream) error { return tc.err },
		})
		_, err := say(as(t, "acme"), conn)
		if status.Code(err) != tc.want || strings.Contains(whole(err), "HUNTER2") {
			t.Errorf("%s: %s", name, whole(err))
		}
		if got := whole(open(t, as(t, "acme"), conn).RecvMsg(new(text))); got != whole(err) {
			t.Errorf("%s: the stream ends with %s", name, got)
		}
		if logged := strings.Contains(log.String(), "level=ERROR"); logged != (tc.want == codes.Internal) {
			t.Errorf("%s: the log is %s", name, &log)
		}
	}
	conn := start(t, middleware.Options{}, &echo{chat: func(ss grpc.ServerStream) error { return nil }})
	if err := open(t, as(t, "acme"), conn).RecvMsg(new(text)); !errors.Is(err, io.EOF) {
		t.Errorf("a good stream ends with %v", err)
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	if _, err := grpcmiddleware.New(middleware.Options{}); err == nil {
		t.Error("New succeeds without anything")
	}
	if _, err := grpcmiddleware.New(middleware.Options{ErrorHandler: func(http.ResponseWriter, *http.Request, int, error) {}}); err == nil {
		t.Error("New takes an ErrorHandler that nobody would call")
	}
}
