package isolationtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// lifecycleChecks are for every pgxdb.Isolation.
var lifecycleChecks = []check{
	{"no tenant", checkNoTenant},
	{"initialized again", checkInitializedAgain},
	{"destroyed", checkDestroyed},
	{"verified", checkVerified},
	{"dynamic SQL needs a filter", checkNoFilter},
	{"identifier is renamed", checkRenamed},
	{"transaction options", checkTxOptions},
}

// placeChecks are for those that give each tenant tables of its own.
var placeChecks = []check{
	{"initialized at once", checkInitializedAtOnce},
	{"foreign namespace", checkForeignNamespace},
	{"neighbours", checkNeighbours},
	{"not initialized", checkNotInitialized},
	{"verified after damage", checkVerifiedDamage},
	{"copied in", checkCopyIn},
	{"stored name of another", checkStoredName},
}

func (e *env) isolation() pgxdb.Isolation { return e.provider.(pgxdb.Isolation) }

// checkNoTenant asks for everything without a tenant.
func checkNoTenant(ctx context.Context, e *env) error {
	p := e.isolation()
	for name, call := range map[string]func() error{
		"Initialize":   func() error { return p.Initialize(ctx, runtime.Tenant{}) },
		"Destroy":      func() error { _, err := p.Destroy(ctx, runtime.Tenant{}, ""); return err },
		"Verify":       func() error { _, err := p.Verify(ctx, runtime.Tenant{}); return err },
		"SchemaName":   func() error { _, err := p.SchemaName(runtime.Tenant{}); return err },
		"DatabaseURL":  func() error { _, err := p.DatabaseURL(runtime.Tenant{}); return err },
		"ApplyFilters": func() error { _, err := p.ApplyFilters(runtime.Query{}, runtime.Tenant{}); return err },
	} {
		if err := call(); !errors.Is(err, runtime.ErrNoTenant) {
			return fmt.Errorf("%s: error %v, want ErrNoTenant", name, err)
		}
	}
	return e.unchanged(ctx, ann, bob)
}

// checkInitializedAgain initializes a tenant that has rows.
func checkInitializedAgain(ctx context.Context, e *env) error {
	for range 2 {
		if err := e.isolation().Initialize(ctx, ann); err != nil {
			return err
		}
	}
	// A tenant that may not act yet has to be made all the same.
	suspended := ann
	suspended.Status = runtime.StatusSuspended
	if err := e.isolation().Initialize(ctx, suspended); err != nil {
		return fmt.Errorf("suspended: %w", err)
	}
	return e.unchanged(ctx, ann, bob)
}

// checkDestroyed removes a tenant: only with its id as the confirmation, completely,
// and nothing of the other's.
func checkDestroyed(ctx context.Context, e *env) error {
	p := e.isolation()
	for _, confirm := range []runtime.Confirmation{"", "yes", runtime.Confirmation(bob.ID)} {
		if _, err := p.Destroy(ctx, ann, confirm); !errors.Is(err, runtime.ErrNotConfirmed) {
			return fmt.Errorf("confirmed with %q: error %v, want ErrNotConfirmed", confirm, err)
		}
	}
	if err := e.unchanged(ctx, ann, bob); err != nil {
		return fmt.Errorf("without a confirmation: %w", err)
	}
	e.forget(ctx, ann)
	removal, err := p.Destroy(ctx, ann, runtime.Confirmation(ann.ID))
	if err != nil {
		return err
	}
	rows := map[string]int64{}
	for _, t := range removal.Tables {
		rows[t.Name] += t.Rows
	}
	if err := errors.Join(diff("rows of notes in the report", int64(len(notes[ann.ID])), rows["notes"]), diff("rows of links", int64(0), rows["links"])); err != nil {
		return err
	}
	if err := e.unchanged(ctx, bob); err != nil {
		return fmt.Errorf("the other tenant: %w", err)
	}
	if got, err := e.list(ctx, e.provider.For(ann), ann); err == nil && len(got) > 0 {
		return fmt.Errorf("%d rows can be read after Destroy", len(got))
	}
	again, err := p.Destroy(ctx, ann, runtime.Confirmation(ann.ID))
	if err := errors.Join(err, diff("rows of the second Destroy", int64(0), again.Rows())); err != nil {
		return err
	}
	// And it can be made anew, empty.
	if err := e.settle(ctx, ann); err != nil {
		return err
	}
	return errors.Join(e.wantList(ctx, e.provider.For(ann), ann, nil), e.wantStored(ctx, ann, nil))
}

// checkVerified verifies sound tenants and looks that it left nothing.
func checkVerified(ctx context.Context, e *env) error {
	for _, t := range []runtime.Tenant{ann, bob} {
		report, err := e.isolation().Verify(ctx, t)
		if err := errors.Join(err, report.Err()); err != nil {
			return fmt.Errorf("%s: %w", t.ID, err)
		}
	}
	return errors.Join(e.unchanged(ctx, ann, bob), e.clean(ctx))
}

// checkNoFilter asks for dynamic SQL of a provider that was made without a filter.
func checkNoFilter(_ context.Context, e *env) error {
	_, err := e.isolation().ApplyFilters(runtime.Query{SQL: "SELECT body FROM notes"}, ann)
	if !errors.Is(err, runtime.ErrNoFilter) {
		return fmt.Errorf("error %v, want ErrNoFilter", err)
	}
	_, err = e.isolation().ApplyFilters(runtime.Query{SQL: "SELECT body FROM notes"}, runtime.Tenant{ID: ann.ID, Status: runtime.StatusSuspended})
	if !errors.Is(err, runtime.ErrTenantInactive) {
		return fmt.Errorf("suspended: error %v, want ErrTenantInactive", err)
	}
	return nil
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

// checkTxOptions begins transactions with options.
func checkTxOptions(ctx context.Context, e *env) error {
	db := e.isolation().For(ann)
	tx, err := db.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.Serializable, AccessMode: pgx.ReadOnly})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(ctx) }()
	if err := e.wantList(ctx, tx, ann, notes[ann.ID]); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, insertNote, ann.ID, 9, "x"); wantCode("25006", err) != nil {
		return fmt.Errorf("a write in a read-only transaction: %v", err)
	}
	if err := tx.Rollback(ctx); err != nil {
		return err
	}
	return errors.Join(e.clean(ctx), db.InTx(ctx, func(tx pgxdb.DB) error { return e.wantList(ctx, tx, ann, notes[ann.ID]) }))
}

// checkInitializedAtOnce lets several callers of two providers make one tenant.
func checkInitializedAtOnce(ctx context.Context, e *env) error {
	t := runtime.Tenant{ID: "racer"}
	providers := []pgxdb.Isolation{e.isolation(), e.wide.(pgxdb.Isolation)}
	errs := make([]error, 8)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = providers[i%2].Initialize(ctx, t) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if err := e.know(ctx, e.isolation(), t); err != nil {
		return err
	}
	if _, err := e.exec(ctx, e.provider.For(t), t, insertNote, t.ID, 1, "mine"); err != nil {
		return err
	}
	return errors.Join(e.wantStored(ctx, t, []string{"1 mine"}), e.unchanged(ctx, ann, bob))
}

// checkForeignNamespace has something stand where a tenant's place will be. It is
// neither taken over nor removed.
func checkForeignNamespace(ctx context.Context, e *env) error {
	t := runtime.Tenant{ID: "squatted"}
	p := e.isolation()
	place, err := e.layout.place(p, t, e.admin.Config().ConnString())
	if err != nil {
		return err
	}
	for _, sql := range place.Occupy {
		if _, err := e.admin.Exec(ctx, sql); err != nil {
			return err
		}
	}
	if err := p.Initialize(ctx, t); !errors.Is(err, runtime.ErrForeignNamespace) {
		return fmt.Errorf("error of Initialize is %v, want ErrForeignNamespace", err)
	}
	if removal, err := p.Destroy(ctx, t, runtime.Confirmation(t.ID)); err == nil && len(removal.Tables) > 0 {
		return fmt.Errorf("there is nothing to destroy, and removed were %v", removal.Tables)
	}
	var there bool
	if err := e.admin.QueryRow(ctx, place.Occupied).Scan(&there); err != nil {
		return err
	}
	return diff("what stood there is there", true, there)
}

// checkNeighbours destroys one of several tenants whose ids are alike.
func checkNeighbours(ctx context.Context, e *env) error {
	ids := []string{"acme", "acme-corp", "acme_corp", "acme__corp", "ACME", "acme.", "acmé", "t_acme",
		"a-very-long-tenant-id-that-goes-on-and-on-and-on-until-it-is-cut-one", "a-very-long-tenant-id-that-goes-on-and-on-and-on-until-it-is-cut-two"}
	for _, id := range ids {
		t := runtime.Tenant{ID: id}
		if err := e.settle(ctx, t); err != nil {
			return fmt.Errorf("id %q: %w", id, err)
		}
		if _, err := e.exec(ctx, e.provider.For(t), t, insertNote, id, 1, "mine"); err != nil {
			return fmt.Errorf("id %q: %w", id, err)
		}
	}
	gone := ids[:1]
	e.forget(ctx, runtime.Tenant{ID: gone[0]})
	removal, err := e.isolation().Destroy(ctx, runtime.Tenant{ID: gone[0]}, runtime.Confirmation(gone[0]))
	if err != nil || removal.Rows() != 1 {
		return fmt.Errorf("destroy %q: %d rows removed, %w", gone[0], removal.Rows(), err)
	}
	for _, id := range ids {
		if slices.Contains(gone, id) {
			continue
		}
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
	sql, args := e.layout.scoped(t, countNotes)
	_, execErr := e.exec(ctx, db, t, insertNote, t.ID, 1, "lost")
	b := &pgx.Batch{}
	b.Queue(insertNote, t.ID, 1, "lost")
	_, copyErr := db.CopyFrom(ctx, pgx.Identifier{"notes"}, []string{"tenant_id", "id", "body"}, pgx.CopyFromRows([][]any{{t.ID, 1, "lost"}}))
	for name, err := range map[string]error{
		"QueryRow":  db.QueryRow(ctx, sql, args...).Scan(&n),
		"Exec":      execErr,
		"SendBatch": db.SendBatch(ctx, b).Close(),
		"CopyFrom":  copyErr,
		"InTx": pgxdb.InTx(ctx, db, func(tx pgxdb.DB) error {
			_, err := tx.Exec(ctx, insertNote, t.ID, 1, "lost")
			return err
		}),
	} {
		if err == nil {
			return fmt.Errorf("%s: no error", name)
		}
	}
	report, err := e.isolation().Verify(ctx, t)
	if err == nil && report.OK() {
		return errors.New("there is nothing wrong for Verify")
	}
	return errors.Join(e.unchanged(ctx, ann, bob), e.clean(ctx))
}

// checkVerifiedDamage damages a place and asks whether Verify sees it.
func checkVerifiedDamage(ctx context.Context, e *env) error {
	for name, damage := range map[string]string{
		"a table is gone":  "DROP TABLE {links}",
		"a column is gone": "ALTER TABLE {notes} DROP COLUMN body",
		"another type":     "ALTER TABLE {links} ALTER note_id TYPE bigint",
	} {
		t := runtime.Tenant{ID: "damaged " + name}
		if err := e.settle(ctx, t); err != nil {
			return err
		}
		s := e.places[t.ID]
		if _, err := s.conn.Exec(ctx, placeholders.ReplaceAllStringFunc(damage, func(name string) string {
			return s.Table(name[1 : len(name)-1])
		})); err != nil {
			return err
		}
		report, err := e.isolation().Verify(ctx, t)
		if err == nil && report.OK() {
			return fmt.Errorf("%s: Verify finds nothing wrong", name)
		}
		// Out of the way of the next seed, which empties the tables.
		e.forget(ctx, t)
	}
	return nil
}

// checkCopyIn copies rows in, which go to the tenant's own table.
func checkCopyIn(ctx context.Context, e *env) error {
	db := e.provider.For(ann)
	rows := func(id int) pgx.CopyFromSource { return pgx.CopyFromRows([][]any{{ann.ID, id, "copy"}}) }
	columns := []string{"tenant_id", "id", "body"}
	if pgxdb.RefusesCopy(db) {
		return e.wantNoCopy(ctx, db)
	}
	if _, err := db.CopyFrom(ctx, pgx.Identifier{"notes"}, columns, rows(4)); err != nil {
		return err
	}
	err := pgxdb.InTx(ctx, db, func(tx pgxdb.DB) error {
		_, err := tx.CopyFrom(ctx, pgx.Identifier{"notes"}, columns, rows(5))
		return err
	})
	if err != nil {
		return err
	}
	if _, err := db.CopyFrom(ctx, pgx.Identifier{"nowhere"}, columns, rows(6)); err == nil {
		return errors.New("a table that nobody knows: no error")
	}
	want := append(slices.Clone(notes[ann.ID]), "4 copy", "5 copy")
	return errors.Join(e.wantStored(ctx, ann, want), e.unchanged(ctx, bob), e.clean(ctx))
}

// checkStoredName gives tenants the name that is stored for another's schema. Nothing
// may be sent for them: SQL that is written by hand would reach what is there.
func checkStoredName(ctx context.Context, e *env) error {
	own := runtime.Tenant{ID: "stored", SchemaName: "a_stored_name"}
	if _, err := e.isolation().SchemaName(own); errors.Is(err, runtime.ErrUnsupported) {
		return nil // such a name means nothing
	}
	if err := e.settle(ctx, own); err != nil {
		return err
	}
	if _, err := e.exec(ctx, e.provider.For(own), own, insertNote, own.ID, 1, "mine"); err != nil {
		return err
	}
	for _, id := range []string{"thief", bob.ID} {
		thief := runtime.Tenant{ID: id, SchemaName: own.SchemaName}
		for name, err := range useEverything(ctx, e.provider.For(thief)) {
			// For a tenant that has a place it is also not the right one.
			if !errors.Is(err, runtime.ErrForeignNamespace) && !errors.Is(err, runtime.ErrNamespaceName) {
				return fmt.Errorf("tenant %q: %s: error %v, want ErrForeignNamespace", id, name, err)
			}
		}
	}
	// One that nobody has is not made by using it.
	nobody := runtime.Tenant{ID: "thief", SchemaName: "nobodys_name"}
	if _, err := e.provider.For(nobody).Exec(ctx, "SELECT 1"); !errors.Is(err, runtime.ErrNotInitialized) {
		return fmt.Errorf("a name that nobody has: error %v, want ErrNotInitialized", err)
	}
	return errors.Join(e.wantStored(ctx, own, []string{"1 mine"}), e.unchanged(ctx, ann, bob))
}
