package main

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/tenancygen/tenancygen/examples/gen"
	"github.com/tenancygen/tenancygen/runtime"
)

// server holds what the handlers share. A handler that works for a tenant gets
// that tenant's queries and nothing wider.
type server struct {
	queries *gen.Queries
	tenants resolver
	log     *slog.Logger
}

// tenantHandler answers a request with the queries of its tenant. The error it
// returns becomes the answer.
type tenantHandler func(w http.ResponseWriter, r *http.Request, q *gen.TenantQueries) error

func newHandler(queries *gen.Queries, tenants resolver, log *slog.Logger) http.Handler {
	s := &server{queries: queries, tenants: tenants, log: log}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /plans", s.listPlans)
	mux.Handle("GET /plan", s.forTenant(getCurrentPlan))
	mux.Handle("GET /customers", s.forTenant(searchCustomers))
	mux.Handle("GET /customers/balances", s.forTenant(listCustomerBalances))
	mux.Handle("POST /customers/{id}/archive", s.forTenant(archiveCustomer))
	mux.Handle("GET /invoices", s.forTenant(listInvoices))
	mux.Handle("POST /invoices", s.forTenant(createInvoice))
	mux.Handle("GET /invoices/{id}", s.forTenant(getInvoice))
	mux.Handle("DELETE /invoices/{id}", s.forTenant(deleteInvoice))
	mux.Handle("POST /invoices/{id}/lines", s.forTenant(addInvoiceLine))
	mux.Handle("POST /invoices/{id}/send", s.forTenant(sendInvoice))
	return mux
}

// forTenant is the middleware: it finds the tenant, and the handler behind it
// has no way to another one.
func (s *server) forTenant(next tenantHandler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tenant, ok := s.tenants.Resolve(r)
		if !ok {
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "unauthorized", http.StatusUnauthorized)
			return
		}
		if err := next(w, r, s.queries.ForTenant(tenant)); err != nil {
			s.fail(w, r, tenant, err)
		}
	})
}

// errBadRequest is a request that cannot be understood.
var errBadRequest = errors.New("bad request")

// errNotFound is a row that is not there, or not the tenant's: the two look the
// same from outside.
var errNotFound = errors.New("not found")

// fail answers with the status of an error. What the database says stays in the
// log.
func (s *server) fail(w http.ResponseWriter, r *http.Request, tenant runtime.Tenant, err error) {
	status := statusOf(err)
	if status == http.StatusInternalServerError {
		s.log.ErrorContext(r.Context(), "request failed", "tenant", tenant.ID, "path", r.URL.Path, "error", err)
	}
	http.Error(w, http.StatusText(status), status)
}

func statusOf(err error) int {
	var database *pgconn.PgError
	switch {
	case errors.Is(err, errBadRequest):
		return http.StatusBadRequest
	case errors.Is(err, errNotFound), errors.Is(err, pgx.ErrNoRows):
		return http.StatusNotFound
	case errors.Is(err, runtime.ErrTenantInactive):
		return http.StatusForbidden
	case errors.As(err, &database):
		return statusOfDatabase(database.Code)
	}
	return http.StatusInternalServerError
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
	return http.StatusInternalServerError
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
