package eval

import (
	"slices"
	"strings"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/text"
)

// openers are words with which a sentence leans on the one before it.
var openers = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(`he she it they him them his her its their this that these those
		but and however meanwhile so also or yet still then instead nor`) {
		m[w] = true
	}
	return m
}()

// Dangling reports whether a sentence of a summary leans on a sentence that is not in
// it: it opens with a pronoun or a linking word, and the sentence before it in the text,
// headings and labels aside, does not stand before it. starts are the places, in code
// points, where the sentences of the summary begin.
func Dangling(s string, starts []int) bool {
	doc := text.Scan(s)
	in := map[int]bool{}
	for _, at := range starts {
		for i := range doc.Sentences {
			if at >= int(doc.Sentences[i].RuneStart) && at < int(doc.Sentences[i].RuneEnd) {
				in[i] = true
			}
		}
	}
	before := -1 // the last real sentence
	for i := range doc.Sentences {
		one := doc.Text[doc.Sentences[i].Start:doc.Sentences[i].End]
		if in[i] && before >= 0 && !in[before] && openers[opener(one)] {
			return true
		}
		if in[i] || !label(one) {
			before = i
		}
	}
	return false
}

// label reports whether a sentence is a byline, a date or a place: a few words, or none
// in lower case.
func label(s string) bool {
	words := strings.Fields(s)
	return len(words) < 4 || !slices.ContainsFunc(words, func(w string) bool {
		return w == strings.ToLower(w) && w != strings.ToUpper(w)
	})
}

// opener is the first word of a sentence, without its clitic.
func opener(s string) string {
	w, _, _ := strings.Cut(strings.ToLower(strings.TrimLeft(s, "`'\"“‘ (")), " ")
	w = strings.Trim(w, ",.'’")
	w, _, _ = strings.Cut(w, "'")
	w, _, _ = strings.Cut(w, "’")
	return w
}

// OpenQuote reports whether a sentence has half a quotation.
func OpenQuote(s string) bool {
	if strings.Contains(s, "``") || strings.Contains(s, "''") {
		return strings.Count(s, "``") != strings.Count(s, "''")
	}
	return strings.Count(s, "\"")%2 == 1 || strings.Count(s, "“") != strings.Count(s, "”")
}

// exact reports whether every sentence of a summary is what the text has in its place.
func exact(a *article.Article, s *article.Summary) bool {
	runes := []rune(*a.Text)
	for _, e := range s.Sentences {
		if e.Start < 0 || e.End > len(runes) || e.Start > e.End || string(runes[e.Start:e.End]) != e.Text {
			return false
		}
	}
	return true
}
