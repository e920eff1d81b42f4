package manager

import (
	"context"
	"errors"
	"fmt"

	"github.com/tenancygen/tenancygen/runtime"
)

// Resume finishes what was interrupted: a tenant that is provisioning gets its namespace
// and becomes active, and one that is deleting loses its data, as was confirmed, and is
// deleted. A tenant of another status is returned as it is. What fails again is an
// *UnfinishedError, and the tenant stays as it was; one whose registration can never
// succeed is removed by Delete with Destroy.
func (m *Manager) Resume(ctx context.Context, id string) (runtime.Tenant, error) {
	ctx, end, err := m.begin(ctx)
	if err != nil {
		return runtime.Tenant{}, err
	}
	defer end()
	return m.resume(ctx, id)
}

func (m *Manager) resume(ctx context.Context, id string) (runtime.Tenant, error) {
	t, err := m.store.Get(ctx, id)
	if err != nil {
		return runtime.Tenant{}, err
	}
	switch t.Status {
	case runtime.StatusProvisioning:
		return m.run(ctx, step{kind: runtime.EventRegistered, id: id, do: func(ctx context.Context) (done, error) {
			t, err := m.store.Get(ctx, id)
			if err != nil || t.Status != runtime.StatusProvisioning {
				return done{tenant: t}, err // somebody was faster
			}
			return m.provision(ctx, t)
		}})
	case runtime.StatusDeleting:
		return m.run(ctx, step{kind: runtime.EventDestroyed, id: id, do: func(ctx context.Context) (done, error) {
			t, err := m.store.Get(ctx, id)
			switch {
			case err != nil || t.Status != runtime.StatusDeleting:
				return done{tenant: t}, err
			case m.o.Namespaces == nil:
				return done{}, ErrNoNamespaces
			}
			return m.destroy(ctx, id, false)
		}})
	}
	return t, nil
}

// ResumeAll is Resume for all tenants that are provisioning or deleting, one after the
// other, and returns those that are finished now. One that fails does not stop the others:
// its *runtime.TenantError is in the error, which joins them all. It is for the start of
// a process, and from time to time; several processes may do it at once, also while others
// register tenants.
func (m *Manager) ResumeAll(ctx context.Context) ([]runtime.Tenant, error) {
	ctx, end, err := m.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	var (
		finished []runtime.Tenant
		errs     []error
	)
	o := runtime.ListOptions{Statuses: []runtime.Status{runtime.StatusProvisioning, runtime.StatusDeleting}}
	for {
		page, err := m.store.List(ctx, o)
		if err != nil {
			return finished, errors.Join(append(errs, fmt.Errorf("tenancy: list what is unfinished: %w", err))...)
		}
		for _, t := range page.Tenants {
			if err := ctx.Err(); err != nil {
				return finished, errors.Join(append(errs, context.Cause(ctx))...)
			}
			now, err := m.resume(ctx, t.ID)
			switch {
			case errors.Is(err, runtime.ErrTenantNotFound) && now.ID == "" && !errors.Is(err, ErrUnfinished):
				continue // it was undone meanwhile
			case err != nil:
				errs = append(errs, &runtime.TenantError{ID: t.ID, Err: err})
			}
			if now.ID != "" {
				finished = append(finished, now)
			}
		}
		if page.Next == "" {
			return finished, errors.Join(errs...)
		}
		o.After = page.Next
	}
}
