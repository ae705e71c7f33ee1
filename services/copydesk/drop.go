package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/nats-io/nats.go"
	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/door"
	"github.com/copydesk/copydesk/pkg/run"
	"github.com/copydesk/copydesk/pkg/view"
)

// dropOptions are the flags of drop.
type dropOptions struct {
	nats     connection
	Source   string
	Backfill bool
	Watch    bool
	JSON     bool
	NoWait   bool
	StartAt  string

	ContentType, Language, Published, URL, Ref string
}

// dropCommand is "copydesk drop": files into the inbox.
func dropCommand() *cobra.Command {
	var o dropOptions
	cmd := &cobra.Command{
		Use:   "drop PATH… | -",
		Short: "Put files, directories or standard input into the inbox",
		Long: `Put files into the inbox: each PATH is a file, or a directory with files below it;
- is standard input. Hidden and unfinished files (.name, name~, .tmp, .part) of a
directory are left out. The limit is 32 MiB a file.

Each file is stored when its line appears on stdout: the item's identity and the
file, or with --json a receipt. The same file dropped twice is two items, and dedupe
says so.

While the inbox or the server's disk is full, drop says so and waits; nothing of the
file that waits is stored. With --no-wait it stops there instead, with exit code 3, and
names the first file that is not stored: the same command with --start-at and that name
drops the rest, and nothing twice.

With --watch, copydesk goes on and drops what is created or changed below the
directories, once it has been left alone for half a second.`,
		Example: `  copydesk drop deploy/samples
  copydesk drop --source ap --watch /var/spool/ap
  curl -s https://news.example/story.html | copydesk drop --url https://news.example/story.html -`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, args) },
	}
	f := cmd.Flags()
	o.nats.flags(f)
	f.StringVar(&o.Source, "source", "cli", "`name` of the sender: letters, digits, - and _")
	f.BoolVar(&o.Backfill, "backfill", false, "old material: it never delays live news")
	f.BoolVar(&o.Watch, "watch", false, "go on and drop what appears in the directories")
	f.BoolVar(&o.JSON, "json", false, "print a receipt in JSON for each file")
	f.BoolVar(&o.NoWait, "no-wait", false, "stop at a full inbox instead of waiting for room")
	f.StringVar(&o.StartAt, "start-at", "", "leave out the files before this `file`, in the order they are dropped")
	f.StringVar(&o.ContentType, "content-type", "", "media `type` of the files, if their bytes do not tell")
	f.StringVar(&o.Language, "language", "", "BCP 47 `tag` of the files, if known")
	f.StringVar(&o.Published, "published", "", "`time` of publication for files that do not say, RFC 3339")
	f.StringVar(&o.URL, "url", "", "`address` the file was published at; never fetched")
	f.StringVar(&o.Ref, "ref", "", "your own `reference`, echoed as input.ref")
	return cmd
}

func (o *dropOptions) run(cmd *cobra.Command, paths []string) error {
	stdin := slices.Contains(paths, "-")
	switch {
	case stdin && len(paths) > 1:
		return run.Usage(errors.New("drop: - is standard input and goes alone"))
	case stdin && o.Watch:
		return run.Usage(errors.New("drop: standard input cannot be watched"))
	case o.StartAt != "" && (stdin || o.Watch):
		return run.Usage(errors.New("drop: --start-at is for files, without --watch"))
	case o.NoWait && o.Watch:
		return run.Usage(errors.New("drop: --watch waits; leave out --no-wait"))
	}
	if err := article.CheckSource(o.Source); err != nil {
		return run.Usage(err)
	}
	log, err := logger(cmd)
	if err != nil {
		return err
	}
	tracer, flush, err := run.StartTracer(cmd.Context(), "drop", os.Getenv, log)
	if err != nil {
		return err
	}
	defer flush()
	return o.nats.withClient(cmd, func(ctx context.Context, c *client) error {
		pub, err := bus.NewPublisher(c.nc, bus.PublisherOptions{})
		if err != nil {
			return err
		}
		defer pub.Close()
		blobs, err := bus.OpenSourceBlobs(ctx, c.js, o.Source)
		if err != nil {
			return noDesk(err)
		}
		inbox, err := door.OpenInbox(ctx, c.js, bus.NewIntake(pub, blobs))
		if err != nil {
			return noDesk(err)
		}
		inbox.Trace(tracer)
		d := &dropper{put: inbox.Put, source: o.Source, lane: o.lane(), header: o.hints()}
		p := newReport(cmd, o.JSON)
		d.done = p.done
		if !o.NoWait {
			d.waits = p.waiting
		}
		if stdin {
			p.expect(1)
			if err := d.reader(ctx, "", cmd.InOrStdin()); noRoom(err) {
				return run.Exit(exitNoRoom, p.end())
			}
			return p.end() // the report has it
		}
		if o.Watch {
			return watch(ctx, d, p, paths)
		}
		return o.dropAll(ctx, d, p, paths)
	})
}

// exitNoRoom is drop's exit code when it did not wait for room.
const exitNoRoom = 3

// dropAll drops every file once. A file that fails does not keep the others out, unless
// there is no room for any.
func (o *dropOptions) dropAll(ctx context.Context, d *dropper, p *report, paths []string) error {
	files, err := list(paths)
	if err != nil {
		return fmt.Errorf("drop: %w", err)
	}
	if o.StartAt != "" {
		at := slices.Index(files, o.StartAt)
		if at < 0 {
			return run.Usage(fmt.Errorf("drop: --start-at %q is none of the %d files", o.StartAt, len(files)))
		}
		files = files[at:]
	}
	p.expect(len(files))
	for i, path := range files {
		if ctx.Err() != nil {
			p.bar(nil)
			return ctx.Err()
		}
		if err := d.file(ctx, path); noRoom(err) {
			p.bar(nil)
			return run.Exit(exitNoRoom, fmt.Errorf("%s: %d of %d files are stored and this one is the first that is not; when there is room, drop the rest with --start-at %q",
				noRoomWord(err), p.stored, len(files), files[i]))
		}
	}
	return p.end() // it has the files that failed
}

func (o *dropOptions) lane() article.Lane {
	if o.Backfill {
		return article.Backfill
	}
	return article.Live
}

func (o *dropOptions) hints() nats.Header {
	h := nats.Header{}
	for name, value := range map[string]string{
		article.HeaderContentType: o.ContentType, article.HeaderLanguage: o.Language, article.HeaderPublished: o.Published,
		article.HeaderContentLocation: o.URL, article.HeaderRef: o.Ref,
	} {
		if value != "" {
			h.Set(name, headerSafe(value))
		}
	}
	return h
}

// noDesk explains a server on which nobody has set up copydesk.
func noDesk(err error) error {
	return fmt.Errorf("%w (has a copydesk been started on this server?)", err)
}

// report tells the person, or the program, at the other end what became of files.
type report struct {
	out, err io.Writer
	json     bool
	quiet    bool // a person sees the bar instead of a line for each file
	progress *progressbar.ProgressBar
	expected int
	stored   int
	failed   int
}

func newReport(cmd *cobra.Command, asJSON bool) *report {
	return &report{
		out: cmd.OutOrStdout(), err: cmd.ErrOrStderr(), json: asJSON,
		quiet: isTerminal(cmd.OutOrStdout()) && isTerminal(cmd.ErrOrStderr()) && !asJSON,
	}
}

func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// manyFiles is from how many files on a bar says more than their lines.
const manyFiles = 20

// expect says how many files come.
func (p *report) expect(n int) {
	p.expected = n
	p.quiet = p.quiet && n > manyFiles
	if isTerminal(p.err) && n > manyFiles {
		p.progress = progressbar.NewOptions(n,
			progressbar.OptionSetWriter(p.err), progressbar.OptionSetDescription("dropping"),
			progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString("files"),
			progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(true),
		)
	}
}

// done reports one file.
func (p *report) done(r door.Receipt, err error) {
	if err == nil {
		p.stored++
	} else {
		p.failed++
	}
	p.bar(func() {
		switch {
		case p.json:
			b, err := json.Marshal(r)
			if err == nil {
				fmt.Fprintf(p.out, "%s\n", view.JSON(string(b)))
			}
		case err != nil:
			fmt.Fprintf(p.err, "copydesk: %s: %s\n", view.OneLine(name(r)), view.OneLine(err.Error()))
		case !p.quiet:
			note := ""
			if r.Duplicate {
				note = "  (duplicate transmission: the server has it already)"
			}
			fmt.Fprintf(p.out, "%s  %s%s\n", *r.Item, view.OneLine(name(r)), note)
		}
	})
}

// waiting says that a file has to wait, and for what.
func (p *report) waiting(why error) {
	p.aside(func() {
		left := ""
		if p.expected > 1 {
			left = fmt.Sprintf(" of %d", p.expected)
		}
		fmt.Fprintf(p.err, "copydesk: %s: %d%s files are stored, waiting for room (Ctrl-C stops; copydesk status shows what is full)\n", noRoomWord(why), p.stored, left)
	})
}

func name(r door.Receipt) string {
	if r.File == nil {
		return "standard input"
	}
	return *r.File
}

// bar makes room for f's line and moves the bar on; without f it takes the bar away.
func (p *report) bar(f func()) {
	p.aside(f)
	if p.progress != nil && f != nil {
		_ = p.progress.Add(1) // a bar that cannot be drawn is no reason to stop
	}
}

// aside makes room for f's line and leaves the bar where it is.
func (p *report) aside(f func()) {
	if p.progress != nil {
		_ = p.progress.Clear()
	}
	if f != nil {
		f()
	}
}

// end returns an error when a file was not stored.
func (p *report) end() error {
	p.bar(nil)
	if p.quiet {
		fmt.Fprintf(p.err, "%d files stored\n", p.stored)
	}
	if p.failed > 0 {
		return fmt.Errorf("%d of %d files were not stored", p.failed, p.stored+p.failed)
	}
	return nil
}
