package main

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/tenancygen/tenancygen/examples/gen"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/middleware"
	"github.com/tenancygen/tenancygen/runtime/pgtenancy"
)

// server holds what the handlers share. A handler that works for a tenant gets that
// tenant's queries and nothing wider.
type server struct {
	tenancy *pgtenancy.Tenancy
	queries *gen.Queries
	admin   adminToken
	log     *slog.Logger
	// stopping is closed when the app stops, for those who would go on for ever.
	stopping chan struct{}
	stop     func()
}

// tenantHandler answers a request with the queries of its tenant. The error it
// returns becomes the answer.
type tenantHandler func(w http.ResponseWriter, r *http.Request, q *gen.TenantQueries) error

func newServer(tenancy *pgtenancy.Tenancy, admin adminToken, log *slog.Logger) *server {
	s := &server{tenancy: tenancy, queries: gen.New(tenancy.Isolation), admin: admin, log: log, stopping: make(chan struct{})}
	s.stop = sync.OnceFunc(func() { close(s.stopping) })
	return s
}

// handler has three parts: what needs no tenant, what needs the administrator, and
// everything else, which is behind the middleware. A route that is forgotten in the first
// two has a tenant.
func (s *server) handler() http.Handler {
	tenants := http.NewServeMux()
	tenants.Handle("GET /plan", s.forTenant(getCurrentPlan))
	tenants.Handle("GET /customers", s.forTenant(searchCustomers))
	tenants.Handle("POST /customers", s.forTenant(createCustomer))
	tenants.Handle("GET /customers/balances", s.forTenant(listCustomerBalances))
	tenants.Handle("POST /customers/{id}/archive", s.forTenant(archiveCustomer))
	tenants.Handle("GET /invoices", s.forTenant(listInvoices))
	tenants.Handle("POST /invoices", s.forTenant(createInvoice))
	tenants.Handle("GET /invoices/{id}", s.forTenant(getInvoice))
	tenants.Handle("DELETE /invoices/{id}", s.forTenant(s.deleteInvoice))
	tenants.Handle("POST /invoices/{id}/lines", s.forTenant(addInvoiceLine))
	tenants.Handle("POST /invoices/{id}/send", s.forTenant(sendInvoice))
	tenants.Handle("GET /events", s.forTenant(s.streamEvents))

	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("GET /plans", s.listPlans)
	mux.Handle("/admin/", s.admin.guard(s.adminHandler()))
	mux.Handle("/", s.tenancy.Middleware(tenants))
	return mux
}

// forTenant gives a handler the queries of the tenant that the middleware has found. The
// handler has no way to another one.
func (s *server) forTenant(next tenantHandler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tenant, _ := runtime.FromContext(r.Context()) // without one, no query runs
		if err := next(w, r, s.queries.ForTenant(tenant)); err != nil {
			s.fail(w, r, err)
		}
	})
}

// errBadRequest is a request that cannot be understood.
var errBadRequest = errors.New("bad request")

// errNotFound is a row that is not there, or not the tenant's: the two look the
// same from outside.
var errNotFound = errors.New("not found")

// fail answers with the status of an error. What the database says stays in the log.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	if status := statusOf(err); status != 0 && r.Context().Err() == nil {
		http.Error(w, http.StatusText(status), status)
		return
	}
	middleware.Error(w, r, err)
}

// statusOf returns the status of an error that is this application's own; 0 for others.
func statusOf(err error) int {
	var database *pgconn.PgError
	switch {
	case errors.Is(err, errBadRequest), errors.Is(err, runtime.ErrNotConfirmed):
		return http.StatusBadRequest
	case errors.Is(err, errNotFound), errors.Is(err, pgx.ErrNoRows):
		return http.StatusNotFound
	case errors.As(err, &database):
		return statusOfDatabase(database.Code)
	}
	return 0
}

// statusOfDatabase tells what the client did wrong by the SQLSTATE, where it was
// the client.
func statusOfDatabase(state string) int {
	switch state {
	case "42501", "23503": // a row that would not be the tenant's, or refers to one that is not there
		return http.StatusNotFound
	case "23505": // the key is taken
		return http.StatusConflict
	case "23502", "23514": // a value is missing, or not allowed
		return http.StatusBadRequest
	}
	return 0
}

// reply answers with v as JSON.
func reply(w http.ResponseWriter, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, err = w.Write(body)
	return err
}

// decode reads the body of a request.
func decode(r *http.Request, v any) error {
	body := json.NewDecoder(http.MaxBytesReader(nil, r.Body, 1<<20))
	body.DisallowUnknownFields()
	if err := body.Decode(v); err != nil {
		return errors.Join(errBadRequest, err)
	}
	return nil
}

// pathID reads the id in the path.
func pathID(r *http.Request) (pgtype.UUID, error) {
	var id pgtype.UUID
	if err := id.Scan(r.PathValue("id")); err != nil {
		return id, errors.Join(errBadRequest, err)
	}
	return id, nil
}
