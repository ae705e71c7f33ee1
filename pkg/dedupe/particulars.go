package dedupe

import (
	"slices"
	"strings"

	"github.com/copydesk/copydesk/pkg/text"
)

// paragraph is what one paragraph brings. The fields are ranges of the signer's lists.
type paragraph struct {
	hash           uint32
	words          int
	triples        Hashes // those below limit, ascending
	figures, names Hashes
}

// particulars notes figures, names and paragraphs: what two reports in the same words
// differ by. headline is the length of the headline in bytes.
func (g *signer) particulars(s *Signature, headline int32) {
	var p paragraph
	flush := func() {
		if p.words > 0 {
			p.triples, p.figures, p.names = set(p.triples), set(p.figures), set(p.names)
			if len(s.Paragraphs) < maxParagraphs {
				s.Paragraphs = append(s.Paragraphs, p.hash)
				s.fresh = append(s.fresh, p)
			}
		}
		p = paragraph{}
	}
	words := 0 // of the text
	at := 0    // the word's place in g.words
	sentences := g.doc.Sentences
	for i := range g.doc.Tokens {
		t := &g.doc.Tokens[i]
		for len(sentences) > 0 && sentences[0].Last <= int32(i) {
			sentences = sentences[1:]
		}
		inText := t.Start >= headline
		if t.Has(text.BlankBefore) {
			flush()
		}
		if !t.Kind.Lexical() {
			continue
		}
		if inText {
			words++
			p.words++
			p.hash = chainHash(p.hash, t.Hash)
			if at < len(g.triples) && g.triples[at]>>32 < limit {
				p.triples = append(p.triples, uint32(g.triples[at]>>32))
			}
		}
		at++
		switch {
		case t.Kind == text.Number:
			h := figure(g.doc.Form(i))
			s.Figures = append(s.Figures, h)
			if inText {
				p.figures = append(p.figures, h)
			}
		case named(t) && (t.Shape != text.Title || !opens(sentences, i)):
			h := uint32(t.Hash >> 32)
			if words <= leadWords {
				s.Lead = append(s.Lead, h)
			} else {
				s.Names = append(s.Names, h)
			}
			if inText {
				p.names = append(p.names, h)
			}
		}
	}
	flush()
	s.Figures, s.Lead, s.Names = set(s.Figures), set(s.Lead), set(s.Names)
	s.Names = slices.DeleteFunc(s.Names, s.Lead.has)
	s.Figures = s.Figures[:min(len(s.Figures), maxFigures)]
	s.Names = s.Names[:min(len(s.Names), maxNames)]
}

// opens reports whether a token is the first of the sentence at hand, where any word is
// written with a capital.
func opens(sentences []text.Sentence, i int) bool {
	return len(sentences) > 0 && sentences[0].First == int32(i)
}

// named reports whether a word is written like a name.
func named(t *text.Token) bool {
	if t.Kind != text.Word && t.Kind != text.Abbreviation {
		return false
	}
	return t.Shape == text.Title || t.Shape == text.Upper || t.Shape == text.Mixed
}

// figure hashes a number in a form without separators of thousands.
func figure(form string) uint32 {
	if !strings.Contains(form, ",") {
		return uint32(text.WordHash(form) >> 32)
	}
	return uint32(text.WordHash(strings.ReplaceAll(form, ",", "")) >> 32)
}
