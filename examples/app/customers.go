package main

import (
	"net/http"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/tenancygen/tenancygen/examples/gen"
)

func searchCustomers(w http.ResponseWriter, r *http.Request, q *gen.TenantQueries) error {
	name := r.URL.Query().Get("name")
	customers, err := q.SearchCustomers(r.Context(), gen.SearchCustomersParams{
		Name:    pgtype.Text{String: name, Valid: name != ""},
		MaxRows: pageSize,
	})
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, customers)
}

// createCustomer takes the parameters of the query as they are: the tenant is not one of
// them, so no client can send it.
func createCustomer(w http.ResponseWriter, r *http.Request, q *gen.TenantQueries) error {
	var params gen.CreateCustomerParams
	if err := decode(r, &params); err != nil {
		return err
	}
	customer, err := q.CreateCustomer(r.Context(), params)
	if err != nil {
		return err
	}
	return reply(w, http.StatusCreated, customer)
}

func listCustomerBalances(w http.ResponseWriter, r *http.Request, q *gen.TenantQueries) error {
	balances, err := q.ListCustomerBalances(r.Context())
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, balances)
}

func archiveCustomer(w http.ResponseWriter, r *http.Request, q *gen.TenantQueries) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	archived, err := q.ArchiveCustomer(r.Context(), id)
	if err != nil {
		return err
	}
	if archived == 0 {
		return errNotFound
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
