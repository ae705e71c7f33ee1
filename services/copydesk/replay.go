package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/natsembed"
	"github.com/copydesk/copydesk/pkg/replay"
	"github.com/copydesk/copydesk/pkg/run"
	"github.com/copydesk/copydesk/pkg/view"
)

// replayFlags are the flags of "copydesk replay".
type replayFlags struct {
	from, to  string
	out, keep string
	show      int
	json      bool
}

// replayCommand is "copydesk replay": what would today's desk make of the past?
func replayCommand() *cobra.Command {
	var (
		server connection
		flags  replayFlags
		o      replay.Options
	)
	cmd := &cobra.Command{
		Use:   "replay --from TIME",
		Short: "Work through past files again, and say what would come out otherwise",
		Long: `Work through the files of a stretch of time again, with the code, models, overrides and
learnt boilerplate of today, and say what would be published now that was not published
then: verdicts, entities, sentences of summaries, what was read from the files. So that
a new version, or an override, can be looked at before the desk goes on with it.

The desk is only read. The replay runs the whole pipeline on a NATS server of its own in
a folder that is removed afterwards; --keep leaves it, --out writes the records. Files
have the times and identities that they had, and articles are judged in the order in
which they were. Articles outside of the range are not judged again; what was said of
them stands, so a copy of an older article is one still.

Times are such as 2026-02-17T12:00:00Z, days such as 2026-02-17, which begin at midnight
here, or how long ago, such as 90m or 7d. The desk must keep the files: the inbox does so
for a week, unless it was told otherwise. --dedupe-window must be the desk's.

Differences are listed in the order in which the files came, 20 of them unless --show
says otherwise. What differs between any two runs is none: times and durations, versions
of code and models, revisions of overrides and boilerplate, names of blobs. With --json
one object is printed: {"report": sums, "changes": [every article that differs]}. That
there are differences is no failure: the exit code is 0.`,
		Example: `  copydesk replay --from 24h
  copydesk replay --from 2026-02-17 --to 2026-02-18 --source wire
  copydesk replay --from 7d --backfill --json | jq -r '.changes[] | select(.verdict) | .uri'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := flags.times(&o, time.Now()); err != nil {
				return run.Usage(err)
			}
			if flags.show < 0 || o.MaxBytes <= 0 {
				return run.Usage(errors.New("--show and --disk cannot be negative"))
			}
			// That the stages come and go is no news here, nor are the dead letters of then.
			if level := cmd.Flags().Lookup("log-level"); !level.Changed {
				level.Value.Set("error") //nolint:errcheck // any string will do
			}
			log, err := logger(cmd)
			if err != nil {
				return err
			}
			dir, done, err := flags.folder()
			if err != nil {
				return err
			}
			defer done()
			shadow, err := natsembed.Start(natsembed.Options{Dir: dir, Store: replay.StoreFor(o.MaxBytes), Logger: log})
			if err != nil {
				return err
			}
			defer shadow.Shutdown()
			o.Real, o.Shadow, o.Logger = server.dialer(log), shadow.Dial, log
			o.Isolate, o.Version = true, run.BuildInfo().Version
			return flags.replay(cmd, o)
		},
	}
	f := cmd.Flags()
	server.flags(f)
	f.StringVar(&flags.from, "from", "", "only files that came since this `time`")
	f.StringVar(&flags.to, "to", "", "only files that came before this `time` (default now)")
	f.StringVar(&o.Source, "source", "", "only files of this `sender`")
	f.BoolVar(&o.Backfill, "backfill", false, "files of the backfill inbox, too")
	f.DurationVar(&o.DedupeWindow, "dedupe-window", 0, "how long an article is remembered to find its copies (default 72h)")
	f.Uint64Var(&o.Snapshot, "boilerplate", 0, "clean by this `snapshot` of the learnt boilerplate, the number before the dash in cleaning.rules_rev; 0 is the newest")
	f.Int64Var(&o.MaxBytes, "disk", replay.DefaultMaxBytes, "the most that the replay may take on the disk, in `bytes`")
	f.StringVar(&flags.out, "out", "", "write what became of each article to this `file`, one JSON object a line")
	f.StringVar(&flags.keep, "keep", "", "keep the replay's streams in this `folder`, which must be empty or not there")
	f.IntVar(&flags.show, "show", 20, "how `many` differences to list")
	f.BoolVar(&flags.json, "json", false, "print one JSON object with all differences")
	for _, name := range []string{"from", "to", "source", "backfill", "disk", "out", "keep", "show"} {
		rename(f, name, "replay-"+name)
	}
	if err := cmd.MarkFlagRequired("from"); err != nil {
		panic(err) // no such flag: a mistake in the code
	}
	return cmd
}

// times reads the range.
func (r *replayFlags) times(o *replay.Options, now time.Time) (err error) {
	if o.From, err = parseWhen("from", r.from, now); err != nil {
		return err
	}
	if o.To, err = parseWhen("to", r.to, now); err != nil {
		return err
	}
	if o.To.IsZero() {
		o.To = now
	}
	if !o.From.Before(o.To) {
		return fmt.Errorf("--from %s is not before --to %s", o.From.Format(time.RFC3339), o.To.Format(time.RFC3339))
	}
	return nil
}

// parseWhen is parseAgo for a range, which may have days.
func parseWhen(flag, s string, now time.Time) (time.Time, error) {
	if t, err := time.ParseInLocation(time.DateOnly, s, now.Location()); err == nil {
		return t, nil
	}
	t, err := parseAgo(flag, s, now)
	if err != nil {
		return t, fmt.Errorf("%w, or a day such as 2026-02-17", err)
	}
	return t, nil
}

// folder returns where the replay's streams are, and what removes them.
func (r *replayFlags) folder() (dir string, done func(), err error) {
	if r.keep == "" {
		if dir, err = os.MkdirTemp("", "copydesk-replay-"); err != nil {
			return "", nil, fmt.Errorf("replay: %w", err)
		}
		return dir, func() { _ = os.RemoveAll(dir) }, nil // a temporary folder
	}
	if found, err := os.ReadDir(r.keep); err == nil && len(found) > 0 {
		return "", nil, run.Usage(fmt.Errorf("--keep %s: the folder is not empty", r.keep))
	}
	return r.keep, func() {}, nil
}

// replay runs one and prints what it finds.
func (r *replayFlags) replay(cmd *cobra.Command, o replay.Options) (err error) {
	found, err := newFindings(r.show)
	if err != nil {
		return err
	}
	defer found.close()
	o.Change = found.add
	if r.out != "" {
		records, done, err := recordFile(r.out)
		if err != nil {
			return err
		}
		o.Record = records
		defer func() { err = errors.Join(err, done()) }()
	}
	bar := &stepBar{err: cmd.ErrOrStderr()}
	if isTerminal(cmd.ErrOrStderr()) {
		o.Progress = bar.progress
	}
	report, err := replay.Run(cmd.Context(), o)
	bar.finish()
	if err != nil {
		return explainReplay(err)
	}
	if r.json {
		return found.printJSON(view.JSONWriter(cmd.OutOrStdout()), report)
	}
	return found.print(cmd.OutOrStdout(), report)
}

// explainReplay says what to do about a replay that cannot be.
func explainReplay(err error) error {
	var empty *replay.EmptyError
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, jetstream.ErrStreamNotFound), errors.Is(err, jetstream.ErrBucketNotFound):
		return noDesk(err)
	case errors.As(err, &empty) && !empty.First.IsZero():
		return fmt.Errorf("replay: %w; it keeps files for a week unless --keep-inbox says otherwise", err)
	case errors.Is(err, replay.ErrStore):
		return fmt.Errorf("replay: %w; choose a shorter range, or more with --disk", err)
	}
	return fmt.Errorf("replay: %w", err)
}

// recordFile writes what became of articles to a file.
func recordFile(name string) (write func(string, nats.Header, []byte) error, done func() error, err error) {
	f, err := os.Create(filepath.Clean(name))
	if err != nil {
		return nil, nil, fmt.Errorf("write records: %w", err)
	}
	w := bufio.NewWriter(f)
	return func(subject string, h nats.Header, data []byte) error {
			if bus.StreamOf(subject) == article.StreamDead {
				line, err := deadOf(subject, h, data).Encode()
				if err != nil {
					return err
				}
				data = line
			}
			_, err := w.Write(append(data, '\n'))
			return err
		}, func() error {
			if err := errors.Join(w.Flush(), f.Close()); err != nil {
				return fmt.Errorf("write records: %w", err)
			}
			return nil
		}, nil
}

// stepBar shows how far each step is.
type stepBar struct {
	err  io.Writer
	step replay.Step
	bar  *progressbar.ProgressBar
}

func (b *stepBar) progress(step replay.Step, done, total int) {
	if step != b.step {
		b.finish()
		b.step = step
		if total == 0 {
			total = -1 // a spinner
		}
		b.bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(b.err), progressbar.OptionSetDescription(string(step)),
			progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(true))
	}
	_ = b.bar.Set(done) // cosmetic
}

func (b *stepBar) finish() {
	if b.bar != nil {
		_ = b.bar.Clear() // cosmetic
	}
}

// findings are the differences: the first ones in memory, all of them in a file.
type findings struct {
	show  int
	first []*replay.Change
	file  *os.File
	w     *bufio.Writer
	n     int
}

func newFindings(show int) (*findings, error) {
	f, err := os.CreateTemp("", "copydesk-replay-*.json")
	if err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	return &findings{show: show, file: f, w: bufio.NewWriter(f)}, nil
}

func (f *findings) close() {
	_ = f.file.Close()
	_ = os.Remove(f.file.Name()) // a temporary file
}

func (f *findings) add(c *replay.Change) error {
	if len(f.first) < f.show {
		f.first = append(f.first, c)
	}
	line, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("keep difference of %s: %w", c.Item, err)
	}
	if f.n++; f.n > 1 {
		line = append([]byte{',', '\n'}, line...)
	}
	_, err = f.w.Write(line)
	return err
}

// printJSON prints everything as one object.
func (f *findings) printJSON(out io.Writer, report *replay.Report) error {
	sums, err := json.Marshal(report)
	if err != nil {
		return err
	}
	if err := f.w.Flush(); err != nil {
		return err
	}
	if _, err := f.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(out, "{\"report\":%s,\n\"changes\":[", sums); err != nil {
		return err
	}
	if _, err := io.Copy(out, f.file); err != nil {
		return err
	}
	_, err = io.WriteString(out, "]}\n")
	return err
}
