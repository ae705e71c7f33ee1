package desk

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"golang.org/x/sync/errgroup"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/dedupe"
	"github.com/copydesk/copydesk/pkg/desktest"
)

// An erased article leaves the log with the message its decision was in. The decisions
// that were taken together with it are said again: to the decider at work, to one that
// stands by and to one that reads the log from the beginning they are what they were.
func TestDecider_erasesOneOfManyDecidedTogether(t *testing.T) {
	t.Parallel()
	s := logServer(t)
	gather, begun := make(chan struct{}), make(chan struct{})
	begin := sync.OnceFunc(func() { close(begun) })
	d := decideOn(t, s, func(p publish) publish {
		return func(ctx context.Context, msgs []*nats.Msg) (bus.Ack, error) {
			begin()
			<-gather
			return p(ctx, msgs)
		}
	})
	standby := deciderOn(t, s, false, nil)
	const neighbours = 6
	var asked errgroup.Group
	before := make([]dedupe.Entry, neighbours+2)
	decide := func(d *decider, n int) (dedupe.Entry, error) {
		if n == neighbours+1 {
			return d.decide(t.Context(), arrival(n, story(2, 3))) // a copy of the second
		}
		return d.decide(t.Context(), arrival(n, story(n, 0)))
	}
	for n := range before {
		asked.Go(func() (err error) {
			before[n], err = decide(d, n)
			return err
		})
		// The first is being appended while the others gather, in order, so that the copy
		// comes after its original.
		<-begun
		desktest.Wait(t, "the question to be asked", func() bool { return len(d.asks) == n })
	}
	close(gather)
	if err := asked.Wait(); err != nil {
		t.Fatal(err)
	}
	gone := arrival(1, story(1, 0)).Item
	find := func() Traces {
		t.Helper()
		traces, err := FindTraces(t.Context(), s.Conn, []string{gone})
		if err != nil {
			t.Fatal(err)
		}
		return traces
	}
	first := find()
	if len(first.Messages) != 1 || first.Entered || len(first.missing) < 3 || !slices.Equal(first.Words, []string{before[1].Hash}) {
		t.Fatalf("traces %+v: want one message with others in it", first)
	}
	for range 2 { // once more changes nothing
		if err := d.enterErasure(t.Context(), Erasure{ID: "x", Items: []string{gone}, At: time.Now()}); err != nil {
			t.Fatal(err)
		}
	}
	if traces := find(); !traces.Entered {
		t.Fatalf("traces %+v: want the erasure entered", traces)
	}
	if err := bus.Forget(t.Context(), s.JS, article.StreamDecisions, first.Messages); err != nil {
		t.Fatal(err)
	}
	if traces := find(); !traces.Entered || len(traces.Messages) > 0 {
		t.Fatalf("traces %+v: want none", traces)
	}
	last, err := bus.Gap(t.Context(), s.Conn, s.JS, article.StreamDecisions, article.SubjectDecisions, 1<<40)
	if err != nil {
		t.Fatal(err)
	}
	desktest.Wait(t, "the standby to read on", func() bool {
		r, err := standby.ask(t.Context(), ask{find: gone})
		return err == nil && r.seq == 0
	})
	for name, who := range map[string]*decider{"the decider": d, "the standby": standby, "a new one": decideOn(t, s, nil)} {
		for n, want := range before {
			if n == 1 {
				continue
			}
			e, err := decide(who, n)
			if err != nil || e.Relation != want.Relation || e.URI != want.URI || e.Item != want.Item {
				t.Errorf("%s says of %d: %s %s, %v; want %s %s", name, n, e.Relation, e.URI, err, want.Relation, want.URI)
			}
		}
	}
	if end, err := bus.Gap(t.Context(), s.Conn, s.JS, article.StreamDecisions, article.SubjectDecisions, 1<<40); err != nil || end != last {
		t.Errorf("something was decided anew: the log ends at %d, before at %d, %v", end, last, err)
	}
	// Nobody knows what was erased.
	e, err := d.decide(t.Context(), arrival(50, story(1, 4)))
	if err != nil || e.Relation != article.New {
		t.Errorf("a copy of what was erased is %s, %v, want new", e.Relation, err)
	}
	e, err = d.decide(t.Context(), arrival(51, story(3, 4)))
	if err != nil || e.Relation != article.Near {
		t.Errorf("a copy of a neighbour is %s, %v, want near", e.Relation, err)
	}
}

// What takes an article out has nothing of it but hashes of its identities.
func TestForget_keepsNoFingerprints(t *testing.T) {
	t.Parallel()
	a := arrival(1, story(1, 0))
	e := dedupe.NewIndex(dedupe.Options{}).Decide(a, dedupe.Sign(a), nil)
	e.Changes = []article.Change{{Op: "insert", Text: "A sentence of it."}}
	line, err := encodeDecision(new(forget(e)))
	if err != nil {
		t.Fatal(err)
	}
	if len(line) > 900 || strings.Contains(string(line), "sentence") {
		t.Errorf("%d bytes: %s", len(line), line)
	}
}
