package extract

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/copydesk/copydesk/pkg/article"
)

// summaryOf lists what a record says, a line for each field that is not empty.
func summaryOf(a *article.Article) string {
	var b strings.Builder
	line := func(name, value string) {
		if value != "" && value != "[]" {
			fmt.Fprintf(&b, "%s: %s\n", name, value)
		}
	}
	when := func(t *time.Time) string {
		if t == nil {
			return ""
		}
		return t.Format(time.RFC3339)
	}
	line("path", strings.Join(a.Input.Path, " > "))
	line("type", a.Input.MediaType)
	if a.Kind != article.KindArticle {
		line("kind", string(a.Kind))
	}
	if a.Status != article.Usable {
		line("status", string(a.Status))
	}
	line("headline", deref(a.Headline))
	line("byline", strings.Join(a.Byline, "; "))
	line("dateline", deref(a.Dateline))
	line("published", when(a.Published))
	line("day", deref(a.PublishedDate))
	line("modified", when(a.Modified))
	line("url", deref(a.CanonicalURL))
	line("site", deref(a.SiteName))
	line("section", deref(a.Section))
	line("keywords", strings.Join(a.Keywords, "; "))
	line("id", deref(a.Wire.ProviderID))
	line("version", deref(a.Wire.ProviderVersion))
	line("slug", deref(a.Wire.Slugline))
	if a.Wire.Urgency != nil {
		line("urgency", fmt.Sprint(*a.Wire.Urgency))
	}
	line("note", deref(a.Wire.EdNote))
	line("subjects", strings.Join(a.Wire.Subjects, "; "))
	line("embargo", when(a.Rights.EmbargoedUntil))
	line("terms", deref(a.Rights.UsageTerms))
	line("copyright", deref(a.Rights.Copyright))
	line("warnings", strings.Join(a.Cleaning.Warnings, "; "))
	for _, p := range a.Input.Pages {
		line("page", fmt.Sprintf("%d [%d,%d)", p.N, p.Start, p.End))
	}
	for _, r := range a.Cleaning.Removed {
		line("removed by "+r.Rule, r.Text)
	}
	line("text", strings.ReplaceAll(deref(a.Text), "\n\n", " / "))
	return b.String()
}

// summaries reads a file and puts its items below each other.
func summaries(t *testing.T, data string, h Hints) string {
	t.Helper()
	if h.Received.IsZero() {
		h.Received = received
	}
	items, err := File(t.Context(), []byte(data), h, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, item := range items {
		if item.Reject != nil {
			all = append(all, strings.Join(append(item.Reject.Path, "reject "+item.Reject.Code), " > ")+"\n")
			continue
		}
		all = append(all, summaryOf(item.Article))
	}
	return strings.Join(all, "--\n")
}

type formatCase struct{ name, data, want string }

func checkFormats(t *testing.T, cases []formatCase) {
	t.Helper()
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := summaries(t, tc.data, Hints{})
			if diff := cmp.Diff(strings.TrimLeft(tc.want, "\n"), got); diff != "" {
				t.Errorf("items (-want +got):\n%s", diff)
			}
		})
	}
}

const (
	short  = "Dock workers stay away for a second week."
	second = "Talks go on."
)

func TestJSON(t *testing.T) {
	t.Parallel()
	checkFormats(t, []formatCase{
		{"ninjs 1.x with named members", `{
			"uri": "urn:hw:1", "type": "text", "versioncreated": "2026-10-05T08:30:00+02:00", "firstcreated": "2026-10-05T06:00:00Z", "version": "2",
			"pubstatus": "usable", "urgency": 3, "language": "en", "byline": "By Mira Voss and Jan Roe", "headline": "Harbour strike goes on",
			"slugline": "harbour-strike", "ednote": "UPDATES with talks", "located": "Port Alden", "usageterms": "Not for sale",
			"subject": [{"code": "04000000", "name": "economy"}, {"code": "x"}], "keywords": ["strike", "harbour"], "copyrightnotice": "Harbour Wire 2026",
			"body_text": "One line.", "body_html": "<p>Dock workers stay away for a second week.</p><p>Talks go on.</p><p>© 2026 Harbour Wire</p>"}`, `
type: application/vnd.iptc.ninjs+json
headline: Harbour strike goes on
byline: Mira Voss; Jan Roe
dateline: Port Alden
published: 2026-10-05T06:00:00Z
modified: 2026-10-05T06:30:00Z
keywords: strike; harbour
id: urn:hw:1
version: 2
slug: harbour-strike
urgency: 3
note: UPDATES with talks
subjects: economy; x
terms: Not for sale
copyright: Harbour Wire 2026
removed by copyright: © 2026 Harbour Wire
text: Dock workers stay away for a second week. / Talks go on.
`},
		{"ninjs 3.x with lists and camel case", `{
			"uri": "urn:hw:2", "standard": {"name": "ninjs", "version": "3.1"}, "versionCreated": "2026-10-05T08:30:00Z", "by": "Mira Voss",
			"headlines": [{"role": "short", "value": "Strike"}, {"role": "main", "value": "Harbour strike goes on"}],
			"bodies": [{"role": "main", "contentType": "text/plain", "value": "Dock workers stay away for a second week.\n\nTalks go on."}]}`, `
type: application/vnd.iptc.ninjs+json
headline: Harbour strike goes on
byline: Mira Voss
published: 2026-10-05T08:30:00Z
id: urn:hw:2
text: Dock workers stay away for a second week. / Talks go on.
`},
		{"ninjs under embargo is withheld, killed is canceled", `[
			{"uri": "urn:hw:3", "embargoed": "2026-10-07T06:00:00Z", "headline": "Prize goes to port pilot", "body_text": "A port pilot wins the prize."},
			{"uri": "urn:hw:4", "embargoed": "2026-10-05T06:00:00Z", "headline": "Prize goes to port pilot", "body_text": "A port pilot wins the prize."},
			{"uri": "urn:hw:5", "pubstatus": "canceled", "headline": "KILL: Prize", "body_text": "Kill the story slugged Prize."}]`, `
type: application/vnd.iptc.ninjs+json
status: withheld
headline: Prize goes to port pilot
id: urn:hw:3
embargo: 2026-10-07T06:00:00Z
text: A port pilot wins the prize.
--
type: application/vnd.iptc.ninjs+json
headline: Prize goes to port pilot
id: urn:hw:4
embargo: 2026-10-05T06:00:00Z
text: A port pilot wins the prize.
--
type: application/vnd.iptc.ninjs+json
status: canceled
headline: KILL: Prize
id: urn:hw:5
text: Kill the story slugged Prize.
`},
		{"ninjs with nothing but a headline or a caption", `[
			{"uri": "urn:hw:6", "type": "text", "headline": "Harbour strike over", "body_text": "[...]"},
			{"uri": "urn:hw:7", "type": "picture", "headline": "Ships at anchor", "description_caption": "Ships wait off Port Alden."},
			{"uri": "urn:hw:8", "type": "event"}]`, `
type: application/vnd.iptc.ninjs+json
kind: alert
headline: Harbour strike over
id: urn:hw:6
warnings: headline_only
text: Harbour strike over
--
type: application/vnd.iptc.ninjs+json
kind: brief
headline: Ships at anchor
id: urn:hw:7
text: Ships wait off Port Alden.
--
reject no_text
`},
		{"an object with a title and a text", `{"Title": "Harbour strike goes on", "Text": "Dock workers stay away for a second week.",
			"authors": [{"name": "Mira Voss"}, "Jan Roe"], "published_at": "2026-10-05T08:30:00Z", "url": "https://www.harbour.example/1", "tags": ["strike"], "source": {"name": "Harbour Wire"}}`, `
type: application/json
headline: Harbour strike goes on
byline: Mira Voss; Jan Roe
published: 2026-10-05T08:30:00Z
url: https://www.harbour.example/1
site: Harbour Wire
keywords: strike
text: Dock workers stay away for a second week.
`},
		{"an answer of WordPress", `[{"id": 7, "date": "2026-10-05T10:30:00", "date_gmt": "2026-10-05T08:30:00", "link": "https://harbour.example/7",
			"title": {"rendered": "Harbour strike &#8211; day 8"}, "content": {"rendered": "<p>Dock workers stay away for a second week.</p>\n<p>Talks go on.</p>"}}]`, `
type: application/json
headline: Harbour strike – day 8
published: 2026-10-05T08:30:00Z
url: https://harbour.example/7
text: Dock workers stay away for a second week. / Talks go on.
`},
		{"an answer of a search engine", `{"took": 3, "hits": {"total": 2, "hits": [
			{"_id": "a", "_source": {"headline": "One", "body": "Dock workers stay away for a second week.", "timestamp": 1790000000}},
			{"_id": "b", "_source": {"headline": "Two", "body": "Talks go on."}}]}}`, `
type: application/json
headline: One
published: 2026-09-21T14:13:20Z
text: Dock workers stay away for a second week.
--
type: application/json
headline: Two
text: Talks go on.
`},
		{"schema.org", `{"@context": "https://schema.org", "@type": "NewsArticle", "headline": "Harbour strike goes on", "datePublished": "2026-10-05",
			"author": {"@type": "Person", "name": "Mira Voss"}, "articleBody": "Dock workers stay away for a second week.", "publisher": {"name": "Harbour Wire"}}`, `
type: application/json
headline: Harbour strike goes on
byline: Mira Voss
day: 2026-10-05
site: Harbour Wire
text: Dock workers stay away for a second week.
`},
		{"one a line, with a bad line", `{"title": "One", "text": "Dock workers stay away for a second week."}
{"title": "Two", "text": "Talks` + "\n" + `
{"title": "Three", "text": "Talks go on."}`, `
path: line 1
type: application/json
headline: One
text: Dock workers stay away for a second week.
--
line 2 > reject malformed
--
path: line 4
type: application/json
headline: Three
text: Talks go on.
`},
		{"a JSON Feed", `{"version": "https://jsonfeed.org/version/1.1", "title": "Harbour Wire", "home_page_url": "https://harbour.example/", "language": "en",
			"authors": [{"name": "Mira Voss"}], "items": [
			{"id": "1", "url": "/1", "title": "Harbour strike goes on", "content_html": "<p>Dock workers stay away for a second week.</p>", "date_published": "2026-10-05T08:30:00Z", "tags": ["strike"]},
			{"id": "2", "title": "Talks", "summary": "Talks go on."}, {"id": "3"}]}`, `
type: application/json
headline: Harbour strike goes on
byline: Mira Voss
published: 2026-10-05T08:30:00Z
url: https://harbour.example/1
site: Harbour Wire
keywords: strike
text: Dock workers stay away for a second week.
--
type: application/json
kind: brief
headline: Talks
byline: Mira Voss
site: Harbour Wire
warnings: teaser_only
text: Talks go on.
--
reject no_text
`},
		{"a record of ours", `{"schema": "copydesk.article/1", "uri": "urn:copydesk:article:x", "version": 3, "item": "x", "status": "withheld",
			"rights": {"embargoed_until": "2026-10-06T08:00:00Z", "usage_terms": "None"}, "headline": "Harbour strike goes on", "byline": ["Mira Voss"],
			"published": "2026-10-05T08:30:00Z", "text": "Dock workers stay away for a second week.\n\nTalks go on."}`, `
type: application/vnd.copydesk.article+json
headline: Harbour strike goes on
byline: Mira Voss
published: 2026-10-05T08:30:00Z
embargo: 2026-10-06T08:00:00Z
terms: None
text: Dock workers stay away for a second week. / Talks go on.
`},
		{"text in brackets is no JSON", "[Editor's note: this story was first told in May.]\n\n" + short, `
type: text/plain
text: [Editor's note: this story was first told in May.] / Dock workers stay away for a second week.
`},
	})
}

func TestJSON_hostile(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, data, code string }{
		{"nested a million deep", strings.Repeat("[", 1<<20), CodeDepth},
		{"nested deep in an object", `{"a": 1, "text": ` + strings.Repeat(`{"a":`, 200) + "1" + strings.Repeat("}", 200) + "}", CodeDepth},
		{"cut in the middle", `{"title": "One", "text": "Two", "tags": ["a", "b"], "body`, CodeMalformed},
		{"an object of 9 MB", `{"title": "One", "text": "` + strings.Repeat("x", 9<<20) + `"}`, CodeTooLarge},
		{"16 million zeros", `{"title": "One", "list": [` + strings.Repeat("0,", 8<<20) + `0]}`, CodeTooLarge},
		{"no text in it", `{"id": 7, "ok": true}`, CodeNoText},
		{"an empty list", `[]`, CodeNoText},
		{"a feed without items", `{"version": "https://jsonfeed.org/version/1", "items": []}`, CodeNoItems},
		{"a record whose text is elsewhere", `{"schema": "copydesk.article/1", "uri": "u", "text": null, "text_ref": "b/1"}`, CodeNoText},
		{"a record of a later version", `{"schema": "copydesk.article/9", "text": "Talks go on."}`, CodeUnsupported},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := File(t.Context(), []byte(tc.data), Hints{}, Limits{})
			if got := codeOf(t, err); got != tc.code {
				t.Errorf("got %v, want %s", err, tc.code)
			}
		})
	}
	t.Run("more items than the limit", func(t *testing.T) {
		t.Parallel()
		items, err := File(t.Context(), []byte(strings.Repeat(`{"text": "Talks go on."}`+"\n", 20)), Hints{}, Limits{Members: 10})
		if err != nil {
			t.Fatal(err)
		}
		if n := len(items); n != 11 || items[10].Reject.Code != CodeTooMany {
			t.Errorf("got %d items, want 10 and the reason why not more", n)
		}
	})
}
