package limitertest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tenancygen/tenancygen/runtime"
)

// model is a limiter that is exact and simple, or broken in one way.
type model struct {
	shared *shared
	skew   time.Duration // how wrong its clock is

	admitsAll    bool // the answer is the count, which nobody compares
	countsDenied bool // as one that writes before it looks
	races        bool // looks, and counts later
	fixed        bool // windows begin at full ones
	sameMoment   bool // calls of one moment are one
	trimsIDs     bool // tenants that look alike are one
	fullRetry    bool // the next call is always a window away
	oneWindow    bool // other windows are counted together
	burstTwice   bool // the limit is there again at once
}

// shared is what the models of two processes have in common.
type shared struct {
	mu    sync.Mutex
	start time.Time
	calls map[string][]time.Duration
}

func (m *model) Close() error { return nil }

func (m *model) Allow(_ context.Context, tenantID string, l runtime.Limit) (runtime.Decision, error) {
	if l.IsZero() {
		return runtime.Decision{Allowed: true}, nil
	}
	if tenantID == "" {
		return runtime.Decision{}, runtime.ErrNoTenant
	}
	if err := l.Validate(); err != nil {
		return runtime.Decision{}, err
	}
	if m.trimsIDs {
		tenantID = strings.Trim(tenantID, "{}")
	}
	key := tenantID
	if !m.oneWindow {
		key += fmt.Sprint(":", l.Window)
	}
	if m.burstTwice {
		l.Requests *= 2
	}
	s := m.shared
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Since(s.start) + m.skew
	if m.sameMoment {
		now = now.Truncate(time.Millisecond)
	}
	edge := now - l.Window
	if m.fixed {
		edge = now.Truncate(l.Window) - 1
	}
	calls := slices.DeleteFunc(s.calls[key], func(t time.Duration) bool { return t <= edge })
	d := runtime.Decision{Allowed: len(calls) < l.Requests}
	if m.races {
		s.mu.Unlock()
		time.Sleep(time.Microsecond)
		s.mu.Lock()
		calls = s.calls[key]
	}
	if d.Allowed {
		d.Remaining = max(0, l.Requests-len(calls)-1)
	} else {
		d.RetryAfter = max(1, calls[len(calls)-l.Requests]-edge)
		if m.fullRetry {
			d.RetryAfter = l.Window
		}
		if m.admitsAll {
			d = runtime.Decision{Allowed: true}
		}
	}
	if (d.Allowed || m.countsDenied) && !(m.sameMoment && slices.Contains(calls, now)) {
		calls = append(calls, now)
	}
	s.calls[key] = calls
	return d, nil
}

// failures runs the suite on a model and on its peer, whose clock is wrong by skew.
func failures(t *testing.T, m model, peerSkew time.Duration) map[string]error {
	t.Helper()
	m.shared = &shared{start: time.Now(), calls: map[string][]time.Duration{}}
	peer := m
	peer.skew = peerSkew
	return Failures(t.Context(), Config{
		New:   func() (runtime.Limiter, error) { return &m, nil },
		Peer:  func() (runtime.Limiter, error) { return &peer, nil },
		Exact: true,
	})
}

func TestSuiteAcceptsTheModel(t *testing.T) {
	t.Parallel()
	if found := failures(t, model{}, 0); len(found) != 0 {
		t.Errorf("found %v", found)
	}
}

// A limiter that is broken is caught by the part that is about what is broken.
func TestSuiteCatches(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		model model
		skew  time.Duration
		by    string // and where that hangs on the moment, or on a machine that is busy,
		or    string // this
	}{
		"the original, which admits all": {model: model{admitsAll: true}, by: "burst"},
		"the clock of the process":       {skew: 2 * time.Hour, by: "two processes"},
		"denied calls that count":        {model: model{countsDenied: true}, by: "a changed limit"},
		"checking before counting":       {model: model{races: true}, by: "burst"},
		"fixed windows":                  {model: model{fixed: true}, by: "a sliding window", or: "over the boundary"},
		"calls of the same moment":       {model: model{sameMoment: true}, by: "burst"},
		"tenants that share a key":       {model: model{trimsIDs: true}, by: "tenants apart"},
		"always the whole window":        {model: model{fullRetry: true}, by: "denied calls"},
		"one list for all windows":       {model: model{oneWindow: true}, by: "windows apart"},
		"twice the limit":                {model: model{burstTwice: true}, by: "burst"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := failures(t, tc.model, tc.skew)
			if found[tc.by] == nil && found[tc.or] == nil {
				t.Errorf("%q did not catch it, only %v", tc.by, slices.Sorted(maps.Keys(found)))
			}
		})
	}
}
