package redisstore

import (
	"math"
	"sync"
	"time"

	"github.com/tenancygen/tenancygen/runtime"
)

// maxFloors is how many tenants a process remembers to have written.
const maxFloors = 10_000

// floors remember, for as long as an entry counts as fresh, which versions of tenants
// this process has written: what Redis says must not be older. So a process sees its own
// changes also when Redis took none of its commands, or has forgotten them. The zero
// floors remember nothing for any time.
type floors struct {
	keep time.Duration

	mu  sync.Mutex
	of  map[string]floor
	all time.Time // until when nothing is allowed: there were too many
}

type floor struct {
	version int64
	until   time.Time
}

// unknownVersion is the floor after a write of which nobody knows whether it happened.
const unknownVersion = math.MaxInt64

// raise remembers that a tenant has at least this version now.
func (f *floors) raise(id string, version int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	if f.of == nil {
		f.of = map[string]floor{}
	}
	old, ok := f.of[id]
	if ok && now.Before(old.until) {
		version = max(version, old.version)
	}
	if !ok && len(f.of) >= maxFloors {
		for other, at := range f.of {
			if !now.Before(at.until) {
				delete(f.of, other)
			}
		}
		if len(f.of) >= maxFloors {
			f.all, f.of = now.Add(f.keep), map[string]floor{}
		}
	}
	f.of[id] = floor{version: version, until: now.Add(f.keep)}
}

// allow reports whether a tenant is not older than what this process has written.
func (f *floors) allow(t runtime.Tenant) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	if now.Before(f.all) {
		return false
	}
	at, ok := f.of[t.ID]
	return !ok || t.Version >= at.version || !now.Before(at.until)
}
