package bench

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desk"
)

// pipeline runs the real desk on a provisioned road.
func (x *road) pipeline(ctx context.Context) error {
	d, err := desk.New(desk.Options{Dial: x.srv.Dial, Settings: x.topo.Settings, Logger: x.o.Logger})
	if err != nil {
		return err
	}
	return d.Run(ctx)
}

// quiet measures what does not need load: the start of the desk with its server, the
// way of one article through an idle pipeline, and of articles at a steady rate.
func quiet(ctx context.Context, o Options, r *Report) error {
	debug.FreeOSMemory()
	start := time.Now()
	srv, err := o.Start(o.Profile)
	if err != nil {
		return err
	}
	defer srv.Stop()
	r.add("start", "server_ready", millis(time.Since(start)), "ms")

	x := &road{o: o, srv: srv, topo: bus.NewTopology(bus.Settings{Profile: o.Profile})}
	d, err := desk.New(desk.Options{Dial: srv.Dial, Settings: x.topo.Settings, Provision: true, Logger: o.Logger})
	if err != nil {
		return err
	}
	return while(ctx, d.Run, func(ctx context.Context) error {
		if err := awaitReady(ctx, d); err != nil {
			return err
		}
		r.add("start", "desk_ready", millis(time.Since(start)), "ms")
		if err := x.connect(); err != nil {
			return err
		}
		defer x.nc.Close()
		if err := x.idle(ctx, r); err != nil {
			return err
		}
		return x.steady(ctx, r, "pipeline", max(o.Rate/2, 1), func(i int) []byte { return []byte(Article(o.Idle + i)) })
	})
}

// awaitReady asks so often that the answer is good to half a millisecond.
func awaitReady(ctx context.Context, d *desk.Desk) error {
	tick := time.NewTicker(500 * time.Microsecond)
	defer tick.Stop()
	for d.Ready() != nil {
		select {
		case <-ctx.Done():
			return fmt.Errorf("the desk does not start: %w", context.Cause(ctx))
		case <-tick.C:
		}
	}
	return nil
}

// idle sends articles through the pipeline one at a time.
func (x *road) idle(ctx context.Context, r *Report) error {
	ends, err := x.watch(ctx)
	if err != nil {
		return err
	}
	defer ends.stop()
	pub, err := bus.NewPublisher(x.nc, bus.PublisherOptions{})
	if err != nil {
		return err
	}
	defer pub.Close()
	took := make([]time.Duration, x.o.Idle)
	for i := range took {
		start := time.Now()
		if _, err := pub.PublishWait(ctx, file(i, []byte(Article(i)))); err != nil {
			return err
		}
		arrived, err := ends.next(ctx)
		if err != nil {
			return err
		}
		took[i] = arrived.at.Sub(start)
	}
	r.percentiles("idle", took)
	return nil
}
