package redisstore

import (
	"time"

	"github.com/tenancygen/tenancygen/runtime"
)

// Key is the key of a tenant.
func (s *Store) Key(id string) string { return s.tenantKey(id) }

// NameKey is the key of an identifier.
func (s *Store) NameKey(identifier runtime.Identifier) string { return s.nameKey(identifier) }

// Resume ends a pause.
func (s *Store) Resume() { s.pausedUntil.Store(0) }

// Silence sets after what time a subscriber asks whether Redis is there.
func (b *Bus) Silence(d time.Duration) { b.silence = d }

// Floors returns how many tenants are remembered.
func (s *Store) Floors() int {
	s.floors.mu.Lock()
	defer s.floors.mu.Unlock()
	return len(s.floors.of)
}
