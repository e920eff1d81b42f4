package manager

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/tenancygen/tenancygen/runtime"
)

// Manager runs the lives of tenants. It is safe for concurrent use, and several
// processes can each have one on the same store.
type Manager struct {
	o        Options
	store    runtime.Store
	log      *slog.Logger
	recorder runtime.Recorder

	locks   keyedLocks
	leases  leases
	recheck recheck
	limits  limitReader

	state atomic.Int32
	// setup is held by Initialize and Close.
	setup sync.Mutex
	// gate is held to begin an operation and to say that none begins any more.
	gate    sync.Mutex
	running sync.WaitGroup
	// base ends when the Manager is closed, and with it what it is doing.
	base   context.Context
	cancel context.CancelCauseFunc
	// stop ends what Initialize has started.
	stop func()
}

// The states of a Manager.
const (
	stateNew int32 = iota
	stateReady
	stateClosed
)

// New returns a Manager. It does no I/O: Initialize has to be called before it lets
// anybody in. The error names everything that is wrong with the options.
func New(o Options) (*Manager, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	m := &Manager{o: o, store: o.Store, log: o.Logger, recorder: o.Recorder, stop: func() {}}
	m.base, m.cancel = context.WithCancelCause(context.Background())
	m.limits = limitReader{fallback: o.DefaultLimit, log: o.Logger}
	return m, nil
}

// Initialize makes what the store needs, warms its cache, if it has one, and begins to
// check whether the tenants of running requests are still active. It can be called
// again: once it has returned nil it does nothing. It finishes no tenant that an earlier
// process left half made: that is ResumeAll.
func (m *Manager) Initialize(ctx context.Context) error {
	m.setup.Lock()
	defer m.setup.Unlock()
	switch m.state.Load() {
	case stateReady:
		return nil
	case stateClosed:
		return ErrClosed
	}
	ctx, end := m.join(ctx)
	defer end()
	if err := m.store.Init(ctx); err != nil {
		return fmt.Errorf("tenancy: initialize the store: %w", err)
	}
	if warmer, ok := m.store.(runtime.Warmer); ok {
		// A cold cache is slower and not wrong.
		if n, err := warmer.Warm(ctx); err != nil {
			m.log.WarnContext(ctx, "tenancy: the cache of tenants could not be warmed", "error", err)
		} else {
			m.log.DebugContext(ctx, "tenancy: the cache of tenants is warm", "tenants", n)
		}
	}
	m.stop = m.startRecheck()
	m.state.Store(stateReady)
	return nil
}

// Close ends what the Manager is doing, cancels the contexts of Enter with the cause
// ErrClosed, and closes the limiter, the namespaces, the audit writer and the store, each
// also if another fails; the error joins what went wrong. Calling it again does nothing
// and returns nil. A server stops taking requests and waits for them before it closes its
// Manager.
func (m *Manager) Close() error {
	m.cancel(ErrClosed) // also what Initialize is doing, which holds the lock
	m.setup.Lock()
	defer m.setup.Unlock()
	m.gate.Lock()
	was := m.state.Swap(stateClosed)
	m.gate.Unlock()
	if was == stateClosed {
		return nil
	}
	m.stop()
	m.leases.close(ErrClosed)
	m.running.Wait()

	var errs []error
	closing := func(name string, closer io.Closer) {
		if err := guarded(closer.Close); err != nil {
			errs = append(errs, fmt.Errorf("tenancy: close the %s: %w", name, err))
		}
	}
	if m.o.Limiter != nil {
		closing("limiter", m.o.Limiter)
	}
	if m.o.Namespaces != nil {
		closing("namespaces", m.o.Namespaces)
	}
	if closer, ok := m.o.Audit.(io.Closer); ok {
		closing("audit writer", closer)
	}
	closing("store", m.store)
	return errors.Join(errs...)
}

// Store returns the store, to read tenants from. A change that is made on it, past the
// Manager, is told to no hook, written to no audit, and reaches running requests with the
// next check.
func (m *Manager) Store() runtime.Store { return m.store }

// Find returns the tenant that a request means, of any status; see runtime.Find.
func (m *Manager) Find(ctx context.Context, r runtime.Reference) (runtime.Tenant, error) {
	if err := m.ready(); err != nil {
		return runtime.Tenant{}, err
	}
	return runtime.Find(ctx, m.store, r)
}

// ready returns nil between Initialize and Close.
func (m *Manager) ready() error {
	switch m.state.Load() {
	case stateNew:
		return ErrNotInitialized
	case stateClosed:
		return ErrClosed
	}
	return nil
}

// begin begins an operation, which Close cancels and waits for. The caller calls end.
func (m *Manager) begin(ctx context.Context) (running context.Context, end func(), err error) {
	m.gate.Lock()
	defer m.gate.Unlock()
	if err := m.ready(); err != nil {
		return ctx, nil, err
	}
	m.running.Add(1)
	running, release := m.join(ctx)
	return running, func() {
		release()
		m.running.Done()
	}, nil
}

// join returns ctx as it ends when the Manager is closed, too.
func (m *Manager) join(ctx context.Context) (joined context.Context, release func()) {
	joined, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(m.base, func() { cancel(ErrClosed) })
	return joined, func() {
		stop()
		cancel(nil)
	}
}
