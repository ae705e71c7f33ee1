package desk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/dedupe"
	"github.com/copydesk/copydesk/pkg/stage"
	"github.com/copydesk/copydesk/pkg/trace"
)

// leaseName is the lease whose holder decides.
const leaseName = article.StageDedupe

// buildDedupe: an article gets its verdict and goes on, or aside.
func buildDedupe(ctx context.Context, p *post) (stage.Func, fallback, error) {
	erased, err := openErasures(ctx, p.js, p.d.o.Logger)
	if err != nil {
		return nil, nil, err
	}
	d, err := newDecider(ctx, p, erased.article)
	if err != nil {
		return nil, nil, err
	}
	p.group.Go(func() error { return erased.follow(ctx) })
	p.group.Go(func() error { return d.obliterate(ctx, erased) })
	return func(ctx context.Context, in stage.In) ([]stage.Out, error) {
		started := p.now()
		a, err := p.open(ctx, in)
		if err != nil {
			return nil, err
		}
		verdict, err := d.decide(ctx, a)
		if errors.As(err, new(*stage.RejectError)) {
			return nil, err
		}
		if err != nil {
			return nil, stage.Later(err, storeRetry)
		}
		verdict.Apply(a)
		subject, copied := article.SubjectUnique, a.Dedupe.Relation.Stops()
		if copied {
			subject = article.DuplicateSubject(a.Dedupe.Relation, a.Source.Name)
		}
		out, err := p.seal(ctx, a, in, started, subject, maxWhole)
		if err != nil {
			return nil, err
		}
		traceID := trace.SampledID(ctx)
		received, method, source, lane := a.Received, a.Dedupe.Method, a.Source.Name, a.Lane
		out.Stored = func() {
			if !copied {
				p.d.content.item(source, lane, itemUnique)
				return
			}
			p.d.content.item(source, lane, itemDuplicate)
			p.d.metrics.finished(copied, lane, p.now().Sub(received), traceID)
			p.d.metrics.match(method)
		}
		if !copied {
			item := a.Item
			out.Placed = func(ack bus.Ack) { d.versions.place(item, ack.Seq) }
		}
		return []stage.Out{out}, nil
	}, nil, nil
}

// newDecider reads what the decider needs to know and starts it, with what runs beside
// it: the lease, the overrides, and the dead letters of the stages behind.
func newDecider(ctx context.Context, p *post, refuse func(hash string) error) (*decider, error) {
	pub, err := bus.NewPublisher(p.nc, bus.PublisherOptions{})
	if err != nil {
		return nil, err
	}
	over, err := openOverrides(ctx, p.js, p.d.o.Logger, p.d.metrics.overridden(overridesOf[article.StageDedupe]))
	if err != nil {
		return nil, err
	}
	log := &decisions{nc: p.nc, js: p.js, publish: pub.PublishAtomic}
	d := &decider{
		log: log, overrides: over.current.Load, refuse: refuse, active: p.d.Active, m: p.d.verdicts,
		versions: &versions{courier: p.courier, log: log},
		image:    newImage(p.d.o.StateDir, log),
		warn:     func(err error) { p.d.o.Logger.Warn("dedupe", "err", err) },
		asks:     make(chan ask, maxDecisions), gone: make(chan struct{}),
	}
	if p.shadow != nil {
		past, done, err := p.shadow.openPast(ctx, p.courier)
		if err != nil {
			return nil, err
		}
		d.versions.past = past
		context.AfterFunc(ctx, done)
	}
	if _, err := bus.Patiently(ctx, p.nc, func(ctx context.Context) (any, error) { return nil, d.restore(ctx, p) }); err != nil {
		return nil, err
	}
	d.m.measure(d.index)
	if !p.d.o.EveryoneDecides {
		lease := p.state.NewLease(p.nc, leaseName, p.d.o.Logger)
		p.d.lease.Store(lease)
		p.gate, p.gateChanged = func(context.Context) bool { return lease.Held() }, lease.Changed()
		p.group.Go(func() error { return lease.Run(ctx) })
	}
	p.group.Go(func() error {
		defer pub.Close()
		return d.run(ctx)
	})
	p.group.Go(func() error { return over.follow(ctx) })
	dead := &deaths{js: p.js, state: p.state, withdraw: d.withdraw, active: d.active}
	p.group.Go(func() error {
		return dead.follow(ctx, d.warn)
	})
	return d, nil
}

// restore makes the index what the log says: from its image and what came after it, or
// from the log alone.
func (d *decider) restore(ctx context.Context, p *post) error {
	began := time.Now()
	window := p.d.topo.Settings.DedupeWindow
	o := dedupe.Options{Window: window}
	var err error
	d.index, err = d.image.load(ctx, o)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			p.d.o.Logger.Warn("reading the whole decision log", "because", err)
		}
		d.index = dedupe.NewIndex(o)
		// What is older than any memory cannot matter.
		since := p.now().Add(-2 * max(window, dedupe.DefaultMemory))
		first, err := bus.FirstSince(ctx, p.js, article.StreamDecisions, since)
		if err != nil {
			return fmt.Errorf("read decision log: %w", err)
		}
		d.log.last = first - 1
	}
	image := d.log.last
	if err := d.replay(ctx); err != nil {
		return err
	}
	p.d.o.Logger.Info("index restored", "stage", p.stage, "articles", d.index.Len(), "from_image", err == nil,
		"decisions_read", d.log.last-image, "took", time.Since(began))
	return nil
}
