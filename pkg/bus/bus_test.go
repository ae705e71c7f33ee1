package bus_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desktest"
	"github.com/copydesk/copydesk/pkg/natsembed"
)

// road is a server on which everything is declared.
type road struct {
	*desktest.Server
	topo *bus.Topology
}

func newRoad(t *testing.T, s bus.Settings) *road {
	t.Helper()
	r := &road{desktest.StartServer(t, natsembed.Options{Profile: s.Profile}), bus.NewTopology(s)}
	if err := bus.Provision(t.Context(), r.JS, r.topo); err != nil {
		t.Fatal(err)
	}
	return r
}

func newPublisher(t *testing.T, nc *nats.Conn, o bus.PublisherOptions) *bus.Publisher {
	t.Helper()
	p, err := bus.NewPublisher(nc, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// stream declares a stream of one subject and returns it.
func stream(t *testing.T, s *desktest.Server, cfg jetstream.StreamConfig) jetstream.Stream {
	t.Helper()
	js, err := s.JS.CreateStream(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

// message is a message under an id; an empty id is none.
func message(subject, id string) *nats.Msg {
	m := nats.NewMsg(subject)
	if id != "" {
		m.Header.Set(nats.MsgIdHdr, id)
	}
	m.Data = []byte("body of " + id)
	return m
}

// put stores messages one by one.
func (r *road) put(t *testing.T, msgs ...*nats.Msg) {
	t.Helper()
	for _, m := range msgs {
		if _, err := r.JS.PublishMsg(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
}

// state returns what a stream holds.
func (r *road) state(t *testing.T, name string) jetstream.StreamState {
	t.Helper()
	s, err := r.JS.Stream(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return s.CachedInfo().State
}

// storedAt returns when a stream stored a message.
func (r *road) storedAt(t *testing.T, name string, seq uint64) time.Time {
	t.Helper()
	s, err := r.JS.Stream(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	m, err := s.GetMsg(t.Context(), seq)
	if err != nil {
		t.Fatal(err)
	}
	return m.Time
}

// ack acknowledges the next n messages of a stage's live consumer.
func (r *road) ack(t *testing.T, name, consumer string, n int) {
	t.Helper()
	c, err := r.JS.Consumer(t.Context(), name, consumer)
	if err != nil {
		t.Fatal(err)
	}
	batch, err := c.Fetch(n)
	if err != nil {
		t.Fatal(err)
	}
	got := 0
	for m := range batch.Messages() {
		if err := m.DoubleAck(t.Context()); err != nil {
			t.Fatal(err)
		}
		got++
	}
	if got != n {
		t.Fatalf("%d messages to acknowledge on %s, want %d", got, name, n)
	}
}

// answer is what a publisher told about one message.
type answer struct {
	ack bus.Ack
	err error
}

// publish publishes and returns where the answer will come.
func publish(t *testing.T, p *bus.Publisher, m *nats.Msg) <-chan answer {
	t.Helper()
	got := make(chan answer, 2) // room for a second answer, which would be a mistake
	if err := p.Publish(t.Context(), m, func(a bus.Ack, err error) { got <- answer{a, err} }); err != nil {
		t.Fatal(err)
	}
	return got
}

func await(t *testing.T, got <-chan answer) answer {
	t.Helper()
	select {
	case a := <-got:
		return a
	case <-time.After(30 * time.Second):
		t.Fatal("no answer")
		return answer{}
	}
}

// mute is a subject where the test holds back the answers.
type mute struct {
	nc   *nats.Conn
	msgs chan *nats.Msg
}

const mutedSubject = "muted"

func newMute(t *testing.T, s *desktest.Server) *mute {
	t.Helper()
	m := &mute{s.Conn, make(chan *nats.Msg, 100)}
	if _, err := s.Conn.ChanSubscribe(mutedSubject, m.msgs); err != nil {
		t.Fatal(err)
	}
	if err := s.Conn.Flush(); err != nil {
		t.Fatal(err)
	}
	return m
}

// next returns where to answer the next message.
func (m *mute) next(t *testing.T) (reply string) {
	t.Helper()
	select {
	case msg := <-m.msgs:
		return msg.Reply
	case <-time.After(30 * time.Second):
		t.Fatal("nothing was published")
		return ""
	}
}

func (m *mute) answer(t *testing.T, reply string, seq int) {
	t.Helper()
	if err := m.nc.Publish(reply, fmt.Appendf(nil, `{"stream":"S","seq":%d}`, seq)); err != nil {
		t.Fatal(err)
	}
}

// Workers that start together declare the streams together. The server has room for each
// stream once, and counts one that is being made for everybody who asks for it.
func TestProvision_byManyAtOnce(t *testing.T) {
	t.Parallel()
	s := desktest.StartServer(t, natsembed.Options{})
	done := make(chan error)
	const workers = 8
	for range workers {
		js, err := jetstream.New(s.Connect(t, "worker"))
		if err != nil {
			t.Fatal(err)
		}
		go func() { done <- bus.Provision(t.Context(), js, bus.NewTopology(bus.Settings{})) }()
	}
	for range workers {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestProvision_isIdempotentAndKeepsWhatIsStored(t *testing.T) {
	t.Parallel()
	r := newRoad(t, bus.Settings{})
	r.put(t, message("articles.inbox.ap", "a"))
	r.ack(t, article.StreamInbox, article.StageIngest, 1)
	created := map[string]time.Time{}
	for _, row := range r.topo.Streams {
		s, err := r.JS.Stream(t.Context(), row.Name)
		if err != nil {
			t.Fatal(err)
		}
		info := s.CachedInfo()
		created[row.Name] = info.Created
		if c := info.Config; c.MaxAge != 0 || c.Discard != jetstream.DiscardNew || c.MaxBytes <= 0 || !c.AllowAtomicPublish {
			t.Errorf("%s: max age %s, discard %s, max bytes %d, atomic %t: unacknowledged work must stay, a full stream must refuse",
				row.Name, c.MaxAge, c.Discard, c.MaxBytes, c.AllowAtomicPublish)
		}
	}
	wider := bus.NewTopology(bus.Settings{DuplicateWindow: 20 * time.Minute})
	for range 2 {
		if err := bus.Provision(t.Context(), r.JS, wider); err != nil {
			t.Fatal(err)
		}
	}
	for name, at := range created {
		s, err := r.JS.Stream(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if !s.CachedInfo().Created.Equal(at) {
			t.Errorf("%s was created anew", name)
		}
		if got := s.CachedInfo().Config.Duplicates; got != 20*time.Minute {
			t.Errorf("%s has a duplicate window of %s, want the new one", name, got)
		}
	}
	if got := r.state(t, article.StreamInbox).Msgs; got != 1 {
		t.Errorf("the inbox holds %d messages, want 1", got)
	}
	c, err := r.JS.Consumer(t.Context(), article.StreamInbox, article.StageIngest)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.CachedInfo().AckFloor.Stream; got != 1 {
		t.Errorf("the consumer's floor is %d, want 1", got)
	}
}

func TestTopology_givesEveryStreamAShareOfTheStore(t *testing.T) {
	t.Parallel()
	topo := bus.NewTopology(bus.Settings{})
	var sum int64
	for _, row := range topo.Streams {
		sum += row.Share
		for _, subject := range row.Subjects {
			if got := bus.StreamOf(fill(subject)); got != row.Name {
				t.Errorf("%s is stored in %q, want %s", subject, got, row.Name)
			}
		}
	}
	if sum <= 0 || sum >= 100 {
		t.Errorf("the streams' shares are %d %% together; blobs need some too", sum)
	}
	if got := bus.StreamOf("articles.nowhere"); got != "" {
		t.Errorf("an unknown subject is stored in %s", got)
	}
	if got := len(topo.Inputs(article.StageIngest)); got != 2 {
		t.Errorf("ingest has %d inputs, want the live and the backfill lane", got)
	}
}

// fill puts tokens in place of a subject's wildcards.
func fill(subject string) string {
	b := []byte(subject)
	for i := range b {
		if b[i] == '*' {
			b[i] = 'x'
		}
	}
	return string(b)
}

func TestState(t *testing.T) {
	t.Parallel()
	r := newRoad(t, bus.Settings{})
	ctx := t.Context()
	s, err := bus.OpenState(ctx, r.JS)
	if err != nil {
		t.Fatal(err)
	}
	created := time.Now().UTC()
	floor := func(at time.Time) uint64 {
		t.Helper()
		seq, err := s.Floor(ctx, "S", "c", at)
		if err != nil {
			t.Fatal(err)
		}
		return seq
	}
	if got := floor(created); got != 0 {
		t.Errorf("floor %d before one was saved", got)
	}
	if err := s.SaveFloor(ctx, "S", "c", created, 42); err != nil {
		t.Fatal(err)
	}
	if got := floor(created); got != 42 {
		t.Errorf("floor %d, want 42", got)
	}
	if got := floor(created.Add(time.Second)); got != 0 {
		t.Errorf("floor %d for a stream that was created anew, want 0", got)
	}

	starts := func() int {
		t.Helper()
		n, err := s.Starts(ctx, "ingest", "S", 7)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if got := starts(); got != 0 {
		t.Errorf("%d starts before the first", got)
	}
	if err := s.SaveStarts(ctx, "ingest", "S", 7, 2); err != nil {
		t.Fatal(err)
	}
	if got := starts(); got != 2 {
		t.Errorf("%d starts, want 2", got)
	}
	if err := s.ForgetStarts(ctx, "ingest", "S", 7); err != nil {
		t.Fatal(err)
	}
	if got := starts(); got != 0 {
		t.Errorf("%d starts after they were forgotten", got)
	}
}

func TestOpen_needsAProvisionedRoad(t *testing.T) {
	t.Parallel()
	s := desktest.StartServer(t, natsembed.Options{})
	if _, err := bus.OpenState(t.Context(), s.JS); !errors.Is(err, jetstream.ErrBucketNotFound) {
		t.Errorf("open state: %v", err)
	}
	if _, err := bus.OpenBlobs(t.Context(), s.JS); !errors.Is(err, jetstream.ErrBucketNotFound) {
		t.Errorf("open blobs: %v", err)
	}
}

func TestDial_saysHowToGetAServer(t *testing.T) {
	t.Parallel()
	_, err := bus.Dial("nats://127.0.0.1:1", bus.Identity{}, desktest.Logger(t))("test")
	if err == nil || !errors.Is(err, nats.ErrNoServers) {
		t.Errorf("error %v, want one that wraps the client's", err)
	}
}

// cancelled is a context that is over.
func cancelled(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}
