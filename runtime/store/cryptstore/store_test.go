package cryptstore_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/internal/keyringtest"
	"github.com/tenancygen/tenancygen/runtime/store/cryptstore"
	"github.com/tenancygen/tenancygen/runtime/store/memstore"
)

// over returns a store with the ring of letters around another.
func over(t testing.TB, below runtime.Store, letters string) *cryptstore.Store {
	t.Helper()
	s, err := cryptstore.New(below, cryptstore.Options{Keys: keyringtest.Ring(t, letters)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func metadata(t testing.TB, text string) runtime.Metadata {
	t.Helper()
	m, err := runtime.ParseMetadata([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// canary is in each secret of these tests, and in nothing else.
const canary = "c4n4ry"

func acme(t testing.TB, id string) runtime.Tenant {
	t.Helper()
	return runtime.Tenant{
		ID: id, Identifier: runtime.MustIdentifier("acme-" + id), Name: "Acme", Status: runtime.StatusActive, DatabaseURL: "postgres://u:" + canary + "@h/" + id,
		Metadata: metadata(t, `{"plan":"pro","_enc_token":"`+canary+`","_enc_deep":{"a":["`+canary+`",null,1.50,{"<&>":"é"}]},"_enc_null":null,"_enc_empty":""}`),
	}
}

func create(t testing.TB, s runtime.Store, tenant runtime.Tenant) runtime.Tenant {
	t.Helper()
	got, err := s.Create(t.Context(), tenant, 0)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// stored returns everything that a store holds, as text.
func stored(t testing.TB, s runtime.Store) string {
	t.Helper()
	var out strings.Builder
	var o runtime.ListOptions
	for {
		page, err := s.List(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		for _, tenant := range page.Tenants {
			out.WriteString(tenant.DatabaseURL + "\n" + tenant.Metadata.JSON() + "\n")
		}
		if o.After = page.Next; page.Next == "" {
			return out.String()
		}
	}
}

func TestNew(t *testing.T) {
	t.Parallel()
	if _, err := cryptstore.New(nil, cryptstore.Options{Keys: keyringtest.Ring(t, "a")}); err == nil {
		t.Error("a store around nothing")
	}
	if _, err := cryptstore.New(memstore.New(memstore.Options{}), cryptstore.Options{}); err == nil {
		t.Error("a store without keys would keep plaintext")
	}
}

// TestRegression33RoundTrip is regression 33: what was encrypted is read again, of
// metadata the secrets alone are encrypted, and another key or a change is an error.
func TestRegression33RoundTrip(t *testing.T) {
	t.Parallel()
	below := memstore.New(memstore.Options{})
	s, want := over(t, below, "a"), acme(t, "t1")
	got := create(t, s, want)
	if got.DatabaseURL != want.DatabaseURL || got.Metadata != want.Metadata {
		t.Errorf("%s %s", got.DatabaseURL, got.Metadata.JSON())
	}
	if again, err := s.Get(t.Context(), "t1"); err != nil || again.DatabaseURL != want.DatabaseURL || again.Metadata != want.Metadata {
		t.Errorf("%v: %s %s", err, again.DatabaseURL, again.Metadata.JSON())
	}
	raw, err := below.Get(t.Context(), "t1")
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := raw.Metadata.Decode(&fields); err != nil || fields["plan"] != "pro" || len(fields) != 5 {
		t.Errorf("%v: %v", err, fields)
	}
	for key, value := range fields {
		if text, ok := value.(string); strings.HasPrefix(key, runtime.SecretPrefix) && (!ok || !strings.HasPrefix(text, "enc:1:")) {
			t.Errorf("%s is stored as %v", key, value)
		}
	}
	if _, err := over(t, below, "b").Get(t.Context(), "t1"); !errors.Is(err, cryptstore.ErrUnknownKey) || !errors.Is(err, runtime.ErrCorruptTenant) {
		t.Error("another key:", err)
	}
	raw.DatabaseURL = raw.DatabaseURL[:len(raw.DatabaseURL)-2] + "AA"
	if _, err := below.Update(t.Context(), raw); err != nil {
		t.Fatal(err)
	}
	_, err = s.Get(t.Context(), "t1")
	if !errors.Is(err, cryptstore.ErrTampered) && !errors.Is(err, cryptstore.ErrPlaintext) {
		t.Error("changed:", err)
	}
	if strings.Contains(err.Error(), raw.DatabaseURL[40:]) || strings.Contains(err.Error(), canary) {
		t.Error("the error holds the value:", err)
	}
	none := runtime.Tenant{ID: "t2", Identifier: runtime.MustIdentifier("none"), Name: "None", Status: runtime.StatusActive}
	if got := create(t, s, none); got.DatabaseURL != "" || got.Metadata != none.Metadata {
		t.Errorf("nothing became %s %s", got.DatabaseURL, got.Metadata.JSON())
	}
}

// everyRead is every method that returns tenants; those that write change nothing that
// matters here.
var everyRead = map[string]func(ctx context.Context, s runtime.Store, t runtime.Tenant) ([]runtime.Tenant, error){
	"Get": func(ctx context.Context, s runtime.Store, t runtime.Tenant) ([]runtime.Tenant, error) {
		return one(s.Get(ctx, t.ID))
	},
	"GetByIdentifier": func(ctx context.Context, s runtime.Store, t runtime.Tenant) ([]runtime.Tenant, error) {
		return one(s.GetByIdentifier(ctx, t.Identifier))
	},
	"GetMany": func(ctx context.Context, s runtime.Store, t runtime.Tenant) ([]runtime.Tenant, error) {
		return s.GetMany(ctx, []string{t.ID})
	},
	"List": func(ctx context.Context, s runtime.Store, _ runtime.Tenant) ([]runtime.Tenant, error) {
		page, err := s.List(ctx, runtime.ListOptions{})
		return page.Tenants, err
	},
	"Search": func(ctx context.Context, s runtime.Store, t runtime.Tenant) ([]runtime.Tenant, error) {
		return s.Search(ctx, t.Identifier.String(), 1)
	},
	"SetStatus": func(ctx context.Context, s runtime.Store, t runtime.Tenant) ([]runtime.Tenant, error) {
		return one(s.SetStatus(ctx, t.ID, runtime.StatusSuspended, runtime.StatusActive))
	},
	"SetStatusMany": func(ctx context.Context, s runtime.Store, t runtime.Tenant) ([]runtime.Tenant, error) {
		return s.SetStatusMany(ctx, []string{t.ID}, runtime.StatusSuspended)
	},
	"Update": func(ctx context.Context, s runtime.Store, t runtime.Tenant) ([]runtime.Tenant, error) {
		return one(s.Update(ctx, t))
	},
	"MergeMetadata": func(ctx context.Context, s runtime.Store, t runtime.Tenant) ([]runtime.Tenant, error) {
		return one(s.MergeMetadata(ctx, t.ID, runtime.Metadata{}))
	},
}

func one(t runtime.Tenant, err error) ([]runtime.Tenant, error) {
	if err != nil {
		return nil, err
	}
	return []runtime.Tenant{t}, nil
}

// TestW22EveryPathOut is a part of regression W22: suspend, update and every way to read
// give the application what it stored, and never ciphertext.
func TestW22EveryPathOut(t *testing.T) {
	t.Parallel()
	for name, read := range everyRead {
		below := memstore.New(memstore.Options{})
		s := over(t, below, "a")
		want := create(t, s, acme(t, "t1"))
		got, err := read(t.Context(), s, want)
		if err != nil || len(got) != 1 || got[0].DatabaseURL != want.DatabaseURL || got[0].Metadata != want.Metadata {
			t.Errorf("%s: %v: %v", name, err, got)
		}
		if text := stored(t, below); strings.Contains(text, canary) {
			t.Errorf("%s: %s", name, text)
		}
	}
}

// TestPlaintextIsAnError holds that a stored secret that is not encrypted comes out of no
// method but with AllowPlaintext, and that Update, which replaces it, encrypts it.
func TestPlaintextIsAnError(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(tenant *runtime.Tenant){
		"url":      func(tenant *runtime.Tenant) { tenant.DatabaseURL = "postgres://evil/" + canary },
		"old form": func(tenant *runtime.Tenant) { tenant.DatabaseURL = "enc::gAAAA" + canary },
		"text":     func(tenant *runtime.Tenant) { tenant.Metadata = metadata(t, `{"_enc_a":"`+canary+`"}`) },
		"number":   func(tenant *runtime.Tenant) { tenant.Metadata = metadata(t, `{"_enc_a":7}`) },
		"null":     func(tenant *runtime.Tenant) { tenant.Metadata = metadata(t, `{"_enc_a":null}`) },
		"object":   func(tenant *runtime.Tenant) { tenant.Metadata = metadata(t, `{"_enc_a":{"b":"`+canary+`"}}`) },
		"empty":    func(tenant *runtime.Tenant) { tenant.Metadata = metadata(t, `{"_enc_a":""}`) },
	} {
		for method, read := range everyRead {
			below := memstore.New(memstore.Options{})
			plain := acme(t, "t1")
			plain.DatabaseURL, plain.Metadata = "", runtime.Metadata{}
			spoil(&plain)
			plain = create(t, below, plain)
			s := over(t, below, "a")
			got, err := read(t.Context(), s, plain)
			if method == "Update" {
				if text := stored(t, below); err != nil || strings.Contains(text, canary) {
					t.Errorf("%s, %s: %v: %s", name, method, err, text)
				}
				continue
			}
			var corrupt *runtime.CorruptError
			if !errors.Is(err, cryptstore.ErrPlaintext) || !errors.As(err, &corrupt) || corrupt.ID != "t1" || len(got) != 0 || strings.Contains(err.Error(), canary) {
				t.Errorf("%s, %s: %v: %v", name, method, got, err)
			}
			open, err := cryptstore.New(below, cryptstore.Options{Keys: keyringtest.Ring(t, "a"), AllowPlaintext: true})
			if err != nil {
				t.Fatal(err)
			}
			if got, err := open.Get(t.Context(), "t1"); err != nil || got.DatabaseURL != plain.DatabaseURL || got.Metadata != plain.Metadata {
				t.Errorf("%s, AllowPlaintext: %v: %v", name, got, err)
			}
		}
	}
}

// TestCase75Swap is attack case 75: ciphertext that is put into another row, or another
// field of the same row, is not decrypted, and the other tenants are read as before.
func TestCase75Swap(t *testing.T) {
	t.Parallel()
	for name, swap := range map[string]func(one, two *runtime.Tenant){
		"url to another row": func(one, two *runtime.Tenant) { one.DatabaseURL = two.DatabaseURL },
		"key to another row": func(one, two *runtime.Tenant) { one.Metadata = two.Metadata },
		"key to another key": func(one, _ *runtime.Tenant) { one.Metadata = swapKeys(t, one.Metadata) },
		"key to url":         func(one, _ *runtime.Tenant) { _, _ = one.Metadata.Get("_enc_token", &one.DatabaseURL) },
		"url to key":         func(one, _ *runtime.Tenant) { one.Metadata = metadata(t, `{"_enc_token":"`+one.DatabaseURL+`"}`) },
	} {
		below := memstore.New(memstore.Options{})
		s := over(t, below, "a")
		create(t, s, acme(t, "t1"))
		create(t, s, acme(t, "t11"))
		first, err := below.Get(t.Context(), "t1")
		if err != nil {
			t.Fatal(err)
		}
		second, err := below.Get(t.Context(), "t11")
		if err != nil {
			t.Fatal(err)
		}
		swap(&first, &second)
		if _, err := below.Update(t.Context(), first); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Get(t.Context(), "t1"); !errors.Is(err, cryptstore.ErrTampered) || got.ID != "" {
			t.Errorf("%s: %v: %v", name, got, err)
		}
		page, err := s.List(t.Context(), runtime.ListOptions{})
		if !errors.Is(err, cryptstore.ErrTampered) || len(page.Tenants) != 1 || page.Tenants[0].DatabaseURL != acme(t, "t11").DatabaseURL {
			t.Errorf("%s: list: %v: %v", name, page.Tenants, err)
		}
		// A tenant that cannot be read can be shut out and removed.
		if _, err := s.SetStatus(t.Context(), "t1", runtime.StatusSuspended); !errors.Is(err, runtime.ErrCorruptTenant) {
			t.Errorf("%s: suspend: %v", name, err)
		}
		if now, err := below.Get(t.Context(), "t1"); err != nil || now.Status != runtime.StatusSuspended {
			t.Errorf("%s: suspended: %v: %v", name, now, err)
		}
		if err := s.Delete(t.Context(), "t1"); err != nil {
			t.Errorf("%s: delete: %v", name, err)
		}
	}
}

// swapKeys returns m with the values of two secrets exchanged.
func swapKeys(t *testing.T, m runtime.Metadata) runtime.Metadata {
	t.Helper()
	var fields map[string]json.RawMessage
	if err := m.Decode(&fields); err != nil {
		t.Fatal(err)
	}
	fields["_enc_token"], fields["_enc_deep"] = fields["_enc_deep"], fields["_enc_token"]
	text, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return metadata(t, string(text))
}

// TestW22LooksEncrypted is a part of regression W22: what a user stores is encrypted,
// whatever it looks like, also where it is what is stored already.
func TestW22LooksEncrypted(t *testing.T) {
	t.Parallel()
	below := memstore.New(memstore.Options{})
	s := over(t, below, "a")
	create(t, s, acme(t, "t1"))
	raw, err := below.Get(t.Context(), "t1")
	if err != nil {
		t.Fatal(err)
	}
	for i, text := range []string{"enc::", "enc::gAAAA", "enc:1:", raw.DatabaseURL} {
		tenant := acme(t, fmt.Sprintf("u%d", i))
		tenant.DatabaseURL = text
		tenant.Metadata = metadata(t, `{"_enc_token":"`+text+`"}`)
		if got := create(t, s, tenant); got.DatabaseURL != text || got.Metadata != tenant.Metadata {
			t.Errorf("%q became %q", text, got.DatabaseURL)
		}
		now, err := below.Get(t.Context(), tenant.ID)
		if err != nil || now.DatabaseURL == text || now.Metadata == tenant.Metadata {
			t.Errorf("%q is stored as it is: %v", text, err)
		}
	}
}

// TestSearchSeesNoSecrets holds that a secret finds no tenant, nor does ciphertext.
func TestSearchSeesNoSecrets(t *testing.T) {
	t.Parallel()
	below := memstore.New(memstore.Options{})
	s := over(t, below, "a")
	create(t, s, acme(t, "t1"))
	for _, text := range []string{canary, "enc:1:", "postgres://", "_enc_token"} {
		if got, err := s.Search(t.Context(), text, 10); err != nil || len(got) != 0 {
			t.Errorf("%q: %v: %v", text, got, err)
		}
	}
}

// leaky is a store that stores secrets as they are, in one method: the control of the
// test below.
type leaky struct {
	*cryptstore.Store
	below runtime.Store
}

func (s leaky) MergeMetadata(ctx context.Context, id string, patch runtime.Metadata) (runtime.Tenant, error) {
	return s.below.MergeMetadata(ctx, id, patch)
}

// TestW22NothingPlaintextAtRest is regression W22: whatever is done to tenants, in any
// order, no secret stands in the store below, and what is read is what was written.
func TestW22NothingPlaintextAtRest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		below := memstore.New(memstore.Options{})
		if problem := randomly(rt, t, over(t, below, "ab"), below); problem != "" {
			rt.Fatal(problem)
		}
	})
	t.Run("control", func(t *testing.T) {
		t.Parallel()
		found := false
		rapid.Check(t, func(rt *rapid.T) {
			below := memstore.New(memstore.Options{})
			found = found || randomly(rt, t, leaky{over(t, below, "a"), below}, below) != ""
		})
		if !found {
			t.Error("a method that stores plaintext is not seen")
		}
	})
}

// randomly does random things to a store and returns what is wrong.
func randomly(rt *rapid.T, t *testing.T, s, below runtime.Store) string {
	// What the store has to hold, by id.
	want := map[string]runtime.Tenant{}
	secret := func(label string) string {
		return rapid.SampledFrom([]string{"", "enc::", "enc:1:"}).Draw(rt, label) + canary + rapid.StringN(0, 5, 20).Draw(rt, label)
	}
	draw := func(label string) runtime.Metadata {
		m, err := runtime.NewMetadata(map[string]any{
			"_enc_" + rapid.SampledFrom([]string{"", "a", "b"}).Draw(rt, label): secret(label), "_enc_c": []any{secret(label), 1}, "plan": rapid.IntRange(0, 3).Draw(rt, label),
		})
		if err != nil {
			return runtime.Metadata{} // text that no store holds
		}
		return m
	}
	for range rapid.IntRange(1, 12).Draw(rt, "steps") {
		id := rapid.SampledFrom([]string{"t1", "t2", "t3"}).Draw(rt, "id")
		var (
			got  runtime.Tenant
			err  error
			next = want[id]
		)
		switch rapid.IntRange(0, 5).Draw(rt, "what") {
		case 0:
			next = runtime.Tenant{ID: id, Identifier: runtime.MustIdentifier("acme-" + id), Name: "n", Status: runtime.StatusActive, DatabaseURL: secret("url"), Metadata: draw("new")}
			got, err = s.Create(t.Context(), next, 0)
		case 1:
			next.DatabaseURL, next.Metadata = secret("url"), draw("update")
			got, err = s.Update(t.Context(), next)
		case 2:
			patch := draw("patch")
			next.Metadata = next.Metadata.Merge(patch)
			got, err = s.MergeMetadata(t.Context(), id, patch)
		case 3:
			got, err = s.SetStatus(t.Context(), id, rapid.SampledFrom(runtime.Statuses()).Draw(rt, "status"))
		case 4:
			var many []runtime.Tenant
			if many, err = s.SetStatusMany(t.Context(), []string{id}, runtime.StatusSuspended); err == nil && len(many) == 0 {
				err = runtime.ErrTransition
			} else if err == nil {
				got = many[0]
			}
		case 5:
			if c, ok := s.(*cryptstore.Store); ok {
				if _, err := c.Rotate(t.Context(), nil); err != nil {
					return err.Error()
				}
			}
			got, err = s.Get(t.Context(), id)
		}
		if text := stored(t, below); strings.Contains(text, canary) {
			return "stored: " + text
		}
		switch {
		case err != nil && errors.Is(err, runtime.ErrCorruptTenant):
			return err.Error()
		case err != nil: // such as a tenant that is not there
		case got.DatabaseURL != next.DatabaseURL || got.Metadata != next.Metadata:
			return fmt.Sprintf("%s %s became %s %s", next.DatabaseURL, next.Metadata.JSON(), got.DatabaseURL, got.Metadata.JSON())
		default:
			want[id] = got
		}
	}
	return ""
}

// TestRotate is a part of attack case 75: keys are replaced while the application serves,
// no change that is made meanwhile is lost, and afterwards the old key is not needed.
func TestRotate(t *testing.T) {
	t.Parallel()
	below := memstore.New(memstore.Options{})
	old := over(t, below, "a")
	const tenants, patches = 250, 20
	for i := range tenants {
		create(t, old, acme(t, fmt.Sprintf("t%d", i)))
	}
	// One that is deleted and whose identifier is another's now.
	gone, err := old.SetStatusMany(t.Context(), []string{"t3"}, runtime.StatusDeleting)
	if err != nil || len(gone) != 1 {
		t.Fatal(gone, err)
	}
	if _, err := old.SetStatus(t.Context(), "t3", runtime.StatusDeleted); err != nil {
		t.Fatal(err)
	}
	again := acme(t, "again")
	again.Identifier = gone[0].Identifier
	create(t, old, again)

	both := over(t, below, "ba")
	var work sync.WaitGroup
	for i := range patches {
		work.Go(func() {
			for n := range 5 {
				if _, err := both.MergeMetadata(t.Context(), fmt.Sprintf("t%d", i), metadata(t, fmt.Sprintf(`{"n%d":1,"_enc_n%d":"%s"}`, n, n, canary))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	seen := 0
	r, err := both.Rotate(t.Context(), func(r cryptstore.Rotation) {
		if seen++; r.Seen != seen || r.TenantID == "" {
			t.Errorf("%+v", r)
		}
	})
	work.Wait()
	if err != nil || r.Seen != tenants+1 || r.Rewritten < tenants-patches || r.Failed != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err := both.Rotate(t.Context(), nil); err != nil || r.Rewritten != 0 || r.Seen != tenants+1 {
		t.Errorf("the second time: %+v, %v", r, err)
	}
	only := over(t, below, "b")
	for i := range tenants {
		got, err := only.Get(t.Context(), fmt.Sprintf("t%d", i))
		if err != nil || got.DatabaseURL != acme(t, fmt.Sprintf("t%d", i)).DatabaseURL {
			t.Fatalf("%d: %v", i, err)
		}
		if keys := got.Metadata.Keys(); i < patches && len(keys) != 15 {
			t.Errorf("%d: a patch is lost: %v", i, keys)
		}
	}
	if strings.Contains(stored(t, below), canary) {
		t.Error("plaintext")
	}
}

// TestRotateGoesOn holds that a tenant that cannot be decrypted stops no rotation, is
// named and counted, and that a rotation that was interrupted is ended by the next.
func TestRotateGoesOn(t *testing.T) {
	t.Parallel()
	below := memstore.New(memstore.Options{})
	for i := range 30 {
		create(t, over(t, below, "a"), acme(t, fmt.Sprintf("t%d", i)))
	}
	lost := create(t, over(t, below, "z"), acme(t, "lost"))
	both := over(t, below, "ba")
	ctx, cancel := context.WithCancel(t.Context())
	r, err := both.Rotate(ctx, func(r cryptstore.Rotation) {
		if r.Rewritten == 10 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || r.Rewritten != 10 {
		t.Errorf("%+v, %v", r, err)
	}
	r, err = both.Rotate(t.Context(), nil)
	var corrupt *runtime.CorruptError
	if r.Seen != 31 || r.Rewritten != 20 || r.Failed != 1 || !errors.Is(err, cryptstore.ErrUnknownKey) || !errors.As(err, &corrupt) || corrupt.ID != lost.ID {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestEncryptExisting holds that a store with plaintext is taken over once, and that
// Rotate does not do it.
func TestEncryptExisting(t *testing.T) {
	t.Parallel()
	below := memstore.New(memstore.Options{})
	s := over(t, below, "a")
	for i := range 5 {
		create(t, below, acme(t, fmt.Sprintf("t%d", i)))
	}
	create(t, s, acme(t, "new"))
	odd := acme(t, "odd")
	odd.Metadata = metadata(t, `{"_enc_a":"enc:1:no","_enc_b":"enc::`+canary+`","_enc_c":7}`)
	create(t, below, odd)
	if r, err := s.Rotate(t.Context(), nil); !errors.Is(err, cryptstore.ErrPlaintext) || r.Failed != 6 || r.Rewritten != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err := s.EncryptExisting(t.Context(), nil); err != nil || r.Seen != 7 || r.Rewritten != 6 {
		t.Errorf("%+v, %v", r, err)
	}
	if text := stored(t, below); strings.Contains(text, canary) {
		t.Error(text)
	}
	if got, err := s.Get(t.Context(), "odd"); err != nil || got.Metadata != odd.Metadata {
		t.Errorf("%v, %v", got, err)
	}
	// What looks like a value of another key may be one: it is not encrypted again.
	foreign := create(t, over(t, below, "z"), acme(t, "foreign"))
	if r, err := s.EncryptExisting(t.Context(), nil); !errors.Is(err, cryptstore.ErrUnknownKey) || r.Failed != 1 || r.Rewritten != 0 {
		t.Errorf("%v: %+v, %v", foreign, r, err)
	}
}

// TestW30NothingPrintsASecret is regression W30 for this store: no verb, no logger and no
// panic prints a key, or the tenants below.
func TestW30NothingPrintsASecret(t *testing.T) {
	t.Parallel()
	s := over(t, memstore.New(memstore.Options{}), "a")
	tenant := create(t, s, acme(t, "t1"))
	var printed strings.Builder
	for _, value := range []any{s, cryptstore.Options{Keys: keyringtest.Ring(t, "a")}, tenant, []runtime.Tenant{tenant}, &runtime.CorruptError{ID: "t1", Err: &cryptstore.FieldError{Field: "database_url", Err: cryptstore.ErrTampered}}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			fmt.Fprintf(&printed, verb+"\n", value)
		}
		slog.New(slog.NewTextHandler(&printed, nil)).Info("m", "value", value)
	}
	func() {
		defer func() { fmt.Fprintln(&printed, recover()) }()
		panic(fmt.Sprintf("%+v", s))
	}()
	for _, secret := range []string{canary, "ab!ab!", strings.Trim(fmt.Sprint([]byte("ab!ab!")), "[]")} {
		if strings.Contains(printed.String(), secret) {
			t.Errorf("%q is printed", secret)
		}
	}
}

// TestMethodsAreAllHere holds that the test of every path out knows each method that
// returns tenants: a new one of runtime.Store does not compile above, and is missing here.
func TestMethodsAreAllHere(t *testing.T) {
	t.Parallel()
	known := append(slices.Collect(maps.Keys(everyRead)), "Create", "Init", "Close", "Exists", "Count", "Delete")
	for method := range reflect.TypeFor[runtime.Store]().Methods() {
		if !slices.Contains(known, method.Name) {
			t.Errorf("runtime.Store has %s, and no test looks at it", method.Name)
		}
	}
}
