package pgaudit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/runtime"
)

// MaxList is how many entries List returns at most.
const MaxList = 1000

// Record is an entry as it is kept.
type Record struct {
	runtime.AuditEntry
	// Seq counts the tenant's entries from 1, without gaps.
	Seq int64
	// Hash is that of the entry's place in the chain.
	Hash Hash
}

// List returns up to limit of a tenant's entries, the oldest first, beginning behind the
// one with the number after: 0 begins with the first. A limit below 1 is 100, and one above
// MaxList is that. It does not verify. The last fifty are
//
//	head, err := w.Head(ctx, id)
//	entries, err := w.List(ctx, id, head.Seq-50, 50)
func (w *Writer) List(ctx context.Context, tenantID string, after int64, limit int) ([]Record, error) {
	if limit < 1 {
		limit = 100
	}
	stored, err := w.entries(ctx, w.pool, tenantID, after, min(limit, MaxList))
	if err != nil {
		return nil, readError(err)
	}
	out := make([]Record, len(stored))
	for i, s := range stored {
		if out[i], err = s.record(); err != nil {
			return nil, readError(err)
		}
	}
	return out, nil
}

// Head returns a tenant's last entry, as the database says; the zero Head where there is
// none.
func (w *Writer) Head(ctx context.Context, tenantID string) (Head, error) {
	head, err := w.lastOf(ctx, w.pool, tenantID)
	return head, readError(err)
}

func (w *Writer) lastOf(ctx context.Context, q querier, tenantID string) (Head, error) {
	var (
		seq  int64
		hash []byte
	)
	err := q.QueryRow(ctx, "SELECT head_seq, head_hash FROM tenancy.audit_head($1)", w.inOne(tenantID)...).Scan(&seq, &hash)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return Head{}, nil
	case err != nil:
		return Head{}, err
	case len(hash) != len(Hash{}):
		return Head{}, &TamperError{TenantID: tenantID, Seq: seq, Problem: "its head cannot be read"}
	}
	return Head{Seq: seq, Hash: Hash(hash)}, nil
}

// storedRow is a row with its hash, of which nothing is believed.
type storedRow struct {
	row
	hash []byte
	// unreadable is set where a column holds what no Writer puts there.
	unreadable bool
}

// rowsQuerier is a pool or a transaction.
type rowsQuerier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// entries reads rows as they are: what no Writer puts there is no error here.
func (w *Writer) entries(ctx context.Context, q rowsQuerier, tenantID string, after int64, limit int) ([]storedRow, error) {
	rows, err := q.Query(ctx, `
		SELECT tenant_id, seq, CASE WHEN pg_catalog.isfinite(at) THEN at END, user_id, action, resource, resource_id, metadata, client_ip, user_agent, key_id, previous, hash
		  FROM tenancy.audit_entries($1, $2, $3)`, w.inOne(tenantID, after, limit)...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (storedRow, error) {
		var (
			s        storedRow
			at       *time.Time
			texts    [9]*string
			previous []byte
		)
		err := r.Scan(&texts[0], &s.seq, &at, &texts[1], &texts[2], &texts[3], &texts[4], &texts[5], &texts[6], &texts[7], &texts[8], &previous, &s.hash)
		if err != nil {
			return s, err
		}
		s.unreadable = at == nil || len(previous) != len(s.previous)
		if !s.unreadable {
			s.at, s.previous = at.UTC(), Hash(previous)
		}
		for i, column := range []*string{&s.tenantID, &s.user, &s.action, &s.resource, &s.resourceID, &s.metadata, &s.clientIP, &s.userAgent, &s.keyID} {
			if texts[i] == nil {
				s.unreadable = true
				continue
			}
			*column = *texts[i]
		}
		return s, nil
	})
}

// record returns a row as the application knows it.
func (s storedRow) record() (Record, error) {
	metadata, err := runtime.ParseMetadata([]byte(s.metadata))
	if err != nil || s.unreadable || len(s.hash) != len(Hash{}) {
		return Record{}, &TamperError{TenantID: s.tenantID, Seq: s.seq, Problem: "it cannot be read"}
	}
	return Record{
		AuditEntry: runtime.AuditEntry{
			TenantID: s.tenantID, UserID: s.user, Action: s.action, Resource: s.resource, ResourceID: s.resourceID,
			Metadata: metadata, ClientIP: s.clientIP, UserAgent: s.userAgent, At: s.at,
		},
		Seq: s.seq, Hash: Hash(s.hash),
	}, nil
}

func readError(err error) error {
	if err == nil || errors.Is(err, ErrTampered) {
		return err
	}
	return fmt.Errorf("tenancy: audit: read: %w", err)
}
