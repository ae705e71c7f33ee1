package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	"github.com/copydesk/copydesk/pkg/overview"
	"github.com/copydesk/copydesk/pkg/run"
	"github.com/copydesk/copydesk/pkg/view"
)

// statusCommand is "copydesk status".
func statusCommand() *cobra.Command {
	var (
		nats         connection
		asJSON, days bool
	)
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show the ledger and what waits where",
		Long: `Show the ledger, by source and lane, and what waits for each stage. For all time,

  items = enriched + duplicate + dead + in flight

A file counts as one item until it is opened. "since" is for how long the oldest message
has waited that a stage has not finished; a stage is absent when nobody pulls for it.
With --json there are also the lanes, the streams, the last dead letters, how long the
newest records took, and the versions that wrote them.

With --days it shows the ledger by day of arrival (UTC), by source and lane, whenever the
items ended. A day is closed when it is over and all that came in on it has ended; what
changes after that, by the retry of a dead letter, is noted as an amendment. Days are
kept for 400 days, longer than what they were counted from, by source for 35; older ones
are one row. With --json a day is a line.

The exit code is 1 when the ledger does
not balance: more items have ended than came in.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return nats.withClient(cmd, func(ctx context.Context, c *client) error {
				if days {
					return showDays(ctx, c.js, cmd.OutOrStdout(), asJSON)
				}
				s, err := readStatus(ctx, c.js)
				if err != nil {
					return err
				}
				if asJSON {
					err = json.NewEncoder(view.JSONWriter(cmd.OutOrStdout())).Encode(s)
				} else {
					err = s.print(cmd.OutOrStdout())
				}
				if err == nil && s.Total.InFlight < 0 {
					return fmt.Errorf("the ledger does not balance: %d more items ended than came in", -s.Total.InFlight)
				}
				return err
			})
		},
	}
	nats.flags(cmd.Flags())
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&days, "days", false, "show the ledger by day of arrival")
	return cmd
}

// status is what "copydesk status" prints: an overview, and which copydesk asked.
type status struct {
	*overview.Overview
	Client run.Build `json:"client"`
}

func readStatus(ctx context.Context, js jetstream.JetStream) (*status, error) {
	v, err := overview.New(ctx, js, overview.Options{})
	if err != nil {
		return nil, noDesk(err)
	}
	s, err := v.Take(ctx)
	if err != nil {
		return nil, err
	}
	return &status{s, run.BuildInfo()}, nil
}

func (s *status) print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "source\tlane\tfiles\titems\tenriched\tduplicate\tdead\tin flight\t")
	row := func(source, lane string, a overview.Account) {
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t\n", source, lane, a.Files, a.Items, a.Enriched, a.Duplicate, a.Dead, a.InFlight)
	}
	for _, a := range s.Sources {
		row(a.Source, string(a.Lane), a)
	}
	row("all", "", s.Total)
	fmt.Fprintln(w, "\t\t\t\t\t\t\t\t")
	fmt.Fprintln(w, "stage\tstream\twaiting\tat work\tagain\tsince\tstate\t")
	for _, b := range s.Stages {
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%s\t%s\t\n", b.Stage, b.Stream, b.Pending, b.AckPending, b.Redelivered, age(b.Oldest), b.State)
	}
	if s.Dead.Total > 0 {
		fmt.Fprintln(w, "\t\t\t\t\t\t\t")
		fmt.Fprintf(w, "dead\tinput %d\tfault %d\t\t\t\t\t\n", s.Dead.Input, s.Dead.Fault)
	}
	return w.Flush()
}

// age writes seconds as a person says them.
func age(seconds *float64) string {
	if seconds == nil {
		return "-"
	}
	d := time.Duration(*seconds * float64(time.Second))
	switch {
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}
