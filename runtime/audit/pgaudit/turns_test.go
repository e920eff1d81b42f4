package pgaudit

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
)

// TestTurnsAreBounded holds that heads of tenants that nobody writes for are forgotten, and
// those of tenants that somebody waits for are not.
func TestTurnsAreBounded(t *testing.T) {
	t.Parallel()
	var all turns
	held, err := all.take(t.Context(), "held")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2 * idleTurns {
		one, err := all.take(t.Context(), fmt.Sprint(i))
		if err != nil {
			t.Fatal(err)
		}
		one.give(Head{Seq: 1})
	}
	if n := len(all.byTenant); n > idleTurns+1 {
		t.Errorf("%d tenants are remembered", n)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := all.take(ended, "held"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if got := all.known("0"); got.Seq != 1 {
		t.Errorf("%v is remembered", got)
	}
	held.give(Head{})
}

// TestTurnsAreAlone holds that one at a time has a tenant's turn, also while the tenant is
// forgotten and remembered again.
func TestTurnsAreAlone(t *testing.T) {
	t.Parallel()
	var (
		all  turns
		work sync.WaitGroup
		// Written without a lock: the race detector sees two at once.
		n int
	)
	for i := range idleTurns + 1 {
		if _, err := all.take(t.Context(), fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	for range 50 {
		work.Go(func() {
			for range 100 {
				one, err := all.take(t.Context(), "acme")
				if err != nil {
					t.Error(err)
					return
				}
				n++
				one.give(Head{})
			}
		})
	}
	work.Wait()
	if n != 5000 {
		t.Errorf("%d turns", n)
	}
}
