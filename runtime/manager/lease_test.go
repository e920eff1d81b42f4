package manager_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/manager"
)

func enter(t *testing.T, m *manager.Manager, ctx context.Context, tenant runtime.Tenant) (context.Context, func()) {
	t.Helper()
	entered, leave, err := m.Enter(ctx, tenant)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(leave)
	return entered, leave
}

func wantCut(t *testing.T, entered context.Context) {
	t.Helper()
	select {
	case <-entered.Done():
	default:
		t.Fatal("the work goes on")
	}
	wantErr(t, context.Cause(entered), runtime.ErrTenantInactive)
}

// TestSuspendDrains is attack case 58: after Suspend with Drain has returned, no work of
// the tenant writes anything, however it was timed, and none begins, also with the tenant
// as it was read before.
func TestSuspendDrains(t *testing.T) {
	t.Parallel()
	if late := writesAfterSuspend(t, manager.SuspendOptions{Drain: true}); late != 0 {
		t.Fatalf("%d writes after Suspend", late)
	}
}

// TestSuspendDrainsControl is the negative control: without Drain work that was let in
// before still writes.
func TestSuspendDrainsControl(t *testing.T) {
	t.Parallel()
	if late := writesAfterSuspend(t, manager.SuspendOptions{}); late == 0 {
		t.Fatal("the control sees nothing")
	}
}

// writesAfterSuspend has eight workers write as a tenant, none of which looks at its
// context once it was let in, and returns how many writes came after Suspend.
func writesAfterSuspend(t *testing.T, o manager.SuspendOptions) (late int64) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		e := newEnv(t)
		tenant := e.registered(t, "acme")
		var suspended atomic.Bool
		var tooLate atomic.Int64
		var workers sync.WaitGroup
		for i := range 8 {
			workers.Go(func() {
				for {
					_, leave, err := e.Enter(t.Context(), tenant)
					if err != nil {
						if !errors.Is(err, runtime.ErrTenantInactive) {
							t.Error(err)
						}
						return
					}
					time.Sleep(time.Duration(i+1) * time.Millisecond) // the statement
					if suspended.Load() {
						tooLate.Add(1)
					}
					leave()
				}
			})
		}
		time.Sleep(20*time.Millisecond + time.Microsecond)
		if _, err := e.Suspend(t.Context(), tenant.ID, o); err != nil {
			t.Error(err)
		}
		suspended.Store(true)
		workers.Wait()
		late = tooLate.Load()
	})
	return late
}

// TestEnterFence sees that a tenant which was read before it was suspended here does not
// get in afterwards, and one that was read after it was activated again does.
func TestEnterFence(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	old := e.registered(t, "acme")
	first, _ := enter(t, e.Manager, t.Context(), old)
	if _, err := e.Suspend(t.Context(), old.ID, manager.SuspendOptions{}); err != nil {
		t.Fatal(err)
	}
	wantCut(t, first)
	for _, stale := range []runtime.Tenant{old, {ID: old.ID}} {
		_, _, err := e.Enter(t.Context(), stale)
		wantErr(t, err, runtime.ErrTenantInactive)
	}
	// Another process activates it: only who has read that gets in.
	now := must[runtime.Tenant](t)(e.another(t).Activate(t.Context(), old.ID))
	_, _, err := e.Enter(t.Context(), old)
	wantErr(t, err, runtime.ErrTenantInactive)
	second, _ := enter(t, e.Manager, t.Context(), now)
	// Suspending it in the other process and activating it here lets everybody in.
	if second.Err() != nil {
		t.Fatal("cut without a reason")
	}
	if _, err := e.Suspend(t.Context(), old.ID, manager.SuspendOptions{}); err != nil {
		t.Fatal(err)
	}
	wantCut(t, second)
	if _, err := e.Activate(t.Context(), old.ID); err != nil {
		t.Fatal(err)
	}
	enter(t, e.Manager, t.Context(), old)
}

// TestShutOutElsewhere is attack case 54 and P9: what another process does reaches the
// work here at once where the store says so, and with the next check where the message was
// lost; work for others goes on.
func TestShutOutElsewhere(t *testing.T) {
	t.Parallel()
	away := map[string]func(t *testing.T, m *manager.Manager, id string) error{
		"suspended": func(t *testing.T, m *manager.Manager, id string) error {
			_, err := m.Suspend(t.Context(), id, manager.SuspendOptions{})
			return err
		},
		"deleted": func(t *testing.T, m *manager.Manager, id string) error {
			_, err := m.Delete(t.Context(), id, manager.DeleteOptions{})
			return err
		},
		"forgotten": func(t *testing.T, m *manager.Manager, id string) error {
			_, err := m.Delete(t.Context(), id, manager.DeleteOptions{Destroy: runtime.Confirmation(id), Forget: true})
			return err
		},
	}
	messages := map[string]func(e *env, id string){
		"message":      func(e *env, id string) { e.store.say(id) },
		"any":          func(e *env, _ string) { e.store.say("") },
		"lost message": func(*env, string) { time.Sleep(31 * time.Second) },
	}
	for what, remove := range away {
		for how, message := range messages {
			t.Run(what+" "+how, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					e := newEnv(t)
					tenant, other := e.registered(t, "acme"), e.registered(t, "other")
					entered, _ := enter(t, e.Manager, t.Context(), tenant)
					going, _ := enter(t, e.Manager, t.Context(), other)
					elsewhere := e.another(t, func(o *manager.Options) { o.Store = silent{e.store} })
					if err := remove(t, elsewhere, tenant.ID); err != nil {
						t.Fatal(err)
					}
					synctest.Wait()
					if entered.Err() != nil {
						t.Fatal("this process cannot know yet")
					}
					message(e, tenant.ID)
					synctest.Wait()
					wantCut(t, entered)
					if going.Err() != nil {
						t.Error("another tenant was cut")
					}
					_, _, err := e.Enter(t.Context(), tenant)
					wantErr(t, err, runtime.ErrTenantInactive)
				})
			})
		}
	}
}

// silent is a store that says nothing of changes.
type silent struct{ runtime.Store }

// TestCheckFails sees that a store which does not answer cuts nobody, and that the check
// after that does its work.
func TestCheckFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := newEnv(t)
		tenant := e.registered(t, "acme")
		entered, _ := enter(t, e.Manager, t.Context(), tenant)
		if _, err := e.store.Store.SetStatus(t.Context(), tenant.ID, runtime.StatusSuspended); err != nil {
			t.Fatal(err)
		}
		e.store.setFault(func(string) error { return errFault })
		time.Sleep(31 * time.Second)
		synctest.Wait()
		if entered.Err() != nil || e.logs.count("could not be checked") != 1 {
			t.Fatal("cut without an answer, or not logged")
		}
		e.store.setFault(nil)
		time.Sleep(30 * time.Second)
		synctest.Wait()
		wantCut(t, entered)
	})
}

// TestDrainTimeout sees that a suspension whose work does not end says so and holds.
func TestDrainTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := newEnv(t)
		tenant := e.registered(t, "acme")
		_, leave := enter(t, e.Manager, t.Context(), tenant)
		got, err := e.Suspend(t.Context(), tenant.ID, manager.SuspendOptions{Drain: true})
		wantErr(t, err, context.DeadlineExceeded)
		if got.Status != runtime.StatusSuspended || e.status(t, tenant.ID) != runtime.StatusSuspended {
			t.Fatal(got)
		}
		// Destroying the data under work that goes on is refused, and can be resumed.
		_, err = e.Delete(t.Context(), tenant.ID, manager.DeleteOptions{Destroy: runtime.Confirmation(tenant.ID)})
		wantErr(t, err, manager.ErrUnfinished)
		if e.places.count() != 1 || e.status(t, tenant.ID) != runtime.StatusDeleting {
			t.Fatal("the data went while somebody worked with it")
		}
		leave()
		if _, err := e.Resume(t.Context(), tenant.ID); err != nil || e.places.count() != 0 {
			t.Fatal(err)
		}
	})
}

// TestOwnWork sees that work of a tenant can suspend and destroy that tenant: it is not
// waited for by itself, comes to its end, and is then cancelled.
func TestOwnWork(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	tenant := e.registered(t, "acme")
	outer, _ := enter(t, e.Manager, t.Context(), tenant)
	inner, _ := enter(t, e.Manager, outer, tenant)
	removal, err := e.Delete(inner, tenant.ID, manager.DeleteOptions{Destroy: runtime.Confirmation(tenant.ID)})
	if err != nil || removal.Rows() != 3 {
		t.Fatal(removal, err)
	}
	wantCut(t, outer)
	wantCut(t, inner)

	second := e.registered(t, "second")
	own, _ := enter(t, e.Manager, t.Context(), second)
	if _, err := e.Suspend(own, second.ID, manager.SuspendOptions{Drain: true}); err != nil {
		t.Fatal(err)
	}
	wantCut(t, own)

	third := e.registered(t, "third")
	own, _ = enter(t, e.Manager, t.Context(), third)
	if _, err := e.Delete(own, third.ID, manager.DeleteOptions{Destroy: "another"}); !errors.Is(err, runtime.ErrNotConfirmed) || own.Err() != nil {
		t.Fatal("a refused call cut the work that made it", err)
	}
}

// TestDrainOfOthers sees that Drain waits for the work of others, and is told of each
// that leaves.
func TestDrainOfOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := newEnv(t)
		tenant := e.registered(t, "acme")
		var leaves []func()
		for range 3 {
			_, leave := enter(t, e.Manager, t.Context(), tenant)
			leaves = append(leaves, leave)
		}
		drained := make(chan error, 1)
		go func() { drained <- e.Drain(t.Context(), tenant.ID) }()
		for _, leave := range leaves {
			synctest.Wait()
			select {
			case err := <-drained:
				t.Fatalf("drained too early: %v", err)
			default:
			}
			leave()
			leave() // a second time is nothing
		}
		if err := <-drained; err != nil {
			t.Fatal(err)
		}
	})
}

// TestEnterLost is attack case 61: work that has lost its tenant, or never had one, does
// not get in as anybody; and work of a tenant that was deleted meanwhile does not either.
func TestEnterLost(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	tenant := e.registered(t, "acme")
	enter(t, e.Manager, t.Context(), tenant)
	lost, _ := runtime.FromContext(context.Background())
	entered, leave, err := e.Enter(t.Context(), lost)
	wantErr(t, err, runtime.ErrNoTenant)
	if leave(); entered == nil {
		t.Error("no context")
	}
	if _, err := e.Delete(t.Context(), tenant.ID, manager.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	_, _, err = e.Enter(t.Context(), tenant)
	wantErr(t, err, runtime.ErrTenantInactive)
}

// TestNestedWork is attack case 62: work inside of work of another tenant has its own
// end, and the outer work is as it was.
func TestNestedWork(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	one, two := e.registered(t, "one"), e.registered(t, "two")
	outer, _ := enter(t, e.Manager, runtime.NewContext(t.Context(), one), one)
	inner, leave := enter(t, e.Manager, runtime.NewContext(outer, two), two)
	if _, err := e.Suspend(inner, two.ID, manager.SuspendOptions{Drain: true}); err != nil {
		t.Fatal(err)
	}
	wantCut(t, inner)
	leave()
	if got, _ := runtime.FromContext(outer); outer.Err() != nil || got.ID != one.ID {
		t.Errorf("outside is %v, %v", got, outer.Err())
	}
}

// TestSystem is the second half of attack case 62: who acts beyond one tenant gives a
// reason, which is written down first, and has no tenant in the context any more.
func TestSystem(t *testing.T) {
	t.Parallel()
	e := newEnv(t, func(o *manager.Options) { o.Actor = func(context.Context) string { return "ops@example.com" } })
	ctx := runtime.NewContext(t.Context(), e.registered(t, "acme"))
	for _, reason := range []string{"", " \n"} {
		_, err := e.System(ctx, reason)
		wantErr(t, err, manager.ErrNoReason)
	}
	system, err := e.System(ctx, "nightly reminders")
	if err != nil {
		t.Fatal(err)
	}
	if tenant, _ := runtime.FromContext(system); !errors.Is(tenant.Check(), runtime.ErrNoTenant) {
		t.Errorf("the context carries %v", tenant)
	}
	e.wantActions(t, manager.SystemTenant, "system.enter")
	if last := e.audit.entries[len(e.audit.entries)-1]; last.UserID != "ops@example.com" || last.Metadata.JSON() != `{"reason":"nightly reminders"}` || last.At.IsZero() {
		t.Errorf("%+v", last)
	}
	e.audit.fail = errFault
	nobody, err := e.System(ctx, "nightly reminders")
	if tenant, _ := runtime.FromContext(nobody); !errors.Is(err, manager.ErrAudit) || tenant.ID != "" {
		t.Errorf("what cannot be written down: %v", err)
	}
}
