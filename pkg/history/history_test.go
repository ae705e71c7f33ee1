package history_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/deadletter"
	"github.com/copydesk/copydesk/pkg/desk"
	"github.com/copydesk/copydesk/pkg/desktest"
	"github.com/copydesk/copydesk/pkg/history"
	"github.com/copydesk/copydesk/pkg/natsembed"
	"github.com/copydesk/copydesk/pkg/stage"
)

// bench is a running desk.
type bench struct {
	*desktest.Server
	inbox     *bus.Intake
	historian *history.Historian
	stop      func()
	// guard, while set, is asked before each stage's function.
	guard atomic.Pointer[func(ctx context.Context, name string, in stage.In) error]
}

func start(t *testing.T) *bench {
	t.Helper()
	b := &bench{Server: desktest.StartServer(t, natsembed.Options{})}
	d, err := desk.New(desk.Options{
		Dial: b.Dial, Provision: true, Ordered: true, Logger: desktest.Logger(t), Backoff: time.Millisecond, Version: "1.2.3",
		Wrap: func(name string, f stage.Func) stage.Func {
			return func(ctx context.Context, in stage.In) ([]stage.Out, error) {
				if guard := b.guard.Load(); guard != nil {
					if err := (*guard)(ctx, name, in); err != nil {
						return nil, err
					}
				}
				return f(ctx, in)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	b.stop = desktest.Run(t, d.Run)
	desktest.Wait(t, "the desk to start", func() bool { return d.Ready() == nil })
	pub, err := bus.NewPublisher(b.Conn, bus.PublisherOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pub.Close)
	blobs, err := bus.OpenBlobs(t.Context(), b.JS)
	if err != nil {
		t.Fatal(err)
	}
	b.inbox, b.historian = bus.NewIntake(pub, blobs), history.New(b.Conn, b.JS)
	return b
}

func (b *bench) guardWith(f func(ctx context.Context, name string, in stage.In) error) {
	b.guard.Store(&f)
}

// drop puts a page into the inbox and returns the identity of its article.
func (b *bench) drop(t *testing.T, data string) string {
	t.Helper()
	ack, err := b.inbox.Put(t.Context(), bus.File{Source: "ap", Lane: article.Live, Data: []byte(data), Header: nats.Header{
		article.HeaderFilename: {"ferry.txt"}, article.HeaderContentLocation: {"https://news.example/ferry"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	s, err := b.JS.Stream(t.Context(), article.StreamInbox)
	if err != nil {
		t.Fatal(err)
	}
	return article.ItemID(s.CachedInfo().Created, ack.Seq, 0)
}

// await traces an item until it is in a state.
func (b *bench) await(t *testing.T, item string, state history.State) *history.History {
	t.Helper()
	var tr *history.History
	desktest.Wait(t, item+" to be "+string(state), func() bool {
		var err error
		if tr, err = b.historian.Item(t.Context(), item); err != nil {
			t.Fatal(err)
		}
		return tr.State == state
	})
	return tr
}

// life is a trace without what differs from run to run.
func life(tr *history.History) []string {
	var lines []string
	for _, e := range tr.Events {
		line := string(e.Kind)
		if e.Stage != "" {
			line += " " + e.Stage
		}
		if e.Retry > 0 {
			line += fmt.Sprintf(" r%d", e.Retry)
		}
		line += ": " + e.Verdict
		if e.Kind == history.Passed {
			line += fmt.Sprintf(", attempt %d", e.Attempt)
			if e.Queue == nil || e.Took == nil || *e.Took < 0 {
				line += ", untimed"
			}
		}
		if e.Place == nil {
			line += ", not kept"
		}
		lines = append(lines, line)
	}
	return lines
}

var news = strings.Join([]string{
	"Ferry to Skarn stops",
	"The ferry between Port Alder and Skarn will stop on Friday, the harbour board said after a meeting that lasted until midnight.",
	"About 4,200 people cross the sound on a working day, and most of them have no other way to the mainland before the bridge opens.",
	"Captain Ines Varga told the board that the older of the two ships had failed its second inspection in March.",
	"The board wants to charter a ship from Norsund, which would take three weeks to arrive and cost 310,000 crowns a month.",
}, "\n\n")

const more = "\n\nOn Tuesday the insurer gave way and the first of the boats left with forty people aboard, Captain Varga at the helm."

func TestItem_tellsOfAnArticleItsCopyAndItsUpdate(t *testing.T) {
	t.Parallel()
	b := start(t)
	failed := false
	b.guardWith(func(_ context.Context, name string, _ stage.In) error {
		if name == article.StageEntities && !failed {
			failed = true
			return errors.New("not this time")
		}
		return nil
	})
	first := b.drop(t, news)
	b.await(t, first, history.Enriched)
	copied := b.drop(t, news)
	b.await(t, copied, history.Duplicate)
	updated := b.drop(t, news+more)
	b.await(t, updated, history.Enriched)

	tr := b.await(t, first, history.Enriched)
	want := []string{
		"arrived: ok", "passed ingest: ok, attempt 1", "passed dedupe: new, attempt 1", "passed entities: ok, attempt 2", "passed summarize: ok, attempt 1",
	}
	if diff := cmp.Diff(want, life(tr)); diff != "" {
		t.Errorf("the first one's life (-want +got):\n%s", diff)
	}
	if tr.Events[1].Version != "1.2.3" || tr.Now != "finished, on articles.enriched.en.new.ap" || len(tr.Missing) != 0 {
		t.Errorf("stage version %q, now %q, missing %q", tr.Events[1].Version, tr.Now, tr.Missing)
	}
	a := tr.Arrival
	if !a.Kept || a.Seq != 1 || a.Source != "ap" || *a.Filename != "ferry.txt" || *a.Bytes != int64(len(news)) || *a.SHA256 != fmt.Sprintf("%x", sha256.Sum256([]byte(news))) || a.Count != 1 {
		t.Errorf("arrival %+v", a)
	}
	items := func(list []history.Related) (got []string) {
		for _, r := range list {
			got = append(got, fmt.Sprintf("%s %d %s", r.Relation, r.Version, r.Item))
		}
		return got
	}
	if diff := cmp.Diff([]string{"update 2 " + updated}, items(tr.Versions)); diff != "" {
		t.Errorf("versions (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"exact 1 " + copied}, items(tr.Copies)); diff != "" {
		t.Errorf("copies (-want +got):\n%s", diff)
	}

	tr = b.await(t, copied, history.Duplicate)
	if diff := cmp.Diff([]string{"arrived: ok", "passed ingest: ok, attempt 1", "passed dedupe: exact, attempt 1"}, life(tr)); diff != "" {
		t.Errorf("the copy's life (-want +got):\n%s", diff)
	}
	if v := tr.Verdict; v == nil || *v.Of != article.URI(first) || v.Score == nil {
		t.Errorf("the copy's verdict is %+v", v)
	}

	tr, err := b.historian.Version(t.Context(), article.URI(first), 2)
	if err != nil {
		t.Fatal(err)
	}
	if tr.Item != updated || tr.URI != article.URI(first) || tr.Version != 2 || tr.Verdict.Relation != article.Update || tr.Verdict.Changes == 0 {
		t.Errorf("version 2 is item %s, version %d of %s, %+v", tr.Item, tr.Version, tr.URI, tr.Verdict)
	}
	if diff := cmp.Diff([]string{"new 1 " + first}, items(tr.Versions)); diff != "" {
		t.Errorf("versions of the update (-want +got):\n%s", diff)
	}
	if _, err := b.historian.Version(t.Context(), article.URI(first), 3); !errors.Is(err, history.ErrNotFound) {
		t.Errorf("version 3: %v, want %v", err, history.ErrNotFound)
	}
	if _, err := b.historian.Item(t.Context(), strings.Repeat("a", 26)); !errors.Is(err, history.ErrNotFound) {
		t.Errorf("an item that never was: %v, want %v", err, history.ErrNotFound)
	}
	if data, err := json.Marshal(tr); err != nil || !strings.Contains(string(data), `"state":"enriched"`) {
		t.Errorf("as JSON: %s, %v", data, err)
	}
}

func TestItem_tellsOfDeathsAndRetries(t *testing.T) {
	t.Parallel()
	for _, broken := range []string{article.StageIngest, article.StageDedupe, article.StageSummarize} {
		t.Run(broken, func(t *testing.T) {
			t.Parallel()
			b := start(t)
			b.guardWith(func(_ context.Context, name string, _ stage.In) error {
				if name == broken {
					return stage.Reject("broken", article.ClassInput, errors.New("no such thing"))
				}
				return nil
			})
			item := b.drop(t, news)
			dead := []string{"arrived: ok", "passed ingest: ok, attempt 1", "passed dedupe: new, attempt 1", "passed entities: ok, attempt 1"}
			dead = append(dead[:1+slices.Index(article.Stages(), broken)], "died "+broken+": broken")
			tr := b.await(t, item, history.Dead)
			if broken == article.StageSummarize {
				desktest.Wait(t, "dedupe to forget it", func() bool { tr = b.await(t, item, history.Dead); return len(tr.Events) > len(dead) })
				dead = append(dead, "withdrawn dedupe: its copies are not measured by it any more")
			}
			if diff := cmp.Diff(dead, life(tr)); diff != "" {
				t.Errorf("the dead one's life (-want +got):\n%s", diff)
			}
			if tr.Now != "dead: letter 1 of ARTICLES_DEAD" || tr.Events[slices.Index(life(tr), "died "+broken+": broken")].Error != "no such thing" {
				t.Errorf("now %q, events %+v", tr.Now, tr.Events)
			}
			b.guard.Store(nil)
			book, read := deadletter.Open(b.Conn, b.JS), time.Now()
			letters, err := book.Letters(t.Context(), deadletter.Filter{})
			if err == nil {
				err = book.Retry(t.Context(), letters, read, func(r deadletter.Result) {
					if r.Err != nil {
						t.Error(r.Err)
					}
				})
			}
			if err != nil {
				t.Fatal(err)
			}
			alive := append(dead, "retried r1: of letter 1")
			for _, name := range article.Stages()[slices.Index(article.Stages(), broken):] {
				verdict := "ok"
				if name == article.StageDedupe {
					verdict = "new"
				}
				alive = append(alive, "passed "+name+" r1: "+verdict+", attempt 1")
			}
			if diff := cmp.Diff(alive, life(b.await(t, item, history.Enriched))); diff != "" {
				t.Errorf("the retried one's life (-want +got):\n%s", diff)
			}
		})
	}
}

func TestItem_tellsWhereAnArticleInFlightIs(t *testing.T) {
	t.Parallel()
	for _, slow := range []string{article.StageIngest, article.StageEntities} {
		t.Run(slow, func(t *testing.T) {
			t.Parallel()
			b := start(t)
			release, begun := make(chan struct{}), make(chan struct{}, 8)
			b.guardWith(func(ctx context.Context, name string, _ stage.In) error {
				if name == slow {
					begun <- struct{}{}
					select {
					case <-release:
					case <-ctx.Done():
					}
				}
				return nil
			})
			item := b.drop(t, news)
			<-begun
			tr := b.await(t, item, history.InFlight)
			if want := "at work in " + slow + ", or waits there to be tried again"; tr.Now != want {
				t.Errorf("now %q, want %q", tr.Now, want)
			}
			if slow == article.StageEntities && len(life(tr)) != 3 || slow == article.StageIngest && len(life(tr)) != 1 {
				t.Errorf("life %q", life(tr))
			}
			close(release)
			b.await(t, item, history.Enriched)
			b.stop()
			item = b.drop(t, news+more)
			if tr = b.await(t, item, history.InFlight); tr.Now != "waits for ingest on articles.inbox.ap behind 0 others; 0 at work" {
				t.Errorf("now %q", tr.Now)
			}
		})
	}
}

func TestItem_saysWhatIsNotKeptAnyMore(t *testing.T) {
	t.Parallel()
	b := start(t)
	item := b.drop(t, news)
	b.await(t, item, history.Enriched)
	for _, name := range []string{article.StreamInbox, article.StreamIngested, article.StreamTagged, article.StreamDecisions} {
		s, err := b.JS.Stream(t.Context(), name)
		if err == nil {
			err = s.DeleteMsg(t.Context(), 1)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	tr := b.await(t, item, history.Enriched)
	want := []string{
		"arrived: ok, not kept", "passed ingest: ok, attempt 1, not kept", "passed dedupe: new, attempt 1, untimed",
		"passed entities: ok, attempt 1, not kept", "passed summarize: ok, attempt 1, untimed",
	}
	if diff := cmp.Diff(want, life(tr)); diff != "" {
		t.Errorf("its life (-want +got):\n%s", diff)
	}
	if got := strings.Join(tr.Missing, "\n"); !strings.Contains(got, "the file: ARTICLES_INBOX does not keep it") ||
		!strings.Contains(got, "what ingest published") || !strings.Contains(got, "what entities published") || !strings.Contains(got, "dedupe's decision") {
		t.Errorf("missing:\n%s", got)
	}
}

func TestFile_findsEveryArticleThatWasMadeOfIt(t *testing.T) {
	t.Parallel()
	b := start(t)
	var feed strings.Builder
	for i := range 3 {
		line, err := json.Marshal(map[string]string{
			"title": fmt.Sprintf("Village %d votes", 1000+i), "text": fmt.Sprintf("The council of village number %[1]d met on Monday and spoke of the %[1]dth well for %[1]d hours before it went home.", 1000+37*i),
		})
		if err != nil {
			t.Fatal(err)
		}
		feed.Write(append(line, '\n'))
	}
	large := news + strings.Repeat("\n\nNothing else is known of it so far, and nobody at the board would say more on that evening.", 12000)
	noise := "\x7fELF\x00 no text"
	for name, c := range map[string]struct {
		data  string
		items int
	}{
		"a feed dropped twice": {feed.String(), 6},
		"a large file":         {large, 2},
		"a file that died":     {noise, 2},
	} {
		sum, before := sha256.Sum256([]byte(c.data)), time.Now()
		if _, err := b.historian.File(t.Context(), sum, int64(len(c.data))); !errors.Is(err, history.ErrNotFound) {
			t.Errorf("%s, before it is dropped: %v", name, err)
		}
		last := ""
		for range 2 {
			last = b.drop(t, c.data)
		}
		desktest.Wait(t, name+" to end", func() bool {
			tr, err := b.historian.Item(t.Context(), last)
			if err != nil {
				t.Fatal(err)
			}
			return tr.State != history.InFlight
		})
		check := func(size int64) {
			t.Helper()
			var traces []*history.History
			desktest.Wait(t, "all articles of "+name, func() bool {
				var err error
				if traces, err = b.historian.File(t.Context(), sum, size); err != nil {
					t.Fatal(err)
				}
				return len(traces) == c.items
			})
			for _, tr := range traces {
				if tr.Arrival.SHA256 == nil || *tr.Arrival.SHA256 != fmt.Sprintf("%x", sum) || tr.Arrival.Time.Before(before.Add(-time.Minute)) {
					t.Errorf("%s: arrival %+v", name, tr.Arrival)
				}
			}
		}
		check(int64(len(c.data)))
		check(-1)
		desktest.Wait(t, name+" to be finished", func() bool {
			traces, err := b.historian.File(t.Context(), sum, int64(len(c.data)))
			if err != nil {
				t.Fatal(err)
			}
			return !slices.ContainsFunc(traces, func(tr *history.History) bool { return tr.State == history.InFlight })
		})
		s, err := b.JS.Stream(t.Context(), article.StreamInbox)
		if err == nil {
			err = s.Purge(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		check(int64(len(c.data)))
	}
}
