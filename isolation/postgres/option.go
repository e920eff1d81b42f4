package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/isolation/internal/policy"
	"github.com/tenancygen/tenancygen/runtime"
)

// DefaultSetting is the setting that holds the current tenant's id where
// WithSetting does not name another. Generated policies read it.
const DefaultSetting = policy.DefaultSetting

// Option configures a provider. The options of this package are the only ones.
type Option interface {
	apply(*options) error
}

type options struct {
	setting string
	layout  *runtime.Layout
	filter  runtime.Filter
	seed    SeedFunc
	admin   *pgxpool.Pool

	database databaseOptions
}

type optionFunc func(*options) error

func (f optionFunc) apply(o *options) error { return f(o) }

// WithSetting names the setting that the policies read the tenant's id from.
// The default is DefaultSetting. A name that is no custom setting's is
// ErrSettingName. Strategies without policies ignore it.
func WithSetting(name string) Option {
	return optionFunc(func(o *options) error {
		if !policy.IsSetting(name) {
			return ErrSettingName
		}
		o.setting = name
		return nil
	})
}

// WithLayout gives the Layout of the generated package to a provider of shared
// tables, which needs it for Destroy and Verify, and to refuse ids that the database
// would take for another tenant's (runtime.IDForm) on its handles, where other SQL than
// the package's runs.
func WithLayout(layout runtime.Layout) Option {
	return optionFunc(func(o *options) error {
		o.layout = &layout
		return nil
	})
}

// WithFilter gives the provider a filter for ApplyFilters, such as that of package
// isolation/dynamic.
func WithFilter(filter runtime.Filter) Option {
	return optionFunc(func(o *options) error {
		o.filter = filter
		return nil
	})
}

// SeedFunc writes a tenant's first rows, such as its own row in the table of
// tenants.
type SeedFunc func(ctx context.Context, tx pgx.Tx, t runtime.Tenant) error

// WithSeed has Initialize call seed in the transaction that makes the tenant's
// place, so that a tenant has both or neither. The transaction acts as the tenant,
// and names of tables lead to the tenant's. It is not called for a place that was
// there already. Strategies with shared tables make no place and call it never.
func WithSeed(seed SeedFunc) Option {
	return optionFunc(func(o *options) error {
		o.seed = seed
		return nil
	})
}

// WithAdmin gives the provider another pool for what the application's role should
// not be allowed: making, checking and removing the tenants' places. It stays the
// caller's to close. The default is the provider's own pool.
func WithAdmin(pool *pgxpool.Pool) Option {
	return optionFunc(func(o *options) error {
		if pool == nil {
			return ErrNoPool
		}
		o.admin = pool
		return nil
	})
}

func newOptions(opts []Option) (options, error) {
	o := options{setting: DefaultSetting, database: newDatabaseOptions()}
	for _, opt := range opts {
		if err := opt.apply(&o); err != nil {
			return options{}, err
		}
	}
	return o, nil
}
