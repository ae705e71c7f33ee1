package stage_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desktest"
	"github.com/copydesk/copydesk/pkg/natsembed"
	"github.com/copydesk/copydesk/pkg/stage"
)

// run starts a stage on a connection of its own.
func (r *road) run(t testing.TB, o stage.Options) (stop func()) {
	t.Helper()
	if o.Logger == nil {
		o.Logger = desktest.Logger(t)
	}
	nc := r.Connect(t, o.Name)
	return desktest.Run(t, func(ctx context.Context) error { return stage.Run(ctx, nc, o) })
}

// acked reports whether the consumer of a hop has acknowledged all of its stream. What
// the consumer says is pending would not do: it lags behind what is stored.
func (r *road) acked(t testing.TB, stream string) bool {
	t.Helper()
	s, err := r.JS.Stream(t.Context(), stream)
	if err != nil {
		t.Fatal(err)
	}
	c, err := r.JS.Consumer(t.Context(), stream, "c")
	if err != nil {
		t.Fatal(err)
	}
	return c.CachedInfo().AckFloor.Stream >= s.CachedInfo().State.LastSeq
}

// dead returns the reasons of the dead letters, by item.
func (r *road) dead(t testing.TB) map[string]string {
	t.Helper()
	got := map[string]string{}
	_, err := bus.Scan(t.Context(), r.JS, "ARTICLES_DEAD", bus.ScanOptions{}, func(m jetstream.Msg, _ *jetstream.MsgMetadata) error {
		got[m.Headers().Get(article.HeaderItem)] = m.Headers().Get(article.HeaderReason) + "/" + m.Headers().Get(article.HeaderClass)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// items returns how often each item is in a stream.
func (r *road) items(t testing.TB, stream string) map[string]int {
	t.Helper()
	got := map[string]int{}
	_, err := bus.Scan(t.Context(), r.JS, stream, bus.ScanOptions{}, func(m jetstream.Msg, _ *jetstream.MsgMetadata) error {
		got[m.Headers().Get(article.HeaderItem)]++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func (r *road) put(t testing.TB, subject, item, body string) {
	t.Helper()
	m := nats.NewMsg(subject)
	m.Header.Set(article.HeaderItem, item)
	m.Data = []byte(body)
	if _, err := r.JS.PublishMsg(t.Context(), m); err != nil {
		t.Fatal(err)
	}
}

func allOnce(t *testing.T, got map[string]int, n int) {
	t.Helper()
	if len(got) != n {
		t.Errorf("%d items arrived, want %d", len(got), n)
	}
	for item, times := range got {
		if times != 1 {
			t.Errorf("%s is there %d times", item, times)
		}
	}
}

func TestRun_passesEveryMessageOnceThroughFourHops(t *testing.T) {
	t.Parallel()
	for _, batch := range []int{0, 64} {
		t.Run(fmt.Sprintf("batch %d", batch), func(t *testing.T) {
			t.Parallel()
			const n = 2000
			r := newRoad(t, 4, natsembed.Options{})
			for i := range 4 {
				o := relay(i)
				o.Concurrency = 2
				o.Publisher.Batch = batch
				r.run(t, o)
			}
			r.fill(t, n, []byte("body"))
			desktest.Wait(t, "all messages", func() bool { return r.count(t, "H4") >= n && r.acked(t, "H3") })
			allOnce(t, r.items(t, "H4"), n)
		})
	}
}

// The stage of another life published and died before it could acknowledge; since
// then the server has forgotten the message ids.
func TestRun_recognisesItsOutputBeyondTheDuplicateWindow(t *testing.T) {
	t.Parallel()
	r := newRoad(t, 1, natsembed.Options{})
	shorten := func(stream string) {
		s, err := r.JS.Stream(t.Context(), stream)
		if err != nil {
			t.Fatal(err)
		}
		cfg := s.CachedInfo().Config
		cfg.Duplicates = 100 * time.Millisecond
		if _, err := r.JS.UpdateStream(t.Context(), cfg); err != nil {
			t.Fatal(err)
		}
	}
	shorten("H1")
	const n = 50
	r.fill(t, n, []byte("body"))
	for i := range n / 2 {
		m := nats.NewMsg("h1")
		item := fmt.Sprintf("item%07d", i)
		m.Header.Set(article.HeaderItem, item)
		m.Header.Set(nats.MsgIdHdr, "stage0/"+item)
		if _, err := r.JS.PublishMsg(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	// The window is over once the server stores a known id again, elsewhere in time:
	// probe with an id of our own.
	desktest.Wait(t, "the duplicate window to pass", func() bool {
		m := nats.NewMsg("h1")
		m.Header.Set(article.HeaderItem, "probe")
		m.Header.Set(nats.MsgIdHdr, "probe")
		first, err := r.JS.PublishMsg(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		return !first.Duplicate && r.count(t, "H1") >= n/2+2
	})
	var calls atomic.Int32
	o := relay(0)
	o.DuplicateWindow = 100 * time.Millisecond
	f := o.Func
	o.Func = func(ctx context.Context, in stage.In) ([]stage.Out, error) { calls.Add(1); return f(ctx, in) }
	r.run(t, o)
	desktest.Wait(t, "the stage to finish", func() bool { return r.acked(t, "H0") })
	got := r.items(t, "H1")
	delete(got, "probe")
	allOnce(t, got, n)
	if calls.Load() != n/2 {
		t.Errorf("the function was called %d times, want %d: what is published needs no work", calls.Load(), n/2)
	}
}

// A power cut can set a consumer back to the beginning of its stream.
func TestRun_recognisesItsOutputAfterTheAckFloorIsReset(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"the outputs are still there", "the outputs are trimmed but the floor is remembered"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const n = 300
			r := newRoad(t, 1, natsembed.Options{})
			if _, err := r.JS.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: bus.BucketState}); err != nil {
				t.Fatal(err)
			}
			state, err := bus.OpenState(t.Context(), r.JS)
			if err != nil {
				t.Fatal(err)
			}
			o := relay(0)
			o.State = state
			r.fill(t, n, []byte("body"))
			stop := r.run(t, o)
			desktest.Wait(t, "the stage to finish", func() bool { return r.acked(t, "H0") && r.count(t, "H1") == n })
			stop()
			s, err := r.JS.Stream(t.Context(), "H0")
			if err != nil {
				t.Fatal(err)
			}
			want := n
			if name != "the outputs are still there" {
				if err := state.SaveFloor(t.Context(), "H0", "c", s.CachedInfo().Created, n); err != nil {
					t.Fatal(err)
				}
				out, err := r.JS.Stream(t.Context(), "H1")
				if err != nil {
					t.Fatal(err)
				}
				if err := out.Purge(t.Context()); err != nil {
					t.Fatal(err)
				}
				want = 0
			}
			c, err := r.JS.Consumer(t.Context(), "H0", "c")
			if err != nil {
				t.Fatal(err)
			}
			cfg := c.CachedInfo().Config
			if err := r.JS.DeleteConsumer(t.Context(), "H0", "c"); err != nil {
				t.Fatal(err)
			}
			if _, err := r.JS.CreateConsumer(t.Context(), "H0", cfg); err != nil {
				t.Fatal(err)
			}
			r.run(t, o)
			desktest.Wait(t, "the second pass", func() bool { return r.acked(t, "H0") })
			if got := r.count(t, "H1"); got != want {
				t.Errorf("%d messages in the output, want %d", got, want)
			}
		})
	}
}

func TestRun_buriesPoisonAndSparesItsNeighbours(t *testing.T) {
	t.Parallel()
	r := newRoad(t, 1, natsembed.Options{})
	reg := prometheus.NewRegistry()
	o := relay(0)
	o.Concurrency = 2
	o.Timeout = time.Second
	o.Attempts = 2
	o.Backoff = 20 * time.Millisecond
	o.Metrics = stage.NewMetrics(reg)
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	pass := o.Func
	var mu sync.Mutex
	waited := map[string]time.Duration{}
	o.Func = func(ctx context.Context, in stage.In) ([]stage.Out, error) {
		switch string(in.Data) {
		case "panic":
			panic("poison")
		case "hang":
			<-release
		case "slow":
			<-ctx.Done()
			return nil, ctx.Err()
		case "error":
			return nil, errors.New("no luck")
		case "reject":
			return nil, stage.Reject("malformed", article.ClassInput, errors.New("not a thing"))
		}
		mu.Lock()
		waited[in.Header.Get(article.HeaderItem)] = time.Since(in.Stored)
		mu.Unlock()
		return pass(ctx, in)
	}
	for _, poison := range []string{"panic", "hang", "slow", "error", "reject"} {
		r.put(t, "h0", poison, poison)
		r.put(t, "h0", "good-"+poison, "fine")
	}
	r.run(t, o)
	desktest.Wait(t, "everything to end", func() bool { return r.acked(t, "H0") && r.count(t, "ARTICLES_DEAD") == 5 })
	want := map[string]string{
		"panic": "panic/fault", "hang": "timeout/fault", "slow": "timeout/fault", "error": "error/fault", "reject": "malformed/input",
	}
	if diff := cmp.Diff(want, r.dead(t)); diff != "" {
		t.Errorf("dead letters (-want +got):\n%s", diff)
	}
	allOnce(t, r.items(t, "H1"), 5)
	for item, d := range waited {
		if d > 2*o.Timeout+time.Second {
			t.Errorf("%s waited %s beside poison with a deadline of %s", item, d, o.Timeout)
		}
	}
	if got := testutil.ToFloat64(metric(t, reg, "copydesk_stage_messages_total", "rejected")); got != 1 {
		t.Errorf("%v rejected counted, want 1", got)
	}
}

// metric returns a counter with one value so that testutil can read it.
func metric(t *testing.T, reg *prometheus.Registry, name, outcome string) prometheus.Collector {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	c := prometheus.NewCounter(prometheus.CounterOpts{Name: "found", Help: "for the test"})
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if l.GetValue() == outcome {
					c.Add(m.GetCounter().GetValue())
				}
			}
		}
	}
	return c
}

func TestRun_passesOnByItsFallbackWhatItCannotDo(t *testing.T) {
	t.Parallel()
	r := newRoad(t, 1, natsembed.Options{})
	o := relay(0)
	o.Attempts, o.Backoff = 2, 10*time.Millisecond
	pass := o.Func
	o.Func = func(context.Context, stage.In) ([]stage.Out, error) { return nil, errors.New("broken") }
	o.Fallback = func(ctx context.Context, in stage.In, f *stage.Failure) ([]stage.Out, error) {
		if f.Attempts != 2 || f.Code != stage.CodeError {
			t.Errorf("fallback after %d attempts for %s", f.Attempts, f.Code)
		}
		return pass(ctx, in)
	}
	r.put(t, "h0", "a", "body")
	r.run(t, o)
	desktest.Wait(t, "the message to be passed on", func() bool { return r.acked(t, "H0") && r.count(t, "H1") == 1 })
	if n := r.count(t, "ARTICLES_DEAD"); n != 0 {
		t.Errorf("%d dead letters, want none", n)
	}
}

func TestRun_laterPausesAndCostsNoAttempt(t *testing.T) {
	t.Parallel()
	r := newRoad(t, 1, natsembed.Options{})
	o := relay(0)
	o.Attempts = 1
	pass := o.Func
	var calls atomic.Int32
	o.Func = func(ctx context.Context, in stage.In) ([]stage.Out, error) {
		if calls.Add(1) <= 5 {
			return nil, stage.Later(errors.New("database is down"), 20*time.Millisecond)
		}
		return pass(ctx, in)
	}
	const n = 20
	r.fill(t, n, []byte("body"))
	r.run(t, o)
	desktest.Wait(t, "all messages", func() bool { return r.acked(t, "H0") && r.count(t, "H1") == n })
	if dead := r.dead(t); len(dead) != 0 {
		t.Errorf("dead letters %v, want none", dead)
	}
}

func TestRun_waitsForRoomInTheNextStream(t *testing.T) {
	t.Parallel()
	r := newRoad(t, 1, natsembed.Options{})
	s, err := r.JS.Stream(t.Context(), "H1")
	if err != nil {
		t.Fatal(err)
	}
	cfg := s.CachedInfo().Config
	cfg.MaxMsgs, cfg.Discard = 10, jetstream.DiscardNew
	if _, err := r.JS.UpdateStream(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	const n = 40
	r.fill(t, n, []byte("body"))
	r.run(t, relay(0))
	seen := map[string]int{}
	for len(seen) < n {
		desktest.Wait(t, "the next stream to fill", func() bool { return r.count(t, "H1") == min(10, n-len(seen)) })
		for item, times := range r.items(t, "H1") {
			seen[item] += times
		}
		if err := s.Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	desktest.Wait(t, "the stage to finish", func() bool { return r.acked(t, "H0") })
	allOnce(t, seen, n)
}

func TestRun_finishesRunningWorkAndGivesBackTheRestWhenItStops(t *testing.T) {
	t.Parallel()
	r := newRoad(t, 1, natsembed.Options{})
	// What is not given back comes again only after longer than the test would wait.
	c, err := r.JS.Consumer(t.Context(), "H0", "c")
	if err != nil {
		t.Fatal(err)
	}
	cfg := c.CachedInfo().Config
	cfg.AckWait = 10 * time.Minute
	if _, err := r.JS.UpdateConsumer(t.Context(), "H0", cfg); err != nil {
		t.Fatal(err)
	}
	o := relay(0)
	pass := o.Func
	running, finish := make(chan struct{}), make(chan struct{})
	var once sync.Once
	o.Func = func(ctx context.Context, in stage.In) ([]stage.Out, error) {
		once.Do(func() { close(running) })
		<-finish
		return pass(ctx, in)
	}
	const n = 100
	r.fill(t, n, []byte("body"))
	nc := r.Connect(t, "first")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- stage.Run(ctx, nc, o) }()
	<-running
	cancel()
	// A second worker gets what the first had only buffered at once, not after the
	// acknowledgement wait, and while the first still works.
	r.run(t, relay(0))
	desktest.Wait(t, "the second worker", func() bool { return r.count(t, "H1") == n-1 })
	close(finish)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	desktest.Wait(t, "the first message", func() bool { return r.acked(t, "H0") })
	allOnce(t, r.items(t, "H1"), n)
}

func TestRun_convictsAMessageThatKillsTheProcess(t *testing.T) {
	t.Parallel()
	r := newRoad(t, 1, natsembed.Options{})
	if _, err := r.JS.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: bus.BucketState}); err != nil {
		t.Fatal(err)
	}
	state, err := bus.OpenState(t.Context(), r.JS)
	if err != nil {
		t.Fatal(err)
	}
	r.put(t, "h0", "killer", "kill")
	r.put(t, "h0", "bystander", "fine")
	// Four processes got both messages and died; three of them wrote down that they
	// started the killer.
	c, err := r.JS.Consumer(t.Context(), "H0", "c")
	if err != nil {
		t.Fatal(err)
	}
	for range 4 {
		batch, err := c.Fetch(2)
		if err != nil {
			t.Fatal(err)
		}
		for m := range batch.Messages() {
			if err := m.Nak(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := state.SaveStarts(t.Context(), "stage0", "H0", 1, 3); err != nil {
		t.Fatal(err)
	}
	o := relay(0)
	o.State = state
	r.run(t, o)
	desktest.Wait(t, "both to end", func() bool { return r.acked(t, "H0") })
	if diff := cmp.Diff(map[string]string{"killer": "crash/fault"}, r.dead(t)); diff != "" {
		t.Errorf("dead letters (-want +got):\n%s", diff)
	}
	allOnce(t, r.items(t, "H1"), 1)
}

func TestRun_endsWhenTooManyCallsHang(t *testing.T) {
	t.Parallel()
	r := newRoad(t, 1, natsembed.Options{})
	release := make(chan struct{})
	defer close(release)
	o := relay(0)
	o.Timeout = 50 * time.Millisecond
	o.Grace = 50 * time.Millisecond
	o.Func = func(context.Context, stage.In) ([]stage.Out, error) { <-release; return nil, nil }
	r.fill(t, 20, []byte("body"))
	if err := stage.Run(t.Context(), r.Connect(t, "hanging"), o); err == nil {
		t.Error("the stage ran on with hanging calls")
	}
}

// nats.go's Consume lost a wake-up here about once in forty runs and then stood
// still for 30 s.
func TestRun_doesNotStallOnABusyMachine(t *testing.T) {
	t.Parallel()
	const n = 10000
	r := newRoad(t, 1, natsembed.Options{})
	spin, cancel := context.WithCancel(t.Context())
	defer cancel()
	for range 2 * runtime.GOMAXPROCS(0) {
		go func() {
			for spin.Err() == nil {
				for range 100_000 {
				}
			}
		}()
	}
	o := relay(0)
	o.Inputs[0].Prefetch = 64
	pass := o.Func
	var last, worst atomic.Int64
	last.Store(time.Now().UnixNano())
	o.Func = func(ctx context.Context, in stage.In) ([]stage.Out, error) {
		now := time.Now().UnixNano()
		gap := now - last.Swap(now)
		for w := worst.Load(); gap > w && !worst.CompareAndSwap(w, gap); w = worst.Load() {
		}
		return pass(ctx, in)
	}
	r.fill(t, n, []byte("body"))
	last.Store(time.Now().UnixNano())
	r.run(t, o)
	desktest.Wait(t, "all messages", func() bool { return r.count(t, "H1") == n })
	if gap := time.Duration(worst.Load()); gap > 15*time.Second {
		t.Errorf("the longest pause between two messages was %s", gap)
	}
}

// The function and the queue before it take longer than the server waits for a sign
// of life.
func TestRun_keepsSlowAndBufferedMessagesFromBeingDeliveredAgain(t *testing.T) {
	t.Parallel()
	r := newRoad(t, 1, natsembed.Options{})
	var calls atomic.Int32
	o := relay(0)
	pass := o.Func
	o.Func = func(ctx context.Context, in stage.In) ([]stage.Out, error) {
		calls.Add(1)
		if in.Attempt != 1 {
			t.Errorf("message %d is at delivery %d", in.Seq, in.Attempt)
		}
		select {
		case <-time.After(3 * time.Second): // the consumer's patience is two
		case <-ctx.Done():
		}
		return pass(ctx, in)
	}
	r.fill(t, 2, []byte("body"))
	r.run(t, o)
	desktest.Wait(t, "both messages", func() bool { return r.acked(t, "H0") })
	if calls.Load() != 2 {
		t.Errorf("the function was called %d times, want 2", calls.Load())
	}
}
