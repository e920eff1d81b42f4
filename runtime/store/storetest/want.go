package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tenancygen/tenancygen/runtime"
)

// tenant returns a tenant whose id and identifier follow from its name.
func tenant(name string) runtime.Tenant {
	return runtime.Tenant{ID: "id-" + name, Identifier: runtime.MustIdentifier(name), Name: "Tenant " + name, Status: runtime.StatusActive}
}

// create stores tenants without a quota.
func (e *env) create(ctx context.Context, tenants ...runtime.Tenant) ([]runtime.Tenant, error) {
	var out []runtime.Tenant
	for _, t := range tenants {
		stored, err := e.store.Create(ctx, t, 0)
		if err != nil {
			return nil, fmt.Errorf("in Create %s: %w", t.ID, err)
		}
		out = append(out, stored)
	}
	return out, nil
}

// createNamed stores tenants of these names.
func (e *env) createNamed(ctx context.Context, names ...string) ([]runtime.Tenant, error) {
	var tenants []runtime.Tenant
	for _, name := range names {
		tenants = append(tenants, tenant(name))
	}
	return e.create(ctx, tenants...)
}

// metadata parses a constant.
func metadata(text string) runtime.Metadata {
	m, err := runtime.ParseMetadata([]byte(text))
	if err != nil {
		panic(err)
	}
	return m
}

// same compares two values. The message leaves secrets out, since tenants print none.
func same(what string, want, got any) error {
	if !cmp.Equal(want, got, cmpopts.EquateEmpty()) {
		return fmt.Errorf("%s: got %v, want %v", what, got, want)
	}
	return nil
}

// sameTenants compares tenants field by field.
func sameTenants(what string, want, got []runtime.Tenant) error {
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		return fmt.Errorf("%s (-want +got):\n%s", what, d)
	}
	return nil
}

// sameTenant compares one.
func sameTenant(what string, want, got runtime.Tenant) error {
	return sameTenants(what, []runtime.Tenant{want}, []runtime.Tenant{got})
}

// wantError is for calls that have to fail so.
func wantError(what string, want, got error) error {
	if !errors.Is(got, want) {
		return fmt.Errorf("%s: error %v, want %v", what, got, want)
	}
	return nil
}

// ids are the ids of tenants.
func ids(tenants []runtime.Tenant) []string {
	var out []string
	for _, t := range tenants {
		out = append(out, t.ID)
	}
	return out
}

// stored compares what Get, GetByIdentifier and List return with a tenant.
func (e *env) stored(ctx context.Context, what string, want runtime.Tenant) error {
	got, err := e.store.Get(ctx, want.ID)
	if err != nil {
		return fmt.Errorf("%s: Get: %w", what, err)
	}
	if err := sameTenant(what+": Get", want, got); err != nil {
		return err
	}
	page, err := e.store.List(ctx, runtime.ListOptions{Limit: runtime.MaxPage})
	if err != nil {
		return fmt.Errorf("%s: List: %w", what, err)
	}
	for _, t := range page.Tenants {
		if t.ID == want.ID {
			got = t
		}
	}
	if err := sameTenant(what+": List", want, got); err != nil {
		return err
	}
	got, err = e.store.GetByIdentifier(ctx, want.Identifier)
	if want.Status == runtime.StatusDeleted {
		if err == nil && got.ID == want.ID {
			return fmt.Errorf("%s: GetByIdentifier finds a deleted tenant", what)
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: GetByIdentifier: %w", what, err)
	}
	return sameTenant(what+": GetByIdentifier", want, got)
}

// atOnce calls f from n goroutines that begin together, and returns the errors.
func atOnce(n int, f func(i int) error) []error {
	var (
		wg    sync.WaitGroup
		start = make(chan struct{})
		errs  = make([]error, n)
	)
	for i := range n {
		wg.Go(func() {
			<-start
			errs[i] = f(i)
		})
	}
	close(start)
	wg.Wait()
	return errs
}

// outcome counts errors: none, expected, and the first other one.
func outcome(errs []error, expected error) (succeeded, refused int, other error) {
	for _, err := range errs {
		switch {
		case err == nil:
			succeeded++
		case errors.Is(err, expected):
			refused++
		case other == nil:
			other = err
		}
	}
	return succeeded, refused, other
}

// letters returns the i-th of distinct names: "taaa", "tbaa", …
func letters(i int) string {
	var b strings.Builder
	b.WriteByte('t')
	for range 3 {
		b.WriteByte(byte('a' + i%26))
		i /= 26
	}
	return b.String()
}
