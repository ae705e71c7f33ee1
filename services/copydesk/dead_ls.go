package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/copydesk/copydesk/pkg/deadletter"
	"github.com/copydesk/copydesk/pkg/run"
	"github.com/copydesk/copydesk/pkg/view"
)

func deadListCommand() *cobra.Command {
	var (
		server       connection
		which        choice
		since        string
		asJSON, flat bool
	)
	cmd := &cobra.Command{
		Use:     "ls",
		Aliases: []string{"list"},
		Short:   "List dead letters by their cause",
		Long: `List dead letters, those of one cause in one line: of one stage, class and reason whose
errors are the same but for numbers, names, quoted words and paths. A group's letters
are counted by what became of them:

  dead         the last word on their item
  retrying     their item is on its way again
  died again   their item has a later letter
  enriched     their item came through, or as duplicate

--flat prints a line for each letter instead.`,
		Example: `  copydesk dead ls --since 24h
  copydesk dead ls --stage ingest --flat
  copydesk dead ls --json | jq -r 'select(.states.dead > 100) | .group'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if since != "" {
				if which.newer != "" {
					return run.Usage(fmt.Errorf("--since and --newer say the same: use one"))
				}
				which.newer = since
			}
			f, err := which.filter(nil, time.Now())
			if err != nil {
				return err
			}
			return server.withClient(cmd, func(ctx context.Context, c *client) error {
				all, err := letters(ctx, deadletter.Open(c.nc, c.js), f)
				if err != nil {
					return err
				}
				out := cmd.OutOrStdout()
				switch {
				case asJSON && flat:
					return printJSON(out, all)
				case asJSON:
					return printJSON(out, deadletter.Groups(all))
				case len(all) == 0:
					fmt.Fprintln(cmd.ErrOrStderr(), "no dead letters")
					return nil
				case flat:
					err = printLetters(out, all)
				default:
					err = printGroups(out, deadletter.Groups(all))
				}
				fmt.Fprintln(cmd.ErrOrStderr(), "next: copydesk dead show ITEM tells all about one; copydesk dead retry --group GROUP --dry-run says what would be tried again")
				return err
			})
		},
	}
	f := cmd.Flags()
	server.flags(f)
	which.flags(f)
	f.StringVar(&since, "since", "", "only letters since this `time`, or not longer ago than 2h or 7d")
	rename(f, "since", "dead-since")
	f.BoolVar(&flat, "flat", false, "a line for each letter")
	f.BoolVar(&asJSON, "json", false, "print a JSON object a line")
	return cmd
}

func printJSON[T any](out io.Writer, list []T) error {
	enc := json.NewEncoder(view.JSONWriter(out))
	enc.SetEscapeHTML(false)
	for _, v := range list {
		if err := enc.Encode(v); err != nil {
			return err
		}
	}
	return nil
}

// minute is how times are shown in tables, in the reader's zone.
const minute = "2006-01-02 15:04"

func printGroups(out io.Writer, groups []deadletter.Group) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "group\tletters\tstage\tclass\treason\tfirst\tlast\texample\terror")
	for _, g := range groups {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", g.ID, stateCounts(g.States), view.OneLine(g.Stage), view.OneLine(string(g.Class)),
			view.OneLine(g.Reason), g.First.Local().Format(minute), g.Last.Local().Format(minute), view.OneLine(g.Example), shorten(g.Signature, 90))
	}
	return w.Flush()
}

// stateCounts says "3 dead, 1 enriched".
func stateCounts(states map[deadletter.State]int) string {
	var parts []string
	for _, s := range []deadletter.State{deadletter.Dead, deadletter.Retrying, deadletter.DiedAgain, deadletter.Enriched, deadletter.Duplicate} {
		if n := states[s]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, s))
		}
	}
	return strings.Join(parts, ", ")
}

func printLetters(out io.Writer, all []deadletter.Letter) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "seq\ttime\titem\tstate\tretry\tstage\tclass\treason\tsource\tgroup\terror")
	for _, l := range all {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%d\t%s\t%s\t%s\t%s\t%s\t%s\n", l.Seq, l.Time.Local().Format(minute), view.OneLine(l.Item), l.State, l.Retry,
			view.OneLine(l.Stage), view.OneLine(string(l.Class)), view.OneLine(l.Reason), view.OneLine(l.Source), l.Group, shorten(l.Error, 90))
	}
	return w.Flush()
}

// shorten makes a text fit a column.
func shorten(s string, n int) string {
	s = strings.Join(strings.Fields(view.OneLine(s)), " ")
	if r := []rune(s); len(r) > n {
		return strings.TrimRight(string(r[:n-1]), " ") + "…"
	}
	return s
}
