package desk

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

// value is what a counter or a gauge says.
func value(c prometheus.Collector) float64 { return testutil.ToFloat64(c) }
