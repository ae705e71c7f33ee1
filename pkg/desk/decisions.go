package desk

import (
	"bytes"
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

// maxDecisions are taken together at most, and stored as the lines of one message of
// maxDecisionBytes at most, but for a single one that is longer: a message costs the
// server far more than what is in it, and is stored whole or not at all.
const (
	maxDecisions     = 1 << placeBits
	maxDecisionBytes = 512 << 10
)

// A place is where a decision is in the log: the sequence of its message and, in the
// lowest bits, its line. Places ascend as decisions were taken.
const placeBits = 8

func place(seq uint64, line int) uint64 { return seq<<placeBits | uint64(line) }

// append writes decisions to the log, all or none, if it ends where the view does. Line
// n of them has place(last+1, n), last being as it was.
func (l *decisions) append(ctx context.Context, lines [][]byte) error {
	if len(lines) == 0 {
		return nil
	}
	m := nats.NewMsg(article.SubjectDecisions)
	m.Header[nats.ExpectedLastSeqHdr] = []string{strconv.FormatUint(l.last, 10)}
	m.Data = bytes.Join(lines, []byte{'\n'})
	ack, err := l.publish(ctx, []*nats.Msg{m})
	if err != nil {
		return fmt.Errorf("append decisions: %w", err)
	}
	if want := l.last + 1; ack.Seq != want {
		// Whatever stands between is not ours, so the fence did not hold.
		return fmt.Errorf("append decisions: stored as %d instead of %d: %w", ack.Seq, want, bus.ErrConflict)
	}
	l.last = ack.Seq
	return nil
}

// encodeDecision makes the line of a decision.
func encodeDecision(e *dedupe.Entry) ([]byte, error) {
	b, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("encode decision on %s: %w", e.Item, err)
	}
	return b, nil
}

// decodeDecisions calls fn with the decisions of a message and their places.
func decodeDecisions(m bus.Stored, fn func(dedupe.Entry, uint64)) error {
	line := 0
	for b := range bytes.SplitSeq(m.Data, []byte{'\n'}) {
		var e dedupe.Entry
		if err := json.Unmarshal(b, &e); err != nil {
			return fmt.Errorf("read decision %d of message %d: %w", line, m.Seq, err)
		}
		fn(e, place(m.Seq, line))
		line++
	}
	return nil
}

// readOn calls fn for what the log holds beyond last.
func (l *decisions) readOn(ctx context.Context, fn func(dedupe.Entry, uint64)) error {
	_, err := bus.ReadOn(ctx, l.nc, article.StreamDecisions, article.SubjectDecisions, l.last+1, func(m bus.Stored) error {
		if err := decodeDecisions(m, fn); err != nil {
			return err
		}
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

// at reads the decision at a place, and when and where it was taken. A decision that is
// not kept any more is jetstream.ErrMsgNotFound. It is safe for concurrent use.
func (l *decisions) at(ctx context.Context, where uint64) (e dedupe.Entry, t taken, err error) {
	m, err := bus.ReadAt(ctx, l.nc, article.StreamDecisions, where>>placeBits)
	if err != nil {
		return e, t, err
	}
	lines := bytes.SplitN(m.Data, []byte{'\n'}, maxDecisions)
	line := int(where & (maxDecisions - 1))
	if line >= len(lines) {
		return e, t, fmt.Errorf("read decision %d of message %d: it has %d: %w", line, m.Seq, len(lines), jetstream.ErrMsgNotFound)
	}
	if err := json.Unmarshal(lines[line], &e); err != nil {
		return e, t, fmt.Errorf("read decision %d of message %d: %w", line, m.Seq, err)
	}
	return e, takenAt(m), nil
}
