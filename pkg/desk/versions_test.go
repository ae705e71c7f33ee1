package desk_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desk"
	"github.com/copydesk/copydesk/pkg/desktest"
)

// paragraphs are those of an invented report.
var paragraphs = []string{
	"The ferry between Port Alder and Skarn will stop on Friday, the harbour board said after a meeting that lasted until midnight.",
	"About 4,200 people cross the sound on a working day, and most of them have no other way to the mainland before the bridge opens.",
	"Captain Ines Varga told the board that the older of the two ships had failed its second inspection in March.",
	"The board wants to charter a ship from Norsund, which would take three weeks to arrive and cost 310,000 crowns a month.",
	"Until then the fishing cooperative offered eleven boats, but the insurer has not agreed to carry passengers on them.",
}

// page is the report as the page of a site, which keeps its address from version to
// version.
func (b *bench) page(t testing.TB, url string, paragraphs ...string) {
	t.Helper()
	_, err := b.inbox.Put(t.Context(), bus.File{
		Source: "test", Lane: article.Live, Data: []byte("Ferry to Skarn stops\n\n" + strings.Join(paragraphs, "\n\n")),
		Header: nats.Header{article.HeaderContentLocation: {url}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestDesk_listsWhatAnUpdateChanged(t *testing.T) {
	t.Parallel()
	const url = "https://news.example/ferry"
	fresh := "On Tuesday the insurer gave way and the first of the boats left with forty people aboard."
	for _, c := range []struct {
		name string
		// between happens after the first version is out.
		between func(t *testing.T, b *bench)
		want    []article.Change
	}{
		{"by the text of the version before", func(*testing.T, *bench) {}, []article.Change{{Op: "remove", Text: paragraphs[4]}, {Op: "add", Text: fresh}}},
		{"after a restart, too", func(t *testing.T, b *bench) {
			b.stop()
			b.run(t, desk.Options{})
		}, []article.Change{{Op: "remove", Text: paragraphs[4]}, {Op: "add", Text: fresh}}},
		{"by what is remembered of its paragraphs when the text is gone", func(t *testing.T, b *bench) {
			s, err := b.JS.Stream(t.Context(), article.StreamUnique)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.DeleteMsg(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
		}, []article.Change{{Op: "add", Text: fresh}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := start(t, desk.Options{})
			b.page(t, url, paragraphs...)
			b.settled(t, 1)
			c.between(t, b)
			b.page(t, url, append(append([]string{}, paragraphs[:4]...), fresh)...)
			b.settled(t, 2)
			got := b.records(t, article.StreamEnriched)
			if len(got) != 2 {
				t.Fatalf("%d records, want 2", len(got))
			}
			v2 := got[1]
			if v2.Dedupe.Relation != article.Update || v2.Version != 2 || v2.URI != got[0].URI {
				t.Fatalf("the second version is %s, version %d of %s", v2.Dedupe.Relation, v2.Version, v2.URI)
			}
			if diff := cmp.Diff(c.want, v2.Dedupe.Changes); diff != "" {
				t.Errorf("changes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDesk_forgetsAnArticleThatDiedBehindDedupe(t *testing.T) {
	t.Parallel()
	b := start(t, desk.Options{})
	b.drop(t, article.Live, sample(t, "06-rail-fares.txt"))
	b.settled(t, 1)
	first := b.records(t, article.StreamEnriched)[0]
	// It is buried by entities after all, as one whose text is lost would be.
	m := &nats.Msg{Subject: article.DeadSubject(article.StageEntities), Header: nats.Header{
		article.HeaderItem: {first.Item}, article.HeaderReason: {desk.CodeUndecodable}, article.HeaderClass: {string(article.ClassFault)},
	}}
	if _, err := b.JS.PublishMsg(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	decided := func() uint64 {
		s, err := b.JS.Stream(t.Context(), article.StreamDecisions)
		if err != nil {
			t.Fatal(err)
		}
		return s.CachedInfo().State.LastSeq
	}
	desktest.Wait(t, "the compensating decision", func() bool { return decided() == 2 })
	b.drop(t, article.Live, sample(t, "06-rail-fares.txt"))
	desktest.Wait(t, "its copy", func() bool { return len(b.records(t, article.StreamEnriched)) == 2 })
	if again := b.records(t, article.StreamEnriched)[1]; again.Dedupe.Relation != article.New || again.URI == first.URI {
		t.Errorf("the copy of what died is %s, want new", again.Dedupe.Relation)
	}
	// A restart reads the dead letters no second time, and would change nothing if it did.
	b.stop()
	kv, err := b.JS.KeyValue(t.Context(), bus.BucketState)
	if err != nil {
		t.Fatal(err)
	}
	if err := kv.Delete(t.Context(), "floor."+article.StreamDead+"."+article.StageDedupe); err != nil {
		t.Fatal(err)
	}
	b.run(t, desk.Options{})
	desktest.Wait(t, "the dead letters to be read", func() bool {
		_, err := kv.Get(t.Context(), "floor."+article.StreamDead+"."+article.StageDedupe)
		return err == nil
	})
	if n := decided(); n != 3 {
		t.Errorf("%d decisions, want the two articles and one taken out", n)
	}
}
