package manager

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/audit"
)

// Options are what a Manager is made of. Everything but Store may be left out.
//
// The Manager owns Store, Namespaces, Limiter and Audit: its Close closes them. Each of
// them closes what it has opened itself and nothing else, so that a pool which the
// application opened stays open.
type Options struct {
	// Store keeps the tenants. It is required.
	Store runtime.Store
	// Namespaces makes and removes the places of tenants' data; every Isolation is one.
	// Without it tenants have no place of their own, and no data can be destroyed.
	Namespaces runtime.Namespaces

	// Limiter counts the calls of tenants. It is required where a limit is configured.
	Limiter runtime.Limiter
	// Limit says how many calls a tenant has. Without it that is in the tenant's
	// metadata, under the key LimitKey, or else DefaultLimit. It is called for every
	// request.
	Limit func(runtime.Tenant) runtime.Limit
	// DefaultLimit is the limit of tenants that have none of their own. The zero Limit is
	// none.
	DefaultLimit runtime.Limit

	// Audit keeps audit entries; without it an audit.Log writes them to Logger, at INFO. A
	// writer that is an io.Closer is closed with the Manager.
	Audit runtime.AuditWriter
	// AuditFail is what happens when an entry cannot be written.
	AuditFail AuditFail
	// Actor returns who is acting, as the application calls its users, for the entries
	// that the Manager writes itself; empty is the system, and so is no Actor.
	Actor func(context.Context) string

	// Hooks are told of the events in tenants' lives, in their order.
	Hooks []Hook

	// MaxTenants is how many tenants there may be that are not deleted; zero is no limit.
	MaxTenants int
	// NewID returns the id of a new tenant: runtime.NewID unless it is set. Nobody may be
	// able to guess an id, and none may come twice.
	NewID func() string
	// IDs is how ids are written: IDs of the generated package's Layout. Register takes no
	// other, as Namespaces would not.
	IDs runtime.IDForm

	// RecheckInterval is after what time at most the store is asked again whether the
	// tenants of running requests are still active: 1 s to 10 min, and 30 s when it is
	// zero. A store that is a runtime.Watcher makes it faster.
	RecheckInterval time.Duration
	// DrainTimeout is how long a tenant's running requests are waited for where that is
	// asked, if the context does not end before: up to an hour, and 30 s when it is zero.
	DrainTimeout time.Duration
	// UnwindTimeout is how long undoing a failed registration may take, also when its
	// context has ended: up to an hour, and 30 s when it is zero.
	UnwindTimeout time.Duration

	// Logger is slog.Default() when it is nil.
	Logger *slog.Logger
	// Recorder drops everything when it is nil.
	Recorder runtime.Recorder
}

// AuditFail is what happens when an audit entry cannot be written.
type AuditFail int

const (
	// AuditLog logs the error with the entry, at ERROR, and goes on. It is the default.
	AuditLog AuditFail = iota
	// AuditReturn returns an error that is ErrAudit. It undoes nothing: what the entry
	// tells of has happened, and is returned beside the error.
	AuditReturn
)

// The bounds of the options.
const (
	minRecheck, defaultRecheck, maxRecheck = time.Second, 30 * time.Second, 10 * time.Minute
	defaultTimeout, maxTimeout             = 30 * time.Second, time.Hour
)

// withDefaults returns the options to work with, or an error that names everything that
// is wrong with them.
func (o Options) withDefaults() (Options, error) {
	var problems []error
	problem := func(wrong bool, format string, args ...any) {
		if wrong {
			problems = append(problems, fmt.Errorf("tenancy: manager.Options: "+format, args...))
		}
	}
	problem(o.Store == nil, "Store is required")
	limited := o.Limit != nil || !o.DefaultLimit.IsZero()
	problem(limited && o.Limiter == nil, "a limit needs a Limiter")
	problem(o.DefaultLimit.Requests < 0 || !o.DefaultLimit.IsZero() && o.DefaultLimit.Window <= 0, "DefaultLimit needs requests and a window above zero")
	problem(o.AuditFail != AuditLog && o.AuditFail != AuditReturn, "there is no such AuditFail")
	problem(o.MaxTenants < 0, "MaxTenants is below zero")
	within := func(name string, d *time.Duration, low, usual, high time.Duration) {
		if *d == 0 {
			*d = usual
		}
		problem(*d < low || *d > high, "%s is not within %v and %v", name, low, high)
	}
	within("RecheckInterval", &o.RecheckInterval, minRecheck, defaultRecheck, maxRecheck)
	within("DrainTimeout", &o.DrainTimeout, time.Nanosecond, defaultTimeout, maxTimeout)
	within("UnwindTimeout", &o.UnwindTimeout, time.Nanosecond, defaultTimeout, maxTimeout)
	if o.NewID == nil {
		o.NewID = runtime.NewID
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Audit == nil {
		o.Audit = audit.Log{Logger: o.Logger}
	}
	if o.Recorder == nil {
		o.Recorder = runtime.NoRecorder{}
	}
	return o, errors.Join(problems...)
}
