package cryptstore_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/tenancygen/tenancygen/internal/testredis"
	"github.com/tenancygen/tenancygen/runtime/store/memstore"
	"github.com/tenancygen/tenancygen/runtime/store/redisstore"
)

// TestNothingPlaintextInRedis is a part of attack case 75: with Redis below, nothing in it
// holds a secret, whichever way tenants came there; and keys rotate through it.
func TestNothingPlaintextInRedis(t *testing.T) {
	t.Parallel()
	prefix := strings.TrimSuffix(testredis.Prefix(t), ":")
	options, err := redis.ParseURL(testredis.URL(t))
	if err != nil {
		t.Fatal("the URL of the server cannot be read")
	}
	options.ContextTimeoutEnabled = true
	client := redis.NewClient(options)
	t.Cleanup(func() { _ = client.Close() })
	l2, err := redisstore.New(memstore.New(memstore.Options{}), client, redisstore.Options{Prefix: prefix})
	if err != nil {
		t.Fatal(err)
	}
	both := over(t, l2, "ba")
	for i := range 20 {
		tenant := create(t, over(t, l2, "a"), acme(t, fmt.Sprintf("t%d", i)))
		for name, read := range everyRead {
			current, err := both.Get(t.Context(), tenant.ID)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := read(t.Context(), both, current); err != nil && !strings.HasPrefix(name, "SetStatus") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	inRedis(t, client, prefix)
	if r, err := both.Rotate(t.Context(), nil); err != nil || r.Failed != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	inRedis(t, client, prefix)
	for i := range 20 {
		if got, err := over(t, l2, "b").Get(t.Context(), fmt.Sprintf("t%d", i)); err != nil || got.DatabaseURL != acme(t, got.ID).DatabaseURL {
			t.Errorf("%d: %v: %v", i, got, err)
		}
	}
	// Case 75: a tenant's entry that somebody puts in the place of another's is not read as
	// that one.
	for _, id := range []string{"t1", "t2"} {
		if _, err := both.Get(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	key, value := redisEntry(t, client, prefix, "t1")
	_, theirs := redisEntry(t, client, prefix, "t2")
	if key == "" || theirs == "" || value == theirs {
		t.Fatal("no entries were found to exchange")
	}
	if err := client.Set(t.Context(), key, theirs, 0).Err(); err != nil {
		t.Fatal(err)
	}
	if got, err := both.Get(t.Context(), "t1"); err == nil && (got.ID != "t1" || got.DatabaseURL != acme(t, "t1").DatabaseURL) {
		t.Errorf("another's entry is read: %v", got)
	}
}

// inRedis fails t where a value in Redis has a secret in it.
func inRedis(t *testing.T, client *redis.Client, prefix string) {
	t.Helper()
	seen := 0
	for key, value := range redisEntries(t, client, prefix) {
		if strings.Contains(value, canary) {
			t.Errorf("%s holds a secret", key)
		}
		seen += strings.Count(value, "enc:1:")
	}
	if seen == 0 {
		t.Error("nothing encrypted was found: the test looks in the wrong place")
	}
}

// redisEntry returns the key and the value of a tenant; empty for none.
func redisEntry(t *testing.T, client *redis.Client, prefix, id string) (key, value string) {
	t.Helper()
	for key, value := range redisEntries(t, client, prefix) {
		if strings.HasSuffix(strings.TrimSuffix(key, "}"), id) {
			return key, value
		}
	}
	return "", ""
}

func redisEntries(t *testing.T, client *redis.Client, prefix string) map[string]string {
	t.Helper()
	out := map[string]string{}
	keys := client.Scan(t.Context(), 0, prefix+":*", 1000).Iterator()
	for keys.Next(t.Context()) {
		value, err := client.Get(t.Context(), keys.Val()).Result()
		if err != nil {
			t.Fatal(keys.Val(), err)
		}
		out[keys.Val()] = value
	}
	if err := keys.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}
