package pgaudit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/audit"
	"github.com/tenancygen/tenancygen/runtime/keyring"
)

// Options are those of a Writer. The zero Options are good for chains that the owner of
// the table could make anew.
type Options struct {
	// Keys make the hashes HMACs: the first for what is written, all for what is
	// verified. Give them from the first entry on: with keys, Verify takes an entry
	// without one for a forgery. The keys can be those of cryptstore: other keys are
	// derived from them.
	Keys keyring.Ring
	// Role is the application's role in the database. Init gives it the rights that a
	// Writer needs, and takes others away; empty leaves the rights alone.
	Role string
	// Now returns the time of entries that have none; time.Now when it is nil.
	Now func() time.Time
}

// Writer is a runtime.AuditWriter. It is safe for concurrent use.
type Writer struct {
	pool  *pgxpool.Pool
	keys  keyring.Ring
	role  string
	now   func() time.Time
	turns turns
	// describe says that pgx would send a single statement in two steps: see inOne.
	describe bool
}

var _ runtime.AuditWriter = (*Writer)(nil)

// New returns a Writer on a pool, which stays the caller's to close.
func New(pool *pgxpool.Pool, o Options) (*Writer, error) {
	if pool == nil {
		return nil, errors.New("tenancy: audit: there is no pool")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	describe := pool.Config().ConnConfig.DefaultQueryExecMode == pgx.QueryExecModeDescribeExec
	return &Writer{pool: pool, keys: o.Keys, role: o.Role, now: o.Now, describe: describe}, nil
}

// inOne returns the arguments of a statement with an option for pgx in front that keeps
// it in one step. pgx.QueryExecModeDescribeExec prepares the unnamed statement, waits,
// and executes it, and between the two a pooler may change the connection.
func (w *Writer) inOne(args ...any) []any {
	if !w.describe {
		return args
	}
	return append([]any{pgx.QueryExecModeCacheDescribe}, args...)
}

// String names the table, and nothing of the pool, which knows a password.
func (w *Writer) String() string { return "pgaudit on tenancy.audit" }

// Format writes String, whatever the verb: package fmt would print the fields.
func (w *Writer) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, w.String()) }

// WriteAudit is Write without its head.
func (w *Writer) WriteAudit(ctx context.Context, e runtime.AuditEntry) error {
	_, err := w.Write(ctx, e)
	return err
}

// Write appends an entry, in a transaction of its own, and returns the head of the
// tenant's chain, which ends with it. After an error of the connection, or of ctx, the
// entry may have been kept.
func (w *Writer) Write(ctx context.Context, e runtime.AuditEntry) (Head, error) {
	r, err := w.row(e)
	if err != nil {
		return Head{}, err
	}
	turn, err := w.turns.take(ctx, r.tenantID)
	if err != nil {
		return Head{}, writeError(err)
	}
	head, err := w.write(ctx, r, w.turns.known(r.tenantID))
	turn.give(head) // after an error the zero Head, which is asked for again
	return head, writeError(err)
}

// write takes its chance twice, and then makes sure that nobody comes in between.
func (w *Writer) write(ctx context.Context, r row, last Head) (Head, error) {
	for range 2 {
		head, appended, err := w.append(ctx, w.pool, r, last)
		if appended || err != nil && !isRace(err) {
			return head, err
		}
		last = head
	}
	err := pgx.BeginTxFunc(ctx, w.pool, pgx.TxOptions{IsoLevel: pgx.ReadCommitted}, func(tx pgx.Tx) (err error) {
		last, err = w.appendIn(ctx, tx, r, last)
		return err
	})
	if err != nil {
		return Head{}, err
	}
	return last, nil
}

// WriteTx appends an entry in a transaction of the caller's, so that both become true
// together, and returns the head of the tenant's chain should the transaction commit. Until
// it ends, other writers of this tenant wait, so write as late in it as possible, and the
// entries of several tenants in the order of their ids. In a transaction that is
// repeatable read or serializable, another writer can be an error of class 40001, after
// which to begin again.
//
// The transaction has to be in the database of the audit table, and to run SQL that was
// not generated, which Prefix and Database do not do for a tenant: use Write there.
func (w *Writer) WriteTx(ctx context.Context, tx pgx.Tx, e runtime.AuditEntry) (Head, error) {
	r, err := w.row(e)
	if err != nil {
		return Head{}, err
	}
	head, err := w.appendIn(ctx, tx, r, w.turns.known(r.tenantID))
	return head, writeError(err)
}

// appendIn appends in a transaction: the second try knows what is last.
func (w *Writer) appendIn(ctx context.Context, tx pgx.Tx, r row, last Head) (Head, error) {
	for range 2 {
		head, appended, err := w.append(ctx, tx, r, last)
		if appended || err != nil {
			return head, err
		}
		last = head
	}
	return Head{}, errors.New("the head of the chain changed under a lock")
}

// append appends a row behind last, or returns what is last instead.
func (w *Writer) append(ctx context.Context, q querier, r row, last Head) (_ Head, appended bool, err error) {
	r.seq, r.previous = last.Seq+1, last.Hash
	hash, err := r.hash(w.keys.First())
	if err != nil {
		return Head{}, false, err
	}
	var (
		seq  *int64
		head []byte
	)
	err = q.QueryRow(ctx, "SELECT appended, head_seq, head_hash FROM tenancy.audit_append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
		w.inOne(r.tenantID, r.at, r.user, r.action, r.resource, r.resourceID, r.metadata, r.clientIP, r.userAgent, r.keyID, last.Seq, last.Hash[:], hash[:])...,
	).Scan(&appended, &seq, &head)
	switch {
	case err != nil:
		return Head{}, false, err
	case seq == nil: // no head: the process has known one of a database that was put back
		return Head{}, false, nil
	case len(head) != len(Hash{}):
		return Head{}, false, errors.New("the head of the chain cannot be read")
	}
	return Head{Seq: *seq, Hash: Hash(head)}, appended, nil
}

// row returns an entry as it is stored.
func (w *Writer) row(e runtime.AuditEntry) (row, error) {
	if e.At.IsZero() {
		e.At = w.now()
	}
	if err := e.Validate(); err != nil {
		return row{}, err
	}
	e = audit.Clean(e)
	return row{
		tenantID: e.TenantID, at: e.At, user: e.UserID, action: e.Action, resource: e.Resource, resourceID: e.ResourceID,
		metadata: e.Metadata.JSON(), clientIP: e.ClientIP, userAgent: e.UserAgent, keyID: w.keys.First().ID(),
	}, nil
}

// isRace reports whether an error says that somebody else was faster, which it does where
// the database's transactions are not read committed by default.
func isRace(err error) bool {
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pgErr.Code == "40001"
}

func writeError(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("tenancy: audit: write: %w", err)
}
