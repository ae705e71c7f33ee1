package bus

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
)

// Headers of an atomic batch (nats-server ADR-50).
const (
	headerBatchID     = "Nats-Batch-Id"
	headerBatchSeq    = "Nats-Batch-Sequence"
	headerBatchCommit = "Nats-Batch-Commit"
)

// batch is a group of messages for one stream that the server stores together or
// not at all, with one sync.
type batch struct {
	msgs    []*nats.Msg
	waiters []waiter
	flow    *time.Timer
}

// batched returns the stream whose batch a subject's messages join, or "" when they
// go out one by one.
func (p *Publisher) batched(subject string) (stream string) {
	if p.opts.Batch <= 1 {
		return ""
	}
	return StreamOf(subject)
}

// enqueue adds a message to the batch its stream is filling, and sends the batch
// when it is full. A message that stays alone for Linger goes out as itself.
func (p *Publisher) enqueue(stream string, m *nats.Msg, w waiter) error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return ErrClosed
	}
	b := p.batches[stream]
	if b == nil {
		b = &batch{}
		p.batches[stream] = b
		b.flow = time.AfterFunc(p.opts.Linger, func() { p.flush(stream, b) })
	}
	b.msgs = append(b.msgs, m)
	b.waiters = append(b.waiters, w)
	full := len(b.msgs) >= p.opts.Batch
	p.mu.Unlock()
	if full {
		p.flush(stream, b)
	}
	return nil
}

// flush sends a batch unless somebody else already has.
func (p *Publisher) flush(stream string, b *batch) {
	p.mu.Lock()
	if p.batches[stream] != b {
		p.mu.Unlock()
		return
	}
	delete(p.batches, stream)
	p.mu.Unlock()
	b.flow.Stop()
	if len(b.msgs) == 1 {
		p.sendSingle(b.msgs[0], b.waiters[0])
		return
	}
	p.sendBatch(b)
}

func (p *Publisher) sendBatch(b *batch) {
	err := p.sendNumbered(b.msgs, waiter{done: func(a Ack, err error) { p.committed(b, a, err) }})
	if err != nil {
		p.fail(b, err)
	}
}

// sendNumbered sends messages as one atomic batch. The server answers the last one
// for all. After an error nothing is stored: the server forgets an unfinished batch.
func (p *Publisher) sendNumbered(msgs []*nats.Msg, w waiter) error {
	id := nuid.Next()
	last := len(msgs) - 1
	for i, m := range msgs {
		if m.Header == nil {
			m.Header = nats.Header{}
		}
		m.Header[headerBatchID] = []string{id}
		m.Header[headerBatchSeq] = []string{strconv.Itoa(i + 1)}
		if i == last {
			m.Header[headerBatchCommit] = []string{"1"}
			return p.send(m, w)
		}
		if err := p.nc.PublishMsg(m); err != nil {
			return fmt.Errorf("publish batch to %s: %w", m.Subject, err)
		}
	}
	return nil
}

// committed hands out the answer to a batch. A batch the server refused, because
// one of its ids is a duplicate or for any other reason, is stored in no part: its
// messages go out again one by one, and each gets an answer of its own.
func (p *Publisher) committed(b *batch, a Ack, err error) {
	var refused *jetstream.APIError
	switch {
	case err == nil:
		first := a.Seq - uint64(len(b.msgs)-1)
		for i, w := range b.waiters {
			p.tell(w, Ack{Stream: a.Stream, Seq: first + uint64(i)}, nil)
		}
	case errors.As(err, &refused):
		for i, m := range b.msgs {
			p.sendSingle(m, b.waiters[i])
		}
	default:
		p.fail(b, err)
	}
}

// sendSingle is send for a message whose Publish has returned long ago.
func (p *Publisher) sendSingle(m *nats.Msg, w waiter) {
	for _, h := range []string{headerBatchID, headerBatchSeq, headerBatchCommit} {
		delete(m.Header, h) // left from a batch that failed
	}
	if err := p.send(m, w); err != nil {
		p.tell(w, Ack{}, err)
	}
}

func (p *Publisher) fail(b *batch, err error) {
	b.flow.Stop()
	for _, w := range b.waiters {
		p.tell(w, Ack{}, err)
	}
}

// PublishAtomic stores messages of one stream together or not at all and waits for
// the answer, which carries the last one's sequence. A message may demand the
// stream's last sequence (Nats-Expected-Last-Sequence); in a batch only the first
// may, and a mismatch returns ErrConflict.
func (p *Publisher) PublishAtomic(ctx context.Context, msgs []*nats.Msg) (Ack, error) {
	if len(msgs) == 0 {
		return Ack{}, errors.New("publish atomically: no messages")
	}
	type answer struct {
		ack Ack
		err error
	}
	got := make(chan answer, 1)
	w := waiter{done: func(a Ack, err error) { got <- answer{a, err} }}
	if len(msgs) == 1 {
		if err := p.send(msgs[0], w); err != nil {
			return Ack{}, err
		}
	} else if err := p.sendNumbered(msgs, w); err != nil {
		return Ack{}, err
	}
	select {
	case a := <-got:
		return a.ack, a.err
	case <-ctx.Done():
		return Ack{}, fmt.Errorf("%w: %w", ErrNoAck, ctx.Err())
	}
}
