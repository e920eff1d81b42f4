package storetest

import (
	"context"
	"errors"
	"fmt"

	"github.com/tenancygen/tenancygen/runtime"
)

// changed wants got to be want with the next version and a time that is not before.
func changed(what string, before, want, got runtime.Tenant) error {
	if got.UpdatedAt.Before(before.UpdatedAt) {
		return fmt.Errorf("%s: updated at %v, before it was created at %v", what, got.UpdatedAt, before.UpdatedAt)
	}
	want.Version, want.UpdatedAt = before.Version+1, got.UpdatedAt
	return sameTenant(what, want, got)
}

// checkUpdate changes every field that can be changed.
func checkUpdate(ctx context.Context, e *env) error {
	made, err := e.createNamed(ctx, "acme", "bravo")
	if err != nil {
		return err
	}
	before := made[0]
	want := before
	want.Identifier, want.Name, want.Metadata = runtime.MustIdentifier("acme-new"), "Ny", metadata(`{"a":[1,2]}`)
	want.Strategy, want.SchemaName, want.DatabaseURL = runtime.StrategyDatabase, "s", "postgres://u:hunter2@h/d"
	asked := want
	// The status and the times are not the caller's to update.
	asked.Status, asked.CreatedAt, asked.UpdatedAt = runtime.StatusSuspended, asked.CreatedAt.AddDate(-1, 0, 0), asked.CreatedAt.AddDate(-1, 0, 0)
	got, err := e.store.Update(ctx, asked)
	if err != nil {
		return err
	}
	if err := errors.Join(changed("Update", before, want, got), e.stored(ctx, "after Update", got), e.stored(ctx, "the other tenant", made[1])); err != nil {
		return err
	}
	// And back to nothing.
	before = got
	asked = runtime.Tenant{ID: got.ID, Identifier: got.Identifier, Name: got.Name, Status: got.Status, Version: got.Version}
	got, err = e.store.Update(ctx, asked)
	if err != nil {
		return err
	}
	asked.CreatedAt = before.CreatedAt
	return errors.Join(changed("Update to nothing", before, asked, got), e.stored(ctx, "after Update to nothing", got))
}

// checkStale updates versions that are not stored any more, whatever has changed since.
func checkStale(ctx context.Context, e *env) error {
	made, err := e.createNamed(ctx, "acme")
	if err != nil {
		return err
	}
	read := made[0]
	for name, change := range map[string]func() (runtime.Tenant, error){
		"MergeMetadata": func() (runtime.Tenant, error) { return e.store.MergeMetadata(ctx, read.ID, metadata(`{"a":1}`)) },
		"SetStatus":     func() (runtime.Tenant, error) { return e.store.SetStatus(ctx, read.ID, runtime.StatusSuspended) },
		"Update":        func() (runtime.Tenant, error) { return e.store.Update(ctx, read) },
	} {
		if read, err = e.store.Get(ctx, read.ID); err != nil {
			return err
		}
		now, err := change()
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		late := read
		late.Name = "Lost update"
		for _, version := range []int64{read.Version, now.Version + 1, 0, -1} {
			late.Version = version
			_, err = e.store.Update(ctx, late)
			if err := wantError(fmt.Sprintf("Update of version %d behind %s, which made %d", version, name, now.Version), runtime.ErrStaleTenant, err); err != nil {
				return err
			}
		}
		if err := e.stored(ctx, "after a stale update", now); err != nil {
			return err
		}
		// The stale version counts, and not the identifier that is free now.
		if now.Version <= read.Version {
			return fmt.Errorf("%s left version %d", name, now.Version)
		}
	}
	return nil
}

// transition wants a *runtime.TransitionError.
func transition(what string, from, to runtime.Status, err error) error {
	var te *runtime.TransitionError
	if !errors.Is(err, runtime.ErrTransition) || !errors.As(err, &te) || te.From != from || te.To != to {
		return fmt.Errorf("%s: error %v, want a transition error from %q to %q", what, err, from, to)
	}
	return nil
}

// checkStatus tries every change of status.
func checkStatus(ctx context.Context, e *env) error {
	n := 0
	for _, from := range runtime.Statuses() {
		for _, to := range append(runtime.Statuses(), "", "nice") {
			what := fmt.Sprintf("SetStatus from %q to %q", from, to)
			t := tenant(letters(n))
			n++
			t.Status = from
			made, err := e.create(ctx, t)
			if err != nil {
				return err
			}
			before := made[0]
			got, err := e.store.SetStatus(ctx, t.ID, to)
			want := before
			want.Status = to
			switch {
			case from.Change(to) != nil:
				if err := transition(what, from, to, err); err != nil {
					return err
				}
				got = before
			case err != nil:
				return fmt.Errorf("%s: %w", what, err)
			case from == to:
				err = sameTenant(what, before, got)
			default:
				err = changed(what, before, want, got)
			}
			if err := errors.Join(ignored(err, runtime.ErrTransition), e.stored(ctx, "after "+what, got)); err != nil {
				return err
			}
		}
	}
	return nil
}

// ignored returns nil for an error that was expected.
func ignored(err, expected error) error {
	if errors.Is(err, expected) {
		return nil
	}
	return err
}

// checkStatusFrom changes statuses that have to be what the caller builds on.
func checkStatusFrom(ctx context.Context, e *env) error {
	made, err := e.createNamed(ctx, "acme")
	if err != nil {
		return err
	}
	id := made[0].ID
	// It is active: the way to suspended is legal, but not what the caller builds on.
	_, err = e.store.SetStatus(ctx, id, runtime.StatusSuspended, runtime.StatusProvisioning, runtime.StatusSuspended)
	if err := transition("SetStatus from what it is not", runtime.StatusActive, runtime.StatusSuspended, err); err != nil {
		return err
	}
	// Naming a status makes no way legal.
	_, err = e.store.SetStatus(ctx, id, runtime.StatusProvisioning, runtime.StatusActive)
	if err := transition("SetStatus on a way that is none", runtime.StatusActive, runtime.StatusProvisioning, err); err != nil {
		return err
	}
	if err := e.stored(ctx, "after refused changes", made[0]); err != nil {
		return err
	}
	got, err := e.store.SetStatus(ctx, id, runtime.StatusActive, runtime.StatusProvisioning)
	if err != nil {
		return fmt.Errorf("SetStatus to what it is: %w", err)
	}
	if err := sameTenant("SetStatus to what it is", made[0], got); err != nil {
		return err
	}
	want := made[0]
	want.Status = runtime.StatusSuspended
	got, err = e.store.SetStatus(ctx, id, runtime.StatusSuspended, runtime.StatusProvisioning, runtime.StatusActive)
	if err != nil {
		return fmt.Errorf("SetStatus from what it is: %w", err)
	}
	return errors.Join(changed("SetStatus from what it is", made[0], want, got), e.stored(ctx, "after SetStatus", got))
}

// checkStatusMany changes many statuses, some of which cannot change.
func checkStatusMany(ctx context.Context, e *env) error {
	made, err := e.createNamed(ctx, "acme", "bravo", "charlie", "delta")
	if err != nil {
		return err
	}
	deleted := tenant("echo")
	deleted.Status = runtime.StatusDeleted
	more, err := e.create(ctx, deleted)
	if err != nil {
		return err
	}
	deleted = more[0]
	if made[3], err = e.store.SetStatus(ctx, made[3].ID, runtime.StatusSuspended); err != nil {
		return err
	}
	got, err := e.store.SetStatusMany(ctx, []string{made[2].ID, "nobody", made[3].ID, deleted.ID, "a\x00", made[0].ID}, runtime.StatusSuspended)
	if err != nil {
		return err
	}
	if err := same("ids of SetStatusMany", []string{made[2].ID, made[3].ID, made[0].ID}, ids(got)); err != nil {
		return err
	}
	for i, was := range []runtime.Tenant{made[2], made[3], made[0]} {
		want := was
		want.Status = runtime.StatusSuspended
		if was.Status == want.Status {
			err = sameTenant("SetStatusMany of what it is", was, got[i])
		} else {
			err = changed("SetStatusMany", was, want, got[i])
		}
		if err := errors.Join(err, e.stored(ctx, "after SetStatusMany", got[i])); err != nil {
			return err
		}
	}
	if err := errors.Join(e.stored(ctx, "who was not asked for", made[1]), e.stored(ctx, "who cannot change", deleted)); err != nil {
		return err
	}
	got, err = e.store.SetStatusMany(ctx, nil, runtime.StatusSuspended)
	if err != nil || len(got) != 0 {
		return fmt.Errorf("SetStatusMany of none: %v, %w", got, err)
	}
	// A status that there is not changes nobody.
	got, err = e.store.SetStatusMany(ctx, ids(made), "nice")
	if err != nil || len(got) != 0 {
		return fmt.Errorf("SetStatusMany to no status: %v, %w", got, err)
	}
	return nil
}

// checkMerge merges patches one after the other.
func checkMerge(ctx context.Context, e *env) error {
	t := tenant("acme")
	t.Metadata = metadata(`{"a":1,"b":{"x":1,"y":2},"c":"keep"}`)
	made, err := e.create(ctx, t)
	if err != nil {
		return err
	}
	others, err := e.createNamed(ctx, "bravo")
	if err != nil {
		return err
	}
	before := made[0]
	for _, patch := range []string{
		`{"d":true}`, `{"a":2}`,
		`{"b":{"z":3}}`,    // shallow: the value is replaced as a whole
		`{"c":null}`,       // null is a value
		`{"":0,"ключ":[]}`, // any key
		`{"a":"' \" \\ % $1 {}"}`,
	} {
		want := before
		want.Metadata = before.Metadata.Merge(metadata(patch))
		got, err := e.store.MergeMetadata(ctx, t.ID, metadata(patch))
		if err != nil {
			return fmt.Errorf("MergeMetadata of %s: %w", patch, err)
		}
		if err := errors.Join(changed("MergeMetadata of "+patch, before, want, got), e.stored(ctx, "after MergeMetadata", got)); err != nil {
			return err
		}
		before = got
	}
	got, err := e.store.MergeMetadata(ctx, t.ID, runtime.Metadata{})
	if err != nil {
		return fmt.Errorf("MergeMetadata of nothing: %w", err)
	}
	if err := same("metadata after MergeMetadata of nothing", before.Metadata, got.Metadata); err != nil {
		return err
	}
	return e.stored(ctx, "the other tenant", others[0])
}

// checkMetadataExact stores values that a database could make others of.
func checkMetadataExact(ctx context.Context, e *env) error {
	t := tenant("acme")
	t.Metadata = metadata(`{"int":9007199254740993,"big":123456789012345678901234567890,"float":1.10,"exp":1e2,"huge":1e400,"tiny":1E-400,
		"zero":-0,"order":{"bb":1,"c":2,"a":3},"twice":{"k":1,"k":2},"text":"a\/b\u00e9\ud83d\ude00<&>\u2028\t","empty":"","list":[],"none":null,
		"_enc_key":"secret","not an escape":"\\u0000","quote\"":"\\\""}`)
	made, err := e.create(ctx, t)
	if err != nil {
		return err
	}
	if err := errors.Join(same("metadata", t.Metadata.JSON(), made[0].Metadata.JSON()), e.stored(ctx, "metadata", made[0])); err != nil {
		return err
	}
	got, err := e.store.MergeMetadata(ctx, t.ID, metadata(`{"next":12345678901234567890.10}`))
	if err != nil {
		return err
	}
	want := t.Metadata.Merge(metadata(`{"next":12345678901234567890.10}`))
	if err := errors.Join(same("metadata after MergeMetadata", want.JSON(), got.Metadata.JSON()), e.stored(ctx, "metadata after MergeMetadata", got)); err != nil {
		return err
	}
	got, err = e.store.Update(ctx, got)
	if err != nil {
		return err
	}
	return errors.Join(same("metadata after Update", want.JSON(), got.Metadata.JSON()), e.stored(ctx, "metadata after Update", got))
}

// checkVersions counts the changes of one tenant.
func checkVersions(ctx context.Context, e *env) error {
	made, err := e.createNamed(ctx, "acme")
	if err != nil {
		return err
	}
	t := made[0]
	for i, change := range []func() (runtime.Tenant, error){
		func() (runtime.Tenant, error) { return e.store.Update(ctx, t) },
		func() (runtime.Tenant, error) { return e.store.MergeMetadata(ctx, t.ID, metadata(`{"a":1}`)) },
		func() (runtime.Tenant, error) { return e.store.SetStatus(ctx, t.ID, runtime.StatusSuspended) },
		func() (runtime.Tenant, error) { return e.store.Update(ctx, t) },
	} {
		if t, err = change(); err != nil {
			return err
		}
		if want := int64(i + 2); t.Version != want {
			return fmt.Errorf("change %d made version %d, want %d", i+1, t.Version, want)
		}
	}
	return nil
}
