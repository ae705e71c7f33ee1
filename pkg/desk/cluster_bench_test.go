package desk_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/copydesk/copydesk/pkg/article"
	load "github.com/copydesk/copydesk/pkg/bench"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desk"
	"github.com/copydesk/copydesk/pkg/desktest"
)

// BenchmarkCluster measures how fast articles pass when 1, 2 and 4 workers of each stage
// share the work on three nodes with three copies of everything. Of dedupe one works and
// the others stand by. A worker takes one article at a time in "one" and as many as the
// machine has processors in "all". The nodes are processes beside this one:
//
//	go test -run '^$' -bench Cluster -benchtime 2000x ./pkg/desk
func BenchmarkCluster(b *testing.B) {
	for _, width := range []string{"one", "all"} {
		for _, workers := range []int{1, 2, 4} {
			b.Run(fmt.Sprintf("%s/workers=%d", width, workers), func(b *testing.B) { clusterRate(b, workers, width == "one") })
		}
	}
}

func clusterRate(b *testing.B, workers int, ordered bool) {
	b.StopTimer()
	c := desktest.StartCluster(b, 3)
	settings := bus.Settings{Replicas: 3}
	c.Provision(bus.NewTopology(settings))
	pub, err := bus.NewPublisher(c.Conn, bus.PublisherOptions{})
	if err != nil {
		b.Fatal(err)
	}
	defer pub.Close()
	for i := range b.N {
		m := &nats.Msg{Subject: "articles.inbox.bench", Header: nats.Header{nats.MsgIdHdr: {fmt.Sprint(i)}}, Data: []byte(load.Article(i))}
		err := pub.Publish(b.Context(), m, func(_ bus.Ack, err error) {
			if err != nil {
				b.Error(err)
			}
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	desktest.Wait(b, "the inbox to be full", func() bool { return pub.InFlight() == 0 })
	var desks []*desk.Desk
	b.StartTimer()
	start := time.Now()
	for _, stage := range article.Stages() {
		for range workers {
			d, err := desk.New(desk.Options{Dial: c.Dial(b), Settings: settings, Stages: []string{stage}, Ordered: ordered, Logger: desktest.Logger(b)})
			if err != nil {
				b.Fatal(err)
			}
			desktest.Run(b, d.Run)
			desks = append(desks, d)
		}
	}
	ended := func() (n uint64) {
		for _, name := range []string{article.StreamEnriched, article.StreamDuplicate, article.StreamDead} {
			s, err := c.JS.Stream(b.Context(), name)
			if err != nil {
				return 0 // busy; asked again
			}
			n += s.CachedInfo().State.Msgs
		}
		return n
	}
	for ended() < uint64(b.N) {
		time.Sleep(20 * time.Millisecond)
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "articles/s")
	b.ReportMetric(0, "ns/op")
	active := 0
	for _, d := range desks {
		if d.Active() {
			active++
		}
	}
	if active != 1 {
		b.Errorf("%d of %d workers of dedupe are active", active, workers)
	}
}
