package runtime

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
)

// TenantError is what went wrong with one tenant of many.
type TenantError struct {
	// ID is the tenant's.
	ID  string
	Err error
}

// Error returns the error with the tenant's id.
func (e *TenantError) Error() string { return fmt.Sprintf("tenant %q: %v", e.ID, e.Err) }

// Unwrap returns the error without the tenant.
func (e *TenantError) Unwrap() error { return e.Err }

// InitializeAll initializes tenants with several workers at once; fewer than one
// count as one. A tenant that fails does not stop the others: its *TenantError is in
// the error that is returned, which joins them all. An error of tenants, and the end
// of ctx, stop the work; what has begun is finished or undone by Initialize.
//
// Initialize picks up what was left and does nothing for a tenant that is complete,
// so InitializeAll is resumed by calling it again, also after a crash.
//
// done is told of each tenant with which the work is over, from one goroutine at a
// time; it may be nil.
func InitializeAll[DB any](ctx context.Context, p Isolation[DB], tenants iter.Seq2[Tenant, error], workers int, done func(Tenant, error)) error {
	var (
		mu   sync.Mutex
		errs []error
		wg   sync.WaitGroup
	)
	finish := func(t Tenant, err error) {
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			err = &TenantError{ID: t.ID, Err: err}
			errs = append(errs, err)
		}
		if done != nil {
			done(t, err)
		}
	}
	queue := make(chan Tenant)
	for range max(workers, 1) {
		wg.Go(func() {
			for t := range queue {
				finish(t, p.Initialize(ctx, t))
			}
		})
	}
	stopped := feed(ctx, tenants, queue)
	close(queue)
	wg.Wait()
	return errors.Join(append(errs, stopped)...)
}

// feed hands tenants out until there are no more or ctx ends.
func feed(ctx context.Context, tenants iter.Seq2[Tenant, error], queue chan<- Tenant) error {
	for t, err := range tenants {
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		select {
		case queue <- t:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
