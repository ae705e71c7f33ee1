package bus_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desktest"
	"github.com/copydesk/copydesk/pkg/natsembed"
)

func TestPublisher_tellsWhereAMessageIsStored(t *testing.T) {
	t.Parallel()
	s := desktest.StartServer(t, natsembed.Options{})
	stream(t, s, jetstream.StreamConfig{Name: "S", Subjects: []string{"s"}})
	p := newPublisher(t, s.Conn, bus.PublisherOptions{})
	for _, c := range []struct {
		id   string
		want bus.Ack
	}{
		{"a", bus.Ack{Stream: "S", Seq: 1}},
		{"b", bus.Ack{Stream: "S", Seq: 2}},
		{"a", bus.Ack{Stream: "S", Seq: 1, Duplicate: true}},
	} {
		got, err := p.PublishWait(t.Context(), message("s", c.id))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("answer to %s (-want +got):\n%s", c.id, diff)
		}
	}
}

func TestPublisher_keepsItsOrderThroughTheWindow(t *testing.T) {
	t.Parallel()
	s := desktest.StartServer(t, natsembed.Options{})
	stream(t, s, jetstream.StreamConfig{Name: "S", Subjects: []string{"s"}})
	p := newPublisher(t, s.Conn, bus.PublisherOptions{Window: 8})
	const n = 500
	answers := make([]<-chan answer, n)
	for i := range n {
		answers[i] = publish(t, p, message("s", strconv.Itoa(i)))
	}
	for i, got := range answers {
		if a := await(t, got); a.err != nil || a.ack.Seq != uint64(i+1) {
			t.Fatalf("message %d: %+v", i, a)
		}
	}
	if got := p.InFlight(); got != 0 {
		t.Errorf("%d messages in flight after every answer", got)
	}
}

func TestPublisher_blocksWhileTheWindowIsFull(t *testing.T) {
	t.Parallel()
	s := desktest.StartServer(t, natsembed.Options{})
	muted := newMute(t, s)
	p := newPublisher(t, s.Connect(t, "publisher"), bus.PublisherOptions{Window: 2, Timeout: time.Minute})
	one := publish(t, p, message(mutedSubject, ""))
	publish(t, p, message(mutedSubject, ""))
	if got := p.InFlight(); got != 2 {
		t.Errorf("%d in flight, want 2", got)
	}
	none := func(bus.Ack, error) { t.Error("told about a message that was never sent") }
	if err := p.Publish(cancelled(t), message(mutedSubject, ""), none); !errors.Is(err, context.Canceled) {
		t.Errorf("publish into a full window: %v, want it to wait until its context ends", err)
	}
	blocked := make(chan answer, 1)
	go func() {
		ack, err := p.PublishWait(t.Context(), message(mutedSubject, ""))
		blocked <- answer{ack, err}
	}()
	muted.answer(t, muted.next(t), 1)
	if a := await(t, one); a.err != nil || a.ack.Seq != 1 {
		t.Errorf("first message: %+v", a)
	}
	muted.next(t) // the second
	muted.answer(t, muted.next(t), 3)
	if a := await(t, blocked); a.err != nil || a.ack.Seq != 3 {
		t.Errorf("the message that waited: %+v", a)
	}
}

func TestPublisher_givesUpOnAnAnswerThatDoesNotCome(t *testing.T) {
	t.Parallel()
	s := desktest.StartServer(t, natsembed.Options{})
	muted := newMute(t, s)
	p := newPublisher(t, s.Connect(t, "publisher"), bus.PublisherOptions{Timeout: 100 * time.Millisecond})
	lost := publish(t, p, message(mutedSubject, ""))
	if a := await(t, lost); !errors.Is(a.err, bus.ErrNoAck) {
		t.Fatalf("told %+v, want ErrNoAck", a)
	}
	// The late answer must not settle the message that has the place now.
	late := muted.next(t)
	next := publish(t, p, message(mutedSubject, ""))
	muted.answer(t, late, 1)
	muted.answer(t, muted.next(t), 2)
	if a := await(t, next); a.err == nil && a.ack.Seq != 2 {
		t.Errorf("the next message was told %+v, the answer of the one before it", a)
	}
	select {
	case a := <-lost:
		t.Errorf("told a second time: %+v", a)
	default:
	}
}

func TestPublisher_knowsThatAReconnectLosesAnswers(t *testing.T) {
	t.Parallel()
	s := desktest.StartServer(t, natsembed.Options{})
	muted := newMute(t, s)
	nc := s.Connect(t, "publisher")
	p := newPublisher(t, nc, bus.PublisherOptions{Timeout: time.Hour})
	lost := publish(t, p, message(mutedSubject, ""))
	muted.next(t)
	if err := nc.ForceReconnect(); err != nil {
		t.Fatal(err)
	}
	if a := await(t, lost); !errors.Is(a.err, bus.ErrNoAck) {
		t.Errorf("told %+v, want ErrNoAck", a)
	}
	again := publish(t, p, message(mutedSubject, ""))
	muted.answer(t, muted.next(t), 7)
	if a := await(t, again); a.err != nil || a.ack.Seq != 7 {
		t.Errorf("after the reconnect: %+v", a)
	}
}

func TestPublisher_isToldWhenNoStreamListens(t *testing.T) {
	t.Parallel()
	s := desktest.StartServer(t, natsembed.Options{})
	p := newPublisher(t, s.Conn, bus.PublisherOptions{})
	if _, err := p.PublishWait(t.Context(), message("nowhere", "")); !errors.Is(err, bus.ErrNoAck) {
		t.Errorf("error %v, want ErrNoAck", err)
	}
}

func TestPublisher_tellsAFullStreamFromABrokenOne(t *testing.T) {
	t.Parallel()
	s := desktest.StartServer(t, natsembed.Options{})
	p := newPublisher(t, s.Conn, bus.PublisherOptions{})
	for _, cfg := range []jetstream.StreamConfig{
		{Name: "BYTES", Subjects: []string{"bytes"}, MaxBytes: 200},
		{Name: "COUNT", Subjects: []string{"count"}, MaxMsgs: 1},
	} {
		cfg.Discard = jetstream.DiscardNew
		stream(t, s, cfg)
		var err error
		for i := 0; i < 10 && err == nil; i++ {
			_, err = p.PublishWait(t.Context(), message(cfg.Subjects[0], strconv.Itoa(i)))
		}
		if !errors.Is(err, bus.ErrFull) {
			t.Errorf("%s: %v, want ErrFull", cfg.Name, err)
		}
	}
	stream(t, s, jetstream.StreamConfig{Name: "SMALL", Subjects: []string{"small"}, MaxMsgSize: 10})
	_, err := p.PublishWait(t.Context(), message("small", "a message that is too long"))
	var refused *jetstream.APIError
	if errors.Is(err, bus.ErrFull) || !errors.As(err, &refused) {
		t.Errorf("error %v, want the server's own", err)
	}
}

func TestPublisher_closesWithAWordToEveryone(t *testing.T) {
	t.Parallel()
	s := desktest.StartServer(t, natsembed.Options{})
	muted := newMute(t, s)
	p := newPublisher(t, s.Connect(t, "publisher"), bus.PublisherOptions{Window: 2, Batch: 2, Linger: time.Hour, Timeout: time.Hour})
	sent := publish(t, p, message(mutedSubject, ""))
	filling := publish(t, p, message(article.SubjectIngested, "a"))
	blocked := make(chan error, 1)
	go func() {
		blocked <- p.Publish(t.Context(), message(mutedSubject, ""), func(bus.Ack, error) {})
	}()
	muted.next(t)
	p.Close()
	p.Close() // closing twice is harmless
	for name, got := range map[string]<-chan answer{"sent": sent, "filling": filling} {
		if a := await(t, got); !errors.Is(a.err, bus.ErrClosed) {
			t.Errorf("%s: told %+v, want ErrClosed", name, a)
		}
	}
	if err := <-blocked; !errors.Is(err, bus.ErrClosed) {
		t.Errorf("a blocked publish: %v, want ErrClosed", err)
	}
	if _, err := p.PublishWait(t.Context(), message(mutedSubject, "")); !errors.Is(err, bus.ErrClosed) {
		t.Errorf("publish after close: %v, want ErrClosed", err)
	}
}

func TestPublishWait_endsWithItsContext(t *testing.T) {
	t.Parallel()
	s := desktest.StartServer(t, natsembed.Options{})
	newMute(t, s)
	p := newPublisher(t, s.Connect(t, "publisher"), bus.PublisherOptions{})
	_, err := p.PublishWait(cancelled(t), message(mutedSubject, ""))
	if !errors.Is(err, bus.ErrNoAck) || !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want ErrNoAck and the context's", err)
	}
}

func TestBatch_storesItsMessagesInOrder(t *testing.T) {
	t.Parallel()
	r := newRoad(t, bus.Settings{Profile: bus.Durable})
	p := newPublisher(t, r.Conn, bus.PublisherOptions{Batch: 4, Linger: time.Hour})
	var answers []<-chan answer
	for i := range 8 {
		answers = append(answers, publish(t, p, message(article.SubjectIngested, strconv.Itoa(i))))
	}
	for i, got := range answers {
		if a := await(t, got); a.err != nil || a.ack != (bus.Ack{Stream: article.StreamIngested, Seq: uint64(i + 1)}) {
			t.Errorf("message %d: %+v", i, a)
		}
	}
	if got := r.state(t, article.StreamIngested).Msgs; got != 8 {
		t.Errorf("%d messages stored, want 8", got)
	}
}

func TestBatch_goesOutUnfinishedAfterItsLinger(t *testing.T) {
	t.Parallel()
	r := newRoad(t, bus.Settings{})
	p := newPublisher(t, r.Conn, bus.PublisherOptions{Batch: 100, Linger: time.Millisecond})
	for i := range 3 {
		var answers []<-chan answer
		for j := range i + 1 {
			answers = append(answers, publish(t, p, message(article.SubjectIngested, strconv.Itoa(10*i+j))))
		}
		for _, got := range answers {
			if a := await(t, got); a.err != nil {
				t.Error(a.err)
			}
		}
	}
	if got := r.state(t, article.StreamIngested).Msgs; got != 6 {
		t.Errorf("%d messages stored, want 6", got)
	}
}

func TestBatch_withADuplicateStoresTheRest(t *testing.T) {
	t.Parallel()
	r := newRoad(t, bus.Settings{})
	r.put(t, message(article.SubjectIngested, "a"))
	p := newPublisher(t, r.Conn, bus.PublisherOptions{Batch: 3, Linger: time.Hour})
	var got []answer
	var answers []<-chan answer
	for _, id := range []string{"b", "a", "c"} {
		answers = append(answers, publish(t, p, message(article.SubjectIngested, id)))
	}
	for _, a := range answers {
		got = append(got, await(t, a))
	}
	for i, duplicate := range []bool{false, true, false} {
		if got[i].err != nil || got[i].ack.Duplicate != duplicate {
			t.Errorf("message %d: %+v, want duplicate %t", i, got[i], duplicate)
		}
	}
	if n := r.state(t, article.StreamIngested).Msgs; n != 3 {
		t.Errorf("%d messages stored, want 3", n)
	}
	if n := p.InFlight(); n != 0 {
		t.Errorf("%d messages in flight after every answer", n)
	}
}

// expect demands that the stream ends at a sequence.
func expect(m *nats.Msg, last uint64) *nats.Msg {
	m.Header.Set(jetstream.ExpectedLastSeqHeader, strconv.FormatUint(last, 10))
	return m
}

func TestPublishAtomic_storesAllBehindItsFenceOrNothing(t *testing.T) {
	t.Parallel()
	r := newRoad(t, bus.Settings{})
	p := newPublisher(t, r.Conn, bus.PublisherOptions{})
	decision := func(id string) *nats.Msg { return message(article.SubjectDecisions, id) }
	for _, c := range []struct {
		name string
		msgs []*nats.Msg
		seq  uint64
		err  error
	}{
		{"one behind a fence that holds", []*nats.Msg{expect(decision("a"), 0)}, 1, nil},
		{"several behind a fence that holds", []*nats.Msg{expect(decision("b"), 1), decision("c"), decision("d")}, 4, nil},
		{"one behind a fence that does not", []*nats.Msg{expect(decision("e"), 1)}, 0, bus.ErrConflict},
		{"several behind a fence that does not", []*nats.Msg{expect(decision("f"), 2), decision("g")}, 0, bus.ErrConflict},
	} {
		ack, err := p.PublishAtomic(t.Context(), c.msgs)
		if !errors.Is(err, c.err) || ack.Seq != c.seq {
			t.Errorf("%s: %+v, %v; want sequence %d, %v", c.name, ack, err, c.seq, c.err)
		}
	}
	if n := r.state(t, article.StreamDecisions).Msgs; n != 4 {
		t.Errorf("%d messages stored, want 4", n)
	}
	if _, err := p.PublishAtomic(t.Context(), nil); err == nil {
		t.Error("no messages are published without an error")
	}
	if _, err := p.PublishAtomic(cancelled(t), []*nats.Msg{decision("h")}); !errors.Is(err, bus.ErrNoAck) {
		t.Errorf("with a context that is over: %v, want ErrNoAck", err)
	}
}
