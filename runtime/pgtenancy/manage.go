package pgtenancy

import (
	"context"
	"errors"
	"fmt"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/audit"
	"github.com/tenancygen/tenancygen/runtime/audit/pgaudit"
	"github.com/tenancygen/tenancygen/runtime/config"
	"github.com/tenancygen/tenancygen/runtime/keyring"
	"github.com/tenancygen/tenancygen/runtime/limiter"
	"github.com/tenancygen/tenancygen/runtime/limiter/redislimiter"
	"github.com/tenancygen/tenancygen/runtime/manager"
	"github.com/tenancygen/tenancygen/runtime/store/cachestore"
	"github.com/tenancygen/tenancygen/runtime/store/cryptstore"
	"github.com/tenancygen/tenancygen/runtime/store/redisstore"
)

// manage makes the manager and what it is made of, and initializes it.
func (t *Tenancy) manage(ctx context.Context, cfg config.Config, o Options) error {
	ring, err := newRing(cfg.EncryptionKeys)
	if err != nil {
		return err
	}
	owned := len(t.opened.list) - 1 // the isolation, and what comes now, is the manager's to close
	store, err := t.newStore(cfg, o, ring)
	if err != nil {
		return err
	}
	t.opened.add("store", store.Close)
	counter, err := t.newLimiter(cfg, o)
	if err != nil {
		return err
	}
	if counter != nil {
		t.opened.add("limiter", counter.Close)
	}
	writer, err := t.newAudit(ctx, cfg, o, ring)
	if err != nil {
		return err
	}
	options := manager.Options{
		Store: store, Namespaces: t.Isolation, Limiter: counter, Limit: o.Limit, Audit: writer, Actor: o.Actor, Hooks: o.Hooks,
		IDs: o.Layout.IDs, MaxTenants: cfg.MaxTenants, RecheckInterval: cfg.RecheckInterval, DrainTimeout: cfg.DrainTimeout, Logger: o.Logger, Recorder: o.Recorder,
	}
	if counter != nil && cfg.RateLimit > 0 {
		options.DefaultLimit = runtime.Limit{Requests: cfg.RateLimit, Window: cfg.RateLimitWindow}
	}
	if cfg.AuditOnFailure == "error" {
		options.AuditFail = manager.AuditReturn
	}
	if t.strategyOf != nil {
		options.Hooks = append([]manager.Hook{{Before: needsStrategy}}, o.Hooks...)
	}
	if t.Manager, err = manager.New(options); err != nil {
		return err
	}
	t.opened.list = t.opened.list[:owned]
	t.opened.add("manager", t.Manager.Close)
	if err := t.Manager.Initialize(ctx); err != nil || !o.Fence {
		return err
	}
	return t.grantFence(ctx)
}

// needsStrategy refuses a new tenant without the strategy of its tier: its data would
// be looked for elsewhere after its tier or its identifier has changed.
func needsStrategy(_ context.Context, e runtime.Event) error {
	if e.Kind == runtime.EventRegistered && e.Tenant.Strategy == "" {
		return errors.New("tenancy: under hybrid isolation, register tenants with Tenancy.Register, or with a strategy")
	}
	return nil
}

// newStore returns the stores, one around the other.
func (t *Tenancy) newStore(cfg config.Config, o Options, ring keyring.Ring) (runtime.Store, error) {
	var (
		store runtime.Store = t.tenants
		bus   cachestore.Bus
		err   error
	)
	if t.Redis != nil {
		if bus, err = redisstore.NewBus(t.Redis, redisstore.BusOptions{Prefix: cfg.RedisPrefix, Logger: o.Logger}); err != nil {
			return nil, err
		}
	}
	if t.Redis != nil && cfg.CacheRedisTTL > 0 {
		store, err = redisstore.New(store, t.Redis, redisstore.Options{
			Prefix: cfg.RedisPrefix, Fresh: cfg.CacheRedisFresh, TTL: cfg.CacheRedisTTL, Timeout: cfg.RedisTimeout,
			Logger: o.Logger, Recorder: o.Recorder,
		})
		if err != nil {
			return nil, err
		}
	}
	if !ring.IsZero() {
		if t.Secrets, err = cryptstore.New(store, cryptstore.Options{Keys: ring}); err != nil {
			return nil, err
		}
		store = t.Secrets
	}
	if cfg.CacheSize == 0 {
		return store, nil
	}
	return cachestore.New(store, cachestore.Options{
		TTL: cfg.CacheTTL, NegativeTTL: cfg.CacheNegativeTTL, Size: cfg.CacheSize, Bus: bus, Logger: o.Logger, Recorder: o.Recorder,
	})
}

// newRing reads master keys; the zero Ring for none.
func newRing(secrets config.Secrets) (keyring.Ring, error) {
	if len(secrets) == 0 {
		return keyring.Ring{}, nil
	}
	var keys []keyring.Key
	for i, secret := range secrets {
		key, err := keyring.ParseKey(secret.Reveal())
		if err != nil {
			return keyring.Ring{}, fmt.Errorf("%sENCRYPTION_KEYS, key %d: %w", config.Prefix, i+1, err)
		}
		keys = append(keys, key)
	}
	ring, err := keyring.New(keys...)
	if err != nil {
		return keyring.Ring{}, fmt.Errorf("%sENCRYPTION_KEYS: %w", config.Prefix, err)
	}
	return ring, nil
}

// newLimiter returns the configured limiter; nil for none.
func (t *Tenancy) newLimiter(cfg config.Config, o Options) (runtime.Limiter, error) {
	var (
		shared runtime.Limiter
		err    error
	)
	options := redislimiter.Options{Prefix: cfg.RedisPrefix + ":limit:", Timeout: cfg.RedisTimeout}
	switch cfg.RateLimiter {
	case "local":
		return limiter.NewLocal(limiter.LocalOptions{}), nil
	case "exact":
		shared, err = redislimiter.New(t.Redis, options)
	case "gcra":
		shared, err = redislimiter.NewGCRA(t.Redis, options)
	default:
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var mode limiter.Mode
	if err := mode.UnmarshalText([]byte(cfg.RateLimitOnFailure)); err != nil {
		return nil, err
	}
	fallback := limiter.FallbackOptions{Mode: mode, Processes: cfg.RateLimitProcesses, Logger: o.Logger, Recorder: o.Recorder}
	return limiter.WithFallback(limiter.WithDenyCache(shared, 0), fallback), nil
}

// dropped is the audit writer of those who want none.
type dropped struct{}

func (dropped) WriteAudit(context.Context, runtime.AuditEntry) error { return nil }

// newAudit returns the configured writer of audit entries.
func (t *Tenancy) newAudit(ctx context.Context, cfg config.Config, o Options, ring keyring.Ring) (runtime.AuditWriter, error) {
	switch {
	case o.Audit != nil:
		return o.Audit, nil
	case cfg.Audit == "off":
		return dropped{}, nil
	case cfg.Audit == "log":
		return audit.Log{Logger: o.Logger}, nil
	}
	var err error
	if t.Trail, err = pgaudit.New(t.Admin, pgaudit.Options{Keys: ring}); err != nil {
		return nil, err
	}
	return t.Trail, t.Trail.Init(ctx)
}
