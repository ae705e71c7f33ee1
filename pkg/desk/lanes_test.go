package desk_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desk"
	"github.com/copydesk/copydesk/pkg/desktest"
)

// village is an article that shares hardly a phrase with its like.
func village(i int) string {
	words := strings.Fields("mill bridge chapel orchard quarry harbour school forge bakery station garden tower")
	w := func(n int) string { return fmt.Sprintf("%s%d", words[(i+n)%len(words)], i*7+n) }
	var b strings.Builder
	for p := range 4 {
		fmt.Fprintf(&b, "The %s of %s was sold to %s for %d crowns, said %s. Nobody at %s had seen the %s before %s.\n\n",
			w(p), w(p+20), w(p+40), i*10+p, w(p+60), w(p+80), w(p+100), w(p+120))
	}
	return b.String()
}

// collection is one file of many articles.
func collection(t testing.TB, n int) string {
	t.Helper()
	var b strings.Builder
	for i := range n {
		line, err := json.Marshal(map[string]string{"headline": fmt.Sprintf("Sale number %d", i), "text": village(i)})
		if err != nil {
			t.Fatal(err)
		}
		b.Write(line)
		b.WriteByte('\n')
	}
	return b.String()
}

func TestDesk_aCollectionOfOldArticlesDoesNotHoldUpTheNews(t *testing.T) {
	t.Parallel()
	b := start(t, desk.Options{})
	out := func() uint64 {
		s, err := b.JS.Stream(t.Context(), article.StreamEnriched)
		if err != nil {
			t.Fatal(err)
		}
		return s.CachedInfo().State.LastSeq
	}
	b.drop(t, article.Live, village(10000)) // from now on there is news
	b.settled(t, 1)
	const old = 300
	b.drop(t, article.Backfill, collection(t, old))
	desktest.Wait(t, "the first old articles", func() bool { return out() >= 5 })
	before := out()
	b.drop(t, article.Live, village(10001))
	if total := b.settled(t, old+2); total.Enriched != old+2 {
		t.Fatalf("ledger %+v, want all enriched", total)
	}
	var place uint64
	for i, a := range b.records(t, article.StreamEnriched)[before:] {
		if a.Lane == article.Live {
			place = uint64(i)
		}
	}
	// One is on its way when the news comes in; another may come out while it is stored,
	// and a busy machine may look late.
	if place > 10 {
		t.Errorf("%d old articles came out before the news that came in meanwhile", place)
	}
}

func TestDesk_flagsOldMaterialWhereverItComesOut(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewRegistry()
	b := start(t, desk.Options{Registerer: reg})
	b.drop(t, article.Backfill, sample(t, "02-border-talks.txt"))
	b.drop(t, article.Backfill, "\x7fELF\x00 no text")
	b.settled(t, 2)
	b.drop(t, article.Backfill, sample(t, "03-border-talks-again.txt"))
	b.settled(t, 3)
	for _, stream := range []string{article.StreamIngested, article.StreamUnique, article.StreamTagged, article.StreamEnriched, article.StreamDuplicate, article.StreamDead} {
		n := 0
		_, err := bus.Scan(t.Context(), b.JS, stream, bus.ScanOptions{Bodies: true}, func(m jetstream.Msg, _ *jetstream.MsgMetadata) error {
			n++
			if got := m.Headers().Get(article.HeaderLane); got != string(article.Backfill) {
				t.Errorf("%s: the header says lane %q", m.Subject(), got)
			}
			if stream == article.StreamDead {
				return nil // the file as it came
			}
			a, err := article.Decode(m.Data())
			if err == nil && a.Lane != article.Backfill {
				t.Errorf("%s: the record says lane %q", m.Subject(), a.Lane)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			t.Errorf("nothing on %s", stream)
		}
	}
	want := map[string]uint64{"original live": 0, "original backfill": 1, "duplicate live": 0, "duplicate backfill": 1}
	if diff := cmp.Diff(want, latencies(t, reg)); diff != "" {
		t.Errorf("articles in the latency that the service level is made of (-want +got):\n%s", diff)
	}
}

// latencies returns how many articles the latency was observed of, by kind and lane.
func latencies(t testing.TB, reg *prometheus.Registry) map[string]uint64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	label := func(m *dto.Metric, name string) string {
		for _, l := range m.Label {
			if l.GetName() == name {
				return l.GetValue()
			}
		}
		return ""
	}
	got := map[string]uint64{}
	for _, f := range families {
		if f.GetName() != "copydesk_pipeline_latency_seconds" {
			continue
		}
		for _, m := range f.Metric {
			got[label(m, "kind")+" "+label(m, "lane")] = m.Histogram.GetSampleCount()
		}
	}
	return got
}

func TestDesk_oldNewsIsNeverNew(t *testing.T) {
	t.Parallel()
	const url = "https://news.example/ferry"
	fresh := "On Tuesday the insurer gave way and the first of the boats left with forty people aboard."
	first, second := paragraphs, append(append([]string{}, paragraphs[:4]...), fresh)
	const early, late = "2026-03-02T08:00:00Z", "2026-03-03T09:30:00Z"
	type file struct {
		lane       article.Lane
		published  string
		url        string
		paragraphs []string
	}
	type verdict struct {
		Relation article.Relation
		Version  int
		Lane     article.Lane
		OfFirst  bool // it is about the first file
	}
	for _, c := range []struct {
		name  string
		files []file
		want  []verdict
	}{
		{
			"the copy of a live story that a backfill brings is a duplicate of it",
			[]file{{article.Live, early, "", first}, {article.Backfill, early, "", first}},
			[]verdict{{article.New, 1, article.Live, false}, {article.Exact, 1, article.Backfill, true}},
		},
		{
			"an earlier version that a backfill brings after the later one is no update of it",
			[]file{{article.Live, late, url, second}, {article.Backfill, early, url, first}},
			[]verdict{{article.New, 1, article.Live, false}, {article.Near, 1, article.Backfill, true}},
		},
		{
			"nor is one that is found by its text and says nothing of its time",
			[]file{{article.Live, late, "", second}, {article.Backfill, "", "", first}},
			[]verdict{{article.New, 1, article.Live, false}, {article.Near, 1, article.Backfill, true}},
		},
		{
			"versions that a backfill brings the wrong way round stay what they are",
			[]file{{article.Backfill, late, url, second}, {article.Backfill, early, url, first}},
			[]verdict{{article.New, 1, article.Backfill, false}, {article.Near, 1, article.Backfill, true}},
		},
		{
			"a later version that was missed live is an update, flagged as old material",
			[]file{{article.Live, early, url, first}, {article.Backfill, late, url, second}},
			[]verdict{{article.New, 1, article.Live, false}, {article.Update, 2, article.Backfill, true}},
		},
		{
			"news is an update of what a backfill brought, whatever its clock says",
			[]file{{article.Backfill, late, url, first}, {article.Live, early, url, second}},
			[]verdict{{article.New, 1, article.Backfill, false}, {article.Update, 2, article.Live, true}},
		},
		{
			"an earlier version that was late on the wire is no update of the later one",
			[]file{{article.Live, late, url, second}, {article.Live, early, url, first}},
			[]verdict{{article.New, 1, article.Live, false}, {article.Near, 1, article.Live, true}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := start(t, desk.Options{})
			var uris []string
			for i, f := range c.files {
				h := nats.Header{}
				if f.url != "" {
					h.Set(article.HeaderContentLocation, f.url)
				}
				if f.published != "" {
					h.Set(article.HeaderPublished, f.published)
				}
				if _, err := b.inbox.Put(t.Context(), bus.File{
					Source: "test", Lane: f.lane, Header: h, Data: []byte("Ferry to Skarn stops\n\n" + strings.Join(f.paragraphs, "\n\n")),
				}); err != nil {
					t.Fatal(err)
				}
				b.settled(t, i+1)
			}
			var got []verdict
			for _, stream := range []string{article.StreamEnriched, article.StreamDuplicate} {
				for _, a := range b.records(t, stream) {
					uris = append(uris, a.URI)
					v := verdict{Relation: a.Dedupe.Relation, Version: a.Version, Lane: a.Lane}
					v.OfFirst = a.Dedupe.Of != nil && *a.Dedupe.Of == uris[0]
					got = append(got, v)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("verdicts (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDesk_reportsOfASeriesAreNotVersionsBecauseTheyArriveTogether(t *testing.T) {
	t.Parallel()
	report := func(day int) string {
		return fmt.Sprintf(`Harbour report for Port Alder

The harbour master of Port Alder counted %d ships at the northern quay and 11 at the southern quay by noon, according to the daily report of the harbour office in Port Alder.

Grain was unloaded from the ships at the northern quay, and timber was waiting for the railway, which had 7 engines to spare, the harbour office said in its report.

The price of a berth stayed where it was, and the pilots worked in 15 shifts, as they do when the wind comes from the west, the harbour master said.`, 20+day*3)
	}
	for _, c := range []struct {
		name string
		days [2]string
		want article.Relation
	}{
		{"a month apart", [2]string{"2026-03-02T12:00:00Z", "2026-04-02T12:00:00Z"}, article.New},
		{"within the hour", [2]string{"2026-03-02T12:00:00Z", "2026-03-02T12:40:00Z"}, article.Update},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := start(t, desk.Options{})
			for i, day := range c.days {
				_, err := b.inbox.Put(t.Context(), bus.File{
					Source: "test", Lane: article.Backfill, Header: nats.Header{article.HeaderPublished: {day}}, Data: []byte(report(i)),
				})
				if err != nil {
					t.Fatal(err)
				}
				b.settled(t, i+1)
			}
			got := b.records(t, article.StreamEnriched)
			if len(got) != 2 || got[1].Dedupe.Relation != c.want {
				t.Errorf("%d enriched, the last is %s, want %s", len(got), got[len(got)-1].Dedupe.Relation, c.want)
			}
		})
	}
}
