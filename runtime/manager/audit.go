package manager

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/tenancygen/tenancygen/runtime"
)

// WriteAudit writes down what somebody did as a tenant. At is now unless it is set. An
// entry that its Validate refuses is runtime.ErrInvalidAudit; whether one that cannot be
// written is an error is Options.AuditFail.
func (m *Manager) WriteAudit(ctx context.Context, e runtime.AuditEntry) error {
	if err := m.ready(); err != nil {
		return err
	}
	return m.audit(ctx, e)
}

func (m *Manager) audit(ctx context.Context, e runtime.AuditEntry) error {
	if e.At.IsZero() {
		e.At = time.Now()
	}
	e.At = e.At.UTC()
	if err := e.Validate(); err != nil {
		return err
	}
	err := m.write(ctx, e)
	switch {
	case err == nil:
		return nil
	case m.o.AuditFail == AuditReturn:
		return fmt.Errorf("%w: %w", ErrAudit, err)
	}
	// The log is the one place that is left for the entry.
	m.log.LogAttrs(ctx, slog.LevelError, "tenancy: an audit entry was not written", slog.Any("entry", e), slog.Any("error", err))
	return nil
}

// write hands an entry to the writer, and counts it.
func (m *Manager) write(ctx context.Context, e runtime.AuditEntry) error {
	err := guarded(func() error { return m.o.Audit.WriteAudit(ctx, e) })
	outcome := "written"
	if err != nil {
		outcome = "failed"
	}
	m.recorder.Count(ctx, runtime.CountAudit, outcome, e.TenantID)
	return err
}

// actor returns who acts; nobody where that cannot be said.
func (m *Manager) actor(ctx context.Context) (who string) {
	if m.o.Actor == nil {
		return ""
	}
	if err := guarded(func() error { who = m.o.Actor(ctx); return nil }); err != nil {
		m.log.LogAttrs(ctx, slog.LevelError, "tenancy: nobody knows who acts", slog.Any("error", err))
	}
	return who
}

// auditEvent writes an event of a tenant's life down.
func (m *Manager) auditEvent(ctx context.Context, e runtime.Event, details map[string]any) error {
	entry := runtime.AuditEntry{TenantID: e.Tenant.ID, Action: "tenant." + string(e.Kind), Resource: "tenant", ResourceID: e.Tenant.ID, UserID: m.actor(ctx)}
	if len(details) > 0 {
		metadata, err := runtime.NewMetadata(details)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrAudit, err)
		}
		entry.Metadata = metadata
	}
	return m.audit(ctx, entry)
}
