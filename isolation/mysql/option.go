package mysql

import (
	"context"
	"database/sql"

	"github.com/go-sql-driver/mysql"

	"github.com/tenancygen/tenancygen/runtime"
)

// Option configures a provider. The options of this package are the only ones.
type Option interface {
	apply(*options) error
}

// Seed writes the first rows of a tenant, in a transaction, when its tables have been
// made. Their names are those of TableName of the provider.
type Seed func(ctx context.Context, tx *sql.Tx, t runtime.Tenant) error

type options struct {
	layout *runtime.Layout
	filter runtime.Filter
	seed   Seed
	admin  *mysql.Config
}

type optionFunc func(*options) error

func (f optionFunc) apply(o *options) error { return f(o) }

// WithLayout gives a RowFilter the Layout of the generated package, which Destroy and
// Verify need. The other providers take it as an argument and ignore this.
func WithLayout(layout runtime.Layout) Option {
	return optionFunc(func(o *options) error {
		o.layout = &layout
		return nil
	})
}

// WithFilter gives the provider what ApplyFilters scopes dynamic SQL with.
func WithFilter(filter runtime.Filter) Option {
	return optionFunc(func(o *options) error {
		o.filter = filter
		return nil
	})
}

// WithSeed has Initialize write first rows. RowFilter ignores it.
func WithSeed(seed Seed) Option {
	return optionFunc(func(o *options) error {
		o.seed = seed
		return nil
	})
}

// WithAdmin says how to connect for Initialize, Destroy and Verify, which make and drop
// databases and tables and which the application's user should not be able to. The
// server and the database have to be the same. RowFilter ignores it.
func WithAdmin(config *mysql.Config) Option {
	return optionFunc(func(o *options) error {
		if config == nil {
			return ErrNoPool
		}
		o.admin = config
		return nil
	})
}

func newOptions(opts []Option) (options, error) {
	var o options
	for _, opt := range opts {
		if err := opt.apply(&o); err != nil {
			return options{}, err
		}
	}
	return o, nil
}
