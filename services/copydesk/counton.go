package main

import (
	"context"
	"log/slog"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/ledger"
	"github.com/copydesk/copydesk/pkg/natsembed"
)

// afterRestart looks, when the machine was started anew, whether the streams in a folder
// lost their end with the power, and has them count on after it. It does so on a server
// of its own that has no port: a sender who waits for the desk would take the very
// numbers that are to be passed over.
func afterRestart(ctx context.Context, o natsembed.Options, s bus.Settings, log *slog.Logger) error {
	restarted, err := natsembed.Restarted(o.Dir)
	if err != nil {
		return err
	}
	if restarted {
		o.Listen = ""
		if err := countOn(ctx, o, s, log); err != nil {
			return err
		}
	}
	return natsembed.NoteBoot(o.Dir)
}

func countOn(ctx context.Context, o natsembed.Options, s bus.Settings, log *slog.Logger) error {
	r, err := embedRoad(ctx, o, s)
	if err != nil {
		return err
	}
	defer r.Close()
	topo := bus.NewTopology(s)
	places, err := ledgerPlaces(ctx, r.js, topo)
	if err != nil {
		return err
	}
	passed, err := bus.CountOn(ctx, r.js, topo, places)
	for stream, n := range passed {
		log.Warn("the stream lost its end with the power; it counts on after it", "stream", stream, "numbers", n)
	}
	return err
}

// ledgerPlaces returns the last message of each stream that the ledger has counted.
func ledgerPlaces(ctx context.Context, js jetstream.JetStream, topo *bus.Topology) (map[string]uint64, error) {
	books, err := ledger.Open(ctx, js)
	if err != nil {
		return nil, err
	}
	places := map[string]uint64{}
	for _, row := range topo.Streams {
		s, err := js.Stream(ctx, row.Name)
		if err != nil {
			return nil, err
		}
		if created, next := books.Place(row.Name); next > 0 && created.Equal(s.CachedInfo().Created) {
			places[row.Name] = next - 1
		}
	}
	return places, nil
}
