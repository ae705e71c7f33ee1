package desk_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/desk"
	"github.com/copydesk/copydesk/pkg/desktest"
)

func TestDesk_passesAKillOnWithoutTaggingOrSummarisingIt(t *testing.T) {
	t.Parallel()
	b := start(t, desk.Options{})
	b.drop(t, article.Live, sample(t, "06-rail-fares.txt"))
	b.settled(t, 1)
	killed := b.records(t, article.StreamUnique)[0]
	notice := *killed
	text := "Editors: the story on rail fares by Anna Berg is withdrawn. It is wrong. Do not use it."
	notice.Item, notice.Version, notice.Status, notice.Text = article.ItemID(time.Unix(1, 0), 1, 0), 2, article.Canceled, &text
	notice.Dedupe = &article.Dedupe{
		Relation: article.Kill, Of: &killed.URI, Method: "kill_notice",
		Evidence: []article.Evidence{}, Changes: []article.Change{},
	}
	data, err := article.Encode(&notice)
	if err != nil {
		t.Fatal(err)
	}
	m := &nats.Msg{Subject: article.SubjectUnique, Header: nats.Header{article.HeaderItem: {notice.Item}}, Data: data}
	if _, err := b.JS.PublishMsg(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	var got []*article.Article
	desktest.Wait(t, "the notice", func() bool { got = b.records(t, article.StreamEnriched); return len(got) == 2 })
	none := article.None
	type parts struct {
		URI      string
		Version  int
		Status   article.Status
		Entities article.List[article.Entity]
		Quotes   article.List[article.Quote]
		Summary  *article.Summary
		Coverage article.Coverage
		Warnings []string
	}
	k := got[1]
	want := parts{
		killed.URI, 2, article.Canceled,
		article.List[article.Entity]{},
		article.List[article.Quote]{},
		nil,
		article.Coverage{Entities: &none, Summary: &none},
		killed.Cleaning.Warnings,
	}
	if diff := cmp.Diff(want, parts{k.URI, k.Version, k.Status, k.Entities, k.Quotes, k.Summary, *k.Coverage, k.Cleaning.Warnings}); diff != "" {
		t.Errorf("the finished notice (-want +got):\n%s", diff)
	}
	last, err := b.JS.Stream(t.Context(), article.StreamEnriched)
	if err != nil {
		t.Fatal(err)
	}
	msg, err := last.GetMsg(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	if want := "articles.enriched.en.kill.test"; msg.Subject != want {
		t.Errorf("the notice is on %s, want %s", msg.Subject, want)
	}
}
