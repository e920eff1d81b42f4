package config_test

import (
	"errors"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/config"
)

const databaseURL = "TENANCY_DATABASE_URL=postgres://web:pw@db/app"

// variables returns the names of all variables.
func variables(t *testing.T) []string {
	t.Helper()
	var out []string
	for field := range reflect.TypeFor[config.Config]().Fields() {
		name := field.Tag.Get("env")
		if name == "" {
			t.Fatalf("field %s has no variable", field.Name)
		}
		out = append(out, config.Prefix+name)
	}
	return out
}

// problems returns what Parse finds wrong, by variable.
func problems(t *testing.T, environ ...string) map[string]string {
	t.Helper()
	_, err := config.Parse(environ)
	if err == nil {
		return nil
	}
	var all *config.Error
	if !errors.As(err, &all) {
		t.Fatalf("%T: %v", err, err)
	}
	out := map[string]string{}
	for _, p := range all.Problems {
		if out[p.Variable] != "" {
			t.Errorf("two problems of %s: %s; %s", p.Variable, out[p.Variable], p.Text)
		}
		out[p.Variable] = p.Text
		if !strings.Contains(err.Error(), p.Variable+": "+p.Text) {
			t.Errorf("the error leaves out %v: %v", p, err)
		}
	}
	return out
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	c, err := config.Parse([]string{databaseURL, "PATH=/bin", "TENANCY_TEST_POSTGRES_URL=x", "TENANCY_REQUIRE_SERVERS=1"})
	if err != nil {
		t.Fatal(err)
	}
	byHand := config.Default()
	byHand.DatabaseURL = config.NewURL("postgres://web:pw@db/app")
	if diff := cmp.Diff(byHand, c); diff != "" {
		t.Errorf("(-Default +Parse):\n%s", diff)
	}
	if c.DatabaseMaxConns != 20 || c.IsolationStrategy != runtime.StrategyRLS || c.CacheTTL != time.Minute || c.HeaderName != "X-Tenant-ID" || c.RateLimiter != "off" {
		t.Errorf("%+v", c)
	}
}

// TestValues is regression 22 (sizes and times come from the environment) and 25 (the
// times of the two caches are two fields), and that lists are lists of names.
func TestValues(t *testing.T) {
	t.Parallel()
	c, err := config.Parse([]string{
		databaseURL, "TENANCY_CACHE_SIZE=77", "TENANCY_CACHE_TTL=7s", "TENANCY_CACHE_REDIS_TTL=70m",
		"TENANCY_ISOLATION_STRATEGY=hybrid", "TENANCY_PREMIUM_TENANTS= acme , ,beta-co", "TENANCY_PREMIUM_STRATEGY=database",
		"TENANCY_TRUSTED_PROXIES=10.1.2.3/8,::1", "TENANCY_ENCRYPTION_KEYS=first, second",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := config.Default()
	want.DatabaseURL = config.NewURL("postgres://web:pw@db/app")
	want.CacheSize, want.CacheTTL, want.CacheRedisTTL = 77, 7*time.Second, 70*time.Minute
	want.IsolationStrategy, want.PremiumStrategy = runtime.StrategyHybrid, runtime.StrategyDatabase
	want.PremiumTenants = config.List{"acme", "beta-co"}
	want.TrustedProxies = config.Networks{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	want.EncryptionKeys = config.Secrets{config.NewSecret("first"), config.NewSecret("second")}
	if diff := cmp.Diff(want, c, cmpopts.EquateComparable(netip.Prefix{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestBounds has every field that has bounds, or a list of words, refuse what is outside,
// and take what is on the edge.
func TestBounds(t *testing.T) {
	t.Parallel()
	for field := range reflect.TypeFor[config.Config]().Fields() {
		name := config.Prefix + field.Tag.Get("env")
		var good, bad []string
		switch field.Type {
		case reflect.TypeFor[int](), reflect.TypeFor[time.Duration]():
			good = []string{field.Tag.Get("min"), field.Tag.Get("max")}
			bad = []string{"-1", "-1s", "x", "99999999999", "2000000h", "1.5", "0x10"}
		case reflect.TypeFor[config.URL]():
			bad = []string{"garbage", "mysql://db/app", "postgresql+asyncpg://db/app", "host=db", "postgres://%zz", "postgres://web:p@ss@db/app", "redis://:1/2@redis/@0"}
		case reflect.TypeFor[config.Networks]():
			bad = []string{"10.0.0.0/33", "proxy.example", "fe80::1%eth0"}
		}
		if words := field.Tag.Get("oneof"); words != "" {
			good, bad = strings.Fields(words), []string{"other", strings.ToUpper(strings.Fields(words)[0]) + "x", words}
		}
		if words := field.Tag.Get("each"); words != "" {
			bad = []string{"other", "header,other", "header,header", "header jwt"}
		}
		for _, value := range good {
			if text := problems(t, databaseURL, name+"="+value)[name]; strings.HasPrefix(text, "has to be") && !strings.Contains(text, "another") {
				t.Errorf("%s=%s: %s", name, value, text)
			}
		}
		for _, value := range bad {
			if problems(t, databaseURL, name+"="+value)[name] == "" {
				t.Errorf("%s=%s is accepted", name, value)
			}
		}
		if field.Type.Kind() == reflect.Int && len(good) == 0 {
			t.Errorf("%s has no bounds", name)
		}
	}
}

// TestTogether is what no field says alone. Regression 40 is the template without a
// placeholder.
func TestTogether(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		set      string
		variable string // with the problem; none for what is valid
	}{
		{"", "DATABASE_URL"},
		{"TENANT_DATABASE_URL_TEMPLATE=postgres://db/app ISOLATION_STRATEGY=database", "TENANT_DATABASE_URL_TEMPLATE"},
		{"TENANT_DATABASE_URL_TEMPLATE=postgres://db/{database} ISOLATION_STRATEGY=schema", "TENANT_DATABASE_URL_TEMPLATE"},
		{"TENANT_DATABASE_URL_TEMPLATE=postgres://db/{database} ISOLATION_STRATEGY=database", ""},
		{"TENANT_DATABASE_URL_TEMPLATE=postgres://db/{database} ISOLATION_STRATEGY=hybrid PREMIUM_STRATEGY=database", ""},
		{"ISOLATION_STRATEGY=hybrid PREMIUM_STRATEGY=rls", "PREMIUM_STRATEGY"},
		{"ISOLATION_STRATEGY=hybrid PREMIUM_STRATEGY=hybrid", "PREMIUM_STRATEGY"},
		{"PREMIUM_TENANTS=acme", "PREMIUM_TENANTS"},
		{"RATE_LIMITER=exact", "REDIS_URL"},
		{"RATE_LIMITER=gcra", "REDIS_URL"},
		{"RATE_LIMITER=local", ""},
		{"RATE_LIMITER=exact REDIS_URL=redis://r", ""},
		{"REDIS_PREFIX=a:b", "REDIS_PREFIX"},
		{"CACHE_REDIS_FRESH=2h", "CACHE_REDIS_FRESH"},
		{"CACHE_REDIS_FRESH=2h CACHE_REDIS_TTL=0", ""},
		{"CACHE_SIZE=9", "CACHE_SIZE"},
		{"CACHE_NEGATIVE_TTL=2m", "CACHE_NEGATIVE_TTL"},
		{"CACHE_NEGATIVE_TTL=2m CACHE_SIZE=0", ""},
		{"RESOLVERS=jwt JWT_AUDIENCE=a JWT_ISSUER=i", "JWT_KEYS"},
		{"RESOLVERS=jwt JWT_KEYS=k JWT_ISSUER=i", "JWT_AUDIENCE"},
		{"RESOLVERS=jwt JWT_KEYS=k JWT_AUDIENCE=a", "JWT_ISSUER"},
		{"RESOLVERS=jwt,header JWT_KEYS=k JWT_AUDIENCE=a JWT_ISSUER=i", ""},
		{"RESOLVERS=subdomain", "DOMAIN_SUFFIX"},
		{"RESOLVERS=subdomain DOMAIN_SUFFIX=app.example.com", ""},
		{"RESOLVERS=path PATH_PREFIX=tenants", "PATH_PREFIX"},
		{"EXCLUDED_PATHS=/health,ready", "EXCLUDED_PATHS"},
	} {
		environ := []string{databaseURL}
		for set := range strings.FieldsSeq(test.set) {
			environ = append(environ, config.Prefix+set)
		}
		want := map[string]bool{}
		if test.variable != "" {
			want[config.Prefix+test.variable] = true
		}
		if test.set == "" {
			environ = nil
		}
		got := map[string]bool{}
		for name := range problems(t, environ...) {
			got[name] = true
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.set, diff)
		}
	}
}

// TestAllAtOnce has one error for all that is wrong, of every kind.
func TestAllAtOnce(t *testing.T) {
	t.Parallel()
	got := problems(t, "TENANCY_CACHE_SIZE=many", "TENANCY_CACHE_TTL=1ms", "TENANCY_REDIS_ULR=redis://r", "TENANCY_RATE_LIMITER=exact", "TENANCY_TRUSTED_PROXIES=x")
	want := map[string]string{
		"TENANCY_CACHE_SIZE":      "has to be a whole number from 0 to 100000",
		"TENANCY_CACHE_TTL":       "has to be a duration from 1s to 1h",
		"TENANCY_REDIS_ULR":       "there is no such variable; did you mean TENANCY_REDIS_URL?",
		"TENANCY_REDIS_URL":       "is required by TENANCY_RATE_LIMITER=exact",
		"TENANCY_TRUSTED_PROXIES": "has to be addresses or networks, with commas between them",
		"TENANCY_DATABASE_URL":    "is required",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestUnknown is that a misspelt variable is an error and names what was meant.
func TestUnknown(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"TENANCY_DATABASE_UR":        "TENANCY_DATABASE_URL",
		"TENANCY_CACHETTL":           "TENANCY_CACHE_TTL",
		"TENANCY_RATE_LIMIT_WINDOWS": "TENANCY_RATE_LIMIT_WINDOW",
		"TENANCY_ENCRYPTION_KEY":     "TENANCY_ENCRYPTION_KEYS",
		"TENANCY_TESTS":              "",
		"TENANCY_WHATEVER":           "",
		"TENANCY_":                   "",
	} {
		text := problems(t, databaseURL, name+"=hunter2")[name]
		if !strings.HasPrefix(text, "there is no such variable") || strings.Contains(text, "hunter") {
			t.Errorf("%s: %q", name, text)
		}
		if _, near, _ := strings.Cut(text, "; did you mean "); strings.TrimSuffix(near, "?") != want {
			t.Errorf("%s: %q, want %q", name, text, want)
		}
	}
	if got := problems(t, databaseURL, "tenancy_cache_tll=1", "XTENANCY_A=1", "TENANCY_TEST_X=1"); got != nil {
		t.Errorf("variables of others: %v", got)
	}
	names := variables(t)
	slices.Sort(names)
	if len(slices.Compact(names)) != reflect.TypeFor[config.Config]().NumField() {
		t.Errorf("two fields have one variable")
	}
}

// TestFromEnv reads the process's environment. It cannot be parallel.
func TestFromEnv(t *testing.T) {
	t.Setenv("TENANCY_DATABASE_URL", "postgres://web:pw@db/app")
	t.Setenv("TENANCY_MAX_TENANTS", "3")
	c, err := config.FromEnv()
	if err != nil || c.MaxTenants != 3 {
		t.Errorf("%d, %v", c.MaxTenants, err)
	}
}
