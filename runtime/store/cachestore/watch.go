package cachestore

import (
	"maps"
	"slices"
	"sync"
)

// maxWaiting is how many changed tenants wait for a watcher one by one. With more, it
// hears that any tenant can have changed.
const maxWaiting = 1000

// watch is somebody who hears of changes. It has a goroutine of its own, so that
// neither a write nor the Bus waits for it, and so that it may use the store.
type watch struct {
	mu      sync.Mutex
	waiting map[string]struct{} // ids; "" is any
	wake    chan struct{}
	stop    chan struct{}
}

// Watch calls changed after a change was forgotten here, be it of this process or of
// another one. Several changes of one tenant may be told once. The function that it
// returns does not wait for changed; Close does.
func (s *Store) Watch(changed func(id string)) (stop func()) {
	w := &watch{waiting: map[string]struct{}{}, wake: make(chan struct{}, 1), stop: make(chan struct{})}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return func() {}
	}
	s.watches[w] = struct{}{}
	s.work.Go(func() { w.run(s.life.Done(), changed) })
	return sync.OnceFunc(func() {
		s.mu.Lock()
		delete(s.watches, w)
		s.mu.Unlock()
		close(w.stop)
	})
}

// tell wakes the watches.
func (s *Store) tell(changes []Change) {
	s.mu.Lock()
	watches := slices.Collect(maps.Keys(s.watches))
	s.mu.Unlock()
	for _, w := range watches {
		w.add(changes)
	}
}

func (w *watch) add(changes []Change) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range changes {
		w.waiting[c.ID] = struct{}{}
	}
	if len(w.waiting) > maxWaiting {
		w.waiting = map[string]struct{}{"": {}}
	}
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func (w *watch) run(closed <-chan struct{}, changed func(id string)) {
	for {
		select {
		case <-w.wake:
		case <-w.stop:
			return
		case <-closed:
			return
		}
		w.mu.Lock()
		ids := w.waiting
		w.waiting = map[string]struct{}{}
		w.mu.Unlock()
		if _, any := ids[""]; any {
			ids = map[string]struct{}{"": {}}
		}
		for id := range ids {
			select {
			case <-w.stop:
				return
			case <-closed:
				return
			default:
				changed(id)
			}
		}
	}
}
