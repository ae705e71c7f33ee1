// Package replay works through a stretch of a desk's inbox once more, with the code, the
// models, the overrides and the learnt boilerplate of today, and tells what would be
// published now from what was published then.
//
// The replay is a desk of its own, a shadow, on a server of its own: the desk it is about
// is only read. The shadow runs the same table of stages, and its articles have the
// identities and the times that they had:
//
//   - Files keep the sequence and the time under which the inbox stored them, so items
//     keep their names, windows their edges, and relative dates their days.
//   - Articles are judged in the order in which the decision log says they were, and
//     between them come the decisions, as they were taken, on articles that are not
//     replayed: older ones, those of other sources, old material. So a copy finds its
//     original wherever that is.
//   - Overrides and learnt boilerplate are copied once, at the beginning.
//
// A replay of a desk on which nothing has changed finds nothing, and two replays of the
// same stretch find the same.
//
// Some 300 bytes of memory are needed for each article; records are compared one by one.
package replay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desk"
	"github.com/copydesk/copydesk/pkg/stage"
)

// Options say what to replay. Real, Shadow and From are required.
type Options struct {
	// Real opens connections to the desk that the replay is about. It is only read.
	Real bus.Dialer
	// Shadow opens connections to the server the replay runs on. It must be empty and
	// nobody else's.
	Shadow bus.Dialer
	// From and To bound when the inbox stored the files: From, and before To. Default of To:
	// no bound.
	From, To time.Time
	// Source restricts the files to those of one sender. Default: all.
	Source string
	// Backfill also takes the files of the backfill inbox.
	Backfill bool
	// Snapshot is the learnt boilerplate to clean by, 0 for the newest.
	Snapshot uint64
	// DedupeWindow is the desk's. Default: bus.Settings'.
	DedupeWindow time.Duration
	// MaxBytes is the most that the shadow may take on its disk. Default 10 GiB. Its
	// server must have room for StoreFor(MaxBytes).
	MaxBytes int64
	// Isolate is desk.Options'.
	Isolate bool
	// Version is written into the trace of each record.
	Version string
	Logger  *slog.Logger // default: discarded

	// Progress, if set, is told how far a step is; total is 0 where it is not known.
	Progress func(step Step, done, total int)
	// Change, if set, is called for each article that comes out otherwise, in the order in
	// which the files came.
	Change func(*Change) error
	// Record, if set, is called with what the shadow made of each article, in the same
	// order.
	Record func(subject string, h nats.Header, data []byte) error
}

// Step is a part of a replay.
type Step string

// The steps, in their order.
const (
	Copying   Step = "copying"   // files into the shadow's inbox
	Reading   Step = "reading"   // files into articles
	Judging   Step = "judging"   // and tagging, and summing up
	Comparing Step = "comparing" // with what was published
)

// DefaultMaxBytes is the default of Options.MaxBytes.
const DefaultMaxBytes = 10 << 30

// shareFactor keeps the streams' shares of the store from filling before MaxBytes is
// reached: the smallest of those that a replay fills, of the dead letters, is a
// twenty-fifth.
const shareFactor = 25

// StoreFor is the Store that the shadow's server must be started with: of the desk's
// streams, and of the one more.
func StoreFor(maxBytes int64) int64 { return maxBytes * (shareFactor + 1) }

// ErrStore means that the replay needs more room than it may have.
var ErrStore = errors.New("the replay needs more room on the disk than it may take")

// replay is one at work.
type replay struct {
	o      Options
	id     string
	report *Report

	real, shadow     *nats.Conn
	realJS, shadowJS jetstream.JetStream
	realBlobs, blobs *bus.Blobs
	pub              *bus.Publisher
	created          map[string]time.Time // inbox streams
	files            map[file]int64       // when they came, in Unix nanoseconds
	items            map[string]*item
}

// Run replays and returns the sums of what it found.
func Run(ctx context.Context, o Options) (*Report, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	if o.Progress == nil {
		o.Progress = func(Step, int, int) {}
	}
	r := &replay{
		o: o, id: "replay." + o.From.UTC().Format("20060102T150405"), report: newReport(&o),
		created: map[string]time.Time{}, files: map[file]int64{}, items: map[string]*item{},
	}
	defer r.close()
	if err := r.open(ctx); err != nil {
		return nil, err
	}
	if err := r.work(ctx); err != nil {
		return nil, err
	}
	if err := r.compare(ctx); err != nil {
		return nil, err
	}
	return r.report, nil
}

// stream of articles between ingest and dedupe, where they wait until their turn is known.
const (
	streamRead  = "REPLAY_READ"
	subjectRead = "replay.read"
)

// open connects to both sides, and gives the shadow its streams and the state of the desk.
func (r *replay) open(ctx context.Context) (err error) {
	if r.real, err = r.o.Real("replay"); err != nil {
		return err
	}
	if r.realJS, err = jetstream.New(r.real); err != nil {
		return fmt.Errorf("use JetStream: %w", err)
	}
	if r.realBlobs, err = bus.OpenBlobs(ctx, r.realJS); err != nil {
		return err
	}
	if r.shadow, err = r.o.Shadow("replay"); err != nil {
		return err
	}
	if r.shadowJS, err = jetstream.New(r.shadow); err != nil {
		return fmt.Errorf("use JetStream: %w", err)
	}
	if err := bus.Provision(ctx, r.shadowJS, bus.NewTopology(r.settings())); err != nil {
		return err
	}
	_, err = r.shadowJS.CreateStream(ctx, jetstream.StreamConfig{
		Name: streamRead, Subjects: []string{subjectRead}, MaxBytes: r.o.MaxBytes, Discard: jetstream.DiscardNew, AllowDirect: true,
	})
	if err != nil {
		return fmt.Errorf("declare stream %s: %w", streamRead, err)
	}
	if r.blobs, err = bus.OpenBlobs(ctx, r.shadowJS); err != nil {
		return err
	}
	if r.pub, err = bus.NewPublisher(r.shadow, bus.PublisherOptions{}); err != nil {
		return err
	}
	if r.report.State.Overrides, err = r.copyOverrides(ctx); err != nil {
		return err
	}
	name, err := desk.CopyLearnt(ctx, r.real, r.shadow, r.o.Snapshot)
	if name != "" {
		r.report.State.Boilerplate = &name
	}
	return err
}

// patience is how long a stage of the shadow may give no sign of life. Nobody could take
// over its work, and what is delivered again is out of its turn.
const patience = 10 * time.Minute

func (r *replay) settings() bus.Settings {
	return bus.Settings{Store: r.o.MaxBytes * shareFactor, DedupeWindow: r.o.DedupeWindow, AckWait: patience}
}

func (r *replay) close() {
	if r.pub != nil {
		r.pub.Close()
	}
	for _, nc := range []*nats.Conn{r.real, r.shadow} {
		if nc != nil {
			nc.Close()
		}
	}
}

// work has the shadow do what the desk did.
func (r *replay) work(ctx context.Context) error {
	if err := r.copyFiles(ctx); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	group, ctx := errgroup.WithContext(ctx)
	turns := &turns{}
	for _, stages := range [][]string{
		{article.StageIngest, article.StageEntities, article.StageSummarize},
		{article.StageDedupe}, // one article at a time, in the order it is given them
	} {
		d, err := desk.New(desk.Options{
			Dial: r.o.Shadow, Settings: r.settings(), Stages: stages, Ordered: stages[0] == article.StageDedupe,
			NoHousekeeping: true, Isolate: r.o.Isolate, Learning: desk.Learning{Interval: -1},
			Version: r.o.Version, Logger: r.o.Logger, Shadow: &desk.Shadow{Created: r.created, Past: r.o.Real},
			Wrap: func(name string, f stage.Func) stage.Func {
				switch name {
				case article.StageIngest:
					return setAside(f)
				case article.StageDedupe:
					return turns.watch(f)
				}
				return f
			},
		})
		if err != nil {
			return err
		}
		group.Go(func() error { return d.Run(ctx) })
	}
	group.Go(func() error {
		defer stop()
		if err := r.finish(ctx, Reading, len(r.files), article.StageIngest); err != nil {
			return err
		}
		if err := r.gather(ctx); err != nil {
			return err
		}
		if err := r.findEndings(ctx, r.realJS, r.o.From, func(it *item) *ending { return &it.then }); err != nil {
			return err
		}
		if err := r.judge(ctx); err != nil {
			return err
		}
		if err := r.finish(ctx, Judging, len(r.items), article.StageDedupe, article.StageEntities, article.StageSummarize); err != nil {
			return err
		}
		return turns.err()
	})
	return group.Wait()
}

// setAside has what ingest made of a file wait for its turn.
func setAside(f stage.Func) stage.Func {
	return func(ctx context.Context, in stage.In) ([]stage.Out, error) {
		outs, err := f(ctx, in)
		for i := range outs {
			if outs[i].Reject == nil {
				outs[i].Subject = subjectRead
			}
		}
		return outs, err
	}
}
