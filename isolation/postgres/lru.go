package postgres

import "container/list"

// lru holds as many values as it has room for; the one that has not been used for
// the longest time goes first. It is not safe for concurrent use.
type lru[K comparable, V any] struct {
	capacity int
	entries  map[K]*list.Element // of lruEntry
	used     list.List           // the last used first
}

type lruEntry[K comparable, V any] struct {
	key   K
	value V
}

func newLRU[K comparable, V any](capacity int) *lru[K, V] {
	return &lru[K, V]{capacity: capacity, entries: map[K]*list.Element{}}
}

// get returns the value, which is then the last used.
func (c *lru[K, V]) get(key K) (value V, ok bool) {
	e, ok := c.entries[key]
	if !ok {
		return value, false
	}
	c.used.MoveToFront(e)
	return e.Value.(*lruEntry[K, V]).value, true
}

// put adds a value, in the place of one of the same key. It returns what it took the
// place of, if anything.
func (c *lru[K, V]) put(key K, value V) (displaced V, ok bool) {
	displaced, ok = c.remove(key)
	if !ok && c.used.Len() >= c.capacity {
		displaced, ok = c.remove(c.used.Back().Value.(*lruEntry[K, V]).key)
	}
	c.entries[key] = c.used.PushFront(&lruEntry[K, V]{key, value})
	return displaced, ok
}

// remove forgets the value and returns it, if it is there.
func (c *lru[K, V]) remove(key K) (value V, ok bool) {
	e, ok := c.entries[key]
	if !ok {
		return value, false
	}
	delete(c.entries, key)
	return c.used.Remove(e).(*lruEntry[K, V]).value, true
}

func (c *lru[K, V]) len() int { return c.used.Len() }

// clear forgets all values and returns them, the last used first.
func (c *lru[K, V]) clear() []V {
	values := make([]V, 0, c.used.Len())
	for e := c.used.Front(); e != nil; e = e.Next() {
		values = append(values, e.Value.(*lruEntry[K, V]).value)
	}
	clear(c.entries)
	c.used.Init()
	return values
}
