package replay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/dedupe"
	"github.com/copydesk/copydesk/pkg/desk"
	"github.com/copydesk/copydesk/pkg/stage"
)

// item is an article of the range, by what the desk made of it, the shadow, or both.
type item struct {
	id    string
	file  file
	index int
	read  uint64 // its sequence among what the shadow read, 0 for none
	// decided says that the desk's decision log has it; judged, that it was given to the
	// shadow's dedupe.
	decided, judged bool
	then, now       ending
}

// gather lists the articles that the shadow read.
func (r *replay) gather(ctx context.Context) error {
	_, err := bus.Scan(ctx, r.shadowJS, streamRead, bus.ScanOptions{}, func(m jetstream.Msg, meta *jetstream.MsgMetadata) error {
		if it := r.itemOf(m.Headers()); it != nil {
			it.read = meta.Sequence.Stream
		}
		return nil
	})
	return err
}

// itemOf returns the item that a message is about, nil when its file is not replayed.
func (r *replay) itemOf(h nats.Header) *item {
	id := h.Get(article.HeaderItem)
	if it, ok := r.items[id]; ok {
		return it
	}
	seq, err := strconv.ParseUint(h.Get(article.HeaderOriginSeq), 10, 63)
	f := fileAt(article.Lane(h.Get(article.HeaderLane)), seq)
	if _, ours := r.files[f]; id == "" || err != nil || !ours {
		return nil
	}
	index, _ := strconv.Atoi(h.Get(article.HeaderIndex)) // absent is 0
	it := &item{id: strings.Clone(id), file: f, index: index}
	r.items[it.id] = it
	return it
}

// came is when an item's file came.
func (r *replay) came(it *item) time.Time { return time.Unix(0, r.files[it.file]).UTC() }

// inOrder returns items in the order of their files.
func (r *replay) inOrder(want func(*item) bool) []*item {
	var list []*item
	for _, it := range r.items {
		if want(it) {
			list = append(list, it)
		}
	}
	slices.SortFunc(list, func(a, b *item) int {
		return cmp.Or(cmp.Compare(r.files[a.file], r.files[b.file]), cmp.Compare(a.file&1, b.file&1),
			cmp.Compare(a.file, b.file), cmp.Compare(a.index, b.index), cmp.Compare(a.id, b.id))
	})
	return list
}

// memory is how far back decisions may matter: as far as dedupe reads the log itself.
func (r *replay) memory() time.Duration { return 2 * max(r.o.DedupeWindow, dedupe.DefaultMemory) }

// judge gives dedupe the articles in the order in which the desk decided on them, and
// enters the desk's other decisions between them. An article that the desk did not decide
// on comes before the first decision that was taken after its file came.
func (r *replay) judge(ctx context.Context) error {
	if err := r.markDecided(ctx); err != nil {
		return err
	}
	c := &court{replay: r, pub: newAcks(r.pub), undecided: r.inOrder(func(it *item) bool { return it.read > 0 && !it.decided })}
	for _, it := range r.items {
		if it.read > 0 && it.decided {
			c.left++
		}
	}
	from, err := bus.FirstSince(ctx, r.realJS, article.StreamDecisions, r.o.From.Add(-r.memory()))
	if err != nil {
		return fmt.Errorf("read decision log: %w", err)
	}
	_, err = bus.ReadOn(ctx, r.real, article.StreamDecisions, article.SubjectDecisions, from, func(m bus.Stored) error { return c.hear(ctx, m) })
	if err != nil && !errors.Is(err, errEnd) {
		return fmt.Errorf("judge again: %w", err)
	}
	for _, it := range c.undecided {
		if err := c.call(ctx, it); err != nil {
			return fmt.Errorf("judge again: %w", err)
		}
	}
	if err := c.settle(ctx); err != nil {
		return fmt.Errorf("judge again: %w", err)
	}
	return nil
}

// markDecided notes which articles the desk decided on.
func (r *replay) markDecided(ctx context.Context) error {
	from, err := bus.FirstSince(ctx, r.realJS, article.StreamDecisions, r.o.From)
	if err != nil {
		return fmt.Errorf("read decision log: %w", err)
	}
	_, err = bus.ReadOn(ctx, r.real, article.StreamDecisions, article.SubjectDecisions, from, func(m bus.Stored) error {
		lines, err := desk.Decisions(m)
		for _, l := range lines {
			if it := r.items[l.Item]; it != nil && !l.Removed && !l.Restated {
				it.decided = true
			}
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("read decision log: %w", err)
	}
	return nil
}

// court hands over articles and decisions in turn.
type court struct {
	*replay
	pub       *acks
	undecided []*item
	left      int // articles that the log has a decision on still
	called    int
	waiting   bool // articles were handed over and are not known to be decided on
}

// hear takes one message of the desk's decision log.
func (c *court) hear(ctx context.Context, m bus.Stored) error {
	if c.left == 0 && len(c.undecided) == 0 {
		return errEnd
	}
	for len(c.undecided) > 0 && c.came(c.undecided[0]).Before(m.Time) {
		if err := c.call(ctx, c.undecided[0]); err != nil {
			return err
		}
		c.undecided = c.undecided[1:]
	}
	lines, err := desk.Decisions(m)
	if err != nil {
		return err
	}
	var others []desk.Decision
	for _, l := range lines {
		it := c.items[l.Item]
		if it == nil {
			others = append(others, l)
			continue
		}
		if it.read == 0 || it.judged || l.Removed || l.Restated {
			continue // the shadow has its own word on it
		}
		if err := c.enter(ctx, others, m.Time); err != nil {
			return err
		}
		others = nil
		if err := c.call(ctx, it); err != nil {
			return err
		}
		c.left--
	}
	return c.enter(ctx, others, m.Time)
}

// enter puts decisions of the desk's into the shadow's log, after those on the articles
// that were handed over before.
func (c *court) enter(ctx context.Context, lines []desk.Decision, taken time.Time) error {
	if len(lines) == 0 {
		return nil
	}
	if err := c.settle(ctx); err != nil {
		return err
	}
	c.report.State.Decisions += len(lines)
	return c.pub.publish(ctx, desk.ShadowDecisions(lines, taken))
}

// call hands an article over to dedupe.
func (c *court) call(ctx context.Context, it *item) error {
	if !c.waiting {
		// The decisions before it must be in the log first: whoever decides then is refused
		// until he has read them.
		if err := c.pub.wait(ctx); err != nil {
			return err
		}
	}
	stored, err := bus.ReadAt(ctx, c.shadow, streamRead, it.read)
	if err != nil {
		return err
	}
	h := nats.Header{}
	for name, values := range stored.Header {
		if !strings.HasPrefix(name, "Nats-") || name == nats.MsgIdHdr {
			h[name] = values
		}
	}
	if err := c.pub.publish(ctx, &nats.Msg{Subject: article.SubjectIngested, Header: h, Data: stored.Data}); err != nil {
		return err
	}
	it.judged, c.waiting = true, true
	if c.called++; c.called%checkEvery == 0 {
		c.o.Progress(Judging, c.called, len(c.items))
		return c.checkStore(ctx)
	}
	return nil
}

// settle waits until the articles that were handed over are decided on.
func (c *court) settle(ctx context.Context) error {
	if !c.waiting {
		return nil
	}
	if err := c.pub.wait(ctx); err != nil {
		return err
	}
	c.waiting = false
	return c.idle(ctx, article.StreamIngested, article.StageDedupe, nil)
}

// finish waits until stages have nothing to do.
func (r *replay) finish(ctx context.Context, step Step, total int, stages ...string) error {
	for _, c := range bus.NewTopology(r.settings()).Consumers {
		if !slices.Contains(stages, c.Name) {
			continue
		}
		err := r.idle(ctx, c.Stream, c.Name, func(left int) { r.o.Progress(step, max(total-left, 0), total) })
		if err != nil {
			return err
		}
	}
	r.o.Progress(step, total, total)
	return r.checkStore(ctx)
}

// The pauses between two looks at a consumer grow from one to the other.
const shortLook, longLook = 500 * time.Microsecond, 50 * time.Millisecond

// idle waits until a consumer has nothing before it.
func (r *replay) idle(ctx context.Context, stream, name string, progress func(left int)) error {
	c, err := r.shadowJS.Consumer(ctx, stream, name)
	if err != nil {
		return fmt.Errorf("wait for %s: %w", name, err)
	}
	for pause, looks := shortLook, 0; ; pause = min(2*pause, longLook) {
		info, err := c.Info(ctx)
		if err != nil {
			return fmt.Errorf("wait for %s: %w", name, err)
		}
		left := int(info.NumPending) + info.NumAckPending
		if left == 0 {
			return nil
		}
		if progress != nil {
			progress(left)
		}
		if looks++; looks%checkEvery == 0 {
			if err := r.checkStore(ctx); err != nil {
				return err
			}
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// turns sees to it that each article was decided on before dedupe got the next. The
// sequences of what it gets have no gaps.
type turns struct {
	mu   sync.Mutex
	done uint64
	lost bool
}

func (t *turns) watch(f stage.Func) stage.Func {
	return func(ctx context.Context, in stage.In) ([]stage.Out, error) {
		t.mu.Lock()
		t.lost = t.lost || in.Seq > t.done+1
		t.mu.Unlock()
		outs, err := f(ctx, in)
		if err == nil || errors.As(err, new(*stage.RejectError)) {
			t.mu.Lock()
			t.done = max(t.done, in.Seq)
			t.mu.Unlock()
		}
		return outs, err
	}
}

func (t *turns) err() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.lost {
		return errors.New("an article lost its turn, since the replay's own server was in trouble: replay again")
	}
	return nil
}
