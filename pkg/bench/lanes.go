package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/desk"
)

const (
	// turns is how often live news comes alone and beside a backfill in one round: what
	// else the machine does falls on both.
	turns = 4
	// archive is the source token of the backfill, by which its results are told from
	// live ones.
	archive = "archive"
	// firstArchived is the number of its first article: no two of the bench are the same.
	firstArchived = 1 << 30
	// backfillRate is how many articles a second no desk gets through on the machines
	// that this runs on, so that a stock of that many never runs dry. One that does ends
	// the bench.
	backfillRate = 2500
)

// lanes measures what a backfill costs live news: the way of live articles at a steady
// rate, by turns alone and beside a backfill of which there is always more, and how fast
// the backfill goes with and without them.
func (x *road) lanes(ctx context.Context, r *Report) error {
	d, err := desk.New(desk.Options{Dial: x.srv.Dial, Settings: x.topo.Settings, Calm: x.o.Calm, Logger: x.o.Logger})
	if err != nil {
		return err
	}
	return while(ctx, d.Run, func(ctx context.Context) error {
		if err := awaitReady(ctx, d); err != nil {
			return err
		}
		ends, err := x.watchFor(ctx, "articles.enriched.*.*."+source)
		if err != nil {
			return err
		}
		defer ends.stop()
		l := &laneBench{road: x, ends: ends, archived: firstArchived}
		if err := l.run(ctx); err != nil {
			return err
		}
		l.report(r)
		return nil
	})
}

// laneBench is one round of lanes.
type laneBench struct {
	*road
	ends           *ends
	live, archived int // articles so far

	alone, beside []time.Duration
	first, last   uint64 // the least that was pending when a turn began and ended
	done          uint64 // of the backfill, beside live news
	took          time.Duration
	rateAlone     float64
}

func (l *laneBench) run(ctx context.Context) error {
	if _, err := l.turn(ctx); err != nil { // to warm up
		return err
	}
	for range turns {
		took, err := l.turn(ctx)
		if err != nil {
			return err
		}
		l.alone = append(l.alone, took...)
		err = l.withBackfill(ctx, func() (err error) {
			took, err = l.turn(ctx)
			return err
		}, func(done, first, last uint64, wall time.Duration) {
			if l.done == 0 || first < l.first {
				l.first = first
			}
			if l.done == 0 || last < l.last {
				l.last = last
			}
			l.done += done
			l.took += wall
		})
		if err != nil {
			return err
		}
		l.beside = append(l.beside, took...)
	}
	if err := wait(ctx, l.o.Calm); err != nil {
		return err
	}
	return l.withBackfill(ctx, func() error { return wait(ctx, l.o.RateTime) }, func(done, _, _ uint64, wall time.Duration) { l.rateAlone = float64(done) / wall.Seconds() })
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (l *laneBench) report(r *Report) {
	r.percentiles("live-alone", l.alone)
	r.percentiles("live-beside", l.beside)
	for _, p := range []string{"p50", "p99"} {
		r.add("beside/alone", p, r.latest("live-beside", p)/r.latest("live-alone", p), "x")
	}
	r.add("backfill", "pending_first", float64(l.first), "files")
	r.add("backfill", "pending_last", float64(l.last), "files")
	r.add("backfill", "rate_beside", float64(l.done)/l.took.Seconds(), "articles/s")
	r.add("backfill", "rate_alone", l.rateAlone, "articles/s")
}

// turn sends live articles at the rate and returns their ways.
func (l *laneBench) turn(ctx context.Context) ([]time.Duration, error) {
	n := max(int(l.o.RateTime.Seconds()*float64(l.o.LiveRate)), 1)
	from := l.live
	l.live += n
	return l.ways(ctx, l.ends, l.o.LiveRate, n, func(i int) *nats.Msg { return file(from+i, []byte(Article(from+i))) })
}

// withBackfill runs f while old material waits, and tells how much of it was done and how
// much waited before and after. It leaves an idle desk.
func (l *laneBench) withBackfill(ctx context.Context, f func() error, tell func(done, first, last uint64, wall time.Duration)) error {
	n := max(int(l.o.RateTime.Seconds()*backfillRate), 300)
	from := l.archived
	l.archived += n
	subject := article.InboxSubject(article.Backfill, archive)
	if err := l.put(ctx, n, func(i int) *nats.Msg { return fileOn(subject, from+i, []byte(Article(from+i))) }); err != nil {
		return err
	}
	before, err := l.out(ctx)
	if err != nil {
		return err
	}
	start := time.Now()
	first, _, err := l.backfill(ctx)
	if err != nil {
		return err
	}
	if err := f(); err != nil {
		return err
	}
	last, _, err := l.backfill(ctx)
	if err != nil {
		return err
	}
	wall := time.Since(start)
	after, err := l.out(ctx)
	if err != nil {
		return err
	}
	if last == 0 {
		return fmt.Errorf("the backfill of %d articles ran dry", n)
	}
	tell(after-before, first, last, wall)
	s, err := l.js.Stream(ctx, article.StreamBackfill)
	if err != nil {
		return err
	}
	if err := s.Purge(ctx); err != nil {
		return err
	}
	for inHand := 1; inHand > 0; {
		if _, inHand, err = l.backfill(ctx); err != nil {
			return err
		}
		if err := l.await(ctx, 0); err != nil {
			return err
		}
	}
	return nil
}

// backfill returns how many files of it wait and how many ingest has in its hands.
func (l *laneBench) backfill(ctx context.Context) (pending uint64, inHand int, err error) {
	c, err := l.js.Consumer(ctx, article.StreamBackfill, article.StageIngest)
	if err != nil {
		return 0, 0, err
	}
	return c.CachedInfo().NumPending, c.CachedInfo().NumAckPending, nil
}

// out returns how many articles came out, live ones that were sent taken off.
func (l *laneBench) out(ctx context.Context) (n uint64, err error) {
	for _, stream := range []string{article.StreamEnriched, article.StreamDuplicate, article.StreamDead} {
		s, err := l.js.Stream(ctx, stream)
		if err != nil {
			return 0, err
		}
		n += s.CachedInfo().State.LastSeq
	}
	return n - uint64(l.live), nil
}
