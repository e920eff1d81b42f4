package promrecorder_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/promrecorder"
)

// recordAll tells a recorder of one request of each of so many tenants.
func recordAll(t *testing.T, r runtime.Recorder, tenants int) {
	t.Helper()
	for i := range tenants {
		id := fmt.Sprintf("tenant-%d", i)
		r.Count(t.Context(), runtime.CountRequests, "ok", id)
	}
	r.Observe(t.Context(), runtime.TimeResolve, "ok", "tenant-0", time.Millisecond)
}

// series returns how many time series a registry has.
func series(t *testing.T, registry *prometheus.Registry) int {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, f := range families {
		n += len(f.GetMetric())
	}
	return n
}

// TestCardinality is attack case 78: 100,000 tenants do not make 100,000 series. The
// control takes the bound away.
func TestCardinality(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ tenants, maxTenants, want int }{
		"default":            {100_000, 0, 2},
		"a few tenants":      {100_000, 10, 10 + 1 + 1}, // those, "other", and the timer
		"control: unbounded": {2_000, 2_000, 2_000 + 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			registry := prometheus.NewRegistry()
			r, err := promrecorder.New(registry, promrecorder.Options{MaxTenants: test.maxTenants})
			if err != nil {
				t.Fatal(err)
			}
			recordAll(t, r, test.tenants)
			if got := series(t, registry); got != test.want {
				t.Errorf("%d series, want %d", got, test.want)
			}
		})
	}
}

// TestValues reads what was recorded, name by name.
func TestValues(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewPedanticRegistry()
	r, err := promrecorder.New(registry, promrecorder.Options{MaxTenants: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range runtime.Counters() {
		for _, tenant := range []string{"a", "b", "a", "", "c"} {
			r.Count(t.Context(), c, "ok", tenant)
		}
	}
	for _, timer := range runtime.Timers() {
		r.Observe(t.Context(), timer, "error", "a", 3*time.Second)
	}
	r.Count(t.Context(), "no such counter", "ok", "a")
	r.Observe(t.Context(), "no such timer", "ok", "a", time.Second)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range families {
		for _, m := range f.GetMetric() {
			labels := ""
			for _, l := range m.GetLabel() {
				labels += " " + l.GetName() + "=" + l.GetValue()
			}
			got = append(got, fmt.Sprint(f.GetName(), labels, " ", m.GetCounter().GetValue(), " ", m.GetHistogram().GetSampleSum()))
		}
	}
	var want []string
	for _, c := range runtime.Counters() {
		name := "tenancy_" + string(c) + "_total outcome=ok"
		want = append(want, name+" tenant= 1 0", name+" tenant=a 2 0", name+" tenant=other 2 0")
	}
	for _, timer := range runtime.Timers() {
		want = append(want, "tenancy_"+string(timer)+"_duration_seconds outcome=error tenant=a 0 3")
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// full is a registry that refuses all after the first metrics.
type full struct {
	*prometheus.Registry
	left int
}

func (f *full) Register(c prometheus.Collector) error {
	if f.left--; f.left < 0 {
		return errors.New("refused")
	}
	return f.Registry.Register(c)
}

// TestRefused has the registry refuse in the middle: what was registered is taken back.
func TestRefused(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	if _, err := promrecorder.New(&full{registry, 3}, promrecorder.Options{}); err == nil {
		t.Fatal("a refusal is no error")
	}
	if _, err := promrecorder.New(registry, promrecorder.Options{}); err != nil {
		t.Fatalf("after a refusal: %v", err)
	}
	if _, err := promrecorder.New(registry, promrecorder.Options{}); err == nil {
		t.Error("the same metrics twice are no error")
	}
}
