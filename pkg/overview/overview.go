// Package overview looks at a desk from outside, through JetStream alone: what waits
// where and since when, how fast it goes, how long an article took, what died and why,
// and whether the ledger balances. It needs no worker's metrics, so it works the same
// against one process and against many.
//
// What it takes from messages (sources, reasons, errors) is neutralised for a terminal.
// It takes no headline and no text.
package overview

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/ledger"
	"github.com/copydesk/copydesk/pkg/view"
)

// Overview is what a look found.
type Overview struct {
	Total   Account   `json:"total"`
	Sources []Account `json:"sources"` // by source and lane
	Lanes   []Account `json:"lanes"`
	Stages  []Stage   `json:"stages"`
	Streams []Stream  `json:"streams"`
	Dead    Dead      `json:"dead"`
	Latency Latency   `json:"latency"`
	// Versions says which copydesk wrote the newest record, by stage. A stage is missing
	// that has no record of it among those looked at.
	Versions map[string]string `json:"versions"`
	Server   string            `json:"server"` // the version of NATS
	Taken    time.Time         `json:"taken"`
}

// Account is the ledger of one source in one lane, of a lane, or of all.
type Account struct {
	ledger.Sums
	Items    int64 `json:"items"`
	InFlight int64 `json:"in_flight"`
}

// Stage is one consumer: a stage's place on one of its input streams.
type Stage struct {
	Stage       string `json:"stage"`
	Stream      string `json:"stream"`
	Pending     uint64 `json:"pending"`     // not yet delivered
	AckPending  int    `json:"ack_pending"` // at work
	Redelivered int    `json:"redelivered"` // at work for another time
	// Pulls are the requests that wait for messages. Without one nobody works here, or
	// all are busy.
	Pulls int `json:"pulls"`
	// Oldest is for how long the oldest message has waited that is not finished, in
	// seconds: the lag in time. Null when all are.
	Oldest *float64 `json:"oldest_seconds"`
	// In and Out are messages a second that came to the stage and that it published,
	// since the last look. Null at the first look. A stage with two inputs publishes
	// for both: Out is with the first.
	In  *float64 `json:"in_per_second"`
	Out *float64 `json:"out_per_second"`
	// State is one of the States.
	State State `json:"state"`
}

// State says in a word how a stage does.
type State string

// The states.
const (
	Idle    State = "idle"    // nothing waits
	Working State = "working" // something is being worked on
	Waiting State = "waiting" // messages wait, a worker pulls and has none yet
	// Absent means that nobody pulls and nothing is at work: no worker runs, or those
	// that do have lost their way. With messages waiting it is an alarm.
	Absent State = "absent"
)

// Stream is how full a stream is.
type Stream struct {
	Stream   string    `json:"stream"`
	Messages uint64    `json:"messages"`
	Bytes    uint64    `json:"bytes"`
	MaxBytes int64     `json:"max_bytes"`
	First    uint64    `json:"first_seq"`
	Last     uint64    `json:"last_seq"`
	LastTime time.Time `json:"last_time"` // zero when nothing was ever stored
}

// Full is the part of its limit that a stream has used, 0 to 1.
func (s Stream) Full() float64 {
	if s.MaxBytes <= 0 {
		return 0
	}
	return float64(s.Bytes) / float64(s.MaxBytes)
}

// Options configure a Watcher. The zero value of a field means its default.
type Options struct {
	// Settings are those the road was provisioned with; only names are taken from them.
	Settings bus.Settings
	// Now is the clock. Default time.Now.
	Now func() time.Time
}

// Watcher takes one overview after another; what lies between two gives the rates. The
// first reads the headers of all that the ledger's checkpoint and the dead letters have
// not counted, each further one of what came since: a header for every message that
// passes. It is not safe for concurrent use.
type Watcher struct {
	js    jetstream.JetStream
	topo  *bus.Topology
	o     Options
	books *ledger.Ledger

	dead   graves
	passed passage
	last   *Overview
}

// New returns a watcher. It fails where no desk ever was.
func New(ctx context.Context, js jetstream.JetStream, o Options) (*Watcher, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	books, err := ledger.Open(ctx, js)
	if err != nil {
		return nil, err
	}
	return &Watcher{js: js, topo: bus.NewTopology(o.Settings), o: o, books: books, passed: newPassage()}, nil
}

// Take looks around. The parts are looked at one after another, so that they differ by
// what happened meanwhile.
func (v *Watcher) Take(ctx context.Context) (*Overview, error) {
	s := &Overview{Taken: v.o.Now(), Server: v.js.Conn().ConnectedServerVersion()}
	if err := v.ledger(ctx, s); err != nil {
		return nil, err
	}
	if err := v.streams(ctx, s); err != nil {
		return nil, err
	}
	for _, c := range v.topo.Consumers {
		row, err := v.stage(ctx, s, c)
		if err != nil {
			return nil, err
		}
		s.Stages = append(s.Stages, row)
	}
	if err := v.dead.look(ctx, v.js); err != nil {
		return nil, err
	}
	s.Dead = v.dead.report()
	if err := v.passed.look(ctx, v.js, s); err != nil {
		return nil, err
	}
	s.Latency, s.Versions = v.passed.report()
	v.rates(s)
	v.last = s
	return s, nil
}

func (v *Watcher) ledger(ctx context.Context, s *Overview) error {
	if err := v.books.Advance(ctx); err != nil {
		return err
	}
	report := v.books.Report()
	s.Total, s.Sources, s.Lanes = accountOf(ledger.Total(report)), []Account{}, []Account{}
	for _, sums := range report {
		sums.Source, sums.Lane = view.OneLine(sums.Source), article.Lane(view.OneLine(string(sums.Lane)))
		s.Sources = append(s.Sources, accountOf(sums))
	}
	for _, lane := range []article.Lane{article.Live, article.Backfill} {
		of := slices.DeleteFunc(slices.Clone(report), func(sums ledger.Sums) bool { return sums.Lane != lane })
		sums := ledger.Total(of)
		sums.Lane = lane
		s.Lanes = append(s.Lanes, accountOf(sums))
	}
	return nil
}

func accountOf(s ledger.Sums) Account { return Account{s, s.Items(), s.InFlight()} }

func (v *Watcher) streams(ctx context.Context, s *Overview) error {
	for _, row := range v.topo.Streams {
		stream, err := v.js.Stream(ctx, row.Name)
		if err != nil {
			return fmt.Errorf("look at %s: %w", row.Name, err)
		}
		info := stream.CachedInfo()
		s.Streams = append(s.Streams, Stream{
			Stream: row.Name, Messages: info.State.Msgs, Bytes: info.State.Bytes, MaxBytes: info.Config.MaxBytes,
			First: info.State.FirstSeq, Last: info.State.LastSeq, LastTime: info.State.LastTime,
		})
	}
	return nil
}

func (s *Overview) stream(name string) Stream {
	i := slices.IndexFunc(s.Streams, func(t Stream) bool { return t.Stream == name })
	if i < 0 {
		return Stream{}
	}
	return s.Streams[i]
}

func (v *Watcher) stage(ctx context.Context, s *Overview, c bus.Consumer) (Stage, error) {
	consumer, err := v.js.Consumer(ctx, c.Stream, c.Name)
	if err != nil {
		return Stage{}, fmt.Errorf("look at consumer %s of %s: %w", c.Name, c.Stream, err)
	}
	info := consumer.CachedInfo()
	row := Stage{
		Stage: c.Name, Stream: c.Stream, Pending: info.NumPending, AckPending: info.NumAckPending,
		Redelivered: info.NumRedelivered, Pulls: info.NumWaiting,
	}
	switch {
	case row.AckPending > 0:
		row.State = Working
	case row.Pulls == 0:
		row.State = Absent
	case row.Pending > 0:
		row.State = Waiting
	default:
		row.State = Idle
	}
	if row.Pending == 0 && row.AckPending == 0 {
		return row, nil
	}
	stream, err := v.js.Stream(ctx, c.Stream)
	if err != nil {
		return row, fmt.Errorf("look at %s: %w", c.Stream, err)
	}
	at, ok, err := bus.FirstStored(ctx, stream, info.AckFloor.Stream+1, c.Filter)
	if err != nil || !ok { // or finished meanwhile
		return row, err
	}
	age := max(s.Taken.Sub(at).Seconds(), 0)
	row.Oldest = &age
	return row, nil
}

// rates compares with the overview before.
func (v *Watcher) rates(s *Overview) {
	if v.last == nil {
		return
	}
	span := s.Taken.Sub(v.last.Taken).Seconds()
	if span <= 0 {
		return
	}
	rate := func(streams ...string) *float64 {
		var n float64
		for _, name := range streams {
			// A stream that was made anew begins at 1.
			n += float64(max(int64(s.stream(name).Last)-int64(v.last.stream(name).Last), 0))
		}
		n /= span
		return &n
	}
	first := map[string]bool{}
	for i := range s.Stages {
		row := &s.Stages[i]
		row.In = rate(row.Stream)
		if !first[row.Stage] {
			first[row.Stage] = true
			row.Out = rate(v.outputs(row.Stage)...)
		}
	}
}

// outputs are the streams of articles that a stage writes.
func (v *Watcher) outputs(stage string) []string {
	var names []string
	for _, row := range v.topo.Streams {
		if row.Writer == stage && row.Name != article.StreamDecisions {
			names = append(names, row.Name)
		}
	}
	return names
}
