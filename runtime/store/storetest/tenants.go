package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tenancygen/tenancygen/runtime"
)

// checkInit calls Init on a store that is in use, also several times at once.
func checkInit(ctx context.Context, e *env) error {
	made, err := e.createNamed(ctx, "acme")
	if err != nil {
		return err
	}
	if err := errors.Join(atOnce(5, func(int) error { return e.store.Init(ctx) })...); err != nil {
		return fmt.Errorf("in Init of a store in use: %w", err)
	}
	return e.stored(ctx, "after Init", made[0])
}

// checkStored creates tenants and reads every field again.
func checkStored(ctx context.Context, e *env) error {
	for i, t := range []runtime.Tenant{
		{ID: "plain", Identifier: runtime.MustIdentifier("plain"), Name: "Plain", Status: runtime.StatusActive},
		{
			ID: "0b6f7a3e-8f9f-4c43-9d27-3d4cf7a3a001", Identifier: runtime.MustIdentifier("full"), Name: `O'Brien & "Søns" \ 株式会社 🏢 $1 ?`,
			Status: runtime.StatusProvisioning, Metadata: metadata(`{"plan":"gold","seats":12,"tags":["a","b"]}`),
			Strategy: runtime.StrategySchema, SchemaName: `odd "name"`, DatabaseURL: "postgres://u:hunter2@h:5432/d?sslmode=require",
		},
		{ID: "ÜNI/ code'; --%_\\", Identifier: runtime.MustIdentifier("uni"), Name: "ﷺ İı", Status: runtime.StatusSuspended},
		{ID: strings.Repeat("x", runtime.MaxID), Identifier: runtime.MustIdentifier(strings.Repeat("y", runtime.MaxIdentifier)), Name: strings.Repeat("z", runtime.MaxName), Status: runtime.StatusDeleting},
	} {
		before := time.Now().Add(-time.Hour)
		stored, err := e.store.Create(ctx, t, 0)
		if err != nil {
			return fmt.Errorf("in Create of tenant %d: %w", i, err)
		}
		switch {
		case stored.Version != 1:
			return fmt.Errorf("a new tenant has version %d", stored.Version)
		case stored.CreatedAt.Before(before) || stored.CreatedAt.After(before.Add(2*time.Hour)) || !stored.CreatedAt.Equal(stored.UpdatedAt):
			return fmt.Errorf("a new tenant was created %v and updated %v", stored.CreatedAt, stored.UpdatedAt)
		case stored.CreatedAt.Location() != time.UTC || stored.CreatedAt.Nanosecond()%1000 != 0:
			return fmt.Errorf("the time %v is not UTC in whole microseconds", stored.CreatedAt)
		}
		want := t
		want.Version, want.CreatedAt, want.UpdatedAt = stored.Version, stored.CreatedAt, stored.UpdatedAt
		if err := sameTenant("Create", want, stored); err != nil {
			return err
		}
		if err := e.stored(ctx, "after Create", stored); err != nil {
			return err
		}
	}
	// What the store keeps is its own to set.
	own := tenant("own")
	own.Version, own.CreatedAt, own.UpdatedAt = 99, time.Unix(0, 0), time.Unix(0, 0)
	stored, err := e.store.Create(ctx, own, 0)
	if err != nil {
		return err
	}
	if stored.Version != 1 || stored.CreatedAt.Year() < 2000 {
		return fmt.Errorf("the caller's version or time was taken by Create: version %d, created %v", stored.Version, stored.CreatedAt)
	}
	return e.stored(ctx, "with the caller's times", stored)
}

// unknown are ids that no tenant has; some could make a database refuse the question.
var unknown = []string{"", "nobody", "id-acme\x00", "\x00", "\xff\xfe", "id-acm_", "%", "' OR ''='", strings.Repeat("x", 100_000)}

// checkNotFound asks every method for what is not there.
func checkNotFound(ctx context.Context, e *env) error {
	if _, err := e.createNamed(ctx, "acme"); err != nil {
		return err
	}
	for i, id := range unknown {
		for name, call := range map[string]func() (runtime.Tenant, error){
			"Get":       func() (runtime.Tenant, error) { return e.store.Get(ctx, id) },
			"SetStatus": func() (runtime.Tenant, error) { return e.store.SetStatus(ctx, id, runtime.StatusSuspended) },
			"MergeMetadata": func() (runtime.Tenant, error) {
				return e.store.MergeMetadata(ctx, id, metadata(`{"a":1}`))
			},
			"Delete": func() (runtime.Tenant, error) { return runtime.Tenant{}, e.store.Delete(ctx, id) },
		} {
			got, err := call()
			if err := wantError(fmt.Sprintf("%s of unknown id %d", name, i), runtime.ErrTenantNotFound, err); err != nil {
				return err
			}
			if got != (runtime.Tenant{}) {
				return fmt.Errorf("%s of unknown id %d returns %v beside the error", name, i, got)
			}
		}
		if found, err := e.store.Exists(ctx, id); found || err != nil {
			return fmt.Errorf("in Exists of unknown id %d: %v, %w", i, found, err)
		}
	}
	for _, identifier := range []runtime.Identifier{{}, runtime.MustIdentifier("nobody")} {
		_, err := e.store.GetByIdentifier(ctx, identifier)
		if err := wantError("GetByIdentifier", runtime.ErrTenantNotFound, err); err != nil {
			return err
		}
	}
	gone := tenant("gone")
	gone.Version = 1
	_, err := e.store.Update(ctx, gone)
	return wantError("Update", runtime.ErrTenantNotFound, err)
}

// checkInvalid stores what cannot be stored.
func checkInvalid(ctx context.Context, e *env) error {
	made, err := e.createNamed(ctx, "acme")
	if err != nil {
		return err
	}
	for name, spoil := range map[string]func(t *runtime.Tenant){
		"no identifier":      func(t *runtime.Tenant) { t.Identifier = runtime.Identifier{} },
		"no name":            func(t *runtime.Tenant) { t.Name = " " },
		"name with NUL":      func(t *runtime.Tenant) { t.Name = "a\x00b" },
		"name not UTF-8":     func(t *runtime.Tenant) { t.Name = "a\xffb" },
		"long name":          func(t *runtime.Tenant) { t.Name = strings.Repeat("n", runtime.MaxName+1) },
		"no such status":     func(t *runtime.Tenant) { t.Status = "nice" },
		"no status":          func(t *runtime.Tenant) { t.Status = "" },
		"no such strategy":   func(t *runtime.Tenant) { t.Strategy = "hope" },
		"URL with NUL":       func(t *runtime.Tenant) { t.DatabaseURL = "postgres://\x00" },
		"schema not UTF-8":   func(t *runtime.Tenant) { t.SchemaName = "\xff" },
		"id: none":           func(t *runtime.Tenant) { t.ID = "" },
		"id: with NUL":       func(t *runtime.Tenant) { t.ID = "a\x00" },
		"id: not UTF-8":      func(t *runtime.Tenant) { t.ID = "a\xff" },
		"id: long":           func(t *runtime.Tenant) { t.ID = strings.Repeat("i", runtime.MaxID+1) },
		"id: of two lines":   func(t *runtime.Tenant) { t.ID = "a\nb" },
		"id: with an escape": func(t *runtime.Tenant) { t.ID = "a\x1b" },
	} {
		bad := tenant("other")
		spoil(&bad)
		_, err := e.store.Create(ctx, bad, 0)
		if err := wantError("Create with "+name, runtime.ErrInvalidTenant, err); err != nil {
			return err
		}
		bad = made[0]
		spoil(&bad)
		_, err = e.store.Update(ctx, bad)
		if err := wantError("Update with "+name, runtime.ErrInvalidTenant, err); err != nil {
			return err
		}
	}
	if n, err := e.store.Count(ctx); n != 1 || err != nil {
		return fmt.Errorf("%d tenants after invalid ones: %w", n, err)
	}
	return e.stored(ctx, "after invalid updates", made[0])
}

// conflict wants a *runtime.ConflictError about a field.
func conflict(what, field string, err error) error {
	var c *runtime.ConflictError
	if !errors.Is(err, runtime.ErrTenantExists) || !errors.As(err, &c) || c.Field != field {
		return fmt.Errorf("%s: error %v, want a conflict of the %s", what, err, field)
	}
	return nil
}

// checkConflicts takes ids and identifiers that others have.
func checkConflicts(ctx context.Context, e *env) error {
	made, err := e.createNamed(ctx, "acme", "bravo")
	if err != nil {
		return err
	}
	sameID, sameIdentifier := tenant("other"), tenant("other")
	sameID.ID, sameIdentifier.Identifier = made[0].ID, made[0].Identifier
	_, err = e.store.Create(ctx, sameID, 0)
	if err := conflict("Create with another's id", "id", err); err != nil {
		return err
	}
	_, err = e.store.Create(ctx, tenant("acme"), 0)
	if err := conflict("Create again", "id", err); err != nil {
		return err
	}
	_, err = e.store.Create(ctx, sameIdentifier, 0)
	if err := conflict("Create with another's identifier", "identifier", err); err != nil {
		return err
	}
	// An update must not steal an identifier: weakness W21 of the original.
	thief := made[1]
	thief.Identifier = made[0].Identifier
	_, err = e.store.Update(ctx, thief)
	if err := conflict("Update to another's identifier", "identifier", err); err != nil {
		return err
	}
	for _, t := range made {
		if err := e.stored(ctx, "after conflicts", t); err != nil {
			return err
		}
	}
	// A tenant that is not active has its identifier all the same.
	for _, status := range []runtime.Status{runtime.StatusSuspended, runtime.StatusDeleting} {
		if _, err := e.store.SetStatus(ctx, made[0].ID, status); err != nil {
			return err
		}
		_, err = e.store.Create(ctx, sameIdentifier, 0)
		if err := conflict("Create with the identifier of a tenant that is "+string(status), "identifier", err); err != nil {
			return err
		}
	}
	return nil
}

// checkFreed takes identifiers that nobody has any more.
func checkFreed(ctx context.Context, e *env) error {
	made, err := e.createNamed(ctx, "acme", "bravo", "charlie")
	if err != nil {
		return err
	}
	renamed, deleted, forgotten := made[0], made[1], made[2]
	renamed.Identifier = runtime.MustIdentifier("acme-two")
	if renamed, err = e.store.Update(ctx, renamed); err != nil {
		return fmt.Errorf("rename: %w", err)
	}
	if deleted, err = e.store.SetStatus(ctx, deleted.ID, runtime.StatusDeleted); err != nil {
		return fmt.Errorf("soft delete: %w", err)
	}
	if err := e.store.Delete(ctx, forgotten.ID); err != nil {
		return fmt.Errorf("delete: %w", err)
	}
	for _, old := range made {
		_, err := e.store.GetByIdentifier(ctx, old.Identifier)
		if err := wantError("the old identifier "+old.Identifier.String(), runtime.ErrTenantNotFound, err); err != nil {
			return err
		}
		heir := tenant("heir-of-" + old.Identifier.String())
		heir.Identifier = old.Identifier
		heirs, err := e.create(ctx, heir)
		if err != nil {
			return err
		}
		if err := e.stored(ctx, "the heir of "+old.Identifier.String(), heirs[0]); err != nil {
			return err
		}
	}
	for _, t := range []runtime.Tenant{renamed, deleted} {
		if err := e.stored(ctx, "who had it before", t); err != nil {
			return err
		}
	}
	// A deleted tenant can still be changed, and takes nothing back by that.
	deleted.Name = "Bravo that was"
	if deleted, err = e.store.Update(ctx, deleted); err != nil {
		return fmt.Errorf("update of a deleted tenant: %w", err)
	}
	if err := e.stored(ctx, "a deleted tenant", deleted); err != nil {
		return err
	}
	heir, err := e.store.GetByIdentifier(ctx, deleted.Identifier)
	if err != nil {
		return err
	}
	return same("the identifier's tenant", "id-heir-of-bravo", heir.ID)
}

// checkUsedIDs creates tenants with ids that were used.
func checkUsedIDs(ctx context.Context, e *env) error {
	made, err := e.createNamed(ctx, "acme", "bravo")
	if err != nil {
		return err
	}
	if err := e.store.Delete(ctx, made[0].ID); err != nil {
		return err
	}
	if _, err := e.store.SetStatus(ctx, made[1].ID, runtime.StatusDeleted); err != nil {
		return err
	}
	for _, t := range made {
		again := tenant("again")
		again.ID = t.ID
		_, err := e.store.Create(ctx, again, 0)
		if err := conflict("Create with a used id", "id", err); err != nil {
			return err
		}
	}
	_, err = e.store.Get(ctx, made[0].ID)
	if err := wantError("Get of a forgotten tenant", runtime.ErrTenantNotFound, err); err != nil {
		return err
	}
	return wantError("Delete again", runtime.ErrTenantNotFound, e.store.Delete(ctx, made[0].ID))
}

// alike are ids that a collation, or a comparison of numbers, may take for one another.
var alike = []string{
	"acme", "ACME", "acme ", " acme", "acm\u00e9", "acme\u0301", "acme\u200b", "\uff41cme", "stra\u00dfe", "strasse", "\U0001f3e2", "\U0001f3e0",
	"0", "00", "0.0", "-0", "0x0", "1e1", "10",
}

// checkIDBytes keeps tenants apart whose ids look alike.
func checkIDBytes(ctx context.Context, e *env) error {
	var made []runtime.Tenant
	for i, id := range alike {
		t := tenant(letters(i))
		t.ID = id
		stored, err := e.create(ctx, t)
		if err != nil {
			return err
		}
		made = append(made, stored[0])
	}
	for i, t := range made {
		merged, err := e.store.MergeMetadata(ctx, t.ID, metadata(fmt.Sprintf(`{"own":%d}`, i)))
		if err != nil {
			return fmt.Errorf("in MergeMetadata of id %q: %w", t.ID, err)
		}
		want := t
		want.Metadata = metadata(fmt.Sprintf(`{"own":%d}`, i))
		if err := changed(fmt.Sprintf("MergeMetadata of id %q", t.ID), t, want, merged); err != nil {
			return err
		}
		made[i] = merged
	}
	got, err := e.store.GetMany(ctx, alike)
	if err := errors.Join(err, sameTenants("GetMany", made, got)); err != nil {
		return err
	}
	for i, t := range made {
		if err := e.stored(ctx, fmt.Sprintf("id %q", t.ID), t); err != nil {
			return err
		}
		if err := e.store.Delete(ctx, t.ID); err != nil {
			return fmt.Errorf("in Delete of id %q: %w", t.ID, err)
		}
		if n, err := e.store.Count(ctx); n != len(made)-i-1 || err != nil {
			return fmt.Errorf("%d tenants after Delete of id %q: %w", n, t.ID, err)
		}
	}
	return nil
}
