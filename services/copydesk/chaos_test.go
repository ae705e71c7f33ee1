package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desktest"
	"github.com/copydesk/copydesk/pkg/ledger"
)

// chaosVar has the chaos run take as long as it says, such as 10m, at chaosRate
// articles a second; CI does with seconds. chaosSeedVar repeats a run's faults.
const (
	chaosVar     = "COPYDESK_TEST_CHAOS"
	chaosSeedVar = "COPYDESK_TEST_CHAOS_SEED"
)

// chaosRate makes 20,000 articles in ten minutes, with a little to spare.
const chaosRate = 35

// Three nodes and two workers of each stage, every one a process, while articles come
// in at a steady rate. At random, nodes, the leaders of streams among them, and workers
// are killed, paused and cut off, singly and in pairs. Every article ends once.
func TestChaos_losesAndDoublesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a cluster")
	}
	lasts, seed, minFaults := 16*time.Second, uint64(1), 3
	if s := os.Getenv(chaosVar); s != "" {
		var err error
		if lasts, err = time.ParseDuration(s); err != nil {
			t.Fatal(err)
		}
		minFaults = int(lasts / (10 * time.Second))
	}
	if s := os.Getenv(chaosSeedVar); s != "" {
		if _, err := fmt.Sscan(s, &seed); err != nil {
			t.Fatal(err)
		}
	}
	c := newChaos(t, seed)
	ended := time.Now().Add(lasts)
	var dropped atomic.Int64
	drops, ctx := errgroup.WithContext(c.ctx)
	drops.Go(func() error { return c.drop(ctx, ended, &dropped) })
	for time.Now().Before(ended) || c.faults < minFaults {
		c.fault()
		if ctx.Err() != nil {
			break
		}
	}
	if err := drops.Wait(); err != nil {
		t.Fatal(err)
	}
	c.settle(dropped.Load())
}

// chaos is a desk in trouble.
type chaos struct {
	*desktest.Cluster
	t       *testing.T
	ctx     context.Context
	r       *rand.Rand
	begun   time.Time
	workers []*chaosWorker
	v       *victims
	pub     *bus.Publisher
	faults  int
	resent  atomic.Int64 // files dropped anew under another id
	kinds   map[string]int
}

type chaosWorker struct {
	stage   string
	process <-chan *os.Process
	links   []*desktest.Link // to every node
}

func newChaos(t *testing.T, seed uint64) *chaos {
	t.Helper()
	c := &chaos{
		Cluster: desktest.StartCluster(t, 3), t: t, r: rand.New(rand.NewPCG(seed, 17)), v: &victims{t: t}, kinds: map[string]int{},
	}
	c.Provision(bus.NewTopology(bus.Settings{Replicas: 3, AckWait: 2 * time.Second}))
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	c.ctx = ctx
	for _, stage := range article.Stages() {
		for range 2 {
			w := &chaosWorker{stage: stage}
			var urls []string
			for _, node := range c.Nodes {
				link := desktest.NewLink(t, node.Client)
				w.links = append(w.links, link)
				urls = append(urls, "nats://"+link.Addr())
			}
			w.process = c.v.keep(ctx, func() string { return "" }, "worker", stage, "--nats", strings.Join(urls, ","),
				"--replicas", "3", "--ack-wait", "2s", "--provision=false", "--listen", "", "--log-level", "error")
			c.workers = append(c.workers, w)
		}
	}
	t.Cleanup(func() { stop(); c.v.wg.Wait() })
	var err error
	if c.pub, err = bus.NewPublisher(c.Conn, bus.PublisherOptions{Timeout: 2 * time.Second}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.pub.Close)
	c.begun = time.Now()
	return c
}

// chaosPatience is how long a file is repeated under its id where the server says that it is
// storing it: see bus.Intake, which then takes another, too.
const chaosPatience = 20 * time.Second

// drop drops articles at a steady rate. Each is repeated under its id until it is stored,
// so that a file that was dropped once is one file.
func (c *chaos) drop(ctx context.Context, ended time.Time, dropped *atomic.Int64) error {
	tick := time.NewTicker(time.Second / chaosRate)
	defer tick.Stop()
	files, ctx := errgroup.WithContext(ctx)
	files.SetLimit(1000)
	for i := 0; time.Now().Before(ended); i++ {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return files.Wait()
		}
		files.Go(func() error {
			id, since := fmt.Sprintf("drop/%d", i), time.Time{}
			for {
				_, err := c.pub.PublishWait(ctx, &nats.Msg{
					Subject: article.InboxSubject(article.Live, "chaos"),
					Header:  nats.Header{nats.MsgIdHdr: {id}},
					Data:    []byte(crashText(i)),
				})
				if err == nil {
					dropped.Add(1)
				}
				switch {
				case !errors.Is(err, bus.ErrNoAck):
					return err
				case !errors.Is(err, bus.ErrInProcess):
					since = time.Time{}
				case since.IsZero():
					since = time.Now()
				case time.Since(since) > chaosPatience:
					id, since = id+"+", time.Time{}
					c.resent.Add(1)
				}
				select {
				case <-time.After(250 * time.Millisecond):
				case <-ctx.Done():
					return ctx.Err()
				}
			}
		})
	}
	return files.Wait()
}

// fault does one bad thing, and mends it.
func (c *chaos) fault() {
	c.wait(500, 1500)
	kinds := []struct {
		name string
		do   func() (what string)
	}{
		{"kill node", func() string { return c.killNodes(c.anyNode()) }},
		{"kill leader", func() string { return c.killNodes(c.leader()) }},
		{"kill two nodes", func() string { n := c.r.IntN(3); return c.killNodes(c.Nodes[n], c.Nodes[(n+1)%3]) }},
		{"pause node", func() string {
			n := c.anyNode()
			n.Pause()
			c.wait(1000, 6000)
			n.Resume()
			return n.Name
		}},
		{"cut off node", func() string { n := c.anyNode(); return c.cutOff(n.Name, n.Links()) }},
		{"cut off leader", func() string { n := c.leader(); return c.cutOff(n.Name, n.Links()) }},
		{"cut off node and its clients", func() string {
			i := c.r.IntN(3)
			links := slices.Clone(c.Nodes[i].Links())
			for _, w := range c.workers {
				links = append(links, w.links[i])
			}
			return c.cutOff(c.Nodes[i].Name, links)
		}},
		{"kill worker", func() string { w := c.anyWorker(); w.signal(c, syscall.SIGKILL); return w.stage }},
		{"kill two workers", func() string {
			a, b := c.anyWorker(), c.anyWorker()
			a.signal(c, syscall.SIGKILL)
			b.signal(c, syscall.SIGKILL)
			return a.stage + " " + b.stage
		}},
		{"pause worker", func() string {
			w := c.anyWorker()
			if p := w.signal(c, syscall.SIGSTOP); p != nil {
				c.wait(1000, 8000)
				_ = p.Signal(syscall.SIGCONT) // it may be gone
			}
			return w.stage
		}},
		{"cut off worker", func() string { w := c.anyWorker(); return c.cutOff(w.stage, w.links) }},
	}
	kind := kinds[c.r.IntN(len(kinds))]
	at := time.Since(c.begun)
	what := kind.do()
	c.t.Logf("%6.1f s: %s: %s, for %.1f s", at.Seconds(), kind.name, what, (time.Since(c.begun) - at).Seconds())
	c.faults++
	c.kinds[kind.name]++
}

// wait lets some time pass, which is what a fault is made of.
func (c *chaos) wait(least, most int) {
	select {
	case <-time.After(time.Duration(least+c.r.IntN(most-least)) * time.Millisecond):
	case <-c.ctx.Done():
	}
}

func (c *chaos) anyNode() *desktest.Node { return c.Nodes[c.r.IntN(len(c.Nodes))] }

func (c *chaos) anyWorker() *chaosWorker { return c.workers[c.r.IntN(len(c.workers))] }

// leader is the node that leads one of the streams, or any while none does.
func (c *chaos) leader() *desktest.Node {
	topo := bus.NewTopology(bus.Settings{})
	stream := topo.Streams[c.r.IntN(len(topo.Streams))].Name
	spare := c.anyNode() // drawn in any case: the seed decides, not the cluster
	if n := c.Leader(stream); n != nil {
		return n
	}
	return spare
}

func (c *chaos) killNodes(nodes ...*desktest.Node) string {
	var names []string
	for _, n := range nodes {
		n.Kill()
		names = append(names, n.Name)
	}
	c.wait(200, 3000)
	for _, n := range nodes {
		n.Start()
	}
	return strings.Join(names, " ")
}

// cutOff breaks ways for a while: either so that both ends notice or so that neither does.
func (c *chaos) cutOff(name string, links []*desktest.Link) string {
	silent := c.r.IntN(2) == 0
	for _, l := range links {
		if silent {
			l.Silence()
		} else {
			l.Cut()
		}
	}
	c.wait(1000, 8000)
	for _, l := range links {
		l.Mend()
	}
	if silent {
		return name + ", silently"
	}
	return name
}

// signal sends a signal to the worker's process and returns it, nil while it is only just
// starting.
func (w *chaosWorker) signal(c *chaos, s os.Signal) *os.Process {
	select {
	case p := <-w.process:
		_ = p.Signal(s) // it may have died by itself
		return p
	case <-c.ctx.Done():
	case <-time.After(5 * time.Second):
	}
	return nil
}

// settle waits until all has come to an end and counts.
func (c *chaos) settle(dropped int64) {
	t := c.t
	t.Helper()
	quiet := time.Now()
	// A cluster takes its time to elect leaders and catch up, and what was given back its.
	// An id that a node is stuck with (bus.Intake) holds a worker up for the duplicate window.
	limit := quiet.Add(11 * time.Minute)
	var sums ledger.Sums
	var err error
	for {
		sums, err = readBooks(c.ctx, c.JS)
		if err == nil && sums.Files >= dropped && sums.InFlight() == 0 {
			break
		}
		if time.Now().After(limit) {
			c.explain(sums, err)
			t.Fatalf("the ledger does not balance: %+v, %d in flight, want %d files: %v", sums, sums.InFlight(), dropped, err)
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Logf("%d faults %v, %d processes killed, %d articles in %.0f s, settled after %.1f s, %d dropped anew: %+v",
		c.faults, c.kinds, c.v.kills.Load(), dropped, quiet.Sub(c.begun).Seconds(), time.Since(quiet).Seconds(), c.resent.Load(), sums)
	resent := c.resent.Load()
	if sums.Files < dropped || sums.Files > dropped+resent || sums.Items() != sums.Files || sums.Dead != 0 {
		t.Errorf("ledger %+v, want %d files and items, up to %d more that were dropped anew, none dead", sums, dropped, resent)
	}
	// Every tenth article is a copy of the one before, and one of the two must be found.
	if want := dropped / 10; sums.Duplicate != want+sums.Files-dropped {
		t.Errorf("%d duplicates, want %d", sums.Duplicate, want)
	}
	endedOnce(t, c.JS, int(sums.Files))
}

func readBooks(ctx context.Context, js jetstream.JetStream) (ledger.Sums, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	books, err := ledger.Open(ctx, js)
	if err == nil {
		err = books.Advance(ctx)
	}
	if err != nil {
		return ledger.Sums{}, err
	}
	return ledger.Total(books.Report()), nil
}

// explain logs where things stand.
func (c *chaos) explain(sums ledger.Sums, err error) {
	c.t.Logf("%+v, in flight %d: %v", sums, sums.InFlight(), err)
	topo := bus.NewTopology(bus.Settings{})
	for _, row := range topo.Streams {
		s, err := c.JS.Stream(c.ctx, row.Name)
		if err != nil {
			c.t.Logf("%s: %v", row.Name, err)
			continue
		}
		c.t.Logf("%s: %+v, cluster %+v", row.Name, s.CachedInfo().State, s.CachedInfo().Cluster)
	}
	for _, row := range topo.Consumers {
		s, err := c.JS.Consumer(c.ctx, row.Stream, row.Name)
		if err != nil {
			c.t.Logf("%s of %s: %v", row.Name, row.Stream, err)
			continue
		}
		i := s.CachedInfo()
		c.t.Logf("%s of %s: delivered %+v, floor %+v, pending %d, unacknowledged %d, redelivered %d, waiting %d, cluster %+v",
			row.Name, row.Stream, i.Delivered, i.AckFloor, i.NumPending, i.NumAckPending, i.NumRedelivered, i.NumWaiting, i.Cluster)
	}
}
