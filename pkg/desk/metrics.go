package desk

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/copydesk/copydesk/pkg/dedupe"
)

// metrics are the pipeline's own, beside those of each stage.
type metrics struct {
	original, duplicate prometheus.Observer
	matches             *prometheus.CounterVec
	index               prometheus.Gauge
	lessons             [lessonResults]prometheus.Counter
	snapshot, lines     prometheus.Gauge
	learnErrors         prometheus.Counter
	children            *children
}

// lessonResult is what became of an article that ingest might learn from: a closed set.
type lessonResult int

const (
	lessonLearnt  lessonResult = iota // counted
	lessonCopy                        // of one that was counted before
	lessonSkipped                     // no room for it
	lessonResults
)

var lessonNames = [lessonResults]string{"learnt", "copy", "skipped"}

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
		snapshot: f.NewGauge(prometheus.GaugeOpts{
			Name: "copydesk_boilerplate_snapshot", Help: "Number of the snapshot of learnt boilerplate that articles are cleaned by, 0 for none.",
		}),
		lines: f.NewGauge(prometheus.GaugeOpts{
			Name: "copydesk_boilerplate_lines", Help: "Lines of boilerplate in that snapshot, of all sources.",
		}),
		learnErrors: f.NewCounter(prometheus.CounterOpts{
			Name: "copydesk_boilerplate_errors_total", Help: "Times learnt boilerplate could not be read or stored.",
		}),
	}
	for _, method := range []string{dedupe.MethodWords, dedupe.MethodContainment, dedupe.MethodProvider, dedupe.MethodURL, dedupe.MethodOverride} {
		m.matches.WithLabelValues(method)
	}
	m.children = &children{}
	reg.MustRegister(m.children)
	lessons := f.NewCounterVec(prometheus.CounterOpts{
		Name: "copydesk_boilerplate_articles_total", Help: "Articles ingest looked at to learn boilerplate, by what became of them.",
	}, []string{"result"})
	for i, name := range lessonNames {
		m.lessons[i] = lessons.WithLabelValues(name)
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

func (m *metrics) learnt(snapshot uint64, lines int) {
	m.snapshot.Set(float64(snapshot))
	m.lines.Set(float64(lines))
}
