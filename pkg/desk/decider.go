package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/dedupe"
)

const (
	// maxDecisions are appended to the log together. The server takes 1000 in one
	// atomic batch; beyond a few hundred the saving is nil.
	maxDecisions = 256
	// expireInterval is how often the index lets go of what left its window.
	expireInterval = time.Minute
)

// decider gives verdicts. The decision log is the truth, the index in memory a view
// of it: a verdict holds when it is in the log, and it gets there only if the log
// has not grown since the view was read. Two deciders can therefore never both call
// the same news new; the slower one's append is refused, it reads on and decides
// again.
//
// One goroutine decides. While an append is on its way the next articles gather, and
// go into the log together.
type decider struct {
	js    jetstream.JetStream
	log   jetstream.Stream
	pub   *bus.Publisher
	index *dedupe.Index
	last  uint64 // sequence of the log up to which index knows it
	clock time.Time
	asks  chan ask
	m     *metrics
}

type ask struct {
	a      *article.Article
	s      dedupe.Signature
	answer chan<- answer
}

type answer struct {
	entry dedupe.Entry
	err   error
}

// newDecider reads the log.
func newDecider(ctx context.Context, p *post) (*decider, error) {
	pub, err := bus.NewPublisher(p.nc, bus.PublisherOptions{})
	if err != nil {
		return nil, err
	}
	log, err := p.js.Stream(ctx, article.StreamDecisions)
	if err != nil {
		return nil, fmt.Errorf("open decision log: %w", err)
	}
	window := p.d.topo.Settings.DedupeWindow
	d := &decider{
		js: p.js, log: log, pub: pub, m: p.d.metrics,
		index: dedupe.NewIndex(dedupe.Options{Window: window}),
		asks:  make(chan ask, maxDecisions),
	}
	// Decisions older than the window matter only to a redelivery of their article,
	// which the runner recognises by its output.
	since := p.now().Add(-2 * window)
	d.last, err = bus.FirstSince(ctx, p.js, article.StreamDecisions, since)
	if err != nil {
		return nil, fmt.Errorf("read decision log: %w", err)
	}
	d.last--
	return d, d.catchUp(ctx)
}

// catchUp reads the log to its end.
func (d *decider) catchUp(ctx context.Context) error {
	next, err := bus.Scan(ctx, d.js, article.StreamDecisions, bus.ScanOptions{From: d.last + 1, Bodies: true}, func(m jetstream.Msg, meta *jetstream.MsgMetadata) error {
		var e dedupe.Entry
		if err := json.Unmarshal(m.Data(), &e); err != nil {
			return fmt.Errorf("read decision %d: %w", meta.Sequence.Stream, err)
		}
		d.add(e, meta.Sequence.Stream)
		d.last = meta.Sequence.Stream
		return nil
	})
	if err != nil {
		return fmt.Errorf("read decision log: %w", err)
	}
	d.last = max(d.last, next-1)
	return nil
}

func (d *decider) add(e dedupe.Entry, seq uint64) {
	d.index.Add(e, seq)
	if e.Received.After(d.clock) {
		d.clock = e.Received
	}
}

// decide returns the verdict on an article once it is in the log.
func (d *decider) decide(ctx context.Context, a *article.Article) (dedupe.Entry, error) {
	got := make(chan answer, 1)
	select {
	case d.asks <- ask{a, dedupe.Sign(a), got}:
	case <-ctx.Done():
		return dedupe.Entry{}, context.Cause(ctx)
	}
	select {
	case r := <-got:
		return r.entry, r.err
	case <-ctx.Done():
		return dedupe.Entry{}, context.Cause(ctx)
	}
}

// run decides until ctx is done.
func (d *decider) run(ctx context.Context) error {
	defer d.pub.Close()
	tick := time.NewTicker(expireInterval)
	defer tick.Stop()
	batch := make([]ask, 0, maxDecisions)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			d.index.Expire(d.clock)
			continue
		case first := <-d.asks:
			batch = append(batch[:0], first)
		}
	gather:
		for len(batch) < maxDecisions {
			select {
			case next := <-d.asks:
				batch = append(batch, next)
			default:
				break gather
			}
		}
		d.settle(ctx, batch)
		d.m.index.Set(float64(d.index.Len()))
	}
}

// settle decides on a batch and answers everyone in it.
func (d *decider) settle(ctx context.Context, batch []ask) {
	entries, errs := make([]dedupe.Entry, len(batch)), make([]error, len(batch))
	for {
		var fresh []dedupe.Entry
		for i, q := range batch {
			if e, known, err := d.known(ctx, q.a.Item, fresh); known || err != nil {
				entries[i], errs[i] = e, err
				continue
			}
			e := d.index.Decide(q.a, q.s, nil)
			fresh = append(fresh, e)
			// The view runs ahead of the log for the length of one append, so that two
			// copies in one batch find each other.
			d.add(e, d.last+uint64(len(fresh)))
			entries[i] = e
		}
		err := d.append(ctx, fresh)
		if err == nil {
			break
		}
		for _, e := range fresh {
			d.index.Remove(e)
		}
		if errors.Is(err, bus.ErrConflict) || errors.Is(err, bus.ErrNoAck) {
			// Somebody else decided meanwhile, or we did and did not hear of it. A lost
			// answer's retry is refused as a conflict too: the fence is checked before
			// anything else. The log knows.
			if err = d.catchUp(ctx); err == nil {
				continue
			}
		}
		for _, q := range batch {
			q.answer <- answer{err: err}
		}
		return
	}
	for i, q := range batch {
		q.answer <- answer{entries[i], errs[i]}
	}
}

// known returns the decision on an item that was decided before. It is read from the
// log, unless it is one of those that are about to go there.
func (d *decider) known(ctx context.Context, item string, fresh []dedupe.Entry) (e dedupe.Entry, known bool, err error) {
	seq, known := d.index.Find(item)
	if !known || seq > d.last {
		for _, e := range fresh {
			if e.Item == item {
				return e, true, nil
			}
		}
		return e, false, nil
	}
	m, err := d.log.GetMsg(ctx, seq)
	if err != nil {
		return e, true, fmt.Errorf("read decision %d: %w", seq, err)
	}
	if err := json.Unmarshal(m.Data, &e); err != nil {
		return e, true, fmt.Errorf("read decision %d: %w", seq, err)
	}
	return e, true, nil
}

// append writes decisions to the log, all or none, if it ends where we think.
func (d *decider) append(ctx context.Context, entries []dedupe.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	msgs := make([]*nats.Msg, len(entries))
	for i, e := range entries {
		b, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("encode decision on %s: %w", e.Item, err)
		}
		msgs[i] = &nats.Msg{Subject: article.SubjectDecisions, Header: nats.Header{article.HeaderItem: {e.Item}}, Data: b}
	}
	msgs[0].Header.Set(nats.ExpectedLastSeqHdr, strconv.FormatUint(d.last, 10))
	ack, err := d.pub.PublishAtomic(ctx, msgs)
	if err != nil {
		return fmt.Errorf("append decisions: %w", err)
	}
	d.last = ack.Seq
	return nil
}
