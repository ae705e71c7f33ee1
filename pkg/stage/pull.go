package stage

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/copydesk/copydesk/pkg/article"
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

var ownHeaders = article.OwnHeaders()

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
	if f.r.o.Foreign != nil && f.r.o.Foreign(m.Subject) {
		for _, name := range ownHeaders {
			delete(m.Header, name)
		}
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
	if p.delivered > 1 {
		f.r.m.redelivers.Inc()
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

// setGate notes the gate's word. When it closes, the pulls that wait on the server
// are dropped, or messages would come in until they expire.
func (f *feed) setGate(open bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if open == f.open {
		return
	}
	f.open = open
	if f.stopped {
		return
	}
	if !open && f.outstanding == 0 {
		return
	}
	// A fresh inbox in place of the old; with the gate closed nothing is asked for.
	if err := f.subscribe(); err != nil {
		f.r.o.Logger.Warn("pull", "stream", f.in.Stream, "err", err)
	}
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
		case <-f.in.GateChanged:
		}
	}
}
