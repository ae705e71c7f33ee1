package doctor_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desk"
	"github.com/copydesk/copydesk/pkg/desktest"
	"github.com/copydesk/copydesk/pkg/doctor"
	"github.com/copydesk/copydesk/pkg/ledger"
	"github.com/copydesk/copydesk/pkg/natsembed"
)

// patient is a provisioned road that nobody works on.
type patient struct {
	*desktest.Server
	t     *testing.T
	topo  *bus.Topology
	state *bus.State
	pub   *bus.Publisher
}

func newPatient(t *testing.T) *patient {
	t.Helper()
	p := &patient{Server: desktest.StartServer(t, natsembed.Options{}), t: t, topo: bus.NewTopology(bus.Settings{})}
	p.must(bus.Provision(t.Context(), p.JS, p.topo))
	var err error
	p.state, err = bus.OpenState(t.Context(), p.JS)
	p.must(err)
	p.pub, err = bus.NewPublisher(p.Conn, bus.PublisherOptions{})
	p.must(err)
	t.Cleanup(p.pub.Close)
	return p
}

func (p *patient) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *patient) doctor() *doctor.Doctor { return doctor.New(p.JS, p.topo, time.Now) }

// codes are what an examination finds, with the place.
func (p *patient) codes(found []*doctor.Finding, err error) []string {
	p.t.Helper()
	p.must(err)
	codes := []string{}
	for _, f := range found {
		if f.What == "" || f.Why == "" || f.Repair == "" && f.Advice == "" && f.Code != doctor.LedgerLeak {
			p.t.Errorf("%s explains nothing: %+v", f.Code, f)
		}
		codes = append(codes, strings.TrimSpace(f.Code+" "+f.Stream+" "+f.Consumer))
	}
	return codes
}

func (p *patient) created(stream string) time.Time {
	p.t.Helper()
	s, err := p.JS.Stream(p.t.Context(), stream)
	p.must(err)
	return s.CachedInfo().Created
}

// files drops n files as they are.
func (p *patient) files(n int) {
	p.t.Helper()
	for range n {
		_, err := p.pub.PublishWait(p.t.Context(), &nats.Msg{Subject: "articles.inbox.ap", Data: []byte("x")})
		p.must(err)
	}
}

// take has a consumer deliver n messages and acknowledges them, in place of a stage.
func (p *patient) take(stream, stage string, n int) {
	p.t.Helper()
	c, err := p.JS.Consumer(p.t.Context(), stream, stage)
	p.must(err)
	for range n {
		m, err := c.Next(jetstream.FetchMaxWait(10 * time.Second))
		p.must(err)
		p.must(m.DoubleAck(p.t.Context()))
	}
}

func TestDoctor_findsNothingOnAHealthyRoad(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	p.files(3)
	p.take(article.StreamInbox, article.StageIngest, 0)
	if got := p.codes(p.doctor().Examine(t.Context())); len(got) > 0 {
		t.Errorf("found %v", got)
	}
	if got := p.codes(p.doctor().Audit(t.Context())); len(got) > 0 {
		t.Errorf("the audit found %v in files that wait", got)
	}
}

func TestDoctor_findsAndRepairs(t *testing.T) {
	t.Parallel()
	inbox := article.StreamInbox + " " + article.StageIngest
	for _, c := range []struct {
		name string
		harm func(p *patient, ctx context.Context)
		want []string
		// left is what stays after the repair.
		left  []string
		check func(p *patient, ctx context.Context)
	}{
		{
			name: "a stream is gone",
			harm: func(p *patient, ctx context.Context) { p.must(p.JS.DeleteStream(ctx, article.StreamTagged)) },
			want: []string{doctor.StreamMissing + " " + article.StreamTagged},
		},
		{
			name: "somebody gave a stream a maximum age",
			harm: func(p *patient, ctx context.Context) {
				s, err := p.JS.Stream(ctx, article.StreamInbox)
				p.must(err)
				cfg := s.CachedInfo().Config
				cfg.MaxAge = time.Hour
				_, err = p.JS.UpdateStream(ctx, cfg)
				p.must(err)
			},
			want: []string{doctor.StreamDiffers + " " + article.StreamInbox},
		},
		{
			name: "a consumer is gone",
			harm: func(p *patient, ctx context.Context) {
				p.must(p.JS.DeleteConsumer(ctx, article.StreamUnique, article.StageEntities))
			},
			want: []string{doctor.ConsumerMissing + " " + article.StreamUnique + " " + article.StageEntities},
		},
		{
			name: "a consumer gives up after three deliveries",
			harm: func(p *patient, ctx context.Context) {
				cfg := p.topo.ConsumerConfig(p.topo.Inputs(article.StageEntities)[0])
				cfg.MaxDeliver = 3
				_, err := p.JS.UpdateConsumer(ctx, article.StreamUnique, cfg)
				p.must(err)
			},
			want: []string{doctor.ConsumerDiffers + " " + article.StreamUnique + " " + article.StageEntities},
		},
		{
			name: "a consumer stands beyond its stream's end",
			harm: func(p *patient, ctx context.Context) {
				p.files(2)
				_, err := p.JS.ResetConsumerToSequence(ctx, article.StreamInbox, article.StageIngest, 9)
				p.must(err)
			},
			want: []string{doctor.ConsumerAhead + " " + inbox},
			check: func(p *patient, _ context.Context) {
				p.take(article.StreamInbox, article.StageIngest, 2) // they are delivered
			},
		},
		{
			name: "more is remembered as done than the stream has",
			harm: func(p *patient, ctx context.Context) {
				p.files(2)
				p.must(p.state.SaveFloor(ctx, article.StreamInbox, article.StageIngest, p.created(article.StreamInbox), 7))
			},
			want: []string{doctor.FloorAhead + " " + inbox},
			check: func(p *patient, ctx context.Context) {
				seq, err := p.state.Floor(ctx, article.StreamInbox, article.StageIngest, p.created(article.StreamInbox))
				if p.must(err); seq != 0 {
					p.t.Errorf("%d is still remembered", seq)
				}
			},
		},
		{
			name: "the server forgot what a consumer acknowledged",
			harm: func(p *patient, ctx context.Context) {
				p.files(5)
				p.take(article.StreamInbox, article.StageIngest, 3)
				p.must(p.state.SaveFloor(ctx, article.StreamInbox, article.StageIngest, p.created(article.StreamInbox), 3))
				_, err := p.JS.ResetConsumerToSequence(ctx, article.StreamInbox, article.StageIngest, 1)
				p.must(err)
			},
			want: []string{doctor.FloorReset + " " + inbox},
			check: func(p *patient, ctx context.Context) {
				c, err := p.JS.Consumer(ctx, article.StreamInbox, article.StageIngest)
				p.must(err)
				m, err := c.Next(jetstream.FetchMaxWait(10 * time.Second))
				p.must(err)
				if meta, err := m.Metadata(); err != nil || meta.Sequence.Stream != 4 {
					p.t.Errorf("delivered %+v, %v; want the fourth", meta, err)
				}
			},
		},
		{
			name: "state is left of an earlier stream and of a message that is gone",
			harm: func(p *patient, ctx context.Context) {
				p.must(p.state.SaveFloor(ctx, article.StreamTagged, article.StageSummarize, time.Unix(1e9, 0), 7))
				p.must(p.state.SaveStarts(ctx, article.StageIngest, article.StreamInbox, 12, 2))
			},
			want: []string{doctor.StateOrphaned + " " + article.StreamTagged + " " + article.StageSummarize, doctor.StateOrphaned + " " + inbox},
			check: func(p *patient, ctx context.Context) {
				if marks, err := p.state.Marks(ctx); err != nil || len(marks) > 0 {
					p.t.Errorf("%+v, %v are left", marks, err)
				}
			},
		},
		{
			name: "a server alone cannot have the three copies asked for",
			harm: func(p *patient, _ context.Context) {
				p.topo = bus.NewTopology(bus.Settings{Replicas: 3})
				p.topo.Streams, p.topo.Consumers = p.topo.Streams[:1], nil
			},
			want: []string{doctor.ReplicaMissing + " " + article.StreamInbox},
			left: []string{doctor.ReplicaMissing + " " + article.StreamInbox},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newPatient(t)
			c.harm(p, t.Context())
			found, err := p.doctor().Examine(t.Context())
			if diff := cmp.Diff(c.want, p.codes(found, err)); diff != "" {
				t.Fatalf("findings (-want +got):\n%s", diff)
			}
			p.must(p.doctor().Repair(t.Context(), found))
			for _, f := range found {
				if f.Repaired == (len(c.left) > 0) {
					t.Errorf("%s repaired: %t %s", f.Code, f.Repaired, f.Failed)
				}
			}
			if diff := cmp.Diff(append([]string{}, c.left...), p.codes(p.doctor().Examine(t.Context()))); diff != "" {
				t.Errorf("after the repair (-want +got):\n%s", diff)
			}
			if c.check != nil {
				c.check(p, t.Context())
			}
		})
	}
}

func TestDoctor_findsAConsumerThatKeepsAStreamFromBeingTrimmed(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	p.files(2)
	_, err := p.JS.CreateConsumer(t.Context(), article.StreamInbox, jetstream.ConsumerConfig{Durable: "forgotten", AckPolicy: jetstream.AckExplicitPolicy})
	p.must(err)
	if got := p.codes(p.doctor().Examine(t.Context())); len(got) > 0 {
		t.Errorf("a fresh consumer: %v", got)
	}
	later := doctor.New(p.JS, p.topo, func() time.Time { return time.Now().Add(30 * 24 * time.Hour) })
	want := []string{doctor.ConsumerStranger + " " + article.StreamInbox + " forgotten"}
	if diff := cmp.Diff(want, p.codes(later.Examine(t.Context()))); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

// The desk works at full speed while it is examined.
func TestDoctor_findsNothingOnARoadInUse(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	c, err := p.JS.Consumer(t.Context(), article.StreamInbox, article.StageIngest)
	p.must(err)
	// Every file is acknowledged, and remembered as done, as soon as it is there.
	created := p.created(article.StreamInbox)
	stop := desktest.Run(t, func(ctx context.Context) error {
		for ctx.Err() == nil {
			ack, err := p.pub.PublishWait(context.WithoutCancel(ctx), &nats.Msg{Subject: "articles.inbox.ap", Data: []byte("x")})
			if err != nil {
				return err
			}
			m, err := c.Next()
			if err != nil {
				return err
			}
			if err := m.DoubleAck(context.WithoutCancel(ctx)); err != nil {
				return err
			}
			if err := p.state.SaveFloor(context.WithoutCancel(ctx), article.StreamInbox, article.StageIngest, created, ack.Seq); err != nil {
				return err
			}
		}
		return nil
	})
	for range 200 {
		if got := p.codes(p.doctor().Examine(t.Context())); len(got) > 0 {
			t.Fatalf("found %v", got)
		}
	}
	stop()
}

// Somebody acknowledges a file in ingest's name, and removes an article between two stages.
func TestDoctor_namesTheItemsOfALeak(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	ctx := t.Context()
	d, err := desk.New(desk.Options{Dial: p.Dial, Logger: desktest.Logger(t), Stages: []string{article.StageIngest, article.StageDedupe, article.StageSummarize}})
	p.must(err)
	stop := desktest.Run(t, d.Run)
	text := []byte("Council meets\n\nThe council of Norburg met on Monday and spoke of the well. Its speaker said that the water is cold. They will vote on the bridge by spring.")
	_, err = p.pub.PublishWait(ctx, &nats.Msg{Subject: "articles.inbox.ap", Data: text})
	p.must(err)
	unique := func() uint64 {
		s, err := p.JS.Stream(ctx, article.StreamUnique)
		p.must(err)
		return s.CachedInfo().State.Msgs
	}
	desktest.Wait(t, "the article to wait for entities", func() bool { return unique() == 1 })
	stop()
	if got := p.codes(p.doctor().Audit(ctx)); len(got) > 0 {
		t.Errorf("an article on its way: %v", got)
	}
	p.take(article.StreamUnique, article.StageEntities, 1)
	p.files(1)
	p.take(article.StreamInbox, article.StageIngest, 1)

	found, err := p.doctor().Audit(ctx)
	if diff := cmp.Diff([]string{doctor.LedgerLeak}, p.codes(found, err)); diff != "" {
		t.Fatalf("findings (-want +got):\n%s", diff)
	}
	item := article.ItemID(p.created(article.StreamInbox), 1, 0)
	want := []doctor.Item{
		{Item: item, Source: "ap", Lane: "live", Seq: 1, Last: article.StreamUnique},
		{Source: "ap", Lane: "live", Seq: 2, Last: article.StreamInbox},
	}
	if diff := cmp.Diff(want, found[0].Items); diff != "" || found[0].Count != 2 {
		t.Errorf("%d items (-want +got):\n%s", found[0].Count, diff)
	}
}

// An output is stored twice under other ids, as after a window that was too short.
func TestDoctor_namesWhatEndedTwice(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	p.files(1)
	p.take(article.StreamInbox, article.StageIngest, 1)
	for range 2 {
		h := nats.Header{
			article.HeaderItem: {"x1"}, article.HeaderOriginSeq: {"1"}, article.HeaderLane: {"live"}, article.HeaderSource: {"ap"},
			article.HeaderIndex: {"0"}, article.HeaderCount: {"1"},
		}
		_, err := p.pub.PublishWait(t.Context(), &nats.Msg{Subject: "articles.duplicate.exact.ap", Header: h, Data: []byte("{}")})
		p.must(err)
	}
	found, err := p.doctor().Audit(t.Context())
	if diff := cmp.Diff([]string{doctor.ItemDoubled}, p.codes(found, err)); diff != "" {
		t.Fatalf("findings (-want +got):\n%s", diff)
	}
	if want := []doctor.Item{{Item: "x1", Source: "ap", Lane: "live", Seq: 1, Last: article.StreamDuplicate}}; !cmp.Equal(want, found[0].Items) {
		t.Errorf("items %+v, want %+v", found[0].Items, want)
	}
}

func TestDoctor_findsDaysThatContradictTheSumsOfAllTime(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	p.files(2)
	books, err := ledger.Open(t.Context(), p.JS)
	p.must(err)
	p.must(books.Advance(t.Context()))
	p.must(books.Save(t.Context()))
	found, err := p.doctor().Audit(t.Context())
	if diff := cmp.Diff([]string{}, p.codes(found, err)); diff != "" {
		t.Fatalf("findings of a ledger that balances (-want +got):\n%s", diff)
	}
	kv, err := p.JS.KeyValue(t.Context(), bus.BucketState)
	p.must(err)
	e, err := kv.Get(t.Context(), "ledger")
	p.must(err)
	before, days, ok := strings.Cut(string(e.Value()), `"days":`)
	if !ok {
		t.Fatalf("a checkpoint without days: %s", e.Value())
	}
	_, err = kv.PutString(t.Context(), "ledger", before+`"days":`+strings.Replace(days, `"files":2`, `"files":3`, 1))
	p.must(err)
	found, err = p.doctor().Audit(t.Context())
	if diff := cmp.Diff([]string{doctor.LedgerDays}, p.codes(found, err)); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

func TestDoctor_namesTheNodeThatIsAway(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a cluster")
	}
	t.Parallel()
	c := desktest.StartCluster(t, 3)
	topo := bus.NewTopology(bus.Settings{Replicas: 3, Store: 1 << 30})
	c.Provision(topo)
	examine := func() (found []*doctor.Finding) {
		desktest.Wait(t, "an examination", func() bool {
			var err error
			found, err = doctor.New(c.JS, topo, time.Now).Examine(t.Context())
			return err == nil
		})
		return found
	}
	desktest.Wait(t, "nothing to be wrong", func() bool { return len(examine()) == 0 })
	away := c.Nodes[2]
	away.Kill()
	desktest.Wait(t, "the doctor to name the node", func() bool {
		for _, f := range examine() {
			if f.Code == doctor.ReplicaMissing && f.Stream == article.StreamInbox && strings.Contains(f.What, away.Name+" has not been heard of") {
				return true
			}
		}
		return false
	})
	away.Start()
	desktest.Wait(t, "nothing to be wrong again", func() bool { return len(examine()) == 0 })
}
