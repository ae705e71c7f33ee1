// Package survey looks at a NATS server's streams and consumers now and then and
// exports what it saw, never on a scrape:
//
//   - under the names of prometheus-nats-exporter (jetstream_*), so that the boards
//     people have for it work without running it;
//   - what the exporter does not have: how full each stream is, and what the server
//     reports of messages that were given back, ended or given up.
//
// What it looks at is a closed list of streams. Of their consumers it shows those
// with a name of their own, up to a limit: a sender or reader of ours cannot make the
// number of series grow.
package survey

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
)

// State is what one look saw.
type State struct {
	Server  Server
	Streams []Stream
}

// Server is a server, or as much of a cluster as an account may see.
type Server struct {
	ID, Name, Cluster, Domain string
	// MetaLeader is the cluster's, empty without one.
	MetaLeader string
	// Disabled says that it has no JetStream.
	Disabled bool
	// Streams and Consumers count all there are, Messages and Bytes what they hold.
	Streams, Consumers int
	Messages, Bytes    uint64
	// MaxMemory and MaxStorage in bytes, -1 for no limit.
	MaxMemory, MaxStorage int64
}

// Stream is one stream.
type Stream struct {
	Account, AccountID string
	Name               string
	Leader             string // empty without a cluster
	Messages, Bytes    uint64
	FirstSeq, LastSeq  uint64
	ConsumerCount      int
	MaxBytes           int64 // 0 or less for no limit
	Consumers          []Consumer
}

// Consumer is one consumer of a stream.
type Consumer struct {
	Name, Leader, Description                 string
	Durable                                   bool
	NumPending                                uint64
	NumAckPending, NumRedelivered, NumWaiting int
	Delivered, AckFloor                       Place
	// Seen is when the server said all this.
	Seen time.Time
}

// Place is a consumer's place in its own count and the stream's.
type Place struct {
	Consumer, Stream uint64
	Last             *time.Time // of the last delivery or acknowledgement
}

// Source looks at these streams. Those that do not exist are left out.
type Source func(ctx context.Context, streams []string) (*State, error)

// Options configure a Survey. Streams is required, and a Source here or by Use.
type Options struct {
	Source Source
	// Streams to look at, by name.
	Streams []string
	// Consumers of each stream that its advisories are counted for; others count as
	// "other".
	Consumers map[string][]string
	// MaxConsumers bounds the consumers shown; those of Consumers are shown in any
	// case. Default 100.
	MaxConsumers int

	Registerer prometheus.Registerer // nil: not exported
}

// Survey is the metrics. It is a prometheus.Collector and safe for concurrent use.
type Survey struct {
	o          Options
	last       atomic.Pointer[State]
	leftOut    prometheus.Gauge
	errors     prometheus.Counter
	fill       *prometheus.GaugeVec
	advisories *prometheus.CounterVec
}

// New registers a survey that has seen nothing yet.
func New(o Options) *Survey {
	if o.MaxConsumers == 0 {
		o.MaxConsumers = 100
	}
	s := &Survey{
		o: o,
		leftOut: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "copydesk_survey_consumers_left_out", Help: "Consumers that are not shown because there are too many.",
		}),
		errors: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "copydesk_survey_errors_total", Help: "Failed looks at the streams.",
		}),
		fill: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "copydesk_stream_fill_ratio", Help: "Bytes in a stream over the most it takes; at 1 it refuses, and the stage before it waits.",
		}, []string{"stream"}),
		advisories: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "copydesk_jetstream_advisories_total", Help: "What the server reported of messages: given back (naked), ended without success (terminated), given up (max_deliveries). Each report is counted by one process.",
		}, []string{"stream", "consumer", "kind"}),
	}
	for _, k := range kinds {
		for _, stream := range o.Streams {
			for _, consumer := range o.Consumers[stream] {
				s.advisories.WithLabelValues(stream, consumer, k.name)
			}
		}
		s.advisories.WithLabelValues(other, other, k.name)
	}
	if o.Registerer != nil {
		o.Registerer.MustRegister(s, s.leftOut, s.errors, s.fill, s.advisories)
	}
	return s
}

// Use has the survey look by another source. It may not be called beside Look.
func (s *Survey) Use(source Source) { s.o.Source = source }

// Look looks once. On an error what was seen last stays.
func (s *Survey) Look(ctx context.Context) error {
	state, err := s.o.Source(ctx, s.o.Streams)
	if err != nil {
		s.errors.Inc()
		return fmt.Errorf("look at the streams: %w", err)
	}
	s.leftOut.Set(float64(s.bound(state)))
	for i := range state.Streams {
		if st := &state.Streams[i]; st.MaxBytes > 0 {
			s.fill.WithLabelValues(st.Name).Set(float64(st.Bytes) / float64(st.MaxBytes))
		}
	}
	s.last.Store(state)
	return nil
}

// bound cuts the consumers of a state to those that are shown and says how many
// durable ones are not. Those on the list come before all others, of whatever stream:
// the readers of one stream must not hide the workers of the next.
func (s *Survey) bound(state *State) (leftOut int) {
	listed := func(st *Stream, c Consumer) bool { return slices.Contains(s.o.Consumers[st.Name], c.Name) }
	left := s.o.MaxConsumers
	for i := range state.Streams {
		st := &state.Streams[i]
		// An ephemeral consumer's name is made up anew each time: a series for each
		// would never end.
		st.Consumers = slices.DeleteFunc(st.Consumers, func(c Consumer) bool { return !c.Durable })
		for _, c := range st.Consumers {
			if listed(st, c) {
				left--
			}
		}
	}
	for i := range state.Streams {
		st := &state.Streams[i]
		slices.SortFunc(st.Consumers, func(a, b Consumer) int { return strings.Compare(a.Name, b.Name) })
		st.Consumers = slices.DeleteFunc(st.Consumers, func(c Consumer) bool {
			if listed(st, c) {
				return false
			}
			if left <= 0 {
				leftOut++
				return true
			}
			left--
			return false
		})
	}
	return leftOut
}

// other stands for whatever is on no list.
const other = "other"

// kinds of advisories, with the subject that each comes on: the stream and the
// consumer follow.
var kinds = []struct{ name, prefix string }{
	{"max_deliveries", "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES."},
	{"terminated", "$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED."},
	{"naked", "$JS.EVENT.ADVISORY.CONSUMER.MSG_NAKED."},
}

// Advisories are the subjects that Listen subscribes to.
func Advisories() []string {
	var list []string
	for _, k := range kinds {
		list = append(list, k.prefix+"*.*")
	}
	return list
}

// group is the queue group that shares the advisories, so that of several processes
// one counts each.
const group = "copydesk_survey"

// Listen counts advisories until stop is called. A client that may not hear them
// counts none.
func (s *Survey) Listen(nc *nats.Conn) (stop func(), err error) {
	var subs []*nats.Subscription
	stop = func() {
		for _, sub := range subs {
			_ = sub.Unsubscribe() // fails only when the connection is closed
		}
	}
	for _, k := range kinds {
		sub, err := nc.QueueSubscribe(k.prefix+"*.*", group, func(m *nats.Msg) {
			stream, consumer, _ := strings.Cut(strings.TrimPrefix(m.Subject, k.prefix), ".")
			s.count(stream, consumer, k.name)
		})
		if err != nil {
			stop()
			return nil, fmt.Errorf("listen to advisories: %w", err)
		}
		subs = append(subs, sub)
	}
	return stop, nil
}

// count keeps the labels to the lists.
func (s *Survey) count(stream, consumer, kind string) {
	if !slices.Contains(s.o.Streams, stream) || !slices.Contains(s.o.Consumers[stream], consumer) {
		stream, consumer = other, other
	}
	s.advisories.WithLabelValues(stream, consumer, kind).Inc()
}
