package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/copydesk/copydesk/pkg/replay"
	"github.com/copydesk/copydesk/pkg/view"
)

// print prints the sums and the first differences.
func (f *findings) print(out io.Writer, r *replay.Report) error {
	if err := printSums(out, r); err != nil {
		return err
	}
	var b strings.Builder
	for _, c := range f.first {
		writeChange(&b, c)
	}
	if more := f.n - len(f.first); more > 0 && f.show > 0 {
		fmt.Fprintf(&b, "\nand %s; --show lists more\n", counted(more, "other", "others"))
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func printSums(out io.Writer, r *replay.Report) error {
	lanes, of, boilerplate := "the inbox", "", "none"
	if r.Backfill {
		lanes = "both inboxes"
	}
	if r.Source != nil {
		of = " from " + view.OneLine(*r.Source)
	}
	if r.State.Boilerplate != nil {
		boilerplate = *r.State.Boilerplate
	}
	until := "now"
	if r.To != nil {
		until = r.To.Local().Format(minute)
	}
	fmt.Fprintf(out, "%s%s of %s, %s to %s\n", counted(r.Files, "file", "files"), of, lanes, r.From.Local().Format(minute), until)
	fmt.Fprintf(out, "overrides as of revision %d; learnt boilerplate %s; %s on other articles kept\n",
		r.State.Overrides, view.OneLine(boilerplate), counted(r.State.Decisions, "verdict", "verdicts"))
	if r.InboxBegins != nil {
		fmt.Fprintf(out, "the inbox begins at %s: what came before is not kept\n", r.InboxBegins.Local().Format(time.DateTime))
	}
	if r.FilesGone > 0 {
		fmt.Fprintf(out, "%s removed meanwhile, and left out\n", counted(r.FilesGone, "file was", "files were"))
	}
	fmt.Fprintln(out)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, row := range []struct {
		name string
		n    int
		more string
	}{
		{"articles", r.Articles, ""},
		{"  same", r.Same, ""},
		{"  changed", r.Changed, ""},
		{"    verdict", r.Verdicts, fmt.Sprintf("%d rejected, %d accepted, %d vanished, %d appeared", r.Rejected, r.Accepted, r.Vanished, r.Appeared)},
		{"    entities", r.Entities, fmt.Sprintf("%d gained, %d lost", r.EntitiesGained, r.EntitiesLost)},
		{"    summary", r.Summaries, ""},
		{"    extraction", r.Extraction, ""},
		{"    details only", r.Details, ""},
		{"not compared", r.NotCompared, notCompared(r)},
	} {
		fmt.Fprintf(w, "%s\t%d\t%s\n", row.name, row.n, row.more)
	}
	return w.Flush()
}

func notCompared(r *replay.Report) string {
	if r.NotCompared == 0 {
		return ""
	}
	return "on their way still, or their records are not kept any more"
}

// longestWords is how much of a sentence or a value is shown.
const longestWords = 100

func writeChange(b *strings.Builder, c *replay.Change) {
	came := c.Received
	if t, err := time.Parse(time.RFC3339Nano, c.Received); err == nil {
		came = t.Local().Format(minute)
	}
	fmt.Fprintf(b, "\n%s  %s  %s\n  %s\n", came, view.OneLine(c.Source), shorten(c.Title, longestWords), view.OneLine(c.URI))
	if v := c.Verdict; v != nil {
		fmt.Fprintf(b, "  verdict     %s -> %s\n", verdictWords(v.Was), verdictWords(v.Now))
	}
	if e := c.Entities; e != nil {
		for _, x := range e.Lost {
			fmt.Fprintf(b, "  entity    - %s (%s)\n", shorten(x.Name, longestWords), view.OneLine(x.ID))
		}
		for _, x := range e.Gained {
			fmt.Fprintf(b, "  entity    + %s (%s)\n", shorten(x.Name, longestWords), view.OneLine(x.ID))
		}
	}
	if s := c.Summary; s != nil {
		for _, t := range s.Lost {
			fmt.Fprintf(b, "  summary   - %s\n", shorten(t, longestWords))
		}
		for _, t := range s.Gained {
			fmt.Fprintf(b, "  summary   + %s\n", shorten(t, longestWords))
		}
	}
	for _, x := range c.Extraction {
		fmt.Fprintf(b, "  %-11s %s -> %s\n", view.OneLine(x.Field), orNone(x.Was), orNone(x.Now))
	}
	if c.Verdict == nil && c.Entities == nil && c.Summary == nil && len(c.Extraction) == 0 {
		fmt.Fprintf(b, "  details of  %s\n", view.OneLine(strings.Join(c.Fields, ", ")))
	}
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return shorten(s, longestWords)
}

// verdictWords says "duplicate, near to urn:…" or "dead, ingest: no_items".
func verdictWords(v replay.Verdict) string {
	switch v.Outcome {
	case "":
		return "nothing"
	case replay.Dead:
		return view.OneLine(fmt.Sprintf("dead, %s: %s", v.Stage, v.Reason))
	}
	s := fmt.Sprintf("%s, %s", v.Outcome, v.Relation)
	if v.Of != nil {
		s += " of " + *v.Of
	}
	if v.Version > 1 {
		s += fmt.Sprintf(", version %d", v.Version)
	}
	return view.OneLine(s)
}
