package ledger_test

import (
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desktest"
	"github.com/copydesk/copydesk/pkg/ledger"
	"github.com/copydesk/copydesk/pkg/natsembed"
)

func newRoad(t *testing.T) *desktest.Server {
	t.Helper()
	s := desktest.StartServer(t, natsembed.Options{})
	if err := bus.Provision(t.Context(), s.JS, bus.NewTopology(bus.Settings{})); err != nil {
		t.Fatal(err)
	}
	return s
}

// item is a message about item index of count of file seq.
type item struct {
	subject           string
	seq, index, count int
	retry             int
	added             int
	run               string
}

func publish(t *testing.T, s *desktest.Server, items ...item) {
	t.Helper()
	for _, it := range items {
		m := nats.NewMsg(it.subject)
		if it.count > 0 {
			m.Header.Set(article.HeaderOriginSeq, strconv.Itoa(it.seq))
			m.Header.Set(article.HeaderIndex, strconv.Itoa(it.index))
			m.Header.Set(article.HeaderCount, strconv.Itoa(it.count))
			m.Header.Set(article.HeaderSource, "ap")
			m.Header.Set(article.HeaderLane, string(article.Live))
		}
		if it.retry > 0 {
			m.Header.Set(article.HeaderRetry, strconv.Itoa(it.retry))
		}
		if it.added > 0 {
			m.Header.Set(article.HeaderAdded, strconv.Itoa(it.added))
		}
		if it.run != "" {
			m.Header.Set(article.HeaderRun, it.run)
		}
		if _, err := s.JS.PublishMsg(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
}

const (
	inbox     = "articles.inbox.ap"
	backfill  = "articles.backfill.ap"
	ingested  = "articles.ingested"
	enriched  = "articles.enriched.en.new.ap"
	duplicate = "articles.duplicate.exact.ap"
	deadIn    = "articles.dead.ingest"
	deadLater = "articles.dead.entities"
)

func TestLedger_countsEachItemByItsEnd(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		messages []item
		want     ledger.Sums
		inFlight int64
	}{
		{
			name:     "a file that is not opened yet is one item in flight",
			messages: []item{{subject: inbox}},
			want:     ledger.Sums{Files: 1},
			inFlight: 1,
		},
		{
			name:     "a file of three articles is three items once it is opened",
			messages: []item{{subject: inbox}, {subject: ingested, seq: 1, count: 3}, {subject: enriched, seq: 1, count: 3}},
			want:     ledger.Sums{Files: 1, Opened: 1, Split: 3, Enriched: 1},
			inFlight: 2,
		},
		{
			name:     "a file that nobody can open is one item and dead",
			messages: []item{{subject: inbox}, {subject: deadIn, seq: 1, count: 1}},
			want:     ledger.Sums{Files: 1, Opened: 1, Split: 1, Dead: 1},
		},
		{
			name: "one bad article among good ones is dead by itself",
			messages: []item{
				{subject: inbox},
				{subject: ingested, seq: 1, index: 0, count: 2},
				{subject: deadIn, seq: 1, index: 1, count: 2},
				{subject: duplicate, seq: 1, index: 0, count: 2},
			},
			want: ledger.Sums{Files: 1, Opened: 1, Split: 2, Duplicate: 1, Dead: 1},
		},
		{
			name: "a retried dead letter counts once, by its latest end",
			messages: []item{
				{subject: inbox},
				{subject: ingested, seq: 1, count: 1},
				{subject: deadLater, seq: 1, count: 1},
				{subject: enriched, seq: 1, count: 1, retry: 1},
			},
			want: ledger.Sums{Files: 1, Opened: 1, Split: 1, Enriched: 1},
		},
		{
			name: "a dead letter that dies again is one dead item",
			messages: []item{
				{subject: inbox},
				{subject: ingested, seq: 1, count: 1},
				{subject: deadLater, seq: 1, count: 1},
				{subject: deadLater, seq: 1, count: 1, retry: 1},
			},
			want: ledger.Sums{Files: 1, Opened: 1, Split: 1, Dead: 1},
		},
		{
			name: "a retried file is no new file, and may turn out to have more articles",
			messages: []item{
				{subject: inbox},
				{subject: deadIn, seq: 1, count: 1},
				{subject: "articles.retry.live.ap", seq: 1, count: 1, retry: 1},
				{subject: ingested, seq: 1, index: 0, count: 3, retry: 1, added: 2},
				{subject: ingested, seq: 1, index: 1, count: 3},
				{subject: deadIn, seq: 1, index: 2, count: 3},
				{subject: enriched, seq: 1, index: 0, count: 3, retry: 1},
				{subject: enriched, seq: 1, index: 1, count: 3},
			},
			want: ledger.Sums{Files: 1, Opened: 1, Split: 3, Enriched: 2, Dead: 1},
		},
		{
			name: "what a letter of a later stage says of added articles was counted before",
			messages: []item{
				{subject: inbox},
				{subject: deadIn, seq: 1, count: 1},
				{subject: ingested, seq: 1, count: 2, retry: 1, added: 1},
				{subject: "articles.dead.dedupe", seq: 1, count: 2, retry: 1, added: 1},
			},
			want:     ledger.Sums{Files: 1, Opened: 1, Split: 2, Dead: 1},
			inFlight: 1,
		},
		{
			name:     "a replay and a stranger's message are nobody's item",
			messages: []item{{subject: enriched, seq: 1, count: 1, run: "r1"}, {subject: deadLater}},
			want:     ledger.Sums{},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newRoad(t)
			publish(t, s, tt.messages...)
			l, err := ledger.Open(t.Context(), s.JS)
			if err != nil {
				t.Fatal(err)
			}
			if err := l.Advance(t.Context()); err != nil {
				t.Fatal(err)
			}
			got := ledger.Total(l.Report())
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("sums (-want +got):\n%s", diff)
			}
			if got.InFlight() != tt.inFlight {
				t.Errorf("%d in flight, want %d", got.InFlight(), tt.inFlight)
			}
		})
	}
}

func TestLedger_reportsBySourceAndLane(t *testing.T) {
	t.Parallel()
	s := newRoad(t)
	publish(t, s, item{subject: inbox}, item{subject: inbox}, item{subject: backfill}, item{subject: "articles.inbox.dpa"})
	l, err := ledger.Open(t.Context(), s.JS)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Advance(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []ledger.Sums{
		{Source: "ap", Lane: article.Backfill, Files: 1},
		{Source: "ap", Lane: article.Live, Files: 2},
		{Source: "dpa", Lane: article.Live, Files: 1},
	}
	if diff := cmp.Diff(want, l.Report()); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
}

// Two keepers count the same streams; the messages the first counted are gone by the
// time the second starts.
func TestLedger_outlivesWhatItCounted(t *testing.T) {
	t.Parallel()
	s := newRoad(t)
	open := func() *ledger.Ledger {
		l, err := ledger.Open(t.Context(), s.JS)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	keep := func(l *ledger.Ledger) {
		if err := l.Advance(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := l.Save(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	publish(t, s, item{subject: inbox}, item{subject: ingested, seq: 1, count: 1}, item{subject: enriched, seq: 1, count: 1})
	first, rival, idle := open(), open(), open()
	if from, err := first.KeepFrom(t.Context(), article.StreamEnriched); err != nil || from != 1 {
		t.Errorf("before it is saved the ledger lets go of messages below %d (%v)", from, err)
	}
	keep(first)
	keep(rival) // the first saved before it: it takes over the first's checkpoint
	if from, err := first.KeepFrom(t.Context(), article.StreamEnriched); err != nil || from != 2 {
		t.Errorf("the saved ledger lets go of messages below %d (%v), want 2", from, err)
	}
	if from, err := first.KeepFrom(t.Context(), article.StreamTagged); err != nil || from != bus.KeepNothing {
		t.Errorf("the ledger holds on to a stream it does not read: %d (%v)", from, err)
	}
	for _, name := range []string{article.StreamInbox, article.StreamIngested, article.StreamEnriched} {
		stream, err := s.JS.Stream(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if err := stream.Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	late := open()
	publish(t, s, item{subject: inbox})
	second := open()
	keep(second)
	keep(first)
	for name, l := range map[string]*ledger.Ledger{"first": first, "rival": rival, "second": second, "late": late, "idle": idle} {
		if err := l.Advance(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := ledger.Sums{Files: 2, Opened: 1, Split: 1, Enriched: 1}
		if diff := cmp.Diff(want, ledger.Total(l.Report())); diff != "" {
			t.Errorf("%s ledger (-want +got):\n%s", name, diff)
		}
	}
}
