package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/runtime"
)

// password is in the URLs of the suite's tenants, and nowhere else.
const password = "hunter2-never-printed"

// checkSecrets provokes every error about tenants with secrets, and prints the store.
func checkSecrets(ctx context.Context, e *env) error {
	secret := func(name string) runtime.Tenant {
		t := tenant(name)
		t.DatabaseURL = "postgres://u:" + password + "@h/d"
		t.Metadata = metadata(`{"_enc_key":"` + password + `"}`)
		return t
	}
	made, err := e.create(ctx, secret("acme"), secret("bravo"))
	if err != nil {
		return err
	}
	thief, stale, invalid, sameID := made[1], made[1], made[1], secret("other")
	thief.Identifier = made[0].Identifier
	stale.Version = 99
	invalid.Name, invalid.DatabaseURL = "", "postgres://u:"+password+"\x00"
	sameID.ID = made[0].ID
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	for name, call := range map[string]func() error{
		"conflict of ids":         func() error { _, err := e.store.Create(ctx, sameID, 0); return err },
		"conflict of identifiers": func() error { _, err := e.store.Update(ctx, thief); return err },
		"stale update":            func() error { _, err := e.store.Update(ctx, stale); return err },
		"invalid update":          func() error { _, err := e.store.Update(ctx, invalid); return err },
		"invalid tenant":          func() error { _, err := e.store.Create(ctx, invalid, 0); return err },
		"quota":                   func() error { _, err := e.store.Create(ctx, secret("other"), 1); return err },
		"cancelled create":        func() error { _, err := e.store.Create(cancelled, secret("other"), 0); return err },
		"cancelled update":        func() error { _, err := e.store.Update(cancelled, made[0]); return err },
		"illegal status":          func() error { _, err := e.store.SetStatus(ctx, made[0].ID, runtime.StatusProvisioning); return err },
	} {
		err := call()
		if err == nil {
			return fmt.Errorf("%s: no error", name)
		}
		if err := printed(err); err != nil {
			return fmt.Errorf("the error of a %s %w", name, err)
		}
	}
	if err := printed(e.store); err != nil {
		return fmt.Errorf("the store %w", err)
	}
	return nil
}

// printed returns an error where a value prints the password, in whatever way, or one
// of the errors that it wraps does.
func printed(value any) error {
	for _, verb := range []string{"%v", "%+v", "%#v"} {
		if strings.Contains(fmt.Sprintf(verb, value), password) {
			return fmt.Errorf("prints a password with %s", verb)
		}
	}
	switch wrapping := value.(type) {
	case interface{ Unwrap() error }:
		return printed(fields{wrapping.Unwrap()})
	case interface{ Unwrap() []error }:
		for _, err := range wrapping.Unwrap() {
			if err := printed(fields{err}); err != nil {
				return err
			}
		}
	case fields:
		if wrapping.err == nil {
			return nil
		}
		return printed(wrapping.err)
	}
	return nil
}

// fields prints what is in a wrapped error, also what its message leaves out.
type fields struct{ err error }

func (f fields) Format(s fmt.State, _ rune) { _, _ = fmt.Fprintf(s, "%#v", f.err) }

// checkCorrupt spoils a tenant. It alone must be hidden, by an error that says so, and
// nothing may take it for a sound one.
func checkCorrupt(ctx context.Context, e *env) error {
	for i, d := range []Damage{DamageStatus, DamageMetadata} {
		made, err := e.createNamed(ctx, letters(3*i), letters(3*i+1), letters(3*i+2))
		if err != nil {
			return err
		}
		bad := made[1]
		if err := e.corrupt(ctx, e.store, bad.ID, d); err != nil {
			return err
		}
		if err := e.alone(ctx, bad, d); err != nil {
			return fmt.Errorf("spoilt %s: %w", d, err)
		}
		if err := e.others(ctx, bad, []runtime.Tenant{made[0], made[2]}); err != nil {
			return fmt.Errorf("spoilt %s: %w", d, err)
		}
		if err := e.store.Delete(ctx, bad.ID); err != nil {
			return fmt.Errorf("spoilt %s: Delete: %w", d, err)
		}
	}
	return nil
}

// corrupted wants the error of a tenant that cannot be read.
func corrupted(what, id string, err error) error {
	var ce *runtime.CorruptError
	if !errors.Is(err, runtime.ErrCorruptTenant) || !errors.As(err, &ce) || ce.ID != id {
		return fmt.Errorf("%s: error %v, want a *runtime.CorruptError of tenant %s", what, err, id)
	}
	return nil
}

// alone asks for a spoilt tenant.
func (e *env) alone(ctx context.Context, bad runtime.Tenant, d Damage) error {
	for name, call := range map[string]func() error{
		"Get":             func() error { _, err := e.store.Get(ctx, bad.ID); return err },
		"GetByIdentifier": func() error { _, err := e.store.GetByIdentifier(ctx, bad.Identifier); return err },
		"MergeMetadata":   func() error { _, err := e.store.MergeMetadata(ctx, bad.ID, metadata(`{"a":1}`)); return err },
	} {
		if err := corrupted(name, bad.ID, call()); err != nil {
			return err
		}
	}
	if d == DamageStatus {
		_, err := e.store.SetStatus(ctx, bad.ID, runtime.StatusActive)
		if err := corrupted("SetStatus", bad.ID, err); err != nil {
			return err
		}
	}
	_, err := e.store.Get(ctx, bad.ID)
	if err := corrupted("Get after all", bad.ID, err); err != nil {
		return err
	}
	if found, err := e.store.Exists(ctx, bad.ID); !found || err != nil {
		return fmt.Errorf("in Exists: %v, %w", found, err)
	}
	return nil
}

// others asks for sound tenants beside a spoilt one.
func (e *env) others(ctx context.Context, bad runtime.Tenant, sound []runtime.Tenant) error {
	got, err := e.store.GetMany(ctx, []string{sound[1].ID, bad.ID, sound[0].ID})
	if err := errors.Join(corrupted("GetMany", bad.ID, err), sameTenants("GetMany", []runtime.Tenant{sound[1], sound[0]}, got)); err != nil {
		return err
	}
	got, err = e.store.Search(ctx, "tenant", runtime.MaxPage)
	if err := errors.Join(corrupted("Search", bad.ID, err), contains("Search", got, sound)); err != nil {
		return err
	}
	// Page by page: the one with the spoilt tenant leads on.
	var listed []runtime.Tenant
	var listErr error
	o := runtime.ListOptions{Limit: 1}
	for range 100 {
		page, err := e.store.List(ctx, o)
		listErr = errors.Join(listErr, err)
		listed = append(listed, page.Tenants...)
		if o.After = page.Next; o.After == "" {
			break
		}
	}
	if err := errors.Join(corrupted("List", bad.ID, listErr), contains("List", listed, sound)); err != nil {
		return err
	}
	got, err = e.store.SetStatusMany(ctx, []string{bad.ID, sound[0].ID}, runtime.StatusSuspended)
	if err := ignored(err, runtime.ErrCorruptTenant); err != nil {
		return err
	}
	if err := same("SetStatusMany", []string{sound[0].ID}, ids(got)); err != nil {
		return err
	}
	_, err = e.store.SetStatus(ctx, sound[0].ID, runtime.StatusActive)
	return err
}

func contains(what string, got, want []runtime.Tenant) error {
	for _, t := range want {
		if !slices.Contains(got, t) {
			return fmt.Errorf("%s does not return %s", what, t.ID)
		}
	}
	return nil
}

// methods are all methods but Close, with arguments that succeed; the store has a
// tenant "acme".
func (e *env) methods() map[string]func(ctx context.Context) error {
	s, id := e.store, "id-acme"
	return map[string]func(ctx context.Context) error{
		"Init":   func(ctx context.Context) error { return s.Init(ctx) },
		"Get":    func(ctx context.Context) error { _, err := s.Get(ctx, id); return err },
		"Exists": func(ctx context.Context) error { _, err := s.Exists(ctx, id); return err },
		"Count":  func(ctx context.Context) error { _, err := s.Count(ctx); return err },
		"List":   func(ctx context.Context) error { _, err := s.List(ctx, runtime.ListOptions{}); return err },
		"Search": func(ctx context.Context) error { _, err := s.Search(ctx, "acme", 0); return err },
		"GetByIdentifier": func(ctx context.Context) error {
			_, err := s.GetByIdentifier(ctx, runtime.MustIdentifier("acme"))
			return err
		},
		"GetMany": func(ctx context.Context) error { _, err := s.GetMany(ctx, []string{id}); return err },
		"Create":  func(ctx context.Context) error { _, err := s.Create(ctx, tenant("other"), 0); return err },
		"Update": func(ctx context.Context) error {
			t := tenant("acme")
			t.Version = 1
			_, err := s.Update(ctx, t)
			return err
		},
		"SetStatus": func(ctx context.Context) error { _, err := s.SetStatus(ctx, id, runtime.StatusSuspended); return err },
		"SetStatusMany": func(ctx context.Context) error {
			_, err := s.SetStatusMany(ctx, []string{id}, runtime.StatusSuspended)
			return err
		},
		"MergeMetadata": func(ctx context.Context) error { _, err := s.MergeMetadata(ctx, id, metadata(`{"a":1}`)); return err },
		"Delete":        func(ctx context.Context) error { return s.Delete(ctx, id) },
	}
}

// checkCancelled calls every method with a context that has ended.
func checkCancelled(ctx context.Context, e *env) error {
	made, err := e.createNamed(ctx, "acme")
	if err != nil {
		return err
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	for name, call := range e.methods() {
		if err := wantError(name, context.Canceled, call(ended)); err != nil {
			return err
		}
	}
	if n, err := e.store.Count(ctx); n != 1 || err != nil {
		return fmt.Errorf("%d tenants after calls that were cancelled: %w", n, err)
	}
	return e.stored(ctx, "after calls that were cancelled", made[0])
}

// checkClosed calls every method after Close.
func checkClosed(ctx context.Context, e *env) error {
	if _, err := e.createNamed(ctx, "acme"); err != nil {
		return err
	}
	for range 2 {
		if err := e.store.Close(); err != nil {
			return fmt.Errorf("in Close: %w", err)
		}
	}
	for name, call := range e.methods() {
		if err := wantError(name+" after Close", runtime.ErrStoreClosed, call(ctx)); err != nil {
			return err
		}
	}
	return nil
}
