package manager_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/manager"
	"github.com/tenancygen/tenancygen/runtime/store/memstore"
)

// env is a Manager with parts that tell what was done to them.
type env struct {
	*manager.Manager
	store    *faultyStore
	places   *places
	recorder *recorder
	audit    *auditLog
	logs     *logs
}

// newEnv returns an initialized Manager on a store in memory; options may change what it
// is made of.
func newEnv(t *testing.T, options ...func(*manager.Options)) *env {
	t.Helper()
	e := &env{store: &faultyStore{Store: memstore.New(memstore.Options{})}, places: newPlaces(), recorder: &recorder{}, audit: &auditLog{}, logs: &logs{}}
	e.Manager = e.another(t, options...)
	return e
}

// another returns a Manager of another process on the same parts.
func (e *env) another(t *testing.T, options ...func(*manager.Options)) *manager.Manager {
	t.Helper()
	o := manager.Options{
		Store: e.store, Namespaces: e.places, Recorder: e.recorder, Audit: e.audit,
		Logger: slog.New(slog.NewTextHandler(e.logs, nil)),
	}
	for _, option := range options {
		option(&o)
	}
	m, err := manager.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	if err := m.Initialize(t.Context()); err != nil {
		t.Fatal(err)
	}
	return m
}

// registered registers a tenant with this identifier.
func (e *env) registered(t *testing.T, identifier string) runtime.Tenant {
	t.Helper()
	tenant, err := e.Register(t.Context(), acme(identifier))
	if err != nil {
		t.Fatal(err)
	}
	return tenant
}

func acme(identifier string) manager.Registration {
	return manager.Registration{Identifier: runtime.MustIdentifier(identifier), Name: "Acme Ltd."}
}

func (e *env) status(t *testing.T, id string) runtime.Status {
	t.Helper()
	tenant, err := e.store.Store.Get(t.Context(), id)
	if errors.Is(err, runtime.ErrTenantNotFound) {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	return tenant.Status
}

func wantErr(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got %v, want %v", err, want)
	}
}

// places are namespaces in memory that find what a real database would: that a name is
// taken, or that a tenant's data outlives it.
type places struct {
	mu   sync.Mutex
	made map[string]string // name → the id of the tenant that it is of
	log  []string
	// fault is asked before and after each call, with such as "before initialize".
	fault  func(at string, t runtime.Tenant) error
	closed int
}

func newPlaces() *places { return &places{made: map[string]string{}} }

func (p *places) at(where string, t runtime.Tenant) error {
	p.mu.Lock()
	p.log = append(p.log, where)
	fault := p.fault
	p.mu.Unlock()
	if fault == nil {
		return nil
	}
	return fault(where, t)
}

func nameOf(t runtime.Tenant) string {
	if t.SchemaName != "" {
		return t.SchemaName
	}
	return "tenant_" + t.ID
}

func (p *places) Initialize(ctx context.Context, t runtime.Tenant) error {
	if err := p.at("before initialize", t); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	p.mu.Lock()
	if owner, ok := p.made[nameOf(t)]; ok && owner != t.ID {
		p.mu.Unlock()
		return runtime.ErrForeignNamespace
	}
	p.made[nameOf(t)] = t.ID
	p.mu.Unlock()
	return p.at("after initialize", t)
}

func (p *places) Destroy(ctx context.Context, t runtime.Tenant, confirm runtime.Confirmation) (runtime.Removal, error) {
	if confirm != runtime.Confirmation(t.ID) {
		return runtime.Removal{}, runtime.ErrNotConfirmed
	}
	if err := p.at("before destroy", t); err != nil {
		return runtime.Removal{}, err
	}
	if err := ctx.Err(); err != nil {
		return runtime.Removal{}, err
	}
	p.mu.Lock()
	owner, ok := p.made[nameOf(t)]
	if ok && owner != t.ID {
		p.mu.Unlock()
		return runtime.Removal{}, runtime.ErrForeignNamespace
	}
	delete(p.made, nameOf(t))
	p.mu.Unlock()
	if err := p.at("after destroy", t); err != nil || !ok {
		return runtime.Removal{}, err
	}
	return runtime.Removal{Namespace: nameOf(t), Tables: []runtime.RemovedTable{{Name: "invoices", Rows: 3}}}, nil
}

func (p *places) Verify(context.Context, runtime.Tenant) (runtime.Report, error) {
	return runtime.Report{}, errors.New("not asked")
}

func (p *places) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed++
	return nil
}

func (p *places) setFault(fault func(at string, t runtime.Tenant) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = fault
}

// of returns the namespaces of a tenant.
func (p *places) of(id string) (names []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for name, owner := range p.made {
		if owner == id {
			names = append(names, name)
		}
	}
	return names
}

func (p *places) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.made)
}

// faultyStore is a store with faults.
type faultyStore struct {
	runtime.Store
	mu sync.Mutex
	// fault is asked before and after each write, with such as "after create".
	fault   func(at string) error
	closed  int
	late    int // writes after Close
	changed func(string)
}

func (s *faultyStore) setFault(fault func(at string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = fault
}

func (s *faultyStore) at(where string) error {
	s.mu.Lock()
	fault := s.fault
	if s.closed > 0 {
		s.late++
	}
	s.mu.Unlock()
	if fault == nil {
		return nil
	}
	return fault(where)
}

// around calls f between the faults.
func around[T any](s *faultyStore, what string, f func() (T, error)) (T, error) {
	var none T
	if err := s.at("before " + what); err != nil {
		return none, err
	}
	out, err := f()
	if err != nil {
		return out, err
	}
	if err := s.at("after " + what); err != nil {
		return none, err
	}
	return out, nil
}

func (s *faultyStore) Init(ctx context.Context) error {
	_, err := around(s, "init", func() (int, error) { return 0, s.Store.Init(ctx) })
	return err
}

func (s *faultyStore) Create(ctx context.Context, t runtime.Tenant, quota int) (runtime.Tenant, error) {
	return around(s, "create", func() (runtime.Tenant, error) { return s.Store.Create(ctx, t, quota) })
}

func (s *faultyStore) Update(ctx context.Context, t runtime.Tenant) (runtime.Tenant, error) {
	return around(s, "update", func() (runtime.Tenant, error) { return s.Store.Update(ctx, t) })
}

func (s *faultyStore) SetStatus(ctx context.Context, id string, to runtime.Status, from ...runtime.Status) (runtime.Tenant, error) {
	return around(s, string(to), func() (runtime.Tenant, error) { return s.Store.SetStatus(ctx, id, to, from...) })
}

func (s *faultyStore) Delete(ctx context.Context, id string) error {
	_, err := around(s, "delete", func() (int, error) { return 0, s.Store.Delete(ctx, id) })
	return err
}

func (s *faultyStore) GetMany(ctx context.Context, ids []string) ([]runtime.Tenant, error) {
	return around(s, "get many", func() ([]runtime.Tenant, error) { return s.Store.GetMany(ctx, ids) })
}

func (s *faultyStore) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed++
	return nil
}

// Watch makes it a runtime.Watcher.
func (s *faultyStore) Watch(changed func(string)) (stop func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed = changed
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.changed = nil
	}
}

// say tells the Manager that a tenant may have changed.
func (s *faultyStore) say(id string) {
	s.mu.Lock()
	changed := s.changed
	s.mu.Unlock()
	if changed != nil {
		changed(id)
	}
}

// recorder keeps what it is told, as "counter/outcome".
type recorder struct {
	runtime.NoRecorder
	mu  sync.Mutex
	all []string
}

func (r *recorder) Count(_ context.Context, c runtime.Counter, outcome, _ string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, string(c)+"/"+outcome)
}

func (r *recorder) Observe(_ context.Context, c runtime.Timer, outcome, _ string, _ time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, string(c)+"/"+outcome)
}

// of returns how often something was counted.
func (r *recorder) of(what string) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, one := range r.all {
		if one == what {
			n++
		}
	}
	return n
}

// auditLog keeps audit entries.
type auditLog struct {
	mu      sync.Mutex
	entries []runtime.AuditEntry
	fail    error
}

func (a *auditLog) WriteAudit(ctx context.Context, e runtime.AuditEntry) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.fail != nil {
		return a.fail
	}
	a.entries = append(a.entries, e)
	return nil
}

// actions returns what was written about a tenant.
func (a *auditLog) actions(id string) (out []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, e := range a.entries {
		if e.TenantID == id {
			out = append(out, e.Action)
		}
	}
	return out
}

// logs keep what is logged.
type logs struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logs) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), text)
}

// wantActions compares what was written about a tenant.
func (e *env) wantActions(t *testing.T, id string, want ...string) {
	t.Helper()
	if got := e.audit.actions(id); !slices.Equal(got, want) {
		t.Errorf("audited %v, want %v", got, want)
	}
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

var errFault = fmt.Errorf("the fault of the test")

// ctx is short for the signatures of fakes.
type ctx = context.Context

func contextOf(t *testing.T) (context.Context, context.CancelFunc) {
	return context.WithCancel(t.Context())
}
