package runtime

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"
)

// String returns the tenant for logs: id, identifier and status, and nothing
// secret.
func (t Tenant) String() string {
	status := t.Status
	if status == "" {
		status = StatusActive
	}
	return fmt.Sprintf("tenant %q (%s, %s)", t.ID, t.Identifier, status)
}

// GoString keeps %#v from printing what String leaves out.
func (t Tenant) GoString() string { return "runtime.Tenant{" + t.String() + "}" }

// Format writes String, or GoString, whatever the verb: for one that is not of texts,
// such as %d, package fmt would print the fields.
func (t Tenant) Format(f fmt.State, verb rune) { masked(f, verb, t) }

// masked is the Format of types with secrets.
func masked(f fmt.State, verb rune, v interface {
	fmt.Stringer
	fmt.GoStringer
}) {
	if verb == 'v' && f.Flag('#') {
		_, _ = io.WriteString(f, v.GoString())
		return
	}
	_, _ = io.WriteString(f, v.String())
}

// LogValue is String for log/slog.
func (t Tenant) LogValue() slog.Value { return slog.StringValue(t.String()) }

// shown is a tenant as its JSON shows it.
type shown struct {
	ID          string     `json:"id"`
	Identifier  Identifier `json:"identifier"`
	Name        string     `json:"name"`
	Status      Status     `json:"status"`
	Metadata    Metadata   `json:"metadata"`
	Strategy    Strategy   `json:"strategy,omitempty"`
	SchemaName  string     `json:"schema_name,omitempty"`
	DatabaseURL string     `json:"database_url,omitempty"`
	Version     int64      `json:"version"`
	CreatedAt   time.Time  `json:"created_at"`
	UpdatedAt   time.Time  `json:"updated_at"`
}

// mask is what stands for a secret.
const mask = "***"

// MarshalJSON returns the tenant with "***" for what is secret, so that an application
// can answer with it, and no log that writes JSON holds a password. It cannot be read
// again; a store that keeps JSON has a form of its own.
func (t Tenant) MarshalJSON() ([]byte, error) {
	out := shown{
		ID: t.ID, Identifier: t.Identifier, Name: t.Name, Status: t.Status, Metadata: t.Metadata, Strategy: t.Strategy,
		SchemaName: t.SchemaName, Version: t.Version, CreatedAt: t.CreatedAt, UpdatedAt: t.UpdatedAt,
	}
	if out.Status == "" {
		out.Status = StatusActive
	}
	if t.DatabaseURL != "" {
		out.DatabaseURL = mask
	}
	return json.Marshal(out)
}

// ErrTenantJSON is returned for a tenant that is read from JSON.
var ErrTenantJSON = errors.New("tenancy: a tenant's JSON is for showing, and cannot be read")

// UnmarshalJSON returns ErrTenantJSON: what stands for a secret would become one.
func (*Tenant) UnmarshalJSON([]byte) error { return ErrTenantJSON }
