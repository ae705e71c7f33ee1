package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desk"
	"github.com/copydesk/copydesk/pkg/door"
	"github.com/copydesk/copydesk/pkg/natsembed"
	"github.com/copydesk/copydesk/pkg/run"
	"github.com/copydesk/copydesk/pkg/stage"
	"github.com/copydesk/copydesk/pkg/view"
)

// upOptions are the flags of up.
type upOptions struct {
	nats       connection
	process    run.Options
	settings   bus.Settings
	learning   desk.Learning
	Sources    []string
	Data       string
	Token      string
	TokenFile  string
	NATSListen string
	Drop       []string
}

// upCommand is "copydesk up": everything in one process.
func upCommand() *cobra.Command {
	var o upOptions
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Run everything: NATS, every worker, the HTTP door",
		Long: `Run everything in this process: a NATS server whose streams are in --data, every
worker, and an HTTP server with metrics, probes and the door POST /inbox/<source>.

With --nats the streams are on that server or cluster instead.

With --drop the files are put into the inbox at the start, and a line is printed for
each article that comes to an end from then on. copydesk goes on until it is stopped.`,
		Example: `  copydesk up --drop deploy/samples
  copydesk up --data /var/lib/copydesk --nats-listen 127.0.0.1:4222
  copydesk up --nats nats://nats-1:4222,nats://nats-2:4222 --replicas 3`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	f := cmd.Flags()
	o.nats.flags(f)
	f.Lookup("nats").DefValue, o.nats.URL = "", ""
	roadFlags(f, &o.settings)
	learningFlags(f, &o.learning)
	sourceFlags(f, &o.Sources)
	processFlags(f, &o.process, defaultListen)
	f.StringVar(&o.Data, "data", "copydesk-data", "`folder` of the embedded server's streams")
	f.StringVar(&o.Token, "door-token", "", "`token` for the door, needed on an address other than loopback; not as an argument, which everybody on the machine can read: in the environment or a file")
	f.StringVar(&o.TokenFile, "door-token-file", "", "`file` that holds the token for the door")
	f.StringVar(&o.NATSListen, "nats-listen", "", "open a port for other NATS clients at this `address`, such as 127.0.0.1:4222")
	f.StringSliceVar(&o.Drop, "drop", nil, "put these `files` or folders into the inbox")
	return cmd
}

func (o *upOptions) run(cmd *cobra.Command) error {
	if o.nats.URL != "" && o.NATSListen != "" {
		return run.Usage(errors.New("up: --nats-listen is the embedded server's, which --nats does without"))
	}
	if err := desk.CheckSources(o.Sources); err != nil {
		return run.Usage(fmt.Errorf("up: --source-labels: %w", err))
	}
	if o.TokenFile != "" {
		b, err := os.ReadFile(o.TokenFile)
		if err != nil {
			return fmt.Errorf("read the token for the door: %w", err)
		}
		if o.Token = strings.TrimSpace(string(b)); o.Token == "" {
			return fmt.Errorf("read the token for the door: %s is empty", o.TokenFile)
		}
	}
	ro, err := processOptions(cmd, o.process)
	if err != nil {
		return err
	}
	return run.Run(cmd.Context(), "copydesk", ro, func(ctx context.Context, p *run.Process) error {
		r, err := o.open(ctx, p)
		if err != nil {
			return err
		}
		defer r.Close()
		r.inbox.Trace(p.Tracer)
		d, err := desk.New(desk.Options{
			Dial: r.dial, Settings: o.settings, Learning: o.learning, StateDir: o.stateDir(),
			Sources: o.Sources, Survey: r.survey(), Grace: stageGrace(o.process.Grace), Version: run.BuildInfo().Version, Logger: p.Log, Registerer: p.Registry, Tracer: p.Tracer, Isolate: true, Wrap: wrapStages,
		})
		if err != nil {
			return err
		}
		if o.process.Listen != "" {
			h, err := door.New(r.inbox, door.Options{Token: o.Token, Listen: o.process.Listen, Registerer: p.Registry})
			if err != nil {
				return err
			}
			p.HTTP.Handle(door.Pattern, h)
		}
		p.HTTP.SetReady(func() error { return errors.Join(r.trouble(), d.Ready()) })
		p.HTTP.SetDetail(d.Standing)
		o.greet(cmd.ErrOrStderr(), p, r)
		group, ctx := errgroup.WithContext(ctx)
		group.Go(func() error { return d.Run(ctx) })
		if len(o.Drop) > 0 {
			show := &lines{w: cmd.OutOrStdout()}
			watcher, err := r.dial(desk.RoleOperator)
			if err != nil {
				return err
			}
			defer watcher.Close()
			js, err := jetstream.New(watcher)
			if err != nil {
				return fmt.Errorf("use JetStream: %w", err)
			}
			show.follow(ctx, group, js)
			group.Go(func() error { return o.drop(ctx, r, cmd.ErrOrStderr()) })
		}
		return group.Wait()
	})
}

// open brings up the embedded road, or the one elsewhere.
func (o *upOptions) open(ctx context.Context, p *run.Process) (*road, error) {
	if o.nats.URL != "" {
		return openRoad(ctx, o.nats.dialer(p.Log), o.settings)
	}
	server := natsembed.Options{
		Dir: o.Data, Profile: o.settings.Profile, Store: o.settings.Store, Listen: o.NATSListen, Token: o.nats.Token, Logger: p.Log,
	}
	if err := afterRestart(ctx, server, o.settings, p.Log); err != nil {
		return nil, err
	}
	r, err := embedRoad(ctx, server, o.settings)
	if err != nil {
		return nil, err
	}
	if err := r.server.SyncDeclared(); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// stateDir is beside the embedded server's streams. With the streams elsewhere there is
// no folder that is surely this process's own.
func (o *upOptions) stateDir() string {
	if o.nats.URL != "" {
		return ""
	}
	return o.Data
}

// greet says where things are.
func (o *upOptions) greet(w io.Writer, p *run.Process, r *road) {
	if r.server != nil {
		dir, err := filepath.Abs(o.Data)
		if err != nil {
			dir = o.Data
		}
		fmt.Fprintf(w, "copydesk: streams in %s\n", view.OneLine(dir))
		if url := r.server.URL(); url != "" {
			fmt.Fprintf(w, "copydesk: NATS clients at %s\n", url)
		}
	}
	if addr := p.HTTP.Addr(); addr != nil {
		fmt.Fprintf(w, "copydesk: metrics, probes and POST /inbox/<source> at http://%s\n", addr)
	}
}

func (o *upOptions) drop(ctx context.Context, r *road, stderr io.Writer) error {
	files, err := list(o.Drop)
	if err != nil {
		return fmt.Errorf("drop: %w", err)
	}
	d := &dropper{put: r.inbox.Put, source: "cli", lane: article.Live, done: func(receipt door.Receipt, err error) {
		if err != nil {
			fmt.Fprintf(stderr, "copydesk: %s: %s\n", view.OneLine(name(receipt)), view.OneLine(err.Error()))
		}
	}}
	d.waits = func(why error) {
		fmt.Fprintf(stderr, "copydesk: %s: the files to drop wait for room\n", noRoomWord(why))
	}
	for _, path := range files {
		_ = d.file(ctx, path) // done has reported it
	}
	return nil
}

// wrapStages is put around every stage's function. Crash tests set it, in processes
// of their own.
var wrapStages func(name string, f stage.Func) stage.Func

// ends are the streams an item can end on.
var ends = []string{article.StreamEnriched, article.StreamDuplicate, article.StreamDead}

// lines prints a line for each item that ends.
type lines struct {
	mu sync.Mutex
	w  io.Writer
}

// follow shows what is published from now on, until ctx is done.
func (l *lines) follow(ctx context.Context, group *errgroup.Group, js jetstream.JetStream) {
	opts := &tapOptions{Format: "line"}
	out := printer{w: l, line: true, options: view.LineOptions{Zone: time.Local}}
	now := time.Now()
	begin := jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverByStartTimePolicy, OptStartTime: &now}
	for _, stream := range ends {
		group.Go(func() error {
			return follow(ctx, js, stream, ">", begin, false, func(m jetstream.Msg) (bool, error) {
				_, err := opts.show(out, m)
				return false, err
			})
		})
	}
}

// Write writes whole lines, one goroutine at a time.
func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}
