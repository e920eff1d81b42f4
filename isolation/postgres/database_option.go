package postgres

import (
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/runtime"
)

// databaseOptions are the options of Database alone.
type databaseOptions struct {
	urlTemplate        string
	maxPools, maxConns int
	idleTime           time.Duration
	poolConfig         func(*pgxpool.Config, runtime.Tenant) error
}

func newDatabaseOptions() databaseOptions {
	return databaseOptions{maxPools: defaultMaxPools, maxConns: defaultMaxConns, idleTime: defaultIdleTime}
}

// WithURLTemplate gives Database the URL of tenants' databases, with {database} where
// the name of the tenant's database belongs, such as
// "postgres://web@tenants.internal/{database}?sslmode=verify-full". Without the
// option tenants' databases are where the master pool's is. A template that does not
// lead to a database of that name is ErrURLTemplate.
func WithURLTemplate(template string) Option {
	return optionFunc(func(o *options) error {
		const name = "tenant_example"
		config, err := pgxpool.ParseConfig(strings.ReplaceAll(template, databasePlaceholder, name))
		if err != nil || config.ConnConfig.Database != name || !strings.Contains(template, databasePlaceholder) {
			return ErrURLTemplate // an error of the parser could tell a password
		}
		o.database.urlTemplate = template
		return nil
	})
}

// WithMaxPools says how many tenants' pools Database keeps. The default is 100. When
// there are more, it closes those that have not been used for the longest time. It
// never closes one in use, so that as many are open as tenants are being served.
// Less than one is ErrLimit.
func WithMaxPools(n int) Option {
	return optionFunc(func(o *options) error {
		o.database.maxPools = n
		return atLeastOne(n)
	})
}

// WithMaxConns says how many connections Database has open at most, over all
// tenants' pools; those of the master pool, and one for each call of Initialize,
// Destroy, Verify and CopyGlobals, come on top. The default is 50. Whoever needs
// another one closes an idle one of another tenant, or waits. Less than one is
// ErrLimit.
func WithMaxConns(n int) Option {
	return optionFunc(func(o *options) error {
		o.database.maxConns = n
		return atLeastOne(n)
	})
}

// WithIdleTime says after which time without use Database closes a tenant's pool. The
// default is five minutes. What is not positive is ErrLimit.
func WithIdleTime(d time.Duration) Option {
	return optionFunc(func(o *options) error {
		o.database.idleTime = d
		return atLeastOne(int(d))
	})
}

// WithPoolConfig has Database call configure before it opens the pool of a tenant,
// which it may change: MaxConns, which is 4, credentials, hooks. The name of the
// database stays as it is, and MinConns and MinIdleConns stay 0. The error of
// configure is that of the statement; the next one tries again.
func WithPoolConfig(configure func(*pgxpool.Config, runtime.Tenant) error) Option {
	return optionFunc(func(o *options) error {
		o.database.poolConfig = configure
		return nil
	})
}

func atLeastOne(n int) error {
	if n < 1 {
		return ErrLimit
	}
	return nil
}
