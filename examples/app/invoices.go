package main

import (
	"encoding/json"
	"net/http"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/tenancygen/tenancygen/examples/gen"
	"github.com/tenancygen/tenancygen/runtime/audit"
	"github.com/tenancygen/tenancygen/runtime/resolver"
)

// pageSize is how many rows a list returns at most.
const pageSize = 100

func listInvoices(w http.ResponseWriter, r *http.Request, q *gen.TenantQueries) error {
	params := gen.ListInvoicesParams{MaxRows: pageSize}
	if status := r.URL.Query().Get("status"); status != "" {
		switch s := gen.InvoiceStatus(status); s {
		case gen.InvoiceStatusDraft, gen.InvoiceStatusSent, gen.InvoiceStatusPaid, gen.InvoiceStatusVoid:
			params.Status = gen.NullInvoiceStatus{InvoiceStatus: s, Valid: true}
		default:
			return errBadRequest
		}
	}
	invoices, err := q.ListInvoices(r.Context(), params)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, invoices)
}

// invoiceReply is an invoice with all that belongs to it.
type invoiceReply struct {
	Invoice  gen.Invoice       `json:"invoice"`
	Customer gen.Customer      `json:"customer"`
	Lines    []gen.InvoiceLine `json:"lines"`
}

func getInvoice(w http.ResponseWriter, r *http.Request, q *gen.TenantQueries) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	row, err := q.GetInvoiceWithCustomer(r.Context(), id)
	if err != nil {
		return err
	}
	lines, err := q.ListInvoiceLines(r.Context(), id)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, invoiceReply{Invoice: row.Invoice, Customer: row.Customer, Lines: lines})
}

// createInvoice takes the parameters of the query as they are: the tenant is not
// one of them, so no client can send it.
func createInvoice(w http.ResponseWriter, r *http.Request, q *gen.TenantQueries) error {
	var params gen.CreateInvoiceParams
	if err := decode(r, &params); err != nil {
		return err
	}
	invoice, err := q.CreateInvoice(r.Context(), params)
	if err != nil {
		return err
	}
	return reply(w, http.StatusCreated, invoice)
}

// deleteInvoice deletes a draft, and has the manager write down who did: that trail is the
// operator's, and no tenant can change it.
func (s *server) deleteInvoice(w http.ResponseWriter, r *http.Request, q *gen.TenantQueries) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	deleted, err := q.DeleteDraftInvoice(r.Context(), id)
	if err != nil {
		return err
	}
	if deleted == 0 {
		return errNotFound
	}
	entry := audit.FromRequest(r, nil)
	principal, _ := resolver.PrincipalFrom(r.Context())
	entry.UserID, entry.Action, entry.Resource, entry.ResourceID = principal.Subject, "invoice.delete", "invoice", id.String()
	if err := s.tenancy.Manager.WriteAudit(r.Context(), entry); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// lineRequest is a line to add.
type lineRequest struct {
	LineNo      int32  `json:"line_no"`
	Description string `json:"description"`
	Quantity    int32  `json:"quantity"`
	UnitCents   int64  `json:"unit_cents"`
}

// lineReply is the line, and the total of its invoice with it.
type lineReply struct {
	Line       gen.InvoiceLine `json:"line"`
	TotalCents int64           `json:"total_cents"`
}

// addInvoiceLine does three things or none.
func addInvoiceLine(w http.ResponseWriter, r *http.Request, q *gen.TenantQueries) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	var request lineRequest
	if err := decode(r, &request); err != nil {
		return err
	}
	ctx := r.Context()
	var added lineReply
	err = q.InTx(ctx, func(q *gen.TenantQueries) error {
		var err error
		added.Line, err = q.AddInvoiceLine(ctx, gen.AddInvoiceLineParams{
			InvoiceID:   id,
			LineNo:      request.LineNo,
			Description: request.Description,
			Quantity:    request.Quantity,
			UnitCents:   request.UnitCents,
		})
		if err != nil {
			return err
		}
		if added.TotalCents, err = q.UpdateInvoiceTotal(ctx, id); err != nil {
			return err
		}
		return record(r, q, "invoice.add_line", id)
	})
	if err != nil {
		return err
	}
	return reply(w, http.StatusCreated, added)
}

// sendInvoice sends a draft, and writes down that it did.
func sendInvoice(w http.ResponseWriter, r *http.Request, q *gen.TenantQueries) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	err = q.InTx(r.Context(), func(q *gen.TenantQueries) error {
		sent, err := q.SendInvoice(r.Context(), id)
		if err != nil {
			return err
		}
		if sent == 0 {
			return errNotFound
		}
		return record(r, q, "invoice.send", id)
	})
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// record adds to the audit log.
func record(r *http.Request, q *gen.TenantQueries, action string, subject pgtype.UUID) error {
	details, err := json.Marshal(map[string]string{"remote": r.RemoteAddr})
	if err != nil {
		return err
	}
	return q.RecordEvent(r.Context(), gen.RecordEventParams{
		Action:  action,
		Subject: subject.String(),
		Details: details,
	})
}
