package ledger_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/desktest"
	"github.com/copydesk/copydesk/pkg/ledger"
)

// calendar is a desk's ledger on a clock that the test sets.
type calendar struct {
	*desktest.Server
	books *ledger.Ledger
	now   time.Time
}

func newCalendar(t *testing.T) *calendar {
	c := &calendar{Server: newRoad(t), now: time.Now().UTC()}
	c.open(t)
	return c
}

func (c *calendar) open(t *testing.T) {
	t.Helper()
	books, err := ledger.Open(t.Context(), c.JS)
	if err != nil {
		t.Fatal(err)
	}
	books.Now = func() time.Time { return c.now }
	c.books = books
}

func (c *calendar) read(t *testing.T) {
	t.Helper()
	if err := c.books.Advance(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.books.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := ledger.CheckDays(c.books.Report(), c.books.Days()); err != nil {
		t.Error(err)
	}
}

// pass moves the clock on by days, with the ledger read before anything comes in.
func (c *calendar) pass(t *testing.T, days int) {
	t.Helper()
	c.now = c.now.AddDate(0, 0, days)
	c.read(t)
}

// row is what the tests look at of a day.
type row struct {
	Day        int // after the first
	Closed     bool
	Amendments int
	Sums       ledger.Sums
}

func (c *calendar) rows(first time.Time) []row {
	var rows []row
	for _, d := range c.books.Days() {
		r := row{Day: -1, Closed: d.Closed != nil, Amendments: len(d.Amendments), Sums: ledger.Total(d.Sums)}
		if at, err := time.Parse(time.DateOnly, d.Day); err == nil {
			r.Day = int(at.Sub(first.Truncate(24*time.Hour)).Hours() / 24)
		}
		rows = append(rows, r)
	}
	return rows
}

func TestLedger_countsAnItemOnTheDayItsFileArrived(t *testing.T) {
	t.Parallel()
	c := newCalendar(t)
	start := c.now
	c.read(t)
	publish(t, c.Server, item{subject: inbox}, item{subject: ingested, seq: 1, count: 2}, item{subject: enriched, seq: 1, count: 2})
	c.read(t)

	c.pass(t, 1) // the second article of the file ends the next day
	publish(t, c.Server, item{subject: inbox}, item{subject: ingested, seq: 2, count: 1}, item{subject: deadLater, seq: 2, count: 1})
	c.read(t)
	open := ledger.Sums{Files: 1, Opened: 1, Split: 2, Enriched: 1}
	second := ledger.Sums{Files: 1, Opened: 1, Split: 1, Dead: 1}
	if diff := cmp.Diff([]row{{0, false, 0, open}, {1, false, 0, second}}, c.rows(start)); diff != "" {
		t.Errorf("while one is on its way (-want +got):\n%s", diff)
	}
	publish(t, c.Server, item{subject: duplicate, seq: 1, index: 1, count: 2})
	c.read(t)
	first := ledger.Sums{Files: 1, Opened: 1, Split: 2, Enriched: 1, Duplicate: 1}
	if diff := cmp.Diff([]row{{0, true, 0, first}, {1, false, 0, second}}, c.rows(start)); diff != "" {
		t.Errorf("when it has ended (-want +got):\n%s", diff)
	}

	// What was counted is removed, and another process goes on.
	for _, stream := range []string{article.StreamInbox, article.StreamIngested, article.StreamEnriched, article.StreamDuplicate} {
		s, err := c.JS.Stream(t.Context(), stream)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	c.open(t)
	c.pass(t, 3)
	if diff := cmp.Diff([]row{{0, true, 0, first}, {1, true, 0, second}, {4, false, 0, ledger.Sums{}}}, c.rows(start)); diff != "" {
		t.Errorf("after trimming and a restart (-want +got):\n%s", diff)
	}

	// The dead letter of the second day is retried on the fifth.
	publish(t, c.Server, item{subject: enriched, seq: 2, count: 1, retry: 1})
	c.read(t)
	second = ledger.Sums{Files: 1, Opened: 1, Split: 1, Enriched: 1}
	if diff := cmp.Diff([]row{{0, true, 0, first}, {1, true, 1, second}, {4, false, 0, ledger.Sums{}}}, c.rows(start)); diff != "" {
		t.Errorf("after the retry (-want +got):\n%s", diff)
	}
	got := c.books.Days()[1].Amendments[0]
	want := ledger.Amendment{At: c.now, Sums: ledger.Sums{Source: "ap", Lane: article.Live, Enriched: 1, Dead: -1}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("amendment (-want +got):\n%s", diff)
	}
}

func TestLedger_aRetryThatIsUnderWayOpensItsDayAgain(t *testing.T) {
	t.Parallel()
	c := newCalendar(t)
	start := c.now
	c.read(t)
	publish(t, c.Server, item{subject: inbox}, item{subject: deadIn, seq: 1, count: 1})
	c.pass(t, 1)
	publish(t, c.Server, item{subject: "articles.retry.live.ap", seq: 1, count: 1, retry: 1}, item{subject: ingested, seq: 1, count: 2, retry: 1, added: 1}, item{subject: ingested, seq: 1, index: 1, count: 2})
	c.read(t)
	if r := c.rows(start)[0]; r.Closed || r.Sums.InFlight() != 1 || r.Amendments != 1 {
		t.Errorf("while two articles of a file that had died are on their way: %+v", r)
	}
	publish(t, c.Server, item{subject: enriched, seq: 1, count: 2, retry: 1}, item{subject: enriched, seq: 1, index: 1, count: 2})
	c.read(t)
	want := row{0, true, 1, ledger.Sums{Files: 1, Opened: 1, Split: 2, Enriched: 2}}
	if diff := cmp.Diff(want, c.rows(start)[0]); diff != "" {
		t.Errorf("when they have ended (-want +got):\n%s", diff)
	}
}

func TestLedger_foldsOldDays(t *testing.T) {
	t.Parallel()
	c := newCalendar(t)
	start := c.now
	c.read(t)
	publish(t, c.Server, item{subject: inbox}, item{subject: "articles.inbox.dpa"}, item{subject: deadIn, seq: 1, count: 1}, item{subject: deadIn, seq: 2, count: 1})
	c.read(t)
	c.pass(t, 300)
	publish(t, c.Server, item{subject: inbox}, item{subject: deadIn, seq: 3, count: 1})
	c.read(t)
	if rows := c.books.Days()[0].Sums; len(rows) != 1 || rows[0].Source != ledger.AnySource || rows[0].Files != 2 {
		t.Errorf("a day long ago is kept as %+v, want one row for both sources", rows)
	}
	c.pass(t, 300)
	c.pass(t, 300)
	want := []row{{-1, true, 0, ledger.Sums{Files: 3, Opened: 3, Split: 3, Dead: 3}}, {900, false, 0, ledger.Sums{}}}
	if diff := cmp.Diff(want, c.rows(start)); diff != "" {
		t.Errorf("after two and a half years (-want +got):\n%s", diff)
	}
}

func TestLedger_takesOverSumsOfBeforeDaysWereKept(t *testing.T) {
	t.Parallel()
	c := newCalendar(t)
	publish(t, c.Server, item{subject: inbox}, item{subject: ingested, seq: 1, count: 1})
	c.read(t)
	// As an earlier version saved them.
	kv, err := c.JS.KeyValue(t.Context(), "copydesk_state")
	if err != nil {
		t.Fatal(err)
	}
	e, err := kv.Get(t.Context(), "ledger")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kv.Put(t.Context(), "ledger", withoutDays(t, e)); err != nil {
		t.Fatal(err)
	}
	c.open(t)
	publish(t, c.Server, item{subject: inbox}, item{subject: enriched, seq: 1, count: 1})
	c.read(t)
	want := []row{{-1, true, 0, ledger.Sums{Files: 1, Opened: 1, Split: 1, Enriched: 1}}, {0, false, 0, ledger.Sums{Files: 1}}}
	if diff := cmp.Diff(want, c.rows(c.now)); diff != "" {
		t.Errorf("days (-want +got):\n%s", diff)
	}
}

func TestCheckDays(t *testing.T) {
	t.Parallel()
	closed := time.Unix(1, 0)
	ended := ledger.Sums{Source: "ap", Files: 1, Opened: 1, Split: 1, Enriched: 1}
	for _, tc := range []struct {
		name string
		all  []ledger.Sums
		days []ledger.Day
		ok   bool
	}{
		{"days that come to all", []ledger.Sums{ended}, []ledger.Day{{Day: "2026-03-02", Closed: &closed, Sums: []ledger.Sums{ended}}}, true},
		{"a day is missing", []ledger.Sums{ended}, nil, false},
		{"a closed day with an item on its way", []ledger.Sums{{Files: 1}}, []ledger.Day{{Day: "2026-03-02", Closed: &closed, Sums: []ledger.Sums{{Files: 1}}}}, false},
		{"a day on which more ended than came in", []ledger.Sums{{Enriched: 1}}, []ledger.Day{{Day: "2026-03-02", Sums: []ledger.Sums{{Enriched: 1}}}}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if err := ledger.CheckDays(tc.all, tc.days); (err == nil) != tc.ok {
				t.Errorf("error %v", err)
			}
		})
	}
}

// withoutDays is a checkpoint with its days taken off.
func withoutDays(t *testing.T, e jetstream.KeyValueEntry) []byte {
	t.Helper()
	var c map[string]json.RawMessage
	if err := json.Unmarshal(e.Value(), &c); err != nil {
		t.Fatal(err)
	}
	delete(c, "days")
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
