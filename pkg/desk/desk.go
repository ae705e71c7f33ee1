// Package desk joins the parts: which stage reads where, calls which pure function
// and writes where. It is the only package that knows both an article function and a
// subject; everything below it knows one of the two.
package desk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	oteltrace "go.opentelemetry.io/otel/trace"
	"golang.org/x/sync/errgroup"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/isolate"
	"github.com/copydesk/copydesk/pkg/ledger"
	"github.com/copydesk/copydesk/pkg/stage"
	"github.com/copydesk/copydesk/pkg/survey"
)

// Options configure a desk. Dial is required; the zero value of another field means
// its default.
type Options struct {
	// Dial opens a connection; each stage has one of its own.
	Dial bus.Dialer
	// Settings are those the road was provisioned with.
	Settings bus.Settings
	// Stages to run, by name. Default: all.
	Stages []string
	// Provision declares the road first. Default off: workers of a cluster may not.
	Provision bool
	// Ordered works on one article at a time, so that articles pass in the order of
	// their files. Default off: as many as there are processors.
	Ordered bool
	// Isolate reads untrusted files in child processes of this executable, whose main
	// must call ServeIsolated first. Default off: in this process.
	Isolate bool
	// Timeout, Attempts, Backoff and Grace are stage.Options'.
	Timeout  time.Duration
	Attempts int
	Backoff  time.Duration
	Grace    time.Duration
	// Calm is how long no news must have come in for a backfill to go at full speed.
	// Before, one old article is on its way at a time. Default 10 s.
	Calm time.Duration
	// HousekeepingInterval is how often the trimmer and the ledger run beside
	// ingest. Default one minute.
	HousekeepingInterval time.Duration
	// Sources have series of their own in metrics with a source label, at most 64; all
	// others are "other".
	Sources []string
	// Survey looks at the streams for the metrics. Default: by the JetStream API.
	Survey survey.Source
	// SurveyInterval is how often metrics of the whole desk are read beside ingest:
	// streams, dead letters. Default 5 s.
	SurveyInterval time.Duration
	// NoHousekeeping leaves the trimmer, the ledger and the metrics of the whole desk to a
	// process that runs the stage Housekeeping. Default off: they run beside ingest.
	NoHousekeeping bool
	// StateDir is a folder of this process's own for what makes its start quicker: the
	// image of dedupe's index. Default none.
	StateDir string
	// Learning is how ingest learns the boilerplate of sources.
	Learning Learning
	// Version is written into the trace of each record.
	Version string

	// Tracer, if set, makes spans of each stage's work. Default: none.
	Tracer oteltrace.Tracer

	Logger     *slog.Logger          // default: discarded
	Registerer prometheus.Registerer // default: not exported
	Now        func() time.Time      // default time.Now
	// Shadow, if set, has the desk work through what another desk has had.
	Shadow *Shadow
	// EveryoneDecides has dedupe work in every process, whoever holds the lease. Only the
	// decision log's fence then keeps them from contradicting each other, which tests
	// put to the proof; it is slow.
	EveryoneDecides bool
	// Wrap, if set, is put around every stage's function. Tests inject faults by it.
	Wrap func(stage string, f stage.Func) stage.Func
}

// Housekeeping can be named among Options.Stages: the trimmer and the ledger in a process
// of their own, which may remove messages where ingest may not.
const Housekeeping = "housekeeping"

// DefaultCalm is Options.Calm's default: a desk that hears something every few seconds
// is never calm.
const DefaultCalm = 10 * time.Second

// Desk is a set of stages.
type Desk struct {
	o        Options
	topo     *bus.Topology
	metrics  *metrics
	content  *content
	stages   *stage.Metrics
	verdicts *verdicts
	ledger   *ledger.Metrics // of ingest's processes, as is lookout
	lookout  *lookout

	large       *budget
	connections *connections
	lease       atomic.Pointer[bus.Lease] // of dedupe, once it runs
	pool        *isolate.Pool             // nil: files are read in this process
	started     atomic.Int32
}

// New checks the options and returns a desk.
func New(o Options) (*Desk, error) {
	if o.Dial == nil {
		return nil, fmt.Errorf("set up desk: no way to connect given")
	}
	if len(o.Stages) == 0 {
		o.Stages = article.Stages()
	}
	for _, name := range o.Stages {
		if !slices.Contains(article.Stages(), name) && name != Housekeeping {
			return nil, fmt.Errorf("set up desk: there is no stage %q; the stages are %v", name, article.Stages())
		}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Registerer == nil {
		o.Registerer = prometheus.NewRegistry()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Version == "" {
		o.Version = "dev"
	}
	if o.HousekeepingInterval == 0 {
		o.HousekeepingInterval = time.Minute
	}
	if o.Calm == 0 {
		o.Calm = DefaultCalm
	}
	if o.SurveyInterval == 0 {
		o.SurveyInterval = 5 * time.Second
	}
	if err := CheckSources(o.Sources); err != nil {
		return nil, fmt.Errorf("set up desk: %w", err)
	}
	d := &Desk{
		o:           o,
		topo:        bus.NewTopology(o.Settings),
		metrics:     newMetrics(o.Registerer, o.Stages...),
		content:     newContent(o.Registerer, o.Stages, o.Sources, o.Now()),
		stages:      stage.NewMetrics(o.Registerer),
		large:       newBudget(),
		connections: newConnections(connectionNames(o)),
	}
	o.Registerer.MustRegister(d.connections)
	if o.keepsHouse() {
		d.ledger, d.lookout = ledger.NewMetrics(o.Registerer), newLookout(o, d.topo)
	}
	d.verdicts = newVerdicts(o.Registerer, d.metrics.index, d.Active)
	return d, nil
}

// keepsHouse reports whether the trimmer, the ledger and the lookout run in this desk.
func (o *Options) keepsHouse() bool {
	return slices.Contains(o.Stages, Housekeeping) || slices.Contains(o.Stages, article.StageIngest) && !o.NoHousekeeping
}

// Active reports whether this process's dedupe decides. Of several processes one does;
// the others stand by, with an index that is up to date, and take over.
func (d *Desk) Active() bool {
	if d.o.EveryoneDecides {
		return slices.Contains(d.o.Stages, article.StageDedupe)
	}
	lease := d.lease.Load()
	return lease != nil && lease.Held()
}

// Standing says in words what readiness does not: whether dedupe decides here or
// stands by. It is empty without dedupe.
func (d *Desk) Standing() string {
	switch {
	case !slices.Contains(d.o.Stages, article.StageDedupe):
		return ""
	case d.Active():
		return "dedupe: active"
	}
	return "dedupe: standby"
}

// Ready returns nil once every stage pulls, and what is missing before.
func (d *Desk) Ready() error {
	if n := int(d.started.Load()); n < len(d.o.Stages) {
		return fmt.Errorf("%d of %d stages have started", n, len(d.o.Stages))
	}
	return nil
}

// Run runs the stages until ctx is done or one of them cannot go on.
func (d *Desk) Run(ctx context.Context) error {
	err := d.run(ctx)
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil // told to stop while it was starting
	}
	return err
}

func (d *Desk) run(ctx context.Context) error {
	if d.o.Provision {
		if err := d.provision(ctx); err != nil {
			return err
		}
	}
	if d.o.Isolate && slices.Contains(d.o.Stages, article.StageIngest) {
		var err error
		if d.pool, err = isolate.New(isolate.Options{Name: isolated, Size: runtime.GOMAXPROCS(0)}); err != nil {
			return err
		}
		d.metrics.children.watch(d.pool)
		defer d.pool.Close()
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, name := range d.o.Stages {
		if name == Housekeeping {
			d.started.Add(1)
			continue
		}
		group.Go(func() error { return d.runStage(ctx, name) })
	}
	if d.o.keepsHouse() {
		group.Go(func() error { return d.keepHouse(ctx) })
		group.Go(func() error { return d.keepWatch(ctx) })
	}
	return group.Wait()
}

func (d *Desk) provision(ctx context.Context) error {
	nc, err := d.o.Dial("provision")
	if err != nil {
		return err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return fmt.Errorf("provision: %w", err)
	}
	_, err = bus.Patiently(ctx, nc, func(ctx context.Context) (any, error) { return nil, bus.Provision(ctx, js, d.topo) })
	return err
}

// post is what a stage's function has at hand.
type post struct {
	*courier
	d     *Desk
	nc    *nats.Conn
	js    jetstream.JetStream
	state *bus.State
	group *errgroup.Group // of what runs beside the function
	// gate and gateChanged are the stage's inputs', set by build where there is one.
	gate        func(context.Context) bool
	gateChanged <-chan struct{}
}

// row is a stage in the table.
type row struct {
	// outputs are the streams the stage writes to.
	outputs []stage.Output
	// concurrency by default; prefetch follows from it.
	concurrency int
	prefetch    int
	// timeout of the function; 0 is stage.Options' default.
	timeout time.Duration
	// build returns the function and, for a stage after dedupe, what passes a failed
	// article on without the stage's part.
	build func(ctx context.Context, p *post) (f stage.Func, fallback fallback, err error)
}

type fallback = func(ctx context.Context, in stage.In, f *stage.Failure) ([]stage.Out, error)

// table says what each stage is. Dedupe decides in one goroutine; its workers only
// sign articles and wait for their verdict, so it has many.
func table() map[string]row {
	cpus := runtime.GOMAXPROCS(0)
	return map[string]row{
		article.StageIngest: {
			outputs:     []stage.Output{{Stream: article.StreamIngested}},
			concurrency: cpus, prefetch: 64, timeout: ingestTimeout, build: buildIngest,
		},
		article.StageDedupe: {
			outputs:     []stage.Output{{Stream: article.StreamUnique}, {Stream: article.StreamDuplicate}},
			concurrency: 128, prefetch: 512, build: buildDedupe,
		},
		article.StageEntities: {
			outputs:     []stage.Output{{Stream: article.StreamTagged}},
			concurrency: cpus, prefetch: 256, build: buildEntities,
		},
		article.StageSummarize: {
			outputs:     []stage.Output{{Stream: article.StreamEnriched}},
			concurrency: cpus, prefetch: 256, build: buildSummarize,
		},
	}
}

// runStage runs one stage on a connection of its own.
func (d *Desk) runStage(ctx context.Context, name string) (err error) {
	nc, err := d.dial(name)
	if err != nil {
		return err
	}
	defer nc.Close()
	defer func() { err = bus.Explain(nc, err) }()
	js, err := jetstream.New(nc)
	if err != nil {
		return fmt.Errorf("stage %s: %w", name, err)
	}
	state, err := bus.OpenState(ctx, js)
	if err != nil {
		return fmt.Errorf("stage %s: %w", name, err)
	}
	blobs, err := bus.OpenBlobs(ctx, js)
	if err != nil {
		return fmt.Errorf("stage %s: %w", name, err)
	}
	r := table()[name]
	if d.o.Ordered {
		r.concurrency = 1
	}
	if d.o.Timeout != 0 {
		r.timeout = d.o.Timeout
	}
	// What runs beside the function must outlive it, so that work under way at the
	// end can finish: it ends when the stage has.
	beside, endBeside := context.WithCancel(context.WithoutCancel(ctx))
	defer endBeside()
	group, beside := errgroup.WithContext(beside)
	p := &post{courier: newCourier(name, blobs, d.o), d: d, nc: nc, js: js, state: state, group: group}
	f, fallback, err := r.build(beside, p)
	if err != nil {
		return fmt.Errorf("stage %s: %w", name, err)
	}
	f = d.large.bound(f)
	if d.o.Wrap != nil {
		f = d.o.Wrap(name, f)
	}
	var batch int
	if d.topo.Settings.Profile == bus.Durable {
		batch = bus.BatchSize
	}
	var inputs []stage.Input
	for _, c := range d.topo.Inputs(name) {
		in := stage.Input{Stream: c.Stream, Consumer: c.Name, Prefetch: max(r.prefetch, 2*r.concurrency), Gate: p.gate, GateChanged: p.gateChanged}
		if c.Lane == article.Backfill && d.o.Shadow == nil { // a shadow has no news to keep up with
			in.Prefetch, in.Admit = backfillPrefetch, newAdmission(js, d.topo, d.o.Calm).admit
		}
		inputs = append(inputs, in)
	}
	var (
		split   func(in stage.In, i, n int) nats.Header
		foreign func(subject string) bool
	)
	if name == article.StageIngest {
		split = p.partHeaders
		if d.o.Shadow == nil {
			foreign = isInbox
		}
	}
	giveWay := yields
	if d.o.Shadow != nil {
		giveWay = nil // each article has its turn
	}
	stageCtx, stop := context.WithCancel(ctx)
	defer stop()
	// A stage cannot work without what runs beside it.
	unhook := context.AfterFunc(beside, stop)
	defer unhook()
	err = stage.Run(stageCtx, nc, stage.Options{
		Name:     name,
		Inputs:   inputs,
		Outputs:  r.outputs,
		Func:     f,
		Fallback: fallback,
		Identify: p.identify,
		Yields:   giveWay,
		Part:     split,
		Foreign:  foreign,

		Concurrency:     r.concurrency,
		Timeout:         r.timeout,
		Attempts:        d.o.Attempts,
		Backoff:         d.o.Backoff,
		Grace:           d.o.Grace,
		DuplicateWindow: d.topo.Settings.DuplicateWindow,

		Publisher: bus.PublisherOptions{Batch: batch},
		State:     state,
		Blobs:     blobs,
		Tracer:    d.o.Tracer,
		Reasons:   reasonsOf(name),
		Buried:    d.buried,
		Metrics:   d.stages,
		Logger:    d.o.Logger,
		Started:   func() { d.started.Add(1) },
	})
	endBeside()
	if besideErr := group.Wait(); err == nil {
		err = besideErr
	}
	return err
}
