package sqlitestore_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/tenancygen/tenancygen/internal/testsqlite"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/store/cachestore"
	"github.com/tenancygen/tenancygen/runtime/store/storetest"
)

// TestStoreConforms runs the suite on one file, with one connection, and with several.
func TestStoreConforms(t *testing.T) {
	t.Parallel()
	for _, conns := range []int{1, 4} {
		t.Run(fmt.Sprintf("%d connections", conns), func(t *testing.T) {
			t.Parallel()
			db := open(t, testsqlite.File(t), conns)
			var n atomic.Int32
			prefix := func() string { return fmt.Sprintf("store_%d_", n.Add(1)) }
			storetest.Exercise(t, stores(db, prefix), hands(db)...)
		})
	}
}

// TestStoreConformsOnHandles runs the races of the suite where each call is made by
// another store, on another handle.
func TestStoreConformsOnHandles(t *testing.T) {
	t.Parallel()
	storetest.Exercise(t, func(t *testing.T) runtime.Store { return newTurns(t, testsqlite.File(t), 3) }, storetest.Only(
		"quota at the same time", "creates at the same time", "renames at the same time", "updates at the same time",
		"merges at the same time", "status at the same time", "update", "list", "ids are bytes",
	))
}

// TestStoreConformsBelowCache runs the suite with a cache above.
func TestStoreConformsBelowCache(t *testing.T) {
	t.Parallel()
	storetest.Exercise(t, func(t *testing.T) runtime.Store {
		s, err := cachestore.New(on(t, open(t, testsqlite.File(t), 2)), cachestore.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}
