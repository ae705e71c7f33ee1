// Package bench measures the engine and the whole pipeline on this machine, beside
// two things that make the figures comparable: a bare relay of the same messages
// over the same road without any work, and the same relay written the way people
// write it with nats.go's Consume.
//
// Every measurement has a server and a directory of its own. Measurements follow
// each other in rounds, relay, naive, pipeline, relay, …, because a shared machine
// drifts: compare figures of one run only, and rather by CPU time than by the clock.
// CPU time and memory are those of the whole process, server and clients together.
package bench

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desk"
)

// Server is a fresh NATS server with an empty store.
type Server struct {
	Dial bus.Dialer
	// Stop ends the server and removes its store.
	Stop func()
}

// Options configure a run. Start is required; the zero value of another field means
// its default.
type Options struct {
	// Start starts a server of a profile and returns when it takes connections.
	Start func(bus.Profile) (*Server, error)
	// Profile is the server's, and decides whether the engine publishes batches.
	Profile bus.Profile
	// Only names the steps to measure, of Steps. Default: all.
	Only []string
	// N is how many messages each relay carries and how many articles the index of the
	// deduplicator holds. The pipeline gets a quarter of it, and so does the naive relay
	// when every publish waits for the disk. Default 10000.
	N int
	// Rounds is how often everything is measured. Default 3.
	Rounds int
	// Size of a relayed message in bytes. Default 4096.
	Size int
	// Rate is how many messages a second the relay gets while latency is measured,
	// the pipeline half of it. Default 200, or 40 when every message waits for the
	// disk: either leaves the machine mostly idle.
	Rate int
	// RateTime is how long, but no more than N messages. Default 3 s.
	RateTime time.Duration
	// LiveRate is how many live articles a second come in while a backfill waits beside
	// them, and while none does. Default 20.
	LiveRate int
	// Calm is the desk's. Default desk.DefaultCalm.
	Calm time.Duration
	// Idle is how many articles go one by one through the idle pipeline. Default 100,
	// but no more than N.
	Idle int

	// Notice, if set, is told what is being done, for a person who waits.
	Notice func(format string, args ...any)
	Logger *slog.Logger // default: discarded
}

func (o Options) withDefaults() Options {
	if o.Rate == 0 && o.Profile == bus.Durable {
		o.Rate = 40
	}
	for _, d := range []struct {
		value *int
		def   int
	}{{&o.N, 10000}, {&o.Rounds, 3}, {&o.Size, 4096}, {&o.Rate, 200}, {&o.LiveRate, 20}, {&o.Idle, 100}} {
		if *d.value <= 0 {
			*d.value = d.def
		}
	}
	o.Idle = min(o.Idle, o.N)
	if o.Profile == "" {
		o.Profile = bus.Fast
	}
	if o.RateTime == 0 {
		o.RateTime = 3 * time.Second
	}
	if o.Calm == 0 {
		o.Calm = desk.DefaultCalm
	}
	if o.Notice == nil {
		o.Notice = func(string, ...any) {}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// part is the share of N for whoever is several times slower than the relay, so that
// a run is not spent on them.
func (o Options) part() int { return max(o.N/4, 1) }

// Run measures everything and returns the figures.
func Run(ctx context.Context, o Options) (*Report, error) {
	o = o.withDefaults()
	if !slices.Equal(o.Only, []string{"dedupe"}) { // which needs no stream
		if err := fits(o); err != nil {
			return nil, err
		}
	}
	for _, name := range o.Only {
		if !slices.Contains(Steps(), name) {
			return nil, fmt.Errorf("there is no bench %q; the benches are %v", name, Steps())
		}
	}
	r := &Report{}
	for round := range o.Rounds {
		for _, step := range steps(o, r) {
			if len(o.Only) > 0 && !slices.Contains(o.Only, step.name) {
				continue
			}
			o.Notice("round %d of %d: %s", round+1, o.Rounds, step.what)
			if err := step.measure(ctx); err != nil {
				return nil, fmt.Errorf("measure %s: %w", step.what, err)
			}
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
		r.compare("relay", "naive")
	}
	return r, nil
}

// step is one measurement of a round.
type step struct {
	name    string
	what    string
	measure func(context.Context) error
}

// Steps names the measurements of a round, in order.
func Steps() []string {
	var names []string
	for _, s := range steps(Options{}.withDefaults(), nil) {
		names = append(names, s.name)
	}
	return names
}

// steps are one round, the two relays next to each other.
func steps(o Options, r *Report) []step {
	naive := o.N
	if o.Profile == bus.Durable {
		naive = o.part()
	}
	on := func(f func(context.Context, *road) error) func(context.Context) error {
		return func(ctx context.Context) error { return withRoad(ctx, o, f) }
	}
	return []step{
		{"relay", fmt.Sprintf("relay, %d messages", o.N), on(func(ctx context.Context, x *road) error {
			return x.throughput(ctx, r, "relay", messages(o.N, o.Size), x.relay)
		})},
		{"naive", fmt.Sprintf("naive relay, %d messages", naive), on(func(ctx context.Context, x *road) error {
			return x.throughput(ctx, r, "naive", messages(naive, o.Size), x.naive)
		})},
		{"pipeline", fmt.Sprintf("pipeline, %d articles", o.part()), on(func(ctx context.Context, x *road) error {
			return x.throughput(ctx, r, "pipeline", articles(o.part()), x.pipeline)
		})},
		{"relay-latency", fmt.Sprintf("relay at %d a second", o.Rate), on(func(ctx context.Context, x *road) error {
			return x.latency(ctx, r, "relay", o.Rate, func(i int) []byte { return message(i, o.Size) }, x.relay)
		})},
		{"pipeline-latency", fmt.Sprintf("pipeline, one article at a time and at %d a second", max(o.Rate/2, 1)), func(ctx context.Context) error {
			return quiet(ctx, o, r)
		}},
		{"lanes", fmt.Sprintf("live news at %d a second, alone and beside a backfill", o.LiveRate), on(func(ctx context.Context, x *road) error {
			return x.lanes(ctx, r)
		})},
		{"json", "JSON", func(context.Context) error { return codec(r) }},
		{"dedupe", fmt.Sprintf("dedupe, %d articles", o.N), func(ctx context.Context) error { return dedupeIndex(ctx, r, o.N) }},
	}
}

// fits refuses what the road has no room for: a full stream waits for the trimmer,
// which keeps a day.
func fits(o Options) error {
	const overhead = 1 << 10 // headers and the store's own, generously
	topo := bus.NewTopology(bus.Settings{Profile: o.Profile})
	for _, row := range topo.Streams {
		room := topo.Settings.Store / 100 * row.Share
		if row.Name == article.StreamIngested && int64(o.N)*int64(o.Size+overhead) > room {
			return fmt.Errorf("%d messages of %d bytes do not fit a stream of %d MiB: take fewer", o.N, o.Size, room>>20)
		}
	}
	if o.Size > bus.MaxInline {
		return fmt.Errorf("messages of %d bytes: the largest a stage sends inline is %d", o.Size, bus.MaxInline)
	}
	return nil
}

// road is a provisioned server and our own connection to it, which carries no load.
type road struct {
	o    Options
	srv  *Server
	topo *bus.Topology
	nc   *nats.Conn
	js   jetstream.JetStream
}

// withRoad runs f on a fresh road.
func withRoad(ctx context.Context, o Options, f func(context.Context, *road) error) error {
	debug.FreeOSMemory() // what the one before left is not this one's
	srv, err := o.Start(o.Profile)
	if err != nil {
		return err
	}
	defer srv.Stop()
	x := &road{o: o, srv: srv, topo: bus.NewTopology(bus.Settings{Profile: o.Profile})}
	if x.nc, err = srv.Dial("bench"); err != nil {
		return err
	}
	defer x.nc.Close()
	if x.js, err = jetstream.New(x.nc); err != nil {
		return err
	}
	if err := bus.Provision(ctx, x.js, x.topo); err != nil {
		return err
	}
	return f(ctx, x)
}

// batch is the engine's under the profile.
func (x *road) batch() int {
	if x.o.Profile == bus.Durable {
		return bus.BatchSize
	}
	return 0
}

// hops are the consumers of the live road, in order.
func (x *road) hops() []bus.Consumer {
	var hops []bus.Consumer
	for _, c := range x.topo.Consumers {
		if c.Lane != article.Backfill {
			hops = append(hops, c)
		}
	}
	return hops
}

// settled reports whether n messages went all the way: every consumer has
// acknowledged everything and n results are stored.
func (x *road) settled(ctx context.Context, n int) (bool, error) {
	for _, hop := range x.hops() {
		c, err := x.js.Consumer(ctx, hop.Stream, hop.Name)
		if err != nil {
			return false, err
		}
		if info := c.CachedInfo(); info.NumPending > 0 || info.NumAckPending > 0 {
			return false, nil
		}
	}
	ends := 0
	for _, stream := range []string{article.StreamEnriched, article.StreamDuplicate, article.StreamDead} {
		s, err := x.js.Stream(ctx, stream)
		if err != nil {
			return false, err
		}
		ends += int(s.CachedInfo().State.Msgs)
	}
	return ends >= n, nil
}
