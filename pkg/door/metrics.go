package door

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
)

// The outcomes of a request.
const (
	outcomeAccepted = "accepted"
	outcomeRefused  = "refused"     // the sender's mistake
	outcomeFull     = "full"        // no room in the inbox or on the disk
	outcomeFailed   = "unavailable" // anything else on our side
)

type metrics struct{ requests *prometheus.CounterVec }

func newMetrics(reg prometheus.Registerer) metrics {
	m := metrics{prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "copydesk_door_requests_total",
		Help: "Files sent to the HTTP door, by what became of them.",
	}, []string{"outcome"})}
	for _, o := range []string{outcomeAccepted, outcomeRefused, outcomeFull, outcomeFailed} {
		m.requests.WithLabelValues(o)
	}
	if reg != nil {
		reg.MustRegister(m.requests)
	}
	return m
}

func outcomeOf(no *refusal) string {
	switch {
	case no.status != http.StatusServiceUnavailable:
		return outcomeRefused
	case no.reason == reasonFull || no.reason == reasonDisk:
		return outcomeFull
	}
	return outcomeFailed
}
