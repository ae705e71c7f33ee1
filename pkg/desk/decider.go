package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/dedupe"
)

const (
	// maxTries is how often an append is tried that fails for another reason than that
	// the log has grown, while nothing of it is stored.
	maxTries = 3
	// expireInterval is how often the index lets go of what left its window.
	expireInterval = time.Minute
	// tailInterval is how often a standby reads the log on.
	tailInterval = 200 * time.Millisecond
	// imagePatience is how long saving may wait for the server.
	imagePatience = 5 * time.Second
	// expireEvery is how many decisions are read of a long log before what has left
	// the window is forgotten.
	expireEvery = 1 << 16
)

// decider gives verdicts. The decision log is the truth, the index in memory a view
// of it: a verdict holds when it is in the log, and it gets there only if the log
// has not grown since the view was read. Two deciders can therefore never both call
// the same news new; the slower one's append is refused, it reads on and decides
// again.
//
// Articles are signed by those who ask, which is most of the work. One goroutine
// decides. While an append is on its way the next articles gather, and go into the log
// together.
type decider struct {
	log       *decisions
	index     *dedupe.Index
	overrides func() *dedupe.Overrides
	refuse    func(hash string) error // of articles that were erased, by their words
	active    func() bool
	versions  *versions
	image     *image
	m         *verdicts
	warn      func(error) // of what does not keep it from deciding

	clock time.Time // the latest inbox time seen: the clock of the windows
	asks  chan ask
	gone  chan struct{} // closed when nobody answers any more
}

// errGone answers who asks a decider that has ended.
var errGone = errors.New("dedupe has stopped deciding")

// ask is a question to the deciding goroutine: an article's verdict, the taking out
// of one, or where the decision on an item is.
type ask struct {
	a   *article.Article
	sig dedupe.Signature
	// compared is the decision on the version that this article was compared with, and
	// changes the result.
	compared uint64
	changes  []article.Change
	// lost says that the log does not keep the article's decision any more.
	lost bool

	remove *dedupe.Entry
	find   string
	// enter is a line for the log as it is: that an article is erased, or a decision that
	// stood at where and is said again.
	enter *dedupe.Entry
	where uint64

	answer chan answer
}

// answer is one of: a decision that was just appended, the place of one that is in the
// log, or the place of the version to compare with before asking again.
type answer struct {
	entry   dedupe.Entry
	seq     uint64
	compare uint64
	err     error
}

// run decides until ctx is done.
func (d *decider) run(ctx context.Context) error {
	defer close(d.gone)
	expire, tail, save := time.NewTicker(expireInterval), time.NewTicker(tailInterval), time.NewTicker(imageInterval)
	defer expire.Stop()
	defer tail.Stop()
	defer save.Stop()
	batch := make([]ask, 0, maxDecisions)
	for {
		select {
		case <-ctx.Done():
			if err := d.save(context.WithoutCancel(ctx)); err != nil {
				d.warn(err)
			}
			return nil
		case <-save.C:
			if d.image.due() {
				if err := d.save(ctx); err != nil {
					d.warn(err)
				}
			}
			continue
		case <-expire.C:
			d.index.Expire(d.clock)
			d.m.measure(d.index)
			continue
		case <-tail.C:
			if d.image.forced {
				if err := d.save(ctx); err != nil {
					d.warn(err)
				}
			}
			if !d.active() {
				// While the server is away there is nothing to read.
				_ = d.log.readOn(ctx, d.enter)
				d.m.size(d.index)
			}
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
		if err := d.settle(ctx, batch); err != nil {
			return err
		}
		d.m.size(d.index)
	}
}

// save writes the image of the index.
func (d *decider) save(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, imagePatience)
	defer cancel()
	return d.image.save(ctx, d.index)
}

// replay reads the log from where the index ends to its end.
func (d *decider) replay(ctx context.Context) error {
	read := 0
	return d.log.readOn(ctx, func(e dedupe.Entry, seq uint64) {
		d.enter(e, seq)
		if read++; read%expireEvery == 0 {
			d.index.Expire(d.clock)
		}
	})
}

// enter adds a decision to the view.
func (d *decider) enter(e dedupe.Entry, seq uint64) {
	d.index.Add(e, seq)
	if e.Erased {
		d.image.forced = true // the file must not keep what the log has lost
	}
	if e.Received.After(d.clock) {
		d.clock = e.Received
	}
}

// settle decides on a batch and answers everyone in it. An error means that the
// decider cannot go on.
func (d *decider) settle(ctx context.Context, batch []ask) error {
	for len(batch) > 0 {
		n, err := d.settleSome(ctx, batch)
		if err != nil {
			return err
		}
		batch = batch[n:]
	}
	return nil
}

// settleSome settles as many of a batch as fit a message of the log, and returns how
// many.
func (d *decider) settleSome(ctx context.Context, batch []ask) (n int, err error) {
	answers, p := make([]answer, len(batch)), new(proposal)
	overrides := d.overrides()
	for tries := 0; ; {
		p.clear()
		for n = 0; n < len(batch) && p.bytes < maxDecisionBytes; n++ {
			answers[n] = d.consider(&batch[n], overrides, p)
		}
		if err = d.log.append(ctx, p.lines); err == nil {
			d.settled(p.entries)
			break
		}
		// What was not stored has not been decided. Backwards, so that each is the
		// latest when it goes.
		for _, e := range slices.Backward(p.entries) {
			if !e.Removed && !e.Restated {
				d.index.Remove(e)
			}
		}
		if errors.Is(err, bus.ErrFull) || ctx.Err() != nil {
			break
		}
		if errors.Is(err, bus.ErrConflict) {
			d.m.conflicts.Inc()
		} else if tries++; tries >= maxTries {
			break
		}
		// Somebody else decided meanwhile, or we did and did not hear of it: a lost
		// answer's retry is refused as a conflict too, since the fence is checked before
		// anything else. The log knows.
		known := d.log.last
		if readErr := d.log.readToEnd(ctx, d.enter); readErr != nil {
			err = readErr
			break
		}
		if d.log.last > known {
			tries = 0 // it gets on
		}
	}
	for i, q := range batch[:n] {
		if err != nil {
			answers[i] = answer{err: err}
		}
		q.answer <- answers[i]
	}
	if !errors.Is(err, errRewound) {
		err = nil // those who asked have it
	}
	return n, err
}

// proposal is what is about to be appended to the log.
type proposal struct {
	entries []dedupe.Entry
	lines   [][]byte
	bytes   int
}

func (p *proposal) clear() {
	p.entries, p.lines, p.bytes = p.entries[:0], p.lines[:0], 0
}

func (p *proposal) add(e dedupe.Entry) error {
	line, err := encodeDecision(&e)
	if err != nil {
		return err
	}
	p.entries, p.lines, p.bytes = append(p.entries, e), append(p.lines, line), p.bytes+len(line)
	return nil
}

// settled counts decisions that are in the log, and takes out of the view what they
// take out.
func (d *decider) settled(fresh []dedupe.Entry) {
	for line, e := range fresh {
		switch {
		case e.Restated, e.Erased:
			d.enter(e, place(d.log.last, line))
		case e.Removed:
			d.index.Remove(e)
			d.m.removals.Inc()
		default:
			d.m.decided(e.Relation)
		}
	}
}

// consider answers one question from the view, and adds to the proposal what has to be
// appended for the answer to hold.
func (d *decider) consider(q *ask, o *dedupe.Overrides, p *proposal) answer {
	switch {
	case q.find != "":
		seq, _ := d.index.Find(q.find)
		return answer{seq: seq}
	case q.enter != nil:
		at, known := d.index.Find(q.enter.Item)
		if q.enter.Restated && (known && at != q.where || !known && !q.enter.Removed) {
			return answer{} // decided anew meanwhile, or long forgotten
		}
		return answer{err: p.add(*q.enter)}
	case q.remove != nil:
		if _, known := d.index.Find(q.remove.Item); known {
			return answer{err: p.add(*q.remove)}
		}
		return answer{}
	}
	seq, known := d.index.Find(q.a.Item)
	if known && !q.lost {
		return answer{seq: seq}
	}
	e := d.index.Decide(q.a, q.sig, o)
	if e.Previous > 0 && (e.Relation == article.Update || e.Relation == article.Correction) {
		if q.compared != e.Previous {
			return answer{compare: e.Previous}
		}
		e.Changes = q.changes
	}
	// The view runs ahead of the log for the length of one append, so that two copies
	// in one batch find each other.
	where := place(d.log.last+1, len(p.lines))
	if err := p.add(e); err != nil {
		return answer{err: err}
	}
	d.enter(e, where)
	return answer{entry: e}
}

// ask puts a question to the deciding goroutine.
func (d *decider) ask(ctx context.Context, q ask) (answer, error) {
	q.answer = make(chan answer, 1)
	select {
	case d.asks <- q:
	case <-d.gone:
		return answer{}, errGone
	case <-ctx.Done():
		return answer{}, context.Cause(ctx)
	}
	select {
	case r := <-q.answer:
		return r, r.err
	case <-d.gone:
		return answer{}, errGone
	case <-ctx.Done():
		return answer{}, context.Cause(ctx)
	}
}

// decide returns the verdict on an article once it is in the log: for an article that
// was decided before, what was said then. It is safe for concurrent use.
func (d *decider) decide(ctx context.Context, a *article.Article) (dedupe.Entry, error) {
	began := time.Now()
	defer func() { d.m.seconds.Observe(time.Since(began).Seconds()) }()
	q := ask{a: a, sig: dedupe.Sign(a)}
	if err := d.refuse(q.sig.Hash); err != nil {
		return dedupe.Entry{}, err
	}
	for {
		r, err := d.ask(ctx, q)
		switch {
		case err != nil:
			return dedupe.Entry{}, err
		case r.compare > 0:
			// A new version. Its predecessor's text is read here, where nobody else waits
			// for it.
			if q.changes, err = d.versions.changes(ctx, r.compare, a); err != nil {
				return dedupe.Entry{}, err
			}
			q.compared = r.compare
		case r.seq > 0:
			e, _, err := d.log.at(ctx, r.seq)
			if errors.Is(err, jetstream.ErrMsgNotFound) || err == nil && e.Item != a.Item {
				q.lost = true
				continue
			}
			return e, err
		default:
			return r.entry, nil
		}
	}
}

// withdraw takes an item that came to nothing out of the index, for every decider. It
// does nothing when the item is not in it.
func (d *decider) withdraw(ctx context.Context, item string) error {
	r, err := d.ask(ctx, ask{find: item})
	if err != nil || r.seq == 0 {
		return err
	}
	e, _, err := d.log.at(ctx, r.seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) || err == nil && e.Item != item {
		return nil
	}
	if err != nil {
		return fmt.Errorf("withdraw %s: %w", item, err)
	}
	e.Removed = true
	_, err = d.ask(ctx, ask{remove: &e})
	return err
}
