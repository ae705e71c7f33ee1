package entity

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/entity/crf"
	"github.com/copydesk/copydesk/pkg/text"
)

// A long text takes as long as its parts: no rule compares every name with every other.
func TestTag_longTextsTakeTheirTime(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile("testdata/talks.txt")
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat(string(body)+"\n", 400)
	began := time.Now()
	entities, _, _ := Tag(english(long))
	if took := time.Since(began); took > 20*time.Second { // about 0.3 s on a quiet machine
		t.Errorf("%d bytes took %v", len(long), took)
	}
	for _, e := range entities {
		if e.ID == "wd:Q79" && len(e.Mentions) < 700 {
			t.Errorf("%d mentions of Egypt", len(e.Mentions))
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	b.SetBytes(int64(len(namesModel)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := crf.ReadModel(namesModel); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkNames measures the tagger with its tokeniser and rules, and the tokeniser
// alone in the same run.
func BenchmarkNames(b *testing.B) {
	body, err := os.ReadFile("testdata/talks.txt")
	if err != nil {
		b.Fatal(err)
	}
	tokens := len(text.Scan(string(body)).Tokens)
	loadNames()
	perSecond := func(b *testing.B) {
		b.ReportMetric(float64(tokens)*float64(b.N)/b.Elapsed().Seconds(), "words/s")
	}
	b.Run("text", func(b *testing.B) {
		var doc text.Document
		for b.Loop() {
			doc.Scan(string(body))
		}
		perSecond(b)
	})
	b.Run("model", func(b *testing.B) {
		var doc text.Document
		for b.Loop() {
			doc.Scan(string(body))
			loadNames().Names(&doc)
		}
		perSecond(b)
	})
	b.Run("names", func(b *testing.B) {
		var doc text.Document
		for b.Loop() {
			doc.Scan(string(body))
			Names(&doc)
		}
		perSecond(b)
	})
	b.Run("tag", func(b *testing.B) {
		a := english(string(body))
		for b.Loop() {
			Tag(a)
		}
		perSecond(b)
	})
}

// BenchmarkTag_parts measures what joining and quotations add to finding the names, in
// one run, on copy that is full of quotations.
func BenchmarkTag_parts(b *testing.B) {
	marked, err := os.ReadFile("testdata/quotes.txt")
	if err != nil {
		b.Fatal(err)
	}
	loadNames()
	var articles []*article.Article
	for part := range strings.SplitSeq(string(marked), "\n===\n") {
		body := regexp.MustCompile(`\[\[[^|]*\||\]\]`).ReplaceAllString(part, "")
		articles = append(articles, english(body))
	}
	for _, part := range []struct {
		name string
		upTo func(a *article.Article)
	}{
		{"find", func(a *article.Article) { newTagger(text.Scan(*a.Text)).find("en") }},
		{"join", func(a *article.Article) {
			t := newTagger(text.Scan(*a.Text))
			t.a = a
			t.find("en")
			t.join()
			t.heldTitles()
			t.entities()
		}},
		{"quotes", func(a *article.Article) { Tag(a) }},
	} {
		b.Run(part.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for _, a := range articles {
					part.upTo(a)
				}
			}
		})
	}
}
