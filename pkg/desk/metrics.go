package desk

import (
	"maps"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/dedupe"
	"github.com/copydesk/copydesk/pkg/entity"
	"github.com/copydesk/copydesk/pkg/extract"
	"github.com/copydesk/copydesk/pkg/summary"
	"github.com/copydesk/copydesk/pkg/text"
)

// metrics are the pipeline's own, beside those of each stage.
type metrics struct {
	originals, duplicates [lanes]prometheus.Observer
	overrides, revisions  *prometheus.GaugeVec
	matches               *prometheus.CounterVec
	index                 prometheus.Gauge
	lessons               [lessonResults]prometheus.Counter
	snapshot, lines       prometheus.Gauge
	learnErrors           prometheus.Counter
	children              *children
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

func newMetrics(reg prometheus.Registerer, stages ...string) *metrics {
	f := promauto.With(reg)
	latency := f.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "copydesk_pipeline_latency_seconds",
		Help:    "Time from the inbox storing a file to its article being published: the service level.",
		Buckets: latencyBuckets, NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 100,
		NativeHistogramMinResetDuration: time.Hour,
	}, []string{"kind", "lane"})
	m := &metrics{
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
		revisions: f.NewGaugeVec(prometheus.GaugeOpts{
			Name: "copydesk_overrides_revision", Help: "Revision of the desk's word that a stage goes by, on pairs of articles or on names, 0 for none.",
		}, []string{"about"}),
		overrides: f.NewGaugeVec(prometheus.GaugeOpts{
			Name: "copydesk_overrides", Help: "Pairs of articles, or names, that the desk has given its word on.",
		}, []string{"about"}),
		learnErrors: f.NewCounter(prometheus.CounterOpts{
			Name: "copydesk_boilerplate_errors_total", Help: "Times learnt boilerplate could not be read or stored.",
		}),
	}
	for l, name := range laneNames {
		m.originals[l] = latency.WithLabelValues("original", name)
		m.duplicates[l] = latency.WithLabelValues("duplicate", name)
	}
	for stage, about := range overridesOf {
		if slices.Contains(stages, stage) {
			m.overridden(about)(0, 0)
		}
	}
	model := f.NewGaugeVec(prometheus.GaugeOpts{
		Name: "copydesk_model_info", Help: "1; the labels say which version of rules and weights a stage works by.",
	}, []string{"stage", "model"})
	for _, stage := range stages {
		if name := models[stage]; name != nil {
			model.WithLabelValues(stage, name()).Set(1)
		}
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

// models name what a stage works by, for those that have a name for it.
var models = map[string]func() string{
	article.StageDedupe:    func() string { return text.Version },
	article.StageEntities:  entity.Model,
	article.StageSummarize: func() string { return summary.Default().Name() },
}

// overridesOf are what the desk's word is about, by the stage that goes by it.
var overridesOf = map[string]string{article.StageDedupe: "articles", article.StageEntities: "entities"}

// finished observes how long an article took that came to its end, in a trace that is
// kept or in none.
func (m *metrics) finished(copied bool, l article.Lane, d time.Duration, traceID string) {
	by := &m.originals
	if copied {
		by = &m.duplicates
	}
	o, seconds := by[laneNumber(l)], max(d, 0).Seconds()
	if x, ok := o.(prometheus.ExemplarObserver); ok && traceID != "" {
		x.ObserveWithExemplar(seconds, prometheus.Labels{"trace_id": traceID})
		return
	}
	o.Observe(seconds)
}

// overridden returns what shows the overrides that hold.
func (m *metrics) overridden(about string) func(revision uint64, n int) {
	revisions, overrides := m.revisions.WithLabelValues(about), m.overrides.WithLabelValues(about)
	return func(revision uint64, n int) {
		revisions.Set(float64(revision))
		overrides.Set(float64(n))
	}
}

func (m *metrics) match(method string) { m.matches.WithLabelValues(method).Inc() }

func (m *metrics) learnt(snapshot uint64, lines int) {
	m.snapshot.Set(float64(snapshot))
	m.lines.Set(float64(lines))
}

// reasonsOf are the codes under which a stage's function rejects.
func reasonsOf(stage string) []string {
	if stage == article.StageIngest {
		return append(slices.Sorted(maps.Keys(extract.Classes)), CodeBadEvent, CodeBlobMissing)
	}
	return []string{CodeUndecodable, CodeBlobMissing, CodeTooLarge}
}

// buried counts a dead letter.
func (d *Desk) buried(h nats.Header) {
	source, l := h.Get(article.HeaderSource), article.Lane(h.Get(article.HeaderLane))
	d.content.item(source, l, itemDead)
	if h.Get(article.HeaderOriginStream) == article.StreamInbox || h.Get(article.HeaderOriginStream) == article.StreamBackfill {
		d.content.rejected.Inc()
	}
}
