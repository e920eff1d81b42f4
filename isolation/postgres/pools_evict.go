package postgres

import (
	"context"
	"time"
)

// shrink closes the pools that were not used for the longest time, until no more are
// left than are kept. Those in use stay. The lock is held.
func (s *pools) shrink() {
	for e := s.recent.Back(); e != nil && s.recent.Len() > s.maxPools; {
		p := e.Value.(*tenantPool)
		e = e.Prev()
		if p.pins == 0 {
			s.evict(p)
		}
	}
}

// sweep closes the pools that have been idle for long.
func (s *pools) sweep() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	now, next := time.Now(), time.Duration(-1)
	for e := s.recent.Back(); e != nil; {
		p := e.Value.(*tenantPool)
		e = e.Prev()
		if p.pins > 0 {
			continue
		}
		left := s.idle - now.Sub(p.idleSince)
		switch {
		case left <= 0:
			s.evict(p)
		case next < 0 || left < next:
			next = left
		}
	}
	if next < 0 {
		s.sweeper = nil
		return
	}
	s.sweeper.Reset(next)
}

// evict takes a pool out and closes it when what is in use has been given back. It
// returns at once, and the channel is closed at the end. The lock is held.
func (s *pools) evict(p *tenantPool) <-chan struct{} {
	s.takeOut(p)
	closed := make(chan struct{})
	s.closing.Go(func() {
		defer close(closed)
		<-p.ready
		if p.pool != nil {
			p.pool.Close()
		}
	})
	return closed
}

// takeOut has the next caller make a new pool. The lock is held.
func (s *pools) takeOut(p *tenantPool) {
	if p.element != nil {
		s.recent.Remove(p.element)
		delete(s.byKey, p.key)
		p.element = nil
	}
}

// evictTenant closes the tenant's pools and waits for what is in use, as long as the
// context lasts.
func (s *pools) evictTenant(ctx context.Context, id string) error {
	var closing []<-chan struct{}
	s.mu.Lock()
	for key, p := range s.byKey {
		if key.id == id {
			closing = append(closing, s.evict(p))
		}
	}
	s.mu.Unlock()
	for _, closed := range closing {
		select {
		case <-closed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// close closes all pools, and waits for what is in use.
func (s *pools) close() {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.done)
		if s.sweeper != nil {
			s.sweeper.Stop()
		}
		for _, p := range s.byKey {
			s.evict(p)
		}
	}
	s.mu.Unlock()
	s.closing.Wait()
}

func (s *pools) stats() PoolStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	stats := PoolStats{Pools: len(s.byKey), Conns: s.conns}
	for _, p := range s.byKey {
		if p.pins > 0 {
			stats.InUse++
		}
	}
	return stats
}
