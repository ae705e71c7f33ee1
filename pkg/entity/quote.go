package entity

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/text"
)

// minQuote is the least number of words of a quotation: fewer are a term in quotation
// marks, unless they end like speech and have a speaker's verb.
const minQuote = 4

// quotes finds the direct quotations of the text with their speakers.
func (t *tagger) quotes(entities []article.Entity) []article.Quote {
	offsets := article.NewOffsets(t.doc.Text)
	a := newAttribution(t, entities)
	var found []article.Quote
	for i := range t.doc.Paragraphs {
		p := &t.doc.Paragraphs[i]
		spans := quoted(t.doc.Text, int(p.Start), int(p.End))
		a.paragraph(p, spans)
		for j, s := range spans {
			said := t.doc.Text[s.start:s.end]
			short := len(strings.Fields(said)) < minQuote
			if short && !endsSpeech(said) {
				continue
			}
			v := a.of(spans, j)
			if short && v.verb == nil && !v.chained || titled(said) || v.verb == nil && !v.named() && !isSpeech(said) {
				continue
			}
			a.last, a.chain, a.spoke = v, true, a.first
			found = append(found, article.Quote{
				Start: offsets.Rune(s.start), End: offsets.Rune(s.end), Text: said, Speaker: v.id(), Verb: v.verb,
			})
		}
	}
	return found
}

// isSpeech reports whether a quotation without a speaker's verb looks like speech and
// not like a phrase: it is a sentence, or long.
func isSpeech(s string) bool {
	first, _ := utf8.DecodeRuneInString(s)
	return len(strings.Fields(s)) >= 2*minQuote || unicode.IsUpper(first) && endsSpeech(s)
}

func endsSpeech(s string) bool {
	last, _ := utf8.DecodeLastRuneInString(s)
	return strings.ContainsRune(",.!?…—", last)
}

// titled reports whether a quotation is written as the titles of books are: no word of
// four letters or more without a capital, and no stop.
func titled(s string) bool {
	capitals := 0
	for w := range strings.FieldsSeq(s) {
		switch r, _ := utf8.DecodeRuneInString(w); {
		case unicode.IsUpper(r):
			capitals++
		case len(w) > 3:
			return false
		}
	}
	return capitals > 1 && !endsSpeech(s)
}

// voice is who speaks a quotation, as far as it can be told.
type voice struct {
	speaker *speaker // nil when unknown
	verb    *string
	// chained says that the speaker is that of the quotation before.
	chained bool
}

func (v voice) named() bool { return v.speaker != nil }

func (v voice) id() *string {
	if v.speaker == nil {
		return nil
	}
	return &v.speaker.id
}

// gap is the words [first, last) between two quotations, or between one and the edge of
// its paragraph.
type gap struct{ first, last int }

// of tells who speaks quotation j of the paragraph. "Brandt said:" right before it is
// surer than a verb after it, and that surer than one further before.
func (a *attribution) of(spans []quotation, j int) voice {
	t, s := a.t, spans[j]
	from, to := int(a.par.Start), int(a.par.End)
	if j > 0 {
		from = spans[j-1].end
	}
	if j+1 < len(spans) {
		to = spans[j+1].start
	}
	before := gap{t.wordAt(from), t.wordAt(s.start)}
	after := gap{t.wordAt(s.end), t.wordAt(to)}
	if s.open {
		after.last = after.first
	}
	lead := strings.TrimRight(t.doc.Text[from:s.start], " \u00a0“\"‘«")
	if strings.HasSuffix(lead, ":") || before.last > before.first && !endsSentence(lead) && a.verb(before.last-1, before.last) != nil {
		if v, ok := a.introduced(before); ok {
			return a.orChained(v, j)
		}
	}
	if v, ok := a.verbAfter(after, s.end); ok {
		return v
	}
	if !endsSentence(lead) {
		if v, ok := a.verbBefore(before); ok {
			return a.orChained(v, j)
		}
	}
	if j == 0 && a.wasOpen && strings.TrimSpace(lead) == "" {
		return voice{speaker: a.last.speaker, chained: true}
	}
	if j > 0 && a.chain {
		return voice{speaker: a.last.speaker, chained: true}
	}
	return voice{}
}

// orChained gives a verb without a subject, as in "she said, adding:", the speaker of the
// quotation before.
func (a *attribution) orChained(v voice, j int) voice {
	if v.speaker == nil && j > 0 && a.chain && v.verb != nil && strings.HasSuffix(*v.verb, "ing") {
		v.speaker, v.chained = a.last.speaker, true
	}
	return v
}

// endsSentence reports whether a text ends with a stop that ends a sentence.
func endsSentence(s string) bool {
	last, _ := utf8.DecodeLastRuneInString(strings.TrimRight(s, "”’»\")"))
	return s == "" || strings.ContainsRune(".!?…", last)
}

// sentenceOf returns which of the sentences word i is in.
func (t *tagger) sentenceOf(i int) *text.Sentence {
	low, high := 0, len(t.doc.Sentences)
	for low < high {
		if mid := (low + high) / 2; int(t.doc.Sentences[mid].Last) <= t.words[i].index {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return &t.doc.Sentences[low]
}

// wordAt returns the first word that starts at or after a byte offset.
func (t *tagger) wordAt(at int) int {
	low, high := 0, len(t.words)
	for low < high {
		if mid := (low + high) / 2; t.words[mid].start < at {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low
}
