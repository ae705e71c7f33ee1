// Package summary says in a few sentences what an article says.
//
// The sentences are the article's own: each is cut from the text and carries the span
// it was cut from, so every claim of a summary can be checked at its source. Nothing is
// rephrased, joined or completed.
//
// Which sentences is decided by boosted trees over what can be seen of a sentence: where
// it stands, how much of the article's matter it has, how it is written. They learnt
// from the summaries that editors wrote for news articles. A summary must be readable
// alone, so gates stand behind the trees: no sentence leans on one that was left out,
// none is half a quotation, none repeats another.
//
// The trees know English articles. Other languages and live blogs get the first
// sentences, lists none; coverage and warnings say so. The same article gives the same
// summary, byte for byte.
package summary

import (
	"math"
	"strings"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/text"
)

// Method is what Summary.Method says.
const Method = "extractive"

// Lead is the model of summaries that are the first sentences of a text.
const Lead = "lead/2"

// The warnings that Summarize gives.
const (
	// WarnLong: only the first sentences of a very long text were looked at.
	WarnLong = "summary_of_beginning"
	// WarnUpdates: a live blog or gallery has no one story to sum up.
	WarnUpdates = "summary_of_first_entries"
	// WarnList: a text of lists, tables or headings has no sentences to choose from.
	WarnList = "summary_needs_prose"
	// WarnStub: the article was behind a wall, so the summary is of its opening.
	WarnStub = "summary_of_stub"
	// WarnWhole: the article is no longer than its summary may be, so that is all of it.
	WarnWhole = "summary_is_whole_text"
)

// DefaultSentences is the length of a summary. Three sentences are what readers of
// news summaries and their published references have in common.
const DefaultSentences = 3

// Options are the most that a summary may have of each. Zero is no limit; all zero are
// DefaultSentences.
type Options struct {
	Sentences int
	Words     int
	// Characters are code points, the spaces between the sentences included.
	Characters int
}

// Summarize returns the summary of an article by the weights that come with the
// package. See Ranker.Summarize.
func Summarize(a *article.Article, o Options) (*article.Summary, article.Level, []string) {
	return Default().Summarize(a, o)
}

// Summarize returns the summary of an article, what can be expected of it in the
// article's language and kind, and warnings. An article without sentences has an empty
// summary. Summarize does not change the article.
func (k *Ranker) Summarize(a *article.Article, o Options) (*article.Summary, article.Level, []string) {
	if o == (Options{}) {
		o.Sentences = DefaultSentences
	}
	s := &article.Summary{KeyPoints: []string{}, Sentences: []article.Sentence{}, Method: Method, Model: k.name}
	if a.Text == nil {
		return s, article.None, nil
	}
	r := readers.Get().(*reader)
	defer readers.Put(r)
	cut := r.read(a)
	level, warnings := r.judge(a, cut)
	if level == article.None || len(r.sentences) == 0 {
		return s, article.None, warnings
	}
	if level == article.Full || cut && english(a) {
		r.measure(a, k.rarity)
		r.rate(&k.text)
		r.fill(s, r.orAll(r.choose(o), o))
		if i, end := r.line(&k.line); i >= 0 {
			line := r.span(&r.sentences[i], end)
			s.OneLine = &line
		}
	} else {
		s.Model = Lead
		r.measure(a, flatIDF)
		r.rateLead()
		r.fill(s, r.lead(o))
		s.OneLine = r.leadLine()
	}
	if len(s.Sentences) == len(r.sentences) {
		warnings = append(warnings, WarnWhole)
	}
	if a.Kind != article.KindLiveBlog && a.Kind != article.KindGallery {
		s.KeyPoints = append(s.KeyPoints, r.keyPoints()...)
	}
	return s, level, warnings
}

func english(a *article.Article) bool { return article.PrimaryLanguage(a.Language) == "en" }

// judge says what to expect of a summary and why.
func (r *reader) judge(a *article.Article, cut bool) (level article.Level, warnings []string) {
	level = article.Rules
	switch article.PrimaryLanguage(a.Language) {
	case "en":
		level = article.Full
	case "th", "lo", "km", "my", "bo": // no stops between sentences
		level = article.None
	}
	rules := func(warning string) {
		warnings = append(warnings, warning)
		if level == article.Full {
			level = article.Rules
		}
	}
	if cut {
		rules(WarnLong)
	}
	switch {
	case a.Kind == article.KindLiveBlog || a.Kind == article.KindGallery:
		rules(WarnUpdates)
	case a.Kind == article.KindPaywallStub:
		rules(WarnStub)
	case a.Kind == article.KindListing || r.listed():
		rules(WarnList)
		level = article.None
	}
	return level, warnings
}

// listed reports whether most of a text of some length is items and headings.
func (r *reader) listed() bool {
	const fewest = 8
	loose := 0
	for i := range r.doc.Paragraphs {
		if r.doc.Paragraphs[i].Layout != text.Prose {
			loose++
		}
	}
	return len(r.doc.Paragraphs) >= fewest && loose*4 > len(r.doc.Paragraphs)*3
}

// orAll replaces a choice: an article shorter than the wish comes back whole, and one
// that is all quotation has its first sentences.
func (r *reader) orAll(chosen []int, o Options) []int {
	if len(chosen) == 0 || o.Sentences > 0 && len(r.sentences) <= o.Sentences {
		return r.lead(o)
	}
	return chosen
}

// lead returns the first sentences that fit, and at least one.
func (r *reader) lead(o Options) (chosen []int) {
	c := &choice{r: r, budget: o, trigrams: map[trigram]bool{}}
	for i := range r.sentences {
		if !c.more() || !c.fits([]int{i}) {
			break
		}
		c.take([]int{i})
	}
	if len(c.chosen) == 0 && o.Words <= 0 && o.Characters <= 0 {
		return []int{0}
	}
	return c.chosen
}

// fill writes the chosen sentences into a summary.
func (r *reader) fill(s *article.Summary, chosen []int) {
	var b strings.Builder
	for n, i := range chosen {
		e := &r.sentences[i]
		if n > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(r.text(e))
		s.Sentences = append(s.Sentences, article.Sentence{
			Text: r.text(e), Start: int(e.runeStart), End: int(e.runeEnd), Score: rounded(e.score),
		})
	}
	s.Text = b.String()
}

// rounded is a score for the record: 0 to 1, three digits.
func rounded(score float64) float64 {
	return math.Round(min(max(score, 0), 1)*1000) / 1000
}

// flatIDF holds all terms equally rare, for languages nothing was counted in.
var flatIDF = newIDF(nil, nil, 1)

// rateLead rates every sentence by how much of the article's matter it has and by how
// early it stands, each worth half.
func (r *reader) rateLead() {
	for i := range r.sentences {
		r.sentences[i].score = (r.scratch.centroid[i] + 1/(1+float64(i)/6)) / 2
	}
}

// leadLine returns the first of the leading sentences that fits one line and can stand
// there, or nil.
func (r *reader) leadLine() *string {
	for i := range r.sentences[:min(DefaultSentences, len(r.sentences))] {
		s := &r.sentences[i]
		if end := r.lineEnd(s); end > 0 && (i == 0 || s.leans == stands) {
			line := r.span(s, end)
			return &line
		}
	}
	return nil
}
