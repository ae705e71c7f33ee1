package bus_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
)

// trim trims as if it were later by so much, and returns how many messages went.
func (r *road) trim(t *testing.T, later time.Duration, guards ...bus.Guard) uint64 {
	t.Helper()
	n, err := bus.NewTrimmer(r.JS, r.topo, r.memory(t), func() time.Time { return time.Now().Add(later) }, guards...).Trim(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestTrim_removesWhatIsOldAndAcknowledged(t *testing.T) {
	t.Parallel()
	r := newRoad(t, bus.Settings{InboxAge: time.Hour})
	r.put(t, message("articles.inbox.ap", "1"), message("articles.inbox.ap", "2"), message("articles.inbox.ap", "3"))
	if n := r.trim(t, 2*time.Hour); n != 0 {
		t.Errorf("%d messages went, none acknowledged", n)
	}
	r.ack(t, article.StreamInbox, article.StageIngest, 2)
	if n := r.trim(t, 0); n != 0 {
		t.Errorf("%d messages went before their age", n)
	}
	// The third is in nobody's hands, and the two before it are as old: they were
	// stored before the oldest unacknowledged one.
	if n := r.trim(t, 2*time.Hour); n != 2 {
		t.Errorf("%d messages went, want the two acknowledged", n)
	}
	r.ack(t, article.StreamInbox, article.StageIngest, 1)
	if n := r.trim(t, 2*time.Hour); n != 1 {
		t.Errorf("%d messages went, want the last", n)
	}
	if n := r.trim(t, 2*time.Hour); n != 0 {
		t.Errorf("%d messages went from an empty road", n)
	}
}

func TestTrim_waitsForEveryDurableConsumer(t *testing.T) {
	t.Parallel()
	r := newRoad(t, bus.Settings{InboxAge: time.Hour})
	r.put(t, message("articles.inbox.ap", "1"))
	r.ack(t, article.StreamInbox, article.StageIngest, 1)
	_, err := r.JS.CreateConsumer(t.Context(), article.StreamInbox, jetstream.ConsumerConfig{Durable: "archive", AckPolicy: jetstream.AckExplicitPolicy})
	if err != nil {
		t.Fatal(err)
	}
	if n := r.trim(t, 2*time.Hour); n != 0 {
		t.Errorf("%d messages went before somebody else's consumer had them", n)
	}
	r.ack(t, article.StreamInbox, "archive", 1)
	if n := r.trim(t, 2*time.Hour); n != 1 {
		t.Errorf("%d messages went, want 1", n)
	}
}

// A stage that comes back must find what it published for inputs it never
// acknowledged, however old it is.
func TestTrim_keepsOutputsOfUnacknowledgedInputs(t *testing.T) {
	t.Parallel()
	r := newRoad(t, bus.Settings{HopAge: time.Hour, InboxAge: time.Hour, OutputAge: time.Hour})
	r.put(t, message(article.SubjectIngested, "ingest/0"))
	r.put(t, message("articles.inbox.ap", "1"))
	r.put(t, message(article.SubjectIngested, "ingest/1"), message(article.DeadSubject(article.StageIngest), "ingest/2"))
	r.ack(t, article.StreamIngested, article.StageDedupe, 2)
	if n := r.trim(t, 2*time.Hour); n != 1 {
		t.Errorf("%d messages went, want only the output older than the unacknowledged input", n)
	}
	r.ack(t, article.StreamInbox, article.StageIngest, 1)
	if n := r.trim(t, 2*time.Hour); n != 3 {
		t.Errorf("%d messages went, want the input, its output and the dead letter", n)
	}
}

func TestTrim_asksItsGuards(t *testing.T) {
	t.Parallel()
	r := newRoad(t, bus.Settings{OutputAge: time.Hour})
	for _, id := range []string{"1", "2", "3"} {
		r.put(t, message("articles.enriched.en.new.ap", id))
	}
	guard := func(_ context.Context, stream string) (uint64, error) {
		if stream == article.StreamEnriched {
			return 3, nil
		}
		return bus.KeepNothing, nil
	}
	if n := r.trim(t, 2*time.Hour, guard); n != 2 {
		t.Errorf("%d messages went, want those below the guard's", n)
	}
	if first := r.state(t, article.StreamEnriched).FirstSeq; first != 3 {
		t.Errorf("the stream begins at %d, want 3", first)
	}
	broken := errors.New("no ledger")
	later := func() time.Time { return time.Now().Add(2 * time.Hour) }
	_, err := bus.NewTrimmer(r.JS, r.topo, r.memory(t), later, func(context.Context, string) (uint64, error) { return 0, broken }).Trim(t.Context())
	if !errors.Is(err, broken) {
		t.Errorf("error %v, want the guard's", err)
	}
	if n := r.state(t, article.StreamEnriched).Msgs; n != 1 {
		t.Errorf("%d messages left after a guard failed, want 1", n)
	}
}

func TestTrim_needsTheRoad(t *testing.T) {
	t.Parallel()
	r := newRoad(t, bus.Settings{})
	if err := r.JS.DeleteConsumer(t.Context(), article.StreamTagged, article.StageSummarize); err != nil {
		t.Fatal(err)
	}
	_, err := bus.NewTrimmer(r.JS, r.topo, r.memory(t), time.Now).Trim(t.Context())
	if !errors.Is(err, jetstream.ErrConsumerNotFound) {
		t.Errorf("error %v, want the missing consumer's: without it nothing is known to be finished", err)
	}
}

func TestTrim_remembersHowFarTheInputsAreAcknowledged(t *testing.T) {
	t.Parallel()
	r := newRoad(t, bus.Settings{})
	r.put(t, message("articles.inbox.ap", "1"), message("articles.inbox.ap", "2"))
	r.ack(t, article.StreamInbox, article.StageIngest, 2)
	r.trim(t, 0)
	s, err := r.JS.Stream(t.Context(), article.StreamInbox)
	if err != nil {
		t.Fatal(err)
	}
	floor, err := r.memory(t).Floor(t.Context(), article.StreamInbox, article.StageIngest, s.CachedInfo().Created)
	if floor != 2 || err != nil {
		t.Errorf("the remembered floor is %d (%v), want 2", floor, err)
	}
}

// memory is what the road remembers beside its streams.
func (r *road) memory(t *testing.T) *bus.State {
	t.Helper()
	s, err := bus.OpenState(t.Context(), r.JS)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
