package stage_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/desktest"
	"github.com/copydesk/copydesk/pkg/natsembed"
	"github.com/copydesk/copydesk/pkg/stage"
)

// gathered returns the values of a registry by name and labels. Of a histogram it is
// the number of observations.
func gathered(t testing.TB, reg prometheus.Gatherer) map[string]float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetValue())
			}
			key := strings.TrimPrefix(f.GetName(), "copydesk_") + "{" + strings.Join(labels, ",") + "}"
			got[key] = m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return got
}

// The lag in time is the age of the first message nobody has acknowledged, whatever
// became of those around it.
func TestRun_knowsHowOldTheOldestPendingMessageIs(t *testing.T) {
	t.Parallel()
	const age = "consumer_oldest_pending_age_seconds{c,H0}"
	for _, c := range []struct {
		name string
		// before the stage starts, with 5 messages stored
		before func(t *testing.T, r *road, s jetstream.Stream)
		pends  bool
	}{
		{"no message ever came", func(t *testing.T, _ *road, s jetstream.Stream) {
			if err := s.Purge(t.Context()); err != nil {
				t.Fatal(err)
			}
		}, false},
		{"all wait", func(*testing.T, *road, jetstream.Stream) {}, true},
		{"the first were acknowledged and trimmed", func(t *testing.T, r *road, s jetstream.Stream) {
			acknowledge(t, r, 2)
			if err := s.Purge(t.Context(), jetstream.WithPurgeSequence(3)); err != nil {
				t.Fatal(err)
			}
		}, true},
		{"a gap was trimmed after the floor", func(t *testing.T, r *road, s jetstream.Stream) {
			acknowledge(t, r, 2)
			if err := s.DeleteMsg(t.Context(), 3); err != nil {
				t.Fatal(err)
			}
		}, true},
		{"all were acknowledged and are still there", func(t *testing.T, r *road, _ jetstream.Stream) { acknowledge(t, r, 5) }, false},
		{"all were acknowledged and trimmed", func(t *testing.T, r *road, s jetstream.Stream) {
			acknowledge(t, r, 5)
			if err := s.Purge(t.Context()); err != nil {
				t.Fatal(err)
			}
		}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRoad(t, 1, natsembed.Options{})
			r.fill(t, 5, []byte("body"))
			s, err := r.JS.Stream(t.Context(), "H0")
			if err != nil {
				t.Fatal(err)
			}
			stored := time.Now()
			c.before(t, r, s)
			reg := prometheus.NewRegistry()
			o := relay(0)
			o.Metrics, o.Look = stage.NewMetrics(reg), 10*time.Millisecond
			o.Inputs[0].Gate = func(context.Context) bool { return false } // nothing is worked on
			r.run(t, o)
			if !c.pends {
				if got := gathered(t, reg)[age]; got != 0 {
					t.Errorf("age = %g s, want 0: nothing is pending", got)
				}
				// A new message is as old as it is, not as those before it.
				published := time.Now()
				r.put(t, "h0", "late", "body")
				desktest.Wait(t, "a look at the new message", func() bool { return gathered(t, reg)[age] > 0 })
				if got, most := gathered(t, reg)[age], time.Since(published).Seconds(); got > most {
					t.Errorf("age = %g s, and the only message that is pending is %g s old", got, most)
				}
				return
			}
			desktest.Wait(t, "the age to grow", func() bool { return gathered(t, reg)[age] > 0.05 })
			if got, most := gathered(t, reg)[age], time.Since(stored).Seconds()+1; got > most {
				t.Errorf("age = %g s, and the messages are %g s old", got, most)
			}
		})
	}
}

// acknowledge has the consumer acknowledge the first n messages.
func acknowledge(t *testing.T, r *road, n int) {
	t.Helper()
	c, err := r.JS.Consumer(t.Context(), "H0", "c")
	if err != nil {
		t.Fatal(err)
	}
	batch, err := c.Fetch(n)
	if err != nil {
		t.Fatal(err)
	}
	for m := range batch.Messages() {
		if err := m.DoubleAck(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// When the server is away what waits grows older, and the gauge says so.
func TestRun_lagGrowsWhileTheServerIsAway(t *testing.T) {
	t.Parallel()
	r := newRoad(t, 1, natsembed.Options{})
	r.fill(t, 1, []byte("body"))
	reg := prometheus.NewRegistry()
	o := relay(0)
	o.Metrics, o.Look = stage.NewMetrics(reg), 20*time.Millisecond
	o.Grace = time.Millisecond
	o.Inputs[0].Gate = func(context.Context) bool { return false }
	r.run(t, o)
	age := func() float64 { return gathered(t, reg)["consumer_oldest_pending_age_seconds{c,H0}"] }
	desktest.Wait(t, "an age", func() bool { return age() > 0 })
	r.Shutdown()
	last := age()
	desktest.Wait(t, "the age to grow on", func() bool { return age() > last+0.1 })
}

func TestRun_countsDeadLettersByClassAndReason(t *testing.T) {
	t.Parallel()
	r := newRoad(t, 1, natsembed.Options{})
	reg := prometheus.NewRegistry()
	o := relay(0)
	o.Metrics, o.Look = stage.NewMetrics(reg), 10*time.Millisecond
	o.Attempts, o.Backoff = 2, time.Millisecond
	o.Reasons = []string{"no_text", "too_large"}
	o.Func = func(_ context.Context, in stage.In) ([]stage.Out, error) {
		switch string(in.Data) {
		case "known":
			return nil, stage.Reject("no_text", article.ClassInput, errors.New("empty"))
		case "unknown":
			return nil, stage.Reject("https://evil.example/", "evil", errors.New("made up"))
		}
		return nil, errors.New("broken")
	}
	started := make(chan struct{})
	o.Started = func() { close(started) }
	r.run(t, o)
	<-started
	at0 := gathered(t, reg)
	for _, key := range []string{
		"dead_letters_total{input,stage0}", "dead_letters_total{fault,stage0}", "rejects_total{no_text,stage0}", "rejects_total{too_large,stage0}",
		"rejects_total{other,stage0}", "rejects_total{error,stage0}", "stage_redeliveries_total{stage0}", "consumer_poll_errors_total{c,H0}",
	} {
		if v, ok := at0[key]; !ok || v != 0 {
			t.Errorf("before the first message %s is %g, %v; want 0", key, v, ok)
		}
	}
	for _, body := range []string{"known", "known", "unknown", "broken"} {
		r.put(t, "h0", "item-"+body+time.Now().Format("150405.000000000"), body)
	}
	desktest.Wait(t, "four dead letters", func() bool { return r.count(t, "ARTICLES_DEAD") == 4 && r.acked(t, "H0") })
	got := gathered(t, reg)
	for key, want := range map[string]float64{
		"dead_letters_total{input,stage0}":          2,
		"dead_letters_total{fault,stage0}":          2, // a class that there is not is a fault of ours
		"rejects_total{no_text,stage0}":             2,
		"rejects_total{too_large,stage0}":           0,
		"rejects_total{other,stage0}":               1,
		"rejects_total{error,stage0}":               1,
		"stage_redeliveries_total{stage0}":          1,
		"stage_messages_total{dead_letter,stage0}":  2,
		"stage_messages_total{rejected,stage0}":     2,
		"stage_messages_total{retry,stage0}":        1,
		"consumer_oldest_pending_age_seconds{c,H0}": 0,
		"stage_pull_stalls_recovered_total{stage0}": 0,
		"stage_publish_ack_seconds{stage0}":         4,
		"stage_errors_total{error,stage0}":          2,
		"stage_errors_total{panic,stage0}":          0,
		"stage_in_flight_limit{stage0}":             512,
		"stage_running_calls{stage0}":               0,
		"stage_concurrency_limit{stage0}":           1,
		"stage_processing_seconds{stage0}":          5,
		"stage_queue_seconds{stage0}":               5,
		"consumer_redelivered_messages{c,H0}":       0,
		"consumer_poll_errors_total{c,H0}":          0,
		"stage_duplicate_acks_total{stage0}":        0,
		"stage_naks_total{stage0}":                  1,
	} {
		if key == "consumer_oldest_pending_age_seconds{c,H0}" || strings.HasPrefix(key, "consumer_redelivered") {
			desktest.Wait(t, key, func() bool { return gathered(t, reg)[key] == want })
			continue
		}
		if got[key] != want {
			t.Errorf("%s = %g, want %g", key, got[key], want)
		}
	}
	if n := len(got); n != len(at0) {
		t.Errorf("%d series, were %d before the first message", n, len(at0))
	}
}
