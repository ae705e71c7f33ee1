package extract

import (
	"fmt"
	"strings"
	"testing"

	"github.com/copydesk/copydesk/pkg/article"
)

// page sets a body under a headline, with JSON-LD where there is some.
func page(headline, linked, body string) string {
	return fmt.Sprintf(`<html><head><title>%s</title><script type="application/ld+json">%s</script></head>
		<body><nav><a href="/">Home</a></nav><article><h1>%[1]s</h1>%[3]s</article></body></html>`, headline, linked, body)
}

func TestKind(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("<p>"+prose+"</p>", 8)
	var captions, teasers strings.Builder
	for i := range 9 {
		fmt.Fprintf(&captions, `<figure><img src="%d.jpg"><figcaption>Ship number %[1]d waits outside the harbour on Monday.</figcaption></figure>`, i)
		fmt.Fprintf(&teasers, `<h2><a href="/%d">Harbour story number %[1]d of this long week</a></h2><p>Read how day %[1]d went.</p>`, i)
	}
	for _, tc := range []struct {
		name, page string
		want       article.Kind
	}{
		{"prose of some length", page("Harbour strike goes on", "{}", long), article.KindArticle},
		{"a few sentences", page("Harbour strike goes on", "{}", "<p>"+prose+"</p>"), article.KindBrief},
		{"a sentence under a signal word", page("BREAKING: Harbour strike ends", "{}", "<p>"+prose+"</p>"), article.KindAlert},
		{"news of breaking is no alert", page("Breaking point at the harbour", "{}", "<p>"+prose+"</p>"), article.KindBrief},
		{"pictures with captions", page("The strike in pictures", "{}", "<p>"+prose+"</p>"+captions.String()), article.KindGallery},
		{"an article with pictures", page("Harbour strike goes on", "{}", long+captions.String()+long), article.KindArticle},
		{"headings that are links", page("Harbour", "{}", teasers.String()), article.KindListing},
		{"an article with teasers beside it", page("Harbour strike goes on", "{}", long+teasers.String()), article.KindArticle},
		{"a beginning, and no more for free", page("Harbour strike goes on", `{"@type":"NewsArticle","isAccessibleForFree":"False"}`, "<p>"+prose+"</p><p>"+prose+"</p>"), article.KindPaywallStub},
		{"less than half of what the publisher counts", page("Harbour strike goes on", `{"@type":"NewsArticle","isAccessibleForFree":false,"wordCount":900}`, long), article.KindPaywallStub},
		{"all of it, though not for free", page("Harbour strike goes on", `{"@type":"NewsArticle","isAccessibleForFree":false,"wordCount":220}`, long), article.KindArticle},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if a := extractOne(t, tc.page, Hints{}); a.Kind != tc.want {
				t.Errorf("got %s, want %s; text: %s", a.Kind, tc.want, *a.Text)
			}
		})
	}
}

func TestKind_liveBlogKeepsPostsApart(t *testing.T) {
	t.Parallel()
	linked := `{"@type":"LiveBlogPosting","headline":"Harbour strike: the day","liveBlogUpdate":[
		{"@type":"BlogPosting","headline":"Talks end","articleBody":"` + prose + `"},
		{"@type":"BlogPosting","articleBody":"The first ship left its anchorage at noon.\nIts crew waved."}]}`
	a := extractOne(t, page("Harbour strike: the day", linked,
		"<h2>Talks end</h2><p>"+prose+"</p><div><b>Noon</b></div><p>The first ship left its anchorage at noon.<br>Its crew waved.</p>"), Hints{})
	want := "Talks end\n\n" + prose + "\n\nThe first ship left its anchorage at noon.\n\nIts crew waved."
	if a.Kind != article.KindLiveBlog || *a.Text != want {
		t.Errorf("got %s: %s", a.Kind, *a.Text)
	}
}

func TestKind_plainText(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		text string
		want article.Kind
	}{
		{"Harbour strike goes on\n\n" + prose, article.KindBrief},
		{"URGENT: Harbour strike ends\n\n" + prose, article.KindAlert},
		{"Harbour strike goes on\n\n" + prose + "\n\n" + prose, article.KindArticle},
		{prose, article.KindArticle}, // without a headline it may be a piece of something
	} {
		if a := extractOne(t, tc.text, Hints{}); a.Kind != tc.want {
			t.Errorf("%.30s: got %s, want %s", tc.text, a.Kind, tc.want)
		}
	}
}
