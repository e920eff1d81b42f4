package pgtenancy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/isolation/postgres"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/config"
	"github.com/tenancygen/tenancygen/runtime/manager"
	"github.com/tenancygen/tenancygen/runtime/middleware"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
	"github.com/tenancygen/tenancygen/runtime/resolver"
)

// Options are what a program gives to Open that no environment variable can hold. The
// zero value will do for a program of the strategies row and rls that serves no requests.
type Options struct {
	// Layout is that of the generated package, gen.Layout. The strategies in which
	// tenants have tables of their own need it; with the others, registering a tenant
	// checks with it whether the tables would isolate it.
	Layout runtime.Layout
	// Isolation is a provider to use in the place of the configured one. Close closes it.
	Isolation pgxdb.Isolation
	// Filter scopes dynamic SQL; package isolation/dynamic has one.
	Filter runtime.Filter
	// Seed writes a new tenant's first rows, such as its own row in a table of tenants,
	// as the tenant and in one transaction. Where tenants share tables, it is called each
	// time when a registration that was interrupted goes on, and has to bear that.
	// The strategy prefix runs no SQL that was not generated, and so no Seed.
	Seed postgres.SeedFunc
	// InitializeShared makes, at the start, what all tenants share, under the strategies
	// schema and prefix: see InitializeShared of postgres.Schema. It is for a database
	// without migrations; under other strategies it does nothing.
	InitializeShared bool
	// Fence begins each transaction of a tenant that may write with a fence: none commits
	// after Manager.Suspend or Delete has returned, whatever process it is in (see
	// pgstore.Store.Fence). That is one statement more in each. A single statement
	// without a transaction has no fence. The strategies prefix and database cannot have
	// it.
	Fence bool
	// PoolConfig changes every pool of connections before it is opened, such as to give
	// it a tracer.
	PoolConfig func(*pgxpool.Config) error

	// Resolver is the one that TENANCY_RESOLVERS calls custom; it is required there, and
	// an error elsewhere.
	Resolver resolver.Resolver
	// Membership ties a request's tenant to who makes it. It is required for requests,
	// except with the resolver jwt, where without it the token has to name the tenant.
	Membership middleware.Membership
	// Reveal, ErrorHandler and OnReject are those of middleware.Options.
	Reveal       bool
	ErrorHandler func(w http.ResponseWriter, r *http.Request, status int, err error)
	OnReject     func(ctx context.Context, r *http.Request, err error)

	// Limit, Hooks and Actor are those of manager.Options.
	Limit func(runtime.Tenant) runtime.Limit
	Hooks []manager.Hook
	Actor func(context.Context) string
	// Audit is a writer of audit entries to use in the place of the configured one.
	Audit runtime.AuditWriter

	// Logger is slog.Default() when it is nil.
	Logger *slog.Logger
	// Recorder is told what happens, for metrics; nil drops it.
	Recorder runtime.Recorder
}

// check returns the options to work with, or an error that names everything that is
// missing or too much for a configuration.
func (o Options) check(cfg config.Config) (Options, error) {
	var problems []error
	problem := func(wrong bool, text string) {
		if wrong {
			problems = append(problems, fmt.Errorf("tenancy: pgtenancy.Options: %s", text))
		}
	}
	custom := slices.Contains(cfg.Resolvers, "custom")
	problem(custom && o.Resolver == nil, "Resolver is required by the resolver custom in "+config.Prefix+"RESOLVERS")
	problem(!custom && o.Resolver != nil, "Resolver would not be asked: "+config.Prefix+"RESOLVERS does not name custom")
	if o.Membership == nil && slices.Contains(cfg.Resolvers, "jwt") {
		o.Membership = middleware.NamedByCredential
	}
	problem(len(cfg.Resolvers) > 0 && o.Membership == nil, "Membership is required: without it or a token, a client is whoever it says")
	own := cfg.Uses(runtime.StrategySchema) || cfg.Uses(runtime.StrategyPrefix) || cfg.Uses(runtime.StrategyDatabase)
	problem(own && o.Isolation == nil && len(o.Layout.Tables) == 0, "Layout is required: tenants have tables of their own")
	unfenced := cfg.Uses(runtime.StrategyPrefix) || cfg.Uses(runtime.StrategyDatabase)
	problem(o.Fence && (unfenced || o.Isolation != nil), "Fence needs a strategy under which a tenant's transaction can run SQL by hand in the database of the store: row, rls or schema")
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Recorder == nil {
		o.Recorder = runtime.NoRecorder{}
	}
	return o, errors.Join(problems...)
}
