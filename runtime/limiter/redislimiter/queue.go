package redislimiter

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tenancygen/tenancygen/runtime"
)

const (
	// waiting is how many calls may wait, so that a server that does not answer does
	// not fill the memory.
	waiting = 1 << 14
	// together is how many calls of one tenant are one for the script.
	together = 1000
)

// account is what is counted together.
type account struct {
	tenantID string
	limit    runtime.Limit
}

// call is one call of Allow. Who runs it writes the result and then sends on done.
type call struct {
	account
	timer    *time.Timer
	left     atomic.Bool // nobody waits for the result
	decision runtime.Decision
	err      error
	done     chan struct{} // has room for one, so that sending never waits
}

// queue collects calls while others are under way.
type queue struct {
	run func([]*call)
	// runners is how many batches are under way at once.
	runners int

	mu      sync.Mutex
	calls   []*call
	running int
	idle    chan struct{} // closed when running becomes zero; nil while nobody waits
}

// add has a call run soon; false when there are too many.
func (q *queue) add(c *call) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.calls) >= waiting {
		q.calls = present(q.calls)
		if len(q.calls) >= waiting {
			return false
		}
	}
	q.calls = append(q.calls, c)
	if q.running < q.runners {
		q.running++
		go q.work()
	}
	return true
}

// begin lets the caller run one call itself if there is room for it and none to put it
// together with. Then end has to follow.
func (q *queue) begin() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.running >= q.runners {
		return false
	}
	q.running++
	return true
}

// end has what has been collected in the meantime run.
func (q *queue) end() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.calls) > 0 {
		go q.work()
		return
	}
	q.rest()
}

// rest notes that one less is running. The caller has the lock.
func (q *queue) rest() {
	q.running--
	if q.running == 0 && q.idle != nil {
		close(q.idle)
		q.idle = nil
	}
}

// work runs what has been collected until there is nothing.
func (q *queue) work() {
	var calls []*call
	for {
		q.mu.Lock()
		calls, q.calls = q.calls, calls[:0]
		if len(calls) == 0 {
			q.rest()
			q.mu.Unlock()
			return
		}
		q.mu.Unlock()
		if there := present(calls); len(there) > 0 {
			q.run(there)
		}
		clear(calls)
	}
}

// present removes the calls that nobody waits for.
func present(calls []*call) []*call {
	return slices.DeleteFunc(calls, func(c *call) bool { return c.left.Load() })
}

// close waits until nothing is under way, but not longer than d.
func (q *queue) close(d time.Duration) bool {
	q.mu.Lock()
	if q.running == 0 {
		q.mu.Unlock()
		return true
	}
	if q.idle == nil {
		q.idle = make(chan struct{})
	}
	idle := q.idle
	q.mu.Unlock()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-idle:
		return true
	case <-timer.C:
		return false
	}
}

// asked are the calls that are one for the script.
type asked struct {
	account
	n     int
	calls []*call // as many
}

// group puts together what is of one account. The order of calls stays within each.
func group(calls []*call) []asked {
	if len(calls) == 1 {
		return []asked{{calls[0].account, 1, calls}}
	}
	groups := make([]asked, 0, len(calls))
	last := make(map[account]int, len(calls))
	for i, c := range calls {
		at, ok := last[c.account]
		if !ok || len(groups[at].calls) == together {
			last[c.account] = len(groups)
			// Most have only one, which lies in calls already.
			groups = append(groups, asked{c.account, 1, calls[i : i+1 : i+1]})
			continue
		}
		groups[at].calls = append(groups[at].calls, c)
		groups[at].n++
	}
	return groups
}
