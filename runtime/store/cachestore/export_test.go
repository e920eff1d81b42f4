package cachestore

import (
	"time"

	"github.com/tenancygen/tenancygen/runtime"
)

// Plant keeps a tenant under the id of another, which no way leads to.
func (s *Store) Plant(id string, t runtime.Tenant) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tenants.Set(id, &entry{tenant: t, expires: time.Now().Add(time.Minute)})
}

// UnderWay returns how many loads, flights and watches there are.
func (s *Store) UnderWay() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.loads) + len(s.flights) + len(s.watches)
}
