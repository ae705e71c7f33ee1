package extract

import (
	"archive/zip"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/text/unicode/norm"

	"github.com/copydesk/copydesk/pkg/article"
)

// A fuzz target for the whole way and one for each reader and parser on it. The readers
// are called directly: through File most mutations of a file are plain text. A panic is
// a failure here, although File would make a reject of it.

// fuzzLimits are small, so that a packed input costs little.
var fuzzLimits = Limits{Expanded: 4 << 20}.withDefaults()

// fuzzReader checks what must hold when bytes are read as a format they may not be of.
func fuzzReader(t *testing.T, f format, data []byte) {
	t.Helper()
	if len(data) > 1<<16 {
		t.Skip() // the limits have tests of their own
	}
	in := &intake{ctx: t.Context(), progress: func() {}, limits: fuzzLimits, hints: Hints{Received: received}, size: int64(len(data))}
	if reject := in.reader(f)(part{data: data, hints: in.hints}); reject != nil {
		in.items = append(in.items, Item{Reject: reject})
	}
	checkItems(t, in.items)
}

// checkItems checks that each item is a tidy article or a reject from the list, and
// no fault of ours.
func checkItems(t *testing.T, items []Item) {
	t.Helper()
	for _, item := range items {
		if item.Reject != nil {
			if codeOf(t, item.Reject) == CodeParser {
				t.Error(item.Reject)
			}
			continue
		}
		checkText(t, item.Article)
		if _, err := json.Marshal(item.Article); err != nil {
			t.Error(err)
		}
	}
}

func checkText(t *testing.T, a *article.Article) {
	t.Helper()
	switch {
	case a.Text == nil || *a.Text == "":
		t.Error("an article without text")
	case !utf8.ValidString(*a.Text) || !norm.NFC.IsNormalString(*a.Text):
		t.Errorf("text is not NFC: %q", *a.Text)
	case strings.ContainsAny(*a.Text, "\r\x00\u200b") || strings.Contains(*a.Text, "\n\n\n"):
		t.Errorf("text is not tidy: %q", *a.Text)
	}
}

func FuzzFile(f *testing.F) {
	for _, s := range []string{
		"Dockers strike.", "\xff\xfeD\x00o\x00", "<html><p>Dockers strike.</p>", "{}", "\xef\xbb\xbfx", "caf\xe9",
		`<html><script type="application/ld+json">{"@type":"NewsArticle","author":[[["x"]]]}</script><p>a b.`,
		"PORT ALDEN (HW) — Dockers\nstrike.\n\nBy A B\n", "a\u200db\u2028c\x00",
	} {
		f.Add([]byte(s), "text/html; charset=shift_jis", "2026-10-05")
	}
	f.Add([]byte("A"), "", "\xb8")
	f.Fuzz(func(t *testing.T, data []byte, contentType, published string) {
		h := Hints{ContentType: contentType, Published: published, Received: received}
		items, err := File(t.Context(), data, h, Limits{})
		if err != nil {
			var r *Reject
			if !errors.As(err, &r) {
				t.Fatalf("%v is no Reject", err)
			}
			items = []Item{{Reject: r}}
		}
		checkItems(t, items)
		again, err := File(t.Context(), data, h, Limits{})
		if err != nil {
			return
		}
		if diff := cmp.Diff(items, again, cmpopts.EquateErrors()); diff != "" {
			t.Errorf("the same file gave another record:\n%s", diff)
		}
	})
}

func FuzzText(f *testing.F) {
	f.Add([]byte("Harbour strike goes on\nBy Mira Voss\n\nPORT ALDEN, Norland (HW) — " + prose + "\n\nSign up\n"))
	f.Add([]byte(prose + "\n---\nENDS\n\n\n" + prose))
	f.Add([]byte("\xff\xfeD\x00o\x00"))
	f.Fuzz(func(t *testing.T, data []byte) { fuzzReader(t, formatText, data) })
}

func FuzzPage(f *testing.F) {
	f.Add([]byte(`<html lang="en"><title>A | B</title><meta property="og:title" content="A"><article><h1>A</h1><p>` + prose +
		`</p><figure><figcaption>b</figcaption></figure><ul><li><a href="x">c</a></ul><blockquote>d.</blockquote><table><tr><td>e`))
	f.Add([]byte(`<script type="application/ld+json">{"@type":"LiveBlogPosting","liveBlogUpdate":[{"headline":"a","articleBody":"b"}]}</script><time datetime="2026">`))
	f.Fuzz(func(t *testing.T, data []byte) { fuzzReader(t, formatHTML, data) })
}

// FuzzFragment reads the HTML that feeds, mail and ninjs carry.
func FuzzFragment(f *testing.F) {
	f.Add("<p>"+prose+"</p><p>By Mira Voss<br>b</p><figure>c</figure>", "text/html")
	f.Add("<nitf><body.content><p>a</p></body.content></nitf>", "")
	f.Fuzz(func(t *testing.T, source, mediaType string) {
		if len(source) > 1<<16 {
			t.Skip()
		}
		a := blank(nil, Hints{Received: received})
		for _, p := range bodyOf(a, strings.ToValidUTF8(source, ""), mediaType, fuzzLimits) {
			if p == "" || !utf8.ValidString(p) {
				t.Errorf("paragraph %q", p)
			}
		}
	})
}

// FuzzPlainBlocks reads pages tag by tag, which is the way out for those that are too
// large or too deep.
func FuzzPlainBlocks(f *testing.F) {
	f.Add("<html><head><title>a</title><body><nav><nav>b</nav></nav><p>Dockers strike.<br>c</p><script>d")
	f.Fuzz(func(t *testing.T, page string) {
		for _, b := range plainBlocks(page) {
			if b == "" {
				t.Error("an empty block")
			}
		}
	})
}

func FuzzLinked(f *testing.F) {
	f.Add(`{"@graph": [{"@type": ["NewsArticle"], "headline": "a", "author": [{"name": "b"}, "c"], "articleBody": "<p>d"}]}`)
	f.Add(`[{"@type": "LiveBlogPosting", "liveBlogUpdate": [{"articleBody": "a"}], "isAccessibleForFree": "False", "wordCount": "12"}]`)
	f.Fuzz(func(t *testing.T, script string) { readLinked(script) })
}

func FuzzJSON(f *testing.F) {
	f.Add([]byte(`{"uri": "a", "headlines": [{"value": "b"}], "bodies": [{"value": "<p>c"}], "embargoed": "2027"}`))
	f.Add([]byte(`{"version": "https://jsonfeed.org/version/1", "items": [{"title": "a", "authors": [{"name": "b"}]}]}`))
	f.Add([]byte(`{"hits": {"hits": [{"_source": {"text": "a", "date": 1790000000}}]}}`))
	f.Add([]byte(`{"schema": "copydesk.article/1", "text": "a\n\nb", "byline": null}`))
	f.Fuzz(func(t *testing.T, data []byte) { fuzzReader(t, formatJSON, data) })
}

func FuzzLines(f *testing.F) {
	f.Add([]byte("{\"text\": \"a\"}\n{\"text\": 1}\n[[]]"))
	f.Fuzz(func(t *testing.T, data []byte) { fuzzReader(t, formatNDJSON, data) })
}

func FuzzFeed(f *testing.F) {
	f.Add([]byte(rssSample))
	f.Add([]byte(atomSample))
	f.Fuzz(func(t *testing.T, data []byte) { fuzzReader(t, formatFeed, data) })
}

func FuzzNITF(f *testing.F) {
	f.Add(fmt.Appendf(nil, nitfSample, `<date.release norm="20261005T083000+0200"/>`))
	f.Add([]byte("<?xml version=\"1.0\"?>"))
	f.Fuzz(func(t *testing.T, data []byte) { fuzzReader(t, formatNITF, data) })
}

func FuzzNewsML(f *testing.F) {
	f.Add(fmt.Appendf(nil, newsMLSample, "Usable", "a b"))
	f.Fuzz(func(t *testing.T, data []byte) { fuzzReader(t, formatNewsML, data) })
}

func FuzzNewsMLG2(f *testing.F) {
	f.Add([]byte(g2Sample))
	f.Fuzz(func(t *testing.T, data []byte) { fuzzReader(t, formatNewsMLG2, data) })
}

func FuzzANPA(f *testing.F) {
	f.Add([]byte(anpaSample))
	f.Fuzz(func(t *testing.T, data []byte) { fuzzReader(t, formatANPA, data) })
}

func FuzzIPTC7901(f *testing.F) {
	f.Add([]byte(iptcSample))
	f.Fuzz(func(t *testing.T, data []byte) { fuzzReader(t, formatIPTC7901, data) })
}

func FuzzMail(f *testing.F) {
	f.Add([]byte(mixedMail(f)))
	f.Add([]byte("From: a\nSubject: =?shift_jis?B?gqA=?=\nDate: \x97b\n\nc"))
	f.Fuzz(func(t *testing.T, data []byte) { fuzzReader(t, formatMail, data) })
}

func FuzzMbox(f *testing.F) {
	f.Add([]byte("From a Mon Oct  5 08:30:00 2026\nFrom: a\nDate: b\n\nc\n\nFrom d Mon Oct  5 2026\nFrom: e\nTo: f\n\ng"))
	f.Fuzz(func(t *testing.T, data []byte) { fuzzReader(t, formatMbox, data) })
}

func FuzzMarkdown(f *testing.F) {
	f.Add([]byte(markdownSample))
	f.Fuzz(func(t *testing.T, data []byte) { fuzzReader(t, formatMarkdown, data) })
}

func FuzzWARC(f *testing.F) {
	f.Add([]byte(warcSample()))
	f.Add([]byte(warcRecords("WARC-Type: resource\r\nWARC-Target-URI: http://a.example/\xff", prose)))
	f.Fuzz(func(t *testing.T, data []byte) { fuzzReader(t, formatWARC, data) })
}

func FuzzPDF(f *testing.F) {
	f.Add([]byte(pdfPages3(f)))
	f.Fuzz(func(t *testing.T, data []byte) { fuzzReader(t, formatPDF, data) })
}

// FuzzZip changes the archive, FuzzOffice what is in it: a changed byte of a packed
// member hardly ever unpacks.
func FuzzZip(f *testing.F) {
	f.Add([]byte(zipped(f, "a.txt", prose, "b/c.html", "<p>"+prose)))
	f.Add([]byte(docx(f, wordParagraph("Title", "a"), "")))
	f.Fuzz(func(t *testing.T, data []byte) { fuzzReader(t, formatZip, data) })
}

func FuzzOffice(f *testing.F) {
	f.Add(wordParagraph("Title", "a")+wordParagraph("", "b c."), "<dc:title>d</dc:title><dc:creator>e; f</dc:creator>", true)
	f.Add("<text:h>a</text:h><text:p>b<text:tab/>c<text:note>d</text:note></text:p>", "", false)
	f.Fuzz(func(t *testing.T, body, about string, word bool) {
		format, data := formatODT, ""
		if word {
			format, data = formatDOCX, docx(t, body, about)
		} else {
			data = odt(t, body)
		}
		z, err := zip.NewReader(strings.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		in := &intake{ctx: t.Context(), progress: func() {}, limits: fuzzLimits, hints: Hints{Received: received}, size: int64(len(data))}
		if reject := in.readOffice(format, part{data: []byte(data)}, z); reject != nil {
			in.items = append(in.items, Item{Reject: reject})
		}
		checkItems(t, in.items)
	})
}

func FuzzPacked(f *testing.F) {
	for _, s := range []string{gzipped(f, prose), zstdPacked(f, prose), xzPacked(f, prose)} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		in := &intake{ctx: t.Context(), limits: fuzzLimits}
		if _, reject := in.open(part{data: data}); reject != nil {
			codeOf(t, reject)
		}
	})
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{"", "caf\xe9", "D\x00o\x00", "\x1b$B9A\x1b(B", "\x82\xa0\x82", "\xff\xfe\x00\xd8", `<meta charset="koi8-r">` + "\xd0"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		text, charset, _ := decode(data, formatHTML, Hints{})
		if !utf8.ValidString(text) || charset == "" {
			t.Errorf("read as %q: %q", charset, text)
		}
	})
}

func FuzzTidy(f *testing.F) {
	for _, s := range []string{"a\u200db\u2028c\x00", "donÃ¢â‚¬â„¢t", "cafe\u0301", "a\r\n\u00ad b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got := tidy(strings.ToValidUTF8(s, "")); !utf8.ValidString(got) || strings.ContainsAny(got, "\r\x00\u200b\ufeff") {
			t.Errorf("not tidy: %q", got)
		}
	})
}

func FuzzSplitGlued(f *testing.F) {
	f.Add("A headline of words\nBy Mira Voss\n" + prose + "\n---\nENDS\n" + prose)
	f.Fuzz(func(t *testing.T, text string) {
		pieces, _ := splitGlued(text)
		if len(pieces) == 0 {
			t.Fatal("the text is gone")
		}
		if lettersIn(strings.Split(strings.Join(pieces, ""), "\n")) > lettersIn(strings.Split(text, "\n")) {
			t.Error("letters were added")
		}
	})
}

// FuzzDate reads what pages and wire formats write for a time.
func FuzzDate(f *testing.F) {
	for _, s := range []string{"2026-10-05T08:30:00+02:00", "Mon, 5 Oct 2026 08:30:00 EST (a)", "20261005T0830Z", "October 5, 2026"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, literal string) {
		a := blank(nil, Hints{Received: received})
		publishedIs(a, literal, "meta", received)
		modifiedIs(a, literal)
		embargoIs(a, literal)
		if a.Published != nil && a.Published.After(received.Add(slack)) {
			t.Errorf("%q was published at %s, after it came", literal, a.Published)
		}
	})
}

// FuzzRules reads a stored snapshot of learnt lines.
func FuzzRules(f *testing.F) {
	var none *Rules
	stored, err := json.Marshal(none.With(map[string][]string{"wire": {"sent by the harbour wire "}}))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(stored)
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := ParseRules(data)
		if err != nil {
			return
		}
		again, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if same, err := ParseRules(again); err != nil || same.Rev != r.Rev {
			t.Errorf("%s does not come back: %v", data, err)
		}
	})
}
