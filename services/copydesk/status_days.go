package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/ledger"
)

// showDays prints the ledger by day of arrival and returns an error when it does not
// balance.
func showDays(ctx context.Context, js jetstream.JetStream, out io.Writer, asJSON bool) error {
	books, err := ledger.Open(ctx, js)
	if err != nil {
		return noDesk(err)
	}
	if err := books.Advance(ctx); err != nil {
		return err
	}
	days := books.Days()
	if asJSON {
		err = writeDays(out, days)
	} else {
		err = printDays(out, days)
	}
	if err != nil {
		return err
	}
	if err := ledger.CheckDays(books.Report(), days); err != nil {
		return fmt.Errorf("the ledger does not balance: %w", err)
	}
	return nil
}

// dayLine is a day with the figures that follow from its sums.
type dayLine struct {
	ledger.Day
	Items    int64 `json:"items"`
	InFlight int64 `json:"in_flight"`
}

func writeDays(out io.Writer, days []ledger.Day) error {
	enc := json.NewEncoder(out)
	for _, d := range days {
		total := ledger.Total(d.Sums)
		if err := enc.Encode(dayLine{d, total.Items(), total.InFlight()}); err != nil {
			return err
		}
	}
	return nil
}

func printDays(out io.Writer, days []ledger.Day) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "day\tsource\tlane\tfiles\titems\tenriched\tduplicate\tdead\tin flight\tstate\t")
	for _, d := range days {
		state := "open"
		if d.Closed != nil {
			state = "closed"
		}
		if n := len(d.Amendments); n > 0 {
			state += fmt.Sprintf(", amended %d", n)
		}
		day := d.Day
		if day == "" {
			day = "before"
		}
		for _, s := range d.Sums {
			fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t\n",
				day, s.Source, s.Lane, s.Files, s.Items(), s.Enriched, s.Duplicate, s.Dead, s.InFlight(), state)
		}
	}
	return w.Flush()
}
