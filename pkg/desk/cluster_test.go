package desk_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desk"
	"github.com/copydesk/copydesk/pkg/desktest"
	"github.com/copydesk/copydesk/pkg/ledger"
	"github.com/copydesk/copydesk/pkg/stage"
)

// Every stage is run by two desks of its own against three nodes. In between the node
// that leads a stream is killed and comes back, and one desk is replaced by one of
// another version.
func TestCluster_desksShareTheWorkAndOutliveALeader(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a cluster")
	}
	t.Parallel()
	const n = 120
	c := desktest.StartCluster(t, 3)
	settings := bus.Settings{Replicas: 3, Store: 1 << 30, AckWait: 2 * time.Second}
	c.Provision(bus.NewTopology(settings))

	worked := map[string]*[2]atomic.Int64{}
	run := func(name string, i int, version string) (d *desk.Desk, stop func()) {
		d, err := desk.New(desk.Options{
			Dial: c.Dial(t), Settings: settings, Stages: []string{name}, Version: version, Logger: desktest.Logger(t),
			Wrap: func(_ string, f stage.Func) stage.Func {
				return func(ctx context.Context, in stage.In) ([]stage.Out, error) {
					worked[name][i].Add(1)
					return f(ctx, in)
				}
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		stop = desktest.Run(t, d.Run)
		desktest.Wait(t, name+" to start", func() bool { return d.Ready() == nil })
		return d, stop
	}
	var deciders []*desk.Desk
	var old func()
	for _, name := range article.Stages() {
		worked[name] = &[2]atomic.Int64{}
		for i := range 2 {
			d, stop := run(name, i, "v1")
			switch name {
			case article.StageDedupe:
				deciders = append(deciders, d)
			case article.StageEntities:
				old = stop
			}
		}
	}
	desktest.Wait(t, "one decider", func() bool { return deciders[0].Active() != deciders[1].Active() })

	pub, err := bus.NewPublisher(c.Conn, bus.PublisherOptions{Timeout: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pub.Close)
	blobs, err := bus.OpenBlobs(t.Context(), c.JS)
	if err != nil {
		t.Fatal(err)
	}
	inbox := bus.NewIntake(pub, blobs)
	drop := func(from, to int) {
		for i := from; i < to; i++ {
			text := fmt.Sprintf("Council of village %[1]d meets\n\nThe council of village number %[1]d met on day %[1]d and spoke of the %[1]dth well. "+
				"Its speaker, Mrs Number%[1]d, said that the water of well %[1]d is %[1]d degrees cold. They will vote on house %[1]d and bridge %[1]d.", 1000+i)
			if _, err := inbox.Put(t.Context(), bus.File{Source: "test", Lane: article.Live, Data: []byte(text)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	drop(0, n/3)
	var leader *desktest.Node
	desktest.Wait(t, "a leader of the stream", func() bool { leader = c.Leader(article.StreamUnique); return leader != nil })
	leader.Kill()
	drop(n/3, 2*n/3)
	leader.Start()
	old()
	run(article.StageEntities, 1, "v2")
	drop(2*n/3, n)

	books, err := openBooks(t, c.JS)
	if err != nil {
		t.Fatal(err)
	}
	var sums ledger.Sums
	desktest.Wait(t, "the ledger to balance", func() bool {
		if err := books.Advance(t.Context()); err != nil {
			return false // the streams have just lost a leader
		}
		sums = ledger.Total(books.Report())
		return sums.Files == n && sums.InFlight() == 0
	})
	if sums.Enriched+sums.Duplicate != n || sums.Dead != 0 {
		t.Errorf("ledger %+v, want %d out and none dead", sums, n)
	}
	items, versions := map[string]int{}, map[string]int{}
	for _, stream := range []string{article.StreamEnriched, article.StreamDuplicate} {
		_, err := bus.Scan(t.Context(), c.JS, stream, bus.ScanOptions{Bodies: true}, func(m jetstream.Msg, _ *jetstream.MsgMetadata) error {
			a, err := article.Decode(m.Data())
			if err != nil {
				return err
			}
			items[a.Item]++
			if i := slices.IndexFunc(a.Trace, func(s article.Step) bool { return s.Stage == article.StageEntities }); i >= 0 {
				versions[strings.TrimPrefix(a.Trace[i].Version, "entities ")]++
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for item, times := range items {
		if times != 1 {
			t.Errorf("%s ended %d times", item, times)
		}
	}
	if len(items) != n || versions["v2"] == 0 || versions["v1"] == 0 {
		t.Errorf("%d items, tagged by versions %v: want %d, some by each", len(items), versions, n)
	}
	for name, by := range worked {
		t.Logf("%s: %d and %d calls", name, by[0].Load(), by[1].Load())
		if name != article.StageDedupe && (by[0].Load() == 0 || by[1].Load() == 0) {
			t.Errorf("one desk of %s did nothing", name)
		}
	}
}

func openBooks(t *testing.T, js jetstream.JetStream) (books *ledger.Ledger, err error) {
	t.Helper()
	desktest.Wait(t, "the ledger", func() bool {
		books, err = ledger.Open(t.Context(), js)
		return err == nil
	})
	return books, err
}
