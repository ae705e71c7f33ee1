package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desktest"
	"github.com/copydesk/copydesk/pkg/natsembed"
)

// starter starts servers for a test.
func starter(t *testing.T) func(bus.Profile) (*Server, error) {
	return func(p bus.Profile) (*Server, error) {
		srv, err := natsembed.Start(natsembed.Options{Dir: t.TempDir(), Profile: p, Logger: desktest.Logger(t)})
		if err != nil {
			return nil, err
		}
		return &Server{Dial: srv.Dial, Stop: srv.Shutdown}, nil
	}
}

func TestRun_measuresEverythingOnce(t *testing.T) {
	t.Parallel()
	for profile, rounds := range map[bus.Profile]int{bus.Fast: 2, bus.Durable: 1} {
		t.Run(string(profile), func(t *testing.T) {
			t.Parallel()
			report, err := Run(t.Context(), Options{Start: starter(t), Profile: profile, N: 40, Rounds: rounds, Rate: 200, RateTime: 100 * time.Millisecond, Calm: 100 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range report.Figures() {
				// Other tests use the heap too, and a backfill may yield nothing in so short a time.
				if f.Value <= 0 && !strings.HasPrefix(f.Metric, "heap_bytes") && f.Bench != "backfill" {
					t.Errorf("%s %s is %v %s", f.Bench, f.Metric, f.Value, f.Unit)
				}
				if !strings.HasSuffix(f.Metric, "_min") && !strings.HasSuffix(f.Metric, "_max") {
					got = append(got, f.Bench+" "+f.Metric)
				}
			}
			want := []string{
				"relay rate", "relay cpu_per_article", "relay cpu_per_hop", "relay peak_rss",
				"naive rate", "naive cpu_per_article", "naive cpu_per_hop", "naive peak_rss",
				"pipeline rate", "pipeline cpu_per_article", "pipeline cpu_per_hop", "pipeline peak_rss",
				"relay p50", "relay p99",
				"start server_ready", "start desk_ready",
				"idle p50", "idle p99", "pipeline p50", "pipeline p99",
				"live-alone p50", "live-alone p99", "live-beside p50", "live-beside p99", "beside/alone p50", "beside/alone p99",
				"backfill pending_first", "backfill pending_last", "backfill rate_beside", "backfill rate_alone",
				"json text_only", "json tagged",
				"dedupe signatures", "dedupe decisions", "dedupe heap_bytes", "dedupe index_bytes", "dedupe evidence_bytes",
				"dedupe query_p50", "dedupe query_p99",
				"dedupe image_write", "dedupe image_bytes", "dedupe restart", "dedupe restart_cpu",
				"relay/naive cheaper", "relay/naive faster",
			}
			slices.Sort(got)
			slices.Sort(want)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("figures (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRun_saysWhatFailed(t *testing.T) {
	t.Parallel()
	broken := errors.New("no disk")
	_, err := Run(t.Context(), Options{Start: func(bus.Profile) (*Server, error) { return nil, broken }})
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "relay") {
		t.Errorf("error %v, want it to name the relay and the cause", err)
	}
	if _, err := Run(t.Context(), Options{N: 1 << 20}); err == nil || !strings.Contains(err.Error(), "take fewer") {
		t.Errorf("error %v, want a refusal of more than the streams hold", err)
	}
}

func TestRun_measuresOnlyWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	var said []string
	o := Options{Only: []string{"json"}, Rounds: 1, Notice: func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) }}
	report, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(report.Figures()); got != 6 {
		t.Errorf("%d figures, want two with their ends", got)
	}
	if diff := cmp.Diff([]string{"round 1 of 1: JSON"}, said); diff != "" {
		t.Errorf("notices (-want +got):\n%s", diff)
	}
	if _, err := Run(t.Context(), Options{Only: []string{"speed"}}); err == nil || !strings.Contains(err.Error(), "relay-latency") {
		t.Errorf("error %v, want one that names the benches", err)
	}
}

func TestRun_endsWithAnEngineThatFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("engine is broken")
	err := withRoad(t.Context(), Options{Start: starter(t)}.withDefaults(), func(ctx context.Context, x *road) error {
		return x.throughput(ctx, &Report{}, "broken", messages(3, 100), func(context.Context) error { return broken })
	})
	if !errors.Is(err, broken) {
		t.Errorf("error %v, want the engine's", err)
	}
}

// The pipeline is only worth measuring if its articles are what they should be: each
// new but for the copies.
func TestArticles_haveTheVerdictsTheBenchCountsOn(t *testing.T) {
	t.Parallel()
	const n = 200
	o := Options{Start: starter(t)}.withDefaults()
	err := withRoad(t.Context(), o, func(ctx context.Context, x *road) error {
		if err := x.throughput(ctx, &Report{}, "pipeline", articles(n), x.pipeline); err != nil {
			return err
		}
		got := map[string]uint64{}
		for _, stream := range []string{article.StreamEnriched, article.StreamDuplicate, article.StreamDead} {
			s, err := x.js.Stream(ctx, stream)
			if err != nil {
				return err
			}
			got[stream] = s.CachedInfo().State.Msgs
		}
		want := map[string]uint64{article.StreamEnriched: n - n/copyEvery, article.StreamDuplicate: n / copyEvery, article.StreamDead: 0}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("results (-want +got):\n%s", diff)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestArticle_isMadeUpTheSameWayEachTime(t *testing.T) {
	t.Parallel()
	if first, again := Article(7), Article(7); first != again {
		t.Error("article 7 differs from itself")
	}
	if Article(7) == Article(8) {
		t.Error("articles 7 and 8 are the same")
	}
	for i := range 50 {
		if words := len(strings.Fields(Article(i))); words < articleWords || words > articleWords+120 {
			t.Errorf("article %d has %d words", i, words)
		}
	}
	if got := len(message(3, 10000)); got != 10000 {
		t.Errorf("a message of 10000 bytes has %d", got)
	}
}

func TestKeyOf(t *testing.T) {
	t.Parallel()
	if got := keyOf(nats.Header{article.HeaderItem: {"a"}, article.HeaderOriginSeq: {"12"}}); got != originKey(12) {
		t.Errorf("key of a pipeline's result is %q", got)
	}
	if got := keyOf(nats.Header{article.HeaderItem: {"a"}}); got != "a" {
		t.Errorf("key of a relay's result is %q", got)
	}
}

func TestReport(t *testing.T) {
	t.Parallel()
	var r Report
	for _, v := range []float64{40, 30, 35} {
		r.add("relay", "cpu_per_hop", v, "us")
		r.add("naive", "cpu_per_hop", 2*v, "us")
		r.compare("relay", "naive") // without a rate: only what is known
	}
	var table, lines bytes.Buffer
	if err := errors.Join(r.WriteTable(&table), r.WriteJSON(&lines)); err != nil {
		t.Fatal(err)
	}
	want := strings.TrimLeft(`
        bench       metric  median  least  most  unit
        relay  cpu_per_hop    35.0   30.0  40.0    us
        naive  cpu_per_hop    70.0   60.0  80.0    us
  relay/naive      cheaper    2.00   2.00  2.00     x
`, "\n")
	if diff := cmp.Diff(want, table.String()); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
	var first Figure
	if err := json.NewDecoder(&lines).Decode(&first); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Figure{"relay", "cpu_per_hop", 35, "us"}, first); diff != "" {
		t.Errorf("first line (-want +got):\n%s", diff)
	}
}

func TestUsage_growsWithUse(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("no /proc here")
	}
	before := cpuTime()
	for x := 1; cpuTime() == before; x++ {
		_ = strings.Repeat("busy", x%1000)
	}
	if peakRSS() < 1<<20 {
		t.Errorf("peak of %d bytes", peakRSS())
	}
}
