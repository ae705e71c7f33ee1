package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/doctor"
	"github.com/copydesk/copydesk/pkg/view"
)

// doctorCommand is "copydesk doctor".
func doctorCommand() *cobra.Command {
	var (
		nats           connection
		settings       bus.Settings
		asJSON, repair bool
	)
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Find what is wrong with the streams, and repair it",
		Long: `Find what is wrong with the streams, say what follows from it, and repair it with
--repair where that cannot lose an article:

  stream_missing, consumer_missing   not there
  stream_differs, consumer_differs   not what they were declared as
  replica_missing                    copies without a server, offline or behind
  consumer_ahead, floor_ahead        a crash took the end of a stream: new messages
                                     would not be delivered, or be taken for done
  floor_reset                        a crash took a consumer's place: all comes again
  state_orphaned                     remembered of what is gone
  consumer_stranger                  a forgotten consumer that keeps a stream from
                                     being trimmed
  ledger_leak, item_doubled          items that came in and did not end, or ended
                                     twice, by name
  ledger_ahead                       a crash took what the ledger had counted
  ledger_days                        the accounts by day contradict those of all time,
                                     or a day that is closed does not balance

The flags about streams must be those of the workers. The exit code is 1 when
something is wrong and not repaired.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return nats.withClient(cmd, func(ctx context.Context, c *client) error {
				found, err := consult(ctx, doctor.New(c.js, bus.NewTopology(settings), time.Now), repair)
				if err != nil {
					return noDesk(err)
				}
				if asJSON {
					err = json.NewEncoder(view.JSONWriter(cmd.OutOrStdout())).Encode(struct {
						Findings []*doctor.Finding `json:"findings"`
					}{found})
				} else {
					err = printFindings(cmd.OutOrStdout(), found, repair)
				}
				if n := ill(found); err == nil && n > 0 {
					return fmt.Errorf("%d things are wrong", n)
				}
				return err
			})
		},
	}
	nats.flags(cmd.Flags())
	roadFlags(cmd.Flags(), &settings)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&repair, "repair", false, "repair what can be repaired safely")
	return cmd
}

// consult examines, repairs if asked to, and audits what there is then.
func consult(ctx context.Context, d *doctor.Doctor, repair bool) ([]*doctor.Finding, error) {
	found, err := d.Examine(ctx)
	if err == nil && repair {
		err = d.Repair(ctx, found)
	}
	if err != nil {
		return nil, err
	}
	more, err := d.Audit(ctx)
	if err != nil {
		return nil, err
	}
	all := append([]*doctor.Finding{}, found...) // never null in JSON
	return append(all, more...), nil
}

// ill counts what is wrong still.
func ill(found []*doctor.Finding) int {
	n := 0
	for _, f := range found {
		if !f.Repaired {
			n++
		}
	}
	return n
}

func printFindings(w io.Writer, found []*doctor.Finding, repair bool) error {
	var b strings.Builder
	if len(found) == 0 {
		b.WriteString("nothing is wrong\n")
	}
	for _, f := range found {
		where := strings.TrimSpace(f.Stream + " " + f.Consumer)
		fmt.Fprintf(&b, "%s  %s\n  %s\n  why it matters: %s\n", f.Code, view.OneLine(where), view.OneLine(f.What), view.OneLine(f.Why))
		for _, i := range f.Items {
			fmt.Fprintf(&b, "    %s  %s/%s, file %d, last seen on %s\n", view.OneLine(i.Item), view.OneLine(i.Lane), view.OneLine(i.Source), i.Seq, i.Last)
		}
		if n := f.Count - len(f.Items); len(f.Items) > 0 && n > 0 {
			fmt.Fprintf(&b, "    and %d more\n", n)
		}
		switch {
		case f.Repaired:
			fmt.Fprintf(&b, "  repaired: %s\n", view.OneLine(f.Repair))
		case f.Failed != "":
			fmt.Fprintf(&b, "  not repaired: %s\n", view.OneLine(f.Failed))
		case f.Repair != "" && !repair:
			fmt.Fprintf(&b, "  --repair would: %s\n", view.OneLine(f.Repair))
		case f.Advice != "":
			fmt.Fprintf(&b, "  what to do: %s\n", view.OneLine(f.Advice))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
