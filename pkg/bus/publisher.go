package bus

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

// PublisherOptions configure a Publisher. The zero value of a field means its
// default.
type PublisherOptions struct {
	// Window is how many messages may wait for their acknowledgement. Default 512;
	// 256 to 1024 measured best, 4096 is slower.
	Window int
	// Timeout is how long to wait for an acknowledgement. Default 5 s.
	Timeout time.Duration
	// Batch, above 1, publishes atomic batches of up to that many messages per
	// stream: one sync for all of them under the Durable profile. At most 1000.
	Batch int
	// Linger is how long the first message of a batch waits for company. Default
	// 5 ms.
	Linger time.Duration
}

// BatchSize is the batch of the Durable profile: bigger gained nothing at these
// rates and doubles what a failed batch publishes again.
const BatchSize = 256

// Publisher publishes to JetStream without waiting for each acknowledgement: a
// window of messages is in flight and Publish blocks only when it is full.
//
// It never publishes a message a second time by itself. When an answer does not
// come, the caller hears ErrNoAck and decides, because only the caller knows
// whether the server would still recognise the id. All methods are safe for
// concurrent use.
type Publisher struct {
	nc      *nats.Conn
	opts    PublisherOptions
	prefix  string
	sub     *nats.Subscription
	status  chan nats.Status
	window  chan struct{}
	closing chan struct{}
	stopped sync.WaitGroup

	mu      sync.Mutex
	slots   []slot
	free    []int
	batches map[string]*batch // by stream, filling
	closed  bool
}

// slot is a message in flight. Its reply subject ends in its index and
// generation; the generation changes when the slot is given up, so that a late
// answer cannot settle its successor.
type slot struct {
	reply string
	gen   uint32
	busy  bool
	sent  time.Time
	waiter
}

// waiter is who wants the answer to a message.
type waiter struct {
	done   func(Ack, error)
	placed bool // the message has a place in the window
}

// tell gives up a message's place and hands on its answer.
func (p *Publisher) tell(w waiter, a Ack, err error) {
	if w.placed {
		<-p.window
	}
	w.done(a, err)
}

// NewPublisher starts a publisher on a connection. Close it.
func NewPublisher(nc *nats.Conn, o PublisherOptions) (*Publisher, error) {
	if o.Window == 0 {
		o.Window = 512
	}
	if o.Timeout == 0 {
		o.Timeout = 5 * time.Second
	}
	if o.Linger == 0 {
		o.Linger = 5 * time.Millisecond
	}
	o.Batch = min(o.Batch, 1000, o.Window)
	p := &Publisher{
		nc: nc, opts: o,
		prefix:  nc.NewInbox() + ".",
		window:  make(chan struct{}, o.Window),
		closing: make(chan struct{}),
		status:  nc.StatusChanged(nats.CONNECTED),
		batches: map[string]*batch{},
	}
	sub, err := nc.Subscribe(p.prefix+"*", p.answer)
	if err != nil {
		return nil, fmt.Errorf("subscribe to publish acknowledgements: %w", err)
	}
	if err := sub.SetPendingLimits(-1, -1); err != nil {
		return nil, fmt.Errorf("lift limits of publish acknowledgements: %w", err)
	}
	p.sub = sub
	p.stopped.Go(p.watch)
	return p, nil
}

// Publish sends a message and returns once it is in the window; done is called
// exactly once with the server's answer, ErrNoAck or ErrClosed, from another
// goroutine, and must not block. When Publish itself returns an error the message
// was not sent and done is not called. The message must not be changed until done.
func (p *Publisher) Publish(ctx context.Context, m *nats.Msg, done func(Ack, error)) error {
	select {
	case p.window <- struct{}{}:
	default:
		select {
		case p.window <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		case <-p.closing:
			return ErrClosed
		}
	}
	w := waiter{done, true}
	var err error
	if stream := p.batched(m.Subject); stream != "" {
		err = p.enqueue(stream, m, w)
	} else {
		err = p.send(m, w)
	}
	if err != nil {
		<-p.window
	}
	return err
}

// PublishWait is Publish for a caller who has nothing else to do.
func (p *Publisher) PublishWait(ctx context.Context, m *nats.Msg) (Ack, error) {
	type answer struct {
		ack Ack
		err error
	}
	got := make(chan answer, 1)
	if err := p.Publish(ctx, m, func(a Ack, err error) { got <- answer{a, err} }); err != nil {
		return Ack{}, err
	}
	select {
	case a := <-got:
		return a.ack, a.err
	case <-ctx.Done():
		return Ack{}, fmt.Errorf("%w: %w", ErrNoAck, ctx.Err())
	}
}

// InFlight returns how many messages wait for their acknowledgement.
func (p *Publisher) InFlight() int { return len(p.window) }

// Close stops the publisher. Messages without an answer get ErrClosed: wait for
// them first.
func (p *Publisher) Close() {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return
	}
	p.closed = true
	filling := p.batches
	p.batches = nil
	p.mu.Unlock()
	for _, b := range filling {
		p.fail(b, ErrClosed)
	}
	close(p.closing)
	p.nc.RemoveStatusListener(p.status)
	_ = p.sub.Unsubscribe() // fails only when the connection is gone already
	p.stopped.Wait()
	p.giveUp(time.Now().Add(time.Hour), ErrClosed)
}

// send publishes one message in a slot.
func (p *Publisher) send(m *nats.Msg, w waiter) error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return ErrClosed
	}
	i := len(p.slots)
	if n := len(p.free); n > 0 {
		i, p.free = p.free[n-1], p.free[:n-1]
	} else {
		p.slots = append(p.slots, slot{reply: p.replyTo(i, 0)})
	}
	s := &p.slots[i]
	s.busy, s.waiter, s.sent = true, w, time.Now()
	m.Reply = s.reply
	gen := s.gen
	p.mu.Unlock()

	if err := p.nc.PublishMsg(m); err != nil {
		if _, ok := p.take(i, gen); ok {
			return fmt.Errorf("publish to %s: %w", m.Subject, err)
		}
		// The watchdog was faster and has told the waiter.
	}
	return nil
}

func (p *Publisher) replyTo(i int, gen uint32) string {
	return p.prefix + strconv.Itoa(i) + "-" + strconv.FormatUint(uint64(gen), 10)
}

// take frees a slot and returns whom to tell, unless that was done already.
func (p *Publisher) take(i int, gen uint32) (waiter, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if i < 0 || i >= len(p.slots) || !p.slots[i].busy || p.slots[i].gen != gen {
		return waiter{}, false
	}
	s := &p.slots[i]
	w := s.waiter
	s.busy, s.waiter = false, waiter{}
	p.free = append(p.free, i)
	return w, true
}

// answer settles the slot an acknowledgement belongs to.
func (p *Publisher) answer(m *nats.Msg) {
	index, generation, ok := strings.Cut(m.Subject[len(p.prefix):], "-")
	i, err1 := strconv.Atoi(index)
	gen, err2 := strconv.ParseUint(generation, 10, 32)
	if !ok || err1 != nil || err2 != nil {
		return // not ours
	}
	if w, ok := p.take(i, uint32(gen)); ok {
		a, err := parseAck(m)
		p.tell(w, a, err)
	}
}

// watch gives up on messages whose answer is overdue, and after a reconnect on all
// that were sent before: their answers went to the old connection.
func (p *Publisher) watch() {
	tick := time.NewTicker(p.opts.Timeout / 8)
	defer tick.Stop()
	for {
		select {
		case <-p.closing:
			return
		case <-p.status:
			p.giveUp(time.Now(), ErrNoAck)
		case now := <-tick.C:
			p.giveUp(now.Add(-p.opts.Timeout), ErrNoAck)
		}
	}
}

// giveUp settles every slot sent before a time with an error.
func (p *Publisher) giveUp(before time.Time, err error) {
	var lost []waiter
	p.mu.Lock()
	for i := range p.slots {
		s := &p.slots[i]
		if s.busy && s.sent.Before(before) {
			lost = append(lost, s.waiter)
			s.gen++
			s.reply = p.replyTo(i, s.gen)
			s.busy, s.waiter = false, waiter{}
			p.free = append(p.free, i)
		}
	}
	p.mu.Unlock()
	for _, w := range lost {
		p.tell(w, Ack{}, err)
	}
}
