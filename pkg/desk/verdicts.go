package desk

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/dedupe"
)

// verdicts are dedupe's own metrics.
type verdicts struct {
	decisions map[article.Relation]prometheus.Counter
	removals  prometheus.Counter
	conflicts prometheus.Counter
	seconds   prometheus.Observer
	entries   prometheus.Gauge
	bytes     prometheus.Gauge
}

// newVerdicts registers the metrics. Active tells whether this process decides.
func newVerdicts(reg prometheus.Registerer, entries prometheus.Gauge, active func() bool) *verdicts {
	f := promauto.With(reg)
	v := &verdicts{decisions: map[article.Relation]prometheus.Counter{}, entries: entries}
	decisions := f.NewCounterVec(prometheus.CounterOpts{
		Name: "copydesk_dedupe_decisions_total", Help: "Decisions appended to the log by this process.",
	}, []string{"relation"})
	for _, r := range []article.Relation{
		article.New, article.Exact, article.Near, article.Excerpt, article.Update, article.Correction, article.Kill,
	} {
		v.decisions[r] = decisions.WithLabelValues(string(r))
	}
	v.removals = f.NewCounter(prometheus.CounterOpts{
		Name: "copydesk_dedupe_removals_total", Help: "Articles taken out of the index because they died after dedupe.",
	})
	v.conflicts = f.NewCounter(prometheus.CounterOpts{
		Name: "copydesk_dedupe_conflicts_total", Help: "Appends refused because the log had grown: another process decides too.",
	})
	v.seconds = f.NewHistogram(prometheus.HistogramOpts{
		Name: "copydesk_dedupe_decision_seconds", Help: "Time from asking for a verdict to its being in the log, signing included.",
		Buckets:                         []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		NativeHistogramBucketFactor:     1.1,
		NativeHistogramMaxBucketNumber:  100,
		NativeHistogramMinResetDuration: time.Hour,
	})
	v.bytes = f.NewGauge(prometheus.GaugeOpts{
		Name: "copydesk_dedupe_index_bytes", Help: "Memory of the table from triples to articles and of what is compared.",
	})
	f.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "copydesk_dedupe_active", Help: "1 while this process decides, 0 while it stands by.",
	}, func() float64 {
		if active() {
			return 1
		}
		return 0
	})
	return v
}

func (v *verdicts) decided(r article.Relation) {
	if c, ok := v.decisions[r]; ok {
		c.Inc()
	}
}

func (v *verdicts) size(x *dedupe.Index) { v.entries.Set(float64(x.Len())) }

// measure is size with what takes longer to tell.
func (v *verdicts) measure(x *dedupe.Index) {
	s := x.Stats()
	v.size(x)
	v.bytes.Set(float64(s.IndexBytes + s.EvidenceBytes))
}
