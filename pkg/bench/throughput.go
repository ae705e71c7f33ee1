package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
)

// source is the source token of everything the bench drops.
const source = "bench"

// engine carries messages from the inbox to the end until ctx is done.
type engine func(ctx context.Context) error

// askEvery is how often a run is asked whether it is done: a question costs about
// as much as two hops, so asking is under a hundredth of the load.
const askEvery = 10 * time.Millisecond

// stuckAfter ends a bench in which nothing moves any more.
const stuckAfter = 5 * time.Minute

// throughput fills the inbox, starts the engine and measures until the last message
// is acknowledged on the last hop.
func (x *road) throughput(ctx context.Context, r *Report, name string, files [][]byte, run engine) error {
	if err := x.fill(ctx, files); err != nil {
		return err
	}
	n := float64(len(files))
	resetPeak()
	cpu, start := cpuTime(), time.Now()
	err := while(ctx, run, func(ctx context.Context) error { return x.await(ctx, len(files)) })
	if err != nil {
		return err
	}
	wall, spent := time.Since(start), cpuTime()-cpu
	perArticle := micros(spent) / n
	r.add(name, "rate", n/wall.Seconds(), "articles/s")
	r.add(name, "cpu_per_article", perArticle, "us")
	r.add(name, "cpu_per_hop", perArticle/float64(len(x.hops())), "us")
	r.add(name, "peak_rss", float64(peakRSS())/(1<<20), "MiB")
	return nil
}

// await returns when n messages went all the way.
func (x *road) await(ctx context.Context, n int) error {
	ctx, cancel := context.WithTimeout(ctx, stuckAfter)
	defer cancel()
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("the messages do not arrive: %w", ctx.Err())
		case <-tick.C:
		}
		if done, err := x.settled(ctx, n); done || err != nil {
			return err
		}
	}
}

// while runs the engine for as long as f takes. An engine that fails ends f.
func while(ctx context.Context, run engine, f func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	ended := make(chan error, 1)
	go func() {
		err := run(ctx)
		if err != nil {
			cancel(err)
		}
		ended <- err
	}()
	err := f(ctx)
	cancel(nil)
	if runErr := <-ended; runErr != nil {
		return runErr
	}
	return err
}

// fill drops files into the inbox.
func (x *road) fill(ctx context.Context, files [][]byte) error {
	return x.put(ctx, len(files), func(i int) *nats.Msg { return file(i, files[i]) })
}

// put publishes n files as fast as it can.
func (x *road) put(ctx context.Context, n int, next func(i int) *nats.Msg) error {
	pub, err := bus.NewPublisher(x.nc, bus.PublisherOptions{Batch: x.batch()})
	if err != nil {
		return err
	}
	defer pub.Close()
	answers := make(chan error, n)
	for i := range n {
		if err := pub.Publish(ctx, next(i), func(_ bus.Ack, err error) { answers <- err }); err != nil {
			return err
		}
	}
	for range n {
		if err := <-answers; err != nil {
			return fmt.Errorf("fill the inbox: %w", err)
		}
	}
	return nil
}

// file is inbox message i. It bears an item, which the relays pass on.
func file(i int, data []byte) *nats.Msg {
	return fileOn(article.InboxSubject(article.Live, source), i, data)
}

func fileOn(subject string, i int, data []byte) *nats.Msg {
	item := fmt.Sprintf("bench%021d", i) // as long as a real one
	return &nats.Msg{
		Subject: subject,
		Header:  nats.Header{nats.MsgIdHdr: {"drop/" + item}, article.HeaderItem: {item}},
		Data:    data,
	}
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
