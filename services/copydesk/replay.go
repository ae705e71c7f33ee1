package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desk"
	"github.com/copydesk/copydesk/pkg/natsembed"
	"github.com/copydesk/copydesk/pkg/replay"
	"github.com/copydesk/copydesk/pkg/run"
	"github.com/copydesk/copydesk/pkg/stage"
	"github.com/copydesk/copydesk/pkg/view"
)

// replayOptions are the flags of replay.
type replayOptions struct {
	nats     connection
	settings bus.Settings
	From, To string
	Source   string
	Lead     time.Duration
	Show     int
	JSON     bool
	Dir      string
}

// replayCommand is "copydesk replay".
func replayCommand() *cobra.Command {
	var o replayOptions
	cmd := &cobra.Command{
		Use:   "replay --from TIME [--to TIME] [--source S]",
		Short: "Tell what today's pipeline would make of files that came in before",
		Long: `Take files that came in between two times through the pipeline once more, as it is in
this binary and under the overrides and learnt boilerplate of now, and tell what would
come out differently: verdicts, entities gained and lost, summaries, and other fields.
To be asked before an override or a new version is let loose on the past.

The pipeline runs on a NATS server of its own in a folder that is removed afterwards,
with shadow streams and a shadow decision log. Of the desk everything is only read.

A verdict depends on what came before: the files of --lead before the range, by default
of the dedupe window, go first, as far as the inbox still has them. With --source only
that source's articles are compared, and those of the others go through all the same.

Times of processing, versions, revisions, scores and offsets are not compared. The exit
code is 0 whether or not something differs. --json prints {"article":…} for each article
that differs and {"sum":…} at the end, a line each.`,
		Example: `  copydesk override set entity deny "Region Council"
  copydesk replay --from 24h
  copydesk replay --from 2026-11-01T00:00:00Z --to 2026-11-02T00:00:00Z --source ap --json`,
		Args: cobra.NoArgs,
		RunE: o.run,
	}
	f := cmd.Flags()
	o.nats.flags(f)
	roadFlags(f, &o.settings)
	f.StringVar(&o.From, "from", "", "files that came in since this `time`, or not longer ago than 2h or 7d")
	f.StringVar(&o.To, "to", "0s", "files that came in before this `time`, or longer ago than 2h or 7d")
	f.StringVar(&o.Source, "source", "", "only articles of this `sender`")
	f.DurationVar(&o.Lead, "lead", 0, "how long before --from files count as what came before (default the dedupe window)")
	f.IntVar(&o.Show, "show", 20, "show at most this many `articles` that differ; -1 for all")
	f.BoolVar(&o.JSON, "json", false, "print JSON objects, all articles that differ and the sum")
	f.StringVar(&o.Dir, "keep", "", "keep the shadow's streams in this `folder`, which must be empty")
	return cmd
}

func (o *replayOptions) run(cmd *cobra.Command, _ []string) error {
	now := time.Now()
	if o.From == "" {
		return run.Usage(errors.New("replay: since when? --from 24h, or a time"))
	}
	from, err := parseAgo("--from", o.From, now)
	if err != nil {
		return run.Usage(fmt.Errorf("replay: %w", err))
	}
	to, err := parseAgo("--to", o.To, now)
	if err != nil {
		return run.Usage(fmt.Errorf("replay: %w", err))
	}
	if !from.Before(to) {
		return run.Usage(errors.New("replay: --from is not before --to"))
	}
	// What the shadow's stages bury is told below.
	if level := cmd.Flags().Lookup("log-level"); !level.Changed {
		level.Value.Set("error") //nolint:errcheck // any string will do
	}
	dir, remove, err := o.folder()
	if err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	defer remove()
	return o.nats.withClient(cmd, func(ctx context.Context, c *client) error {
		sum, err := o.replay(ctx, cmd, c, dir, from, to)
		if errors.Is(err, replay.ErrNothing) {
			return fmt.Errorf("replay: between %s and %s %w%s", from.UTC().Format(time.RFC3339), to.UTC().Format(time.RFC3339), err, oldest(ctx, c.js))
		}
		if err != nil {
			return noDesk(err)
		}
		if o.JSON {
			return encodeLine(cmd.OutOrStdout(), map[string]any{"sum": sum})
		}
		return printSum(cmd.OutOrStdout(), sum)
	})
}

// folder returns where the shadow lives.
func (o *replayOptions) folder() (dir string, remove func(), err error) {
	if o.Dir == "" {
		dir, err = os.MkdirTemp("", "copydesk-replay-")
		return dir, func() { os.RemoveAll(dir) }, err
	}
	if list, err := os.ReadDir(o.Dir); err == nil && len(list) > 0 {
		return "", nil, fmt.Errorf("%s is not empty", o.Dir)
	}
	return o.Dir, func() {}, nil
}

func (o *replayOptions) replay(ctx context.Context, cmd *cobra.Command, c *client, dir string, from, to time.Time) (*replay.Sum, error) {
	log, err := logger(cmd)
	if err != nil {
		return nil, err
	}
	blobs, err := bus.OpenBlobs(ctx, c.js)
	if err != nil {
		return nil, err
	}
	settings := o.settings
	settings.Replicas, settings.Profile, settings.Sources = 1, bus.Fast, nil
	shadow, err := embedRoad(ctx, natsembed.Options{Dir: dir, Store: settings.Store, Logger: log}, settings)
	if err != nil {
		return nil, err
	}
	defer shadow.Close()
	lead := o.Lead
	if lead == 0 {
		lead = bus.NewTopology(settings).Settings.DedupeWindow
	}
	shown := 0
	ro := replay.Options{
		Desk: replay.Road{Conn: c.nc, JS: c.js, Blobs: blobs}, Shadow: replay.Road{Conn: shadow.nc, JS: shadow.js, Blobs: shadow.blobs},
		From: from, To: to, Source: o.Source, Lead: lead,
		Run: func(ctx context.Context, arrival func(stage.In) stage.In) error {
			d, err := desk.New(desk.Options{
				Dial: shadow.dial, Settings: settings, Ordered: true, NoHousekeeping: true, Isolate: true, Arrival: arrival,
				Learning: desk.Learning{Interval: -1}, Version: run.BuildInfo().Version, Logger: log,
			})
			if err != nil {
				return err
			}
			return d.Run(ctx)
		},
		Changed: func(a replay.Article) error {
			if o.JSON {
				return encodeLine(cmd.OutOrStdout(), map[string]any{"article": a})
			}
			if shown++; o.Show >= 0 && shown > o.Show {
				return nil
			}
			return printChanged(cmd.OutOrStdout(), a)
		},
	}
	if err := cmd.ErrOrStderr(); isTerminal(err) {
		var bar *progressbar.ProgressBar
		ro.Progress = func(ended, all int) {
			if bar == nil {
				bar = progressbar.NewOptions(all, progressbar.OptionSetWriter(err), progressbar.OptionSetDescription("replaying"),
					progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(true))
			}
			_ = bar.Set(ended) // cosmetic
		}
	}
	return replay.Do(ctx, ro)
}

// oldest says since when the inbox has files.
func oldest(ctx context.Context, js jetstream.JetStream) string {
	s, err := js.Stream(ctx, "ARTICLES_INBOX")
	if err != nil || s.CachedInfo().State.Msgs == 0 {
		return "; the inbox is empty"
	}
	return "; the inbox has files since " + s.CachedInfo().State.FirstTime.UTC().Format(time.RFC3339)
}

func encodeLine(w io.Writer, v any) error {
	enc := json.NewEncoder(view.JSONWriter(w))
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// shownValue bounds what is shown of a field.
const shownValue = 100

func printChanged(w io.Writer, a replay.Article) error {
	var b strings.Builder
	title := "(no headline)"
	if a.Headline != nil {
		title = *a.Headline
	}
	fmt.Fprintf(&b, "%s  %s  %s\n", a.Item, view.OneLine(a.Source), short(title))
	for _, f := range a.Fields {
		fmt.Fprintf(&b, "  %s: %s -> %s\n", f.Name, short(f.Was), short(f.Now))
	}
	for _, e := range a.EntitiesLost {
		fmt.Fprintf(&b, "  - %s  %s\n", short(e.ID), short(e.Name))
	}
	for _, e := range a.EntitiesGained {
		fmt.Fprintf(&b, "  + %s  %s\n", short(e.ID), short(e.Name))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// short is a value in one line that a terminal cannot act on.
func short(s string) string {
	if s == "" {
		return "-"
	}
	if r := []rune(s); len(r) > shownValue {
		s = string(r[:shownValue]) + "…"
	}
	return view.OneLine(s)
}

func printSum(w io.Writer, s *replay.Sum) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(name string, n int, more string) { fmt.Fprintf(t, "%s\t%d\t%s\n", name, n, more) }
	lead := fmt.Sprintf("after %d that came before", s.LeadFiles)
	if s.LeadFrom != nil {
		lead += ", since " + s.LeadFrom.Format(time.RFC3339)
	}
	row("files", s.Files, lead)
	row("articles", s.Articles, fmt.Sprintf("under overrides %d, boilerplate %d", s.OverridesRev, s.BoilerplateRev))
	row("the same", s.Same, "")
	row("another verdict", s.Verdicts, "")
	row("other entities", s.Entities, fmt.Sprintf("%d gained, %d lost", s.EntitiesGained, s.EntitiesLost))
	row("another summary", s.Summaries, "")
	row("another field", s.Others, "")
	row("newly dead", s.NewlyDead, "")
	row("no longer dead", s.NoLongerDead, "")
	row("not comparable", s.NotComparable, "")
	return t.Flush()
}
