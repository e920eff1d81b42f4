// Package promrecorder gives the metrics of the run time to Prometheus.
//
// Counters are named as in "tenancy_requests_total", and timers as in
// "tenancy_resolve_duration_seconds". Each has the label "outcome".
package promrecorder

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/internal/cardinality"
)

// Options are the options of New. The zero value is a good choice.
type Options struct {
	// MaxTenants is how many tenants have series of their own, by the label "tenant";
	// those that come later share the value "other". Zero, the default, is no such
	// label at all, since every tenant is as many series as there are metrics,
	// outcomes and buckets.
	MaxTenants int
}

// Recorder is a runtime.Recorder. Make it with New.
type Recorder struct {
	counters map[runtime.Counter]*prometheus.CounterVec
	timers   map[runtime.Timer]*prometheus.HistogramVec
	tenants  *cardinality.Labels // nil without the label
}

var _ runtime.Recorder = (*Recorder)(nil)

// buckets are the bounds of the histograms, in seconds: a look-up in a cache takes
// microseconds, and registering a tenant with a database of its own takes seconds.
var buckets = []float64{0.00001, 0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}

// New returns a Recorder whose metrics are registered with registerer. One that has
// metrics of these names already is an error, and keeps nothing of the new ones.
func New(registerer prometheus.Registerer, o Options) (*Recorder, error) {
	r := &Recorder{counters: map[runtime.Counter]*prometheus.CounterVec{}, timers: map[runtime.Timer]*prometheus.HistogramVec{}}
	labels := []string{"outcome"}
	if o.MaxTenants > 0 {
		r.tenants = cardinality.New(o.MaxTenants)
		labels = append(labels, "tenant")
	}
	var collectors []prometheus.Collector
	for _, c := range runtime.Counters() {
		r.counters[c] = prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: "tenancy", Name: string(c) + "_total", Help: "Tenancy: " + string(c) + ", by outcome.",
		}, labels)
		collectors = append(collectors, r.counters[c])
	}
	for _, t := range runtime.Timers() {
		r.timers[t] = prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: "tenancy", Name: string(t) + "_duration_seconds", Help: "Tenancy: how long " + string(t) + " takes, by outcome.", Buckets: buckets,
		}, labels)
		collectors = append(collectors, r.timers[t])
	}
	return r, register(registerer, collectors)
}

// register registers all collectors or none.
func register(registerer prometheus.Registerer, collectors []prometheus.Collector) error {
	for i, c := range collectors {
		err := registerer.Register(c)
		if err == nil {
			continue
		}
		for _, done := range collectors[:i] {
			if !registerer.Unregister(done) {
				err = errors.Join(err, errors.New("a metric could not be taken back"))
			}
		}
		return fmt.Errorf("tenancy: registering the metrics: %w", err)
	}
	return nil
}

// Count adds one to the counter. One that runtime.Counters does not have is dropped.
func (r *Recorder) Count(_ context.Context, c runtime.Counter, outcome, tenantID string) {
	if counter, ok := r.counters[c]; ok {
		counter.WithLabelValues(r.labels(outcome, tenantID)...).Inc()
	}
}

// Observe adds a duration. A timer that runtime.Timers does not have is dropped.
func (r *Recorder) Observe(_ context.Context, t runtime.Timer, outcome, tenantID string, d time.Duration) {
	if timer, ok := r.timers[t]; ok {
		timer.WithLabelValues(r.labels(outcome, tenantID)...).Observe(d.Seconds())
	}
}

func (r *Recorder) labels(outcome, tenantID string) []string {
	if r.tenants == nil {
		return []string{outcome}
	}
	return []string{outcome, r.tenants.Of(tenantID)}
}
