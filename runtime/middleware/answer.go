package middleware

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/tenancygen/tenancygen/runtime"
)

// answer writes a rejection. Without Reveal, it is the same for all that tells of
// tenants, byte for byte.
func (g *Gate) answer(w http.ResponseWriter, r *http.Request, rejection *Rejection) {
	status := rejection.Status(g.o.Reveal)
	rejection.header(w.Header(), status)
	if g.o.ErrorHandler != nil {
		g.o.ErrorHandler(w, r, status, rejection)
		return
	}
	write(w, r, status)
}

// write answers with a status and its text, as problem+json (RFC 9457) or as plain text.
func write(w http.ResponseWriter, r *http.Request, status int) {
	h := w.Header()
	h.Set("Cache-Control", "no-store") // a cache would keep a 404 beyond the tenant's return
	h.Set("X-Content-Type-Options", "nosniff")
	h.Add("Vary", "Accept")
	var body []byte
	if wantsText(r) {
		h.Set("Content-Type", "text/plain; charset=utf-8")
		body = []byte(http.StatusText(status) + "\n")
	} else {
		h.Set("Content-Type", "application/problem+json")
		// Strings and a number always marshal.
		body, _ = json.Marshal(struct {
			Type   string `json:"type"`
			Title  string `json:"title"`
			Status int    `json:"status"`
		}{"about:blank", http.StatusText(status), status})
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the caller has left
}

// wantsText reports whether a caller would rather read text than JSON: the first of the
// two that it accepts decides, and JSON when it says nothing.
func wantsText(r *http.Request) bool {
	for _, line := range r.Header.Values("Accept") {
		for part := range strings.SplitSeq(line, ",") {
			kind, _, _ := strings.Cut(part, ";")
			kind = strings.ToLower(strings.TrimSpace(kind))
			switch {
			case strings.HasPrefix(kind, "text/"):
				return true
			case kind == "*/*", kind == "application/*", kind == "application/json", strings.HasSuffix(kind, "+json"):
				return false
			}
		}
	}
	return false
}

// Error answers a request with the status of an error that a handler met, as the
// middleware that let the request in would:
//
//   - ErrTenantInactive, ErrTenantNotFound, ErrForbidden and ErrUnresolved look like a
//     request that was turned away; so does any error once the tenant may not act
//   - ErrRateLimited is 429, with Retry-After
//   - ErrTenantConflict, ErrTenantExists, ErrStaleTenant, ErrTransition and
//     ErrTenantQuota are 409
//   - ErrIdentifier, ErrInvalidTenant, ErrMetadata and ErrCursor are 400
//   - every other is 500, and logged
//
// The answer never has the text of the error in it, which may hold what the database
// said about other rows. Nothing is written once the response has started.
func Error(w http.ResponseWriter, r *http.Request, err error) {
	ctx := r.Context()
	g := gateOf(ctx)
	if errors.Is(context.Cause(ctx), runtime.ErrTenantInactive) {
		err = errors.Join(runtime.ErrTenantInactive, err)
	}
	rejection := Classify(err)
	status := rejection.Status(g.o.Reveal)
	if rejection.Reason == ReasonError {
		status = statusOf(err)
	}
	t := responseOf(w)
	started := t != nil && t.started.Load()
	if status == http.StatusInternalServerError {
		logger := g.o.Logger
		if logger == nil {
			logger = slog.Default()
		}
		tenant, _ := runtime.FromContext(ctx)
		logger.ErrorContext(ctx, "a request failed", "tenant", tenant.ID, "started", started, "error", err)
	}
	switch {
	case started:
	case g.o.ErrorHandler != nil:
		rejection.header(w.Header(), status)
		g.o.ErrorHandler(w, r, status, err)
	default:
		rejection.header(w.Header(), status)
		for _, name := range []string{"Content-Encoding", "Etag", "Last-Modified"} {
			w.Header().Del(name) // of the body that there will not be
		}
		write(w, r, status)
	}
}

// statusOf returns the status of an error that does not turn a request away.
func statusOf(err error) int {
	for status, list := range map[int][]error{
		http.StatusConflict:   {runtime.ErrTenantConflict, runtime.ErrTenantExists, runtime.ErrStaleTenant, runtime.ErrTransition, runtime.ErrTenantQuota},
		http.StatusBadRequest: {runtime.ErrIdentifier, runtime.ErrInvalidTenant, runtime.ErrMetadata, runtime.ErrCursor},
	} {
		for _, known := range list {
			if errors.Is(err, known) {
				return status
			}
		}
	}
	return http.StatusInternalServerError
}
