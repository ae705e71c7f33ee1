package desk

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/ledger"
)

// keepHouse counts the ledger on and trims the streams now and then. It runs beside
// ingest, in as many processes as ingest does: both jobs bear company.
func (d *Desk) keepHouse(ctx context.Context) (err error) {
	nc, err := d.o.Dial(Housekeeping)
	if err != nil {
		return err
	}
	defer nc.Close()
	defer func() { err = bus.Explain(nc, err) }()
	js, err := jetstream.New(nc)
	if err != nil {
		return fmt.Errorf("keep house: %w", err)
	}
	books, err := ledger.Open(ctx, js)
	if err != nil {
		return err
	}
	state, err := bus.OpenState(ctx, js)
	if err != nil {
		return err
	}
	blobs, err := bus.OpenBlobs(ctx, js)
	if err != nil {
		return err
	}
	scrubber := &scrubber{nc: nc, js: js, state: state, blobs: blobs, counted: books.KeepFrom}
	trimmer := bus.NewTrimmer(js, d.topo, state, d.o.Now, books.KeepFrom)
	tick := time.NewTicker(d.o.HousekeepingInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		// Trouble here is passing, or the stages have it too and say so.
		if err := tidy(ctx, books, scrubber, trimmer); err != nil && ctx.Err() == nil {
			d.o.Logger.Warn("housekeeping", "err", bus.Explain(nc, err))
		}
	}
}

// tidy counts before it removes.
func tidy(ctx context.Context, books *ledger.Ledger, scrubber *scrubber, trimmer *bus.Trimmer) error {
	if err := books.Advance(ctx); err != nil {
		return err
	}
	if err := books.Save(ctx); err != nil {
		return err
	}
	if err := scrubber.scrub(ctx); err != nil {
		return err
	}
	_, err := trimmer.Trim(ctx)
	return err
}
