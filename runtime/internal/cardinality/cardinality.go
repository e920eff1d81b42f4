// Package cardinality bounds how many values a label of a metric has.
package cardinality

import "sync"

// Other stands for every value above the bound.
const Other = "other"

// Labels lets the first values through, up to a number of them, and answers Other for
// those that come later. Make it with New. It is safe for concurrent use.
type Labels struct {
	limit int
	mu    sync.RWMutex
	known map[string]struct{}
}

// New returns Labels for up to limit values.
func New(limit int) *Labels { return &Labels{limit: limit, known: map[string]struct{}{}} }

// Of returns value, or Other when there have been as many others as the limit says. An
// empty value is itself.
func (l *Labels) Of(value string) string {
	if value == "" {
		return ""
	}
	l.mu.RLock()
	_, ok := l.known[value]
	full := len(l.known) >= l.limit
	l.mu.RUnlock()
	if ok {
		return value
	}
	if full {
		return Other
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.known[value]; !ok && len(l.known) >= l.limit {
		return Other
	}
	l.known[value] = struct{}{}
	return value
}
