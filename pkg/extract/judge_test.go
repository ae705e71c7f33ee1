package extract

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
)

// stated is a block that the named extractors have: "abc", "l" for the JSON-LD.
func stated(text, tag, by string) evidence {
	e := evidence{pageBlock: pageBlock{text: text, tag: tag, parent: &html.Node{}, letters: countLetters(text)}, words: runsOf(text).words(), rule: boilerplateRule(text)}
	for _, x := range by {
		switch x {
		case 'a':
			e.a = 1
		case 'b':
			e.b = 1
		case 'c':
			e.c = 1
		case 'l':
			e.ld = 1
		}
	}
	return e
}

func TestJudge_witnesses(t *testing.T) {
	t.Parallel()
	const short = "Forty ships wait"
	for _, tc := range []struct {
		text, by string
		want     bool
	}{
		{prose, "abc", true},
		{prose, "ab", true},
		{prose, "ac", true},
		{prose, "a", true},
		{prose, "bc", true},
		{prose, "l", true},
		{prose, "b", false},
		{prose, "c", false},
		{prose, "", false},
		{short, "ab", true},
		{short, "a", false},
		{short, "bc", false},
		{short, "l", false},
		{"The ships wait.", "bc", false},
	} {
		es := []evidence{stated(prose, "p", "abc"), stated(tc.text, "p", tc.by), stated(prose, "p", "abc")}
		if got := judge(es)[1] == ""; got != tc.want {
			t.Errorf("%.20q, which %q have: kept %v, want %v", tc.text, tc.by, got, tc.want)
		}
	}
}

func TestJudge_looks(t *testing.T) {
	t.Parallel()
	linked := func(e evidence) evidence { e.linked = e.letters; return e }
	caption := func(e evidence) evidence { e.place = inFigure; return e }
	echo := stated("Harbour strike goes on", "h2", "abc")
	echo.echo = 1
	for _, tc := range []struct {
		name string
		e    evidence
		want string
	}{
		{"a heading", stated("What the union wants", "h2", "abc"), ""},
		{"a line without a stop", stated("Names of the ships", "p", "abc"), ""},
		{"the headline again", echo, "headline_echo"},
		{"a boilerplate line", stated("Read more: the strike in pictures", "p", "abc"), "related"},
		{"a caption among paragraphs", caption(stated("The quay on Monday.", "figcaption", "abc")), "caption"},
		{"a link to another page", linked(stated("Ships turn to the northern port", "p", "abc")), "link"},
		{"an address to read", linked(stated("https://harbour.example/strike", "p", "abc")), ""},
		{"a linked heading", linked(stated("Ships turn to the northern port", "h3", "abc")), ""},
		{"a linked sentence", linked(stated("The union has put its demands on its own pages.", "p", "abc")), ""},
	} {
		es := []evidence{stated(prose, "p", "abc"), tc.e, stated(prose, "p", "abc")}
		if got := judge(es)[1]; got != tc.want {
			t.Errorf("%s: verdict %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestJudge_end(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		es   []evidence
		want []string
	}{
		{"a heading and tags after the last sentence", []evidence{
			stated(prose, "p", "abc"), stated("More", "h2", "abc"), stated("Other", "p", "b"), stated("Harbour", "p", "abc"),
		}, []string{"", "end", stranger, "end"}},
		{"an announcement ends with a colon", []evidence{stated(prose, "p", "abc"), stated("The dates:", "p", "abc")}, []string{"", ""}},
		{"verse has no sentences", []evidence{stated("Forty ships wait", "p", "abc"), stated("And none may land", "p", "abc")}, []string{"", ""}},
	} {
		if diff := cmp.Diff(tc.want, judge(tc.es)); diff != "" {
			t.Errorf("%s:\n%s", tc.name, diff)
		}
	}
}

func TestJudge_captionsOfAGallery(t *testing.T) {
	t.Parallel()
	caption := stated(prose, "figcaption", "abc")
	caption.place = inFigure
	es := []evidence{stated("Pictures of a long week.", "p", "abc"), caption, caption}
	if diff := cmp.Diff([]string{"", "", ""}, judge(es)); diff != "" {
		t.Error(diff)
	}
}

func TestJudge_adopts(t *testing.T) {
	t.Parallel()
	one, other := &html.Node{}, &html.Node{}
	below := func(parent *html.Node, e evidence) evidence { e.parent = parent; return e }
	first, last := below(one, stated(prose, "p", "abc")), below(one, stated(prose, "p", "abc"))
	apart := below(other, stated(prose, "p", "abc"))
	for _, tc := range []struct {
		name string
		es   []evidence
		want bool
	}{
		{"a paragraph between two of the same text", []evidence{first, below(one, stated(prose, "p", "c")), last}, true},
		{"one that no extractor has", []evidence{first, below(one, stated(prose, "p", "")), last}, false},
		{"a short line", []evidence{first, below(one, stated("Forty ships wait", "p", "c")), last}, false},
		{"a paragraph of another element", []evidence{first, below(other, stated(prose, "p", "c")), last}, false},
		{"the heading of a section in an element of its own", []evidence{first, stated("What the union wants", "h2", "b"), apart}, true},
		{"a heading that no text follows", []evidence{first, stated("What the union wants", "h2", "b"), stated("Forty ships wait", "p", "abc"), apart}, false},
	} {
		if got := judge(tc.es)[1] == ""; got != tc.want {
			t.Errorf("%s: kept %v, want %v", tc.name, got, tc.want)
		}
	}
	after := judge([]evidence{first, last, below(one, stated(prose, "p", "c"))})
	if after[2] != stranger {
		t.Error("a paragraph after the text was kept")
	}
}

func TestJudge_boxes(t *testing.T) {
	t.Parallel()
	in := func(p place, e evidence) evidence { e.place = p; return e }
	text := stated(prose, "p", "abc")
	for name, want := range map[place]string{inComments: "box", inAuthorBox: "box", inPromotion: "box", inQuote: ""} {
		es := []evidence{text, text, text, in(name, text), text}
		if got := judge(es)[3]; got != want {
			t.Errorf("place %b: verdict %q, want %q", name, got, want)
		}
	}
	// A template that calls the whole article so says nothing.
	for _, v := range judge([]evidence{in(inComments, text), in(inComments, text), text}) {
		if v != "" {
			t.Errorf("verdict %q in an article named after its comments", v)
		}
	}
}

func TestBoxNamed(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]place{
		"comment-list": inComments, "commentBody": inComments, "comments__area": inComments, "commentlist": inComments,
		"author-bio": inAuthorBox, "about-the-author": inAuthorBox, "AuthorBox": inAuthorBox, "entry-meta": inAuthorBox,
		"newsletter-signup": inPromotion, "c-cta": inPromotion, "related_posts": inPromotion,

		"entry-content": 0, "comments-open": 0, "author": 0, "category-newsletter": 0, "tag-promo": 0, "promontory": 0,
		"metadata": 0, "body": 0, "": 0, "é-ü": 0, "-": 0,
	} {
		if got := boxNamed(name); got != want {
			t.Errorf("%q: %b, want %b", name, got, want)
		}
	}
}
