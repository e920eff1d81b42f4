package manager

import (
	"context"
	"sync"
)

// keyedLocks has a lock for each id. A lock is there while somebody holds it or waits
// for it, so that the map is as large as what goes on at the moment. The zero keyedLocks
// is ready for use.
type keyedLocks struct {
	mu   sync.Mutex
	held map[string]*keyedLock
}

type keyedLock struct {
	users int
	// token holds one element while the lock is taken.
	token chan struct{}
}

// lock takes the lock of an id; the caller calls unlock. The error is that of ctx.
func (k *keyedLocks) lock(ctx context.Context, id string) (unlock func(), err error) {
	k.mu.Lock()
	if k.held == nil {
		k.held = map[string]*keyedLock{}
	}
	l := k.held[id]
	if l == nil {
		l = &keyedLock{token: make(chan struct{}, 1)}
		k.held[id] = l
	}
	l.users++
	k.mu.Unlock()

	select {
	case l.token <- struct{}{}:
		return func() {
			<-l.token
			k.leave(id, l)
		}, nil
	case <-ctx.Done():
		k.leave(id, l)
		return nil, context.Cause(ctx)
	}
}

func (k *keyedLocks) leave(id string, l *keyedLock) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if l.users--; l.users == 0 {
		delete(k.held, id)
	}
}
