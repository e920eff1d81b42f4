package otelrecorder_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/otelrecorder"
)

// recorder returns a Recorder, and a function for the series that it has made, as text.
// The SDK has a bound of its own, which would hide that of the recorder; it is off.
func recorder(t *testing.T, o otelrecorder.Options) (r *otelrecorder.Recorder, series func() []string) {
	t.Helper()
	reader := metric.NewManualReader()
	provider := metric.NewMeterProvider(metric.WithReader(reader), metric.WithCardinalityLimit(0))
	r, err := otelrecorder.New(provider.Meter("test"), o)
	if err != nil {
		t.Fatal(err)
	}
	return r, func() []string {
		var data metricdata.ResourceMetrics
		if err := reader.Collect(t.Context(), &data); err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, scope := range data.ScopeMetrics {
			for _, m := range scope.Metrics {
				out = append(out, points(t, m)...)
			}
		}
		return out
	}
}

// points returns the series of one metric.
func points(t *testing.T, m metricdata.Metrics) []string {
	t.Helper()
	var out []string
	line := func(set attribute.Set, value any) {
		out = append(out, fmt.Sprint(m.Name, " ", set.Encoded(attribute.DefaultEncoder()), " ", value))
	}
	switch data := m.Data.(type) {
	case metricdata.Sum[int64]:
		for _, p := range data.DataPoints {
			line(p.Attributes, p.Value)
		}
	case metricdata.Histogram[float64]:
		for _, p := range data.DataPoints {
			line(p.Attributes, p.Sum)
		}
	default:
		t.Fatalf("metric %s is a %T", m.Name, data)
	}
	return out
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
			r, series := recorder(t, otelrecorder.Options{MaxTenants: test.maxTenants})
			for i := range test.tenants {
				r.Count(t.Context(), runtime.CountRequests, "ok", fmt.Sprintf("tenant-%d", i))
			}
			r.Observe(t.Context(), runtime.TimeResolve, "ok", "tenant-0", time.Millisecond)
			if got := len(series()); got != test.want {
				t.Errorf("%d series, want %d", got, test.want)
			}
		})
	}
}

// TestValues reads what was recorded, name by name.
func TestValues(t *testing.T) {
	t.Parallel()
	r, series := recorder(t, otelrecorder.Options{MaxTenants: 1})
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
	var want []string
	for _, c := range runtime.Counters() {
		name := "tenancy." + string(c) + " outcome=ok,tenant="
		want = append(want, name+" 1", name+"a 2", name+"other 2")
	}
	for _, timer := range runtime.Timers() {
		want = append(want, "tenancy."+string(timer)+".duration outcome=error,tenant=a 3")
	}
	got := series()
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
