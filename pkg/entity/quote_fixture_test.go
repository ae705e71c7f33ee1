package entity

import (
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/copydesk/copydesk/pkg/article"
)

// labelled is a quotation of testdata/quotes.txt, where "[[Speaker|words]]" marks it and
// "-" a speaker who has no name.
type labelled struct {
	start, end int // code points
	speaker    string
}

// unlabel takes the marks out of a text.
func unlabel(t *testing.T, marked string) (string, []labelled) {
	t.Helper()
	var b strings.Builder
	var quotes []labelled
	for {
		before, rest, ok := strings.Cut(marked, "[[")
		b.WriteString(before)
		if !ok {
			return b.String(), quotes
		}
		label, after, closed := strings.Cut(rest, "]]")
		speaker, words, named := strings.Cut(label, "|")
		if !closed || !named {
			t.Fatalf("a label is not closed: %q", rest)
		}
		start := utf8.RuneCountInString(b.String())
		b.WriteString(words)
		quotes = append(quotes, labelled{start, utf8.RuneCountInString(b.String()), speaker})
		marked = after
	}
}

// The least shares of the labelled quotations whose words are found, to the letter, and
// whose words and speaker, or rightly none, are found; and of the
// quotations found that are labelled.
const (
	leastSpans     = 0.95
	leastSpeakers  = 0.85
	leastPrecision = 0.95
)

func TestTag_labelledQuotes(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile("testdata/quotes.txt")
	if err != nil {
		t.Fatal(err)
	}
	all, found, spans, speakers := 0, 0, 0, 0
	for part := range strings.SplitSeq(string(body), "\n===\n") {
		words, want := unlabel(t, strings.TrimSpace(part))
		entities, quotes, _ := Tag(english(words))
		names := map[string]string{}
		for _, e := range entities {
			names[e.ID] = e.Name
		}
		at := map[int]article.Quote{}
		for _, q := range quotes {
			at[q.Start] = q
		}
		all, found = all+len(want), found+len(quotes)
		for _, w := range want {
			q, ok := at[w.start]
			delete(at, w.start)
			if !ok || q.End != w.end {
				t.Logf("span: %q (found %q)", string([]rune(words)[w.start:w.end]), q.Text)
				continue
			}
			spans++
			got := "-"
			if q.Speaker != nil {
				got = names[*q.Speaker]
			}
			if got == w.speaker {
				speakers++
			} else {
				t.Logf("speaker: %q is by %s, not %s", q.Text, w.speaker, got)
			}
		}
		for _, q := range at {
			t.Logf("no quotation: %q", q.Text)
		}
	}
	if all != 100 {
		t.Errorf("%d labelled quotations, want 100", all)
	}
	share := func(n, of int) float64 { return float64(n) / float64(of) }
	t.Logf("of %d quotations %d found to the letter (%.0f %%), speaker right in %d (%.0f %%); %d found in all",
		all, spans, 100*share(spans, all), speakers, 100*share(speakers, all), found)
	if share(spans, all) < leastSpans || share(speakers, all) < leastSpeakers || share(spans, found) < leastPrecision {
		t.Errorf("spans %.2f, speakers %.2f, precision %.2f; want %v, %v, %v",
			share(spans, all), share(speakers, all), share(spans, found), leastSpans, leastSpeakers, leastPrecision)
	}
}
