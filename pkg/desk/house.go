package desk

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/doctor"
	"github.com/copydesk/copydesk/pkg/ledger"
)

// keepHouse counts the ledger on and trims the streams now and then. It runs beside
// ingest, in as many processes as ingest does: both jobs bear company.
func (d *Desk) keepHouse(ctx context.Context) (err error) {
	nc, err := d.dial(Housekeeping)
	if err != nil {
		return err
	}
	defer nc.Close()
	defer func() { err = bus.Explain(nc, err) }()
	js, err := jetstream.New(nc)
	if err != nil {
		return fmt.Errorf("keep house: %w", err)
	}
	books, err := bus.Patiently(ctx, nc, func(ctx context.Context) (*ledger.Ledger, error) { return ledger.Open(ctx, js) })
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
	trimmer.Sweeper = bus.NewSweeper(js, blobs, d.o.Now)
	d.examine(ctx, js)
	tick := time.NewTicker(d.o.HousekeepingInterval)
	defer tick.Stop()
	if err := d.balance(ctx, js, books); err != nil && ctx.Err() == nil {
		d.o.Logger.Warn("housekeeping", "err", err)
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		// Trouble here is passing, or the stages have it too and say so.
		if err := d.tidy(ctx, js, books, scrubber, trimmer); err != nil && ctx.Err() == nil {
			d.o.Logger.Warn("housekeeping", "err", bus.Explain(nc, err))
		}
	}
}

// examine says at the start what is wrong with the road. What can be repaired is left to
// a person: a stage must be stopped for some of it.
func (d *Desk) examine(ctx context.Context, js jetstream.JetStream) {
	found, err := doctor.New(js, d.topo, d.o.Now).Examine(ctx)
	if err != nil && ctx.Err() == nil {
		d.o.Logger.Warn("examine the streams", "err", err)
	}
	for _, f := range found {
		d.o.Logger.Warn("something is wrong, see copydesk doctor", "code", f.Code, "stream", f.Stream, "consumer", f.Consumer, "what", f.What)
	}
}

// tidy counts before it removes.
func (d *Desk) tidy(ctx context.Context, js jetstream.JetStream, books *ledger.Ledger, scrubber *scrubber, trimmer *bus.Trimmer) error {
	if err := d.balance(ctx, js, books); err != nil {
		return err
	}
	if err := books.Save(ctx); err != nil {
		return err
	}
	if err := scrubber.scrub(ctx); err != nil {
		return err
	}
	if _, err := trimmer.Trim(ctx); err != nil {
		return err
	}
	_, err := trimmer.Sweeper.Sweep(ctx)
	return err
}

// balance counts the ledger on, and again after asking the consumers, which costs
// little and tells what is lost from what is on its way.
func (d *Desk) balance(ctx context.Context, js jetstream.JetStream, books *ledger.Ledger) error {
	if err := books.Advance(ctx); err != nil {
		return err
	}
	before := ledger.Total(books.Report())
	hand, err := inHand(ctx, js, d.topo)
	if err != nil {
		return err
	}
	if err := books.Advance(ctx); err != nil {
		return err
	}
	report := books.Report()
	d.ledger.Set(report)
	d.ledger.SetLeak(ledger.Leak(before, hand, ledger.Total(report)))
	return nil
}
