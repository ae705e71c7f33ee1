package stage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
)

// deliver publishes what the function returned.
func (r *runner) deliver(d *delivery, outs []Out) {
	if len(outs) == 0 {
		r.finish(d, wordAck, outcomeFiltered)
		return
	}
	d.outcome = outcomeOK
	msgs := r.messages(d, outs)
	if !d.doubtful && time.Since(d.arrived) > r.o.DuplicateWindow/2 {
		// This process was held up, a paused one wakes up like this. Another may have
		// done its work, so long ago that the server forgot the ids.
		d.doubtful, d.msgs = true, msgs
		r.publishAgain(d)
		return
	}
	r.publish(d, msgs)
}

// messages turns outs into messages with their identity.
func (r *runner) messages(d *delivery, outs []Out) []*nats.Msg {
	in, id := d.in, d.in.Delivery()
	msgs := make([]*nats.Msg, len(outs))
	d.letters, d.raw = 0, ""
	for i, out := range outs {
		if out.Reject != nil {
			msgs[i] = deadLetter(r.o.Name, in, out.Header, failure(out.Reject, 1))
			d.letters++
			continue
		}
		h := out.Header
		if h == nil {
			h = nats.Header{}
		}
		of := id
		if out.Fresh {
			of.Retry = 0
		}
		h[nats.MsgIdHdr] = []string{of.MessageID(r.o.Name, out.Item)}
		for _, k := range carried {
			if v, ok := in.Header[k]; ok && h[k] == nil && !(out.Fresh && k == article.HeaderRetry) {
				h[k] = v
			}
		}
		msgs[i] = &nats.Msg{Subject: out.Subject, Header: h, Data: out.Data}
		if out.Stored != nil {
			d.stored = append(d.stored, out.Stored)
		}
		if out.Placed != nil {
			if d.placed == nil {
				d.placed = make([]func(bus.Ack), len(outs))
			}
			d.placed[i] = out.Placed
		}
	}
	return msgs
}

// carried headers go from input to outputs by themselves.
var carried = []string{article.HeaderRun, article.HeaderRetry, article.HeaderTrace, article.HeaderState}

// publish sends messages; the last answer concludes the delivery.
func (r *runner) publish(d *delivery, msgs []*nats.Msg) {
	d.msgs = msgs
	d.sent = time.Now()
	d.failed.Store(nil)
	d.waiting.Store(int32(len(msgs)) + 1)
	for i, m := range msgs {
		if d.doubtful && r.seen.has(m.Header.Get(nats.MsgIdHdr)) {
			r.m.dupAcks.Inc()
			if i == 0 && d.leave != nil {
				d.leave()
			}
			r.answered(d, nil)
			continue
		}
		leave := r.admit(d, i)
		sent := r.traceSend(d, m, len(msgs) > 1)
		err := r.fit(r.calls, d, m)
		if err == nil {
			r.m.out.Add(float64(len(m.Data)))
			err = r.pub.Publish(r.calls, m, func(a bus.Ack, err error) {
				sent.answered(err)
				leave()
				if a.Duplicate {
					r.m.dupAcks.Inc()
				}
				if err == nil && !a.Duplicate && m.Subject == r.dead {
					r.buried(m.Header)
				}
				if err == nil && i < len(d.placed) && d.placed[i] != nil {
					d.placed[i](a)
				}
				r.answered(d, err)
			})
		}
		if err != nil {
			sent.answered(err)
			leave()
			r.answered(d, err)
		}
	}
	r.answered(d, nil)
}

// admit waits until one more out of a delivery may be published, where that needs
// admission: the first has that of its message. It waits no longer once the stage stops.
func (r *runner) admit(d *delivery, i int) (leave func()) {
	leave = func() {}
	switch {
	case d.feed.in.Admit == nil:
	case i > 0:
		if admitted, err := d.feed.in.Admit(r.waits); err == nil {
			leave = admitted
		}
	case d.leave != nil:
		leave = d.leave
	}
	return leave
}

// buried counts a dead letter that is stored.
func (r *runner) buried(h nats.Header) {
	r.m.bury(h.Get(article.HeaderReason), h.Get(article.HeaderClass))
	if r.o.Buried != nil {
		r.o.Buried(h)
	}
}

// answered counts an answer and concludes the delivery with the last one.
func (r *runner) answered(d *delivery, err error) {
	if err != nil {
		d.fail(err)
	}
	if d.waiting.Add(-1) > 0 {
		return
	}
	failed := d.failed.Load()
	if failed == nil {
		r.m.publishAck.Observe(time.Since(d.sent).Seconds())
		for _, tell := range d.stored {
			tell()
		}
		word := d.word
		if word == nil {
			word = wordAck
		}
		r.finish(d, word, d.outcome)
		return
	}
	r.m.errors["publish"].Inc()
	err = *failed
	switch {
	case errors.Is(err, bus.ErrFull):
		// The stage after this one is slow. Nothing is wrong with the message: hold
		// it, alive, until there is room.
		r.pause(fullRetry)
		r.publishLater(d, fullRetry)
	case errors.Is(err, bus.ErrNoAck), errors.Is(err, nats.ErrReconnectBufExceeded), errors.Is(err, nats.ErrConnectionReconnecting), errors.Is(err, nats.ErrDisconnected):
		r.publishLater(d, fullRetry/5)
	case errors.Is(err, bus.ErrClosed), errors.Is(err, nats.ErrConnectionClosed), errors.Is(err, context.Canceled):
		// The stage ends. The server delivers the message again.
	case errors.Is(err, errBlob):
		// Burying the message for it would need the bucket again.
		r.o.Logger.Warn("store a large payload", "stage", r.o.Name, "seq", d.in.Seq, "err", err)
		r.pause(storeRetry)
		r.publishLater(d, storeRetry)
	default:
		d.msgs, d.word, d.stored, d.placed = nil, nil, nil, nil
		r.verdict(d, nil, fmt.Errorf("publish: %w", err))
	}
}

// publishLater publishes a delivery's messages again after a while, except those that
// turn out to be stored.
func (r *runner) publishLater(d *delivery, delay time.Duration) {
	d.doubtful = true
	time.AfterFunc(delay, func() { r.enqueue(d) })
}

func (r *runner) publishAgain(d *delivery) {
	if err := r.seen.cover(r.calls, d.in.Stored, time.Now()); err != nil {
		r.m.errors["store"].Inc()
		time.AfterFunc(storeRetry, func() { r.enqueue(d) })
		return
	}
	r.publish(d, d.msgs)
}
