package runtime

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
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

// The lengths, in bytes, of what an entry has at most. What a client says of itself is not
// held to a length: writers cut it, so that no client can keep an entry from being
// written.
const (
	MaxAuditText     = 1024     // each of user, action, resource and resource id
	MaxAuditMetadata = 64 << 10 // the JSON text
)

// ErrInvalidAudit is what the errors of AuditEntry.Validate wrap.
var ErrInvalidAudit = errors.New("tenancy: the audit entry cannot be kept")

// Validate returns nil for an entry that a writer can keep, and otherwise an error that
// names everything that is wrong with it and repeats none of its values.
func (e AuditEntry) Validate() error {
	var problems []string
	if e.TenantID == "" || len(e.TenantID) > MaxID || !utf8.ValidString(e.TenantID) || strings.ContainsFunc(e.TenantID, unicode.IsControl) {
		problems = append(problems, fmt.Sprintf("the tenant's id needs 1 to %d bytes and no control characters", MaxID))
	}
	if e.Action == "" || e.Resource == "" {
		problems = append(problems, "it needs an action and a resource")
	}
	if max(len(e.UserID), len(e.Action), len(e.Resource), len(e.ResourceID)) > MaxAuditText {
		problems = append(problems, fmt.Sprintf("user, action, resource and resource id have up to %d bytes", MaxAuditText))
	}
	if len(e.Metadata.object) > MaxAuditMetadata {
		problems = append(problems, fmt.Sprintf("the metadata has up to %d bytes", MaxAuditMetadata))
	}
	if year := e.At.Year(); year < 1 || year > 9999 {
		problems = append(problems, "the time is in no year from 1 to 9999")
	}
	if problems == nil {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrInvalidAudit, strings.Join(problems, "; "))
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
	// WriteAudit returns nil once the entry is kept. The error is ErrInvalidAudit for
	// one that Validate refuses.
	WriteAudit(ctx context.Context, e AuditEntry) error
}
