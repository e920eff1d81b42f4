package pgtenancy_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/config"
	"github.com/tenancygen/tenancygen/runtime/keyring"
	"github.com/tenancygen/tenancygen/runtime/manager"
	"github.com/tenancygen/tenancygen/runtime/resolver/jwtresolver"
	"github.com/tenancygen/tenancygen/runtime/store/cachestore"
	"github.com/tenancygen/tenancygen/runtime/store/cryptstore"
	"github.com/tenancygen/tenancygen/runtime/store/memstore"
	"github.com/tenancygen/tenancygen/runtime/store/redisstore"
)

// TestNothingPrintsSecrets is attack case 75: whatever is formatted or logged, with
// whatever verb and handler, no secret of a tenant is in it.
func TestNothingPrintsSecrets(t *testing.T) {
	t.Parallel()
	const password = "hunter2hunter2hunter2hunter2hunter2"
	metadata, err := runtime.NewMetadata(map[string]any{"_enc_k": password})
	if err != nil {
		t.Fatal(err)
	}
	tenant := runtime.Tenant{
		ID: "t1", Identifier: runtime.MustIdentifier("acme"), Name: "Acme", Status: runtime.StatusActive,
		Metadata: metadata, DatabaseURL: "postgres://u:" + password + "@h/d",
	}
	key, err := keyring.NewKey([]byte(password))
	if err != nil {
		t.Fatal(err)
	}
	ring, err := keyring.New(key)
	if err != nil {
		t.Fatal(err)
	}
	memory := memstore.New(memstore.Options{})
	if _, err := memory.Create(t.Context(), tenant, 0); err != nil {
		t.Fatal(err)
	}
	cache, err := cachestore.New(memory, cachestore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cache.Get(t.Context(), tenant.ID); err != nil {
		t.Fatal(err)
	}
	crypt, err := cryptstore.New(memory, cryptstore.Options{Keys: ring})
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(&redis.Options{Addr: "localhost:1", Password: password, ContextTimeoutEnabled: true})
	defer func() { _ = client.Close() }()
	second, err := redisstore.New(memory, client, redisstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	m, err := manager.New(manager.Options{Store: cache})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := jwtresolver.NewKeySet("HS256", map[string]any{"": []byte(password)})
	if err != nil {
		t.Fatal(err)
	}
	cfg := config.Default()
	cfg.DatabaseURL = config.NewURL("postgres://u:" + password + "@h/d?password=" + password)
	cfg.JWTKeys = config.Secrets{config.NewSecret(password)}
	values := []any{
		tenant, &tenant, metadata, []runtime.Tenant{tenant}, map[string]runtime.Metadata{"m": metadata}, runtime.Page{Tenants: []runtime.Tenant{tenant}}, runtime.Event{Kind: runtime.EventUpdated, Tenant: tenant},
		runtime.AuditEntry{Metadata: metadata}, manager.Registration{Metadata: metadata, DatabaseURL: tenant.DatabaseURL},
		key, ring, memory, cache, crypt, second, m, keys, cfg, &cfg,
	}
	for _, value := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			if out := fmt.Sprintf(verb, value); strings.Contains(out, "hunter2") || strings.Contains(out, "68756e746572") || strings.Contains(out, "104 117 110 116") {
				t.Errorf("%s of %T: %s", verb, value, out)
			}
		}
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Info("it", "value", value)
		slog.New(slog.NewTextHandler(&log, nil)).Info("it", "value", value)
		if strings.Contains(log.String(), "hunter2") {
			t.Errorf("the log of %T: %s", value, log.String())
		}
	}
}
