package runtime_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenancygen/tenancygen/runtime"
)

func TestContext(t *testing.T) {
	t.Parallel()
	if got, ok := runtime.FromContext(t.Context()); ok || got != (runtime.Tenant{}) {
		t.Errorf("FromContext of a bare context = %v, %v", got, ok)
	}

	outer := runtime.Tenant{ID: "a", Identifier: runtime.MustIdentifier("acme"), Status: runtime.StatusSuspended}
	inner := runtime.Tenant{ID: "b"}
	octx := runtime.NewContext(t.Context(), outer)
	ictx, cancel := context.WithCancel(runtime.NewContext(octx, inner))
	defer cancel()

	for name, tc := range map[string]struct {
		ctx  context.Context
		want runtime.Tenant
	}{
		"outer is kept as it is": {octx, outer},
		"inner wins":             {ictx, inner},
		"survives WithoutCancel": {context.WithoutCancel(ictx), inner},
	} {
		got, ok := runtime.FromContext(tc.ctx)
		if !ok {
			t.Errorf("%s: no tenant", name)
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}

	// A tenant with an empty id was still put there by someone: ok is true, and
	// the handle refuses it.
	got, ok := runtime.FromContext(runtime.NewContext(octx, runtime.Tenant{}))
	if !ok || got.Check() == nil {
		t.Errorf("zero tenant in a context: %v, %v", got, ok)
	}
}

func ExampleFromContext() {
	handler := func(ctx context.Context) error {
		t, ok := runtime.FromContext(ctx)
		if !ok {
			return runtime.ErrNoTenant
		}
		_ = t // q.ForTenant(t).ListInvoices(ctx, …)
		return nil
	}
	_ = handler(runtime.NewContext(context.Background(), runtime.Tenant{ID: "5f0c"}))
}
