// Package otelrecorder gives the metrics of the run time to OpenTelemetry.
//
// Counters are named as in "tenancy.requests", and timers as in
// "tenancy.resolve.duration", in seconds. Each has the attribute "outcome".
package otelrecorder

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/internal/cardinality"
)

// Options are the options of New. The zero value is a good choice.
type Options struct {
	// MaxTenants is how many tenants have series of their own, by the attribute
	// "tenant"; those that come later share the value "other". Zero, the default, is
	// no such attribute at all, since every tenant is as many series as there are
	// metrics and outcomes.
	MaxTenants int
}

// Recorder is a runtime.Recorder. Make it with New.
type Recorder struct {
	counters map[runtime.Counter]metric.Int64Counter
	timers   map[runtime.Timer]metric.Float64Histogram
	tenants  *cardinality.Labels // nil without the attribute
}

var _ runtime.Recorder = (*Recorder)(nil)

// buckets are the bounds of the histograms, in seconds: a look-up in a cache takes
// microseconds, and registering a tenant with a database of its own takes seconds.
var buckets = []float64{0.00001, 0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}

// New returns a Recorder that makes its instruments with meter. The error is that of
// the meter.
func New(meter metric.Meter, o Options) (*Recorder, error) {
	r := &Recorder{counters: map[runtime.Counter]metric.Int64Counter{}, timers: map[runtime.Timer]metric.Float64Histogram{}}
	if o.MaxTenants > 0 {
		r.tenants = cardinality.New(o.MaxTenants)
	}
	for _, c := range runtime.Counters() {
		counter, err := meter.Int64Counter("tenancy." + string(c))
		if err != nil {
			return nil, fmt.Errorf("tenancy: the counter %s: %w", c, err)
		}
		r.counters[c] = counter
	}
	for _, t := range runtime.Timers() {
		timer, err := meter.Float64Histogram("tenancy."+string(t)+".duration", metric.WithUnit("s"), metric.WithExplicitBucketBoundaries(buckets...))
		if err != nil {
			return nil, fmt.Errorf("tenancy: the timer %s: %w", t, err)
		}
		r.timers[t] = timer
	}
	return r, nil
}

// Count adds one to the counter. One that runtime.Counters does not have is dropped.
func (r *Recorder) Count(ctx context.Context, c runtime.Counter, outcome, tenantID string) {
	if counter, ok := r.counters[c]; ok {
		counter.Add(ctx, 1, r.attributes(outcome, tenantID))
	}
}

// Observe adds a duration. A timer that runtime.Timers does not have is dropped.
func (r *Recorder) Observe(ctx context.Context, t runtime.Timer, outcome, tenantID string, d time.Duration) {
	if timer, ok := r.timers[t]; ok {
		timer.Record(ctx, d.Seconds(), r.attributes(outcome, tenantID))
	}
}

func (r *Recorder) attributes(outcome, tenantID string) metric.MeasurementOption {
	if r.tenants == nil {
		return metric.WithAttributes(attribute.String("outcome", outcome))
	}
	return metric.WithAttributes(attribute.String("outcome", outcome), attribute.String("tenant", r.tenants.Of(tenantID)))
}
