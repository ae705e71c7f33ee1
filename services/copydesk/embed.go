package main

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desk"
	"github.com/copydesk/copydesk/pkg/door"
	"github.com/copydesk/copydesk/pkg/natsembed"
	"github.com/copydesk/copydesk/pkg/survey"
)

// road is a provisioned NATS, with an inbox, for commands that run a desk.
type road struct {
	dial   bus.Dialer
	server *natsembed.Server // nil when NATS is elsewhere
	nc     *nats.Conn
	js     jetstream.JetStream
	pub    *bus.Publisher
	blobs  *bus.Blobs
	intake *bus.Intake
	inbox  *door.Inbox
}

// embedRoad starts a server in the process and provisions it.
func embedRoad(ctx context.Context, o natsembed.Options, s bus.Settings) (*road, error) {
	server, err := natsembed.Start(o)
	if err != nil {
		return nil, err
	}
	r, err := openRoad(ctx, server.Dial, s)
	if err != nil {
		server.Shutdown()
		return nil, err
	}
	r.server = server
	r.intake.Heed(server.Trouble)
	return r, nil
}

// openRoad provisions a NATS that runs elsewhere.
func openRoad(ctx context.Context, dial bus.Dialer, s bus.Settings) (r *road, err error) {
	if err := provision(ctx, dial, s); err != nil {
		return nil, err
	}
	nc, err := dial(desk.RoleDoor)
	if err != nil {
		return nil, err
	}
	r = &road{dial: dial, nc: nc}
	defer func() {
		if err != nil {
			err = bus.Explain(nc, err)
			r.Close()
		}
	}()
	if r.js, err = jetstream.New(nc); err != nil {
		return nil, fmt.Errorf("use JetStream: %w", err)
	}
	if r.blobs, err = bus.OpenBlobs(ctx, r.js); err != nil {
		return nil, err
	}
	if r.pub, err = bus.NewPublisher(nc, bus.PublisherOptions{}); err != nil {
		return nil, err
	}
	r.intake = bus.NewIntake(r.pub, r.blobs)
	r.inbox, err = door.OpenInbox(ctx, r.js, r.intake)
	return r, err
}

// survey is how the server in the process is looked at; nil when NATS is elsewhere.
func (r *road) survey() survey.Source {
	if r.server == nil {
		return nil
	}
	return r.server.Survey
}

// provision declares the streams, on a connection of its own: who may do that need not be
// allowed anything else.
func provision(ctx context.Context, dial bus.Dialer, s bus.Settings) error {
	nc, err := dial(desk.RoleProvision)
	if err != nil {
		return err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return fmt.Errorf("use JetStream: %w", err)
	}
	_, err = bus.Patiently(ctx, nc, func(ctx context.Context) (any, error) { return nil, bus.Provision(ctx, js, bus.NewTopology(s)) })
	return err
}

// trouble returns why the server in the process stores nothing, nil while it does or
// when NATS is elsewhere.
func (r *road) trouble() error {
	if r.server == nil {
		return nil
	}
	return r.server.Trouble()
}

// Close takes the road down; a server in the process last.
func (r *road) Close() {
	if r.pub != nil {
		r.pub.Close()
	}
	r.nc.Close()
	if r.server != nil {
		r.server.Shutdown()
	}
}
