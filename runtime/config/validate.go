package config

import (
	"fmt"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tenancygen/tenancygen/runtime"
)

// Problem is one thing that is wrong with a configuration.
type Problem struct {
	// Variable is the name of the variable, with the prefix.
	Variable string
	// Text says what is allowed, or missing. It never repeats the value.
	Text string
}

// Error is what is wrong with a configuration.
type Error struct{ Problems []Problem }

// Error lists all problems, a line each.
func (e *Error) Error() string {
	lines := []string{"tenancy: the configuration is not valid:"}
	for _, p := range e.Problems {
		lines = append(lines, "  "+p.Variable+": "+p.Text)
	}
	return strings.Join(lines, "\n")
}

func asError(problems []Problem) error {
	if len(problems) == 0 {
		return nil
	}
	return &Error{Problems: problems}
}

// Validate returns nil for a Config that can be used, and otherwise an *Error with all
// problems at once. It opens and asks nothing.
func (c Config) Validate() error { return asError(c.problems()) }

func (c Config) problems() []Problem {
	var out []Problem
	v := reflect.ValueOf(c)
	for field, value := range v.Fields() {
		if text := check(field, value); text != "" {
			out = append(out, Problem{Variable: variable(field), Text: text})
		}
	}
	return append(out, c.together()...)
}

// variable returns the name of a field's variable.
func variable(field reflect.StructField) string { return Prefix + field.Tag.Get("env") }

// check returns what is wrong with the value of one field, by its tags.
func check(field reflect.StructField, value reflect.Value) string {
	wrong := "has to be " + allowed(field)
	switch v := value.Interface().(type) {
	case URL:
		if v.IsZero() && field.Tag.Get("required") != "" {
			return "is required"
		}
		// Parsers differ in which of several ends the password, so that a part of one could
		// become a host, or a database, which errors name.
		if strings.Count(v.Reveal(), "@") > 1 {
			return "has an @ too many: in a user or password it has to be written as %40"
		}
		if _, err := url.Parse(v.Reveal()); err != nil || !v.IsZero() && !slices.Contains(schemes(field), v.scheme()) {
			return wrong
		}
	case int:
		low, high := bounds(field, strconv.Atoi)
		if v < low || v > high {
			return wrong
		}
	case time.Duration:
		low, high := bounds(field, time.ParseDuration)
		if v < low || v > high {
			return wrong
		}
	case List:
		names, restricted := field.Tag.Lookup("each")
		if restricted && slices.ContainsFunc(v, func(name string) bool { return !slices.Contains(strings.Fields(names), name) }) {
			return wrong
		}
	default:
		names, restricted := field.Tag.Lookup("oneof")
		if restricted && !slices.Contains(strings.Fields(names), value.String()) {
			return wrong
		}
	}
	return ""
}

// schemes returns the schemes of a field that is a URL.
func schemes(field reflect.StructField) []string {
	if strings.HasPrefix(field.Name, "Redis") {
		return redisSchemes
	}
	return postgresSchemes
}

// bounds reads the least and the greatest value of a field. Every number has both: a test
// holds the tags to that.
func bounds[T any](field reflect.StructField, parse func(string) (T, error)) (low, high T) {
	low, errLow := parse(field.Tag.Get("min"))
	high, errHigh := parse(field.Tag.Get("max"))
	if errLow != nil || errHigh != nil {
		panic("the bounds of " + field.Name)
	}
	return low, high
}

// allowed says in words which values a field takes.
func allowed(field reflect.StructField) string {
	from, to := field.Tag.Get("min"), field.Tag.Get("max")
	switch reflect.Zero(field.Type).Interface().(type) {
	case URL:
		return "a URL that begins with " + strings.Join(schemes(field), "://, ") + "://"
	case int:
		return "a whole number from " + from + " to " + to
	case time.Duration:
		return "a duration from " + from + " to " + to
	case Networks:
		return "addresses or networks, with commas between them"
	case Secrets:
		return "secrets, with commas between them"
	case List:
		if names, restricted := field.Tag.Lookup("each"); restricted {
			return "any of " + strings.ReplaceAll(names, " ", ", ") + ", with commas between them"
		}
		return "names, with commas between them"
	}
	if names, restricted := field.Tag.Lookup("oneof"); restricted {
		return "one of " + strings.ReplaceAll(names, " ", ", ")
	}
	return "a text"
}

var prefixRule = regexp.MustCompile(`\A[A-Za-z0-9_-]{1,64}\z`)

// Uses reports whether tenants can have a strategy: it is the strategy, or that of a tier.
func (c Config) Uses(s runtime.Strategy) bool {
	if c.IsolationStrategy == runtime.StrategyHybrid {
		return c.PremiumStrategy == s || c.StandardStrategy == s
	}
	return c.IsolationStrategy == s
}

// together returns what is wrong with fields that say nothing alone.
func (c Config) together() []Problem {
	var out []Problem
	require := func(need bool, missing bool, name, why string) {
		if need && missing {
			out = append(out, Problem{Variable: Prefix + name, Text: why})
		}
	}
	hybrid := c.IsolationStrategy == runtime.StrategyHybrid
	require(hybrid, c.PremiumStrategy == c.StandardStrategy, "PREMIUM_STRATEGY", "has to be another one than "+Prefix+"STANDARD_STRATEGY")
	require(!hybrid, len(c.PremiumTenants) > 0, "PREMIUM_TENANTS", "is for "+Prefix+"ISOLATION_STRATEGY=hybrid only")
	template := c.TenantDatabaseURLTemplate.Reveal()
	require(template != "", strings.Count(template, "{database}") != 1, "TENANT_DATABASE_URL_TEMPLATE", "needs {database} in the place of the name, once")
	require(template != "", !c.Uses(runtime.StrategyDatabase), "TENANT_DATABASE_URL_TEMPLATE", "is for the strategy database only")

	limits := c.RateLimiter == "exact" || c.RateLimiter == "gcra"
	require(limits, c.RedisURL.IsZero(), "REDIS_URL", fmt.Sprintf("is required by %sRATE_LIMITER=%s", Prefix, c.RateLimiter))
	require(c.CacheSize != 0, c.CacheSize > 0 && c.CacheSize < 10, "CACHE_SIZE", "has to be 0, or 10 and more")
	require(c.CacheSize != 0, c.CacheNegativeTTL > c.CacheTTL, "CACHE_NEGATIVE_TTL", "is longer than "+Prefix+"CACHE_TTL")

	require(true, !prefixRule.MatchString(c.RedisPrefix), "REDIS_PREFIX", "has to be 1 to 64 letters, digits, - and _")
	require(c.CacheRedisTTL != 0, c.CacheRedisFresh > c.CacheRedisTTL, "CACHE_REDIS_FRESH", "is longer than "+Prefix+"CACHE_REDIS_TTL")
	jwt := slices.Contains(c.Resolvers, "jwt")
	require(jwt, len(c.JWTKeys) == 0, "JWT_KEYS", "is required by the resolver jwt")
	require(jwt, c.JWTAudience == "", "JWT_AUDIENCE", "is required by the resolver jwt")
	require(jwt, c.JWTIssuer == "", "JWT_ISSUER", "is required by the resolver jwt")
	require(jwt, c.JWTTenantClaim == "", "JWT_TENANT_CLAIM", "is required by the resolver jwt")
	require(slices.Contains(c.Resolvers, "subdomain"), c.DomainSuffix == "", "DOMAIN_SUFFIX", "is required by the resolver subdomain")
	require(slices.Contains(c.Resolvers, "header"), c.HeaderName == "", "HEADER_NAME", "is required by the resolver header")
	require(slices.Contains(c.Resolvers, "path"), !strings.HasPrefix(c.PathPrefix, "/"), "PATH_PREFIX", "has to begin with /")
	seen := map[string]bool{}
	for _, name := range c.Resolvers {
		require(true, seen[name], "RESOLVERS", "names a resolver twice")
		seen[name] = true
	}
	relative := slices.ContainsFunc(c.ExcludedPaths, func(p string) bool { return !strings.HasPrefix(p, "/") })
	require(true, relative, "EXCLUDED_PATHS", "have to begin with /")
	return out
}
