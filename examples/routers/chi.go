package routers

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/tenancygen/tenancygen/runtime/middleware"
)

// Chi is the service on chi, whose middleware is that of net/http.
func Chi(tenancy Middleware) http.Handler {
	router := chi.NewRouter()
	router.Get("/health", func(http.ResponseWriter, *http.Request) {})
	router.Group(func(r chi.Router) {
		r.Use(tenancy)
		r.Get("/me", func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(tenantOf(r))) })
		r.Get("/events", events)
		r.Get("/broken", func(w http.ResponseWriter, r *http.Request) { middleware.Error(w, r, errDatabase) })
	})
	return router
}
