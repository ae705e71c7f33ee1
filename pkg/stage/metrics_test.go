package stage

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// BenchmarkMetrics is everything that is counted and measured of one message that
// passes a stage.
func BenchmarkMetrics(b *testing.B) {
	m := NewMetrics(prometheus.NewRegistry()).of("entities", 2, 256, []string{"undecodable"})
	start := time.Now()
	b.ReportAllocs()
	for b.Loop() {
		m.running.Inc()
		m.running.Dec()
		m.queue.Observe(max(start.Sub(start), 0).Seconds())
		m.processing.Observe(time.Millisecond.Seconds())
		m.in.Add(4096)
		m.out.Add(4096)
		m.publishAck.Observe(time.Since(start).Seconds())
		m.messages[outcomeOK].Inc()
		m.lastSuccess.SetToCurrentTime()
	}
}
