package desk

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/dedupe"
	"github.com/copydesk/copydesk/pkg/desktest"
	"github.com/copydesk/copydesk/pkg/natsembed"
)

// logServer is a server with a decision log.
func logServer(t testing.TB) *desktest.Server {
	t.Helper()
	s := desktest.StartServer(t, natsembed.Options{})
	if err := bus.Provision(t.Context(), s.JS, bus.NewTopology(bus.Settings{})); err != nil {
		t.Fatal(err)
	}
	return s
}

// decideOn starts a decider on a connection of its own, active whatever others do.
// Wrap, if not nil, is put around how it appends.
func decideOn(t testing.TB, s *desktest.Server, wrap func(publish) publish) *decider {
	t.Helper()
	return deciderOn(t, s, true, wrap)
}

func deciderOn(t testing.TB, s *desktest.Server, active bool, wrap func(publish) publish) *decider {
	t.Helper()
	nc := s.Connect(t, "decider")
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	pub, err := bus.NewPublisher(nc, bus.PublisherOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pub.Close)
	blobs, err := bus.OpenBlobs(t.Context(), js)
	if err != nil {
		t.Fatal(err)
	}
	log := &decisions{nc: nc, js: js, publish: pub.PublishAtomic}
	if wrap != nil {
		log.publish = wrap(log.publish)
	}
	reg := prometheus.NewRegistry()
	d := &decider{
		log: log, index: dedupe.NewIndex(dedupe.Options{}),
		refuse: func(string) error { return nil }, overrides: func() *dedupe.Overrides { return nil }, active: func() bool { return active },
		versions: &versions{courier: newCourier(article.StageDedupe, blobs, Options{Now: time.Now}), log: log},
		image:    newImage("", log),
		warn:     func(err error) { t.Error(err) },
		m:        newVerdicts(reg, newMetrics(reg).index, func() bool { return true }),
		asks:     make(chan ask, maxDecisions), gone: make(chan struct{}),
	}
	if err := d.replay(t.Context()); err != nil {
		t.Fatal(err)
	}
	desktest.Run(t, d.run)
	return d
}

type publish = func(context.Context, []*nats.Msg) (bus.Ack, error)

// arrival is the n-th article of a test, with its own identity.
func arrival(n int, text string) *article.Article {
	at := time.Date(2026, 3, 1, 8, 0, 0, n, time.UTC)
	headline := ""
	return &article.Article{
		Item: article.ItemID(time.Unix(1, 0), uint64(n), 0), URI: article.URI(article.ItemID(time.Unix(1, 0), uint64(n), 0)),
		Version: 1, Received: at, Text: &text, Headline: &headline, Kind: article.KindArticle, Source: article.Source{Name: "test"},
	}
}

// story is a text of made-up words that shares nothing with another group's; variants of
// one group are near-duplicates.
func story(group, variant int) string {
	r := rand.New(rand.NewPCG(7, uint64(group)))
	word := func() string {
		var b strings.Builder
		for range 2 + r.IntN(3) {
			b.WriteByte("bdfgklmnprstvz"[r.IntN(14)])
			b.WriteByte("aeiou"[r.IntN(5)])
		}
		return b.String()
	}
	var b strings.Builder
	for i := range 12 {
		fmt.Fprintf(&b, "The %s council of %s said that %s and %s would %s the %s near %s.\n\n", word(), word(), word(), word(), word(), word(), word())
		if i == variant {
			b.WriteString("Nobody else was heard.\n\n")
		}
	}
	return strings.TrimSpace(b.String())
}

func TestDecider_twoDecidersMissNoDuplicateReleasedAtTheSameInstant(t *testing.T) {
	t.Parallel()
	groups := 200
	if testing.Short() {
		groups = 50
	}
	s := logServer(t)
	deciders := []*decider{decideOn(t, s, nil), decideOn(t, s, nil)}
	got := make([][2]dedupe.Entry, groups)
	for g := range groups {
		var wg sync.WaitGroup
		barrier := make(chan struct{})
		for i, d := range deciders {
			a := arrival(2*g+i+1, story(g, i))
			wg.Go(func() {
				<-barrier
				e, err := d.decide(t.Context(), a)
				if err != nil {
					t.Error(err)
				}
				got[g][i] = e
			})
		}
		close(barrier)
		wg.Wait()
	}
	missed := 0
	for g, pair := range got {
		first, second := pair[0], pair[1]
		if second.Relation == article.New {
			first, second = second, first
		}
		if first.Relation != article.New || !second.Relation.Stops() || second.Of == nil || *second.Of != first.URI {
			missed++
			t.Errorf("group %d: %s and %s", g, first.Relation, second.Relation)
		}
	}
	t.Logf("%d groups, %d missed, %v conflicts", groups, missed, conflicts(deciders...))
	if conflicts(deciders...) == 0 {
		t.Error("the deciders never met: the test shows nothing")
	}
}

func conflicts(deciders ...*decider) (n float64) {
	for _, d := range deciders {
		n += value(d.m.conflicts)
	}
	return n
}

func TestDecider_survivesWhatCanBecomeOfAnAppend(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		// once stands in for one append.
		once func(ctx context.Context, msgs []*nats.Msg, p publish) (bus.Ack, error)
	}{
		{"it is not stored and not answered", func(context.Context, []*nats.Msg, publish) (bus.Ack, error) {
			return bus.Ack{}, bus.ErrNoAck
		}},
		{"it is stored and the answer is lost", func(ctx context.Context, msgs []*nats.Msg, p publish) (bus.Ack, error) {
			if _, err := p(ctx, msgs); err != nil {
				return bus.Ack{}, err
			}
			return bus.Ack{}, bus.ErrNoAck
		}},
		{"it is stored and sent again, which the fence refuses", func(ctx context.Context, msgs []*nats.Msg, p publish) (bus.Ack, error) {
			if _, err := p(ctx, msgs); err != nil {
				return bus.Ack{}, err
			}
			return p(ctx, msgs)
		}},
		{"the server refuses the batch", func(context.Context, []*nats.Msg, publish) (bus.Ack, error) {
			return bus.Ack{}, &jetstream.APIError{Code: 400, ErrorCode: 10176, Description: "batch publish is incomplete and was abandoned"}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := logServer(t)
			var calls int
			d := decideOn(t, s, func(p publish) publish {
				return func(ctx context.Context, msgs []*nats.Msg) (bus.Ack, error) {
					if calls++; calls == 2 {
						return c.once(ctx, msgs, p)
					}
					return p(ctx, msgs)
				}
			})
			var got []article.Relation
			for n, text := range []string{story(1, 0), story(1, 1), story(2, 0)} {
				a := arrival(n+1, text)
				e, err := d.decide(t.Context(), a)
				if err != nil {
					t.Fatal(err)
				}
				again, err := d.decide(t.Context(), a)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(applied(e), applied(again)); diff != "" {
					t.Errorf("the verdict on a redelivery differs (-first +again):\n%s", diff)
				}
				got = append(got, e.Relation)
			}
			if diff := cmp.Diff([]article.Relation{article.New, article.Near, article.New}, got); diff != "" {
				t.Errorf("verdicts (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]string{arrival(1, "").Item, arrival(2, "").Item, arrival(3, "").Item}, logged(t, s)); diff != "" {
				t.Errorf("the log (-want +got):\n%s", diff)
			}
		})
	}
}

// applied is what a verdict makes of a record.
func applied(e dedupe.Entry) *article.Article {
	a := &article.Article{}
	e.Apply(a)
	return a
}

// logged lists the items in the log; one that was taken out has a minus before it.
func logged(t testing.TB, s *desktest.Server) (items []string) {
	t.Helper()
	l := &decisions{nc: s.Conn, js: s.JS}
	err := l.readOn(t.Context(), func(e dedupe.Entry, _ uint64) {
		if e.Removed {
			e.Item = "-" + e.Item
		}
		items = append(items, e.Item)
	})
	if err != nil {
		t.Fatal(err)
	}
	return items
}

func TestDecider_givesUpWhenAppendingFailsForGood(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	works := false
	s := logServer(t)
	d := decideOn(t, s, func(p publish) publish {
		return func(ctx context.Context, msgs []*nats.Msg) (bus.Ack, error) {
			if works {
				return p(ctx, msgs)
			}
			return bus.Ack{}, broken
		}
	})
	if _, err := d.decide(t.Context(), arrival(1, story(1, 0))); !errors.Is(err, broken) {
		t.Fatalf("decide: %v, want %v", err, broken)
	}
	works = true
	// What was not stored has not been decided.
	if e, err := d.decide(t.Context(), arrival(2, story(1, 1))); err != nil || e.Relation != article.New {
		t.Errorf("the next with these words is %s, %v, want new", e.Relation, err)
	}
}

func TestDecider_standsByUntilTheLogSaysMore(t *testing.T) {
	t.Parallel()
	s := logServer(t)
	a, b := decideOn(t, s, nil), deciderOn(t, s, false, nil)
	if _, err := a.decide(t.Context(), arrival(1, story(1, 0))); err != nil {
		t.Fatal(err)
	}
	desktest.Wait(t, "the standby to know", func() bool { return value(b.m.entries) == 1 })
	// Woken up, it knows what the other said without having to be refused first.
	e, err := b.decide(t.Context(), arrival(1, story(1, 0)))
	if err != nil || e.Relation != article.New || conflicts(b) != 0 {
		t.Errorf("the standby says %s, %v after %v conflicts", e.Relation, err, conflicts(b))
	}
}

func TestDecider_takesOutWhatDied(t *testing.T) {
	t.Parallel()
	s := logServer(t)
	d, other := decideOn(t, s, nil), decideOn(t, s, nil)
	dead := arrival(1, story(1, 0))
	if _, err := d.decide(t.Context(), dead); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := d.withdraw(t.Context(), dead.Item); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.withdraw(t.Context(), arrival(9, "").Item); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{dead.Item, "-" + dead.Item}, logged(t, s)); diff != "" {
		t.Errorf("the log (-want +got):\n%s", diff)
	}
	// The other decider learns of it when it is refused.
	e, err := other.decide(t.Context(), arrival(2, story(1, 1)))
	if err != nil || e.Relation != article.New {
		t.Errorf("a copy of what died is %s, %v, want new", e.Relation, err)
	}
}

func TestDecider_endsWhenTheLogWasCutShort(t *testing.T) {
	t.Parallel()
	s := logServer(t)
	nc := s.Connect(t, "cut")
	pub, err := bus.NewPublisher(nc, bus.PublisherOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pub.Close)
	l := &decisions{nc: nc, js: s.JS, publish: pub.PublishAtomic, last: 7}
	none := func(dedupe.Entry, uint64) {}
	if err := l.append(t.Context(), [][]byte{[]byte(`{"item":"x"}`)}); !errors.Is(err, bus.ErrConflict) {
		t.Errorf("append beyond the end: %v, want a conflict", err)
	}
	if err := l.readToEnd(t.Context(), none); !errors.Is(err, errRewound) {
		t.Errorf("read beyond the end: %v, want errRewound", err)
	}
	// A log whose end was only removed goes on where it was.
	for range 3 {
		if _, err := s.JS.Publish(t.Context(), article.SubjectDecisions, []byte("{}")); err != nil {
			t.Fatal(err)
		}
	}
	stream, err := s.JS.Stream(t.Context(), article.StreamDecisions)
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	l.last = 1
	if err := l.readToEnd(t.Context(), none); err != nil || l.last != 3 {
		t.Errorf("a purged log is read up to %d, %v, want 3", l.last, err)
	}
	if err := l.append(t.Context(), [][]byte{[]byte(`{"item":"x"}`)}); err != nil || l.last != 4 {
		t.Errorf("append after that: %v, up to %d", err, l.last)
	}
}
