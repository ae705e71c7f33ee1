package stage_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desktest"
	"github.com/copydesk/copydesk/pkg/natsembed"
	"github.com/copydesk/copydesk/pkg/stage"
)

func TestRun_aGateThatClosesDropsItsPulls(t *testing.T) {
	t.Parallel()
	r := newRoad(t, 1, natsembed.Options{})
	var open atomic.Bool
	changed := make(chan struct{})
	o := relay(0)
	o.Inputs[0].Gate = func(context.Context) bool { return open.Load() }
	o.Inputs[0].GateChanged = changed
	r.run(t, o)
	waiting := func() int {
		c, err := r.JS.Consumer(t.Context(), o.Inputs[0].Stream, o.Inputs[0].Consumer)
		if err != nil {
			t.Fatal(err)
		}
		return c.CachedInfo().NumWaiting
	}
	set := func(to bool) {
		open.Store(to)
		changed <- struct{}{}
	}
	set(true)
	desktest.Wait(t, "pulls", func() bool { return waiting() > 0 })
	set(false)
	desktest.Wait(t, "the pulls to go", func() bool { return waiting() == 0 })
	r.fill(t, 50, []byte("body"))
	if n := len(r.items(t, "H1")); n > 0 {
		t.Errorf("%d messages passed a closed gate", n)
	}
	set(true)
	desktest.Wait(t, "all messages", func() bool { return r.count(t, "H1") >= 50 })
	allOnce(t, r.items(t, "H1"), 50)
}

func TestRun_saysWhereAnOutIsStored(t *testing.T) {
	t.Parallel()
	r := newRoad(t, 1, natsembed.Options{})
	o := relay(0)
	var last atomic.Uint64
	work := o.Func
	o.Func = func(ctx context.Context, in stage.In) ([]stage.Out, error) {
		outs, err := work(ctx, in)
		outs[0].Placed = func(a bus.Ack) {
			if a.Stream == "H1" && a.Seq > last.Load() {
				last.Store(a.Seq)
			}
		}
		return outs, err
	}
	r.run(t, o)
	r.fill(t, 20, []byte("body"))
	desktest.Wait(t, "the place of the last message", func() bool { return last.Load() == 20 })
}
