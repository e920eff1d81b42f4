package config

import (
	"time"

	"github.com/tenancygen/tenancygen/runtime"
)

// Config is everything about the tenancy of an application that differs from one place
// where it runs to another. FromEnv fills it; a program that fills it by hand begins
// with Default and calls Validate.
type Config struct {
	// # The database

	// DatabaseURL is the PostgreSQL database of the application, with the role that the
	// application works as: "postgres://web:…@db/app".
	DatabaseURL URL `env:"DATABASE_URL" required:"true"`
	// DatabaseAdminURL is the same database with the role that keeps the tenants and the
	// audit trail, and makes and removes tenants' places. Without it the application's
	// role does that, and has to be allowed to: then a statement of a tenant could read
	// the names and secrets of all of them, if it were let through.
	DatabaseAdminURL URL `env:"DATABASE_ADMIN_URL"`
	// DatabaseMaxConns is the most connections that the pool of DatabaseURL has open.
	DatabaseMaxConns int `env:"DATABASE_MAX_CONNS" envDefault:"20" min:"1" max:"10000"`
	// DatabaseAdminMaxConns is that of DatabaseAdminURL. It serves look-ups of tenants that
	// no cache has, and audit entries.
	DatabaseAdminMaxConns int `env:"DATABASE_ADMIN_MAX_CONNS" envDefault:"5" min:"1" max:"10000"`
	// DatabaseConnectTimeout is how long opening one connection to a database may take.
	DatabaseConnectTimeout time.Duration `env:"DATABASE_CONNECT_TIMEOUT" envDefault:"5s" min:"100ms" max:"5m"`
	// DatabaseConnLifetime is the age at which a connection is closed and another one
	// opened, so that a change of the server's address is noticed.
	DatabaseConnLifetime time.Duration `env:"DATABASE_CONN_LIFETIME" envDefault:"1h" min:"1m" max:"168h"`

	// # Isolation

	// IsolationStrategy is what keeps tenants apart; docs/isolation.md compares them.
	IsolationStrategy runtime.Strategy `env:"ISOLATION_STRATEGY" envDefault:"rls" oneof:"row rls schema database prefix hybrid"`
	// PremiumTenants are the ids or identifiers of the tenants that have
	// PremiumStrategy. Only for the hybrid strategy, which without it gives
	// StandardStrategy to every tenant that stores none.
	PremiumTenants List `env:"PREMIUM_TENANTS"`
	// PremiumStrategy is the strategy of PremiumTenants, and may be stored with others.
	PremiumStrategy runtime.Strategy `env:"PREMIUM_STRATEGY" envDefault:"schema" oneof:"row rls schema database prefix"`
	// StandardStrategy is the strategy of all other tenants under the hybrid strategy;
	// it has to be another one than PremiumStrategy.
	StandardStrategy runtime.Strategy `env:"STANDARD_STRATEGY" envDefault:"rls" oneof:"row rls schema database prefix"`

	// TenantDatabaseURLTemplate is where tenants' databases are, with {database} in the
	// place of the name: "postgres://web:…@tenants/{database}". Without it they are
	// where DatabaseURL is. Like the next three, it is for the strategy database, also
	// as a tier of hybrid.
	TenantDatabaseURLTemplate URL `env:"TENANT_DATABASE_URL_TEMPLATE"`
	// TenantDatabaseMaxPools is how many tenants' pools are kept open.
	TenantDatabaseMaxPools int `env:"TENANT_DATABASE_MAX_POOLS" envDefault:"100" min:"1" max:"10000"`
	// TenantDatabaseMaxConns is the most connections that all tenants' pools have open
	// together.
	TenantDatabaseMaxConns int `env:"TENANT_DATABASE_MAX_CONNS" envDefault:"50" min:"1" max:"10000"`
	// TenantDatabaseIdleTime is the time after which a tenant's unused pool is closed.
	TenantDatabaseIdleTime time.Duration `env:"TENANT_DATABASE_IDLE_TIME" envDefault:"5m" min:"1s" max:"24h"`

	// # Redis

	// RedisURL is the Redis that processes share: "rediss://:…@redis:6379/0". Without
	// one there is no second cache, no limiter over all processes, and a suspension
	// reaches other processes when CacheTTL is over.
	RedisURL URL `env:"REDIS_URL"`
	// RedisPrefix is what all keys and channels begin with: 1 to 64 letters, digits, "-" and
	// "_". Two applications on one Redis need different ones.
	RedisPrefix string `env:"REDIS_PREFIX" envDefault:"tenancy"`
	// RedisTimeout is how long a call to Redis, or a connection to it, may take.
	RedisTimeout time.Duration `env:"REDIS_TIMEOUT" envDefault:"250ms" min:"10ms" max:"10s"`

	// # The cache of tenants

	// CacheSize is how many tenants each process keeps in memory, 10 or more; 0 keeps
	// none. At the start it is filled with the newest tenants that are active.
	CacheSize int `env:"CACHE_SIZE" envDefault:"1000" min:"0" max:"100000"`
	// CacheTTL is how long a process believes what it has in memory. A suspension of
	// which the message is lost is effective everywhere after it.
	CacheTTL time.Duration `env:"CACHE_TTL" envDefault:"1m" min:"1s" max:"1h"`
	// CacheNegativeTTL is how long a process remembers that there is no such tenant, up to
	// CacheTTL.
	CacheNegativeTTL time.Duration `env:"CACHE_NEGATIVE_TTL" envDefault:"1s" min:"1ms" max:"1h"`
	// CacheRedisTTL is how long Redis keeps a tenant for all processes; 0 keeps none.
	CacheRedisTTL time.Duration `env:"CACHE_REDIS_TTL" envDefault:"1h" min:"0s" max:"168h"`
	// CacheRedisFresh is how long what Redis has is believed, up to CacheRedisTTL. Older
	// than that, the database is asked whether it is still so, and only while it does not
	// answer is what Redis has good enough.
	CacheRedisFresh time.Duration `env:"CACHE_REDIS_FRESH" envDefault:"1m" min:"1s" max:"168h"`

	// # The rate limiter

	// RateLimiter is what counts the calls of tenants. "exact" and "gcra" count in Redis, for
	// all processes together: the first keeps the time of each call within the window, the
	// second less than a hundred bytes for each tenant, and is not exact. "local" is exact
	// and counts in this process alone.
	RateLimiter string `env:"RATE_LIMITER" envDefault:"off" oneof:"off exact gcra local"`
	// RateLimit is how many calls a tenant has in each RateLimitWindow, unless its
	// metadata say otherwise under the key "rate_limit". With 0 only those tenants have a
	// limit.
	RateLimit int `env:"RATE_LIMIT" envDefault:"100" min:"0" max:"10000000"`
	// RateLimitWindow is the length of time that RateLimit is for. It slides.
	RateLimitWindow time.Duration `env:"RATE_LIMIT_WINDOW" envDefault:"1m" min:"1ms" max:"168h"`
	// RateLimitOnFailure is what happens to a call when Redis does not answer: it is
	// refused ("closed"), let through ("open"), or counted in this process alone
	// ("local").
	RateLimitOnFailure string `env:"RATE_LIMIT_ON_FAILURE" envDefault:"local" oneof:"closed open local"`
	// RateLimitProcesses is how many processes there are, each of which has its part of
	// the limit while Redis does not answer. Only for RateLimitOnFailure "local".
	RateLimitProcesses int `env:"RATE_LIMIT_PROCESSES" envDefault:"1" min:"1" max:"10000"`

	// # Whose request it is

	// Resolvers are the ways in which a request may say whose it is: header, subdomain,
	// path, jwt, and custom for one that the program brings. Where several are given,
	// all that find something have to agree. None is for programs without requests.
	Resolvers List `env:"RESOLVERS" each:"header subdomain path jwt custom"`
	// TenantForm is what the resolvers "header" and "path" read: the tenant's identifier or
	// its id.
	TenantForm string `env:"TENANT_FORM" envDefault:"identifier" oneof:"identifier id"`
	// HeaderName is the header of the resolver "header". Anybody can send one, so check
	// with a membership hook, or a token beside it, who may.
	HeaderName string `env:"HEADER_NAME" envDefault:"X-Tenant-ID"`
	// DomainSuffix is the domain of which tenants are subdomains, as "app.example.com".
	// The resolver "subdomain" requires it.
	DomainSuffix string `env:"DOMAIN_SUFFIX"`
	// PathPrefix is what stands before the tenant in paths, for the resolver "path".
	PathPrefix string `env:"PATH_PREFIX" envDefault:"/tenants"`
	// NeutralHosts are the names below DomainSuffix that are the application's own and no
	// tenant's, such as "api.app.example.com".
	NeutralHosts List `env:"NEUTRAL_HOSTS"`
	// TrustedProxies are the addresses, or networks such as 10.0.0.0/8, of the proxies
	// that the resolver "subdomain" believes when they say which host was asked for.
	TrustedProxies Networks `env:"TRUSTED_PROXIES"`
	// ForwardedHeader is the header in which TrustedProxies say it.
	ForwardedHeader string `env:"FORWARDED_HEADER" envDefault:"X-Forwarded-Host" oneof:"X-Forwarded-Host Forwarded"`
	// ExcludedPaths are the paths that need no tenant, with all below them: "/health"
	// is for /health and /health/live, and not for /healthcare.
	ExcludedPaths List `env:"EXCLUDED_PATHS"`

	// JWTKeys are what the resolver "jwt" verifies tokens with, which requires one: for
	// HS256 and its kin a secret in base64, as long as the hash or longer, and otherwise a
	// public key in PEM. A key with a name, as in name:key, is for the tokens whose header
	// "kid" is that name, and one without for those that have no "kid". For a rotation,
	// put the new key beside the old one before the issuer signs with it.
	JWTKeys Secrets `env:"JWT_KEYS"`
	// JWTAlgorithm is the one algorithm that tokens are signed with.
	JWTAlgorithm string `env:"JWT_ALGORITHM" envDefault:"HS256" oneof:"HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA"`
	// JWTAudience is what the claim "aud" of a token has to hold. The resolver "jwt"
	// requires it.
	JWTAudience string `env:"JWT_AUDIENCE"`
	// JWTIssuer is what the claim "iss" of a token has to be. The resolver "jwt"
	// requires it.
	JWTIssuer string `env:"JWT_ISSUER"`
	// JWTTenantClaim is the claim that holds the tenant.
	JWTTenantClaim string `env:"JWT_TENANT_CLAIM" envDefault:"tenant_id"`
	// JWTTenantForm is what that claim holds. An identifier can become another tenant's, so
	// a token with one has to say when it was issued ("iat").
	JWTTenantForm string `env:"JWT_TENANT_FORM" envDefault:"id" oneof:"id identifier"`
	// JWTLeeway is how far the clocks of the issuer and of this process may be apart.
	JWTLeeway time.Duration `env:"JWT_LEEWAY" envDefault:"10s" min:"0s" max:"2m"`

	// # Tenants

	// MaxTenants is how many tenants there may be that are not deleted; 0 is any number.
	MaxTenants int `env:"MAX_TENANTS" envDefault:"0" min:"0" max:"100000000"`
	// RecheckInterval is how often the tenants of requests that take long are looked at
	// again. A message over Redis makes it faster.
	RecheckInterval time.Duration `env:"RECHECK_INTERVAL" envDefault:"30s" min:"1s" max:"10m"`
	// DrainTimeout is how long a tenant's requests are waited for before its data is
	// destroyed, and after a suspension that asks for it.
	DrainTimeout time.Duration `env:"DRAIN_TIMEOUT" envDefault:"30s" min:"1ms" max:"1h"`

	// # Secrets at rest

	// EncryptionKeys are for what is secret about a tenant in the store: 32 random bytes
	// or more each, in base64, as "openssl rand -base64 32" prints them. The first
	// encrypts, all decrypt. Without one nothing is encrypted.
	EncryptionKeys Secrets `env:"ENCRYPTION_KEYS"`

	// # Audit

	// Audit is where audit entries go: "log" is the logger at level INFO, "postgres" a
	// table that only grows.
	Audit string `env:"AUDIT" envDefault:"log" oneof:"off log postgres"`
	// AuditOnFailure is what happens when an audit entry cannot be written: the call
	// returns an error ("error"), though what the entry tells of has happened, or the entry
	// is logged at level ERROR ("log"). Both are counted.
	AuditOnFailure string `env:"AUDIT_ON_FAILURE" envDefault:"error" oneof:"error log"`
}
