package job_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/job"
	"github.com/tenancygen/tenancygen/runtime/manager"
	"github.com/tenancygen/tenancygen/runtime/store/memstore"
)

var _ job.Tenants = (*manager.Manager)(nil)

// TestManager is attack cases 44 and 61 with the real Manager: a job of a tenant that was
// deleted does nothing, however often it is tried, also when another tenant has the name
// now; and Suspend with Drain waits for one that runs.
func TestManager(t *testing.T) {
	t.Parallel()
	m, err := manager.New(manager.Options{Store: memstore.New(memstore.Options{}), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	if err := m.Initialize(t.Context()); err != nil {
		t.Fatal(err)
	}
	register := func() runtime.Tenant {
		tenant, err := m.Register(t.Context(), manager.Registration{Identifier: acme.Identifier, Name: "Acme"})
		if err != nil {
			t.Fatal(err)
		}
		return tenant
	}
	tenant := register()
	ticket, err := job.NewTicket(tenant)
	if err != nil {
		t.Fatal(err)
	}

	suspended := make(chan error, 1)
	over := false
	result, err := job.Run(t.Context(), m, ticket, func(ctx context.Context, _ runtime.Tenant) error {
		go func() {
			_, err := m.Suspend(context.WithoutCancel(t.Context()), tenant.ID, manager.SuspendOptions{Drain: true})
			if !over {
				err = errors.Join(err, errors.New("Suspend returned before the job did"))
			}
			suspended <- err
		}()
		<-ctx.Done()
		over = true
		return ctx.Err()
	})
	if result != job.Failed || !errors.Is(err, runtime.ErrTenantInactive) {
		t.Errorf("the job that was at work: %v, %v", result, err)
	}
	if err := <-suspended; err != nil {
		t.Error(err)
	}

	if _, err := m.Delete(t.Context(), tenant.ID, manager.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	register()
	for range 2 {
		result, err := job.Run(t.Context(), m, ticket, func(context.Context, runtime.Tenant) error {
			t.Error("the job ran")
			return nil
		})
		if result != job.Gone || err != nil {
			t.Errorf("after the deletion: %v, %v", result, err)
		}
	}
}
