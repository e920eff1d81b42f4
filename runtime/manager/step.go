package manager

import (
	"context"

	"github.com/tenancygen/tenancygen/runtime"
)

// step is one step in a tenant's life, of which at most one is done at a time in a
// process. Steps of several processes meet in the store, where each names the statuses
// that it builds on.
type step struct {
	kind runtime.EventKind
	id   string
	do   func(context.Context) (done, error)
}

// done is what a step has come to.
type done struct {
	tenant  runtime.Tenant
	removal runtime.Removal
	// happened is whether there is anything to tell: a step that finds its work done is
	// no event.
	happened bool
	// details are for the audit.
	details map[string]any
}

// run does a step and tells of it. The tenant that it returns is not empty where the
// step succeeded and could only not be written down, which is ErrAudit.
func (m *Manager) run(ctx context.Context, s step) (runtime.Tenant, error) {
	d, err := m.runStep(ctx, s)
	return d.tenant, err
}

func (m *Manager) runStep(ctx context.Context, s step) (done, error) {
	d, err := m.locked(ctx, s)
	if err != nil {
		m.recorder.Count(ctx, runtime.CountLifecycle, string(s.kind)+"_failed", s.id)
		return done{}, err
	}
	if !d.happened {
		return d, nil
	}
	return d, m.tell(ctx, runtime.Event{Kind: s.kind, Tenant: d.tenant, Removal: d.removal}, d.details)
}

func (m *Manager) locked(ctx context.Context, s step) (done, error) {
	unlock, err := m.locks.lock(ctx, s.id)
	if err != nil {
		return done{}, err
	}
	defer unlock()
	return s.do(ctx)
}
