package main

import (
	"fmt"
	"net/http"
	"time"

	"github.com/tenancygen/tenancygen/examples/gen"
)

// eventInterval is how often a stream of events tells how things are.
const eventInterval = 5 * time.Second

// streamEvents tells a client how many invoices there are, again and again (server-sent
// events). Its context ends when the client leaves, and when the tenant is suspended or
// deleted, so that a stream does not outlive the right to it.
func (s *server) streamEvents(w http.ResponseWriter, r *http.Request, q *gen.TenantQueries) error {
	ticker := time.NewTicker(eventInterval)
	defer ticker.Stop()
	for begun := false; ; begun = true {
		n, err := q.CountInvoices(r.Context())
		if err != nil {
			return err
		}
		if !begun {
			w.Header().Set("Content-Type", "text/event-stream")
		}
		if _, err := fmt.Fprintf(w, "event: invoices\ndata: %d\n\n", n); err != nil {
			return err
		}
		if err := http.NewResponseController(w).Flush(); err != nil {
			return err
		}
		select {
		case <-ticker.C:
		case <-s.stopping:
			return nil
		case <-r.Context().Done():
			return nil
		}
	}
}
