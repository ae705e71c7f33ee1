// Package stage runs a function over a JetStream stream: it pulls messages, calls
// the function, publishes what it returns and acknowledges the input, so that each
// message has its effect exactly once.
//
// The promise rests on four rules:
//
//   - An output's message id is made of the stage and the item, so publishing it
//     again within the server's duplicate window changes nothing.
//   - The input is acknowledged only when the server has stored every output. A
//     crash in between repeats work, never loses it.
//   - Beyond the duplicate window the stage looks before it publishes. At the start,
//     after a reconnect and for any delivery that may have been worked on before, it
//     reads the headers of what it already published or buried and acknowledges what
//     is there. See published.
//   - What a consumer once acknowledged up to is remembered beside the streams, so
//     that a server which loses its consumer state in a power cut, and delivers a
//     whole stream again, changes nothing either.
//
// The function decides a message's fate by the error it returns: nil is done, any
// error is tried again with growing delay, Reject buries it in the dead letters with
// a reason code, and Later pauses the stage because something it needs is broken.
// A panic or a function that outlives its deadline counts as an error. After
// Options.Attempts errors a message goes to Options.Fallback, or is buried.
//
// The runner knows nothing of articles beyond the headers that identify them.
package stage

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
)

// In is one message for a Func.
type In struct {
	Subject string
	Header  nats.Header
	Data    []byte
	// Stream, created at Created, holds the message as Seq since Stored.
	Stream  string
	Created time.Time
	Seq     uint64
	Stored  time.Time
	// Attempt counts the deliveries of this message from 1.
	Attempt int
}

// Delivery returns the circumstances that message ids are made of.
func (in In) Delivery() article.Delivery { return deliveryOf(in.Header) }

// Out is one message a Func wants published.
type Out struct {
	// Item is what the message is about: with the stage's name, its identity.
	Item    string
	Subject string
	Header  nats.Header
	Data    []byte
	// Stored, if set, is called once this and every other out of the message is
	// stored. It must not block.
	Stored func()
	// Placed, if set, is called with the server's answer once this out is stored,
	// possibly before the others are. It must not block.
	Placed func(bus.Ack)
	// Fresh says that the item comes to be by this message although the message is the
	// retry of another one: it goes out as if for the first time.
	Fresh bool
	// Reject, when set, buries the item instead: the input's bytes go to the dead
	// letters under Header. For a file of which one article failed.
	Reject *RejectError
}

// Func does a stage's work on one message. It must return soon after ctx is done,
// must be safe for concurrent use, and must give the same outs for the same input:
// after a crash it is called again. No outs and no error means that the message
// asked for nothing.
type Func func(ctx context.Context, in In) ([]Out, error)

// Input is a consumer the stage pulls from.
type Input struct {
	Stream   string
	Consumer string
	// Prefetch bounds the messages that are asked for, buffered or worked on.
	// Default 4 for each worker, at least 16.
	Prefetch int
	// Gate, if set, is asked every GateInterval; while it says false nothing is
	// pulled. It keeps a standby from work.
	Gate func(context.Context) bool
	// GateChanged, if set, has the gate asked at once.
	GateChanged <-chan struct{}
	// Admit, if set, is asked before a message is worked on, and once more before each of
	// its outs but the first is published, so that a file of many articles does not flood
	// the stage after this one. It returns when there is room, or an error once ctx is
	// done. The one who is admitted calls leave when what it was admitted for is stored.
	// Messages of such an input have workers of their own and hold up no others.
	Admit func(ctx context.Context) (leave func(), err error)
}

// GateInterval is how often a Gate is asked.
const GateInterval = 250 * time.Millisecond

// Output is a stream the stage publishes to, and where in it.
type Output struct {
	Stream string
	// Subject narrows the stream to what this stage writes; empty means all of it.
	Subject string
}

// Options configure a stage. Name, Inputs and Func are required; the zero value of
// another field means its default.
type Options struct {
	Name    string
	Inputs  []Input
	Outputs []Output
	Func    Func

	// Fallback is called in place of burying a message that failed Attempts times;
	// an error from it buries the message after all.
	Fallback func(ctx context.Context, in In, f *Failure) ([]Out, error)
	// Identify returns the identity headers of an input that has none, for its dead
	// letter. Default: the input's own.
	Identify func(in In) nats.Header

	// Foreign reports whether anyone may publish to a subject: a message there says
	// nothing by the headers that only copydesk sets, and they are taken off. Default:
	// there is no such subject.
	Foreign func(subject string) bool

	// Part returns the identity headers of the i-th of n items of an input that the
	// stage splits. With it a file of which some items are out already, and which then
	// fails for good, is buried item by item for the rest. It returns nil for an item that
	// this input, a retry, is not about. Nil: one input is one item.
	Part func(in In, i, n int) nats.Header

	// Yields, if set, reports whether a message gives way to others: of those that wait
	// in this process it is worked on when none of the others is left.
	Yields func(in In) bool

	// Concurrency is how many messages are worked on at a time. Default 1.
	Concurrency int
	// PrefetchBytes bounds the bytes of buffered messages. Default 64 MiB.
	PrefetchBytes int64
	// Timeout is how long the function may take for one message. Default 30 s.
	Timeout time.Duration
	// Attempts is how many errors a message may cause. Default 5.
	Attempts int
	// Backoff is the delay after the first error; it doubles with each, up to
	// 64 times, and is spread by a quarter. Default 500 ms.
	Backoff time.Duration
	// Grace is how long a stopping stage lets running work finish. Default 20 s.
	Grace time.Duration
	// DuplicateWindow is the server's. Deliveries older than half of it are looked up
	// before they are worked on. Default 10 minutes.
	DuplicateWindow time.Duration

	// Publisher configures the publish window.
	Publisher bus.PublisherOptions
	// State remembers acknowledgement floors and suspects. Nil forgoes both.
	State *bus.State
	// Blobs takes dead letters too large for a message. Nil forgoes it.
	Blobs *bus.Blobs

	// Reasons are the codes Func rejects with, for the metrics: a code that is not among
	// them counts as "other".
	Reasons []string
	// Buried, if set, is called with the headers of each dead letter once it is stored.
	// It must not block.
	Buried func(h nats.Header)
	// Look is how often the stage looks at its consumers. Default 5 s.
	Look time.Duration

	// Tracer, if set, makes spans of the work on each message and of what it publishes.
	// The function's context is in the former. Nil costs nothing; the trace of an input
	// goes on to its outputs all the same.
	Tracer trace.Tracer

	Metrics *Metrics     // nil: not exported
	Logger  *slog.Logger // nil: discarded
	// Started, if set, is called when the stage has begun to pull.
	Started func()
	// Rand spreads retries. Default: the process's.
	Rand func() float64
}

// minPrefetch keeps a slow stage's pulls from going one by one.
const minPrefetch = 16

func (o Options) withDefaults() Options {
	o.Concurrency = max(o.Concurrency, 1)
	for i := range o.Inputs {
		if o.Inputs[i].Prefetch == 0 {
			o.Inputs[i].Prefetch = max(4*o.Concurrency, minPrefetch)
		}
	}
	if o.PrefetchBytes == 0 {
		o.PrefetchBytes = 64 << 20
	}
	if o.Attempts == 0 {
		o.Attempts = 5
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Backoff == 0 {
		o.Backoff = 500 * time.Millisecond
	}
	if o.Grace == 0 {
		o.Grace = 20 * time.Second
	}
	if o.DuplicateWindow == 0 {
		o.DuplicateWindow = 10 * time.Minute
	}
	if o.Look == 0 {
		o.Look = 5 * time.Second
	}
	if o.Identify == nil {
		o.Identify = func(in In) nats.Header { return in.Header }
	}
	if o.Metrics == nil {
		o.Metrics = NewMetrics(prometheus.NewRegistry())
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Rand == nil {
		o.Rand = rand.Float64
	}
	return o
}

// Run works until ctx is done, then finishes what it has begun, gives back the rest
// and returns nil. An error means that the stage cannot go on: its consumer is gone,
// or too many calls of the function hang.
func Run(ctx context.Context, nc *nats.Conn, o Options) error {
	o = o.withDefaults()
	r, err := bus.Patiently(ctx, nc, func(ctx context.Context) (*runner, error) { return newRunner(ctx, nc, o) })
	if err != nil {
		return err
	}
	return r.run(ctx)
}
