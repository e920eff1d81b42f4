package runtime

import (
	"context"
	"log/slog"
	"time"
)

// AuditEntry is one thing that somebody did as a tenant, or to one. Action and Resource
// are required; the tenant's id is, too.
type AuditEntry struct {
	TenantID string
	// UserID is who did it, as the application calls its users; empty for the system.
	UserID string
	// Action is what was done, such as "invoice.delete".
	Action string
	// Resource is the kind of thing that it was done to, and ResourceID which one.
	Resource   string
	ResourceID string
	Metadata   Metadata
	// ClientIP and UserAgent are those of the request. They are what a client says.
	ClientIP  string
	UserAgent string
	// At is when it was done; zero means now.
	At time.Time
}

// LogValue is the entry as a group of attributes, so that no value of it can be taken
// for another line or attribute.
func (e AuditEntry) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("tenant", e.TenantID)}
	for _, a := range []slog.Attr{
		slog.String("user", e.UserID), slog.String("action", e.Action), slog.String("resource", e.Resource), slog.String("resource_id", e.ResourceID),
		slog.String("client_ip", e.ClientIP), slog.String("user_agent", e.UserAgent),
	} {
		if a.Value.String() != "" {
			attrs = append(attrs, a)
		}
	}
	if e.Metadata != (Metadata{}) {
		attrs = append(attrs, slog.String("metadata", e.Metadata.String()))
	}
	if !e.At.IsZero() {
		attrs = append(attrs, slog.Time("at", e.At))
	}
	return slog.GroupValue(attrs...)
}

// AuditWriter keeps audit entries. It is safe for concurrent use.
type AuditWriter interface {
	// WriteAudit returns nil once the entry is kept.
	WriteAudit(ctx context.Context, e AuditEntry) error
}
