package survey_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/copydesk/copydesk/pkg/desktest"
	"github.com/copydesk/copydesk/pkg/natsembed"
	"github.com/copydesk/copydesk/pkg/survey"
)

// newsroom is a server with two streams, one of them with a consumer of ours, a
// reader's, and one without a name of its own.
func newsroom(t *testing.T) *desktest.Server {
	t.Helper()
	s := desktest.StartServer(t, natsembed.Options{})
	for _, name := range []string{"NEWS", "FOREIGN"} {
		if _, err := s.JS.CreateStream(t.Context(), jetstream.StreamConfig{Name: name, Subjects: []string{strings.ToLower(name)}, MaxBytes: 1 << 20}); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []jetstream.ConsumerConfig{
		{Durable: "tagger", AckPolicy: jetstream.AckExplicitPolicy, MaxDeliver: 2, BackOff: []time.Duration{10 * time.Millisecond, 10 * time.Millisecond}},
		{Durable: "reader", AckPolicy: jetstream.AckExplicitPolicy},
		{AckPolicy: jetstream.AckExplicitPolicy, InactiveThreshold: time.Minute},
	} {
		if _, err := s.JS.CreateConsumer(t.Context(), "NEWS", c); err != nil {
			t.Fatal(err)
		}
	}
	for range 5 {
		if _, err := s.JS.Publish(t.Context(), "news", []byte("council votes")); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func options(s *desktest.Server, reg prometheus.Registerer) survey.Options {
	return survey.Options{
		Source: s.Survey, Streams: []string{"NEWS", "ABSENT"}, Consumers: map[string][]string{"NEWS": {"tagger"}}, Registerer: reg,
	}
}

func TestSurvey_embeddedAndElsewhereAreTheSame(t *testing.T) {
	t.Parallel()
	s := newsroom(t)
	c, err := s.JS.Consumer(t.Context(), "NEWS", "tagger")
	if err != nil {
		t.Fatal(err)
	}
	batch, err := c.Fetch(3)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for m := range batch.Messages() {
		if n++; n == 1 {
			if err := m.DoubleAck(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	want := `
# HELP jetstream_consumer_ack_floor_stream_seq Stream sequence up to which everything is acknowledged.
# TYPE jetstream_consumer_ack_floor_stream_seq gauge
jetstream_consumer_ack_floor_stream_seq{consumer_name="reader",stream_name="NEWS"} 0
jetstream_consumer_ack_floor_stream_seq{consumer_name="tagger",stream_name="NEWS"} 1
# HELP jetstream_consumer_delivered_stream_seq Stream sequence of the last message delivered.
# TYPE jetstream_consumer_delivered_stream_seq gauge
jetstream_consumer_delivered_stream_seq{consumer_name="reader",stream_name="NEWS"} 0
jetstream_consumer_delivered_stream_seq{consumer_name="tagger",stream_name="NEWS"} 3
# HELP jetstream_consumer_num_ack_pending Messages delivered and not acknowledged.
# TYPE jetstream_consumer_num_ack_pending gauge
jetstream_consumer_num_ack_pending{consumer_name="reader",stream_name="NEWS"} 0
jetstream_consumer_num_ack_pending{consumer_name="tagger",stream_name="NEWS"} 2
# HELP jetstream_consumer_num_pending Messages a consumer has not delivered.
# TYPE jetstream_consumer_num_pending gauge
jetstream_consumer_num_pending{consumer_name="reader",stream_name="NEWS"} 5
jetstream_consumer_num_pending{consumer_name="tagger",stream_name="NEWS"} 2
# HELP jetstream_stream_consumer_count Consumers of a stream.
# TYPE jetstream_stream_consumer_count gauge
jetstream_stream_consumer_count{stream_name="NEWS"} 3
# HELP jetstream_stream_last_seq Sequence of the last message in a stream.
# TYPE jetstream_stream_last_seq gauge
jetstream_stream_last_seq{stream_name="NEWS"} 5
# HELP jetstream_stream_total_messages Messages in a stream.
# TYPE jetstream_stream_total_messages gauge
jetstream_stream_total_messages{stream_name="NEWS"} 5
`
	for name, source := range map[string]survey.Source{"embedded": s.Survey, "elsewhere": survey.API(s.Conn, s.JS)} {
		reg := prometheus.NewRegistry()
		o := options(s, reg)
		o.Source = source
		v := survey.New(o)
		if err := v.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(strings.TrimSpace(want), exposition(t, reg,
			"jetstream_consumer_ack_floor_stream_seq", "jetstream_consumer_delivered_stream_seq", "jetstream_consumer_num_ack_pending",
			"jetstream_consumer_num_pending", "jetstream_stream_consumer_count", "jetstream_stream_last_seq", "jetstream_stream_total_messages")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		// 7 of the server, 5 of the stream, 8 of each of two consumers, and for the one
		// that was used when it last was.
		if got := testutil.CollectAndCount(v); got != 7+5+2*8+2 {
			t.Errorf("%s: %d series", name, got)
		}
	}
}

// exposition is the text of some metrics with the labels that tell streams and
// consumers apart.
func exposition(t *testing.T, g prometheus.Gatherer, names ...string) string {
	t.Helper()
	families, err := g.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, f := range families {
		for _, name := range names {
			if f.GetName() != name {
				continue
			}
			fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s gauge\n", name, f.GetHelp(), name)
			for _, m := range f.GetMetric() {
				var labels []string
				for _, l := range m.GetLabel() {
					if l.GetName() == "consumer_name" || l.GetName() == "stream_name" {
						labels = append(labels, fmt.Sprintf("%s=%q", l.GetName(), l.GetValue()))
					}
				}
				fmt.Fprintf(&b, "%s{%s} %g\n", name, strings.Join(labels, ","), m.GetGauge().GetValue())
			}
		}
	}
	return strings.TrimSpace(b.String())
}

func TestSurvey_showsSoManyConsumersAndSaysHowManyNot(t *testing.T) {
	t.Parallel()
	s := newsroom(t)
	for i := range 20 {
		if _, err := s.JS.CreateConsumer(t.Context(), "NEWS", jetstream.ConsumerConfig{Durable: fmt.Sprintf("a-reader-%02d", i)}); err != nil {
			t.Fatal(err)
		}
	}
	reg := prometheus.NewRegistry()
	o := options(s, reg)
	o.MaxConsumers = 4
	v := survey.New(o)
	if err := v.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	text := exposition(t, reg, "jetstream_consumer_num_pending")
	if n := strings.Count(text, "consumer_name="); n != 4 || !strings.Contains(text, `"tagger"`) {
		t.Errorf("shown are %d consumers, and must be 4 with the one that is ours:\n%s", n, text)
	}
	if got := exposition(t, reg, "copydesk_survey_consumers_left_out"); !strings.HasSuffix(got, " 18") {
		t.Errorf("left out: %s", got)
	}
}

func TestSurvey_readersOfOneStreamDoNotHideTheWorkersOfTheNext(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewRegistry()
	v := survey.New(survey.Options{
		Streams: []string{"OUT", "WORK"}, Consumers: map[string][]string{"WORK": {"worker"}}, MaxConsumers: 2, Registerer: reg,
		Source: func(context.Context, []string) (*survey.State, error) {
			return &survey.State{Streams: []survey.Stream{
				{Name: "OUT", Consumers: []survey.Consumer{{Name: "c", Durable: true}, {Name: "a", Durable: true}, {Name: "b", Durable: true}}},
				{Name: "WORK", Consumers: []survey.Consumer{{Name: "stranger", Durable: true}, {Name: "worker", Durable: true}}},
			}}, nil
		},
	})
	if err := v.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	text := exposition(t, reg, "jetstream_consumer_num_pending")
	if n := strings.Count(text, "consumer_name="); n != 2 || !strings.Contains(text, `"a"`) || !strings.Contains(text, `"worker"`) {
		t.Errorf("shown are %d consumers, and must be a and worker:\n%s", n, text)
	}
	if got := exposition(t, reg, "copydesk_survey_consumers_left_out"); !strings.HasSuffix(got, " 3") {
		t.Errorf("left out: %s", got)
	}
}

func TestSurvey_countsAdvisoriesOnceForAllWhoListen(t *testing.T) {
	t.Parallel()
	s := newsroom(t)
	var regs []*prometheus.Registry
	for range 2 {
		reg := prometheus.NewRegistry()
		v := survey.New(options(s, reg))
		stop, err := v.Listen(s.Connect(t, "listener"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(stop)
		regs = append(regs, reg)
	}
	if err := s.Conn.Flush(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"tagger", "reader"} {
		c, err := s.JS.Consumer(t.Context(), "NEWS", name)
		if err != nil {
			t.Fatal(err)
		}
		batch, err := c.Fetch(3)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for m := range batch.Messages() {
			switch n++; n {
			case 1:
				err = m.Nak()
			case 2:
				err = m.Term()
			} // the third is left to the server, which gives it up
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	// The tagger's two deliveries of a message are all there are.
	c, err := s.JS.Consumer(t.Context(), "NEWS", "tagger")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{
		`consumer="other",kind="naked",stream="other"`:      1,
		`consumer="other",kind="terminated",stream="other"`: 1,
		`consumer="tagger",kind="naked",stream="NEWS"`:      1,
		`consumer="tagger",kind="terminated",stream="NEWS"`: 1,
	}
	var got map[string]float64
	desktest.Wait(t, "every advisory to be counted", func() bool {
		if batch, err := c.FetchNoWait(1); err == nil {
			for range batch.Messages() {
			}
		}
		got = map[string]float64{}
		for _, reg := range regs {
			for k, v := range advisories(t, reg) {
				got[k] += v
			}
		}
		return got[`consumer="tagger",kind="max_deliveries",stream="NEWS"`] > 0 && got[`consumer="other",kind="terminated",stream="other"`] > 0
	})
	delete(got, `consumer="tagger",kind="max_deliveries",stream="NEWS"`)
	delete(got, `consumer="other",kind="max_deliveries",stream="other"`)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("advisories (-want +got):\n%s", diff)
	}
}

func advisories(t *testing.T, g prometheus.Gatherer) map[string]float64 {
	t.Helper()
	families, err := g.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		if f.GetName() != "copydesk_jetstream_advisories_total" {
			continue
		}
		if n := len(f.GetMetric()); n != 6 {
			t.Fatalf("%d series: those of the list are there from the start and no others come", n)
		}
		for _, m := range f.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, fmt.Sprintf("%s=%q", l.GetName(), l.GetValue()))
			}
			got[strings.Join(labels, ",")] = m.GetCounter().GetValue()
		}
	}
	return got
}

func TestSurvey_keepsWhatItSawWhenItCannotLook(t *testing.T) {
	t.Parallel()
	s := newsroom(t)
	reg := prometheus.NewRegistry()
	o := options(s, reg)
	o.Source = survey.API(s.Conn, s.JS)
	v := survey.New(o)
	if err := v.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := testutil.CollectAndCount(v)
	s.Conn.Close()
	if err := v.Look(t.Context()); err == nil {
		t.Error("a look over a closed connection succeeded")
	}
	if got := testutil.CollectAndCount(v); got != before {
		t.Errorf("%d series, were %d", got, before)
	}
	if n, err := testutil.GatherAndCount(reg, "copydesk_survey_errors_total"); err != nil || n != 1 {
		t.Errorf("errors: %d, %v", n, err)
	}
}
