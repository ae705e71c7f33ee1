package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/deadletter"
	"github.com/copydesk/copydesk/pkg/run"
)

// deadCommand is "copydesk dead": what could not be processed, and what to do about it.
func deadCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "dead",
		Short: "Look into dead letters, try them again, remove them",
		Long: `Look into dead letters: what no stage could process, with the bytes it was given and
the reason. ls groups them by their cause, show tells all about one, retry sends them
round again once the cause is mended, purge removes them.

A letter and its bytes are never changed. A retried item keeps its identity and its
letters, and the ledger counts it once, by what became of it last.`,
		Example: `  copydesk dead ls
  copydesk dead show k3w5q2zt7mbn4xv6pc2rhd5yla
  copydesk dead retry --group 3fa9c1d2 --dry-run
  copydesk dead retry --stage ingest --newer 2h
  copydesk dead purge --class input --older 7d`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return run.Usage(fmt.Errorf("dead: %q is none of ls, show, retry and purge", args[0]))
			}
			return cmd.Help()
		},
	}
	cmd.AddCommand(deadListCommand(), deadShowCommand(), deadRetryCommand(), deadPurgeCommand())
	return cmd
}

// choice is what the flags of the dead commands say about which letters are meant.
type choice struct {
	stage, class, reason, source, group string
	newer, older                        string
	all                                 bool
}

// flags declares the flags. Outside the command line they have a name of their own:
// another command's source must not narrow what is retried.
func (c *choice) flags(f *pflag.FlagSet) {
	f.StringVar(&c.stage, "stage", "", "only letters of this `stage`: "+strings.Join(article.Stages(), ", "))
	f.StringVar(&c.class, "class", "", "only letters of this `class`: input (nobody can process the bytes) or fault (ours)")
	f.StringVar(&c.reason, "reason", "", "only letters with this reason `code`")
	f.StringVar(&c.source, "source", "", "only letters of this `sender`")
	f.StringVar(&c.group, "group", "", "only letters of this `group`, as ls prints it, or its beginning")
	f.StringVar(&c.newer, "newer", "", "only letters since this `time`, or not longer ago than 2h or 7d")
	f.StringVar(&c.older, "older", "", "only letters before this `time`, or longer ago than 2h or 7d")
	f.VisitAll(func(flag *pflag.Flag) {
		switch flag.Name {
		case "stage", "class", "reason", "source", "group", "newer", "older":
			rename(f, flag.Name, "dead-"+flag.Name)
		}
	})
}

// filter reads the flags and arguments.
func (c *choice) filter(args []string, now time.Time) (f deadletter.Filter, err error) {
	f = deadletter.Filter{Stage: c.stage, Class: article.Class(c.class), Reason: c.reason, Source: c.source, Group: c.group}
	if c.stage != "" && !slices.Contains(article.Stages(), c.stage) {
		return f, run.Usage(fmt.Errorf("stage %q: want one of %s", c.stage, strings.Join(article.Stages(), ", ")))
	}
	if f.Class != "" && f.Class != article.ClassInput && f.Class != article.ClassFault {
		return f, run.Usage(fmt.Errorf("class %q: want %s or %s", c.class, article.ClassInput, article.ClassFault))
	}
	if f.After, err = parseAgo("newer", c.newer, now); err != nil {
		return f, run.Usage(err)
	}
	if f.Before, err = parseAgo("older", c.older, now); err != nil {
		return f, run.Usage(err)
	}
	for _, arg := range args {
		if seq, err := strconv.ParseUint(arg, 10, 64); err == nil && seq > 0 {
			f.Seqs = append(f.Seqs, seq)
			continue
		}
		r, err := parseReference(arg)
		if err != nil {
			return f, run.Usage(fmt.Errorf("%w, or a letter's sequence number", err))
		}
		f.Items = append(f.Items, r.item)
	}
	if c.all && !f.None() {
		return f, run.Usage(errors.New("--all goes without any other choice"))
	}
	return f, nil
}

// chosen is filter for commands that change something: they want a choice.
func (c *choice) chosen(args []string, now time.Time) (deadletter.Filter, error) {
	f, err := c.filter(args, now)
	if err == nil && f.None() && !c.all {
		err = run.Usage(errors.New("which letters? Name items or sequences, or choose by --group, --stage, --class, --reason, --source, --newer or --older; --all means all"))
	}
	return f, err
}

// parseAgo reads a time, or how long ago it was.
func parseAgo(flag, s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	if days, ok := strings.CutSuffix(s, "d"); ok {
		if n, err := strconv.ParseFloat(days, 64); err == nil && n >= 0 {
			return now.Add(-time.Duration(n * float64(24*time.Hour))), nil
		}
	}
	if d, err := time.ParseDuration(s); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	return time.Time{}, fmt.Errorf("%s %q: want how long ago, such as 90m or 7d, or a time such as 2026-02-17T12:00:00Z", flag, s)
}

var errNoLetter = errors.New("no dead letter is chosen; copydesk dead ls lists them")

// letters reads the letters a filter chooses. Of an item named by its name only the
// latest letter is meant.
func letters(ctx context.Context, book *deadletter.Book, f deadletter.Filter) ([]deadletter.Letter, error) {
	all, err := book.Letters(ctx, f)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, noDesk(err)
	}
	if err != nil {
		return nil, err
	}
	for _, item := range f.Items {
		if !slices.ContainsFunc(all, func(l deadletter.Letter) bool { return l.Item == item }) {
			return nil, fmt.Errorf("%s: %w", item, errNoLetter)
		}
	}
	for _, seq := range f.Seqs {
		if !slices.ContainsFunc(all, func(l deadletter.Letter) bool { return l.Seq == seq }) {
			return nil, fmt.Errorf("letter %d: %w", seq, errNoLetter)
		}
	}
	return all, nil
}

// counted says how many of a thing there are.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}
