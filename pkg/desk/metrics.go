package desk

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// metrics are the pipeline's own, beside those of each stage.
type metrics struct {
	original, duplicate prometheus.Observer
	matches             *prometheus.CounterVec
	index               prometheus.Gauge
}

// latencyBuckets reach from a millisecond to an hour; the objective is 30 s.
var latencyBuckets = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 3600}

func newMetrics(reg prometheus.Registerer) *metrics {
	f := promauto.With(reg)
	latency := f.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "copydesk_pipeline_latency_seconds",
		Help:    "Time from the inbox storing a file to its article being published: the service level.",
		Buckets: latencyBuckets, NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 100,
		NativeHistogramMinResetDuration: time.Hour,
	}, []string{"kind"})
	m := &metrics{
		original:  latency.WithLabelValues("original"),
		duplicate: latency.WithLabelValues("duplicate"),
		matches: f.NewCounterVec(prometheus.CounterOpts{
			Name: "copydesk_dedupe_matches_total", Help: "Copies found, by the method that found them.",
		}, []string{"method"}),
		index: f.NewGauge(prometheus.GaugeOpts{
			Name: "copydesk_dedupe_index_entries", Help: "Articles dedupe compares with.",
		}),
	}
	return m
}

func (m *metrics) latency(kind string, d time.Duration) {
	if kind == "duplicate" {
		m.duplicate.Observe(d.Seconds())
		return
	}
	m.original.Observe(d.Seconds())
}

func (m *metrics) match(method string) { m.matches.WithLabelValues(method).Inc() }
