package middleware

import (
	"context"
	"net/http"
)

// New returns the middleware for net/http. It fails, with all that is wrong at once, for
// options that lack something.
//
// The ResponseWriter that a handler gets can flush and be hijacked as far as the one
// below can, and http.ResponseController finds that one. Once the tenant is suspended or
// deleted, it takes no more bytes, and a connection that was hijacked is closed.
func New(o Options) (func(http.Handler) http.Handler, error) {
	g, err := NewGate(o)
	if err != nil {
		return nil, err
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { g.serve(w, r, next) })
	}, nil
}

// serve is one request.
func (g *Gate) serve(w http.ResponseWriter, r *http.Request, next http.Handler) {
	a, rejection := g.Admit(r.Context(), r)
	if rejection != nil {
		g.answer(w, r, rejection)
		return
	}
	r = r.WithContext(context.WithValue(a.Context, gateKey{}, g))
	if a.Excluded {
		next.ServeHTTP(w, r)
		return
	}
	t := track(w, r, g, a)
	stop := context.AfterFunc(a.Context, t.revoke)
	finished := false
	defer func() {
		stop()
		t.done()
		rejection := g.Release(a)
		// After a panic the answer is the business of whoever recovers from it.
		if finished && rejection != nil {
			t.refuse(rejection)
		}
	}()
	next.ServeHTTP(t.writer(), r)
	finished = true
}

// gateKey is the context key of the gate that let the request in, for Error.
type gateKey struct{}

// gateOf returns the gate that let a request in; where none did, one that reveals
// nothing.
func gateOf(ctx context.Context) *Gate {
	if g, ok := ctx.Value(gateKey{}).(*Gate); ok {
		return g
	}
	return &Gate{}
}
