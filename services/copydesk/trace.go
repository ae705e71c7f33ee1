package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	"github.com/copydesk/copydesk/pkg/history"
	"github.com/copydesk/copydesk/pkg/run"
	"github.com/copydesk/copydesk/pkg/view"
)

// traceCommand is "copydesk trace": the whole life of one article.
func traceCommand() *cobra.Command {
	var (
		server connection
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "trace ITEM|URI[@version]|SHA256|FILE",
		Short: "Tell the whole life of one article",
		Long: `Tell the whole life of one article: how it arrived, what each stage did with it, how long
it waited there and how long that took, at which attempt, the verdict with its evidence,
deaths and retries, its other versions and its copies, and where it is now. What is not
kept any more is said.

A file, or the SHA-256 of its bytes, stands for every article that was made of it,
however often it was dropped. What is the name of a file that is here is that file.

It reads the headers of everything stored since the article arrived.`,
		Example: `  copydesk trace k3w5q2zt7mbn4xv6pc2rhd5yla
  copydesk trace story.html --json | jq .now`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			find, err := traced(args[0])
			if err != nil {
				return run.Usage(err)
			}
			return server.withClient(cmd, func(ctx context.Context, c *client) error {
				traces, err := find(ctx, history.New(c.nc, c.js))
				if errors.Is(err, jetstream.ErrStreamNotFound) {
					return noDesk(err)
				}
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(cmd.OutOrStdout(), traces)
				}
				for i, tr := range traces {
					if i > 0 {
						fmt.Fprintln(cmd.OutOrStdout())
					}
					if err := printTrace(cmd.OutOrStdout(), tr); err != nil {
						return err
					}
				}
				if len(traces) > 1 {
					fmt.Fprintln(cmd.ErrOrStderr(), counted(len(traces), "article", "articles"))
				}
				return nil
			})
		},
	}
	server.flags(cmd.Flags())
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON object an article")
	return cmd
}

type finder = func(context.Context, *history.Historian) ([]*history.History, error)

// traced reads what is to be traced.
func traced(arg string) (finder, error) {
	info, statErr := os.Stat(arg)
	if statErr == nil && !info.IsDir() {
		f, err := os.Open(arg)
		if err != nil {
			return nil, fmt.Errorf("trace: %w", err)
		}
		defer f.Close()
		h := sha256.New()
		size, err := io.Copy(h, f)
		if err != nil {
			return nil, fmt.Errorf("trace: %w", err)
		}
		return ofFile([sha256.Size]byte(h.Sum(nil)), size), nil
	}
	if sum, err := hex.DecodeString(arg); err == nil && len(sum) == sha256.Size {
		return ofFile([sha256.Size]byte(sum), -1), nil
	}
	r, err := parseReference(arg)
	if err != nil {
		if statErr == nil || !errors.Is(statErr, fs.ErrNotExist) {
			return nil, fmt.Errorf("trace: %s is not a file that can be read", arg)
		}
		return nil, fmt.Errorf("%w, the SHA-256 of a file, or a file that is here", err)
	}
	return func(ctx context.Context, t *history.Historian) ([]*history.History, error) {
		var (
			tr  *history.History
			err error
		)
		if r.version > 0 {
			tr, err = t.Version(ctx, r.uri, r.version)
		} else {
			tr, err = t.Item(ctx, r.item)
		}
		if err != nil {
			return nil, err
		}
		return []*history.History{tr}, nil
	}, nil
}

func ofFile(sum [sha256.Size]byte, size int64) finder {
	return func(ctx context.Context, t *history.Historian) ([]*history.History, error) {
		return t.File(ctx, sum, size)
	}
}

// eventTime is how times are shown in a trace: what happens to an article is a matter of
// milliseconds.
const eventTime = "2006-01-02 15:04:05.000"

func printTrace(out io.Writer, tr *history.History) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) {
		fmt.Fprintf(w, "%s\t%s\n", name, view.OneLine(fmt.Sprintf(format, args...)))
	}
	row("item", "%s", tr.Item)
	row("uri", "%s version %d", tr.URI, tr.Version)
	row("now", "%s", tr.Now)
	row("file", "%s", fileLine(tr.Arrival))
	if v := tr.Verdict; v != nil {
		row("verdict", "%s", verdictLine(v))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(out)
	w = tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "time\tevent\tstage\twaited\ttook\tattempt\tretry\tverdict\twhere")
	for _, e := range tr.Events {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", e.At.Local().Format(eventTime), e.Kind, view.OneLine(e.Stage),
			millis(e.Queue), millis(e.Took), orDash(e.Attempt), orDash(e.Retry), shorten(verdictOf(e), 80), placeOf(e.Place))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	w = tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, v := range tr.Versions {
		row("version", "%d  %s  %s  item %s", v.Version, v.Relation, v.Received.Local().Format(time.RFC3339), relatedItem(v))
	}
	for _, c := range tr.Copies {
		row("copy", "%s  %s  item %s%s", c.Relation, c.Received.Local().Format(time.RFC3339), relatedItem(c), score(c.Score))
	}
	for _, m := range tr.Missing {
		row("missing", "%s", m)
	}
	return w.Flush()
}

func fileLine(a history.Arrival) string {
	var parts []string
	if a.Filename != nil {
		parts = append(parts, *a.Filename)
	}
	parts = append(parts, fmt.Sprintf("message %d of %s", a.Seq, a.Stream))
	if a.Source != "" {
		parts = append(parts, "from "+a.Source)
	}
	if a.Count > 0 {
		parts = append(parts, fmt.Sprintf("article %d of %d", a.Index+1, a.Count))
	}
	if a.Bytes != nil {
		parts = append(parts, fmt.Sprintf("%d bytes", *a.Bytes))
	}
	if a.SHA256 != nil {
		parts = append(parts, "sha256 "+*a.SHA256)
	}
	return strings.Join(parts, ", ")
}

func verdictLine(v *history.Verdict) string {
	s := string(v.Relation)
	if v.Of != nil {
		s += " of " + *v.Of
	}
	s += " by " + v.Method + score(v.Score)
	for i, e := range v.Evidence {
		sep := ", "
		if i == 0 {
			sep = ": "
		}
		s += fmt.Sprintf("%s%s %.3g", sep, e.Name, e.Value)
	}
	if v.Relation.Stops() {
		s += fmt.Sprintf("; copy number %d", v.Copies)
	}
	if v.Changes > 0 {
		s += fmt.Sprintf("; %s changed", counted(v.Changes, "paragraph", "paragraphs"))
	}
	if v.OverridesRev != nil {
		s += "; under overrides " + *v.OverridesRev
	}
	return s
}

func verdictOf(e history.Event) string {
	if e.Error == "" {
		return e.Verdict
	}
	return fmt.Sprintf("%s (%s): %s", e.Verdict, e.Class, e.Error)
}

func placeOf(p *history.Place) string {
	if p == nil {
		return "not kept any more"
	}
	return fmt.Sprintf("%s %d", p.Stream, p.Seq)
}

func relatedItem(r history.Related) string {
	if r.Removed {
		return r.Item + " (it died later on, and counts no more)"
	}
	return r.Item
}

func score(s *float64) string {
	if s == nil {
		return ""
	}
	return fmt.Sprintf(" (score %.3g)", *s)
}

func millis(ms *float64) string {
	if ms == nil {
		return "-"
	}
	return time.Duration(*ms * float64(time.Millisecond)).Round(10 * time.Microsecond).String()
}

func orDash(n int) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprint(n)
}
