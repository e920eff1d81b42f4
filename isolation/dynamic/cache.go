package dynamic

import "sync"

// How much text the caches hold, in bytes. A cache may hold twice its limit.
const (
	acceptedLimit = 8 << 20
	refusedLimit  = 1 << 20
)

// perEntry is what an entry takes beside its texts, roughly.
const perEntry = 512

// cache holds statements by their text. It is safe for concurrent use.
//
// What is new, or was used since the last turn, is in young. When that is full it
// becomes old, and what was old until then, and was not used, is forgotten.
type cache struct {
	limit int

	mu         sync.RWMutex
	young, old map[string]*statement
	size       int // of what is in young
}

// get returns the statement of a text, or nil.
func (c *cache) get(sql string) *statement {
	c.mu.RLock()
	s := c.young[sql]
	aged := s == nil && c.old[sql] != nil
	c.mu.RUnlock()
	if aged {
		s = c.promote(sql)
	}
	return s
}

// promote keeps a text that is old.
func (c *cache) promote(sql string) *statement {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.young[sql]; s != nil {
		return s // another caller was faster
	}
	s := c.old[sql]
	if s != nil {
		c.add(sql, s)
	}
	return s
}

// put keeps the statement of a text.
func (c *cache) put(sql string, s *statement) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.young[sql] == nil {
		c.add(sql, s)
	}
}

// add adds to young. The lock is held.
func (c *cache) add(sql string, s *statement) {
	size := len(sql) + len(s.text.SQL) + perEntry
	if c.young == nil || c.size+size > c.limit {
		c.old, c.young, c.size = c.young, map[string]*statement{}, 0
	}
	c.young[sql] = s
	c.size += size
}
