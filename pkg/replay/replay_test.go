package replay_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/dedupe"
	"github.com/copydesk/copydesk/pkg/desk"
	"github.com/copydesk/copydesk/pkg/desktest"
	"github.com/copydesk/copydesk/pkg/entity"
	"github.com/copydesk/copydesk/pkg/ledger"
	"github.com/copydesk/copydesk/pkg/natsembed"
	"github.com/copydesk/copydesk/pkg/replay"
)

// newsroom is a desk with an inbox.
type newsroom struct {
	*desktest.Server
	inbox *bus.Intake
	items int // dropped so far
}

func open(t *testing.T, o desk.Options) *newsroom {
	t.Helper()
	n := &newsroom{Server: desktest.StartServer(t, natsembed.Options{})}
	o.Dial, o.Provision, o.Logger = n.Dial, true, desktest.Logger(t)
	o.Calm = time.Millisecond // old material need not wait for the news to pause
	d, err := desk.New(o)
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
	blobs, err := bus.OpenBlobs(t.Context(), n.JS)
	if err != nil {
		t.Fatal(err)
	}
	n.inbox = bus.NewIntake(pub, blobs)
	return n
}

// drop puts a file of some items into an inbox.
func (n *newsroom) drop(t *testing.T, source string, lane article.Lane, items int, data string) {
	t.Helper()
	if _, err := n.inbox.Put(t.Context(), bus.File{Source: source, Lane: lane, Data: []byte(data)}); err != nil {
		t.Fatal(err)
	}
	n.items += items
}

// settle waits until all that was dropped has ended.
func (n *newsroom) settle(t *testing.T) ledger.Sums {
	t.Helper()
	var total ledger.Sums
	desktest.Wait(t, "every item to end", func() bool {
		books, err := ledger.Open(t.Context(), n.JS)
		if err == nil {
			err = books.Advance(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		total = ledger.Total(books.Report())
		return total.Items() >= int64(n.items) && total.InFlight() == 0
	})
	return total
}

func sample(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "deploy", "samples", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// story is an invented article like no other number's.
func story(n int) string {
	towns := []string{"Port Alder", "Qasr Samar", "Nordhavn", "Vellin", "Deir Oram", "Kastrava"}
	town := towns[n%len(towns)]
	return fmt.Sprintf(`%[1]s counts %[2]d herons on its river

The council of %[1]s said on Monday that volunteers had counted %[2]d herons along stretch %[3]d of the river, more than in any winter since the count began.

"We found nest %[4]d in the old mill number %[5]d," said Marta Lindqvist%[6]d, who leads the count for association %[7]d.

The next count, of swans and of %[8]d marked geese, is planned for week %[9]d. A grant of %[10]d crowns pays for boat %[11]d.`,
		town, 100+n*7, n+3, n*11+5, n*13+2, n, n*17+1, n*19+4, n%50+1, n*23+800, n*29+6)
}

// busy drops a mixed workload: new articles, copies, versions, old material, what nobody
// can read, and files of several articles.
func (n *newsroom) busy(t *testing.T) {
	t.Helper()
	for i, name := range []string{
		"01-harbour-lock.html", "02-border-talks.txt", "03-border-talks-again.txt", "04-border-talks-near.txt", "05-border-talks-excerpt.txt",
		"06-rail-fares.txt", "07-schleuse.txt", "08-orchard-frost.html", "09-harbour-lock-later.txt", "10-rail-fares-correction.txt",
	} {
		n.drop(t, []string{"harbour", "wire"}[i%2], article.Live, 1, sample(t, name))
	}
	for i := range 12 {
		lane := article.Live
		if i%3 == 0 {
			lane = article.Backfill
		}
		n.drop(t, "wire", lane, 1, story(i))
		if i%4 == 1 {
			n.drop(t, "mail", article.Live, 1, story(i)) // a copy
		}
	}
	n.drop(t, "wire", article.Live, 1, "\x7fELF\x00 no text")
	n.drop(t, "wire", article.Live, 4, archive(t, story(20), "1 2 3", story(3), story(21)))
	n.drop(t, "wire", article.Live, 1, long(t))
	// Senders who say what only copydesk may say.
	for i, forged := range []nats.Header{
		{article.HeaderBlob: {"elsewhere/x"}},
		{article.HeaderOriginSeq: {"1"}, article.HeaderReceived: {"2001-02-03T04:05:06Z"}, article.HeaderRun: {"x"}, article.HeaderItem: {"aaaaaaaaaaaaaaaaaaaaaaaaaa"}},
	} {
		if _, err := n.inbox.Put(t.Context(), bus.File{Source: "wire", Lane: article.Live, Data: []byte(story(30 + i)), Header: forged}); err != nil {
			t.Fatal(err)
		}
		n.items++
	}
}

// long is an article whose file and text do not fit a message.
func long(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("Assembly reads its whole budget aloud\n\n")
	for p := 0; b.Len() < bus.MaxInlineFile+4096; p++ {
		fmt.Fprintf(&b, "The speaker of the assembly read chapter %d of the budget on Monday, which grants %d crowns to village %d and its school.\n\n", p, p*37, p*p)
	}
	return b.String()
}

func archive(t *testing.T, members ...string) string {
	t.Helper()
	var file bytes.Buffer
	z := zip.NewWriter(&file)
	for i, text := range members {
		w, err := z.Create(fmt.Sprintf("%d.txt", i))
		if err == nil {
			_, err = w.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return file.String()
}

// replayed is what a replay found.
type replayed struct {
	*replay.Report
	changes []*replay.Change
	records int
}

func (n *newsroom) replay(t *testing.T, o replay.Options) replayed {
	t.Helper()
	got, err := n.tryReplay(t, o)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func (n *newsroom) tryReplay(t *testing.T, o replay.Options) (got replayed, err error) {
	t.Helper()
	if o.MaxBytes == 0 {
		o.MaxBytes = 1 << 30
	}
	shadow := desktest.StartServer(t, natsembed.Options{Store: replay.StoreFor(o.MaxBytes)})
	o.Real, o.Shadow, o.Logger = n.Dial, shadow.Dial, desktest.Logger(t)
	if o.From.IsZero() {
		o.From = time.Now().Add(-time.Hour)
	}
	o.Change = func(c *replay.Change) error {
		got.changes = append(got.changes, c)
		return nil
	}
	o.Record = func(string, nats.Header, []byte) error {
		got.records++
		return nil
	}
	got.Report, err = replay.Run(t.Context(), o)
	return got, err
}

// everything is the state of all of a server's streams and buckets, by name.
func (n *newsroom) everything(t *testing.T) map[string]jetstream.StreamState {
	t.Helper()
	all := map[string]jetstream.StreamState{}
	list := n.JS.ListStreams(t.Context())
	for info := range list.Info() {
		state := info.State
		state.Consumers = 0 // those that read come and go
		if info.Config.Name != "KV_"+bus.BucketState {
			all[info.Config.Name] = state
		}
	}
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

func (n *newsroom) override(t *testing.T, key string, value any) {
	t.Helper()
	kv, err := n.JS.KeyValue(t.Context(), bus.BucketOverrides)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(value)
	if err == nil {
		_, err = kv.Put(t.Context(), key, b)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestRun_findsNothingOnADeskThatHasNotChanged(t *testing.T) {
	t.Parallel()
	for _, ordered := range []bool{true, false} {
		t.Run(fmt.Sprintf("ordered=%t", ordered), func(t *testing.T) {
			t.Parallel()
			n := open(t, desk.Options{Ordered: ordered})
			n.busy(t)
			sums := n.settle(t)
			before := n.everything(t)
			for _, backfill := range []bool{true, false} {
				if ordered && !backfill {
					continue // the other desk shows it
				}
				got := n.replay(t, replay.Options{Backfill: backfill})
				if len(got.changes) > 0 {
					t.Errorf("backfill=%t: changes on a desk that has not changed:\n%s", backfill, mustJSON(t, got.changes))
				}
				want := int(sums.Items())
				if !backfill {
					want -= 4
				}
				if got.Articles != want || got.Same != want || got.NotCompared != 0 || got.records != want {
					t.Errorf("backfill=%t: report %s, want %d articles the same", backfill, mustJSON(t, got.Report), want)
				}
			}
			if d := cmp.Diff(before, n.everything(t)); d != "" {
				t.Errorf("the desk's streams (-before +after):\n%s", d)
			}
		})
	}
}

func TestRun_saysWhichArticlesAnEntityOverrideConcerns(t *testing.T) {
	t.Parallel()
	n := open(t, desk.Options{})
	n.busy(t)
	n.settle(t)
	deny := desk.EntityOverride{Override: entity.Override{Act: entity.Deny, Name: "Marian Holloway"}, Reason: "not she", By: "anna", At: time.Now()}
	key, err := deny.Key()
	if err != nil {
		t.Fatal(err)
	}
	n.override(t, key, deny)
	before := n.everything(t)
	// By hand: which records name her.
	var want []string
	_, err = bus.Scan(t.Context(), n.JS, article.StreamEnriched, bus.ScanOptions{Bodies: true}, func(m jetstream.Msg, _ *jetstream.MsgMetadata) error {
		a, err := article.Decode(m.Data())
		if err == nil && slices.ContainsFunc(a.Entities, func(e article.Entity) bool { return strings.Contains(e.Name, "Holloway") }) {
			want = append(want, a.Item)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(want) == 0 {
		t.Fatal("no sample names her")
	}
	from := time.Now().Add(-time.Hour)
	first := n.replay(t, replay.Options{From: from, Backfill: true})
	var got []string
	for _, c := range first.changes {
		if c.Entities == nil || !slices.ContainsFunc(c.Entities.Lost, func(e replay.Entity) bool { return strings.Contains(e.Name, "Holloway") }) || c.Verdict != nil {
			t.Errorf("change %s", mustJSON(t, c))
		}
		got = append(got, c.Item)
	}
	slices.Sort(want)
	slices.Sort(got)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("articles that lose her (-want +got):\n%s", d)
	}
	if first.State.Overrides != 1 || first.Entities != len(want) || first.EntitiesLost < len(want) {
		t.Errorf("report %s", mustJSON(t, first.Report))
	}
	if d := cmp.Diff(before, n.everything(t)); d != "" {
		t.Errorf("the desk's streams (-before +after):\n%s", d)
	}
	// And once more: to the byte.
	second := n.replay(t, replay.Options{From: from, Backfill: true})
	if d := cmp.Diff(mustJSON(t, first.changes), mustJSON(t, second.changes)); d != "" {
		t.Errorf("the second replay (-first +second):\n%s", d)
	}
	if d := cmp.Diff(mustJSON(t, first.Report), mustJSON(t, second.Report)); d != "" {
		t.Errorf("the second report (-first +second):\n%s", d)
	}
}

func TestRun_saysWhichVerdictADedupeOverrideChanges(t *testing.T) {
	t.Parallel()
	n := open(t, desk.Options{Ordered: true})
	n.drop(t, "wire", article.Live, 1, sample(t, "02-border-talks.txt"))
	n.drop(t, "wire", article.Live, 1, sample(t, "04-border-talks-near.txt"))
	n.drop(t, "wire", article.Live, 1, story(1))
	n.settle(t)
	var named [2]desk.Named
	decisions := map[string]dedupe.Entry{}
	_, err := bus.ReadOn(t.Context(), n.Conn, article.StreamDecisions, article.SubjectDecisions, 1, func(m bus.Stored) error {
		lines, err := desk.Decisions(m)
		for _, l := range lines {
			var e dedupe.Entry
			if err := json.Unmarshal(l.Line, &e); err != nil {
				return err
			}
			decisions[e.Item] = e
			if e.Relation == article.Near {
				named[0] = desk.Named{Hash: e.Hash, URI: e.URI}
			} else if named[1].Hash == "" {
				named[1] = desk.Named{Hash: e.Hash, URI: e.URI}
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	p := desk.PairOverride{Verdict: desk.Different, Articles: named, Reason: "two talks", By: "anna", At: time.Now()}
	key, err := p.Key()
	if err != nil {
		t.Fatal(err)
	}
	n.override(t, key, p)
	got := n.replay(t, replay.Options{})
	if len(got.changes) != 1 || got.changes[0].Verdict == nil {
		t.Fatalf("changes %s, want one of a verdict", mustJSON(t, got.changes))
	}
	was, now := got.changes[0].Verdict.Was, got.changes[0].Verdict.Now
	if was.Outcome != replay.Duplicate || was.Relation != article.Near || now.Outcome != replay.Enriched || now.Relation != article.New {
		t.Errorf("verdict %s", mustJSON(t, got.changes[0].Verdict))
	}
	if got.Verdicts != 1 || got.Same != 2 {
		t.Errorf("report %s", mustJSON(t, got.Report))
	}
}

func TestRun_replaysWhatIsChosenAmongWhatIsNot(t *testing.T) {
	t.Parallel()
	n := open(t, desk.Options{Ordered: true})
	n.drop(t, "wire", article.Live, 1, sample(t, "01-harbour-lock.html"))
	n.drop(t, "wire", article.Live, 1, story(1))
	n.settle(t)
	time.Sleep(2 * time.Millisecond) // the inbox's clock is the server's
	half := time.Now()
	n.drop(t, "mail", article.Live, 1, story(1))                               // a copy of what came before
	n.drop(t, "wire", article.Live, 1, sample(t, "09-harbour-lock-later.txt")) // a new version of it
	n.drop(t, "mail", article.Live, 1, story(2))
	n.drop(t, "wire", article.Live, 1, story(2))
	n.drop(t, "mail", article.Live, 1, story(2))
	n.settle(t)
	for _, c := range []struct {
		name    string
		o       replay.Options
		files   int
		context int
	}{
		{"everything", replay.Options{}, 7, 0},
		{"what came later, with its originals before it", replay.Options{From: half}, 5, 2},
		{"what came earlier", replay.Options{To: half}, 2, 0},
		{"one source, whose articles are copies of the other's", replay.Options{Source: "mail"}, 3, 4},
		{"the other source", replay.Options{Source: "wire"}, 4, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := n.replay(t, c.o)
			if got.Files != c.files || got.Same != c.files || got.Articles != c.files || len(got.changes) > 0 {
				t.Errorf("report %s, changes %s; want %d files and nothing else", mustJSON(t, got.Report), mustJSON(t, got.changes), c.files)
			}
			if got.State.Decisions != c.context {
				t.Errorf("%d decisions kept, want %d", got.State.Decisions, c.context)
			}
		})
	}
}

func TestRun_refusesWhatCannotBeReplayed(t *testing.T) {
	t.Parallel()
	n := open(t, desk.Options{Ordered: true})
	if _, err := n.tryReplay(t, replay.Options{}); err == nil || !strings.Contains(err.Error(), "ARTICLES_INBOX keeps none") {
		t.Errorf("of an empty inbox: %v", err)
	}
	n.drop(t, "wire", article.Live, 1, story(1))
	n.settle(t)
	if _, err := n.tryReplay(t, replay.Options{From: time.Now().Add(time.Hour)}); err == nil || !strings.Contains(err.Error(), "ARTICLES_INBOX begins at 20") {
		t.Errorf("of an empty range: %v", err)
	}
	if _, err := n.tryReplay(t, replay.Options{MaxBytes: 100}); err == nil {
		t.Error("a store of 100 bytes was enough")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	shadow := desktest.StartServer(t, natsembed.Options{})
	if _, err := replay.Run(ctx, replay.Options{Real: n.Dial, Shadow: shadow.Dial, From: time.Now().Add(-time.Hour)}); err == nil {
		t.Error("a replay that was interrupted said nothing")
	}
}
