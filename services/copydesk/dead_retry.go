package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/copydesk/copydesk/pkg/deadletter"
	"github.com/copydesk/copydesk/pkg/view"
)

func deadRetryCommand() *cobra.Command {
	var (
		server         connection
		which          choice
		dryRun, asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "retry [ITEM|SEQ]…",
		Short: "Try dead letters again",
		Long: `Try dead letters again: the stage that gave them up gets their bytes once more, and the
item goes on from there under its identity. Of a file with several articles only the
dead one comes out again, and a file that could not be opened comes out as all that is
in it. The letters stay, as the items' history.

Letters whose item is on its way again, or came through, are left alone, so a retry that
was cut short, or given twice, can be given again.`,
		Example: `  copydesk dead retry --group 3fa9c1d2 --dry-run
  copydesk dead retry --stage summarize --newer 2h
  copydesk dead retry k3w5q2zt7mbn4xv6pc2rhd5yla`,
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := which.chosen(args, time.Now())
			if err != nil {
				return err
			}
			return server.withClient(cmd, func(ctx context.Context, c *client) error {
				book, read := deadletter.Open(c.nc, c.js), time.Now()
				all, err := letters(ctx, book, f)
				if err != nil {
					return err
				}
				r := &retries{out: cmd.OutOrStdout(), err: cmd.ErrOrStderr(), json: asJSON, dry: dryRun}
				todo := r.pick(all)
				if len(todo) == 0 {
					return r.nothing(len(all))
				}
				if dryRun {
					for _, l := range todo {
						r.done(deadletter.Result{Letter: l, Retry: l.Retry + 1, Subject: l.Target()})
					}
				} else {
					r.expect(len(todo))
					err = book.Retry(ctx, todo, read, r.done)
				}
				return errors.Join(err, r.end())
			})
		},
	}
	f := cmd.Flags()
	server.flags(f)
	which.flags(f)
	f.BoolVar(&which.all, "all", false, "all of them")
	f.BoolVar(&dryRun, "dry-run", false, "only print what would be done")
	f.BoolVar(&asJSON, "json", false, "print a JSON object a letter")
	for _, name := range []string{"all", "dry-run"} {
		rename(f, name, "dead-"+name)
	}
	return cmd
}

// retries reports what becomes of the letters that are tried again.
type retries struct {
	out, err  io.Writer
	json, dry bool
	bar       *progressbar.ProgressBar

	tried, before, refused int
}

// pick leaves out letters that are not the last word on their item.
func (r *retries) pick(all []deadletter.Letter) []deadletter.Letter {
	var todo []deadletter.Letter
	for _, l := range all {
		switch err := l.Retryable(); {
		case err == nil:
			todo = append(todo, l)
		case errors.Is(err, deadletter.ErrOnItsWay):
			r.before++
		default:
			r.refused++
			fmt.Fprintf(r.err, "copydesk: letter %d: %s\n", l.Seq, view.OneLine(err.Error()))
		}
	}
	return todo
}

// nothing explains why none of n letters is tried again.
func (r *retries) nothing(n int) error {
	switch {
	case n == 0:
		return errNoLetter
	case r.refused > 0:
		return fmt.Errorf("%s cannot be tried again", counted(r.refused, "letter", "letters"))
	}
	return fmt.Errorf("nothing to do: %s tried again already; copydesk dead ls says with what result", counted(n, "letter was", "letters were"))
}

func (r *retries) expect(n int) {
	if isTerminal(r.err) && n > manyFiles {
		r.bar = progressbar.NewOptions(n, progressbar.OptionSetWriter(r.err), progressbar.OptionSetDescription("retrying"),
			progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(true))
	}
}

// done reports one letter.
func (r *retries) done(result deadletter.Result) {
	switch {
	case result.Already, errors.Is(result.Err, deadletter.ErrOnItsWay):
		r.before++
	case result.Err != nil:
		r.refused++
	default:
		r.tried++
	}
	if r.bar != nil {
		_ = r.bar.Clear() // a bar that cannot be drawn is no reason to stop
		defer func() { _ = r.bar.Add(1) }()
	}
	l := result.Letter
	switch {
	case r.json:
		line := struct {
			Seq     uint64  `json:"seq"`
			Item    string  `json:"item"`
			Stage   string  `json:"stage"`
			Retry   int     `json:"retry"`
			Subject string  `json:"subject"`
			DryRun  bool    `json:"dry_run"`
			Already bool    `json:"already"`
			Error   *string `json:"error"`
		}{l.Seq, l.Item, l.Stage, result.Retry, result.Subject, r.dry, result.Already, nil}
		if result.Err != nil {
			text := result.Err.Error()
			line.Error = &text
		}
		if b, err := json.Marshal(line); err == nil {
			fmt.Fprintf(r.out, "%s\n", view.JSON(string(b)))
		}
	case result.Err != nil:
		fmt.Fprintf(r.err, "copydesk: letter %d: %s\n", l.Seq, view.OneLine(result.Err.Error()))
	case r.bar == nil:
		note := ""
		if result.Already {
			note = "  (somebody else's retry was first)"
		}
		fmt.Fprintf(r.out, "%s  retry %d  letter %d of %s -> %s%s\n", view.OneLine(l.Item), result.Retry, l.Seq, view.OneLine(l.Stage), view.OneLine(result.Subject), note)
	}
}

// end sums up, and returns an error when a letter could not be tried again.
func (r *retries) end() error {
	if r.bar != nil {
		_ = r.bar.Finish() // cosmetic
	}
	verb := "tried again"
	if r.dry {
		verb = "would be tried again"
	}
	fmt.Fprintf(r.err, "%s %s", counted(r.tried, "letter", "letters"), verb)
	if r.before > 0 {
		fmt.Fprintf(r.err, "; %d were before", r.before)
	}
	if r.dry {
		fmt.Fprintln(r.err, "\nnext: the same without --dry-run")
	} else {
		fmt.Fprintln(r.err, "\nnext: copydesk dead ls says what became of them; copydesk trace ITEM tells it of one")
	}
	if r.refused > 0 {
		return fmt.Errorf("%s could not be tried again", counted(r.refused, "letter", "letters"))
	}
	return nil
}
