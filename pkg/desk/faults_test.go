package desk_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desk"
	"github.com/copydesk/copydesk/pkg/desktest"
	"github.com/copydesk/copydesk/pkg/ledger"
	"github.com/copydesk/copydesk/pkg/natsembed"
	"github.com/copydesk/copydesk/pkg/stage"
)

func TestDesk_passesAnArticleOnWithoutThePartThatFailed(t *testing.T) {
	t.Parallel()
	for _, broken := range []string{article.StageEntities, article.StageSummarize} {
		t.Run(broken, func(t *testing.T) {
			t.Parallel()
			b := start(t, desk.Options{
				Attempts: 2, Backoff: time.Millisecond,
				Wrap: func(name string, f stage.Func) stage.Func {
					if name != broken {
						return f
					}
					return func(context.Context, stage.In) ([]stage.Out, error) { panic("broken") }
				},
			})
			b.drop(t, article.Live, sample(t, "06-rail-fares.txt"))
			if total := b.settled(t, 1); total.Enriched != 1 {
				t.Fatalf("ledger %+v, want one enriched", total)
			}
			a := b.records(t, article.StreamEnriched)[0]
			if !slices.Contains(a.Cleaning.Warnings, broken+"_failed") {
				t.Errorf("warnings %v do not say that %s failed", a.Cleaning.Warnings, broken)
			}
			level := a.Coverage.Entities
			if broken == article.StageSummarize {
				level = a.Coverage.Summary
			}
			if level == nil || *level != article.None {
				t.Errorf("coverage %+v of a part that failed, want none", a.Coverage)
			}
		})
	}
}

func TestDesk_buriesWhatIsNoRecord(t *testing.T) {
	t.Parallel()
	b := start(t, desk.Options{})
	hops := map[string]string{
		article.SubjectIngested: article.StageDedupe, article.SubjectUnique: article.StageEntities, article.SubjectTagged: article.StageSummarize,
	}
	for subject := range hops {
		for i := range 3 {
			if _, err := b.JS.Publish(t.Context(), subject, fmt.Appendf(nil, "garbage %d", i)); err != nil {
				t.Fatal(err)
			}
		}
	}
	b.drop(t, article.Live, sample(t, "06-rail-fares.txt"))
	b.settled(t, 1)
	got := map[string]int{}
	desktest.Wait(t, "all dead letters", func() bool {
		clear(got)
		_, err := bus.Scan(t.Context(), b.JS, article.StreamDead, bus.ScanOptions{Bodies: true}, func(m jetstream.Msg, _ *jetstream.MsgMetadata) error {
			if m.Headers().Get(article.HeaderReason) != desk.CodeUndecodable {
				t.Errorf("%s died of %q", m.Data(), m.Headers().Get(article.HeaderReason))
			}
			got[m.Subject()]++
			return nil
		})
		return err == nil && got[article.DeadSubject(article.StageDedupe)]+got[article.DeadSubject(article.StageEntities)]+got[article.DeadSubject(article.StageSummarize)] == 9
	})
}

func TestDesk_readsCloudEvents(t *testing.T) {
	t.Parallel()
	b := start(t, desk.Options{})
	m := nats.NewMsg("articles.inbox.wire")
	m.Header.Set("Content-Type", "application/cloudevents+json")
	m.Data = fmt.Appendf(nil, `{"specversion":"1.0","id":"wire-17","source":"/wire","type":"story","datacontenttype":"text/plain","data":%q}`, sample(t, "06-rail-fares.txt"))
	if _, err := b.JS.PublishMsg(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	b.settled(t, 1)
	a := b.records(t, article.StreamEnriched)[0]
	if a.Input.Ref == nil || *a.Input.Ref != "wire-17" || a.Headline == nil {
		t.Errorf("ref %v and headline %v, want the event's id and its article's headline", a.Input.Ref, a.Headline)
	}
}

func TestDesk_takesOldMaterialOnlyWhileItKeepsUpWithTheNews(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	b := start(t, desk.Options{
		Wrap: func(name string, f stage.Func) stage.Func {
			if name != article.StageDedupe {
				return f
			}
			return func(ctx context.Context, in stage.In) ([]stage.Out, error) {
				select {
				case <-release:
				case <-ctx.Done():
					return nil, ctx.Err()
				}
				return f(ctx, in)
			}
		},
	})
	const news = 300
	for i := range news {
		b.drop(t, article.Live, fmt.Sprintf("The council of village number %d met and adjourned. It will meet again in week %d of the year.", i, i))
	}
	b.drop(t, article.Backfill, sample(t, "06-rail-fares.txt"))
	desktest.Wait(t, "the old material to be at the door", func() bool {
		c, err := b.JS.Consumer(t.Context(), article.StreamBackfill, article.StageIngest)
		if err != nil {
			t.Fatal(err)
		}
		return c.CachedInfo().NumAckPending == 1
	})
	close(release)
	if total := b.settled(t, news+1); total.Dead != 0 {
		t.Errorf("ledger %+v, want none dead", total)
	}
	got := b.records(t, article.StreamEnriched)
	for i, a := range got {
		if want := i == len(got)-1; (a.Lane == article.Backfill) != want {
			t.Errorf("record %d of %d is %s: old material went in before the last of the news was out", i+1, len(got), a.Lane)
		}
	}
}

func TestDesk_buriesTheRestOfAFileOfWhichSomeIsOut(t *testing.T) {
	t.Parallel()
	b := &bench{Server: desktest.StartServer(t, natsembed.Options{})}
	if err := bus.Provision(t.Context(), b.JS, bus.NewTopology(bus.Settings{})); err != nil {
		t.Fatal(err)
	}
	ack, err := b.JS.Publish(t.Context(), "articles.inbox.test", []byte("a file of three"))
	if err != nil {
		t.Fatal(err)
	}
	inbox, err := b.JS.Stream(t.Context(), article.StreamInbox)
	if err != nil {
		t.Fatal(err)
	}
	item := func(i int) string { return article.ItemID(inbox.CachedInfo().Created, ack.Sequence, i) }
	// A worker published the second item and died.
	m := nats.NewMsg(article.SubjectIngested)
	for k, v := range map[string]string{
		nats.MsgIdHdr: "ingest/" + item(1), article.HeaderItem: item(1), article.HeaderIndex: "1", article.HeaderCount: "3",
		article.HeaderOriginSeq: fmt.Sprint(ack.Sequence), article.HeaderLane: "live", article.HeaderSource: "test",
	} {
		m.Header.Set(k, v)
	}
	if _, err := b.JS.PublishMsg(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	// The next finds that the file cannot be read after all.
	b.run(t, desk.Options{
		Stages: []string{article.StageIngest},
		Wrap: func(string, stage.Func) stage.Func {
			return func(context.Context, stage.In) ([]stage.Out, error) {
				return nil, stage.Reject("timeout", article.ClassInput, errors.New("too slow this time"))
			}
		},
	})
	var got []string
	desktest.Wait(t, "two dead letters", func() bool {
		got = nil
		_, err := bus.Scan(t.Context(), b.JS, article.StreamDead, bus.ScanOptions{}, func(m jetstream.Msg, _ *jetstream.MsgMetadata) error {
			h := m.Headers()
			got = append(got, h.Get(article.HeaderItem)+" "+h.Get(article.HeaderIndex)+" of "+h.Get(article.HeaderCount))
			return nil
		})
		return err == nil && len(got) >= 2
	})
	if want := []string{item(0) + " 0 of 3", item(2) + " 2 of 3"}; !slices.Equal(got, want) {
		t.Errorf("buried are %v, want %v", got, want)
	}
	books, err := ledger.Open(t.Context(), b.JS)
	if err == nil {
		err = books.Advance(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	want := ledger.Sums{Files: 1, Opened: 1, Split: 3, Dead: 2}
	if total := ledger.Total(books.Report()); total != want || total.InFlight() != 1 {
		t.Errorf("ledger %+v, want %+v with the second item in flight", total, want)
	}
}

func TestDesk_waitsForTheBucketOfLargePayloads(t *testing.T) {
	t.Parallel()
	b := start(t, desk.Options{Stages: []string{article.StageIngest}, Backoff: time.Millisecond})
	var lines strings.Builder
	fmt.Fprintf(&lines, "{\"title\":\"The lock closes\",\"text\":%q}\n", sample(t, "06-rail-fares.txt"))
	const bad = 60
	for range bad {
		fmt.Fprintf(&lines, "{\"title\":\"\",\"text\":\"\",\"padding\":%q}\n", strings.Repeat("7", 5000))
	}
	if err := b.JS.DeleteObjectStore(t.Context(), bus.BucketBlobs); err != nil {
		t.Fatal(err)
	}
	b.drop(t, article.Live, lines.String())
	stored := func(stream string) int {
		s, err := b.JS.Stream(t.Context(), stream)
		if err != nil {
			t.Fatal(err)
		}
		return int(s.CachedInfo().State.Msgs)
	}
	desktest.Wait(t, "the good item to be published", func() bool { return stored(article.StreamIngested) == 1 })
	if n := stored(article.StreamDead); n != 0 {
		t.Errorf("%d letters were published without what they refer to", n)
	}
	if err := bus.Provision(t.Context(), b.JS, bus.NewTopology(bus.Settings{})); err != nil {
		t.Fatal(err)
	}
	desktest.Wait(t, "the letters", func() bool { return stored(article.StreamDead) == bad })
	if n := stored(article.StreamIngested); n != 1 {
		t.Errorf("the good item is there %d times", n)
	}
}
