package main

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/tenancygen/tenancygen/examples/embedded/gen"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/middleware"
)

// server holds what the handlers share.
type server struct{ queries *gen.Queries }

// tenantHandler answers a request with the queries of its tenant, and has no way to those
// of another one. The error that it returns becomes the answer.
type tenantHandler func(w http.ResponseWriter, r *http.Request, q *gen.TenantQueries) error

// handler has two parts: what needs no tenant, and everything else, which is behind the
// middleware.
func (s *server) handler(protect func(http.Handler) http.Handler) http.Handler {
	tenants := http.NewServeMux()
	tenants.Handle("GET /invoices", s.forTenant(listInvoices))
	tenants.Handle("POST /invoices", s.forTenant(createInvoice))
	tenants.Handle("GET /invoices/{id}", s.forTenant(getInvoice))
	tenants.Handle("DELETE /invoices/{id}", s.forTenant(deleteInvoice))

	mux := http.NewServeMux()
	mux.HandleFunc("GET /plans", s.listPlans)
	mux.Handle("/", protect(tenants))
	return mux
}

// forTenant gives a handler the queries of the tenant that the middleware has found.
func (s *server) forTenant(next tenantHandler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tenant, _ := runtime.FromContext(r.Context()) // without one, no query runs
		if err := next(w, r, s.queries.ForTenant(tenant)); err != nil {
			fail(w, r, err)
		}
	})
}

// listPlans is for everybody: it asks the global handle, which has no method that touches
// a tenant's table.
func (s *server) listPlans(w http.ResponseWriter, r *http.Request) {
	plans, err := s.queries.Global().ListPlans(r.Context())
	if err == nil {
		err = reply(w, http.StatusOK, plans)
	}
	if err != nil {
		fail(w, r, err)
	}
}

// listInvoices lists all invoices, or those that a search finds.
func listInvoices(w http.ResponseWriter, r *http.Request, q *gen.TenantQueries) error {
	if term := r.URL.Query().Get("search"); term != "" {
		found, err := q.SearchInvoices(r.Context(), term)
		if err != nil {
			return err
		}
		return reply(w, http.StatusOK, found)
	}
	invoices, err := q.ListInvoices(r.Context())
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, invoices)
}

// createInvoice makes an invoice with its lines, and the customer if it is a new one: all
// of it, or nothing.
func createInvoice(w http.ResponseWriter, r *http.Request, q *gen.TenantQueries) error {
	var request struct {
		Number   string
		Customer string
		Lines    []struct {
			Description string
			Cents       int64
		}
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&request); err != nil {
		return fmt.Errorf("%w: %w", errBadRequest, err)
	}
	var id int64
	err := q.InTx(r.Context(), func(q *gen.TenantQueries) error {
		customer, err := q.PutCustomer(r.Context(), request.Customer)
		if err != nil {
			return err
		}
		id, err = q.CreateInvoice(r.Context(), gen.CreateInvoiceParams{CustomerID: customer, Number: request.Number})
		if err != nil {
			return err
		}
		for i, line := range request.Lines {
			err := q.AddInvoiceLine(r.Context(), gen.AddInvoiceLineParams{
				InvoiceID: id, LineNo: int64(i) + 1, Description: line.Description, Cents: line.Cents,
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return reply(w, http.StatusCreated, map[string]any{"id": id, "number": request.Number})
}

// getInvoice shows an invoice with its lines.
func getInvoice(w http.ResponseWriter, r *http.Request, q *gen.TenantQueries) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	invoice, err := q.GetInvoice(r.Context(), id)
	if err != nil {
		return err
	}
	lines, err := q.ListInvoiceLines(r.Context(), id)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, struct {
		gen.GetInvoiceRow
		Lines []gen.ListInvoiceLinesRow `json:"lines"`
	}{invoice, lines})
}

func deleteInvoice(w http.ResponseWriter, r *http.Request, q *gen.TenantQueries) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	deleted, err := q.DeleteInvoice(r.Context(), id)
	if err == nil && deleted == 0 {
		err = sql.ErrNoRows
	}
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// errBadRequest is a request that cannot be understood.
var errBadRequest = errors.New("bad request")

// fail answers with the status of an error. A row that is not there and one that is
// another tenant's look the same. What the database says stays in the log.
func fail(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, sql.ErrNoRows):
		http.Error(w, "not found", http.StatusNotFound)
	case errors.Is(err, errBadRequest):
		http.Error(w, "bad request", http.StatusBadRequest)
	default:
		middleware.Error(w, r, err)
	}
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

// pathID reads the id in the path.
func pathID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return 0, errBadRequest
	}
	return id, nil
}
