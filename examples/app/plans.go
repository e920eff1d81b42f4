package main

import (
	"net/http"

	"github.com/tenancygen/tenancygen/examples/gen"
)

// listPlans is for everybody: it asks the global handle, which has no method that
// touches a tenant's table.
func (s *server) listPlans(w http.ResponseWriter, r *http.Request) {
	plans, err := s.queries.Global().ListPlans(r.Context())
	if err == nil {
		err = reply(w, http.StatusOK, plans)
	}
	if err != nil {
		s.log.ErrorContext(r.Context(), "request failed", "path", r.URL.Path, "error", err)
		http.Error(w, "internal error", http.StatusInternalServerError)
	}
}

func getCurrentPlan(w http.ResponseWriter, r *http.Request, q *gen.TenantQueries) error {
	plan, err := q.GetCurrentPlan(r.Context())
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, plan)
}
