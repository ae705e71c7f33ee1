package bench

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
)

// connect opens our own connection to a road that somebody else provisioned.
func (x *road) connect() (err error) {
	if x.nc, err = x.srv.Dial("bench"); err != nil {
		return err
	}
	x.js, err = jetstream.New(x.nc)
	return err
}

// latency measures the way through an engine that is fed at a steady rate.
func (x *road) latency(ctx context.Context, r *Report, name string, rate int, data func(i int) []byte, run engine) error {
	return while(ctx, run, func(ctx context.Context) error { return x.steady(ctx, r, name, rate, data) })
}

// steady publishes at a rate and measures from publishing a file until the stored
// result is delivered.
func (x *road) steady(ctx context.Context, r *Report, name string, rate int, data func(i int) []byte) error {
	ends, err := x.watch(ctx)
	if err != nil {
		return err
	}
	defer ends.stop()
	n := min(max(int(x.o.RateTime.Seconds()*float64(rate)), 1), x.o.N)
	took, err := x.ways(ctx, ends, rate, n, func(i int) *nats.Msg { return file(x.o.Idle+i, data(i)) })
	if err != nil {
		return err
	}
	r.percentiles(name, took)
	return nil
}

// ways publishes n files at a rate and returns how long each took. Of what ends follows,
// nothing but this publishes, so results come in as many as files go out; an item tells
// which is whose.
func (x *road) ways(ctx context.Context, ends *ends, rate, n int, next func(i int) *nats.Msg) ([]time.Duration, error) {
	pub, err := bus.NewPublisher(x.nc, bus.PublisherOptions{})
	if err != nil {
		return nil, err
	}
	defer pub.Close()
	var (
		mu     sync.Mutex
		sent   = make(map[string]time.Time, n) // by the key of its result
		failed = make(chan error, n)
		acked  sync.WaitGroup
		sender sync.WaitGroup
	)
	defer sender.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	acked.Add(n)
	sender.Go(func() {
		every := time.NewTicker(time.Second / time.Duration(rate))
		defer every.Stop()
		for i := range n {
			m := next(i)
			item := m.Header.Get(article.HeaderItem)
			start := time.Now()
			err := pub.Publish(ctx, m, func(a bus.Ack, err error) {
				if err != nil {
					failed <- err
					return
				}
				mu.Lock()
				sent[item], sent[originKey(a.Seq)] = start, start
				mu.Unlock()
				acked.Done()
			})
			if err != nil {
				failed <- err
				return
			}
			select {
			case <-every.C:
			case <-ctx.Done():
				return
			}
		}
	})
	arrived := make([]arrival, n)
	for i := range arrived {
		if arrived[i], err = ends.nextOr(ctx, failed); err != nil {
			return nil, err
		}
	}
	acked.Wait() // every result is here, so every answer is about to be
	took := make([]time.Duration, 0, n)
	for _, a := range arrived {
		start, ok := sent[a.key]
		if !ok {
			return nil, fmt.Errorf("a result came that nobody sent: %s", a.key)
		}
		took = append(took, a.at.Sub(start))
	}
	return took, nil
}

// arrival is a finished record, seen by a subscriber.
type arrival struct {
	key string // names its file: see keyOf
	at  time.Time
}

// keyOf returns what ties a result to its file: the pipeline gives the inbox
// sequence, a relay its item.
func keyOf(h nats.Header) string {
	if seq := h.Get(article.HeaderOriginSeq); seq != "" {
		return "seq " + seq
	}
	return h.Get(article.HeaderItem)
}

func originKey(seq uint64) string { return fmt.Sprintf("seq %d", seq) }

// ends follows what comes out, by a consumer: a record counts once it is stored.
type ends struct {
	ch   chan arrival
	stop func()
}

// watch follows everything that comes out from now on.
func (x *road) watch(ctx context.Context) (*ends, error) { return x.watchFor(ctx, "") }

// watchFor follows what comes out on a subject; empty means all.
func (x *road) watchFor(ctx context.Context, subject string) (*ends, error) {
	e := &ends{ch: make(chan arrival, 1<<16)}
	inbox := x.nc.NewInbox()
	sub, err := x.nc.Subscribe(inbox, func(m *nats.Msg) {
		e.ch <- arrival{keyOf(m.Header), time.Now()}
	})
	if err != nil {
		return nil, err
	}
	// A consumer that pushes: a pull would have to be waiting at the right moment.
	c, err := x.js.CreatePushConsumer(ctx, article.StreamEnriched, jetstream.ConsumerConfig{
		DeliverSubject: inbox, FilterSubject: subject, DeliverPolicy: jetstream.DeliverNewPolicy,
		AckPolicy: jetstream.AckNonePolicy, MemoryStorage: true, HeadersOnly: true,
	})
	if err != nil {
		return nil, err
	}
	e.stop = func() {
		_ = sub.Unsubscribe() // fails only when the connection is closed
		_ = x.js.DeleteConsumer(context.WithoutCancel(ctx), article.StreamEnriched, c.CachedInfo().Name)
	}
	return e, nil
}

// missing is how long a result may take.
const missing = 30 * time.Second

func (e *ends) next(ctx context.Context) (arrival, error) { return e.nextOr(ctx, nil) }

func (e *ends) nextOr(ctx context.Context, failed <-chan error) (arrival, error) {
	late := time.NewTimer(missing)
	defer late.Stop()
	select {
	case a := <-e.ch:
		return a, nil
	case err := <-failed:
		return arrival{}, err
	case <-ctx.Done():
		return arrival{}, context.Cause(ctx)
	case <-late.C:
		return arrival{}, fmt.Errorf("no result within %s", missing)
	}
}
