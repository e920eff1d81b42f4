// Package routers shows the middleware in front of routers that are not net/http's:
// chi, echo and gin. It is a module of its own, so that nobody who uses tenancygen
// downloads them. Each function makes the same small service:
//
//	GET /health     for everybody
//	GET /me         the tenant's id
//	GET /events     a stream that ends with the tenant
//	GET /broken     what a handler's error becomes
package routers

import (
	"errors"
	"net/http"

	"github.com/tenancygen/tenancygen/runtime"
)

// Middleware is what middleware.New returns.
type Middleware = func(http.Handler) http.Handler

// errDatabase stands for what a database says about other rows.
var errDatabase = errors.New(`duplicate key value violates unique constraint: Key (number)=(HUNTER2) already exists`)

// tenantOf returns the id of the tenant that acts.
func tenantOf(r *http.Request) string {
	t, _ := runtime.FromContext(r.Context())
	return t.ID
}

// events sends one event and waits for the end of the request.
func events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	_, _ = w.Write([]byte("data: hello\n\n"))
	_ = http.NewResponseController(w).Flush()
	<-r.Context().Done()
	_, _ = w.Write([]byte("data: too late\n\n"))
}
