// Package erase makes a desk forget articles: it finds what is kept of them in every
// stream and bucket, has the server write over it, and looks again.
//
// An erasure is written into the overrides bucket before anything is removed. From then on
// the articles cannot come back, and an erasure that was broken off is gone on with by
// asking for it again. Dedupe enters it into the decision log, which takes the articles
// out of every index and its image; only then do the log's own words on them go.
package erase

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desk"
)

// Request says what to erase: one of URI, SHA256 and Source.
type Request struct {
	// URI is an article with all its versions.
	URI string
	// SHA256 is a file and every article in it, however often it came.
	SHA256 string
	// Source is everything of a source.
	Source string
	// Copies takes what dedupe said repeats them along: exact, near and excerpts.
	Copies bool
	// WholeFile takes along files that hold other articles as well.
	WholeFile bool
	Reason    string
	By        string
}

// target is how the request is kept.
func (r Request) target() string {
	switch {
	case r.URI != "":
		return r.URI
	case r.SHA256 != "":
		return r.SHA256
	}
	return "source:" + r.Source
}

// ErrUnfinished means that something is left. Asking again goes on.
var ErrUnfinished = errors.New("the erasure is not finished")

// Eraser erases on one desk.
type Eraser struct {
	nc    *nats.Conn
	js    jetstream.JetStream
	kv    jetstream.KeyValue
	blobs *bus.Blobs
	now   func() time.Time
	// Patience is how long to wait for articles on their way to come to an end, and for
	// dedupe.
	Patience time.Duration
	// Step, if set, is called before each step with its name. Tests break off there.
	Step func(name string) error
}

// look is how often to look whether something has happened.
const look = 100 * time.Millisecond

// New returns an eraser on a desk.
func New(ctx context.Context, nc *nats.Conn, js jetstream.JetStream, now func() time.Time) (*Eraser, error) {
	kv, err := js.KeyValue(ctx, bus.BucketOverrides)
	if err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", bus.BucketOverrides, err)
	}
	blobs, err := bus.OpenBlobs(ctx, js)
	if err != nil {
		return nil, err
	}
	return &Eraser{nc: nc, js: js, kv: kv, blobs: blobs, now: now, Patience: 30 * time.Second}, nil
}

func (e *Eraser) step(name string) error {
	if e.Step == nil {
		return nil
	}
	return e.Step(name)
}

// Plan finds what is to be erased and where it is. It changes nothing.
func (e *Eraser) Plan(ctx context.Context, r Request) (*Plan, error) {
	sel, err := e.sel(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := e.resume(ctx, r, sel); err != nil {
		return nil, err
	}
	return e.plan(ctx, r, sel)
}

// Run erases. The proof is of what was found in the end; with ErrUnfinished some of it is
// still there.
func (e *Eraser) Run(ctx context.Context, r Request) (*Proof, error) {
	p, err := e.Plan(ctx, r)
	if err != nil {
		return nil, err
	}
	if p.Empty() {
		return e.proof(ctx, p, p)
	}
	if err := e.step("block"); err != nil {
		return nil, err
	}
	if err := e.block(ctx, p); err != nil {
		return nil, err
	}
	// What was on its way when it was looked for has moved on.
	if p, err = e.settled(ctx, r, p); err != nil {
		return nil, err
	}
	for _, s := range []struct {
		name string
		do   func(context.Context, *Plan) error
	}{
		{"decide", e.decide},
		{"count", e.count},
		{"forget lessons", e.forgetLessons},
		{"forget blobs", e.forgetBlobs},
		{"forget messages", e.forgetMessages},
		{"tell", e.tell},
	} {
		if err := e.step(s.name); err != nil {
			return nil, err
		}
		if err := s.do(ctx, p); err != nil {
			return nil, err
		}
	}
	after, err := e.plan(ctx, r, p.sel)
	if err != nil {
		return nil, err
	}
	proof, err := e.proof(ctx, p, after)
	if err != nil {
		return proof, err
	}
	if err := e.step("done"); err != nil {
		return proof, err
	}
	now := e.now().UTC()
	p.erasure.Done = &now
	return proof, e.save(ctx, p.erasure)
}

// block writes the erasure down.
func (e *Eraser) block(ctx context.Context, p *Plan) error { return e.save(ctx, p.erasure) }

func (e *Eraser) save(ctx context.Context, er desk.Erasure) error {
	b, err := encode(er)
	if err != nil {
		return err
	}
	if _, err := e.kv.Put(ctx, desk.ErasurePrefix+er.ID, b); err != nil {
		return fmt.Errorf("write erasure %s: %w", er.ID, err)
	}
	return nil
}

// settled waits until nothing that is to be erased is on its way, and plans anew.
func (e *Eraser) settled(ctx context.Context, r Request, p *Plan) (*Plan, error) {
	late := e.now().Add(e.Patience)
	for {
		next, err := e.Plan(ctx, r)
		if err != nil {
			return nil, err
		}
		next.erasure.At = p.erasure.At
		if err := e.save(ctx, next.erasure); err != nil {
			return nil, err
		}
		if len(next.OnTheirWay) == 0 {
			return next, nil
		}
		if e.now().After(late) {
			return nil, fmt.Errorf("%w: %d articles are still on their way after %s; they are kept from coming back: ask again when the desk has finished them",
				ErrUnfinished, len(next.OnTheirWay), e.Patience)
		}
		if err := pause(ctx, look); err != nil {
			return nil, err
		}
	}
}

// decide waits until dedupe has entered the erasure into its log, and removes what the log
// said before.
func (e *Eraser) decide(ctx context.Context, p *Plan) error {
	late := e.now().Add(e.Patience)
	for {
		t, err := desk.FindTraces(ctx, e.nc, p.erasure.Items)
		if err != nil {
			return err
		}
		if t.Entered {
			return bus.Forget(ctx, e.js, article.StreamDecisions, t.Messages)
		}
		if e.now().After(late) {
			return fmt.Errorf("%w: dedupe has not taken the articles out of its index after %s; is it running? Nothing is removed yet, but they are kept from coming back",
				ErrUnfinished, e.Patience)
		}
		if err := pause(ctx, look); err != nil {
			return err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// forgetLessons removes what was learnt of the edges of the sources' articles, since that
// is lines of text; it is learnt anew from those to come.
func (e *Eraser) forgetLessons(ctx context.Context, p *Plan) error {
	for _, source := range p.Sources {
		if err := bus.ForgetKey(ctx, e.js, bus.BucketSources, "edges."+source); err != nil {
			return err
		}
	}
	return nil
}

func (e *Eraser) forgetBlobs(ctx context.Context, p *Plan) error {
	for _, ref := range p.Blobs {
		if err := e.blobs.Forget(ctx, ref); err != nil {
			return err
		}
	}
	return nil
}

// forgetMessages removes the messages, the files last: what is left of a broken off
// erasure can be told from them.
func (e *Eraser) forgetMessages(ctx context.Context, p *Plan) error {
	for _, stream := range order {
		if err := bus.Forget(ctx, e.js, stream, p.Messages[stream]); err != nil {
			return err
		}
		if err := e.step("forgot " + stream); err != nil {
			return err
		}
	}
	return nil
}

// tell publishes a tombstone for each article, once.
func (e *Eraser) tell(ctx context.Context, p *Plan) error {
	told := map[string]bool{}
	_, err := bus.Scan(ctx, e.js, article.StreamErased, bus.ScanOptions{}, func(m jetstream.Msg, _ *jetstream.MsgMetadata) error {
		told[m.Headers().Get(nats.MsgIdHdr)] = true
		return nil
	})
	if err != nil {
		return err
	}
	for _, uri := range p.erasure.URIs {
		id := "erased/" + p.erasure.ID + "/" + uri
		if told[id] {
			continue
		}
		data, err := encode(article.Erased{
			Schema: article.ErasedSchemaV1, URI: uri, Items: p.sel.itemsOf(uri), Reason: p.erasure.Reason, At: p.erasure.At,
		})
		if err != nil {
			return err
		}
		m := &nats.Msg{Subject: article.SubjectErased, Header: nats.Header{nats.MsgIdHdr: {id}}, Data: data}
		if _, err := e.js.PublishMsg(ctx, m); err != nil {
			return fmt.Errorf("publish tombstone of %s: %w", uri, err)
		}
	}
	return nil
}

// sorted returns a set's members in order.
func sorted(set map[string]bool) []string {
	list := make([]string, 0, len(set))
	for s := range set {
		list = append(list, s)
	}
	slices.Sort(list)
	return list
}
