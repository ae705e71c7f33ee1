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
	// publish stores messages together or not at all. Tests lose its answers.
	publish func(context.Context, []*nats.Msg) (bus.Ack, error)
	last    uint64 // sequence up to which the view knows the log
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
	// In a batch only the first message may carry the fence. A chain of single messages,
	// each fenced with the sequence before it, would be cheaper and is no fence: another
	// decider's first may stand where ours was refused, and our second follow it.
	msgs[0].Header[nats.ExpectedLastSeqHdr] = []string{strconv.FormatUint(l.last, 10)}
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
