package view

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/copydesk/copydesk/pkg/article"
)

// shown is an article in which every part of the page has something to show.
func shown() *article.Article {
	body := "Ilse Brandt closed the lock at Port Alden on Monday.\n\nThe Harbour Board had asked for it."
	return &article.Article{
		URI: "urn:copydesk:article:abc", Version: 2, Kind: article.KindArticle, Source: article.Source{Name: "marrow"},
		Headline: ptr("Lock <b>closed</b>"), Language: ptr("en"), Text: &body,
		Entities: article.List[article.Entity]{
			{Type: article.Person, Name: "Ilse Brandt", ID: "name:person:ilse brandt", Mentions: []article.Mention{{Start: 0, End: 11}}},
			{Type: article.Place, Name: "Port Alden", Mentions: []article.Mention{{Start: 31, End: 41}, {Start: 36, End: 41}, {Start: 900, End: 910}}},
			{Type: article.Organisation, Name: "Harbour Board", Mentions: []article.Mention{{Start: 58, End: 71}}},
		},
		Summary: &article.Summary{
			OneLine: ptr("Ilse Brandt closed the lock."), KeyPoints: []string{"One & two."}, Text: "Ilse Brandt closed the lock at Port Alden on Monday.",
			Sentences: []article.Sentence{{Start: 0, End: 52}}, Delta: article.List[string]{"12 → 14: new"}, Method: "extractive", Model: "rank/1",
		},
		Dedupe:     &article.Dedupe{Relation: article.Update, Of: ptr("urn:copydesk:article:abb")},
		Cleaning:   article.Cleaning{Removed: []article.Removed{{Text: "Sign up <script>", Rule: "promo"}}, Warnings: []string{"summary_of_stub"}},
		Provenance: map[string]article.Provenance{"headline": {Method: "json_ld", Confidence: 0.95}},
	}
}

func render(t *testing.T, articles ...*article.Article) string {
	t.Helper()
	var b bytes.Buffer
	if err := HTML(&b, articles); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestHTML_showsEveryPart(t *testing.T) {
	t.Parallel()
	page := render(t, shown())
	for _, want := range []string{
		`<mark class="sum"><span class="person" title="person: Ilse Brandt">Ilse Brandt</span></mark><mark class="sum"> closed the lock at </mark>`,
		`<span class="place" title="place: Port Alden">Port Alden</span>`, `<span class="organisation"`,
		"Lock &lt;b&gt;closed&lt;/b&gt;", "One &amp; two.", "12 → 14: new", "extractive, rank/1", "json_ld", "0.95",
		"<del>Sign up &lt;script&gt;</del>", "promo", "summary_of_stub", "update", "urn:copydesk:article:abb",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if got := strings.Count(page, `class="place" title`); got != 1 {
		t.Errorf("%d places are marked: one mention lies inside another, one beyond the text", got)
	}
}

func TestHTML_isSelfContained(t *testing.T) {
	t.Parallel()
	page := render(t, shown(), &article.Article{})
	policy := regexp.MustCompile(`http-equiv="Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(page)
	style := regexp.MustCompile(`(?s)<style>(.*)</style>`).FindStringSubmatch(page)
	if policy == nil || style == nil {
		t.Fatal("no policy, or no style")
	}
	sum := sha256.Sum256([]byte(style[1]))
	want := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
	if got := html.UnescapeString(policy[1]); got != want {
		t.Errorf("policy %s, want %s", got, want)
	}
	checkInert(t, page)
}

// checkInert holds a page to what its policy says: nothing runs, nothing is fetched.
func checkInert(t *testing.T, page string) {
	t.Helper()
	allowed := map[string]bool{
		"html": true, "head": true, "meta": true, "title": true, "style": true, "body": true, "header": true, "article": true, "section": true,
		"h2": true, "h3": true, "p": true, "ul": true, "li": true, "mark": true, "span": true, "details": true, "summary": true,
		"div": true, "table": true, "tr": true, "th": true, "td": true, "del": true, "br": true,
	}
	attributes := map[string]bool{
		"lang": true, "class": true, "title": true, "dir": true, "charset": true, "http-equiv": true, "content": true, "name": true, "open": true,
	}
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if z.Err() != io.EOF {
				t.Errorf("the page is not HTML: %v", z.Err())
			}
			return
		case html.StartTagToken, html.SelfClosingTagToken:
			tok := z.Token()
			if !allowed[tok.Data] {
				t.Errorf("an element <%s>", tok.Data)
			}
			for _, a := range tok.Attr {
				if !attributes[a.Key] {
					t.Errorf("an attribute %s in <%s>", a.Key, tok.Data)
				}
			}
		}
	}
}

func FuzzHTML(f *testing.F) {
	f.Add("Text <script>alert(1)</script>\n\nmore", "\" onload=x", "x</style>", 3, 9)
	f.Add("a", "]]>", "<!--", -4, 400)
	f.Fuzz(func(t *testing.T, body, name, rule string, start, end int) {
		a := shown()
		a.Text, a.Headline, a.Language = &body, &name, &rule
		a.Entities[0].Name, a.Entities[0].Type = name, article.EntityType(rule)
		a.Entities[0].Mentions = []article.Mention{{Start: start, End: end}}
		a.Summary.Sentences = []article.Sentence{{Start: start, End: end}, {Start: end, End: start}}
		a.Cleaning.Removed[0] = article.Removed{Text: body, Rule: rule}
		a.Provenance = map[string]article.Provenance{name: {Method: rule, Alternatives: []article.Alternative{{Value: body}}}}
		checkInert(t, render(t, a))
	})
}
