package overview_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desktest"
	"github.com/copydesk/copydesk/pkg/natsembed"
	"github.com/copydesk/copydesk/pkg/overview"
)

// road is a server with the streams, a clock, and a watcher that goes by it.
type road struct {
	*desktest.Server
	now time.Time
	v   *overview.Watcher
}

func newRoad(t *testing.T) *road {
	t.Helper()
	r := &road{Server: desktest.StartServer(t, natsembed.Options{}), now: time.Now()}
	if err := bus.Provision(t.Context(), r.JS, bus.NewTopology(bus.Settings{})); err != nil {
		t.Fatal(err)
	}
	var err error
	if r.v, err = overview.New(t.Context(), r.JS, overview.Options{Now: func() time.Time { return r.now }}); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *road) take(t *testing.T) *overview.Overview {
	t.Helper()
	s, err := r.v.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (r *road) publish(t *testing.T, subject, data string, header ...string) {
	t.Helper()
	m := nats.NewMsg(subject)
	m.Data = []byte(data)
	for i := 0; i < len(header); i += 2 {
		m.Header[header[i]] = []string{header[i+1]}
	}
	if _, err := r.JS.PublishMsg(t.Context(), m); err != nil {
		t.Fatal(err)
	}
}

func stage(t *testing.T, s *overview.Overview, name, stream string) overview.Stage {
	t.Helper()
	for _, row := range s.Stages {
		if row.Stage == name && row.Stream == stream {
			return row
		}
	}
	t.Fatalf("there is no stage %s of %s in %+v", name, stream, s.Stages)
	panic("not reached")
}

func TestNew_whereNoDeskEverWas(t *testing.T) {
	t.Parallel()
	s := desktest.StartServer(t, natsembed.Options{})
	if _, err := overview.New(t.Context(), s.JS, overview.Options{}); err == nil {
		t.Error("there is nothing to overview, and no error says so")
	}
}

func TestTake_anEmptyDesk(t *testing.T) {
	t.Parallel()
	s := newRoad(t).take(t)
	if len(s.Stages) != 5 || len(s.Streams) != 10 || s.Server == "" {
		t.Fatalf("%d stages and %d streams of NATS %q, want 5 and 10", len(s.Stages), len(s.Streams), s.Server)
	}
	for _, row := range s.Stages {
		if row.State != overview.Absent || row.Oldest != nil || row.In != nil || row.Out != nil {
			t.Errorf("without a worker and before a second look: %+v", row)
		}
	}
	if s.Latency.Samples != 0 || s.Latency.P50 != nil || s.Dead.Total != 0 || s.Total.Items != 0 {
		t.Errorf("nothing happened, and it says %+v", s)
	}
	b, err := json.Marshal(s)
	if err != nil || strings.Contains(string(b), `"sources":null`) || strings.Contains(string(b), `"last":null`) {
		t.Errorf("a list is null: %s, %v", b, err)
	}
}

func TestTake_whatWaitsAndSinceWhen(t *testing.T) {
	t.Parallel()
	r := newRoad(t)
	for range 3 {
		r.publish(t, "articles.inbox.ap", "news")
	}
	c, err := r.JS.Consumer(t.Context(), article.StreamInbox, article.StageIngest)
	if err != nil {
		t.Fatal(err)
	}
	batch, err := c.Fetch(2)
	if err != nil {
		t.Fatal(err)
	}
	var taken []jetstream.Msg
	for m := range batch.Messages() {
		taken = append(taken, m)
	}
	// The first is finished, the second at work, the third waits.
	if err := taken[0].DoubleAck(t.Context()); err != nil {
		t.Fatal(err)
	}
	meta, err := taken[1].Metadata()
	if err != nil {
		t.Fatal(err)
	}
	r.now = meta.Timestamp.Add(90 * time.Second)
	got := stage(t, r.take(t), article.StageIngest, article.StreamInbox)
	waited := 90.0
	want := overview.Stage{
		Stage: article.StageIngest, Stream: article.StreamInbox,
		Pending: 1, AckPending: 1, Oldest: &waited, State: overview.Working,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// What is behind the last acknowledged message may have been removed: erased, or purged by
// hand. The next one waits all the same.
func TestTake_theOldestMessageIsBehindAGap(t *testing.T) {
	t.Parallel()
	r := newRoad(t)
	for range 2 {
		r.publish(t, "articles.inbox.ap", "news")
	}
	s, err := r.JS.Stream(t.Context(), article.StreamInbox)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.DeleteMsg(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	second, err := s.GetMsg(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	r.now = second.Time.Add(time.Minute)
	got := stage(t, r.take(t), article.StageIngest, article.StreamInbox)
	if got.Oldest == nil || *got.Oldest != 60 {
		t.Errorf("%+v, want the second to have waited for a minute", got)
	}
}

func TestTake_statesOfAStage(t *testing.T) {
	t.Parallel()
	r := newRoad(t)
	state := func(s *overview.Overview) overview.State {
		return stage(t, s, article.StageEntities, article.StreamUnique).State
	}
	r.publish(t, article.SubjectUnique, "{}")
	if got := state(r.take(t)); got != overview.Absent {
		t.Errorf("a message waits and nobody pulls: %s", got)
	}
	c, err := r.JS.Consumer(t.Context(), article.StreamUnique, article.StageEntities)
	if err != nil {
		t.Fatal(err)
	}
	m, err := c.Next()
	if err != nil {
		t.Fatal(err)
	}
	if got := state(r.take(t)); got != overview.Working {
		t.Errorf("a message is at work: %s", got)
	}
	if err := m.DoubleAck(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Fetch(1, jetstream.FetchMaxWait(time.Minute)); err != nil {
		t.Fatal(err)
	}
	var s *overview.Overview
	desktest.Wait(t, "the pull to arrive", func() bool {
		s = r.take(t)
		return stage(t, s, article.StageEntities, article.StreamUnique).Pulls == 1
	})
	if got := state(s); got != overview.Idle {
		t.Errorf("a worker waits for work: %s", got)
	}
}

func TestTake_ratesSinceTheLastLook(t *testing.T) {
	t.Parallel()
	r := newRoad(t)
	r.publish(t, "articles.inbox.ap", "before the first look")
	r.take(t)
	r.publish(t, "articles.inbox.ap", "news")
	r.publish(t, "articles.backfill.ap", "old news")
	r.publish(t, "articles.backfill.ap", "older news")
	for range 8 {
		r.publish(t, article.SubjectIngested, "{}")
	}
	r.publish(t, article.SubjectUnique, "{}")
	r.publish(t, "articles.duplicate.exact.ap", "{}")
	r.publish(t, article.SubjectDecisions, "{}")
	r.now = r.now.Add(2 * time.Second)
	s := r.take(t)
	say := func(rate *float64) string {
		if rate == nil {
			return "-"
		}
		return fmt.Sprint(*rate)
	}
	for _, c := range []struct{ stage, stream, in, out string }{
		{article.StageIngest, article.StreamInbox, "0.5", "4"},
		{article.StageIngest, article.StreamBackfill, "1", "-"},
		{article.StageDedupe, article.StreamIngested, "4", "1"}, // decisions are no articles
		{article.StageEntities, article.StreamUnique, "0.5", "0"},
		{article.StageSummarize, article.StreamTagged, "0", "0"},
	} {
		row := stage(t, s, c.stage, c.stream)
		if in, out := say(row.In), say(row.Out); in != c.in || out != c.out {
			t.Errorf("%s of %s: %s in and %s out a second, want %s and %s", c.stage, c.stream, in, out, c.in, c.out)
		}
	}
}

func TestTake_deadLettersByClassAndTheLast(t *testing.T) {
	t.Parallel()
	r := newRoad(t)
	bury := func(class article.Class, reason, text string) {
		r.publish(t, article.DeadSubject(article.StageIngest), "the text of the article",
			article.HeaderClass, string(class), article.HeaderReason, reason, article.HeaderError, text, article.HeaderSource, "ap")
	}
	for i := range 20 {
		bury(article.ClassInput, "no_items", fmt.Sprint("number ", i))
	}
	bury(article.ClassFault, "timeout", "it took too long")
	r.publish(t, article.DeadSubject("stranger"), "no headers at all")
	d := r.take(t).Dead
	if d.Total != 22 || d.Input != 20 || d.Fault != 1 {
		t.Errorf("%d dead, %d input, %d fault; want 22, 20, 1", d.Total, d.Input, d.Fault)
	}
	var last []string
	for _, l := range d.Last {
		last = append(last, l.Stage+" "+l.Reason+" "+l.Error)
	}
	want := []string{
		"stranger  ", "ingest timeout it took too long", "ingest no_items number 19", "ingest no_items number 18",
		"ingest no_items number 17", "ingest no_items number 16", "ingest no_items number 15", "ingest no_items number 14",
	}
	if d := cmp.Diff(want, last); d != "" {
		t.Errorf("the last (-want +got):\n%s", d)
	}
	// One more is added to what was counted; removed ones are not remembered.
	bury(article.ClassFault, "panic", "it broke")
	if d := r.take(t).Dead; d.Total != 23 || d.Fault != 2 || d.Last[0].Reason != "panic" {
		t.Errorf("after one more: %+v", d)
	}
	stream, err := r.JS.Stream(t.Context(), article.StreamDead)
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Purge(t.Context(), jetstream.WithPurgeKeep(2)); err != nil {
		t.Fatal(err)
	}
	if d := r.take(t).Dead; d.Total != 2 || d.Fault != 1 || len(d.Last) != 2 {
		t.Errorf("after a purge: %+v", d)
	}
}

func TestTake_nothingOfAMessageReachesTheTerminal(t *testing.T) {
	t.Parallel()
	r := newRoad(t)
	evil := "\x1b]0;owned\x07\x1b[2J\u202egnp.exe\u2066\u009b31m\nsecond line"
	r.publish(t, article.DeadSubject("in\u202egest"), evil,
		article.HeaderClass, evil, article.HeaderReason, evil+strings.Repeat("x", 5000), article.HeaderError, strings.Repeat(evil, 100), article.HeaderSource, evil,
		article.HeaderOriginSeq, "1", article.HeaderLane, evil)
	r.publish(t, "articles.inbox.\u202eap", "news")
	r.publish(t, "articles.enriched.en.new.ap", `{"received":"2026-02-17T08:00:00Z","headline":"HEADLINE","text":"TEXT",
		"trace":[{"stage":"ingest","version":"v1\u001b[31m\u202e"},{"stage":"\u001b[2J","version":"v1"}]}`)
	s := r.take(t)
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var plain any // with the escapes of JSON undone
	if err := json.Unmarshal(b, &plain); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprint(plain)
	for _, c := range text {
		if unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c) {
			t.Errorf("%U is in %q", c, text)
			break
		}
	}
	for _, secret := range []string{"HEADLINE", "TEXT"} {
		if strings.Contains(text, secret) {
			t.Errorf("%s is in %s", secret, text)
		}
	}
	if l := s.Dead.Last[0]; len([]rune(l.Reason)) > 64 || len([]rune(l.Error)) > 240 {
		t.Errorf("a reason of %d bytes and an error of %d", len(l.Reason), len(l.Error))
	}
	if len(s.Versions) != 1 {
		t.Errorf("versions of %v, want ingest's alone", s.Versions)
	}
}

func TestTake_howLongTheNewestTookAndWhoWroteThem(t *testing.T) {
	t.Parallel()
	r := newRoad(t)
	record := func(version string, ago time.Duration) string {
		return fmt.Sprintf(`{"received":%q,"trace":[{"stage":"ingest","version":"v1"},{"stage":"summarize","version":%q}]}`, time.Now().Add(-ago).Format(time.RFC3339Nano), version)
	}
	for range 99 {
		r.publish(t, "articles.duplicate.exact.ap", record("v1", 2*time.Second))
	}
	r.publish(t, "articles.enriched.en.new.ap", record("v2", time.Hour))
	r.publish(t, "articles.enriched.en.new.ap", "a stranger's")
	s := r.take(t)
	// At most 64 of each stream are read.
	if s.Latency.Samples != 65 {
		t.Errorf("%d samples, want 65", s.Latency.Samples)
	}
	near := func(name string, got *float64, want float64) {
		if got == nil || *got < want || *got > want+60 { // a loaded machine publishes late
			t.Errorf("%s is %v, want some %v s", name, got, want)
		}
	}
	near("p50", s.Latency.P50, 2)
	near("p99", s.Latency.P99, 3600)
	if d := cmp.Diff(map[string]string{"ingest": "v1", "summarize": "v2"}, s.Versions); d != "" {
		t.Errorf("versions (-want +got):\n%s", d)
	}
	// What was read is not read again, and still counts.
	if again := r.take(t); again.Latency.Samples != 65 {
		t.Errorf("%d samples at the second look, want the same 65", again.Latency.Samples)
	}
}

func TestTake_theLedgerByLane(t *testing.T) {
	t.Parallel()
	r := newRoad(t)
	r.publish(t, "articles.inbox.ap", "news")
	r.publish(t, "articles.inbox.mail", "news")
	r.publish(t, "articles.backfill.ap", "old news")
	s := r.take(t)
	if s.Total.Items != 3 || s.Total.InFlight != 3 || len(s.Sources) != 3 {
		t.Errorf("all: %+v; sources %+v", s.Total, s.Sources)
	}
	if len(s.Lanes) != 2 || s.Lanes[0].Lane != article.Live || s.Lanes[0].Items != 2 || s.Lanes[1].Items != 1 {
		t.Errorf("lanes: %+v", s.Lanes)
	}
}
