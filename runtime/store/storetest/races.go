package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/tenancygen/tenancygen/runtime"
)

// checkQuota creates tenants up to a quota.
func checkQuota(ctx context.Context, e *env) error {
	const quota = 3
	for i := range quota {
		if _, err := e.store.Create(ctx, tenant(letters(i)), quota); err != nil {
			return fmt.Errorf("in Create of tenant %d of %d: %w", i+1, quota, err)
		}
	}
	_, err := e.store.Create(ctx, tenant("more"), quota)
	var qe *runtime.QuotaError
	if !errors.Is(err, runtime.ErrTenantQuota) || !errors.As(err, &qe) || qe.Limit != quota {
		return fmt.Errorf("in Create above the quota: error %v", err)
	}
	// Of several reasons the first counts.
	_, err = e.store.Create(ctx, tenant(letters(0)), quota)
	if err := conflict("Create again above the quota", "id", err); err != nil {
		return err
	}
	other := tenant("other")
	other.Identifier = runtime.MustIdentifier(letters(0))
	_, err = e.store.Create(ctx, other, quota)
	if err := conflict("Create of a known identifier above the quota", "identifier", err); err != nil {
		return err
	}
	// Only tenants that are not deleted count.
	if _, err := e.store.SetStatus(ctx, "id-"+letters(0), runtime.StatusSuspended); err != nil {
		return err
	}
	_, err = e.store.Create(ctx, tenant("more"), quota)
	if err := wantError("Create beside a suspended tenant", runtime.ErrTenantQuota, err); err != nil {
		return err
	}
	if _, err := e.store.SetStatus(ctx, "id-"+letters(0), runtime.StatusDeleted); err != nil {
		return err
	}
	if _, err := e.store.Create(ctx, tenant("more"), quota); err != nil {
		return fmt.Errorf("in Create beside a deleted tenant: %w", err)
	}
	if err := e.store.Delete(ctx, "id-more"); err != nil {
		return err
	}
	if _, err := e.store.Create(ctx, tenant("other"), quota); err != nil {
		return fmt.Errorf("in Create after a tenant was forgotten: %w", err)
	}
	if _, err := e.store.Create(ctx, tenant("beyond"), 0); err != nil {
		return fmt.Errorf("in Create without a quota: %w", err)
	}
	return nil
}

// checkQuotaRace creates many more tenants than there may be, at once.
func checkQuotaRace(ctx context.Context, e *env) error {
	const quota, callers = 7, 50
	succeeded, refused, other := outcome(atOnce(callers, func(i int) error {
		_, err := e.store.Create(ctx, tenant(letters(i)), quota)
		return err
	}), runtime.ErrTenantQuota)
	if other != nil || succeeded != quota || refused != callers-quota {
		return fmt.Errorf("%d of %d creates succeeded and %d were above the quota of %d; first other error: %w", succeeded, callers, refused, quota, other)
	}
	n, err := e.store.Count(ctx)
	if err != nil {
		return err
	}
	return same("tenants", quota, n)
}

// checkCreateRace creates tenants with one identifier, and with one id, at once.
func checkCreateRace(ctx context.Context, e *env) error {
	const callers = 20
	for field, make := range map[string]func(i int) runtime.Tenant{
		"identifier": func(i int) runtime.Tenant {
			t := tenant(letters(i))
			t.Identifier = runtime.MustIdentifier("wanted")
			return t
		},
		"id": func(i int) runtime.Tenant {
			t := tenant(letters(100 + i))
			t.ID = "wanted"
			return t
		},
	} {
		errs := atOnce(callers, func(i int) error {
			_, err := e.store.Create(ctx, make(i), 0)
			return err
		})
		succeeded, refused, other := outcome(errs, runtime.ErrTenantExists)
		if succeeded != 1 || refused != callers-1 || other != nil {
			return fmt.Errorf("of %d tenants with one %s %d were created; first other error: %w", callers, field, succeeded, other)
		}
		for _, err := range errs {
			if err != nil {
				if err := conflict("Create at once", field, err); err != nil {
					return err
				}
			}
		}
	}
	n, err := e.store.Count(ctx)
	if err != nil {
		return err
	}
	return same("tenants", 2, n)
}

// checkRenameRace gives many tenants one identifier at once, while others are created
// with it.
func checkRenameRace(ctx context.Context, e *env) error {
	const callers = 16
	var made []runtime.Tenant
	for i := range callers {
		t, err := e.createNamed(ctx, letters(i))
		if err != nil {
			return err
		}
		made = append(made, t[0])
	}
	errs := atOnce(callers, func(i int) error {
		t := made[i]
		if i%4 == 0 {
			t = tenant(letters(100 + i))
			t.Identifier = runtime.MustIdentifier("wanted")
			_, err := e.store.Create(ctx, t, 0)
			return err
		}
		t.Identifier = runtime.MustIdentifier("wanted")
		_, err := e.store.Update(ctx, t)
		return err
	})
	succeeded, refused, other := outcome(errs, runtime.ErrTenantExists)
	if succeeded != 1 || refused != callers-1 || other != nil {
		return fmt.Errorf("of %d tenants %d got one identifier; first other error: %w", callers, succeeded, other)
	}
	_, err := e.store.GetByIdentifier(ctx, runtime.MustIdentifier("wanted"))
	return err
}

// checkUpdateRace updates one version at once.
func checkUpdateRace(ctx context.Context, e *env) error {
	made, err := e.createNamed(ctx, "acme")
	if err != nil {
		return err
	}
	for round := range 5 {
		read, err := e.store.Get(ctx, made[0].ID)
		if err != nil {
			return err
		}
		const callers = 8
		succeeded, refused, other := outcome(atOnce(callers, func(i int) error {
			t := read
			t.Name = fmt.Sprintf("Name %d of caller %d", round, i)
			_, err := e.store.Update(ctx, t)
			return err
		}), runtime.ErrStaleTenant)
		if succeeded != 1 || refused != callers-1 || other != nil {
			return fmt.Errorf("of %d updates of one version %d succeeded; first other error: %w", callers, succeeded, other)
		}
	}
	return nil
}

// checkMergeRace merges a hundred keys at once (attack case 57, and regression 19 of the
// original: on one store of it 1 of 20 keys was left, without an error).
func checkMergeRace(ctx context.Context, e *env) error {
	made, err := e.createNamed(ctx, "acme")
	if err != nil {
		return err
	}
	const callers = 100
	if err := errors.Join(atOnce(callers, func(i int) error {
		got, err := e.store.MergeMetadata(ctx, made[0].ID, metadata(fmt.Sprintf(`{"key-%d":%d}`, i, i)))
		if err == nil && !slices.Contains(got.Metadata.Keys(), fmt.Sprintf("key-%d", i)) {
			err = errors.New("MergeMetadata returns what it did not merge")
		}
		return err
	})...); err != nil {
		return err
	}
	got, err := e.store.Get(ctx, made[0].ID)
	if err != nil {
		return err
	}
	return errors.Join(same("keys", callers, len(got.Metadata.Keys())), same("version", int64(callers+1), got.Version))
}

// checkStatusRace deletes a tenant while it is activated and suspended. Whatever comes
// in between, nobody comes back from the deleted, and no change is on a way that is none.
func checkStatusRace(ctx context.Context, e *env) error {
	for round := range 5 {
		made, err := e.createNamed(ctx, letters(round))
		if err != nil {
			return err
		}
		id := made[0].ID
		// Each change that is returned is one of the versions between.
		versions := make([]runtime.Tenant, 24)
		errs := atOnce(len(versions), func(i int) (err error) {
			to := []runtime.Status{runtime.StatusSuspended, runtime.StatusActive, runtime.StatusDeleting, runtime.StatusDeleted}[i%4]
			versions[i], err = e.store.SetStatus(ctx, id, to)
			return err
		})
		if _, _, other := outcome(errs, runtime.ErrTransition); other != nil {
			return other
		}
		if err := e.history(made[0], versions); err != nil {
			return err
		}
		final, err := e.store.SetStatus(ctx, id, runtime.StatusDeleted)
		if err != nil {
			return fmt.Errorf("delete at the end: %w", err)
		}
		if _, err := e.store.SetStatus(ctx, id, runtime.StatusActive); !errors.Is(err, runtime.ErrTransition) {
			return fmt.Errorf("activation of a deleted tenant of version %d: %w", final.Version, err)
		}
	}
	return nil
}

// history holds that the versions of a tenant follow each other on legal ways.
func (e *env) history(first runtime.Tenant, changes []runtime.Tenant) error {
	status := map[int64]runtime.Status{first.Version: first.Status}
	for _, t := range changes {
		if t.ID == "" {
			continue // a refused change
		}
		if was, ok := status[t.Version]; ok && was != t.Status {
			return fmt.Errorf("version %d was %s and %s", t.Version, was, t.Status)
		}
		status[t.Version] = t.Status
	}
	for version := first.Version + 1; int(version) < len(status)+1; version++ {
		from, to := status[version-1], status[version]
		if from == to || from.Change(to) != nil {
			return fmt.Errorf("version %d went from %q to %q", version, from, to)
		}
	}
	return nil
}
