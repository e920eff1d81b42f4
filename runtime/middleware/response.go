package middleware

import (
	"bufio"
	"context"
	"io"
	"maps"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tenancygen/tenancygen/runtime"
)

// grace is how long a peer that does not read can hold up the end of a response or a
// connection whose tenant may not act any more.
const grace = time.Second

// response is the ResponseWriter that a handler gets. It knows whether the response has
// started, and takes nothing more once the tenant may not act.
type response struct {
	w         http.ResponseWriter
	r         *http.Request
	gate      *Gate
	admission *Admission
	// before are the headers that were set when the handler was called.
	before http.Header

	started atomic.Bool
	// cut is set when the handler had more to say than was let through.
	cut atomic.Bool

	// mu keeps revoke and done apart: a ResponseWriter is not for use after its handler.
	mu      sync.Mutex
	over    bool
	hastens bool // revoke has set deadlines
	// broken is set when the connection is not for another request: to net/http, a read of
	// HTTP/1 that runs out of time is a caller who has left, for good.
	broken bool
}

func track(w http.ResponseWriter, r *http.Request, g *Gate, a *Admission) *response {
	return &response{w: w, r: r, gate: g, admission: a, before: maps.Clone(w.Header())}
}

// open reports whether the handler may write, and takes down that it has.
func (t *response) open() bool {
	if t.admission.Revoked() {
		t.cut.Store(true)
		return false
	}
	t.started.Store(true)
	return true
}

func (t *response) Header() http.Header { return t.w.Header() }

// Unwrap is for http.ResponseController.
func (t *response) Unwrap() http.ResponseWriter { return t.w }

func (t *response) WriteHeader(status int) {
	if status < http.StatusOK && status != http.StatusSwitchingProtocols {
		t.w.WriteHeader(status) // it only informs, the response is still to come
		return
	}
	if t.open() {
		t.w.WriteHeader(status)
	}
}

func (t *response) Write(b []byte) (int, error) {
	if !t.open() {
		return 0, runtime.ErrTenantInactive
	}
	return t.w.Write(b)
}

func (t *response) WriteString(s string) (int, error) {
	if !t.open() {
		return 0, runtime.ErrTenantInactive
	}
	return io.WriteString(t.w, s)
}

// ReadFrom lets the writer below copy from a file in the kernel, where it can.
func (t *response) ReadFrom(src io.Reader) (int64, error) {
	to, ok := t.w.(io.ReaderFrom)
	if !ok {
		return io.Copy(struct{ io.Writer }{t}, src)
	}
	if !t.open() {
		return 0, runtime.ErrTenantInactive
	}
	return to.ReadFrom(src)
}

func (t *response) flush() error {
	if !t.open() {
		return runtime.ErrTenantInactive
	}
	return http.NewResponseController(t.w).Flush()
}

// hijack lends the tenant to the connection as well: it may outlive the handler.
func (t *response) hijack() (net.Conn, *bufio.ReadWriter, error) {
	ctx, release, err := t.gate.o.Tenants.Enter(context.WithoutCancel(t.admission.Context), t.admission.Tenant)
	if err != nil {
		return nil, nil, err
	}
	if t.admission.Revoked() {
		release()
		return nil, nil, runtime.ErrTenantInactive
	}
	conn, rw, err := http.NewResponseController(t.w).Hijack()
	if err != nil {
		release()
		return nil, nil, err
	}
	t.started.Store(true)
	t.mu.Lock()
	t.over = true // from here on the connection is lend's to end
	t.mu.Unlock()
	return lend(ctx, conn, release, isWebSocket(t.r)), rw, nil
}

// The four kinds of response: what the writer below can do, and no more, since handlers
// ask by type assertion.
type (
	flusher  struct{ *response }
	hijacker struct{ *response }
	both     struct{ *response }
)

func (f flusher) Flush()                                        { _ = f.flush() }
func (f flusher) FlushError() error                             { return f.flush() }
func (h hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) { return h.hijack() }
func (b both) Flush()                                           { _ = b.flush() }
func (b both) FlushError() error                                { return b.flush() }
func (b both) Hijack() (net.Conn, *bufio.ReadWriter, error)     { return b.hijack() }

// writer returns the response as what the handler may take it for.
func (t *response) writer() http.ResponseWriter {
	flushes := can[http.Flusher](t.w) || can[interface{ FlushError() error }](t.w)
	switch hijacks := can[http.Hijacker](t.w); {
	case flushes && hijacks:
		return both{t}
	case flushes:
		return flusher{t}
	case hijacks:
		return hijacker{t}
	}
	return t
}

// can reports whether a writer, or one that it wraps, is a T.
func can[T any](w http.ResponseWriter) bool {
	for {
		if _, ok := w.(T); ok {
			return true
		}
		u, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return false
		}
		w = u.Unwrap()
	}
}

// responseOf returns the response that a writer wraps; nil where it wraps none.
func responseOf(w http.ResponseWriter) *response {
	for {
		if t, ok := w.(interface{ self() *response }); ok {
			return t.self()
		}
		u, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return nil
		}
		w = u.Unwrap()
	}
}

func (t *response) self() *response { return t }

// revoke wakes a handler that waits for its caller: nothing more is read, and what is
// being written has until grace is over.
func (t *response) revoke() {
	if !t.admission.Revoked() {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over {
		return
	}
	t.hastens = true
	c := http.NewResponseController(t.w)
	// A writer that knows no deadlines has no connection.
	if t.r.Body != nil && t.r.Body != http.NoBody && c.SetReadDeadline(time.Now()) == nil {
		t.broken = t.r.ProtoMajor == 1
	}
	_ = c.SetWriteDeadline(time.Now().Add(grace))
}

// done is called when the handler is. It takes deadlines back, for they would last as
// long as the connection.
func (t *response) done() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.over = true
	if t.hastens {
		c := http.NewResponseController(t.w)
		_ = c.SetReadDeadline(time.Time{})
		_ = c.SetWriteDeadline(time.Time{})
	}
}

// refuse answers a request whose tenant lost its right to act while the handler ran. A
// response that has started is left as it is; but one from which something was cut, or
// that left a connection behind which nobody can use, is aborted, so that the caller does
// not take it for whole, or sends his next request there.
func (t *response) refuse(rejection *Rejection) {
	switch {
	case !t.started.Load():
		h := t.w.Header()
		clear(h)
		maps.Copy(h, t.before)
		if t.broken {
			h.Set("Connection", "close")
		}
		t.gate.answer(t.w, t.r, rejection)
	case t.cut.Load(), t.broken:
		panic(http.ErrAbortHandler)
	}
}
