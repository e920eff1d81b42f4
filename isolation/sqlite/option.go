package sqlite

import (
	"context"
	"database/sql"
	"net/url"
	"strings"
	"time"

	"github.com/tenancygen/tenancygen/runtime"
)

// Option configures a provider. The options of this package are the only ones.
type Option interface {
	apply(*options) error
}

// Seed writes the first rows of a tenant, in the transaction that makes its tables.
// Under Prefix their names are those of Prefix.TableName.
type Seed func(ctx context.Context, tx *sql.Tx, t runtime.Tenant) error

type options struct {
	layout *runtime.Layout
	filter runtime.Filter
	seed   Seed

	maxFiles, maxConns, fileConns int
	idleTime                      time.Duration
	params                        url.Values
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

// WithMaxFiles bounds how many tenants' files a File keeps ready; the default is 100.
// Behind that, the one that has not been used for the longest time is closed.
func WithMaxFiles(n int) Option {
	return positive(n, func(o *options) { o.maxFiles = n })
}

// WithMaxConns bounds how many connections a File has, to all files together, each of
// which has up to three files of the operating system open; the default is 200. A
// statement waits, as long as its context lets it, until there is one.
func WithMaxConns(n int) Option {
	return positive(n, func(o *options) { o.maxConns = n })
}

// WithFileConns bounds how many connections a File has to one file; the default is 4.
func WithFileConns(n int) Option {
	return positive(n, func(o *options) { o.fileConns = n })
}

// WithIdleTime is how long a connection of a File stays open that nobody uses; the
// default is 5 minutes.
func WithIdleTime(d time.Duration) Option {
	return positive(d, func(o *options) { o.idleTime = d })
}

// WithParams adds parameters of the driver to how a File opens tenants' files, such as
// _timefmt, _txlock and _pragma. The last of them wins over the provider's own:
// _txlock=immediate, and the pragmas busy_timeout(10000), foreign_keys(on) and
// synchronous(normal). A parameter that does not begin with "_" is ErrParam.
func WithParams(params url.Values) Option {
	return optionFunc(func(o *options) error {
		for name := range params {
			if !strings.HasPrefix(name, "_") {
				return ErrParam
			}
		}
		o.params = params
		return nil
	})
}

func positive[N int | time.Duration](n N, set func(*options)) Option {
	return optionFunc(func(o *options) error {
		if n <= 0 {
			return ErrLimit
		}
		set(o)
		return nil
	})
}

func newOptions(opts []Option) (options, error) {
	o := options{maxFiles: 100, maxConns: 200, fileConns: 4, idleTime: 5 * time.Minute}
	for _, opt := range opts {
		if err := opt.apply(&o); err != nil {
			return options{}, err
		}
	}
	return o, nil
}
