package view

import (
	"strings"
	"testing"
	"time"

	"github.com/copydesk/copydesk/pkg/article"
)

func ptr[T any](v T) *T { return &v }

func TestLine(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 2, 17, 19, 42, 7, 0, time.UTC)
	cases := []struct {
		name string
		a    article.Article
		o    LineOptions
		want string
	}{
		{
			"a finished record",
			article.Article{
				Received: at, Language: ptr("en-GB"), Source: article.Source{Name: "marrow"}, Headline: ptr("Øster lock to close"),
				Dedupe: &article.Dedupe{Relation: article.Update}, Entities: make(article.List[article.Entity], 3),
			},
			LineOptions{},
			"19:42:07  update      en   marrow    Øster lock to close  (3 entities)",
		},
		{
			"one entity is one entity",
			article.Article{Received: at, Headline: ptr("Lock"), Entities: make(article.List[article.Entity], 1)},
			LineOptions{Zone: time.FixedZone("CET", 3600)},
			"20:42:07  -           und            Lock  (1 entity)",
		},
		{
			"without a headline, the first paragraph",
			article.Article{Received: at, Source: article.Source{Name: "cli"}, Text: ptr("The council\nvoted.\n\nThen it rained.")},
			LineOptions{},
			"19:42:07  -           und  cli       The council voted.",
		},
		{
			"a long title is cut",
			article.Article{Received: at, Source: article.Source{Name: "cli"}, Headline: ptr("The council voted to close the lock")},
			LineOptions{Title: 13},
			"19:42:07  -           und  cli       The council…",
		},
		{
			"a record that is only a reference shows its uri",
			article.Article{Received: at, Source: article.Source{Name: "cli"}, URI: "urn:copydesk:article:x"},
			LineOptions{},
			"19:42:07  -           und  cli       urn:copydesk:article:x",
		},
		{
			"nothing in the record reaches the terminal",
			article.Article{Received: at, Source: article.Source{Name: "\x1b[1m"}, Headline: ptr("a\x1b[2J\nb\u202e")},
			LineOptions{},
			"19:42:07  -           und  ␛[1m      a␛[2J b�",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := Line(&c.a, c.o); got != c.want {
				t.Errorf("\n got %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestDeadLine(t *testing.T) {
	t.Parallel()
	d := &article.Dead{Stage: "ingest", Source: "cli", Reason: "no_items", Error: "the feed\nis empty"}
	if got, want := DeadLine(d, LineOptions{}), "--:--:--  dead        ingest  cli       no_items: the feed is empty"; got != want {
		t.Errorf("\n got %q\nwant %q", got, want)
	}
}

func FuzzLine(f *testing.F) {
	f.Add("Lock\n", "en", "cli")
	f.Fuzz(func(t *testing.T, headline, language, source string) {
		a := article.Article{Headline: &headline, Language: &language, Source: article.Source{Name: source}}
		line := Line(&a, LineOptions{})
		if strings.Contains(line, "\n") || OneLine(line) != line {
			t.Fatalf("Line = %q is not one safe line", line)
		}
	})
}
