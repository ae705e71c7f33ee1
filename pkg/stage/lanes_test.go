package stage_test

import (
	"context"
	"fmt"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/desktest"
	"github.com/copydesk/copydesk/pkg/natsembed"
	"github.com/copydesk/copydesk/pkg/stage"
)

func TestRun_whatYieldsIsWorkedOnAfterTheRest(t *testing.T) {
	t.Parallel()
	r := newRoad(t, 1, natsembed.Options{})
	for i := range 6 {
		m := nats.NewMsg("h0")
		m.Header.Set(article.HeaderItem, "item"+strconv.Itoa(i))
		if i < 4 {
			m.Header.Set(article.HeaderLane, string(article.Backfill))
		}
		if _, err := r.JS.PublishMsg(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	o := relay(0)
	o.Yields = func(in stage.In) bool { return in.Header.Get(article.HeaderLane) != "" }
	release := make(chan struct{})
	var order []string
	work := o.Func
	o.Func = func(ctx context.Context, in stage.In) ([]stage.Out, error) {
		<-release
		order = append(order, in.Header.Get(article.HeaderItem)) // by the one worker
		return work(ctx, in)
	}
	stop := r.run(t, o)
	desktest.Wait(t, "all to be in hand", func() bool {
		c, err := r.JS.Consumer(t.Context(), "H0", "c")
		if err != nil {
			t.Fatal(err)
		}
		return c.CachedInfo().NumAckPending == 6
	})
	close(release)
	desktest.Wait(t, "all messages", func() bool { return r.count(t, "H1") == 6 })
	stop()
	// The first was begun when there was nothing else.
	if diff := cmp.Diff([]string{"item0", "item4", "item5", "item1", "item2", "item3"}, order); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

// door admits one at a time, as often as it is told.
type door struct {
	tickets chan struct{}
	inside  atomic.Int32
	most    atomic.Int32
}

func (d *door) admit(ctx context.Context) (func(), error) {
	select {
	case <-d.tickets:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if n := d.inside.Add(1); n > d.most.Load() {
		d.most.Store(n)
	}
	return func() { d.inside.Add(-1) }, nil
}

func TestRun_eachArticleOfAFileIsAdmitted(t *testing.T) {
	t.Parallel()
	r := newRoad(t, 1, natsembed.Options{})
	d := &door{tickets: make(chan struct{})}
	o := relay(0)
	o.Inputs[0].Admit = d.admit
	o.Func = func(_ context.Context, in stage.In) ([]stage.Out, error) {
		var outs []stage.Out
		for i := range 3 {
			item := fmt.Sprintf("%s.%d", in.Header.Get(article.HeaderItem), i)
			outs = append(outs, stage.Out{Item: item, Subject: "h1", Header: nats.Header{article.HeaderItem: {item}}})
		}
		return outs, nil
	}
	stop := r.run(t, o)
	r.fill(t, 2, nil)
	for n := 1; n <= 4; n++ { // the first file, and the first article of the second
		d.tickets <- struct{}{}
		desktest.Wait(t, "one more article", func() bool { return r.count(t, "H1") == n && d.inside.Load() == 0 })
	}
	if n := d.most.Load(); n != 1 {
		t.Errorf("%d were inside at a time, want one", n)
	}
	// A stage that stops finishes the file that it has begun.
	stop()
	if n := r.count(t, "H1"); n != 6 {
		t.Errorf("%d articles are out after the stop, want 6", n)
	}
}

func TestRun_whatWaitsForAdmissionHoldsUpNobodyAndGoesBackAtTheEnd(t *testing.T) {
	t.Parallel()
	r := newRoad(t, 2, natsembed.Options{})
	closed := &door{tickets: make(chan struct{})}
	o := relay(1) // H1 -> H2
	o.Inputs = append(o.Inputs, stage.Input{Stream: "H0", Consumer: "c", Admit: closed.admit})
	stop := r.run(t, o)
	r.fill(t, 20, nil)
	desktest.Wait(t, "old material to be at the door", func() bool {
		c, err := r.JS.Consumer(t.Context(), "H0", "c")
		if err != nil {
			t.Fatal(err)
		}
		return c.CachedInfo().NumAckPending > 0
	})
	m := nats.NewMsg("h1")
	m.Header.Set(article.HeaderItem, "news")
	if _, err := r.JS.PublishMsg(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	desktest.Wait(t, "the news", func() bool { return r.count(t, "H2") == 1 })
	stop()
	open := &door{tickets: make(chan struct{}, 20)}
	for range 20 {
		open.tickets <- struct{}{}
	}
	o.Inputs[1].Admit = open.admit
	r.run(t, o)
	desktest.Wait(t, "old material", func() bool { return r.count(t, "H2") == 21 })
}
