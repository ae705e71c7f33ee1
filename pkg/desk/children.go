package desk

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/copydesk/copydesk/pkg/isolate"
)

// children exports the processes that read untrusted files. It is a prometheus.Collector;
// without a pool its values are 0.
type children struct{ pool atomic.Pointer[isolate.Pool] }

func (c *children) watch(p *isolate.Pool) { c.pool.Store(p) }

var (
	descAlive = prometheus.NewDesc("copydesk_isolate_children", "Child processes that read untrusted files.", nil, nil)
	descEnded = prometheus.NewDesc("copydesk_isolate_ended_total", "Child processes that ended, by why; another takes the place of each.", []string{"reason"}, nil)
	descPeak  = prometheus.NewDesc("copydesk_isolate_peak_resident_bytes", "The most memory one of the child processes ever held resident.", nil, nil)
)

// Describe implements prometheus.Collector.
func (c *children) Describe(ch chan<- *prometheus.Desc) {
	ch <- descAlive
	ch <- descEnded
	ch <- descPeak
}

// Collect implements prometheus.Collector.
func (c *children) Collect(ch chan<- prometheus.Metric) {
	var s isolate.Stats
	if p := c.pool.Load(); p != nil {
		s = p.Stats()
	}
	ch <- prometheus.MustNewConstMetric(descAlive, prometheus.GaugeValue, float64(s.Alive))
	for why, n := range s.Ended {
		ch <- prometheus.MustNewConstMetric(descEnded, prometheus.CounterValue, float64(n), isolate.End(why).String())
	}
	ch <- prometheus.MustNewConstMetric(descPeak, prometheus.GaugeValue, float64(s.Peak))
}
