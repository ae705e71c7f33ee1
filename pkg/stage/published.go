package stage

import (
	"context"
	"hash/maphash"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
)

// clockSlack covers the difference between the clocks of the servers that stamp
// messages and ours. Reading two seconds more costs a few thousand headers.
const clockSlack = 2 * time.Second

// published knows what a stage has published or buried since some time, read from
// the headers of the streams it writes to. It answers the question the server's
// duplicate window no longer can: is this item's output there already?
//
// It is read from the time of the oldest input that is not acknowledged, since an
// output is never older than its input, and read on from where it ended when a
// later answer is needed. While nobody asks it is dropped.
type published struct {
	js      jetstream.JetStream
	outputs []Output
	seed    maphash.Seed
	splits  bool // the stage makes several items of an input

	mu    sync.Mutex
	ids   map[uint64]struct{} // hashes of message ids; nil until read
	split map[string]int      // by origin, how many items a file of several has
	next  []uint64            // by output, the sequence to read on from
	since time.Time           // complete from here
	until time.Time           // to here
	asked time.Time
}

func newPublished(js jetstream.JetStream, stage string, outputs []Output) *published {
	outputs = append(append([]Output(nil), outputs...), Output{article.StreamDead, article.DeadSubject(stage)})
	return &published{js: js, outputs: outputs, seed: maphash.MakeSeed()}
}

// cover makes the view complete from since until until.
func (p *published) cover(ctx context.Context, since, until time.Time) error {
	since = since.Add(-clockSlack)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = time.Now()
	if p.ids == nil || since.Before(p.since) {
		return p.read(ctx, since)
	}
	if until.After(p.until) {
		return p.readOn(ctx)
	}
	return nil
}

// read reads everything since a time.
func (p *published) read(ctx context.Context, since time.Time) error {
	p.split = map[string]int{}
	ids, next, now := map[uint64]struct{}{}, make([]uint64, len(p.outputs)), time.Now()
	for i, out := range p.outputs {
		var err error
		next[i], err = bus.Scan(ctx, p.js, out.Stream, bus.ScanOptions{Subject: out.Subject, Since: since}, p.note(ids))
		if err != nil {
			return err
		}
	}
	p.ids, p.next, p.since, p.until = ids, next, since, now
	return nil
}

// readOn reads what came since the last reading.
func (p *published) readOn(ctx context.Context) error {
	now := time.Now()
	for i, out := range p.outputs {
		next, err := bus.Scan(ctx, p.js, out.Stream, bus.ScanOptions{Subject: out.Subject, From: p.next[i]}, p.note(p.ids))
		if err != nil {
			return err
		}
		p.next[i] = next
	}
	p.until = now
	return nil
}

func (p *published) note(ids map[uint64]struct{}) func(jetstream.Msg, *jetstream.MsgMetadata) error {
	return func(m jetstream.Msg, _ *jetstream.MsgMetadata) error {
		if id := m.Headers().Get(nats.MsgIdHdr); id != "" {
			ids[maphash.String(p.seed, id)] = struct{}{}
		}
		if n, err := strconv.Atoi(m.Headers().Get(article.HeaderCount)); err == nil && n > 1 && p.splits {
			p.split[originOf(m.Headers())] = n
		}
		return nil
	}
}

func originOf(h nats.Header) string {
	return h.Get(article.HeaderLane) + "/" + h.Get(article.HeaderOriginSeq)
}

// partsOf returns how many items the file with this identity has, if one of several is
// in the view, or 0.
func (p *published) partsOf(identity nats.Header) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.split[originOf(identity)]
}

// has reports whether a message id is in the view.
func (p *published) has(id string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, ok := p.ids[maphash.String(p.seed, id)]
	return ok
}

// forget drops the view when nobody asked for a while.
func (p *published) forget(now time.Time, after time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ids != nil && now.Sub(p.asked) > after {
		p.ids, p.split = nil, nil
	}
}
