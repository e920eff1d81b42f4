package sqltest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

// checkNoTenant asks for everything without a tenant.
func checkNoTenant(ctx context.Context, e *env) error {
	p := e.provider
	for name, call := range map[string]func() error{
		"Initialize":   func() error { return p.Initialize(ctx, runtime.Tenant{}) },
		"Destroy":      func() error { _, err := p.Destroy(ctx, runtime.Tenant{}, ""); return err },
		"Verify":       func() error { _, err := p.Verify(ctx, runtime.Tenant{}); return err },
		"SchemaName":   func() error { _, err := p.SchemaName(runtime.Tenant{}); return err },
		"DatabaseURL":  func() error { _, err := p.DatabaseURL(runtime.Tenant{}); return err },
		"ApplyFilters": func() error { _, err := p.ApplyFilters(runtime.Query{}, runtime.Tenant{}); return err },
	} {
		if err := wantIs(name, call(), runtime.ErrNoTenant); err != nil {
			return err
		}
	}
	return e.unchanged(ctx, ann, bob)
}

// checkInitializedAgain initializes a tenant that has rows.
func checkInitializedAgain(ctx context.Context, e *env) error {
	for range 2 {
		if err := e.provider.Initialize(ctx, ann); err != nil {
			return err
		}
	}
	// A tenant that may not act yet has to be made all the same.
	suspended := ann
	suspended.Status = runtime.StatusSuspended
	return errors.Join(e.provider.Initialize(ctx, suspended), e.unchanged(ctx, ann, bob))
}

// checkDestroyed removes a tenant: only with its id as the confirmation, completely,
// and nothing of the other's.
func checkDestroyed(ctx context.Context, e *env) error {
	p := e.provider
	for _, confirm := range []runtime.Confirmation{"", "yes", runtime.Confirmation(bob.ID)} {
		_, err := p.Destroy(ctx, ann, confirm)
		if err := wantIs(fmt.Sprintf("confirmed with %q", confirm), err, runtime.ErrNotConfirmed); err != nil {
			return err
		}
	}
	if err := e.unchanged(ctx, ann, bob); err != nil {
		return fmt.Errorf("without a confirmation: %w", err)
	}
	if _, err := e.exec(ctx, p.For(ann), ann, insertLink, 1, 1); err != nil {
		return err
	}
	removal, err := p.Destroy(ctx, ann, runtime.Confirmation(ann.ID))
	if err != nil {
		return err
	}
	rows := map[string]int64{}
	for _, t := range removal.Tables {
		rows[t.Name] += t.Rows
	}
	if err := diff("rows in the report", map[string]int64{"notes": 3, "links": 1}, rows); err != nil {
		return err
	}
	if err := errors.Join(e.unchanged(ctx, bob), e.wantList(ctx, p.For(bob), bob, notes[bob.ID])); err != nil {
		return fmt.Errorf("the other tenant: %w", err)
	}
	if got, err := e.list(ctx, p.For(ann), ann); err == nil && len(got) > 0 {
		return fmt.Errorf("%d rows can be read after Destroy", len(got))
	}
	again, err := p.Destroy(ctx, ann, runtime.Confirmation(ann.ID))
	if err := errors.Join(err, diff("rows of the second Destroy", int64(0), again.Rows())); err != nil {
		return err
	}
	// And it can be made anew, empty.
	if err := p.Initialize(ctx, ann); err != nil {
		return err
	}
	return errors.Join(e.wantList(ctx, p.For(ann), ann, nil), e.wantStored(ctx, ann, nil))
}

// checkVerified verifies sound tenants and looks that it left nothing.
func checkVerified(ctx context.Context, e *env) error {
	for _, t := range []runtime.Tenant{ann, bob, {ID: ann.ID, Status: runtime.StatusSuspended}} {
		report, err := e.provider.Verify(ctx, t)
		if err := errors.Join(err, report.Err()); err != nil {
			return fmt.Errorf("%s: %w", t.ID, err)
		}
	}
	return e.unchanged(ctx, ann, bob)
}

// checkNoFilter asks for dynamic SQL of a provider that was made without a filter.
func checkNoFilter(_ context.Context, e *env) error {
	q := runtime.Query{SQL: "SELECT body FROM notes"}
	_, err := e.provider.ApplyFilters(q, ann)
	_, suspended := e.provider.ApplyFilters(q, runtime.Tenant{ID: ann.ID, Status: runtime.StatusSuspended})
	return errors.Join(wantIs("active", err, runtime.ErrNoFilter), wantIs("suspended", suspended, runtime.ErrTenantInactive))
}

// checkRenamed gives a tenant another slug, and the slug to another tenant.
func checkRenamed(ctx context.Context, e *env) error {
	renamed := runtime.Tenant{ID: bob.ID, Identifier: runtime.MustIdentifier("robert")}
	heir := runtime.Tenant{ID: ann.ID, Identifier: bob.Identifier}
	return errors.Join(
		e.wantList(ctx, e.provider.For(renamed), renamed, notes[bob.ID]),
		e.wantList(ctx, e.provider.For(heir), heir, notes[ann.ID]),
	)
}

// checkInitializedAtOnce lets several callers of two providers make one tenant.
func checkInitializedAtOnce(ctx context.Context, e *env) error {
	t := runtime.Tenant{ID: "racer"}
	providers := []sqldb.Isolation{e.provider, e.wide}
	errs := make([]error, 6)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = providers[i%2].Initialize(ctx, t) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if _, err := e.exec(ctx, e.provider.For(t), t, insertNote, 1, "mine"); err != nil {
		return err
	}
	return errors.Join(e.wantStored(ctx, t, []string{"1 mine"}), e.unchanged(ctx, ann, bob))
}

// checkForeignNamespace has something stand where a tenant's place will be. It is
// neither taken over nor removed.
func checkForeignNamespace(ctx context.Context, e *env) error {
	t := runtime.Tenant{ID: "squatted"}
	place, err := e.place(e.in, e.provider, t)
	if err != nil {
		return err
	}
	if err := place.Occupy(ctx); err != nil {
		return err
	}
	if err := wantIs("Initialize", e.provider.Initialize(ctx, t), runtime.ErrForeignNamespace); err != nil {
		return err
	}
	if removal, err := e.provider.Destroy(ctx, t, runtime.Confirmation(t.ID)); err == nil && len(removal.Tables) > 0 {
		return fmt.Errorf("there is nothing to destroy, and removed were %v", removal.Tables)
	}
	there, err := place.Occupied(ctx)
	return errors.Join(err, diff("what stood there is there", true, there))
}

// checkNeighbours destroys one of several tenants whose ids are alike.
func checkNeighbours(ctx context.Context, e *env) error {
	alike := []string{"acme", "acme-corp", "acme_corp", "acme__corp", "ACME", "acme.", "acmé", "t_acme", "acme_notes",
		"a-very-long-tenant-id-that-goes-on-and-on-and-on-until-it-is-cut-one", "a-very-long-tenant-id-that-goes-on-and-on-and-on-until-it-is-cut-two"}
	var ids []string
	for _, id := range alike {
		refused, err := e.refused(ctx, id)
		if err != nil {
			return err
		}
		if refused {
			continue
		}
		ids = append(ids, id)
		t := runtime.Tenant{ID: id}
		if err := e.provider.Initialize(ctx, t); err != nil {
			return fmt.Errorf("id %q: %w", id, err)
		}
		if _, err := e.exec(ctx, e.provider.For(t), t, insertNote, 1, "mine"); err != nil {
			return fmt.Errorf("id %q: %w", id, err)
		}
	}
	removal, err := e.provider.Destroy(ctx, runtime.Tenant{ID: ids[0]}, runtime.Confirmation(ids[0]))
	if err != nil || removal.Rows() != 1 {
		return fmt.Errorf("destroy %q: %d rows removed, %w", ids[0], removal.Rows(), err)
	}
	for _, id := range ids[1:] {
		t := runtime.Tenant{ID: id}
		if err := errors.Join(e.wantStored(ctx, t, []string{"1 mine"}), e.wantList(ctx, e.provider.For(t), t, []string{"1 mine"})); err != nil {
			return fmt.Errorf("id %q: %w", id, err)
		}
	}
	return e.unchanged(ctx, ann, bob)
}

// checkNotInitialized uses a tenant that has no place, in every way. It may read
// nothing and write nowhere.
func checkNotInitialized(ctx context.Context, e *env) error {
	t := runtime.Tenant{ID: "nobody"}
	db := e.provider.For(t)
	var n int
	text, args := e.scoped(t, countNotes)
	_, execErr := e.exec(ctx, db, t, insertNote, 1, "lost")
	for name, err := range map[string]error{
		"QueryRowContext": db.QueryRowContext(ctx, text, args...).Scan(&n),
		"ExecContext":     execErr,
		"InTx": sqldb.InTx(ctx, db, func(tx sqldb.DB) error {
			_, err := e.exec(ctx, tx, t, insertNote, 1, "lost")
			return err
		}),
	} {
		if err == nil {
			return fmt.Errorf("%s: no error", name)
		}
	}
	report, err := e.provider.Verify(ctx, t)
	if err == nil && report.OK() {
		return errors.New("there is nothing wrong for Verify")
	}
	return e.unchanged(ctx, ann, bob)
}

// checkVerifiedDamage damages a place and asks whether Verify sees it.
func checkVerifiedDamage(ctx context.Context, e *env) error {
	for name, damage := range map[string][]string{
		"a table is gone":  {"DROP TABLE {links}"},
		"a column is gone": {"ALTER TABLE {links} RENAME COLUMN note_id TO other"},
		"another type":     {"DROP TABLE {links}", "CREATE TABLE {links} (tenant_id varchar(255), id bigint, note_id date)"},
	} {
		t := runtime.Tenant{ID: "damaged " + name}
		if err := e.provider.Initialize(ctx, t); err != nil {
			return err
		}
		err := e.where(t, func(db *sql.DB, table func(string) string) error {
			for i := range damage {
				damage[i] = strings.ReplaceAll(damage[i], "{links}", table("links"))
			}
			return e.fill(ctx, db, damage...)
		})
		if err != nil {
			return err
		}
		report, err := e.provider.Verify(ctx, t)
		if err == nil && report.OK() {
			return fmt.Errorf("%s: Verify finds nothing wrong", name)
		}
	}
	return nil
}

// checkHandwritten sends SQL that no generator knows. It is refused, or finds the
// tenant's rows alone, and leaves nothing behind for another tenant.
func checkHandwritten(ctx context.Context, e *env) error {
	handwritten := "SELECT body FROM notes /* by hand */ ORDER BY id"
	read := func(t runtime.Tenant) error {
		rows, err := e.provider.For(t).QueryContext(ctx, handwritten)
		if err != nil {
			return nil //nolint:nilerr // it is refused
		}
		got, err := collect(rows)
		return errors.Join(err, diff("by hand", strings.Split(strings.TrimSpace(strings.Repeat(t.ID+" ", len(notes[t.ID]))), " "), got))
	}
	victim, err := e.place(e.in, e.provider, bob)
	if err != nil {
		return err
	}
	for _, poison := range e.engine.Poison {
		poison = strings.ReplaceAll(poison, "{place}", victim.Name)
		_, _ = e.provider.For(ann).ExecContext(ctx, poison) // it may be refused
		_ = sqldb.InTx(ctx, e.provider.For(ann), func(tx sqldb.DB) error {
			_, err := tx.ExecContext(ctx, poison)
			return err
		})
		if err := errors.Join(read(bob), e.wantList(ctx, e.provider.For(bob), bob, notes[bob.ID]), e.unchanged(ctx, ann, bob)); err != nil {
			return fmt.Errorf("after %q: %w", poison, err)
		}
		if _, err := e.exec(ctx, e.provider.For(bob), bob, insertNote, 9, "x"); err != nil {
			return fmt.Errorf("after %q: %w", poison, err)
		}
		if _, err := e.exec(ctx, e.provider.For(bob), bob, deleteNote, 9); err != nil {
			return fmt.Errorf("after %q: %w", poison, err)
		}
		if err := e.unchanged(ctx, bob); err != nil {
			return fmt.Errorf("after %q: %w", poison, err)
		}
	}
	return errors.Join(read(ann), read(bob))
}
