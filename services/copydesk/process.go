package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desk"
	"github.com/copydesk/copydesk/pkg/door"
	"github.com/copydesk/copydesk/pkg/ledger"
	"github.com/copydesk/copydesk/pkg/natsembed"
	"github.com/copydesk/copydesk/pkg/run"
	"github.com/copydesk/copydesk/pkg/view"
)

// processCommand is "copydesk process": the whole pipeline once, on these files.
func processCommand() *cobra.Command {
	var format, page string
	cmd := &cobra.Command{
		Use:   "process PATH…",
		Short: "Run the whole pipeline once on files and print the records",
		Long: `Run the whole pipeline once on files and print what became of each article: the
enriched record, the copy with its verdict, or the dead letter as copydesk.dead/1. One
JSON object a line, or with --format line one short line.

The pipeline is the real one, on a NATS server of its own in a folder that is removed
afterwards: no other copydesk has to run, and none is affected. Files are taken in the
order they are given, so a copy is judged after its original.

The exit code is 1 if an article died of a fault, 0 otherwise: a file that nobody
could process is an answer, not a failure.

With --html FILE the enriched articles are written as one page, too: entities coloured by
type, the sentences of the summary marked where they stand, removed lines folded away,
and how each field was found. The page needs no network and runs no script.`,
		Example: `  copydesk process deploy/samples
  copydesk process article.html | jq -r .summary.text`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, paths []string) error {
			out, err := (&tapOptions{Format: format}).printer(cmd.OutOrStdout())
			if err != nil {
				return err
			}
			// That the stages come and go is no news in a run of a second.
			if level := cmd.Flags().Lookup("log-level"); !level.Changed {
				level.Value.Set("warn") //nolint:errcheck // any string will do
			}
			log, err := logger(cmd)
			if err != nil {
				return err
			}
			files, err := list(paths)
			if err != nil {
				return fmt.Errorf("process: %w", err)
			}
			if len(files) == 0 {
				return fmt.Errorf("process: no files in %v", paths)
			}
			dir, err := os.MkdirTemp("", "copydesk-process-")
			if err != nil {
				return fmt.Errorf("process: %w", err)
			}
			defer os.RemoveAll(dir)
			r, err := embedRoad(cmd.Context(), natsembed.Options{Dir: dir, Logger: log}, bus.Settings{})
			if err != nil {
				return err
			}
			defer r.Close()
			d, err := desk.New(desk.Options{Dial: r.dial, Ordered: true, Isolate: true, Learning: desk.Learning{Interval: -1}, Version: run.BuildInfo().Version, Logger: log})
			if err != nil {
				return err
			}
			once := newOnce(r, out, cmd.ErrOrStderr(), len(files))
			once.keep = page != ""
			ended := once.run(cmd.Context(), d, files)
			if page != "" {
				if err := writePage(page, once.kept); err != nil {
					return errors.Join(ended, fmt.Errorf("process: write page: %w", err))
				}
			}
			return ended
		},
	}
	cmd.Flags().StringVar(&format, "format", "json", "json or line")
	cmd.Flags().StringVar(&page, "html", "", "write the enriched articles to this `file`, as a page to look at")
	return cmd
}

// once takes files through a desk and ends when every item has.
type once struct {
	road *road
	out  printer
	err  io.Writer
	bar  *progressbar.ProgressBar

	mu      sync.Mutex
	waiting map[uint64]int // by file: its items that have not ended; unset until one has
	stored  int            // files in the inbox
	ended   int            // files whose items all have
	dropped bool           // no more files come
	faults  int
	keep    bool               // the enriched articles, for a page
	kept    []*article.Article // in the order they ended
	done    chan struct{}
}

func newOnce(r *road, out printer, stderr io.Writer, files int) *once {
	o := &once{road: r, out: out, err: stderr, waiting: map[uint64]int{}, done: make(chan struct{})}
	if isTerminal(stderr) && files > manyFiles {
		o.bar = progressbar.NewOptions(files, progressbar.OptionSetWriter(stderr), progressbar.OptionSetDescription("processing"),
			progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(true))
	}
	return o
}

func (o *once) run(ctx context.Context, d *desk.Desk, files []string) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return d.Run(ctx) })
	for _, stream := range ends {
		group.Go(func() error {
			return follow(ctx, o.road.js, stream, ">", jetstream.OrderedConsumerConfig{}, false, func(m jetstream.Msg) (bool, error) {
				return false, o.end(ctx, m)
			})
		})
	}
	refused := 0
	group.Go(func() error {
		in := &dropper{put: o.road.inbox.Put, source: "cli", lane: article.Live, done: func(r door.Receipt, err error) {
			if err != nil {
				refused++
				fmt.Fprintf(o.err, "copydesk: %s: %s\n", view.OneLine(name(r)), view.OneLine(err.Error()))
			}
		}}
		for _, path := range files {
			if in.file(ctx, path) == nil {
				o.count(func() { o.stored++ })
			}
		}
		o.count(func() { o.dropped = true })
		return nil
	})
	var balance error
	group.Go(func() error {
		defer stop()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-o.done:
			balance = o.balanced(ctx)
			return nil
		}
	})
	err := group.Wait()
	if o.bar != nil {
		_ = o.bar.Finish() // cosmetic
	}
	switch {
	case err != nil:
		return err
	case balance != nil:
		return balance
	case o.faults > 0:
		return fmt.Errorf("process: %d articles died of a fault; their records say which", o.faults)
	case refused > 0:
		return fmt.Errorf("process: %d files could not be read", refused)
	}
	return nil
}

// end prints a record that ended and counts it.
func (o *once) end(ctx context.Context, m jetstream.Msg) error {
	h := m.Headers()
	if err := o.print(ctx, m); err != nil {
		return err
	}
	o.count(func() {
		if bus.StreamOf(m.Subject()) == article.StreamDead && article.Class(h.Get(article.HeaderClass)) == article.ClassFault {
			o.faults++
		}
		seq := number[uint64](h, article.HeaderOriginSeq)
		if _, known := o.waiting[seq]; !known {
			o.waiting[seq] = max(number[int](h, article.HeaderCount), 1)
		}
		if o.waiting[seq]--; o.waiting[seq] == 0 {
			o.ended++
			if o.bar != nil {
				_ = o.bar.Add(1) // cosmetic
			}
		}
	})
	return nil
}

// count changes the counts and notices the end.
func (o *once) count(change func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	change()
	if o.dropped && o.ended == o.stored {
		select {
		case <-o.done:
		default:
			close(o.done)
		}
	}
}

// print prints one record, whole: the store its text may be in goes away.
func (o *once) print(ctx context.Context, m jetstream.Msg) error {
	if bus.StreamOf(m.Subject()) == article.StreamDead {
		d := deadOf(m.Subject(), m.Headers(), m.Data())
		if d.Blob != nil {
			data, err := o.road.blobs.Get(ctx, *d.Blob)
			if err != nil {
				return err
			}
			d.SetInput(data)
			d.Blob = nil
		}
		o.mu.Lock()
		defer o.mu.Unlock()
		return o.out.dead(d)
	}
	a, err := article.Decode(m.Data())
	if err != nil {
		return fmt.Errorf("read %s: %w", m.Subject(), err)
	}
	data := m.Data()
	if a.TextRef != nil {
		text, err := o.road.blobs.Get(ctx, *a.TextRef)
		if err != nil {
			return err
		}
		s := string(text)
		a.Text, a.TextRef = &s, nil
		if data, err = article.Encode(a); err != nil {
			return err
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.keep && bus.StreamOf(m.Subject()) == article.StreamEnriched {
		o.kept = append(o.kept, a)
	}
	return o.out.record(a, data)
}

// writePage writes articles as one HTML page.
func writePage(name string, articles []*article.Article) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	if err := view.HTML(w, articles); err != nil {
		f.Close() //nolint:errcheck // the page is spoilt already
		return err
	}
	return errors.Join(w.Flush(), f.Close())
}

// balancePatience is how long the ledger may take to see what subscribers saw.
const balancePatience = 10 * time.Second

// balanced asks the ledger whether everything that came in has come to an end.
func (o *once) balanced(ctx context.Context) error {
	books, err := ledger.Open(ctx, o.road.js)
	if err != nil {
		return err
	}
	var sums ledger.Sums
	for deadline := time.Now().Add(balancePatience); time.Now().Before(deadline); {
		if err := books.Advance(ctx); err != nil {
			return err
		}
		sums = ledger.Total(books.Report())
		if sums.InFlight() == 0 && sums.Files == int64(o.stored) {
			return nil
		}
	}
	return errors.New("process: the ledger does not balance: " + fmt.Sprintf("%+v; this is a defect, please report it", sums))
}
