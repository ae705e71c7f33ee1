package entity

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/copydesk/copydesk/pkg/article"
)

// tongue is what the rules know of a language.
type tongue struct {
	// nouns says that every noun has a capital, so that a capital proves little.
	nouns bool
	// particles join the parts of a name in lower case.
	particles map[string]bool
	// elisions lean on the next word with an apostrophe: d'Espagne, dell'Unione.
	elisions []string
	// roles stand before a person's name, words that end so, too.
	roles    map[string]bool
	roleEnds []string
	// heads begin the names of organisations, tails end them, and kinds stand before them
	// without being part of them. bodies are organisations with an adjective before them.
	heads, tails, kinds, bodies map[string]bool
	// in stands before a place, of before many things. seats are what is of a place.
	// weakIn stands before places and before little else.
	in, of, seats, weakIn map[string]bool
	and                   string
	// articles and the like stand before an acronym.
	articles map[string]bool
}

// The confidences of names found by these rules. They are in the order of how often the
// rules were right in testdata/languages, which is too small to say more.
const (
	sureForeign   = 0.85 // a known given name, a legal form, an introduced acronym
	likelyForeign = 0.7  // a title, a kind of organisation, a known city
	weakForeign   = 0.55 // a capital where places stand
)

// longestPlace is the most words of a place that opens a text.
const longestPlace = 3

// foreign finds the names of a language other than English by its rules.
func (t *tagger) foreign(l *tongue, names *gazetteer) {
	known := t.exonyms(names, nil)
	cutElisions(t.words, l)
	known = t.exonyms(names, known)
	covered := make([]bool, len(t.words))
	for i := range known {
		t.cover(covered, &known[i])
	}
	for _, s := range t.gazetteerSpans() {
		// English words for people and places are other words here.
		if s.alias.form != formDemonym && !slices.Contains(covered[s.first:s.last], true) {
			known = append(known, s)
		}
	}
	slices.SortFunc(known, func(a, b span) int { return a.start - b.start })
	t.settle(t.overruled(known))
	f := &foreigner{tagger: t, tongue: l, covered: t.covered(), bares: make([]string, len(t.words))}
	for i := range t.words {
		f.bares[i] = strings.ReplaceAll(strings.ToLower(t.words[i].form), ".", "")
	}
	f.introducedAcronyms()
	f.legalForms()
	f.organisations()
	f.persons()
	f.surnames()
	f.places()
	t.sort()
	t.datelines()
	t.spans = slices.DeleteFunc(t.spans, func(s span) bool { // a line in capitals
		return s.typ == article.Place && s.alias.record == nil && s.last-s.first > longestPlace
	})
	f.covered = t.covered()
	f.acronyms()
	t.sort()
	t.repeats()
	t.retyped()
}

// exonyms finds the names of countries and of bodies of states, beside those that are
// known.
func (t *tagger) exonyms(names *gazetteer, known []span) []span {
	covered := make([]bool, len(t.words))
	for i := range known {
		t.cover(covered, &known[i])
	}
	for i := 0; i < len(t.words); {
		a, n := names.matchLowered(t.words[i:])
		if n == 0 || slices.Contains(covered[i:i+n], true) || n == 1 && t.behindGiven(i) {
			i++
			continue
		}
		s := t.ofWords(i, i+n)
		s.typ, s.alias, s.confidence = a.record.typ, a, 0.95
		known = append(known, s)
		i += n
	}
	return known
}

// behindGiven reports whether a given name stands right before word i: Ana Colombia.
func (t *tagger) behindGiven(i int) bool {
	if i == 0 || !t.words[i].joined || !t.words[i-1].capital() {
		return false
	}
	p := strings.ToLower(t.words[i-1].form)
	return foreignGiven[p] || givenNames[p]
}

// matchLowered is match for names of which the first word alone must have a capital:
// "Union européenne".
func (g *gazetteer) matchLowered(words []word) (alias, int) {
	for n := min(g.longest[words[0].folded], len(words)); n > 0; n-- {
		if !together(words[:n]) {
			continue
		}
		if a, ok := g.aliases[fold(words[:n])]; ok && a.written(words[:1]) {
			return a, n
		}
	}
	return alias{}, 0
}

// cutElisions takes what leans on a capitalised word off it: "d'" off "d'Espagne". It
// reports whether it cut any.
func cutElisions(words []word, l *tongue) (cut bool) {
	for i := range words {
		w := &words[i]
		at := strings.IndexAny(w.form, "'’")
		if at <= 0 || !slices.Contains(l.elisions, strings.ToLower(w.form[:at])) {
			continue
		}
		_, size := utf8.DecodeRuneInString(w.form[at:])
		rest := w.form[at+size:]
		if r, _ := utf8.DecodeRuneInString(rest); !unicode.IsUpper(r) {
			continue
		}
		w.elided = strings.ToLower(w.form[:at])
		w.start += at + size
		w.runeStart += utf8.RuneCountInString(w.form[:at+size])
		w.form, w.folded = rest, foldWord(rest)
		w.opens = false
		cut = true
	}
	return cut
}

// foreigner is the work of a language's rules on one article.
type foreigner struct {
	*tagger
	*tongue
	covered []bool
	bares   []string
}

// add enters a name, unless its words are taken.
func (f *foreigner) add(first, last int, typ article.EntityType, confidence float64) {
	if slices.Contains(f.covered[first:last], true) {
		return
	}
	s := f.ofWords(first, last)
	s.typ, s.confidence = typ, confidence
	f.spans = append(f.spans, s)
	f.cover(f.covered, &s)
}

// proper reports whether word i can be part of a name.
func (f *foreigner) proper(i int) bool {
	w := &f.words[i]
	return w.capital() && !f.covered[i] && !notForeign[f.bares[i]]
}

// follows reports whether word i stands right behind the one before it.
func (f *foreigner) follows(i int) bool {
	return i > 0 && i < len(f.words) && (f.words[i].joined || f.words[i].start == f.words[i-1].end+1 && f.doc.Text[f.words[i-1].end] == '-')
}

// bare is the lower-case form of word i without its stops.
func (f *foreigner) bare(i int) string { return f.bares[i] }
