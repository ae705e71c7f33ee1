package desk_test

import (
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/desk"
	"github.com/copydesk/copydesk/pkg/desktest"
)

// shows returns the value of a series, by its metric and the values of its labels, -1
// when it is not there.
func shows(t *testing.T, g prometheus.Gatherer, name string, labels ...string) float64 {
	t.Helper()
	families, err := g.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			var values []string
			for _, l := range m.GetLabel() {
				values = append(values, l.GetValue())
			}
			if f.GetName() == name && strings.Join(values, ",") == strings.Join(labels, ",") {
				return m.GetGauge().GetValue() + m.GetCounter().GetValue()
			}
		}
	}
	return -1
}

// What waits is in flight; what somebody removed behind the desk's back is lost, and the
// metrics say so.
func TestDesk_aLossShowsAsALeak(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewRegistry()
	b := start(t, desk.Options{
		Stages:     []string{article.StageIngest}, // the others are away, so that articles wait
		Registerer: reg, HousekeepingInterval: 5 * time.Millisecond, SurveyInterval: 5 * time.Millisecond, Learning: desk.Learning{Interval: -1},
	})
	for range 3 {
		b.drop(t, article.Live, sample(t, "02-border-talks.txt"))
	}
	b.drop(t, article.Live, "\x7fELF\x00 no text")
	desktest.Wait(t, "three articles in flight", func() bool {
		return shows(t, reg, "copydesk_ledger_items", "live", "in_flight") == 3 && shows(t, reg, "copydesk_ledger_items", "live", "dead") == 1
	})
	if got := shows(t, reg, "copydesk_ledger_leak_items"); got != 0 {
		t.Errorf("a leak of %g, and every article waits in its stream", got)
	}
	// This desk's streams are read by the JetStream API.
	desktest.Wait(t, "the streams to be looked at", func() bool {
		return shows(t, reg, "copydesk_dead_letters", article.StageIngest) == 1 && shows(t, reg, "copydesk_stream_fill_ratio", article.StreamIngested) > 0
	})
	s, err := b.JS.Stream(t.Context(), article.StreamIngested)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Purge(t.Context(), jetstream.WithPurgeKeep(1)); err != nil {
		t.Fatal(err)
	}
	desktest.Wait(t, "two of them to be missed", func() bool { return shows(t, reg, "copydesk_ledger_leak_items") == 2 })
}

func TestDesk_showsItsConnections(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewRegistry()
	b := start(t, desk.Options{Registerer: reg, Learning: desk.Learning{Interval: -1}})
	for _, name := range append(article.Stages(), "housekeeping", "lookout") {
		desktest.Wait(t, name+" to be connected", func() bool { return shows(t, reg, "copydesk_nats_connected", name) == 1 })
		if got := shows(t, reg, "copydesk_nats_reconnects_total", name); got != 0 {
			t.Errorf("%s: %g reconnects", name, got)
		}
	}
	b.Shutdown()
	desktest.Wait(t, "the connections to break", func() bool {
		for _, name := range article.Stages() {
			if shows(t, reg, "copydesk_nats_connected", name) != 0 {
				return false
			}
		}
		return true
	})
}

// A source that fell silent before the process started is as silent after.
func TestDesk_remembersWhenSourcesWereSeen(t *testing.T) {
	t.Parallel()
	o := desk.Options{Stages: []string{article.StageIngest}, Learning: desk.Learning{Interval: -1}}
	b := start(t, o)
	b.drop(t, article.Live, sample(t, "02-border-talks.txt"))
	desktest.Wait(t, "the article", func() bool { return len(b.records(t, article.StreamIngested)) == 1 })
	b.stop()
	inbox, err := b.JS.Stream(t.Context(), article.StreamInbox)
	if err != nil {
		t.Fatal(err)
	}
	m, err := inbox.GetMsg(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	reg := prometheus.NewRegistry()
	o.Registerer, o.Sources = reg, []string{"test", "never"}
	started := time.Now()
	b.run(t, o)
	const seen = "copydesk_source_last_seen_timestamp_seconds"
	want := float64(m.Time.UnixNano()) / 1e9
	desktest.Wait(t, "the source to be looked up", func() bool { return shows(t, reg, seen, "test") == want })
	if got := shows(t, reg, seen, "never"); got < float64(started.Unix()) {
		t.Errorf("a source that never sent anything was seen at %g, before the start", got)
	}
}
