package manager

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/tenancygen/tenancygen/runtime"
)

// Hook is told of the events in tenants' lives. Either function may be nil, and both may
// be called by several goroutines at once.
type Hook struct {
	// Before is asked before anything happens, and refuses with an error: that is
	// returned, as ErrRefused, and nothing has happened. A panic refuses, too. It is not
	// asked again when an interrupted step is resumed.
	Before func(context.Context, runtime.Event) error
	// After is told what has happened. Its error, or panic, is logged and changes
	// nothing. It is called once for each event, unless the process ends in between; and
	// twice at most where two processes finish the same step. It can call the Manager,
	// but for Close, which waits for it.
	After func(context.Context, runtime.Event) error
}

// tellTimeout is how long hooks and the audit writer have for an event, also when the
// context of the call has ended.
const tellTimeout = 30 * time.Second

// before asks the hooks.
func (m *Manager) before(ctx context.Context, e runtime.Event) error {
	for _, h := range m.o.Hooks {
		if h.Before == nil {
			continue
		}
		if err := guarded(func() error { return h.Before(ctx, e) }); err != nil {
			m.recorder.Count(ctx, runtime.CountLifecycle, string(e.Kind)+"_failed", e.Tenant.ID)
			return fmt.Errorf("%w: %w", ErrRefused, err)
		}
	}
	return nil
}

// tell counts an event, writes it down and tells the hooks. The error is ErrAudit.
func (m *Manager) tell(ctx context.Context, e runtime.Event, details map[string]any) error {
	// It has happened, whether the caller still waits or not.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tellTimeout)
	defer cancel()
	m.recorder.Count(ctx, runtime.CountLifecycle, string(e.Kind), e.Tenant.ID)
	err := m.auditEvent(ctx, e, details)
	for _, h := range m.o.Hooks {
		if h.After == nil {
			continue
		}
		if err := guarded(func() error { return h.After(ctx, e) }); err != nil {
			m.log.LogAttrs(ctx, slog.LevelError, "tenancy: a hook failed after an event",
				slog.String("event", string(e.Kind)), slog.Any("tenant", e.Tenant), slog.Any("error", err))
		}
	}
	return err
}

// errPanic is what guarded returns for a panic.
var errPanic = errors.New("tenancy: panic")

// guarded calls f and returns a panic as an error, with the stack, so that what others
// wrote cannot leave the Manager between two steps.
func guarded(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v\n%s", errPanic, p, debug.Stack())
		}
	}()
	return f()
}
