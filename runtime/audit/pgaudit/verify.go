package pgaudit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/runtime/keyring"
)

// ErrTampered is what a *TamperError is.
var ErrTampered = errors.New("tenancy: audit: the entries are not what was written")

// TamperError is the first place where a tenant's entries are not what was written. What
// comes behind it was not looked at.
type TamperError struct {
	TenantID string
	// Seq is the number that the entry there has, or should have.
	Seq int64
	// Problem says what is wrong, and repeats nothing of the entry.
	Problem string
}

// Error names tenant, entry and problem.
func (e *TamperError) Error() string {
	return fmt.Sprintf("%v: tenant %q, entry %d: %s", ErrTampered, e.TenantID, e.Seq, e.Problem)
}

// Is reports whether target is ErrTampered.
func (e *TamperError) Is(target error) bool { return target == ErrTampered }

// Verify reads all entries of a tenant, as they are at one time, and makes their hashes
// anew. The error is a *TamperError where an entry was changed, added, moved, or taken
// away from the beginning or the middle; from the end, as far as the table of heads was
// not changed with it. Heads that were kept outside of the database have to be in the
// chain, too, which proves that up to the last of them nothing was taken away, and, also
// without keys, that nothing was made anew. Verify returns the head of what it has
// verified, to be kept as the next one.
func (w *Writer) Verify(ctx context.Context, tenantID string, kept ...Head) (Head, error) {
	c := chain{tenantID: tenantID, keys: w.keys, kept: kept}
	err := pgx.BeginTxFunc(ctx, w.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		last, err := w.lastOf(ctx, tx, tenantID)
		if err != nil {
			return err
		}
		// No number is below the first one, whatever somebody wrote. Each further page
		// begins with the entry that the one before ended with: were there two of that
		// number, the second is seen.
		for after, known := int64(math.MinInt64), 0; ; after, known = c.head.Seq-1, 1 {
			page, err := w.entries(ctx, tx, tenantID, after, MaxList)
			if err != nil {
				return err
			}
			for _, s := range page[min(known, len(page)):] {
				if err := c.next(s); err != nil {
					return err
				}
			}
			if len(page) < MaxList {
				break
			}
		}
		return c.end(last)
	})
	if err != nil {
		return Head{}, readError(err)
	}
	return c.head, nil
}

// chain is as much of a chain as has been verified.
type chain struct {
	tenantID string
	keys     keyring.Ring
	kept     []Head
	head     Head
}

// next verifies the entry behind the head.
func (c *chain) next(s storedRow) error {
	want := c.head.Seq + 1
	tampered := func(problem string) error { return &TamperError{TenantID: c.tenantID, Seq: want, Problem: problem} }
	switch {
	case s.seq != want:
		return tampered("it is missing")
	case s.unreadable:
		return tampered("it cannot be read")
	case s.tenantID != c.tenantID:
		return tampered("it is another tenant's")
	case s.previous != c.head.Hash:
		return tampered("it does not follow the entry before")
	}
	var key keyring.Key
	if s.keyID != "" {
		var ok bool
		if key, ok = c.keys.Find(s.keyID); !ok {
			return tampered("its key is not in the ring")
		}
	} else if !c.keys.IsZero() {
		return tampered("it has no key")
	}
	hash, err := s.row.hash(key)
	if err != nil {
		return err
	}
	if !bytes.Equal(hash[:], s.hash) {
		return tampered("it is not what was written")
	}
	c.head = Head{Seq: want, Hash: hash}
	for _, k := range c.kept {
		if k.Seq == want && k.Hash != hash {
			return tampered("it is not the one whose head was kept")
		}
	}
	return nil
}

// end verifies that nothing is missing behind the head.
func (c *chain) end(last Head) error {
	for _, k := range append([]Head{last}, c.kept...) {
		if k.Seq > c.head.Seq {
			return &TamperError{TenantID: c.tenantID, Seq: c.head.Seq + 1, Problem: fmt.Sprintf("it is missing, with all that came behind it: there were %d entries or more", k.Seq)}
		}
	}
	if last != c.head {
		return &TamperError{TenantID: c.tenantID, Seq: c.head.Seq, Problem: "the table of heads knows another last entry"}
	}
	return nil
}
