package main

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"strings"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/audit/pgaudit"
	"github.com/tenancygen/tenancygen/runtime/manager"
)

// adminToken is the hash of the administrator's token.
type adminToken [sha256.Size]byte

// newAdminToken refuses a token that could be guessed.
func newAdminToken(token string) (adminToken, error) {
	if len(token) < 32 {
		return adminToken{}, errors.New("ADMIN_TOKEN needs 32 characters or more")
	}
	return sha256.Sum256([]byte(token)), nil
}

// guard lets nobody through without the token.
func (a adminToken) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		given := sha256.Sum256([]byte(token))
		if subtle.ConstantTimeCompare(given[:], a[:]) != 1 {
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "unauthorized", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// adminHandler is what the administrator can do.
func (s *server) adminHandler() http.Handler {
	mux := http.NewServeMux()
	for pattern, handler := range map[string]func(http.ResponseWriter, *http.Request) error{
		"POST /admin/tenants":               s.registerTenant,
		"GET /admin/tenants":                s.listTenants,
		"POST /admin/tenants/{id}/suspend":  s.suspendTenant,
		"POST /admin/tenants/{id}/activate": s.activateTenant,
		"DELETE /admin/tenants/{id}":        s.deleteTenant,
		"GET /admin/tenants/{id}/audit":     s.verifyAudit,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if err := handler(w, r); err != nil {
				s.fail(w, r, err)
			}
		})
	}
	return mux
}

// tenantReply is a tenant as the administrator sees it. What is stored besides may hold
// secrets.
type tenantReply struct {
	ID         string             `json:"id"`
	Identifier runtime.Identifier `json:"identifier"`
	Name       string             `json:"name"`
	Status     runtime.Status     `json:"status"`
}

func replyOf(t runtime.Tenant) tenantReply {
	return tenantReply{ID: t.ID, Identifier: t.Identifier, Name: t.Name, Status: t.Status}
}

func (s *server) registerTenant(w http.ResponseWriter, r *http.Request) error {
	var request struct {
		Identifier string `json:"identifier"`
		Name       string `json:"name"`
	}
	if err := decode(r, &request); err != nil {
		return err
	}
	identifier, err := runtime.ParseIdentifier(request.Identifier)
	if err != nil {
		return err
	}
	t, err := s.tenancy.Register(r.Context(), manager.Registration{Identifier: identifier, Name: request.Name})
	if err != nil {
		return err
	}
	return reply(w, http.StatusCreated, replyOf(t))
}

// listTenants shows the newest tenants; "next" leads to those before.
func (s *server) listTenants(w http.ResponseWriter, r *http.Request) error {
	page, err := s.tenancy.Manager.Store().List(r.Context(), runtime.ListOptions{After: runtime.Cursor(r.URL.Query().Get("after"))})
	if errors.Is(err, runtime.ErrCursor) {
		return errBadRequest
	}
	if err != nil {
		return err
	}
	answer := struct {
		Tenants []tenantReply  `json:"tenants"`
		Next    runtime.Cursor `json:"next,omitempty"`
	}{Tenants: []tenantReply{}, Next: page.Next}
	for _, t := range page.Tenants {
		answer.Tenants = append(answer.Tenants, replyOf(t))
	}
	return reply(w, http.StatusOK, answer)
}

// suspendTenant answers when nothing goes on for the tenant any more.
func (s *server) suspendTenant(w http.ResponseWriter, r *http.Request) error {
	t, err := s.tenancy.Manager.Suspend(r.Context(), r.PathValue("id"), manager.SuspendOptions{Drain: true})
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, replyOf(t))
}

func (s *server) activateTenant(w http.ResponseWriter, r *http.Request) error {
	t, err := s.tenancy.Manager.Activate(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, replyOf(t))
}

// deleteTenant keeps the data, unless the query has destroy=, with the tenant's id once
// more.
func (s *server) deleteTenant(w http.ResponseWriter, r *http.Request) error {
	destroy := runtime.Confirmation(r.URL.Query().Get("destroy"))
	removal, err := s.tenancy.Manager.Delete(r.Context(), r.PathValue("id"), manager.DeleteOptions{Destroy: destroy})
	if err != nil {
		return err
	}
	tables := map[string]int64{}
	for _, table := range removal.Tables {
		tables[table.Name] = table.Rows
	}
	return reply(w, http.StatusOK, struct {
		Rows   int64            `json:"rows"`
		Tables map[string]int64 `json:"tables"`
	}{removal.Rows(), tables})
}

// verifyAudit says how many audit entries of a tenant there are, and whether all of them
// are what was written.
func (s *server) verifyAudit(w http.ResponseWriter, r *http.Request) error {
	if s.tenancy.Trail == nil {
		return errNotFound // entries go elsewhere: see TENANCY_AUDIT
	}
	head, err := s.tenancy.Trail.Verify(r.Context(), r.PathValue("id"))
	var tampered *pgaudit.TamperError
	switch {
	case errors.As(err, &tampered):
		s.log.ErrorContext(r.Context(), "the audit trail was changed", "error", tampered)
	case err != nil:
		return err
	}
	return reply(w, http.StatusOK, struct {
		Entries int64 `json:"entries"`
		Intact  bool  `json:"intact"`
	}{head.Seq, err == nil})
}
