package memstore_test

import (
	"context"
	"testing"
	"time"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/store/memstore"
	"github.com/tenancygen/tenancygen/runtime/store/storetest"
)

func TestStoreConforms(t *testing.T) {
	t.Parallel()
	storetest.Exercise(t, func(*testing.T) runtime.Store { return memstore.New(memstore.Options{}) })
}

// TestStillClock runs the suite on a clock that stands still, so that all tenants are of
// one time.
func TestStillClock(t *testing.T) {
	t.Parallel()
	now := time.Now()
	storetest.Exercise(t, func(*testing.T) runtime.Store {
		return memstore.New(memstore.Options{Now: func() time.Time { return now }})
	}, storetest.SameTime(func(context.Context, runtime.Store) error { return nil }))
}
