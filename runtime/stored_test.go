package runtime_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tenancygen/tenancygen/runtime"
)

func TestParseIdentifier(t *testing.T) {
	t.Parallel()
	for s, ok := range map[string]bool{
		"acme": true, "acme-corp": true, "a--b": true, "a1b": true, "a-1": true, strings.Repeat("a", 63): true,
		"": false, "ab": false, strings.Repeat("a", 64): false, "Acme": false, "acme\n": false, "\nacme": false, "acme-": false, "-acme": false,
		"1acme": false, "ac me": false, "ac.me": false, "ac_me": false, "acmé": false, "асме": false, "acme\u200b": false, "acme\x00": false,
		`a"; DROP SCHEMA public`: false, "../other": false, "a`b": false, "a]]b": false, "a/b": false, "xn--acme": false, "ab--cd": false,
		"www": false, "admin": false, "public": false, "pg-catalog": false, "con": false, "nul": false, "mysql": false,
		"acme ": false, "acme.": false, "İacme": false, "straße": false,
	} {
		got, err := runtime.ParseIdentifier(s)
		if (err == nil) != ok || err != nil && !errors.Is(err, runtime.ErrIdentifier) {
			t.Errorf("%q: %v", s, err)
		}
		if err == nil && got.String() != s || err != nil && !got.IsZero() {
			t.Errorf("%q became %q", s, got)
		}
		if err != nil && len(s) > 4 && strings.Contains(err.Error(), s) {
			t.Errorf("%q is repeated: %v", s, err)
		}
		var read runtime.Identifier
		if err := read.UnmarshalText([]byte(s)); (err == nil) != (ok || s == "") {
			t.Errorf("%q was read with %v", s, err)
		}
	}
}

// TestStatusChange holds every pair of statuses against the ways in the docstring.
func TestStatusChange(t *testing.T) {
	t.Parallel()
	legal := map[string]bool{
		"provisioning→active": true, "active→suspended": true, "suspended→active": true,
		"provisioning→deleting": true, "active→deleting": true, "suspended→deleting": true, "deleting→deleted": true,
		"active→deleted": true, "suspended→deleted": true,
	}
	for _, from := range runtime.Statuses() {
		for _, to := range runtime.Statuses() {
			err := from.Change(to)
			if want := from == to || legal[string(from)+"→"+string(to)]; (err == nil) != want {
				t.Errorf("%s→%s: %v", from, to, err)
			}
			var typed *runtime.TransitionError
			if err != nil && (!errors.Is(err, runtime.ErrTransition) || !errors.As(err, &typed) || typed.From != from || typed.To != to) {
				t.Errorf("%s→%s: not typed: %v", from, to, err)
			}
		}
	}
	for _, s := range []runtime.Status{"", "ACTIVE", "gone"} {
		if s.Valid() || s.Change(runtime.StatusActive) == nil || runtime.StatusActive.Change(s) == nil || s.Change(s) == nil {
			t.Errorf("%q counts as a status", s)
		}
	}
	if got := fmt.Sprint(runtime.StatusActive.Before()); got != "[provisioning active suspended]" {
		t.Errorf("before active: %s", got)
	}
}

func TestNewID(t *testing.T) {
	t.Parallel()
	rule := regexp.MustCompile(`\A[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\z`)
	seen := map[string]bool{}
	for range 10_000 {
		id := runtime.NewID()
		if !rule.MatchString(id) || seen[id] {
			t.Fatalf("%s is no new UUID of version 4", id)
		}
		seen[id] = true
	}
}

func TestTenantValidate(t *testing.T) {
	t.Parallel()
	good := runtime.Tenant{ID: runtime.NewID(), Identifier: runtime.MustIdentifier("acme"), Name: "Acme Ltd.", Status: runtime.StatusActive}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*runtime.Tenant){
		"no id":              func(t *runtime.Tenant) { t.ID = "" },
		"long id":            func(t *runtime.Tenant) { t.ID = strings.Repeat("x", 256) },
		"NUL in id":          func(t *runtime.Tenant) { t.ID = "a\x00b" },
		"no identifier":      func(t *runtime.Tenant) { t.Identifier = runtime.Identifier{} },
		"no name":            func(t *runtime.Tenant) { t.Name = "  " },
		"long name":          func(t *runtime.Tenant) { t.Name = strings.Repeat("x", 256) },
		"name of two lines":  func(t *runtime.Tenant) { t.Name = "Acme\nAUDIT ok" },
		"name of no letters": func(t *runtime.Tenant) { t.Name = "\xff" },
		"no status":          func(t *runtime.Tenant) { t.Status = "" },
		"other status":       func(t *runtime.Tenant) { t.Status = "ACTIVE" },
		"other strategy":     func(t *runtime.Tenant) { t.Strategy = "sharded" },
	} {
		bad := good
		spoil(&bad)
		if err := bad.Validate(); !errors.Is(err, runtime.ErrInvalidTenant) {
			t.Errorf("%s: %v", name, err)
		}
	}
	all := runtime.Tenant{Strategy: "x"}.Validate().Error()
	if n := strings.Count(all, ";"); n != 4 {
		t.Errorf("not all problems at once: %s", all)
	}
}

func TestMetadata(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", " ", "[1]", "null", `"x"`, "1", "{", `{"a":}`, `{} {}`, `{"_enc_k": hunter2}`} {
		if m, err := runtime.ParseMetadata([]byte(text)); !errors.Is(err, runtime.ErrMetadata) || m != (runtime.Metadata{}) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q was read as %v, %v", text, m, err)
		}
	}
	a, err := runtime.ParseMetadata([]byte(` {"b": 1, "a": {"x": 12345678901234567890}} `))
	if err != nil || a.JSON() != `{"a":{"x":12345678901234567890},"b":1}` {
		t.Fatal(a.JSON(), err)
	}
	b, err := runtime.NewMetadata(map[string]any{"b": 2, "_enc_key": "hunter2"})
	if err != nil {
		t.Fatal(err)
	}
	merged := a.Merge(b)
	if merged.JSON() != `{"_enc_key":"hunter2","a":{"x":12345678901234567890},"b":2}` || a.Merge(runtime.Metadata{}) != a || (runtime.Metadata{}).Merge(a) != a {
		t.Errorf("merged: %s", merged.JSON())
	}
	var n int
	if ok, err := merged.Get("b", &n); !ok || err != nil || n != 2 {
		t.Errorf("b: %v %v %v", n, ok, err)
	}
	if ok, err := merged.Get("none", &n); ok || err != nil {
		t.Errorf("none: %v %v", ok, err)
	}
	if ok, err := merged.Get("_enc_key", &n); !ok || !errors.Is(err, runtime.ErrMetadata) || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a string as a number: %v %v", ok, err)
	}
	tenant := runtime.Tenant{ID: "t", Metadata: merged, DatabaseURL: "postgres://u:hunter2@h/d"}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%t"} {
		for _, value := range []any{merged, tenant, []runtime.Tenant{tenant}, map[string]any{"x": merged}, struct{ M runtime.Metadata }{merged}, &tenant} {
			if out := fmt.Sprintf(verb, value); strings.Contains(out, "hunter2") {
				t.Errorf("%s of %T prints a secret: %s", verb, value, out)
			}
		}
	}
	for _, value := range []any{tenant, &tenant, []runtime.Tenant{tenant}, map[string]any{"t": tenant, "m": merged}, runtime.Page{Tenants: []runtime.Tenant{tenant}}} {
		text, err := json.Marshal(value)
		if err != nil || strings.Contains(string(text), "hunter2") || !strings.Contains(string(text), `"_enc_key":"***"`) {
			t.Errorf("the JSON of %T: %s, %v", value, text, err)
		}
	}
	text, err := json.Marshal(tenant)
	if want := `{"id":"t","identifier":"","name":"","status":"active","metadata":{"_enc_key":"***","a":{"x":12345678901234567890},"b":2},` +
		`"database_url":"***","version":0,"created_at":"0001-01-01T00:00:00Z","updated_at":"0001-01-01T00:00:00Z"}`; err != nil || string(text) != want {
		t.Errorf("shown as %s, %v", text, err)
	}
	// Nobody takes the mask for the secret.
	var back runtime.Tenant
	if err := json.Unmarshal(text, &back); !errors.Is(err, runtime.ErrTenantJSON) || back != (runtime.Tenant{}) {
		t.Errorf("read again: %v, %v", back, err)
	}
}

// TestMetadataStrings holds which strings are refused because a database could not
// hold them, wherever they stand.
func TestMetadataStrings(t *testing.T) {
	t.Parallel()
	for text, ok := range map[string]bool{
		`{"a":"é\u00e9\ud83d\ude00\ufffd"}`: true, `{"a":"\\u0000"}`: true, `{"a":"\"\\"}`: true, `{"a":"x\n"}`: true,
		`{"a":"\\\u0001"}`: true, "{\"a\":\"\ufffd\"}": true,
		`{"a":"\u0000"}`: false, `{"\u0000":1}`: false, `{"a":{"b":["\u0000"]}}`: false, `{"a":"\\\u0000"}`: false,
		`{"a":"\ud83d"}`: false, `{"a":"\ude00\ud83d"}`: false, `{"a":"\ud83dx"}`: false, `{"a":"\ud83d\ud83d"}`: false,
		"{\"a\":\"\xff\"}": false, "{\"\xff\":1}": false, "{\"a\":\"\x00\"}": false, `{"a":"\`: false, `{"a":"\u`: false, `{"a":"\u00`: false,
	} {
		m, err := runtime.ParseMetadata([]byte(text))
		if (err == nil) != ok || err != nil && !errors.Is(err, runtime.ErrMetadata) {
			t.Errorf("%s: %v", text, err)
		}
		if again, err := runtime.ParseMetadata([]byte(m.JSON())); err != nil || again != m {
			t.Errorf("%s: read again: %v", text, err)
		}
		// Whatever way it comes in.
		var value any
		if json.Unmarshal([]byte(text), &value) == nil && strings.Contains(text, "u0000") && !ok {
			if _, err := runtime.NewMetadata(value.(map[string]any)); !errors.Is(err, runtime.ErrMetadata) {
				t.Errorf("%s: made of values: %v", text, err)
			}
		}
	}
	good, err := runtime.ParseMetadata([]byte(`{"a":1}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := good.Map(func(string, json.RawMessage) (json.RawMessage, error) { return json.RawMessage(`"\u0000"`), nil }); !errors.Is(err, runtime.ErrMetadata) {
		t.Errorf("mapped to U+0000: %v", err)
	}
}

// Merging is what happens to maps, whatever the keys and values.
func TestMetadataMerge(t *testing.T) {
	t.Parallel()
	key := rapid.String().Filter(func(s string) bool { return !strings.Contains(s, "\x00") })
	values := rapid.MapOf(key, rapid.Int())
	rapid.Check(t, func(t *rapid.T) {
		a, b := values.Draw(t, "a"), values.Draw(t, "b")
		want := map[string]any{}
		for _, m := range []map[string]int{a, b} {
			for k, v := range m {
				want[k] = v
			}
		}
		wanted, err := runtime.NewMetadata(want)
		if err != nil {
			t.Fatal(err)
		}
		if got := of(t, a).Merge(of(t, b)); got != wanted {
			t.Fatalf("%s, want %s", got.JSON(), wanted.JSON())
		}
	})
}

func of(t *rapid.T, values map[string]int) runtime.Metadata {
	m := map[string]any{}
	for k, v := range values {
		m[k] = v
	}
	out, err := runtime.NewMetadata(m)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestReferenceMatches(t *testing.T) {
	t.Parallel()
	created := time.Date(2026, 11, 22, 10, 0, 0, 500_000_000, time.UTC)
	acme := runtime.MustIdentifier("acme")
	tenant := runtime.Tenant{ID: "t1", Identifier: acme, CreatedAt: created}
	for name, tc := range map[string]struct {
		r    runtime.Reference
		want bool
	}{
		"nothing":                    {runtime.Reference{Source: "header"}, false},
		"id":                         {runtime.Reference{ID: "t1"}, true},
		"another id":                 {runtime.Reference{ID: "t2"}, false},
		"identifier":                 {runtime.Reference{Identifier: acme}, true},
		"both":                       {runtime.Reference{ID: "t1", Identifier: acme}, true},
		"id and another identifier":  {runtime.Reference{ID: "t1", Identifier: runtime.MustIdentifier("other")}, false},
		"another id and identifier":  {runtime.Reference{ID: "t2", Identifier: acme}, false},
		"issued in the same second":  {runtime.Reference{Identifier: acme, Issued: created.Truncate(time.Second)}, true},
		"issued before it was there": {runtime.Reference{Identifier: acme, Issued: created.Add(-time.Second)}, false},
	} {
		if got := tc.r.Matches(tenant); got != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestAuditEntryValidate(t *testing.T) {
	t.Parallel()
	good := runtime.AuditEntry{TenantID: "t", Action: "invoice.delete", Resource: "invoice"}
	long := strings.Repeat("x", runtime.MaxAuditText+1)
	for name, c := range map[string]struct {
		change func(e *runtime.AuditEntry)
		ok     bool
	}{
		"the least":         {func(*runtime.AuditEntry) {}, true},
		"long user agent":   {func(e *runtime.AuditEntry) { e.UserAgent = strings.Repeat(long, 100) + "\x00\xff" }, true},
		"no tenant":         {func(e *runtime.AuditEntry) { e.TenantID = "" }, false},
		"tenant with NUL":   {func(e *runtime.AuditEntry) { e.TenantID = "t\x00" }, false},
		"tenant not UTF-8":  {func(e *runtime.AuditEntry) { e.TenantID = "t\xff" }, false},
		"no action":         {func(e *runtime.AuditEntry) { e.Action = "" }, false},
		"no resource":       {func(e *runtime.AuditEntry) { e.Resource = "" }, false},
		"long user":         {func(e *runtime.AuditEntry) { e.UserID = long }, false},
		"long resource id":  {func(e *runtime.AuditEntry) { e.ResourceID = long }, false},
		"year 10000":        {func(e *runtime.AuditEntry) { e.At = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }, false},
		"too much metadata": {func(e *runtime.AuditEntry) { e.Metadata = metadata(t, strings.Repeat(long, 65)) }, false},
	} {
		e := good
		c.change(&e)
		err := e.Validate()
		if (err == nil) != c.ok || err != nil && (!errors.Is(err, runtime.ErrInvalidAudit) || strings.Contains(err.Error(), "x")) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func metadata(t *testing.T, value string) runtime.Metadata {
	t.Helper()
	m, err := runtime.NewMetadata(map[string]any{"key": value})
	if err != nil {
		t.Fatal(err)
	}
	return m
}
