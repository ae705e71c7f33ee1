package entity

import (
	"math"
	"slices"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/entity/crf"
	"github.com/copydesk/copydesk/pkg/text"
)

// span is a name in the text.
type span struct {
	start, end         int // bytes
	runeStart, runeEnd int // code points
	// first and last are the words in it, [first, last). A name may hold other tokens
	// too: a number, a mark.
	first, last int
	typ         article.EntityType
	confidence  float64
	// alias is the gazetteer's name that the span is, if its record is not nil.
	alias alias
}

var articleTypes = [...]article.EntityType{
	crf.Person: article.Person, crf.Organisation: article.Organisation, crf.Place: article.Place, crf.Other: article.Other,
}

func (s *span) contains(o *span) bool { return s.start <= o.start && o.end <= s.end }

// ofWords is the span of the words [first, last).
func (t *tagger) ofWords(first, last int) span {
	a, z := &t.words[first], &t.words[last-1]
	return span{start: a.start, end: z.end, runeStart: a.runeStart, runeEnd: z.runeEnd, first: first, last: last}
}

// find fills in the spans: what the model and the gazetteer find, mended by rules, or in
// a language with rules of its own what these find. In any other the gazetteer alone
// speaks.
func (t *tagger) find(lang string) {
	if l := tongues[lang]; l != nil && !t.caseless {
		t.foreign(l, loadExonyms()[lang])
		return
	}
	if lang != "en" && lang != "und" {
		t.settle(t.overruled(t.gazetteerSpans()))
		t.retyped()
		return
	}
	t.modelSpans()
	t.mend()
	known := t.overruled(t.namesakes(t.gazetteerSpans()))
	t.samePersons(known)
	t.settle(known)
	t.ofPlaces()
	t.datelines()
	t.acronyms()
	t.repeats()
	t.retyped()
}

// modelSpans takes in what the model finds.
func (t *tagger) modelSpans() {
	next := 0
	for _, n := range loadNames().Names(t.doc) {
		a, z := &t.doc.Tokens[n.First], &t.doc.Tokens[n.Last-1]
		s := span{
			start: int(a.Start), end: int(z.End), runeStart: int(a.RuneStart), runeEnd: int(z.RuneEnd),
			typ: articleTypes[n.Type], confidence: rounded(n.Probability),
		}
		for next < len(t.words) && t.words[next].index < n.First {
			next++
		}
		s.first = next
		for next < len(t.words) && t.words[next].index < n.Last {
			next++
		}
		s.last = next
		if s.last > s.first {
			t.spans = append(t.spans, s)
		}
	}
}

// rounded is a probability for people to read. Nothing is certain.
func rounded(p float64) float64 { return min(math.Round(p*1000)/1000, 0.99) }

// settle joins the gazetteer's spans to those that are there. The longer name wins, and
// of two for the same words the gazetteer's: it knows the type.
func (t *tagger) settle(known []span) {
	t.withoutLists(known)
	owner := t.owners(t.spans)
	dropped := make([]bool, len(t.spans))
	for _, k := range known {
		beaten := false
		for _, o := range owner[k.first:k.last] {
			beaten = beaten || o > 0 && !k.beats(&t.spans[o-1])
		}
		if beaten {
			continue
		}
		for _, o := range owner[k.first:k.last] {
			if o > 0 {
				dropped[o-1] = true
			}
		}
		t.spans = append(t.spans, k)
	}
	t.drop(dropped)
}

// beats reports whether a name of the gazetteer displaces one of the model's that
// overlaps it.
func (s *span) beats(model *span) bool {
	if s.contains(model) {
		return true
	}
	return !model.contains(s) && s.end-s.start >= model.end-model.start
}

// withoutLists takes out names of the model's in which the gazetteer knows several in a
// row ("Egypt and Norway"), and cuts those that are one hyphenated token of which it knows
// a part ("the Egypt-Norland ferry").
func (t *tagger) withoutLists(known []span) {
	owner := t.owners(known)
	lone := map[string]article.EntityType{}
	for i := range t.spans {
		if s := &t.spans[i]; s.last-s.first == 1 {
			lone[t.words[s.first].folded] = s.typ
		}
	}
	kept := make([]span, 0, len(t.spans))
	for _, s := range t.spans {
		names, whole := 0, false // known names inside, and whether one is all of it
		rest := 0
		for i := s.first; i < s.last; i++ {
			switch o := owner[i]; {
			case o == 0 && t.words[i].form != "and":
				rest++
			case o > 0 && (i == s.first || owner[i-1] != o):
				names++
				whole = known[o-1].contains(&s)
			}
		}
		compound := t.words[s.first].index == t.words[s.last-1].index && names > 0 && !whole
		switch {
		case compound:
			for i := s.first; i < s.last; i++ {
				p := t.ofWords(i, i+1)
				p.typ, p.confidence = s.typ, s.confidence
				if typ, ok := lone[t.words[i].folded]; ok {
					p.typ = typ
				}
				if p.typ == article.Place && owner[i] == 0 && t.words[i].capital() {
					kept = append(kept, p)
				}
			}
		case names < 2 || rest > 0:
			kept = append(kept, s)
		}
	}
	t.spans = kept
}

// owners leads from each word to the span it is in, counted from 1, or 0.
func (t *tagger) owners(spans []span) []int32 {
	owner := make([]int32, len(t.words))
	for k := range spans {
		for i := spans[k].first; i < spans[k].last; i++ {
			owner[i] = int32(k + 1)
		}
	}
	return owner
}

// drop takes out the spans that are marked, and brings the others into the order of the
// text. Spans behind the marks stay.
func (t *tagger) drop(marked []bool) {
	out := t.spans[:0]
	for i, s := range t.spans {
		if i >= len(marked) || !marked[i] {
			out = append(out, s)
		}
	}
	t.spans = out
	t.sort()
}

func (t *tagger) sort() {
	slices.SortFunc(t.spans, func(a, b span) int { return a.start - b.start })
}

// covered marks the words of all spans.
func (t *tagger) covered() []bool {
	c := make([]bool, len(t.words))
	for i := range t.spans {
		t.cover(c, &t.spans[i])
	}
	return c
}

func (t *tagger) cover(c []bool, s *span) {
	for i := s.first; i < s.last; i++ {
		c[i] = true
	}
}

// Names returns the names in a document, in order and without overlap, before they are
// joined to entities: what the model and the gazetteer find, mended by the rules. It is
// the tagger as labelled data know it; a country's people are Other there, and names
// inside a token ("Egypt-led") are none.
func Names(doc *text.Document) []crf.Name {
	t := newTagger(doc)
	t.find("en")
	var names []crf.Name
	i := 0
	for _, s := range t.spans {
		for i < len(doc.Tokens) && int(doc.Tokens[i].Start) < s.start {
			i++
		}
		j := i
		for j < len(doc.Tokens) && int(doc.Tokens[j].End) < s.end {
			j++
		}
		if j == len(doc.Tokens) || int(doc.Tokens[i].Start) != s.start || int(doc.Tokens[j].End) != s.end {
			continue
		}
		typ := s.typ
		if s.alias.form == formDemonym {
			typ = article.Other
		}
		names = append(names, crf.Name{First: i, Last: j + 1, Type: crf.Type(slices.Index(articleTypes[:], typ)), Probability: s.confidence})
	}
	return names
}
