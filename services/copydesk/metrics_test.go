package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desk"
	"github.com/copydesk/copydesk/pkg/desktest"
	"github.com/copydesk/copydesk/pkg/door"
	"github.com/copydesk/copydesk/pkg/ledger"
	"github.com/copydesk/copydesk/pkg/natsembed"
	"github.com/copydesk/copydesk/pkg/run"
)

var update = flag.Bool("update", false, "rewrite deploy/metrics.md and the golden files")

// newsroom is everything "copydesk up" runs, in this process, with the registry that
// /metrics shows.
type newsroom struct {
	road *road
	reg  *prometheus.Registry
	url  string
}

func openNewsroom(t *testing.T, sources ...string) *newsroom {
	t.Helper()
	n := &newsroom{}
	started := make(chan *newsroom, 1)
	stop := desktest.Run(t, func(ctx context.Context) error {
		return run.Run(ctx, "copydesk", run.Options{Listen: "127.0.0.1:0", LogLevel: "error", Stderr: t.Output()}, func(ctx context.Context, p *run.Process) error {
			r, err := embedRoad(ctx, natsembed.Options{Dir: t.TempDir(), Logger: p.Log}, bus.Settings{})
			if err != nil {
				return err
			}
			defer r.Close()
			d, err := desk.New(desk.Options{
				Dial: r.dial, Sources: sources, Survey: r.survey(), SurveyInterval: 50 * time.Millisecond, HousekeepingInterval: 50 * time.Millisecond,
				Learning: desk.Learning{Interval: -1}, Logger: p.Log, Registerer: p.Registry, Backoff: time.Millisecond,
			})
			if err != nil {
				return err
			}
			h, err := door.New(r.inbox, door.Options{Listen: "127.0.0.1:0", Registerer: p.Registry})
			if err != nil {
				return err
			}
			p.HTTP.Handle(door.Pattern, h)
			p.HTTP.SetReady(d.Ready)
			started <- &newsroom{r, p.Registry, "http://" + p.HTTP.Addr().String()}
			return d.Run(ctx)
		})
	})
	t.Cleanup(stop)
	n = <-started
	desktest.Wait(t, "the desk to be looked at", func() bool {
		got, err := http.Get(n.url + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		got.Body.Close()
		return got.StatusCode == http.StatusOK && n.value(t, "jetstream_stream_last_seq", "") >= 0 && n.value(t, "copydesk_ledger_read_timestamp_seconds", "") > 0
	})
	return n
}

// gather returns our metrics by name: the Go runtime's and the process's are not ours.
func (n *newsroom) gather(t *testing.T) map[string]*dto.MetricFamily {
	t.Helper()
	families, err := n.reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	ours := map[string]*dto.MetricFamily{}
	for _, f := range families {
		if strings.HasPrefix(f.GetName(), "copydesk_") || strings.HasPrefix(f.GetName(), "jetstream_") {
			ours[f.GetName()] = f
		}
	}
	return ours
}

// value returns the sum of the series of a metric whose labels contain a text, -1 when
// there is none.
func (n *newsroom) value(t *testing.T, name, labels string) float64 {
	t.Helper()
	sum, found := 0.0, false
	for _, m := range n.gather(t)[name].GetMetric() {
		if strings.Contains(labelsOf(m), labels) {
			found = true
			sum += m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	if !found {
		return -1
	}
	return sum
}

func labelsOf(m *dto.Metric) string {
	var l []string
	for _, p := range m.GetLabel() {
		l = append(l, fmt.Sprintf("%s=%q", p.GetName(), p.GetValue()))
	}
	return strings.Join(l, ",")
}

// ledger waits until every item has ended.
func (n *newsroom) settled(t *testing.T, items int64) ledger.Sums {
	t.Helper()
	var total ledger.Sums
	desktest.Wait(t, "every item to end", func() bool {
		books, err := ledger.Open(t.Context(), n.road.js)
		if err == nil {
			err = books.Advance(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		total = ledger.Total(books.Report())
		return total.Items() >= items && total.InFlight() == 0
	})
	return total
}

func (n *newsroom) drop(t *testing.T, f bus.File) {
	t.Helper()
	if _, err := n.road.inbox.Put(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

// maxSeries is what a whole desk in one process may have: a few hundred series are
// histogram buckets, a few hundred those of streams and at most 100 consumers.
const maxSeries = 2000

// Senders, readers and strangers do what they can to make series of their own. What
// they send ends up in counts that were there, at 0, before the first message came.
func TestMetrics_nobodyOutsideMakesSeries(t *testing.T) {
	t.Parallel()
	n := openNewsroom(t, "ap", "mail")
	before := n.gather(t)

	const evil = "evil"
	files := 0
	put := func(f bus.File) {
		files++
		n.drop(t, f)
	}
	for i := range 120 {
		h := nats.Header{}
		h.Set(article.HeaderLanguage, fmt.Sprintf("%c%c-evil%d", 'a'+i%26, 'a'+i/26, i))
		h.Set(article.HeaderContentType, fmt.Sprintf("application/evil-%d", i))
		h.Set(article.HeaderFilename, fmt.Sprintf("evil-%d.xyz", i))
		h.Set(article.HeaderContentLocation, fmt.Sprintf("https://evil.example/%d", i))
		h.Set(article.HeaderRef, fmt.Sprintf("evil-%d", i))
		lane := article.Live
		if i%3 == 0 {
			lane = article.Backfill
		}
		put(bus.File{Source: fmt.Sprintf("evil-%d", i), Lane: lane, Header: h, Data: fmt.Appendf(nil, "The council of Evilton no. %d has voted on the harbour lock number %d.\n\nThe work begins on day %d, said mayor Evila Evilson the %dth.\n", i, 7*i, i, i)})
	}
	for _, sample := range []string{"01-harbour-lock.html", "02-border-talks.txt", "03-border-talks-again.txt", "07-schleuse.txt"} {
		data, err := os.ReadFile(filepath.Join("..", "..", "deploy", "samples", sample))
		if err != nil {
			t.Fatal(err)
		}
		put(bus.File{Source: "ap", Lane: article.Live, Data: data})
	}
	put(bus.File{Source: "mail", Lane: article.Live, Data: []byte("\x7fELF\x00 no text")})
	// By the door, and past it.
	for _, path := range []string{"/inbox/evil-door", "/inbox/evil%20source", "/inbox/evil?lane=evil", "/evil"} {
		resp, err := http.Post(n.url+path, "text/plain", strings.NewReader("The evil mayor has opened the harbour lock again after repairs."))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	files++ // the first of them is a file
	strange := nats.NewMsg(article.SubjectIngested)
	strange.Header = nats.Header{
		article.HeaderItem: {"evilevilevilevilevilevil22"}, article.HeaderSource: {"evil-header"}, article.HeaderLane: {"evil-lane"},
	}
	strange.Data = []byte("no record")
	letter := nats.NewMsg("articles.dead.evil")
	letter.Header = nats.Header{article.HeaderReason: {"evil_reason"}, article.HeaderClass: {"evil_class"}}
	for _, m := range []*nats.Msg{strange, letter} {
		if _, err := n.road.js.PublishMsg(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 120 {
		if _, err := n.road.js.CreateConsumer(t.Context(), article.StreamEnriched, jetstream.ConsumerConfig{Durable: fmt.Sprintf("reader-%d", i)}); err != nil {
			t.Fatal(err)
		}
	}
	total := n.settled(t, int64(files))
	desktest.Wait(t, "the metrics to follow", func() bool {
		return n.value(t, "copydesk_items_total", `outcome="enriched"`) == float64(total.Enriched) &&
			n.value(t, "copydesk_dead_letters_total", `stage="dedupe"`) == 1 &&
			n.value(t, "copydesk_dead_letters", `stage="other"`) == 1 &&
			n.value(t, "copydesk_survey_consumers_left_out", "") > 0 &&
			n.value(t, "jetstream_consumer_ack_floor_stream_seq", `consumer_name="summarize"`) > 0 &&
			n.value(t, "copydesk_ledger_items", `lane="live",state="in_flight"`) == 0
	})

	after := n.gather(t)
	series := 0
	for name, f := range after {
		for _, m := range f.GetMetric() {
			series += 1 + len(m.GetHistogram().GetBucket())
			if m.GetHistogram() != nil {
				series += 2 // sum and +Inf
			}
			if l := labelsOf(m); strings.Contains(strings.ToLower(l), evil) || strings.Contains(l, "://") || itemID.MatchString(l) {
				t.Errorf("%s{%s}: a label says what a sender wrote", name, l)
			}
			if h := m.GetHistogram(); h != nil && (len(h.GetBucket()) == 0 || h.Schema == nil) {
				t.Errorf("%s{%s} is not a classic and a native histogram", name, labelsOf(m))
			}
			if f.GetType() != dto.MetricType_GAUGE && !hasSeries(before[name], m) {
				t.Errorf("%s{%s} was not there before the first message", name, labelsOf(m))
			}
		}
	}
	t.Logf("%d series of %d metrics", series, len(after))
	if series > maxSeries {
		t.Errorf("%d series, want at most %d", series, maxSeries)
	}
	if got := len(after["jetstream_consumer_num_pending"].GetMetric()); got > 100 {
		t.Errorf("%d consumers are shown, want at most 100", got)
	}

	// What they sent is counted all the same.
	for _, c := range []struct {
		name, labels string
		want         float64
	}{
		{"copydesk_items_total", `outcome="ingested",source="ap"`, 4},
		{"copydesk_items_total", `outcome="dead",source="mail"`, 1},
		{"copydesk_items_total", `outcome="ingested",source="other"`, 121},
		{"copydesk_items_total", `lane="backfill",outcome="ingested",source="other"`, 40},
		{"copydesk_items_total", `outcome="dead",source="other"`, 1},
		{"copydesk_articles_total", `format="text",result="ok"`, 124},
		{"copydesk_articles_total", `format="html",result="ok"`, 1},
		{"copydesk_articles_total", `format="unknown",result="rejected"`, 1},
		{"copydesk_article_languages_total", ``, 125},
		{"copydesk_rejects_total", `reason="unsupported",stage="ingest"`, 1},
		{"copydesk_rejects_total", `reason="undecodable",stage="dedupe"`, 1},
		{"copydesk_dead_letters_total", `class="input",stage="ingest"`, 1},
		{"copydesk_dead_letters_total", `class="fault",stage="dedupe"`, 1},
		{"copydesk_dead_letters", `stage="ingest"`, 1},
		{"copydesk_pipeline_latency_seconds", `kind="original"`, float64(total.Enriched)},
		{"copydesk_pipeline_latency_seconds", `kind="duplicate"`, float64(total.Duplicate)},
		{"copydesk_pipeline_latency_seconds", `lane="backfill"`, 40},
		{"copydesk_summary_compression_ratio", "", float64(total.Enriched)},
		{"copydesk_door_requests_total", `outcome="accepted"`, 1},
		{"copydesk_nats_connected", "", 6},
		{"copydesk_model_info", "", 3},
		{"copydesk_ledger_leak_items", "", 0},
	} {
		if got := n.value(t, c.name, c.labels); got != c.want {
			t.Errorf("%s{%s} = %g, want %g", c.name, c.labels, got, c.want)
		}
	}
	if n.value(t, "copydesk_entities_total", "") == 0 {
		t.Error("no entities are counted")
	}
	if got, now := n.value(t, "copydesk_source_last_seen_timestamp_seconds", `source="ap"`), float64(time.Now().Unix()); got < now-120 || got > now+1 {
		t.Errorf("ap was last seen at %g, now is %g", got, now)
	}

	t.Run("lint", func(t *testing.T) {
		problems, err := testutil.GatherAndLint(n.reg)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range problems {
			if p.Metric != "jetstream_stream_consumer_count" { // the exporter's name
				t.Errorf("%s: %s", p.Metric, p.Text)
			}
		}
	})
	t.Run("deploy/metrics.md", func(t *testing.T) {
		compareTable(t, after)
	})
	t.Run("both formats are served", func(t *testing.T) {
		for accept, want := range map[string]string{
			"application/openmetrics-text;version=1.0.0": "application/openmetrics-text",
			"text/plain": "text/plain",
		} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, n.url+"/metrics", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Accept", accept)
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil || !strings.HasPrefix(resp.Header.Get("Content-Type"), want) || !bytes.Contains(body, []byte("copydesk_stage_messages_total")) {
				t.Errorf("Accept %s: %s, %d bytes, %v", accept, resp.Header.Get("Content-Type"), len(body), err)
			}
		}
	})
}

// itemID is what article.ItemID looks like.
var itemID = regexp.MustCompile(`\b[a-z2-7]{26}\b`)

func hasSeries(f *dto.MetricFamily, m *dto.Metric) bool {
	return slices.ContainsFunc(f.GetMetric(), func(o *dto.Metric) bool { return labelsOf(o) == labelsOf(m) })
}

// compareTable holds deploy/metrics.md equal to what is exported. Run the test with
// -update to write it anew.
func compareTable(t *testing.T, families map[string]*dto.MetricFamily) {
	t.Helper()
	path := filepath.Join("..", "..", "deploy", "metrics.md")
	old, err := os.ReadFile(path)
	if err != nil && !*update {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(string(old), tableHead)
	got := head + tableHead + metricsTable(families)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(string(old), got); diff != "" && !*update {
		t.Errorf("deploy/metrics.md is not what is exported; run the test with -update (-file +exported):\n%s", diff)
	}
}

const tableHead = "| name | type | labels | meaning |\n|---|---|---|---|\n"

func metricsTable(families map[string]*dto.MetricFamily) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(families)) {
		f := families[name]
		labels := map[string]bool{}
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = true
			}
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", name, strings.ToLower(f.GetType().String()), strings.Join(slices.Sorted(maps.Keys(labels)), ", "), f.GetHelp())
	}
	return b.String()
}
