package audit_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/audit"
)

func metadata(t testing.TB, text string) runtime.Metadata {
	t.Helper()
	m, err := runtime.ParseMetadata([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func entry() runtime.AuditEntry {
	return runtime.AuditEntry{TenantID: "acme", Action: "invoice.delete", Resource: "invoice", ResourceID: "7"}
}

// TestP13DefaultLogsAtInfo is promise P13: the default writes at INFO, with who did what
// to what.
func TestP13DefaultLogsAtInfo(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	e := entry()
	e.UserID = "u1"
	if err := (audit.Log{Logger: slog.New(slog.NewJSONHandler(&out, nil))}).WriteAudit(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	delete(got, "time")
	want := map[string]any{"level": "INFO", "msg": "audit", "audit": map[string]any{
		"tenant": "acme", "user": "u1", "action": "invoice.delete", "resource": "invoice", "resource_id": "7",
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestDefaultLogger is not parallel: it replaces slog's default.
func TestDefaultLogger(t *testing.T) {
	var out bytes.Buffer
	before := slog.Default()
	defer slog.SetDefault(before)
	slog.SetDefault(slog.New(slog.NewTextHandler(&out, nil)))
	if err := (audit.Log{}).WriteAudit(t.Context(), entry()); err != nil || !strings.Contains(out.String(), "level=INFO msg=audit audit.tenant=acme") {
		t.Errorf("%v: %s", err, &out)
	}
}

// hostile are what slugs, ids and user agents try, so that a log shows another line or
// another attribute than was written.
var hostile = []string{
	"x\nlevel=INFO msg=audit audit.tenant=acme audit.action=login",
	"x\r\n{\"level\":\"INFO\",\"msg\":\"audit\"}",
	`x" audit.action="login`, `x","action":"login`, "x\\", "x audit.user=root", "x=y", "\x00", "\xff\xfe", "\x1b[2Jx", "x\u2028y\u2029z", "x\u202ey", "x\u0085y", "",
}

// TestCase76LogInjection is attack case 76: whatever stands in an entry, each handler
// writes one line, and reading it gives the attributes that were written.
func TestCase76LogInjection(t *testing.T) {
	t.Parallel()
	for _, text := range hostile {
		e := entry()
		e.UserID, e.Action, e.Resource, e.ResourceID, e.ClientIP, e.UserAgent = "u"+text, "a"+text, "r"+text, text, text, text
		e.Metadata = metadata(t, `{"key":`+quote(strings.ReplaceAll(text, "\x00", ""))+`}`)

		var out bytes.Buffer
		if err := (audit.Log{Logger: slog.New(slog.NewJSONHandler(&out, nil))}).WriteAudit(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		var got struct {
			Audit map[string]string `json:"audit"`
		}
		if err := json.Unmarshal(out.Bytes(), &got); err != nil || bytes.Count(out.Bytes(), []byte("\n")) != 1 {
			t.Errorf("%q: %v: %s", text, err, &out)
		}
		clean := audit.Clean(e)
		want := map[string]string{"tenant": "acme", "user": clean.UserID, "action": clean.Action, "resource": clean.Resource, "metadata": clean.Metadata.JSON()}
		for key, value := range map[string]string{"resource_id": clean.ResourceID, "client_ip": clean.ClientIP, "user_agent": clean.UserAgent} {
			if value != "" {
				want[key] = value
			}
		}
		if diff := cmp.Diff(want, got.Audit); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}

		out.Reset()
		if err := (audit.Log{Logger: slog.New(slog.NewTextHandler(&out, nil))}).WriteAudit(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		line, more, _ := strings.Cut(out.String(), "\n")
		if more != "" || !utf8.ValidString(line) || strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || !unicode.IsPrint(r) }) {
			t.Errorf("%q: %q", text, out.String())
		}
		if got, want := keys(line), 3+len(want); len(got) != want {
			t.Errorf("%q: %q has %v", text, line, got)
		}
	}
	// Control: a message that was put together from parts is caught by the same checks.
	var out bytes.Buffer
	_, _ = out.WriteString("time=now level=INFO msg=AUDIT tenant=acme user=" + hostile[0] + "\n")
	if _, more, _ := strings.Cut(out.String(), "\n"); more == "" {
		t.Error("the test would not see an injected line")
	}
	if len(keys(`level=INFO msg=AUDIT user=x audit.user=root`)) != 4 {
		t.Error("the test would not see an injected attribute")
	}
}

// keys returns the keys in a line of slog's TextHandler.
func keys(line string) []string {
	var out []string
	for line != "" {
		key, rest, ok := strings.Cut(line, "=")
		if !ok {
			return append(out, "not a key: "+line)
		}
		out = append(out, key)
		if strings.HasPrefix(rest, `"`) {
			end := 1
			for end < len(rest) && rest[end] != '"' {
				if rest[end] == '\\' {
					end++
				}
				end++
			}
			rest = rest[min(end+1, len(rest)):]
		} else if space := strings.IndexByte(rest, ' '); space >= 0 {
			rest = rest[space:]
		} else {
			rest = ""
		}
		line = strings.TrimPrefix(rest, " ")
	}
	return out
}

func quote(text string) string {
	out, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(out)
}

type failing struct {
	slog.Handler
	err error
}

func (h failing) Handle(context.Context, slog.Record) error { return h.err }

// TestLogLosesNothing holds that an entry that the logger does not write is an error.
func TestLogLosesNothing(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	quiet := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if err := (audit.Log{Logger: quiet}).WriteAudit(t.Context(), entry()); !errors.Is(err, audit.ErrDropped) {
		t.Error(err)
	}
	full := errors.New("no space left on device")
	if err := (audit.Log{Logger: slog.New(failing{slog.NewTextHandler(&out, nil), full})}).WriteAudit(t.Context(), entry()); !errors.Is(err, full) {
		t.Error(err)
	}
	e := entry()
	e.Action = ""
	if err := (audit.Log{}).WriteAudit(t.Context(), e); !errors.Is(err, runtime.ErrInvalidAudit) {
		t.Error(err)
	}
}

// TestW30NoSecretInAudit is regression W30 for audit entries: secrets in metadata are
// not written.
func TestW30NoSecretInAudit(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	e := entry()
	e.Metadata = metadata(t, `{"_enc_token":"hunter2","plan":"pro"}`)
	if err := (audit.Log{Logger: slog.New(slog.NewTextHandler(&out, nil))}).WriteAudit(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "hunter2") || !strings.Contains(out.String(), "pro") {
		t.Error(out.String())
	}
	if got := audit.Clean(e).Metadata.JSON(); strings.Contains(got, "hunter2") {
		t.Error(got)
	}
}

// writer keeps entries, and fails with err.
type writer struct {
	err     error
	entries []runtime.AuditEntry
}

func (w *writer) WriteAudit(_ context.Context, e runtime.AuditEntry) error {
	w.entries = append(w.entries, e)
	return w.err
}

func TestTee(t *testing.T) {
	t.Parallel()
	one, two := &writer{err: errors.New("one")}, &writer{}
	err := audit.Tee(one, two).WriteAudit(t.Context(), entry())
	if !errors.Is(err, one.err) || len(one.entries) != 1 || len(two.entries) != 1 {
		t.Errorf("%v, %v, %v", err, one.entries, two.entries)
	}
	if at := one.entries[0].At; at.IsZero() || !at.Equal(two.entries[0].At) {
		t.Errorf("%v is not %v", at, two.entries[0].At)
	}
	if err := audit.Tee(two).WriteAudit(t.Context(), entry()); err != nil {
		t.Error(err)
	}
}

// FuzzClean holds that a clean entry is text that PostgreSQL takes, no longer than it may
// be, and the same after it was cleaned again.
func FuzzClean(f *testing.F) {
	for _, text := range hostile {
		f.Add(text, `{"a":`+quote(text)+`,"_enc_b":1}`)
	}
	f.Add(strings.Repeat("é", 300), "{\"a\":\"\xff\",\"\xfe\":1}")
	f.Add("a", `{"a":"\ud800\u0000"}`)
	f.Fuzz(func(t *testing.T, text, object string) {
		e := runtime.AuditEntry{UserID: text, Action: text, Resource: text, ResourceID: text, ClientIP: text, UserAgent: text, At: time.Unix(1, 999)}
		if m, err := runtime.ParseMetadata([]byte(object)); err == nil {
			e.Metadata = m
		}
		clean := audit.Clean(e)
		for _, got := range []string{clean.UserID, clean.Action, clean.ClientIP, clean.UserAgent, clean.Metadata.JSON()} {
			if !utf8.ValidString(got) || strings.Contains(got, "\x00") {
				t.Errorf("%q is not text", got)
			}
		}
		if len(clean.ClientIP) > audit.MaxClientIP || len(clean.UserAgent) > audit.MaxUserAgent {
			t.Errorf("%d, %d bytes", len(clean.ClientIP), len(clean.UserAgent))
		}
		if again := audit.Clean(clean); !reflect.DeepEqual(again, clean) {
			t.Error(cmp.Diff(clean, again))
		}
	})
}
