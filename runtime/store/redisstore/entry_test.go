package redisstore

import (
	"reflect"
	"testing"
	"time"

	"github.com/tenancygen/tenancygen/runtime"
)

// TestWire sees that an entry has every field of a tenant, also those to come, and the
// secrets as they are.
func TestWire(t *testing.T) {
	t.Parallel()
	metadata, err := runtime.NewMetadata(map[string]any{"plan": "pro", "_enc_key": "enc:1:x"})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 22, 10, 0, 0, 1000, time.UTC)
	tenant := runtime.Tenant{
		ID: "t1", Identifier: runtime.MustIdentifier("acme"), Name: "Acme", Status: runtime.StatusActive, Metadata: metadata,
		Strategy: runtime.StrategySchema, SchemaName: "acme", DatabaseURL: "enc:1:y", Version: 7, CreatedAt: now, UpdatedAt: now.Add(time.Second),
	}
	for i, v := 0, reflect.ValueOf(tenant); i < v.NumField(); i++ {
		if v.Field(i).IsZero() {
			t.Fatalf("this test has no value for the field %s", v.Type().Field(i).Name)
		}
	}
	raw, ok := encode(tenant, time.Minute)
	if !ok {
		t.Fatal("a tenant with every field is not kept: the form of entries lacks one")
	}
	back, ok := decode(raw, tenant.ID, time.Minute)
	if !ok || back.tenant != tenant {
		t.Errorf("read back as %v", back.tenant)
	}
}
