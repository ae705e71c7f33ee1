package stage

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// pullExpires is how long a pull waits on the server.
	pullExpires = 5 * time.Second
	// pullHeartbeat is how often the server says that an idle pull still waits.
	pullHeartbeat = 500 * time.Millisecond
	// pullSilence without a message or heartbeat means that the pulls are lost: three
	// heartbeats, since a busy machine delays one easily.
	pullSilence = 3 * pullHeartbeat
	// pullBytes bounds one pull. It must exceed the server's largest message, which
	// would otherwise never be delivered.
	pullBytes = 16 << 20
	// pullRetry is the pause before pulling anew after the server refused.
	pullRetry = 250 * time.Millisecond
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

	created time.Time // of the stream
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
		r: r, in: in,
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
	f.created = s.CachedInfo().Created
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

// start subscribes and sends the first pulls.
func (f *feed) start() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.subscribe()
}

// subscribe gives the feed a fresh inbox, so that whatever becomes of earlier pulls
// cannot confuse the count. What is on its way to the old inbox still arrives.
func (f *feed) subscribe() error {
	if f.sub != nil {
		_ = f.sub.Drain() // fails only when the connection is closed
		f.sub = nil
	}
	f.inbox = f.r.nc.NewInbox()
	f.outstanding = 0
	sub, err := f.r.nc.Subscribe(f.inbox, f.receive)
	if err == nil {
		err = sub.SetPendingLimits(-1, -1)
	}
	if err != nil {
		return fmt.Errorf("subscribe to deliveries of %s: %w", f.in.Stream, err)
	}
	f.sub = sub
	f.heard = time.Now()
	f.pull()
	return nil
}

// pull asks for what there is room for. Call it with mu held after any change to
// outstanding, flight, bytes, resume, open or stopped.
func (f *feed) pull() {
	half := max(f.in.Prefetch/2, 1)
	for !f.stopped && f.open && f.sub != nil && f.bytes < f.r.o.PrefetchBytes {
		room := f.in.Prefetch - len(f.flight) - f.outstanding
		if room < half || time.Now().Before(f.resume) {
			return
		}
		n := min(room, half)
		if f.outstanding == 0 {
			f.heard = time.Now()
		}
		f.outstanding += n
		body := make([]byte, 0, 96)
		body = append(body, `{"batch":`...)
		body = strconv.AppendInt(body, int64(n), 10)
		body = append(body, `,"max_bytes":`...)
		body = strconv.AppendInt(body, pullBytes, 10)
		body = append(body, `,"expires":`...)
		body = strconv.AppendInt(body, int64(pullExpires), 10)
		body = append(body, `,"idle_heartbeat":`...)
		body = strconv.AppendInt(body, int64(pullHeartbeat), 10)
		body = append(body, '}')
		if err := f.r.nc.PublishRequest(f.subject, f.inbox, body); err != nil {
			f.outstanding -= n // disconnected for long; the watchdog tries again
			f.resume = time.Now().Add(pullRetry)
			return
		}
	}
}

// receive takes a message or a status from the server.
func (f *feed) receive(m *nats.Msg) {
	now := time.Now()
	if len(m.Data) == 0 && m.Reply == "" {
		f.status(m, now)
		return
	}
	p, ok := parseReply(m.Reply)
	if !ok {
		return // somebody else's message on our inbox
	}
	d := &delivery{
		feed: f, reply: m.Reply, arrived: now, lastSign: now,
		in: In{
			Subject: m.Subject, Header: m.Header, Data: m.Data,
			Stream: f.in.Stream, Created: f.created, Seq: p.seq, Stored: p.stored, Attempt: p.delivered,
		},
	}
	f.mu.Lock()
	f.heard = now
	if m.Sub == f.sub {
		f.outstanding--
	}
	if _, twice := f.flight[p.seq]; twice || f.stopped {
		// The first copy is in our hands still, and its word counts for both.
		f.pull()
		f.mu.Unlock()
		if !twice {
			f.say(d, wordNak(0))
		}
		return
	}
	d.lost = p.delivered - 1 - f.known[p.seq].naks
	f.flight[p.seq] = d
	f.bytes += int64(len(m.Data))
	f.pull()
	f.mu.Unlock()
	f.r.enqueue(d)
}

// status handles the server's word on a pull.
func (f *feed) status(m *nats.Msg, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if m.Sub != f.sub {
		return // about a pull that no longer counts
	}
	f.heard = now
	code := m.Header.Get("Status")
	if code == "100" {
		return // heartbeat
	}
	left, err := strconv.Atoi(m.Header.Get("Nats-Pending-Messages"))
	if err == nil && (code == "408" || code == "409") {
		f.outstanding = max(f.outstanding-left, 0) // expired, or its bytes are used up
		f.pull()
		return
	}
	// Leadership change, consumer deleted, JetStream not available (503), too many
	// waiting pulls: whether other pulls survive is unknown, so all count as ended.
	f.r.o.Logger.Debug("pull ended", "stream", f.in.Stream, "status", code, "text", m.Header.Get("Description"))
	f.outstanding = 0
	f.resume = now.Add(pullRetry)
	f.epoch = now
}

// watch runs a few times a second. It revives pulls that were lost, tells the server
// that slow messages are alive, and cuts off functions that outlive their deadline.
func (f *feed) watch(now time.Time) (hanging []*delivery) {
	var alive []string
	f.mu.Lock()
	if f.outstanding > 0 && now.Sub(f.heard) > pullSilence && !f.stopped {
		f.r.m.stalls.Inc()
		f.r.o.Logger.Debug("pulls are lost, pulling anew", "stream", f.in.Stream, "silent", now.Sub(f.heard))
		if err := f.subscribe(); err != nil {
			f.r.o.Logger.Warn("pull", "stream", f.in.Stream, "err", err)
		}
	}
	f.pull()
	for _, d := range f.flight {
		if now.Sub(d.lastSign) >= f.ackWait/3 {
			d.lastSign = now
			alive = append(alive, d.reply)
		}
		if d.state.Load() != stateRunning {
			continue
		}
		// The context ends a little before the deadline, so that a function which
		// listens to it can still return.
		if took := now.Sub(d.started); took >= f.r.o.Timeout {
			hanging = append(hanging, d)
		} else if took >= f.r.o.Timeout*9/10 {
			d.cancel(errDeadline)
		}
	}
	f.mu.Unlock()
	for _, reply := range alive {
		_ = f.r.nc.Publish(reply, wordProgress) // a lost sign of life costs a redelivery
	}
	return hanging
}

// reconnected pulls anew: the server forgot the pulls of the old connection. What
// is stored by now may have been worked on by others meanwhile.
func (f *feed) reconnected(now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.epoch = now
	if f.stopped {
		return
	}
	if err := f.subscribe(); err != nil {
		f.r.o.Logger.Warn("pull after reconnect", "stream", f.in.Stream, "err", err)
	}
}

// setGate notes the gate's word.
func (f *feed) setGate(open bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open = open
	f.pull()
}

// hold stops pulling until a time.
func (f *feed) hold(until time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if until.After(f.resume) {
		f.resume = until
	}
}

// stop ends pulling for good. Messages on their way are given back.
func (f *feed) stop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stopped = true
	if f.sub != nil {
		_ = f.sub.Drain() // fails only when the connection is closed
	}
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

// askGate asks the gate now and then.
func (f *feed) askGate(ctx context.Context) {
	tick := time.NewTicker(GateInterval)
	defer tick.Stop()
	for {
		f.setGate(f.in.Gate(ctx))
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// look reads the consumer's state into the metrics and remembers its floor.
func (f *feed) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pollInterval)
	defer cancel()
	c, err := f.r.js.Consumer(ctx, f.in.Stream, f.in.Consumer)
	if err != nil {
		return err
	}
	info := c.CachedInfo()
	m := f.r.o.Metrics
	m.pending.WithLabelValues(f.in.Stream, f.in.Consumer).Set(float64(info.NumPending))
	m.ackPending.WithLabelValues(f.in.Stream, f.in.Consumer).Set(float64(info.NumAckPending))
	m.redelivered.WithLabelValues(f.in.Stream, f.in.Consumer).Set(float64(info.NumRedelivered))
	m.waiting.WithLabelValues(f.in.Stream, f.in.Consumer).Set(float64(info.NumWaiting))
	floor := info.AckFloor.Stream
	f.forgetBelow(floor)
	if f.r.o.State == nil || floor <= f.floor.Load() {
		return nil
	}
	if err := f.r.o.State.SaveFloor(ctx, f.in.Stream, f.in.Consumer, f.created, floor); err != nil {
		return err
	}
	f.floor.Store(floor)
	return nil
}

// inFlight returns how many deliveries are buffered or worked on.
func (f *feed) inFlight() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.flight)
}
