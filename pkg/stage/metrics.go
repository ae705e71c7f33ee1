package stage

import (
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/copydesk/copydesk/pkg/article"
)

// outcome is how a delivery ended: a closed set.
type outcome int

const (
	outcomeOK         outcome = iota // outputs stored
	outcomeFiltered                  // asked for nothing
	outcomeDuplicate                 // was done before
	outcomeRejected                  // buried, the input's fault
	outcomeDeadLetter                // buried, ours
	outcomeFallback                  // passed on without the stage's part
	outcomeRetry                     // failed, comes again
	outcomeLater                     // given back, something else is broken
	outcomes
)

var outcomeNames = [outcomes]string{
	"ok", "filtered", "duplicate", "rejected", "dead_letter", "fallback", "retry", "later",
}

// Metrics are the measurements of all stages of a process. Each stage's values exist
// from the moment it starts.
type Metrics struct {
	messages    *prometheus.CounterVec
	processing  *prometheus.HistogramVec
	queue       *prometheus.HistogramVec
	errors      *prometheus.CounterVec
	bytes       *prometheus.CounterVec
	lastSuccess *prometheus.GaugeVec
	inFlight    *prometheus.GaugeVec
	room        *prometheus.GaugeVec
	running     *prometheus.GaugeVec
	limit       *prometheus.GaugeVec
	publishAck  *prometheus.HistogramVec
	dupAcks     *prometheus.CounterVec
	naks        *prometheus.CounterVec
	stalls      *prometheus.CounterVec
	stuck       *prometheus.GaugeVec
	redelivers  *prometheus.CounterVec
	buried      *prometheus.CounterVec
	rejects     *prometheus.CounterVec
	pending     *prometheus.GaugeVec
	ackPending  *prometheus.GaugeVec
	redelivered *prometheus.GaugeVec
	waiting     *prometheus.GaugeVec
	maxPending  *prometheus.GaugeVec
	oldest      *prometheus.GaugeVec
	pollErrors  *prometheus.CounterVec
}

// Buckets from 100 us, below what any stage takes, to 30 s, the deadline.
var secondsBuckets = []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}

// queueBuckets reach to a day: a stage that was stopped has old work.
var queueBuckets = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200, 86400}

// nativeFactor gives native histograms about 10 % resolution beside the classic
// buckets, which dashboards query.
const nativeFactor = 1.1

// NewMetrics registers the stage metrics.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	f := promauto.With(reg)
	stage, consumer := []string{"stage"}, []string{"stream", "consumer"}
	histogram := func(name, help string, buckets []float64) *prometheus.HistogramVec {
		return f.NewHistogramVec(prometheus.HistogramOpts{
			Name: name, Help: help, Buckets: buckets,
			NativeHistogramBucketFactor: nativeFactor, NativeHistogramMaxBucketNumber: 100,
			NativeHistogramMinResetDuration: time.Hour,
		}, stage)
	}
	counter := func(name, help string, labels []string) *prometheus.CounterVec {
		return f.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	gauge := func(name, help string, labels []string) *prometheus.GaugeVec {
		return f.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
	}
	return &Metrics{
		messages:    counter("copydesk_stage_messages_total", "Deliveries by how they ended.", []string{"stage", "outcome"}),
		processing:  histogram("copydesk_stage_processing_seconds", "Time the stage's function took for a message.", secondsBuckets),
		queue:       histogram("copydesk_stage_queue_seconds", "Time a message waited between being stored and being worked on.", queueBuckets),
		errors:      counter("copydesk_stage_errors_total", "Errors of the stage's function and of publishing, by reason.", []string{"stage", "reason"}),
		bytes:       counter("copydesk_stage_bytes_total", "Payload bytes read and published.", []string{"stage", "direction"}),
		lastSuccess: gauge("copydesk_stage_last_success_timestamp_seconds", "When the stage last finished a message.", stage),
		inFlight:    gauge("copydesk_stage_in_flight", "Messages buffered or worked on.", stage),
		room:        gauge("copydesk_stage_in_flight_limit", "Messages the stage takes at a time, to buffer or work on.", stage),
		running:     gauge("copydesk_stage_running_calls", "Calls of the stage's function under way; those that are stuck included.", stage),
		limit:       gauge("copydesk_stage_concurrency_limit", "Calls the stage makes at a time: running calls over it is how busy the stage is.", stage),
		publishAck:  histogram("copydesk_stage_publish_ack_seconds", "Time from the first publish of a message's outputs to the last acknowledgement.", secondsBuckets),
		dupAcks:     counter("copydesk_stage_duplicate_acks_total", "Outputs the server had already.", stage),
		naks:        counter("copydesk_stage_naks_total", "Deliveries given back to the server.", stage),
		stalls:      counter("copydesk_stage_pull_stalls_recovered_total", "Times pulls went silent and were sent anew.", stage),
		stuck:       gauge("copydesk_stage_stuck_calls", "Calls of the stage's function that outlived their deadline and still run.", stage),
		redelivers:  counter("copydesk_stage_redeliveries_total", "Deliveries of messages that were delivered before.", stage),
		buried:      counter("copydesk_dead_letters_total", "Items buried in the dead letters, by whose fault it is.", []string{"stage", "class"}),
		rejects:     counter("copydesk_rejects_total", "Items buried in the dead letters, by reason code.", []string{"stage", "reason"}),
		pending:     gauge("copydesk_consumer_pending_messages", "Messages the consumer has not delivered.", consumer),
		ackPending:  gauge("copydesk_consumer_ack_pending_messages", "Messages delivered and not acknowledged.", consumer),
		redelivered: gauge("copydesk_consumer_redelivered_messages", "Messages delivered more than once and not acknowledged.", consumer),
		waiting:     gauge("copydesk_consumer_waiting_pulls", "Pulls waiting for messages.", consumer),
		maxPending:  gauge("copydesk_consumer_max_ack_pending_messages", "Messages that may be delivered and not acknowledged, of all workers together.", consumer),
		oldest:      gauge("copydesk_consumer_oldest_pending_age_seconds", "Age of the oldest message that is not acknowledged: the lag in time, 0 when there is none.", consumer),
		pollErrors:  counter("copydesk_consumer_poll_errors_total", "Failed looks at a consumer.", consumer),
	}
}

// errorReasons is the closed set of reasons the runner counts.
var errorReasons = []string{"error", "panic", "timeout", "publish", "store"}

// classes is the closed set of dead letters' classes.
var classes = []string{string(article.ClassInput), string(article.ClassFault)}

// reasonOther counts codes that are on no list, so that the set stays closed.
const reasonOther = "other"

// ownReasons are the codes under which the runner itself buries a message.
var ownReasons = []string{CodeError, CodePanic, CodeTimeout, CodeCrash, reasonOther}

// meters are one stage's metrics, looked up once.
type meters struct {
	messages    [outcomes]prometheus.Counter
	processing  prometheus.Observer
	queue       prometheus.Observer
	errors      map[string]prometheus.Counter
	in, out     prometheus.Counter
	lastSuccess prometheus.Gauge
	inFlight    prometheus.Gauge
	running     prometheus.Gauge
	publishAck  prometheus.Observer
	dupAcks     prometheus.Counter
	naks        prometheus.Counter
	stalls      prometheus.Counter
	stuck       prometheus.Gauge
	redelivers  prometheus.Counter
	buried      map[string]prometheus.Counter // by class
	rejects     map[string]prometheus.Counter // by reason
}

// of returns a stage's metrics. Reasons are the codes its function rejects with.
func (m *Metrics) of(stage string, concurrency, room int, reasons []string) *meters {
	s := &meters{
		processing:  m.processing.WithLabelValues(stage),
		queue:       m.queue.WithLabelValues(stage),
		errors:      map[string]prometheus.Counter{},
		in:          m.bytes.WithLabelValues(stage, "in"),
		out:         m.bytes.WithLabelValues(stage, "out"),
		lastSuccess: m.lastSuccess.WithLabelValues(stage),
		inFlight:    m.inFlight.WithLabelValues(stage),
		running:     m.running.WithLabelValues(stage),
		publishAck:  m.publishAck.WithLabelValues(stage),
		dupAcks:     m.dupAcks.WithLabelValues(stage),
		naks:        m.naks.WithLabelValues(stage),
		stalls:      m.stalls.WithLabelValues(stage),
		stuck:       m.stuck.WithLabelValues(stage),
		redelivers:  m.redelivers.WithLabelValues(stage),
		buried:      map[string]prometheus.Counter{},
		rejects:     map[string]prometheus.Counter{},
	}
	for i, name := range outcomeNames {
		s.messages[i] = m.messages.WithLabelValues(stage, name)
	}
	for _, reason := range errorReasons {
		s.errors[reason] = m.errors.WithLabelValues(stage, reason)
	}
	for _, class := range classes {
		s.buried[class] = m.buried.WithLabelValues(stage, class)
	}
	for _, reason := range slices.Concat(ownReasons, reasons) {
		s.rejects[reason] = m.rejects.WithLabelValues(stage, reason)
	}
	m.limit.WithLabelValues(stage).Set(float64(concurrency))
	m.room.WithLabelValues(stage).Set(float64(room))
	return s
}

// bury counts a dead letter that is stored. A code or class that is on no list counts
// as another's.
func (s *meters) bury(reason, class string) {
	if c := s.buried[class]; c != nil {
		c.Inc()
	} else {
		s.buried[string(article.ClassFault)].Inc()
	}
	if c := s.rejects[reason]; c != nil {
		c.Inc()
	} else {
		s.rejects[reasonOther].Inc()
	}
}

// gauges are one consumer's metrics, looked up once.
type gauges struct {
	pending, ackPending, maxPending, redelivered, waiting, oldest prometheus.Gauge

	pollErrors prometheus.Counter
}

func (m *Metrics) consumer(stream, consumer string) *gauges {
	return &gauges{
		pending:     m.pending.WithLabelValues(stream, consumer),
		ackPending:  m.ackPending.WithLabelValues(stream, consumer),
		maxPending:  m.maxPending.WithLabelValues(stream, consumer),
		redelivered: m.redelivered.WithLabelValues(stream, consumer),
		waiting:     m.waiting.WithLabelValues(stream, consumer),
		oldest:      m.oldest.WithLabelValues(stream, consumer),
		pollErrors:  m.pollErrors.WithLabelValues(stream, consumer),
	}
}
