package stage

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// feed pulls from one consumer. nats.go's own Consume can lose a wake-up: a helper
// goroutine publishes the pull and clears its flag without looking again, so a
// pull that became due meanwhile is never sent, and the consumer stands still until
// its 30 s heartbeat alarm. Here the decision to pull is taken under one lock, by
// whoever changed what it depends on: a message came, a message was settled, a pull
// ended. There is nobody to wake.
//
// Two pulls overlap, each for half of the room, so that the server always has one
// to answer while the other's replacement travels.
type feed struct {
	r       *runner
	in      Input
	m       *gauges
	subject string // of pull requests

	mu          sync.Mutex
	sub         *nats.Subscription
	inbox       string
	outstanding int       // messages asked for and not yet delivered
	heard       time.Time // last word from the server on the pulls
	resume      time.Time // no pulls before
	open        bool      // the gate's word
	stopped     bool
	flight      map[uint64]*delivery // by stream sequence
	bytes       int64                // of flight
	known       map[uint64]attempts  // deliveries this process gave back

	stream  jetstream.Stream
	created time.Time // of the stream
	oldest  oldest
	ackWait time.Duration
	floor   atomic.Uint64 // once acknowledged up to here, and remembered
	epoch   time.Time     // messages stored before are looked up
}

// attempts is what this process knows of a message it gave back.
type attempts struct {
	errors int // of the function: they count
	naks   int // deliveries given back, for whatever reason
}

func newFeed(r *runner, in Input) *feed {
	return &feed{
		r: r, in: in, m: r.o.Metrics.consumer(in.Stream, in.Consumer),
		subject: "$JS.API.CONSUMER.MSG.NEXT." + in.Stream + "." + in.Consumer,
		open:    in.Gate == nil,
		flight:  map[uint64]*delivery{},
		known:   map[uint64]attempts{},
	}
}

// bind learns where the consumer stands, and from when on this stage may have
// published for messages that are not acknowledged.
func (f *feed) bind(ctx context.Context) (unackedSince time.Time, err error) {
	s, err := f.r.js.Stream(ctx, f.in.Stream)
	if err != nil {
		return time.Time{}, fmt.Errorf("bind to stream %s: %w", f.in.Stream, err)
	}
	c, err := f.r.js.Consumer(ctx, f.in.Stream, f.in.Consumer)
	if err != nil {
		return time.Time{}, fmt.Errorf("bind to consumer %s of %s: %w", f.in.Consumer, f.in.Stream, err)
	}
	f.stream, f.created = s, s.CachedInfo().Created
	if f.r.o.State != nil {
		floor, err := f.r.o.State.Floor(ctx, f.in.Stream, f.in.Consumer, f.created)
		if err != nil {
			return time.Time{}, err
		}
		f.floor.Store(floor)
	}
	f.ackWait = c.CachedInfo().Config.AckWait
	f.epoch = time.Now()
	info, state := c.CachedInfo(), s.CachedInfo().State
	first := max(info.AckFloor.Stream, f.floor.Load()) + 1
	if first > state.LastSeq || state.Msgs == 0 {
		return f.epoch, nil
	}
	m, err := s.GetMsg(ctx, max(first, state.FirstSeq), jetstream.WithGetMsgSubject(">"))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return f.epoch, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("read first unacknowledged message of %s: %w", f.in.Stream, err)
	}
	return m.Time, nil
}

// begin marks a delivery as running.
func (f *feed) begin(d *delivery, cancel context.CancelCauseFunc, now time.Time) {
	f.mu.Lock()
	d.started, d.cancel = now, cancel
	f.mu.Unlock()
	d.state.Store(stateRunning)
}

// settle says the last word about a delivery and makes room for the next.
func (f *feed) settle(d *delivery, word []byte) {
	d.state.Store(stateSettled)
	if d.leave != nil {
		d.leave()
	}
	f.say(d, word)
	f.mu.Lock()
	delete(f.flight, d.in.Seq)
	f.bytes -= int64(len(d.in.Data))
	f.pull()
	f.mu.Unlock()
}

// done acknowledges a delivery and forgets its failures.
func (f *feed) done(d *delivery, word []byte) {
	if d.in.Attempt > 1 {
		f.mu.Lock()
		delete(f.known, d.in.Seq)
		f.mu.Unlock()
	}
	f.settle(d, word)
}

// giveBack returns a delivery to the server for another try after a delay.
func (f *feed) giveBack(d *delivery, delay time.Duration, isError bool) {
	f.mu.Lock()
	k := f.known[d.in.Seq]
	k.naks++
	if isError {
		k.errors++
	}
	f.known[d.in.Seq] = k
	f.mu.Unlock()
	f.settle(d, wordNak(delay))
}

// errorsOf returns how many errors of the function a message has behind it.
func (f *feed) errorsOf(d *delivery) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.known[d.in.Seq].errors
}

// forgetBelow drops what is known of messages that are acknowledged, by whomever.
func (f *feed) forgetBelow(floor uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for seq := range f.known {
		if seq <= floor {
			delete(f.known, seq)
		}
	}
}

// say sends a word about a delivery. One that is lost costs a redelivery, which the
// stage recognises.
func (f *feed) say(d *delivery, word []byte) {
	if err := f.r.nc.Publish(d.reply, word); err != nil {
		f.r.o.Logger.Debug("acknowledge", "stream", f.in.Stream, "seq", d.in.Seq, "err", err)
	}
}

// doubt reports whether a delivery's outputs may be published already, and what the
// view must cover to tell. They may when an earlier delivery ended without a word,
// when the message is older than this stage's connection, or so old that the server
// may have forgotten its outputs' ids.
func (f *feed) doubt(d *delivery, window time.Duration) (since, until time.Time, doubt bool) {
	f.mu.Lock()
	epoch := f.epoch
	f.mu.Unlock()
	switch {
	case d.lost > 0:
		return d.in.Stored, d.arrived, true
	case d.in.Stored.Before(epoch.Add(clockSlack)), d.arrived.Sub(d.in.Stored) > window/2:
		return d.in.Stored, epoch, true
	}
	return since, until, false
}

// abandonAll gives back, at the very end, whatever has not come to its own.
func (f *feed) abandonAll() {
	f.mu.Lock()
	var left []*delivery
	for _, d := range f.flight {
		left = append(left, d)
	}
	f.mu.Unlock()
	for _, d := range left {
		if d.state.Load() < stateSettling { // what is being published stays with the server's timer
			f.say(d, wordNak(0))
		}
	}
}

// inFlight returns how many deliveries are buffered or worked on.
func (f *feed) inFlight() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.flight)
}
