package stage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
)

const (
	// watchInterval is how often feeds are watched: the resolution of deadlines and
	// of signs of life.
	watchInterval = 100 * time.Millisecond
	// goneAfter is how many looks in a row must miss a consumer before the stage
	// ends: a cluster that elects a leader may deny it for a moment.
	goneAfter = 3
	// maxStuck is how many hanging calls of the function, per worker, the process
	// carries before it asks to be restarted.
	maxStuck = 4
	// forgetAfter is how long the view of published outputs is kept unasked.
	forgetAfter = 10 * time.Minute
)

// runner is a running stage.
type runner struct {
	o    Options
	nc   *nats.Conn
	js   jetstream.JetStream
	pub  *bus.Publisher
	m    *meters
	seen *published
	dead string // subject of the stage's dead letters

	feeds    []*feed
	work     chan *delivery
	behind   chan *delivery // what yields to work
	admitted chan *delivery // what must be admitted
	suspects chan *delivery
	paused   atomic.Int64 // no function is called before this Unix time in ns
	stuck    atomic.Int32

	draining chan struct{} // closed when the stage stops
	quit     chan struct{} // closed when its workers must go
	fatal    chan error
	calls    context.Context // of the function: outlives Run's by Grace
	waits    context.Context // of who waits for admission: ends when the stage stops
	workers  sync.WaitGroup
}

func newRunner(ctx context.Context, nc *nats.Conn, o Options) (*runner, error) {
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, fmt.Errorf("stage %s: %w", o.Name, err)
	}
	prefetch := 0
	for _, in := range o.Inputs {
		prefetch += in.Prefetch
	}
	r := &runner{
		o: o, nc: nc, js: js,
		m:        o.Metrics.of(o.Name, o.Concurrency, prefetch, o.Reasons),
		seen:     newPublished(js, o.Name, o.Outputs),
		dead:     article.DeadSubject(o.Name),
		draining: make(chan struct{}),
		quit:     make(chan struct{}),
		fatal:    make(chan error, 1),
	}
	r.seen.splits = o.Part != nil
	for _, in := range o.Inputs {
		r.feeds = append(r.feeds, newFeed(r, in))
	}
	r.work, r.behind = make(chan *delivery, 2*prefetch), make(chan *delivery, 2*prefetch)
	r.admitted, r.suspects = make(chan *delivery, 2*prefetch), make(chan *delivery, 2*prefetch)
	var since time.Time
	for _, f := range r.feeds {
		t, err := f.bind(ctx)
		if err != nil {
			return nil, fmt.Errorf("stage %s: %w", o.Name, err)
		}
		if since.IsZero() || t.Before(since) {
			since = t
		}
	}
	if err := r.seen.cover(ctx, since, time.Now()); err != nil {
		return nil, fmt.Errorf("stage %s: read what was published: %w", o.Name, err)
	}
	if r.pub, err = bus.NewPublisher(nc, o.Publisher); err != nil {
		return nil, fmt.Errorf("stage %s: %w", o.Name, err)
	}
	return r, nil
}

func (r *runner) run(ctx context.Context) error {
	calls, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(errStopping)
	r.calls = calls
	waits, endWaits := context.WithCancel(calls)
	defer endWaits()
	r.waits = waits
	for range r.o.Concurrency {
		r.startWorker()
	}
	r.startSuspectWorker()
	if slices.ContainsFunc(r.feeds, func(f *feed) bool { return f.in.Admit != nil }) {
		for range r.o.Concurrency {
			r.startAdmittedWorker()
		}
	}

	watch, stopWatching := context.WithCancel(calls)
	var watchers sync.WaitGroup
	watchers.Go(func() { r.poll(watch) })
	for _, f := range r.feeds {
		if f.in.Gate != nil {
			watchers.Go(func() { f.askGate(watch) })
		}
		if err := f.start(); err != nil {
			r.fail(err)
		}
	}
	r.o.Logger.Info("stage started", "stage", r.o.Name)
	if r.o.Started != nil {
		r.o.Started()
	}

	stopped := make(chan struct{})
	watchers.Go(func() { r.watch(stopped) })
	var err error
	select {
	case <-ctx.Done():
	case err = <-r.fatal:
	}
	endWaits()
	r.drain(cancel)
	close(stopped)
	stopWatching()
	watchers.Wait()
	r.workers.Wait()
	r.pub.Close()
	r.o.Logger.Info("stage stopped", "stage", r.o.Name)
	return err
}

// fail ends Run with an error.
func (r *runner) fail(err error) {
	select {
	case r.fatal <- fmt.Errorf("stage %s: %w", r.o.Name, err):
	default:
	}
}

// drain finishes what was begun within Grace and gives back the rest.
func (r *runner) drain(cancel context.CancelCauseFunc) {
	for _, f := range r.feeds {
		f.stop()
	}
	close(r.draining)
	grace := time.NewTimer(r.o.Grace)
	defer grace.Stop()
	look := time.NewTicker(2 * time.Millisecond)
	defer look.Stop()
	for r.inFlight() > 0 {
		select {
		// The workers may all be busy with long work; what they have not begun need not
		// wait for them.
		case d := <-r.work:
			r.process(d)
			continue
		case d := <-r.behind:
			r.process(d)
			continue
		case d := <-r.admitted:
			r.process(d)
			continue
		case <-look.C:
			continue
		case <-grace.C:
			r.o.Logger.Warn("grace period is over, giving back running work", "stage", r.o.Name, "messages", r.inFlight())
		}
		break
	}
	cancel(errStopping)
	close(r.quit)
	for _, f := range r.feeds {
		f.abandonAll()
	}
	if err := r.nc.FlushTimeout(2 * time.Second); err != nil {
		r.o.Logger.Debug("flush at the end of a stage", "stage", r.o.Name, "err", err)
	}
}

func (r *runner) inFlight() int {
	n := 0
	for _, f := range r.feeds {
		n += f.inFlight()
	}
	return n
}

// watch keeps the feeds alive until stopped is closed.
func (r *runner) watch(stopped <-chan struct{}) {
	tick := time.NewTicker(watchInterval)
	defer tick.Stop()
	connected := r.nc.StatusChanged(nats.CONNECTED)
	defer r.nc.RemoveStatusListener(connected)
	for {
		select {
		case <-stopped:
			return
		case <-connected:
			for _, f := range r.feeds {
				f.reconnected(time.Now())
			}
		case now := <-tick.C:
			r.m.inFlight.Set(float64(r.inFlight()))
			for _, f := range r.feeds {
				for _, d := range f.watch(now) {
					r.abandon(d)
				}
			}
		}
	}
}

// abandon gives up on a call of the function that outlived its deadline: the message
// counts as failed, and another worker takes the hanging one's place.
func (r *runner) abandon(d *delivery) {
	if !d.state.CompareAndSwap(stateRunning, stateSettling) {
		return // it returned just now
	}
	n := r.stuck.Add(1)
	r.m.stuck.Set(float64(n))
	r.o.Logger.WarnContext(d.work.ctx(), "a call outlived its deadline and does not return", "stage", r.o.Name, "seq", d.in.Seq, "stuck", n)
	if int(n) > maxStuck*r.o.Concurrency {
		r.workers.Done() // nobody waits for it any more
		r.fail(fmt.Errorf("%d calls hang past their deadline of %s", n, r.o.Timeout))
		return
	}
	switch {
	case d.suspect:
		r.startSuspectWorker()
	case d.feed.in.Admit != nil:
		r.startAdmittedWorker()
	default:
		r.startWorker()
	}
	// The verdict may wait for the server, which this goroutine must not. It takes over
	// the hanging worker's place in the wait group.
	go func() {
		defer r.workers.Done()
		r.verdict(d, nil, errDeadline)
	}()
}

// poll looks at the consumers now and then: for the metrics, to remember how far
// they were acknowledged, and to notice when one is gone.
func (r *runner) poll(ctx context.Context) {
	tick := time.NewTicker(r.o.Look)
	defer tick.Stop()
	missing := 0
	for {
		for _, f := range r.feeds {
			err := f.look(ctx)
			if errors.Is(err, jetstream.ErrConsumerNotFound) || errors.Is(err, jetstream.ErrStreamNotFound) {
				if missing++; missing >= goneAfter {
					r.fail(fmt.Errorf("consumer %s of %s is gone: %w", f.in.Consumer, f.in.Stream, err))
				}
				continue
			}
			missing = 0
			if err != nil && ctx.Err() == nil {
				f.m.pollErrors.Inc()
				r.o.Logger.Debug("look at consumer", "stream", f.in.Stream, "err", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			r.seen.forget(now, forgetAfter)
		}
	}
}

// pause keeps every worker from calling the function for a while and stops pulling.
func (r *runner) pause(d time.Duration) {
	until := time.Now().Add(d)
	for {
		old := r.paused.Load()
		if until.UnixNano() <= old || r.paused.CompareAndSwap(old, until.UnixNano()) {
			break
		}
	}
	for _, f := range r.feeds {
		f.hold(until)
	}
}

// awaitPause blocks while the stage is paused and reports whether it may go on: it
// may not once the stage stops.
func (r *runner) awaitPause() bool {
	for {
		select {
		case <-r.draining:
			return false
		default:
		}
		until := r.paused.Load()
		if until == 0 {
			return true // never paused: spare the look at the clock
		}
		wait := until - time.Now().UnixNano()
		if wait <= 0 {
			return true
		}
		t := time.NewTimer(time.Duration(wait))
		select {
		case <-t.C:
		case <-r.draining:
			t.Stop()
			return false
		}
	}
}
