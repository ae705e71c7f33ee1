package desk_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desk"
	"github.com/copydesk/copydesk/pkg/desktest"
	"github.com/copydesk/copydesk/pkg/door"
	"github.com/copydesk/copydesk/pkg/natsembed"
	"github.com/copydesk/copydesk/pkg/trace"
	"github.com/copydesk/copydesk/pkg/trace/export"
)

// workers are the four stages as four desks that share nothing but the server, each
// with a registry and an exporter of its own, and a sender.
type workers struct {
	*desktest.Server
	collector *desktest.Collector
	inbox     *door.Inbox
	reg       map[string]*prometheus.Registry
	flush     []func()
}

func startWorkers(t *testing.T) *workers {
	t.Helper()
	w := &workers{
		Server: desktest.StartServer(t, natsembed.Options{}), collector: desktest.StartCollector(t), reg: map[string]*prometheus.Registry{},
	}
	for i, name := range article.Stages() {
		w.reg[name] = prometheus.NewRegistry()
		d, err := desk.New(desk.Options{
			Dial: w.Dial, Stages: []string{name}, Provision: i == 0, Logger: desktest.Logger(t), Registerer: w.reg[name],
			Tracer: w.tracer(t, name), Learning: desk.Learning{Interval: -1}, Ordered: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		desktest.Run(t, d.Run)
		desktest.Wait(t, name+" to start", func() bool { return d.Ready() == nil })
	}
	pub, err := bus.NewPublisher(w.Conn, bus.PublisherOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pub.Close)
	blobs, err := bus.OpenBlobs(t.Context(), w.JS)
	if err != nil {
		t.Fatal(err)
	}
	if w.inbox, err = door.OpenInbox(t.Context(), w.JS, bus.NewIntake(pub, blobs)); err != nil {
		t.Fatal(err)
	}
	w.inbox.Trace(w.tracer(t, "drop"))
	return w
}

func (w *workers) tracer(t *testing.T, service string) oteltrace.Tracer {
	t.Helper()
	p, stop, err := export.Start(t.Context(), export.Options{Service: service, Endpoint: w.collector.URL + "/v1/traces", Logger: desktest.Logger(t)})
	if err != nil {
		t.Fatal(err)
	}
	w.flush = append(w.flush, stop)
	return p.Tracer(trace.Scope)
}

func (w *workers) drop(t *testing.T, text string, header nats.Header) {
	t.Helper()
	if _, err := w.inbox.Put(t.Context(), bus.File{Source: "ap", Lane: article.Live, Data: []byte(text), Header: header}); err != nil {
		t.Fatal(err)
	}
}

// settled waits until so many articles have ended, and returns the spans of each trace.
func (w *workers) settled(t *testing.T, enriched, duplicate, dead int) map[string][]desktest.Span {
	t.Helper()
	for stream, n := range map[string]int{article.StreamEnriched: enriched, article.StreamDuplicate: duplicate, article.StreamDead: dead} {
		desktest.Wait(t, fmt.Sprintf("%d messages in %s", n, stream), func() bool {
			s, err := w.JS.Stream(t.Context(), stream)
			if err != nil {
				t.Fatal(err)
			}
			return s.CachedInfo().State.Msgs == uint64(n)
		})
	}
	// The last words are said after the last message is stored.
	desktest.Wait(t, "everything to be acknowledged", func() bool {
		for _, c := range bus.NewTopology(bus.Settings{}).Consumers {
			consumer, err := w.JS.Consumer(t.Context(), c.Stream, c.Name)
			if err != nil {
				t.Fatal(err)
			}
			if i := consumer.CachedInfo(); i.NumPending > 0 || i.NumAckPending > 0 {
				return false
			}
		}
		return true
	})
	for _, flush := range w.flush {
		flush()
	}
	by := map[string][]desktest.Span{}
	for _, s := range w.collector.Spans() {
		by[s.Trace] = append(by[s.Trace], s)
	}
	return by
}

// path walks a trace from its root down, and returns the spans as "service: name".
func path(t *testing.T, spans []desktest.Span, parent string) []string {
	t.Helper()
	var steps []string
	for {
		i := slices.IndexFunc(spans, func(s desktest.Span) bool { return s.Parent == parent })
		if i < 0 {
			return steps
		}
		steps = append(steps, spans[i].Service+": "+spans[i].Name)
		parent = spans[i].ID
	}
}

var wholePath = []string{
	"drop: publish articles.inbox.<source>",
	"ingest: process articles.inbox.<source>",
	"ingest: publish articles.ingested",
	"dedupe: process articles.ingested",
	"dedupe: publish articles.unique",
	"entities: process articles.unique",
	"entities: publish articles.tagged",
	"summarize: process articles.tagged",
	"summarize: publish articles.enriched.<lang>.<relation>.<source>",
}

func TestTrace_oneArticleIsOneTraceAcrossFourWorkers(t *testing.T) {
	t.Parallel()
	w := startWorkers(t)
	w.drop(t, sample(t, "02-border-talks.txt"), nil)
	by := w.settled(t, 1, 0, 0)
	if len(by) != 1 {
		t.Fatalf("%d traces, want 1: %v", len(by), by)
	}
	id := slices.Collect(maps.Keys(by))[0]
	if d := cmp.Diff(wholePath, path(t, by[id], "")); d != "" {
		t.Errorf("the article's way (-want +got):\n%s", d)
	}
	if n := len(by[id]); n != len(wholePath) {
		t.Errorf("%d spans, want %d", n, len(wholePath))
	}
	var item, message string
	for _, m := range headers(t, w, article.StreamEnriched) {
		item, message = m.Get(article.HeaderItem), m.Get(nats.MsgIdHdr)
		if !strings.Contains(m.Get("traceparent"), id) {
			t.Errorf("the record's traceparent is %q, its trace %s", m.Get("traceparent"), id)
		}
		if m["Traceparent"] != nil {
			t.Error("there is a second traceparent, in another case")
		}
	}
	for _, c := range []struct {
		name, kind string
		attributes map[string]string
	}{
		{"process articles.tagged", "SPAN_KIND_CONSUMER", map[string]string{
			"messaging.system": "nats", "messaging.operation.type": "process", "messaging.operation.name": "process",
			"messaging.destination.name": "articles.tagged", "messaging.destination.template": "articles.tagged",
			"messaging.consumer.group.name": "summarize", "messaging.message.id": "entities/" + item,
			"copydesk.stage": "summarize", "copydesk.item": item, "copydesk.attempt": "int_value:1", "copydesk.outcome": "ok",
		}},
		{"publish articles.enriched.<lang>.<relation>.<source>", "SPAN_KIND_PRODUCER", map[string]string{
			"messaging.system": "nats", "messaging.operation.type": "send", "messaging.operation.name": "publish",
			"messaging.destination.name": "articles.enriched.en.new.ap", "messaging.destination.template": "articles.enriched.<lang>.<relation>.<source>",
			"messaging.message.id": message, "copydesk.stage": "summarize", "copydesk.item": item,
		}},
	} {
		i := slices.IndexFunc(by[id], func(s desktest.Span) bool { return s.Name == c.name })
		s := by[id][i]
		delete(s.Attributes, "messaging.message.body.size")
		if d := cmp.Diff(c.attributes, s.Attributes); d != "" || s.Kind != c.kind || s.Failed {
			t.Errorf("%s: %s, failed %v (-want +got):\n%s", s.Name, s.Kind, s.Failed, d)
		}
	}
	for stage, metric := range map[string]string{
		article.StageIngest: "copydesk_stage_processing_seconds", article.StageEntities: "copydesk_stage_processing_seconds",
		article.StageSummarize: "copydesk_pipeline_latency_seconds",
	} {
		if got := exemplars(t, w.reg[stage], metric); !slices.Equal(got, []string{id}) {
			t.Errorf("%s: exemplars of %s are %v, want the trace %s", stage, metric, got, id)
		}
	}
}

func TestTrace_eachArticleOfAFileIsATraceLinkedToTheFiles(t *testing.T) {
	t.Parallel()
	w := startWorkers(t)
	w.drop(t, `[{"title":"Lock opens","body":"The harbour lock of Tarnmouth has opened again after two years of repairs, the port said on Monday. The first ship was a tug."},`+
		`{"title":"Frost","body":"Frost has destroyed half of the cherry harvest in the valley of Ostrel, growers said. They ask the county council for help."}]`, nil)
	by := w.settled(t, 2, 0, 0)
	var file string
	articles := 0
	for id, spans := range by {
		if p := path(t, spans, ""); slices.Equal(p, wholePath[:2]) {
			file = id
		} else if slices.Equal(p, wholePath[2:]) {
			articles++
		} else {
			t.Errorf("a trace goes %q", p)
		}
	}
	if articles != 2 || file == "" || len(by) != 3 {
		t.Fatalf("%d traces with %d of articles and one %q of the file", len(by), articles, file)
	}
	for id, spans := range by {
		if i := slices.IndexFunc(spans, func(s desktest.Span) bool { return s.Parent == "" }); id != file && !slices.Equal(spans[i].Links, []string{file}) {
			t.Errorf("an article's trace is linked to %v, want the file's %s", spans[i].Links, file)
		}
	}
}

func TestTrace_goesOnWithTheSendersAndSaysHowItEnded(t *testing.T) {
	t.Parallel()
	w := startWorkers(t)
	const kept, lost = "0af7651916cd43dd8448eb211c80319c", "1bf7651916cd43dd8448eb211c80319c"
	text := sample(t, "06-rail-fares.txt")
	w.drop(t, text, nats.Header{"traceparent": {"00-" + kept + "-b7ad6b7169203331-01"}})
	desktest.Wait(t, "the first", func() bool { return len(headers(t, w, article.StreamEnriched)) == 1 })
	w.drop(t, text, nats.Header{"Traceparent": {"00-" + kept + "-b7ad6b7169203332-01"}})
	w.drop(t, "\x7fELF\x00 no text", nats.Header{"traceparent": {"00-" + kept + "-b7ad6b7169203333-01"}})
	// This one is not to be kept: no span, no exemplar, but its id goes on.
	w.drop(t, sample(t, "07-schleuse.txt"), nats.Header{"traceparent": {"00-" + lost + "-b7ad6b7169203331-00"}})
	by := w.settled(t, 2, 1, 1)
	if len(by) != 1 || by[kept] == nil {
		t.Fatalf("%d traces, want only the sender's that is kept", len(by))
	}
	for parent, want := range map[string][]string{
		"b7ad6b7169203331": wholePath,
		"b7ad6b7169203332": append(slices.Clone(wholePath[:4]), "dedupe: publish articles.duplicate.<relation>.<source>"),
		"b7ad6b7169203333": append(slices.Clone(wholePath[:2]), "ingest: publish articles.dead.<stage>"),
	} {
		if d := cmp.Diff(want, path(t, by[kept], parent)); d != "" {
			t.Errorf("the way from %s (-want +got):\n%s", parent, d)
		}
	}
	failed := map[string]string{}
	for _, s := range by[kept] {
		if s.Failed {
			failed[s.Service+": "+s.Name] = s.Error + " " + s.Attributes["error.type"] + " " + s.Attributes["copydesk.outcome"]
		}
	}
	if d := cmp.Diff(map[string]string{"ingest: process articles.inbox.<source>": "unsupported unsupported rejected"}, failed); d != "" {
		t.Errorf("failed spans (-want +got):\n%s", d)
	}
	for _, reg := range w.reg {
		for _, metric := range []string{"copydesk_stage_processing_seconds", "copydesk_pipeline_latency_seconds"} {
			if slices.Contains(exemplars(t, reg, metric), lost) {
				t.Errorf("%s has a trace as its example that nobody kept", metric)
			}
		}
	}
	seen := 0
	for _, h := range headers(t, w, article.StreamEnriched) {
		if strings.HasPrefix(h.Get("traceparent"), "00-"+lost) {
			seen++
		}
	}
	if seen != 1 {
		t.Errorf("%d records go on with the trace that is not kept, want 1", seen)
	}
}

// headers returns the headers of a stream's messages.
func headers(t *testing.T, w *workers, stream string) []nats.Header {
	t.Helper()
	var all []nats.Header
	_, err := bus.Scan(context.WithoutCancel(t.Context()), w.JS, stream, bus.ScanOptions{}, func(m jetstream.Msg, _ *jetstream.MsgMetadata) error {
		all = append(all, m.Headers())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// exemplars returns the traces that a histogram names as examples.
func exemplars(t *testing.T, g prometheus.Gatherer, name string) []string {
	t.Helper()
	families, err := g.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, f := range families {
		for _, m := range f.GetMetric() {
			for _, b := range m.GetHistogram().GetBucket() {
				if e := b.GetExemplar(); f.GetName() == name && e != nil {
					ids = append(ids, e.GetLabel()[0].GetValue())
				}
			}
		}
	}
	return ids
}
