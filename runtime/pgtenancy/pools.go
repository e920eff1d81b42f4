package pgtenancy

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"

	"github.com/tenancygen/tenancygen/runtime/config"
)

// errURL is returned for a URL that its driver does not understand. The driver's own
// message can repeat a part of it.
var errURL = errors.New("the driver does not understand the URL")

// openPool returns a pool, and has connected once, so that a wrong URL is noticed at the
// start.
func openPool(ctx context.Context, name string, url config.URL, maxConns int, cfg config.Config, configure func(*pgxpool.Config) error) (*pgxpool.Pool, error) {
	failed := func(err error) error { return fmt.Errorf("tenancy: open the pool of %s: %w", name, err) }
	c, err := pgxpool.ParseConfig(url.Reveal())
	if err != nil {
		return nil, failed(errURL)
	}
	c.MaxConns = int32(maxConns) //nolint:gosec // it has bounds
	c.MinConns = min(c.MinConns, c.MaxConns)
	c.MinIdleConns = min(c.MinIdleConns, c.MaxConns)
	c.MaxConnLifetime = cfg.DatabaseConnLifetime
	c.ConnConfig.ConnectTimeout = cfg.DatabaseConnectTimeout
	if configure != nil {
		if err := configure(c); err != nil {
			return nil, failed(err)
		}
	}
	pool, err := pgxpool.NewWithConfig(ctx, c)
	if err != nil {
		return nil, failed(err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, failed(err)
	}
	return pool, nil
}

// openRedis returns a client. It does not connect: an application starts, and runs, also
// while Redis does not.
func openRedis(cfg config.Config) (*redis.Client, error) {
	o, err := redis.ParseURL(cfg.RedisURL.Reveal())
	if err != nil {
		return nil, fmt.Errorf("tenancy: open Redis: %w", errURL)
	}
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout = cfg.RedisTimeout, cfg.RedisTimeout, cfg.RedisTimeout
	o.ContextTimeoutEnabled = true
	// Once more for a connection that had died in the pool. Trying on would make those
	// wait who can do without Redis.
	o.MaxRetries, o.DialerRetries = 1, 1
	return redis.NewClient(o), nil
}
