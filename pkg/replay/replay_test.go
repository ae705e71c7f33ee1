package replay_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desk"
	"github.com/copydesk/copydesk/pkg/desktest"
	"github.com/copydesk/copydesk/pkg/entity"
	"github.com/copydesk/copydesk/pkg/ledger"
	"github.com/copydesk/copydesk/pkg/natsembed"
	"github.com/copydesk/copydesk/pkg/replay"
	"github.com/copydesk/copydesk/pkg/stage"
)

// newsroom is a desk at work.
type newsroom struct {
	*desktest.Server
	intake *bus.Intake
	files  int64
}

func road(t *testing.T, s *desktest.Server) replay.Road {
	t.Helper()
	blobs, err := bus.OpenBlobs(t.Context(), s.JS)
	if err != nil {
		t.Fatal(err)
	}
	return replay.Road{Conn: s.Conn, JS: s.JS, Blobs: blobs}
}

func open(t *testing.T) *newsroom {
	t.Helper()
	n := &newsroom{Server: desktest.StartServer(t, natsembed.Options{})}
	d, err := desk.New(desk.Options{Dial: n.Dial, Provision: true, Ordered: true, Calm: time.Millisecond, Logger: desktest.Logger(t), Learning: desk.Learning{Interval: -1}})
	if err != nil {
		t.Fatal(err)
	}
	desktest.Run(t, d.Run)
	desktest.Wait(t, "the desk to start", func() bool { return d.Ready() == nil })
	pub, err := bus.NewPublisher(n.Conn, bus.PublisherOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pub.Close)
	n.intake = bus.NewIntake(pub, road(t, n.Server).Blobs)
	return n
}

// drop drops a file and waits until all of it has come to an end, so that what comes in
// by two lanes comes in in order.
func (n *newsroom) drop(t *testing.T, source string, lane article.Lane, data string) {
	t.Helper()
	if _, err := n.intake.Put(t.Context(), bus.File{Source: source, Lane: lane, Data: []byte(data)}); err != nil {
		t.Fatal(err)
	}
	n.files++
	desktest.Wait(t, "the file to end", func() bool {
		books, err := ledger.Open(t.Context(), n.JS)
		if err == nil {
			err = books.Advance(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		total := ledger.Total(books.Report())
		return total.Files == n.files && total.InFlight() == 0
	})
}

func (n *newsroom) set(t *testing.T, key string, v any) {
	t.Helper()
	kv, err := n.JS.KeyValue(t.Context(), bus.BucketOverrides)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kv.Put(t.Context(), key, b); err != nil {
		t.Fatal(err)
	}
}

// state is where every stream and bucket of the desk ends.
func (n *newsroom) state(t *testing.T) map[string]uint64 {
	t.Helper()
	state := map[string]uint64{}
	streams := n.JS.ListStreams(t.Context())
	for info := range streams.Info() {
		if !strings.HasSuffix(info.Config.Name, bus.BucketState) { // the trimmer notes how far it came
			state[info.Config.Name] = info.State.LastSeq
		}
	}
	if err := streams.Err(); err != nil {
		t.Fatal(err)
	}
	return state
}

// replay replays, and returns what differs with the sum, and all of it as JSON.
func (n *newsroom) replay(t *testing.T, o replay.Options) (list []replay.Article, sum *replay.Sum, all []byte) {
	t.Helper()
	sum, list, err := n.try(t, o)
	if err != nil {
		t.Fatal(err)
	}
	all, err = json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	return list, sum, all
}

func (n *newsroom) try(t *testing.T, o replay.Options) (*replay.Sum, []replay.Article, error) {
	t.Helper()
	before := n.state(t)
	shadow := desktest.StartServer(t, natsembed.Options{})
	if err := bus.Provision(t.Context(), shadow.JS, bus.NewTopology(bus.Settings{})); err != nil {
		t.Fatal(err)
	}
	o.Desk, o.Shadow = road(t, n.Server), road(t, shadow)
	if o.To.IsZero() {
		o.To = time.Now().Add(time.Hour)
	}
	o.Run = func(ctx context.Context, arrival func(stage.In) stage.In) error {
		d, err := desk.New(desk.Options{
			Dial: shadow.Dial, Ordered: true, NoHousekeeping: true, Arrival: arrival, Logger: desktest.Logger(t), Learning: desk.Learning{Interval: -1},
		})
		if err != nil {
			return err
		}
		return d.Run(ctx)
	}
	var list []replay.Article
	o.Changed = func(a replay.Article) error {
		list = append(list, a)
		return nil
	}
	sum, err := replay.Do(t.Context(), o)
	if diff := cmp.Diff(before, n.state(t)); diff != "" {
		t.Errorf("the desk was written to (-before +after):\n%s", diff)
	}
	return sum, list, err
}

func story(i int) string {
	return fmt.Sprintf("Ferry line %d to Port Sorrel gets a second boat\n\nThe ferry line number %d to Port Sorrel gets a second boat in spring, Mayor Odile Quillfeather said on Tuesday.\n\nIt costs %d crowns and was built in the yard of Haven %d, where %d people work.\n\n\"We waited for it for %d years,\" Quillfeather said.\n", i, i, 1000*i+7, i, 40+i, i+2)
}

// workload is one of everything.
func workload(t *testing.T, n *newsroom) {
	t.Helper()
	n.drop(t, "ap", article.Live, story(1))
	n.drop(t, "mail", article.Live, story(1))
	n.drop(t, "ap", article.Live, strings.Replace(story(1), "in spring", "in early spring", 1))
	n.drop(t, "ap", article.Live, story(1)+"\nUpdate: the council has agreed on Friday to pay 4,500 crowns more for a third boat in the year 2029, it said.\n")
	n.drop(t, "ap", article.Backfill, story(2))
	n.drop(t, "web", article.Live, "\x7fELF\x00 no text")
	n.drop(t, "web", article.Live, `{"headline":"One of two","text":`+fmt.Sprintf("%q", story(3))+"}\n"+`{"headline":"Two of two","text":`+fmt.Sprintf("%q", story(4))+"}\n")
	var large strings.Builder
	large.WriteString("The whole budget of Port Sorrel\n\n")
	for i := 0; large.Len() < 1200<<10; i++ {
		fmt.Fprintf(&large, "Chapter %d of the budget grants %d crowns to the school of village %d, the council said on day %d.\n\n", i, i*i, i, i%28)
	}
	n.drop(t, "mail", article.Live, large.String())
}

func TestDo_ofADeskThatHasNotChangedFindsNothing(t *testing.T) {
	t.Parallel()
	n := open(t)
	workload(t, n)
	list, sum, _ := n.replay(t, replay.Options{From: time.Now().Add(-time.Hour)})
	for _, a := range list {
		t.Errorf("%+v", a)
	}
	want := &replay.Sum{Files: 8, Articles: 9, Same: 9}
	want.From, want.To = sum.From, sum.To
	if diff := cmp.Diff(want, sum); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDo_tellsWhatAnOverrideWouldHaveChanged(t *testing.T) {
	t.Parallel()
	n := open(t)
	n.drop(t, "ap", article.Live, story(1))
	n.drop(t, "ap", article.Live, "The council of Haven votes on a new school\n\nThe council of Haven voted on Monday for a new school of 12 rooms, it said in the evening after a debate of five hours.\n")
	n.drop(t, "mail", article.Live, story(2))
	o := desk.EntityOverride{Override: entity.Override{Act: entity.New, Name: "Odile Quillfeather", ID: "wd:Q424242", Type: article.Person}}
	key, err := o.Key()
	if err != nil {
		t.Fatal(err)
	}
	n.set(t, key, o)
	list, sum, first := n.replay(t, replay.Options{From: time.Now().Add(-time.Hour)})
	if sum.Articles != 3 || sum.Same != 1 || sum.Entities != 2 || sum.EntitiesGained != 2 || sum.EntitiesLost != 2 || sum.Verdicts != 0 || sum.OverridesRev != 1 {
		t.Errorf("%+v", sum)
	}
	for _, a := range list {
		gained, lost := []replay.Entity{{ID: "wd:Q424242", Name: "Odile Quillfeather"}}, []replay.Entity{{ID: "name:person:odile-quilfeather", Name: "Odile Quillfeather"}}
		if diff := cmp.Diff([][]replay.Entity{gained, lost}, [][]replay.Entity{a.EntitiesGained, a.EntitiesLost}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", *a.Headline, diff)
		}
	}
	if _, _, again := n.replay(t, replay.Options{From: time.Now().Add(-time.Hour)}); !bytes.Equal(again, first) {
		t.Errorf("a second replay gives\n%s\nand the first gave\n%s", again, first)
	}
	list, sum, _ = n.replay(t, replay.Options{From: time.Now().Add(-time.Hour), Source: "mail"})
	if sum.Files != 1 || sum.Articles != 1 || len(list) != 1 || list[0].Source != "mail" {
		t.Errorf("of one source: %+v, %+v", sum, list)
	}
}

func TestDo_judgesAfterWhatCameBefore(t *testing.T) {
	t.Parallel()
	n := open(t)
	n.drop(t, "ap", article.Live, story(1))
	between := time.Now()
	n.drop(t, "mail", article.Live, story(1))
	list, sum, _ := n.replay(t, replay.Options{From: between, Lead: time.Hour})
	if len(list) != 0 || sum.LeadFiles != 1 || sum.LeadFrom == nil || sum.Files != 1 || sum.Same != 1 {
		t.Errorf("with what came before: %+v, %+v", sum, list)
	}
	list, sum, _ = n.replay(t, replay.Options{From: between})
	if len(list) != 1 || sum.LeadFiles != 0 || sum.Verdicts != 1 || list[0].Fields[0] != (replay.Field{Name: "dedupe.relation", Was: "exact", Now: "new"}) {
		t.Errorf("without: %+v, %+v", sum, list)
	}
	if _, _, err := n.try(t, replay.Options{From: between.Add(-2 * time.Hour), To: between.Add(-time.Hour)}); !errors.Is(err, replay.ErrNothing) {
		t.Errorf("of an empty hour: %v", err)
	}
}
