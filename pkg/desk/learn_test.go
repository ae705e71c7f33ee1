package desk

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desktest"
	"github.com/copydesk/copydesk/pkg/extract"
	"github.com/copydesk/copydesk/pkg/natsembed"
)

const (
	opening = "From our harbour desk, with the tide tables."
	closing = "Write to the desk at the old pier."
)

// harbourStory is the n-th article of a source that frames its articles.
func harbourStory(n int, opening, closing string) string {
	id := fmt.Sprintf("%c%c%c", 'a'+n%26, 'a'+n/26%26, 'a'+n/676)
	var b strings.Builder
	b.WriteString(opening)
	for i := range 7 {
		fmt.Fprintf(&b, "\n\nThe council of ward %s heard speaker %c on the matter of the quay and adjourned without a vote until the week after.", id, 'a'+i)
	}
	return b.String() + "\n\n" + closing + "\n"
}

// day is when a story of the n-th day is received.
func day(n int) time.Time { return time.Date(2026, 11, 2+n, 12, 0, 0, 0, time.UTC) }

// learnerBench is a server with the bucket.
type learnerBench struct{ *desktest.Server }

func newLearnerBench(t testing.TB) *learnerBench {
	t.Helper()
	b := &learnerBench{desktest.StartServer(t, natsembed.Options{})}
	if err := bus.Provision(t.Context(), b.JS, bus.NewTopology(bus.Settings{})); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *learnerBench) learner(t testing.TB, l Learning) *learner {
	t.Helper()
	if l.Interval == 0 {
		l.Interval = time.Hour // the tests say when
	}
	s, err := newLearner(t.Context(), newSources(b.Conn, b.JS), l, desktest.Logger(t), newMetrics(prometheus.NewRegistry()))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// read takes a file through a learner, as ingest does.
func (s *learner) read(t testing.TB, text, source string, lane article.Lane, received time.Time) *article.Article {
	t.Helper()
	h := extract.Hints{Source: source, Lane: lane, Received: received}
	s.brief(&h)
	items, err := extract.File(t.Context(), []byte(text), h, extract.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	s.observe(h, items)
	return items[0].Article
}

func removed(a *article.Article) []string {
	var lines []string
	for _, r := range a.Cleaning.Removed {
		lines = append(lines, r.Text)
	}
	return lines
}

func TestLearner_twoWorkersLearnTogether(t *testing.T) {
	t.Parallel()
	b := newLearnerBench(t)
	one, two := b.learner(t, Learning{}), b.learner(t, Learning{})
	stop := desktest.Run(t, two.run)
	// Neither has seen enough by itself: three articles each, on three days between them.
	for n := range 3 {
		one.read(t, harbourStory(n, opening, closing), "harbour", article.Live, day(0))
		two.read(t, harbourStory(10+n, opening, closing), "harbour", article.Live, day(1+n%2))
	}
	one.save(t.Context())
	if r := one.rules.Load(); r != nil {
		t.Fatalf("three articles of one day made the snapshot %+v", r)
	}
	stop() // which saves
	two = b.learner(t, Learning{})
	rules := two.rules.Load()
	if rules == nil || rules.Number != 1 || len(rules.Sources["harbour"]) != 2 {
		t.Fatalf("after both saved, the rules are %+v", rules)
	}
	desktest.Run(t, one.run)
	desktest.Wait(t, "the other worker to adopt the snapshot", func() bool { return one.rules.Load() != nil })
	text := harbourStory(20, opening, closing)
	a := one.read(t, text, "harbour", article.Live, day(3))
	if diff := cmp.Diff([]string{opening, closing}, removed(a)); diff != "" {
		t.Errorf("removed (-want +got):\n%s", diff)
	}
	if a.Cleaning.RulesRev == nil || *a.Cleaning.RulesRev != "1-"+rules.Rev {
		t.Errorf("the record says %v, want the snapshot %s", a.Cleaning.RulesRev, rules.Name())
	}
	x, err := article.Encode(a)
	if err != nil {
		t.Fatal(err)
	}
	y, err := article.Encode(two.read(t, text, "harbour", article.Live, day(3)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(x), string(y)); diff != "" {
		t.Errorf("the same article under the same snapshot differs:\n%s", diff)
	}
	if a := one.read(t, text, "quay", article.Live, day(3)); len(removed(a)) != 0 {
		t.Errorf("another source lost %q", removed(a))
	}
	if a := one.read(t, text, "harbour", article.Backfill, day(3)); len(removed(a)) != 2 {
		t.Errorf("old material lost %q, want both lines", removed(a))
	}
}

func TestLearner_manyWorkersLoseNoCount(t *testing.T) {
	t.Parallel()
	b := newLearnerBench(t)
	const workers, each = 6, 40
	done := make(chan struct{})
	for w := range workers {
		s := b.learner(t, Learning{})
		go func() {
			defer func() { done <- struct{}{} }()
			for n := range each {
				s.read(t, harbourStory(w*each+n, fmt.Sprintf("Desk %c.", 'a'+w), closing), "harbour", article.Live, day(n%4))
				if n%8 == 7 {
					s.save(context.Background())
				}
			}
		}()
	}
	for range workers {
		<-done
	}
	store := newSources(b.Conn, b.JS)
	e, _, err := store.edges(t.Context(), "harbour")
	if err != nil {
		t.Fatal(err)
	}
	data, err := e.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf(`{"articles":%d,`, workers*each); !strings.HasPrefix(string(data), want) {
		t.Errorf("the counts are %.40s…, want %s", data, want)
	}
	r, _, err := store.newest(t.Context())
	if err != nil || r == nil {
		t.Fatalf("the newest snapshot is %v, %v", r, err)
	}
	if diff := cmp.Diff(e.Learnt(), r.Sources["harbour"]); diff != "" {
		t.Errorf("the newest snapshot is not what the counts say (-want +got):\n%s", diff)
	}
	for n := range r.Number {
		if old, err := store.snapshot(t.Context(), n+1); err != nil || old.Number != n+1 {
			t.Errorf("snapshot %d of %d: %v, %v", n+1, r.Number, old, err)
		}
	}
}

func TestLearner_restartContinues(t *testing.T) {
	t.Parallel()
	b := newLearnerBench(t)
	for n := range 6 { // a process for each article
		s := b.learner(t, Learning{})
		s.read(t, harbourStory(n, opening, closing), "harbour", article.Live, day(n%3))
		s.read(t, harbourStory(n, opening, closing), "harbour", article.Live, day(n%3)) // delivered again
		s.save(t.Context())
		if got, want := s.rules.Load() != nil, n >= 4; got != want {
			t.Errorf("after %d articles there are rules: %v", n+1, got)
		}
	}
}

func TestLearner_oneArticleAgainAndAgainTeachesNothing(t *testing.T) {
	t.Parallel()
	b := newLearnerBench(t)
	s := b.learner(t, Learning{})
	for n := range 30 {
		s.read(t, harbourStory(1, opening, closing), "harbour", article.Live, day(n/3))
		s.save(t.Context())
	}
	for n := range 30 {
		s.read(t, harbourStory(n, opening, closing), "old", article.Backfill, day(n/3))
	}
	s.save(t.Context())
	if r := s.rules.Load(); r != nil {
		t.Errorf("a feed fetched ten days long and an archive taught %+v", r)
	}
}

func TestLearner_oldSnapshotsStayReadable(t *testing.T) {
	t.Parallel()
	b := newLearnerBench(t)
	store := newSources(b.Conn, b.JS)
	var r *extract.Rules
	for n := range keptSnapshots + 6 {
		_, revision, err := store.newest(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		r = r.With(map[string][]string{"harbour": {fmt.Sprintf("line %c%c ", 'a'+n/26, 'a'+n%26)}})
		if err := store.publish(t.Context(), r, revision); err != nil {
			t.Fatal(err)
		}
		if err := store.publish(t.Context(), r, revision); err == nil {
			t.Fatal("a snapshot was published twice")
		}
	}
	newest := r.Number
	for _, tt := range []struct {
		number uint64
		kept   bool
	}{{newest, true}, {newest - 1, true}, {newest - keptSnapshots + 1, true}, {newest - keptSnapshots, false}, {newest + 1, false}} {
		r, err := store.snapshot(t.Context(), tt.number)
		if (err == nil) != tt.kept || tt.kept && r.Number != tt.number {
			t.Errorf("snapshot %d of %d: %v, %v", tt.number, newest, r, err)
		}
	}
	pinned := b.learner(t, Learning{Snapshot: newest - 3})
	if r := pinned.rules.Load(); r.Number != newest-3 {
		t.Errorf("a replay is cleaned by snapshot %d, want %d", r.Number, newest-3)
	}
	if err := pinned.run(t.Context()); err != nil { // it follows nothing and ends at once
		t.Error(err)
	}
	_, err := newLearner(t.Context(), store, Learning{Snapshot: 1}, desktest.Logger(t), newMetrics(prometheus.NewRegistry()))
	if err == nil {
		t.Error("a replay begins without the snapshot it asks for")
	}
}

func TestLearner_survivesTheLossOfItsBucket(t *testing.T) {
	t.Parallel()
	b := newLearnerBench(t)
	s := b.learner(t, Learning{})
	for n := range 6 {
		s.read(t, harbourStory(n, opening, closing), "harbour", article.Live, day(n%3))
	}
	s.save(t.Context())
	if err := b.JS.DeleteKeyValue(t.Context(), bus.BucketSources); err != nil {
		t.Fatal(err)
	}
	fresh := b.learner(t, Learning{}) // starts without
	for n := range 6 {
		if a := s.read(t, harbourStory(10+n, opening, closing), "harbour", article.Live, day(n%3)); len(removed(a)) != 2 {
			t.Errorf("without the bucket %q is removed, want both lines still", removed(a))
		}
		fresh.read(t, harbourStory(20+n, opening, closing), "harbour", article.Live, day(n%3))
	}
	s.save(t.Context())
	fresh.save(t.Context())
	if err := bus.Provision(t.Context(), b.JS, bus.NewTopology(bus.Settings{})); err != nil {
		t.Fatal(err)
	}
	s.save(t.Context())
	fresh.save(t.Context())
	if r := s.rules.Load(); r == nil || r.Number != 1 {
		t.Errorf("the rules are %+v, want those from before", r)
	}
	store := newSources(b.Conn, b.JS)
	if r, _, err := store.newest(t.Context()); err != nil || r == nil || len(r.Sources["harbour"]) != 2 {
		t.Errorf("the new bucket has %+v, %v, want what was learnt before and meanwhile", r, err)
	}
}

func TestLearner_keepsToItsBounds(t *testing.T) {
	t.Parallel()
	b := newLearnerBench(t)
	s := b.learner(t, Learning{})
	edge := extract.Edge{Lines: []string{"x "}}
	for n := range maxSources + 20 {
		h := extract.Hints{Source: fmt.Sprintf("s%d", n), Lane: article.Live}
		for range 20 {
			s.brief(&h)
			s.observe(h, []extract.Item{{Edge: &edge}})
		}
	}
	if s.total != maxAllLessons {
		t.Errorf("%d lessons are remembered, want %d", s.total, maxAllLessons)
	}
	for n := range maxSources + 20 {
		s.lessons[fmt.Sprintf("s%d", n)] = []lesson{{edge, day(0)}}
	}
	s.save(t.Context())
	if n, err := s.store.count(t.Context()); n != maxSources || err != nil {
		t.Errorf("%d sources are learnt, %v, want %d", n, err, maxSources)
	}
}

func TestDesk_learnsAndStampsWhatItCleanedBy(t *testing.T) {
	t.Parallel()
	b := newLearnerBench(t)
	// What was learnt on the two days before.
	var e extract.Edges
	for n := range 4 {
		items, err := extract.File(t.Context(), []byte(harbourStory(n, opening, closing)), extract.Hints{Learn: true}, extract.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		e.Learn(*items[0].Edge, day(n%2))
	}
	if err := newSources(b.Conn, b.JS).saveEdges(t.Context(), "harbour", &e, 0); err != nil {
		t.Fatal(err)
	}
	for _, isolated := range []bool{false, true} {
		d, err := New(Options{Dial: b.Dial, Isolate: isolated, Stages: []string{article.StageIngest}, Learning: Learning{Interval: 20 * time.Millisecond}, Logger: desktest.Logger(t)})
		if err != nil {
			t.Fatal(err)
		}
		desktest.Run(t, d.Run)
		desktest.Wait(t, "the desk to start", func() bool { return d.Ready() == nil })
	}
	drop := func(n int) {
		page := "<html><body><p>" + strings.ReplaceAll(strings.TrimSpace(harbourStory(n, opening, closing)), "\n\n", "</p><p>") + "</p></body></html>"
		if _, err := b.JS.Publish(t.Context(), "articles.inbox.harbour", []byte(page)); err != nil {
			t.Fatal(err)
		}
	}
	n := 10
	for ; n < 14; n++ {
		drop(n)
	}
	desktest.Wait(t, "a record that was cleaned by the snapshot", func() bool {
		n++
		drop(n)
		cleaned := false
		_, err := bus.Scan(t.Context(), b.JS, article.StreamIngested, bus.ScanOptions{Bodies: true}, func(m jetstream.Msg, _ *jetstream.MsgMetadata) error {
			a, err := article.Decode(m.Data())
			if err != nil {
				return err
			}
			if rev := a.Cleaning.RulesRev; rev != nil && strings.HasPrefix(*rev, "1-") && len(removed(a)) == 2 {
				cleaned = true
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return cleaned
	})
}

// BenchmarkIngest compares reading a plain article with and without learning.
func BenchmarkIngest(b *testing.B) {
	store := newLearnerBench(b)
	text := []byte(harbourStory(1, opening, closing))
	var e extract.Edges
	for n := range 6 {
		items, err := extract.File(b.Context(), []byte(harbourStory(n, opening, closing)), extract.Hints{Learn: true}, extract.Limits{})
		if err != nil {
			b.Fatal(err)
		}
		e.Learn(*items[0].Edge, day(n%3))
	}
	rules := (*extract.Rules)(nil).With(map[string][]string{"harbour": e.Learnt()})
	for _, bb := range []struct {
		name  string
		learn Learning
		rules *extract.Rules
	}{
		{"plain", Learning{Interval: -1}, nil},
		{"learning", Learning{Interval: time.Hour}, nil},
		{"learning and cleaning", Learning{Interval: time.Hour}, rules},
	} {
		b.Run(bb.name, func(b *testing.B) {
			s := store.learner(b, bb.learn)
			s.adopt(bb.rules)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				h := extract.Hints{Source: "harbour", Lane: article.Live, Received: day(0)}
				s.brief(&h)
				items, err := extract.File(b.Context(), text, h, extract.Limits{})
				if err != nil {
					b.Fatal(err)
				}
				s.observe(h, items)
				if s.total == maxLessons { // as after a saving
					s.lessons, s.total = map[string][]lesson{}, 0
				}
			}
		})
	}
}
