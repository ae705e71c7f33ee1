// Package summary says in a few sentences what an article says.
//
// The sentences are the article's own: each is cut from the text and carries the span
// it was cut from, so every claim of a summary can be checked at its source. Nothing is
// rephrased, joined or completed.
//
// News puts the news first, so the summary is the first sentences that are sentences,
// without headings, captions and the dateline. Key points come from the whole text, by
// what its words say most. The same article gives the same summary.
package summary

import (
	"math"
	"slices"
	"strings"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/text"
)

// What Summary.Method and Summary.Model say.
const (
	Method = "extractive"
	Model  = "lead/1"
)

// DefaultSentences is the length of a summary. Three sentences are what readers of
// news summaries and their published references have in common.
const DefaultSentences = 3

// Options tune a summary.
type Options struct {
	// Sentences is the most sentences of the summary. Default DefaultSentences.
	Sentences int
}

// Summarize returns the summary of an article and what can be expected of it in the
// article's language. An article without sentences has an empty summary. Summarize does
// not change the article and is safe for concurrent use.
func Summarize(a *article.Article, o Options) (*article.Summary, article.Level) {
	if o.Sentences <= 0 {
		o.Sentences = DefaultSentences
	}
	s := &article.Summary{KeyPoints: []string{}, Sentences: []article.Sentence{}, Method: Method, Model: Model}
	if a.Text == nil {
		return s, article.None
	}
	r := newReport(a)
	if len(r.sentences) == 0 {
		return s, article.None
	}
	lead := r.sentences[:min(o.Sentences, len(r.sentences))]
	var parts []string
	for i := range lead {
		parts = append(parts, lead[i].text)
		s.Sentences = append(s.Sentences, article.Sentence{
			Text: lead[i].text, Start: lead[i].start, End: lead[i].end, Score: lead[i].score,
		})
	}
	s.Text = strings.Join(parts, " ")
	s.OneLine = oneLine(lead)
	s.KeyPoints = append(s.KeyPoints, r.keyPoints()...)
	return s, level(article.PrimaryLanguage(a.Language))
}

// level tells how well the sentences of a language are known.
func level(lang string) article.Level {
	switch lang {
	case "en":
		return article.Full
	case "th", "lo", "km", "my", "bo": // no stops between sentences
		return article.None
	}
	return article.Rules
}

// report is an article read for a summary.
type report struct {
	doc       *text.Document
	sentences []sentence
}

// sentence is a sentence that may be in a summary.
type sentence struct {
	text       string
	start, end int // code points
	paragraph  int32
	// words are the sentence's different words, as numbers of the document's, ascending.
	words []int32
	score float64
}

// newReport reads the sentences of an article and scores them.
func newReport(a *article.Article) *report {
	r := &report{doc: text.Scan(*a.Text)}
	begin := datelineEnd(a)
	for _, strict := range []bool{true, false} {
		for i := range r.doc.Sentences {
			s := &r.doc.Sentences[i]
			if r.doc.Paragraphs[s.Paragraph].Layout == text.Heading && strict {
				continue
			}
			first := s.First
			for first < s.Last && (int(r.doc.Tokens[first].Start) < begin || r.doc.Tokens[first].Kind == text.Dash) {
				first++
			}
			if first < s.Last && (!strict || r.whole(first, s.Last)) {
				r.add(first, s)
			}
		}
		if len(r.sentences) > 0 {
			break // else a text of headings only: better they than nothing
		}
	}
	r.score()
	return r
}

// add enters the sentence s from its token first on.
func (r *report) add(first int32, s *text.Sentence) {
	from := &r.doc.Tokens[first]
	e := sentence{text: r.doc.Text[from.Start:s.End], start: int(from.RuneStart), end: int(s.RuneEnd), paragraph: s.Paragraph}
	for i := first; i < s.Last; i++ {
		if r.doc.Tokens[i].Kind.Lexical() {
			e.words = append(e.words, r.doc.Tokens[i].Word)
		}
	}
	slices.Sort(e.words)
	e.words = slices.Compact(e.words)
	r.sentences = append(r.sentences, e)
}

// datelineEnd returns the byte offset in the text behind the dateline, or 0.
func datelineEnd(a *article.Article) int {
	if a.Dateline != nil && strings.HasPrefix(*a.Text, *a.Dateline) {
		return len(*a.Dateline)
	}
	return 0
}

// fewestWords is the least number of words of a sentence that says something. Shorter
// ones are labels, credits and exclamations.
const fewestWords = 4

// whole reports whether the tokens [first, last) are a sentence: enough words, and a
// stop at the end, perhaps inside a quotation or bracket.
func (r *report) whole(first, last int32) bool {
	words := 0
	for i := first; i < last; i++ {
		if r.doc.Tokens[i].Kind.Lexical() {
			words++
		}
	}
	end := last - 1
	for end > first && (r.doc.Tokens[end].Kind == text.Close || r.doc.Tokens[end].Kind == text.Quote) {
		end--
	}
	kind := r.doc.Tokens[end].Kind
	return words >= fewestWords && (kind == text.Stop || kind == text.Abbreviation)
}

// score rates every sentence by how often the text uses its words elsewhere and by how
// early it stands, each worth half. Scores are 0 to 1.
func (r *report) score() {
	best := 0.0
	for i := range r.sentences {
		s := &r.sentences[i]
		sum, n := 0.0, 0
		for _, w := range s.words {
			info := &r.doc.Words[w]
			tok := &r.doc.Tokens[info.First]
			if tok.RuneEnd-tok.RuneStart < 4 && tok.Kind != text.Ideograph {
				continue // the, of, was: frequent in any text
			}
			n++
			if info.Count > 1 {
				sum += math.Log(float64(info.Count))
			}
		}
		// The root keeps long sentences from winning by length, and short ones by brevity.
		s.score = sum / math.Sqrt(float64(max(n, 1)))
		best = max(best, s.score)
	}
	for i := range r.sentences {
		s := &r.sentences[i]
		words := 0.0
		if best > 0 {
			words = s.score / best
		}
		s.score = math.Round((words+1/(1+float64(i)/6))/2*1000) / 1000
	}
}
