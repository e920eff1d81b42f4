package cryptstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/tenancygen/tenancygen/runtime"
)

// Rotation is how far Rotate or EncryptExisting has come.
type Rotation struct {
	// Seen is how many tenants it has looked at.
	Seen int
	// Rewritten is how many of them it has encrypted anew.
	Rewritten int
	// Failed is how many it could not, and left as they are.
	Failed int
	// TenantID is the tenant that it looked at last. A tenant that was rewritten has
	// another version now, so a cache above this store should forget it.
	TenantID string
}

// attempts is how often a tenant is read again because somebody else changed it.
const attempts = 10

// shownFailures is how many failures the error of a rotation repeats.
const shownFailures = 10

// Rotate encrypts with the first key of the ring whatever is encrypted with another. It
// runs while the application serves: it replaces only the version that it has read, and
// reads again where somebody was faster. It goes on after a tenant that it cannot
// decrypt, and the error names the first of those. What is done already is skipped, so
// after it was interrupted, call it again. progress is called after each tenant and may
// be nil.
//
// A run that ends with no error and rewrites nothing says that the other keys can go. For
// that, all processes have to write with the new key first: add it to all their rings
// behind the old one, then put it first in all, then rotate.
func (s *Store) Rotate(ctx context.Context, progress func(Rotation)) (Rotation, error) {
	return s.rewriteAll(ctx, s.allowPlaintext, progress)
}

// EncryptExisting is Rotate for a store that has held secrets without encryption: it
// takes what is not encrypted for a plaintext and encrypts it. A text that has the form
// of an encrypted value has to be one, or the tenant fails.
//
// Call it once, before anything else relies on what is encrypted: it believes what it
// reads.
func (s *Store) EncryptExisting(ctx context.Context, progress func(Rotation)) (Rotation, error) {
	return s.rewriteAll(ctx, true, progress)
}

func (s *Store) rewriteAll(ctx context.Context, plaintext bool, progress func(Rotation)) (Rotation, error) {
	var (
		r        Rotation
		failures []error
		o        = runtime.ListOptions{Limit: 100}
	)
	for {
		page, err := s.below.List(ctx, o)
		if err != nil {
			if failures = append(failures, err); !errors.Is(err, runtime.ErrCorruptTenant) {
				return r, errors.Join(failures...)
			}
			// It has returned the others.
			r.Failed += corrupt(err)
		}
		for _, stored := range page.Tenants {
			rewritten, err := s.rewrite(ctx, stored, plaintext)
			if ctx.Err() != nil {
				return r, errors.Join(append(failures, ctx.Err())...)
			}
			r.Seen++
			r.TenantID = stored.ID
			switch {
			case err != nil:
				if r.Failed++; len(failures) < shownFailures {
					failures = append(failures, failure(stored.ID, err))
				}
			case rewritten:
				r.Rewritten++
			}
			if progress != nil {
				progress(r)
			}
		}
		if page.Next == "" {
			break
		}
		o.After = page.Next
	}
	return r, errors.Join(failures...)
}

// failure names the tenant, if the error does not.
func failure(id string, err error) error {
	if errors.Is(err, runtime.ErrCorruptTenant) {
		return err
	}
	return fmt.Errorf("tenancy: cryptstore: tenant %q: %w", id, err)
}

// corrupt counts the tenants in an error of a list.
func corrupt(err error) int {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		n := 0
		for _, one := range many.Unwrap() {
			n += corrupt(one)
		}
		return n
	}
	if errors.Is(err, runtime.ErrCorruptTenant) {
		return 1
	}
	return 0
}

// rewrite encrypts a tenant's secrets with the first key, if they are not yet.
func (s *Store) rewrite(ctx context.Context, stored runtime.Tenant, plaintext bool) (bool, error) {
	for range attempts {
		t, current, err := s.openWith(stored, plaintext)
		if err != nil || current {
			return false, err
		}
		sealed, err := s.sealTenant(t)
		if err != nil {
			return false, err
		}
		if _, err = s.below.Update(ctx, sealed); err == nil {
			return true, nil
		}
		if errors.Is(err, runtime.ErrStaleTenant) {
			stored, err = s.below.Get(ctx, stored.ID)
		}
		if errors.Is(err, runtime.ErrTenantNotFound) {
			return false, nil // it has gone in the meantime
		}
		if err != nil {
			return false, err
		}
	}
	return false, runtime.ErrStaleTenant
}
