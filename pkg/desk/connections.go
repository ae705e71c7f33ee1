package desk

import (
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
)

// connections exports the process's connections to NATS, by what each is for. It is a
// prometheus.Collector; asking a connection costs no message.
type connections struct {
	names []string // a closed set

	mu   sync.Mutex
	live map[string]*nats.Conn
}

var (
	descConnected  = prometheus.NewDesc("copydesk_nats_connected", "1 while the connection to NATS stands.", []string{"connection"}, nil)
	descReconnects = prometheus.NewDesc("copydesk_nats_reconnects_total", "Times the connection to NATS came back.", []string{"connection"}, nil)
)

func newConnections(names []string) *connections {
	return &connections{names: names, live: map[string]*nats.Conn{}}
}

// watch shows a connection under its name from now on.
func (c *connections) watch(name string, nc *nats.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.live[name] = nc
}

// Describe implements prometheus.Collector.
func (c *connections) Describe(ch chan<- *prometheus.Desc) {
	ch <- descConnected
	ch <- descReconnects
}

// Collect implements prometheus.Collector.
func (c *connections) Collect(ch chan<- prometheus.Metric) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, name := range c.names {
		var up, reconnects float64
		if nc := c.live[name]; nc != nil {
			if nc.IsConnected() {
				up = 1
			}
			reconnects = float64(nc.Stats().Reconnects)
		}
		ch <- prometheus.MustNewConstMetric(descConnected, prometheus.GaugeValue, up, name)
		ch <- prometheus.MustNewConstMetric(descReconnects, prometheus.CounterValue, reconnects, name)
	}
}
