package middleware_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/middleware"
	"github.com/tenancygen/tenancygen/runtime/resolver"
)

// TestAnswer holds what an answer looks like: regression 10, it has a status, a body and
// the body's length.
func TestAnswer(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(wrap(t, middleware.Options{}, hello))
	defer server.Close()
	for accept, want := range map[string][2]string{
		"":                             {"application/problem+json", `{"type":"about:blank","title":"Not Found","status":404}`},
		"*/*":                          {"application/problem+json", `{"type":"about:blank","title":"Not Found","status":404}`},
		"application/vnd.api+json":     {"application/problem+json", `{"type":"about:blank","title":"Not Found","status":404}`},
		"text/html, application/json":  {"text/plain; charset=utf-8", "Not Found\n"},
		"image/png, TEXT/plain;q=0.5":  {"text/plain; charset=utf-8", "Not Found\n"},
		"application/json, text/plain": {"application/problem+json", `{"type":"about:blank","title":"Not Found","status":404}`},
	} {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
		r.Header.Set("X-Tenant-ID", "nobody")
		r.Header.Set("Accept", accept)
		resp, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		got := [2]string{resp.Header.Get("Content-Type"), string(body)}
		if got != want || resp.ContentLength != int64(len(body)) || resp.StatusCode != http.StatusNotFound {
			t.Errorf("Accept %q: %s, %d bytes, %q", accept, resp.Status, resp.ContentLength, got)
		}
		if resp.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("a cache may keep the answer: %v", resp.Header)
		}
	}
}

// TestUnauthenticated holds that a bad credential is told from everything else, as
// clients fetch a new one then, and says nothing of tenants.
func TestUnauthenticated(t *testing.T) {
	t.Parallel()
	h := wrap(t, middleware.Options{
		Resolver: resolver.Chain(byHeader(t), resolver.Func(func(r *http.Request) (runtime.Reference, error) {
			return runtime.Reference{}, resolver.ErrUnauthenticated
		})),
	}, hello)
	want := dump(get(h, "/", "acme"))
	if !strings.HasPrefix(want, "401\n") || !strings.Contains(want, `Www-Authenticate: ["Bearer"]`) {
		t.Errorf("the answer is %s", want)
	}
	for _, tenant := range []string{"nobody", "suspended-co", "deleted-co", "limited-co"} {
		if diff := cmp.Diff(want, dump(get(h, "/", tenant))); diff != "" {
			t.Errorf("%s (-acme +this):\n%s", tenant, diff)
		}
	}
}

// TestMembership is attack case 45: what a client writes in a header gets it nowhere
// without a credential for the same tenant. InsecureAnyone is the control.
func TestMembership(t *testing.T) {
	t.Parallel()
	header := byHeader(t)
	// The credential is a header, too: whom it names is beyond doubt here.
	who := credential(func(r *http.Request) (runtime.Reference, resolver.Principal, error) {
		id := r.Header.Get("X-Credential")
		if id == "" {
			return runtime.Reference{}, resolver.Principal{}, resolver.ErrAbsent
		}
		return runtime.Reference{ID: id}, resolver.Principal{Subject: "u1", Tenant: runtime.Reference{ID: id}}, nil
	})
	bound := wrap(t, middleware.Options{Resolver: resolver.Chain(header, who), Membership: middleware.NamedByCredential, Reveal: true}, hello)
	open := wrap(t, middleware.Options{Resolver: header}, hello)
	for name, tc := range map[string]struct {
		h          http.Handler
		credential string
		want       int
	}{
		"its own":                    {bound, acme.ID, 200},
		"somebody else's":            {bound, beta.ID, 403},
		"one that is not there":      {bound, "id-nobody", 403},
		"none":                       {bound, "", 401},
		"none, and nobody asks":      {open, "", 200},
		"another's, and nobody asks": {open, beta.ID, 200},
	} {
		headers := []string{}
		if tc.credential != "" {
			headers = []string{"X-Credential", tc.credential}
		}
		if w := get(tc.h, "/", "acme", headers...); w.Code != tc.want {
			t.Errorf("%s: %d, want %d", name, w.Code, tc.want)
		}
	}
	// Nobody is logged in: whether there is the tenant makes no difference.
	if diff := cmp.Diff(dump(get(bound, "/", "acme")), dump(get(bound, "/", "nobody"))); diff != "" {
		t.Errorf("without a credential (-acme +nobody):\n%s", diff)
	}
	// The principal reaches the hook and the handler.
	var subjects []string
	h := wrap(t, middleware.Options{Resolver: resolver.Chain(header, who), Membership: func(ctx context.Context, _ *http.Request, _ runtime.Tenant) error {
		p, _ := resolver.PrincipalFrom(ctx)
		subjects = append(subjects, p.Subject)
		return nil
	}}, func(_ http.ResponseWriter, r *http.Request) {
		p, _ := resolver.PrincipalFrom(r.Context())
		subjects = append(subjects, p.Subject)
	})
	get(h, "/", "acme", "X-Credential", acme.ID)
	if diff := cmp.Diff([]string{"u1", "u1"}, subjects); diff != "" {
		t.Errorf("subjects (-want +got):\n%s", diff)
	}
}

// credential is a resolver.Authenticator made of a function.
type credential func(r *http.Request) (runtime.Reference, resolver.Principal, error)

func (c credential) Authenticate(r *http.Request) (runtime.Reference, resolver.Principal, error) {
	return c(r)
}

func (c credential) Resolve(r *http.Request) (runtime.Reference, error) {
	ref, _, err := c(r)
	return ref, err
}

// TestOnReject is the second half of attack case 50: a request that names two tenants is
// turned away, and whoever writes audit records is told of both names.
func TestOnReject(t *testing.T) {
	t.Parallel()
	var got []error
	h := wrap(t, middleware.Options{
		Resolver: resolver.Chain(byHeader(t), resolver.Func(func(*http.Request) (runtime.Reference, error) {
			return runtime.Reference{Identifier: beta.Identifier, Source: "host"}, nil
		})),
		OnReject: func(_ context.Context, _ *http.Request, err error) { got = append(got, err) },
	}, hello)
	if w := get(h, "/", "acme"); w.Code != middleware.Hidden {
		t.Errorf("the answer is %d", w.Code)
	}
	var apart *resolver.DisagreementError
	if len(got) != 1 || !errors.As(got[0], &apart) || len(apart.References) != 2 {
		t.Errorf("OnReject got %v", got)
	}
	var rejection *middleware.Rejection
	if !errors.As(got[0], &rejection) || rejection.Reason != middleware.ReasonForbidden {
		t.Errorf("the reason is %+v", rejection)
	}
}

// counted is a Recorder that remembers outcomes.
type counted struct {
	runtime.NoRecorder
	outcomes map[string]int
}

func (c counted) Count(_ context.Context, _ runtime.Counter, outcome, _ string) {
	c.outcomes[outcome]++
}

// TestRecorder holds under which outcome each request is counted, once.
func TestRecorder(t *testing.T) {
	t.Parallel()
	rec := counted{outcomes: map[string]int{}}
	s := newTenants()
	h := wrap(t, middleware.Options{Tenants: s, Recorder: rec, Membership: notBeta, Excluded: []string{"/health"}}, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/suspend" {
			s.suspend(acme.ID)
		}
	})
	for _, tenant := range []string{"acme", "", "nobody", "suspended-co", "beta-co", "limited-co"} {
		get(h, "/", tenant)
	}
	get(h, "/health", "acme")
	get(h, "/suspend", "acme")
	s.failed = errors.New("down")
	get(h, "/", "acme")
	want := map[string]int{"ok": 1, "unresolved": 1, "unknown": 1, "inactive": 1, "forbidden": 1, "limited": 1, "revoked": 1, "error": 1}
	if diff := cmp.Diff(want, rec.outcomes); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
}

// TestLogs holds that a log of rejections has no line that a client wrote.
func TestLogs(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	h := wrap(t, middleware.Options{Logger: slog.New(slog.NewJSONHandler(&out, nil))}, hello)
	const name = "zz\nmarker"
	get(h, "/", name)
	get(h, "/", "zz-marker")
	if got := out.String(); strings.Contains(got, "marker") || strings.Count(got, "\n") != 2 {
		t.Errorf("the log is %s", got)
	}
}

// errLeaky is what a database says about another tenant's row.
var errLeaky = fmt.Errorf("create invoice: %w", &pgconn.PgError{
	Severity: "ERROR", Code: "23505", Message: `duplicate key value violates unique constraint "invoices_number_key"`,
	Detail: "Key (number)=(HUNTER2) already exists.", Where: "SQL statement HUNTER2", TableName: "invoices", ConstraintName: "invoices_number_key",
})

// TestError is attack case 73: of what went wrong in a handler the caller gets a status.
func TestError(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		err    error
		hidden int
		reveal int
	}{
		"inactive":      {fmt.Errorf("query: %w", runtime.ErrTenantInactive), 404, 403},
		"not found":     {runtime.ErrTenantNotFound, 404, 404},
		"unresolved":    {runtime.ErrUnresolved, 404, 400},
		"forbidden":     {middleware.ErrForbidden, 404, 403},
		"limited":       {&runtime.RateLimitError{RetryAfter: 90 * time.Second}, 429, 429},
		"conflict":      {runtime.ErrTenantConflict, 409, 409},
		"exists":        {&runtime.ConflictError{Field: "identifier"}, 409, 409},
		"stale":         {runtime.ErrStaleTenant, 409, 409},
		"transition":    {&runtime.TransitionError{From: "deleted", To: "active"}, 409, 409},
		"quota":         {&runtime.QuotaError{Limit: 3}, 409, 409},
		"identifier":    {runtime.ErrIdentifier, 400, 400},
		"invalid":       {runtime.ErrInvalidTenant, 400, 400},
		"metadata":      {runtime.ErrMetadata, 400, 400},
		"cursor":        {runtime.ErrCursor, 400, 400},
		"no tenant":     {runtime.ErrNoTenant, 500, 500},
		"database":      {errLeaky, 500, 500},
		"anything else": {errors.New("postgres://app:hunter2@db"), 500, 500},
		"file":          {os.ErrNotExist, 500, 500},
	} {
		for _, reveal := range []bool{false, true} {
			h := wrap(t, middleware.Options{Reveal: reveal}, func(w http.ResponseWriter, r *http.Request) { middleware.Error(w, r, tc.err) })
			w := get(h, "/", "acme")
			want := tc.hidden
			if reveal {
				want = tc.reveal
			}
			if w.Code != want {
				t.Errorf("%s, revealed %v: %d, want %d", name, reveal, w.Code, want)
			}
			title := strconv.Quote(http.StatusText(w.Code))
			if body := w.Body.String(); body != fmt.Sprintf(`{"type":"about:blank","title":%s,"status":%d}`, title, w.Code) {
				t.Errorf("%s: the body is %s", name, body)
			}
			if strings.Contains(strings.ToLower(dump(w)), "hunter2") {
				t.Errorf("%s leaks: %s", name, dump(w))
			}
			if w.Code == 429 && w.Header().Get("Retry-After") != "90" {
				t.Errorf("%s: %v", name, w.Header())
			}
		}
	}

	// An inactive tenant looks as it does to the middleware itself.
	h := wrap(t, middleware.Options{}, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Etag", "x")
		middleware.Error(w, r, runtime.ErrTenantInactive)
	})
	if diff := cmp.Diff(dump(get(h, "/", "suspended-co")), dump(get(h, "/", "acme"))); diff != "" {
		t.Errorf("turned away before and in the handler (-before +in):\n%s", diff)
	}
	// Without the middleware it reveals nothing.
	w := httptest.NewRecorder()
	middleware.Error(w, httptest.NewRequest(http.MethodGet, "/", nil), runtime.ErrTenantInactive)
	if w.Code != middleware.Hidden {
		t.Errorf("without the middleware: %d", w.Code)
	}
}

// TestErrorLogged holds that what the caller does not get is in the log, once.
func TestErrorLogged(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	h := wrap(t, middleware.Options{Logger: slog.New(slog.NewTextHandler(&out, nil))}, func(w http.ResponseWriter, r *http.Request) { middleware.Error(w, r, errLeaky) })
	get(h, "/", "acme")
	if got := out.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "level=ERROR") || !strings.Contains(got, "23505") || !strings.Contains(got, "tenant=id-acme") {
		t.Errorf("the log is %s", got)
	}
}

// TestStarted is regression 41: once the response has started, nobody writes another
// header or body into it.
func TestStarted(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(w http.ResponseWriter){
		"written":      func(w http.ResponseWriter) { _, _ = io.WriteString(w, "half") },
		"flushed":      func(w http.ResponseWriter) { w.(http.Flusher).Flush(); _, _ = io.WriteString(w, "half") },
		"copied":       func(w http.ResponseWriter) { _, _ = io.Copy(w, strings.NewReader("half")) },
		"status first": func(w http.ResponseWriter) { w.WriteHeader(http.StatusOK); _, _ = w.Write([]byte("half")) },
	} {
		h := wrap(t, middleware.Options{}, func(w http.ResponseWriter, r *http.Request) {
			start(w)
			middleware.Error(w, r, errLeaky)
		})
		w := get(h, "/", "acme")
		if w.Code != http.StatusOK || w.Body.String() != "half" || w.Header().Get("Retry-After")+w.Header().Get("Vary") != "" {
			t.Errorf("%s: %s", name, dump(w))
		}
	}
	// An informational status starts nothing.
	h := wrap(t, middleware.Options{}, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusEarlyHints)
		middleware.Error(w, r, runtime.ErrTenantConflict)
	})
	server := httptest.NewServer(h)
	defer server.Close()
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
	r.Header.Set("X-Tenant-ID", "acme")
	resp, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusConflict {
		t.Errorf("after early hints: %s", resp.Status)
	}
}

// TestErrorHandler holds that an application can answer in its own words, and is told
// the status that does not tell.
func TestErrorHandler(t *testing.T) {
	t.Parallel()
	h := wrap(t, middleware.Options{Membership: notBeta, ErrorHandler: func(w http.ResponseWriter, _ *http.Request, status int, err error) {
		if err == nil {
			t.Error("there is no error")
		}
		w.WriteHeader(status)
		fmt.Fprint(w, "our words")
	}}, func(w http.ResponseWriter, r *http.Request) { middleware.Error(w, r, errLeaky) })
	for _, tenant := range uniform {
		if got := get(h, "/", tenant); got.Code != middleware.Hidden || got.Body.String() != "our words" {
			t.Errorf("%q: %s", tenant, dump(got))
		}
	}
	if got := get(h, "/", "limited-co"); got.Code != 429 || got.Header().Get("Retry-After") != "2" {
		t.Errorf("limited: %s", dump(got))
	}
	if got := get(h, "/", "acme"); got.Code != 500 || got.Body.String() != "our words" {
		t.Errorf("in the handler: %s", dump(got))
	}
}

// plain is a ResponseWriter that can do nothing else.
type plain struct{ http.ResponseWriter }

// outer is another middleware's ResponseWriter, as most are.
type outer struct{ http.ResponseWriter }

func (o outer) Unwrap() http.ResponseWriter { return o.ResponseWriter }

// TestWriter holds that the handler's ResponseWriter can do what the one below can, by
// type assertion and through http.ResponseController, and nothing else.
func TestWriter(t *testing.T) {
	t.Parallel()
	type abilities struct{ flush, hijack bool }
	var got abilities
	h := wrap(t, middleware.Options{}, func(w http.ResponseWriter, _ *http.Request) {
		_, got.flush = w.(http.Flusher)
		_, got.hijack = w.(http.Hijacker)
		if err := http.NewResponseController(w).Flush(); (err == nil) != got.flush {
			t.Errorf("Flush of %+v: %v", got, err)
		}
	})
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("X-Tenant-ID", "acme")
	for name, tc := range map[string]struct {
		w    http.ResponseWriter
		want abilities
	}{
		"bare":               {plain{httptest.NewRecorder()}, abilities{}},
		"recorder":           {httptest.NewRecorder(), abilities{flush: true}},
		"recorder, wrapped":  {outer{httptest.NewRecorder()}, abilities{flush: true}},
		"twice wrapped":      {outer{outer{httptest.NewRecorder()}}, abilities{flush: true}},
		"bare below another": {outer{plain{httptest.NewRecorder()}}, abilities{}},
	} {
		h.ServeHTTP(tc.w, r)
		if got != tc.want {
			t.Errorf("%s: %+v, want %+v", name, got, tc.want)
		}
	}
	for _, proto := range []string{"HTTP/1.1", "HTTP/2.0"} {
		server := httptest.NewUnstartedServer(h)
		server.EnableHTTP2 = proto == "HTTP/2.0"
		server.StartTLS()
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
		r.Header.Set("X-Tenant-ID", "acme")
		resp, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.Proto != proto || got != (abilities{flush: true, hijack: proto == "HTTP/1.1"}) {
			t.Errorf("%s: %+v", resp.Proto, got)
		}
		server.Close()
	}
}

// TestReadFrom holds that a file still goes from the kernel to the connection: the copy
// reaches the ReaderFrom below.
func TestReadFrom(t *testing.T) {
	t.Parallel()
	w := &readerFrom{ResponseRecorder: httptest.NewRecorder()}
	h := wrap(t, middleware.Options{}, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.Copy(w, io.LimitReader(strings.NewReader("content"), 4))
		_, _ = io.WriteString(w, "!")
	})
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("X-Tenant-ID", "acme")
	h.ServeHTTP(w, r)
	if w.calls != 1 || w.Body.String() != "cont!" {
		t.Errorf("%d calls, %q", w.calls, w.Body)
	}
}

type readerFrom struct {
	*httptest.ResponseRecorder
	calls int
}

func (w *readerFrom) ReadFrom(r io.Reader) (int64, error) {
	w.calls++
	return io.Copy(w.ResponseRecorder, r)
}
