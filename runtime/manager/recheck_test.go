package manager_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/manager"
)

// spoilt is a store in which one tenant cannot be read.
type spoilt struct {
	runtime.Store
	id atomic.Value // a string; of none before it is stored
}

func (s *spoilt) GetMany(ctx context.Context, ids []string) ([]runtime.Tenant, error) {
	bad, _ := s.id.Load().(string)
	rest := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == bad })
	tenants, err := s.Store.GetMany(ctx, rest)
	if err == nil && len(rest) < len(ids) {
		err = errors.Join(nil, &runtime.CorruptError{ID: bad, Err: errors.New("spoilt")})
	}
	return tenants, err
}

// TestCheckBesideCorrupt sees that a tenant which cannot be read does not keep the check
// from the others: they are cut, be they suspended or forgotten.
func TestCheckBesideCorrupt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := newEnv(t)
		store := &spoilt{Store: e.store}
		e.Manager = e.another(t, func(o *manager.Options) { o.Store = store })
		bad, suspended, gone := e.registered(t, "acme"), e.registered(t, "suspended"), e.registered(t, "gone")
		unknown, _ := enter(t, e.Manager, t.Context(), bad)
		first, _ := enter(t, e.Manager, t.Context(), suspended)
		second, _ := enter(t, e.Manager, t.Context(), gone)
		store.id.Store(bad.ID)
		if _, err := e.store.Store.SetStatus(t.Context(), suspended.ID, runtime.StatusSuspended); err != nil {
			t.Fatal(err)
		}
		if err := e.store.Store.Delete(t.Context(), gone.ID); err != nil {
			t.Fatal(err)
		}
		time.Sleep(31 * time.Second)
		synctest.Wait()
		wantCut(t, first)
		wantCut(t, second)
		if unknown.Err() != nil {
			t.Error("what nobody can read was taken for gone")
		}
	})
}
