package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/ledger"
	"github.com/copydesk/copydesk/pkg/view"
)

// status is what "copydesk status" prints: the ledger and what waits where.
type status struct {
	Total   account   `json:"total"`
	Sources []account `json:"sources"`
	Stages  []backlog `json:"stages"`
}

// account is the ledger of one source in one lane, or of all.
type account struct {
	ledger.Sums
	Items    int64 `json:"items"`
	InFlight int64 `json:"in_flight"`
}

// backlog is what waits for a stage on a stream.
type backlog struct {
	Stage       string `json:"stage"`
	Stream      string `json:"stream"`
	Pending     uint64 `json:"pending"`     // not yet delivered
	AckPending  int    `json:"ack_pending"` // at work
	Redelivered int    `json:"redelivered"` // at work for another time
}

// statusCommand is "copydesk status".
func statusCommand() *cobra.Command {
	var (
		nats   connection
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show the ledger and what waits where",
		Long: `Show the ledger, by source and lane, and what waits for each stage. For all time,

  items = enriched + duplicate + dead + in flight

A file counts as one item until it is opened. The exit code is 1 when the ledger does
not balance: more items have ended than came in.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return nats.withClient(cmd, func(ctx context.Context, c *client) error {
				s, err := readStatus(ctx, c.js)
				if err != nil {
					return err
				}
				if asJSON {
					err = json.NewEncoder(cmd.OutOrStdout()).Encode(s)
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
	return cmd
}

func readStatus(ctx context.Context, js jetstream.JetStream) (*status, error) {
	books, err := ledger.Open(ctx, js)
	if err != nil {
		return nil, noDesk(err)
	}
	if err := books.Advance(ctx); err != nil {
		return nil, err
	}
	report := books.Report()
	s := &status{Total: accountOf(ledger.Total(report)), Sources: []account{}, Stages: []backlog{}}
	for _, sums := range report {
		s.Sources = append(s.Sources, accountOf(sums))
	}
	for _, c := range bus.NewTopology(bus.Settings{}).Consumers {
		consumer, err := js.Consumer(ctx, c.Stream, c.Name)
		if err != nil {
			return nil, fmt.Errorf("read consumer %s of %s: %w", c.Name, c.Stream, err)
		}
		info := consumer.CachedInfo()
		s.Stages = append(s.Stages, backlog{c.Name, c.Stream, info.NumPending, info.NumAckPending, info.NumRedelivered})
	}
	return s, nil
}

func accountOf(s ledger.Sums) account { return account{s, s.Items(), s.InFlight()} }

func (s *status) print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "source\tlane\tfiles\titems\tenriched\tduplicate\tdead\tin flight\t")
	row := func(source, lane string, a account) {
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t\n", source, lane, a.Files, a.Items, a.Enriched, a.Duplicate, a.Dead, a.InFlight)
	}
	for _, a := range s.Sources {
		row(view.OneLine(a.Source), view.OneLine(string(a.Lane)), a)
	}
	row("all", "", s.Total)
	fmt.Fprintln(w, "\t\t\t\t\t\t\t\t")
	fmt.Fprintln(w, "stage\tstream\twaiting\tat work\tagain\t")
	for _, b := range s.Stages {
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t\n", b.Stage, b.Stream, b.Pending, b.AckPending, b.Redelivered)
	}
	return w.Flush()
}
