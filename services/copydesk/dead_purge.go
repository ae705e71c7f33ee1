package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/copydesk/copydesk/pkg/deadletter"
	"github.com/copydesk/copydesk/pkg/run"
	"github.com/copydesk/copydesk/pkg/view"
)

func deadPurgeCommand() *cobra.Command {
	var (
		server      connection
		which       choice
		dryRun, yes bool
	)
	cmd := &cobra.Command{
		Use:   "purge [ITEM|SEQ]…",
		Short: "Remove dead letters",
		Long: `Remove dead letters for good: they cannot be shown or tried again afterwards. The ledger
counts them first and goes on counting their items as dead. Letters whose item is on its
way again are kept, and so are those that a stage may still need.

Dead letters go by themselves after 30 days (--keep-output).`,
		Example: `  copydesk dead purge --class input --older 7d --dry-run
  copydesk dead purge 17 18 --yes`,
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := which.chosen(args, time.Now())
			if err != nil {
				return err
			}
			if !yes && !dryRun && !isTerminal(cmd.InOrStdin()) {
				return run.Usage(errors.New("dead purge asks before it removes anything: say --yes where there is nobody to ask"))
			}
			return server.withClient(cmd, func(ctx context.Context, c *client) error {
				book := deadletter.Open(c.nc, c.js)
				all, err := letters(ctx, book, f)
				if err != nil {
					return err
				}
				if len(all) == 0 {
					return errNoLetter
				}
				if dryRun {
					for _, l := range all {
						fmt.Fprintf(cmd.OutOrStdout(), "%d  %s  %s  %s\n", l.Seq, view.OneLine(l.Item), l.State, shorten(l.Reason+": "+l.Error, 90))
					}
					fmt.Fprintf(cmd.ErrOrStderr(), "%s would be removed\nnext: the same without --dry-run\n", counted(len(all), "letter", "letters"))
					return nil
				}
				if !yes {
					fmt.Fprintf(cmd.ErrOrStderr(), "Remove %s for good? [y/N] ", counted(len(all), "dead letter", "dead letters"))
					answer, _ := bufio.NewReader(cmd.InOrStdin()).ReadString('\n') // no answer is no
					if a := strings.ToLower(strings.TrimSpace(answer)); a != "y" && a != "yes" {
						return errors.New("nothing is removed")
					}
				}
				removed, kept := 0, 0
				err = book.Purge(ctx, all, func(l deadletter.Letter, err error) {
					if err != nil {
						kept++
						fmt.Fprintf(cmd.ErrOrStderr(), "copydesk: letter %d: %s\n", l.Seq, view.OneLine(err.Error()))
						return
					}
					removed++
					fmt.Fprintf(cmd.OutOrStdout(), "%d  %s\n", l.Seq, view.OneLine(l.Item))
				})
				fmt.Fprintf(cmd.ErrOrStderr(), "%s removed; the ledger goes on counting their items as it did\nnext: copydesk status\n", counted(removed, "letter", "letters"))
				if err == nil && kept > 0 {
					err = fmt.Errorf("%s kept", counted(kept, "letter is", "letters are"))
				}
				return err
			})
		},
	}
	f := cmd.Flags()
	server.flags(f)
	which.flags(f)
	f.BoolVar(&which.all, "all", false, "all of them")
	f.BoolVar(&dryRun, "dry-run", false, "only print what would be done")
	f.BoolVar(&yes, "yes", false, "do not ask")
	for _, name := range []string{"all", "dry-run", "yes"} {
		rename(f, name, "dead-"+name)
	}
	return cmd
}
