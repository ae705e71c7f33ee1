package desk

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/dedupe"
)

// errRewound means that the decision log ends before what was read of it: it was
// deleted, or lost its end in a power cut. A view of it is then worth nothing.
var errRewound = errors.New("the decision log is shorter than it was")

// decisions is the decision log as one decider knows it.
type decisions struct {
	nc *nats.Conn
	js jetstream.JetStream
	// publish stores messages in order and returns the last one's place. Tests lose its
	// answers.
	publish func(context.Context, []*nats.Msg) (bus.Ack, error)
	// atomic says that publish stores them in one atomic batch. Under the durable profile
	// that is one sync for all; otherwise it costs twice what a chain of messages does,
	// since the server stages each batch.
	atomic bool
	last   uint64 // sequence up to which the view knows the log
}

// append writes decisions to the log, all or none, if it ends where the view does.
// The first one's sequence is the one after last as it was.
func (l *decisions) append(ctx context.Context, entries []dedupe.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	msgs := make([]*nats.Msg, len(entries))
	for i := range entries {
		b, err := json.Marshal(&entries[i])
		if err != nil {
			return fmt.Errorf("encode decision on %s: %w", entries[i].Item, err)
		}
		msgs[i] = &nats.Msg{Subject: article.SubjectDecisions, Header: nats.Header{article.HeaderItem: {entries[i].Item}}, Data: b}
	}
	l.fence(msgs)
	ack, err := l.publish(ctx, msgs)
	if err != nil {
		return fmt.Errorf("append decisions: %w", err)
	}
	if want := l.last + uint64(len(entries)); ack.Seq != want {
		// Whatever stands between is not ours, so the fence did not hold.
		return fmt.Errorf("append decisions: stored up to %d instead of %d: %w", ack.Seq, want, bus.ErrConflict)
	}
	l.last = ack.Seq
	return nil
}

// fence makes messages hold only where the view ends. In an atomic batch only the first
// may carry the fence. Otherwise each carries the one before it, so that a beginning of
// them may be stored but nothing between them.
func (l *decisions) fence(msgs []*nats.Msg) {
	for i, m := range msgs {
		m.Header[nats.ExpectedLastSeqHdr] = []string{strconv.FormatUint(l.last+uint64(i), 10)}
		if l.atomic {
			return
		}
	}
}

// publishChain publishes messages of which each is stored only after the one before it.
// After an error none, some or all are stored.
func publishChain(p *bus.Publisher) func(context.Context, []*nats.Msg) (bus.Ack, error) {
	type answer struct {
		ack bus.Ack
		err error
	}
	return func(ctx context.Context, msgs []*nats.Msg) (last bus.Ack, err error) {
		answers := make(chan answer, len(msgs))
		sent := 0
		for _, m := range msgs {
			if err = p.Publish(ctx, m, func(a bus.Ack, err error) { answers <- answer{a, err} }); err != nil {
				break
			}
			sent++
		}
		for range sent {
			a := <-answers
			if a.err != nil && (err == nil || errors.Is(err, bus.ErrConflict)) {
				err = a.err // what those after it say follows from it
			}
			if a.ack.Seq > last.Seq {
				last = a.ack
			}
		}
		return last, err
	}
}

// readOn calls fn for what the log holds beyond last.
func (l *decisions) readOn(ctx context.Context, fn func(dedupe.Entry, uint64)) error {
	_, err := bus.ReadOn(ctx, l.nc, article.StreamDecisions, article.SubjectDecisions, l.last+1, func(m bus.Stored) error {
		var e dedupe.Entry
		if err := json.Unmarshal(m.Data, &e); err != nil {
			return fmt.Errorf("read decision %d: %w", m.Seq, err)
		}
		fn(e, m.Seq)
		l.last = m.Seq
		return nil
	})
	if err != nil {
		return fmt.Errorf("read decision log: %w", err)
	}
	return nil
}

// laggardPause is how long to wait for a server that answers from behind the leader.
const laggardPause = 20 * time.Millisecond

// readToEnd is readOn after an append was refused: when there is nothing to read it
// finds out why.
func (l *decisions) readToEnd(ctx context.Context, fn func(dedupe.Entry, uint64)) error {
	before := l.last
	if err := l.readOn(ctx, fn); err != nil || l.last > before {
		return err
	}
	at, err := bus.Gap(ctx, l.nc, l.js, article.StreamDecisions, article.SubjectDecisions, l.last+1)
	switch {
	case err != nil:
		return fmt.Errorf("read decision log: %w", err)
	case at <= l.last:
		return fmt.Errorf("%w: it ends at %d and was read up to %d", errRewound, at-1, l.last)
	case at > l.last+1:
		l.last = at - 1 // what was there has been removed
		return nil
	}
	select {
	case <-time.After(laggardPause):
	case <-ctx.Done():
	}
	return nil
}

// at reads one decision and when it was taken. A decision that is not kept any more is
// jetstream.ErrMsgNotFound. It is safe for concurrent use.
func (l *decisions) at(ctx context.Context, seq uint64) (e dedupe.Entry, taken time.Time, err error) {
	m, err := bus.ReadAt(ctx, l.nc, article.StreamDecisions, seq)
	if err != nil {
		return e, taken, err
	}
	if err := json.Unmarshal(m.Data, &e); err != nil {
		return e, taken, fmt.Errorf("read decision %d: %w", seq, err)
	}
	return e, m.Time, nil
}
