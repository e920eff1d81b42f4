package pgaudit

import (
	"context"
	"sync"
)

// idleTurns is how many tenants' heads are remembered while nobody writes for them.
const idleTurns = 4096

// turns let one goroutine at a time write for a tenant, so that the others wait without
// a connection, and remember what each has found to be the last entry. The zero turns
// are ready.
type turns struct {
	mu       sync.Mutex
	byTenant map[string]*turn
}

// turn is that of a tenant. Whoever has put a value into taken has it.
type turn struct {
	all      *turns
	tenantID string
	taken    chan struct{}
	// wanted is how many have it or wait for it, and last the entry that was found to be
	// the last. Both are guarded by all.mu.
	wanted int
	last   Head
}

// take waits for a tenant's turn. The error is that of ctx.
func (t *turns) take(ctx context.Context, tenantID string) (*turn, error) {
	t.mu.Lock()
	one := t.byTenant[tenantID]
	if one == nil {
		if t.byTenant == nil {
			t.byTenant = map[string]*turn{}
		}
		one = &turn{all: t, tenantID: tenantID, taken: make(chan struct{}, 1)}
		t.byTenant[tenantID] = one
	}
	one.wanted++
	t.mu.Unlock()
	select {
	case one.taken <- struct{}{}:
		return one, nil
	case <-ctx.Done():
		one.leave()
		return nil, ctx.Err()
	}
}

// give ends a turn, with what is the last entry now.
func (o *turn) give(head Head) {
	o.all.mu.Lock()
	o.last = head
	o.all.mu.Unlock()
	<-o.taken
	o.leave()
}

// leave forgets a tenant for whom nobody writes when there are too many.
func (o *turn) leave() {
	o.all.mu.Lock()
	defer o.all.mu.Unlock()
	if o.wanted--; o.wanted == 0 && len(o.all.byTenant) > idleTurns {
		delete(o.all.byTenant, o.tenantID)
	}
}

// known returns the entry that was last at the end of the last turn; the zero Head where
// nobody remembers.
func (t *turns) known(tenantID string) Head {
	t.mu.Lock()
	defer t.mu.Unlock()
	if one := t.byTenant[tenantID]; one != nil {
		return one.last
	}
	return Head{}
}
