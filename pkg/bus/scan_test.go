package bus_test

import (
	"errors"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
)

// scan returns the ids a scan sees and where it ends.
func (r *road) scan(t *testing.T, name string, o bus.ScanOptions) (ids []string, next uint64) {
	t.Helper()
	next, err := bus.Scan(t.Context(), r.JS, name, o, func(m jetstream.Msg, meta *jetstream.MsgMetadata) error {
		if got := len(m.Data()) > 0; got != o.Bodies {
			t.Errorf("message %d has a body: %t, want %t", meta.Sequence.Stream, got, o.Bodies)
		}
		ids = append(ids, m.Headers().Get(nats.MsgIdHdr))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids, next
}

func TestScan_readsWhatItIsAskedFor(t *testing.T) {
	t.Parallel()
	r := newRoad(t, bus.Settings{})
	for i := range 6 {
		r.put(t, message("articles.inbox."+[]string{"ap", "mail"}[i%2], strconv.Itoa(i+1)))
	}
	third := r.storedAt(t, article.StreamInbox, 3)
	for _, c := range []struct {
		name string
		o    bus.ScanOptions
		want []string
		next uint64
	}{
		{"everything", bus.ScanOptions{}, []string{"1", "2", "3", "4", "5", "6"}, 7},
		{"with the bodies", bus.ScanOptions{Bodies: true}, []string{"1", "2", "3", "4", "5", "6"}, 7},
		{"from the first sequence", bus.ScanOptions{From: 1}, []string{"1", "2", "3", "4", "5", "6"}, 7},
		{"from a sequence", bus.ScanOptions{From: 5}, []string{"5", "6"}, 7},
		{"from beyond the end", bus.ScanOptions{From: 9}, nil, 9},
		{"since a time", bus.ScanOptions{Since: third}, []string{"3", "4", "5", "6"}, 7},
		{"since just after it", bus.ScanOptions{Since: third.Add(1)}, []string{"4", "5", "6"}, 7},
		{"since a time to come", bus.ScanOptions{Since: time.Now().Add(time.Hour)}, nil, 7},
		{"of a subject", bus.ScanOptions{Subject: "articles.inbox.mail"}, []string{"2", "4", "6"}, 7},
		{"of a subject from a sequence", bus.ScanOptions{Subject: "articles.inbox.ap", From: 2}, []string{"3", "5"}, 7},
		{"of a subject nobody used", bus.ScanOptions{Subject: "articles.inbox.rss"}, nil, 7},
	} {
		got, next := r.scan(t, article.StreamInbox, c.o)
		if !slices.Equal(got, c.want) || next != c.next {
			t.Errorf("%s: %v, next %d; want %v, %d", c.name, got, next, c.want, c.next)
		}
	}
	if got, next := r.scan(t, article.StreamDead, bus.ScanOptions{}); got != nil || next != 1 {
		t.Errorf("an empty stream: %v, next %d", got, next)
	}
}

func TestScan_readsMoreThanABatchAndLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	r := newRoad(t, bus.Settings{})
	p := newPublisher(t, r.Conn, bus.PublisherOptions{})
	const n = 1203
	var last <-chan answer
	for i := range n {
		last = publish(t, p, message("articles.inbox.ap", strconv.Itoa(i)))
	}
	await(t, last)
	got, next := r.scan(t, article.StreamInbox, bus.ScanOptions{})
	if len(got) != n || got[0] != "0" || got[n-1] != strconv.Itoa(n-1) || next != n+1 {
		t.Errorf("%d messages, next %d", len(got), next)
	}
	s, err := r.JS.Stream(t.Context(), article.StreamInbox)
	if err != nil {
		t.Fatal(err)
	}
	if c := s.CachedInfo().State.Consumers; c != 1 {
		t.Errorf("%d consumers on the inbox, want ingest's only", c)
	}
}

func TestScan_stopsWhenItIsTold(t *testing.T) {
	t.Parallel()
	r := newRoad(t, bus.Settings{})
	r.put(t, message("articles.inbox.ap", "1"), message("articles.inbox.ap", "2"))
	enough, seen := errors.New("enough"), 0
	_, err := bus.Scan(t.Context(), r.JS, article.StreamInbox, bus.ScanOptions{}, func(jetstream.Msg, *jetstream.MsgMetadata) error {
		seen++
		return enough
	})
	if !errors.Is(err, enough) || seen != 1 {
		t.Errorf("error %v after %d messages", err, seen)
	}
	if _, err := bus.Scan(t.Context(), r.JS, "NOWHERE", bus.ScanOptions{}, nil); !errors.Is(err, jetstream.ErrStreamNotFound) {
		t.Errorf("error %v, want the missing stream's", err)
	}
}

func TestFirstSince(t *testing.T) {
	t.Parallel()
	r := newRoad(t, bus.Settings{})
	for i := range 4 {
		r.put(t, message("articles.inbox.ap", strconv.Itoa(i)))
	}
	third := r.storedAt(t, article.StreamInbox, 3)
	for _, c := range []struct {
		name, stream string
		at           time.Time
		want         uint64
	}{
		{"a message's own time", article.StreamInbox, third, 3},
		{"between two messages", article.StreamInbox, third.Add(1), 4},
		{"before the first", article.StreamInbox, third.Add(-time.Hour), 1},
		{"after the last", article.StreamInbox, third.Add(time.Hour), 5},
		{"in an empty stream", article.StreamDead, third, 1},
	} {
		got, err := bus.FirstSince(t.Context(), r.JS, c.stream, c.at)
		if err != nil || got != c.want {
			t.Errorf("%s: %d, %v; want %d", c.name, got, err, c.want)
		}
	}
}
