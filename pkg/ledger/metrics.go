package ledger

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/copydesk/copydesk/pkg/article"
)

// Metrics export the ledger. It is counted from the streams, so every process that
// keeps it says the same: take the maximum, not the sum.
type Metrics struct {
	items *prometheus.GaugeVec
	leak  prometheus.Gauge
	read  prometheus.Gauge
}

// laneOther is for messages whose header names a lane that there is not.
const laneOther = "other"

var lanes = []string{string(article.Live), string(article.Backfill), laneOther}

// states are the sides of the balance.
var states = []struct {
	name string
	of   func(Sums) int64
}{
	{"in", Sums.Items},
	{"enriched", func(s Sums) int64 { return s.Enriched }},
	{"duplicate", func(s Sums) int64 { return s.Duplicate }},
	{"dead", func(s Sums) int64 { return s.Dead }},
	{"in_flight", Sums.InFlight},
}

// NewMetrics registers the metrics, at 0.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	f := promauto.With(reg)
	m := &Metrics{
		items: f.NewGaugeVec(prometheus.GaugeOpts{
			Name: "copydesk_ledger_items", Help: "Items of all time by lane and state: in = enriched + duplicate + dead + in_flight.",
		}, []string{"lane", "state"}),
		leak: f.NewGauge(prometheus.GaugeOpts{
			Name: "copydesk_ledger_leak_items", Help: "Items that came in, have not ended and are in no consumer's hands: lost, at the least. Below 0: items that ended twice.",
		}),
		read: f.NewGauge(prometheus.GaugeOpts{
			Name: "copydesk_ledger_read_timestamp_seconds", Help: "When the ledger was last read.",
		}),
	}
	m.Set(nil)
	return m
}

// Set takes over a report of the ledger.
func (m *Metrics) Set(report []Sums) {
	by := map[string]Sums{}
	for _, s := range report {
		lane := string(s.Lane)
		if s.Lane != article.Live && s.Lane != article.Backfill {
			lane = laneOther
		}
		total := by[lane]
		total.add(s)
		by[lane] = total
	}
	for _, lane := range lanes {
		for _, state := range states {
			m.items.WithLabelValues(lane, state.name).Set(float64(state.of(by[lane])))
		}
	}
	if report != nil {
		m.read.SetToCurrentTime()
	}
}

// SetLeak takes over what Leak found.
func (m *Metrics) SetLeak(n int64) { m.leak.Set(float64(n)) }

// Leak returns how many items are lost for certain, or, below zero, how many ended
// twice. It is given the ledger's total, what the consumers had in their hands when
// they were asked after that, messages not delivered and not acknowledged, and the
// total read once more after that.
//
// What was in before must since have been in a consumer's hands or have ended. Items
// that pass from one stage to the next are in the hands of both for a moment, and
// items that came later count too, so under load a small loss does not show; when the
// desk is quiet the number is exact. It never cries over an item that is only on its
// way.
func Leak(before Sums, inHand int64, after Sums) int64 {
	if n := after.InFlight(); n < 0 {
		return n
	}
	ended := after.Enriched + after.Duplicate + after.Dead
	return max(before.Items()-inHand-ended, 0)
}
