package desk_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desk"
	"github.com/copydesk/copydesk/pkg/desktest"
	"github.com/copydesk/copydesk/pkg/ledger"
)

// invented is a distinct article of some 600 bytes.
func invented(i int) string {
	r := rand.New(rand.NewPCG(11, uint64(i)))
	word := func() string {
		var b strings.Builder
		for range 2 + r.IntN(3) {
			b.WriteByte("bdfgklmnprstvz"[r.IntN(14)])
			b.WriteByte("aeiou"[r.IntN(5)])
		}
		return b.String()
	}
	var b strings.Builder
	for range 6 {
		fmt.Fprintf(&b, "The board of %s said on Friday that the %s and the %s near %s would be %s by autumn. ", word(), word(), word(), word(), word())
	}
	return b.String()
}

// total sums the series of a metric whose labels have these values.
func total(t *testing.T, reg *prometheus.Registry, name string, labels map[string]string) (sum float64) {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
	series:
		for _, m := range f.GetMetric() {
			has := map[string]string{}
			for _, l := range m.GetLabel() {
				has[l.GetName()] = l.GetValue()
			}
			for k, v := range labels {
				if has[k] != v {
					continue series
				}
			}
			sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return sum
}

// Whatever of the road is full, the stage before it waits: nothing is buried for it,
// nothing goes round and round, and when there is room everything flows on.
func TestDesk_waitsForRoomWhereverThereIsNone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		stream, stage string // that writes there
	}{
		{article.StreamIngested, article.StageIngest},
		{article.StreamDead, article.StageIngest},
		{article.StreamDecisions, article.StageDedupe},
		{article.StreamUnique, article.StageDedupe},
		{article.StreamDuplicate, article.StageDedupe},
		{article.StreamTagged, article.StageEntities},
		{article.StreamEnriched, article.StageSummarize},
		{"OBJ_" + bus.BucketBlobs, article.StageIngest},
	} {
		t.Run(c.stream, func(t *testing.T) {
			t.Parallel()
			files, copies, dead := 24, 6, 6
			if strings.HasPrefix(c.stream, "OBJ_") {
				files, copies, dead = 6, 2, 1 // each is a quarter of a megabyte
			}
			reg := prometheus.NewRegistry()
			b := start(t, desk.Options{Registerer: reg, Backoff: time.Millisecond, Attempts: 2, Grace: time.Second, SurveyInterval: 20 * time.Millisecond})
			limit := func(n int64) {
				t.Helper()
				s, err := b.JS.Stream(t.Context(), c.stream)
				if err != nil {
					t.Fatal(err)
				}
				cfg := s.CachedInfo().Config
				cfg.MaxBytes = n
				if _, err := b.JS.UpdateStream(t.Context(), cfg); err != nil {
					t.Fatal(err)
				}
			}
			drop := func(text string) {
				t.Helper()
				if strings.HasPrefix(c.stream, "OBJ_") {
					text += strings.Repeat(text, bus.MaxInline/len(text)) // its text needs a blob
				}
				b.drop(t, article.Live, text)
			}
			// The first comes through; what it took is the measure of what fits.
			drop(invented(0))
			drop(invented(0))
			b.drop(t, article.Live, "\x7fELF\x00 no text")
			b.settled(t, 3)
			s, err := b.JS.Stream(t.Context(), c.stream)
			if err != nil {
				t.Fatal(err)
			}
			limit(int64(s.CachedInfo().State.Bytes) * 5 / 2)
			for i := 1; i < files; i++ {
				drop(invented(i))
			}
			for i := 1; i < copies; i++ {
				drop(invented(i))
			}
			for range dead - 1 {
				b.drop(t, article.Live, "\x7fELF\x00 no text")
			}
			full := map[string]string{"stage": c.stage}
			waits := func() float64 {
				return total(t, reg, "copydesk_stage_errors_total", map[string]string{"stage": c.stage, "reason": "publish"}) +
					total(t, reg, "copydesk_stage_messages_total", map[string]string{"stage": c.stage, "outcome": "later"})
			}
			desktest.Wait(t, "the stage to wait", func() bool { return waits() >= 3 })
			desktest.Wait(t, "the metric of it", func() bool {
				return total(t, reg, "copydesk_stream_fill_ratio", map[string]string{"stream": c.stream}) > 0.3
			})
			// Long enough for everything that could go wrong to do so a few times.
			again := total(t, reg, "copydesk_stage_redeliveries_total", full)
			began := time.Now()
			desktest.Wait(t, "a while", func() bool { return time.Since(began) > 1500*time.Millisecond })
			rate := (total(t, reg, "copydesk_stage_redeliveries_total", full) - again) / time.Since(began).Seconds()
			t.Logf("%s: %.0f redeliveries a second of %d files", c.stream, rate, files+copies+dead)
			if rate > 2*float64(files+copies+dead) {
				t.Errorf("%.0f redeliveries a second", rate)
			}
			limit(s.CachedInfo().Config.MaxBytes) // as it was
			got := b.settled(t, files+copies+dead)
			n := int64(files + copies + dead)
			want := ledger.Sums{Files: n, Opened: n, Split: n, Enriched: int64(files), Duplicate: int64(copies), Dead: int64(dead)}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("ledger (-want +got):\n%s", diff)
			}
			seen := map[string]int{}
			for _, end := range []string{article.StreamEnriched, article.StreamDuplicate, article.StreamDead} {
				_, err := bus.Scan(t.Context(), b.JS, end, bus.ScanOptions{}, func(m jetstream.Msg, _ *jetstream.MsgMetadata) error {
					seen[m.Headers().Get(article.HeaderItem)]++
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			for item, n := range seen {
				if n != 1 {
					t.Errorf("%s ended %d times", item, n)
				}
			}
		})
	}
}
