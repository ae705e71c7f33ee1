package stage_test

import (
	"context"
	"fmt"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desktest"
	"github.com/copydesk/copydesk/pkg/natsembed"
	"github.com/copydesk/copydesk/pkg/stage"
)

// road is a server with streams H0..Hn on subjects h0..hn and a consumer "c" on each.
type road struct {
	*desktest.Server
	hops int
}

func newRoad(t testing.TB, hops int, o natsembed.Options) *road {
	t.Helper()
	r := &road{desktest.StartServer(t, o), hops}
	names := []string{"ARTICLES_DEAD"}
	for i := range hops + 1 {
		names = append(names, "H"+strconv.Itoa(i))
	}
	for i, name := range names {
		subjects := []string{"articles.dead.*"}
		if i > 0 {
			subjects = []string{"h" + strconv.Itoa(i-1)}
		}
		_, err := r.JS.CreateStream(t.Context(), jetstream.StreamConfig{
			Name: name, Subjects: subjects, AllowDirect: true, AllowAtomicPublish: true, Duplicates: 10 * time.Minute,
		})
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			continue
		}
		_, err = r.JS.CreateConsumer(t.Context(), name, jetstream.ConsumerConfig{
			Durable: "c", AckPolicy: jetstream.AckExplicitPolicy, AckWait: 2 * time.Second, MaxAckPending: 2048, MaxDeliver: -1,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// fill publishes n messages to h0.
func (r *road) fill(t testing.TB, n int, body []byte) {
	t.Helper()
	pub, err := bus.NewPublisher(r.Conn, bus.PublisherOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer pub.Close()
	failed := make(chan error, n)
	for i := range n {
		m := nats.NewMsg("h0")
		m.Header.Set(article.HeaderItem, fmt.Sprintf("item%07d", i))
		m.Data = body
		if err := pub.Publish(t.Context(), m, func(_ bus.Ack, err error) { failed <- err }); err != nil {
			t.Fatal(err)
		}
	}
	for range n {
		if err := <-failed; err != nil {
			t.Fatal(err)
		}
	}
}

func (r *road) count(t testing.TB, stream string) int {
	t.Helper()
	s, err := r.JS.Stream(t.Context(), stream)
	if err != nil {
		t.Fatal(err)
	}
	return int(s.CachedInfo().State.Msgs)
}

// relay returns the options of a stage that passes messages from hop i to hop i+1.
func relay(i int) stage.Options {
	next := "h" + strconv.Itoa(i+1)
	return stage.Options{
		Name:    "stage" + strconv.Itoa(i),
		Inputs:  []stage.Input{{Stream: "H" + strconv.Itoa(i), Consumer: "c", Prefetch: 512}},
		Outputs: []stage.Output{{Stream: "H" + strconv.Itoa(i+1)}},
		Func: func(_ context.Context, in stage.In) ([]stage.Out, error) {
			item := in.Header.Get(article.HeaderItem)
			return []stage.Out{{Item: item, Subject: next, Header: nats.Header{article.HeaderItem: {item}}, Data: in.Data}}, nil
		},
	}
}

func BenchmarkRelay(b *testing.B) {
	const hops = 4
	r := newRoad(b, hops, natsembed.Options{})
	r.fill(b, b.N, make([]byte, 4096))
	b.ResetTimer()
	cpu := cpuTime(b)
	for i := range hops {
		nc := r.Connect(b, "relay")
		o := relay(i)
		desktest.Run(b, func(ctx context.Context) error { return stage.Run(ctx, nc, o) })
	}
	desktest.Wait(b, "the last hop", func() bool { time.Sleep(5 * time.Millisecond); return r.count(b, "H4") == b.N })
	b.StopTimer()
	b.ReportMetric(float64((cpuTime(b)-cpu).Microseconds())/float64(b.N)/hops, "cpu-us/hop")
}

func cpuTime(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
