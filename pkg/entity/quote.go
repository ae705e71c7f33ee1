package entity

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/text"
)

// minQuote is the least number of words of a quotation: fewer are a term in quotation
// marks.
const minQuote = 4

// quotation is what stands between its marks: bytes [start, end).
type quotation struct{ start, end int }

// quotes finds the direct quotations of the text with their speakers.
func (t *tagger) quotes(entities []article.Entity) []article.Quote {
	speakers := speakersOf(entities)
	offsets := article.NewOffsets(t.doc.Text)
	var found []article.Quote
	for i := range t.doc.Paragraphs {
		p := &t.doc.Paragraphs[i]
		spans := quoted(t.doc.Text, int(p.Start), int(p.End))
		for j, s := range spans {
			if len(strings.Fields(t.doc.Text[s.start:s.end])) < minQuote {
				continue
			}
			q := article.Quote{
				Start: offsets.Rune(s.start), End: offsets.Rune(s.end),
				Text: t.doc.Text[s.start:s.end],
			}
			q.Speaker, q.Verb = t.attribute(s, spans[:j], p, speakers)
			if q.Verb != nil || isSpeech(q.Text) {
				found = append(found, q)
			}
		}
	}
	return found
}

// isSpeech reports whether a quotation without a speaker's verb looks like speech and
// not like a phrase: it is a sentence, or long.
func isSpeech(s string) bool {
	first, _ := utf8.DecodeRuneInString(s)
	last, _ := utf8.DecodeLastRuneInString(s)
	return len(strings.Fields(s)) >= 2*minQuote || unicode.IsUpper(first) && strings.ContainsRune(".,!?…", last)
}

// quoted returns the quotations of a paragraph. One that is not closed goes to the end
// of the paragraph, as in speech of several paragraphs.
func quoted(s string, from, to int) []quotation {
	var spans []quotation
	open := -1
	for i, r := range s[from:to] {
		at := from + i
		switch {
		case r == '“' || r == '"' && open < 0:
			if open < 0 {
				open = at + utf8.RuneLen(r)
			}
		case (r == '”' || r == '"') && open >= 0:
			spans = append(spans, quotation{open, at})
			open = -1
		}
	}
	if open >= 0 && open < to {
		spans = append(spans, quotation{open, to})
	}
	return spans
}

// speakersOf leads from the code points where mentions of persons and organisations
// start and end to the entity.
func speakersOf(entities []article.Entity) map[int]string {
	at := map[int]string{}
	for i := range entities {
		if typ := entities[i].Type; typ != article.Person && typ != article.Organisation {
			continue
		}
		for _, m := range entities[i].Mentions {
			at[m.Start], at[m.End] = entities[i].ID, entities[i].ID
		}
	}
	return at
}

// maxAttribution is how many words may lie between a quotation and the verb of its
// speaker: "…," the head of the union said.
const maxAttribution = 8

// attribute finds the verb that binds a quotation to its speaker, after it or before
// it in the same paragraph, and the speaker when its name stands next to the verb.
func (t *tagger) attribute(s quotation, earlier []quotation, p *text.Paragraph, speakers map[int]string) (speaker, verb *string) {
	after, inside := t.wordAt(s.end), t.wordAt(s.start)
	limit := int(p.Start)
	if n := len(earlier); n > 0 {
		limit = earlier[n-1].end
	}
	// "Brandt said:" right before it is surer than any verb after it.
	if i := inside - 1; i >= 0 && t.words[i].start >= limit && speech[t.words[i].form] && !strings.Contains(t.doc.Text[t.words[i].end:s.start], ".") {
		return t.speaker(i, speakers), &t.words[i].form
	}
	for i := after; i < len(t.words) && i < after+maxAttribution && t.words[i].end <= int(p.End); i++ {
		w := &t.words[i]
		if between := t.doc.Text[s.end:w.start]; strings.Contains(between, ". ") || strings.Contains(between, "“") {
			break
		}
		if speech[w.form] {
			return t.speaker(i, speakers), &w.form
		}
	}
	for i := inside - 1; i >= max(0, inside-maxAttribution) && t.words[i].start >= limit; i-- {
		w := &t.words[i]
		if strings.Contains(t.doc.Text[w.end:s.start], ". ") {
			break
		}
		if speech[w.form] {
			return t.speaker(i, speakers), &w.form
		}
	}
	return nil, nil
}

// speaker returns the entity whose name touches the verb: "Brandt said", "said Brandt".
func (t *tagger) speaker(verb int, speakers map[int]string) *string {
	if verb > 0 && t.words[verb].joined {
		if id, ok := speakers[t.words[verb-1].runeEnd]; ok {
			return &id
		}
	}
	if verb+1 < len(t.words) && t.words[verb+1].joined {
		if id, ok := speakers[t.words[verb+1].runeStart]; ok {
			return &id
		}
	}
	return nil
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
